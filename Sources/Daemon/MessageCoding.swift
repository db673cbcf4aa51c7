// How the daemon's own processes put values into one datagram of a socket pair and take them out.
// Both ends are forks of one program, so there is no version; lengths are checked all the same,
// because a killed helper's half is never trusted more than a stranger's.

/// Puts values one after another: numbers as 8 bytes, most significant first; bytes behind their
/// count.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    mutating func put(_ number: Int64) { put(UInt64(bitPattern: number)) }

    mutating func put(_ value: [UInt8]) {
        put(UInt64(value.count))
        bytes += value
    }

    mutating func put(_ text: String) { put(Array(text.utf8)) }

    mutating func put(_ texts: [String]) {
        put(UInt64(texts.count))
        for text in texts { put(text) }
    }
}

/// Takes values out in the order they were put; `nil` beyond the end.
struct MessageReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func number() -> UInt64? {
        guard position <= bytes.count - 8 else { return nil }
        defer { position += 8 }
        return bytes[position..<position + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func signed() -> Int64? { number().map(Int64.init(bitPattern:)) }

    mutating func data() -> [UInt8]? {
        guard let count = number(), count <= UInt64(bytes.count - position) else { return nil }
        let length = Int(count)
        defer { position += length }
        return Array(bytes[position..<position + length])
    }

    mutating func text() -> String? { data().map { String(decoding: $0, as: UTF8.self) } }

    mutating func texts() -> [String]? {
        guard let count = number(), count <= UInt64(bytes.count) else { return nil }
        var result: [String] = []
        for _ in 0..<count {
            guard let next = text() else { return nil }
            result.append(next)
        }
        return result
    }
}
