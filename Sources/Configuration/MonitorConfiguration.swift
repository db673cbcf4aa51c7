// mon.cf as values: groups of hosts, watches, services, periods, alerts. When a service is due and
// what an alert does is not here (room `Monitoring`); reading the file is `MonCfParser`, the text of
// periods `PeriodParser`.

/// Everything mon.cf says.
public struct MonitorConfiguration: Equatable, Sendable {
    /// A `NAME = VALUE` line.
    public struct Global: Equatable, Sendable {
        /// The name, known from the directive table.
        public var name: String
        /// The value, blanks trimmed.
        public var value: String
    }

    /// A tag with the words that follow it: `hostgroup` (hosts) or `view` (groups).
    public struct TaggedList: Equatable, Sendable {
        /// The tag.
        public var tag: String
        /// Hosts or groups, in order.
        public var members: [String]
    }

    /// A `watch` record.
    public struct Watch: Equatable, Sendable {
        /// The host group it watches; a group of its own name where there is none.
        public var group: String
        /// The services in order, each name once.
        public var services: [MonitoredService]
    }

    /// Globals in the order of the file; the last of a name counts.
    public var globals: [Global] = []
    /// Host groups in order; includes those made for a `watch` on an unknown group.
    public var hostgroups: [TaggedList] = []
    /// Views in order.
    ///
    /// Without effect here; kept so that a converter loses nothing.
    public var views: [TaggedList] = []
    /// Watches in order.
    public var watches: [Watch] = []

    /// The value of a global, the last one given.
    public func global(_ name: String) -> String? {
        globals.last { $0.name == name }?.value
    }
}

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
    /// `depend`, a Perl boolean expression, as written.
    public var dependency: String?
    /// `alertdepend`, as written.
    public var alertDependency: String?
    /// `monitordepend`, as written.
    public var monitorDependency: String?
    /// `hostdepend`, as written.
    public var hostDependency: String?
    /// `dep_behavior`.
    public var dependencyBehavior: DependencyBehavior?
    /// `dep_memory`.
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
    /// The periods in order.
    public var periods: [AlertPeriod] = []
    /// The line of `service`, for messages.
    public var line: Int = 0
}

/// A `period` of a service and what happens in it.
public struct AlertPeriod: Equatable, Sendable {
    /// When an alert line applies.
    public enum AlertKind: String, Sendable, CaseIterable {
        /// The service fails.
        case failure = "alert"
        /// It works again.
        case recovery = "upalert"
        /// The daemon starts.
        case startup = "startupalert"
        /// An administrator acknowledged the failure.
        case acknowledgement = "ackalert"
        /// An administrator disabled the service.
        case disabling = "disablealert"
    }

    /// One alert line.
    public struct Alert: Equatable, Sendable {
        /// When it applies.
        public var kind: AlertKind
        /// `exit=N` or `exit=N-M`: only for these exit codes of the monitor.
        public var exitCodes: ClosedRange<Int>?
        /// What is run.
        public var command: MonitoredService.Command
    }

    /// `alertafter` in its three forms.
    public enum Threshold: Equatable, Sendable {
        /// `alertafter N`: from the Nth consecutive failure on.
        case failures(Int)
        /// `alertafter N T`: N failures within T.
        case failuresWithin(Int, Duration)
        /// `alertafter T`: failing for longer than T.
        case failingFor(Duration)
    }

    /// `alertevery`: the least gap between alerts.
    public struct Repetition: Equatable, Sendable {
        /// The gap.
        public var gap: Duration
        /// `observe_detail`: any change of the output overrides the gap.
        public var observesDetail: Bool = false
        /// `ignore_summary`: no change of the summary overrides it.
        public var ignoresSummary: Bool = false
        /// `strict`: nothing overrides it, not even a success.
        public var isStrict: Bool = false
    }

    /// The label before `:`.
    public var label: String?
    /// The period's text as written, without the label.
    public var text: String
    /// When it holds.
    public var period: TimePeriod
    /// The alert lines in order.
    public var alerts: [Alert] = []
    /// `alertevery`.
    public var alertEvery: Repetition?
    /// `alertafter`.
    public var alertAfter: Threshold?
    /// `numalerts`.
    public var alertMaximum: Int?
    /// `no_comp_alerts`.
    public var sendsUncompensatedUpalerts: Bool = false
    /// `alertexitrange`.
    public var exitCodes: ClosedRange<Int>?
    /// `upalertafter`, which mon reads without effect.
    public var upalertAfter: Duration?
    /// `alerts_dont_count`, which mon reads without effect.
    public var alertsDoNotCount: Bool = false
}

/// A time specification of mon (Perl's Time::Period): when a period holds, in local time.
public enum TimePeriod: Equatable, Sendable {
    /// A scale of the calendar or the clock.
    public enum Scale: String, Sendable, CaseIterable {
        /// Calendar year: four digits, or two of the current century.
        case year
        /// Month, 1...12.
        case month
        /// Week of the month, 1...6.
        case week
        /// Day of the year, 1...366.
        case yearDay
        /// Day of the month, 1...31.
        case monthDay
        /// Day of the week, 1...7, Sunday first.
        case weekDay
        /// Hour, 0...23.
        case hour
        /// Minute or second, 0...59.
        case minute
        /// Minute or second, 0...59.
        case second
    }

    /// The ranges of one scale, any of which may hold.
    public struct Condition: Equatable, Sendable {
        /// Inclusive; wraps where `from` is greater than `through` (never for years).
        public struct Range: Equatable, Sendable {
            /// First value.
            public var from: Int
            /// Last value, included.
            public var through: Int
        }

        /// The scale.
        public var scale: Scale
        /// The ranges.
        public var ranges: [Range]
    }

    /// Empty text: at all times.
    case always
    /// `none`: never.
    case never
    /// Any of these; within one, all conditions.
    ///
    /// No scale stands twice in one.
    case anyOf([[Condition]])
}
