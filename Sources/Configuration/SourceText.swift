// A configuration file as lines of characters with positions: UTF-8 decoding that no byte can break,
// line ends, and the limits on size. What the lines mean is the parsers' business.

/// A place in a file.
struct Position: Hashable, Comparable, Sendable {
    /// From 1.
    var line: Int
    /// Unicode scalars before it on the line, from 0.
    var offset: Int

    static func < (left: Position, right: Position) -> Bool {
        (left.line, left.offset) < (right.line, right.offset)
    }
}

/// Bytes that are not UTF-8, carried through text unharmed.
///
/// Byte B (0x80...0xff) becomes U+10FF00 + B, in a private-use plane. So a key of authkeys keeps its
/// bytes whatever they are. The same code points written out in a file are split into their bytes
/// and return as themselves too.
enum RawByte {
    static let range: ClosedRange<UInt32> = 0x10ff00...0x10ffff

    static func scalar(_ byte: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(0x10ff00 + UInt32(byte)) ?? "\u{fffd}"
    }

    /// The bytes a text had in its file.
    static func bytes(of text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar -> [UInt8] in
            range.contains(scalar.value)
                ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
        }
    }
}

/// Whether a scalar separates words: blank, tab, a carriage return within a line, or one of the
/// no-break spaces that web pages put in place of blanks.
func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\r" || isNoBreakSpace(scalar)
}

/// Whether a scalar is one of the blanks that old programs take for part of a word.
func isNoBreakSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{a0}" || scalar == "\u{2007}" || scalar == "\u{202f}"
}

/// A file's text in lines.
struct SourceText {
    /// 1 MiB: a thousand times the seed's largest file.
    static let byteMaximum = 1 << 20
    /// More lines than anybody keeps by hand.
    static let lineMaximum = 20_000

    /// Three times what Heartbeat takes; longer lines are cut.
    static let lengthMaximum = 16_384

    /// The name in diagnostics.
    let file: String
    /// The lines without their ends.
    let lines: [[Unicode.Scalar]]
    /// Lines that ended in CR LF, by number.
    let carriageReturnLines: [Int]
    /// The first byte that is not UTF-8, and the number of lines with such.
    let firstRawByte: Position?
    let rawByteLineCount: Int
    /// What was left out, as a message, if the file is beyond a limit.
    let excess: String?
    /// Makes a line fit to be shown: a parser of files with secrets masks them here.
    var mask: @Sendable ([Unicode.Scalar]) -> [Unicode.Scalar]? = { $0 }

    init(_ file: ConfigurationFile) {
        self.file = file.name
        guard file.bytes.count <= SourceText.byteMaximum else {
            lines = []
            carriageReturnLines = []
            firstRawByte = nil
            rawByteLineCount = 0
            excess =
                "the file has \(file.bytes.count) bytes; at most \(SourceText.byteMaximum) are read"
            return
        }
        var scalars = SourceText.decode(file.bytes)
        if scalars.first == "\u{feff}" { scalars.removeFirst() }
        var lines: [[Unicode.Scalar]] = []
        var carriageReturnLines: [Int] = []
        var longLine: Int?
        for var line in scalars.split(separator: "\n", omittingEmptySubsequences: false) {
            if lines.count == SourceText.lineMaximum { break }
            if line.count > SourceText.lengthMaximum {
                longLine = longLine ?? lines.count + 1
                line = line.prefix(SourceText.lengthMaximum)
            }
            if line.last == "\r" {
                line.removeLast()
                carriageReturnLines.append(lines.count + 1)
            }
            lines.append(Array(line))
        }
        if lines.last == [] {
            lines.removeLast()
            // A carriage return may have been all of it.
            carriageReturnLines.removeAll { $0 > lines.count }
        }
        self.lines = lines
        self.carriageReturnLines = carriageReturnLines
        excess =
            lines.count == SourceText.lineMaximum
            ? "the file has \(SourceText.lineMaximum) lines or more; the rest is not read"
            : longLine.map {
                "line \($0) has more than \(SourceText.lengthMaximum) characters; the rest is not read"
            }

        var firstRawByte: Position?
        var rawByteLineCount = 0
        for (index, line) in lines.enumerated() {
            guard let offset = line.firstIndex(where: { RawByte.range.contains($0.value) })
            else { continue }
            rawByteLineCount += 1
            firstRawByte = firstRawByte ?? Position(line: index + 1, offset: offset)
        }
        self.firstRawByte = firstRawByte
        self.rawByteLineCount = rawByteLineCount
    }

    /// Column in characters, from 1.
    func column(of position: Position) -> Int {
        guard lines.indices.contains(position.line - 1) else { return 1 }
        return characterCount(lines[position.line - 1].prefix(position.offset)) + 1
    }

    /// The line as it may be shown, at most 120 characters around the position, and the caret's offset.
    func excerpt(around position: Position) -> (String?, Int) {
        guard lines.indices.contains(position.line - 1),
            let line = mask(lines[position.line - 1]),
            let before = mask(Array(lines[position.line - 1].prefix(position.offset)))
        else { return (nil, 0) }
        let text = printable(line)
        let caret = printable(before).count
        let start = max(0, caret - 90)
        let cut = text.dropFirst(start).prefix(120)
        return (String(cut), caret - start)
    }

    private func characterCount(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view).count
    }

    /// UTF-8 to scalars; every byte that is not part of a well-formed sequence becomes a `RawByte`.
    private static func decode(_ bytes: [UInt8]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            if first < 0x80 {
                result.append(Unicode.Scalar(first))
                index += 1
                continue
            }
            let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
            if let scalar = sequence(
                bytes[index..<min(index + length, bytes.count)],
                length: length
            ) {
                result.append(scalar)
                index += length
            } else {
                result.append(RawByte.scalar(first))
                index += 1
            }
        }
        return result
    }

    /// One multi-byte sequence; nil when malformed, overlong, a surrogate, or in `RawByte`'s range.
    private static func sequence(_ bytes: ArraySlice<UInt8>, length: Int) -> Unicode.Scalar? {
        guard bytes.count == length, let first = bytes.first, (0xc2...0xf4).contains(first) else {
            return nil
        }
        var value = UInt32(first) & (length == 2 ? 0x1f : length == 3 ? 0x0f : 0x07)
        for byte in bytes.dropFirst() {
            guard byte & 0xc0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3f)
        }
        let minimum: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= minimum, !RawByte.range.contains(value) else { return nil }
        return Unicode.Scalar(value)
    }
}
