// UDP over one named device: what is sent leaves through it, what is received came in by it,
// whatever the routes say. A device that vanishes and comes back has a new number, to which the
// old socket is deaf; `reopenIfStale` mends that. Errors are values to be told, never an end.

import CLinux

/// An IPv4 UDP socket of one device and port.
public final class DeviceSocket {
    /// Whom a datagram is for.
    public enum Destination: Hashable, Sendable {
        /// Everybody on the device: its broadcast address when it had one at opening, else
        /// 255.255.255.255.
        ///
        /// It comes back to this host too.
        case broadcast
        /// One host.
        case unicast(IPv4Address)
    }

    /// A datagram that came.
    public struct Datagram: Equatable, Sendable {
        /// The content; cut when `isTruncated`.
        public let bytes: [UInt8]
        /// Who sent it, by its own word.
        public let source: IPv4Address
        /// From which port.
        public let sourcePort: UInt16
        /// To which address it was sent; nil when the kernel did not tell.
        public let destination: IPv4Address?
        /// The device it came in by; nil when the kernel did not tell.
        public let interfaceIndex: Int32?
        /// Whether it was longer than the bound given.
        public let isTruncated: Bool
    }

    /// What a datagram of ours came to, as an ICMP message or our own kernel tells.
    public struct Refusal: Equatable, Sendable {
        /// Whom ours was for.
        public let destination: IPv4Address
        /// Who says so; nil when it is our own kernel.
        public let offender: IPv4Address?
        /// ECONNREFUSED for a closed port, EHOSTUNREACH for an unanswered ARP, and so on.
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

    private var socket: Descriptor?
    private var openedIndex: Int32 = 0
    private var broadcast = IPv4Address.limitedBroadcast

    /// Prepares a socket for a device, which need not exist yet: see `reopen`.
    public init(device: DeviceName, port: UInt16) {
        self.device = device
        self.port = port
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
    /// ENODEV when there is no such device.
    ///
    /// Takes CAP_NET_RAW only where the kernel is older than 5.7. Priority 6 (TC_PRIO_INTERACTIVE,
    /// the highest without CAP_NET_ADMIN) and TOS 0xc0 (CS6) keep beats ahead of bulk data.
    public func reopen() throws(SystemError) {
        socket = nil
        let interfaces = try Interfaces()
        guard let link = try interfaces.link(device) else {
            throw SystemError(call: "bind", errno: .noSuchDevice, object: device.rawValue)
        }
        let object = "udp \(device) port \(port)"
        let opened = try openSocket(AF_INET, datagramSocket, 0, isNonBlocking: true, object)
        let number = opened.number
        try bindToDevice(number, device)
        try setOption(number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
        try setOption(number, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST")
        try setOption(number, SOL_SOCKET, SO_PRIORITY, 6, "SO_PRIORITY")
        try setOption(number, Int32(IPPROTO_IP), IP_TOS, 0xc0, "IP_TOS")
        try setOption(number, Int32(IPPROTO_IP), IP_PKTINFO, 1, "IP_PKTINFO")
        try setOption(number, Int32(IPPROTO_IP), IP_RECVERR, 1, "IP_RECVERR")
        let port = port
        try checked("bind", object) { baton_ipv4_bind(number, 0, port) }
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
    /// is full) and ENOTCONN while it is not open.
    ///
    /// A refusal of an earlier datagram, which the kernel would report here, is left to `receive`.
    public func send(_ bytes: [UInt8], to destination: Destination) throws(SystemError) {
        let (number, object) = try opened("sendto")
        let address =
            switch destination {
            case .broadcast: broadcast
            case .unicast(let address): address
            }
        let port = port
        let call = { () -> Int in
            // Sound: the pointer is used only inside, with the count that belongs to it.
            unsafe bytes.withUnsafeBytes {
                unsafe baton_ipv4_send(number, $0.baseAddress, $0.count, address.number, port)
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
                source: IPv4Address(info.source),
                sourcePort: info.source_port,
                destination: info.destination == 0 ? nil : IPv4Address(info.destination),
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
            destination: IPv4Address(info.destination),
            offender: info.from_network ? IPv4Address(info.offender) : nil,
            errno: Errno(rawValue: info.number)
        )
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
        errno == .connectionRefused || errno == .hostUnreachable
            || errno.rawValue == EPROTO || errno.rawValue == ENOPROTOOPT
            || errno.rawValue == EHOSTDOWN
    }
}
