// Which addresses of groups are the machine's own, judged on a made-up host.

import Configuration
import Failover
import Testing

@testable import Daemon
@testable import Linux

/// `#require` cannot take a module-qualified name.
private typealias KernelAddress = Linux.IPAddress

@Suite("The machine's own addresses")
struct OwnAddressGuardTests {
    private let boot = BootID(high: 1, low: 2)

    private func entry(
        _ text: String,
        _ prefix: UInt8,
        created: UInt32,
        origin: UInt8 = 0,
        isSecondary: Bool = false
    ) throws -> InterfaceAddress {
        var entry = InterfaceAddress(
            index: 2,
            address: try #require(KernelAddress(text)),
            prefixLength: prefix
        )
        (entry.created, entry.origin, entry.isSecondary) = (created, origin, isSecondary)
        return entry
    }

    /// A host whose eth0 has 10.0.0.1/24 and 2001:db8::1/64 of its own, and more.
    private func host(_ more: [InterfaceAddress], tellsOrigin: Bool = true) throws -> NetworkView {
        func link(_ index: Int32, _ name: String) throws -> NetworkLink {
            NetworkLink(
                index: index,
                name: try #require(DeviceName(rawValue: name)),
                isUp: true,
                hasCarrier: true,
                isLoopback: name == "lo",
                hardwareAddress: Linux.MACAddress(UInt64(index)),
                mtu: 1500
            )
        }
        var own = InterfaceAddress(
            index: 1,
            address: .v4(IPv4Address(127, 0, 0, 1)),
            prefixLength: 8
        )
        own.origin = tellsOrigin ? 1 : 0
        return NetworkView(
            links: [try link(1, "lo"), try link(2, "eth0")],
            addresses: [
                own, try entry("10.0.0.1", 24, created: 10),
                try entry("2001:db8::1", 64, created: 10),
            ] + more
        )
    }

    private func loaded(_ list: [String]) throws -> LoadedConfiguration {
        var files = ReloadTests.files(haresources: "l0 iplist::/etc/ips::dev=eth0 thing\n")
        let text = list.map { $0 + "\n" }.joined()
        files.lists = [ConfigurationFile(name: "/etc/ips", text: text)]
        return try LoadedConfiguration.make(files, node: "l0", ownAddresses: []).get().0
    }

    /// What is said of a list at a start, or of its new form at a reload.
    private func text(
        _ list: [String],
        running: [String]? = nil,
        on view: NetworkView,
        isHeld: Bool
    ) throws -> String {
        let loaded = try loaded(list)
        let claim = ClaimRecord(
            group: loaded.settings.groups[0].name.identity,
            epoch: 1,
            intent: .active,
            kind: .offer,
            heldThisBoot: isHeld
        )
        return OwnAddressGuard.text(
            loaded,
            running: try running.map(self.loaded),
            view,
            record: DurableRecord(
                bootID: boot,
                incarnationCounter: 1,
                peerHeardThisBoot: true,
                peerAddresses: [],
                calibrated: [],
                claims: [claim]
            ),
            boot: boot
        )
    }

    @Test("What was brought up by hand beside the machine's own is none of it, with any prefix")
    func byHand() throws {
        let view = try host([
            entry("10.0.0.120", 24, created: 900, isSecondary: true),
            entry("10.0.0.121", 32, created: 900),
            entry("2001:db8::120", 64, created: 900),
            entry("2001:db8::121", 128, created: 900),
        ])
        let list = ["10.0.0.120/24", "10.0.0.121/32", "2001:db8::120/64", "2001:db8::121/128"]
        #expect(try text(list, running: ["10.0.0.99/24"], on: view, isHeld: true).isEmpty)
        #expect(try text(list, on: view, isHeld: false).isEmpty)
        // A start of a daemon that adopted them, as well.
        #expect(try text(list, on: view, isHeld: true).isEmpty)
    }

    @Test("The machine's own is refused at a reload and at any start, and the list is named")
    func own() throws {
        let view = try host([
            entry("10.0.0.100", 24, created: 900, origin: 0xba, isSecondary: true)
        ])
        for own in ["10.0.0.1/24", "2001:db8::1/64"] {
            let list = ["10.0.0.100/24", own]
            let address = own.split(separator: "/")[0]
            let said =
                "/etc/ips: error: \(address) is on eth0 already, and no batond put it there\n"
            #expect(
                try text(list, running: ["10.0.0.100/24"], on: view, isHeld: true).hasPrefix(said)
            )
            #expect(try text(list, on: view, isHeld: true).hasPrefix(said))
            #expect(try text(list, on: view, isHeld: false).hasPrefix(said))
            #expect(
                try text(list, on: view, isHeld: true).hasSuffix("ip addr del \(own) dev eth0\n")
            )
        }
    }

    @Test("The first of a network of its own cannot be told from the machine's, until it is held")
    func newNetwork() throws {
        let view = try host([entry("192.0.2.5", 24, created: 900)])
        let list = ["192.0.2.5/24"]
        #expect(try !text(list, running: ["10.0.0.99/24"], on: view, isHeld: true).isEmpty)
        // Adopted while it was another's second, say: the machine keeps its own.
        #expect(try text(list, on: view, isHeld: true).isEmpty)
        #expect(try text(list, running: list, on: view, isHeld: true).isEmpty)
    }

    @Test("A kernel that does not tell who brought an address up stops no start of what was held")
    func oldKernel() throws {
        let view = try host([], tellsOrigin: false)
        #expect(try text(["10.0.0.1/24"], on: view, isHeld: true).isEmpty)
        #expect(try !text(["10.0.0.1/24"], on: view, isHeld: false).isEmpty)
    }

    @Test("Of many, five are named")
    func many() throws {
        let view = try host(
            (1...9).map { try entry("192.0.\($0).5", 24, created: 900) }
        )
        let said = try text((1...9).map { "192.0.\($0).5/24" }, on: view, isHeld: false)
        #expect(said.split(separator: "\n").count == 11)
        #expect(said.hasSuffix("and 4 more\n"))
    }
}
