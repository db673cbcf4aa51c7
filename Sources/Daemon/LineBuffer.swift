// Bytes from a stream, cut into lines with a bound. What a line means is the reader's.

/// Collects the bytes of one connection and hands out whole lines.
struct LineBuffer: Equatable {
    /// The longest line, its end left out.
    let maximum: Int
    private var bytes: [UInt8] = []
    /// Whether a line was longer than `maximum`; nothing comes out any more.
    private(set) var isOverlong = false

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Takes what was read.
    mutating func append(_ more: [UInt8]) {
        guard !isOverlong else { return }
        bytes += more
    }

    /// The next whole line without its end, `nil` when none is there yet.
    mutating func next() -> [UInt8]? {
        guard !isOverlong else { return nil }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            if bytes.count > maximum { giveUp() }
            return nil
        }
        guard end <= maximum else {
            giveUp()
            return nil
        }
        let line = Array(bytes[..<end])
        bytes.removeFirst(end + 1)
        return line
    }

    private mutating func giveUp() {
        isOverlong = true
        bytes = []
    }
}
