// The fixed tables the core works from: who the nodes are, the timings, the links and the groups.
// They come from ha.cf and haresources (room Configuration) and never change while the core lives;
// `baton reload` starts a new core that adopts what runs.

/// Everything the configuration tells the deciding core.
public struct Settings: Equatable, Sendable {
    /// `cluster` of ha.cf; datagrams of another cluster are foreign.
    public var cluster: String
    /// This node.
    public var node: NodeName
    /// The other node.
    public var peer: NodeName
    /// Whether this node stands before the other among the `node` lines (breaks ties, S9).
    public var isFirstNode: Bool
    /// The times of ha.cf.
    public var timings: Timings
    /// `auto_failback`.
    public var autoFailback: AutoFailback
    /// `unproved_takeover`: whether silence alone is enough where no probe can tell (table, row 4).
    public var unprovedTakeover: Bool
    /// `move_budget`: moves of a group on health grounds in an hour, of both nodes together; at most
    /// `HealthWord.movesMaximum`.
    public var moveBudget: Int
    /// `restart_budget`: restarts of a group on this node in an hour.
    public var restartBudget: Int
    /// How silence is judged, besides the times.
    public var evidence: EvidenceSettings
    /// The configured links, in the order of ha.cf; at least one, at most `LinkIndex.configuredMaximum`.
    public var links: [LinkSettings]
    /// The groups, in the order of haresources; at most 1,000, identities distinct.
    public var groups: [GroupSettings]

    /// Makes settings of all their parts.
    public init(
        cluster: String,
        node: NodeName,
        peer: NodeName,
        isFirstNode: Bool,
        timings: Timings,
        autoFailback: AutoFailback,
        unprovedTakeover: Bool,
        moveBudget: Int = 3,
        restartBudget: Int = 0,
        evidence: EvidenceSettings? = nil,
        links: [LinkSettings],
        groups: [GroupSettings]
    ) {
        self.cluster = cluster
        self.node = node
        self.peer = peer
        self.isFirstNode = isFirstNode
        self.timings = timings
        self.autoFailback = autoFailback
        self.unprovedTakeover = unprovedTakeover
        self.moveBudget = min(moveBudget, HealthWord.movesMaximum)
        self.restartBudget = restartBudget
        self.evidence = evidence ?? EvidenceSettings(deadtime: timings.deadtime)
        self.links = links
        self.groups = groups
    }
}

/// The times of ha.cf, each more than zero.
public struct Timings: Equatable, Sendable {
    /// Time between two heartbeats.
    public var keepalive: Duration
    /// Silence after which a peer or link is late and probing begins.
    public var warntime: Duration
    /// Silence after which the evidence is judged; at least 50 ms.
    public var deadtime: Duration
    /// `deadtime` for a peer not heard since this daemon started.
    public var initdead: Duration
    /// How long the peer must have been fit before a move that nobody ordered (S7).
    public var fitSettle: Duration
    /// How long the preferred node must have been fit before a group returns to it by itself; at least `fitSettle`.
    public var failbackSettle: Duration
    /// How long a node may take to answer an offer (S3b).
    public var offerTimeout: Duration
    /// How long a node that gave a group up on health grounds is not fit for it.
    public var holdDown: Duration

    /// The floor of `deadtime`.
    public static var deadtimeMinimum: Duration { .milliseconds(50) }

    /// Makes timings; the last four have their defaults, `failbackSettle` that of `fitSettle`.
    public init(
        keepalive: Duration,
        warntime: Duration,
        deadtime: Duration,
        initdead: Duration,
        fitSettle: Duration = .seconds(2),
        failbackSettle: Duration? = nil,
        offerTimeout: Duration = .seconds(5),
        holdDown: Duration = .seconds(300)
    ) {
        self.keepalive = keepalive
        self.warntime = warntime
        self.deadtime = deadtime
        self.initdead = initdead
        self.fitSettle = fitSettle
        self.failbackSettle = max(failbackSettle ?? fitSettle, fitSettle)
        self.offerTimeout = offerTimeout
        self.holdDown = holdDown
    }
}

/// What ha.cf says of evidence (design section 4): paths that are learnt, probes, and when they decide.
public struct EvidenceSettings: Equatable, Sendable {
    /// `auto_links`: whether beats go over networks that both nodes are on, without a line for them.
    public var learnsPaths = true
    /// `jeopardy_time`: how long a verdict waits where a path was lost before the others.
    public var jeopardyTime: Duration
    /// `early_takeover`: whether proof may come before `deadtime`.
    public var earlyTakeover = EarlyTakeover.auto
    /// `early_floor`: the shortest silence of an early verdict.
    public var earlyFloor = Duration.milliseconds(250)
    /// `early_probes`: how many questions in a row must stay without an answer for an early verdict.
    public var earlyProbes = 10
    /// `boot_policy`; `nil` for the default: `wait` for groups with storage, `last-owner` for others.
    public var bootPolicy: BootPolicy?
    /// `announce_interval`: how often the addresses of groups that run here are announced again; `nil` for never.
    public var announceInterval: Duration? = .seconds(60)
    /// `ping` and `ping_group`: at most `PingNode.countMaximum`.
    public var pingNodes: [PingNode] = []
    /// `deadping`: silence after which a ping node counts as gone.
    public var deadping: Duration

    /// The defaults that go with a `deadtime`.
    public init(deadtime: Duration) {
        jeopardyTime = max(deadtime * 3, .seconds(45))
        deadping = deadtime
    }
}

/// `early_takeover` of ha.cf.
public enum EarlyTakeover: String, Equatable, Sendable, Codable, CaseIterable {
    /// For every group.
    case on
    /// For none.
    case off
    /// For groups without storage.
    case auto
}

/// `boot_policy` of ha.cf: what a node may hold after its boot without having heard the peer.
public enum BootPolicy: String, Equatable, Sendable, Codable, CaseIterable {
    /// Nothing, until the peer is heard or the administrator says that it is down.
    case wait
    /// What it held last, as far as it knows.
    case lastOwner = "last-owner"
    /// Everything.
    case any
}

/// One `ping` or `ping_group` of ha.cf: it answers when any of its hosts does.
public struct PingNode: Equatable, Sendable {
    /// The host's address, or the group's name.
    public var name: String
    /// The hosts; at least one, at most `hostMaximum`.
    public var hosts: [IPAddress]

    /// How many ping nodes ha.cf may name.
    public static let countMaximum = 16
    /// How many hosts one of them may have.
    public static let hostMaximum = 16

    /// Names hosts.
    public init(name: String, hosts: [IPAddress]) {
        self.name = name
        self.hosts = hosts
    }
}

/// `auto_failback` of ha.cf.
///
/// Heartbeat's `legacy` meant what `on` means here: the group goes home.
public enum AutoFailback: String, Equatable, Sendable, Codable {
    /// A group returns to its preferred node when that node is back and fit.
    case on
    /// A group stays where it runs.
    case off
    /// Heartbeat's default; read as `on`.
    case legacy

    /// Whether groups go home by themselves.
    public var returnsGroups: Bool { self != .off }
}

/// One configured heartbeat path.
public struct LinkSettings: Equatable, Sendable {
    /// As status shows it: `bcast eth1`, `ucast eth1 192.168.1.3`.
    public var name: String
    /// The network device it is bound to.
    public var device: String

    /// Names the link and its device.
    public init(name: String, device: String) {
        self.name = name
        self.device = device
    }
}

/// One resource group of haresources.
public struct GroupSettings: Equatable, Sendable {
    /// The group's name.
    public var name: GroupName
    /// The node that runs it when both could, agreed by both (design section 3).
    public var preferred: Side
    /// The resources in starting order; at least one.
    public var resources: [ResourceSettings]
    /// Digest of the meaning of the resources that hold state; 0 for a group without any.
    public var storageDigest: UInt64
    /// Digest of the meaning of the stateless resources.
    public var addressDigest: UInt64

    /// Makes a group of its parts.
    public init(
        name: GroupName,
        preferred: Side,
        resources: [ResourceSettings],
        storageDigest: UInt64 = 0,
        addressDigest: UInt64 = 0
    ) {
        self.name = name
        self.preferred = preferred
        self.resources = resources
        self.storageDigest = storageDigest
        self.addressDigest = addressDigest
    }

    /// Whether a resource of the group may write what the other node could write too.
    public var holdsStorage: Bool { resources.contains { !$0.isStateless } }

    /// The places of the resources that start and stop side by side with the one at `place`, which is one of them.
    public func sideBySide(with place: Int) -> Range<Int> {
        var first = place
        while first > 0, resources[first].isBesidePrevious { first -= 1 }
        let next = resources[(place + 1)...].firstIndex { !$0.isBesidePrevious }
        return first..<(next ?? resources.count)
    }

    /// Whether a resource of the group keeps its data on both nodes in step (S11).
    public var isReplicated: Bool { resources.contains(where: \.isReplicated) }

    /// How many bytes of a log a standby may lack where it takes from a dead peer (`maxlag`); `nil` for a group without
    /// a log.
    public var lagLimit: UInt64? { resources.lazy.compactMap(\.lagLimit).min() }

    /// Whether a node that is cut off can keep all that writes from writing, rather than end it (S12).
    public var isSuspendable: Bool {
        resources.allSatisfy { $0.isStateless || $0.isSuspendable || $0.isCovered }
    }
}

/// One resource of a group.
public struct ResourceSettings: Equatable, Sendable {
    /// As haresources writes it: `IPaddr2::192.168.1.100/24/eth1:0`.
    public var name: String
    /// The part before the first `::`, or `IPaddr` for a bare address.
    public var type: String
    /// The address, when the resource is one; the daemon's loop serves these itself.
    public var address: IPAddress?
    /// Whether two nodes running it at once destroy nothing (design section 4, "Words").
    public var isStateless: Bool
    /// Whether it can be kept from writing without being ended (S12).
    public var isSuspendable: Bool
    /// Whether what starts after it in its group writes through it: suspended, it keeps that from writing too.
    public var isBarrier: Bool
    /// Whether it writes through a barrier before it in its group, and is left alone while that is suspended.
    public var isCovered: Bool
    /// Whether it starts and stops side by side with the one before it in its group (S3), which the administrator
    /// says of what is independent (`parallel`).
    public var isBesidePrevious = false
    /// Whether it keeps its data on both nodes in step, and can tell whether it does (S11).
    public var isReplicated: Bool
    /// How many bytes of its log may be missing where it is taken from a dead peer; `nil` where it keeps no log.
    public var lagLimit: UInt64?
    /// Time allowed for `start`.
    public var startTimeout: Duration
    /// Time allowed for `stop`.
    public var stopTimeout: Duration
    /// Time allowed for `status`.
    public var statusTimeout: Duration

    /// Makes a resource of its parts.
    public init(
        name: String,
        type: String,
        address: IPAddress? = nil,
        isStateless: Bool,
        isSuspendable: Bool = false,
        isBarrier: Bool = false,
        isCovered: Bool = false,
        isReplicated: Bool = false,
        lagLimit: UInt64? = nil,
        startTimeout: Duration = .seconds(60),
        stopTimeout: Duration = .seconds(60),
        statusTimeout: Duration = .seconds(20)
    ) {
        self.name = name
        self.type = type
        self.address = address
        self.isStateless = isStateless
        self.isSuspendable = isSuspendable
        self.isBarrier = isBarrier
        self.isCovered = isCovered
        self.isReplicated = isReplicated
        self.lagLimit = lagLimit
        self.startTimeout = startTimeout
        self.stopTimeout = stopTimeout
        self.statusTimeout = statusTimeout
    }
}
