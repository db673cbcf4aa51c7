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

    /// DIRECTORY of the socket, PORT, USER, DATABASE, MILLISECONDS, STATEMENT; or, for the server that BATON_CONNINFO
    /// names (libpq, "Connection Strings"), `replication` or `database`, MILLISECONDS, STATEMENT.
    init(_ words: [String]) throws(MonitorUsageError) {
        if words.count == 3, let conninfo = Environment.value("BATON_CONNINFO") {
            guard ["replication", "database"].contains(words[0]), let limit = Int64(words[1]),
                limit > 0
            else { throw MonitorUsageError("it takes replication|database MILLISECONDS STATEMENT") }
            // libpq reads the first `dbname` as a whole connection string; what stands behind it counts above that.
            parameters =
                [("dbname", conninfo), ("fallback_application_name", "baton-resource")]
                + (words[0] == "replication" ? [("replication", "true")] : [])
            timeLimit = .milliseconds(min(limit, 600_000))
            query = words[2]
            return
        }
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
    /// 1: the server answers STATE TEXT (a state of five characters). 3: it does not answer, for this reason. 126: nothing
    /// could be asked.
    func run() -> MonitorAnswer {
        let deadline = BootClock.now + timeLimit.nanoseconds
        while true {
            let (reply, timeoutText) = ask(until: deadline)
            guard case .fault(let fault)? = reply, fault.state == nil,
                fault.text.contains(PostgresQuery.fullQueue)
            else { return answer(reply, timeoutText) }
            guard BootClock.now + PostgresQuery.pause < deadline else {
                // Its queue of connections is full, so it is busy: cannot_connect_now (appendix A).
                return MonitorAnswer(exit: 1, output: MonitorAnswer.line("57P03 \(fault.text)"))
            }
            wait(PostgresQuery.pause)
        }
    }

    /// What libpq says of EAGAIN, with which the kernel refuses a connection to a socket whose queue is full.
    private static let fullQueue = "Resource temporarily unavailable"
    /// Until the next try.
    private static let pause: Int64 = 100_000_000

    private func wait(_ nanoseconds: Int64) {
        do throws(SystemError) {
            let poller = try Poller()
            try poller.arm(at: BootClock.now + nanoseconds)
            _ = try poller.wait()
        } catch {
            // No descriptor left: the next try comes at once, and the deadline ends them all.
            return
        }
    }

    private func ask(until deadline: Int64) -> (PostgresReply?, String) {
        var reply: PostgresReply?
        let conversation = PostgresConversation(parameters, query: query) {
            reply = $0
            return .passed
        }
        var conversations = Conversations()
        conversations.add("", [conversation])
        _ = conversations.run(until: deadline)
        return (reply, conversation.timeoutText)
    }

    private func answer(_ reply: PostgresReply?, _ timeoutText: String) -> MonitorAnswer {
        switch reply {
        case .rows(let rows):
            let lines = rows.map { $0.map(PostgresQuery.field).joined(separator: "\t") + "\n" }
            return MonitorAnswer(exit: 0, output: lines.joined())
        case .fault(let fault):
            let state = fault.state ?? (fault == .missingPassword ? "28000" : nil)
            return state.map {
                MonitorAnswer(exit: 1, output: MonitorAnswer.line("\($0) \(fault.text)"))
            } ?? MonitorAnswer(exit: 3, output: MonitorAnswer.line(fault.text))
        case nil: return MonitorAnswer(exit: 3, output: MonitorAnswer.line(timeoutText))
        }
    }

    private static func field(_ text: String?) -> String {
        guard let text else { return "\\N" }
        return String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
    }
}
