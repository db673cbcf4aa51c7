// When a period holds, as a value and as a question. The text of periods is `Configuration`'s.

/// A time specification of mon (Perl's Time::Period): when a period holds, in local time.
public enum TimePeriod: Equatable, Sendable {
    /// A scale of the calendar or the clock.
    public enum Scale: String, Sendable, CaseIterable {
        /// Calendar year: four digits, or two of the current century.
        case year
        /// Month, 1...12.
        case month
        /// Week of the month, 1...6.
        case week
        /// Day of the year, 1...366.
        case yearDay
        /// Day of the month, 1...31.
        case monthDay
        /// Day of the week, 1...7, Sunday first.
        case weekDay
        /// Hour, 0...23.
        case hour
        /// Minute or second, 0...59.
        case minute
        /// Minute or second, 0...59.
        case second
    }

    /// The ranges of one scale, any of which may hold.
    public struct Condition: Equatable, Sendable {
        /// Inclusive; wraps where `from` is greater than `through` (never for years).
        public struct Range: Equatable, Sendable {
            /// First value.
            public var from: Int
            /// Last value, included.
            public var through: Int

            /// Makes a range of its ends.
            public init(from: Int, through: Int) {
                self.from = from
                self.through = through
            }
        }

        /// The scale.
        public var scale: Scale
        /// The ranges.
        public var ranges: [Range]

        /// Makes a condition of its parts.
        public init(scale: Scale, ranges: [Range]) {
            self.scale = scale
            self.ranges = ranges
        }
    }

    /// Empty text: at all times.
    case always
    /// `none`: never.
    case never
    /// Any of these; within one, all conditions.
    ///
    /// No scale stands twice in one.
    case anyOf([[Condition]])
}

extension TimePeriod {
    /// Whether the period holds at a time, as Time::Period's `inPeriod` says.
    public func holds(at time: CivilTime) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .anyOf(let alternatives):
            alternatives.contains { conditions in
                conditions.allSatisfy { $0.holds(at: time) }
            }
        }
    }

    /// Whether the answer may change within a minute.
    var countsSeconds: Bool {
        guard case .anyOf(let alternatives) = self else { return false }
        return alternatives.contains { $0.contains { $0.scale == .second } }
    }
}

extension TimePeriod.Condition {
    fileprivate func holds(at time: CivilTime) -> Bool {
        let value = scale.value(of: time)
        return ranges.contains { range in
            var (from, through) = (range.from, range.through)
            if scale == .year {
                // Two digits are a year of the current century.
                if from <= 99 { from += time.year / 100 * 100 }
                if through <= 99 { through += time.year / 100 * 100 }
                return from <= value && value <= through
            }
            return from <= through
                ? from <= value && value <= through : from <= value || value <= through
        }
    }
}

extension TimePeriod.Scale {
    fileprivate func value(of time: CivilTime) -> Int {
        switch self {
        case .year: time.year
        case .month: time.month
        // A week begins on Sunday; the first one is what comes before the first Sunday but the 1st.
        case .week: (time.day - time.weekday + 6) / 7 + 1
        case .yearDay: time.yearDay
        case .monthDay: time.day
        case .weekDay: time.weekday
        case .hour: time.hour
        case .minute: time.minute
        case .second: time.second
        }
    }
}
