// A newcomer's costly mistake: haresources, or a list, names an address that this machine has by itself. The
// daemon would find the group running without a claim, stop it, and so cut the machine off. Looked at
// before anything is touched; what a group's address is otherwise worth is the core's.

import Configuration
import Failover
import Linux

/// Tells this machine's own addresses from those of groups.
enum OwnAddressGuard {
    /// Which addresses of groups are this machine's own, as far as the kernel lets one see.
    ///
    /// An address counts that batond did not bring up and that is the first of its network on its device: what came
    /// later is an ordinary left-over of another program, which is stopped, or was brought up by hand before it was put
    /// into its list. At a reload, what the groups held here have already is theirs. At a start it is theirs too if the
    /// machine keeps another address of its own on the device: what was brought up by hand may be the first by now.
    ///
    /// - Parameters:
    ///   - loaded: the configuration.
    ///   - running: the one that is in force, at a reload; what its groups hold is theirs.
    ///   - view: devices and addresses now.
    ///   - record: the durable record, if it can be read.
    ///   - boot: the present boot.
    /// - Returns: one line of text for each of the first five, with the remedy; empty when all is well.
    static func text(
        _ loaded: LoadedConfiguration,
        running: LoadedConfiguration? = nil,
        _ view: NetworkView,
        record: DurableRecord?,
        boot: BootID
    ) -> String {
        let claims = record?.bootID == boot ? record?.claims ?? [] : []
        let held = Set(claims.filter(\.heldThisBoot).map(\.group))
        let known = Set(running?.groupWishes.joined().map(\.address) ?? [])
        let wanted = Set(loaded.groupWishes.joined().map(\.address))
        let first = view.firstOfNetworks(among: wanted)
        var found: [String] = []
        for (place, group) in loaded.settings.groups.enumerated() {
            let isHeld = held.contains(group.name.identity)
            for (resource, wishes) in zip(
                loaded.cluster.groups[place].resources,
                loaded.wishes[place]
            ) {
                for wish in wishes ?? [] {
                    guard let entry = first[wish.address] else { continue }
                    if isHeld {
                        let isTheirs =
                            running == nil
                            ? !view.tellsOrigin || view.keepsAnother(than: entry, besides: wanted)
                            : known.contains(wish.address)
                        if isTheirs { continue }
                    }
                    found.append(words(entry, view, in: resource.list?.path ?? "haresources"))
                }
            }
        }
        let rest = found.count > 5 ? "and \(found.count - 5) more\n" : ""
        return found.prefix(5).joined() + rest
    }

    private static func words(
        _ entry: InterfaceAddress,
        _ view: NetworkView,
        in file: String
    ) -> String {
        let device = view.link(entry.index).map { "\($0.name)" } ?? "DEVICE"
        return """
            \(file): error: \(entry.address) is on \(device) already, and no batond put it there
                hint: a group needs an address of its own, not a machine's; if this is none of the machine's, take it\
             down, and batond brings it up: ip addr del \(entry.address)/\(entry.prefixLength) dev \(device)

            """
    }
}

extension NetworkView {
    /// Of some addresses, those that are here, that batond did not bring up, and before which no address of their
    /// network was on their device; a host address is one of each network that contains it.
    fileprivate func firstOfNetworks(
        among wanted: Set<Linux.IPAddress>
    ) -> [Linux.IPAddress: InterfaceAddress] {
        var oldest: [Int32: [AddressNetwork: UInt32]] = [:]
        for entry in addresses {
            guard let network = AddressNetwork(entry) else { continue }
            oldest[entry.index, default: [:]][network, default: .max] = min(
                entry.created,
                oldest[entry.index]?[network] ?? .max
            )
        }
        let first = places(ofAll: wanted).filter { entry in
            !entry.isOurs && !entry.isSecondary
                && !(oldest[entry.index] ?? [:]).contains { network, created in
                    created < entry.created && network.contains(entry.address)
                }
        }
        return Dictionary(first.map { ($0.address, $0) }) { one, _ in one }
    }

    /// Whether the device of an address has another of its family that is not in a set, for more than the link alone.
    fileprivate func keepsAnother(
        than entry: InterfaceAddress,
        besides others: Set<Linux.IPAddress>
    ) -> Bool {
        addresses.contains {
            $0.index == entry.index && $0.address.bytes.count == entry.address.bytes.count
                && !$0.address.isLinkLocal && !others.contains($0.address)
        }
    }
}
