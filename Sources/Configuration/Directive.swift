// What a word of a configuration file is: one row of the one table from which the parsers take what
// they accept, `baton help WORD` its text and the manual pages their sections. The rows are in
// `Directive+HaCf`, `Directive+Haresources`, `Directive+Authkeys` and `Directive+MonCf`.

/// A row of the directive table.
public struct Directive: Equatable, Sendable {
    /// The file a word belongs to.
    public enum File: String, Sendable, CaseIterable {
        /// The main file.
        case haCf = "ha.cf"
        /// The groups.
        case haresources
        /// The keys.
        case authkeys
        /// The monitors.
        case monCf = "mon.cf"
    }

    /// The part of a manual page a word stands in; the raw value is the heading.
    public enum Section: String, Sendable, CaseIterable {
        /// ha.cf: who takes part.
        case nodes = "NODES AND LINKS"
        /// ha.cf: the times of the heartbeat.
        case timing = "TIMES"
        /// ha.cf: how groups move.
        case groups = "GROUPS"
        /// ha.cf: fencing, watchdog, ping nodes.
        case safety = "SAFETY"
        /// ha.cf: who is told.
        case notifications = "NOTIFICATIONS"
        /// ha.cf: logging.
        case logging = "LOGGING"
        /// ha.cf: the daemon's process.
        case process = "PROCESS"
        /// ha.cf: Heartbeat's wire and clients.
        case heartbeat = "OF HEARTBEAT ONLY"
        /// haresources.
        case resourceTypes = "RESOURCE TYPES"
        /// authkeys: the lines.
        case keys = "LINES"
        /// authkeys: how packets are signed.
        case methods = "METHODS"
        /// mon.cf: records.
        case records = "RECORDS"
        /// mon.cf: `NAME = VALUE`.
        case globals = "GLOBALS"
        /// mon.cf: lines of a service.
        case service = "SERVICE LINES"
        /// mon.cf: lines of a period.
        case period = "PERIOD LINES"
    }

    /// What Baton does with it.
    public enum Standing: Equatable, Sendable {
        /// It is carried out.
        case honoured
        /// It is read and checked and changes nothing, for a reason; how loudly `check` says so.
        case withoutEffect(String, Diagnostic.Severity)
        /// It is an error; what to use instead.
        case refused(useInstead: String)
    }

    /// The word.
    public var name: String
    /// The file it belongs to.
    public var file: File
    /// Its part of the manual page.
    public var section: Section
    /// What is written, the word first.
    public var grammar: String
    /// What is read after the word.
    var form: ValueForm
    /// The value when the word is not given.
    public var standard: String?
    /// What it means, in sentences.
    public var meaning: String
    /// What Baton does with it.
    public var standing: Standing
    /// Lines that are read without an error.
    public var examples: [String]

    init(
        _ name: String,
        _ file: File,
        _ section: Section,
        grammar: String,
        _ form: ValueForm,
        standard: String? = nil,
        _ standing: Standing = .honoured,
        examples: [String],
        _ meaning: String
    ) {
        self.name = name
        self.file = file
        self.section = section
        self.grammar = grammar
        self.form = form
        self.standard = standard
        self.meaning = meaning
        self.standing = standing
        self.examples = examples
    }

    /// The unit of a bare number, where the value has one.
    public var unit: String? { form.unit }
    /// What values are taken, where not every one is.
    public var range: String? { form.range }

    /// The whole table, in the order of the manual pages.
    public static let all: [Directive] = haCf + haresources + authkeys + monCf

    /// The rows of one file by name.
    static func table(_ file: File) -> [String: Directive] {
        Dictionary(all.filter { $0.file == file }.map { ($0.name, $0) }) { first, _ in first }
    }
}

/// The shape of a directive's value: what the parser checks before anybody looks at the meaning.
enum ValueForm: Equatable, Sendable {
    /// Heartbeat's time within a range.
    case time(ClosedRange<Duration>)
    /// Heartbeat's time within a range, or a word for no, which is no time.
    case timeOrOff(ClosedRange<Duration>)
    /// mon's time, above zero.
    case monTime
    /// mon's time, also zero.
    case monTimeOrZero
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// true on yes y 1, false off no n 0.
    case boolean
    /// One of these words.
    case choice([String])
    /// Words that add up over several lines.
    case list
    /// One word or path; the last given counts.
    case word
    /// The rest of the line, this many words, read by the directive's own parser.
    case words(ClosedRange<Int>)

    var unit: String? {
        switch self {
        case .time, .timeOrOff: "seconds; us, ms, s, m, h or d may follow the number"
        case .monTime, .monTimeOrZero: "s, m, h or d (or ms) must follow the number"
        default: nil
        }
    }

    var range: String? {
        switch self {
        case .time(let range): "\(range.lowerBound.shortText) to \(range.upperBound.shortText)"
        case .timeOrOff(let range):
            "\(range.lowerBound.shortText) to \(range.upperBound.shortText), or off"
        case .monTime: "above zero"
        case .monTimeOrZero: "zero and more"
        case .integer(let range):
            range.upperBound == .max
                ? "\(range.lowerBound) and more" : "\(range.lowerBound) to \(range.upperBound)"
        case .boolean: "on, off (also true, yes, y, 1; false, no, n, 0)"
        case .choice(let words): words.joined(separator: ", ")
        case .list, .word, .words: nil
        }
    }
}
