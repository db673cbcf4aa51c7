// baton-monitor as a function of its words: which monitor, its options, its answer. Each monitor is in a
// file of its own; printing and exiting are the program's.

import Configuration
import Linux

/// A monitor with its options read, ready to run.
protocol ServiceMonitor {
    /// From the words behind its name.
    init(_ words: [String]) throws(MonitorUsageError)
    /// The longest it may take by its own deadlines.
    var timeLimit: Duration { get }
    /// Checks, and waits for it.
    func run() -> MonitorAnswer
}

/// The monitors by name.
public enum MonitorProgram {
    /// The names, as mon knows them.
    public static let names = [
        "tcp.monitor", "msql-mysql.monitor", "postgres.monitor", "http.monitor", "fping.monitor",
        "disk.monitor",
    ]

    /// How the program is called.
    public static let usage = """
        usage: baton-monitor NAME ARGUMENT... HOST...
        exit:  0 it serves, 1 it fails, 126 or more nobody can tell

          tcp.monitor [-p PORT[,PORT...]] [-t SECONDS] [-s TEXT] [-e TEXT] [-S ADDRESS] HOST[:PORT]...
          msql-mysql.monitor [--mode mysql] [--username NAME] [--password /FILE|TEXT] [--database NAME]
              [--port PORT] [--socket PATH] [--timeout SECONDS] [--client PATH] HOST...
          postgres.monitor [--port PORT] [--username NAME] [--password /FILE|TEXT] [--database NAME]
              [--timeout SECONDS] [--role primary|standby] [--maxlag SECONDS] HOST|DIRECTORY...
          http.monitor [-p PORT] [-t SECONDS] [-u PATH] [-a AGENT] [-m REGEX] [-o] [-H NAME]
              [--status CODE[,CODE...]] [--tls] [--insecure] HOST...
          fping.monitor [-a] [-r RETRIES] [-s MILLISECONDS] [-t MILLISECONDS] HOST...
          disk.monitor [-t SECONDS] DIRECTORY...

        baton-monitor --stdin reads NAME and what follows from its standard input, each ended by a NUL
        byte, so that no other user sees a password among the arguments.

        """

    /// The words that `--stdin` reads: each ended by a NUL byte.
    public static func words(ofInput bytes: [UInt8]) -> [String] {
        var words = bytes.split(separator: 0, omittingEmptySubsequences: false)
        if words.last?.isEmpty == true { words.removeLast() }
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Blots out passwords among this program's own arguments, which every user of the machine may
    /// read; `words` are those behind the program's name.
    public static func hidePasswords(_ words: [String]) {
        for (index, offset) in MonitorArguments.passwords(in: words) {
            ThisProcess.hideArgument(index + 1, from: offset)
        }
    }

    /// Runs the monitor that `words` name; takes as long as its deadlines allow, and is ended by
    /// SIGALRM within the second after.
    public static func run(_ words: [String]) -> MonitorAnswer {
        guard let name = words.first else {
            return .misused("no monitor is named; baton-monitor --help tells more")
        }
        let rest = Array(words.dropFirst())
        do throws(MonitorUsageError) {
            switch name {
            case "tcp.monitor": return try run(TCPMonitor(rest))
            case "msql-mysql.monitor", "mysql.monitor": return try run(MySQLMonitor(rest))
            case "postgres.monitor": return try run(PostgresMonitor(rest))
            case "http.monitor": return try run(HTTPMonitor(rest))
            case "fping.monitor": return try run(FpingMonitor(rest))
            case "disk.monitor": return try run(DiskMonitor(rest))
            case DiskProbe.name: return DiskProbe.run(rest)
            case PostgresQuery.name: return try run(PostgresQuery(rest))
            default:
                let known = names.joined(separator: " ")
                throw MonitorUsageError("no such monitor; there are \(known)")
            }
        } catch {
            return .misused("\(name): \(error)")
        }
    }

    private static func run(_ monitor: some ServiceMonitor) -> MonitorAnswer {
        do throws(SystemError) {
            let limit = monitor.timeLimit + .milliseconds(800)
            try ThisProcess.endByAlarm(afterNanoseconds: limit.nanoseconds)
            // Whoever started this may have held signals back.
            try Signal.terminate.restoreDefault()
            // A peer that closes is an error of the call, never the end of this program.
            try Signal.pipe.ignore()
        } catch {
            return .unknown("cannot begin: \(error)")
        }
        return monitor.run()
    }
}

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
