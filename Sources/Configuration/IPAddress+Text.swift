// How the text of an IP address is read. No sockets, no resolution of names.

public import Failover

extension IPAddress {
    /// Reads a dotted quad or the IPv6 text of RFC 4291 section 2.2.
    ///
    /// A quad's parts are decimal, 0 to 255, without leading zeros beyond a single `0`: an octal
    /// reading by one program and a decimal one by another has cost people enough.
    public init?(_ text: some StringProtocol) {
        guard let bytes = IPAddress.quad(text) ?? IPAddress.hextets(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// Whether the address is IPv4.
    public var isIPv4: Bool { !isIPv6 }

    /// The number of bits: 32 or 128.
    public var bitCount: Int { isIPv6 ? 128 : 32 }

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
