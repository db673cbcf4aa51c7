// /etc/fstab: what the boot mounts (fstab(5)). Lines of four to six fields between blanks; `\040` and the like stand for
// blanks within a field; a line that begins with `#` is a comment. Which of it Baton minds is `MachineCheck`'s.

/// One line of /etc/fstab.
struct FstabEntry: Equatable, Sendable {
    /// What is mounted: a device, `UUID=…`, `HOST:/DIRECTORY`.
    var source: String
    /// Where.
    var directory: String
    /// `ext4`; `swap`.
    var type: String
    /// The options, in order.
    var options: [String]
    /// Where each field begins: source, directory, type, options.
    var positions: [Position]

    /// Whether the boot, or whoever enters the directory, mounts it without being asked.
    var isAutomatic: Bool {
        // Of two that contradict each other the last counts, as in mount(8).
        let last = options.last { $0 == "noauto" || $0 == "auto" }
        return last != "noauto" || options.contains("x-systemd.automount")
    }
}

/// Reading /etc/fstab.
enum Fstab {
    /// Where it is.
    static let path = "/etc/fstab"

    /// The entries; a line that is none is left out, as mount(8) does.
    static func parse(_ source: SourceText) -> [FstabEntry] {
        source.lines.indices.compactMap { index in
            let words = source.characters(ofLine: index + 1).words()
            guard words.count >= 2, words.first?.text.hasPrefix("#") == false else { return nil }
            let fields = words.map { unescaped($0.text) }
            return FstabEntry(
                source: unquoted(fields[0]),
                directory: fields[1],
                type: fields.count > 2 ? fields[2] : "auto",
                options: (fields.count > 3 ? fields[3] : "defaults").split(separator: ",")
                    .map(String.init),
                positions: words.prefix(4).map(\.position)
            )
        }
    }

    /// The text of a file as it may be shown: passwords of network filesystems are not.
    static func source(_ file: ConfigurationFile) -> SourceText {
        var source = SourceText(file)
        source.mask = { Array(masked($0.lineText).unicodeScalars) }
        return source
    }

    /// The lines that the other node is told.
    static func toldLines(_ file: ConfigurationFile) -> [String] {
        SourceText(file).lines.map { line in
            let text = line.lineText
            let isComment = text.drop { $0 == " " || $0 == "\t" }.hasPrefix("#")
            return isComment ? "" : masked(text)
        }
    }

    private static func masked(_ line: String) -> String {
        guard line.lowercased().contains("pass") else { return line }
        return line.split(separator: ",", omittingEmptySubsequences: false).map { option in
            guard let equals = option.firstIndex(of: "="),
                option[..<equals].lowercased().contains("pass")
            else { return String(option) }
            // What follows the options is not theirs.
            let rest = option[equals...].drop { $0 != " " && $0 != "\t" }
            return option[...equals] + "***" + rest
        }.joined(separator: ",")
    }

    /// `\040` and the like, three octal digits each.
    private static func unescaped(_ field: String) -> String {
        guard field.contains("\\") else { return field }
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) })
            {
                let value = digits.reduce(0) { $0 * 8 + Int($1 - UInt8(ascii: "0")) }
                bytes.append(UInt8(truncatingIfNeeded: value))
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `UUID="…"` without its quotes.
    private static func unquoted(_ source: String) -> String {
        guard source.contains("=") else { return source }
        return source.filter { $0 != "\"" }
    }
}

extension [Unicode.Scalar] {
    fileprivate var lineText: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self)
        return String(view)
    }
}
