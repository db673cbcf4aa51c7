// The words after a monitor's name, as mon.cf gives them: options in the manner of Perl's Getopt::Std
// and Getopt::Long, which mon's own monitors use, then hosts. What an option means is its monitor's.

/// Why the words of a monitor cannot be taken; one line, no full stop.
public struct MonitorUsageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and with which word.
    ///
    /// It never holds the value of an option, which may be a password.
    public let description: String

    /// With its text.
    public init(_ description: String) { self.description = description }
}

/// Options and what is left.
public struct MonitorArguments: Hashable, Sendable {
    /// One option that a monitor knows.
    public struct Option: Hashable, Sendable {
        /// The long name, also the key of its value.
        public var name: String
        /// The letter, where it has one.
        public var letter: Character?
        /// Whether a value follows: in the same word, or as the next.
        public var takesValue: Bool

        /// An option.
        public init(_ name: String, _ letter: Character? = nil, takesValue: Bool = true) {
            self.name = name
            self.letter = letter
            self.takesValue = takesValue
        }
    }

    /// How a single dash is read.
    public enum Style: Hashable, Sendable {
        /// Getopt::Std: letters, `-p80` and `-p 80`; long names have two dashes.
        case letters
        /// Getopt::Long: `-port 80` is `--port 80`.
        case names
    }

    /// The values by name, the last of each; an option without value has "".
    public var values: [String: String]
    /// The words that are no options, in order: hosts.
    public var rest: [String]

    /// Reads words.
    ///
    /// Options and hosts may be mixed, for mon puts its hosts behind what stands in mon.cf; `--` ends
    /// the options. A long name may be cut as long as one option is meant, and case does not
    /// matter in it.
    public init(
        _ words: [String],
        options: [Option],
        style: Style = .letters
    ) throws(MonitorUsageError) {
        values = [:]
        rest = []
        var reader = Reader(words: words[...], options: options)
        while let word = reader.words.popFirst() {
            if word == "--" {
                rest += reader.words
                break
            } else if word.hasPrefix("--")
                || (style == .names && word.hasPrefix("-") && word != "-")
            {
                let (name, value) = try reader.long(word.drop { $0 == "-" })
                values[name] = value
            } else if word.hasPrefix("-"), word != "-" {
                for (name, value) in try reader.letters(word.dropFirst()) { values[name] = value }
            } else {
                rest.append(word)
            }
        }
    }

    /// Where passwords stand among words of any monitor: which word, and from which byte on.
    ///
    /// By the name of the option alone (`--password` and what it may be cut to), so that it holds for
    /// programs that are not ours too.
    public static func passwords(in words: [String]) -> [(index: Int, offset: Int)] {
        var places: [(index: Int, offset: Int)] = []
        for (index, word) in words.enumerated() where word.hasPrefix("-") {
            let name = word.drop { $0 == "-" }.prefix { $0 != "=" }
            guard name.utf8.count >= 2, "password".hasPrefix(name.lowercased()) else { continue }
            if let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let offset = word.utf8.distance(from: word.utf8.startIndex, to: equals) + 1
                places.append((index, offset))
            } else if index + 1 < words.count {
                places.append((index + 1, 0))
            }
        }
        return places
    }

    /// The words for logs and status: passwords are `***`.
    public static func withoutPasswords(_ words: [String]) -> [String] {
        var words = words
        for (index, offset) in passwords(in: words) {
            words[index] =
                String(decoding: Array(words[index].utf8.prefix(offset)), as: UTF8.self) + "***"
        }
        return words
    }

    /// A whole number within a range, nil when the option was not given.
    public func number(
        _ name: String,
        in range: ClosedRange<Int>
    ) throws(MonitorUsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw MonitorUsageError(
                "--\(name) takes a whole number, \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    /// A time in seconds, with a fraction if need be, above 0 up to an hour; nil when not given.
    ///
    /// 0 is not given, as in mon.
    public func seconds(_ name: String) throws(MonitorUsageError) -> Duration? {
        guard let text = values[name] else { return nil }
        let time = try? DurationText.parse(text, units: ["": 1_000_000_000, "s": 1_000_000_000])
        guard let time, time <= .seconds(3600) else {
            throw MonitorUsageError("--\(name) takes seconds, at most 3600")
        }
        return time == .zero ? nil : time
    }
}

private struct Reader {
    var words: ArraySlice<String>
    let options: [MonitorArguments.Option]

    /// The text after the dashes, `name` or `name=value`.
    mutating func long(_ text: Substring) throws(MonitorUsageError) -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let given = parts[0].lowercased()
        let found = options.filter {
            $0.name == given || (!given.isEmpty && $0.name.hasPrefix(given))
        }
        let exact = options.filter { $0.name == given || given == $0.letter.map(String.init) }
        guard let option = exact.first ?? (found.count == 1 ? found.first : nil) else {
            if found.isEmpty { throw MonitorUsageError("unknown option --\(parts[0])") }
            let names = found.map { "--\($0.name)" }.joined(separator: ", ")
            throw MonitorUsageError("option --\(parts[0]) may be \(names)")
        }
        if parts.count == 2 {
            guard option.takesValue else {
                throw MonitorUsageError("option --\(option.name) takes no value")
            }
            return (option.name, String(parts[1]))
        }
        return (option.name, try value(of: option))
    }

    /// Letters after one dash, the last one with its value.
    mutating func letters(_ text: Substring) throws(MonitorUsageError) -> [(String, String)] {
        var found: [(String, String)] = []
        var text = text
        while let letter = text.popFirst() {
            guard let option = options.first(where: { $0.letter == letter }) else {
                throw MonitorUsageError("unknown option -\(letter)")
            }
            if option.takesValue, !text.isEmpty {
                return found + [(option.name, String(text))]
            }
            found.append((option.name, try value(of: option)))
        }
        return found
    }

    private mutating func value(
        of option: MonitorArguments.Option
    ) throws(MonitorUsageError) -> String {
        guard option.takesValue else { return "" }
        guard let value = words.popFirst() else {
            throw MonitorUsageError("option --\(option.name) needs a value")
        }
        return value
    }
}
