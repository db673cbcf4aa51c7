// What is explored: the configuration of the small model, its discrete time, and which faults may happen. Two nodes,
// one group, a replication network with the one configured link, a service network with the group's address and a
// router beside each node. Everything lasts a whole number of quanta; one quantum is one `keepalive`. Announcements
// (`announce_interval`) change nothing and are left out.

import Failover

/// Which model is explored, and how far.
public struct ExplorationPlan: Sendable {
    /// The group's resources.
    public var variant: ExplorationVariant
    /// `auto_failback`.
    public var returnsGroups: Bool
    /// How many faults one run may meet.
    public var faults: Int
    /// Which kinds of fault.
    public var palette: ExplorationPalette
    /// The kinds of fault that may happen.
    public var kinds = Set(ExplorationKind.allCases)
    /// After so many states the exploration ends unfinished; `nil` for no limit.
    public var statesMaximum: Int?
    /// Each so many states, one that was taken for a known one is stepped to see whether it goes on like that; 0 for
    /// never.
    public var probation = 0
    /// Whether to go on after a broken rule, to find every other.
    public var isSurvey = false

    /// Makes a plan.
    public init(
        variant: ExplorationVariant,
        returnsGroups: Bool = false,
        faults: Int,
        palette: ExplorationPalette = .full
    ) {
        self.variant = variant
        self.returnsGroups = returnsGroups
        self.faults = faults
        self.palette = palette
    }
}

/// The group's resources.
public enum ExplorationVariant: String, CaseIterable, Sendable {
    /// An address alone.
    case address
    /// A resource that holds state, then an address.
    case storage
    /// An address, then a resource that holds state and can be suspended.
    case script
}

/// A kind of fault.
public enum ExplorationKind: String, CaseIterable, Sendable {
    /// A machine loses power.
    case crash
    /// A daemon is killed, with its keeper or without.
    case kill
    /// A loop stands still.
    case stall
    /// A machine stands still.
    case freeze
    /// A network is cut between the nodes.
    case cut
    /// A node's own cable is pulled.
    case pull
    /// An administrator orders a standby, or SIGTERM.
    case order
    /// A beat is lost or late.
    case beat
    /// A write is late or slow.
    case write
    /// An operation fails or hangs.
    case operation
}

/// How many kinds and lengths of fault there are to choose from.
public enum ExplorationPalette: String, CaseIterable, Sendable {
    /// Each kind in the lengths that tell most.
    case lean
    /// Each kind, shorter and longer than `deadtime`, and for ever.
    case full
}

/// The fixed part of a model.
struct ExplorerModel: Sendable {
    let plan: ExplorationPlan
    /// Both nodes' settings.
    let settings: [Settings]
    /// What may be done to the pair at the beginning of a quantum.
    let faults: [ModelFault]
    /// From the first suspicion to the verdict, in nanoseconds.
    let judging: Int64

    /// The service network, and the one that carries the link.
    static let service = Scenery.serviceNetwork
    static let replication = 1
    /// One quantum, which is one `keepalive`: a quarter of the core's calibration interval, so that its phase adds
    /// few states; long enough for ten rounds of probes.
    static let quantum: Int64 = 2500 * millisecond
    /// `deadtime` in quanta.
    static let deadtime = 4
    /// A write that is slow is on disk so many quanta later: later than an offer is waited for.
    static let slowWrite = 3
    /// So many beats of a node over a network may be lost or late in one quantum: those that are quickened after them say
    /// the same again.
    static let beatsInDoubt = 3
    /// So many quanta a fault that does not end by itself lasts before it may be repaired: what it leads to has
    /// settled by then.
    static let patience = 14

    init(_ plan: ExplorationPlan) {
        self.plan = plan
        settings = (0...1).map { Self.settings(plan, node: $0) }
        faults = ModelFault.all(plan.palette).filter { plan.kinds.contains($0.kind) }
        let timings = settings[0].timings
        let begin = min(
            max(timings.warntime, timings.keepalive * 3 / 2),
            timings.deadtime * 3 / 4
        )
        judging = (timings.deadtime - begin).nanoseconds
    }

    private static func quanta(_ count: Int) -> Duration {
        .nanoseconds(quantum * Int64(count))
    }

    private static func settings(_ plan: ExplorationPlan, node: Int) -> Settings {
        let timings = Timings(
            keepalive: quanta(1),
            warntime: quanta(2),
            deadtime: quanta(deadtime),
            initdead: quanta(6),
            fitSettle: quanta(1),
            offerTimeout: quanta(2),
            holdDown: quanta(4)
        )
        var evidence = EvidenceSettings(deadtime: timings.deadtime)
        evidence.jeopardyTime = quanta(6)
        // So that fourteen questions lie whole milliseconds apart.
        evidence.earlyFloor = .milliseconds(1750)
        evidence.announceInterval = nil
        let address = Scenery.groupAddress(0)
        var resources = [resource("IPaddr2::\(address)/24", type: "IPaddr2", address: address)]
        switch plan.variant {
        case .address: break
        case .storage:
            resources.insert(resource("database", type: "database", address: nil), at: 0)
        case .script:
            var script = resource("script", type: "script", address: nil)
            script.isSuspendable = true
            resources.append(script)
        }
        let group = GroupSettings(
            name: GroupName("group"),
            preferred: node == 0 ? .own : .peer,
            resources: resources,
            storageDigest: plan.variant == .address ? 0 : 1,
            addressDigest: 2
        )
        return Settings(
            cluster: "model",
            node: Scenery.name(of: node),
            peer: Scenery.name(of: 1 - node),
            isFirstNode: node == 0,
            timings: timings,
            autoFailback: plan.returnsGroups ? .on : .off,
            unprovedTakeover: true,
            evidence: evidence,
            links: [LinkSettings(name: "bcast eth1", device: "eth1")],
            groups: [group]
        )
    }

    private static func resource(
        _ name: String,
        type: String,
        address: IPAddress?
    ) -> ResourceSettings {
        ResourceSettings(
            name: name,
            type: type,
            address: address,
            isStateless: address != nil,
            startTimeout: quanta(2),
            stopTimeout: quanta(2),
            statusTimeout: quanta(2)
        )
    }

    /// The network of an address; its third byte.
    static func network(of address: IPAddress) -> Int {
        Int(truncatingIfNeeded: address.low >> 8 & 0xff)
    }

    /// The device on a network.
    static func device(_ network: Int) -> String { "eth\(network)" }

    /// The address of the group.
    static let groupAddress = Scenery.groupAddress(0)
}
