// The manual pages of the files, made from the directive table: ha.cf.5, haresources.5, authkeys.5
// and mon.cf.5. The pages of the programs come from their argument definitions, elsewhere.

/// A manual page of a file, as roff for `man -l` (macros of man(7)).
public enum ManualPage {
    /// The names of the pages, `ha.cf.5` first.
    public static let names = Directive.File.allCases.map { "\($0.rawValue).5" }

    /// The roff text of a page.
    ///
    /// - Parameter name: With or without `.5`.
    /// - Returns: The page, ending in a line feed; nil for an unknown name.
    public static func text(_ name: String) -> String? {
        let stem = name.hasSuffix(".5") ? String(name.dropLast(2)) : name
        guard let file = Directive.File(rawValue: stem) else { return nil }
        var page = Roff()
        page.line(".TH \(stem.uppercased()) 5 \"\" \"Baton\" \"File formats\"")
        page.section("NAME")
        page.text("\(stem) - \(purpose(file))")
        page.section("DESCRIPTION")
        for paragraph in grammar(file) { page.paragraph(paragraph) }
        for section in Directive.Section.allCases {
            var rows: [Directive] = []
            for row in Directive.all where row.file == file && row.section == section {
                rows.append(row)
            }
            guard !rows.isEmpty else { continue }
            page.section(section.rawValue)
            for row in rows { page.directive(row) }
        }
        page.section("EXAMPLE")
        page.verbatim(example(file))
        page.section("SEE ALSO")
        let others = names.filter { $0 != "\(stem).5" }
            .map { "\($0.dropLast(2))(5)" }
        page.text((["baton(8)", "batond(8)"] + others).joined(separator: ", "))
        return page.output
    }

    private static func purpose(_ file: Directive.File) -> String {
        switch file {
        case .haCf: "nodes, heartbeat links, times and manners of batond"
        case .haresources: "resource groups of batond"
        case .authkeys: "keys that sign the heartbeats of batond"
        case .monCf: "services that are watched on the active node"
        }
    }

    private static func grammar(_ file: Directive.File) -> [String] {
        switch file {
        case .haCf:
            [
                "One directive per line, its values behind it between blanks or commas. '#' begins a comment "
                    + "anywhere. There is no quoting and no continuation. Words are case-sensitive, values on "
                    + "and off are not. The file is Heartbeat's, and both nodes should have the same one.",
                "A time is a number of seconds, or a number with us, ms, s, m, h or d; fractions are allowed.",
                "Every word is known: carried out, read without effect, or refused with what to use instead. "
                    + "An unknown word is an error. baton check says all of it; baton help WORD explains one.",
            ]
        case .haresources:
            [
                "One group per line: the node that should hold it, then its resources in the order they are "
                    + "started; they are stopped in the reverse order. A backslash at the end of a line joins "
                    + "the next one. '#' begins a comment. There is no quoting.",
                "A resource is TYPE or TYPE::ARGUMENT::ARGUMENT...; a bare address is an IPaddr. The group is "
                    + "called by its first resource: the address without its prefix, or the resource as written.",
                "A type that is not listed here is looked up as a script of that name in resource.d, then as a "
                    + "systemd unit, then as an init script; ocf:PROVIDER:NAME is an OCF agent. Such a type "
                    + "counts as storage unless the directive stateless of ha.cf names it.",
                "Both nodes should have the same file. Where only the node names differ, the order of the node "
                    + "lines in ha.cf decides.",
            ]
        case .authkeys:
            [
                "One line says which key signs, others give the keys. '#' begins a comment. The file must be "
                    + "readable by root alone (mode 0600) and the same on both nodes; baton keygen makes it. A "
                    + "key id is a number from 0 to 15; a secret has no blanks."
            ]
        case .monCf:
            [
                "mon's file: host groups, watches on them, services of a watch, periods of a service with their "
                    + "alerts. '#' begins a comment at the beginning of a line only; a backslash at the end joins "
                    + "lines; indentation means nothing. Other than in mon, blank lines do not end a record, and "
                    + "an unknown word is always an error.",
                "This version reads and checks the file; the resource mon runs as a script.",
            ]
        }
    }

    private static func example(_ file: Directive.File) -> String {
        switch file {
        case .haCf:
            "keepalive 1\ndeadtime 3\nbcast eth1\nucast eth0 192.168.1.3\nauto_failback off\nnode l0 l1"
        case .haresources:
            "l0 drbddisk::r0 Filesystem::/dev/drbd0::/mnt/drbd::ext4 \\\n"
                + "   mysqld-max IPaddr2::192.168.1.100/24/eth0"
        case .authkeys:
            "auth 1\n1 sha256 (64 characters by baton keygen)"
        case .monCf:
            "hostgroup servers localhost\n\nwatch servers\n    service web\n        interval 10s\n"
                + "        monitor tcp.monitor -p 443 ;;\n        period wd {Sun-Sat}\n"
                + "            alert ha-down.alert\n            alertafter 2"
        }
    }
}

/// Text with man(7) macros, escaped.
private struct Roff {
    private(set) var output = ""

    mutating func line(_ raw: String) { output += raw + "\n" }

    mutating func section(_ title: String) { line(".SH \(escaped(title))") }

    mutating func text(_ text: String) { line(escaped(text)) }

    mutating func paragraph(_ text: String) {
        line(".PP")
        self.text(text)
    }

    mutating func verbatim(_ text: String) {
        line(".nf")
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
            self.text(String(part))
        }
        line(".fi")
    }

    mutating func directive(_ row: Directive) {
        line(".TP")
        line(".B \(escaped(row.grammar))")
        text(row.meaning)
        var facts: [String] = []
        if let unit = row.unit { facts.append("Unit: \(unit).") }
        if let range = row.range { facts.append("Range: \(range).") }
        if let standard = row.standard { facts.append("Default: \(standard).") }
        if row.standing != .honoured { facts.append("Here \(row.standing.sentence).") }
        guard !facts.isEmpty else { return }
        line(".br")
        text(facts.joined(separator: " "))
    }

    /// Backslashes and hyphens as themselves, no line taken for a request.
    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'" where result.isEmpty: result += "\\&'"
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") ? "\\&" + result : result
    }
}
