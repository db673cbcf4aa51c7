// postgres.query: one statement over a socket, its rows as text. No monitor: baton-resource asks by it, in a process of
// its own that can be ended, as the user whom the server lets in.

import Configuration
import Linux

struct PostgresQuery: ServiceMonitor {
    /// Not among the names of monitors.
    static let name = "postgres.query"

    private let parameters: [(String, String)]
    private let query: String
    let timeLimit: Duration

    /// DIRECTORY of the socket, PORT, USER, DATABASE, MILLISECONDS, STATEMENT.
    init(_ words: [String]) throws(MonitorUsageError) {
        guard words.count == 6, let limit = Int64(words[4]), limit > 0 else {
            throw MonitorUsageError("it takes DIRECTORY PORT USER DATABASE MILLISECONDS STATEMENT")
        }
        parameters = [
            ("host", words[0]), ("port", words[1]), ("user", words[2]), ("dbname", words[3]),
            ("fallback_application_name", "baton-resource"), ("gssencmode", "disable"),
            ("sslmode", "disable"),
        ]
        timeLimit = .milliseconds(min(limit, 600_000))
        query = words[5]
    }

    /// 0: the rows, one a line, with tabs between the fields and `\N` for NULL.
    ///
    /// 1: the server answers STATE TEXT (a state of five characters). 126: it does not answer, for this reason.
    func run() -> MonitorAnswer {
        var reply: PostgresReply?
        let conversation = PostgresConversation(parameters, query: query) {
            reply = $0
            return .passed
        }
        var conversations = Conversations()
        conversations.add("", [conversation])
        _ = conversations.run(until: BootClock.now + timeLimit.nanoseconds)
        switch reply {
        case .rows(let rows):
            let lines = rows.map { $0.map(PostgresQuery.field).joined(separator: "\t") + "\n" }
            return MonitorAnswer(exit: 0, output: lines.joined())
        case .fault(let fault):
            let state = fault.state ?? (fault == .missingPassword ? "28000" : nil)
            guard let state else { return .unknown(fault.text) }
            return MonitorAnswer(exit: 1, output: "\(state) \(fault.text)\n")
        case nil: return .unknown(conversation.timeoutText)
        }
    }

    private static func field(_ text: String?) -> String {
        guard let text else { return "\\N" }
        return String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
    }
}
