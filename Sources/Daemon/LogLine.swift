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
    func stamped(node: String, process: Int32, zone: LocalTime) -> String {
        "\(zone.text) \(node) batond[\(process)]: \(word): \(text)\n"
    }

    /// For `/dev/log` (RFC 3164): `<facility * 8 + severity>Mmm dd hh:mm:ss batond[pid]: text`.
    func syslog(facility: Int, process: Int32, zone: LocalTime) -> String {
        "<\(facility * 8 + severity.rawValue)>\(zone.syslogText) batond[\(process)]: \(text)"
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

    /// The facilities of syslog(3) by the names of ha.cf; `nil` for another word.
    static func facility(_ name: String) -> Int? {
        let names = [
            "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
            "authpriv", "ftp",
        ]
        if let place = names.firstIndex(of: name) { return place }
        guard name.hasPrefix("local"), let number = Int(name.dropFirst(5)), (0...7).contains(number)
        else { return nil }
        return 16 + number
    }

    /// Control characters become spaces, so that no script's output forges a line; at most 2,048
    /// bytes.
    private static func oneLine(_ text: String) -> String {
        var bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return String(decoding: bytes.prefix(2048), as: UTF8.self)
    }

    /// A moment as two kinds of text.
    struct LocalTime: Equatable {
        /// `2031-05-09 14:03:07.042`.
        var text: String
        /// `May  9 14:03:07`.
        var syslogText: String
    }
}

extension LogLine.LocalTime {
    /// The local time of a moment; reads the time zone's file, so only a helper calls it.
    init(_ nanoseconds: Int64) {
        let time = WallClock.localTime(atSecond: nanoseconds / 1_000_000_000)
        func padded(_ number: Int, _ width: Int, _ fill: Character = "0") -> String {
            let digits = String(number)
            return String(repeating: fill, count: max(0, width - digits.count)) + digits
        }
        let clock = [time.hour, time.minute, time.second].map { padded($0, 2) }
            .joined(separator: ":")
        let date = [padded(time.year, 4), padded(time.month, 2), padded(time.day, 2)]
        let milliseconds = Int(nanoseconds / 1_000_000 % 1000)
        text = "\(date.joined(separator: "-")) \(clock).\(padded(milliseconds, 3))"
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let month = months[min(max(time.month, 1), 12) - 1]
        syslogText = "\(month) \(padded(time.day, 2, " ")) \(clock)"
    }
}
