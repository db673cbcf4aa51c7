// ICMP echo requests to IPv4 or IPv6 hosts and their answers. When to ask again and when to give up is
// the caller's.

import CLinux

/// Asks hosts of one family for an echo.
///
/// A raw socket, which takes CAP_NET_RAW; else a ping socket (net.ipv4.ping_group_range).
public final class EchoSocket {
    /// An answer that fits what was asked.
    public struct Answer: Hashable, Sendable {
        /// Who answered.
        public let source: IPAddress
        /// The number that the request had.
        public let sequence: UInt16
    }

    private let socket: Descriptor
    private let isIPv6: Bool
    private let isRaw: Bool
    /// Tells our answers from those of other programs: every raw socket hears all.
    private let identifier: UInt16
    private let cookie: [UInt8]

    /// Opens the socket; EPERM or EACCES where neither kind is allowed.
    public init(isIPv6: Bool) throws(SystemError) {
        var isRaw = false
        let number = try checked("socket", "ICMP") {
            // Sound: the shim writes one Boolean on our stack.
            unsafe baton_echo_open(isIPv6 ? AF_INET6 : AF_INET, &isRaw)
        }
        socket = Descriptor(adopting: number)
        self.isIPv6 = isIPv6
        self.isRaw = isRaw
        cookie = try Machine.randomBytes(16)
        identifier = UInt16(cookie[0]) << 8 | UInt16(cookie[1])
    }

    /// For the poller: readable when something came.
    public var number: Int32 { socket.number }

    /// Sends one request; throws what this machine knows at once, as ENETUNREACH.
    ///
    /// A full queue is a lost packet like any other: nothing is thrown.
    public func ask(_ address: IPAddress, sequence: UInt16) throws(SystemError) {
        let number = number
        let target = address.bytes
        let message = request(sequence)
        _ = try attempted("sendto", "\(address)") {
            // Sound: counts are the arrays' own.
            unsafe baton_address_send(number, message, message.count, target, target.count)
        }
    }

    /// The next answer to a request of ours; nil when nothing is left.
    public func next() throws(SystemError) -> Answer? {
        let number = number
        while true {
            var bytes = [UInt8](repeating: 0, count: 512)
            var source = [UInt8](repeating: 0, count: 16)
            var length = 0
            let count = try attempted("recvfrom", "ICMP") {
                // Sound: the counts are the arrays' own, and an address has at most 16 bytes.
                unsafe baton_echo_receive(number, isRaw, &bytes, bytes.count, &source, &length)
            }
            guard let count else { return nil }
            guard let sequence = sequence(inAnswer: Array(bytes.prefix(count))),
                let address = IPAddress(bytes: Array(source.prefix(length)))
            else { continue }
            return Answer(source: address, sequence: sequence)
        }
    }

    /// Type, code, checksum, identifier, sequence (RFC 792, RFC 4443), then our cookie.
    ///
    /// A ping socket sets the identifier itself; the checksum of ICMPv6 is always the kernel's.
    private func request(_ sequence: UInt16) -> [UInt8] {
        let head: [UInt8] = [isIPv6 ? 128 : 8, 0]
        let rest = bigBytes(identifier) + bigBytes(sequence) + cookie
        return head + bigBytes(isIPv6 ? 0 : EchoSocket.checksum(head + [0, 0] + rest)) + rest
    }

    private func sequence(inAnswer bytes: [UInt8]) -> UInt16? {
        guard bytes.span.byte(at: 0) == (isIPv6 ? 129 : 0),
            !isRaw || bytes.span.big16(at: 4) == identifier,
            bytes.span.bytes(at: 8, length: cookie.count) == cookie
        else { return nil }
        return bytes.span.big16(at: 6)
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
