// A row of the directive table in words: for `baton help WORD`, and as the entry of a manual page.

import Configuration

enum DirectiveText {
    /// The help text, ended by a newline.
    static func help(_ directive: Directive) -> String {
        let heading = "\(directive.name) (\(directive.file.rawValue))"
        let facts = facts(directive).map { "  \($0.label): \($0.text)" }
        let examples = exampleLines(directive).map { "      " + $0 }
        var lines = [heading, "", "      " + directive.grammar, ""]
        lines += wrapped(directive.meaning).map { "  " + $0 }
        if !facts.isEmpty { lines += [""] + facts }
        if !examples.isEmpty { lines += ["", "  Example:"] + examples }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Unit, range, default and what Baton does with it, as far as there is something to say.
    static func facts(_ directive: Directive) -> [(label: String, text: String)] {
        var facts: [(label: String, text: String)] = []
        if let unit = directive.unit { facts.append(("Unit", unit)) }
        if let range = directive.range { facts.append(("Range", range)) }
        if let standard = directive.standard { facts.append(("Default", standard)) }
        switch directive.standing {
        case .honoured: break
        case .withoutEffect(let why, _): facts.append(("Without effect", why))
        case .refused(let instead): facts.append(("Refused; use instead", instead))
        }
        return facts
    }

    /// The examples' lines; one example may have several.
    static func exampleLines(_ directive: Directive) -> [String] {
        directive.examples.flatMap { $0.split(whereSeparator: \.isNewline).map(String.init) }
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines = [""]
        for word in text.split(whereSeparator: \.isWhitespace) {
            if !lines[lines.count - 1].isEmpty, lines[lines.count - 1].count + word.count > 76 {
                lines.append("")
            }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines
    }
}
