// postgres on a real PostgreSQL: a data directory and a socket of the test's own, no network.

import Foundation
import Testing

/// A data directory, on which nothing runs yet.
final class PostgresCluster {
    let scratch: Scratch
    let directory: String
    /// Where the programs of the newest version are.
    static let programs: String? = {
        let versions =
            (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map {
            "/usr/lib/postgresql/\($0)/bin"
        }
        .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }()
    /// The server refuses root.
    static let isRoot = geteuid() == 0

    init() throws {
        scratch = try Scratch()
        directory = scratch.path + "/data"
        try prepare(directory)
        try Program.shell(
            """
            cat >>\(directory)/postgresql.conf <<END
            listen_addresses = ''
            unix_socket_directories = '\(scratch.path)'
            shared_buffers = 1MB
            max_connections = 8
            superuser_reserved_connections = 1
            fsync = off
            END
            """
        )
    }

    deinit {
        _ = try? act("stop", milliseconds: 3000)
    }

    private func prepare(_ directory: String) throws {
        let programs = try #require(PostgresCluster.programs)
        let owner =
            PostgresCluster.isRoot ? "setpriv --reuid=nobody --regid=nogroup --clear-groups" : ""
        let made = try Program.shell(
            """
            \(PostgresCluster.isRoot ? "chown nobody \(scratch.path) && chmod 755 \(scratch.path) &&" : "")
            cd \(scratch.path) && \(owner) \(programs)/initdb -D \(directory) --auth=trust --no-sync --no-instructions
            """
        )
        try #require(made.exit == 0, "\(made.output)")
    }

    func act(
        _ action: String,
        _ words: String...,
        milliseconds: Int = 30_000,
        on other: String? = nil
    )
        throws -> Run
    {
        try Program.run(
            Program.resource,
            ["postgres", other ?? directory] + words + [action],
            environment: ["BATON_TIMEOUT": "\(milliseconds)"]
        )
    }

    /// A statement of the superuser's.
    @discardableResult
    func sql(_ text: String) throws -> String {
        let user = PostgresCluster.isRoot ? "nobody" : NSUserName()
        let run = try Program.run(
            "/usr/bin/psql",
            ["-h", scratch.path, "-U", user, "-d", "postgres", "-XAtqc", text]
        )
        return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The first process of the server.
    var process: Int32 {
        get throws {
            let words = try act("status").output.split(separator: " ")
            try #require(words.count > 2 && words[0] == "running:", "\(words)")
            return try #require(Int32(words[2]))
        }
    }
}

@Suite(
    .serialized,
    .enabled(if: PostgresCluster.programs != nil, "skipped: postgresql is not installed")
)
struct PostgresTests {
    @Test func aServerIsStartedAskedKilledRecoveredAndStopped() throws {
        let cluster = try PostgresCluster()
        #expect(try cluster.act("status").exit == 3)
        #expect(try cluster.act("monitor").exit == 3)
        #expect(try cluster.act("ready") == Run(exit: 0, output: ""))
        let start = try cluster.act("start")
        #expect(start.exit == 0, "\(start.output)")
        #expect(try cluster.act("start").exit == 0)
        let monitor = try cluster.act("monitor")
        #expect(
            monitor.exit == 0 && monitor.output.contains("answers a query"),
            "\(monitor.output)"
        )
        try cluster.sql("CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)")
        // The power is cut: all of them at once, and the lock file stays.
        let process = try cluster.process
        try Program.shell("pkill -KILL -P \(process); kill -KILL \(process)")
        while try cluster.act("status").exit != 3 { usleep(10_000) }
        #expect(FileManager.default.fileExists(atPath: cluster.directory + "/postmaster.pid"))
        let again = try cluster.act("start")
        #expect(again.exit == 0, "\(again.output)")
        #expect(try cluster.sql("SELECT a FROM kept") == "7")
        let stop = try cluster.act("stop")
        #expect(stop.exit == 0 && !stop.output.contains("killed"), "\(stop.output)")
        #expect(try cluster.act("status").exit == 3)
        #expect(try cluster.act("stop").exit == 0)
        // In order: there is nothing to recover.
        let state = try Program.shell(
            "\(try #require(PostgresCluster.programs))/pg_controldata \(cluster.directory) | grep 'cluster state'"
        )
        #expect(state.output.contains("shut down"))
    }

    @Test func aLockFileOfAnotherMachineIsNobodys() throws {
        let cluster = try PostgresCluster()
        // The number is that of a living process of the same owner; of the server itself it would be on one machine only.
        let sleeper = Process()
        sleeper.executableURL = URL(
            fileURLWithPath: PostgresCluster.isRoot ? "/usr/bin/setpriv" : "/usr/bin/env"
        )
        sleeper.arguments =
            (PostgresCluster.isRoot ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [])
            + [
                "sleep", "1000",
            ]
        sleeper.standardOutput = FileHandle.nullDevice
        sleeper.standardError = FileHandle.nullDevice
        try sleeper.run()
        defer { sleeper.terminate() }
        for text in [
            "\(sleeper.processIdentifier)\n\(cluster.directory)\n1\n5432\n/tmp\n\n1 1\nready\n",
            "\0garbage", "",
        ] {
            try text.write(
                toFile: cluster.directory + "/postmaster.pid",
                atomically: true,
                encoding: .utf8
            )
            let start = try cluster.act("start")
            #expect(start.exit == 0, "\(start.output)")
            #expect(start.output.contains("is removed: no server works there"))
            #expect(try cluster.act("monitor").exit == 0)
            #expect(try cluster.act("stop").exit == 0)
        }
    }

    @Test func aServerThatStandsStillServesNobodyAndIsKilledAtTheEnd() throws {
        let cluster = try PostgresCluster()
        try #require(try cluster.act("start").exit == 0)
        kill(try cluster.process, SIGSTOP)
        #expect(try cluster.act("status").exit == 0)
        let answer = try cluster.act("monitor", milliseconds: 1500)
        #expect(answer.exit == 1 && answer.output.contains("does not answer"), "\(answer.output)")
        let stop = try cluster.act("stop", milliseconds: 4000)
        #expect(stop.exit == 0 && stop.output.contains("killed"), "\(stop.output)")
        #expect(try cluster.act("status").exit == 3)
    }

    @Test func whatCannotStartSaysWhy() throws {
        let cluster = try PostgresCluster()
        let place = cluster.scratch.path
        #expect(
            try cluster.act("start", on: place + "/none").output.contains(
                "is no directory: is its filesystem mounted?"
            )
        )
        try Program.shell("mkdir \(place)/empty")
        #expect(try cluster.act("start", on: place + "/empty").output.contains("holds no database"))
        try Program.shell("mkdir \(place)/old; echo 9.5 >\(place)/old/PG_VERSION")
        #expect(
            try cluster.act("ready", on: place + "/old").output
                == "\(place)/old is of PostgreSQL 9.5; only 12 to 17 can be run\n"
        )
        #expect(
            try cluster.act("ready", "bindir=/nowhere").output
                == "there is no program /nowhere/postgres\n"
        )
        try Program.shell(
            "cd \(cluster.directory) && cp -p postgresql.conf kept && echo 'nonsense = 1' >>postgresql.conf"
        )
        let wrong = try cluster.act("start")
        #expect(wrong.exit == 1 && wrong.output.contains("nonsense"), "\(wrong.output)")
        try Program.shell(
            "cd \(cluster.directory) && mv kept postgresql.conf && touch standby.signal"
        )
        #expect(try cluster.act("start").output.contains("this is the copy of a standby"))
        try Program.shell("cd \(cluster.directory) && rm standby.signal && mv postgresql.conf ..")
        let bare = try cluster.act("start")
        #expect(
            bare.exit == 1 && bare.output.contains("has no postgresql.conf, and none in"),
            "\(bare.output)"
        )
        let far = try cluster.act("start", "config=\(place)/postgresql.conf")
        #expect(far.exit == 0, "\(far.output)")
        #expect(try cluster.act("stop").exit == 0)
    }

    @Test(.enabled(if: PostgresCluster.isRoot, "skipped: needs root")) func aWrongOwnerIsNamed()
        throws
    {
        let cluster = try PostgresCluster()
        try Program.shell("chown root: \(cluster.directory)")
        #expect(
            try cluster.act("start").output.contains(
                "belongs to root, as whom PostgreSQL does not run: chown -R postgres: \(cluster.directory)"
            )
        )
        try Program.shell("chown 54321 \(cluster.directory)")
        #expect(
            try cluster.act("start").output.contains(
                "belongs to user 54321, who has no name on this node"
            )
        )
    }

    @Test func whoLetsNobodyInRunsAll() throws {
        let cluster = try PostgresCluster()
        try #require(try cluster.act("start").exit == 0)
        try Program.shell("echo 'local all all reject' >\(cluster.directory)/pg_hba.conf")
        try cluster.sql("SELECT pg_reload_conf()")
        var answer = try cluster.act("monitor")
        for _ in 0..<100 where !answer.output.contains("tells no more") {
            usleep(50_000)
            answer = try cluster.act("monitor")
        }
        #expect(answer.exit == 0 && answer.output.contains("28000") == false, "\(answer.output)")
        #expect(answer.output.contains("tells no more ("), "\(answer.output)")
    }

    @Test func theServerOfAnotherDirectoryIsNotTakenForOurs() throws {
        let first = try PostgresCluster()
        let second = try PostgresCluster()
        try #require(try first.act("start").exit == 0)
        try #require(try second.act("start").exit == 0)
        #expect(try first.act("monitor", "socket=\(second.scratch.path)").exit == 4)
        #expect(try second.act("stop").exit == 0)
        let start = try second.act("start", "socket=\(first.scratch.path)", milliseconds: 8000)
        #expect(start.exit == 1 && start.output.contains("lock file"), "\(start.output)")
        #expect(try first.act("monitor").exit == 0)
    }

    /// The file of settings names the directory that the database was copied from.
    @Test func noOtherDirectoryIsServedThanTheOneNamed() throws {
        let old = try PostgresCluster()
        let copy = try PostgresCluster()
        try Program.shell(
            """
            echo "data_directory = '\(old.directory)'" >>\(copy.directory)/postgresql.conf
            echo 'local all all trust' >\(copy.scratch.path)/pg_hba.conf
            """
        )
        #expect(try copy.act("start").exit == 0)
        #expect(try copy.sql("SHOW data_directory") == copy.directory)
        #expect(try old.act("status").exit == 3)
        #expect(try copy.act("stop").exit == 0)
    }

    @Test func aServerThatHasNotGoneToItsDirectoryYetIsFound() throws {
        let cluster = try PostgresCluster()
        let late = Process()
        late.executableURL = URL(fileURLWithPath: "/bin/sh")
        late.arguments = [
            "-c", "while :; do sleep 0.1; done", "/x/postgres", "-D", cluster.directory,
        ]
        late.standardOutput = FileHandle.nullDevice
        late.standardError = FileHandle.nullDevice
        try late.run()
        defer { late.terminate() }
        #expect(try cluster.act("status").exit == 0)
        let stop = try cluster.act("stop", milliseconds: 4000)
        #expect(stop.exit == 0, "\(stop.output)")
        late.waitUntilExit()
        #expect(try cluster.act("status").exit == 3)
    }

    @Test func whatTheServerWarnsOfIsNoAnswer() throws {
        let cluster = try PostgresCluster()
        try #require(try cluster.act("start").exit == 0)
        try cluster.sql("ALTER DATABASE postgres REFRESH COLLATION VERSION")
        try cluster.sql(
            "UPDATE pg_database SET datcollversion = 'of old' WHERE datname = 'postgres'"
        )
        let answer = try cluster.act("monitor")
        #expect(answer.exit == 0 && answer.output.contains("answers a query"), "\(answer.output)")
    }

    @Test func whoShutsDownAndWaitsForItsClientsServesNobody() throws {
        let cluster = try PostgresCluster()
        try #require(try cluster.act("start").exit == 0)
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/psql")
        let user = PostgresCluster.isRoot ? "nobody" : NSUserName()
        client.arguments = [
            "-h", cluster.scratch.path, "-U", user, "-d", "postgres", "-Xc", "SELECT pg_sleep(100)",
        ]
        client.standardOutput = FileHandle.nullDevice
        client.standardError = FileHandle.nullDevice
        try client.run()
        defer { client.terminate() }
        let busy =
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
        for _ in 0..<200 where try cluster.sql(busy) != "1" { usleep(50_000) }
        kill(try cluster.process, SIGTERM)
        var answer = try cluster.act("monitor")
        for _ in 0..<100 where answer.exit == 0 {
            usleep(50_000)
            answer = try cluster.act("monitor")
        }
        #expect(
            answer.exit == 1 && answer.output.contains("is being shut down"),
            "\(answer.output)"
        )
        #expect(try cluster.act("stop").exit == 0)
    }

    @Test func aRecoveryIsWaitedForWhileItWorks() throws {
        let cluster = try PostgresCluster()
        try Program.shell("echo 'max_wal_size = 4GB' >>\(cluster.directory)/postgresql.conf")
        try #require(try cluster.act("start").exit == 0)
        try cluster.sql("CREATE TABLE t (a int, b text); CHECKPOINT")
        try cluster.sql(
            "INSERT INTO t SELECT g, repeat('x', 400) FROM generate_series(1, 400000) g"
        )
        let process = try cluster.process
        try Program.shell("pkill -KILL -P \(process); kill -KILL \(process)")
        while try cluster.act("status").exit != 3 { usleep(10_000) }
        // Far less than the recovery takes.
        let start = try cluster.act("start", milliseconds: 1600)
        #expect(start.exit == 0, "\(start.output)")
        #expect(try cluster.sql("SELECT count(*) FROM t") == "400000")
        print(
            "postgres: recovery said: \(start.output.split(separator: "\n").count - 1) times how far it is"
        )
    }
}
