// The devices and addresses of this host as last read, and the questions the daemon asks of them.
// Pure but for reading; changing addresses is `AddressResources`.

import Failover
import Linux

/// What the kernel said of devices and addresses.
struct NetworkView: Equatable {
    var links: [NetworkLink] = []
    var addresses: [InterfaceAddress] = []

    /// Reads everything.
    init(reading interfaces: Interfaces) throws(SystemError) {
        links = try interfaces.links()
        addresses = try interfaces.addresses()
    }

    init(links: [NetworkLink] = [], addresses: [InterfaceAddress] = []) {
        self.links = links
        self.addresses = addresses
    }

    func link(_ index: Int32) -> NetworkLink? { links.first { $0.index == index } }

    /// Where an address is, loopback devices left out.
    func places(of address: Linux.IPAddress) -> [InterfaceAddress] {
        addresses.filter { entry in
            entry.address == address && !(link(entry.index)?.isLoopback ?? false)
        }
    }

    /// The node's own addresses as beats tell them: on Ethernet devices, no group's, not bound to
    /// one link; IPv4 first, at most eight.
    func ownAddresses(excluding groups: Set<Failover.IPAddress>) -> [OwnAddress] {
        let own = addresses.compactMap { entry -> OwnAddress? in
            guard let link = link(entry.index), !link.isLoopback, let mac = link.hardwareAddress,
                mac != .zero, !entry.isTentative, !entry.address.isLinkLocal,
                let address = Failover.IPAddress(bytes: entry.address.bytes),
                !groups.contains(address)
            else { return nil }
            return OwnAddress(address: address, mac: Failover.MACAddress(mac.number))
        }
        let ordered = own.filter { !$0.address.isIPv6 } + own.filter { $0.address.isIPv6 }
        return Array(ordered.prefix(BeatContent.addressesMaximum))
    }

    /// The devices that can ask for an address: up, Ethernet, with a network that contains it.
    func devices(containing address: Linux.IPAddress) -> [NetworkLink] {
        links.filter { link in
            link.isUp && !link.isLoopback && link.hardwareAddress != nil
                && addresses.contains { $0.index == link.index && $0.contains(address) }
        }
    }
}

extension InterfaceAddress {
    /// Whether the network of this entry contains an address of the same family.
    ///
    /// A host address (/32, /128) has no network: a group's own address says nothing about where
    /// others are.
    func contains(_ other: Linux.IPAddress) -> Bool {
        let own = address.bytes
        let theirs = other.bytes
        guard own.count == theirs.count, prefixLength < own.count * 8, !address.isLinkLocal else {
            return false
        }
        let whole = Int(prefixLength) / 8
        guard own[..<whole] == theirs[..<whole] else { return false }
        let rest = Int(prefixLength) % 8
        return rest == 0 || (own[whole] ^ theirs[whole]) >> UInt8(8 - rest) == 0
    }
}

extension Linux.IPAddress {
    /// Whether it is valid on one link only.
    var isLinkLocal: Bool {
        switch self {
        case .v4(let address): address.number >> 16 == 0xa9fe
        case .v6(let address): address.isLinkLocal
        }
    }

    /// The core's address as the kernel's; every address of the core has 4 or 16 bytes.
    init(_ address: Failover.IPAddress) {
        if address.isIPv6 {
            self = .v6(IPv6Address(high: address.high, low: address.low))
        } else {
            self = .v4(IPv4Address(UInt32(truncatingIfNeeded: address.low)))
        }
    }
}
