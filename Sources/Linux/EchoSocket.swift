// ICMP echo requests to IPv4 or IPv6 hosts and their answers; their bytes are in EchoMessage.swift. When to
// ask again and when to give up is the caller's.

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

    /// Packets in a row that are none of ours, after which it is somebody else's turn.
    static let skippedMaximum = 16

    private let socket: Descriptor
    private let message: EchoMessage

    /// Opens the socket; EPERM or EACCES where neither kind is allowed.
    public init(isIPv6: Bool) throws(SystemError) {
        var isRaw = false
        let number = try checked("socket", "ICMP") {
            // Sound: the shim writes one Boolean on our stack.
            unsafe baton_echo_open(isIPv6 ? AF_INET6 : AF_INET, &isRaw)
        }
        socket = Descriptor(adopting: number)
        let cookie = try Machine.randomBytes(16)
        message = EchoMessage(
            isIPv6: isIPv6,
            isRaw: isRaw,
            identifier: UInt16(cookie[0]) << 8 | UInt16(cookie[1]),
            cookie: cookie
        )
    }

    /// For the poller: readable when something came.
    public var number: Int32 { socket.number }

    /// Sends one request; throws what this machine knows at once, as ENETUNREACH.
    ///
    /// A full queue is a lost packet like any other: nothing is thrown.
    public func ask(_ address: IPAddress, sequence: UInt16) throws(SystemError) {
        let number = number
        let target = address.bytes
        let message = message.request(sequence)
        _ = try attempted("sendto", "\(address)") {
            // Sound: counts are the arrays' own.
            unsafe baton_address_send(number, message, message.count, target, target.count)
        }
    }

    /// The next answer to a request of ours; nil when nothing is left, and also where the answers to others do not
    /// end: the poller then tells of the socket again.
    public func next() throws(SystemError) -> Answer? {
        let number = number
        for _ in 0..<EchoSocket.skippedMaximum {
            var bytes = [UInt8](repeating: 0, count: 512)
            var source = [UInt8](repeating: 0, count: 16)
            var length = 0
            let count = try attempted("recvfrom", "ICMP") {
                // Sound: the counts are the arrays' own, and an address has at most 16 bytes.
                unsafe baton_echo_receive(number, &bytes, bytes.count, &source, &length)
            }
            guard let count else { return nil }
            guard let sequence = message.sequence(answeredBy: Array(bytes.prefix(count))),
                let address = IPAddress(bytes: Array(source.prefix(length)))
            else { continue }
            return Answer(source: address, sequence: sequence)
        }
        return nil
    }
}
