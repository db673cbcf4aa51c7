// One thing to say about a configuration file, and the list a parser collects. How a diagnostic looks
// on a terminal is `Diagnostic+Rendering`.

/// Something found in a configuration file, in the administrator's words.
public struct Diagnostic: Equatable, Sendable, Codable {
    /// How much it matters.
    public enum Severity: String, Sendable, Codable, Comparable, CaseIterable {
        /// Read as meant, or good to know.
        case note
        /// The daemon runs; something will surprise or hurt one day.
        case warning
        /// The daemon refuses the configuration.
        case error

        /// The word in front of the message.
        public var word: String { rawValue }

        private var weight: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }

        /// Ordered by how much it matters.
        public static func < (left: Severity, right: Severity) -> Bool {
            left.weight < right.weight
        }
    }

    /// How much it matters.
    public var severity: Severity
    /// What kind of thing it is; the raw value never changes its meaning.
    public var code: Code
    /// The file's name as the caller gave it.
    public var file: String
    /// Line, from 1; 0 when it is about the file as a whole.
    public var line: Int
    /// Column in characters, from 1; 0 when it is about the line or file as a whole.
    public var column: Int
    /// One sentence without a full stop.
    public var message: String
    /// What to do, where we know.
    public var hint: String?
    /// The line it is about, safe for a terminal and without secrets, cut around the column.
    public var excerpt: String?
    /// Characters of `excerpt` before the caret.
    public var caret: Int

    /// Makes a diagnostic about a file as a whole.
    public init(
        _ severity: Severity,
        _ code: Code,
        file: String,
        _ message: String,
        hint: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.file = file
        line = 0
        column = 0
        self.message = message
        self.hint = hint
        excerpt = nil
        caret = 0
    }
}

/// The diagnostics of one file while it is read.
///
/// It keeps at most `maximum` of them, so that no input makes it grow without bound; the rest are
/// counted and said in one line. Errors beyond the limit still count as errors.
struct DiagnosticList {
    /// More than anybody reads at once.
    static let maximum = 200

    /// The text the positions refer to.
    let source: SourceText
    private(set) var kept: [Diagnostic] = []
    private var droppedCount = 0
    private var droppedSeverity = Diagnostic.Severity.note

    init(source: SourceText) {
        self.source = source
    }

    /// All of them in the order of lines, notes about the whole file last.
    var all: [Diagnostic] {
        var result = kept.enumerated().sorted { left, right in
            let leftLine = left.element.line == 0 ? Int.max : left.element.line
            let rightLine = right.element.line == 0 ? Int.max : right.element.line
            return (leftLine, left.element.column, left.offset)
                < (rightLine, right.element.column, right.offset)
        }.map(\.element)
        if droppedCount > 0 {
            result.append(
                Diagnostic(
                    droppedSeverity,
                    .tooManyDiagnostics,
                    file: source.file,
                    "\(droppedCount) more like these"
                )
            )
        }
        return result
    }

    /// Whether one more thing fits; an error when it is the first that does not.
    ///
    /// Every list that grows with a file is held by this, so that reading stays quick whatever is in it.
    mutating func hasRoom(
        after count: Int,
        maximum: Int,
        of things: String,
        at position: Position
    ) -> Bool {
        guard count >= maximum else { return true }
        if !kept.contains(where: { $0.code == .tooMany && $0.message.hasSuffix(things) }) {
            error(.tooMany, at: position, "more than \(maximum) \(things)")
        }
        return false
    }

    mutating func error(
        _ code: Diagnostic.Code,
        at position: Position?,
        _ message: String,
        hint: String? = nil
    ) {
        add(.error, code, at: position, message, hint: hint)
    }

    mutating func warning(
        _ code: Diagnostic.Code,
        at position: Position?,
        _ message: String,
        hint: String? = nil
    ) {
        add(.warning, code, at: position, message, hint: hint)
    }

    mutating func note(
        _ code: Diagnostic.Code,
        at position: Position?,
        _ message: String,
        hint: String? = nil
    ) {
        add(.note, code, at: position, message, hint: hint)
    }

    mutating func add(
        _ severity: Diagnostic.Severity,
        _ code: Diagnostic.Code,
        at position: Position?,
        _ message: String,
        hint: String? = nil
    ) {
        guard kept.count < DiagnosticList.maximum else {
            droppedCount += 1
            droppedSeverity = max(droppedSeverity, severity)
            return
        }
        var diagnostic = Diagnostic(severity, code, file: source.file, message, hint: hint)
        if let position {
            diagnostic.line = position.line
            diagnostic.column = source.column(of: position)
            (diagnostic.excerpt, diagnostic.caret) = source.excerpt(around: position)
        }
        kept.append(diagnostic)
    }
}
