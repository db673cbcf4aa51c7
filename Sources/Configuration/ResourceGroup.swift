// Resource groups and resources as values, and what two nodes compare of them: the canonical text of
// a group's meaning. Hashing that text is `Wire`'s and the daemon's business; reading haresources is
// `HaresourcesParser`.

public import Failover

/// One logical line of haresources: resources that live and move together.
public struct ResourceGroup: Equatable, Sendable {
    /// The group's name: the bare address where the first resource is an address, else that
    /// resource's text (`drbddisk::r0`, `mysqld-max`).
    ///
    /// Unique.
    public var name: String
    /// The node this node's haresources puts first on the line.
    ///
    /// Where the files of the nodes differ in this alone, the first of the two in `node` order is
    /// agreed on (`preferredNode(ifPeerSays:nodes:)`).
    public var preferredNode: String
    /// Start order; stop order is the reverse.
    public var resources: [Resource]
    /// The line in haresources, for messages.
    public var line: Int

    /// Whether a resource is not stateless: then two writers would spoil data.
    public var hasStorage: Bool { resources.contains { !$0.isStateless } }

    /// The resources without what lists of addresses hold, which may change while the group runs.
    public var resourcesButLists: [Resource] {
        resources.map { resource in
            var resource = resource
            if resource.list != nil { resource.addresses = [] }
            return resource
        }
    }

    /// The addresses of the group in start order.
    public var addresses: [AddressSpecification] { resources.flatMap { $0.addresses ?? [] } }

    /// The node both prefer when each reads its own file.
    ///
    /// - Parameters:
    ///   - peerChoice: The preferred node in the peer's file.
    ///   - nodes: All nodes in the order of ha.cf's `node` lines.
    /// - Returns: The own choice where both agree, else whichever of the two stands first in `nodes`.
    public func preferredNode(ifPeerSays peerChoice: String, nodes: [String]) -> String {
        nodes.first { $0 == preferredNode || $0 == peerChoice } ?? preferredNode
    }

    /// What the group does to data, as text that is equal on both nodes when the meaning is.
    ///
    /// **Shape** `v1 storage`, then one line per resource that is not stateless, in start order:
    /// type and arguments separated by tabs. The preferred node and the addresses are not in it.
    public var storageMeaning: String {
        meaning(
            "v1 storage",
            resources.filter { !$0.isStateless }.map { resource in
                ([resource.type] + resource.arguments).joined(separator: "\t")
            }
        )
    }

    /// What the group does besides data: its addresses and other stateless resources.
    ///
    /// **Shape** `v1 address`, then one sorted line per resource: `address`, the address and its
    /// prefix length (`-` where the route decides); or type and arguments. Devices, labels and
    /// broadcast addresses are a matter of each machine and left out.
    public var addressMeaning: String {
        meaning(
            "v1 address",
            resources.filter(\.isStateless).map { resource in
                // What a list holds may change while the group runs: both nodes' lists are compared by `check`.
                guard let address = resource.address, resource.list == nil else {
                    return ([resource.type] + resource.arguments).joined(separator: "\t")
                }
                let prefix = address.prefixLength.map(String.init) ?? "-"
                return "address\t\(address.address)\t\(prefix)"
            }.sorted()
        )
    }

    private func meaning(_ title: String, _ lines: [String]) -> String {
        ([title] + lines).map { $0 + "\n" }.joined()
    }
}

/// One resource of a group.
public struct Resource: Equatable, Sendable {
    /// The type's name: what a script, unit or built-in is looked up by.
    ///
    /// `IPaddr` for a bare address.
    public var type: String
    /// The arguments after the type, in order, none empty.
    public var arguments: [String]
    /// The word as haresources has it; names the resource in status, logs and `timeout`.
    public var text: String
    /// The addresses, for the types `IPaddr`, `IPaddr2` and `IPv6addr` one, for `iplist` those of its file.
    public var addresses: [AddressSpecification]?
    /// Where the addresses stand, for `iplist`.
    public var list: AddressListArguments? = nil
    /// Whether the type's name is one that keeps no data (design, "Words"; directive `stateless`).
    public var isStateless: Bool
    /// Whether it starts and stops side by side with the one before it in its group (directive `parallel`).
    public var isBesidePrevious = false

    /// Whether the daemon itself serves it, by bringing addresses up and down.
    public var isOfAddresses: Bool { addresses != nil }

    /// Its address, of several the first: what the network is asked about before and after a move.
    public var address: AddressSpecification? { addresses?.first }

    /// Whether it keeps its data on both nodes in step, and can tell whether it does, where Baton's own program serves
    /// it (S11).
    public var isReplicated: Bool { type == "drbddisk" || lagLimit != nil }

    /// Whether what starts after it in its group writes through it.
    public var isBarrier: Bool { type == "drbddisk" }

    /// How many bytes of its log a standby may lack where it is taken from a dead node: `maxlag` of a `postgres` with
    /// `mode=replica`; nil for all else.
    public var lagLimit: UInt64? {
        type == "postgres" ? (try? PostgresArguments(arguments))?.lagLimit : nil
    }

    /// Whether what its script starts may stand still instead of being stopped when the node is cut off: data
    /// of its own, in processes of its own, as far as names tell.
    ///
    /// The agent of `ocf:PROVIDER:TYPE` and of `OCF::TYPE`, and the unit of `systemd::UNIT`, count by their own names.
    public var canBeSuspended: Bool {
        let names =
            ["OCF", ResourceLookup.unitType].contains(type) ? arguments.prefix(1) + [type] : [type]
        return !isStateless && !isOfAddresses
            && !names.contains { name in
                let last = name.split(separator: ":").last.map(String.init) ?? name
                let plain = last.hasSuffix(".service") ? String(last.dropLast(8)) : last
                return Directive.kernelTypes.contains(plain)
            }
    }
}

extension ResourceGroup {
    /// Puts neighbours of one type side by side that `subjects`, types and texts of resources, name all.
    ///
    /// Addresses come and go at once, one after the other.
    mutating func putSideBySide(_ subjects: [String]) {
        let isNamed = resources.map { resource in
            !resource.isOfAddresses && subjects.contains(where: resource.isNamed)
        }
        for place in resources.indices.dropFirst() {
            resources[place].isBesidePrevious =
                isNamed[place - 1] && isNamed[place]
                && resources[place - 1].agent == resources[place].agent
        }
    }

    /// The first place whose mount needs that of another place beside it, and that place.
    var dependentPlaces: (needing: Int, needed: Int)? {
        for place in resources.indices where resources[place].isBesidePrevious {
            for other in (0..<place).reversed() {
                if resources[place].isMounted(inside: resources[other]) { return (place, other) }
                if resources[other].isMounted(inside: resources[place]) { return (other, place) }
                guard resources[other].isBesidePrevious else { break }
            }
        }
        return nil
    }

    /// Whether a resource counts as writing through a `drbddisk` before it, so that nothing of it is written while that
    /// is suspended (S12); a mount of another device does not.
    func isCovered(_ place: Int) -> Bool {
        let resource = resources[place]
        guard !resource.isStateless, !resource.isOfAddresses, !resource.isReplicated,
            resources[..<place].contains(where: \.isBarrier)
        else { return false }
        guard resource.type == "Filesystem" else { return true }
        return resource.arguments.first?.hasPrefix("/dev/drbd") ?? false
    }
}

extension Resource {
    /// Whether a line of ha.cf that says `subject` means it: by its type, or as haresources writes it.
    func isNamed(_ subject: String) -> Bool { type == subject || text == subject }

    /// What serves it: the type, and of Heartbeat's `OCF::AGENT` the agent.
    fileprivate var agent: [String] { [type] + (type == "OCF" ? arguments.prefix(1) : []) }

    /// Whether a mount's place, or what it mounts, lies in another mount, or what it mounts contains that.
    fileprivate func isMounted(inside other: Resource) -> Bool {
        guard type == "Filesystem", other.type == "Filesystem", other.arguments.count > 1,
            let source = arguments.first?.plainPath
        else { return false }
        let place = other.arguments[1].plainPath
        return place.isInside(source)
            || arguments.prefix(2).contains { $0.plainPath.isInside(place) }
    }
}

/// An address a group carries: the argument of `IPaddr`, `IPaddr2`, `IPv6addr`, a bare address, or a line of a list.
public struct AddressSpecification: Hashable, Sendable {
    /// The address itself.
    public var address: IPAddress
    /// Prefix length in bits; nil: taken from the route to the address.
    public var prefixLength: Int?
    /// Interface; nil: the one the route to the address uses.
    public var device: String?
    /// IPv4 label such as `eth1:0`, at most 15 bytes.
    public var label: String?
    /// IPv4 broadcast address; nil: computed from the prefix.
    public var broadcast: IPAddress?
}
