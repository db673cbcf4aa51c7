// Reads a period's text (Perl's Time::Period): `wd {Mon-Fri} hr {9am-4pm}, wd {Sat}`. Whether a period
// holds at some time is the room `Monitoring`'s business.

internal import Monitoring

struct PeriodParser {
    private let characters: LogicalLine
    private let start: Position
    private var index = 0

    /// What is wrong, and where.
    struct Problem: Error {
        var position: Position
        var message: String
        var hint: String?
    }

    /// Reads a text without its label; problems of an empty one are at `start`.
    static func parse(_ characters: LogicalLine, at start: Position) throws(Problem) -> TimePeriod {
        let text = characters.trimmed
        if text.isEmpty { return .always }
        if text.text.lowercased() == "none" { return .never }
        var parser = PeriodParser(characters: text, start: start)
        return try parser.parse()
    }

    private init(characters: LogicalLine, start: Position) {
        self.characters = characters
        self.start = start
    }

    private mutating func parse() throws(Problem) -> TimePeriod {
        var alternatives: [[TimePeriod.Condition]] = []
        repeat {
            alternatives.append(try alternative())
        } while take(",")
        return .anyOf(alternatives)
    }

    private mutating func alternative() throws(Problem) -> [TimePeriod.Condition] {
        var conditions: [TimePeriod.Condition] = []
        skipBlanks()
        repeat {
            let condition = try condition()
            // A scale that is named again extends its ranges.
            if let same = conditions.firstIndex(where: { $0.scale == condition.scale }) {
                conditions[same].ranges += condition.ranges
            } else {
                conditions.append(condition)
            }
            skipBlanks()
        } while index < characters.count && characters[index].scalar != ","
        return conditions
    }

    private mutating func condition() throws(Problem) -> TimePeriod.Condition {
        let place = here
        let name = letters()
        guard let scale = PeriodParser.scales[name.lowercased()] else {
            throw Problem(
                position: place,
                message: name.isEmpty
                    ? "a scale such as wd or hr is expected"
                    : "\(quoted(name)) is no scale of time",
                hint: nearestWordHint(to: name, among: PeriodParser.scales.keys.sorted())
                    ?? "year month week yday mday wday hour minute second, as in wd {Mon-Fri} hr {9am-4pm}"
            )
        }
        skipBlanks()
        let brace = here
        guard take("{") else {
            throw Problem(
                position: brace,
                message: "'{' is expected after \(quoted(name))",
                hint: nil
            )
        }
        var ranges: [TimePeriod.Condition.Range] = []
        while true {
            skipBlanks()
            if take("}") { break }
            guard index < characters.count else {
                throw Problem(position: brace, message: "the brace is not closed", hint: nil)
            }
            ranges.append(try range(scale))
        }
        guard !ranges.isEmpty else {
            throw Problem(position: brace, message: "the braces are empty", hint: nil)
        }
        return TimePeriod.Condition(scale: scale, ranges: ranges)
    }

    private mutating func range(_ scale: TimePeriod.Scale) throws(Problem)
        -> TimePeriod.Condition.Range
    {
        let place = here
        let from = try value(scale)
        skipBlanks()
        guard take("-") else { return TimePeriod.Condition.Range(from: from, through: from) }
        skipBlanks()
        let through = try value(scale)
        if scale == .year, through < from {
            throw Problem(position: place, message: "a range of years does not wrap", hint: nil)
        }
        return TimePeriod.Condition.Range(from: from, through: through)
    }

    private mutating func value(_ scale: TimePeriod.Scale) throws(Problem) -> Int {
        let place = here
        var text = ""
        while index < characters.count, isWordScalar(characters[index].scalar) {
            text.unicodeScalars.append(characters[index].scalar)
            index += 1
        }
        guard let value = PeriodParser.value(text.lowercased(), scale) else {
            throw Problem(
                position: place,
                message: "\(text.isEmpty ? "this" : quoted(text)) is no value of '\(scale.word)'",
                hint: "it takes \(scale.values)"
            )
        }
        return value
    }

    private static func value(_ text: String, _ scale: TimePeriod.Scale) -> Int? {
        if let number = Int(text), text.utf8.count <= 4 {
            let isValid =
                scale == .year
                ? (0...99).contains(number) || number >= 1970 : scale.range.contains(number)
            return isValid ? number : nil
        }
        switch scale {
        case .weekDay:
            guard text.count >= 2 else { return nil }
            return ["su", "mo", "tu", "we", "th", "fr", "sa"].firstIndex(of: String(text.prefix(2)))
                .map { $0 + 1 }
        case .month:
            guard text.count >= 3 else { return nil }
            return [
                "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
            ].firstIndex(of: String(text.prefix(3))).map { $0 + 1 }
        case .hour:
            if text == "12noon" || text == "noon" { return 12 }
            guard text.hasSuffix("am") || text.hasSuffix("pm"), let hour = Int(text.dropLast(2)),
                (1...12).contains(hour)
            else { return nil }
            return hour % 12 + (text.hasSuffix("pm") ? 12 : 0)
        default: return nil
        }
    }

    private static let scales: [String: TimePeriod.Scale] = [
        "year": .year, "yr": .year, "month": .month, "mo": .month, "week": .week, "wk": .week,
        "yday": .yearDay, "yd": .yearDay, "mday": .monthDay, "md": .monthDay, "wday": .weekDay,
        "wd": .weekDay, "hour": .hour, "hr": .hour, "minute": .minute, "min": .minute,
        "second": .second, "sec": .second,
    ]

    // MARK: Characters

    private var here: Position {
        guard let last = characters.last else { return start }
        guard index < characters.count else { return last.position }
        return characters[index].position
    }

    private mutating func skipBlanks() {
        while index < characters.count, isBlank(characters[index].scalar) { index += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard index < characters.count, characters[index].scalar == scalar else { return false }
        index += 1
        return true
    }

    private mutating func letters() -> String {
        var result = ""
        while index < characters.count, isWordScalar(characters[index].scalar) {
            result.unicodeScalars.append(characters[index].scalar)
            index += 1
        }
        return result
    }

    private func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        !isBlank(scalar) && scalar != "{" && scalar != "}" && scalar != "-" && scalar != ","
    }
}

extension TimePeriod.Scale {
    fileprivate var range: ClosedRange<Int> {
        switch self {
        case .year: 0...9999
        case .month: 1...12
        case .week: 1...6
        case .yearDay: 1...366
        case .monthDay: 1...31
        case .weekDay: 1...7
        case .hour: 0...23
        case .minute, .second: 0...59
        }
    }

    fileprivate var word: String {
        switch self {
        case .year: "year"
        case .month: "month"
        case .week: "week"
        case .yearDay: "yday"
        case .monthDay: "mday"
        case .weekDay: "wday"
        case .hour: "hour"
        case .minute: "minute"
        case .second: "second"
        }
    }

    fileprivate var values: String {
        switch self {
        case .year: "0 to 99, or 1970 and later"
        case .month: "1 to 12, or jan to dec"
        case .weekDay: "1 (Sunday) to 7, or su to sa"
        case .hour: "0 to 23, or 12am, 1am to 12noon, 1pm to 11pm"
        default: "\(range.lowerBound) to \(range.upperBound)"
        }
    }
}
