// An IP address as a value: its bytes, its text, and how text is read. No sockets, no resolution of
// names.

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
    /// Network order: 4 bytes for IPv4, 16 for IPv6.
    public let bytes: [UInt8]

    /// Makes an address from 4 or 16 bytes in network order, else nil.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads a dotted quad or the IPv6 text of RFC 4291 section 2.2.
    ///
    /// A quad's parts are decimal, 0 to 255, without leading zeros beyond a single `0`: an octal
    /// reading by one program and a decimal one by another has cost people enough.
    public init?(_ text: some StringProtocol) {
        if let bytes = IPAddress.quad(text) ?? IPAddress.hextets(text) {
            self.bytes = bytes
        } else {
            return nil
        }
    }

    /// Whether the address is IPv4.
    public var isIPv4: Bool { bytes.count == 4 }

    /// The number of bits: 32 or 128.
    public var bitCount: Int { bytes.count * 8 }

    private static func quad(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count),
                part.utf8.allSatisfy({ (48...57).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 48, let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func hextets(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= 45, text.utf8.contains(58) else { return nil }
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var hasGap = false
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var index = parts.startIndex
        while index < parts.endIndex {
            let part = parts[index]
            if part.isEmpty {
                // An empty part is `::`. At the ends the split yields a second empty part.
                let isFirst = index == parts.startIndex
                let isLast = index == parts.endIndex - 1
                if isFirst {
                    guard parts.count > 2, parts[index + 1].isEmpty else { return nil }
                    index += 1
                    if parts.count == 3, parts[index + 1].isEmpty { return bytes16([], []) }
                } else if isLast {
                    guard parts[index - 1].isEmpty else { return nil }
                    index += 1
                    continue
                }
                guard !hasGap else { return nil }
                hasGap = true
            } else {
                let isLast = index == parts.endIndex - 1
                let piece: [UInt8]
                if isLast, part.utf8.contains(46) {
                    guard let quad = quad(part) else { return nil }
                    piece = quad
                } else {
                    guard part.utf8.count <= 4, part.utf8.allSatisfy(isHexadecimal),
                        let value = UInt16(part, radix: 16)
                    else { return nil }
                    piece = [UInt8(value >> 8), UInt8(value & 0xff)]
                }
                if hasGap { tail += piece } else { head += piece }
            }
            index += 1
        }
        let count = head.count + tail.count
        guard hasGap ? count <= 14 : count == 16 else { return nil }
        return bytes16(head, tail)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    private static func bytes16(_ head: [UInt8], _ tail: [UInt8]) -> [UInt8] {
        head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }
}

extension IPAddress: CustomStringConvertible {
    /// A dotted quad, or the canonical IPv6 text of RFC 5952.
    public var description: String {
        guard !isIPv4 else { return bytes.map(String.init).joined(separator: ".") }
        let hextets = stride(from: 0, to: 16, by: 2).map { index in
            UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
        }
        // The longest run of zeros, the first of equals, two or more (RFC 5952 section 4.2).
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, hextets[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        let text = { (part: ArraySlice<UInt16>) in
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return text(hextets[...]) }
        return text(hextets[..<best.lowerBound]) + "::" + text(hextets[best.upperBound...])
    }
}
