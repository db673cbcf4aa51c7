// mysql on a real MariaDB: a data directory and a socket of the test's own, no network.

import Foundation
import Testing

/// A data directory with its option file, on which nothing runs yet.
private final class Database {
    let scratch: Scratch
    let directory: String
    let config: String

    init() throws {
        scratch = try Scratch()
        // A socket's path has at most 107 bytes.
        directory = scratch.path + "/data"
        config = scratch.path + "/my.cnf"
        try """
        [client-server]
        socket=\(scratch.path)/s
        [client]
        user=root
        [mysqld]
        skip-networking
        innodb-log-file-size=4M
        innodb-buffer-pool-size=8M

        """.write(toFile: config, atomically: true, encoding: .utf8)
        let made = try Program.shell(
            "mariadb-install-db --no-defaults --datadir=\(directory) --user=root --skip-test-db "
                + "--auth-root-authentication-method=normal"
        )
        try #require(made.exit == 0, "\(made.output)")
    }

    deinit {
        _ = try? act("stop", milliseconds: 3000)
    }

    func act(_ action: String, milliseconds: Int = 30_000, directory other: String? = nil) throws
        -> Run
    {
        try Program.run(
            Program.resource,
            ["mysql", other ?? directory, config, action],
            environment: ["BATON_TIMEOUT": "\(milliseconds)"]
        )
    }

    /// Statements of root's; the last line of the answer.
    func sql(_ text: String) throws -> String {
        let run = try Program.run(
            "/usr/bin/mariadb",
            ["--defaults-file=\(config)", "--batch", "--skip-column-names", "--execute=\(text)"]
        )
        return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    var process: Int32? {
        get throws {
            let words = try act("status").output.split(separator: " ")
            guard words.count > 2, words[0] == "running:" else { return nil }
            return Int32(words[2])
        }
    }
}

@Suite(
    .serialized,
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/mariadbd"),
        "skipped: mariadb-server is not installed"
    )
)
struct MySQLTests {
    @Test func aServerIsStartedAskedKilledRecoveredAndStopped() throws {
        let database = try Database()
        #expect(try database.act("status").exit == 3)
        #expect(try database.act("monitor").exit == 3)
        #expect(try database.act("ready") == Run(exit: 0, output: ""))
        let start = try database.act("start")
        #expect(start.exit == 0, "\(start.output)")
        #expect(try database.act("start").exit == 0)
        #expect(try database.act("status").output.hasPrefix("running: process "))
        #expect(try database.act("monitor").output.contains("answers a query"))
        #expect(
            try database.sql(
                "CREATE DATABASE a; CREATE TABLE a.b (c INT); INSERT INTO a.b VALUES (7)"
            ) == ""
        )
        // What was promised is there after a crash.
        let process = try #require(try database.process)
        kill(process, SIGKILL)
        while kill(process, 0) == 0 { usleep(10_000) }
        #expect(try database.act("status").exit == 3)
        #expect(try database.act("start").exit == 0)
        #expect(try database.sql("SELECT c FROM a.b") == "7")
        let stop = try database.act("stop")
        #expect(stop.exit == 0)
        #expect(!stop.output.contains("killed"))
        #expect(try database.act("status").exit == 3)
        #expect(try database.act("stop").exit == 0)
    }

    @Test func aServerThatStandsStillServesNobodyAndIsKilledAtTheEnd() throws {
        let database = try Database()
        try #require(try database.act("start").exit == 0)
        let process = try #require(try database.process)
        kill(process, SIGSTOP)
        #expect(try database.act("status").exit == 0)
        let answer = try database.act("monitor", milliseconds: 1500)
        #expect(answer.exit == 1)
        #expect(answer.output.contains("does not answer"))
        let stop = try database.act("stop", milliseconds: 3000)
        #expect(stop.exit == 0)
        #expect(stop.output.contains("killed"))
        #expect(try database.act("status").exit == 3)
    }

    @Test func whatCannotStartSaysWhy() throws {
        let database = try Database()
        let empty = database.scratch.path + "/empty"
        let missing = try database.act("start", directory: empty)
        #expect(missing.exit == 1)
        #expect(missing.output.contains("is no directory: is its filesystem mounted?"))
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let bare = try database.act("start", directory: empty)
        #expect(bare.exit == 1)
        #expect(bare.output.contains("holds no database"))
        try Program.shell("echo 'nonsense-option=1' >>\(database.config)")
        let start = try database.act("start")
        #expect(start.exit == 1)
        #expect(start.output.contains("nonsense-option"), "\(start.output)")
        #expect(
            try Program.run(Program.resource, ["mysql", "data", "start"]).output
                == "mysql: 'data' is no absolute path\n"
        )
    }

    @Test func theServerOfAnotherDirectoryIsNotTakenForOurs() throws {
        let first = try Database()
        let second = try Database()
        try #require(try first.act("start").exit == 0)
        // Both say the same socket.
        try Program.shell("sed -i 's|^socket=.*|socket=\(first.scratch.path)/s|' \(second.config)")
        #expect(try second.act("status").exit == 3)
        let start = try second.act("start", milliseconds: 5000)
        #expect(start.exit == 1, "\(start.output)")
        #expect(start.output.contains("another server, listens at"), "\(start.output)")
        #expect(try second.act("status").exit == 3)
        #expect(try first.act("monitor").exit == 0)
        #expect(try second.act("stop").exit == 0)
        #expect(try first.act("status").exit == 0)
    }

    @Test func whoLetsNobodyInRunsAll() throws {
        let database = try Database()
        try #require(try database.act("start").exit == 0)
        _ = try database.sql("ALTER USER root@localhost IDENTIFIED BY 'x'")
        let answer = try database.act("monitor")
        #expect(answer.exit == 0)
        #expect(answer.output.contains("tells no more (ERROR 1045"))
    }

    @Test func whoIsFullServes() throws {
        let database = try Database()
        try Program.shell("echo 'max-connections=10' >>\(database.config)")
        try #require(try database.act("start").exit == 0)
        func connect() throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/mariadb")
            process.arguments = [
                "--defaults-file=\(database.config)", "--execute=SELECT SLEEP(100)",
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            return process
        }
        // Ten, and the one more that is root's.
        var busy = try (0..<11).map { _ in try connect() }
        defer { for process in busy { kill(process.processIdentifier, SIGKILL) } }
        var answer = try database.act("monitor")
        for _ in 0..<100 where !answer.output.contains("1040") {
            usleep(100_000)
            // Who came while a monitor had the last place was sent away.
            for place in busy.indices where !busy[place].isRunning { busy[place] = try connect() }
            answer = try database.act("monitor")
        }
        #expect(answer.exit == 0, "\(answer.output)")
        #expect(answer.output.contains("1040"))
    }

    @Test func aServerIsKnownByWhateverPath() throws {
        let database = try Database()
        try #require(try database.act("start").exit == 0)
        let link = database.scratch.path + "/link"
        try Program.shell("ln -s \(database.directory) \(link)")
        #expect(try database.act("status", directory: link).exit == 0)
        #expect(try database.act("stop", directory: link).exit == 0)
        #expect(try database.act("status").exit == 3)
    }

    @Test func aSupervisorStartsNothingAnew() throws {
        let database = try Database()
        let safe = Process()
        safe.executableURL = URL(fileURLWithPath: "/usr/bin/mariadbd-safe")
        safe.arguments = [
            "--defaults-file=\(database.config)", "--datadir=\(database.directory)", "--user=root",
        ]
        safe.standardOutput = FileHandle.nullDevice
        safe.standardError = FileHandle.nullDevice
        try safe.run()
        for _ in 0..<100 where try database.process == nil { usleep(100_000) }
        #expect(try database.act("start").exit == 0)
        let stop = try database.act("stop", milliseconds: 10_000)
        #expect(stop.exit == 0, "\(stop.output)")
        usleep(1_500_000)
        #expect(try database.act("status").exit == 3)
        safe.waitUntilExit()
    }
}
