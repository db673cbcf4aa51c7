// Questions about the host's networks, answered from a made-up host.

import Failover
import Testing

@testable import Daemon
@testable import Linux

/// `#require` cannot take a module-qualified name.
private typealias KernelAddress = Linux.IPAddress

@Suite("The host's networks")
struct NetworkViewTests {
    private static func link(_ index: Int32, _ name: String, isUp: Bool = true) throws
        -> NetworkLink
    {
        NetworkLink(
            index: index,
            name: try #require(DeviceName(rawValue: name)),
            isUp: isUp,
            hasCarrier: isUp,
            isLoopback: name == "lo",
            hardwareAddress: name == "lo" ? .zero : Linux.MACAddress(UInt64(index)),
            mtu: 1500
        )
    }

    private static func entry(_ index: Int32, _ text: String, _ prefix: UInt8) throws
        -> InterfaceAddress
    {
        let address = try #require(KernelAddress(text))
        return InterfaceAddress(index: index, address: address, prefixLength: prefix)
    }

    private func host() throws -> NetworkView {
        NetworkView(
            links: [
                try Self.link(1, "lo"), try Self.link(2, "eth0"), try Self.link(3, "eth1"),
                try Self.link(4, "eth2", isUp: false),
            ],
            addresses: [
                try Self.entry(1, "127.0.0.1", 8), try Self.entry(2, "fe80::1", 64),
                try Self.entry(2, "2001:db8::5", 64), try Self.entry(2, "10.0.0.5", 24),
                try Self.entry(2, "10.0.0.100", 24), try Self.entry(3, "192.168.1.5", 30),
            ]
        )
    }

    private func wish(_ text: String) throws -> AddressWish {
        AddressWish(address: try #require(KernelAddress(text)))
    }

    @Test("Own networks leave out loopback, link-local addresses and the groups'")
    func ownNetworks() throws {
        let gateway = RouteMatch(
            index: 2,
            prefixLength: 0,
            gateway: KernelAddress("10.0.0.1"),
            isLocal: false
        )
        let networks = try host().ownNetworks(
            wishes: [[try wish("10.0.0.100")], [try wish("192.168.9.9")]],
            gateways: [gateway]
        )
        let texts = networks.map { network in
            let addresses = network.addresses.map { "\($0.address)/\($0.prefixLength)" }
            return "\(network.device) \(addresses) \(network.gateways) \(network.groups)"
        }
        #expect(
            texts == [
                "eth0 [\"10.0.0.5/24\", \"2001:db8::5/64\"] [10.0.0.1] [0]",
                "eth1 [\"192.168.1.5/30\"] [] []",
            ]
        )
    }

    @Test("A list of thousands without a device costs no more than its networks")
    func largeList() throws {
        func list(from number: UInt32) -> [AddressWish] {
            (0..<5000).map { AddressWish(address: .v4(IPv4Address(number + $0))) }
        }
        let (here, nowhere) = (list(from: 0xc0a8_0200), list(from: 0xac10_0000))
        var host = try host()
        host.addresses += here.map {
            InterfaceAddress(index: 4, address: $0.address, prefixLength: 16)
        }
        let begin = BootClock.now
        let networks = host.ownNetworks(wishes: [here, nowhere], gateways: [])
        let milliseconds = (BootClock.now - begin) / 1_000_000
        print("own networks beside two lists of 5000: \(milliseconds) ms")
        #expect(networks.map(\.groups) == [[], [], [0]])
        #expect(milliseconds < 1000)
    }

    @Test("A network contains what shares its prefix, of its own family alone")
    func containing() throws {
        func contains(_ text: String, _ prefix: UInt8, _ other: String) throws -> Bool {
            try Self.entry(2, text, prefix).contains(#require(KernelAddress(other)))
        }
        #expect(try contains("10.0.0.5", 0, "192.0.2.1"))
        #expect(try contains("10.0.0.5", 31, "10.0.0.4"))
        #expect(try !contains("10.0.0.5", 31, "10.0.0.6"))
        #expect(try !contains("10.0.0.5", 32, "10.0.0.5"))
        #expect(try contains("2001:db8::5", 0, "fd00::1"))
        #expect(try !contains("::10.0.0.5", 0, "10.0.0.5"))
        #expect(try contains("2001:db8::5", 64, "2001:db8::ffff:1"))
        #expect(try !contains("2001:db8::5", 64, "2001:db8:0:1::5"))
        #expect(try contains("2001:db8::5", 127, "2001:db8::4"))
        #expect(try !contains("2001:db8::5", 128, "2001:db8::5"))
        #expect(try !contains("fe80::5", 64, "fe80::6"))
    }

    @Test("An address is asked for where a network contains it")
    func devices() throws {
        let host = try host()
        func names(_ text: String) throws -> [String] {
            host.devices(containing: try #require(KernelAddress(text))).map(\.name.rawValue)
        }
        #expect(try names("10.0.0.7") == ["eth0"])
        #expect(try names("192.168.1.6") == ["eth1"])
        #expect(try names("192.168.1.8") == [])
        #expect(try names("2001:db8::9") == ["eth0"])
        #expect(try names("127.0.0.2") == [])
    }

    @Test("An address joins the network of the named device, with its prefix and broadcast")
    func planned() throws {
        var wanted = try wish("10.0.0.101")
        wanted.device = DeviceName(rawValue: "eth0")
        let entry = try AddressResources.plan(wanted, view: host(), route: nil).get()
        #expect(entry.index == 2)
        #expect(entry.prefixLength == 24)
        #expect(entry.broadcast == IPv4Address(10, 0, 0, 255))
    }

    @Test("Without a device the route decides; only a network of this host will do")
    func routed() throws {
        let host = try host()
        let direct = RouteMatch(index: 3, prefixLength: 30, gateway: nil, isLocal: false)
        let entry = try AddressResources.plan(wish("192.168.1.6"), view: host, route: direct).get()
        #expect(entry.index == 3)
        #expect(entry.prefixLength == 30)
        let gateway = try #require(KernelAddress("10.0.0.1"))
        let far = RouteMatch(index: 2, prefixLength: 0, gateway: gateway, isLocal: false)
        let refusal = AddressResources.Refusal(
            text: "172.16.0.1 is in no network of this host; name prefix and device in haresources"
        )
        #expect(
            try AddressResources.plan(wish("172.16.0.1"), view: host, route: far)
                == .failure(refusal)
        )
    }

    @Test("A device that is missing or down is said, not used")
    func faults() throws {
        var wanted = try wish("10.0.0.101")
        wanted.device = DeviceName(rawValue: "eth9")
        #expect(
            try AddressResources.plan(wanted, view: host(), route: nil)
                == .failure(.init(text: "there is no device eth9"))
        )
        wanted.device = DeviceName(rawValue: "eth2")
        #expect(
            try AddressResources.plan(wanted, view: host(), route: nil)
                == .failure(.init(text: "the device eth2 is down"))
        )
    }

    @Test("Secondaries that went with a deleted address are found, to be put back")
    func secondaries() throws {
        var secondary = try Self.entry(2, "10.0.0.101", 24)
        secondary.isSecondary = true
        let deleted = try Self.entry(2, "10.0.0.100", 24)
        let before = NetworkView(addresses: [deleted, secondary])
        let device = try Self.link(2, "eth0")
        func lost(_ after: NetworkView) -> [InterfaceAddress] {
            AddressResources.lost(before: before, after: after, deleting: [deleted.address])
        }
        #expect(lost(NetworkView(links: [device])) == [secondary])
        #expect(lost(NetworkView(links: [device], addresses: [secondary])).isEmpty)
        // With its device, which is nothing to be mended.
        #expect(lost(NetworkView()).isEmpty)
    }
}
