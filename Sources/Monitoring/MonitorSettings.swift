// What the globals of mon.cf mean to the schedule, with mon's defaults and ours.

/// What is done about a failed service besides its alerts: `monitor_action`.
public enum MonitorAction: String, Sendable, CaseIterable {
    /// The group moves to the other node, when that node is fit.
    case standby
    /// The group is stopped and started here while the budget of restarts allows; then as `standby`.
    case restart
    /// Nothing moves: alerts and notices only.
    case notify
}

/// The globals the schedule knows.
public struct MonitorSettings: Equatable, Sendable {
    /// `randstart`: the first runs fall anywhere within this time.
    ///
    /// Nil: they are spread evenly over the shorter of the interval and `MonitorMachine.firstSpread`.
    public var randomStart: Duration?
    /// `maxprocs`: runs at the same time; 0 any.
    public var processMaximum = 0
    /// `histlength`: runs remembered per service.
    ///
    /// Default 100; at most `historyLimit`.
    public var historyLength = 100
    /// `dep_behavior`.
    public var dependencyBehavior = MonitoredService.DependencyBehavior.alerts
    /// `dep_memory`, default zero.
    public var dependencyMemory = Duration.zero
    /// `dep_recur_limit`: dependencies of dependencies that are followed.
    public var dependencyDepth = 10
    /// `exclude_period`: nothing is run within it.
    public var excludePeriod: TimePeriod?
    /// `monitor_action`; nil: as the monitor's program says.
    public var action: MonitorAction?
    /// `monitor_timeout`: the deadline of a run.
    public var monitorTimeout = Duration.seconds(90)
    /// `alert_timeout`: the deadline of an alert.
    public var alertTimeout = Duration.seconds(60)
    /// `start_grace`: how long failures of a service that was not yet ok count for nothing.
    public var startGrace = Duration.seconds(600)

    /// The most runs that are remembered per service, whatever `histlength` says.
    public static let historyLimit = 1_000

    /// The defaults.
    public init() {}
}

extension MonitorConfiguration {
    /// What is done about a failed service: its own `monitor_action`, else the global one, else `standby`
    /// for the program `disk.monitor` (a dying disk is a failure of the node) and `notify` for others.
    public func action(of service: MonitoredService) -> MonitorAction {
        if let action = service.action ?? settings.action { return action }
        let program = service.monitor?.program.split(separator: "/").last.map(String.init)
        return program == "disk.monitor" ? .standby : .notify
    }
}
