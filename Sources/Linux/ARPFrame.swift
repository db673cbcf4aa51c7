// ARP over Ethernet as bytes (RFC 826): the questions and announcements of RFC 5227, and what is
// heard. No socket here; see PacketSocket.swift.
//
// | offset | size | field | |
// |-|-|-|-|
// | 0 | 6 | destination | Ethernet |
// | 6 | 6 | source | Ethernet |
// | 12 | 2 | type | 0x0806 |
// | 14 | 2 | hardware | 1, Ethernet |
// | 16 | 2 | protocol | 0x0800, IPv4 |
// | 18 | 1 + 1 | lengths | 6, 4 |
// | 20 | 2 | operation | 1 request, 2 reply |
// | 22 | 6 | sender's Ethernet address | |
// | 28 | 4 | sender's IPv4 address | |
// | 32 | 6 | target's Ethernet address | |
// | 38 | 4 | target's IPv4 address | |
//
// All numbers are in network order; Ethernet pads the 42 bytes.

/// One ARP message with its Ethernet header.
public struct ARPFrame: Hashable, Sendable {
    /// What the message is.
    public enum Operation: UInt16, Hashable, Sendable {
        /// Who has the target address?
        case request = 1
        /// The sender has the sender address.
        case reply = 2
    }

    /// Bytes of a frame.
    public static let length = 42

    /// Where the frame goes.
    public var destination: MACAddress
    /// Where the frame says it came from.
    public var source: MACAddress
    /// Request or reply.
    public var operation: Operation
    /// Who speaks; in a well-formed frame the same as `source`.
    public var senderHardware: MACAddress
    /// The speaker's address; 0.0.0.0 in a probe.
    public var sender: IPv4Address
    /// Whose hardware address is asked for, or who asked.
    public var targetHardware: MACAddress
    /// The address asked about, or of who asked.
    public var target: IPv4Address

    /// Asks who has an address without claiming one (RFC 5227 section 2.1.1).
    ///
    /// The sender address is 0.0.0.0, so that nobody's cache changes.
    public static func probe(for target: IPv4Address, from hardware: MACAddress) -> ARPFrame {
        ARPFrame(
            destination: .broadcast,
            source: hardware,
            operation: .request,
            senderHardware: hardware,
            sender: .unspecified,
            targetHardware: .zero,
            target: target
        )
    }

    /// Tells everybody that an address is at this hardware address (RFC 5227 section 2.3), in the
    /// request form that the RFC asks for or in the reply form that some caches need.
    public static func announcement(
        of address: IPv4Address,
        at hardware: MACAddress,
        as operation: Operation
    ) -> ARPFrame {
        ARPFrame(
            destination: .broadcast,
            source: hardware,
            operation: operation,
            senderHardware: hardware,
            sender: address,
            // RFC 5227 leaves the field of a request open; iputils' arping sends the same.
            targetHardware: operation == .request ? .broadcast : hardware,
            target: address
        )
    }

    /// A frame of the given fields.
    public init(
        destination: MACAddress,
        source: MACAddress,
        operation: Operation,
        senderHardware: MACAddress,
        sender: IPv4Address,
        targetHardware: MACAddress,
        target: IPv4Address
    ) {
        self.destination = destination
        self.source = source
        self.operation = operation
        self.senderHardware = senderHardware
        self.sender = sender
        self.targetHardware = targetHardware
        self.target = target
    }

    /// From a frame as received; nil unless it is a whole ARP request or reply of IPv4 over
    /// Ethernet.
    ///
    /// Padding behind it is ignored.
    public init?(bytes: [UInt8]) {
        let frame = bytes.span
        guard frame.count >= ARPFrame.length,
            frame.big16(at: 12) == 0x0806,
            frame.big16(at: 14) == 1,
            frame.big16(at: 16) == 0x0800,
            frame.big16(at: 18) == 0x0604,
            let operation = frame.big16(at: 20).flatMap(Operation.init(rawValue:)),
            let destination = frame.bytes(at: 0, length: 6).flatMap(MACAddress.init(bytes:)),
            let source = frame.bytes(at: 6, length: 6).flatMap(MACAddress.init(bytes:)),
            let senderHardware = frame.bytes(at: 22, length: 6).flatMap(MACAddress.init(bytes:)),
            let sender = frame.big32(at: 28),
            let targetHardware = frame.bytes(at: 32, length: 6).flatMap(MACAddress.init(bytes:)),
            let target = frame.big32(at: 38)
        else { return nil }
        self.init(
            destination: destination,
            source: source,
            operation: operation,
            senderHardware: senderHardware,
            sender: IPv4Address(sender),
            targetHardware: targetHardware,
            target: IPv4Address(target)
        )
    }

    /// The 42 bytes to send.
    public var bytes: [UInt8] {
        destination.bytes + source.bytes + [0x08, 0x06, 0, 1, 0x08, 0, 6, 4]
            + bigBytes(operation.rawValue) + senderHardware.bytes + sender.bytes
            + targetHardware.bytes + target.bytes
    }
}
