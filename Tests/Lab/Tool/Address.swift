// IPv4 and Ethernet addresses as text and bytes, and the few frames the laboratory builds itself:
// RFC 5227 probes, gratuitous ARP, UDP in IPv4. Nothing here touches a socket.

/// An IPv4 address in host order.
struct IPv4: Hashable, CustomStringConvertible {
    let bits: UInt32

    init(bits: UInt32) { self.bits = bits }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt8($0) }
        guard parts.count == 4, numbers.count == 4 else { return nil }
        bits = numbers.reduce(0) { $0 << 8 | UInt32($1) }
    }

    var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) } }
    var description: String { bytes.map(String.init).joined(separator: ".") }
}

/// An Ethernet address, six bytes.
struct MAC: Hashable, CustomStringConvertible {
    let bytes: [UInt8]

    static let broadcast = MAC(bytes: [UInt8](repeating: 255, count: 6))
    /// Whom the prober claims to be when it asks "who has?": a host that does not exist, so that
    /// the answers teach the client's own kernel nothing.
    static let asker = MAC(bytes: [0x02, 0, 0, 0, 0x99, 0x99])

    var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}

func bigEndian16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

/// An ARP packet (RFC 826), as far as the laboratory cares.
struct ARP {
    var isReply: Bool
    var senderMAC: MAC
    var sender: IPv4
    var targetMAC: MAC
    var target: IPv4
    /// Where the frame goes; not part of the packet proper.
    var destination: MAC

    /// RFC 5227 probe: sender address zero, so that nobody learns anything from it.
    static func probe(for address: IPv4) -> ARP {
        ARP(
            isReply: false,
            senderMAC: .asker,
            sender: IPv4(bits: 0),
            targetMAC: MAC(bytes: [0, 0, 0, 0, 0, 0]),
            target: address,
            destination: .broadcast
        )
    }

    /// RFC 5227 announcement: "this address is mine now".
    static func announcement(of address: IPv4, by mac: MAC) -> ARP {
        ARP(
            isReply: false,
            senderMAC: mac,
            sender: address,
            targetMAC: .broadcast,
            target: address,
            destination: .broadcast
        )
    }

    var frame: [UInt8] { frame(from: senderMAC) }

    /// The frame as a host sends it whose own Ethernet address is not the one it speaks of.
    func frame(from source: MAC) -> [UInt8] {
        destination.bytes + source.bytes + [8, 6, 0, 1, 8, 0, 6, 4, 0, isReply ? 2 : 1]
            + senderMAC.bytes + sender.bytes + targetMAC.bytes + target.bytes
    }

    init?(frame: [UInt8]) {
        guard frame.count >= 42, frame[12] == 8, frame[13] == 6 else { return nil }
        func address(_ offset: Int) -> IPv4 {
            IPv4(bits: frame[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        isReply = frame[21] == 2
        senderMAC = MAC(bytes: Array(frame[22..<28]))
        sender = address(28)
        targetMAC = MAC(bytes: Array(frame[32..<38]))
        target = address(38)
        destination = MAC(bytes: Array(frame[0..<6]))
    }

    private init(
        isReply: Bool,
        senderMAC: MAC,
        sender: IPv4,
        targetMAC: MAC,
        target: IPv4,
        destination: MAC
    ) {
        self.isReply = isReply
        self.senderMAC = senderMAC
        self.sender = sender
        self.targetMAC = targetMAC
        self.target = target
        self.destination = destination
    }
}

/// A UDP datagram inside IPv4 inside Ethernet, taken apart far enough to change its payload.
struct UDPFrame {
    /// Ethernet header (14 bytes) and IPv4 header without options (20 bytes).
    let headers: [UInt8]
    let sourcePort: Int
    let destinationPort: Int
    let payload: [UInt8]

    var sourceMAC: MAC { MAC(bytes: Array(headers[6..<12])) }

    init?(frame: [UInt8]) {
        guard frame.count >= 42, frame[12] == 8, frame[13] == 0, frame[14] == 0x45, frame[23] == 17
        else { return nil }
        let length = Int(frame[38]) << 8 | Int(frame[39])
        guard length >= 8, frame.count >= 34 + length else { return nil }
        headers = Array(frame[0..<34])
        sourcePort = Int(frame[34]) << 8 | Int(frame[35])
        destinationPort = Int(frame[36]) << 8 | Int(frame[37])
        payload = Array(frame[42..<34 + length])
    }

    /// The same datagram with another payload: lengths and IP checksum made right, UDP checksum 0
    /// ("none"), so that the kernel delivers it and the receiver itself has to refuse it.
    func frame(withPayload payload: [UInt8]) -> [UInt8] {
        var bytes = headers
        bytes.replaceSubrange(16..<18, with: bigEndian16(28 + payload.count))
        bytes[24] = 0
        bytes[25] = 0
        var sum = stride(from: 14, to: 34, by: 2).reduce(0) { sum, offset in
            sum + (Int(bytes[offset]) << 8 | Int(bytes[offset + 1]))
        }
        while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
        bytes.replaceSubrange(24..<26, with: bigEndian16(~sum & 0xffff))
        bytes += bigEndian16(sourcePort) + bigEndian16(destinationPort)
        return bytes + bigEndian16(8 + payload.count) + [0, 0] + payload
    }
}
