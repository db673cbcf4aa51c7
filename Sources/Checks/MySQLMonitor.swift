// msql-mysql.monitor: a real query by the server's own client, which is a child of this program. What the
// client is told stands in a file without a name, its standard input: a password is in no argument list,
// environment or directory.

import Configuration
import Linux

struct MySQLMonitor: ServiceMonitor {
    static let options: [MonitorArguments.Option] = [
        .init("mode"), .init("username"), .init("password"), .init("database"), .init("port"),
        .init("timeout"), .init("socket"), .init("client"),
    ]
    static let clients = ["mariadb", "mysql"]
    static let directories = [
        "/usr/bin", "/usr/local/bin", "/usr/local/mysql/bin", "/usr/local/mariadb/bin",
    ]
    static let hostsMaximum = 64

    let timeout: Duration
    private let hosts: [String]
    private let username: String?
    private let password: String?
    private let database: String?
    private let port: Int
    private let socket: String?
    private let client: String?

    init(_ words: [String]) throws(MonitorUsageError) {
        let given = try MonitorArguments(words, options: MySQLMonitor.options, style: .names)
        let mode = given.values["mode"]?.lowercased() ?? "mysql"
        guard mode == "mysql" else {
            throw MonitorUsageError(
                mode == "msql"
                    ? "mSQL servers are not known here; --mode mysql is"
                    : "--mode takes mysql"
            )
        }
        hosts = distinct(given.rest)
        guard !hosts.isEmpty, hosts.count <= MySQLMonitor.hostsMaximum else {
            throw MonitorUsageError(hosts.isEmpty ? "no host to check" : "more than 64 hosts")
        }
        for host in hosts { _ = try plain(host, "a host") }
        timeout = try given.seconds("timeout") ?? .seconds(60)
        username = try given.values["username"].map { (text) throws(MonitorUsageError) in
            try plain(text, "--username")
        }
        password = try Checks.password(given.values["password"])
        database = try given.values["database"].map { (text) throws(MonitorUsageError) in
            try plain(text, "--database")
        }
        socket = try given.values["socket"].map { (text) throws(MonitorUsageError) in
            try plain(text, "--socket")
        }
        port = try given.number("port", in: 0...65535) ?? 0
        client = given.values["client"]
    }

    var timeLimit: Duration { timeout }

    func run() -> MonitorAnswer {
        let deadline = BootClock.now + timeout.nanoseconds
        guard let path = client ?? MySQLMonitor.installedClient() else {
            let doing = "install mariadb-client, or name the program with --client"
            return MonitorAnswer(
                hosts.map {
                    ($0, .missing("neither mariadb nor mysql is installed here; \(doing)"))
                }
            )
        }
        var conversations = Conversations()
        for host in hosts {
            let question = MySQLConversation.Question(
                path: path,
                options: optionFile(host),
                database: database,
                seconds: Int((timeout.nanoseconds + 999_999_999) / 1_000_000_000)
            )
            conversations.add(host, [MySQLConversation(question)])
        }
        return MonitorAnswer(conversations.run(until: deadline))
    }

    /// What the client reads, in the syntax of option files: quotes around a value, a
    /// backslash before quotes and backslashes within.
    ///
    /// `localhost` is the server's socket, as it is for mon's monitor and for the client itself, which
    /// ignore the port then. One exception: a port that is not the usual one names another server
    /// than the one behind the usual socket, and is asked at 127.0.0.1.
    func optionFile(_ host: String) -> String {
        var lines = ["[client]"]
        func set(_ name: String, _ value: String?) {
            guard let value else { return }
            // The client's reader looks for comments too, and would find one behind a quote that it
            // takes for the last.
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            lines.append("\(name)=\"\(escaped)\"")
        }
        set("user", username)
        set("password", password)
        if let socket {
            lines += ["protocol=SOCKET"]
            set("socket", socket)
        } else if host.lowercased() == "localhost", port == 0 || port == 3306 {
            lines += ["protocol=SOCKET"]
        } else {
            lines += ["protocol=TCP", "port=\(port == 0 ? 3306 : port)"]
            set("host", host.lowercased() == "localhost" ? "127.0.0.1" : host)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func installedClient() -> String? {
        let path = ThisProcess.environment("PATH") ?? ""
        let directories = path.split(separator: ":").map(String.init) + directories
        for directory in directories where directory.hasPrefix("/") {
            for name in clients where Files.isExecutable("\(directory)/\(name)") {
                return "\(directory)/\(name)"
            }
        }
        return nil
    }
}

/// Each word once, in order: mon.cf's of old name a host in the line and have it appended again.
func distinct(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
}
