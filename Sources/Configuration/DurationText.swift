// Times as the files write them: Heartbeat's and mon's grammars to `Duration`, and back to short text.
// No floating point: a deadline is exactly what was written.

/// Why a text is no time.
enum DurationTextError: Error, Equatable {
    /// It does not begin with a number.
    case noNumber
    /// The letters after the number, from an offset, are no unit.
    case unknownUnit(offset: Int)
    /// There is no unit where one must be.
    case missingUnit
    /// More digits than make sense.
    case tooLong
}

enum DurationText {
    /// Heartbeat's times: a number, seconds without a unit; `us` and `ms` as there.
    ///
    /// `s m h d` are ours.
    static let heartbeatUnits: [String: Int64] = [
        "": 1_000_000_000, "us": 1_000, "usec": 1_000, "ms": 1_000_000, "msec": 1_000_000,
        "s": 1_000_000_000, "sec": 1_000_000_000, "m": 60_000_000_000, "min": 60_000_000_000,
        "h": 3_600_000_000_000, "d": 86_400_000_000_000,
    ]

    /// mon's times: a number and one of `s m h d`; `ms` is ours.
    static let monUnits: [String: Int64] = [
        "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
        "d": 86_400_000_000_000,
    ]

    /// Reads a number with up to nine digits before and nine after its point, and a unit.
    ///
    /// `units` are nanoseconds per unit; a key "" allows a bare number.
    static func parse(
        _ text: String,
        units: [String: Int64]
    ) throws(DurationTextError) -> Duration {
        let scalars = Array(text.unicodeScalars)
        let digits = { (slice: ArraySlice<Unicode.Scalar>) in
            slice.prefix { ("0"..."9").contains($0) }
        }
        let whole = digits(scalars[...])
        var rest = scalars.dropFirst(whole.count)
        var fraction: ArraySlice<Unicode.Scalar> = []
        if rest.first == "." {
            fraction = digits(rest.dropFirst())
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { throw .noNumber }
        guard whole.count <= 9, fraction.count <= 9 else { throw .tooLong }
        var unit = String.UnicodeScalarView()
        unit.append(contentsOf: rest)
        guard let scale = units[String(unit).lowercased()] else {
            if rest.isEmpty { throw .missingUnit }
            throw .unknownUnit(offset: scalars.count - rest.count)
        }
        // At most 10^9 × 86.4 × 10^12: beyond 64 bits, so multiply wide.
        let wholeNanoseconds = Int128(number(whole)) * Int128(scale)
        var fractionUnits = number(fraction)
        for _ in fraction.count..<9 { fractionUnits *= 10 }
        let fractionNanoseconds = Int128(fractionUnits) * Int128(scale) / 1_000_000_000
        let total = wholeNanoseconds + fractionNanoseconds
        guard let nanoseconds = Int64(exactly: total) else { throw .tooLong }
        return .nanoseconds(nanoseconds)
    }

    private static func number(_ digits: ArraySlice<Unicode.Scalar>) -> Int64 {
        digits.reduce(0) { $0 * 10 + Int64($1.value - 48) }
    }
}

extension Duration {
    /// Short text in the largest unit that stays exact: `7d`, `30s`, `1.5s` as `1500ms`, `50ms`, `20us`.
    ///
    /// Zero is `0s`; what is finer than a microsecond is cut.
    public var shortText: String {
        let (seconds, attoseconds) = components
        let microseconds = attoseconds / 1_000_000_000_000
        if microseconds % 1_000 != 0 { return "\(seconds * 1_000_000 + microseconds)us" }
        if microseconds != 0 { return "\(seconds * 1_000 + microseconds / 1_000)ms" }
        if seconds != 0, seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
        if seconds != 0, seconds % 3_600 == 0 { return "\(seconds / 3_600)h" }
        if seconds >= 120, seconds % 60 == 0 { return "\(seconds / 60)min" }
        return "\(seconds)s"
    }
}
