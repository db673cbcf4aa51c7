// IPv6 neighbour discovery as bytes (RFC 4861 sections 4.3 and 4.4): a solicitation that asks who
// has an address, and the advertisement that answers or announces. No socket here; see
// PacketSocket.swift.
//
// | offset | size | field | |
// |-|-|-|-|
// | 0 | 14 | Ethernet | destination, source, 0x86dd |
// | 14 | 4 | version, class, flow | 0x60000000 |
// | 18 | 2 | payload length | from offset 54 |
// | 20 | 1 | next header | 58, ICMPv6 |
// | 21 | 1 | hop limit | 255, or it was forged from elsewhere |
// | 22 | 16 | source | |
// | 38 | 16 | destination | |
// | 54 | 1 + 1 | type, code | 135 or 136, 0 |
// | 56 | 2 | checksum | with the pseudo-header of RFC 8200 |
// | 58 | 4 | flags | router, solicited, override: the upper three bits |
// | 62 | 16 | target | |
// | 78 | 8 | option | type 1 or 2, length 1, Ethernet address; may be absent |

/// A neighbour solicitation or advertisement with its Ethernet and IPv6 headers.
public struct NeighbourFrame: Hashable, Sendable {
    /// What the message is.
    public enum Kind: Hashable, Sendable {
        /// Who has the target?
        case solicitation
        /// The target is at the given hardware address.
        case advertisement(isSolicited: Bool, isOverride: Bool)
    }

    /// Where the frame goes.
    public var destinationHardware: MACAddress
    /// Where the frame says it came from.
    public var sourceHardware: MACAddress
    /// The sender's address; `::` asks without claiming any.
    public var source: IPv6Address
    /// To whom.
    public var destination: IPv6Address
    /// Solicitation or advertisement.
    public var kind: Kind
    /// The address asked about or announced.
    public var target: IPv6Address
    /// The hardware address inside the message; nil when it has none.
    public var hardware: MACAddress?

    /// Asks who has an address.
    ///
    /// With a link-local `source` the answer comes to this host alone. With `::` it is the form of
    /// duplicate address detection (RFC 4862 section 5.4.2): nobody's cache changes, and the
    /// answer goes to all hosts, so the socket must have joined `ff02::1`.
    public static func probe(
        for target: IPv6Address,
        from hardware: MACAddress,
        source: IPv6Address = .unspecified
    ) -> NeighbourFrame {
        NeighbourFrame(
            destinationHardware: .multicast(target.solicitedHosts),
            sourceHardware: hardware,
            source: source,
            destination: target.solicitedHosts,
            kind: .solicitation,
            target: target,
            hardware: source == .unspecified ? nil : hardware
        )
    }

    /// Tells everybody that an address is at this hardware address (RFC 4861 section 7.2.6):
    /// unsolicited, overriding what caches hold.
    public static func announcement(
        of address: IPv6Address,
        at hardware: MACAddress
    ) -> NeighbourFrame {
        NeighbourFrame(
            destinationHardware: .multicast(.allHosts),
            sourceHardware: hardware,
            source: address,
            destination: .allHosts,
            kind: .advertisement(isSolicited: false, isOverride: true),
            target: address,
            hardware: hardware
        )
    }

    /// A frame of the given fields.
    public init(
        destinationHardware: MACAddress,
        sourceHardware: MACAddress,
        source: IPv6Address,
        destination: IPv6Address,
        kind: Kind,
        target: IPv6Address,
        hardware: MACAddress?
    ) {
        self.destinationHardware = destinationHardware
        self.sourceHardware = sourceHardware
        self.source = source
        self.destination = destination
        self.kind = kind
        self.target = target
        self.hardware = hardware
    }

    /// From a frame as received; nil unless it is a whole, valid solicitation or advertisement.
    ///
    /// Checked as RFC 4861 sections 7.1.1 and 7.1.2 ask: hop limit 255, checksum, code 0, no
    /// multicast target, options that fit.
    public init?(bytes: [UInt8]) {
        let frame = bytes.span
        guard frame.big16(at: 12) == 0x86dd, frame.byte(at: 14).map({ $0 >> 4 }) == 6,
            let length = frame.big16(at: 18).map(Int.init), length >= 24,
            frame.byte(at: 20) == 58, frame.byte(at: 21) == 255, frame.byte(at: 55) == 0,
            let destinationHardware = frame.bytes(at: 0, length: 6)
                .flatMap(MACAddress.init(bytes:)),
            let sourceHardware = frame.bytes(at: 6, length: 6).flatMap(MACAddress.init(bytes:)),
            let source = frame.bytes(at: 22, length: 16).flatMap(IPv6Address.init(bytes:)),
            let destination = frame.bytes(at: 38, length: 16).flatMap(IPv6Address.init(bytes:)),
            let message = frame.bytes(at: 54, length: length),
            NeighbourFrame.sum(source, destination, message) == 0xffff,
            let flags = frame.byte(at: 58),
            let target = frame.bytes(at: 62, length: 16).flatMap(IPv6Address.init(bytes:)),
            target.high >> 56 != 0xff,
            let options = NeighbourFrame.options(message)
        else { return nil }
        let kind: Kind
        let option: UInt8
        switch message[0] {
        case 135: (kind, option) = (.solicitation, 1)
        case 136:
            kind = .advertisement(isSolicited: flags & 0x40 != 0, isOverride: flags & 0x20 != 0)
            option = 2
        default: return nil
        }
        self.init(
            destinationHardware: destinationHardware,
            sourceHardware: sourceHardware,
            source: source,
            destination: destination,
            kind: kind,
            target: target,
            hardware: options.first { $0.type == option }?.hardware
        )
    }

    /// The 78 or 86 bytes to send.
    public var bytes: [UInt8] {
        let type: UInt8
        let flags: UInt8
        let option: UInt8
        switch kind {
        case .solicitation: (type, flags, option) = (135, 0, 1)
        case .advertisement(let isSolicited, let isOverride):
            flags = (isSolicited ? 0x40 : 0) | (isOverride ? 0x20 : 0)
            (type, option) = (136, 2)
        }
        var message: [UInt8] = [type, 0, 0, 0, flags, 0, 0, 0] + target.bytes
        if let hardware { message += [option, 1] + hardware.bytes }
        let checksum = bigBytes(~NeighbourFrame.sum(source, destination, message))
        message[2] = checksum[0]
        message[3] = checksum[1]
        return destinationHardware.bytes + sourceHardware.bytes + [0x86, 0xdd, 0x60, 0, 0, 0]
            + bigBytes(UInt16(message.count)) + [58, 255] + source.bytes + destination.bytes
            + message
    }

    /// The ones' complement sum of the pseudo-header and the message (RFC 8200 section 8.1);
    /// 0xffff over a message with a right checksum inside.
    private static func sum(
        _ source: IPv6Address,
        _ destination: IPv6Address,
        _ message: [UInt8]
    ) -> UInt16 {
        let pseudo = bigBytes(UInt32(message.count)) + [0, 0, 0, 58]
        let all = source.bytes + destination.bytes + pseudo + message
        var sum: UInt32 = 0
        for index in stride(from: 0, to: all.count, by: 2) {
            sum += UInt32(all[index]) << 8 | (index + 1 < all.count ? UInt32(all[index + 1]) : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return UInt16(sum)
    }

    /// The options behind the target; nil when a length is 0 or does not fit.
    private static func options(
        _ message: [UInt8]
    ) -> [(type: UInt8, hardware: MACAddress?)]? {
        var options: [(type: UInt8, hardware: MACAddress?)] = []
        var offset = 24
        let bytes = message.span
        while offset < bytes.count {
            guard let type = bytes.byte(at: offset),
                let length = bytes.byte(at: offset + 1).map({ 8 * Int($0) }), length > 0,
                let payload = bytes.bytes(at: offset + 2, length: length - 2)
            else { return nil }
            options.append((type, MACAddress(bytes: payload)))
            offset += length
        }
        return options
    }
}
