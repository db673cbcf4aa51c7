// The faults of which `baton check` speaks, one by one and two at a time, as deeds: whoever wants to know what a
// configuration does not promise tells the stories of all of them (`FaultTable`).

import Failover

/// One fault of a pair in which machine 0 runs the groups.
struct Fault: Sendable {
    /// What happens, in the words of the documentation.
    var text: String
    /// The deeds; they last as long as they are told to, in nanoseconds.
    var deeds: @Sendable (_ at: Int64, _ lasts: Int64) -> [Deed]

    private init(_ text: String, _ kinds: @escaping @Sendable (_ lasts: Int64) -> [DeedKind]) {
        self.text = text
        deeds = { at, lasts in kinds(lasts).map { Deed(at: at, kind: $0) } }
    }

    /// Every fault of a topology.
    static func all(of topology: Topology) -> [Fault] {
        machines + networks(of: topology)
    }

    /// Those of its networks.
    static func networks(of topology: Topology) -> [Fault] {
        switch topology {
        case .one: onlyNetwork
        case .shared: ports + theSwitch
        case .two, .both, .three: lines
        }
    }

    // MARK: - Machines

    private static let machines: [Fault] = [
        Fault("the owner crashes, and boots again") { lasts in
            [.crash(node: 0, offFor: lasts, losesDisk: false)]
        },
        Fault("the standby crashes, and boots again") { lasts in
            [.crash(node: 1, offFor: lasts, losesDisk: false)]
        },
        Fault("batond of the owner is killed") { [.kill(node: 0, restartAfter: $0)] },
        Fault("batond of the standby is killed") { [.kill(node: 1, restartAfter: $0)] },
        Fault("batond of the owner stands still") { lasts in
            [.pause(node: 0, lasts: lasts, keeperAfter: nil)]
        },
        Fault("the machine of the owner is paused") { [.freeze(node: 0, lasts: $0)] },
        Fault("the machine of the standby is paused") { [.freeze(node: 1, lasts: $0)] },
        Fault("the disk of the owner writes nothing") { [.hangDisk(node: 0, lasts: $0)] },
        Fault("a stop fails in an orderly move") { _ in
            [
                .spoil(node: 0, group: 1, resource: 0, action: .stop, how: .fails),
                .command(node: 0, .standby(.all)),
            ]
        },
        Fault("a stop hangs in an orderly move") { _ in
            [
                .spoil(node: 0, group: 1, resource: 0, action: .stop, how: .hangs),
                .command(node: 0, .standby(.all)),
            ]
        },
    ]

    // MARK: - Networks

    private static let onlyNetwork: [Fault] =
        cuts(of: "the network", 0) + ports(of: "the network", 0)

    private static let lines: [Fault] =
        cuts(of: "the replication link", 1) + cuts(of: "the service network", 0) + ports

    private static let ports: [Fault] =
        ports(of: "the replication link", 1) + ports(of: "the service network", 0)

    private static let theSwitch: [Fault] = cuts(of: "the switch", nil)

    private static func cuts(of name: String, _ network: Int?) -> [Fault] {
        let all = network.map { [$0] } ?? [0, 1]
        return [
            Fault("\(name) carries nothing") { lasts in
                [.cut(network: network, way: .both, lasts: lasts, losesCarrier: false)]
            },
            Fault("\(name) carries nothing, and no node has a carrier there") { lasts in
                [.cut(network: network, way: .both, lasts: lasts, losesCarrier: true)]
            },
            Fault("\(name) carries nothing from the owner") { lasts in
                [.cut(network: network, way: .forth, lasts: lasts, losesCarrier: false)]
            },
            Fault("\(name) carries nothing to the owner") { lasts in
                [.cut(network: network, way: .back, lasts: lasts, losesCarrier: false)]
            },
            Fault("\(name) loses 40 % of all frames") { lasts in
                all.map { .lose(network: $0, perMille: 400, lasts: lasts) }
            },
        ]
    }

    private static func ports(of name: String, _ network: Int) -> [Fault] {
        [(0, "owner"), (1, "standby")].flatMap { node, who in
            [
                Fault("the \(who)'s cable to \(name) breaks, carrier lost") { lasts in
                    [.pull(node: node, network: network, lasts: lasts, losesCarrier: true)]
                },
                Fault("the \(who)'s cable to \(name) breaks silently") { lasts in
                    [.pull(node: node, network: network, lasts: lasts, losesCarrier: false)]
                },
            ]
        }
    }
}
