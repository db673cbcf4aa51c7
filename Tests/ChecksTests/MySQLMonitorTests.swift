// msql-mysql.monitor against a real server, and what the numbers of errors mean.

import Foundation
import Testing

@testable import Checks

@Suite(.needsMariaDB, .serialized) struct MySQLMonitorTests {
    let server: MariaDB

    init() throws { server = try MariaDB.shared.get() }

    /// The seed's words, over TCP.
    private func ask(
        _ words: String...,
        password: String = MariaDB.password,
        database: String = "shop"
    ) throws -> Ended {
        try Running(
            Program.monitor,
            [
                "msql-mysql.monitor", "--mode", "mysql", "--username=\(MariaDB.user)",
                "--password=\(password)", "--database=\(database)", "--port=\(server.port)",
            ] + words
        ).end()
    }

    @Test func aServerThatServesPassesByPortAndBySocket() throws {
        #expect(try ask("127.0.0.1") == Ended(code: 0, output: ""))
        #expect(try ask("localhost", "localhost") == Ended(code: 0, output: ""))
        #expect(try ask("--socket", server.socket, "localhost") == Ended(code: 0, output: ""))
    }

    @Test func thePasswordMayStandInAFileOrComeByTheStandardInput() throws {
        try withDirectory { (directory: String) throws in
            let file = directory + "/password"
            try "\(MariaDB.password)\nsecond line\n".write(
                toFile: file,
                atomically: false,
                encoding: .utf8
            )
            #expect(try ask("127.0.0.1", password: file) == Ended(code: 0, output: ""))
        }
        let words = [
            "msql-mysql.monitor", "--username", MariaDB.user, "--password", MariaDB.password,
            "--database", "shop", "--port", "\(server.port)", "127.0.0.1",
        ]
        let input = words.map { Array($0.utf8) + [0] }.joined()
        let ended = try Running(Program.monitor, ["--stdin"], input: Array(input)).end()
        #expect(ended == Ended(code: 0, output: ""))
    }

    @Test func anEmptyDatabaseFailsAsWithMon() throws {
        #expect(
            try ask("127.0.0.1", database: "hollow")
                == Ended(code: 1, output: "127.0.0.1\n127.0.0.1: no tables in database 'hollow'\n")
        )
    }

    @Test(
        arguments: [
            (
                "wrong", "shop", "ERROR 1045 (28000): Access denied for user",
                "; correct --username and --password"
            ),
            (
                MariaDB.password, "secret", "ERROR 1044 (42000): Access denied for user",
                "; grant this user the database"
            ),
        ]
    )
    func aRefusalSaysNothingOfTheService(
        password: String,
        database: String,
        begin: String,
        doing: String
    ) throws {
        let ended = try ask("127.0.0.1", password: password, database: database)
        #expect(ended.code == 126)
        #expect(ended.output.hasPrefix("127.0.0.1: \(begin)"), "\(ended.output)")
        #expect(ended.output.hasSuffix("\(doing)\n"), "\(ended.output)")
        #expect(!ended.output.contains(MariaDB.password))
    }

    @Test func aMissingClientIsUnknownAndNamed() throws {
        let ended = try ask("--client", "/nonexistent/mysql", "127.0.0.1")
        #expect(ended.code == 127)
        #expect(
            ended.output
                == "127.0.0.1: there is no /nonexistent/mysql; install mariadb-client, or see --client\n"
        )
        let other = try ask("--client", "/bin/false", "127.0.0.1")
        #expect(
            other
                == Ended(code: 126, output: "127.0.0.1: /bin/false exited with 1: no word of it\n")
        )
    }

    @Test func aPortWithoutServerAndASocketWithoutServerFail() throws {
        let closed = try TCPServer(backlog: nil)
        let ended = try monitor("msql-mysql.monitor", "--port", "\(closed.port)", "localhost")
        #expect(ended.code == 1)
        #expect(ended.output.contains("\nlocalhost: ERROR 2002 (HY000): Can't connect to"))
        let socket = try monitor("msql-mysql.monitor", "--socket=/nonexistent", "localhost")
        #expect(socket.code == 1)
        #expect(socket.output.contains("through socket '/nonexistent' (2)"))
    }

    @Test func aServerWithoutRoomForOneMoreFails() throws {
        let client = try #require(Program.find("mariadb"))
        // Some more than there is room for: one may come while the monitor has its place, and gets none.
        let sleepers = try (0..<MariaDB.connectionMaximum + 4).map { _ in
            try Running(
                client,
                [
                    "--no-defaults", "--socket=\(server.socket)", "--user=sleeper",
                    "--execute=SELECT SLEEP(60)",
                ]
            )
        }
        #expect(try eventually { try ask("127.0.0.1").code != 0 })
        let full = try ask("127.0.0.1")
        // Root has one connection more than everybody.
        try server.sql("KILL USER sleeper@localhost")
        for sleeper in sleepers { _ = sleeper.end() }
        #expect(
            full
                == Ended(
                    code: 1,
                    output: "127.0.0.1\n127.0.0.1: ERROR 1040 (08004): Too many connections\n"
                )
        )
        #expect(try eventually { try ask("127.0.0.1").code == 0 })
    }

    @Test func aServerThatHangsFailsAtTheDeadlineAndLeavesNoClient() throws {
        try server.whileStopped {
            let begin = ContinuousClock.now
            let ended = try ask("--timeout=1", "127.0.0.1", "localhost")
            #expect(ContinuousClock.now - begin < .seconds(30))
            #expect(
                ended
                    == Ended(
                        code: 1,
                        output: """
                            127.0.0.1 localhost
                            127.0.0.1: timeout: no answer to a query within 1 s
                            localhost: timeout: no answer to a query within 1 s

                            """
                    )
            )
        }
    }

    @Test func nobodyCanReadThePasswordWhileItRuns() throws {
        try server.whileStopped {
            for input in [nil, "msql-mysql.monitor\0"] {
                let words = [
                    "--username", MariaDB.user, "--password=\(MariaDB.password)", "--password",
                    MariaDB.password, "--port=\(server.port)", "--timeout=20", "127.0.0.1",
                ]
                let running =
                    if let input {
                        try Running(
                            Program.monitor,
                            ["--stdin"],
                            input: Array((input + words.joined(separator: "\0") + "\0").utf8)
                        )
                    } else {
                        try Running(Program.monitor, ["msql-mysql.monitor"] + words)
                    }
                let early = try watch(running, until: 2)
                // It has read its words, and its client hangs in the server.
                let members = family(of: running.process.processIdentifier)
                try #require(members.count == 2)
                let late = members.map(shown).joined()
                #expect(late.contains("--defaults-file=/dev/stdin"))
                #expect(!late.contains(MariaDB.password))
                if input != nil { #expect(!early.contains(MariaDB.password), "not for a moment") }
                running.process.terminate()
                _ = running.end()
                // Its client ends with it.
                #expect(eventually { !isRunning(members[1]) })
            }
        }
    }
}

@Suite struct MySQLFaultTests {
    @Test(
        arguments: [
            ("ERROR 2003 (HY000): Can't connect to server on 'db' (111)", 1),
            ("ERROR 2013 (HY000): Lost connection to server during query", 1),
            ("ERROR 2006 (HY000) at line 1: Server has gone away", 1),
            ("mysql: Deprecated program name\nERROR 1040 (08004): Too many connections", 1),
            ("ERROR 1030 (HY000): Got error 5 \"Input/output error\" from storage engine", 1),
            ("ERROR 1053 (08S01): Server shutdown in progress", 1),
            ("ERROR 1130 (HY000): Host '10.0.0.1' is not allowed to connect", 126),
            ("ERROR 1049 (42000): Unknown database 'x'", 126),
            ("ERROR 1698 (28000): Access denied for user 'root'@'localhost'", 126),
            ("ERROR 2026 (HY000): TLS/SSL error: wrong version number", 126),
            ("ERROR 2005 (HY000): Unknown server host 'x' (-2)", 126),
            ("ERROR 2002 (HY000): Can't connect to local server through socket '/s' (13)", 126),
            (
                "ERROR 2002 (HY000): Can't connect to local server through socket '/s' (13 \"Permission denied\")",
                126
            ),
            ("ERROR 2002 (HY000): Can't connect to local server through socket '/s' (111)", 1),
            ("ERROR 1234 (HY000): Something nobody has heard of", 126),
        ]
    )
    func theNumberDecides(output: String, code: Int32) throws {
        let fault = try #require(MySQLFault(output))
        #expect(MonitorAnswer([("db", fault.verdict)]).exit == code)
    }

    @Test func whatHasNoNumberIsNoFault() {
        #expect(MySQLFault("mariadb: unknown variable 'x=y'") == nil)
        #expect(MySQLFault.failures.intersection(MySQLFault.refusals.keys) == [])
    }

    @Test func theOptionFileSaysWhereAndHoldsTheSecret() throws {
        let words = ["--username=u", #"--password=a"b\c #;"#]
        func file(_ more: String..., host: String) throws -> String {
            try MySQLMonitor(words + more + [host]).optionFile(host)
        }
        let head = "[client]\nuser=\"u\"\npassword=\"a\\\"b\\\\c #;\"\n"
        #expect(try file(host: "localhost") == head + "protocol=SOCKET\n")
        #expect(try file("--port=3306", host: "localhost") == head + "protocol=SOCKET\n")
        #expect(
            try file("--port=3307", host: "localhost")
                == head + "protocol=TCP\nport=3307\nhost=\"127.0.0.1\"\n"
        )
        #expect(try file(host: "db") == head + "protocol=TCP\nport=3306\nhost=\"db\"\n")
        #expect(
            try file("--socket=/run/s", host: "localhost")
                == head + "protocol=SOCKET\nsocket=\"/run/s\"\n"
        )
    }
}
