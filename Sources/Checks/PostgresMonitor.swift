// postgres.monitor: connects, asks whether the server is in recovery, and judges role and lag. mon ships
// nothing of the kind.

import Configuration
import Linux

struct PostgresMonitor: ServiceMonitor {
    /// What a server is to be.
    enum Role: String {
        case primary
        case standby
    }

    static let options: [MonitorArguments.Option] = [
        .init("host"), .init("port"), .init("username"), .init("password"), .init("database"),
        .init("timeout"), .init("role"), .init("maxlag"),
    ]

    private let hosts: [String]
    private let parameters: [(String, String)]
    private let timeout: Duration
    private let expectation: Expectation

    /// What an answer must say.
    struct Expectation: Hashable {
        var role: Role?
        /// For standbys; nil for any.
        var maxlag: Duration?
    }

    init(_ words: [String]) throws(MonitorUsageError) {
        let given = try MonitorArguments(words, options: PostgresMonitor.options, style: .names)
        // --host is for a line that ends with `;;`, so that mon.cf's hosts are not appended.
        hosts = distinct((given.values["host"].map { [$0] } ?? []) + given.rest)
        guard !hosts.isEmpty else {
            throw MonitorUsageError("no host to check; a socket's directory counts as one")
        }
        timeout = try given.seconds("timeout") ?? .seconds(10)
        var role: Role?
        if let text = given.values["role"] {
            role = Role(rawValue: text.lowercased())
            if role == nil { throw MonitorUsageError("--role takes primary or standby") }
        }
        expectation = Expectation(role: role, maxlag: try given.seconds("maxlag"))
        var parameters = [
            ("port", "\(try given.number("port", in: 1...65535) ?? 5432)"),
            ("fallback_application_name", "baton-monitor"),
            // Kerberos would ask name servers and files before the first packet.
            ("gssencmode", "disable"),
        ]
        if let name = given.values["username"] {
            parameters.append(("user", try plain(name, "--username")))
        }
        // A name, never a whole connection string: libpq would expand one that holds `=`.
        let database = given.values["database"] ?? "postgres"
        parameters.append(("dbname", try plain(database, "--database")))
        if let password = try Checks.password(given.values["password"]) {
            parameters.append(("password", password))
        }
        self.parameters = parameters
    }

    var timeLimit: Duration { timeout }

    func run() -> MonitorAnswer { MonitorAnswer(hosts, within: timeout, ways: ways) }

    /// Names are looked up here, for libpq would wait for it, out of reach of the deadline.
    private func ways(to host: String) -> [any Conversation] {
        if host.hasPrefix("/") {
            return [conversation(parameters + [("host", host)])]
        }
        switch addresses(of: host) {
        case .failure(let failure): return [EndedConversation(noAddress(host, failure))]
        case .success(let addresses):
            return addresses.map { address in
                let place = [("host", host), ("hostaddr", "\(address)")]
                return conversation(parameters + place)
            }
        }
    }

    private func conversation(_ parameters: [(String, String)]) -> any Conversation {
        PostgresConversation(parameters, query: PostgresAnswer.query) { reply in
            switch reply {
            case .fault(let fault): fault.verdict
            case .rows(let rows):
                PostgresAnswer(rows)?.verdict(expectation)
                    ?? .failed("it answers otherwise than a PostgreSQL")
            }
        }
    }
}

/// What a PostgreSQL server said of itself.
struct PostgresAnswer: Hashable {
    var isInRecovery: Bool
    /// Seconds by which a standby is behind; nil when it cannot be told.
    var lag: Double?

    init(isInRecovery: Bool, lag: Double?) {
        self.isInRecovery = isInRecovery
        self.lag = lag
    }

    /// What the query returns; nil for anything else.
    init?(_ rows: [[String?]]) {
        guard rows.count == 1, rows[0].count == 2 else { return nil }
        isInRecovery = rows[0][0] == "t"
        lag = rows[0][1].flatMap(Double.init)
    }

    /// One row of two columns.
    ///
    /// A standby that has replayed all it received is not behind only while it
    /// still receives; otherwise the age of what it replayed last counts.
    static let query = """
        SELECT pg_is_in_recovery(), \
        CASE WHEN NOT pg_is_in_recovery() THEN 0 \
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() \
        AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0 \
        ELSE EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp()) END
        """

    func verdict(_ expectation: PostgresMonitor.Expectation) -> Verdict {
        switch expectation.role {
        case .primary? where isInRecovery: return .failed("it is a standby, not the primary")
        case .standby? where !isInRecovery: return .failed("it is a primary, not a standby")
        default: break
        }
        guard isInRecovery, let maxlag = expectation.maxlag else { return .passed }
        guard let lag else {
            return .failed("it has replayed nothing yet, and receives nothing")
        }
        // Clocks of two machines: a replay time ahead of ours is no lag.
        let limit = Double(maxlag.nanoseconds) / 1e9
        guard lag > limit else { return .passed }
        return .failed("it is \(Int(min(lag, 1e9))) s behind, more than \(maxlag.shortText)")
    }
}

/// An error of PostgreSQL.
struct PostgresFault: Hashable {
    /// One line.
    var text: String
    /// Five characters (PostgreSQL, appendix A); nil for what libpq says itself.
    var state: String?

    /// From libpq's words, whose verbose form has the state behind the severity.
    ///
    /// Only the first line counts: hints and places in the source follow.
    init(_ message: String) {
        let line = message.split(separator: "\n").first.map(String.init) ?? "no reason given"
        let match = line.firstMatch(of: #/\b([A-Z]+):  ([0-9A-Z]{5}): /#)
        state = match.map { String($0.2) }
        text = match.map { line.replacingCharacters($0.range, with: "\($0.1): ") } ?? line
    }

    /// The server wants a password, and none was given.
    static let missingPassword = PostgresFault("the server asks for a password")

    /// Classes of states in which the server answered, and refused what it was asked for.
    static let refusals: [String: String] = [
        "28": "correct --username and --password, or pg_hba.conf",
        "3D": "correct --database", "42": "grant this user pg_is_in_recovery()",
        "0A": "ask a PostgreSQL of version 10 or later",
    ]

    /// Words of libpq about its own side, which has no state.
    static let ownWords: [(part: String, doing: String)] = [
        ("no password supplied", "give --password"),
        ("asks for a password", "give --password"),
        ("Permission denied", "this program may not use the socket"),
        ("sslmode", "look at the TLS settings of client and server"),
        ("certificate", "look at the TLS settings of client and server"),
        ("SSL error", "look at the TLS settings of client and server"),
        ("authentication method", "allow this user another authentication method"),
        ("invalid connection option", "this is a fault of baton-monitor"),
        ("out of memory", "this machine has no memory left"),
    ]

    var verdict: Verdict {
        if let state {
            guard let doing = PostgresFault.refusals[String(state.prefix(2))] else {
                return .failed(text)
            }
            return .unknown("\(text); \(doing)")
        }
        if let own = PostgresFault.ownWords.first(where: { text.contains($0.part) }) {
            return .unknown("\(text); \(own.doing)")
        }
        return .failed(text)
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String
    {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
