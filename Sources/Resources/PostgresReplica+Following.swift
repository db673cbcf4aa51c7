// How a copy comes to follow the other node's: a standby is begun again; an old primary's copy becomes a standby's,
// rewound where it has written what the other never got (pg_rewind(1)). Nothing is thrown away: the log that parts is
// kept beside the data directory, and a copy that cannot be rewound is left as it is, with the commands for a new one.
//
//     follow --begins--> rejoin, in the background, under the lock
//       asks IDENTIFY_SYSTEM, TIMELINE_HISTORY of primary_conninfo
//       recovers the copy alone, keeps what parts, pg_rewind, standby.signal
//     follow, a second later: begins the standby

import Linux

extension PostgresReplica {
    private static let second: Int64 = 1_000_000_000
    /// From one beginning of a standby that ended to the next.
    private static let beginInterval: UInt64 = 10_000_000_000
    /// How long the background work may take: a rewind reads what both have written since they parted.
    private static let rejoinLimit: Int64 = 86_400 * second
    /// The files of a cluster that are this node's own, and that pg_rewind would take from the other.
    private static let ownFiles = [
        "postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf",
    ]

    private var verdictPath: String { "\(place)/rejoin" }
    private var endPath: String { "\(place)/parted" }
    private var logPath: String { "\(place)/rejoin.log" }

    // MARK: Following

    /// Makes the copy follow the other node's, or says why it does not.
    func follow(until deadline: Int64) throws(Unready) -> ReplicatedData {
        let lock: LockFile
        do throws(SystemError) {
            try Files.makeDirectory(place, mode: 0o700)
            lock = try LockFile(lockPath)
        } catch {
            if error.errno == .wouldBlock { return try look(until: deadline) }
            throw Unready(text: "\(lockPath) cannot be locked: \(error)")
        }
        defer { withExtendedLifetime(lock) {} }
        switch try role().role {
        case .primary:
            return try seen(until: deadline)
        case .standby:
            let seen = try seen(until: deadline)
            return hasParted(seen, until: deadline) ? try leave(until: deadline) : seen
        case .down(let isStandby):
            if let broken = brokenRejoin() { return obstacle(broken) }
            return try isStandby ? beginAgain(until: deadline) : leave(until: deadline)
        }
    }

    /// Whether a standby has what the other never got, so that it would wait for ever.
    private func hasParted(_ seen: ReplicatedData, until deadline: Int64) -> Bool {
        guard seen.replication == .detached, let upstream = try? upstream(until: deadline),
            let own = seen.log, upstream.timeline > own.timeline,
            let fork = upstream.end(of: own.timeline)
        else { return false }
        return own.location > fork
    }

    /// Begins the standby; one that ends at once says why, and waits before it is begun again.
    private func beginAgain(until deadline: Int64) throws(Unready) -> ReplicatedData {
        let path = "\(place)/begun"
        let what = "the standby of \(cluster.directory)"
        if let last = Files.changeTime(path),
            (WallClock.now &- last).magnitude < PostgresReplica.beginInterval
        {
            return obstacle("\(what) has ended: \(cluster.lastWords(until: deadline))")
        }
        try write("", to: path)
        let child = try beginStandby(until: deadline)
        let ends = min(deadline, BootClock.now &+ 2 * PostgresReplica.second)
        while BootClock.now < ends {
            if let ending = ServerStart.ending(of: child) {
                let words = cluster.lastWords(until: deadline)
                return obstacle("\(what) did not start: \(ending). \(words)")
            }
            if ["standby", "ready"].contains(cluster.pidFile()?.state) { break }
            Pause.wait(100_000_000)
        }
        return obstacle("\(what) begins")
    }

    /// How the copy stands, with why it cannot be used.
    private func obstacle(_ text: String) -> ReplicatedData {
        var seen = ReplicatedData(.detached, obstacle: text)
        guard let control = PostgresControl(of: cluster.directory) else { return seen }
        var log = ReplicatedLog()
        log.timeline = control.timeline
        log.location = control.checkpoint
        log.isPrimary = !Files.exists(signal)
        log.isOpen = log.isPrimary
        if let end = partedEnd(), end.timeline == log.timeline {
            (log.isPrimary, log.isOpen, log.location) = (true, false, end.end)
        }
        seen.log = log
        return seen
    }

    /// Begins the work that makes an old copy a standby's, unless it was tried for the same state of both already.
    private func leave(until deadline: Int64) throws(Unready) -> ReplicatedData {
        if let broken = brokenRejoin() { return obstacle(broken) }
        let verdict = try judge(until: deadline)
        if case .refused(let text) = verdict { return obstacle(text) }
        guard let shell = Tool("sh").path else { throw Unready(text: "there is no program sh") }
        let words =
            [cluster.directory] + cluster.given.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
        do throws(SystemError) {
            let child = try ChildProcess(
                Command(
                    shell,
                    [
                        "-c", "umask 077; exec \"$@\" >\"$0\" 2>&1", logPath,
                        "/proc/self/exe".resolved, "postgres",
                    ] + words + ["rejoin"],
                    environment: Tool.environment + [
                        "BATON_TIMEOUT=\(PostgresReplica.rejoinLimit / 1_000_000)"
                    ]
                )
            )
            try child.open()
        } catch {
            throw Unready(text: "the copy cannot be made to follow: \(error)")
        }
        return obstacle("the copy is being made to follow: \(logPath)")
    }

    /// What the daemon is told while the work goes on; nil while none does.
    func rejoining() -> ReplicatedData? {
        guard Files.exists(verdictPath), LockFile.isHeld(lockPath) else { return nil }
        let line = (try? Files.read(logPath, maximum: 1 << 20)).flatMap { bytes in
            String(decoding: bytes.suffix(4096), as: UTF8.self).split(whereSeparator: \.isNewline)
                .last { !$0.isEmpty }.map(String.init)
        }
        return obstacle("the copy is being made to follow: \(line ?? logPath)")
    }

    // MARK: The other node

    /// What the other node's server says of itself.
    private struct Upstream {
        var system: UInt64
        var timeline: UInt32
        /// The text of its timeline's history; empty for the first.
        var history: String

        /// Where it left a timeline; nil where it never was on that.
        func end(of timeline: UInt32) -> UInt64? { PostgresLog.end(of: timeline, in: history) }
    }

    /// The server that `primary_conninfo` names, asked as a standby asks (PostgreSQL, "Streaming Replication Protocol").
    private func upstream(until deadline: Int64) throws(Unready) -> Upstream {
        let conninfo = try conninfo(until: deadline)
        let words = try askUpstream("replication", conninfo, "IDENTIFY_SYSTEM", until: deadline)
        guard words.count >= 2, let system = UInt64(words[0]), let timeline = UInt32(words[1])
        else { throw Unready(text: "the other node answers otherwise than a PostgreSQL") }
        guard timeline > 1 else { return Upstream(system: system, timeline: 1, history: "") }
        let history = try askUpstream(
            "replication",
            conninfo,
            "TIMELINE_HISTORY \(timeline)",
            until: deadline
        )
        return Upstream(system: system, timeline: timeline, history: history.last ?? "")
    }

    private func askUpstream(
        _ kind: String,
        _ conninfo: String,
        _ statement: String,
        until deadline: Int64
    ) throws(Unready) -> [String] {
        let owner = try DataOwner(of: cluster.directory, until: deadline)
        let milliseconds = max(1, (deadline &- BootClock.now) / 1_000_000)
        // The words may hold a password: they go by the environment, which others cannot read.
        let result = Tool("setpriv").answer(
            owner.words + ["env"] + owner.environment + [
                Tool.sibling("baton-monitor"), "postgres.query", kind, "\(milliseconds)", statement,
            ],
            until: deadline &+ PostgresReplica.second,
            environment: ["BATON_CONNINFO=\(conninfo)"]
        )
        guard result.exit == 0 else {
            throw Unready(text: "the other node's server cannot be asked: \(result.lastLine)")
        }
        return result.text.split(separator: "\t", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// primary_conninfo, as the server would read it.
    private func conninfo(until deadline: Int64) throws(Unready) -> String {
        let version = try cluster.version()
        let owner = try DataOwner(of: cluster.directory, until: deadline)
        let config = try cluster.config(version)
        let said = Tool("setpriv").answer(
            owner.words + [
                try cluster.program(version), "-D", cluster.directory, "-C", "primary_conninfo",
            ] + (config.map { ["-c", "config_file=\($0)"] } ?? []),
            until: deadline
        )
        guard said.isGood, !said.text.isEmpty else {
            throw Unready(
                text:
                    "primary_conninfo of \(cluster.directory) is empty: it has to name the other node's server"
            )
        }
        return said.text
    }

    // MARK: Judging

    /// What is to be done with a copy that is no standby's.
    private enum Verdict {
        /// The other follows from it: the signal is enough.
        case follows
        /// It has written behind the place where the other parted from it, or nobody knows.
        case parted(fork: UInt64, timeline: UInt32)
        /// Nothing by itself.
        case refused(String)
    }

    private func judge(until deadline: Int64) throws(Unready) -> Verdict {
        let upstream = try upstream(until: deadline)
        guard let control = PostgresControl(of: cluster.directory) else {
            throw Unready(text: "\(cluster.directory)/global/pg_control cannot be read")
        }
        guard upstream.system == control.system else {
            return .refused("the other node's server is another cluster (\(upstream.system))")
        }
        guard upstream.timeline > control.timeline else {
            let conninfo = try conninfo(until: deadline) + " dbname=postgres"
            let said = try askUpstream(
                "database",
                conninfo,
                "SELECT pg_is_in_recovery()",
                until: deadline
            )
            guard said.first == "f" else {
                throw Unready(text: "the other node's server is no primary yet")
            }
            let what =
                upstream.timeline == control.timeline
                ? "both nodes have been primary of timeline \(control.timeline)"
                : "the copy here is of timeline \(control.timeline), the other node's of \(upstream.timeline)"
            return .refused("\(what): \(renewal(until: deadline))")
        }
        guard let fork = upstream.end(of: control.timeline) else {
            return .refused(
                "timeline \(upstream.timeline) of the other node does not come from timeline "
                    + "\(control.timeline): \(renewal(until: deadline))"
            )
        }
        // Its end is the record of its last checkpoint where it was shut down in order.
        if control.state == .shutDown, control.checkpoint < fork { return .follows }
        return .parted(fork: fork, timeline: upstream.timeline)
    }

    /// What to type for a new copy; the old one is moved aside.
    private func renewal(until deadline: Int64) -> String {
        let directory = cluster.directory
        let owner = (try? DataOwner(of: directory, until: deadline))?.name ?? "postgres"
        let words = ((try? conninfo(until: deadline)) ?? "host=OTHER user=USER")
            .split(separator: " ").filter { !$0.hasPrefix("password=") }.joined(separator: " ")
        return
            "mv \(directory) \(directory).old && rm -r \(place) && sudo -u \(owner) pg_basebackup "
            + "-D \(directory) -X stream -c fast -d \"\(words)\" && cp -p \(directory).old/*.conf \(directory)/ && "
            + "sudo -u \(owner) touch \(directory)/standby.signal"
    }

    /// Why an earlier try is not repeated: it failed for the state that both are still in, or was broken off.
    func brokenRejoin() -> String? {
        guard let bytes = try? Files.read(verdictPath, maximum: 65536),
            let control = PostgresControl(of: cluster.directory)
        else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        // A new copy was put there.
        guard lines.count > 1, lines[0] == "\(control.timeline) \(control.checkpoint)" else {
            return nil
        }
        return lines[1...].joined(separator: " ")
    }

    /// What the daemon finds when the work ends now, for whatever reason.
    private func leaveWord(_ text: String) throws(Unready) {
        guard let control = PostgresControl(of: cluster.directory) else { return }
        let words = "\(control.timeline) \(control.checkpoint)\n\(text)\n"
        try write(words, to: verdictPath)
    }

    func forgetRejoin() throws(Unready) { try remove(verdictPath) }

    private func write(_ text: String, to path: String) throws(Unready) {
        do throws(SystemError) {
            try Files.replaceDurably(path, with: Array(text.utf8), mode: 0o600)
        } catch {
            throw Unready(text: "\(path) cannot be written: \(error)")
        }
    }

    // MARK: Rejoining

    /// Makes an old copy a standby's.
    func rejoin(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        let lock = try lock(until: min(deadline, BootClock.now &+ 10 * PostgresReplica.second))
        defer { withExtendedLifetime(lock) {} }
        switch try role().role {
        case .primary: return .failed("a primary works in \(cluster.directory)")
        // Another one was before this one: it was begun while nobody had the lock yet.
        case .down(isStandby: true): return .done("the copy in \(cluster.directory) is a standby's")
        case .standby:
            let soon = BootClock.now &+ 30 * PostgresReplica.second
            guard hasParted(try seen(until: soon), until: soon) else {
                return .done("the copy in \(cluster.directory) is a standby's")
            }
            let ended = cluster.stop(until: BootClock.now &+ 60 * PostgresReplica.second)
            guard ended.isGood else { return ended }
        case .down(isStandby: false): break
        }
        try leaveWord("this was broken off before anything was changed: remove \(verdictPath)")
        do throws(Unready) {
            try makeStandby(until: deadline)
            try forgetRejoin()
            Progress.say("the copy in \(cluster.directory) is a standby's")
            return .done()
        } catch {
            try leaveWord(error.text)
            return .failed(error.text)
        }
    }

    private func makeStandby(until deadline: Int64) throws(Unready) {
        let soon = BootClock.now &+ 30 * PostgresReplica.second
        var verdict = try judge(until: soon)
        var end: UInt64 = 0
        if case .parted = verdict {
            // Alone, it learns where its log ends.
            end = try recoverAlone(until: deadline)
            verdict = try judge(until: BootClock.now &+ 30 * PostgresReplica.second)
        }
        switch verdict {
        case .refused(let text): throw Unready(text: text)
        case .follows: break
        case .parted(let fork, let timeline):
            try keepLog(from: fork, to: end, until: deadline)
            try rewind(to: timeline, until: deadline)
        }
        try signalStandby(until: deadline)
    }

    /// Crash recovery without a server that anybody could reach (`postgres --single`), as pg_rewind(1) does it.
    ///
    /// - Returns: Where the log ended; behind it are the recovery's own two checkpoints.
    private func recoverAlone(until deadline: Int64) throws(Unready) -> UInt64 {
        guard let before = PostgresControl(of: cluster.directory) else {
            throw Unready(text: "\(cluster.directory)/global/pg_control cannot be read")
        }
        guard before.state != .shutDown else { return before.checkpoint + 1 }
        let isStandby = Files.exists(signal)
        // As a standby it would not end.
        if isStandby { try remove(signal) }
        let launch = try cluster.prepare(try cluster.version() ?? 0, until: deadline)
        var words = cluster.words(launch, until: deadline)
        words.insert("--single", at: 1)
        let ended = Tool("setpriv").run(
            launch.owner.words + words + [
                "-c", "archive_mode=off", "-c", "synchronous_standby_names=", "template1",
            ],
            until: deadline
        ) { Progress.say("recovering, \($0 >> 20) MB") }
        guard ended.isGood, let after = PostgresControl(of: cluster.directory) else {
            throw Unready(text: "postgres --single: \(ended.lastLine)")
        }
        return previousRecord(of: after) ?? after.checkpoint
    }

    /// Where the record before the last checkpoint's begins, by that one's header (`XLogRecord.xl_prev`, bytes 8–15).
    private func previousRecord(of control: PostgresControl) -> UInt64? {
        let log = "\(cluster.directory)/pg_wal"
        let names = ((try? Files.list(log, maximum: 1_000_000)) ?? [])
            .filter { PostgresLog.timeline(ofSegment: $0) == control.timeline }
        for name in names {
            guard let segment = PostgresLog.Segment(name, size: Files.size("\(log)/\(name)")),
                segment.range.contains(control.checkpoint),
                let bytes = try? Files.read("\(log)/\(name)", maximum: 1 << 31)
            else { continue }
            let offset = Int(control.checkpoint - segment.range.lowerBound)
            // A header that goes on behind the next page's own is not read.
            guard offset % 8192 + 16 <= 8192, offset + 16 <= bytes.count else { return nil }
            let previous = (0..<8).reduce(UInt64(0)) {
                $0 | UInt64(bytes[offset + 8 + $1]) << UInt64(8 * $1)
            }
            return previous < control.checkpoint ? previous : nil
        }
        return nil
    }

    /// What pg_rewind would throw away: the segments of the old timeline from where the two parted.
    private func keepLog(
        from fork: UInt64,
        to end: UInt64,
        until deadline: Int64
    ) throws(Unready) {
        guard let control = PostgresControl(of: cluster.directory) else { return }
        let log = "\(cluster.directory)/pg_wal"
        let kept = "\(place)/log-\(control.timeline)-\(String(fork, radix: 16, uppercase: true))"
        let names = ((try? Files.list(log, maximum: 1_000_000)) ?? []).filter { name in
            guard PostgresLog.timeline(ofSegment: name) == control.timeline,
                let segment = PostgresLog.Segment(name, size: Files.size("\(log)/\(name)"))
            else { return false }
            return segment.range.overlaps(fork..<max(end, fork + 1))
        }
        do throws(SystemError) {
            try Files.makeDirectory(kept, mode: 0o700)
        } catch {
            throw Unready(text: "\(kept) cannot be made: \(error)")
        }
        let copied = Tool("cp").run(
            ["--reflink=auto", "--preserve", "--"] + names.map { "\(log)/\($0)" } + [kept],
            until: deadline
        )
        guard names.isEmpty || copied.isGood else {
            _ = Tool("rm").run(["-r", "--", kept], until: deadline)
            throw Unready(
                text:
                    "what only this node has written cannot be kept in \(kept), so the copy is not "
                    + "rewound: \(copied.lastLine)"
            )
        }
        try write("\(control.timeline) \(end) \(fork)\n\(kept)\n", to: endPath)
        Progress.say("\(end - min(end, fork)) bytes of the log were written here alone: \(kept)")
    }

    private func rewind(to timeline: UInt32, until deadline: Int64) throws(Unready) {
        let version = try cluster.version()
        let program = try cluster.program(version)
        let tool = program.dropLast("postgres".count) + "pg_rewind"
        let owner = try DataOwner(of: cluster.directory, until: deadline)
        var source = try conninfo(until: deadline) + " dbname=postgres"
        if let user = cluster.given["rewinduser"] { source += " user=\(user)" }
        try awaitCheckpoint(of: timeline, source, until: deadline)
        for name in PostgresReplica.ownFiles {
            try copy("\(cluster.directory)/\(name)", to: "\(place)/\(name)", until: deadline)
        }
        try leaveWord(
            "a rewind was broken off, and the copy is incomplete: \(renewal(until: deadline))"
        )
        let config = try cluster.config(version)
        let ended = Tool("setpriv").run(
            owner.words + ["env"] + owner.environment + [
                String(tool), "--target-pgdata=\(cluster.directory)", "--source-server=\(source)",
                "--progress",
            ] + (version ?? 0 >= 15 ? config.map { ["--config-file=\($0)"] } ?? [] : []),
            until: deadline
        ) { Progress.say("pg_rewind has moved \($0 >> 20) MB") }
        for name in PostgresReplica.ownFiles {
            try copy("\(place)/\(name)", to: "\(cluster.directory)/\(name)", until: deadline)
        }
        guard ended.isGood else {
            throw Unready(
                text: "pg_rewind: \(ended.lastLine); for a new copy: \(renewal(until: deadline))"
            )
        }
    }

    /// pg_rewind reads the other's timeline from its last checkpoint, which a promotion does not wait for.
    private func awaitCheckpoint(
        of timeline: UInt32,
        _ source: String,
        until deadline: Int64
    ) throws(Unready) {
        let ends = min(deadline, BootClock.now &+ 900 * PostgresReplica.second)
        func ask(_ statement: String) -> [String]? {
            let soon = min(ends, BootClock.now &+ 300 * PostgresReplica.second)
            return try? askUpstream("database", source, statement, until: soon)
        }
        // Who may not ask for one waits for the next that comes by itself.
        _ = ask("CHECKPOINT")
        while true {
            let said = ask("SELECT timeline_id FROM pg_control_checkpoint()")
            if said?.first.flatMap({ UInt32($0) }) ?? 0 >= timeline { return }
            guard BootClock.now < ends else {
                throw Unready(text: "the other node makes no checkpoint of timeline \(timeline)")
            }
            Progress.say("the other node's next checkpoint is waited for")
            Pause.wait(PostgresReplica.second)
        }
    }

    private func copy(
        _ path: String,
        to other: String,
        until deadline: Int64
    ) throws(Unready) {
        guard Files.exists(path) else { return }
        let copied = Tool("cp").run(["--preserve", "--", path, other], until: deadline)
        guard copied.isGood else { throw Unready(text: "cp \(path): \(copied.lastLine)") }
    }

    private func remove(_ path: String) throws(Unready) {
        do throws(SystemError) {
            try Files.remove(path)
        } catch {
            throw Unready(text: "\(path) cannot be removed: \(error)")
        }
    }

    private func signalStandby(until deadline: Int64) throws(Unready) {
        let owner = try DataOwner(of: cluster.directory, until: deadline)
        let made = Tool("setpriv").run(owner.words + ["touch", signal], until: deadline)
        let synced = Tool("sync").run([signal, cluster.directory], until: deadline)
        guard made.isGood, synced.isGood else {
            throw Unready(text: "touch \(signal): \((made.isGood ? synced : made).lastLine)")
        }
    }

    // MARK: What was kept

    /// Where the log of an old primary ended.
    private func partedEnd() -> (timeline: UInt32, end: UInt64, fork: UInt64, kept: String)? {
        guard let bytes = try? Files.read(endPath, maximum: 4096) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        let words = lines.first?.split(separator: " ") ?? []
        guard lines.count == 2, words.count == 3, let timeline = UInt32(words[0]),
            let end = UInt64(words[1]), let fork = UInt64(words[2])
        else { return nil }
        return (timeline, end, fork, String(lines[1]))
    }

    /// For people: what was written here alone once is still there.
    func kept() -> String? {
        partedEnd().map { parted in
            let count = parted.end - min(parted.end, parted.fork)
            return
                "\(count) bytes of timeline \(parted.timeline) that only this node wrote are kept in \(parted.kept)"
        }
    }
}

extension String {
    /// Where a link leads; the path itself where it is none.
    fileprivate var resolved: String { (try? Files.link(self)) ?? self }
}
