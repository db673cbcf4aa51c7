// A service of mon.cf as a value: what is run, how often, and what stands before it. Reading it is
// `Configuration`'s, carrying it out `MonitorMachine`'s.

/// A `service` of a watch.
public struct MonitoredService: Equatable, Sendable {
    /// What a failing dependency suppresses: `dep_behavior`.
    public enum DependencyBehavior: String, Sendable, CaseIterable {
        /// Alerts.
        case alerts = "a"
        /// Runs of the monitor.
        case monitor = "m"
        /// Hosts named in the failing parent's summary.
        case hosts = "hm"
    }

    /// The program and its arguments.
    public struct Command: Equatable, Sendable {
        /// A name to be looked up in `mondir` or `alertdir`, or a path.
        public var program: String
        /// Arguments after shell-like quoting.
        public var arguments: [String]

        /// Makes a command of its parts.
        public init(program: String, arguments: [String] = []) {
            self.program = program
            self.arguments = arguments
        }
    }

    /// The service's tag.
    public var name: String
    /// `interval`; nil: never polled.
    public var interval: Duration?
    /// `failure_interval`.
    public var failureInterval: Duration?
    /// `randskew`.
    public var randomSkew: Duration?
    /// `monitor`, without the closing `;;`.
    public var monitor: Command?
    /// Whether the hosts of the group follow the arguments; false when the line ends with `;;`.
    public var appendsHosts: Bool = true
    /// `allow_empty_group`.
    public var allowsEmptyGroup: Bool = false
    /// `exclude_hosts`.
    public var excludedHosts: [String] = []
    /// `exclude_period`.
    public var excludePeriod: TimePeriod?
    /// `description`.
    public var summary: String?
    /// `depend`; what it holds back says `dependencyBehavior`.
    public var dependency: DependencyExpression?
    /// `alertdepend`.
    public var alertDependency: DependencyExpression?
    /// `monitordepend`.
    public var monitorDependency: DependencyExpression?
    /// `hostdepend`.
    public var hostDependency: DependencyExpression?
    /// `dep_behavior`; nil: as the global says.
    public var dependencyBehavior: DependencyBehavior?
    /// `dep_memory`; nil: as the global says.
    public var dependencyMemory: Duration?
    /// `traptimeout`.
    ///
    /// Traps are not received.
    public var trapTimeout: Duration?
    /// `trapduration`.
    ///
    /// Traps are not received.
    public var trapDuration: Duration?
    /// `unack_summary`.
    public var cancelsAcknowledgementOnSummary: Bool?
    /// `redistribute`.
    public var redistribute: Command?
    /// `NAME=value` lines: environment of monitors and alerts.
    public var environment: [MonitorConfiguration.Global] = []
    /// `monitor_action`; nil: as the global, else as the program says (`MonitorConfiguration.action(of:)`).
    public var action: MonitorAction?
    /// `monitor_timeout`; nil: as the global says.
    public var monitorTimeout: Duration?
    /// `alert_timeout`; nil: as the global says.
    public var alertTimeout: Duration?
    /// `start_grace`, zero for none; nil: as the global says.
    public var startGrace: Duration?
    /// The periods in order.
    public var periods: [AlertPeriod] = []
    /// The line of `service`, for messages.
    public var line: Int = 0

    /// A service with nothing but a name.
    public init(name: String, line: Int = 0) {
        self.name = name
        self.line = line
    }
}
