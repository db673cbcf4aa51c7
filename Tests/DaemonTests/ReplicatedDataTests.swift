// Replicated data with real daemons (S11): what the program of a resource says of it reaches the other node, the record
// and people. The program stands in for DRBD; the laboratory of two machines has the real one.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("Replicated data", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct ReplicatedDataTests {
    /// A pair whose daemons have a baton-resource of their own beside them.
    private func withPair(
        _ resources: String = "",
        _ story: (LaboratoryNode, LaboratoryNode) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        let batond = try #require(Laboratory.batond)
        let built = String(batond[..<(batond.lastIndex(of: "/") ?? batond.startIndex)])
        for node in [pair.l0, pair.l1] {
            let programs = node.directory + "/programs"
            try Files.makeDirectory(programs, mode: 0o755)
            for name in ["batond", "batond-peer"] where Files.exists("\(built)/\(name)") {
                let copy = try ChildProcess(
                    Linux.Command("/bin/cp", ["\(built)/\(name)", "\(programs)/\(name)"])
                )
                #expect(try Laboratory.finish(copy).code == 0)
            }
            let script = """
                #!/bin/sh
                # TYPE ARGUMENT... ACTION
                run='\(node.directory)/run'
                for action; do :; done
                [ "$1 $action" = "drbddisk status" ] || [ "$1" = Filesystem ] ||
                    echo "disk $action${BATON_ACCEPT_DATA_LOSS:+ accepting}" >>"$run/log"
                case $action in
                start) : >"$run/is-$1" ;;
                stop) rm -f "$run/is-$1" ;;
                status) [ -e "$run/is-$1" ] && echo running || { echo stopped; exit 3; } ;;
                data) cat "$run/../data" ;;
                outdate) if [ -e "$run/../outdated" ]; then cat "$run/../outdated"; else cat "$run/../data"; fi ;;
                ready) cat "$run/../missing" 2>/dev/null && exit 1 || exit 0 ;;
                *) exit 4 ;;
                esac

                """
            try Files.replaceDurably(
                programs + "/baton-resource",
                with: Array(script.utf8),
                mode: 0o755
            )
            try see("replication=inSync generation=A4", node)
            node.program = programs + "/batond"
            try node.write(
                "haresources",
                "l0 IPaddr2::10.199.0.100/24/eth0 drbddisk::r0 \(resources)one\n"
            )
        }
        try pair.tell(story)
    }

    private func see(_ line: String, _ node: LaboratoryNode) throws {
        try Files.replaceDurably(node.directory + "/data", with: Array((line + "\n").utf8))
    }

    private func wait(_ node: LaboratoryNode, _ state: DataState) throws -> DataStatus {
        try Laboratory.wait(for: "data \(state) on \(node.name)") {
            try node.status().groups[0].data.flatMap { $0.state == state ? $0 : nil }
        }
    }

    @Test(
        "Who was left behind is told so, does not forget it, and takes again when both have the same"
    )
    func apart() throws {
        try withPair { l0, l1 in
            _ = try wait(l0, .inSync)
            _ = try wait(l1, .inSync)
            for node in [l0, l1] { try see("replication=detached", node) }
            #expect(try wait(l0, .alone).since != nil)
            let stale = try wait(l1, .stale)
            #expect(stale.text.contains("l0 has written without this node since 20"))
            try Laboratory.wait(for: "outdate") { l1.log.contains("disk outdate") ? () : nil }
            #expect(!l0.log.contains("disk outdate"))
            let given = try l0.reply(.standby(.all))
            #expect(given.outcome == .refused)
            #expect(given.text.contains("has not got what was written here since"))
            let taken = try l1.reply(.takeover(.all, acceptsDataLoss: true))
            #expect(taken.outcome == .refused)
            #expect(taken.text.contains("l0 runs 10.199.0.100"))
            try l1.crash()
            try l1.start()
            #expect(try wait(l1, .stale).since == stale.since)
            for node in [l0, l1] { try see("replication=inSync generation=A6", node) }
            _ = try wait(l0, .inSync)
            _ = try wait(l1, .inSync)
            try Laboratory.wait(for: "the move") {
                try l1.reply(.takeover(.all)).outcome == .done ? () : nil
            }
            #expect(l1.log.filter { $0.hasPrefix("disk start") } == ["disk start"])
        }
    }

    /// Calls DRBD's handler as the kernel does.
    private func handler(
        _ node: LaboratoryNode,
        _ environment: [String] = ["DRBD_RESOURCE=r0"]
    ) throws -> (code: Int32, text: String) {
        let batond = try #require(Laboratory.batond)
        let child = try ChildProcess(
            Linux.Command(
                batond.dropLast("batond".count) + "baton",
                ["--run", node.directory + "/run", "outdate-peer"],
                environment: environment
            )
        )
        return try Laboratory.finish(child)
    }

    @Test("DRBD's handler ends by what the other copy is, and at once where the other node is gone")
    func fence() throws {
        try withPair { l0, l1 in
            for node in [l0, l1] {
                _ = try wait(node, .inSync)
                let outdated = "replication=detached copy=outdated age=yes obstacle=Outdated\n"
                try Files.replaceDurably(node.directory + "/outdated", with: Array(outdated.utf8))
            }
            // Who neither holds nor takes, another peer, another resource, no resource.
            #expect(try handler(l1).code == 1)
            #expect(try handler(l0, ["DRBD_RESOURCE=r0", "DRBD_PEERS=l7"]).code == 1)
            #expect(try handler(l0, ["DRBD_RESOURCE=r7"]).code == 1)
            #expect(try handler(l0, []).code == 2)
            #expect(!l1.log.contains("disk outdate") && !l0.log.contains("disk outdate"))
            let told = try handler(l0, ["DRBD_RESOURCE=r0", "DRBD_PEERS=l1"])
            #expect(told.code == 4, "\(told.text)")
            #expect(told.text == "outdated: the copy of l1 is outdated\n")
            let stale = try wait(l1, .stale)
            #expect(stale.text.contains("l0 has written without this node since 20"))
            // Its daemon still beats; what replicates there says nothing.
            try see("replication=inSync copy=usable", l1)
            try Files.replaceDurably(l1.directory + "/outdated", with: Array("what?\n".utf8))
            let pending = try handler(l0)
            #expect(pending.code == 1)
            #expect(pending.text.hasPrefix("pending: "))

            try l1.crash()
            for device in ["eth0", "eth1"] {
                try Laboratory.ip("-n \(l1.namespace) addr flush dev \(device)")
            }
            try Laboratory.wait(for: "silence") {
                try l0.status().peer.state != .alive && l0.status().peer.state != .late ? () : nil
            }
            let begin = BootClock.now
            let gone = try handler(l0)
            #expect(gone.code == 5, "\(gone.text)")
            // Nobody is asked: a node that does not answer would take the whole time of a question.
            #expect(BootClock.now - begin < PeerClient.timeout(of: .outdate(resource: "r0")))
            // No word of it is one of DRBD's, whatever else `baton` calls a missing daemon.
            try l0.crash()
            #expect(try handler(l0).code == 1)
        }
    }

    @Test("An accepted loss reaches the start")
    func acceptsLoss() throws {
        try withPair { l0, l1 in
            for node in [l0, l1] { try see("replication=detached", node) }
            _ = try wait(l1, .stale)
            try l0.crash()
            // Nobody answers there any more, and the cable is in.
            for device in ["eth0", "eth1"] {
                try Laboratory.ip("-n \(l0.namespace) addr flush dev \(device)")
            }
            try Laboratory.wait(for: "silence") {
                try l1.status().peer.state == .silent ? () : nil
            }
            let down = try l1.reply(.confirmDown(node: NodeName("l0"), typed: "l0"))
            #expect(down.text.contains("--accept-data-loss"), "\(down.text)")
            let reply = try l1.reply(.takeover(.all, acceptsDataLoss: true))
            #expect(reply.outcome == .done, "\(reply.text)")
            #expect(l1.log.contains("disk start accepting"))
            #expect(try wait(l1, .alone).since != nil)
        }
    }

    @Test(
        "What a mount needs is looked at where the group does not run, and nothing is given there without"
    )
    func readiness() throws {
        try withPair("Filesystem::/dev/drbd0::/srv ") { l0, l1 in
            _ = try wait(l0, .inSync)
            _ = try wait(l1, .inSync)
            let missing = l1.directory + "/missing"
            let line = Array("/dev/drbd0 is no block device here\n".utf8)
            try Files.replaceDurably(missing, with: line)
            try Laboratory.wait(for: "the reason") {
                try l1.status().groups[0].unfitReason == "/dev/drbd0 is no block device here"
                    ? () : nil
            }
            let given = try l0.reply(.standby(.all))
            #expect(given.outcome == .refused)
            #expect(given.text.contains("what a resource needs is missing"))
            try Files.remove(missing)
            try Laboratory.wait(for: "the move") {
                try l0.reply(.standby(.all)).outcome == .done ? () : nil
            }
            try l1.wait(until: .active)
        }
    }

    @Test("What is wanted at once makes no loop late")
    func isNotLate() throws {
        try withPair { l0, l1 in
            _ = try wait(l0, .inSync)
            _ = try l0.reply(.standby(.all))
            try l1.wait(until: .active)
            for node in [l0, l1] {
                let lateness = try #require(try node.status().timing?.loopLateness)
                #expect(lateness.maximum < .seconds(10))
            }
        }
    }
}
