// Lines out of a stream of bytes, with a limit on what an unfinished line may hold. Pure.

/// Collects bytes and gives out whole lines.
public struct LineBuffer: Sendable {
    /// The longest line accepted, bytes, its end not counted.
    public let maximum: Int
    /// Whether a line was too long; nothing more comes out then, for where the next line begins
    /// is anybody's guess and the connection should be closed.
    public private(set) var hasOverflowed = false

    private var stored: [UInt8] = []
    private var start = 0
    // How far the stored bytes are known to hold no line's end, so that none is looked at twice.
    private var searched = 0

    /// An empty buffer.
    public init(maximum: Int) { self.maximum = maximum }

    /// Adds what was read.
    public mutating func append(_ bytes: [UInt8]) {
        guard !hasOverflowed else { return }
        if start > 0 {
            stored.removeFirst(start)
            searched -= start
            start = 0
        }
        stored += bytes
    }

    /// The next whole line without its end (`\n`, or `\r\n`), nil when there is none yet.
    public mutating func next() -> [UInt8]? {
        guard !hasOverflowed else { return nil }
        guard let end = stored[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = stored.count
            if stored.count - start > maximum { overflow() }
            return nil
        }
        guard end - start <= maximum else {
            overflow()
            return nil
        }
        var line = Array(stored[start..<end])
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        start = end + 1
        searched = start
        return line
    }

    private mutating func overflow() {
        hasOverflowed = true
        stored = []
        start = 0
        searched = 0
    }
}
