// Two real daemons over real devices: who serves, in which order, through which faults. Times are not
// measured here, for a busy machine would falsify them; what is asserted holds however late things are.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("Two daemons", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct PairTests {
    @Test("One node serves; standby stops in reverse and starts in order")
    func standby() throws {
        try LaboratoryPair().tell { l0, l1 in
            #expect(try l0.has(LaboratoryPair.address))
            #expect(try !l1.has(LaboratoryPair.address))
            #expect(l0.log == ["one start", "two start"])
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
            try l0.wait(until: .standby)
            #expect(l0.log == ["one start", "two start", "two stop", "one stop"])
            #expect(l1.log == ["one start", "two start"])
            #expect(try !l0.has(LaboratoryPair.address))
            #expect(try l1.has(LaboratoryPair.address))
            #expect(try l0.reply(.takeover(.all)).outcome == .done)
            try l0.wait(until: .active)
        }
    }

    @Test("SIGTERM to keeper or loop hands over and ends in order", arguments: ["keeper", "loop"])
    func terminate(_ role: String) throws {
        try LaboratoryPair().tell { l0, l1 in
            let target = try #require(try l0.processes()[role])
            try l0.send(.terminate, to: target)
            #expect(try l0.end() == .exited(0))
            try l1.wait(until: .active)
            #expect(l0.log == ["one start", "two start", "two stop", "one stop"])
            #expect(try l0.processes().isEmpty)
            #expect(!Files.exists(l0.directory + "/run/control.sock"))
            // A node that comes back disturbs nobody.
            try l0.start()
            try l0.wait(until: .standby)
            #expect(try l1.status().groups.first?.state == .active)
        }
    }

    @Test(
        "Each process that is killed or frozen is replaced, and the group stays",
        arguments: [Signal.kill, Signal.stop]
    )
    func replaced(_ signal: Signal) throws {
        try LaboratoryPair().tell { l0, l1 in
            let epoch = try #require(try l0.status().groups.first?.epoch)
            for role in ["keeper", "loop", "log", "recorder", "spawner"] {
                let before = try Laboratory.wait(for: "all processes before \(role)") {
                    let all = try l0.processes()
                    return all.count == 5 ? all : nil
                }
                let target = try #require(before[role])
                try l0.send(signal, to: target)
                try Laboratory.wait(for: "another \(role) after \(signal)") {
                    let now = try l0.processes()
                    return now.count == 5 && now[role] != target ? () : nil
                }
                let group = try l0.wait(until: .active)
                #expect(group.epoch == epoch, "after \(signal) to \(role)")
                #expect(try l1.status().groups.first?.state == .standby)
            }
            #expect(l0.log == ["one start", "two start"])
            #expect(l1.log == [])
            // Everything still works with the replaced processes.
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
        }
    }

    @Test("A reload leaves no process behind")
    func reload() throws {
        try LaboratoryPair().tell { l0, _ in
            let loop = try #require(try l0.processes()["loop"])
            for _ in 0..<3 { #expect(try l0.reply(.reload(exec: false)).outcome == .done) }
            try Laboratory.wait(for: "the end of all helpers that read") {
                let zombies = try Files.list("/proc").compactMap { Int32($0) }.filter { number in
                    let stat = try? Files.read("/proc/\(number)/stat", maximum: 4096)
                    return String(decoding: stat ?? [], as: UTF8.self).contains(") Z ")
                        && ProcessID(rawValue: number).parent == loop
                }
                return zombies.isEmpty ? () : nil
            }
            #expect(try l0.processes()["loop"] == loop)
        }
    }

    @Test("After kill -9 of every process a restarted daemon adopts what runs")
    func adopted() throws {
        // So long that the restart is surely within it.
        try LaboratoryPair(deadtime: "30").tell { l0, l1 in
            let epoch = try #require(try l0.status().groups.first?.epoch)
            try l0.crash()
            _ = try l0.end()
            try l0.start()
            #expect(try l0.wait(until: .active).epoch == epoch)
            #expect(l0.log == ["one start", "two start"])
            #expect(try l0.has(LaboratoryPair.address))
            #expect(l1.log == [])
        }
    }

    @Test("When a node dies the other takes the group")
    func crash() throws {
        try LaboratoryPair(deadtime: "1").tell { l0, l1 in
            try l0.crash()
            for device in ["eth0", "eth1"] {
                // Addresses go too, for a dead host's kernel answers nobody.
                try Laboratory.ip("-n \(l0.namespace) addr flush dev \(device)")
            }
            try l1.wait(until: .active)
            #expect(try l1.has(LaboratoryPair.address))
            #expect(l1.log == ["one start", "two start"])
        }
    }

    @Test("A whole daemon that is frozen while its host answers keeps its group")
    func frozen() throws {
        try LaboratoryPair(deadtime: "1").tell { l0, l1 in
            try l0.signalAll(.stop)
            // Long past deadtime the other still refuses, because the address answers.
            try Laboratory.wait(for: "l1 calling l0 silent") {
                try l1.status().peer.state == .silent ? () : nil
            }
            #expect(try l1.status().groups.first?.state == .standby)
            try l0.signalAll(.proceed)
            try Laboratory.wait(for: "l1 hearing l0 again") {
                try l1.status().peer.state == .alive ? () : nil
            }
            try l0.wait(until: .active)
            #expect(l0.log == ["one start", "two start"])
            #expect(l1.log == [])
        }
    }

    /// Each medium alone, by the name of its link on l0 and l1; paths that are learnt would hide it.
    static let media: [(lines: String, l0: String, l1: String)] = [
        ("bcast eth1", "bcast eth1", "bcast eth1"),
        (
            "ucast eth1 10.199.1.1\nucast eth1 10.199.1.2", "ucast eth1 10.199.1.2",
            "ucast eth1 10.199.1.1"
        ),
        ("ucast6 eth1 fd99::1\nucast6 eth1 fd99::2", "ucast6 eth1 fd99::2", "ucast6 eth1 fd99::1"),
        (
            "ucast6 eth1 fe80::99:1\nucast6 eth1 fe80::99:2%eth1", "ucast6 eth1 fe80::99:2",
            "ucast6 eth1 fe80::99:1"
        ),
        ("mcast eth1 239.192.9.1 694 1 0", "mcast eth1 239.192.9.1", "mcast eth1 239.192.9.1"),
        ("mcast6 eth1 ff12::9:1 694 1 0", "mcast6 eth1 ff12::9:1", "mcast6 eth1 ff12::9:1"),
    ]

    @Test("Every medium carries beats and a handover", arguments: PairTests.media)
    func medium(_ medium: (lines: String, l0: String, l1: String)) throws {
        try LaboratoryPair(links: medium.lines + "\nauto_links off").tell { l0, l1 in
            for (node, name) in [(l0, medium.l0), (l1, medium.l1)] {
                let links = try Laboratory.wait(for: "\(name) to be up on \(node.name)") {
                    let status = try node.status()
                    guard status.peer.state == .alive, status.links.first?.state == .up else {
                        return nil as [LinkStatus]?
                    }
                    return status.links
                }
                #expect(links.map(\.name) == [name])
            }
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
        }
    }

    @Test("A network of IPv6 addresses alone carries a learnt path")
    func learntIPv6() throws {
        try LaboratoryPair().tell(isStarted: false) { l0, l1 in
            for (node, host) in [(l0, 1), (l1, 2)] {
                let inside = "-n \(node.namespace)"
                try Laboratory.ip("\(inside) addr flush dev eth0")
                try Laboratory.ip("\(inside) addr add fd98::\(host)/64 dev eth0 nodad")
            }
            for node in [l0, l1] { try node.start() }
            try l0.wait(until: .active)
            for node in [l0, l1] {
                try Laboratory.wait(for: "a learnt path on \(node.name)") {
                    let learnt = try node.status().links.filter { $0.kind == .learnt }
                    return learnt.count == 1 && learnt[0].state == .up ? () : nil
                }
            }
        }
    }

    @Test("A link that is taken down and comes back is used again")
    func link() throws {
        try LaboratoryPair(deadtime: "30").tell { l0, l1 in
            let inside = "-n \(l0.namespace)"
            try Laboratory.ip("\(inside) link set eth1 down")
            try Laboratory.wait(for: "the link to be down") {
                try l0.status().links.first?.state == .down ? () : nil
            }
            try Laboratory.ip("\(inside) link set eth1 up")
            try Laboratory.wait(for: "the link to be up") {
                try l0.status().links.first?.state == .up ? () : nil
            }
            #expect(try l1.status().groups.first?.state == .standby)
        }
    }
}
