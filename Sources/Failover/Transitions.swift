// Every way a group may go from one phase to another on one node, with the reason. `FailoverMachine.move`
// accepts nothing else; the diagram in the documentation is made from this table; a test shows that every
// phase can be left and that every row is taken somewhere.

/// One row of the table.
public struct Transition: Hashable, Sendable {
    /// The phase it leaves.
    public let from: GroupPhase
    /// The phase it enters.
    public let to: GroupPhase
    /// Why; also the argument of `move`.
    public let cause: TransitionCause
}

/// Why a group changes its phase.
public enum TransitionCause: String, CaseIterable, Sendable, Codable {
    /// All resources were probed stopped.
    case probedStopped = "all probed stopped"
    /// All resources run, and the record says that they should (L4).
    case adopted = "all run as recorded"
    /// Something runs that should not, or not everything runs that should.
    case probedAstray = "runs without a claim"
    /// A right to hold was found (S1, S3b); it is being recorded.
    case granted = "right to hold proved"
    /// The claim is durable, or was reserved before (S5).
    case recorded = "claim durable"
    /// The claim was not recorded in time, or its ground has gone.
    case claimDropped = "claim dropped"
    /// Every resource was started.
    case started = "all started"
    /// A start failed or was cut short.
    case startAbandoned = "start failed or abandoned"
    /// The group is to leave this node.
    case released = "release"
    /// Every resource was stopped and the peer shall have the group.
    case offeredToPeer = "all stopped, peer fit"
    /// Every resource was stopped.
    case stopped = "all stopped"
    /// Every resource was stopped, to be started again here: the claim stands.
    case restarted = "all stopped, to start again"
    /// Every resource was stopped after a failed start, and the peer cannot take.
    case stoppedFailed = "all stopped after a failed start"
    /// A stop failed or took too long (S4).
    case stopFailed = "stop failed"
    /// The peer took the group.
    case accepted = "peer accepted"
    /// The peer declined.
    case declined = "peer declined"
    /// The administrator cleared the failure.
    case cleared = "failure cleared"
    /// The administrator asks to stop again.
    case retried = "stop retried"
    /// This node is cut off: what serves is stopped before the peer may take (S12).
    case isolated = "cut off"
    /// All that serves is stopped; the claim stands (S12).
    case suspended = "all stopped, cut off"
    /// The peer is heard again and holds nothing: the group goes on (S12).
    case resumed = "peer heard, goes on"
}

/// The table.
public enum Transitions {
    /// All rows.
    public static let table: [Transition] = [
        row(.unknown, .standby, .probedStopped),
        row(.unknown, .active, .adopted),
        row(.unknown, .stopping, .probedAstray),
        row(.standby, .claiming, .granted),
        row(.failed, .claiming, .granted),
        row(.offered, .claiming, .granted),
        row(.claiming, .starting, .recorded),
        row(.claiming, .standby, .claimDropped),
        row(.starting, .active, .started),
        row(.starting, .stopping, .startAbandoned),
        row(.active, .stopping, .released),
        row(.stopping, .offered, .offeredToPeer),
        row(.stopping, .standby, .stopped),
        row(.stopping, .failed, .stoppedFailed),
        row(.stopping, .starting, .restarted),
        row(.stopping, .unsafe, .stopFailed),
        row(.offered, .standby, .accepted),
        row(.offered, .failed, .accepted),
        row(.offered, .failed, .declined),
        row(.failed, .standby, .cleared),
        row(.unsafe, .stopping, .retried),
        row(.active, .stopping, .isolated),
        row(.starting, .stopping, .isolated),
        row(.stopping, .suspended, .suspended),
        row(.suspended, .starting, .resumed),
        row(.suspended, .stopping, .released),
    ]

    private static func row(
        _ from: GroupPhase,
        _ to: GroupPhase,
        _ cause: TransitionCause
    ) -> Transition {
        Transition(from: from, to: to, cause: cause)
    }

    /// The table as a Graphviz digraph, for the documentation.
    public static var diagram: String {
        var lines = ["digraph group {", "    rankdir=LR; node [shape=box, style=rounded];"]
        for row in table {
            lines.append("    \(row.from) -> \(row.to) [label=\"\(row.cause.rawValue)\"];")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private static let allowed = Set(table)

    /// Whether the table has the row.
    static func allows(_ from: GroupPhase, _ to: GroupPhase, _ cause: TransitionCause) -> Bool {
        allowed.contains(Transition(from: from, to: to, cause: cause))
    }
}
