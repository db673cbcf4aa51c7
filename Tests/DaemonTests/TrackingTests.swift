// What a node must have besides (`track_interface`, `track_script`), and programs that are told of states
// (`notify_state`), with two real daemons.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("Tracking and states", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct TrackingTests {
    private func withPair(
        _ haCf: String,
        before: (LaboratoryPair) throws -> Void = { _ in },
        _ story: (LaboratoryNode, LaboratoryNode) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { l0, l1 in
            for node in [l0, l1] {
                try node.append("ha.cf", "fit_settle 100ms\n" + haCf)
                try Laboratory.ip("-n \(node.namespace) link add up0 type veth peer name other0")
                for device in ["up0", "other0"] {
                    try Laboratory.ip("-n \(node.namespace) link set \(device) up")
                }
            }
            try before(pair)
            try pair.start()
            try story(l0, l1)
        }
    }

    @Test("A lost device that is tracked gives the group to the other node, and keeps it there")
    func device() throws {
        try withPair("track_interface up0\n") { l0, l1 in
            try Laboratory.ip("-n \(l0.namespace) link set other0 down")
            try l1.wait(until: .active)
            try l0.wait(until: .standby)
            #expect(l0.output.contains("track up0: it has no carrier"))
            // Both without it: it stays where it is.
            try Laboratory.ip("-n \(l1.namespace) link del up0")
            try Laboratory.wait(for: "the word on l1") {
                l1.output.contains("track up0: this machine has no such device") ? () : nil
            }
            #expect(try l1.status().groups[0].state == .active)
            #expect(l1.log == ["one start", "two start"])
        }
    }

    @Test("A program that says no twice gives the group to the other node; one refusal does not")
    func script() throws {
        let path = "/tmp/baton-track-\(try Machine.randomWord())"
        defer { _ = try? Files.remove(path) }
        // Each node asks for its own file; the first no is forgiven.
        try Files.replaceDurably(
            path,
            with: Array("#!/bin/sh\n[ ! -e \"$BATON_RUN/no\" ] || { echo sick; exit 3; }\n".utf8),
            mode: 0o755
        )
        try withPair("track_script 1 \(path)\n") { l0, l1 in
            try Files.replaceDurably(l0.directory + "/run/no", with: [])
            try l1.wait(until: .active)
            #expect(l0.output.contains("track \(path): exit 3: sick"))
            let unfit = try l0.status().groups[0]
            #expect(unfit.state == .standby)
            try Files.remove(l0.directory + "/run/no")
            try Laboratory.wait(for: "its word that it is well") {
                l0.output.contains("what it needs is there") ? () : nil
            }
        }
    }

    @Test("Programs are told what a group has become on their node")
    func states() throws {
        let path = "/tmp/baton-state-\(try Machine.randomWord())"
        defer { _ = try? Files.remove(path) }
        try Files.replaceDurably(
            path,
            with: Array(
                "#!/bin/sh\necho \"$* $BATON_GROUP $BATON_STATE $BATON_NODE $BATON_PEER\" >> \"$BATON_RUN/states\"\n"
                    .utf8
            ),
            mode: 0o755
        )
        func told(_ node: LaboratoryNode) -> [String] {
            let bytes = (try? Files.read(node.directory + "/run/states", maximum: 65536)) ?? []
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        try withPair("notify_state \(path) word\n") { l0, l1 in
            let group = LaboratoryPair.address
            func line(_ word: String, _ node: String, _ peer: String) -> String {
                "word \(group) \(word) \(group) \(word) \(node) \(peer)"
            }
            try Laboratory.wait(for: "the first words") {
                told(l0).last == line("active", "l0", "l1")
                    && told(l1) == [line("standby", "l1", "l0")] ? () : nil
            }
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try Laboratory.wait(for: "the words after the move") {
                told(l0).last == line("standby", "l0", "l1")
                    && told(l1) == [line("standby", "l1", "l0"), line("active", "l1", "l0")]
                    ? () : nil
            }
        }
    }
}
