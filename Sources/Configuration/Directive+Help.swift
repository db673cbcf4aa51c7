// The table as text for a terminal: `baton help WORD`.

extension Directive {
    /// The text of `baton help WORD`, ending in a line feed.
    ///
    /// - Parameter word: A directive, resource type, key method or word of mon.cf.
    /// - Returns: One paragraph for each file that knows the word; nil for an unknown word.
    public static func help(for word: String) -> String? {
        let rows = all.filter { $0.name == word }
        guard !rows.isEmpty else { return nil }
        return rows.map(\.helpText).joined(separator: "\n")
    }

    /// The known word nearest to an unknown one.
    public static func nearest(to word: String) -> String? {
        nearestWord(to: word, among: all.map(\.name))
    }

    /// All words of a file in the order of the table, each once.
    public static func words(of file: File) -> [String] {
        var seen: Set<String> = []
        return all.filter { $0.file == file && seen.insert($0.name).inserted }.map(\.name)
    }

    private var helpText: String {
        var fields: [(String, String)] = []
        if let unit { fields.append(("Unit", unit)) }
        if let standard { fields.append(("Default", standard)) }
        if let range { fields.append(("Range", range)) }
        fields.append(("Here", standing.sentence))
        if let example = examples.first {
            fields.append(
                ("Example", example.split(separator: "\n").joined(separator: "\n              "))
            )
        }
        let heading =
            "\(name) (\(file.rawValue), \(section.rawValue.lowercased()))\n\n    \(grammar)\n\n"
        let body = wrapped(meaning, width: 76).map { "    \($0)\n" }.joined()
        let table = fields.map { name, value in
            let lines = name == "Example" ? [value] : wrapped(value, width: 66)
            let label = name + String(repeating: " ", count: 10 - name.count)
            return "    " + label + lines.joined(separator: "\n              ") + "\n"
        }
        return heading + body + "\n" + table.joined()
    }
}

extension Directive.Standing {
    /// What Baton does with the word, for people.
    var sentence: String {
        switch self {
        case .honoured: "carried out"
        case .withoutEffect(let why, _): "read and checked, without effect: \(why)"
        case .refused(let useInstead): "refused; use \(useInstead)"
        }
    }
}

/// A text in lines of at most `width` characters, broken at blanks.
func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > width {
            lines.append(line)
            line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(line) }
    return lines
}
