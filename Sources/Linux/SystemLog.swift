// Lines to the local system log (RFC 3164 as syslog(3) writes it to /dev/log), dropped and counted
// rather than waited for.

/// The system log's door.
public final class SystemLog {
    /// How much a line matters (syslog(3)).
    public enum Severity: Int, Sendable {
        /// LOG_CRIT.
        case critical = 2
        /// LOG_ERR.
        case error = 3
        /// LOG_WARNING.
        case warning = 4
        /// LOG_NOTICE.
        case notice = 5
        /// LOG_INFO.
        case informational = 6
        /// LOG_DEBUG.
        case debug = 7
    }

    /// Where a line is filed (syslog(3)).
    public struct Facility: RawRepresentable, Hashable, Sendable {
        /// 0...23.
        public let rawValue: Int
        /// Any number is taken as it is.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// LOG_DAEMON.
        public static let daemon = Facility(rawValue: 3)

        /// By its name in syslog.conf(5), such as `local0`; nil for an unknown one.
        public init?(name: String) {
            let names = [
                "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
                "authpriv", "ftp",
            ]
            if let number = names.firstIndex(of: name) {
                self.init(rawValue: number)
            } else if name.hasPrefix("local"), let number = Int(name.dropFirst(5)),
                (0...7).contains(number), name.count == 6
            {
                self.init(rawValue: 16 + number)
            } else {
                return nil
            }
        }
    }

    /// Whether lines sent to a system log's door end up in the journal: systemd's journal puts its own door there, and
    /// tells rsyslog of every line itself (systemd-journald.service(8), `/run/systemd/journal/dev-log`).
    public static func isJournal(_ path: String = "/dev/log") -> Bool {
        guard let resolved = try? Files.resolved(path) else { return false }
        return resolved.hasPrefix("/run/systemd/journal/")
    }

    /// How many lines were lost because nobody took them.
    public private(set) var droppedCount = 0

    private let facility: Facility
    private let tag: String
    private let sender: DatagramSender

    /// A log under a facility and a program's name.
    public init(facility: Facility, tag: String, path: String = "/dev/log") {
        self.facility = facility
        self.tag = tag
        sender = DatagramSender(path)
    }

    /// Sends a line, or drops and counts it: nobody waits for a log.
    ///
    /// The time stamp is left out, as RFC 3164 section 4.3.2 lets the receiver add its own.
    ///
    /// - Returns: Whether it was taken.
    @discardableResult
    public func write(_ severity: Severity, _ text: String) -> Bool {
        let priority = facility.rawValue << 3 | severity.rawValue
        let line = "<\(priority)>\(tag)[\(ProcessID.current)]: \(text)"
        do {
            try sender.send(Array(line.utf8))
            return true
        } catch {
            droppedCount += 1
            return false
        }
    }
}
