import Failover
import Foundation
import Testing
import Wire

@Suite("baton monitors")
struct MonitorsCommandTests {
    private func daemon(_ place: Place) throws -> FakeDaemon {
        try FakeDaemon(in: place.path, answering(.done, "done"))
    }

    @Test("The table of all, and of a host group, comes from the status socket")
    func table() throws {
        let place = try Place()
        let daemon = try daemon(place)
        let environment = ["BATON_RUN": place.path]
        let all = try baton("monitors", environment: environment)
        #expect(all.code == 0)
        #expect(all.errors == "")
        try expectGolden(all.output, "monitors.txt")
        #expect(try baton("monitors", "show", environment: environment) == all)
        let one = try baton("monitors", "db", environment: environment)
        #expect(one.output.hasPrefix("1 service is watched on l0: 1 ok.\n"))
        #expect(!one.output.contains("servers/"))
        try daemon.stop()
        #expect(
            daemon.requests
                == Array(
                    repeating: FakeDaemon.Asked(socket: "status.sock", request: .monitors(nil)),
                    count: 3
                )
        )
    }

    @Test("A service has its history, also by its short name")
    func history() throws {
        let place = try Place()
        let daemon = try daemon(place)
        let environment = ["BATON_RUN": place.path]
        let short = try baton("monitors", "web", environment: environment)
        #expect(short.code == 0)
        try expectGolden(short.output, "monitor.txt")
        #expect(try baton("monitors", "servers/web", environment: environment) == short)
        try daemon.stop()
        #expect(daemon.requests.last?.request == .monitors("servers/web"))
    }

    @Test("JSON has the node and the services, one with its history")
    func json() throws {
        struct Answer: Decodable {
            var schema: Int
            var node: String
            var monitors: [MonitorStatus]
        }
        let place = try Place()
        let daemon = try daemon(place)
        func answer(_ words: String...) throws -> Answer {
            let result = try run(Program.baton, words + ["--run", place.path])
            #expect(result.code == 0)
            return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        }
        for all in [try answer("monitors", "--json"), try answer("--json", "monitors")] {
            #expect(all.schema == 1)
            #expect(all.node == "l0")
            #expect(all.monitors == monitoredStatus(historyOf: nil).monitors)
        }
        #expect(
            try answer("monitors", "web", "--json").monitors
                == Array(monitoredStatus(historyOf: "servers/web").monitors.prefix(1))
        )
        try daemon.stop()
    }

    @Test(
        "A name nobody knows, or that may be several, is an error of usage and nothing is ordered"
    )
    func names() throws {
        let place = try Place()
        let daemon = try daemon(place)
        let run = ["--run", place.path]
        let unknown = try CommandTests.run(Program.baton, ["monitors", "nope"] + run)
        #expect(
            unknown
                == Run(
                    code: 2,
                    output: "",
                    errors: "baton: no service or host group is called 'nope'; there are:"
                        + " servers/web, servers/sql, db/sql\n"
                )
        )
        for verb in ["disable", "enable"] {
            let several = try CommandTests.run(
                Program.baton,
                ["monitors", verb, "web", "sql"] + run
            )
            #expect(
                several
                    == Run(
                        code: 2,
                        output: "",
                        errors: "baton: 'sql' may be any of: servers/sql, db/sql\n"
                    )
            )
        }
        try daemon.stop()
        #expect(daemon.requests.allSatisfy { $0.request == .monitors(nil) })
    }

    @Test("Where nothing is watched there is nothing to switch")
    func nothing() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path) { _ in [.send(.status(sampleStatus()))] }
        let environment = ["BATON_RUN": place.path]
        #expect(try baton("monitors", environment: environment).code == 0)
        for name in ["all", "web"] {
            let result = try baton("monitors", "disable", name, environment: environment)
            #expect(result.code == 2)
            #expect(
                result.errors
                    == "baton: no service is watched here; to see why, type: baton check\n"
            )
        }
        try daemon.stop()
    }

    @Test("Help knows the subcommands, and completion too")
    func help() throws {
        #expect(try baton("help", "monitors").output.contains("disable"))
        #expect(
            try baton("monitors", "disable", "--help").output.contains(
                "USAGE: baton monitors disable"
            )
        )
        for shell in ["bash", "zsh", "fish"] {
            let script = try baton("completion", shell).output
            for word in ["monitors", "freeze", "thaw", "clear", "disable", "enable"] {
                #expect(script.contains(word), "\(shell) \(word)")
            }
        }
    }
}
