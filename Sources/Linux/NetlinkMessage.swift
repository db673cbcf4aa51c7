// The layout that all netlink messages share (netlink(7)), built and taken apart as bytes. What
// links, addresses and routes put inside is in RouteMessages.swift; no socket is touched here.
//
// | offset | size | field | |
// |-|-|-|-|
// | 0 | 4 | length | of the whole message |
// | 4 | 2 | type | |
// | 6 | 2 | flags | |
// | 8 | 4 | sequence | of the request it answers |
// | 12 | 4 | port | of the receiver |
// | 16 | … | body | fixed part of the type, then attributes, each aligned to 4 |
//
// All numbers are in the machine's order. An attribute is length (2, its header included), type
// (2) and payload.

import CLinux

/// One netlink message.
struct NetlinkMessage: Equatable {
    static let headerLength = 16

    var type: UInt16
    var flags: UInt16
    var sequence: UInt32
    var body: [UInt8]

    /// The message as bytes, padded to 4.
    var bytes: [UInt8] {
        let length = UInt32(NetlinkMessage.headerLength + body.count)
        return padded(
            nativeBytes(length) + nativeBytes(type) + nativeBytes(flags) + nativeBytes(sequence)
                + nativeBytes(UInt32(0)) + body
        )
    }

    /// All whole messages of one datagram; nil when a length does not fit what is there.
    static func parse(_ bytes: Span<UInt8>) -> [NetlinkMessage]? {
        var messages: [NetlinkMessage] = []
        var offset = 0
        while offset < bytes.count {
            guard let length = bytes.native32(at: offset).map(Int.init), length >= headerLength,
                let type = bytes.native16(at: offset + 4),
                let flags = bytes.native16(at: offset + 6),
                let sequence = bytes.native32(at: offset + 8),
                let body = bytes.bytes(
                    at: offset + headerLength,
                    length: length - headerLength
                )
            else { return nil }
            messages.append(
                NetlinkMessage(type: type, flags: flags, sequence: sequence, body: body)
            )
            offset += aligned(length)
        }
        return messages
    }

    /// The answer's errno in an NLMSG_ERROR, 0 for an acknowledgement; nil for other messages.
    var acknowledgement: Int32? {
        guard type == UInt16(NLMSG_ERROR) else { return nil }
        return body.span.native32(at: 0).map { 0 &- Int32(bitPattern: $0) }
    }
}

/// One attribute of a netlink message.
struct NetlinkAttribute: Equatable {
    var type: UInt16
    var payload: [UInt8]

    /// The attribute as bytes, padded to 4.
    var bytes: [UInt8] {
        padded(nativeBytes(UInt16(4 + payload.count)) + nativeBytes(type) + payload)
    }

    /// The attributes from an offset to the end; nil when a length does not fit.
    static func parse(_ bytes: Span<UInt8>, from start: Int) -> [NetlinkAttribute]? {
        var attributes: [NetlinkAttribute] = []
        var offset = start
        while offset < bytes.count {
            guard let length = bytes.native16(at: offset).map(Int.init), length >= 4,
                let type = bytes.native16(at: offset + 2),
                let payload = bytes.bytes(at: offset + 4, length: length - 4)
            else { return nil }
            // The two upper bits say "nested" and "network order"; they are not of the type.
            attributes.append(NetlinkAttribute(type: type & 0x3fff, payload: payload))
            offset += aligned(length)
        }
        return attributes
    }
}

extension [NetlinkAttribute] {
    /// The payload of the first attribute of a type.
    func payload(_ type: some BinaryInteger) -> [UInt8]? {
        first { $0.type == UInt16(type) }?.payload
    }

    /// A 32-bit payload.
    func number(_ type: some BinaryInteger) -> UInt32? {
        payload(type).flatMap { $0.span.native32(at: 0) }
    }

    /// A text payload, without the NUL at its end.
    func text(_ type: some BinaryInteger) -> String? {
        payload(type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

private func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: aligned(bytes.count) - bytes.count)
}
