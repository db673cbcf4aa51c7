import Failover
import Reporting
import Testing

@Suite("Text of baton monitors")
struct MonitorsTextTests {
    private var watched: Status { Sample.failedServiceStays }

    @Test("Services in every state, with what to type for each kind of trouble")
    func table() throws {
        try expectGolden(MonitorsText(width: 120).table(of: watched), "monitors.txt")
        try expectGolden(MonitorsText(width: 60).table(of: watched), "monitors-60.txt")
    }

    @Test("The node that watches nothing says where the group runs")
    func idle() throws {
        try expectGolden(MonitorsText(width: 100).table(of: Sample.heldDown), "monitors-idle.txt")
        var nowhere = Sample.heldDown
        nowhere.groups[0].owner = nil
        #expect(
            MonitorsText().table(of: nowhere)
                .hasPrefix("Nothing is watched on l1: 192.168.6.100 runs nowhere.\n")
        )
        nowhere.groups[0].state = .acquiring
        #expect(
            MonitorsText().table(of: nowhere).hasPrefix(
                "Nothing is watched on l1: the resource monitor of 192.168.6.100 does not run yet.\n"
            )
        )
    }

    @Test("Where every service is switched off it says so, and how to watch again")
    func disabled() {
        var status = Sample.healthy
        status.monitors = ["a/b", "a/c"].map {
            MonitorStatus(name: $0, state: .disabled, groups: [Sample.address])
        }
        let text = MonitorsText().table(of: status)
        #expect(
            text.hasPrefix("Nothing is watched on l0: all 2 services of mon.cf are disabled.\n")
        )
        #expect(
            text.hasSuffix(
                "\nTo watch what is disabled again, type: baton monitors enable a/b a/c\n"
            )
        )
    }

    @Test("Without a service there is a sentence")
    func none() {
        #expect(
            MonitorsText().table(of: Sample.healthy)
                == "No service is watched on either node: mon.cf names none, or no group has the resource monitor.\n"
                + "To see which, type: baton check\n"
        )
    }

    @Test("One service with its history")
    func history() throws {
        var monitor = watched.monitors[0]
        monitor.history = [
            MonitorRunStatus(
                agoMilliseconds: 34_200,
                tookMilliseconds: 2,
                result: .ok,
                summary: ""
            ),
            MonitorRunStatus(
                agoMilliseconds: 14_200,
                tookMilliseconds: 90_000,
                result: .unknown,
                summary: "took longer than 90s"
            ),
            MonitorRunStatus(
                agoMilliseconds: 4_200,
                tookMilliseconds: 3,
                result: .failed,
                summary: "localhost\u{1b}[2J"
            ),
        ]
        monitor.detail = "localhost: connection refused\nlocalhost: \u{1b}[2J port 3306\n"
        let text = MonitorsText(width: 100).history(of: monitor, in: watched)
        try expectGolden(text, "monitor.txt")
        let painted = MonitorsText(width: 100, usesColor: true).history(of: monitor, in: watched)
        #expect(painted.contains(": \u{1b}[1;31mfailed\u{1b}[0m for"))
    }

    @Test("A long output is cut, and that is said")
    func longDetail() {
        var monitor = watched.monitors[0]
        monitor.detail = (1...20).map { "line \($0)\n" }.joined()
        let text = MonitorsText().history(of: monitor, in: watched)
        #expect(text.contains("               line 12\n               and 8 lines more\n"))
        #expect(!text.contains("line 13"))
    }

    @Test("A long list of failed services does not fill the status")
    func many() {
        var status = Sample.healthy
        status.monitors = (1...20).map { MonitorStatus(name: "a/b\($0)", state: .failing) }
        let lines = StatusText().text(of: status).split(separator: "\n")
        #expect(lines.count { $0.contains(" failing for ") } == 7)
        #expect(lines.contains("               and 13 more: baton monitors"))
    }

    @Test("What a typed name stands for")
    func lookup() {
        var status = Sample.healthy
        status.monitors = ["servers/web", "servers/sql", "db/sql"].map {
            MonitorStatus(name: $0, state: .ok)
        }
        #expect(MonitorLookup("servers/sql", in: status) == .service("servers/sql"))
        #expect(MonitorLookup("servers", in: status) == .hostGroup("servers"))
        #expect(MonitorLookup("web", in: status) == .service("servers/web"))
        #expect(MonitorLookup("sql", in: status) == .ambiguous(["servers/sql", "db/sql"]))
        #expect(
            MonitorLookup("eb", in: status)
                == .unknown(known: ["servers/web", "servers/sql", "db/sql"])
        )
        #expect(MonitorLookup.hostGroups(of: status) == ["servers", "db"])
    }
}
