// Whole Ethernet frames on one device (packet(7)): ARP, or neighbour discovery. The kernel filters,
// so that the loop wakes for nothing else. What a frame says is in ARPFrame and NeighbourFrame.

import CLinux

/// A packet socket of one device.
public final class PacketSocket {
    /// Which frames it receives.
    public enum Subject: Hashable, Sendable {
        /// ARP, requests and replies, whomever they are for.
        case arp
        /// IPv6 neighbour solicitations and advertisements.
        case neighbourDiscovery
    }

    /// The device as it was at opening; a device of the same name made later is another one.
    public let link: NetworkLink
    /// What it receives.
    public let subject: Subject
    /// The device's own Ethernet address.
    public let hardwareAddress: MACAddress

    /// Frames in a row that are none, after which it is somebody else's turn.
    static let skippedMaximum = 16

    private let socket: Descriptor

    /// Opens a socket on a device; takes CAP_NET_RAW.
    ///
    /// EADDRNOTAVAIL on a device without Ethernet address.
    public init(_ subject: Subject, on link: NetworkLink) throws(SystemError) {
        let object = "packet \(link.name)"
        guard let hardware = link.hardwareAddress else {
            throw SystemError(call: "socket", errno: .addressNotAvailable, object: object)
        }
        // Protocol 0: nothing is queued before filter and device are set.
        let opened = try openSocket(AF_PACKET, rawSocket, 0, isNonBlocking: true, object)
        let number = opened.number
        switch subject {
        case .arp:
            try checked("bind", object) { baton_packet_bind(number, 0x0806, link.index) }
        case .neighbourDiscovery:
            try checked("setsockopt", "SO_ATTACH_FILTER") { baton_attach_neighbour_filter(number) }
            var group = MACAddress.multicast(.allHosts).bytes
            try checked("setsockopt", "PACKET_ADD_MEMBERSHIP") {
                // Sound: the shim reads the six bytes there are.
                unsafe baton_packet_join(number, link.index, &group)
            }
            try checked("bind", object) { baton_packet_bind(number, 0x86dd, link.index) }
        }
        self.link = link
        self.subject = subject
        hardwareAddress = hardware
        socket = opened
    }

    /// For the poller.
    public var number: Int32 { socket.number }

    /// Sends one frame.
    ///
    /// ENETDOWN while the device is down, ENXIO or ENODEV when it is gone, EAGAIN or ENOBUFS when
    /// its queue is full. Cost: 3 µs.
    public func send(_ frame: [UInt8]) throws(SystemError) {
        let sent = try sendBytes(number, frame, "packet \(link.name)")
        guard sent != nil else {
            throw SystemError(call: "send", errno: .wouldBlock, object: "packet \(link.name)")
        }
    }

    /// The next frame heard, at most 1,514 bytes of it; nil when there is none.
    ///
    /// ENETDOWN comes once when the device goes down; the socket works again when it is up.
    /// Frames sent by this host are not among them.
    public func receive() throws(SystemError) -> [UInt8]? {
        try receiveBytes(number, maximum: 1514, "packet \(link.name)")
    }

    /// The next ARP message heard, skipping frames that are none; nil also where those do not end, and the poller
    /// then tells of the socket again.
    public func nextARP() throws(SystemError) -> ARPFrame? { try next { ARPFrame(bytes: $0) } }

    /// The next neighbour message heard, likewise.
    public func nextNeighbour() throws(SystemError) -> NeighbourFrame? {
        try next { NeighbourFrame(bytes: $0) }
    }

    private func next<Message>(
        _ read: ([UInt8]) -> Message?
    ) throws(SystemError) -> Message? {
        for _ in 0..<PacketSocket.skippedMaximum {
            guard let frame = try receive() else { return nil }
            if let message = read(frame) { return message }
        }
        return nil
    }
}

/// The frames that tell a device's network where an address is now.
public enum AddressAnnouncement {
    /// One round: for IPv4 both forms of gratuitous ARP, for IPv6 one unsolicited advertisement.
    ///
    /// How often a round is sent is the caller's.
    public static func frames(of address: IPAddress, at hardware: MACAddress) -> [[UInt8]] {
        switch address {
        case .v4(let address):
            [
                ARPFrame.announcement(of: address, at: hardware, as: .request).bytes,
                ARPFrame.announcement(of: address, at: hardware, as: .reply).bytes,
            ]
        case .v6(let address):
            [NeighbourFrame.announcement(of: address, at: hardware).bytes]
        }
    }
}

/// The frame that asks who has an address, without claiming anything.
public enum AddressProbe {
    /// ARP for IPv4, neighbour solicitation for IPv6 (from `source` where one is given).
    public static func frame(
        for address: IPAddress,
        from hardware: MACAddress,
        source: IPv6Address = .unspecified
    ) -> [UInt8] {
        switch address {
        case .v4(let address):
            ARPFrame.probe(for: address, from: hardware).bytes
        case .v6(let address):
            NeighbourFrame.probe(for: address, from: hardware, source: source).bytes
        }
    }
}
