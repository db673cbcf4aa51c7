// The pair whose core is fuzzed, as node l0 sees it.

import Failover

enum Pair {
    /// The settings of l0: the seed's cluster and timings.
    static func settings(links: [String], groups: [GroupSettings]) -> Settings {
        Settings(
            cluster: "demo",
            node: NodeName("l0"),
            peer: NodeName("l1"),
            isFirstNode: true,
            timings: Timings(
                keepalive: .seconds(1),
                warntime: .seconds(2),
                deadtime: .seconds(3),
                initdead: .seconds(12)
            ),
            autoFailback: .on,
            unprovedTakeover: true,
            links: links.map { LinkSettings(name: "bcast \($0)", device: $0) },
            groups: groups
        )
    }
}
