// The one vocabulary in which the core tells people what it decided and why. Log, status, timeline and
// metrics print these values; nobody else words a decision.

/// Something administrators should know, said once when it happens.
public struct Notice: Equatable, Sendable, Codable {
    /// How urgent it is.
    public var severity: Severity
    /// A stable word to grep for and to count by.
    public var code: NoticeCode
    /// The group it is about, when it is about one.
    public var group: GroupName?
    /// What else it is about, as a stable key: a link's name, a service's `HOSTGROUP/SERVICE`.
    public var subject: String?
    /// With `groupMoved`, the row of the transition table that was taken.
    public var cause: TransitionCause?
    /// One sentence.
    public var text: String
    /// The decision behind it.
    public var reason: Reason?

    /// Makes a notice of its parts.
    public init(
        severity: Severity,
        code: NoticeCode,
        group: GroupName? = nil,
        subject: String? = nil,
        cause: TransitionCause? = nil,
        text: String,
        reason: Reason? = nil
    ) {
        self.severity = severity
        self.code = code
        self.group = group
        self.subject = subject
        self.cause = cause
        self.text = text
        self.reason = reason
    }
}

/// Urgency, as syslog counts it.
public enum Severity: Int, Sendable, Codable, Comparable {
    /// Somebody must act: the service is or may be down, or data in danger.
    case page = 2
    /// Something failed.
    case error = 3
    /// Something is unusual.
    case warning = 4
    /// A decision or a change of state.
    case info = 6
    /// A detail.
    case debug = 7

    /// More urgent is less.
    public static func < (left: Severity, right: Severity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Why the core decided something: the rule and the facts it used.
public struct Reason: Equatable, Sendable, Codable {
    /// The rule of design section 4, or the command, behind the decision.
    public var rule: Rule
    /// The facts, in words.
    public var facts: String

    /// Makes a reason of its parts.
    public init(_ rule: Rule, _ facts: String) {
        self.rule = rule
        self.facts = facts
    }
}

/// The rules by number, and the administrator's word.
public enum Rule: String, Sendable, Codable, CaseIterable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case S1, S2, S3, S3b, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case L1, L2, L3, L4
    /// An administrator said so.
    case command
    /// `auto_failback`.
    case autoFailback = "auto_failback"
    /// The daemon was told to end.
    case shutdown
    /// The configuration of the two nodes differs (design section 3).
    case configuration
}

/// What notices are about.
public enum NoticeCode: String, Sendable, Codable, CaseIterable {
    /// The daemon began.
    case started
    /// The peer was heard, for the first time or again.
    case peerAlive
    /// The peer is silent beyond `warntime`.
    case peerLate
    /// The peer is silent beyond `deadtime`.
    case peerSilent
    /// The peer was judged dead, or confirmed down.
    case peerDead
    /// The peer's daemon started anew.
    case peerRestarted
    /// The peer leaves in order.
    case peerLeaving
    /// The peer's daemon is down while its host lives.
    case peerDaemonDown
    /// A link works, works late, or does not.
    case linkUp
    /// A link is late.
    case linkLate
    /// A link is down.
    case linkDown
    /// A group changed its phase.
    case groupMoved
    /// A takeover does not happen, and why.
    case takeoverHeld
    /// An operation failed.
    case operationFailed
    /// This node is cut off, and serves nothing until it is not (S12).
    case isolated
    /// Both nodes hold a group.
    case conflict
    /// What is written to a group's storage here does not reach the peer any more (S11).
    case dataDetached
    /// The group's data here is old: the peer writes without this node (S11).
    case dataStale
    /// A group's data is the same on both nodes again (S11).
    case dataInSync
    /// What a takeover without a handover may have cost (S11).
    case dataReceipt
    /// What a group needs to be started here is missing, or (as a mere fact) there again.
    case notPrepared
    /// DRBD asked what the peer's copy is, before it goes on without it (S11).
    case dataFenced
    /// What was observed leaves `deadtime` little room.
    case deadtimeShort
    /// The loop was late.
    case late
    /// The two nodes' configurations differ.
    case configurationDiffers
    /// The node waits for its peer or a word.
    case waiting
    /// The node resets itself.
    case reset
    /// A group is given up because a service of it failed.
    case healthMove
    /// A service failed, and its group stays where it is.
    case healthHeld
    /// A service failed, and the moves on health grounds of this hour are used up.
    case budgetUsed
    /// A group is started anew on this node because a service of it failed.
    case restarted
    /// The administrator says that what failed is repaired.
    case cleared
    /// Nothing of a group moves by itself any more.
    case frozen
    /// A freeze ended.
    case thawed
    /// A service failed, as its monitor sees it.
    case monitorFailed
    /// Whether a service works cannot be told.
    case monitorUnknown
    /// A service works again, or can be told again.
    case monitorRecovered
    /// What was known of a failed service counts no more: it is not watched here now, or was cleared.
    case monitorForgotten
    /// An administrator switched the watching of a service off.
    case monitorDisabled
    /// An administrator switched it on again.
    case monitorEnabled
    /// A command was given, or ended.
    case command
    /// The daemon ends.
    case stopping
}
