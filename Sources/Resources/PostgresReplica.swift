// postgres with mode=replica: streaming replication, a cluster on each node. The holder's is the primary, the other
// follows it. As a resource it runs where it is a primary: `start` promotes, `stop` ends a primary, and a standby counts
// as stopped and is left alone. An old primary's copy is made a standby's in PostgresReplica+Following.

import Linux

/// `postgres::DATADIR::mode=replica[::KEY=VALUE…]`.
struct PostgresReplica {
    /// The cluster of this node.
    let cluster: Postgres

    /// What is kept beside the data directory, which pg_rewind clears of all that the other node has not.
    var place: String { "\(cluster.directory).baton" }
    var lockPath: String { "\(place)/lock" }
    /// There from before a promotion is asked for until it is complete: the server may become a primary by itself.
    private var promotionPath: String { "\(place)/promotion" }
    var signal: String { "\(cluster.directory)/standby.signal" }

    /// Between two looks at a promotion.
    private static let lookInterval: Int64 = 50_000_000

    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        do throws(Unready) {
            switch action {
            case .start: return try start(until: deadline)
            case .stop: return try stop(until: deadline)
            case .status: return try status()
            case .monitor:
                let status = try status()
                return status.isGood ? try cluster.monitor(until: deadline) : status
            case .ready: return try cluster.ready()
            case .data, .outdate: return .done(try look(until: deadline).line)
            case .follow: return .done(try follow(until: deadline).line)
            case .alone: return .done(try goOnAlone(until: deadline).line)
            case .rejoin: return try rejoin(until: deadline)
            case .suspend, .resume:
                return .failed("a server cannot be suspended from within")
            case .view: return .replicatesNothing
            case .abandon: return .bearsNothing
            }
        } catch {
            let isQuestion =
                switch action {
                case .start, .stop, .ready, .rejoin: false
                default: true
                }
            return isQuestion ? .unknown(error.text) : .failed(error.text)
        }
    }

    // MARK: Role

    /// What the copy here is.
    enum Role {
        /// Nothing works there; the copy is a standby's, or else a primary's.
        case down(isStandby: Bool)
        /// A standby: nothing can be written.
        case standby
        /// A server that writes, or may.
        case primary
    }

    /// What the copy is, by its processes and by what PostgreSQL has written down.
    ///
    /// A server in archive recovery writes nothing (`DB_IN_ARCHIVE_RECOVERY`): it leaves that state, durably, when its
    /// promotion is complete. One that has not looked at its files yet looks for the signal first.
    func role() throws(Unready) -> (role: Role, control: PostgresControl?) {
        let isStandby = Files.exists(signal)
        // Read before the processes are looked for: a server that began between is none.
        let control = PostgresControl(of: cluster.directory)
        guard try !cluster.server.all.isEmpty else { return (.down(isStandby: isStandby), control) }
        guard isStandby, let state = control?.state else { return (.primary, control) }
        switch state {
        case .archiveRecovery, .shutDownInRecovery, .shutDown, .startup: return (.standby, control)
        case .production, .shuttingDown, .crashRecovery: return (.primary, control)
        }
    }

    private func status() throws(Unready) -> ResourceAnswer {
        if rejoining() != nil { return .stopped("the copy is being made to follow") }
        return switch try role().role {
        case .down: .stopped("no server works in \(cluster.directory)")
        case .standby where Files.exists(promotionPath):
            .running("the server of \(cluster.directory) is being promoted")
        case .standby: .stopped("the server of \(cluster.directory) is a standby")
        case .primary: .running("the server of \(cluster.directory) is a primary")
        }
    }

    // MARK: Looking

    /// What a server says of its place in the log.
    private static let question = """
        SELECT pg_is_in_recovery(), current_setting('data_directory'), \
        CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_current_wal_flush_lsn()) END, \
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END, \
        pg_last_wal_receive_lsn(), \
        (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn IS NOT NULL), \
        (SELECT min(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN replay_lsn \
        ELSE pg_current_wal_flush_lsn() END, replay_lsn)) FROM pg_stat_replication \
        WHERE state = 'streaming'), \
        (SELECT received_tli FROM pg_stat_wal_receiver WHERE status = 'streaming'), \
        (SELECT timeline_id FROM pg_control_checkpoint()), \
        (SELECT min_recovery_end_timeline FROM pg_control_recovery()), \
        CASE WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0 ELSE \
        (EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp()) * 1000)::bigint END, \
        current_setting('wal_level'), current_setting('max_wal_senders'), current_setting('wal_log_hints'), \
        current_setting('data_checksums'), current_setting('primary_conninfo') <> '', \
        current_setting('synchronous_standby_names'), \
        (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'), \
        (SELECT slot_name FROM pg_replication_slots WHERE NOT active \
        AND slot_name = current_setting('primary_slot_name'))
        """
    private static let columns = 19

    /// How the copy stands.
    func look(until deadline: Int64) throws(Unready) -> ReplicatedData {
        if let busy = rejoining() { return busy }
        return try seen(until: deadline)
    }

    /// The same, of a copy on which nobody works in the background.
    func seen(until deadline: Int64) throws(Unready) -> ReplicatedData {
        let (role, control) = try role()
        guard let control else {
            throw Unready(text: "\(cluster.directory)/global/pg_control cannot be read")
        }
        var log = ReplicatedLog()
        log.timeline = control.timeline
        log.location = control.checkpoint
        log.isPrimary = true
        log.note = kept()
        switch role {
        case .down(let isStandby):
            log.isPrimary = !isStandby
            if isStandby {
                var seen = ReplicatedData(
                    .detached,
                    obstacle: "the standby of \(cluster.directory) does not run"
                )
                seen.log = log
                return seen
            }
            // One that was shut down ends with the record of its last checkpoint: who has replayed that is behind it.
            log.isOpen = control.state != .shutDown
            log.location += log.isOpen ? 0 : 1
            var seen = ReplicatedData(.detached)
            seen.log = log
            return seen
        case .standby, .primary:
            return try ask(log, until: deadline)
        }
    }

    private func ask(
        _ known: ReplicatedLog,
        until deadline: Int64
    ) throws(Unready) -> ReplicatedData {
        let row: [String?]
        switch try cluster.ask(PostgresReplica.question, until: deadline) {
        case .rows(let rows):
            guard let first = rows.first, first.count == PostgresReplica.columns,
                Files.isSame(first[1], cluster.directory)
            else { throw Unready(text: "another server answers at the socket") }
            row = first.map { $0 == "\\N" ? nil : $0 }
        case .refused(let text):
            throw Unready(
                text:
                    "the server tells nothing of its replication (\(text)): its superuser is to be "
                    + "let in by peer in pg_hba.conf, or named by user="
            )
        case .busy(let text), .none(let text): throw Unready(text: text)
        }
        var log = known
        log.isPrimary = row[0] == "f"
        log.location = row[3].flatMap(PostgresLog.location) ?? known.location
        log.note = lacks(row) ?? known.note
        if log.isPrimary {
            log.timeline = row[2].flatMap(PostgresLog.timeline(ofSegment:)) ?? known.timeline
            log.fork = fork(log.timeline)
            log.streams = row[5].flatMap { Int($0) }
            log.behind = row[6].flatMap { UInt64($0) }
            log.isOpen = false
            var seen = ReplicatedData(log.streams ?? 0 > 0 ? .inSync : .detached)
            seen.log = log
            try restoreSynchronous(row, log, until: deadline)
            return seen
        }
        let title = Postgres.recovery((try? cluster.server.all) ?? [])?.split(separator: " ").last
        let timelines = [row[7], row[8], row[9]].map { $0.flatMap { UInt32($0) } ?? 0 }
        log.timeline = max(
            timelines.max() ?? 0,
            title.flatMap(PostgresLog.timeline(ofSegment:)) ?? 0
        )
        log.received = row[4].flatMap(PostgresLog.location)
        log.lag = row[10].flatMap { Int64($0) }
        if let slot = row[18] {
            // Nobody reads it here: it would keep the log for ever.
            _ = try cluster.ask(
                "SELECT pg_drop_replication_slot('\(slot)')",
                until: deadline
            )
        }
        var seen = ReplicatedData(row[7] == nil ? .detached : .inSync)
        seen.log = log
        return seen
    }

    /// What will be missing when the roles change, the worst first; nil where nothing is.
    private func lacks(_ row: [String?]) -> String? {
        let isSynchronous = cluster.given["sync"] == "on"
        if row[11] == "minimal" || row[12] == "0" {
            return "nobody can follow: set wal_level = replica and max_wal_senders = 10"
        }
        if row[15] != "t" {
            return "primary_conninfo is empty: after a switch this node could not follow"
        }
        if row[13] == "off", row[14] == "off" {
            return
                "neither wal_log_hints nor data checksums are on: an old primary cannot be rewound"
        }
        if isSynchronous, row[16]?.isEmpty ?? true, !Files.exists("\(place)/alone") {
            return "sync=on, and synchronous_standby_names is empty: nothing waits for the standby"
        }
        if !isSynchronous, let names = row[16], !names.isEmpty {
            return "synchronous_standby_names = \(names): commits wait for it (sync=on says so)"
        }
        if let waiting = row[17], waiting != "0" {
            return "\(waiting) commits wait for the standby"
        }
        return nil
    }

    /// Where a timeline began, by its own history.
    private func fork(_ timeline: UInt32) -> UInt64? {
        let digits = String(timeline, radix: 16, uppercase: true)
        let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        guard
            let bytes = try? Files.read(
                "\(cluster.directory)/pg_wal/\(name).history",
                maximum: 1 << 16
            )
        else { return nil }
        let words = String(decoding: bytes, as: UTF8.self)
            .split(whereSeparator: \.isNewline).last { $0.contains("/") }?
            .split(whereSeparator: \.isWhitespace)
        return words.flatMap { $0.count > 1 ? PostgresLog.location($0[1]) : nil }
    }

    // MARK: Promotion

    /// Waits for the lock that keeps following and promoting apart.
    func lock(until deadline: Int64) throws(Unready) -> LockFile {
        while true {
            do throws(SystemError) {
                try Files.makeDirectory(place, mode: 0o700)
                return try LockFile(lockPath)
            } catch {
                guard error.errno == .wouldBlock else {
                    throw Unready(text: "\(lockPath) cannot be locked: \(error)")
                }
            }
            guard BootClock.now &+ PostgresReplica.lookInterval < deadline else {
                throw Unready(
                    text: "the copy in \(cluster.directory) is being made to follow: \(place)"
                )
            }
            Pause.wait(PostgresReplica.lookInterval)
        }
    }

    /// A standby is left alone, but for one that was told to become a primary: it would do so after it was called
    /// stopped (S3).
    private func stop(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        // What is rewound becomes a standby's, however long that takes.
        if rejoining() != nil { return .done("the copy is being made to follow") }
        let lock = try lock(until: deadline)
        defer { withExtendedLifetime(lock) {} }
        let status = try status()
        let answer =
            status.isGood ? cluster.stop(until: deadline) : .done(status.output.trimmed)
        if answer.isGood { try forgetPromotion() }
        return answer
    }

    private func forgetPromotion() throws(Unready) {
        do throws(SystemError) {
            try Files.remove(promotionPath)
        } catch {
            throw Unready(text: "\(promotionPath) cannot be removed: \(error)")
        }
    }

    private func start(until deadline: Int64) throws(Unready) -> ResourceAnswer {
        let lock = try lock(until: deadline)
        defer { withExtendedLifetime(lock) {} }
        if let broken = brokenRejoin() { throw Unready(text: broken) }
        // Of another copy: who looks would take this start for a rewind.
        try forgetRejoin()
        let answer: ResourceAnswer
        do throws(SystemError) {
            try Files.replaceDurably(promotionPath, with: [], mode: 0o600)
        } catch {
            throw Unready(text: "\(promotionPath) cannot be written: \(error)")
        }
        switch try role().role {
        case .primary, .down(isStandby: false): answer = try cluster.start(until: deadline)
        case .down(isStandby: true):
            let child = try beginStandby(until: deadline)
            answer = try promote(child, until: deadline)
        case .standby: answer = try promote(nil, until: deadline)
        }
        guard answer.isGood else { return answer }
        try forgetPromotion()
        try takeIntoOwnGroup()
        try makeSlot(until: deadline)
        return answer
    }

    /// Begins the server as a standby; it answers a moment later.
    @discardableResult
    func beginStandby(until deadline: Int64) throws(Unready) -> ChildProcess {
        guard let version = try cluster.version() else {
            throw Unready(text: "\(cluster.directory) holds no database")
        }
        let launch = try cluster.prepare(version, until: deadline)
        return try cluster.begin(launch, until: deadline)
    }

    /// Ends the recovery with all that was received (PostgreSQL, `pg_promote`).
    ///
    /// `child` is the server where it was begun only now, and may not be one yet.
    private func promote(
        _ child: ChildProcess?,
        until deadline: Int64
    ) throws(Unready) -> ResourceAnswer {
        let patience = deadline &- BootClock.now
        var ends = deadline
        var isAsked = false
        var last = "it does not answer"
        var reported = (at: BootClock.now, word: "")
        while true {
            switch answer(
                isAsked
                    ? "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()"
                    : "SELECT pg_is_in_recovery(), pg_promote(false)",
                until: ends
            ) {
            case .rows(let rows):
                isAsked = true
                guard rows.first?.first != "f" else { return .done("the server is the primary") }
                last = "it has replayed up to \(rows.first?.last ?? "")"
            case .refused(let text):
                guard !isAsked else { throw Unready(text: text) }
                try promoteBySignal()
                isAsked = true
            case .busy(let text), .none(let text): last = text
            }
            let isThere =
                if let child { ServerStart.ending(of: child) == nil } else {
                    try !cluster.server.all.isEmpty
                }
            guard isThere else {
                throw Unready(
                    text: "the server has ended while it was promoted: "
                        + cluster.lastWords(until: deadline)
                )
            }
            let now = BootClock.now
            // What it still replays gives it as long again: a kill in the middle would only begin it anew.
            if now &- reported.at >= 1_000_000_000 {
                let word = Postgres.recovery((try? cluster.server.all) ?? []) ?? last
                if word != reported.word {
                    ends = max(ends, now &+ patience)
                    Progress.say("the server is promoted: \(word)")
                }
                reported = (now, word)
            }
            guard now &+ PostgresReplica.lookInterval < ends else {
                throw Unready(text: "the server was not promoted in time: \(last)")
            }
            Pause.wait(PostgresReplica.lookInterval)
        }
    }

    /// One that begins only now has no place yet where it could be asked.
    private func answer(_ statement: String, until deadline: Int64) -> Postgres.Answer {
        do throws(Unready) {
            return try cluster.ask(statement, until: deadline)
        } catch {
            return .none(error.text)
        }
    }

    /// As pg_ctl(1) promotes, where no function may be called.
    private func promoteBySignal() throws(Unready) {
        guard let leader = try cluster.server.leaders.first else {
            throw Unready(text: "there is no server to promote")
        }
        do throws(SystemError) {
            try Files.replaceDurably("\(cluster.directory)/promote", with: [], mode: 0o600)
            try ProcessHandle(leader).send(.user1)
        } catch {
            throw Unready(text: "the server cannot be promoted: \(error)")
        }
    }

    /// A server that followed before belongs to what the start leaves behind: it is frozen with that (S12).
    private func takeIntoOwnGroup() throws(Unready) {
        do throws(SystemError) {
            // Twice: a process that was forked meanwhile is where its parent was.
            for _ in 0..<2 {
                for process in try cluster.processes() { try ControlGroup.takeIntoOwn(process) }
            }
        } catch {
            throw Unready(text: "the server cannot be put into this node's control group: \(error)")
        }
    }

    /// The other node follows by the slot of the same name.
    private func makeSlot(until deadline: Int64) throws(Unready) {
        _ = try cluster.ask(
            "SELECT pg_create_physical_replication_slot(name, true) FROM "
                + "(SELECT current_setting('primary_slot_name') AS name) AS slot WHERE name <> '' "
                + "AND NOT EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = name)",
            until: deadline
        )
    }

    // MARK: Synchronous replication

    /// A primary that waits for its standby goes on without it, where the administrator allows that: the daemon has
    /// made durable that it writes alone.
    private func goOnAlone(until deadline: Int64) throws(Unready) -> ReplicatedData {
        let seen = try look(until: deadline)
        guard cluster.given["sync"] == "on", cluster.given["alone"] == "async",
            seen.log?.isPrimary == true, seen.log?.streams == 0,
            !Files.exists("\(place)/alone"),
            case .rows(let rows) = try cluster.ask(
                "SELECT current_setting('synchronous_standby_names'), "
                    + "(SELECT count(*) FROM pg_file_settings WHERE name = 'synchronous_standby_names' "
                    + "AND sourcefile LIKE '%/postgresql.auto.conf')",
                until: deadline
            ), let row = rows.first, row.count == 2, !row[0].isEmpty, row[0] != "\\N"
        else { return seen }
        // What stood there is put back when a standby streams again.
        let kept = row[1] == "0" ? "" : row[0]
        do throws(SystemError) {
            try Files.makeDirectory(place, mode: 0o700)
            try Files.replaceDurably("\(place)/alone", with: Array(kept.utf8), mode: 0o600)
        } catch {
            throw Unready(text: "\(place)/alone cannot be written: \(error)")
        }
        try set("SET synchronous_standby_names = ''", until: deadline)
        return seen
    }

    private func restoreSynchronous(
        _ row: [String?],
        _ log: ReplicatedLog,
        until deadline: Int64
    ) throws(Unready) {
        let path = "\(place)/alone"
        guard log.streams ?? 0 > 0, let bytes = try? Files.read(path, maximum: 65536) else {
            return
        }
        let kept = String(decoding: bytes, as: UTF8.self)
        let quoted = kept.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "''")
        let words =
            kept.isEmpty
            ? "RESET synchronous_standby_names" : "SET synchronous_standby_names = '\(quoted)'"
        try set(words, until: deadline)
        _ = try? Files.remove(path)
    }

    private func set(_ words: String, until deadline: Int64) throws(Unready) {
        for statement in ["ALTER SYSTEM \(words)", "SELECT pg_reload_conf()"] {
            switch try cluster.ask(statement, until: deadline) {
            case .rows: continue
            case .refused(let text), .busy(let text), .none(let text):
                throw Unready(text: "\(statement): \(text)")
            }
        }
    }
}

extension Postgres {
    /// The processes of the server.
    func processes() throws(SystemError) -> [ProcessID] { ((try? server.all) ?? []).map(\.id) }

    /// What the log says last that is wrong.
    func lastWords(until deadline: Int64) -> String {
        let path = log((try? config((try? version()) ?? nil)) ?? nil)
        return lastError(path, after: max(0, (Files.size(path) ?? 0) - 65536), until: deadline)
    }
}
