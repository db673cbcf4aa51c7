// What sock_diag(7) says of TCP connections, and the messages that ask for those of one address and end them. Pure: bytes
// in, values out. The sockets are in ConnectionCut.swift. Layouts and numbers: <linux/inet_diag.h>.
//
// | offset | size | request (inet_diag_req_v2) | answer (inet_diag_msg) |
// |-|-|-|-|
// | 0 | 1 | family | family |
// | 1 | 1 | protocol, 6 | state |
// | 2 | 2 | 0 | timer, tries |
// | 4 | 4 | states, a bit for each | — |
// | 8 / 4 | 48 | the connection | the connection |
// | 52 | 20 | — | times, queues, user, inode |
//
// A connection: ports (2, 2, network order), own address (16), other address (16), device (4), cookie (8).

import CLinux

/// One TCP connection as the kernel names it.
struct ConnectionIdentity: Hashable {
    static let length = 48
    private static let messageLength = 72

    /// AF_INET or AF_INET6; the latter also for IPv4 clients of a server that listens on both.
    var family: UInt8
    /// The 48 bytes that name it.
    var bytes: [UInt8]

    /// From an answer of a dump; nil for anything that is not one, whole.
    init?(_ message: NetlinkMessage) {
        let body = message.body.span
        guard message.type == ConnectionRequest.dumpType,
            body.count >= ConnectionIdentity.messageLength,
            let family = body.byte(at: 0),
            let bytes = body.bytes(at: 4, length: ConnectionIdentity.length)
        else { return nil }
        self.family = family
        self.bytes = bytes
    }

    init(family: UInt8, bytes: [UInt8]) {
        self.family = family
        self.bytes = bytes
    }

    /// Its own address; an IPv4 client's of an IPv6 socket is the IPv4 one (RFC 4291, 2.5.5.2); nil for no family known
    /// here.
    var address: IPAddress? {
        let own = Array(bytes[4..<20])
        switch Int32(family) {
        case AF_INET: return IPAddress(bytes: Array(own[..<4]))
        case AF_INET6:
            let isMapped = own[..<10].allSatisfy { $0 == 0 } && own[10] == 0xff && own[11] == 0xff
            return IPAddress(bytes: isMapped ? Array(own[12...]) : own)
        default: return nil
        }
    }

    /// Its own port.
    var port: UInt16 { bytes.span.big16(at: 0) ?? 0 }
}

/// The bodies of requests.
enum ConnectionRequest {
    /// SOCK_DIAG_BY_FAMILY.
    static let dumpType: UInt16 = 20
    /// SOCK_DESTROY (Linux 4.5).
    static let destroyType: UInt16 = 21
    /// Open, opening, and those whose server has ended its half: established 1, syn-sent 2, syn-received 3, fin-wait
    /// 4 and 5, close-wait 8.
    ///
    /// Listeners stay: they are their program's.
    static let states: UInt32 = [1, 2, 3, 4, 5, 8].reduce(0) { $0 | 1 << $1 }

    /// Asks for the connections of one family, those alone whose own address is this one where one is named.
    static func dump(family: UInt8, of address: IPAddress?) -> [UInt8] {
        head(family) + [UInt8](repeating: 0, count: ConnectionIdentity.length)
            + (address.map { NetlinkAttribute(type: 1, payload: condition($0)).bytes } ?? [])
    }

    /// Ends a connection.
    static func destroy(_ connection: ConnectionIdentity) -> [UInt8] {
        head(connection.family) + connection.bytes
    }

    private static func head(_ family: UInt8) -> [UInt8] {
        [family, 6, 0, 0] + nativeBytes(states)
    }

    /// The kernel's filter, one instruction: code 7 (own address), its length, where to go on when it does not hold,
    /// which is beyond the end; then family, prefix length, 2 bytes of padding, port -1 (any) and the address.
    private static func condition(_ address: IPAddress) -> [UInt8] {
        let bytes = address.bytes
        let length = UInt16(4 + 8 + bytes.count)
        return [7, UInt8(length)] + nativeBytes(length + 4)
            + [address.family, UInt8(8 * bytes.count), 0, 0] + nativeBytes(UInt32.max) + bytes
    }
}
