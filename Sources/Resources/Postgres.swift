// postgres: a PostgreSQL server on a data directory of the group. What runs is told by the processes; whoever answers at
// its socket is it only when it names this directory. It is started directly, as the owner of the directory, and asked
// in a process of its own (baton-monitor), since libpq is nothing that each operation should load.

import Linux

/// `postgres::DATADIR[::KEY=VALUE…]`.
struct Postgres: DatabaseServer {
    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        given["mode"] == "replica"
            ? PostgresReplica(cluster: self).carryOut(action, until: deadline)
            : serve(action, until: deadline)
    }

    /// The data directory, absolute.
    let directory: String
    /// What was given, by key.
    let given: [String: String]

    /// The keys.
    static let keys = [
        "alone", "bindir", "config", "database", "log", "maxlag", "mode", "port", "rewinduser",
        "socket", "sync", "user",
    ]
    /// The versions, by the number in PG_VERSION: older ones keep recovery.conf, and nobody tests newer ones yet.
    static let versions = 12...17
    /// How long one question may take, in nanoseconds.
    static let questionLimit: Int64 = 10_000_000_000
    /// The time left at which a fast stop becomes an immediate one: its next start recovers.
    static let immediateMargin: Int64 = 15_000_000_000
    /// The time left at which what did not heed that is killed.
    static let killMargin: Int64 = 5_000_000_000

    init(_ arguments: [String]) throws(ResourceUsageError) {
        guard let path = arguments.first else {
            throw ResourceUsageError("it takes DATADIR [KEY=VALUE...]")
        }
        guard path.hasPrefix("/"), path.withoutSlash != "/" else {
            throw ResourceUsageError("'\(path)' is no absolute path")
        }
        directory = path.withoutSlash
        var given: [String: String] = [:]
        for word in arguments.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, Postgres.keys.contains(parts[0]) else {
                let known = Postgres.keys.map { "\($0)=" }.joined(separator: " ")
                throw ResourceUsageError("'\(word)' is nothing that it knows: \(known)")
            }
            guard given.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw ResourceUsageError("\(parts[0])= stands there twice")
            }
        }
        for key in ["bindir", "config", "log", "socket"] {
            guard let path = given[key], !path.hasPrefix("/") else { continue }
            throw ResourceUsageError("\(key)=\(path) is no absolute path")
        }
        for (key, words) in [
            ("mode", ["shared", "replica"]), ("sync", ["on", "off"]), ("alone", ["wait", "async"]),
        ] {
            guard let word = given[key], !words.contains(word) else { continue }
            throw ResourceUsageError(
                "\(key)=\(word) is neither \(words.joined(separator: " nor "))"
            )
        }
        if let port = given["port"], Int(port).map({ !(1...65535).contains($0) }) ?? true {
            throw ResourceUsageError("port=\(port) is no port")
        }
        self.given = given
    }

    // MARK: What is there

    var server: ServerProcesses {
        ServerProcesses(
            directory: directory,
            names: ["postgres", "postmaster"],
            words: ["-D", directory],
            units: ["postgresql", "postgres"]
        )
    }

    /// The number in PG_VERSION; nil when the directory cannot be seen here.
    func version() throws(Unready) -> Int? {
        guard let bytes = try? Files.read("\(directory)/PG_VERSION", maximum: 64) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        guard let version = Int(text.split(separator: ".").first ?? ""),
            Postgres.versions.contains(version)
        else {
            let known = "\(Postgres.versions.lowerBound) to \(Postgres.versions.upperBound)"
            throw Unready(text: "\(directory) is of PostgreSQL \(text); only \(known) can be run")
        }
        return version
    }

    /// Where a version's programs are: Debian's place, then that of PostgreSQL's own packages, then the path.
    func program(_ version: Int?) throws(Unready) -> String {
        if let directory = given["bindir"] {
            let path = "\(directory.withoutSlash)/postgres"
            guard Files.isExecutable(path) else {
                throw Unready(text: "there is no program \(path)")
            }
            return path
        }
        let numbers = version.map { [$0] } ?? Array(Postgres.versions.reversed())
        for number in numbers {
            let places = ["/usr/lib/postgresql/\(number)/bin", "/usr/pgsql-\(number)/bin"]
            let found = places.map { "\($0)/postgres" }.first(where: Files.isExecutable)
            if let found { return found }
        }
        if let path = Tool("postgres").path { return path }
        let name = version.map { "postgresql-\($0)" } ?? "postgresql"
        throw Unready(
            text:
                "PostgreSQL\(version.map { " \($0)" } ?? "") is not installed: apt install \(name)"
        )
    }

    /// The file of settings where it is not in the data directory, as Debian keeps it; nil where it is.
    func config(_ version: Int?) throws(Unready) -> String? {
        if let path = given["config"] {
            guard Files.exists(path) else { throw Unready(text: "there is no file \(path)") }
            return path
        }
        guard let version, !Files.exists("\(directory)/postgresql.conf") else { return nil }
        let place = "/etc/postgresql/\(version)"
        let clusters = (try? Files.list(place, maximum: 1000)) ?? []
        let found = clusters.map { "\(place)/\($0)/postgresql.conf" }.filter { path in
            setting("data_directory", in: path).map { Files.isSame($0, directory) } ?? false
        }
        guard found.count == 1 else {
            throw Unready(
                text: "\(directory) has no postgresql.conf, and "
                    + (found.isEmpty ? "none in \(place) names it" : "several in \(place) name it")
                    + ": say which by config=PATH"
            )
        }
        return found[0]
    }

    /// What a file of settings says of one, the last line counting; nil where it says nothing.
    ///
    /// Includes are not followed: what depends on it is given to the server anyway.
    private func setting(_ name: String, in path: String) -> String? {
        guard let bytes = try? Files.read(path, maximum: 1 << 20) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.compactMap { line -> String? in
            let text = line.drop(while: \.isWhitespace)
            let word = text.prefix { !$0.isWhitespace && $0 != "=" }
            guard word.lowercased() == name else { return nil }
            let rest = text.dropFirst(word.count).drop { $0.isWhitespace || $0 == "=" }
            guard rest.first == "'" else {
                return String(rest.prefix { !$0.isWhitespace && $0 != "#" })
            }
            return String(rest.dropFirst().prefix { $0 != "'" })
        }.last
    }

    func ready() throws(Unready) -> ResourceAnswer {
        let version = try version()
        _ = try program(version)
        _ = try config(version)
        return .done()
    }

    // MARK: Asking

    /// What the server says to a query.
    enum Answer {
        /// It answered.
        case rows([[String]])
        /// It answers, and tells nobody of ours more: full, or it does not let us in.
        case refused(String)
        /// It starts, recovers or stops.
        case busy(String)
        /// It does not answer, or cannot: whoever uses it suffers.
        case none(String)
    }

    /// Classes of states in which it serves, and refuses what it was asked (PostgreSQL, appendix A); 53300 is full.
    private static let refusals = ["28", "3D", "42", "0A", "53300"]
    /// Classes in which it lets nobody in for a while: operator intervention, object not in prerequisite state.
    private static let delays = ["57P", "55"]

    /// What postmaster.pid says: where the server listens, and whether it is ready.
    struct PIDFile {
        var port: String
        var socket: String
        var state: String
    }

    /// The file's lines by number (PostgreSQL, `miscadmin.h`): 1 process, 4 port, 5 directory of the socket, 8 state.
    func pidFile() -> PIDFile? {
        guard let bytes = try? Files.read("\(directory)/postmaster.pid", maximum: 4096) else {
            return nil
        }
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map { String($0).trimmed }
        guard lines.count >= 5, Int32(lines[0]) != nil else { return nil }
        return PIDFile(
            port: lines[3],
            socket: lines[4],
            state: lines.count > 7 ? lines[7] : ""
        )
    }

    /// Throws where it cannot be asked, which says nothing of the server.
    func ask(_ statement: String, until deadline: Int64) throws(Unready) -> Answer {
        let limit = min(deadline, BootClock.now &+ Postgres.questionLimit)
        let owner = try DataOwner(of: directory, until: limit)
        let file = pidFile()
        let socket = given["socket"] ?? file?.socket ?? ""
        guard !socket.isEmpty else {
            throw Unready(
                text: "\(directory)/postmaster.pid names no socket: give socket=DIRECTORY"
            )
        }
        let milliseconds = max(1, (limit &- BootClock.now) / 1_000_000)
        let result = Tool("setpriv").answer(
            owner.words + ["env"] + owner.environment + [
                Tool.sibling("baton-monitor"), "postgres.query", socket,
                given["port"] ?? file?.port ?? "5432", given["user"] ?? owner.name,
                given["database"] ?? "postgres", "\(milliseconds)", statement,
            ],
            until: limit &+ 1_000_000_000
        )
        switch result.exit {
        case 0:
            return .rows(
                result.text.split(whereSeparator: \.isNewline).map {
                    $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                }
            )
        case 1:
            let line = result.lastLine
            let text = String(line.dropFirst(6))
            if Postgres.refusals.contains(where: line.hasPrefix) { return .refused(text) }
            return Postgres.delays.contains(where: line.hasPrefix) ? .busy(text) : .none(text)
        case 3: return .none(result.lastLine)
        default: throw Unready(text: "it cannot be asked: \(result.lastLine)")
        }
    }

    /// Whether the server at the socket is the one of this directory, and takes what is written.
    static let question =
        "SELECT pg_is_in_recovery(), current_setting('data_directory')"

    func monitor(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        guard let leader = try server.leaders.first else {
            return .stopped("no server works in \(directory)")
        }
        switch try ask(Postgres.question, until: deadline) {
        case .rows(let rows): return judge(rows, leader.id)
        case .refused(let text):
            return .running(
                "process \(leader.id) answers, but tells no more (\(text)): let its owner in by peer in pg_hba.conf, or "
                    + "name another user (user=)"
            )
        // A smart shutdown waits for its clients, and lets no more in.
        case .busy(let text) where pidFile()?.state == "stopping":
            return .failed("process \(leader.id) is being shut down: \(text)")
        // A restart would only begin the recovery anew.
        case .busy(let text): return .unknown("process \(leader.id) lets nobody in now: \(text)")
        case .none(let text): return .failed("process \(leader.id) does not answer: \(text)")
        }
    }

    private func judge(_ rows: [[String]], _ leader: ProcessID) -> ResourceAnswer {
        guard let row = rows.first, row.count == 2 else {
            return .unknown("process \(leader) answers otherwise than a PostgreSQL")
        }
        guard Files.isSame(row[1], directory) else {
            return .unknown("the server at the socket serves \(row[1]), not \(directory)")
        }
        return row[0] == "f"
            ? .running("process \(leader) answers a query")
            : .failed("process \(leader) is a standby, which nothing can be written to")
    }

    // MARK: Start

    func start(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        if try !server.all.isEmpty {
            // One that was about to end, or what is left of one, leaves the directory to this one.
            var isGone = false
            let answer = awaitAnswer(until: deadline) {
                isGone = (try? server.all.isEmpty) ?? false
                return isGone ? "it has ended" : nil
            } lastWords: {
                ""
            }
            if !isGone { return answer }
        }
        guard Files.isDirectory(directory) else {
            throw Unready(text: "\(directory) is no directory: is its filesystem mounted?")
        }
        guard let version = try version() else {
            throw Unready(
                text:
                    "\(directory) holds no database (no file PG_VERSION in it): is its filesystem mounted? A new one is "
                    + "made by initdb -D \(directory)"
            )
        }
        for name in ["standby.signal", "recovery.signal"] where Files.exists("\(directory)/\(name)")
        {
            throw Unready(
                text:
                    "\(directory)/\(name) is there: this is the copy of a standby, or a backup that is being restored"
            )
        }
        return launch(try prepare(version, until: deadline), until: deadline)
    }

    /// What a server of this directory is begun with.
    struct Launch {
        let program: String
        let version: Int
        let config: String?
        let owner: DataOwner
    }

    /// Looks for what a server needs, and removes what an earlier one left.
    func prepare(_ version: Int, until deadline: Int64) throws(Unready) -> Launch {
        let program = try program(version)
        let config = try config(version)
        let owner = try DataOwner(of: directory, until: deadline)
        guard owner.name != "root" else {
            throw Unready(
                text:
                    "\(directory) belongs to root, as whom PostgreSQL does not run: chown -R postgres: \(directory)"
            )
        }
        try removeLockFiles()
        return Launch(program: program, version: version, config: config, owner: owner)
    }

    /// Nothing works in the directory: the files are of another machine, or another boot, and their number may be anybody's.
    private func removeLockFiles() throws(Unready) {
        let path = "\(directory)/postmaster.pid"
        guard Files.exists(path) else { return }
        let file = pidFile()
        try remove(path)
        guard let socket = given["socket"] ?? file?.socket, let port = given["port"] ?? file?.port
        else { return }
        // Beside the socket, with the data directory in its second line; another server's stays.
        let lock = "\(socket)/.s.PGSQL.\(port).lock"
        let lines =
            (try? Files.read(lock, maximum: 4096))?.split(separator: UInt8(ascii: "\n")) ?? []
        guard lines.count > 1, Files.isSame(String(decoding: lines[1], as: UTF8.self), directory)
        else { return }
        try remove(lock)
    }

    /// Looks once more before: somebody else may have started one.
    private func remove(_ path: String) throws(Unready) {
        guard try server.all.isEmpty else {
            throw Unready(text: "somebody starts a server in \(directory)")
        }
        Progress.say("\(path) is removed: no server works there")
        do throws(SystemError) {
            try Files.remove(path)
        } catch {
            throw Unready(text: "\(path) cannot be removed: \(error)")
        }
    }

    /// The words of `/etc/postgresql/15/main/postgresql.conf`: Debian's version and cluster; nil elsewhere.
    private func debianCluster(_ config: String?) -> (version: String, name: String)? {
        let words = (config ?? "").split(separator: "/").map(String.init)
        guard words.count == 5, words.starts(with: ["etc", "postgresql"]) else { return nil }
        return (words[2], words[3])
    }

    /// Where the server says what it has to say, until its own settings lead it elsewhere.
    func log(_ config: String?) -> String {
        if let log = given["log"] { return log }
        // Debian rotates that one.
        if let cluster = debianCluster(config) {
            return "/var/log/postgresql/postgresql-\(cluster.version)-\(cluster.name).log"
        }
        return "\(directory)/baton-postgres.log"
    }

    /// What the server is told on its command line, which stands above its files.
    private func settings(
        _ version: Int,
        _ config: String?,
        _ owner: DataOwner,
        until deadline: Int64
    )
        -> [(name: String, value: String)]
    {
        let path = config ?? "\(directory)/postgresql.conf"
        // Another directory in the file would be served instead, and found by nobody.
        var settings = [("data_directory", directory)]
        if let config { settings.append(("config_file", config)) }
        if let port = given["port"] { settings.append(("port", port)) }
        if let socket = given["socket"] { settings.append(("unix_socket_directories", socket)) }
        let place = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        for (name, file) in [("hba_file", "pg_hba.conf"), ("ident_file", "pg_ident.conf")]
        where config != nil && setting(name, in: path) == nil && Files.exists("\(place)/\(file)") {
            settings.append((name, "\(place)/\(file)"))
        }
        let isCollected = [path, "\(directory)/postgresql.auto.conf"]
            .contains { setting("logging_collector", in: $0) != nil }
        if !isCollected, given["log"] == nil, debianCluster(config) == nil {
            // Nobody rotates a log of ours: a week of it is kept.
            settings += [
                ("logging_collector", "on"), ("log_filename", "postgresql-%a.log"),
                ("log_rotation_age", "1d"), ("log_truncate_on_rotation", "on"),
            ]
        }
        // Below /run, which a boot clears, and made by Debian's pg_ctlcluster alone.
        if version < 15, let statistics = setting("stats_temp_directory", in: path),
            statistics.hasPrefix("/"), !Files.exists(statistics)
        {
            _ = Tool("install").run(
                ["-d", "-m", "750", "-o", owner.name, statistics],
                until: deadline
            )
        }
        return settings
    }

    /// Debian's file `environment` of a cluster: `NAME = 'value'` a line.
    private func environment(_ config: String?) -> [String] {
        guard let cluster = debianCluster(config),
            let bytes = try? Files.read(
                "/etc/postgresql/\(cluster.version)/\(cluster.name)/environment",
                maximum: 65536
            )
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .compactMap { line in
                let parts = line.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
                guard parts.count == 2, !parts[0].hasPrefix("#") else { return nil }
                let isQuoted =
                    parts[1].count > 1 && parts[1].hasPrefix("'") && parts[1].hasSuffix("'")
                return
                    "\(parts[0])=\(isQuoted ? String(parts[1].dropFirst().dropLast()) : parts[1])"
            }
    }

    /// The server's program, the directory, and its settings.
    func words(_ launch: Launch, until deadline: Int64) -> [String] {
        [launch.program, "-D", directory]
            + settings(launch.version, launch.config, launch.owner, until: deadline)
            .flatMap { ["-c", "\($0.name)=\($0.value)"] }
    }

    /// Begins a server, which outlives this process.
    func begin(_ launch: Launch, until deadline: Int64) throws(Unready) -> ChildProcess {
        do throws(SystemError) {
            // The owner opens the log, as the server will.
            let child = try ChildProcess(
                Command(
                    Tool("setpriv").path ?? "/usr/bin/setpriv",
                    launch.owner.words + [
                        "/bin/sh", "-c", "umask 077; exec \"$@\" >>\"$0\" 2>&1", log(launch.config),
                    ] + words(launch, until: deadline),
                    environment: Tool.environment.filter { !$0.hasPrefix("HOME=") }
                        + launch.owner.environment + environment(launch.config)
                ),
                outputMaximum: Tool.outputMaximum
            )
            try child.open()
            return child
        } catch {
            throw Unready(text: "cannot run \(launch.program): \(error)")
        }
    }

    private func launch(_ launch: Launch, until deadline: Int64) -> ResourceAnswer {
        let log = log(launch.config)
        let logged = Files.size(log) ?? 0
        let child: ChildProcess
        do throws(Unready) {
            child = try begin(launch, until: deadline)
        } catch {
            return .failed(error.text)
        }
        return awaitAnswer(until: deadline) {
            ServerStart.ending(of: child)
        } lastWords: {
            lastError(log, after: logged, until: deadline)
        }
    }

    private func awaitAnswer(
        until deadline: Int64,
        hasEnded: () -> String?,
        lastWords: () -> String
    ) -> ResourceAnswer {
        let server = server
        let start = ServerStart(
            processes: server,
            deadline: deadline,
            // One that is ready and does not answer has nothing to recover.
            mayWork: { pidFile()?.state != "ready" },
            at: { Postgres.recovery((try? server.all) ?? []) }
        )
        return start.wait(
            ask: { (ends) throws(Unready) -> ResourceAnswer in
                guard pidFile()?.state == "ready" else { throw Unready(text: "it is not ready") }
                return try judgeStart(ask(Postgres.question, until: ends))
            },
            hasEnded: hasEnded,
            lastWords: lastWords
        )
    }

    private func judgeStart(_ answer: Answer) throws(Unready) -> ResourceAnswer {
        switch answer {
        case .rows(let rows):
            let answer = judge(rows, try server.leaders.first?.id ?? ProcessID(rawValue: 0))
            return answer.isGood
                ? .done("the server serves \(directory)") : .failed(answer.output.trimmed)
        case .refused(let text):
            return .done("the server serves \(directory), and tells no more (\(text))")
        case .busy(let text), .none(let text): throw Unready(text: text)
        }
    }

    /// What a server says of itself in the title of its process: `postgres: startup recovering 000000010000000000000003`.
    static func recovery(_ processes: [ProcessIdentity]) -> String? {
        for process in processes {
            guard let bytes = try? Files.read("/proc/\(process.id)/cmdline", maximum: 4096) else {
                continue
            }
            let title = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            if let word = title.split(separator: " ").last, title.contains("startup recovering") {
                return "recovering \(word)"
            }
        }
        return nil
    }

    /// The last line that the log got since, of those that say what is wrong, and the hint behind it.
    func lastError(
        _ path: String,
        after size: Int64,
        until deadline: Int64
    ) -> String {
        var (path, lines) = (path, ServerStart.lines(of: path, after: size, until: deadline))
        func isWrong(_ line: String) -> Bool {
            ["FATAL: ", "PANIC: ", "ERROR: "].contains { line.contains($0) }
        }
        // Its own collector took over: what it began with stands in both.
        if !lines.contains(where: isWrong), let current = collectedLog() {
            path = current
            let begin = max(0, (Files.size(current) ?? 0) - 65536)
            lines = ServerStart.lines(of: current, after: begin, until: deadline)
            if let start = lines.lastIndex(where: { $0.contains("starting PostgreSQL") }) {
                lines.removeFirst(start)
            }
        }
        guard let index = lines.lastIndex(where: isWrong) else {
            return lines.last.map { "\(path) says: \($0)" } ?? ""
        }
        let hint = lines[(index + 1)...].first { $0.contains("HINT: ") }
        // What is wrong with the settings is said before the verdict on them, and before all else.
        let cause = index == 1 && !lines[0].contains("starting PostgreSQL") ? lines[0] + " " : ""
        return "\(path) says: \(cause)\(lines[index])" + (hint.map { " \($0)" } ?? "")
    }

    /// `current_logfiles`: `stderr log/postgresql-Sun.log` (PostgreSQL, "Logging Collector").
    private func collectedLog() -> String? {
        guard let bytes = try? Files.read("\(directory)/current_logfiles", maximum: 4096) else {
            return nil
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.hasPrefix("stderr ") }) else { return nil }
        let path = String(line.dropFirst(7))
        return path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    // MARK: Stop

    func stop(until deadline: Int64) -> ResourceAnswer {
        let time = deadline &- BootClock.now
        let immediate = min(Postgres.immediateMargin, time / 3)
        let kill = min(Postgres.killMargin, time / 6)
        server.endUnits(until: deadline &- immediate)
        // SIGINT is the fast shutdown, SIGQUIT the immediate one (PostgreSQL, "Shutting Down the Server").
        return server.end(until: deadline) { left in
            left > immediate ? (.interrupt, true) : left > kill ? (.quit, true) : (.kill, false)
        }
    }
}
