// The lay of the land: which networks join the two machines, which of them carry beats, which carry the
// addresses of the groups, and what each has for groups. From it come the `Settings` of both cores.

import Failover

/// How the two machines are joined.
public enum Topology: String, CaseIterable, Sendable {
    /// One network for beats, addresses and clients: what the pasted seed leaves.
    case one
    /// A replication link with beats, and a service LAN without.
    case two
    /// A replication link and a service LAN, beats on both.
    case both
    /// Two links with beats, and a service LAN without.
    case three
    /// A replication link and a service LAN through one switch: what befalls it befalls both.
    case shared

    /// In words.
    public var text: String {
        switch self {
        case .one: "one network"
        case .two: "a replication link, and a service network"
        case .both: "two networks, beats on both"
        case .three: "two replication links, and a service network"
        case .shared: "a replication link and a service network through one switch"
        }
    }
}

/// One network between the machines.
struct Network: Sendable {
    /// The device on either machine.
    var device: String
    /// Its place among the configured links, when beats go over it.
    var link: Int?
}

/// What kind of resources a group has.
enum GroupKind: Sendable {
    /// An address alone.
    case address
    /// A disk, a file system, an address.
    case storage
    /// An address before a database, as the seed has it.
    case addressFirst
    /// A script that holds state, no address.
    case script
}

/// One group of a story.
struct GroupPlan: Sendable {
    /// Its resources.
    var kind: GroupKind
    /// The machine that should run it: 0 or 1.
    var preferred: Int
    /// What the second machine's haresources means otherwise.
    var difference = Difference.none
    /// Each machine's haresources prefers that machine, as the pasted seed has it.
    var isPreferredByEach = false
    /// The machine whose haresources does not name it; only the last group may have one.
    var unknownTo: Int?

    /// How many file systems are mounted of its disk, side by side.
    var mounts = 1
    /// Its disk is replicated (S11).
    var isReplicated = false

    /// The machine on which both agree.
    var home: Int { isPreferredByEach ? 0 : preferred }
}

/// How two descriptions of a group differ.
enum Difference: Sendable {
    /// Not at all.
    case none
    /// In what holds state.
    case storage
    /// In what does not.
    case address
}

/// Everything of a story that does not change while it is told.
struct Scenery: Sendable {
    /// How the machines are joined.
    var topology: Topology
    /// The times of ha.cf, of both machines unless `secondTimings` says otherwise.
    var timings: Timings
    /// `auto_failback`.
    var autoFailback: AutoFailback
    /// `unproved_takeover`.
    var unprovedTakeover: Bool
    /// The groups.
    var groups: [GroupPlan]
    /// How much faster each machine's clock runs, in millionths.
    var clockDrift: [Int64]
    /// What each clock showed when the world began, in nanoseconds.
    var clockOffset: [Int64]
    /// When each machine is first switched on.
    var powerOn: [Int64]
    /// The times of the second machine, when its file has others.
    var secondTimings: Timings?
    /// A daemon that is killed leaves a keeper, which speaks for it (S10).
    var hasKeeper = false
    /// `move_budget`, `restart_budget` and `hold_down`.
    var moveBudget = 3
    /// See `moveBudget`.
    var restartBudget = 0
    /// See `moveBudget`.
    var holdDown = Duration.seconds(300)
    /// `auto_links`.
    var learnsPaths = true
    /// Whether what is no storage of a known kind can be suspended (S12).
    var suspendsScripts = false
    /// Whether a gateway answers on either side of the service network.
    var hasNeighbours = true
    /// Whether `ping` names a host on either side of the service network.
    var hasPingNodes = false
    /// `early_takeover`.
    var earlyTakeover = EarlyTakeover.auto
    /// `boot_policy`.
    var bootPolicy: BootPolicy?

    /// The networks.
    var networks: [Network] {
        switch topology {
        case .one: [Network(device: "eth0", link: 0)]
        case .two, .shared: [Network(device: "eth0", link: nil), Network(device: "eth1", link: 0)]
        case .both: [Network(device: "eth0", link: 0), Network(device: "eth1", link: 1)]
        case .three:
            [
                Network(device: "eth0", link: nil), Network(device: "eth1", link: 0),
                Network(device: "eth2", link: 1),
            ]
        }
    }

    /// The network that carries the groups' addresses.
    static let serviceNetwork = 0

    /// Whether a host answers on either side of the service network.
    var hasHosts: Bool { hasNeighbours || hasPingNodes }

    /// The address of machine `node` on `network`: 192.168.`network`.1 and .2.
    static func ownAddress(of node: Int, on network: Int) -> IPAddress {
        IPAddress(ipv4: (192, 168, UInt8(truncatingIfNeeded: network), UInt8(node + 1)))
    }

    /// The Ethernet address of machine `node` on `network`.
    static func mac(of node: Int, on network: Int) -> MACAddress {
        MACAddress(0x0200_0000_0000 | UInt64(network) << 8 | UInt64(node + 1))
    }

    /// The address of group `group`, on the service network.
    static func groupAddress(_ group: Int) -> IPAddress {
        IPAddress(ipv4: (192, 168, UInt8(serviceNetwork), UInt8(100 + group)))
    }

    /// The addresses of the hosts on the service network: .251 beside machine 0, .252 beside machine 1.
    static func neighbour(beside node: Int) -> IPAddress {
        IPAddress(ipv4: (192, 168, UInt8(serviceNetwork), UInt8(251 + node)))
    }

    /// Its Ethernet address.
    static func neighbourMAC(beside node: Int) -> MACAddress {
        MACAddress(0x0200_0000_0000 | UInt64(251 + node))
    }

    /// The network that contains `address`; `nil` for none of ours.
    func network(of address: IPAddress) -> Int? {
        let number = Int(truncatingIfNeeded: address.low >> 8 & 0xff)
        return number < networks.count ? number : nil
    }

    /// The networks of machine `node`, as its daemon tells them.
    func ownNetworks(of node: Int, hasCarrier: (Int) -> Bool) -> [OwnNetwork] {
        let groups = coreSettings(of: node).groups
        let addressed = groups.indices.filter { index in
            groups[index].resources.contains { $0.address != nil }
        }
        return networks.indices.map { network in
            let isService = network == Scenery.serviceNetwork
            let neighbours = [0, 1].map(Scenery.neighbour(beside:))
            return OwnNetwork(
                device: networks[network].device,
                mac: Scenery.mac(of: node, on: network),
                hasCarrier: hasCarrier(network),
                addresses: [NetworkAddress(Scenery.ownAddress(of: node, on: network), 24)],
                gateways: isService && hasNeighbours ? neighbours : [],
                groups: isService ? addressed : []
            )
        }
    }

    /// `jeopardy_time`: short, so that stories end.
    var jeopardyTime: Duration { longest(\.deadtime) * 3 }

    /// The times of machine `node`.
    func timings(of node: Int) -> Timings { node == 1 ? secondTimings ?? timings : timings }

    /// The settings of machine `node`'s core: without the group that its haresources does not name.
    func coreSettings(of node: Int) -> Settings {
        var own = settings(of: node)
        if groups.last?.unknownTo == node { own.groups.removeLast() }
        return own
    }

    /// The settings of machine `node`, with every group of the story.
    func settings(of node: Int) -> Settings {
        var timings = timings(of: node)
        timings.holdDown = holdDown
        return Settings(
            cluster: "story",
            node: Scenery.name(of: node),
            peer: Scenery.name(of: 1 - node),
            isFirstNode: node == 0,
            timings: timings,
            autoFailback: autoFailback,
            unprovedTakeover: unprovedTakeover,
            moveBudget: moveBudget,
            restartBudget: restartBudget,
            evidence: evidence(of: node),
            links: networks.filter { $0.link != nil }.map {
                LinkSettings(name: "bcast \($0.device)", device: $0.device)
            },
            groups: groups.indices.map { groupSettings($0, of: node) }
        )
    }

    private func evidence(of node: Int) -> EvidenceSettings {
        var evidence = EvidenceSettings(deadtime: timings(of: node).deadtime)
        evidence.learnsPaths = learnsPaths
        evidence.jeopardyTime = jeopardyTime
        evidence.earlyTakeover = earlyTakeover
        evidence.earlyFloor = timings(of: node).deadtime / 3
        evidence.bootPolicy = bootPolicy
        evidence.announceInterval = .seconds(5)
        if hasPingNodes {
            evidence.pingNodes = [0, 1].map(Scenery.neighbour(beside:)).map {
                PingNode(name: $0.description, hosts: [$0])
            }
        }
        return evidence
    }

    /// `l0` or `l1`.
    static func name(of node: Int) -> NodeName { NodeName(node == 0 ? "l0" : "l1") }

    private func groupSettings(_ index: Int, of node: Int) -> GroupSettings {
        let plan = groups[index]
        let address = Scenery.groupAddress(index)
        let addressResource = resource("IPaddr2::\(address)/24", type: "IPaddr2", address: address)
        let resources: [ResourceSettings]
        switch plan.kind {
        case .address:
            resources = [addressResource]
        case .storage:
            let disk = disk("drbddisk::r\(index)", isReplicated: plan.isReplicated)
            resources = [disk] + mounts(plan.mounts, of: index) + [addressResource]
        case .addressFirst:
            resources = [addressResource, script("database\(index)")]
        case .script:
            resources = [script("script\(index)")]
        }
        return GroupSettings(
            name: GroupName(resources[0].address?.description ?? resources[0].name),
            preferred: plan.isPreferredByEach || plan.preferred == node ? .own : .peer,
            resources: resources,
            storageDigest: plan.kind == .address
                ? 0 : digest(index + 1, node, plan.difference == .storage),
            addressDigest: digest(index + 101, node, plan.difference == .address)
        )
    }

    private func digest(_ number: Int, _ node: Int, _ differs: Bool) -> UInt64 {
        UInt64(differs && node == 1 ? number + 1000 : number)
    }

    /// A resource that can be suspended where there is something to suspend it with.
    private func script(_ name: String) -> ResourceSettings {
        var script = resource(name, type: name)
        script.isSuspendable = suspendsScripts
        return script
    }

    private func disk(_ name: String, isReplicated: Bool) -> ResourceSettings {
        var disk = resource(name, type: "drbddisk")
        disk.isReplicated = isReplicated
        disk.isSuspendable = suspendsScripts
        disk.isBarrier = suspendsScripts
        return disk
    }

    private func mounts(_ count: Int, of group: Int) -> [ResourceSettings] {
        (0..<count).map { place in
            let name = "Filesystem::/dev/drbd\(group)::/data\(group)"
            var mount = resource(place == 0 ? name : "\(name)-\(place)", type: "Filesystem")
            mount.isCovered = suspendsScripts
            mount.isBesidePrevious = place > 0
            return mount
        }
    }

    private func resource(
        _ name: String,
        type: String,
        address: IPAddress? = nil
    ) -> ResourceSettings {
        ResourceSettings(
            name: name,
            type: type,
            address: address,
            isStateless: address != nil,
            startTimeout: Scenery.operationTimeout,
            stopTimeout: Scenery.operationTimeout,
            statusTimeout: Scenery.statusTimeout
        )
    }

    /// Time allowed for a start or a stop.
    static let operationTimeout = Duration.seconds(3)
    /// Time allowed for a status.
    static let statusTimeout = Duration.seconds(1)
}

extension Scenery {
    /// The longer of both machines' times of one kind.
    func longest(_ time: (Timings) -> Duration) -> Duration {
        max(time(timings(of: 0)), time(timings(of: 1)))
    }

    /// How long a command may take.
    var replyBound: Int64 {
        var bound = longest(\.deadtime) + longest(\.initdead)
        bound += longest(\.offerTimeout) * 2 + longest(\.fitSettle)
        let times = settings(of: 0).groups.map { group in
            group.resources.map { ($0.startTimeout + $0.stopTimeout) * 2 + $0.statusTimeout }
                .reduce(.zero, +)
        }
        // A group that is stopped waits for a look at its disk.
        if settings(of: 0).groups.contains(where: \.isReplicated) { bound += .seconds(4) }
        // Groups move side by side: many take no longer than a few.
        bound += times.sorted(by: >).prefix(3).reduce(.zero, +)
        return bound.nanoseconds + 12 * second
    }
}
