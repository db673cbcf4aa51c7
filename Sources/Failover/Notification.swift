// What administrators are told by mail or by a program of theirs: one message as a value. What is worth one is
// `NotificationDesk`'s; its bytes are made by `Wire`.

/// One message.
public struct Notification: Equatable, Sendable {
    /// What it is about, for filters and programs.
    public var kind: NotificationKind
    /// How urgent it is; of a recovery, `info`.
    public var severity: Severity
    /// The group, when it is about one.
    public var group: GroupName?
    /// The link's name or the service's `HOSTGROUP/SERVICE`, when it is about one.
    public var about: String?
    /// One line without line ends, at most `NotificationDesk.subjectLimit` characters.
    public var subject: String
    /// The text, line by line.
    public var body: [String]
    /// Whether it says that an earlier message is over.
    public var recovers: Bool

    /// Makes a message of its parts.
    public init(
        kind: NotificationKind,
        severity: Severity,
        group: GroupName? = nil,
        about: String? = nil,
        subject: String,
        body: [String],
        recovers: Bool = false
    ) {
        self.kind = kind
        self.severity = severity
        self.group = group
        self.about = about
        self.subject = subject
        self.body = body
        self.recovers = recovers
    }
}

/// What a message is about; the raw value is `BATON_EVENT`, and keeps its meaning.
public enum NotificationKind: String, Sendable, CaseIterable {
    /// A group came here, leaves because a service failed, or is started anew.
    case move
    /// A group does not move although it should.
    case held
    /// An operation on a resource failed.
    case operation
    /// A service failed, or cannot be told.
    case service
    /// The other node is silent, down or gone.
    case peer
    /// A heartbeat link is down.
    case link
    /// Both nodes hold a group.
    case conflict
    /// What is written to a group's data does not reach the other node.
    case data
    /// A group could not be started here, if it had to be.
    case readiness
    /// This node resets itself.
    case reset
    /// Somebody froze a group.
    case frozen
    /// The moves for failed services are used up.
    case budget
    /// Anything else for which somebody must act.
    case attention
    /// Messages were held back, for there were too many.
    case summary
}
