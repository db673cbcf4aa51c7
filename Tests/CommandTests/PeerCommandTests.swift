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
            ),
            machine: "baton-machine 1\n"
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

@Suite("What check says of machines")
struct MachineCommandTests {
    /// A root directory with an enabled unit, a line of /etc/fstab and users, and the files of a node beside it.
    private func place() throws -> Place {
        let place = try Place()
        let system = place.path + "/machine/etc/systemd/system/multi-user.target.wants"
        for directory in [system, place.path + "/machine/lib/systemd/system"] {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
        }
        try FileManager.default.createSymbolicLink(
            atPath: system + "/mariadb.service",
            withDestinationPath: "/lib/systemd/system/mariadb.service"
        )
        try place.write("/dev/drbd0 /mnt/drbd ext4 defaults 0 2\n", "machine/etc/fstab")
        try place.write("mysql:x:110:117::/nonexistent:/bin/false\n", "machine/etc/passwd")
        try place.write(
            "deadtime 10\nbcast eth1\nbcast eth2\nnode l0 l1\nauto_failback off\n",
            "ha.cf"
        )
        try place.write(
            "l0 drbddisk::r0 Filesystem::/dev/drbd0::/mnt/drbd::ext4 mysql::/mnt/drbd/mysql\n",
            "haresources"
        )
        #expect(try baton("keygen", "--config", place.path).code == 0)
        return place
    }

    @Test("The machine below --root is looked at, and no other")
    func root() throws {
        let place = try place()
        let plain = try baton("check", "--config", place.path, "--local")
        #expect(plain.code == 0)
        #expect(!plain.output.contains("boot"))
        let root = place.path + "/machine"
        let found = try baton("check", "--config", place.path, "--local", "--root", root)
        #expect(found.output.contains("hint: systemctl disable mariadb\n"), "\(found)")
        #expect(found.output.contains("/etc/fstab:1:27: warning: the boot mounts"), "\(found)")
        #expect(
            try baton("check", "--config", place.path, "--local", "--root", root, "--strict").code
                == 1
        )
        let json = try baton("check", "--config", place.path, "--root", root, "--json")
        #expect(json.output.contains("\"started-at-boot\""))
        #expect(json.output.contains("\"mounted-at-boot\""))
    }

    @Test("What the other node tells of its machine is told, and that it did not")
    func peer() throws {
        let place = try place()
        func files(_ machine: String?) throws -> NodeFiles {
            let haresources = Array(try place.read("haresources").utf8)
            return NodeFiles(
                node: "l1",
                haCf: NodeFile(
                    name: "/etc/baton/ha.cf",
                    bytes: Array(try place.read("ha.cf").utf8)
                ),
                haresources: NodeFile(name: "/etc/baton/haresources", bytes: haresources),
                monCf: nil,
                keys: nil,
                machine: machine
            )
        }
        func check(_ machine: String?) throws -> Run {
            let told = try files(machine)
            let daemon = try FakeDaemon(in: place.path) { _ in [.send(.files(told))] }
            defer { try? daemon.stop() }
            return try baton(
                "check",
                "--config",
                place.path,
                "--run",
                place.path,
                "--root",
                place.path + "/machine"
            )
        }
        let found = try check(
            """
            baton-machine 1
            user\tmysql\t112\t117
            link\t/etc/systemd/system/x.wants/mysql.service\t/lib/systemd/system/mysql.service
            fstab\tLABEL=x /mnt/drbd ext4 rw 0 0

            """
        )
        #expect(
            found.output.contains("user 'mysql' has the numbers 112:117 on l1 and 110:117 here")
        )
        #expect(found.output.contains("hint: on l1: systemctl disable mysql\n"))
        #expect(found.output.contains("l1:/etc/fstab:1:24: warning:"), "\(found.output)")
        let silent = try check(nil)
        #expect(silent.output.contains("its users were not: it did not tell"), "\(silent.output)")
        #expect(!silent.output.contains("on l1:"))
    }
}
