// How the daemon's own processes put values into one datagram of a socket pair and take them out.
// Both ends are installed together, so there is no version; lengths are checked all the same,
// because a killed helper's half is never trusted more than a stranger's.

/// Puts values one after another: numbers as 8 bytes, most significant first; bytes behind their
/// count.
public struct MessageWriter {
    /// What was put so far.
    public private(set) var bytes: [UInt8] = []

    /// A writer of nothing yet.
    public init() {}

    /// Puts a number.
    public mutating func put(_ number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    /// Puts a number.
    public mutating func put(_ number: Int64) { put(UInt64(bitPattern: number)) }

    /// Puts bytes behind their count.
    public mutating func put(_ value: [UInt8]) {
        put(UInt64(value.count))
        bytes += value
    }

    /// Puts a text's UTF-8 behind its count.
    public mutating func put(_ text: String) { put(Array(text.utf8)) }

    /// Puts texts behind their number.
    public mutating func put(_ texts: [String]) {
        put(UInt64(texts.count))
        for text in texts { put(text) }
    }
}

/// Takes values out in the order they were put; `nil` beyond the end.
public struct MessageReader {
    private let bytes: [UInt8]
    private var position = 0

    /// A reader from the first byte on.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether everything was taken.
    public var isAtEnd: Bool { position == bytes.count }

    /// A number.
    public mutating func number() -> UInt64? {
        guard position <= bytes.count - 8 else { return nil }
        defer { position += 8 }
        return bytes[position..<position + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A number with a sign.
    public mutating func signed() -> Int64? { number().map(Int64.init(bitPattern:)) }

    /// Bytes.
    public mutating func data() -> [UInt8]? {
        guard let count = number(), count <= UInt64(bytes.count - position) else { return nil }
        let length = Int(count)
        defer { position += length }
        return Array(bytes[position..<position + length])
    }

    /// A text; what is no UTF-8 is replaced.
    public mutating func text() -> String? { data().map { String(decoding: $0, as: UTF8.self) } }

    /// Texts.
    public mutating func texts() -> [String]? {
        guard let count = number(), count <= UInt64(bytes.count) else { return nil }
        var result: [String] = []
        for _ in 0..<count {
            guard let next = text() else { return nil }
            result.append(next)
        }
        return result
    }
}
