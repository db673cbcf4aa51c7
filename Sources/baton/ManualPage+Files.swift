// The pages ha.cf.5, haresources.5, authkeys.5 and mon.cf.5, from the directive table and a few sentences for
// each file. What mon.cf.5 has besides is in `ManualPage+MonCf`.

import Configuration

extension ManualPage {
    /// The page of a file.
    static func file(_ file: Directive.File) -> ManualPage {
        let opening: (purpose: String, sentences: [String])
        switch file {
        case .haCf:
            opening = (
                "nodes, links and times of the pair",
                [
                    "One word and its values a line; # begins a comment. The file of Heartbeat is read as it stands.",
                    "A time is a number with a unit behind it; a bare number counts seconds. baton check tells every"
                        + " mistake at once, baton help explains a word.",
                ]
            )
        case .haresources:
            opening = (
                "the groups of resources that move between the nodes",
                [
                    "One group a line: the node it prefers, then its resources, started from left to right and stopped from"
                        + " right to left. A backslash at the end of a line joins the next one to it; # begins a comment.",
                    "A resource is TYPE::ARGUMENT::ARGUMENT; a bare address is the same as IPaddr::ADDRESS. Both nodes need"
                        + " the same groups; should they differ, baton check says so.",
                ]
            )
        case .authkeys:
            opening = (
                "the keys by which the nodes know each other",
                [
                    "Only root may read the file (mode 0600). baton keygen makes one; copy it to the other node.",
                    "To change the key without a gap: add a key with a new number on both nodes and reload both; then change"
                        + " the auth line on both and reload; then remove the old key.",
                ]
            )
        case .monCf:
            opening = (
                "what is watched on the node that holds a group, and what follows from a failure",
                monCfDescription
            )
        }
        var page = ManualPage(name: file.rawValue, section: 5, purpose: opening.purpose)
        page.sections.append(("DESCRIPTION", opening.sentences.map { .paragraph($0) }))
        let rows = Directive.all.filter { $0.file == file }
        for section in Directive.Section.allCases {
            let entries = rows.filter { $0.section == section }
            if entries.isEmpty { continue }
            page.sections.append((section.rawValue, entries.flatMap(Self.entry)))
        }
        if file == .monCf { page.sections += monCfSections }
        let old = file == .monCf ? "/etc/mon/mon.cf" : "/etc/ha.d/\(file.rawValue)"
        page.sections.append(
            ("FILES", [.term("/etc/baton/\(file.rawValue)", ["Else \(old)."])])
        )
        let pages = ["ha.cf(5)", "haresources(5)", "authkeys(5)", "mon.cf(5)"]
        let others = (["baton(8)", "batond(8)"] + pages)
            .filter { $0 != "\(file.rawValue)(5)" }
        page.sections.append(("SEE ALSO", [.paragraph(others.joined(separator: ", "))]))
        return page
    }

    private static func entry(_ directive: Directive) -> [Block] {
        let facts = DirectiveText.facts(directive).map { "\($0.label): \($0.text)." }
        var paragraphs = [directive.meaning]
        if !facts.isEmpty { paragraphs.append(facts.joined(separator: " ")) }
        let term = Block.term(directive.grammar, paragraphs)
        let lines = DirectiveText.exampleLines(directive)
        return lines.isEmpty ? [term] : [term, .termExample(lines)]
    }
}
