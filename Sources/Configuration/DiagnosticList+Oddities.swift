// What every file is looked at for once: no-break spaces, carriage returns, bytes that are not UTF-8,
// and size. Each is one diagnostic per file, however many lines it is about.

extension DiagnosticList {
    /// Says what is odd about the file's characters.
    ///
    /// - Parameters:
    ///   - excludingComments: Whether only characters before the first `#` of a line matter.
    ///   - carriageReturnsFail: Whether the old program stumbles over CR LF in silence.
    ///   - program: The old program, for the message.
    mutating func noteOddities(
        excludingComments: Bool,
        carriageReturnsFail: Bool,
        program: String
    ) {
        if let excess = source.excess { error(.tooLarge, at: nil, excess) }
        noteNoBreakSpaces(excludingComments: excludingComments, program: program)
        if carriageReturnsFail, let first = source.carriageReturnLines.first {
            note(
                .carriageReturns,
                at: Position(line: first, offset: source.lines[first - 1].count),
                "\(lines(source.carriageReturnLines.count)) with CR LF ends, read as line ends; "
                    + "\(program) takes the CR for part of the last word"
            )
        }
        if let first = source.firstRawByte {
            note(
                .notUTF8,
                at: first,
                "\(lines(source.rawByteLineCount)) with bytes that are not UTF-8, kept as they are"
            )
        }
    }

    private mutating func noteNoBreakSpaces(excludingComments: Bool, program: String) {
        var count = 0
        var first: Position?
        for (index, line) in source.lines.enumerated() {
            let part = excludingComments ? line.prefix { $0 != "#" } : line[...]
            // A line of nothing but blanks is blank either way, unless the old program ends a record
            // at blank lines: then its parser says so.
            guard let offset = part.firstIndex(where: isNoBreakSpace),
                part.contains(where: { !isBlank($0) }),
                excludingComments || part.first(where: { !isBlank($0) }) != "#"
            else { continue }
            count += 1
            first = first ?? Position(line: index + 1, offset: offset)
        }
        guard let first else { return }
        note(
            .noBreakSpaces,
            at: first,
            "no-break spaces (U+00A0) on \(lines(count)), read as blanks; "
                + "\(program) takes them for part of a word",
            hint: "the text was copied from a web page"
        )
    }

    private func lines(_ count: Int) -> String {
        count == 1 ? "1 line" : "\(count) lines"
    }
}
