// Operations as processes: deadlines, lost spawners, failed stops, reloads, and the doors of the
// daemon, with one or two real daemons.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("A daemon", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct OperationTests {
    private func withPair(
        _ prepare: (LaboratoryPair) throws -> Void = { _ in },
        _ story: (LaboratoryPair) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { _, _ in
            try prepare(pair)
            try story(pair)
        }
    }

    @Test("An operation whose spawner is lost is ended with all its processes")
    func lostSpawner() throws {
        try withPair { pair in
            let hang = "[ $action = start ] && { echo $$ > $BATON_RUN/pid; sleep 1000; }"
            try pair.l0.writeScript("two", before: hang)
        } _: { pair in
            try pair.l0.start()
            try pair.l1.start()
            let path = pair.l0.directory + "/run/pid"
            let script = try Laboratory.wait(for: "the start of two") {
                StateFile.number(path).map { ProcessID(rawValue: Int32($0)) }
            }
            let identity = try ProcessIdentity(of: script)
            let records = try Files.list(pair.l0.directory + "/run/operations")
            #expect(records == ["\(identity.id)-\(identity.startTicks)"])
            let spawner = try #require(try pair.l0.processes()["spawner"])
            try pair.l0.send(.kill, to: spawner)
            try Laboratory.wait(for: "the end of the script") { identity.isAlive ? nil : () }
            try Laboratory.wait(for: "the end of its record") {
                try Files.list(pair.l0.directory + "/run/operations") == records ? nil : ()
            }
        }
    }

    @Test("A start beyond its deadline is ended by TERM, then KILL, and the group goes to the peer")
    func deadline() throws {
        try withPair { pair in
            try pair.l0.writeScript(
                "two",
                before: "[ $action = start ] && { trap '' TERM; sleep 1000; sleep 1000; }"
            )
            for node in [pair.l0, pair.l1] {
                let path = node.directory + "/config/ha.cf"
                let text = String(decoding: try Files.read(path, maximum: 4096), as: UTF8.self)
                try node.write("ha.cf", text + "timeout two start 400ms\n")
            }
        } _: { pair in
            try pair.l0.start()
            try pair.l1.start()
            try pair.l1.wait(until: .active)
            #expect(pair.l0.log == ["one start", "two start", "two stop", "one stop"])
            let two = try pair.l0.status().groups.first?.resources.last
            #expect(two?.name == "two")
        }
    }

    @Test("A stop that fails resets the node (S4)")
    func reset() throws {
        try withPair { pair in
            try pair.l0.writeScript("one", before: "[ $action = stop ] && exit 1")
            let reset = "#!/bin/sh\n: > \(pair.l0.directory)/reset-done\n"
            try pair.l0.write("reset", reset, mode: 0o755)
        } _: { pair in
            try pair.start()
            let reply = try pair.l0.reply(.standby(.all))
            #expect(reply.outcome == .failed)
            try Laboratory.wait(for: "the reset") {
                Files.exists(pair.l0.directory + "/reset-done") ? () : nil
            }
            #expect(try pair.l1.status().groups.first?.state == .standby)
            #expect(pair.l1.log == [])
        }
    }

    @Test("A script that is missing on the standby node does not keep the other from serving")
    func missingScript() throws {
        try withPair { pair in
            try Files.remove(pair.l1.directory + "/config/resource.d/two")
        } _: { pair in
            try pair.start()
            let reply = try pair.l0.reply(.standby(.all))
            #expect(reply.outcome != .done)
            try pair.l0.wait(until: .active)
            #expect(try pair.l0.has(LaboratoryPair.address))
        }
    }

    @Test("reload: keys are rotated, faults and changes under a held group are refused")
    func reload() throws {
        try withPair { _ in
        } _: { pair in
            try pair.start()
            let loop = try pair.l0.processes()["loop"]
            // A fault is refused with its place.
            try pair.l0.write("ha.cf", "keepalife 1\n")
            let fault = try pair.l0.reply(.reload(exec: false))
            #expect(fault.outcome == .refused)
            #expect(fault.text.contains("ha.cf:1:1: error"))
            let haCf = try Files.read(pair.l1.directory + "/config/ha.cf", maximum: 4096)
            try pair.l0.write("ha.cf", String(decoding: haCf, as: UTF8.self))
            // New keys, first known to one node only, then used by both.
            let keys =
                "auth 2\n1 sha256 0123456789abcdef0123456789abcdef\n2 sha256 fedcba9876543210\n"
            for node in [pair.l0, pair.l1] {
                try node.write("authkeys", keys)
                #expect(try node.reply(.reload(exec: false)).outcome == .done)
            }
            #expect(try pair.l0.processes()["loop"] == loop)
            #expect(try pair.l0.status().counters["datagrams_badMAC"] == 0)
            #expect(try pair.l0.status().counters["datagrams_unknownKey"] == 0)
            // A group that runs here does not change under it.
            try pair.l0.write("haresources", "l0 IPaddr2::10.199.0.100/24/eth0 one\n")
            let held = try pair.l0.reply(.reload(exec: false))
            #expect(held.outcome == .refused)
            #expect(held.text.contains(LaboratoryPair.address))
            try pair.l0.write("haresources", LaboratoryPair.haresources)
            // Anything else begins the loop anew, which adopts.
            let text = String(decoding: haCf, as: UTF8.self)
            try pair.l0.write("ha.cf", text + "debug 1\n")
            #expect(try pair.l0.reply(.reload(exec: false)).outcome == .done)
            try Laboratory.wait(for: "another loop") {
                let now = try pair.l0.processes()["loop"]
                return now != nil && now != loop ? () : nil
            }
            try pair.l0.wait(until: .active)
            #expect(pair.l0.log == ["one start", "two start"])
            #expect(pair.l1.log == [])
            #expect(try pair.l0.status().counters["loops_replaced"] == 0)
        }
    }

    @Test("reload --exec begins the program anew in the same process and adopts what runs")
    func executeAnew() throws {
        try withPair { pair in
            try pair.start()
            let before = try pair.l0.processes()
            let incarnation = try pair.l0.status().incarnation
            #expect(try pair.l0.reply(.reload(exec: true)).outcome == .done)
            try Laboratory.wait(for: "another incarnation") {
                try pair.l0.status().incarnation != incarnation ? () : nil
            }
            try pair.l0.wait(until: .active)
            let after = try pair.l0.processes()
            #expect(after["keeper"] == before["keeper"])
            #expect(after["loop"] != before["loop"])
            #expect(pair.l0.log == ["one start", "two start"])
            #expect(pair.l1.log == [])
            // The old loop's helpers are gone, and the new one ends in order.
            #expect(after.count == 5)
            let keeper = try #require(after["keeper"])
            try pair.l0.send(.terminate, to: keeper)
            #expect(try pair.l0.end() == .exited(0))
            try pair.l1.wait(until: .active)
        }
    }

    @Test("The doors: modes, read verbs on the readers' door, junk, too long lines")
    func doors() throws {
        try withPair { pair in
            try pair.l0.start()
            _ = try pair.l0.status()
            let run = pair.l0.directory + "/run"
            #expect(Files.mode(run + "/control.sock") == 0o600)
            #expect(Files.mode(run + "/status.sock") == 0o660)
            #expect(Files.mode(pair.l0.directory + "/state/incarnation") == 0o600)
            guard case .status = pair.l0.ask(.status, socket: "status.sock") else {
                Issue.record("status.sock does not tell the status")
                return
            }
            guard case .error(let refusal) = pair.l0.ask(.standby(.all), socket: "status.sock")
            else {
                Issue.record("status.sock carried a write verb")
                return
            }
            #expect(refusal.code == .notAllowed)
            let junk = try #require(pair.l0.ask(line: Array("{nonsense".utf8)))
            guard case .error(let fault) = try ControlCoding.decodeResponse(junk[0]) else {
                Issue.record("junk was answered with something else")
                return
            }
            #expect(fault.code == .notJSON)
            let long = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
            #expect(pair.l0.ask(line: long) ?? [] == [])
            guard case .reply(let alive) = pair.l0.ask(.ping) else {
                Issue.record("the daemon no longer answers")
                return
            }
            #expect(alive.outcome == .done)
        }
    }

    @Test("A second instance on the same state is refused; a missing authkeys names its cure")
    func refusals() throws {
        try withPair { pair in
            try pair.l0.start()
            _ = try pair.l0.status()
            let second = try Laboratory.finish(ChildProcess(pair.l0.command()))
            #expect(second.code == 1)
            #expect(second.text.contains("another batond"))
            try Files.remove(pair.l1.directory + "/config/authkeys")
            let keyless = try Laboratory.finish(ChildProcess(pair.l1.command()))
            #expect(keyless.code == 2)
            #expect(keyless.text.contains("baton keygen"))
        }
    }

    @Test("The loop has one thread and no large library, and all processes together fit 20 MiB")
    func size() throws {
        try withPair { pair in
            try pair.start()
            var proportional = 0
            for (role, id) in try pair.l0.processes() {
                if role == "loop" {
                    #expect(try Files.list("/proc/\(id)/task").count == 1)
                    let maps = try Files.read("/proc/\(id)/maps", maximum: 1 << 22)
                    let text = String(decoding: maps, as: UTF8.self)
                    for library in ["libFoundation.so", "FoundationICU", "libicu", "libpq"] {
                        #expect(!text.contains(library))
                    }
                }
                let rollup = try Files.read("/proc/\(id)/smaps_rollup", maximum: 65536)
                for line in String(decoding: rollup, as: UTF8.self).split(separator: "\n")
                where line.hasPrefix("Pss:") {
                    proportional +=
                        line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                }
            }
            #expect(proportional > 0)
            #expect(proportional <= 20 * 1024)
        }
    }
}
