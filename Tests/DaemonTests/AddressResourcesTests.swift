// Addresses brought up and down in a network namespace of the test's own.

import Failover
import Linux
import Testing

@testable import Daemon

@Suite("Addresses", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct AddressResourcesTests {
    /// Runs in a new namespace whose one pair of devices is v0 with 10.77.0.1/24, and v1.
    private func alone(_ body: (AddressResources) throws -> Void) throws {
        let home = try NetworkNamespace.current()
        _ = try NetworkNamespace.enterNew()
        defer { #expect(throws: Never.self) { try home.enter() } }
        for words in [
            "link set lo up", "link add v0 type veth peer name v1", "link set v0 up",
            "link set v1 up", "addr add 10.77.0.1/24 dev v0",
        ] {
            try Laboratory.ip(words)
        }
        try body(AddressResources(interfaces: Interfaces()))
    }

    /// So many of 10.77.1.0/16 on a device.
    private func wishes(_ count: Int, on device: String) throws -> [AddressWish] {
        let device = try #require(DeviceName(rawValue: device))
        return (1...count).map { number in
            var wish = AddressWish(address: .v4(IPv4Address(0x0a4d_0100 + UInt32(number))))
            (wish.prefixLength, wish.device) = (16, device)
            return wish
        }
    }

    @Test("A device that vanishes in the middle of a stop takes its addresses along: they are down")
    func vanished() throws {
        try alone { addresses in
            let wishes = try wishes(200, on: "v0")
            var start = AddressWork(.start, wishes)
            #expect(addresses.advance(&start, until: .max) == .succeeded)
            var stop = AddressWork(.stop, wishes)
            #expect(addresses.advance(&stop, until: 0) == nil)
            try Laboratory.ip("link del v0")
            #expect(addresses.advance(&stop, until: .max) == .succeeded)
        }
    }

    @Test("A device whose queue is full delays the announcements and loses none")
    func fullQueue() throws {
        try alone { addresses in
            // Slower than what is announced.
            let queue = "qdisc add dev v0 root tbf rate 1mbit burst 1600 limit 3000"
            guard let tc = ["/sbin/tc", "/usr/sbin/tc"].first(where: Files.isExecutable),
                case (0, _) = try Laboratory.finish(
                    ChildProcess(Linux.Command(tc, queue.split(separator: " ").map(String.init)))
                )
            else { return }
            let wishes = try wishes(100, on: "v0")
            var start = AddressWork(.start, wishes)
            #expect(addresses.advance(&start, until: .max) == .succeeded)
            let view = try NetworkView(reading: addresses.interfaces)
            let other = try #require(view.links.first { $0.name.rawValue == "v1" })
            let listener = try PacketSocket(.arp, on: other)
            let poller = try Poller()
            let packets = PacketSockets(poller: poller, firstToken: 1000)
            var heard: [IPv4Address: Int] = [:]
            packets.announce(
                view.places(ofAll: Set(wishes.map(\.address))),
                at: BootClock.now,
                view
            )
            while let next = packets.nextDeadline {
                #expect(next > BootClock.now - 1_000_000_000)
                try poller.arm(at: next)
                _ = try poller.wait()
                packets.sendDue(at: BootClock.now, view)
                while let frame = try listener.nextARP() { heard[frame.sender, default: 0] += 1 }
            }
            try Laboratory.wait(for: "five rounds of two frames each") {
                while let frame = try listener.nextARP() { heard[frame.sender, default: 0] += 1 }
                return heard.count == wishes.count && heard.values.allSatisfy { $0 >= 10 }
                    ? () : nil
            }
        }
    }
}
