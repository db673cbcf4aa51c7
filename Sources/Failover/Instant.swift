// A point in time as the deciding core sees it: nanoseconds on the machine's boot-time clock, which
// goes on while the machine is suspended. The core never reads a clock; every event brings the time.

/// A point on one machine's boot-time clock (`CLOCK_BOOTTIME`); never compared between machines.
public struct Instant: Comparable, Hashable, Sendable, Codable {
    /// Nanoseconds since that machine booted.
    public var nanoseconds: Int64

    /// Makes the point `nanoseconds` after boot.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Earlier comes first.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The point `duration` later; saturates 292 years after boot.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: overflow ? Int64.max : sum)
    }

    /// The point `duration` earlier; saturates 292 years before boot.
    static func - (instant: Instant, duration: Duration) -> Instant {
        let (rest, overflow) = instant.nanoseconds.subtractingReportingOverflow(
            duration.nanoseconds
        )
        return Instant(nanoseconds: overflow ? Int64.min : rest)
    }

    /// The time from `right` to `left`; negative when `left` is the earlier.
    public static func - (left: Instant, right: Instant) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}

extension Duration {
    /// The whole duration in nanoseconds, saturated to ±292 years.
    public var nanoseconds: Int64 {
        // Below 9 s, as nearly every time of ha.cf is, one division of 64 bits does; one of 128 takes ten times as long.
        let whole = attoseconds
        let low = Int64(truncatingIfNeeded: whole)
        if Int128(low) == whole { return low / 1_000_000_000 }
        let (seconds, rest) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? Int64.min : Int64.max }
        let (sum, overflowed) = product.addingReportingOverflow(rest / 1_000_000_000)
        return overflowed ? (seconds < 0 ? Int64.min : Int64.max) : sum
    }

    /// The whole duration in milliseconds, rounded towards zero.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    // The standard library's are generic over every integer, and take longer than all else that a beat costs.

    /// A part of a duration, in whole nanoseconds.
    static func / (duration: Duration, divisor: Int) -> Duration {
        .nanoseconds(duration.nanoseconds / Int64(divisor))
    }

    /// A multiple of a duration, in whole nanoseconds; saturates.
    static func * (duration: Duration, factor: Int) -> Duration {
        let (product, overflow) = duration.nanoseconds.multipliedReportingOverflow(
            by: Int64(factor)
        )
        guard overflow else { return .nanoseconds(product) }
        return .nanoseconds((duration < .zero) == (factor < 0) ? Int64.max : Int64.min)
    }

    /// The duration as administrators write it: `300 ms`, `3 s`, `1.5 s`.
    public var text: String {
        let whole = milliseconds
        if whole.magnitude < 1000 { return "\(whole) ms" }
        if whole % 1000 == 0 { return "\(whole / 1000) s" }
        let tenths = whole / 100
        return "\(tenths / 10).\((tenths % 10).magnitude) s"
    }

    /// The duration as people say it, however long: `12 s`, `5 min`, `2 h 10 min`, `3 d 4 h`.
    public var spokenText: String {
        let seconds = max(0, milliseconds) / 1000
        let minutes = seconds / 60
        let hours = minutes / 60
        if seconds < 10 { return text }
        if minutes < 2 { return "\(seconds) s" }
        if hours < 1 { return "\(minutes) min" }
        if hours < 48 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min" }
        return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
    }
}
