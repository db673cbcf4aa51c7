// Lists of addresses under two real daemons: they move as one, and an edited list is put in force while the group runs.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("Lists of addresses", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct AddressListTests {
    /// A pair whose one group is a list, which both nodes read from one path, and the node's script `one`.
    private func withPair(
        _ list: String,
        _ story: (LaboratoryPair, _ path: String) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { l0, l1 in
            let path = l0.directory + "/config/ips"
            try l0.write("ips", list)
            try l0.write(
                "hook",
                "#!/bin/sh\n{ echo \"$1\"; cat; } >> \"${BATON_RUN%/l?/run}/hook\"\n",
                mode: 0o755
            )
            let hook = l0.directory + "/config/hook"
            for node in [l0, l1] {
                try node.write("haresources", "l0 iplist::\(path)::hook=\(hook) one\n")
            }
            try pair.start()
            try story(pair, path)
        }
    }

    /// The addresses of 10.199.0.0/24 that a node has besides its own, by their last number.
    private func addresses(_ node: LaboratoryNode) throws -> [Int] {
        let child = try ChildProcess(
            Linux.Command(
                Laboratory.ip ?? "/sbin/ip",
                ["-n", node.namespace, "-o", "-4", "addr", "show", "dev", "eth0"]
            ),
            outputMaximum: 1 << 18
        )
        let words = try Laboratory.finish(child).text.split(whereSeparator: \.isWhitespace)
        return words.filter { $0.hasPrefix("10.199.0.") && $0.hasSuffix("/24") }
            .compactMap { Int($0.dropFirst(9).dropLast(3)) }.filter { $0 > 2 }.sorted()
    }

    private func text(_ hosts: some Sequence<Int>) -> String {
        hosts.map { "10.199.0.\($0)/24\n" }.joined()
    }

    @Test(
        "A hundred and fifty addresses come with their group, go with it, and come on the other node"
    )
    func moving() throws {
        try withPair(text(100..<250)) { pair, _ in
            #expect(try addresses(pair.l0) == Array(100..<250))
            #expect(
                try pair.l0.status().groups.first?.resources.map(\.state) == [.running, .running]
            )
            #expect(try pair.l0.reply(.standby(.all)).outcome == .done)
            try pair.l1.wait(until: .active)
            #expect(try addresses(pair.l0).isEmpty)
            #expect(try addresses(pair.l1) == Array(100..<250))
        }
    }

    @Test("An edited list is put in force while the group runs: the difference alone, and the hook")
    func editing() throws {
        try withPair(text(100..<110)) { pair, path in
            let (l0, l1) = (pair.l0, pair.l1)
            // As the manual of GreenArrow says: by hand first, then in the file.
            try Laboratory.ip("-n \(l0.namespace) addr add 10.199.0.120/24 dev eth0")
            try l0.write("ips", text(Array(102..<110) + [111, 120]))
            let reply = try l0.reply(.reload(exec: false))
            #expect(reply.outcome == .done)
            #expect(
                reply.text.hasPrefix(
                    "\(path): added 10.199.0.111/24, 10.199.0.120/24; removed 10.199.0.100/24, 10.199.0.101/24\n"
                )
            )
            #expect(try addresses(l0) == Array(102..<110) + [111, 120])
            try l0.wait(until: .active)
            #expect(l0.log == ["one start"])
            let hook = try Laboratory.wait(for: "the hook") {
                try? Files.read(l0.directory + "/../hook", maximum: 4096)
            }
            #expect(
                String(decoding: hook, as: UTF8.self)
                    == "\(path)\n-10.199.0.100/24\n-10.199.0.101/24\n+10.199.0.111/24\n+10.199.0.120/24\n"
            )
            // The other node runs with its own copy until it is told; what was put there by hand moves with the group.
            #expect(try l1.reply(.reload(exec: false)).outcome == .done)
            try l0.wait(until: .active)
            try l1.wait(until: .standby)
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
            #expect(try addresses(l0).isEmpty)
            #expect(try addresses(l1) == Array(102..<110) + [111, 120])
        }
    }

    @Test("What another machine has is not brought up: the reload is refused, and it is named")
    func taken() throws {
        try withPair(text(100..<103)) { pair, _ in
            let l0 = pair.l0
            try Laboratory.ip("-n \(pair.l1.namespace) addr add 10.199.0.120/24 dev eth0")
            try l0.write("ips", text([100, 101, 120, 121]))
            let reply = try l0.reply(.reload(exec: false))
            #expect(reply.outcome == .refused)
            #expect(reply.text.contains("another machine has what a list adds: 10.199.0.120 ("))
            #expect(!reply.text.contains("10.199.0.121"))
            #expect(try addresses(l0) == [100, 101, 102])
            try Laboratory.ip("-n \(pair.l1.namespace) addr del 10.199.0.120/24 dev eth0")
            #expect(try l0.reply(.reload(exec: false)).outcome == .done)
            #expect(try addresses(l0) == [100, 101, 120, 121])
        }
    }

    @Test("A hook that takes its time holds up no repair, and what begins meanwhile is not cut off")
    func slowHook() throws {
        try withPair(text(100..<103)) { pair, path in
            let (l0, run) = (pair.l0, pair.l0.directory + "/run")
            try l0.writeScript("one", before: "[ $action != stop ] || sleep 1")
            try l0.write(
                "hook",
                "#!/bin/sh\n: >\(run)/hooked; until [ -e \(run)/go ]; do sleep 0.05; done\n",
                mode: 0o755
            )
            func begin(_ request: ControlRequest) throws -> UnixClient {
                let client = try UnixClient(run + "/control.sock", waitingMilliseconds: 1000)
                let line = Array(ControlCoding.encode(request).dropLast())
                try client.sendWaiting(line: line, milliseconds: 1000)
                return client
            }
            func reply(_ client: UnixClient) throws -> CommandReply {
                while let line = try client.nextLineWaiting(milliseconds: 30_000) {
                    if case .reply(let reply) = try ControlCoding.decodeResponse(line) {
                        return reply
                    }
                }
                throw Impatience(description: "the daemon ended before its reply\n\(l0.output)")
            }
            try l0.write("ips", text([100, 101, 103]))
            let reload = try begin(.reload(exec: false))
            try Laboratory.wait(for: "the hook") { Files.exists(run + "/hooked") ? () : nil }
            #expect(try l0.reply(.reload(exec: false)).text == "another reload is going on")
            try Laboratory.ip("-n \(l0.namespace) addr del 10.199.0.101/24 dev eth0")
            try Laboratory.wait(for: "its return") {
                try addresses(l0) == [100, 101, 103] ? () : nil
            }
            let standby = try begin(.standby(.all))
            try Laboratory.wait(for: "the stop") { l0.log.contains("one stop") ? () : nil }
            try Files.replaceDurably(run + "/go", with: [])
            #expect(try reply(standby).outcome == .done)
            #expect(try reply(reload).outcome == .done)
            #expect(l0.log == ["one start", "one stop"])
            try pair.l1.wait(until: .active)
            #expect(try addresses(l0).isEmpty)
        }
    }

    @Test("Lists that are together larger than what is shared end a start with words")
    func tooLarge() throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { l0, _ in
            let comment = String(repeating: "# \(String(repeating: "x", count: 997))\n", count: 190)
            let words = try (0..<6).map { number in
                try l0.write("ips\(number)", comment + "10.199.0.\(100 + number)/24\n")
                return "iplist::\(l0.directory)/config/ips\(number)"
            }
            try l0.write("haresources", "l0 \(words.joined(separator: " "))\n")
            try l0.start()
            #expect(try l0.end() == .exited(2))
            #expect(l0.output.contains("error: " + ConfigurationStore.tooLarge))
        }
    }

    @Test("What somebody else brought up is left where it is when its line goes, and that is said")
    func foreign() throws {
        try withPair(text(100..<103)) { pair, path in
            let l0 = pair.l0
            try Laboratory.ip("-n \(l0.namespace) addr add 10.199.0.120/24 dev eth0")
            try l0.write("ips", text([100, 101, 102, 120]))
            #expect(try l0.reply(.reload(exec: false)).outcome == .done)
            try l0.wait(until: .active)
            try l0.write("ips", text([100, 101]))
            let reply = try l0.reply(.reload(exec: false))
            #expect(reply.outcome == .failed)
            #expect(try addresses(l0) == [100, 101, 120])
            #expect(
                reply.text.hasPrefix(
                    "\(path): removed 10.199.0.102/24\n\(path): still here: 10.199.0.120, which somebody else brought up "
                        + "(ip addr del 10.199.0.120/24 dev eth0)\n"
                )
            )
        }
    }

    @Test("A list that names an address of the machine's own is refused, and nothing changes")
    func ownAddress() throws {
        try withPair(text(100..<103)) { pair, _ in
            let l0 = pair.l0
            try l0.write("ips", text([100, 1]))
            let reply = try l0.reply(.reload(exec: false))
            #expect(reply.outcome == .refused)
            #expect(
                reply.text.contains("10.199.0.1 is on eth0 already, and no batond put it there")
            )
            #expect(try addresses(l0) == [100, 101, 102])
        }
    }

    @Test(
        "An address that somebody takes away is put back; one that no route leads to holds up no other"
    )
    func missing() throws {
        try withPair(text(100..<103) + "192.0.2.77/32\n") { pair, _ in
            let l0 = pair.l0
            #expect(try addresses(l0) == [100, 101, 102])
            #expect(
                l0.output.contains(
                    "1 of 4 addresses could not be brought up, the first: no route leads"
                )
            )
            try Laboratory.ip("-n \(l0.namespace) addr del 10.199.0.101/24 dev eth0")
            try Laboratory.wait(for: "its return") {
                try addresses(l0) == [100, 101, 102] ? () : nil
            }
            #expect(try l0.status().groups.first?.state == .active)
            // Also where the loop that could have noticed is gone, and nothing else changes.
            try Laboratory.wait(for: "an end of what the kernel itself does to addresses") {
                let words = ["-n", l0.namespace, "-o", "addr", "show", "tentative"]
                let child = try ChildProcess(
                    Linux.Command(Laboratory.ip ?? "/sbin/ip", words),
                    outputMaximum: 1 << 18
                )
                return try Laboratory.finish(child).text.isEmpty ? () : nil
            }
            let loop = try #require(try l0.processes()["loop"])
            try l0.send(.stop, to: loop)
            try Laboratory.ip("-n \(l0.namespace) addr del 10.199.0.102/24 dev eth0")
            try l0.send(.kill, to: loop)
            try Laboratory.wait(for: "its return") {
                try addresses(l0) == [100, 101, 102] ? () : nil
            }
        }
    }
}
