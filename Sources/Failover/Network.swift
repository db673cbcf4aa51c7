// This node's networks as values: devices with their addresses and neighbours, and the heartbeat paths that
// follow from them. What is made of them is in `Machine+Paths` and `Machine+Networks`.

/// One device of this node that has addresses of its own.
public struct OwnNetwork: Equatable, Sendable {
    /// The device: `eth1`.
    public var device: String
    /// Its Ethernet address.
    public var mac: MACAddress
    /// Whether it is up and has a carrier.
    public var hasCarrier: Bool
    /// The node's own addresses on it, no group's; IPv4 first.
    public var addresses: [NetworkAddress]
    /// The routers that this node's routes name on it.
    public var gateways: [IPAddress]
    /// The groups with an address on it, by their place in `Settings.groups`.
    public var groups: [Int]

    /// Makes a network of its parts.
    public init(
        device: String,
        mac: MACAddress,
        hasCarrier: Bool = true,
        addresses: [NetworkAddress],
        gateways: [IPAddress] = [],
        groups: [Int] = []
    ) {
        self.device = device
        self.mac = mac
        self.hasCarrier = hasCarrier
        self.addresses = addresses
        self.gateways = gateways
        self.groups = groups
    }

    /// The same without a carrier, and without addresses.
    var unplugged: OwnNetwork {
        OwnNetwork(device: device, mac: mac, hasCarrier: false, addresses: [], groups: groups)
    }

    /// How many networks are looked at.
    public static let maximum = 16
}

/// An address with the length of its network's prefix.
public struct NetworkAddress: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// Leading bits that all hosts of the network share: 0...32, 0...128.
    public var prefixLength: Int

    /// Pairs an address with a prefix.
    public init(_ address: IPAddress, _ prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Whether another address is on the same network.
    public func reaches(_ other: IPAddress) -> Bool {
        guard address.isIPv6 == other.isIPv6 else { return false }
        let bits = address.isIPv6 ? prefixLength : 96 + prefixLength
        guard (0...128).contains(bits) else { return false }
        func differs(_ left: UInt64, _ right: UInt64, _ bits: Int) -> Bool {
            guard bits > 0 else { return false }
            return (left ^ right) >> UInt64(64 - min(bits, 64)) != 0
        }
        if differs(address.high, other.high, min(bits, 64)) { return false }
        return !differs(address.low, other.low, max(0, bits - 64))
    }
}

/// A heartbeat path that both nodes found by themselves: from an own address to one of the peer's on the
/// same network.
public struct LearntPath: Hashable, Sendable {
    /// The device it leaves by.
    public var device: String
    /// The peer's address.
    public var peer: IPAddress

    /// Makes a path of its parts.
    public init(device: String, peer: IPAddress) {
        self.device = device
        self.peer = peer
    }

    /// As status shows it: `learnt eth1 192.168.1.3`.
    public var name: String { "learnt \(device) \(peer)" }
}

/// Some of the heartbeat paths, by `LinkIndex`.
public struct LinkSet: Equatable, Sendable {
    /// Bit n is the path n.
    public var bits: UInt32

    /// Wraps bits.
    public init(bits: UInt32) { self.bits = bits }

    /// Whether a path is one of them.
    public func contains(_ link: LinkIndex) -> Bool {
        link.value >= 0 && link.value < 32 && bits >> UInt32(link.value) & 1 == 1
    }

    /// Their places, lowest first.
    public var links: [LinkIndex] {
        (0..<32).filter { bits >> UInt32($0) & 1 == 1 }.map { LinkIndex($0) }
    }
}
