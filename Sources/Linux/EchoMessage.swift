// ICMP echo as bytes (RFC 792, RFC 4443): the request, and what in an answer shows that it is ours. No socket
// here; see EchoSocket.swift.
//
// | offset | size | field | |
// |-|-|-|-|
// | 0 | 1 | type | 8 request, 0 answer; ICMPv6 128, 129 |
// | 1 | 1 | code | 0 |
// | 2 | 2 | checksum | that of ICMPv6 is always the kernel's |
// | 4 | 2 | identifier | a ping socket has its own |
// | 6 | 2 | sequence | |
// | 8 | 16 | cookie | ours, of each socket |

/// What tells the answers to one socket's requests from those of other programs: every raw socket hears all.
struct EchoMessage {
    let isIPv6: Bool
    let isRaw: Bool
    let identifier: UInt16
    let cookie: [UInt8]

    /// A request's bytes.
    func request(_ sequence: UInt16) -> [UInt8] {
        let head: [UInt8] = [isIPv6 ? 128 : 8, 0]
        let rest = bigBytes(identifier) + bigBytes(sequence) + cookie
        return head + bigBytes(isIPv6 ? 0 : EchoMessage.checksum(head + [0, 0] + rest)) + rest
    }

    /// The sequence of the request that these bytes answer, as the socket gave them; nil when they answer none.
    func sequence(answeredBy packet: [UInt8]) -> UInt16? {
        // A raw IPv4 socket gives the IP header too; its length is in words of four bytes.
        let hasHeader = isRaw && !isIPv6
        let start = hasHeader ? packet.first.map { Int($0 & 15) * 4 } ?? 0 : 0
        let bytes = packet.span
        guard bytes.byte(at: start) == (isIPv6 ? 129 : 0),
            !isRaw || bytes.big16(at: start + 4) == identifier,
            bytes.bytes(at: start + 8, length: cookie.count) == cookie
        else { return nil }
        return bytes.big16(at: start + 6)
    }

    /// The checksum of RFC 1071, of an even count of bytes.
    static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
        }
        while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
        return ~UInt16(sum)
    }
}
