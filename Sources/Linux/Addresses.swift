// Addresses of the network as values: IPv4, IPv6, Ethernet, and the names of devices. Text in and
// out; no lookup of any kind.

import CLinux

/// The name of a network device, such as `eth0`.
public struct DeviceName: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// 1...15 bytes without slash or space, as the kernel demands.
    public let rawValue: String

    /// Nil for what the kernel would not take as a name (`dev_valid_name`).
    public init?(rawValue: String) {
        let bytes = rawValue.utf8
        guard (1...15).contains(bytes.count), rawValue != ".", rawValue != ".." else { return nil }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x2f && $0 != 0x3a }) else { return nil }
        self.rawValue = rawValue
    }

    /// The name.
    public var description: String { rawValue }
}

/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number, first octet most significant.
    public let number: UInt32

    /// From the number, first octet most significant.
    public init(_ number: UInt32) { self.number = number }

    /// From four octets, first first.
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        number = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// From dotted text of exactly four decimal parts; nil for anything else.
    ///
    /// Leading zeros are refused: some programs read them as octal.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != 0x30
            else { return nil }
            let value = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard value <= 255 else { return nil }
            number = number << 8 | value
        }
        self.number = number
    }

    /// 0.0.0.0.
    public static let unspecified = IPv4Address(0)
    /// 255.255.255.255: everybody on the device.
    public static let limitedBroadcast = IPv4Address(.max)

    /// The four octets, first first.
    public var bytes: [UInt8] { bigBytes(number) }

    /// Dotted text.
    public var description: String { bytes.map(String.init).joined(separator: ".") }

    /// In order of the numbers.
    public static func < (left: IPv4Address, right: IPv4Address) -> Bool {
        left.number < right.number
    }
}

/// An IPv6 address, without zone.
public struct IPv6Address: Hashable, Sendable, CustomStringConvertible {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// From two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// From exactly 16 bytes in network order; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16, let high = bytes.span.big64(at: 0),
            let low = bytes.span.big64(at: 8)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// From text as inet_pton(3) reads it (RFC 4291 section 2.2); nil for anything else.
    public init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        // Sound: an IPv6 address fills exactly the 16 bytes there are.
        guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        self.init(bytes: bytes)
    }

    /// `::`.
    public static let unspecified = IPv6Address(high: 0, low: 0)
    /// `ff02::1`: all on the device.
    public static let allHosts = IPv6Address(high: 0xff02_0000_0000_0000, low: 1)

    /// The 16 bytes in network order.
    public var bytes: [UInt8] { bigBytes(high) + bigBytes(low) }

    /// Whether it is in fe80::/10, valid on one device only.
    public var isLinkLocal: Bool { high >> 54 == 0xfe80 >> 6 }

    /// In `ff02::1:ff00:0/104`, with its last 24 bits: where whoever has this address listens (RFC 4291 section 2.7.1).
    public var solicitedHosts: IPv6Address {
        IPv6Address(
            high: 0xff02_0000_0000_0000,
            low: 0x0000_0001_ff00_0000 | low & 0xff_ffff
        )
    }

    /// Text as RFC 5952 wants it: lower case, the longest run of zeros shortened.
    public var description: String {
        let words = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(16 * (3 - index % 4)))
        }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, words[end] == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start + 1)
        }
        let text = { (part: ArraySlice<UInt16>) in
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return text(words[...]) }
        return text(words[..<best.lowerBound]) + "::" + text(words[best.upperBound...])
    }
}

/// An address of either family.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// IPv4.
    case v4(IPv4Address)
    /// IPv6.
    case v6(IPv6Address)

    /// From text of either family.
    public init?(_ text: String) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// From 4 or 16 bytes in network order.
    public init?(bytes: [UInt8]) {
        if let number = bytes.span.big32(at: 0), bytes.count == 4 {
            self = .v4(IPv4Address(number))
        } else if let address = IPv6Address(bytes: bytes) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    /// AF_INET or AF_INET6.
    var family: UInt8 {
        switch self {
        case .v4: UInt8(AF_INET)
        case .v6: UInt8(AF_INET6)
        }
    }

    /// The text of the family.
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}

/// An Ethernet address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// The 48 bits, first byte most significant.
    public let number: UInt64

    /// From the lower 48 bits, first byte most significant.
    public init(_ number: UInt64) { self.number = number & 0xffff_ffff_ffff }

    /// From exactly six bytes, first first; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// ff:ff:ff:ff:ff:ff: everybody on the device.
    public static let broadcast = MACAddress(.max)
    /// All zero: not known.
    public static let zero = MACAddress(0)

    /// Where frames to an IPv6 multicast address go (RFC 2464 section 7).
    public static func multicast(_ address: IPv6Address) -> MACAddress {
        MACAddress(0x3333_0000_0000 | address.low & 0xffff_ffff)
    }

    /// The six bytes, first first.
    public var bytes: [UInt8] { Array(bigBytes(number).dropFirst(2)) }

    /// Six pairs of digits with colons, lower case.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
