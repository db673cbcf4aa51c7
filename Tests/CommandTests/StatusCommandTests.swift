import Failover
import Foundation
import Testing
import Wire

@Suite("baton status")
struct StatusCommandTests {
    private func daemon(_ place: Place) throws -> FakeDaemon {
        try FakeDaemon(in: place.path, answering(.done, "done"))
    }

    @Test("The text of a healthy pair, from the status socket; also without a subcommand")
    func text() throws {
        let place = try Place()
        let daemon = try daemon(place)
        let result = try baton("status", "--run", place.path)
        #expect(result.code == 0)
        #expect(result.errors == "")
        try expectGolden(result.output, "status.txt")
        #expect(try baton(environment: ["BATON_RUN": place.path]) == result)
        #expect(try baton("--run", place.path) == result)
        try daemon.stop()
        let asked = [ControlRequest.status, .peerStatus].map {
            FakeDaemon.Asked(socket: "status.sock", request: $0)
        }
        #expect(daemon.requests == asked + asked + asked)
    }

    @Test("JSON is the status value itself, wherever the options stand")
    func json() throws {
        let place = try Place()
        let daemon = try daemon(place)
        let both = ControlCoding.text(sampleStatus(), peerView: .success(samplePeerStatus()))
        let expected = Run(code: 0, output: both + "\n", errors: "")
        #expect(try baton("--run", place.path, "--json", "status") == expected)
        #expect(try baton("status", "--json", "--run", place.path) == expected)
        #expect(try baton("--json", "status", "--run", place.path) == expected)
        #expect(try baton("--run", place.path, "--json") == expected)
        let own = Run(code: 0, output: ControlCoding.text(sampleStatus()) + "\n", errors: "")
        #expect(try baton("status", "--local", "--json", "--run", place.path) == own)
        try daemon.stop()
    }

    @Test("A peer that does not answer costs its view, not the own one; --local does not ask")
    func silentPeer() throws {
        let place = try Place()
        let error = ControlError(.noAnswer, "l1 does not answer: 10.0.0.2 (Connection refused)")
        let daemon = try FakeDaemon(in: place.path) { request in
            request == .status ? [.send(.status(sampleStatus()))] : [.send(.error(error))]
        }
        let own = try baton("status", "--local", "--run", place.path)
        let result = try baton("status", "--run", place.path)
        #expect(result.code == 0)
        #expect(
            result.output == own.output
                + "\nl1's own view\nNot known:     l1 does not answer: 10.0.0.2 (Connection refused)\n"
        )
        let json = try baton("status", "--json", "--run", place.path)
        #expect(
            json.output == ControlCoding.text(sampleStatus(), peerView: .failure(error)) + "\n"
        )
        try daemon.stop()
        #expect(
            daemon.requests.map(\.request) == [.status, .status, .peerStatus, .status, .peerStatus]
        )
    }

    @Test("--run stands above BATON_RUN")
    func runDirectory() throws {
        let place = try Place()
        let daemon = try daemon(place)
        let environment = ["BATON_RUN": place.path]
        #expect(try baton("status", environment: environment).code == 0)
        let elsewhere = try baton("status", "--run", place.path + "/no", environment: environment)
        #expect(elsewhere.code == 4)
        try daemon.stop()
    }

    @Test(
        "Colours on a terminal only, and not with NO_COLOR",
        .enabled("script (bsdutils) is here") { Program.find("/usr/bin/script") != nil }
    )
    func colours() throws {
        let place = try Place()
        let daemon = try daemon(place)
        func onTerminal(_ environment: [String: String]) throws -> String {
            let command = "\(Program.baton) status --run \(place.path)"
            let terminal = ["TERM": "xterm"].merging(environment) { $1 }
            let result = try run(
                "/usr/bin/script",
                ["-qec", command, "/dev/null"],
                environment: terminal
            )
            #expect(result.code == 0)
            return result.output
        }
        #expect(try onTerminal([:]).contains("\u{1b}[32mThe service is fine"))
        #expect(try !onTerminal(["NO_COLOR": "1"]).contains("\u{1b}"))
        #expect(try onTerminal(["NO_COLOR": ""]).contains("\u{1b}"))
        #expect(try !onTerminal(["TERM": "dumb"]).contains("\u{1b}"))
        #expect(try !baton("status", "--run", place.path).output.contains("\u{1b}"))
        try daemon.stop()
    }

    @Test("A daemon of a thousand groups is shown whole")
    func large() throws {
        let place = try Place()
        var status = sampleStatus()
        let one = status.groups[0]
        status.groups = (0..<1000).map { index in
            var group = one
            group.name = "10.\(index / 250).\(index % 250).1"
            return group
        }
        let large = status
        let daemon = try FakeDaemon(in: place.path) { _ in [.send(.status(large))] }
        let result = try baton("status", "--run", place.path)
        try daemon.stop()
        #expect(result.code == 0)
        #expect(
            result.output.hasPrefix(
                "The service is fine: all 1000 groups run on l0, and l1 stands by.\n"
            )
        )
        #expect(result.output.contains("\n10.3.249.1  active"))
    }
}
