// `baton sync iplist` against a daemon of canned answers, with lists of the test's own.

import Failover
import Foundation
import Testing
import Wire

@Suite("sync iplist")
struct SyncCommandTests {
    private let there = "# of l1\n10.0.0.5/24\n10.0.0.7/24\n"
    private let here = "10.0.0.5/24\n10.0.0.6/24\n"

    /// Runs it where l1 has `there`, this node `own`, and the group is in a state here.
    private func sync(
        own: String?,
        _ state: GroupState,
        _ words: [String] = [],
        _ outcome: CommandOutcome = .done,
        prepare: (_ list: String) throws -> Void = { _ in }
    ) throws -> (run: Run, asked: [ControlRequest], place: Place, list: String) {
        let place = try Place()
        let list = place.path + "/ips"
        if let own { try place.write(own, "ips") }
        try prepare(list)
        try place.write("node l0 l1\nbcast eth1\nauto_failback off\n", "ha.cf")
        try place.write("l0 iplist::\(list)::dev=eth0\n", "haresources")
        try place.write("auth 1\n1 sha256 0123456789abcdef\n", "authkeys")
        var status = sampleStatus()
        status.groups[0].name = "iplist::\(list)"
        status.groups[0].resources[0].name = "iplist::\(list)::dev=eth0"
        status.groups[0].state = state
        status.groups[1].state = .standby
        let told = status
        let files = NodeFiles(
            node: "l1",
            haCf: nil,
            haresources: nil,
            monCf: nil,
            keys: nil,
            lists: [NodeFile(name: list, bytes: Array(there.utf8))]
        )
        let daemon = try FakeDaemon(in: place.path) { request in
            switch request {
            case .status: [.send(.status(told))]
            case .peerFiles: [.send(.files(files))]
            default: [.send(.reply(CommandReply(outcome: outcome, text: "read")))]
            }
        }
        let result = try run(
            Program.baton,
            ["sync", "iplist", "--config", place.path] + words,
            environment: ["BATON_RUN": place.path]
        )
        try daemon.stop()
        let asked = daemon.requests.map(\.request).filter { $0 != .status && $0 != .peerFiles }
        return (result, asked, place, list)
    }

    /// The content of a file; the place that it is in is gone with its last mention.
    private func content(_ path: String, in place: Place) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("The other node's list is taken over, what was there is kept, and the daemon reads it")
    func takesOver() throws {
        let (run, asked, place, list) = try sync(own: here, .standby)
        #expect(run.code == 0, "\(run.errors)")
        #expect(
            run.output
                == "\(list): the list of l1 has 10.0.0.7/24; lacks 10.0.0.6/24\nread\n"
        )
        #expect(asked == [.reload(exec: false)])
        #expect(content(list, in: place) == there)
        #expect(content(list + ".before-sync", in: place) == here)
    }

    @Test("Who holds the addresses refuses, unless told that the other list is the right one")
    func held() throws {
        var (run, asked, place, list) = try sync(own: here, .active)
        #expect(run.code == 1)
        #expect(asked.isEmpty)
        #expect(content(list, in: place) == here)
        #expect(run.errors.contains("this node holds iplist::\(list): its own list is in force."))
        (run, asked, place, list) = try sync(own: here, .active, ["--held"])
        #expect(run.code == 0)
        #expect(asked == [.reload(exec: false)])
        #expect(content(list, in: place) == there)
    }

    @Test("What the daemon refuses is put back as it was; what it began with stays")
    func refused() throws {
        var (run, asked, place, list) = try sync(own: here, .standby, [], .refused)
        #expect(asked == [.reload(exec: false)])
        #expect(run.code == 1)
        #expect(run.errors == "read\nbaton: put back as before: \(list)\n")
        #expect(content(list, in: place) == here)
        (run, asked, place, list) = try sync(own: nil, .standby, [], .refused)
        #expect(run.code == 1)
        #expect(content(list, in: place) == nil)
        (run, asked, place, list) = try sync(own: here, .standby, [], .failed)
        #expect(run == Run(code: 3, output: run.output, errors: "read\n"))
        #expect(content(list, in: place) == there)
    }

    @Test("A list keeps its owner, its mode and the link to it, and files of other names stay")
    func keeps() throws {
        let (run, _, place, list) = try sync(own: here, .standby) { list in
            let manager = FileManager.default
            try manager.moveItem(atPath: list, toPath: list + ".real")
            try manager.createSymbolicLink(atPath: list, withDestinationPath: list + ".real")
            try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: list + ".real")
            if getuid() == 0 {
                let owner: [FileAttributeKey: Any] = [
                    .ownerAccountID: 1234, .groupOwnerAccountID: 4321,
                ]
                try manager.setAttributes(owner, ofItemAtPath: list + ".real")
            }
            try Data("mine".utf8).write(to: URL(fileURLWithPath: list + ".old"))
        }
        #expect(run.code == 0, "\(run.errors)")
        #expect(content(list, in: place) == there)
        #expect(content(list + ".old", in: place) == "mine")
        #expect(content(list + ".real.before-sync", in: place) == here)
        let manager = FileManager.default
        #expect(try manager.destinationOfSymbolicLink(atPath: list) == list + ".real")
        let attributes = try manager.attributesOfItem(atPath: list + ".real")
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        if getuid() == 0 {
            #expect(attributes[.ownerAccountID] as? Int == 1234)
            #expect(attributes[.groupOwnerAccountID] as? Int == 4321)
        }
    }

    @Test("Nothing is written where nothing differs, or only the difference was asked for")
    func nothing() throws {
        var (run, asked, place, list) = try sync(own: there, .standby)
        #expect(run == Run(code: 0, output: "\(list): the same on both nodes\nread\n", errors: ""))
        // The daemon may run with an older one.
        #expect(asked == [.reload(exec: false)])
        (run, asked, place, list) = try sync(own: here, .active, ["--dry-run"])
        #expect(run.code == 0)
        #expect(asked.isEmpty)
        #expect(content(list, in: place) == here)
    }

    @Test("A node that has no list yet gets it")
    func first() throws {
        let (run, asked, place, list) = try sync(own: nil, .standby)
        #expect(run.output == "\(list): is not here yet\nread\n")
        #expect(asked == [.reload(exec: false)])
        #expect(content(list, in: place) == there)
        #expect(content(list + ".before-sync", in: place) == nil)
    }
}
