// What is known of the services, for status, `baton monitors` and the core.

/// The state of a service.
public enum ServiceState: String, Sendable, CaseIterable {
    /// Not watched here.
    case idle
    /// Watched; no run has ended yet.
    case untested
    /// Not yet ok since it began to be watched, and `start_grace` is not over: failures count for nothing.
    case starting
    /// The last run that told anything was a success.
    case ok
    /// Failed runs, fewer than `alertafter` asks for.
    case failing
    /// Failed, until the next successful run.
    case failed
    /// The checker cannot tell, several times in a row.
    case unknown
    /// Not run, by order.
    case disabled
}

/// A failed service, as the health of a group needs it.
public struct ServiceFailure: Equatable, Sendable {
    /// `GROUP/SERVICE`.
    public var service: String
    /// The host group of its watch.
    public var hostgroup: String
    /// The uninterrupted time from failed to the next success; counted from 1, unique within one machine.
    public var incident: UInt64
    /// What is to be done about it.
    public var action: MonitorAction
    /// The first line of the last failed run.
    public var summary: String

    /// Makes a failure of its parts.
    public init(
        service: String,
        hostgroup: String,
        incident: UInt64,
        action: MonitorAction,
        summary: String
    ) {
        self.service = service
        self.hostgroup = hostgroup
        self.incident = incident
        self.action = action
        self.summary = summary
    }
}

/// How one run went.
public struct RunResult: Equatable, Sendable {
    /// What a run says of its service.
    public enum Verdict: String, Sendable, CaseIterable {
        /// It works.
        case ok
        /// It does not.
        case failed
        /// The run says nothing of it.
        case unknown
    }

    /// How long ago it ended.
    public var ago: Duration
    /// How long it took.
    public var took: Duration
    /// What it said.
    public var result: Verdict
    /// The first line of its output, at most `MonitorMachine.summaryLimit` bytes.
    public var summary: String

    /// Makes a result of its parts.
    public init(ago: Duration, took: Duration, result: Verdict, summary: String) {
        self.ago = ago
        self.took = took
        self.result = result
        self.summary = summary
    }
}

/// Everything known of one service.
public struct ServiceReport: Equatable, Sendable {
    /// `GROUP/SERVICE`.
    public var service: String
    /// Its state.
    public var state: ServiceState
    /// What is done about a failure.
    public var action: MonitorAction
    /// The first line of the last run, or why nothing is run.
    public var summary: String
    /// The other lines of that run, where the reason often is: mon's monitors print the hosts that failed first; empty
    /// unless its history is asked for.
    public var detail: String
    /// Failed runs since the last successful one.
    public var consecutiveFailures: Int
    /// How long it has been in this state.
    public var since: Duration
    /// How long ago the last run ended.
    public var lastRun: Duration?
    /// How long that run took.
    public var lastRunTook: Duration?
    /// In how long the next run is due; nil while one runs, and where none will.
    public var nextRun: Duration?
    /// The incident, while failed.
    public var incident: UInt64?
    /// Whether a run goes on now.
    public var isRunning: Bool
    /// Runs, the newest last, at most `histlength`.
    public var history: [RunResult]
}
