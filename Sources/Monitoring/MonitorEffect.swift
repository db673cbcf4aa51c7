// What `MonitorMachine` asks for. Effects are carried out in the order given.

/// One thing to do.
public enum MonitorEffect: Equatable, Sendable {
    /// Run a monitor; report `finished` exactly once.
    case run(MonitorRun)
    /// End a run early; it still reports `finished`, which nobody minds.
    case cancel(RunID)
    /// Run an alert; its end is not reported.
    case alert(AlertRun)
    /// A service has come into a state people should hear of.
    case changed(ServiceChange)
}

/// One run of one monitor.
public struct MonitorRun: Equatable, Sendable {
    /// Its number.
    public var id: RunID
    /// `GROUP/SERVICE`.
    public var service: String
    /// As mon.cf has it: a name to be looked up, or a path.
    public var program: String
    /// The configured arguments.
    public var arguments: [String]
    /// The hosts that follow the arguments; empty where the line ends with `;;`.
    public var hosts: [String]
    /// `NAME=value`: the service's own, then mon's (`MON_GROUP`, `MON_LAST_SUMMARY`…); to be added to the
    /// daemon's environment.
    public var environment: [String]
    /// How long it may take.
    public var timeout: Duration

    /// Makes a run of its parts.
    public init(
        id: RunID,
        service: String,
        program: String,
        arguments: [String],
        hosts: [String],
        environment: [String],
        timeout: Duration
    ) {
        self.id = id
        self.service = service
        self.program = program
        self.arguments = arguments
        self.hosts = hosts
        self.environment = environment
        self.timeout = timeout
    }
}

/// One run of one alert.
public struct AlertRun: Equatable, Sendable {
    /// `GROUP/SERVICE`.
    public var service: String
    /// As mon.cf has it: a name to be looked up, or a path.
    public var program: String
    /// All of them, mon's first: `-s SERVICE -g GROUP -h "HOST HOST" -t EPOCH [-u|-D]`, then the configured
    /// ones.
    public var arguments: [String]
    /// `NAME=value`, as of `MonitorRun`, and `MON_RETVAL MON_OPSTATUS MON_ALERTTYPE`.
    public var environment: [String]
    /// Standard input: the monitor's output.
    public var input: String
    /// Why it is run; `redistribute` counts as the event it tells of.
    public var kind: AlertPeriod.AlertKind
    /// How long it may take.
    public var timeout: Duration

    /// Makes a run of its parts.
    public init(
        service: String,
        program: String,
        arguments: [String],
        environment: [String],
        input: String,
        kind: AlertPeriod.AlertKind,
        timeout: Duration
    ) {
        self.service = service
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.kind = kind
        self.timeout = timeout
    }
}

/// A change of a service's state that is worth a notice.
///
/// Told are: into `failed` and out of it, into `unknown` and out of it, into `disabled` and out of it.
/// `from` and `to` are both `failed` where only the knowledge of a failed service was lost.
public struct ServiceChange: Equatable, Sendable {
    /// `GROUP/SERVICE`.
    public var service: String
    /// The state before.
    public var from: ServiceState
    /// The state now.
    public var to: ServiceState
    /// The first line of the monitor's output, or why there is none.
    public var summary: String
    /// The other lines, where there are any.
    public var detail: String?
    /// Whether somebody should be woken: nothing else will act.
    public var isPage: Bool

    /// Makes a change of its parts.
    public init(
        service: String,
        from: ServiceState,
        to: ServiceState,
        summary: String,
        detail: String? = nil,
        isPage: Bool
    ) {
        self.service = service
        self.from = from
        self.to = to
        self.summary = summary
        self.detail = detail
        self.isPage = isPage
    }
}
