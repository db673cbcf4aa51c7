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
    /// How late things were.
    public var timing: TimingStatus?
    /// Why the durable record cannot be written, as the daemon fills it in: what is not reserved already cannot be
    /// claimed meanwhile (S5); absent when it can.
    public var recordTrouble: String?
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
        timing: TimingStatus? = nil,
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
        self.timing = timing
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
    /// Times between two beats heard on it while it worked.
    public var gaps: LatencyHistogram?

    /// Makes a link's status of its parts.
    public init(name: String, kind: LinkKind, state: LinkState, gaps: LatencyHistogram? = nil) {
        self.name = name
        self.kind = kind
        self.state = state
        self.gaps = gaps
    }
}

/// How late things were on this node, against `deadtime`.
public struct TimingStatus: Equatable, Sendable, Codable {
    /// `deadtime`.
    public var deadtimeMilliseconds: Int64
    /// How far the loop was behind its own deadlines, as the daemon fills it in.
    public var loopLateness: LatencyHistogram?
    /// The share of processor time that the hypervisor gave to others in the last ten seconds, in per cent; absent
    /// where the kernel does not tell.
    public var stealPercent: Int?
    /// Why `deadtime` should be longer; absent when nothing speaks for it.
    public var advice: String?

    /// Makes it of its parts.
    public init(
        deadtimeMilliseconds: Int64,
        loopLateness: LatencyHistogram? = nil,
        stealPercent: Int? = nil,
        advice: String?
    ) {
        self.deadtimeMilliseconds = deadtimeMilliseconds
        self.loopLateness = loopLateness
        self.stealPercent = stealPercent
        self.advice = advice
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
    /// How its replicated data stands here; absent where nothing of it is replicated.
    public var data: DataStatus?
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
        data: DataStatus? = nil,
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
        self.data = data
        self.resources = resources
    }
}

/// A group's replicated data as this node sees it (S11).
public struct DataStatus: Equatable, Sendable, Codable {
    /// How it stands.
    public var state: DataState
    /// Since when, in seconds since 1970; absent where that is not known.
    public var since: Int64?
    /// The same as a sentence.
    public var text: String
    /// What to do about it; absent where nothing is to be done.
    public var nextStep: String?
    /// Where its log stands; absent for data that is kept by none.
    public var log: LogStatus?

    /// Makes it of its parts.
    public init(state: DataState, since: Int64? = nil, text: String, nextStep: String? = nil) {
        self.state = state
        self.since = since
        self.text = text
        self.nextStep = nextStep
    }
}

/// How a copy that is kept by a log (PostgreSQL) stands.
public struct LogStatus: Equatable, Sendable, Codable {
    /// Its timeline.
    public var timeline: UInt32
    /// Where it ends, as PostgreSQL writes it: `0/3000060`.
    public var location: String
    /// Whether the copy is a primary's.
    public var isPrimary: Bool
    /// How many standbys stream from a primary that runs.
    public var streams: Int?
    /// By how many bytes the standby is behind.
    public var behindBytes: UInt64?
    /// How old what a standby replayed last is; 0 where it has replayed all that it received.
    public var lagMilliseconds: Int64?
    /// What its program has to say besides.
    public var note: String?
    /// What the last takeover without a handover may have cost.
    public var receipt: String?

    /// Makes it of its parts.
    public init(timeline: UInt32, location: String, isPrimary: Bool) {
        self.timeline = timeline
        self.location = location
        self.isPrimary = isPrimary
    }
}

/// How a copy of replicated data stands.
public enum DataState: String, Sendable, Codable {
    /// Both nodes have the same.
    case inSync = "in-sync"
    /// Not connected to the other copy; nobody has written alone, as far as is known.
    case apart
    /// This node has written what the other one has not got.
    case alone
    /// The other node has written what this one has not got.
    case stale
    /// It lacks more of the other node's log than may be lost.
    case behind
    /// It cannot be used here.
    case unusable
    /// It cannot be told.
    case unknown
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
    /// `start`, or what resumes it, runs.
    case starting
    /// Probed or made running.
    case running
    /// `stop`, or what suspends it, runs.
    case stopping
    /// It writes nothing, and would go on (S12).
    case suspended
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

/// One service of mon.cf as its monitor sees it.
public struct MonitorStatus: Equatable, Sendable, Codable {
    /// `HOSTGROUP/SERVICE`, as mon.cf names them.
    public var name: String
    /// Its state.
    public var state: MonitorState
    /// What is done when it fails.
    public var action: HealthAction
    /// The first line of the last run's output, or why nothing is run; may be empty.
    public var summary: String
    /// The other lines of that output, where the reason often is; absent unless this one service was asked for, and
    /// where there are none.
    public var detail: String?
    /// Failed runs since the last successful one.
    public var consecutiveFailures: Int
    /// Milliseconds since it came into this state.
    public var sinceMilliseconds: Int64
    /// Milliseconds since the last run ended; absent before the first.
    public var lastRunMilliseconds: Int64?
    /// How long that run took.
    public var lastRunTookMilliseconds: Int64?
    /// What it said.
    public var lastRunResult: MonitorRunResult?
    /// Milliseconds until the next run is due; absent while one goes on, and where none will.
    public var nextRunMilliseconds: Int64?
    /// Whether a run goes on now.
    public var isRunning: Bool
    /// The groups whose `monitor` resource names its host group, in the order of haresources.
    public var groups: [String]
    /// The last runs, the newest last; empty unless this one service was asked for.
    public var history: [MonitorRunStatus]

    /// Makes it of its parts.
    public init(
        name: String,
        state: MonitorState,
        action: HealthAction = .notify,
        summary: String = "",
        detail: String? = nil,
        consecutiveFailures: Int = 0,
        sinceMilliseconds: Int64 = 0,
        lastRunMilliseconds: Int64? = nil,
        lastRunTookMilliseconds: Int64? = nil,
        lastRunResult: MonitorRunResult? = nil,
        nextRunMilliseconds: Int64? = nil,
        isRunning: Bool = false,
        groups: [String] = [],
        history: [MonitorRunStatus] = []
    ) {
        self.name = name
        self.state = state
        self.action = action
        self.summary = summary
        self.detail = detail
        self.consecutiveFailures = consecutiveFailures
        self.sinceMilliseconds = sinceMilliseconds
        self.lastRunMilliseconds = lastRunMilliseconds
        self.lastRunTookMilliseconds = lastRunTookMilliseconds
        self.lastRunResult = lastRunResult
        self.nextRunMilliseconds = nextRunMilliseconds
        self.isRunning = isRunning
        self.groups = groups
        self.history = history
    }
}

/// How a service stands; the words are those of the room Monitoring.
public enum MonitorState: String, Sendable, Codable, CaseIterable {
    /// Not watched on this node: no `monitor` resource for it runs here.
    case idle
    /// Watched; no run has ended yet.
    case untested
    /// Not yet ok since it began to be watched, and `start_grace` is not over: failures count for nothing.
    case starting
    /// The last check passed.
    case ok
    /// Failing, not yet as often as `alertafter` asks for.
    case failing
    /// Failed.
    case failed
    /// The checker cannot tell, several times in a row.
    case unknown
    /// Switched off by an administrator.
    case disabled
}

/// One run of a monitor.
public struct MonitorRunStatus: Equatable, Sendable, Codable {
    /// Milliseconds since it ended.
    public var agoMilliseconds: Int64
    /// How long it took.
    public var tookMilliseconds: Int64
    /// What it said.
    public var result: MonitorRunResult
    /// The first line of its output.
    public var summary: String

    /// Makes it of its parts.
    public init(
        agoMilliseconds: Int64,
        tookMilliseconds: Int64,
        result: MonitorRunResult,
        summary: String
    ) {
        self.agoMilliseconds = agoMilliseconds
        self.tookMilliseconds = tookMilliseconds
        self.result = result
        self.summary = summary
    }
}

/// What one run of a monitor says of its service.
public enum MonitorRunResult: String, Sendable, Codable {
    /// It works.
    case ok
    /// It does not.
    case failed
    /// Nothing: the checker could not run, was ended by a signal or took too long.
    case unknown
}
