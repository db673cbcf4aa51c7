// What a monitor printed: how much of it is kept, which line is its summary, and whether it shows that
// the checker itself is broken.

enum MonitorOutput {
    /// mon's word for an output that begins with a blank line.
    static let noSummary = "(NO SUMMARY)"

    /// The first bytes of a text, cut between two characters, without NUL (which no environment holds).
    static func kept(_ text: String, limit: Int = MonitorMachine.outputLimit) -> String {
        var result = text
        if text.utf8.count > limit {
            var end = text.utf8.index(text.startIndex, offsetBy: limit)
            while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
                end = text.utf8.index(before: end)
            }
            result = String(text[..<end])
        }
        guard result.utf8.contains(0) else { return result }
        result.unicodeScalars.removeAll { $0 == "\0" }
        return result
    }

    /// The first line and, behind its line feed, the rest; nil: there is no such thing.
    static func parts(_ output: String) -> (first: String?, rest: String?) {
        guard !output.isEmpty else { return (nil, nil) }
        let lines = output.unicodeScalars
        guard let feed = lines.firstIndex(of: "\n") else { return (output, nil) }
        return (String(lines[..<feed]), String(lines[lines.index(after: feed)...]))
    }

    /// The first line, or mon's word where it is blank.
    static func summary(_ output: String) -> String {
        guard let first = parts(output).first, !isBlank(first) else { return noSummary }
        return first
    }

    /// The other lines without their last line feed; nil where there are none.
    static func detail(_ output: String) -> String? {
        guard var rest = parts(output).rest else { return nil }
        while rest.unicodeScalars.last == "\n" { rest.unicodeScalars.removeLast() }
        return rest.isEmpty ? nil : rest
    }

    /// Whether an interpreter says that the checker's own modules are missing: Perl's and Python's words.
    static func showsBrokenChecker(_ output: String) -> Bool {
        output.unicodeScalars.split(separator: "\n").contains { line in
            brokenBeginnings.contains { line.starts(with: $0.unicodeScalars) }
        }
    }

    private static let brokenBeginnings = [
        "BEGIN failed--compilation aborted", "ModuleNotFoundError:", "ImportError:",
    ]

    private static func isBlank(_ line: String) -> Bool {
        line.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
    }
}
