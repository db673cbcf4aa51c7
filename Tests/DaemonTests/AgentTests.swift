// OCF agents of the package resource-agents under two real daemons.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite(
    "OCF agents",
    .serialized,
    .enabled(if: Laboratory.isPossible, Laboratory.skipped),
    .enabled(
        if: Files.isExecutable("/usr/lib/ocf/resource.d/heartbeat/Dummy"),
        "skipped: resource-agents is not installed"
    )
)
struct AgentTests {
    @Test("A group of agents is started, asked, moved and stopped")
    func move() throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { _, _ in
            let delays = "startdelay=0::stopdelay=0::mondelay=0"
            for node in [pair.l0, pair.l1] {
                try node.write(
                    "haresources",
                    "l0 IPaddr2::10.199.0.100/24/eth0 ocf:heartbeat:Dummy ocf:heartbeat:Delay::\(delays)\n"
                )
            }
            try pair.start()
            // An agent's memory is the node's own, and ends with the boot.
            func remembered(_ node: LaboratoryNode) throws -> [String] {
                try Files.list(node.directory + "/run/agents").filter { $0.hasPrefix("Dummy-") }
            }
            #expect(try remembered(pair.l0).count == 1)
            #expect(
                try pair.l0.status().groups.first?.resources.map(\.state) == [
                    .running, .running, .running,
                ]
            )
            #expect(try pair.l0.reply(.standby(.all)).outcome == .done)
            try pair.l1.wait(until: .active)
            #expect(try remembered(pair.l0).isEmpty)
            #expect(try remembered(pair.l1).count == 1)
        }
    }
}
