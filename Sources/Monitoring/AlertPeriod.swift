// A period of a service as a value: when it holds, its alert lines, and what holds them back.

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

        /// Makes a line of its parts.
        public init(
            kind: AlertKind,
            exitCodes: ClosedRange<Int>? = nil,
            command: MonitoredService.Command
        ) {
            self.kind = kind
            self.exitCodes = exitCodes
            self.command = command
        }
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

        /// A gap that a changed summary overrides.
        public init(gap: Duration) {
            self.gap = gap
        }
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

    /// A period without alerts.
    public init(label: String? = nil, text: String = "", period: TimePeriod = .always) {
        self.label = label
        self.text = text
        self.period = period
    }
}
