// The peer channel between two real daemons: asked from either side, over whatever path there is, and what a
// caller hears when nobody answers. TLS and its limits are tested in Tests/PeerChannelTests.

import Configuration
import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite(
    "The peer channel of two daemons",
    .serialized,
    .enabled(if: Laboratory.isPossible, Laboratory.skipped)
)
struct PeerTests {
    private func peerStatus(of node: LaboratoryNode) throws -> Status {
        let response = node.ask(.peerStatus, socket: "status.sock")
        guard case .status(let status) = response else {
            throw Impatience(description: "\(node.name) got \(String(describing: response))")
        }
        return status
    }

    @Test("Each node tells what the other sees, and the program is gone again when nobody asks")
    func status() throws {
        try LaboratoryPair().tell { l0, l1 in
            #expect(try l0.processes()["peer"] == nil)
            let seenByL1 = try peerStatus(of: l0)
            #expect(seenByL1.node == "l1")
            #expect(seenByL1.peer.name == "l0")
            #expect(seenByL1.groups.first?.state == .standby)
            let seenByL0 = try peerStatus(of: l1)
            #expect(seenByL0.node == "l0")
            #expect(seenByL0.groups.first?.state == .active)
            // Idle for a few seconds, it takes its memory with it, and the next question starts it anew.
            for node in [l0, l1] {
                try Laboratory.wait(for: "the end of batond-peer on \(node.name)") {
                    try node.processes()["peer"] == nil ? () : nil
                }
            }
            #expect(try peerStatus(of: l0).node == "l1")
        }
    }

    @Test("The other node's files come without secrets, and to administrators only")
    func files() throws {
        try LaboratoryPair().tell { l0, l1 in
            guard case .files(let files) = l0.ask(.peerFiles) else {
                throw Impatience(description: "no files")
            }
            #expect(files.node == "l1")
            #expect(files.haresources?.bytes == Array(LaboratoryPair.haresources.utf8))
            #expect(files.haresources?.name == l1.directory + "/config/haresources")
            #expect(files.monCf == nil)
            let secret = Array("0123456789abcdef0123456789abcdef".utf8)
            #expect(
                files.keys
                    == NodeKeys(
                        name: l1.directory + "/config/authkeys",
                        signing: 1,
                        keys: [
                            .init(
                                id: 1,
                                method: "sha256",
                                digest: try ChannelKey.digest(secret)
                            )
                        ]
                    )
            )
            guard case .error(let error) = l0.ask(.peerFiles, socket: "status.sock") else {
                throw Impatience(description: "the readers' socket gave files")
            }
            #expect(error.code == .notAllowed)
        }
    }

    @Test("Decisions of both nodes are told with their rule")
    func explain() throws {
        try LaboratoryPair().tell { l0, l1 in
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
            guard case .explanation(let own) = l0.ask(.explain(nil), socket: "status.sock"),
                case .explanation(let peer) = l0.ask(.peerExplain(nil), socket: "status.sock")
            else { throw Impatience(description: "no explanation") }
            #expect(own.node == "l0")
            #expect(peer.node == "l1")
            #expect(own.groups.map(\.state) == [.standby])
            #expect(peer.groups.map(\.state) == [.active])
            let moves = { (explanation: Explanation) in
                explanation.decisions.filter { $0.notice.code == .groupMoved }
            }
            #expect(moves(own).contains { $0.notice.reason?.rule == .command })
            #expect(moves(peer).contains { $0.notice.reason?.rule == .S3b })
            let ages = own.decisions.map(\.agoMilliseconds)
            #expect(ages == ages.sorted(by: >))
            let other = ControlRequest.explain(GroupName("another"))
            guard case .explanation(let none) = l0.ask(other) else {
                throw Impatience(description: "no explanation of an unknown group")
            }
            #expect(none.groups.isEmpty)
            #expect(none.decisions.allSatisfy { $0.notice.group == nil })
        }
    }

    @Test("With the replication link cut the answer comes over the service LAN")
    func otherPath() throws {
        try LaboratoryPair(deadtime: "30").tell { l0, l1 in
            try Laboratory.ip("-n \(l0.namespace) link set eth1 down")
            #expect(try peerStatus(of: l0).node == "l1")
            #expect(try peerStatus(of: l1).node == "l0")
        }
    }

    @Test("A peer that is gone is told of in time, and what was asked has one answer")
    func silence() throws {
        try LaboratoryPair(deadtime: "1").tell { l0, l1 in
            try l1.crash()
            let begin = BootClock.now
            guard case .error(let error) = l0.ask(.peerStatus) else {
                throw Impatience(description: "an answer of a dead daemon")
            }
            #expect(error.code == .noAnswer)
            #expect(error.text.hasPrefix("l1 does not answer: "))
            #expect(error.text.contains("Connection refused"))
            // Nothing waits for it but the caller: both addresses refuse at once.
            #expect(BootClock.now - begin < PeerDesk.timeout)
        }
    }

    @Test(
        "batond-peer that is killed or frozen harms nobody",
        arguments: [Signal.kill, Signal.stop]
    )
    func killed(_ signal: Signal) throws {
        try LaboratoryPair().tell { l0, l1 in
            _ = try peerStatus(of: l0)
            let target = try #require(try l0.processes()["peer"])
            try l0.send(signal, to: target)
            try Laboratory.wait(for: "the end of \(target)") {
                try l0.processes()["peer"] != target ? () : nil
            }
            try Laboratory.wait(for: "another answer") {
                if case .status = l0.ask(.peerStatus) { () } else { nil }
            }
            #expect(try l0.status().groups.first?.state == .active)
            #expect(l0.log == ["one start", "two start"])
            #expect(l1.log == [])
        }
    }

    @Test(
        "It has given up root before it speaks with anybody",
        .enabled(if: ThisProcess.isRoot, "needs root")
    )
    func nobody() throws {
        try LaboratoryPair().tell { l0, _ in
            _ = try peerStatus(of: l0)
            let process = try #require(try l0.processes()["peer"])
            let bytes = try Files.read("/proc/\(process)/status", maximum: 65536)
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            #expect(lines.contains("Uid:\t65534\t65534\t65534\t65534"))
            #expect(lines.contains("Gid:\t65534\t65534\t65534\t65534"))
            #expect(lines.contains("CapEff:\t0000000000000000"))
            #expect(lines.contains("NoNewPrivs:\t1"))
        }
    }

    @Test("Without the program a caller hears why, and the service knows nothing of it")
    func missing() throws {
        let pair = try LaboratoryPair()
        // A copy of batond with nothing beside it.
        let directory = "/tmp/baton-alone-\(ProcessID.current)"
        try Files.makeDirectory(directory, mode: 0o755)
        let batond = try #require(Laboratory.batond)
        _ = try Laboratory.finish(ChildProcess(Linux.Command("/bin/cp", [batond, directory])))
        defer {
            _ = try? Laboratory.finish(ChildProcess(Linux.Command("/bin/rm", ["-rf", directory])))
        }
        pair.l0.program = directory + "/batond"
        try pair.tell { l0, _ in
            guard case .error(let error) = l0.ask(.peerStatus) else {
                throw Impatience(description: "an answer without the program")
            }
            #expect(error.code == .noAnswer)
            #expect(error.text.contains("cannot run batond-peer: "))
            #expect(error.text.contains("ENOENT"))
            #expect(try l0.status().groups.first?.state == .active)
        }
    }

    @Test("New keys count for the next question")
    func rotation() throws {
        try LaboratoryPair().tell { l0, l1 in
            _ = try peerStatus(of: l0)
            let both =
                "auth 2\n1 sha256 0123456789abcdef0123456789abcdef\n2 sha256 another-secret\n"
            for node in [l0, l1] {
                try node.write("authkeys", both)
                #expect(try node.reply(.reload(exec: false)).outcome == .done)
            }
            try Laboratory.wait(for: "an answer under the new keys") {
                if case .status = l0.ask(.peerStatus) { () } else { nil }
            }
            guard case .files(let files) = l1.ask(.peerFiles) else {
                throw Impatience(description: "no files")
            }
            let machine = try #require(
                files.machine.flatMap { MachineFacts(text: Array($0.utf8), node: "l0") }
            )
            #expect(machine.cutsConnections == true)
            #expect(!files.keys.debugDescription.contains("secret"))
            #expect(files.keys?.signing == 2)
            #expect(files.keys?.keys.map(\.id) == [1, 2])
        }
    }
}
