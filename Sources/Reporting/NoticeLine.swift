// A notice as one line, the same in the journal, in log files and in the timeline.

public import Failover

extension Notice {
    /// One line: severity word, code, group, text and the decision behind it, each without control characters.
    ///
    /// **Shape**: `warning takeoverHeld 192.168.6.100: text [S1: facts]`; without a group the colon stands
    /// behind the code, without a reason there are no brackets.
    public var line: String {
        var line = severity.word + " " + code.rawValue
        if let group { line += " " + printable(group.text) }
        line += ": " + printable(text)
        if let reason { line += " [\(reason.rule.rawValue): \(printable(reason.facts))]" }
        return line
    }
}

extension Severity {
    /// The severity as a word to grep for: `page`, `error`, `warning`, `info` or `debug`.
    public var word: String {
        switch self {
        case .page: "page"
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }
}
