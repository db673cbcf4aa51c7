// What a check found, and how a monitor says it: exit code, a first line for people in a hurry, details.

/// What one check found.
enum Verdict: Hashable, Sendable {
    /// The service does as asked.
    case passed
    /// It does not: whoever uses it suffers.
    case failed(String)
    /// The check itself could not be made, which says nothing of the service.
    case unknown(String)
    /// The same, for a program is missing.
    case missing(String)

    /// The one that speaks for several ways to one service: one that passes is enough, and a failure
    /// says more than a check that could not be made.
    static func best(_ verdicts: [Verdict]) -> Verdict {
        if verdicts.contains(.passed) { return .passed }
        let failure = verdicts.first { if case .failed = $0 { true } else { false } }
        return failure ?? verdicts.first ?? .unknown("nothing to check")
    }
}

/// The end of a monitor, as mon's protocol has it.
public struct MonitorAnswer: Hashable, Sendable {
    /// 0 all passed, 1 at least one failed, 126 it cannot be told, 127 a program for it is missing.
    public var exit: Int32
    /// The first line is the summary; at most `outputMaximum` bytes.
    public var output: String

    /// Whether the words were wrong, so that nothing was asked.
    public var isMisuse = false

    /// The most bytes of output.
    public static let outputMaximum = 16384

    init(exit: Int32, output: String) {
        self.exit = exit
        self.output = output
    }

    /// That a monitor was asked wrongly, or cannot do its work.
    static func unknown(_ text: String) -> MonitorAnswer {
        MonitorAnswer(exit: 126, output: MonitorAnswer.line(text))
    }

    /// That the words were wrong.
    static func misused(_ text: String) -> MonitorAnswer {
        var answer = unknown(text)
        answer.isMisuse = true
        return answer
    }

    /// The answer about hosts: mon's list of the failed ones, then a line each.
    ///
    /// Without failures the unknown ones speak, the first of them as summary.
    init(_ hosts: [(name: String, verdict: Verdict)]) {
        var failures: [(name: String, text: String)] = []
        var doubts: [String] = []
        var isMissing = false
        for (name, verdict) in hosts {
            switch verdict {
            case .passed: break
            case .failed(let text): failures.append((name, text))
            case .unknown(let text): doubts.append("\(name): \(text)")
            case .missing(let text):
                isMissing = true
                doubts.append("\(name): \(text)")
            }
        }
        let lines = failures.map { "\($0.name): \($0.text)" } + doubts
        if failures.isEmpty {
            exit = doubts.isEmpty ? 0 : isMissing ? 127 : 126
            output = MonitorAnswer.text(doubts)
        } else {
            exit = 1
            output = MonitorAnswer.text(
                [failures.map(\.name).sorted().joined(separator: " ")] + lines
            )
        }
    }

    private static func text(_ lines: [String]) -> String {
        var text = ""
        for line in lines.map(MonitorAnswer.line) {
            guard text.utf8.count + line.utf8.count <= outputMaximum else { break }
            text += line
        }
        return text
    }

    /// One line, at most 1000 characters, with its end; what would not show becomes a blank.
    static func line(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(1000).map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        return String(shown) + "\n"
    }
}
