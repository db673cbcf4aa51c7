// A message to people as bytes: a mail for sendmail(8) by RFC 5322, or what a program of the administrator's
// is given. What is told is decided by `NotificationDesk` (Failover); running the program is the daemon's.

public import Failover

/// One message, ready to be handed over.
public struct NotificationMessage: Sendable {
    private let notification: Notification
    private let node: NodeName
    private let date: String

    /// A message of this node.
    ///
    /// - Parameters:
    ///   - notification: what is told.
    ///   - node: this node's name.
    ///   - date: now in the form of RFC 5322, 3.3: `Sat, 21 Nov 2026 03:12:07 +0100`.
    public init(_ notification: Notification, node: NodeName, date: String) {
        self.notification = notification
        self.node = node
        self.date = date
    }

    /// How the message is handed to one target.
    ///
    /// - Parameters:
    ///   - target: a line `notify` of ha.cf.
    ///   - sendmail: the local mailer; it reads the recipients from the headers.
    /// - Returns: program, arguments without the program's name, variables to add to the environment as
    ///   `NAME=value`, and the standard input.
    public func invocation(
        for target: NotificationTarget,
        sendmail: String = "/usr/sbin/sendmail"
    ) -> NotificationInvocation {
        switch target {
        case .mail(let addresses):
            NotificationInvocation(
                program: sendmail,
                arguments: ["-t", "-i"],
                environment: [],
                input: Array(mail(to: addresses).utf8)
            )
        case .exec(let program, let arguments):
            NotificationInvocation(
                program: program,
                arguments: arguments,
                environment: environment,
                input: Array(
                    (([heading, ""] + notification.body).map { plain($0) + "\n" }).joined().utf8
                )
            )
        }
    }

    /// The subject with what a reader sorts by: `[baton l0] PAGE: link bcast eth1 is down`.
    ///
    /// What is over begins with `Over:`.
    public var heading: String {
        let prefix =
            if notification.recovers, notification.kind != .move {
                "Over: "
            } else if notification.severity == .page {
                "PAGE: "
            } else {
                ""
            }
        return "[baton \(node)] \(prefix)\(notification.subject)"
    }

    // MARK: Exec

    private var environment: [String] {
        let variables: [(name: String, value: String)] = [
            ("BATON_EVENT", notification.kind.rawValue),
            ("BATON_SEVERITY", word(notification.severity)),
            ("BATON_GROUP", notification.group?.text ?? ""),
            ("BATON_ABOUT", notification.about ?? ""),
            ("BATON_SUBJECT", notification.subject),
            ("BATON_NODE", node.text),
            ("BATON_RECOVERED", notification.recovers ? "1" : "0"),
        ]
        return variables.map { "\($0.name)=\(plain($0.value))" }
    }

    private func word(_ severity: Severity) -> String {
        switch severity {
        case .page: "page"
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }

    // MARK: Mail

    /// | header | value |
    /// |-|-|
    /// | To | the addresses, folded |
    /// | Subject | the heading; as encoded words of RFC 2047 where it is not plain ASCII |
    /// | Date | as given |
    /// | Auto-Submitted | auto-generated (RFC 3834): nobody's holiday notice answers |
    /// | X-Baton-Event | kind and severity, for filters |
    /// | MIME-Version, Content-Type, Content-Transfer-Encoding | text/plain, utf-8, 8bit |
    private func mail(to addresses: [String]) -> String {
        let recipients = addresses.map(address).filter { !$0.isEmpty }
        let headers = [
            "To: " + recipients.joined(separator: ",\n "),
            "Subject: " + Self.header(heading),
            "Date: " + Self.header(date),
            "Auto-Submitted: auto-generated",
            "X-Baton-Event: \(notification.kind.rawValue) \(word(notification.severity))",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ]
        let body = notification.body.flatMap { Self.broken(plain($0)) }
        return (headers + [""] + body).map { $0 + "\n" }.joined()
    }

    /// The address without anything that could end it, and none where it is longer than any (254 bytes, RFC 5321,
    /// 4.5.3.1.3): ha.cf has checked it, and nothing here relies on that.
    private func address(_ text: String) -> String {
        let plain = String(
            text.unicodeScalars.filter { $0.isASCII && $0.value > 0x20 && $0.value != 0x7f }
                .filter { !",;:<>()[]\\\"".unicodeScalars.contains($0) }.map(Character.init)
        )
        return plain.utf8.count <= 254 ? plain : ""
    }

    /// A header's text: one line, plain ASCII as it is, anything else as encoded words (RFC 2047, B).
    ///
    /// An encoded word has at most 75 characters, and ends where a character does.
    private static func header(_ text: String) -> String {
        let line = plain(text)
        if line.utf8.allSatisfy({ (0x20...0x7e).contains($0) }), line.utf8.count < 900,
            !line.contains("=?")
        {
            return line
        }
        var words: [String] = []
        var bytes: [UInt8] = []
        for character in line.unicodeScalars {
            let next = Array(String(character).utf8)
            if bytes.count + next.count > 45 {
                words.append(encodedWord(bytes))
                bytes = []
            }
            bytes += next
        }
        words.append(encodedWord(bytes))
        return words.joined(separator: "\n ")
    }

    private static func encodedWord(_ bytes: [UInt8]) -> String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        )
        var text: [UInt8] = []
        for begin in stride(from: 0, to: bytes.count, by: 3) {
            let three = bytes[begin..<min(begin + 3, bytes.count)]
            var number: UInt32 = 0
            for place in 0..<3 {
                number = number << 8 | UInt32(place < three.count ? three[begin + place] : 0)
            }
            for place in 0..<4 {
                let six = Int(number >> UInt32(18 - 6 * place)) & 63
                text.append(place <= three.count ? alphabet[six] : UInt8(ascii: "="))
            }
        }
        return "=?utf-8?B?" + String(decoding: text, as: UTF8.self) + "?="
    }

    /// A line of at most 900 bytes: RFC 5322 allows 998.
    private static func broken(_ line: String) -> [String] {
        guard line.utf8.count > 900 else { return [line] }
        var lines = [""]
        for scalar in line.unicodeScalars {
            if lines[lines.count - 1].utf8.count > 896 { lines.append("") }
            lines[lines.count - 1].unicodeScalars.append(scalar)
        }
        return lines
    }

    private func plain(_ text: String) -> String { Self.plain(text) }

    /// The text in one line, control characters as blanks: no header ends here, no terminal is moved.
    private static func plain(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                result.append(" ")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

/// A program to run for a message.
public struct NotificationInvocation: Equatable, Sendable {
    /// Its absolute path.
    public var program: String
    /// Its arguments, its name left out.
    public var arguments: [String]
    /// Variables to add to its environment, `NAME=value`; no value has a control character.
    public var environment: [String]
    /// What it reads on standard input.
    public var input: [UInt8]

    /// Makes it of its parts.
    public init(program: String, arguments: [String], environment: [String], input: [UInt8]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.input = input
    }
}
