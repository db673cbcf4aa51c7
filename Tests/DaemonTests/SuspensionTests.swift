// What the spawner does with resources that are suspended (S12): with the freezers of this machine, and
// with groups that are mere files where the kernel is to do what it seldom does.

import Failover
import Linux
import Testing

@testable import Daemon

/// The freezers in which this machine lets groups be made.
private let freezers: [ControlGroup.Version] = [.second, .first].filter { version in
    guard let group = try? ControlGroup.make("baton-look-\(ProcessID.current)", [version]) else {
        return false
    }
    return (try? group.remove()) != nil
}

/// A spawner in this process, turned by the test, with one scripted resource.
private final class Bench {
    let directory: String
    let settings: SpawnerSettings
    private var ours: HelperChannel
    private(set) var spawner: Spawner
    private var number: UInt64 = 0
    private var told: [UInt64: OperationOutcome] = [:]

    init(_ version: ControlGroup.Version) throws {
        directory = "/tmp/baton-bench-\(ProcessID.current)-\(try Machine.randomWord())"
        for part in ["", "/config", "/config/resource.d", "/state", "/run"] {
            try Files.makeDirectory(directory + part, mode: 0o755)
        }
        var settings = SpawnerSettings(
            paths: DaemonPaths(
                configuration: directory + "/config",
                monitors: "",
                state: directory + "/state",
                run: directory + "/run",
                isExplicit: true
            ),
            boot: "b007",
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        )
        settings.freezers = [version]
        self.settings = settings
        (ours, spawner) = try Bench.pair(settings)
        // Every process of the service counts as fast as it can, for as long as the bench is there.
        let script = """
            #!/bin/sh
            echo "$1 $(cat /proc/self/cgroup | tr '\\n' ' ')" >> "$BATON_RUN/actions"
            case $1 in
            start)
                for n in 1 2 3; do
                    setsid sh -c 'while echo $$ >> "$BATON_RUN/lines"; do :; done' < /dev/null \\
                        > /dev/null 2>&1 &
                done ;;
            stop) : ;;
            status) echo running ;;
            esac

            """
        try Files.replaceDurably(
            directory + "/config/resource.d/service",
            with: Array(script.utf8),
            mode: 0o755
        )
    }

    private static func pair(
        _ settings: SpawnerSettings
    ) throws -> (HelperChannel, Spawner) {
        let (ours, theirs) = try MessageSocket.pair()
        let spawner = try Spawner(channel: HelperChannel(theirs), settings: settings)
        try spawner.findLeftOvers()
        return (HelperChannel(ours), spawner)
    }

    /// Another spawner on the same RUN, as after the loss of the first.
    func replaceSpawner() throws {
        (ours, spawner) = try Bench.pair(settings)
    }

    /// Asks for an operation; its number.
    func ask(
        _ action: OperationAction,
        of resource: String = "service",
        seconds: Double = 20,
        isSuspendable: Bool = true
    ) -> UInt64 {
        number += 1
        let request = OperationRequest(
            id: number,
            group: "g",
            resource: resource,
            type: resource,
            arguments: [],
            action: action,
            timeout: Int64(seconds * 1e9),
            isSuspendable: isSuspendable
        )
        _ = ours.send(SpawnerRequest.run(request).bytes)
        return number
    }

    func cancel(_ id: UInt64) { _ = ours.send(SpawnerRequest.cancel(id).bytes) }

    /// Turns the spawner until the operation has ended.
    func outcome(of id: UInt64) throws -> OperationOutcome {
        while true {
            _ = ours.drain { bytes in
                if case .finished(let id, let outcome) = SpawnerReport(bytes) { told[id] = outcome }
            }
            if let outcome = told[id] { return outcome }
            try #require(try spawner.turn())
        }
    }

    func perform(_ action: OperationAction, seconds: Double = 20) throws -> OperationOutcome {
        try outcome(of: ask(action, seconds: seconds))
    }

    func text(_ file: String) -> String {
        guard let bytes = try? Files.read("\(directory)/run/\(file)", maximum: 1 << 28) else {
            return ""
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Lines so far: two bytes or more each.
    var size: Int { (try? Files.read("\(directory)/run/lines", maximum: 1 << 28).count) ?? 0 }

    /// The actions of the script so far.
    var actions: [String] {
        text("actions").split(separator: "\n").map { String($0.prefix { $0 != " " }) }
    }

    func waitForLines() throws {
        let before = size
        try Laboratory.wait(for: "lines") { size > before ? () : nil }
    }

    /// Nothing is written for a while, in which it could have been written a thousand times.
    func isQuiet() throws -> Bool {
        let before = size
        let poller = try Poller()
        try poller.arm(at: BootClock.now + 60_000_000)
        _ = try poller.wait()
        return size == before
    }

    var group: ControlGroup? { ServiceGroups(settings).find("service") }
    var groupFile: String { settings.startedMark("service") + ".group" }

    func remove() {
        if let group {
            try? group.freeze()
            _ = try? Laboratory.wait(for: "the end of the service") { () -> Bool? in
                try group.killFrozen()
                return try group.isPopulated() ? nil : true
            }
            _ = try? group.thaw()
            _ = try? group.remove()
        }
        // Renamed first: who still counts finds nothing to count in, and ends.
        let last = "mv \(directory) \(directory).gone && rm -rf \(directory).gone"
        _ = try? Laboratory.finish(ChildProcess(Linux.Command("/bin/sh", ["-c", last])))
    }
}

private func withBench(
    _ version: ControlGroup.Version,
    _ body: (Bench) throws -> Void
) throws {
    let bench = try Bench(version)
    defer { bench.remove() }
    try body(bench)
}

/// The text of a failure.
private func failure(_ outcome: OperationOutcome) -> String? {
    if case .failed(let failure) = outcome { failure.output } else { nil }
}

@Suite("A suspension", .serialized, .enabled(if: !freezers.isEmpty, "no freezer cgroup here"))
struct SuspensionTests {
    @Test(
        "What is suspended writes nothing, and goes on under the same number",
        arguments: freezers
    )
    func suspendAndResume(version: ControlGroup.Version) throws {
        try withBench(version) { bench in
            #expect(try bench.perform(.start) == .succeeded)
            let group = try #require(bench.group)
            #expect(group.version == version)
            try bench.waitForLines()
            let processes = try group.processes()
            #expect(processes.count == 3)
            #expect(try bench.perform(.status) == .running)
            #expect(try bench.perform(.suspend) == .succeeded)
            #expect(try bench.isQuiet())
            // Done again it changes nothing; the script is not asked, nor anything started.
            #expect(try bench.perform(.suspend) == .succeeded)
            #expect(try bench.perform(.status) == .suspended)
            #expect(
                try failure(bench.perform(.start)) == "what was suspended of it is still there, in "
                    + group.path
            )
            #expect(bench.actions == ["start", "status"])
            #expect(try bench.perform(.resume) == .succeeded)
            try bench.waitForLines()
            #expect(try group.processes() == processes)
            #expect(try bench.perform(.status) == .running)
            // What starts is in the group, what asks is not.
            let places = bench.text("actions").split(separator: "\n")
            #expect(places.map { $0.contains("/baton-") } == [true, false, false])
        }
    }

    @Test(
        "What is stopped while suspended ends without another line, then its script runs",
        arguments: freezers
    )
    func stop(version: ControlGroup.Version) throws {
        try withBench(version) { bench in
            #expect(try bench.perform(.start) == .succeeded)
            let group = try #require(bench.group)
            try bench.waitForLines()
            #expect(try bench.perform(.suspend) == .succeeded)
            let before = bench.size
            // Another spawner, as after a restart: the file tells it.
            try bench.replaceSpawner()
            #expect(try bench.perform(.status) == .suspended)
            #expect(try bench.perform(.stop) == .succeeded)
            #expect(bench.size == before)
            #expect(bench.actions == ["start", "stop"])
            #expect(!group.exists)
            #expect(!Files.exists(bench.groupFile))
            #expect(try bench.perform(.status) == .running)
            #expect(try failure(bench.perform(.suspend))?.hasPrefix("no control group") == true)
        }
    }

    @Test("Processes that left the group are not taken for suspended", arguments: freezers)
    func left(version: ControlGroup.Version) throws {
        try withBench(version) { bench in
            #expect(try bench.perform(.start) == .succeeded)
            let group = try #require(bench.group)
            try bench.waitForLines()
            let processes = try group.processes()
            let parent = ControlGroup(
                version: version,
                path: group.path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            )
            for process in processes { try parent.add(process) }
            #expect(
                try failure(bench.perform(.suspend))?.hasPrefix("none of its processes") == true
            )
            #expect(try group.isThawed())
            for process in processes { try group.add(process) }
            #expect(try bench.perform(.suspend) == .succeeded)
        }
    }

    @Test("A resource that is not to be suspended is in no group", arguments: freezers)
    func unwanted(version: ControlGroup.Version) throws {
        try withBench(version) { bench in
            #expect(try bench.outcome(of: bench.ask(.start, isSuspendable: false)) == .succeeded)
            try bench.waitForLines()
            #expect(bench.group == nil)
            #expect(bench.text("actions").contains("/baton-") == false)
            #expect(try failure(bench.perform(.suspend))?.hasPrefix("no control group") == true)
        }
    }
}

/// Groups that are directories of ordinary files: the kernel that does not do what it is asked.
@Suite("A suspension that comes to nothing")
struct VainSuspensionTests {
    private func withFake(
        populated: Bool = true,
        frozen: Bool = false,
        boot: String = "b007",
        _ body: (Bench, _ read: (String) throws -> String) throws -> Void
    ) throws {
        try withBench(.second) { bench in
            let fake = bench.directory + "/group"
            try Files.makeDirectory(fake, mode: 0o755)
            let files = [
                "cgroup.procs": populated ? "999999999\n" : "",
                "cgroup.freeze": frozen ? "1\n" : "0\n", "cgroup.kill": "-\n",
                "cgroup.events": "populated \(populated ? 1 : 0)\nfrozen \(frozen ? 1 : 0)\n",
            ]
            for (name, text) in files {
                try Files.replaceDurably("\(fake)/\(name)", with: Array(text.utf8))
            }
            let record = ServiceGroupRecord(
                boot: boot,
                group: ControlGroup(version: .second, path: fake)
            )
            try Files.replaceDurably(bench.groupFile, with: Array(record.text.utf8))
            defer { _ = try? Files.remove(bench.groupFile) }
            try body(bench) { name in
                String(decoding: try Files.read("\(fake)/\(name)", maximum: 100), as: UTF8.self)
            }
        }
    }

    @Test("What does not stand still in time goes on, and others are served meanwhile")
    func late() throws {
        try withFake { bench, read in
            let id = bench.ask(.suspend, seconds: 6)
            let began = BootClock.now
            let other = bench.ask(.status, of: "other")
            #expect(try bench.outcome(of: other) == .stopped)
            #expect(BootClock.now - began < 5_900_000_000)
            let outcome = try bench.outcome(of: id)
            guard case .timedOut = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(BootClock.now - began >= 6_000_000_000)
            #expect(try read("cgroup.freeze") == "0\n")
        }
    }

    @Test("A cancelled one goes on")
    func cancelled() throws {
        try withFake { bench, read in
            let id = bench.ask(.suspend)
            try Laboratory.wait(for: "the wish to freeze") {
                _ = try bench.spawner.turn()
                return try read("cgroup.freeze") == "1\n" ? () : nil
            }
            bench.cancel(id)
            #expect(try bench.outcome(of: id) == .cancelled)
            #expect(try read("cgroup.freeze") == "0\n")
        }
    }

    @Test("What does not end although it was killed stays frozen, and no script runs")
    func unending() throws {
        try withFake(frozen: true) { bench, read in
            #expect(try bench.perform(.status) == .suspended)
            let outcome = try bench.perform(.stop, seconds: 0.1)
            guard case .timedOut = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(try read("cgroup.kill") == "1\n")
            #expect(try read("cgroup.freeze") == "1\n")
            #expect(bench.actions == [])
        }
    }

    @Test("What ended while it stood still is not taken for running again")
    func gone() throws {
        try withFake(populated: false, frozen: true) { bench, read in
            #expect(try failure(bench.perform(.suspend))?.hasPrefix("none of") == true)
            #expect(try bench.perform(.status) == .running)
            #expect(try read("cgroup.freeze") == "0\n")
            try Files.overwriteInPlace(
                bench.directory + "/group/cgroup.events",
                with: Array("populated 0\nfrozen 0\n".utf8)
            )
            #expect(try failure(bench.perform(.resume))?.hasPrefix("its processes ended") == true)
        }
    }

    @Test("A group of another boot is none")
    func otherBoot() throws {
        try withFake(frozen: true, boot: "a") { bench, read in
            let outcome = try bench.perform(.suspend)
            #expect(failure(outcome)?.hasPrefix("no control group") == true)
            #expect(try bench.perform(.status) == .running)
            #expect(try read("cgroup.freeze") == "1\n")
        }
    }

    @Test("A record that is cut anywhere is none")
    func record() {
        let record = ServiceGroupRecord(
            boot: "b007",
            group: ControlGroup(version: .first, path: "/sys/fs/cgroup/freezer/a b")
        )
        #expect(record.text == "boot b007\nfreezer 1\npath /sys/fs/cgroup/freezer/a b\n")
        #expect(ServiceGroupRecord(text: record.text) == record)
        for length in 0..<record.text.count {
            #expect(ServiceGroupRecord(text: String(record.text.prefix(length))) == nil)
        }
        #expect(ServiceGroupRecord(text: record.text + "more\n") == nil)
        #expect(ServiceGroupRecord(text: "boot a\nfreezer 3\npath /a\n") == nil)
    }
}
