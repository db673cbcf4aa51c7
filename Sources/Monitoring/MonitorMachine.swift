// The schedule of mon.cf as a pure machine: events and the time go in, runs, alerts and changes come out.
// It starts nothing, reads no clock and draws its chance from a seed. What runs a program, and which
// group a failed service moves, is the daemon's business.

/// Runs the schedule of one mon.cf and says which services are failed.
///
/// **Cost** `handle` and `nextDeadline` do not grow with the number of services that are not due.
public struct MonitorMachine: Sendable {
    /// Bytes of an output that are kept, and given to alerts.
    public static let outputLimit = 4_096
    /// Bytes of a summary in history and reports.
    public static let summaryLimit = 256
    /// Without `randstart` the first runs are spread over the shorter of this and the interval.
    public static let firstSpread = Duration.seconds(5)

    /// What is watched, and how.
    public let configuration: MonitorConfiguration

    /// A machine that watches nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: mon.cf.
    ///   - seed: Where `randstart` and `randskew` draw their chance from.
    ///   - disabled: `GROUP/SERVICE` and `GROUP` that are disabled; unknown names are passed over.
    public init(_ configuration: MonitorConfiguration, seed: UInt64, disabled: [String] = []) {
        self.configuration = configuration
    }

    /// Takes an event and returns what is to be done, in order.
    public mutating func handle(_ event: MonitorEvent, at now: MonitorTime) -> [MonitorEffect] {
        []
    }

    /// When to come back with `timeReached`, in time since the boot; nil: nothing is due.
    public var nextDeadline: Duration? { nil }

    /// The services that are failed now, in the order of mon.cf, whatever their action.
    public var failures: [ServiceFailure] { [] }

    /// Everything known, in the order of mon.cf.
    public func reports(at now: MonitorTime) -> [ServiceReport] { [] }
}
