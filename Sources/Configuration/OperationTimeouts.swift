// How long a start, stop or status probe may take, as values: built-in defaults per type with the
// directive `timeout` laid over them. What happens at the deadline is the daemon's business.

public import Failover

/// Deadlines of operations.
public struct OperationTimeouts: Equatable, Sendable {
    /// One `timeout` line.
    public struct Rule: Equatable, Sendable {
        /// A type or the text of a resource; nil for all.
        public var subject: String?
        /// The operation.
        public var operation: OperationAction
        /// The deadline.
        public var limit: Duration
    }

    /// The lines of ha.cf, in order.
    public var rules: [Rule]
    /// What agents advise in their meta-data, by type.
    public var advice: [String: [OperationAction: Duration]]

    /// Makes the table; without rules it has the built-in values alone.
    public init(rules: [Rule] = [], advice: [String: [OperationAction: Duration]] = [:]) {
        self.rules = rules
        self.advice = advice
    }

    /// The deadline of one operation of a resource.
    ///
    /// The most particular rule counts: for the resource's text, then for its type, then for all; of
    /// two equal ones the later. Without a rule what the agent advises, else the built-in default of the type.
    public func limit(for resource: Resource, _ operation: OperationAction) -> Duration {
        let candidates = rules.filter { $0.operation == operation }
        let rule =
            candidates.last { $0.subject == resource.text }
            ?? candidates.last { $0.subject == resource.type }
            ?? candidates.last { $0.subject == nil }
        return rule?.limit ?? advice[resource.type]?[operation]
            ?? OperationTimeouts.builtIn(type: resource.type, operation)
    }

    /// The default of a type: addresses 10 s (status 5 s), `drbddisk` 30 s (10 s), `Filesystem` start
    /// 5 min for a check, stop 1 min (10 s); any other start 5 min, stop 2 min, status 15 s.
    public static func builtIn(type: String, _ operation: OperationAction) -> Duration {
        let (start, stop, status): (Int, Int, Int) =
            switch type {
            case "IPaddr", "IPaddr2", "IPv6addr", "IPsrcaddr", "SendArp": (10, 10, 5)
            case "drbddisk": (30, 30, 10)
            case "Filesystem": (300, 60, 10)
            default: (300, 120, 15)
            }
        return switch operation {
        case .start, .resume: .seconds(start)
        case .stop, .suspend, .abandon: .seconds(stop)
        case .status: .seconds(status)
        }
    }
}
