import Failover
import Foundation
import Linux
import Testing
import Wire

@Suite("Orders and their exit codes")
struct OrderTests {
    private static let orders: [[String]] = [
        ["standby"], ["takeover"], ["failback"], ["confirm-down", "l1", "--yes", "l1"], ["reload"],
        ["clear"], ["freeze"], ["thaw"], ["monitors", "disable", "servers"],
        ["monitors", "enable", "all"],
    ]

    @Test(
        "The final reply decides the exit code; progress goes to standard error",
        arguments: orders,
        [CommandOutcome.done, .refused, .failed, .timedOut]
    )
    func outcome(order: [String], outcome: CommandOutcome) throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(outcome, "said\nwhy"))
        let result = try run(Program.baton, ["--run", place.path] + order)
        try daemon.stop()
        let progress = "... 10.0.0.1/24/eth0:0: stopping on l0\n"
        switch outcome {
        case .done: #expect(result == Run(code: 0, output: "said\nwhy\n", errors: progress))
        case .refused: #expect(result == Run(code: 1, output: "", errors: progress + "said\nwhy\n"))
        case .failed: #expect(result == Run(code: 3, output: "", errors: progress + "said\nwhy\n"))
        case .timedOut:
            #expect(result == Run(code: 5, output: "", errors: progress + "said\nwhy\n"))
        }
        #expect(daemon.requests.last?.socket == "control.sock")
    }

    @Test(
        "Each order says what was meant",
        arguments: [
            ("standby", .standby(.all)), ("standby all", .standby(.all)),
            ("standby local", .standby(.local)), ("takeover foreign", .takeover(.foreign)),
            ("takeover failback", .takeover(.failback)), ("failback", .failback),
            ("standby 10.0.0.1", .standby(.group(GroupName("10.0.0.1/24/eth0:0")))),
            ("takeover 10.0.0.10", .takeover(.group(GroupName("10.0.0.10")))),
            ("takeover 10.0.0.1/", .takeover(.group(GroupName("10.0.0.1/24/eth0:0")))),
            ("confirm-down l1 --yes l1", .confirmDown(node: NodeName("l1"), typed: "l1")),
            ("clear", .clear(.all)), ("clear all", .clear(.all)),
            ("clear 10.0.0.10", .clear(.group(GroupName("10.0.0.10")))),
            ("thaw 10.0.0.1", .thaw(.group(GroupName("10.0.0.1/24/eth0:0")))),
            (
                "freeze --for 2h --reason disks",
                .freeze(.all, seconds: 7200, by: "anna", reason: "disks")
            ),
            (
                "freeze 10.0.0.10 --for 1d",
                .freeze(
                    .group(GroupName("10.0.0.10")),
                    seconds: 86_400,
                    by: "anna",
                    reason: ""
                )
            ),
            ("freeze all", .freeze(.all, seconds: nil, by: "anna", reason: "")),
            ("monitors disable servers", .monitorsDisable(["servers"])),
            ("monitors disable web db/sql web", .monitorsDisable(["servers/web", "db/sql"])),
            ("monitors enable all", .monitorsEnable(["servers", "db"])),
            ("reload", .reload(exec: false)), ("reload --exec", .reload(exec: true)),
        ] as [(String, ControlRequest)]
    )
    func meaning(words: String, request: ControlRequest) throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "done"))
        let words = words.split(separator: " ").map(String.init) + ["--run", place.path]
        let environment = ["SUDO_USER": "anna", "LOGNAME": "root"]
        #expect(try run(Program.baton, words, environment: environment).code == 0)
        try daemon.stop()
        #expect(daemon.requests.last == FakeDaemon.Asked(socket: "control.sock", request: request))
        #expect(daemon.requests.dropLast().allSatisfy { $0.socket == "status.sock" })
    }

    @Test(
        "A group nobody knows, or that may be several, is an error of usage and nothing is ordered"
    )
    func unknownGroup() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "done"))
        let unknown = try baton("standby", "web", "--run", place.path)
        #expect(unknown.code == 2)
        #expect(
            unknown.errors
                == "baton: no group is called 'web'; there are: 10.0.0.1/24/eth0:0, 10.0.0.10\n"
        )
        let several = try baton("standby", "10.0", "--run", place.path)
        #expect(several.code == 2)
        #expect(several.errors == "baton: '10.0' may be any of: 10.0.0.1/24/eth0:0, 10.0.0.10\n")
        try daemon.stop()
        #expect(daemon.requests.allSatisfy { $0.request == .status })
    }

    @Test(
        "Where an alert of a monitor calls it, a standby says for which service",
        arguments: [nil, "", "servers/agg0"] as [String?]
    )
    func cause(service: String?) throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "done"))
        var environment = ["BATON_RUN": place.path]
        environment["BATON_MONITOR"] = service
        #expect(try baton("standby", "local", environment: environment).code == 0)
        let hb = try baton(
            "all",
            environment: environment,
            calledAs: "hb_standby",
            in: place
        )
        #expect(hb.code == 0)
        #expect(try baton("takeover", environment: environment).code == 0)
        try daemon.stop()
        let cause = service == "servers/agg0" ? service : nil
        #expect(
            daemon.requests.map(\.request) == [
                .standby(.local, cause: cause), .standby(.all, cause: cause), .takeover(.all),
            ]
        )
    }

    @Test("Who freezes is the login; an alert says that it is one; control characters are gone")
    func caller() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "done"))
        let words = ["--run", place.path, "freeze", "--reason", "new\u{7}disks"]
        for environment in [
            ["SUDO_USER": "", "DOAS_USER": "", "LOGNAME": "bob", "USER": "x"],
            ["SUDO_USER": "", "LOGNAME": "", "USER": "", "BATON_MONITOR": "db/sql"],
        ] {
            #expect(try run(Program.baton, words, environment: environment).code == 0)
        }
        try daemon.stop()
        #expect(
            daemon.requests.map(\.request)
                == ["bob", "the alert of db/sql"].map {
                    .freeze(.all, seconds: nil, by: $0, reason: "new disks")
                }
        )
    }

    @Test("The reply as JSON, whether --json stands before or behind", arguments: [true, false])
    func json(before: Bool) throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.refused, "S7: l1 is not fit"))
        let run = ["--run", place.path, "--json"]
        let result = try CommandTests.run(
            Program.baton,
            before ? run + ["standby"] : ["standby"] + run
        )
        try daemon.stop()
        #expect(result.code == 1)
        #expect(
            result.output
                == "{\n  \"exit\" : 1,\n  \"outcome\" : \"refused\",\n  \"text\" : \"S7: l1 is not fit\"\n}\n"
        )
    }

    @Test("With --no-wait the first line of progress is enough, but a refusal is still told")
    func noWait() throws {
        let place = try Place()
        let silent = try FakeDaemon(in: place.path) { _ in [.send(.progress("stopping"))] }
        let result = try baton("standby", "--no-wait", "--run", place.path)
        try silent.stop()
        #expect(result == Run(code: 0, output: "accepted: stopping\n", errors: ""))
        let refusing = try FakeDaemon(in: place.path) { _ in
            [.send(.reply(CommandReply(outcome: .refused, text: "no")))]
        }
        #expect(
            try baton("standby", "--no-wait", "--run", place.path)
                == Run(code: 1, output: "", errors: "no\n")
        )
        try refusing.stop()
    }

    @Test("An order without an end in time goes on and exits with 5")
    func timeout() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path) { _ in [.send(.progress("stopping"))] }
        let result = try baton("standby", "--timeout", "50ms", "--run", place.path)
        try daemon.stop()
        #expect(result.code == 5)
        #expect(
            result.errors
                == "... stopping\nbaton: no final reply within 0.0 s; it goes on, see: baton status\n"
        )
    }

    @Test("No daemon, a socket nobody serves, and a daemon that ends before it answers exit with 4")
    func noDaemon() throws {
        let place = try Place()
        for order in Self.orders + [["status"]] {
            let result = try run(Program.baton, ["--run", place.path] + order)
            #expect(result.code == 4, "\(order)")
            #expect(result.output == "")
            #expect(result.errors.contains("Type: systemctl start batond"))
        }
        let daemon = try FakeDaemon(in: place.path) { _ in [.close] }
        let cut = try baton("standby", "--run", place.path)
        #expect(cut.code == 4)
        #expect(
            cut.errors
                == "baton: the daemon ended before it answered; what became of it, tells: baton status\n"
        )
        try daemon.stop()
        #expect(FileManager.default.fileExists(atPath: place.path + "/control.sock"))
        #expect(try baton("standby", "--run", place.path).code == 4)
    }

    @Test(
        "What the daemon does not carry out at all: not allowed and busy are refusals, the rest failures"
    )
    func controlErrors() throws {
        for (code, exit) in [
            (ControlError.Code.notAllowed, Int32(1)), (.busy, 1), (.unknownVerb, 3), (.badField, 3),
            (.notJSON, 3), (.lineTooLong, 3),
        ] {
            let place = try Place()
            let daemon = try FakeDaemon(in: place.path) { _ in
                [.send(.error(ControlError(code, "not this way")))]
            }
            let result = try baton("takeover", "--run", place.path)
            try daemon.stop()
            #expect(
                result
                    == Run(
                        code: exit,
                        output: "",
                        errors: "baton: the daemon refuses: not this way\n"
                    )
            )
        }
    }

    /// Whether this is root on a machine where another user may run the program.
    private static let canBeNobody: Bool = {
        let words = ["--reuid=65534", "--clear-groups", Program.baton, "--version"]
        guard let setpriv = Program.find("/usr/bin/setpriv") else { return false }
        return (try? run(setpriv, words))?.code == 0
    }()

    @Test(
        "A user who may not open the socket is refused and told who may",
        .enabled("root can become nobody, who can run the program") { Self.canBeNobody }
    )
    func permission() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "done"))
        let words = [
            "--reuid=65534", "--clear-groups", Program.baton, "standby", "--run", place.path,
        ]
        let result = try run("/usr/bin/setpriv", words)
        try daemon.stop()
        #expect(
            result
                == Run(
                    code: 1,
                    output: "",
                    errors:
                        "baton: this user may not use \(place.path)/control.sock; as root, type the same again\n"
                )
        )
        #expect(daemon.requests.isEmpty)
    }

    @Test("An answer that cannot be read is a failure")
    func garbage() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path) { _ in [.raw("HTTP/1.0 400")] }
        for order in ["standby", "status"] {
            let result = try baton(order, "--run", place.path)
            #expect(result.code == 3)
            #expect(result.errors.hasPrefix("baton: the daemon's answer cannot be read: "))
        }
        try daemon.stop()
    }

    @Test("confirm-down wants the name twice, and the right one")
    func confirmDown() throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "l1 counts as off"))
        let without = try baton("confirm-down", "l1", "--run", place.path)
        #expect(without.code == 2)
        #expect(
            without.errors
                == "baton: there is no terminal to type the name back; if l1 is switched off, type:"
                + " baton confirm-down l1 --yes l1\n"
        )
        let other = try baton("confirm-down", "l1", "--yes", "l2", "--run", place.path)
        #expect(other.code == 2)
        let own = try baton("confirm-down", "l0", "--yes", "l0", "--run", place.path)
        #expect(own.code == 2)
        #expect(own.errors == "baton: the other node is called 'l1', not 'l0'; nothing was done\n")
        try daemon.stop()
        #expect(daemon.requests == [FakeDaemon.Asked(socket: "status.sock", request: .status)])
    }

    @Test(
        "On a terminal confirm-down asks for the name",
        .enabled("script (bsdutils) is here") { Program.find("/usr/bin/script") != nil },
        arguments: [("l1", 0), ("l0", 1), ("", 1)]
    )
    func confirmDownAsks(answer: String, code: Int32) throws {
        let place = try Place()
        let daemon = try FakeDaemon(in: place.path, answering(.done, "l1 counts as off"))
        let command = "\(Program.baton) confirm-down l1 --run \(place.path)"
        let result = try run(
            "/usr/bin/script",
            ["-qec", command, "/dev/null"],
            input: answer + "\n"
        )
        try daemon.stop()
        #expect(result.code == code, "\(result)")
        #expect(result.output.contains("Type its name to say so:"))
        let confirmed = daemon.requests.contains {
            $0.request == .confirmDown(node: NodeName("l1"), typed: "l1")
        }
        #expect(confirmed == (code == 0))
    }
}
