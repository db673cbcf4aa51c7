// How many messages may go in a time: `notify_rate`. What is beyond is counted, and named in one message when
// there is room again.

/// Lets messages through, or holds them back.
struct NotificationLimiter: Sendable {
    /// A message that was held back.
    struct Held: Sendable {
        var subject: String
        var severity: Severity
        /// What it was about, to see later whether that is over.
        var key: NotificationDesk.Key?
    }

    /// As many are named; the others are counted.
    static let namedMaximum = 20

    private let rate: NotificationRate
    /// When the last ones went, oldest first; at most twice the rate.
    private var sent: [Instant] = []
    /// What was held back since the last summary.
    private(set) var held: [Held] = []
    private(set) var heldCount = 0

    init(_ rate: NotificationRate) { self.rate = rate }

    /// Whether a message may go now; pages have as much room again.
    mutating func admits(_ severity: Severity, at now: Instant) -> Bool {
        forget(before: now)
        let room = severity == .page ? 2 * rate.count : rate.count
        guard sent.count < room else { return false }
        sent.append(now)
        return true
    }

    /// Whether the message that went last was the last for a while.
    var isFull: Bool { sent.count == rate.count }

    /// How long at most until there is room again.
    var window: Duration { rate.window }

    mutating func hold(_ message: Held) {
        heldCount += 1
        if held.count < Self.namedMaximum { held.append(message) }
    }

    /// When a summary may go; `nil` when nothing is held back.
    var summaryDue: Instant? {
        guard heldCount > 0 else { return nil }
        // The count drops below the rate when all but `rate - 1` of them are old enough.
        guard sent.count >= rate.count else { return sent.last ?? Instant(nanoseconds: 0) }
        return sent[sent.count - rate.count] + rate.window
    }

    /// Takes what was held back, for a summary that goes now.
    mutating func takeHeld(at now: Instant) -> (named: [Held], count: Int) {
        forget(before: now)
        sent.append(now)
        defer {
            held = []
            heldCount = 0
        }
        return (held, heldCount)
    }

    private mutating func forget(before now: Instant) {
        sent.removeAll { now - $0 >= rate.window }
    }
}
