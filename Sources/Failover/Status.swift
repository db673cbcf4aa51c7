// The one status value: what `baton status --json`, the text, the web page and the metrics print. It is
// made by `FailoverMachine.status(at:)`; the daemon adds what only it knows (counters, versions).

/// The whole status of a node as it sees the pair.
public struct Status: Equatable, Sendable, Codable {
    /// Version of this layout.
    public var schema: Int = 1
    /// This node.
    public var node: String
    /// This run of the daemon, `counter.nonce`.
    public var incarnation: String
    /// The other node.
    public var peer: PeerStatus
    /// The heartbeat paths.
    public var links: [LinkStatus]
    /// The groups.
    public var groups: [GroupStatus]
    /// How well the configuration protects against two writers.
    public var protection: ProtectionStatus
    /// The service monitors.
    public var monitors: [MonitorStatus]
    /// The last move of a group, in words; absent before the first.
    public var lastMove: String?
    /// Why things are as they are, in one sentence.
    public var reason: String
    /// What to type next; absent when nothing is wrong.
    public var nextStep: String?
    /// Counters of the daemon: datagrams by verdict, lateness, dropped log lines.
    public var counters: [String: UInt64]

    /// Makes a status of its parts.
    public init(
        node: String,
        incarnation: String,
        peer: PeerStatus,
        links: [LinkStatus],
        groups: [GroupStatus],
        protection: ProtectionStatus,
        monitors: [MonitorStatus] = [],
        lastMove: String?,
        reason: String,
        nextStep: String?,
        counters: [String: UInt64] = [:]
    ) {
        self.node = node
        self.incarnation = incarnation
        self.peer = peer
        self.links = links
        self.groups = groups
        self.protection = protection
        self.monitors = monitors
        self.lastMove = lastMove
        self.reason = reason
        self.nextStep = nextStep
        self.counters = counters
    }
}

/// What is known of the other node.
public struct PeerStatus: Equatable, Sendable, Codable {
    /// Its name.
    public var name: String
    /// Its state.
    public var state: PeerState
    /// Milliseconds since it was last heard; absent when it never was.
    public var lastHeardMilliseconds: Int64?
    /// Its incarnation; absent when it was never heard.
    public var incarnation: String?

    /// Makes a peer's status of its parts.
    public init(name: String, state: PeerState, lastHeardMilliseconds: Int64?, incarnation: String?)
    {
        self.name = name
        self.state = state
        self.lastHeardMilliseconds = lastHeardMilliseconds
        self.incarnation = incarnation
    }
}

/// How the peer stands.
public enum PeerState: String, Sendable, Codable {
    /// Heard within `warntime`.
    case alive
    /// Silent beyond `warntime`.
    case late
    /// Silent beyond `deadtime`, not judged dead.
    case silent
    /// Judged dead, confirmed down, or left in order.
    case dead
    /// Not heard since this daemon started.
    case unknown
}

/// One heartbeat path.
public struct LinkStatus: Equatable, Sendable, Codable {
    /// Its name: `bcast eth1`.
    public var name: String
    /// Configured in ha.cf, or learnt.
    public var kind: LinkKind
    /// Its state.
    public var state: LinkState

    /// Makes a link's status of its parts.
    public init(name: String, kind: LinkKind, state: LinkState) {
        self.name = name
        self.kind = kind
        self.state = state
    }
}

/// Where a link comes from.
public enum LinkKind: String, Sendable, Codable {
    /// A `bcast`, `ucast` or other line of ha.cf.
    case configured
    /// Found by the nodes themselves.
    case learnt
}

/// How a link stands.
public enum LinkState: String, Sendable, Codable {
    /// Beats come in.
    case up
    /// None within `warntime`.
    case late
    /// None within `deadtime`, never any, or the device is gone.
    case down
}

/// One group.
public struct GroupStatus: Equatable, Sendable, Codable {
    /// Its name.
    public var name: String
    /// Where it stands on this node.
    public var state: GroupState
    /// The node that runs it, as far as is known.
    public var owner: String?
    /// The highest epoch known.
    public var epoch: UInt64
    /// Its preferred node.
    public var preferred: String
    /// Whether this node could run it.
    public var fit: Bool
    /// Why not, when not.
    public var unfitReason: String?
    /// Where it stands on the other node by that node's last word; absent while that is not heard.
    public var peerState: GroupState?
    /// Why the other node could not run it; absent when it could, or is not heard.
    public var peerUnfitReason: String?
    /// Whether both nodes hold it, which nothing prevented (S9).
    public var isContested: Bool
    /// Who froze it; absent when it is not frozen.
    public var frozen: FrozenStatus?
    /// The services of it that have failed, each with what its monitor said.
    public var failures: [String]
    /// Why a failed service does not move it; absent when none has failed, or it is moving.
    public var whyNotMoved: String?
    /// How long this node is still held down for it; absent when it is not.
    public var heldDownMilliseconds: Int64?
    /// Its resources in starting order.
    public var resources: [ResourceStatus]

    /// Makes a group's status of its parts.
    public init(
        name: String,
        state: GroupState,
        owner: String?,
        epoch: UInt64,
        preferred: String,
        fit: Bool,
        unfitReason: String?,
        peerState: GroupState? = nil,
        peerUnfitReason: String? = nil,
        isContested: Bool = false,
        frozen: FrozenStatus? = nil,
        failures: [String] = [],
        whyNotMoved: String? = nil,
        heldDownMilliseconds: Int64? = nil,
        resources: [ResourceStatus]
    ) {
        self.name = name
        self.state = state
        self.owner = owner
        self.epoch = epoch
        self.preferred = preferred
        self.fit = fit
        self.unfitReason = unfitReason
        self.peerState = peerState
        self.peerUnfitReason = peerUnfitReason
        self.isContested = isContested
        self.frozen = frozen
        self.failures = failures
        self.whyNotMoved = whyNotMoved
        self.heldDownMilliseconds = heldDownMilliseconds
        self.resources = resources
    }
}

/// A group's state as people read it.
public enum GroupState: String, Sendable, Codable {
    /// Not here.
    case standby
    /// Being started here.
    case acquiring
    /// Runs here.
    case active
    /// Being stopped here, or offered to the peer.
    case releasing
    /// Held but its writes are suspended (S12).
    case suspended
    /// A start or a stop failed here.
    case failed
    /// Not yet probed (S14).
    case unknown
}

/// A group that does not move by itself.
public struct FrozenStatus: Equatable, Sendable, Codable {
    /// Who froze it.
    public var by: String
    /// Until when, local time, as the daemon fills it in; absent for no end.
    public var until: String?
    /// How long still; absent for no end.
    public var remainingMilliseconds: Int64?
    /// Why.
    public var reason: String

    /// Makes it of its parts.
    public init(
        by: String,
        until: String?,
        remainingMilliseconds: Int64? = nil,
        reason: String
    ) {
        self.by = by
        self.until = until
        self.remainingMilliseconds = remainingMilliseconds
        self.reason = reason
    }
}

/// One resource.
public struct ResourceStatus: Equatable, Sendable, Codable {
    /// As haresources writes it.
    public var name: String
    /// Its type.
    public var type: String
    /// Its state.
    public var state: ResourceState
    /// Milliseconds since it came into that state.
    public var since: Int64
    /// How long its last operation took; absent before the first.
    public var lastOperationMilliseconds: Int64?
    /// The last failure's exit code and output; absent when there was none since the last success.
    public var failure: OperationFailure?

    /// Makes a resource's status of its parts.
    public init(
        name: String,
        type: String,
        state: ResourceState,
        since: Int64,
        lastOperationMilliseconds: Int64?,
        failure: OperationFailure?
    ) {
        self.name = name
        self.type = type
        self.state = state
        self.since = since
        self.lastOperationMilliseconds = lastOperationMilliseconds
        self.failure = failure
    }
}

/// A resource's state on this node.
public enum ResourceState: String, Sendable, Codable {
    /// Probed or made stopped.
    case stopped
    /// `start` runs.
    case starting
    /// Probed or made running.
    case running
    /// `stop` runs.
    case stopping
    /// Its last operation failed.
    case failed
    /// Not probed yet.
    case unknown
}

/// How the pair is protected against two writers.
public struct ProtectionStatus: Equatable, Sendable, Codable {
    /// The level.
    public var level: ProtectionLevel
    /// What is not covered, in words.
    public var gaps: [String]

    /// Makes it of its parts.
    public init(level: ProtectionLevel, gaps: [String]) {
        self.level = level
        self.gaps = gaps
    }
}

/// The levels of protection, weakest first.
public enum ProtectionLevel: String, Sendable, Codable {
    /// Heartbeats and probes.
    case evidence
    /// Ping nodes too.
    case ping
    /// A third vote.
    case witness
    /// The other node is switched off first.
    case fencing
}

/// One service monitor.
public struct MonitorStatus: Equatable, Sendable, Codable {
    /// `watch/service`.
    public var name: String
    /// Its state.
    public var state: MonitorState

    /// Makes it of its parts.
    public init(name: String, state: MonitorState) {
        self.name = name
        self.state = state
    }
}

/// A monitor's state.
public enum MonitorState: String, Sendable, Codable {
    /// The last check passed.
    case ok
    /// Failing, not yet long enough.
    case failing
    /// Failed.
    case failed
    /// The check could not tell.
    case unknown
    /// Switched off.
    case disabled
}
