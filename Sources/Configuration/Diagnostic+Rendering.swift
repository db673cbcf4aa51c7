// How diagnostics look on a terminal or in a log, and how a stranger's text is made safe to print.

extension Diagnostic {
    /// The diagnostic as text, ending in a line feed.
    ///
    /// **Shape** `ha.cf:12:9: error: …`, then, where there is a position, the line and a caret below
    /// the character, each after four blanks; then `hint: …` where there is one.
    public var text: String {
        // The other node may tell what its files are called.
        var place = printable(file.unicodeScalars)
        if line > 0 { place += ":\(line)" }
        if column > 0 { place += ":\(column)" }
        var result = "\(place): \(severity.word): \(message)\n"
        if let excerpt {
            result += "    \(excerpt)\n"
            result += "    \(String(repeating: " ", count: caret))^\n"
        }
        if let hint { result += "    hint: \(hint)\n" }
        return result
    }

    /// Several diagnostics as text, each as `text` gives it, without a line between.
    public static func text(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.map(\.text).joined()
    }

    /// One line that counts: `2 errors, 1 warning, 3 notes`, or `no errors`.
    public static func summary(_ diagnostics: [Diagnostic]) -> String {
        let parts = Severity.allCases.reversed().compactMap { severity -> String? in
            let count = diagnostics.count { $0.severity == severity }
            guard count > 0 else { return nil }
            return "\(count) \(severity.word)\(count == 1 ? "" : "s")"
        }
        return parts.isEmpty ? "no errors" : parts.joined(separator: ", ")
    }
}

/// Makes text from a file safe for a terminal: no control or bidirectional characters.
///
/// Blanks of any kind become a plain blank, so that a caret below stands where it should.
func printable(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var result = String.UnicodeScalarView()
    for scalar in scalars {
        switch scalar.value {
        case _ where isBlank(scalar): result.append(" ")
        case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x202a...0x202e, 0x2066...0x2069, 0xfeff,
            RawByte.range:
            result.append("\u{fffd}")
        default: result.append(scalar)
        }
    }
    return String(result)
}

/// A word of a file in quotes, printable and at most 40 characters of it.
func quoted(_ text: String) -> String {
    let safe = printable(text.unicodeScalars)
    return safe.count <= 40 ? "'\(safe)'" : "'\(safe.prefix(39))…'"
}
