// Two nodes in network namespaces for the process tests: a service LAN and a replication link of veth
// pairs, one real `batond` on each, made and removed by the test. Nothing here asserts.

import Failover
import Glibc
import Linux
import Testing
import Wire

@testable import Daemon

/// Beyond this a test has failed; far above what anything here takes.
let patience: Int64 = 30_000_000_000

/// A wait that took too long.
struct Impatience: Error, CustomStringConvertible {
    var description: String
}

/// What the tests need of the machine.
enum Laboratory {
    static let skipped: Comment = "skipped: needs root/namespaces"

    /// Whether namespaces can be made here.
    static let isPossible: Bool = {
        guard ThisProcess.isRoot, ip != nil else { return false }
        let name = "baton-probe-\(ProcessID.current)"
        guard (try? run(["netns", "add", name])) == 0 else { return false }
        _ = try? run(["netns", "del", name])
        return true
    }()

    static let ip = ["/sbin/ip", "/usr/sbin/ip", "/usr/bin/ip"].first(where: Files.isExecutable)

    /// The built daemon: beside the bundle of the tests.
    static let batond: String? = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? ""
        let parts = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return [
            parts.joined(separator: "/") + "/batond",
            root.joined(separator: "/") + "/.build/debug/batond",
        ].first(where: Files.isExecutable)
    }()

    /// Runs `ip` to its end; its exit code.
    @discardableResult
    static func run(_ words: [String]) throws -> Int32 {
        try finish(ChildProcess(Linux.Command(ip ?? "/sbin/ip", words))).code
    }

    /// Runs `ip` with words separated by spaces; throws what it said when it failed.
    static func ip(_ words: String) throws {
        let child = try ChildProcess(
            Linux.Command(ip ?? "/sbin/ip", words.split(separator: " ").map(String.init))
        )
        let (code, text) = try finish(child)
        if code != 0 { throw Impatience(description: "ip \(words): \(text)") }
    }

    /// Lets a child run to its end.
    static func finish(_ child: ChildProcess) throws -> (code: Int32, text: String) {
        try child.open()
        let ending = try wait(for: "the end of \(child.command.path)") { try child.ending() }
        guard case .exited(let code) = ending else { return (-1, child.output.text) }
        return (code, child.output.text)
    }

    /// Asks again every few milliseconds until there is an answer; a test has nothing else to wait
    /// on for what another process does inside itself.
    static func wait<Answer>(for what: String, _ ask: () throws -> Answer?) throws -> Answer {
        let deadline = BootClock.now + patience
        let poller = try Poller()
        while true {
            if let answer = try ask() { return answer }
            guard BootClock.now < deadline else {
                throw Impatience(description: "waited in vain for \(what)")
            }
            try poller.arm(at: BootClock.now + 5_000_000)
            _ = try poller.wait()
        }
    }
}

/// One node: a namespace, three directories, one daemon.
final class LaboratoryNode {
    let name: String
    let namespace: String
    let directory: String
    private(set) var child: ChildProcess?
    /// Another batond than the built one.
    var program: String?

    init(_ name: String, directory: String) throws {
        self.name = name
        // Tests run side by side; the pair's directory has a number that no other has.
        namespace = "baton-\(String(fnv1a(directory), radix: 36))"
        self.directory = directory
        for part in ["", "/config", "/config/resource.d", "/state", "/run"] {
            try Files.makeDirectory(directory + part, mode: 0o755)
        }
        try Laboratory.ip("netns add \(namespace)")
        try Laboratory.ip("-n \(namespace) link set lo up")
    }

    func write(_ file: String, _ text: String, mode: UInt32 = 0o600) throws {
        try Files.replaceDurably("\(directory)/config/\(file)", with: Array(text.utf8), mode: mode)
    }

    /// Adds lines to a file.
    func append(_ file: String, _ text: String) throws {
        let before = try Files.read("\(directory)/config/\(file)", maximum: 1 << 16)
        try write(file, String(decoding: before, as: UTF8.self) + text)
    }

    /// Makes a resource script that logs each action into RUN/log and keeps its state in a file.
    func writeScript(_ type: String, before: String = "") throws {
        let text = """
            #!/bin/sh
            for action; do :; done
            [ "$action" = status ] || echo "\(type) $action" >> "$BATON_RUN/log"
            \(before)
            case $action in
            start) : > "$BATON_RUN/is-\(type)" ;;
            stop) rm -f "$BATON_RUN/is-\(type)" ;;
            status) [ -e "$BATON_RUN/is-\(type)" ] && echo running || { echo stopped; exit 3; } ;;
            esac

            """
        try write("resource.d/\(type)", text, mode: 0o755)
    }

    /// What the scripts have logged.
    var log: [String] {
        guard let bytes = try? Files.read(directory + "/run/log", maximum: 1 << 20) else {
            return []
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    // MARK: the daemon

    /// The command that runs the daemon in this node's namespace.
    func command() throws -> Linux.Command {
        let batond = try #require(program ?? Laboratory.batond, "batond is not built")
        let words = [
            "netns", "exec", namespace, batond, "--config", directory + "/config", "--state",
            directory + "/state", "--run", directory + "/run", "--node", name, "--reset-command",
            directory + "/config/reset",
        ]
        return Linux.Command(Laboratory.ip ?? "/sbin/ip", words)
    }

    func start() throws {
        let child = try ChildProcess(command(), outputMaximum: 1 << 18)
        try child.open()
        self.child = child
    }

    /// What the daemon has said on stderr.
    var output: String {
        while let bytes = try? child?.readOutput(), !bytes.isEmpty {}
        return child?.output.text ?? ""
    }

    /// How the first process of the daemon ended.
    func end() throws -> ProcessEnding {
        try Laboratory.wait(for: "the end of batond on \(name)") {
            _ = output
            return try child?.ending()
        }
    }

    /// The daemon's processes by role: `keeper`, `loop`, `log`, `recorder`, `spawner`.
    func processes() throws -> [String: ProcessID] {
        var found: [String: ProcessID] = [:]
        for number in try Files.list("/proc").compactMap({ Int32($0) }) {
            guard let words = try? Files.read("/proc/\(number)/cmdline", maximum: 65536),
                String(decoding: words, as: UTF8.self).contains(directory + "/run"),
                let comm = try? Files.read("/proc/\(number)/comm", maximum: 64)
            else { continue }
            let parts = String(decoding: comm.dropLast(), as: UTF8.self).split(separator: "-")
            guard parts.count == 2, parts[0] == "batond", !isZombie(number) else { continue }
            found[String(parts[1])] = ProcessID(rawValue: number)
        }
        return found
    }

    private func isZombie(_ number: Int32) -> Bool {
        guard let stat = try? Files.read("/proc/\(number)/stat", maximum: 4096) else { return true }
        return String(decoding: stat, as: UTF8.self).contains(") Z ")
    }

    /// Sends a signal to every process of the daemon.
    func signalAll(_ signal: Signal) throws {
        for id in try processes().values { try send(signal, to: id) }
    }

    /// Kills every process of the daemon at one moment, as a power cut would.
    ///
    /// All are in the process group that the test made (operations are not), and a signal to a group
    /// is atomic against fork(2): none of them can replace another meanwhile.
    func crash() throws {
        try Laboratory.wait(for: "the end of all processes") {
            let all = try processes().values
            for group in Set(all.map { getpgid($0.rawValue) }) where group > 1 && group != getpgrp()
            {
                kill(-group, SIGKILL)
            }
            return all.isEmpty ? () : nil
        }
    }

    func send(_ signal: Signal, to id: ProcessID) throws {
        try ProcessHandle(ProcessIdentity(of: id)).send(signal)
    }

    // MARK: asking it

    /// The final answer to a request; `nil` when nobody answers now.
    func ask(_ request: ControlRequest, socket: String = "control.sock") -> ControlResponse? {
        guard let lines = ask(line: ControlCoding.encode(request).dropLast(), socket: socket),
            let last = lines.last
        else { return nil }
        return try? ControlCoding.decodeResponse(last)
    }

    /// All lines of the answer to one line.
    func ask(line: some Collection<UInt8>, socket: String = "control.sock") -> [[UInt8]]? {
        guard
            let client = try? UnixClient("\(directory)/run/\(socket)", waitingMilliseconds: 1000),
            (try? client.sendWaiting(line: Array(line), milliseconds: 1000)) != nil
        else { return nil }
        var lines: [[UInt8]] = []
        while let line = try? client.nextLineWaiting(milliseconds: 30_000) {
            lines.append(line)
            if let response = try? ControlCoding.decodeResponse(line), response.isFinal { break }
        }
        return lines
    }

    /// The status, as soon as the daemon answers.
    func status() throws -> Status {
        try Laboratory.wait(for: "the status of \(name)") {
            _ = output
            guard case .status(let status) = ask(.status) else { return nil }
            return status
        }
    }

    /// The reply to a command.
    func reply(_ request: ControlRequest) throws -> CommandReply {
        guard case .reply(let reply) = ask(request) else {
            throw Impatience(description: "\(name) did not reply to \(request)\n\(output)")
        }
        return reply
    }

    /// The first group's status once it is in this state.
    @discardableResult
    func wait(until state: GroupState) throws -> GroupStatus {
        try Laboratory.wait(for: "\(state) on \(name); it says:\n\(output)") {
            let group = try status().groups.first
            return group?.state == state ? group : nil
        }
    }

    /// Whether this node has an address.
    func has(_ address: String) throws -> Bool {
        let child = try ChildProcess(
            Linux.Command(Laboratory.ip ?? "/sbin/ip", ["-n", namespace, "-o", "addr", "show"])
        )
        return try Laboratory.finish(child).text.contains(" \(address)/")
    }

    /// Ends all that runs here and removes the namespace.
    func remove() {
        _ = try? crash()
        // Whatever an operation still runs is in a group of its own, named in the record.
        if let names = try? Files.list(directory + "/run/operations") {
            for name in names {
                guard
                    let bytes = try? Files.read(
                        "\(directory)/run/operations/\(name)",
                        maximum: 4096
                    ),
                    let record = OperationRecord(text: String(decoding: bytes, as: UTF8.self)),
                    let handle = try? ProcessHandle(
                        ProcessIdentity(
                            id: ProcessID(rawValue: record.process),
                            startTicks: record.startTicks
                        )
                    )
                else { continue }
                _ = try? handle.sendToGroup(.kill)
            }
        }
        removeControlGroups()
        _ = try? child?.ending()
        _ = try? Laboratory.run(["netns", "del", namespace])
        _ = try? Laboratory.finish(ChildProcess(Linux.Command("/bin/rm", ["-rf", directory])))
    }
}

extension LaboratoryNode {
    /// Ends what is left in the control groups of the scripts, and removes those.
    fileprivate func removeControlGroups() {
        let started = directory + "/run/started"
        for name in (try? Files.list(started)) ?? [] where name.hasSuffix(".group") {
            guard let bytes = try? Files.read("\(started)/\(name)", maximum: 4096),
                let group = ServiceGroupRecord(text: String(decoding: bytes, as: UTF8.self))?.group
            else { continue }
            try? group.freeze()
            _ = try? Laboratory.wait(for: "the end of \(group.path)") { () -> Bool? in
                try group.killFrozen()
                return try group.isPopulated() ? nil : true
            }
            try? group.remove()
        }
    }
}

/// Two nodes with one group: an address on the service LAN and two scripted resources.
final class LaboratoryPair {
    static let address = "10.199.0.100"
    let l0: LaboratoryNode
    let l1: LaboratoryNode
    private let directory: String

    /// Makes namespaces, devices and files; times and links as ha.cf writes them.
    ///
    /// Besides IPv4 addresses, eth1 has fd99::1 and fe80::99:1 on l0, and those with 2 on l1.
    init(
        deadtime: String = "3",
        keepalive: String = "200ms",
        links: String = "bcast eth1"
    ) throws {
        directory = "/tmp/baton-test-\(ProcessID.current)-\(try Machine.randomWord())"
        try Files.makeDirectory(directory, mode: 0o755)
        l0 = try LaboratoryNode("l0", directory: directory + "/l0")
        l1 = try LaboratoryNode("l1", directory: directory + "/l1")
        for (device, network) in [("eth0", "10.199.0"), ("eth1", "10.199.1")] {
            try Laboratory.ip(
                "link add \(device) netns \(l0.namespace) type veth peer name \(device)"
                    + " netns \(l1.namespace)"
            )
            for (node, host) in [(l0, 1), (l1, 2)] {
                let inside = "-n \(node.namespace)"
                try Laboratory.ip("\(inside) addr add \(network).\(host)/24 dev \(device)")
                if device == "eth1" {
                    for address in ["fd99::\(host)", "fe80::99:\(host)"] {
                        try Laboratory.ip("\(inside) addr add \(address)/64 dev eth1 nodad")
                    }
                }
                try Laboratory.ip("\(inside) link set \(device) up")
            }
        }
        for node in [l0, l1] {
            try node.write(
                "ha.cf",
                """
                keepalive \(keepalive)
                deadtime \(deadtime)
                \(links)
                auto_failback off
                node l0 l1

                """
            )
            try node.write("haresources", LaboratoryPair.haresources)
            try node.write("authkeys", LaboratoryPair.authkeys)
            for type in ["one", "two"] { try node.writeScript(type) }
        }
    }

    static let haresources = "l0 IPaddr2::10.199.0.100/24/eth0 one two\n"
    static let authkeys = "auth 1\n1 sha256 0123456789abcdef0123456789abcdef\n"

    /// Starts both; the group runs on l0 then.
    func start() throws {
        try l0.start()
        try l1.start()
        try l0.wait(until: .active)
        try l1.wait(until: .standby)
    }

    /// Starts both, tells a story, and removes them whatever happens; what they said is recorded when it fails.
    func tell(
        isStarted: Bool = true,
        _ story: (LaboratoryNode, LaboratoryNode) throws -> Void
    ) throws {
        defer { remove() }
        do {
            if isStarted { try start() }
            try story(l0, l1)
        } catch {
            Issue.record("\(error)\n-- l0:\n\(l0.output)\n-- l1:\n\(l1.output)")
            throw error
        }
    }

    func remove() {
        l0.remove()
        l1.remove()
        _ = try? Laboratory.finish(ChildProcess(Linux.Command("/bin/rm", ["-rf", directory])))
    }
}
