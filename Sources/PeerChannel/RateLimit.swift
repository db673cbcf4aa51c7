// How often something may happen: a bucket that fills evenly. Pure.

/// A bucket of permissions.
struct RateLimit {
    private let burst: Int64
    /// Nanoseconds for one more permission.
    private let interval: Int64
    /// Permissions, in units of their interval.
    private var level: Int64
    private var filledAt: Int64

    /// At most `burst` at once and `perSecond` in the long run; full at first.
    init(burst: Int64, perSecond: Int64, at now: Int64) {
        self.burst = burst
        interval = 1_000_000_000 / perSecond
        level = burst * interval
        filledAt = now
    }

    /// Takes one permission, if there is one at `now` (nanoseconds of one clock that never goes back).
    mutating func take(at now: Int64) -> Bool {
        level = min(burst * interval, level + max(0, now - filledAt))
        filledAt = max(filledAt, now)
        guard level >= interval else { return false }
        level -= interval
        return true
    }
}
