// How a notice looks as a line. Pure; writing lines is `LogWriter`.

import Failover
import Linux

/// One line for the log.
struct LogLine: Equatable {
    /// How urgent.
    var severity: Severity
    /// The words, without an end of line.
    var text: String
    /// Nanoseconds since 1970.
    var time: Int64

    init(severity: Severity, text: String, time: Int64) {
        self.severity = severity
        self.text = LogLine.oneLine(text)
        self.time = time
    }

    /// The line of a notice: its code to grep for, the group, the words, the rule and its facts.
    init(_ notice: Notice, time: Int64) {
        var text = "\(notice.code.rawValue): "
        if let group = notice.group { text += "\(group): " }
        text += notice.text
        if let reason = notice.reason { text += " [\(reason.rule.rawValue): \(reason.facts)]" }
        self.init(severity: notice.severity, text: text, time: time)
    }

    /// For a journal: `<4>text` (sd-daemon(3)).
    var journal: String { "<\(severity.rawValue)>\(text)\n" }

    /// For a terminal or a file: local time with milliseconds, node, process, urgency, text.
    func stamped(node: String, process: Int32, at moment: String) -> String {
        "\(moment) \(node) batond[\(process)]: \(word): \(text)\n"
    }

    /// The urgency as a word.
    var word: String {
        switch severity {
        case .page: "PAGE"
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }

    /// Control characters, also those of ISO 8859 by which some terminals are moved, become spaces, so that no
    /// script's output forges a line; at most 2,048 bytes.
    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            let shown = scalar.properties.generalCategory == .control ? " " : scalar
            count += UTF8.width(shown)
            guard count <= 2048 else { break }
            line.append(shown)
        }
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}

extension LogLine {
    /// `2031-05-09 14:03:07.042`.
    ///
    /// Reads the time zone's file at the first call, so only a helper and the start call it.
    static func localTime(_ nanoseconds: Int64) -> String {
        let time = WallClock.localTime(atSecond: nanoseconds / 1_000_000_000)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = [padded(time.year, 4), padded(time.month, 2), padded(time.day, 2)]
        let clock = [time.hour, time.minute, time.second].map { padded($0, 2) }
        let milliseconds = padded(Int(nanoseconds / 1_000_000 % 1000), 3)
        return "\(date.joined(separator: "-")) \(clock.joined(separator: ":")).\(milliseconds)"
    }
}
