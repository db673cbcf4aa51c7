// postgres.monitor against a real primary and its standby, and what the states of errors mean.

import Foundation
import Testing

@testable import Checks

@Suite(.needsPostgres, .serialized) struct PostgresMonitorTests {
    let server: Postgres

    init() throws { server = try Postgres.shared.get() }

    private func ask(
        _ port: UInt16,
        _ words: String...,
        password: String = Postgres.password
    ) throws -> Ended {
        try Running(
            Program.monitor,
            ["postgres.monitor", "--username=watcher", "--password=\(password)", "--port=\(port)"]
                + words
        ).end()
    }

    @Test func primaryAndStandbyPassAsWhatTheyAre() throws {
        let well = Ended(code: 0, output: "")
        #expect(try ask(server.primary, "127.0.0.1") == well)
        #expect(try ask(server.primary, "--role=primary", "127.0.0.1", "localhost") == well)
        #expect(try ask(server.standby, "--role", "standby", "--maxlag", "60", "127.0.0.1") == well)
        #expect(try ask(server.primary, "--role=primary", "--maxlag=60", server.directory) == well)
    }

    @Test func theWrongRoleFails() throws {
        #expect(
            try ask(server.primary, "--role=standby", "127.0.0.1")
                == Ended(code: 1, output: "127.0.0.1\n127.0.0.1: it is a primary, not a standby\n")
        )
        #expect(
            try ask(server.standby, "--role=primary", "127.0.0.1")
                == Ended(
                    code: 1,
                    output: "127.0.0.1\n127.0.0.1: it is a standby, not the primary\n"
                )
        )
    }

    @Test func aStandbyThatFallsBehindFailsBeyondItsLimit() throws {
        try server.sql("SELECT pg_wal_replay_pause()", server.standby)
        defer { _ = try? server.sql("SELECT pg_wal_replay_resume()", server.standby) }
        try server.sql("INSERT INTO goods VALUES ('second')", server.primary)
        #expect(
            try eventually { try ask(server.standby, "--maxlag=0.01", "127.0.0.1").code == 1 }
        )
        let ended = try ask(server.standby, "--maxlag=0.01", "127.0.0.1")
        #expect(
            ended.output.wholeMatch(
                of: /127\.0\.0\.1\n127\.0\.0\.1: it is \d+ s behind, more than 10ms\n/
            ) != nil,
            "\(ended.output)"
        )
        #expect(try ask(server.standby, "--maxlag=600", "127.0.0.1").code == 0)
        try server.sql("SELECT pg_wal_replay_resume()", server.standby)
        #expect(
            try eventually { try ask(server.standby, "--maxlag=0.01", "127.0.0.1").code == 0 }
        )
    }

    @Test func aRefusalSaysNothingOfTheService() throws {
        let wrong = try ask(server.primary, "127.0.0.1", password: "geheim")
        #expect(wrong.code == 126)
        #expect(
            wrong.output.hasSuffix(
                "FATAL: password authentication failed for user \"watcher\"; correct --username and --password, or pg_hba.conf\n"
            ),
            "\(wrong.output)"
        )
        #expect(!wrong.output.contains("geheim"))
        let none = try monitor(
            "postgres.monitor",
            "--username=watcher",
            "--port=\(server.primary)",
            "127.0.0.1",
            environment: ["HOME": "/nonexistent"]
        )
        #expect(
            none
                == Ended(
                    code: 126,
                    output: "127.0.0.1: the server asks for a password; give --password\n"
                )
        )
        let database = try ask(server.primary, "--database=nosuch", "127.0.0.1")
        #expect(database.code == 126)
        #expect(database.output.hasSuffix("does not exist; correct --database\n"))
    }

    @Test func aPortWithoutServerAndADirectoryWithoutSocketFail() throws {
        let closed = try TCPServer(backlog: nil)
        let ended = try ask(closed.port, "127.0.0.1")
        #expect(ended.code == 1)
        #expect(ended.output.hasSuffix("port \(closed.port) failed: Connection refused\n"))
        let socket = try ask(server.primary, "/nonexistent")
        #expect(socket.code == 1)
        #expect(socket.output.hasSuffix("failed: No such file or directory\n"))
    }

    @Test func somethingElseThanPostgresFailsAndNeverHangs() throws {
        let mute = try TCPServer()
        let begin = ContinuousClock.now
        let ended = try ask(mute.port, "--timeout=0.5", "127.0.0.1")
        #expect(
            ended
                == Ended(
                    code: 1,
                    output: "127.0.0.1\n127.0.0.1: timeout: it does not let anybody in\n"
                )
        )
        #expect(ContinuousClock.now - begin < .seconds(30))
    }

    @Test func aServerThatHangsFailsAtTheDeadline() throws {
        try server.whileStopped {
            let begin = ContinuousClock.now
            let ended = try ask(server.primary, "--timeout=0.5", "127.0.0.1")
            #expect(ContinuousClock.now - begin < .seconds(30))
            #expect(ended.code == 1)
            #expect(ended.output == "127.0.0.1\n127.0.0.1: timeout: it does not let anybody in\n")
        }
    }

    @Test func nobodyCanReadThePasswordWhileItRuns() throws {
        try server.whileStopped {
            let running = try Running(
                Program.monitor,
                [
                    "postgres.monitor", "--username=watcher", "--password", Postgres.password,
                    "--port=\(server.primary)", "127.0.0.1",
                ]
            )
            // Once the word is blotted out it stays so; the deadline is far.
            let own = running.process.processIdentifier
            #expect(eventually { shown(own).contains("--password\0xxxx") })
            let members = family(of: running.process.processIdentifier)
            #expect(!members.map(shown).joined().contains(Postgres.password))
            running.process.terminate()
            _ = running.end()
        }
    }
}

@Suite struct PostgresAnswerTests {
    @Test(
        arguments: [
            (true, 5.0, 10, Verdict.passed),
            (true, 15.7, 10, .failed("it is 15 s behind, more than 10s")),
            (true, nil, 10, .failed("it has replayed nothing yet, and receives nothing")),
            (true, nil, nil, .passed), (true, -3.0, 1, .passed), (false, 0, 1, .passed),
        ] as [(Bool, Double?, Int?, Verdict)]
    )
    func lagIsJudgedOfStandbys(isInRecovery: Bool, lag: Double?, maxlag: Int?, verdict: Verdict) {
        let answer = PostgresAnswer(isInRecovery: isInRecovery, lag: lag)
        let limit = maxlag.map { Duration.seconds($0) }
        #expect(answer.verdict(.init(role: nil, maxlag: limit)) == verdict)
    }

    @Test(
        arguments: [
            (
                "FATAL:  57P03: the database system is starting up\nLOCATION:  x", 1,
                "FATAL: the database system is starting up"
            ),
            ("FATAL:  57P03: das Datenbanksystem startet", 1, "FATAL: das Datenbanksystem startet"),
            (
                "FATAL:  53300: sorry, too many clients already", 1,
                "FATAL: sorry, too many clients already"
            ),
            ("ERROR:  58030: could not read block 0", 1, "ERROR: could not read block 0"),
            (
                "FATAL:  28000: no pg_hba.conf entry", 126,
                "FATAL: no pg_hba.conf entry; correct --username and --password, or pg_hba.conf"
            ),
            (
                "ERROR:  42501: permission denied", 126,
                "ERROR: permission denied; grant this user pg_is_in_recovery()"
            ),
            (
                "server closed the connection unexpectedly\n\tThis probably", 1,
                "server closed the connection unexpectedly"
            ),
            (
                "connection to server on socket \"/s\" failed: Permission denied", 126,
                "connection to server on socket \"/s\" failed: Permission denied; this program may not use the socket"
            ),
            ("", 1, "no reason given"),
        ]
    )
    func theStateDecides(message: String, code: Int32, text: String) {
        let answer = MonitorAnswer([("db", PostgresFault(message).verdict)])
        #expect(answer.exit == code)
        #expect(answer.output.hasSuffix("db: \(text)\n"), "\(answer.output)")
    }
}
