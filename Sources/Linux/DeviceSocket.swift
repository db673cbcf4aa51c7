// UDP over one named device: what is sent leaves through it, what is received came in by it,
// whatever the routes say. A device that vanishes and comes back has a new number, to which the
// old socket is deaf; `reopenIfStale` mends that. Errors are values to be told, never an end.

import CLinux

/// A UDP socket of one family, device and port.
public final class DeviceSocket {
    /// The family of a socket's addresses; a socket of IPv6 takes no IPv4 (IPV6_V6ONLY).
    public enum Family: Hashable, Sendable {
        /// AF_INET.
        case v4
        /// AF_INET6.
        case v6
    }

    /// Whom a datagram is for.
    public enum Destination: Hashable, Sendable {
        /// Everybody on the device: its broadcast address when it had one at opening, else
        /// 255.255.255.255.
        ///
        /// It comes back to this host too. IPv4 only.
        case broadcast
        /// One host; a link-local IPv6 address is one of the device.
        case unicast(IPAddress)
        /// All that have joined a group.
        ///
        /// `hops` routers see it less one, 0 keeps it in this host; it comes back to this host where
        /// a socket has joined and `loops` says so.
        case multicast(IPAddress, hops: UInt8, loops: Bool)

        /// The family of socket it takes.
        public var family: Family {
            switch self {
            case .broadcast, .unicast(.v4), .multicast(.v4, _, _): .v4
            case .unicast(.v6), .multicast(.v6, _, _): .v6
            }
        }
    }

    /// A datagram that came.
    public struct Datagram: Equatable, Sendable {
        /// The content; cut when `isTruncated`.
        public let bytes: [UInt8]
        /// Who sent it, by its own word.
        public let source: IPAddress
        /// From which port.
        public let sourcePort: UInt16
        /// To which address it was sent; nil when the kernel did not tell.
        public let destination: IPAddress?
        /// The device it came in by; nil when the kernel did not tell.
        public let interfaceIndex: Int32?
        /// Whether it was longer than the bound given.
        public let isTruncated: Bool
    }

    /// What a datagram of ours came to, as an ICMP message or our own kernel tells.
    public struct Refusal: Equatable, Sendable {
        /// Whom ours was for.
        public let destination: IPAddress
        /// Who says so; nil when it is our own kernel.
        public let offender: IPAddress?
        /// ECONNREFUSED for a closed port, EHOSTUNREACH for an unanswered ARP or solicitation, and so on.
        public let errno: Errno
    }

    /// One thing read.
    public enum Arrival: Equatable, Sendable {
        /// A datagram.
        case datagram(Datagram)
        /// A refusal.
        ///
        /// Anybody can forge an ICMP message.
        case refused(Refusal)
    }

    /// The device.
    public let device: DeviceName
    /// The port it receives on and sends to.
    public let port: UInt16
    /// The family of its addresses.
    public let family: Family
    /// The multicast groups it joins on the device at each opening.
    ///
    /// Of other groups it hears nothing, also where another program has joined them.
    public let groups: [IPAddress]

    private var socket: Descriptor?
    private var openedIndex: Int32 = 0
    private var broadcast = IPv4Address.limitedBroadcast
    /// What the socket's options for multicast say; nil after opening.
    private var multicast: (hops: UInt8, loops: Bool)?

    /// Prepares a socket for a device, which need not exist yet: see `reopen`.
    ///
    /// The groups are of the family.
    public init(device: DeviceName, port: UInt16, family: Family = .v4, groups: [IPAddress] = []) {
        self.device = device
        self.port = port
        self.family = family
        self.groups = groups
    }

    /// For the poller; nil while it is not open.
    ///
    /// A new number may come with each reopening.
    public var number: Int32? {
        if let number = socket?.number { return number }
        return nil
    }

    /// Opens the socket anew; the old one is closed first.
    ///
    /// ENODEV when there is no such device, or no IPv6 on it.
    ///
    /// Takes CAP_NET_RAW only where the kernel is older than 5.7. Priority 6 (TC_PRIO_INTERACTIVE,
    /// the highest without CAP_NET_ADMIN) and TOS 0xc0 (CS6) keep beats ahead of bulk data.
    public func reopen() throws(SystemError) {
        socket = nil
        multicast = nil
        let interfaces = try Interfaces()
        guard let link = try interfaces.link(device) else {
            throw SystemError(call: "bind", errno: .noSuchDevice, object: device.rawValue)
        }
        let object = "udp \(device) port \(port)"
        let addresses = family == .v4 ? AF_INET : AF_INET6
        let opened = try openSocket(addresses, datagramSocket, 0, isNonBlocking: true, object)
        let number = opened.number
        try bindToDevice(number, device)
        try setOption(number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
        try setOption(number, SOL_SOCKET, SO_PRIORITY, 6, "SO_PRIORITY")
        for (option, value, name) in family.options {
            try setOption(number, family.level, option, value, name)
        }
        if family == .v4 { try setOption(number, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST") }
        let port = port
        let any = [UInt8](repeating: 0, count: family == .v4 ? 4 : 16)
        try checked("bind", object) {
            // Sound: the count is the array's.
            unsafe baton_address_bind(number, any, any.count, port)
        }
        for group in groups {
            let group = try ours(group, "setsockopt", object)
            let index = link.index
            try checked("setsockopt", "IP_ADD_MEMBERSHIP \(object)") {
                baton_join_group(number, group, index)
            }
        }
        openedIndex = link.index
        broadcast = try interfaces.broadcast(index: link.index) ?? .limitedBroadcast
        socket = consume opened
    }

    /// Reopens when the device is another one than at the last opening, or the socket is not open;
    /// whether it did.
    ///
    /// Worth calling at each change of devices.
    public func reopenIfStale() throws(SystemError) -> Bool {
        // Sound: the string lives through the call.
        let index = unsafe if_nametoindex(device.rawValue)
        if socket != nil, index == UInt32(bitPattern: openedIndex) { return false }
        try reopen()
        return true
    }

    /// Sends one datagram.
    ///
    /// Throws what the kernel says at once (ENETDOWN, ENETUNREACH, EMSGSIZE, EAGAIN when the queue
    /// is full, EADDRNOTAVAIL while the device's own IPv6 address is still tested), ENOTCONN while it
    /// is not open, and EAFNOSUPPORT for a destination of the other family.
    ///
    /// A refusal of an earlier datagram, which the kernel would report here, is left to `receive`.
    public func send(_ bytes: [UInt8], to destination: Destination) throws(SystemError) {
        let (number, object) = try opened("sendto")
        let address: IPAddress
        switch destination {
        case .broadcast: address = .v4(broadcast)
        case .unicast(let host): address = host
        case .multicast(let group, let hops, let loops):
            address = group
            try setMulticast(number, hops: hops, loops: loops)
        }
        let target = try ours(address, "sendto", object)
        let port = port
        // The kernel looks at it only for link-local addresses and groups.
        let scope = UInt32(bitPattern: openedIndex)
        let call = { () -> Int in
            // Sound: the pointer is used only inside, with the count that belongs to it.
            unsafe bytes.withUnsafeBytes {
                unsafe baton_send_datagram(number, $0.baseAddress, $0.count, target, port, scope)
            }
        }
        do {
            try checked("sendto", object, call)
        } catch {
            // A pending error of the socket is reported once and cleared by that; this datagram
            // has not been tried.
            guard DeviceSocket.isRefusal(error.errno) else { throw error }
            try checked("sendto", "\(address) \(object)", call)
        }
    }

    /// The next thing that came, nil when there is none.
    ///
    /// At most `maximum` bytes of a datagram.
    ///
    /// Read until nil; but bound the number per turn of the loop.
    public func receive(maximum: Int = 2048) throws(SystemError) -> Arrival? {
        let (number, object) = try opened("recvmsg")
        var bytes = [UInt8](repeating: 0, count: maximum)
        var info = baton_datagram()
        let receive = { () -> Int in
            // Sound: the count is the array's, the structure is on our stack.
            unsafe baton_receive_datagram(number, &bytes, maximum, &info)
        }
        var count: Int?
        do {
            count = try attempted("recvmsg", object, receive)
        } catch {
            guard DeviceSocket.isRefusal(error.errno) else { throw error }
            if let refusal = try nextRefusal(number) { return .refused(refusal) }
            count = try attempted("recvmsg", object, receive)
        }
        guard let count else { return try nextRefusal(number).map(Arrival.refused) }
        bytes.removeLast(maximum - count)
        return .datagram(
            Datagram(
                bytes: bytes,
                // The kernel always names the sender of a datagram.
                source: IPAddress(info.source) ?? unspecified,
                sourcePort: info.source_port,
                destination: IPAddress(info.destination),
                interfaceIndex: info.interface_index == 0 ? nil : info.interface_index,
                isTruncated: info.truncated
            )
        )
    }

    private func nextRefusal(_ number: Int32) throws(SystemError) -> Refusal? {
        var info = baton_datagram_error()
        let found = try checked("recvmsg", "error queue") {
            // Sound: the structure is on our stack.
            unsafe baton_receive_datagram_error(number, &info)
        }
        guard found == 1 else { return nil }
        return Refusal(
            destination: IPAddress(info.destination) ?? unspecified,
            offender: info.from_network ? IPAddress(info.offender) : nil,
            errno: Errno(rawValue: info.number)
        )
    }

    private var unspecified: IPAddress {
        family == .v4 ? .v4(.unspecified) : .v6(.unspecified)
    }

    /// The kernel's form of an address of this socket's family.
    private func ours(
        _ address: IPAddress,
        _ call: String,
        _ object: String
    ) throws(SystemError) -> baton_ip {
        switch (address, family) {
        case (.v4(let address), .v4):
            return baton_ip(high: 0, low: UInt64(address.number), family: AF_INET)
        case (.v6(let address), .v6):
            return baton_ip(high: address.high, low: address.low, family: AF_INET6)
        default:
            throw SystemError(
                call: call,
                errno: Errno(rawValue: EAFNOSUPPORT),
                object: "\(address) \(object)"
            )
        }
    }

    /// Sets the options that the next datagram for a group leaves with, where they are others.
    ///
    /// They are the socket's, not the datagram's, and links may share a socket.
    private func setMulticast(_ number: Int32, hops: UInt8, loops: Bool) throws(SystemError) {
        if let multicast, multicast == (hops, loops) { return }
        let level = family.level
        let isV4 = family == .v4
        multicast = nil
        try setOption(
            number,
            level,
            isV4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS,
            Int32(hops),
            "IP_MULTICAST_TTL"
        )
        try setOption(
            number,
            level,
            isV4 ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP,
            loops ? 1 : 0,
            "IP_MULTICAST_LOOP"
        )
        multicast = (hops, loops)
    }

    private func opened(_ call: String) throws(SystemError) -> (number: Int32, object: String) {
        let object = "udp \(device) port \(port)"
        guard let number else {
            throw SystemError(call: call, errno: .notConnected, object: object)
        }
        return (number, object)
    }

    /// Errors that come from an earlier datagram by ICMP.
    private static func isRefusal(_ errno: Errno) -> Bool {
        errno == .connectionRefused || errno == .hostUnreachable || errno == .networkUnreachable
            || errno == .accessDenied || errno.rawValue == EPROTO || errno.rawValue == ENOPROTOOPT
            || errno.rawValue == EHOSTDOWN
    }
}

extension DeviceSocket.Family {
    /// The level of its options.
    fileprivate var level: Int32 { self == .v4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6) }

    /// What each of its sockets has: class CS6, where a datagram came in, errors, own groups only.
    fileprivate var options: [(option: Int32, value: Int32, name: String)] {
        switch self {
        case .v4:
            [
                (IP_TOS, 0xc0, "IP_TOS"), (IP_PKTINFO, 1, "IP_PKTINFO"),
                (IP_RECVERR, 1, "IP_RECVERR"), (IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL"),
            ]
        case .v6:
            [
                (IPV6_V6ONLY, 1, "IPV6_V6ONLY"), (IPV6_TCLASS, 0xc0, "IPV6_TCLASS"),
                (IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO"), (IPV6_RECVERR, 1, "IPV6_RECVERR"),
                (IPV6_MULTICAST_ALL, 0, "IPV6_MULTICAST_ALL"),
            ]
        }
    }
}

extension IPAddress {
    /// The address the kernel told; nil when it told none.
    fileprivate init?(_ address: baton_ip) {
        switch address.family {
        case AF_INET: self = .v4(IPv4Address(UInt32(truncatingIfNeeded: address.low)))
        case AF_INET6: self = .v6(IPv6Address(high: address.high, low: address.low))
        default: return nil
        }
    }
}
