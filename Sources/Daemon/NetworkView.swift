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

    /// Where any of some addresses are, in the kernel's order, loopback devices left out.
    func places(ofAll wanted: Set<Linux.IPAddress>) -> [InterfaceAddress] {
        let loopbacks = Set(links.filter(\.isLoopback).map(\.index))
        return addresses.filter { wanted.contains($0.address) && !loopbacks.contains($0.index) }
    }

    /// The addresses that are on any device but loopback ones.
    var present: Set<Linux.IPAddress> {
        let loopbacks = Set(links.filter(\.isLoopback).map(\.index))
        return Set(addresses.filter { !loopbacks.contains($0.index) }.map(\.address))
    }

    /// Whether the kernel tells who brought an address up: it does of its own loopback address.
    var tellsOrigin: Bool { addresses.contains { $0.origin != 0 } }

    /// The node's networks as the core looks at them: Ethernet devices with addresses of the node's own, no
    /// group's, not bound to one link; IPv4 first.
    ///
    /// - Parameters:
    ///   - wishes: the addresses of each group.
    ///   - gateways: the next hops of default routes.
    /// - Returns: the networks, in the kernel's order of devices.
    func ownNetworks(wishes: [[AddressWish]], gateways: [RouteMatch]) -> [OwnNetwork] {
        let ofGroups = Set(wishes.joined().map(\.address))
        return links.compactMap { link in
            guard !link.isLoopback, let mac = link.hardwareAddress, mac != .zero else { return nil }
            let there = addresses.filter { $0.index == link.index }
            let own = there.compactMap { entry -> NetworkAddress? in
                guard !entry.isTentative, !entry.address.isLinkLocal,
                    !ofGroups.contains(entry.address),
                    let address = Failover.IPAddress(bytes: entry.address.bytes)
                else { return nil }
                return NetworkAddress(address, Int(entry.prefixLength))
            }
            // A list of thousands has a network or two.
            let networks = networks(on: link.index)
            let groups = wishes.indices.filter { group in
                // Whether one of its addresses is, or would be, on the device.
                wishes[group].contains { wish in
                    wish.device.map { $0 == link.name }
                        ?? networks.contains { $0.contains(wish.address) }
                }
            }
            guard !own.isEmpty || !groups.isEmpty else { return nil }
            return OwnNetwork(
                device: link.name.rawValue,
                mac: Failover.MACAddress(mac.number),
                hasCarrier: link.isUp && link.hasCarrier,
                addresses: own.filter { !$0.address.isIPv6 } + own.filter { $0.address.isIPv6 },
                gateways: gateways.filter { $0.index == link.index }.compactMap {
                    $0.gateway.flatMap { Failover.IPAddress(bytes: $0.bytes) }
                },
                groups: groups
            )
        }
    }

    /// The networks that a device has addresses of.
    func networks(on index: Int32) -> Set<AddressNetwork> {
        Set(addresses.lazy.filter { $0.index == index }.compactMap(AddressNetwork.init))
    }

    /// The devices that can ask for an address: up, Ethernet, with a network that contains it.
    func devices(containing address: Linux.IPAddress) -> [NetworkLink] {
        links.filter { link in
            link.isUp && !link.isLoopback && link.hardwareAddress != nil
                && addresses.contains { $0.index == link.index && $0.contains(address) }
        }
    }
}

/// The network of an address on a device.
struct AddressNetwork: Hashable {
    /// The address without the bits behind the prefix; an IPv4 address in the lower half.
    private let high: UInt64
    private let low: UInt64
    private let isIPv6: Bool
    private let prefixLength: UInt8

    /// Nil for a host address (/32, /128), which says nothing about where others are, and for one of the link alone.
    init?(_ entry: InterfaceAddress) {
        let width = UInt8(entry.address.bytes.count * 8)
        guard entry.prefixLength < width, !entry.address.isLinkLocal else { return nil }
        self.init(entry.address, entry.prefixLength)
    }

    private init(_ address: Linux.IPAddress, _ prefixLength: UInt8) {
        let bits = Int(prefixLength)
        self.prefixLength = prefixLength
        switch address {
        case .v4(let address):
            isIPv6 = false
            high = 0
            // A shift by the whole width leaves nothing.
            low = UInt64(address.number & UInt32.max << (32 - bits))
        case .v6(let address):
            isIPv6 = true
            high = address.high & UInt64.max << max(0, 64 - bits)
            low = address.low & UInt64.max << min(64, 128 - bits)
        }
    }

    /// Whether an address is of it.
    func contains(_ address: Linux.IPAddress) -> Bool {
        if case .v6 = address {
            isIPv6 && AddressNetwork(address, prefixLength) == self
        } else {
            !isIPv6 && AddressNetwork(address, prefixLength) == self
        }
    }
}

extension InterfaceAddress {
    /// Whether the network of this entry contains an address of the same family.
    func contains(_ other: Linux.IPAddress) -> Bool {
        AddressNetwork(self)?.contains(other) ?? false
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
