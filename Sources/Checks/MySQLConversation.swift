// One run of the client of MySQL or MariaDB, and what its error number says.

import Linux

final class MySQLConversation: Conversation {
    struct Question {
        var path: String
        /// The text of the option file.
        var options: String
        var database: String?
        /// The deadline in seconds, rounded up, for the client's own handshake.
        var seconds: Int
    }

    private let question: Question
    private let child: Result<ChildProcess, SystemError>

    init(_ question: Question) {
        self.question = question
        do throws(SystemError) {
            let child = try ChildProcess(
                MySQLConversation.command(question),
                input: Array(question.options.utf8),
                endsWithParent: true,
                // Errors come last; a database may have more tables than anybody wants to read.
                outputMaximum: 4096
            )
            try child.open()
            self.child = .success(child)
        } catch {
            child = .failure(error)
        }
    }

    /// The listing of tables is what mon's monitor asks for, and it goes to the server's disk.
    static func command(_ question: Question) -> Command {
        var arguments = [
            "--defaults-file=/dev/stdin", "--batch", "--skip-column-names", "--no-auto-rehash",
            "--connect-timeout=\(question.seconds)",
            "--execute=\(question.database == nil ? "SELECT 1" : "SHOW TABLES")",
        ]
        if let database = question.database { arguments.append("--database=\(database)") }
        return Command(question.path, arguments)
    }

    var watched: [(number: Int32, interest: Poller.Interest)] {
        guard case .success(let child) = child else { return [] }
        let output = child.outputNumber.map { [($0, Poller.Interest.readable)] } ?? []
        return [(child.exitNumber, .readable)] + output
    }

    var timeoutText: String { "timeout: no answer to a query within \(question.seconds) s" }

    func advance() -> Verdict? {
        do throws(SystemError) {
            let child = try self.child.get()
            while let bytes = try child.readOutput(), !bytes.isEmpty {}
            guard let ending = try child.ending() else { return nil }
            return verdict(ending, child.output.text)
        } catch {
            return .unknown("cannot run \(question.path): \(error)")
        }
    }

    func giveUp() { child.killGroup() }

    private func verdict(_ ending: ProcessEnding, _ output: String) -> Verdict {
        switch ending {
        case .exited(0):
            // mon's monitor holds an empty database for a failure too: the files are not there.
            if let database = question.database, !output.contains(/\S/) {
                return .failed("no tables in database '\(database)'")
            }
            return .passed
        case .exited(let code):
            guard let fault = MySQLFault(output) else {
                let line = output.split(separator: "\n").last.map(String.init) ?? "no word of it"
                return .unknown("\(question.path) exited with \(code): \(line)")
            }
            return fault.verdict
        case .killed(let signal, _):
            return .unknown("\(question.path) was ended by \(signal)")
        case .notExecuted(let error):
            return error.errno == .notFound
                ? .missing("there is no \(question.path); install mariadb-client, or see --client")
                : .unknown("cannot run \(question.path): \(error)")
        }
    }
}

/// An error of server or client by its number.
///
/// Source: the lists of server errors (1000...1999, 3000...) and client errors (2000...2999) of MariaDB
/// and MySQL.
struct MySQLFault: Hashable {
    var number: Int
    /// The line as the client wrote it, which names user and host but no password.
    var line: String

    /// From the client's output: `ERROR 1045 (28000): Access denied ...`.
    init?(_ output: String) {
        for line in output.split(separator: "\n") {
            guard let match = line.firstMatch(of: /ERROR (\d{4,5}) \(/), let number = Int(match.1)
            else { continue }
            self.number = number
            self.line = String(line[match.range.lowerBound...])
            return
        }
        return nil
    }

    /// The server answered, and refused what it was asked for: whoever asks is at fault.
    static let refusals: [Int: String] = [
        1044: "grant this user the database", 1045: "correct --username and --password",
        1049: "correct --database", 1129: "unblock this host (FLUSH HOSTS)",
        1130: "let this host connect", 1142: "grant this user the database",
        1251: "give this user another authentication method",
        1275: "give this user another authentication method",
        1524: "give this user another authentication method",
        1698: "correct --username and --password", 1820: "renew this user's password",
        1862: "renew this user's password", 2005: "correct the host's name",
        2026: "look at the TLS settings of client and server",
        2049: "give this user another authentication method",
        2059: "give this user another authentication method",
        2061: "give this user another authentication method",
        3118: "unlock this user", 3159: "look at the TLS settings of client and server",
        4151: "unlock this user",
    ]

    /// What the server says of itself when it cannot serve: connections used up, going down, its disk.
    static let failures: Set<Int> = [
        1016, 1017, 1018, 1021, 1023, 1024, 1026, 1030, 1033, 1034, 1035, 1037, 1038, 1040, 1041,
        1053,
        1077, 1078, 1079, 1080, 1135, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161,
        1184,
        1194, 1195, 1203, 1205, 1206, 1226, 1317, 1927, 1969, 3024, 3168,
    ]

    var verdict: Verdict {
        if let doing = MySQLFault.refusals[number] { return .unknown("\(line); \(doing)") }
        // The client's own numbers tell of the way to the server; a closed door to the socket is ours.
        if number == 2002, line.contains(/\(13[) ]/) {
            return .unknown("\(line); this program may not use the socket")
        }
        if (2000...2999).contains(number) || MySQLFault.failures.contains(number) {
            return .failed(line)
        }
        return .unknown("\(line)")
    }
}
