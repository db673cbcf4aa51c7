// `baton sync cronfile` against a daemon of canned answers, and `baton-resource cronfile PATH ready`, which calls it.

import Failover
import Foundation
import Testing
import Wire

@Suite("sync cronfile")
struct SyncCronTests {
    private let there = "* * * * * root there\n"

    /// A node that does not hold the group, with a file of l1's that its cron reads, or only keeps.
    private struct Node {
        let place: Place
        let daemon: FakeDaemon
        var path: String { place.path + "/jobs" }

        init(_ there: String, isLive: Bool = true) throws {
            let place = try Place()
            try place.write("node l0 l1\nbcast eth1\nauto_failback off\n", "ha.cf")
            try place.write("l1 cronfile::\(place.path)/jobs\n", "haresources")
            try place.write("auth 1\n1 sha256 0123456789abcdef\n", "authkeys")
            let hex = there.utf8.map { String(format: "%02x", $0) }.joined()
            let word = isLive ? "live" : "kept"
            let files = NodeFiles(
                node: "l1",
                haCf: nil,
                haresources: nil,
                monCf: nil,
                keys: nil,
                machine: "baton-machine 1\ncron\t\(place.path)/jobs\t\(word)\t\(hex)\n"
            )
            self.place = place
            daemon = try FakeDaemon(in: place.path) { _ in [.send(.files(files))] }
        }

        func sync(_ words: String...) throws -> Run {
            try run(
                Program.baton,
                ["sync", "cronfile", "--config", place.path] + words,
                environment: ["BATON_RUN": place.path]
            )
        }

        func read(_ name: String) -> String? {
            FileManager.default.contents(atPath: place.path + "/" + name)
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test("The holder's jobs become the copy; what was edited here is left until somebody says so")
    func takesOver() throws {
        let node = try Node(there)
        let first = try node.sync("--unless-edited", node.path)
        #expect(first.code == 0, "\(first.errors)")
        #expect(node.read(".jobs.standby") == there)
        #expect(node.read(".jobs.agreed") == there)
        #expect(node.read("jobs") == nil)
        #expect(try node.sync().output == "\(node.path): the same on both nodes\n")
        try node.place.write("* * * * * root here\n", ".jobs.standby")
        let edited = try node.sync("--unless-edited")
        #expect(edited.code == 1)
        #expect(edited.errors.contains("was edited here (\(node.place.path)/.jobs.standby)"))
        #expect(node.read(".jobs.standby") == "* * * * * root here\n")
        #expect(try node.sync("--dry-run").output.contains("that of l1 differs"))
        #expect(node.read(".jobs.standby") == "* * * * * root here\n")
        #expect(try node.sync().code == 0)
        #expect(node.read(".jobs.standby") == there)
        #expect(node.read(".jobs.standby.before-sync") == "* * * * * root here\n")
        try node.daemon.stop()
    }

    @Test("Nothing is taken from who does not run them, nor where cron reads them")
    func refuses() throws {
        var node = try Node(there, isLive: false)
        let none = try node.sync()
        #expect(
            none.code == 3 && none.errors.contains("l1 has no \(node.path) that its cron reads")
        )
        try node.daemon.stop()
        node = try Node(there)
        try node.place.write("mine\n", "jobs")
        let held = try node.sync()
        #expect(held.code == 3 && held.errors.contains("this node holds the group"))
        #expect(node.read("jobs") == "mine\n")
        let other = try node.sync("/etc/cron.d/other")
        #expect(other.code == 3 && other.errors.contains("l1 has no /etc/cron.d/other"))
        try node.daemon.stop()
    }
}
