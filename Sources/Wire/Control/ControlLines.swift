// A stream of bytes to lines, with a limit. Nothing here knows what a line says.

/// Collects what a socket brings and hands out whole lines.
public struct ControlLines: Sendable {
    private let maximum: Int
    private var buffer: [UInt8] = []
    /// Where the next line begins, and up to where no newline was found.
    private var begin = 0
    private var searched = 0

    /// Makes a collector for lines of at most `maximum` bytes.
    public init(maximum: Int = ControlCoding.lineMaximum) { self.maximum = maximum }

    /// Adds what was read; hand out the lines with `next` before adding more.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        if begin > 0 {
            buffer.removeFirst(begin)
            searched -= begin
            begin = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole line without its newline; `nil` when there is none yet.
    ///
    /// - Throws: `ControlError` `lineTooLong`; the stream cannot go on, close the connection.
    public mutating func next() throws(ControlError) -> [UInt8]? {
        while searched < buffer.count {
            searched += 1
            guard buffer[searched - 1] == UInt8(ascii: "\n") else { continue }
            let line = buffer[begin..<(searched - 1)]
            begin = searched
            if line.count > maximum { throw tooLong }
            return [UInt8](line)
        }
        if searched - begin > maximum { throw tooLong }
        return nil
    }

    private var tooLong: ControlError {
        ControlError(.lineTooLong, "a line is longer than \(maximum) bytes")
    }
}
