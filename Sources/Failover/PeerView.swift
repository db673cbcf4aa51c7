// What this node knows of the other, from authenticated heartbeats alone: when it was heard, on which
// links, what it said of each group. Unauthenticated hints are in `Evidence`.

/// The other node as this one has heard it.
struct PeerView: Sendable {
    /// How the peer stands.
    var standing = PeerStanding.neverHeard
    /// The incarnation heard last.
    var incarnation: Incarnation?
    /// The boot heard last.
    var bootID: BootID?
    /// When a beat of a turning loop last came in, on any link.
    var lastHeard: Instant?
    /// When the peer's keeper last said that its loop is down (S10).
    var lastDaemonDown: Instant?
    /// Since when the peer has been heard without a silence beyond `deadtime`.
    var presentSince: Instant?
    /// The shortest silence after which the peer may take from us (S8).
    var earliestTake: Duration?
    /// The peer's `deadtime`.
    var deadtime: Duration?
    /// A group was taken because neither the peer's host nor the group's address answered.
    var isJudgedDead = false
    /// Its host was calibrated, and fell silent while our own network was proved (the table's third row; S12).
    var isProvedDead = false
    /// The peer is shutting down in order.
    var isLeaving = false
    /// It has left in order, and this node was cut off since: it may have begun anew and not been heard.
    var mayBeBack = false
    /// The peer's last challenge, which our beats answer.
    var challenge: UInt64 = 0
    /// Our challenge that the peer last answered.
    var response: UInt64 = 0
    /// The peer's last beat was sent when it had lately heard us.
    var hearsUs = false
    /// The peer's last beat says that it misses ours.
    var missesUs = false
    /// When the peer had last heard us, as it says: not before that may it count our silence.
    var heardUsAt: Instant?
    /// The peer's clock less ours, in nanoseconds (S8): the greatest of the last minutes, which is the truest.
    var clockLead: Int64?
    /// The greatest of the present minute, and when that began.
    var clockLeadNow: (greatest: Int64, since: Instant)?
    /// Since when the peer has told that it hears nothing of us, for so long that it may have taken.
    var deafSince: Instant?
    /// How many of its ping nodes answer there.
    var pingsAnswering = 0
    /// The peer's own addresses.
    var addresses: [OwnAddress] = []
    /// What it said of each group in its present incarnation, by our index; `nil` before it spoke of it.
    var reports: [GroupReport?]
    /// How it said so; `nil` since it fell silent.
    ///
    /// A beat of many groups comes in several datagrams, and what one of them says of the peer is
    /// no word on the groups of the others.
    var words: [Word?]
    /// What its storage was last said to mean, in whichever incarnation: a beat of many groups that was heard in part
    /// leaves some without a report, and what differed is not equal because nobody has said so again.
    var storageDigests: [UInt64?]
    /// Since when it has called itself fit for each group.
    var fitSince: [Instant?]
    /// What it said last of moves on health grounds and freezes; ages and times as of then.
    var health: [HealthWord?]

    init(groupCount: Int) {
        reports = Array(repeating: nil, count: groupCount)
        words = Array(repeating: nil, count: groupCount)
        storageDigests = Array(repeating: nil, count: groupCount)
        fitSince = Array(repeating: nil, count: groupCount)
        health = Array(repeating: nil, count: groupCount)
    }

    /// Whether the peer's loop was heard within `deadtime`.
    var isPresent: Bool { standing == .present }

    /// Forgets what an earlier incarnation said (S6, S14).
    mutating func forgetReports() {
        for index in reports.indices {
            reports[index] = nil
            words[index] = nil
            fitSince[index] = nil
            health[index] = nil
        }
    }
}

/// What the datagram that brought the last report of a group said besides.
struct Word: Equatable, Sendable {
    /// The challenge of ours that it answers.
    var response: UInt64
    /// The peer is shutting down in order.
    var isLeaving: Bool
    /// The peer had lately heard us.
    var hearsUs: Bool
}

/// How the peer stands.
enum PeerStanding: Equatable, Sendable {
    /// Not heard in this incarnation of ours.
    case neverHeard
    /// Heard within `deadtime`.
    case present
    /// Silent beyond `deadtime`; what that means is decided group by group (design section 4, table).
    case silent
    /// It said it was leaving, and fell silent.
    case left
    /// The administrator has confirmed that it is off.
    case confirmedDown
}
