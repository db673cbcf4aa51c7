// mysql: a MariaDB or MySQL server on a data directory of the group. What runs is told by the processes: the server's
// working directory is its data directory, so no file has to remember it. It is started directly, without
// mysqld_safe, whose restarts would hide from the group that the server died.

import Linux

/// `mysql::DATADIR[::CONFIG]`.
struct MySQL: ResourceType {
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
    /// Between two looks.
    static let lookInterval: Int64 = 200_000_000
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

    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        switch action {
        case .start: start(until: deadline)
        case .stop: stop(until: deadline)
        case .status: status()
        case .monitor: monitor(until: deadline)
        case .ready: ready()
        case .suspend, .resume:
            .failed("a server cannot be suspended from within: batond freezes its processes")
        }
    }

    // MARK: What is there

    /// The servers that work in the data directory.
    private var processes: [ProcessIdentity] {
        let home = (try? Files.resolved(directory)) ?? directory
        let entries = (try? Files.list("/proc", maximum: 1_000_000)) ?? []
        return entries.compactMap { entry in
            // Whoever has ended meanwhile has no links.
            guard let number = Int32(entry), let exe = try? Files.link("/proc/\(entry)/exe"),
                let name = exe.withoutDeleted.split(separator: "/").last,
                MySQL.processNames.contains(String(name)),
                (try? Files.link("/proc/\(entry)/cwd"))?.withoutDeleted == home
            else { return nil }
            return try? ProcessIdentity(of: ProcessID(rawValue: number))
        }
    }

    private func status() -> ResourceAnswer {
        guard let server = processes.first else {
            return .stopped("no server works in \(directory)")
        }
        return .running("process \(server.id) serves \(directory)")
    }

    private func ready() -> ResourceAnswer {
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

    private func options(until deadline: Int64) -> Options {
        let printed = Tool(MySQL.optionPrinter).run(
            configWords + ["mysqld", "server", "mariadb", "mariadbd", "client-server"],
            until: deadline
        )
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
        /// It answered, and is ours.
        case good
        /// It is there and lets nobody of ours in, so that more cannot be seen.
        case refused(String)
        /// It does not answer.
        case none(String)
        /// Another server answers there, or one that is full.
        case unclear(String)
    }

    private func ask(_ options: Options, until deadline: Int64) -> Answer {
        guard let client = MySQL.first(of: MySQL.clients) else {
            return .unclear("neither mariadb nor mysql is installed: apt install mariadb-client")
        }
        let limit = min(deadline, BootClock.now &+ MySQL.questionLimit)
        let result = client.run(
            configWords + [
                "--protocol=SOCKET", "--socket=\(options.socket)", "--batch", "--skip-column-names",
                "--execute=SELECT @@datadir",
            ],
            until: limit
        )
        let said = result.lastLine
        guard result.isGood else {
            switch MySQL.errorNumber(said) {
            case 1045, 1698: return .refused(said)
            case 1040, 1203: return .unclear(said)
            default: return .none(said)
            }
        }
        let theirs = (try? Files.resolved(said.withoutSlash)) ?? said.withoutSlash
        let ours = (try? Files.resolved(directory)) ?? directory
        guard theirs == ours else {
            return .unclear("the server at \(options.socket) serves \(said), not \(directory)")
        }
        return .good
    }

    /// The number in `ERROR 1045 (28000): …`.
    static func errorNumber(_ line: String) -> Int? {
        guard line.hasPrefix("ERROR ") else { return nil }
        return Int(line.dropFirst(6).prefix { $0.isNumber })
    }

    private func monitor(until deadline: Int64) -> ResourceAnswer {
        guard let server = processes.first else {
            return .stopped("no server works in \(directory)")
        }
        switch ask(options(until: deadline), until: deadline) {
        case .good: return .running("process \(server.id) answers a query")
        case .refused(let text):
            return .running(
                "process \(server.id) answers, but lets nobody in to ask more (\(text)): permit root by unix_socket, or "
                    + "name a user in [client] of the option files"
            )
        case .unclear(let text): return .unknown(text)
        case .none(let text): return .failed("process \(server.id) does not answer: \(text)")
        }
    }

    // MARK: Start

    private func start(until deadline: Int64) -> ResourceAnswer {
        let options = options(until: deadline)
        let running = processes.first
        if running == nil {
            guard let server = MySQL.server?.path else { return ready() }
            guard Files.isDirectory(directory) else {
                return .failed("\(directory) is no directory: is its filesystem mounted?")
            }
            guard Files.isDirectory("\(directory)/mysql") else {
                return .failed(
                    "\(directory) holds no database (no directory mysql in it): is its filesystem mounted? A new one is "
                        + "made by mariadb-install-db --datadir=\(directory) --user=mysql"
                )
            }
            // A server started beside another on the same socket would wait for it, and might take the socket away.
            if Files.exists(options.socket), case .unclear(let text) = ask(options, until: deadline)
            {
                return .failed(text)
            }
            return launch(server, options, until: deadline)
        }
        return awaitAnswer(options, until: deadline) { processes.isEmpty ? "it has ended" : nil }
    }

    /// Runs the server, and waits until it answers.
    private func launch(
        _ server: String,
        _ options: Options,
        until deadline: Int64
    ) -> ResourceAnswer {
        let owner = Tool("stat").run(["-L", "-c", "%U", directory], until: deadline)
        guard owner.isGood else { return .failed("stat: \(owner.lastLine)") }
        makeSocketDirectory(options.socket, owner.text, until: deadline)
        let log = options.errorLog ?? "\(directory)/baton-mysql.err"
        let child: ChildProcess
        do throws(SystemError) {
            let words = [
                "--datadir=\(directory)", "--user=\(owner.text)", "--socket=\(options.socket)",
                "--log-error=\(log)", "--pid-file=\(directory)/baton-mysql.pid",
            ]
            child = try ChildProcess(
                Command(server, configWords + words, environment: Tool.environment),
                outputMaximum: Tool.outputMaximum
            )
            try child.open()
        } catch {
            return .failed("cannot run \(server): \(error)")
        }
        return awaitAnswer(options, until: deadline) {
            do throws(SystemError) {
                while let more = try child.readOutput(), !more.isEmpty {}
                guard let ending = try child.ending() else { return nil }
                let said = child.output.text.trimmed
                return "it has ended (\(ending))" + (said.isEmpty ? "" : ": \(said)")
            } catch {
                return "it cannot be watched: \(error)"
            }
        } lastWords: {
            MySQL.lastError(log, until: deadline)
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
        var ends = deadline
        let patience = deadline &- BootClock.now
        var worked: UInt64 = 0
        var nextReport = BootClock.now &+ 1_000_000_000
        while true {
            if let ended = hasEnded() {
                return .failed("the server did not start: \(ended). \(lastWords())".trimmed)
            }
            let last: String
            switch ask(options, until: ends) {
            case .good: return .done("the server serves \(directory)")
            case .refused(let text):
                return .done(
                    "the server serves \(directory), and lets nobody in to ask more (\(text))"
                )
            case .unclear(let text): return .failed(text)
            case .none(let text): last = text
            }
            let now = BootClock.now
            if now >= nextReport, let server = processes.first {
                nextReport = now &+ 1_000_000_000
                if let done = ProcessWork.bytes(of: server.id), done > worked {
                    worked = done
                    Progress.say("the server has moved \(done >> 20) MB and does not answer yet")
                    ends = max(ends, now &+ patience)
                }
            }
            guard now &+ MySQL.lookInterval < ends else {
                return .failed(
                    "the server does not answer in time: \(last). \(lastWords())".trimmed
                )
            }
            Pause.wait(MySQL.lookInterval)
        }
    }

    /// The last line of the server's log that says what is wrong.
    private static func lastError(_ path: String, until deadline: Int64) -> String {
        let tail = Tool("tail").run(["-n", "100", path], until: deadline)
        guard tail.isGood else { return "" }
        let lines = tail.text.split(whereSeparator: \.isNewline)
        let word = lines.last { $0.contains("[ERROR]") && !$0.contains("Aborting") } ?? lines.last
        return word.map { "\(path) says: \($0)" } ?? ""
    }

    // MARK: Stop

    private func stop(until deadline: Int64) -> ResourceAnswer {
        var signalled: [ProcessIdentity: Signal] = [:]
        let margin = min(MySQL.killMargin, (deadline &- BootClock.now) / 3)
        while true {
            let left = processes
            if left.isEmpty {
                return signalled.values.contains(.kill)
                    ? .done("the server was killed; its next start recovers what it had promised")
                    : .done("no server works in \(directory)")
            }
            let now = BootClock.now
            guard now &+ MySQL.lookInterval < deadline else {
                let names = left.map { "process \($0.id)" }.joined(separator: ", ")
                return .failed("\(names) did not end, not even by KILL: a disk that hangs holds it")
            }
            let signal: Signal = deadline &- now > margin ? .terminate : .kill
            for process in left where signalled[process] != signal {
                signalled[process] = signal
                do throws(SystemError) {
                    try ProcessHandle(process).send(signal)
                } catch {
                    // It has ended meanwhile.
                    continue
                }
            }
            Pause.wait(MySQL.lookInterval)
        }
    }
}

extension String {
    /// A path of /proc without what the kernel appends to one that was removed.
    var withoutDeleted: String {
        hasSuffix(" (deleted)") ? String(dropLast(10)) : self
    }
}
