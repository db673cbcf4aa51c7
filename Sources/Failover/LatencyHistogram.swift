// How late things were, counted: the loop behind its own deadlines, beats behind each other. A `deadtime` that
// leaves no room for what was observed is said with the figure.

/// Counts of durations in steps of two.
public struct LatencyHistogram: Equatable, Sendable, Codable {
    /// `counts[n]` of at most 2^n milliseconds and more than half of that; the last one has all above, too.
    public private(set) var counts: [UInt64]
    /// The longest.
    public private(set) var maximum: Duration

    /// How many steps there are: up to 1 ms, 2 ms … 16 s, and above.
    public static let steps = 16

    /// Nothing counted yet.
    public init() {
        counts = Array(repeating: 0, count: Self.steps)
        maximum = .zero
    }

    /// Counts one.
    public mutating func add(_ duration: Duration) {
        maximum = max(maximum, duration)
        let milliseconds = UInt64(clamping: (duration.nanoseconds + 999_999) / 1_000_000)
        let step = milliseconds <= 1 ? 0 : UInt64.bitWidth - (milliseconds - 1).leadingZeroBitCount
        counts[min(step, Self.steps - 1)] += 1
    }

    /// How many were counted; saturates, for another program may have counted.
    public var total: UInt64 {
        counts.reduce(0) { sum, count in count > .max - sum ? .max : sum + count }
    }

    /// The end of the step below which `share` of what was counted lies, in milliseconds; 0 for nothing counted.
    public func milliseconds(below share: Double) -> UInt64 {
        var left = Double(total) * share
        for (step, count) in counts.enumerated() where left > 0 {
            left -= Double(count)
            if left <= 0 { return 1 << UInt64(step) }
        }
        return 0
    }
}

extension FailoverMachine {
    /// A beat of the peer was heard so long after the one before, on whatever path.
    mutating func noteGap(_ gap: Duration) {
        guard gap >= settings.timings.deadtime * 2 / 3 else { return }
        adviseDeadtime(gap, "beats of \(settings.peer) came \(gap.text) apart while it lived")
    }

    /// The loop was late by so much.
    mutating func noteLateness(_ lateness: Duration) {
        guard lateness >= settings.timings.deadtime / 2 else { return }
        adviseDeadtime(
            lateness + settings.timings.keepalive,
            "the loop of \(settings.node) was late by \(lateness.text)"
        )
    }

    /// Says, at most once in an hour and again when it grows, that `deadtime` is too near to what was observed.
    private mutating func adviseDeadtime(_ observed: Duration, _ facts: String) {
        let isNews = observed > worstDelay
        worstDelay = max(worstDelay, observed)
        let isDue = advisedAt.map { now - $0 >= .seconds(3600) } ?? true
        guard isDue || isNews && advisedAt.map({ now - $0 >= .seconds(60) }) ?? true else { return }
        advisedAt = now
        note(
            .warning,
            .deadtimeShort,
            nil,
            "\(facts): deadtime \(settings.timings.deadtime.text) leaves little room; "
                + "\(deadtimeAdvised.text) would",
            Reason(.S8, facts)
        )
    }

    /// A `deadtime` with room for what was observed.
    private var deadtimeAdvised: Duration {
        let milliseconds = max(1, (worstDelay * 3).milliseconds)
        let step: Int64 = milliseconds < 1000 ? 100 : 1000
        return .milliseconds((milliseconds + step - 1) / step * step)
    }

    /// Why `deadtime` should be longer; `nil` when nothing speaks for it.
    var deadtimeAdvice: String? {
        guard worstDelay > .zero else { return nil }
        return
            "a delay of \(worstDelay.text) was observed: deadtime \(settings.timings.deadtime.text) leaves little room, "
            + "\(deadtimeAdvised.text) would"
    }
}
