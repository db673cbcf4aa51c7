import Failover
import Foundation
import Testing
import Wire

@Suite("Heartbeat's names")
struct HeartbeatNamesTests {
    @Test(
        "hb_standby and hb_takeover order what their words mean and wait for the truth",
        arguments: [
            ("hb_standby", "", .standby(.all)), ("hb_standby", "all", .standby(.all)),
            ("hb_standby", "local", .standby(.local)),
            ("hb_standby", "foreign", .standby(.foreign)),
            ("hb_standby", "failback", .standby(.foreign)), ("hb_takeover", "", .takeover(.all)),
            ("hb_takeover", "local", .takeover(.local)),
            ("hb_takeover", "foreign", .takeover(.foreign)),
            ("hb_takeover", "failback", .takeover(.failback)),
        ] as [(String, String, ControlRequest)]
    )
    func moves(name: String, word: String, request: ControlRequest) throws {
        let place = try Place()
        for outcome in [CommandOutcome.done, .refused, .failed, .timedOut] {
            let daemon = try FakeDaemon(in: place.path, answering(outcome, "said"))
            let link = place.path + "/" + name
            if !FileManager.default.fileExists(atPath: link) {
                try FileManager.default.createSymbolicLink(
                    atPath: link,
                    withDestinationPath: Program.baton
                )
            }
            let words = word.isEmpty ? [] : [word]
            let result = try run(link, words, environment: ["BATON_RUN": place.path])
            try daemon.stop()
            #expect(result.code == Int32(outcome.rawValue))
            #expect(daemon.requests == [FakeDaemon.Asked(socket: "control.sock", request: request)])
        }
    }

    @Test(
        "Wrong words get Heartbeat's usage and exit code 1; no daemon gets 4",
        arguments: ["hb_standby", "hb_takeover"]
    )
    func usage(name: String) throws {
        let place = try Place()
        let environment = ["BATON_RUN": place.path]
        let link = place.path + "/" + name
        for (words, complaint) in [
            (["foo"], "\(link): wrong resources(foo).\n"),
            (["all", "x"], "\(link): too many arguments\n"),
            (["--help"], ""), (["-h"], "\(link): wrong resources(-h).\n"),
        ] {
            _ = try baton("all", environment: environment, calledAs: name, in: place)
            let result = try run(link, words, environment: environment)
            #expect(
                result
                    == Run(
                        code: 1,
                        output: complaint + "usage:\n",
                        errors: "\(link) [all|foreign|local|failback]\n"
                    )
            )
        }
        #expect(try baton("all", environment: environment, calledAs: name, in: place).code == 4)
    }

    @Test(
        "The usage is that of the real commands",
        .enabled("Debian's heartbeat is installed") {
            Program.find("/usr/share/heartbeat/hb_takeover") != nil
                && FileManager.default.fileExists(atPath: "/etc/ha.d/shellfuncs")
        },
        arguments: ["hb_standby", "hb_takeover"],
        ["foo", "--help"]
    )
    func usageOfTheReal(name: String, word: String) throws {
        let place = try Place()
        let real = try run("/usr/share/heartbeat/" + name, [word])
        let ours = try baton(word, calledAs: name, in: place)
        #expect(ours.code == real.code)
        let realText = real.output + real.errors
        #expect(
            (ours.output + ours.errors).replacing(place.path, with: "/usr/share/heartbeat")
                == realText
        )
    }

    @Test(
        "cl_status prints Heartbeat's words and exits with its codes",
        arguments: [
            ("hbstatus", 0, "Heartbeat is running on this machine.\n"),
            ("listnodes", 0, "l0\nl1\n"),
            ("listnodes -n", 0, "l0\nl1\n"), ("listnodes -np", 0, "l0\nl1\n"),
            (
                "listnodes -v", 0,
                "\nl0\tactive\t(nodetype: normal)\n\teth1\tup\n\nl1\tactive\t(nodetype: normal)\n\teth1\tup\n"
            ),
            ("nodestatus l1", 0, "active\n"),
            ("nodestatus l1 -m", 0, "The cluster node l1 is active\n"),
            ("nodestatus", 11, ""), ("nodestatus x", 11, ""), ("nodetype l0", 0, "normal\n"),
            ("nodeweight l0", 0, "100\n"), ("nodesite l0", 0, "\n"),
            ("listhblinks l0", 0, "\teth1\n"),
            ("hblinkstatus l1 eth1", 0, "up\n"), ("hblinkstatus l1 eth9", 13, ""),
            ("hblinkstatus l1", 11, ""),
            ("clientstatus l0 ipfail", 1, "offline\n"), ("rscstatus", 0, "local\n"),
            ("rscstatus -m", 0, "This node is holding local resources.\n"),
            ("rscstatus -x", 11, ""),
            ("hbparameter -p keepalive", 0, "500ms\n"), ("hbparameter -p node", 0, "l0 l1\n"),
            ("hbparameter -p baud", 1, ""), ("clientstatus x y", 13, ""),
            ("hbparameter -m -p keepalive", 0, "Heartbeat parameter keepalive's value: 500ms\n"),
            ("hbparameter", 11, ""), ("nonsense", 11, ""),
        ] as [(String, Int32, String)]
    )
    func clusterStatus(words: String, code: Int32, output: String) throws {
        let place = try Place()
        try place.write("keepalive 500ms # half a second\nnode l0\nnode l1\n#baud 9600\n", "ha.cf")
        let daemon = try FakeDaemon(in: place.path, answering(.done, "done"))
        let link = place.path + "/cl_status"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: Program.baton)
        let result = try run(
            link,
            words.split(separator: " ").map(String.init),
            environment: ["BATON_RUN": place.path, "BATON_CONFIG": place.path]
        )
        try daemon.stop()
        #expect(result.code == code)
        #expect(result.output == output)
        #expect(result.errors.isEmpty == (code == 0 || !output.isEmpty))
        #expect(daemon.requests.allSatisfy { $0.request == .status })
    }

    @Test("cl_status without a daemon: hbstatus says so, the rest cannot sign on; both exit with 1")
    func clusterStatusStopped() throws {
        let place = try Place()
        let environment = ["BATON_RUN": place.path]
        #expect(
            try baton("hbstatus", environment: environment, calledAs: "cl_status", in: place)
                == Run(code: 1, output: "Heartbeat is stopped on this machine.\n", errors: "")
        )
        let other = try baton(
            "listnodes",
            environment: environment,
            calledAs: "cl_status",
            in: place
        )
        #expect(other.code == 1)
        #expect(other.output == "")
        #expect(other.errors.hasPrefix("cl_status: ERROR: Cannot signon with heartbeat\n"))
    }

    @Test(
        "The help of cl_status is that of the real one",
        .enabled("Debian's heartbeat is installed") { Program.find("/usr/bin/cl_status") != nil }
    )
    func helpOfTheReal() throws {
        let place = try Place()
        for words in [[], ["-h"]] {
            let real = try run("/usr/bin/cl_status", words)
            _ = try baton("hbstatus", calledAs: "cl_status", in: place)
            #expect(try run(place.path + "/cl_status", words) == real)
        }
    }
}
