// The names and numbers by which the core tells things apart. Each is a type of its own, so that a
// group is never taken for a node nor a link for a device.

/// A node as `ha.cf` names it (`node l0 l1`), lower case, at most 100 bytes.
public struct NodeName: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The name's text.
    public var text: String
    /// Names the node `text`.
    public init(_ text: String) { self.text = text }
    /// The name's text.
    public var description: String { text }
}

/// A resource group's name: the bare address when its first resource is one, else `type::args`.
public struct GroupName: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The name's text.
    public var text: String
    /// Names the group `text`.
    public init(_ text: String) { self.text = text }
    /// The name's text.
    public var description: String { text }

    /// The 64-bit FNV-1a digest of the name, by which beats speak of the group.
    public var identity: GroupIdentity { GroupIdentity(value: fnv1a(text)) }
}

/// What beats call a group: FNV-1a (64 bit) over the UTF-8 bytes of its name.
public struct GroupIdentity: Hashable, Sendable, Codable {
    /// The digest.
    public var value: UInt64
    /// Wraps a digest read from a beat or a record.
    public init(value: UInt64) { self.value = value }
}

/// FNV-1a, 64 bit, over the UTF-8 bytes of `text`: a name for equal texts, no protection.
public func fnv1a(_ text: String) -> UInt64 {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 {
        digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    return digest
}

/// Which of the two nodes: the one that runs this core, or the other.
public enum Side: UInt8, Sendable, Codable {
    /// This node.
    case own
    /// The other node.
    case peer

    /// The other one.
    public var other: Side { self == .own ? .peer : .own }
}

/// The place of a heartbeat path: those of ha.cf in its order, then those that were learnt.
public struct LinkIndex: Hashable, Sendable, Codable {
    /// 0 for the first `bcast`/`ucast` of ha.cf; `Settings.links.count` for the first learnt path.
    public var value: Int
    /// The link at `value`.
    public init(_ value: Int) { self.value = value }

    /// How many links ha.cf may name: with the learnt ones they fit the 32 ordinals of a datagram.
    public static let configuredMaximum = 24
    /// How many paths are learnt at most.
    public static let learntMaximum = 8
}

/// One run of a resource operation; never used twice in one incarnation.
public struct OperationID: Hashable, Comparable, Sendable, Codable {
    /// Counts from 1 in each incarnation.
    public var value: UInt64
    /// Wraps a number.
    public init(_ value: UInt64) { self.value = value }
    /// The earlier operation first.
    public static func < (left: OperationID, right: OperationID) -> Bool {
        left.value < right.value
    }
}

/// One write of the durable record; counts from 1 in each incarnation.
public struct PersistID: Hashable, Comparable, Sendable {
    /// Counts from 1.
    public var value: UInt64
    /// Wraps a number.
    public init(_ value: UInt64) { self.value = value }
    /// The earlier write first.
    public static func < (left: PersistID, right: PersistID) -> Bool { left.value < right.value }
}

/// One administrative command in progress; chosen by the daemon, returned with the reply.
public struct CommandID: Hashable, Sendable {
    /// Never used twice in one incarnation.
    public var value: UInt64
    /// Wraps a number.
    public init(_ value: UInt64) { self.value = value }
}

/// The kernel's boot id (`/proc/sys/kernel/random/boot_id`): 16 bytes, new at each boot.
public struct BootID: Hashable, Sendable, Codable {
    /// Bytes 0–7, most significant first.
    public var high: UInt64
    /// Bytes 8–15, most significant first.
    public var low: UInt64
    /// Makes an id of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// One run of a daemon (S6): a durable counter, and a nonce that no replay can guess.
public struct Incarnation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Grows by one at each start of the daemon, durably.
    public var counter: UInt64
    /// Random, never 0.
    public var nonce: UInt64
    /// Makes an incarnation of its parts.
    public init(counter: UInt64, nonce: UInt64) {
        self.counter = counter
        self.nonce = nonce
    }
    /// `counter.nonce`, the nonce in hexadecimal.
    public var description: String { "\(counter).\(String(nonce, radix: 16))" }
}

/// An IPv4 or IPv6 address as a value.
public struct IPAddress: Hashable, Sendable, Codable {
    /// Whether the address is IPv6; IPv4 addresses live in the last four bytes.
    public var isIPv6: Bool
    /// Bytes 0–7 of an IPv6 address, most significant first; 0 for IPv4.
    public var high: UInt64
    /// Bytes 8–15 of an IPv6 address, or the four bytes of an IPv4 address.
    public var low: UInt64

    /// Makes the IPv4 address of four bytes in network order.
    public init(ipv4 bytes: (UInt8, UInt8, UInt8, UInt8)) {
        isIPv6 = false
        high = 0
        low =
            UInt64(bytes.0) << 24 | UInt64(bytes.1) << 16 | UInt64(bytes.2) << 8 | UInt64(bytes.3)
    }

    /// Makes an IPv6 address of its two halves.
    public init(ipv6High high: UInt64, low: UInt64) {
        isIPv6 = true
        self.high = high
        self.low = low
    }

    /// The address in network order: 4 bytes for IPv4, 16 for IPv6.
    public var bytes: [UInt8] {
        if !isIPv6 { return (0..<4).map { UInt8(truncatingIfNeeded: low >> UInt64(24 - 8 * $0)) } }
        return (0..<16).map { index in
            let half = index < 8 ? high : low
            return UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (index % 8)))
        }
    }

    /// Makes an address of 4 or 16 bytes in network order; `nil` for another count.
    public init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4:
            self.init(ipv4: (bytes[0], bytes[1], bytes[2], bytes[3]))
        case 16:
            func half(_ part: ArraySlice<UInt8>) -> UInt64 {
                part.reduce(0) { $0 << 8 | UInt64($1) }
            }
            self.init(ipv6High: half(bytes[..<8]), low: half(bytes[8...]))
        default:
            return nil
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted quad, or RFC 5952 text of an IPv6 address.
    public var description: String {
        let bytes = bytes
        if !isIPv6 { return bytes.map(String.init).joined(separator: ".") }
        let words = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            guard words[start] == 0 else {
                start += 1
                continue
            }
            var end = start
            while end < 8, words[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = end
        }
        func join(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return join(words[...]) }
        return join(words[..<best.lowerBound]) + "::" + join(words[best.upperBound...])
    }
}

/// An Ethernet address in the low 48 bits.
public struct MACAddress: Hashable, Sendable, Codable, CustomStringConvertible {
    /// First byte of the address in bits 40–47.
    public var value: UInt64
    /// Wraps 48 bits.
    public init(_ value: UInt64) { self.value = value }
    /// `02:00:00:00:00:01`.
    public var description: String {
        (0..<6).map { index in
            let byte = UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * index))
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined(separator: ":")
    }
}
