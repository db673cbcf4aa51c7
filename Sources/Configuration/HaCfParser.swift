// Reads ha.cf: line oriented, `#` begins a comment anywhere, no quoting, no continuation; the first
// word is a directive of the table, values stand between blanks or commas (Heartbeat's config.c).
// Values are checked by their form here; what they set is `HaCfParser+Directives`, what they mean
// together `HaCfParser+Times`, what only the other files can tell `ConfigurationCheck`.

struct HaCfParser {
    static let table = Directive.table(.haCf)
    static let words = table.keys.sorted()
    var result = HaCf()
    var list: DiagnosticList
    var port: UInt16 = 694
    var hasUnsupportedLink = false

    /// Reads a file.
    static func parse(_ file: ConfigurationFile) -> (HaCf, DiagnosticList) {
        var source = SourceText(file)
        // `stonith_host NODE TYPE …`: the parameters of a fencing device are often a password.
        source.mask = { line in
            let shown = printable(line).split(separator: " ", omittingEmptySubsequences: true)
            guard shown.first == "stonith_host", shown.count > 3 else { return line }
            return Array((shown.prefix(3).joined(separator: " ") + " ***").unicodeScalars)
        }
        var parser = HaCfParser(list: DiagnosticList(source: source))
        parser.parse()
        return (parser.result, parser.list)
    }

    private init(list: DiagnosticList) {
        self.list = list
    }

    private mutating func parse() {
        let source = list.source
        list.noteOddities(
            excludingComments: true,
            carriageReturnsFail: false,
            program: "Heartbeat"
        )
        for number in source.lines.indices.map({ $0 + 1 }) {
            let line = source.characters(ofLine: number).withoutComment
            guard let name = line.words(separatedByCommas: true).first else { continue }
            directive(name, line)
        }
        checkTogether()
    }

    // MARK: A line

    private mutating func directive(_ name: Word, _ line: LogicalLine) {
        guard let row = HaCfParser.table[name.text] else {
            list.error(
                .unknownDirective,
                at: name.position,
                "unknown directive \(quoted(name.text))",
                hint: nearestWordHint(to: name.text, among: HaCfParser.words)
            )
            return
        }
        if case .refused(let useInstead) = row.standing {
            list.error(
                .refusedDirective,
                at: name.position,
                "'\(row.name)' is not supported",
                hint: "use \(useInstead)"
            )
            return
        }
        // Commas separate where Heartbeat's own parser sees single values; lines that a plug-in or a
        // program of its own reads keep them (`apiauth ipfail uid=a,b`).
        let commas: Bool
        if case .words = row.form {
            commas = HaCfParser.linkNames.union(["ping", "ping_group"]).contains(row.name)
        } else {
            commas = true
        }
        let values = Array(line.words(separatedByCommas: commas).dropFirst())
        guard !values.isEmpty else {
            list.warning(
                .missingValue,
                at: name.position,
                "'\(row.name)' has no value and does nothing",
                hint: row.grammar
            )
            return
        }
        if case .withoutEffect(let why, let severity) = row.standing {
            list.add(
                severity,
                .withoutEffect,
                at: name.position,
                "'\(row.name)' is without effect: \(why)"
            )
            hasUnsupportedLink = hasUnsupportedLink || HaCfParser.linkNames.contains(row.name)
        }
        take(row, name, values)
        result.positions[row.name] = name.position
    }

    private static let linkNames: Set<String> = [
        "bcast", "udp", "ucast", "ucast6", "mcast", "mcast6", "serial",
    ]

    /// Checks values by the row's form and hands them to the setter of their kind.
    private mutating func take(_ row: Directive, _ name: Word, _ values: [Word]) {
        switch row.form {
        case .list:
            for value in values { set(row, listed: value) }
        case .words(let counts):
            guard counts.contains(values.count) else {
                let place = values.count > counts.upperBound ? values[counts.upperBound] : name
                list.error(
                    .wrongValueCount,
                    at: place.position,
                    "'\(row.name)' takes \(HaCfParser.count(counts)), not \(values.count)",
                    hint: row.grammar
                )
                return
            }
            set(row, name, words: values)
        default:
            single(row, name, values)
        }
    }

    private static func count(_ counts: ClosedRange<Int>) -> String {
        let words = counts.upperBound == 1 ? "value" : "values"
        return counts.count == 1
            ? "\(counts.lowerBound) \(words)"
            : "\(counts.lowerBound) to \(counts.upperBound) values"
    }

    /// One value; of several the last counts, as in Heartbeat, but not unsaid.
    private mutating func single(_ row: Directive, _ name: Word, _ values: [Word]) {
        guard let value = values.last else { return }
        if values.count > 1 {
            list.warning(
                .severalValues,
                at: values[1].position,
                "'\(row.name)' takes one value; the last, \(quoted(value.text)), counts",
                hint: row.grammar
            )
        } else if let earlier = result.positions[row.name], row.name != "udpport" {
            list.warning(
                .givenTwice,
                at: name.position,
                "'\(row.name)' is given again; this line counts, not line \(earlier.line)"
            )
        }
        switch row.form {
        case .time(let range):
            if let time = time(row, value, in: range) { set(row, time: time) }
        case .timeOrOff(let range):
            // A bare 0 means the same as off; 1 is a second.
            if HaCfParser.boolean(value.text) == false {
                set(row, boolean: false)
            } else if let time = time(row, value, in: range) {
                set(row, time: time)
            }
        case .integer(let range):
            guard let number = Int(value.text), range.contains(number) else {
                invalid(row, value, "a number from \(range.lowerBound) to \(range.upperBound)")
                return
            }
            set(row, integer: number)
        case .boolean:
            guard let isOn = HaCfParser.boolean(value.text) else {
                invalid(row, value, "on or off")
                return
            }
            set(row, boolean: isOn)
        case .choice(let words):
            guard words.contains(value.text.lowercased()) else {
                let shown = words.filter { !Directive.booleanWords.contains($0) || words.count < 6 }
                invalid(row, value, "one of \(shown.joined(separator: ", "))", among: words)
                return
            }
            set(row, word: value.text.lowercased())
        case .word:
            set(row, word: value.text)
        case .list, .words, .monTime, .monTimeOrZero:
            break
        }
    }

    private mutating func invalid(
        _ row: Directive,
        _ value: Word,
        _ wanted: String,
        among words: [String] = []
    ) {
        var hint = nearestWordHint(to: value.text, among: words)
        if hint == nil, row.standing != .honoured { hint = row.meaning }
        list.error(
            .invalidValue,
            at: value.position,
            "\(quoted(value.text)) is no value of '\(row.name)': it takes \(wanted)",
            hint: hint
        )
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "on", "yes", "y", "1": true
        case "false", "off", "no", "n", "0": false
        default: nil
        }
    }

    mutating func time(
        _ row: Directive,
        _ value: Word,
        in range: ClosedRange<Duration>
    ) -> Duration? {
        do {
            let time = try DurationText.parse(value.text, units: DurationText.heartbeatUnits)
            guard range.contains(time) else {
                list.error(
                    .outOfRange,
                    at: value.position,
                    "\(quoted(value.text)) is out of range: '\(row.name)' takes "
                        + "\(range.lowerBound.shortText) to \(range.upperBound.shortText)",
                    hint: time < range.lowerBound ? "a bare number counts seconds" : nil
                )
                return nil
            }
            return time
        } catch {
            let place: Position
            let message: String
            switch error {
            case .unknownUnit(let offset):
                place = value.position(at: offset)
                message = "unknown unit in \(quoted(value.text))"
            case .tooLong:
                place = value.position
                message = "\(quoted(value.text)) is out of range"
            case .noNumber, .missingUnit:
                place = value.position
                message = "\(quoted(value.text)) is no time"
            }
            list.error(
                .invalidTime,
                at: place,
                message,
                hint: "a number of seconds, or a number with us, ms, s, m, h or d"
            )
            return nil
        }
    }
}
