import Failover
import Foundation
import Testing
import Wire

@Suite("Commands that ask both nodes")
struct PeerCommandTests {
    private static func explanation(_ status: Status, _ text: String) -> Explanation {
        Explanation(
            of: status,
            decisions: [
                Decision(
                    agoMilliseconds: status.node == "l0" ? 2000 : 1000,
                    notice: Notice(
                        severity: .info,
                        code: .groupMoved,
                        group: GroupName("10.0.0.10"),
                        text: text,
                        reason: Reason(.S3b, "all resources are stopped")
                    )
                )
            ]
        )
    }

    private func daemon(_ place: Place, peer: ControlResponse) throws -> FakeDaemon {
        try FakeDaemon(in: place.path) { request in
            switch request {
            case .explain: [.send(.explanation(Self.explanation(sampleStatus(), "offered to l1")))]
            case .peerExplain, .peerFiles: [.send(peer)]
            default: [.send(.status(sampleStatus()))]
            }
        }
    }

    @Test(
        "explain shows both nodes' decisions in order of time, about one group where one is named"
    )
    func explain() throws {
        let place = try Place()
        let peer = Self.explanation(samplePeerStatus(), "taken from l0")
        let daemon = try daemon(place, peer: .explanation(peer))
        let result = try baton("explain", "--run", place.path)
        #expect(result.code == 0)
        #expect(result.errors == "")
        let decisions = result.output.split(separator: "\n").suffix(4)
        // The time before is this machine's.
        #expect(decisions.first?.hasSuffix(" l0 S3b 10.0.0.10: offered to l1") == true)
        #expect(decisions.dropFirst(2).first?.hasSuffix(" l1 S3b 10.0.0.10: taken from l0") == true)
        #expect(try baton("explain", "10.0.0.10", "--last", "1", "--run", place.path).code == 0)
        #expect(try baton("explain", "10.9.9.9", "--run", place.path).code == 2)
        #expect(try baton("explain", "--last", "0", "--run", place.path).code == 2)
        let json = try baton("explain", "--json", "--run", place.path)
        #expect(
            json.output
                == ControlCoding.text(
                    Self.explanation(sampleStatus(), "offered to l1"),
                    peer: .success(peer)
                ) + "\n"
        )
        try daemon.stop()
        #expect(daemon.requests.allSatisfy { $0.socket == "status.sock" })
        let group = GroupName("10.0.0.10")
        #expect(daemon.requests.map(\.request).contains(.explain(group)))
        #expect(daemon.requests.map(\.request).contains(.peerExplain(group)))
    }

    @Test(
        "explain tells also what was decided at a time that no clock shows",
        arguments: [Int64.max, Int64.min, -1]
    )
    func explainAnyTime(ago: Int64) throws {
        let place = try Place()
        var peer = Self.explanation(samplePeerStatus(), "taken from l0")
        peer.decisions[0].agoMilliseconds = ago
        let daemon = try daemon(place, peer: .explanation(peer))
        let result = try baton("explain", "--run", place.path)
        try daemon.stop()
        #expect(result.code == 0)
        #expect(result.output.contains(" l1 S3b 10.0.0.10: taken from l0"))
    }

    @Test("Whatever the other node calls its files, no terminal is moved")
    func names() throws {
        let place = try Place()
        var peer = try files(place, haresources: "l1 IPaddr2::10.0.0.1/24/eth0\n")
        peer.haresources?.name = "/etc/\u{1b}[2J\u{9b}x"
        let daemon = try daemon(place, peer: .files(peer))
        let result = try baton("check", "--config", place.path, "--run", place.path)
        try daemon.stop()
        #expect(result.output.contains("l1:/etc/\u{fffd}[2J\u{fffd}x: note: group"))
        #expect(!result.output.unicodeScalars.contains { $0.value == 0x1b || $0.value == 0x9b })
    }

    /// A directory whose files are right, and those files as the other node would tell them.
    private func files(_ place: Place, haresources: String) throws -> NodeFiles {
        let haCf = "deadtime 10\nbcast eth1\nbcast eth2\nnode l0 l1\n"
        try place.write(haCf, "ha.cf")
        try place.write("l0 IPaddr2::10.0.0.1/24/eth0\n", "haresources")
        #expect(try baton("keygen", "--config", place.path).code == 0)
        let secret = try #require(
            try place.read("authkeys").split(whereSeparator: \.isWhitespace).last
        )
        return NodeFiles(
            node: "l1",
            haCf: NodeFile(name: "/etc/baton/ha.cf", bytes: Array(haCf.utf8)),
            haresources: NodeFile(name: "/etc/baton/haresources", bytes: Array(haresources.utf8)),
            monCf: nil,
            keys: NodeKeys(
                name: "/etc/baton/authkeys",
                signing: 1,
                keys: [
                    .init(
                        id: 1,
                        method: "sha256",
                        digest: try ChannelKey.digest(Array(secret.utf8))
                    )
                ]
            )
        )
    }

    @Test("check on a running pair compares with the files with which the other node runs")
    func check() throws {
        let place = try Place()
        let peer = try files(place, haresources: "l1 IPaddr2::10.0.0.1/24/eth0\n")
        let daemon = try daemon(place, peer: .files(peer))
        let result = try baton("check", "--config", place.path, "--run", place.path)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("l1:/etc/baton/haresources: note: group"))
        #expect(!result.output.contains("l1:/etc/baton/authkeys"))
        #expect(result.output.contains("\ncompared with the files with which l1 runs\n"))
        // The same as with a copy of the files, but for their names.
        let copy = try Place()
        for name in ["ha.cf", "authkeys"] { try copy.write(place.read(name), name) }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600],
            ofItemAtPath: copy.path + "/authkeys"
        )
        try copy.write("l1 IPaddr2::10.0.0.1/24/eth0\n", "haresources")
        let compared = try baton("check", "--config", place.path, "--peer-config", copy.path)
        #expect(
            compared.output.replacing(copy.path, with: "l1:/etc/baton")
                == result.output.replacing("compared with the files with which l1 runs\n", with: "")
        )
        // Who names files of no daemon, or says so, does not ask one.
        for words in [
            ["--config", place.path], ["--local", "--config", place.path, "--run", place.path],
        ] {
            let alone = try run(Program.baton, ["check"] + words)
            #expect(!alone.output.contains("l1:"))
        }
        try daemon.stop()
        #expect(
            daemon.requests == [FakeDaemon.Asked(socket: "control.sock", request: .peerFiles)]
        )
    }

    @Test("Another key under the same number is found by its digest")
    func keys() throws {
        let place = try Place()
        var peer = try files(place, haresources: "l0 IPaddr2::10.0.0.1/24/eth0\n")
        peer.keys?.keys = [
            .init(id: 1, method: "sha256", digest: "00"), .init(id: 2, method: "md5", digest: "11"),
        ]
        peer.keys?.signing = 2
        let daemon = try daemon(place, peer: .files(peer))
        let result = try baton("check", "--config", place.path, "--run", place.path)
        try daemon.stop()
        #expect(result.code == 2)
        #expect(
            result.output.contains(
                "l1:/etc/baton/authkeys: error: key 1 is another one there than here"
            )
        )
        #expect(
            result.output.contains(
                "l1:/etc/baton/authkeys: error: key 2 signs there and unknown here"
            )
        )
    }

    @Test("Where the other node does not answer, check says so and judges what is here")
    func silent() throws {
        let place = try Place()
        _ = try files(place, haresources: "")
        let error = ControlError(.noAnswer, "l1 does not answer: 10.0.0.2 (no connection in time)")
        let daemon = try daemon(place, peer: .error(error))
        let result = try baton("check", "--config", place.path, "--run", place.path)
        try daemon.stop()
        #expect(result.code == 0)
        #expect(result.output.contains("the other node's files were not compared: \(error.text); "))
        // No daemon at all: nothing is said, as on a machine that is none of the nodes.
        let alone = try baton("check", "--config", place.path, "--run", place.path)
        #expect(alone.code == 0)
        #expect(!alone.output.contains("compared"))
    }
}
