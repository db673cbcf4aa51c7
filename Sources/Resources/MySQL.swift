// mysql: a MariaDB or MySQL server on a data directory of the group. What runs is told by the processes: the server's
// working directory is its data directory, by whichever path, so no file has to remember it; and whoever answers at its
// socket is it only when the kernel says so. It is started directly, without mysqld_safe, whose restarts would hide from
// the group that the server died.

import Linux

/// `mysql::DATADIR[::CONFIG]`.
struct MySQL: DatabaseServer {
    /// The data directory, absolute.
    let directory: String
    /// The only file that options are read from; nil for those that the server reads by itself.
    let config: String?

    /// The server, the better name first.
    static let servers = ["mariadbd", "mysqld"]
    /// How its processes may be called.
    static let processNames: Set<String> = ["mariadbd", "mysqld", "mysqld-max", "mysqld-debug"]
    /// The client that asks it.
    static let clients = ["mariadb", "mysql"]
    /// Which prints the options of the files; the directory is Debian's and the upstream packages' alike.
    static let optionPrinter = "my_print_defaults"
    /// The time left at which a server that will not end is killed: its log makes that safe, and the filesystem
    /// below has to be unmounted yet.
    static let killMargin: Int64 = 10_000_000_000
    /// How long one question may take.
    static let questionLimit: Int64 = 10_000_000_000

    init(_ arguments: [String]) throws(ResourceUsageError) {
        guard (1...2).contains(arguments.count) else {
            throw ResourceUsageError("it takes DATADIR [CONFIG]")
        }
        for path in arguments where !path.hasPrefix("/") || path.withoutSlash == "/" {
            throw ResourceUsageError("'\(path)' is no absolute path")
        }
        directory = arguments[0].withoutSlash
        config = arguments.count > 1 ? arguments[1] : nil
    }

    // MARK: What is there

    /// The servers that work in the data directory.
    var server: ServerProcesses {
        ServerProcesses(
            directory: directory,
            names: MySQL.processNames,
            words: configWords + ["--datadir=\(directory)"],
            units: ["mariadb", "mysql"]
        )
    }

    func ready() -> ResourceAnswer {
        guard MySQL.server != nil else {
            return .failed("neither mariadbd nor mysqld is installed: apt install mariadb-server")
        }
        if let config, !Files.exists(config) { return .failed("there is no file \(config)") }
        return .done()
    }

    private static var server: Tool? { first(of: servers) }

    private static func first(of names: [String]) -> Tool? {
        names.lazy.map { Tool($0) }.first { $0.path != nil }
    }

    /// What the option files say.
    private struct Options {
        var socket = "/run/mysqld/mysqld.sock"
        var errorLog: String?
    }

    private var configWords: [String] { config.map { ["--defaults-file=\($0)"] } ?? [] }

    private func options(until deadline: Int64) throws(Unready) -> Options {
        let printed = Tool(MySQL.optionPrinter).ask(
            configWords + ["mysqld", "server", "mariadb", "mariadbd", "client-server"],
            until: deadline
        )
        guard printed.isGood else {
            throw Unready(
                text: "\(MySQL.optionPrinter) does not tell the options: \(printed.lastLine)"
            )
        }
        var options = Options()
        for line in printed.text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
            guard words.count == 2, !words[1].isEmpty else { continue }
            switch words[0].replacing("_", with: "-") {
            case "--socket": options.socket = inside(words[1])
            case "--log-error": options.errorLog = inside(words[1])
            default: continue
            }
        }
        return options
    }

    /// A path as the server reads it: relative ones are in the data directory.
    private func inside(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    // MARK: Asking

    /// What the server says to a query.
    private enum Answer {
        /// It answered.
        case good
        /// It answers, and tells nobody of ours more: full, or a password is wanted.
        case refused(String)
        /// It does not answer.
        case none(String)
        /// Somebody else answers there.
        case other(String)
    }

    private func ask(_ options: Options, until deadline: Int64) -> Answer {
        let limit = min(deadline, BootClock.now &+ MySQL.questionLimit)
        let greeting: [UInt8]
        let processes: [ProcessIdentity]
        do throws(Unready) {
            processes = try server.all
        } catch {
            return .other(error.text)
        }
        do throws(SystemError) {
            let server = try connect(options, until: limit)
            let listener = server.credentials.process
            guard processes.contains(where: { $0.id == listener }) else {
                return .other(
                    "process \(listener) answers at \(options.socket), which does not serve \(directory)"
                )
            }
            greeting = try server.firstBytesWaiting(milliseconds: MySQL.milliseconds(until: limit))
        } catch {
            return .none(
                error.errno == .timedOut
                    ? "nothing is said at \(options.socket)" : "\(options.socket): \(error)"
            )
        }
        // Three bytes of length, one of number, then 255 and a number for an error.
        guard greeting.count > 6 else { return .none("\(options.socket) was closed") }
        if greeting[4] == 255 {
            return .refused("error \(Int(greeting[5]) + 256 * Int(greeting[6]))")
        }
        guard let client = MySQL.first(of: MySQL.clients) else {
            return .refused("there is no client to ask more: apt install mariadb-client")
        }
        let result = client.run(
            configWords + [
                "--protocol=SOCKET", "--socket=\(options.socket)", "--batch", "--skip-column-names",
                "--execute=SELECT 1",
            ],
            until: limit
        )
        if result.isGood { return .good }
        return MySQL.isServersWord(result.lastLine)
            ? .refused(result.lastLine) : .none(result.lastLine)
    }

    private func connect(_ options: Options, until limit: Int64) throws(SystemError) -> UnixClient {
        try UnixClient(
            options.socket,
            waitingMilliseconds: MySQL.milliseconds(until: limit)
        )
    }

    private static func milliseconds(until limit: Int64) -> Int {
        max(1, Int((limit &- BootClock.now) / 1_000_000))
    }

    /// Whether an error of the client, `ERROR 1045 (28000): …`, is one that the server answered with.
    ///
    /// From 2000 to 2999 are the client's own; 2002 may have the server's number behind it.
    static func isServersWord(_ line: String) -> Bool {
        guard line.hasPrefix("ERROR "), let number = Int(line.dropFirst(6).prefix { $0.isNumber })
        else { return false }
        return !(2000...2999).contains(number) || line.contains("1040")
    }

    func monitor(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        guard let server = try server.leaders.first else {
            return .stopped("no server works in \(directory)")
        }
        switch ask(try options(until: deadline), until: deadline) {
        case .good: return .running("process \(server.id) answers a query")
        case .refused(let text):
            return .running(
                "process \(server.id) answers, but tells no more (\(text)): permit root by unix_socket, or name a user in "
                    + "[client] of the option files"
            )
        case .other(let text): return .unknown(text)
        case .none(let text): return .failed("process \(server.id) does not answer: \(text)")
        }
    }

    // MARK: Start

    func start(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        let options = try options(until: deadline)
        if try !server.all.isEmpty {
            // One that was about to end leaves the directory to this one.
            var isGone = false
            let answer = awaitAnswer(options, until: deadline) {
                isGone = (try? server.all.isEmpty) ?? false
                return isGone ? "it has ended" : nil
            }
            if !isGone { return answer }
        }
        guard let server = MySQL.server?.path else { return ready() }
        guard Files.isDirectory(directory) else {
            return .failed("\(directory) is no directory: is its filesystem mounted?")
        }
        guard Files.isDirectory("\(directory)/mysql") else {
            return .failed(
                "\(directory) holds no database (no directory mysql in it): is its filesystem mounted? A new one is made by "
                    + "mariadb-install-db --datadir=\(directory) --user=mysql"
            )
        }
        // A server started beside another on the same socket would wait for it, and might take the socket away.
        if let other = try? connect(
            options,
            until: min(deadline, BootClock.now &+ MySQL.questionLimit)
        ) {
            return .failed(
                "process \(other.credentials.process), another server, listens at \(options.socket): stop it, or give this "
                    + "one another socket"
            )
        }
        return launch(server, options, until: deadline)
    }

    /// Runs the server, and waits until it answers.
    private func launch(
        _ server: String,
        _ options: Options,
        until deadline: Int64
    ) -> ResourceAnswer {
        let owner: String
        do throws(Unready) {
            owner = try DataOwner(of: directory, until: deadline).name
        } catch {
            return .failed(error.text)
        }
        makeSocketDirectory(options.socket, owner, until: deadline)
        let log = options.errorLog ?? "\(directory)/baton-mysql.err"
        let logged = Files.size(log) ?? 0
        let child: ChildProcess
        do throws(SystemError) {
            let given = [
                "--datadir=\(directory)", "--user=\(owner)", "--socket=\(options.socket)",
                "--log-error=\(log)", "--pid-file=\(directory)/baton-mysql.pid",
            ]
            child = try ChildProcess(
                Command(server, configWords + given, environment: Tool.environment),
                outputMaximum: Tool.outputMaximum
            )
            try child.open()
        } catch {
            return .failed("cannot run \(server): \(error)")
        }
        return awaitAnswer(options, until: deadline) {
            ServerStart.ending(of: child)
        } lastWords: {
            MySQL.lastError(log, after: logged, until: deadline)
        }
    }

    /// Debian's is made by the unit that the group replaces.
    private func makeSocketDirectory(_ socket: String, _ owner: String, until deadline: Int64) {
        let path = socket.split(separator: "/").dropLast().joined(separator: "/")
        guard !path.isEmpty, !Files.exists("/" + path) else { return }
        // Where it fails, the server says why it cannot listen.
        _ = Tool("install").run(["-d", "-m", "755", "-o", owner, "/" + path], until: deadline)
    }

    /// Waits until the server answers; a recovery that reads and writes is progress.
    private func awaitAnswer(
        _ options: Options,
        until deadline: Int64,
        hasEnded: () -> String?,
        lastWords: () -> String = { "" }
    ) -> ResourceAnswer {
        let start = ServerStart(processes: server, deadline: deadline, mayWork: { true })
        return start.wait(
            ask: { (ends) throws(Unready) -> ResourceAnswer in
                switch ask(options, until: ends) {
                case .good: return .done("the server serves \(directory)")
                case .refused(let text):
                    return .done("the server serves \(directory), and tells no more (\(text))")
                case .other(let text), .none(let text): throw Unready(text: text)
                }
            },
            hasEnded: hasEnded,
            lastWords: lastWords
        )
    }

    /// The last line that the server's log got since it was started, of those that say what is wrong.
    private static func lastError(
        _ path: String,
        after size: Int64,
        until deadline: Int64
    ) -> String {
        let lines = ServerStart.lines(of: path, after: size, until: deadline)
        let word = lines.last { $0.contains("[ERROR]") && !$0.contains("Aborting") } ?? lines.last
        return word.map { "\(path) says: \($0)" } ?? ""
    }

    // MARK: Stop

    func stop(until deadline: Int64) -> ResourceAnswer {
        let margin = min(MySQL.killMargin, (deadline &- BootClock.now) / 3)
        endSupervisors(until: deadline &- margin)
        return server.end(until: deadline) { ($0 > margin ? .terminate : .kill, false) }
    }

    /// Ends what would start the server anew: its unit where systemd runs it, or mysqld_safe.
    private func endSupervisors(until deadline: Int64) {
        server.endUnits(until: deadline)
        for process in (try? server.all) ?? [] {
            guard let parent = process.id.parent,
                ["mysqld_safe", "mariadbd-safe"].contains(parent.name)
            else { continue }
            do throws(SystemError) {
                // A script that has nothing to lose, and heeds no TERM while its server runs.
                try ProcessHandle(ProcessIdentity(of: parent)).send(.kill)
            } catch {
                // It has ended meanwhile.
                continue
            }
        }
    }
}
