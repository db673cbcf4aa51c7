// Resources that are asked whether they serve, with real daemons: one that stops has its group started anew, then moved;
// one that cannot tell moves nothing.

import Failover
import Linux
import Testing

@testable import Daemon

@Suite("Resources asked", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct ResourceMonitoringTests {
    private func withPair(
        _ haCf: String,
        _ story: (LaboratoryNode, LaboratoryNode) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        for node in [pair.l0, pair.l1] {
            let path = node.directory + "/config/ha.cf"
            let cf = String(decoding: try Files.read(path, maximum: 4096), as: UTF8.self)
            try node.write("ha.cf", cf + "fit_settle 100ms\n" + haCf)
        }
        try pair.tell(story)
    }

    private func wait(_ node: LaboratoryNode, _ state: MonitorState) throws -> MonitorStatus {
        try Laboratory.wait(for: "two \(state) on \(node.name)") {
            try node.status().monitors.first { $0.name == "10.199.0.100/two" && $0.state == state }
        }
    }

    @Test(
        "A resource that has stopped is started anew with its group, and the second time the group moves"
    )
    func stops() throws {
        try withPair("monitor_interval two 1s\nrestart_budget 1\n") { l0, l1 in
            let watched = try wait(l0, .ok)
            #expect(watched.action == .restart)
            #expect(try l0.status().monitors.count == 1)
            #expect(try l1.status().monitors.map(\.state) == [.idle])
            try Files.remove(l0.directory + "/run/is-two")
            try Laboratory.wait(for: "the restart") {
                l0.log.count { $0 == "two start" } == 2 ? () : nil
            }
            try l0.wait(until: .active)
            #expect(try l1.status().groups[0].state == .standby)
            _ = try wait(l0, .ok)
            try Files.remove(l0.directory + "/run/is-two")
            try l1.wait(until: .active)
            try l0.wait(until: .standby)
            _ = try wait(l1, .ok)
            #expect(l0.log.suffix(2) == ["two stop", "one stop"])
        }
    }

    @Test("A resource that cannot tell is unknown, and moves nothing")
    func cannotTell() throws {
        try withPair("monitor_interval two 1s\n") { l0, l1 in
            _ = try wait(l0, .ok)
            let path = l0.directory + "/config/resource.d/two"
            try Files.replaceDurably(path, with: Array("#!/bin/sh\necho no idea; exit 4\n".utf8))
            try Files.setMode(path, 0o755)
            let monitor = try wait(l0, .unknown)
            #expect(monitor.summary.contains("no idea"))
            #expect(try l0.status().groups[0].state == .active)
            #expect(try l1.status().groups[0].state == .standby)
        }
    }
}
