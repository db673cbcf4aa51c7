// What only the whole shows about evidence: choices that storage makes dangerous, and ping nodes that
// prove nothing.

internal import Failover

extension Reading {
    mutating func judgeEvidence() {
        if haCf.earlyTakeover == .on, let group = storageGroups.first {
            haCfList?.warning(
                .earlyWithStorage,
                at: haCf.positions["early_takeover"],
                "early_takeover is on and group \(quoted(group.name)) carries storage: when both networks of the "
                    + "active node break for longer than early_floor "
                    + "\(haCf.evidence.earlyFloor.shortText), the other takes it before deadtime",
                hint: "`early_takeover auto` is early only for groups of addresses"
            )
        }
        if haCf.bootPolicy == .any, let group = storageGroups.first {
            haCfList?.warning(
                .bootAlone,
                at: haCf.positions["boot_policy"],
                "boot_policy is any and group \(quoted(group.name)) carries storage: two nodes that boot with all "
                    + "links cut both start it",
                hint: "`boot_policy wait`, then `baton confirm-down` for a node that is off"
            )
        }
        for (host, place) in haCf.pingPlaces { judgePing(host, place) }
    }

    /// A ping node stands for the network: neither a node nor what moves between the nodes does.
    private mutating func judgePing(_ host: IPAddress, _ place: Position) {
        if let group = groups.groups.first(where: { $0.addresses.contains { $0.address == host } })
        {
            haCfList?.warning(
                .pingOfPair,
                at: place,
                "\(host) is the address of group \(quoted(group.name)): the node that carries it always reaches it",
                hint: "ask a host that is neither node, such as a router"
            )
        } else if haCf.links.contains(where: { $0.medium == .unicast(peer: host) }) {
            haCfList?.warning(
                .pingOfPair,
                at: place,
                "\(host) is an address of a node: it is silent when that node is dead, not when a network is",
                hint: "ask a host that is neither node, such as a router"
            )
        }
    }
}
