// What the targets share: an input taken apart from front to back, and texts looked at.

/// An input from which a target takes numbers and pieces; behind its end there are zeros and nothing.
struct Input {
    private var rest: ArraySlice<UInt8>

    /// libFuzzer owns the bytes for the time of its call; they are copied here.
    init(_ start: UnsafePointer<UInt8>, _ count: Int) {
        // Sound: the count is the one that came with the pointer.
        rest = unsafe Array(UnsafeBufferPointer(start: start, count: count))[...]
    }

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// Two bytes.
    mutating func short() -> Int { Int(byte()) << 8 | Int(byte()) }

    /// Eight bytes, most significant first.
    mutating func number() -> UInt64 {
        (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return taken
    }

    /// As many bytes as the two before them say.
    mutating func piece() -> [UInt8] { bytes(short()) }

    /// All that is left.
    mutating func remainder() -> [UInt8] { bytes(rest.count) }

    /// All that is left, cut at a byte into so many parts at most; empty ones count.
    mutating func parts(at separator: UInt8, most: Int) -> [ArraySlice<UInt8>] {
        remainder().split(
            separator: separator,
            maxSplits: most - 1,
            omittingEmptySubsequences: false
        )
    }
}

/// A text that goes to a terminal, a log or a mail: no control character but line ends.
func expectPrintable(_ text: String, _ what: String) {
    for scalar in text.unicodeScalars where scalar != "\n" {
        precondition(
            scalar.properties.generalCategory != .control,
            "\(what): a control character in \(text.debugDescription)"
        )
    }
}
