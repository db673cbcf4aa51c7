// Manual pages as values and as roff of the `man` macros. What a page says is elsewhere; here is only how roff
// wants it said: nothing in a text is ever taken for a request or an escape.

/// One manual page.
struct ManualPage {
    /// A part of a section.
    enum Block {
        /// Sentences.
        case paragraph(String)
        /// A word and, indented below it, what it means.
        case term(String, [String])
        /// Lines as they are typed.
        case example([String])
        /// Lines as they stand in a file, indented below the term before.
        case termExample([String])
        /// The line of a synopsis: the command in bold, the rest as it is.
        case synopsis(String, String)
        /// A heading within the section.
        case heading(String)
    }

    /// `baton`, `ha.cf`.
    let name: String
    /// 5 for files, 8 for an administrator's programs.
    let section: Int
    /// What stands behind the dash of NAME.
    let purpose: String
    /// Sections after NAME, in order.
    var sections: [(title: String, blocks: [Block])] = []

    /// `baton.8`.
    var fileName: String { "\(name).\(section)" }

    /// The page in roff.
    var roff: String {
        var lines = [
            #".\" Made by 'baton manual \#(fileName)' from the tables of the program."#,
            ".TH \(Self.argument(name.uppercased())) \(section) \"\" \(Self.argument("Baton " + Baton.versionText)) \"Baton\"",
            ".nh", ".SH NAME", "\(Self.text(name)) \\- \(Self.text(purpose))",
        ]
        for section in sections {
            lines.append(".SH " + Self.argument(section.title))
            for block in section.blocks { lines += Self.lines(of: block) }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func lines(of block: Block) -> [String] {
        switch block {
        case .paragraph(let text): [".PP", Self.text(text)]
        case .term(let word, let paragraphs):
            [".TP", "\\fB\(Self.inline(word))\\fR"]
                + paragraphs.enumerated().flatMap { index, text in
                    (index == 0 ? [] : [".IP"]) + [Self.text(text)]
                }
        case .example(let commands):
            [".PP", ".nf", ".RS 4"] + commands.map { Self.text($0) } + [".RE", ".fi"]
        case .termExample(let lines):
            [".IP", ".nf"] + lines.map { Self.text($0) } + [".fi"]
        case .synopsis(let command, let rest):
            [
                ".PP",
                "\\fB\(Self.inline(command))\\fR" + (rest.isEmpty ? "" : " " + Self.inline(rest)),
            ]
        case .heading(let title): [".SS " + Self.argument(title)]
        }
    }

    /// A text line: as `inline`, and never a request.
    private static func text(_ text: String) -> String {
        let escaped = inline(text)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? #"\&"# + escaped : escaped
    }

    /// A request's argument.
    private static func argument(_ text: String) -> String {
        "\"" + inline(text).replacing("\"", with: #"\(dq"#) + "\""
    }

    /// Characters that roff would read as its own, escaped; line ends become blanks.
    private static func inline(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += #"\e"#
            case "-": result += #"\-"#
            case "'": result += #"\(aq"#
            case "`": result += #"\(ga"#
            case "^": result += #"\(ha"#
            case "~": result += #"\(ti"#
            case "\n": result += " "
            default:
                for scalar in character.unicodeScalars {
                    result +=
                        scalar.isASCII
                        ? String(scalar)
                        : "\\[u"
                            + String(repeating: "0", count: max(0, 4 - hexadecimal(scalar).count))
                            + hexadecimal(scalar) + "]"
                }
            }
        }
        return result
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        String(scalar.value, radix: 16, uppercase: true)
    }
}
