// What rtnetlink(7) says of links, addresses and routes, as values, and the messages that ask and
// change. Pure: bytes in, values out. The socket is in Interfaces.swift.

import CLinux

/// A network device as the kernel describes it.
public struct NetworkLink: Hashable, Sendable {
    /// The kernel's number of it, new when the device is made anew.
    public let index: Int32
    /// Its name.
    public let name: DeviceName
    /// Whether it is set up (IFF_UP).
    public let isUp: Bool
    /// Whether it has a carrier (IFF_LOWER_UP); false while it is down.
    public let hasCarrier: Bool
    /// Whether it is the loopback device.
    public let isLoopback: Bool
    /// Its Ethernet address; nil where it has none of six bytes.
    public let hardwareAddress: MACAddress?
    /// The largest packet, bytes.
    public let mtu: UInt32
}

/// An address on a device.
public struct InterfaceAddress: Hashable, Sendable {
    /// The device's number.
    public var index: Int32
    /// The address.
    public var address: IPAddress
    /// Bits of the network part.
    public var prefixLength: UInt8
    /// IPv4 only: the label, such as `eth0:0`; the device's name where none was given.
    public var label: String?
    /// IPv4 only: the broadcast address.
    public var broadcast: IPv4Address?
    /// Whether another address of the same network was there first (IFA_F_SECONDARY).
    public var isSecondary = false
    /// Who brought it up, as the kernel was told (IFA_PROTO, Linux 5.18); 0 where nobody said.
    public var origin: UInt8 = 0
    /// When it came, in hundredths of a second since boot; 0 where the kernel does not say.
    public var created: UInt32 = 0
    /// IPv6: whether the kernel still looks for a double, or found one.
    public var isTentative = false

    /// What Baton says of itself as the origin of an address; the kernel's own are below 4.
    public static let ownOrigin: UInt8 = 0xba
    /// IFA_PROTO, which Debian 12's C library lacks.
    private static let originAttribute = 11

    /// Whether Baton brought it up.
    public var isOurs: Bool { origin == InterfaceAddress.ownOrigin }

    /// An address to add or delete; `label` and `broadcast` for IPv4 only.
    public init(
        index: Int32,
        address: IPAddress,
        prefixLength: UInt8,
        label: String? = nil,
        broadcast: IPv4Address? = nil
    ) {
        self.index = index
        self.address = address
        self.prefixLength = prefixLength
        self.label = label
        self.broadcast = broadcast
    }
}

/// The route that would carry packets to an address.
public struct RouteMatch: Hashable, Sendable {
    /// The device's number.
    public let index: Int32
    /// Bits of the network that matched; 0 for a default route.
    public let prefixLength: UInt8
    /// The next hop, nil where the network is on the device itself.
    public let gateway: IPAddress?
    /// Whether the address is this host's own.
    public let isLocal: Bool
}

/// What a device or address did.
public enum InterfaceEvent: Hashable, Sendable {
    /// A device came or changed; all of its present state.
    case linkChanged(NetworkLink)
    /// A device is gone.
    case linkRemoved(NetworkLink)
    /// An address came or changed.
    case addressAdded(InterfaceAddress)
    /// An address is gone.
    case addressRemoved(InterfaceAddress)
    /// The kernel had more to say than its queue holds: read everything anew.
    case overflowed
}

extension NetworkLink {
    /// From a RTM_NEWLINK or RTM_DELLINK; nil for anything that is not one, whole.
    ///
    /// Body: family 1, pad 1, type 2, index 4, flags 4, change 4, attributes from 16.
    init?(_ message: NetlinkMessage) {
        let body = message.body.span
        guard message.type == UInt16(RTM_NEWLINK) || message.type == UInt16(RTM_DELLINK),
            let index = body.native32(at: 4),
            let flags = body.native32(at: 8),
            let attributes = NetlinkAttribute.parse(body, from: 16),
            let name = attributes.text(IFLA_IFNAME).flatMap(DeviceName.init(rawValue:))
        else { return nil }
        self.init(
            index: Int32(bitPattern: index),
            name: name,
            isUp: flags & UInt32(IFF_UP) != 0,
            // IFF_LOWER_UP; <net/if.h> lacks it.
            hasCarrier: flags & 0x10000 != 0,
            isLoopback: flags & UInt32(IFF_LOOPBACK) != 0,
            hardwareAddress: attributes.payload(IFLA_ADDRESS).flatMap(MACAddress.init(bytes:)),
            mtu: attributes.number(IFLA_MTU) ?? 0
        )
    }
}

extension InterfaceAddress {
    /// From a RTM_NEWADDR or RTM_DELADDR; nil for anything that is not one, whole.
    ///
    /// Body: family 1, prefix length 1, flags 1, scope 1, index 4, attributes from 8.
    /// IFA_LOCAL is the own address where both are given (on point-to-point devices IFA_ADDRESS
    /// is the other end's).
    init?(_ message: NetlinkMessage) {
        let body = message.body.span
        guard message.type == UInt16(RTM_NEWADDR) || message.type == UInt16(RTM_DELADDR),
            let prefixLength = body.byte(at: 1),
            let shortFlags = body.byte(at: 2),
            let index = body.native32(at: 4),
            let attributes = NetlinkAttribute.parse(body, from: 8),
            let bytes = attributes.payload(IFA_LOCAL) ?? attributes.payload(IFA_ADDRESS),
            let address = IPAddress(bytes: bytes)
        else { return nil }
        let flags = attributes.number(IFA_FLAGS) ?? UInt32(shortFlags)
        self.init(
            index: Int32(bitPattern: index),
            address: address,
            prefixLength: prefixLength,
            label: attributes.text(IFA_LABEL),
            broadcast: attributes.payload(IFA_BROADCAST).flatMap { $0.span.big32(at: 0) }
                .map(IPv4Address.init)
        )
        isSecondary = flags & UInt32(IFA_F_SECONDARY) != 0
        isTentative = flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) != 0
        origin = attributes.payload(InterfaceAddress.originAttribute)?.first ?? 0
        // ifa_cacheinfo: preferred 4, valid 4, created 4, updated 4.
        created = attributes.payload(IFA_CACHEINFO).flatMap { $0.span.native32(at: 8) } ?? 0
    }

    /// The body that adds or deletes this address.
    ///
    /// IPv6 goes with IFA_F_NODAD: it is usable at once, and whoever adds it has probed before.
    var body: [UInt8] {
        let isV6 = address.family == UInt8(AF_INET6)
        let flags = isV6 ? UInt8(IFA_F_NODAD) : 0
        var bytes: [UInt8] = [address.family, prefixLength, flags, 0]
        bytes += nativeBytes(UInt32(bitPattern: index))
        bytes += NetlinkAttribute(type: UInt16(IFA_LOCAL), payload: address.bytes).bytes
        bytes += NetlinkAttribute(type: UInt16(IFA_ADDRESS), payload: address.bytes).bytes
        if let broadcast, !isV6 {
            bytes += NetlinkAttribute(type: UInt16(IFA_BROADCAST), payload: broadcast.bytes).bytes
        }
        if let label, !isV6 {
            bytes +=
                NetlinkAttribute(type: UInt16(IFA_LABEL), payload: Array(label.utf8) + [0]).bytes
        }
        if origin != 0 {
            // Kernels that do not know it pass it over.
            let type = UInt16(InterfaceAddress.originAttribute)
            bytes += NetlinkAttribute(type: type, payload: [origin]).bytes
        }
        return bytes
    }
}

extension RouteMatch {
    /// From a RTM_NEWROUTE; nil for anything that is not one, or that leads to no device.
    ///
    /// Body: family 1, destination bits 1, source bits 1, TOS 1, table 1, protocol 1, scope 1,
    /// type 1, flags 4, attributes from 12.
    init?(_ message: NetlinkMessage) {
        let body = message.body.span
        guard message.type == UInt16(RTM_NEWROUTE),
            let prefixLength = body.byte(at: 1),
            let type = body.byte(at: 7),
            let attributes = NetlinkAttribute.parse(body, from: 12),
            let index = attributes.number(RTA_OIF.rawValue)
        else { return nil }
        self.init(
            index: Int32(bitPattern: index),
            prefixLength: prefixLength,
            gateway: attributes.payload(RTA_GATEWAY.rawValue).flatMap(IPAddress.init(bytes:)),
            isLocal: type == UInt8(RTN_LOCAL)
        )
    }

    /// The body that asks for the route to an address, answered with the matching entry of the
    /// table rather than one made for this address (RTM_F_FIB_MATCH, Linux 4.13).
    static func request(for address: IPAddress) -> [UInt8] {
        var bytes: [UInt8] = [address.family, UInt8(8 * address.bytes.count), 0, 0, 0, 0, 0, 0]
        bytes += nativeBytes(UInt32(RTM_F_FIB_MATCH))
        bytes += NetlinkAttribute(type: UInt16(RTA_DST.rawValue), payload: address.bytes).bytes
        return bytes
    }
}

extension InterfaceEvent {
    /// From a message of the monitored kinds, nil for others.
    init?(_ message: NetlinkMessage) {
        switch Int(message.type) {
        case RTM_NEWLINK:
            guard let link = NetworkLink(message) else { return nil }
            self = .linkChanged(link)
        case RTM_DELLINK:
            guard let link = NetworkLink(message) else { return nil }
            self = .linkRemoved(link)
        case RTM_NEWADDR:
            guard let address = InterfaceAddress(message) else { return nil }
            self = .addressAdded(address)
        case RTM_DELADDR:
            guard let address = InterfaceAddress(message) else { return nil }
            self = .addressRemoved(address)
        default:
            return nil
        }
    }
}
