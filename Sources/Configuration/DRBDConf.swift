// drbd.conf as a tree of sections and statements with their places, and what a resource is in it. Only what two nodes
// and Baton must agree on is looked at: drbdadm itself judges its own options. What is odd about a tree is
// `DRBDConfCheck`.

internal import Failover

/// A statement: words up to `;`, never empty.
struct DRBDStatement: Equatable, Sendable {
    var words: [Word]

    /// The option's name.
    var name: String { words[0].text }
    /// What stands behind it.
    var values: [String] { words.dropFirst().map(\.text) }
    /// Where it begins.
    var position: Position { words[0].position }
}

/// A section: words, then statements and sections in braces.
struct DRBDSection: Equatable, Sendable {
    /// `resource r0`, `on l0`, `net`; empty for the whole file.
    var words: [Word] = []
    /// The statements within.
    var statements: [DRBDStatement] = []
    /// The sections within.
    var sections: [DRBDSection] = []
    /// Whether its closing brace is there.
    var isClosed = true

    /// What kind of section it is.
    var kind: String { words.first?.text ?? "" }
    /// Its name, where it has one: `r0`.
    var name: String? { words.count > 1 ? words[1].text : nil }
    /// Where it begins.
    var position: Position { words.first?.position ?? Position(line: 1, offset: 0) }

    /// The sections of a kind, in order.
    func sections(_ kind: String) -> [DRBDSection] { sections.filter { $0.kind == kind } }

    /// The last statement of a name.
    func statement(_ name: String) -> DRBDStatement? { statements.last { $0.name == name } }
}

/// A resource as drbd.conf has it.
struct DRBDResource: Equatable, Sendable {
    /// Its name.
    var name: String
    /// Its section.
    var section: DRBDSection
    /// Its hosts in order, as they are written (`uname -n`).
    var hosts: [DRBDHost]
}

/// A resource on one host.
struct DRBDHost: Equatable, Sendable {
    /// The host's name.
    var name: String
    /// Its section.
    var section: DRBDSection
    /// The address that replication uses; nil when none is written, or it cannot be read.
    var address: IPAddress?
    /// The devices that are made: `/dev/drbd0`.
    var devices: [String]
    /// The devices that lie below: `/dev/sda7`.
    var disks: [String]

    init(_ section: DRBDSection) {
        self.section = section
        name = section.name ?? ""
        address = section.statement("address").flatMap(DRBDHost.address)
        let volumes = [section] + section.sections("volume")
        func paths(_ name: String) -> [String] {
            volumes.compactMap { $0.statement(name)?.values.first }
        }
        devices = paths("device")
        disks = paths("disk")
    }

    /// `address [ipv4|ipv6] ADDRESS:PORT`, an IPv6 address in brackets.
    private static func address(_ statement: DRBDStatement) -> IPAddress? {
        guard let text = statement.values.last, let colon = text.lastIndex(of: ":") else {
            return nil
        }
        let address = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return IPAddress(Substring(address))
    }
}

extension ConfigurationFile {
    /// What a drbd.conf includes: paths, a relative one beside the file, with `*` for any characters of a name.
    public var drbdIncludes: [String] {
        DRBDConfParser.parse(self).0.root.statements.filter { $0.name == "include" }
            .flatMap(\.values)
    }
}

/// A file of DRBD's.
struct DRBDConf: Equatable, Sendable {
    /// The whole of it.
    var root = DRBDSection()

    /// The resources.
    var resources: [DRBDResource] {
        root.sections("resource").map { section in
            DRBDResource(
                name: section.name ?? "",
                section: section,
                hosts: section.sections("on").map(DRBDHost.init)
            )
        }
    }
}

/// Reads the text: words, strings in quotes, braces and semicolons; `#` begins a comment.
struct DRBDConfParser {
    /// Sections within sections; drbd.conf has three.
    static let depthMaximum = 8
    /// More sections and statements than anybody writes.
    static let partMaximum = 20_000

    var list: DiagnosticList
    private var tokens: [Word] = []
    private var place = 0
    private var partCount = 0

    /// Reads a file; what cannot be read is left out.
    static func parse(_ file: ConfigurationFile) -> (DRBDConf, DiagnosticList) {
        var parser = DRBDConfParser(list: DiagnosticList(source: SourceText(file)))
        parser.list.noteOddities(
            excludingComments: true,
            carriageReturnsFail: false,
            program: "drbdadm"
        )
        parser.readTokens()
        var root = DRBDSection()
        parser.body(of: &root, depth: 0)
        return (DRBDConf(root: root), parser.list)
    }

    private init(list: DiagnosticList) { self.list = list }

    // MARK: Tokens

    private mutating func readTokens() {
        for number in 1...max(1, list.source.lines.count) where number <= list.source.lines.count {
            var word: [SourceCharacter] = []
            var quote: SourceCharacter?
            for character in list.source.characters(ofLine: number) {
                if quote == nil, character.scalar == "#" { break }
                if quote != nil {
                    if character.scalar == "\"" {
                        tokens.append(Word(characters: word))
                        word = []
                        quote = nil
                    } else {
                        word.append(character)
                    }
                    continue
                }
                switch character.scalar {
                case "\"":
                    flush(&word)
                    quote = character
                case "{", "}", ";":
                    flush(&word)
                    tokens.append(Word(characters: [character]))
                case let scalar where isBlank(scalar): flush(&word)
                default: word.append(character)
                }
            }
            if let quote {
                list.error(.quoting, at: quote.position, "the quote is not closed on its line")
            }
            flush(&word)
        }
    }

    private mutating func flush(_ word: inout [SourceCharacter]) {
        if !word.isEmpty { tokens.append(Word(characters: word)) }
        word = []
    }

    // MARK: Sections

    private mutating func body(of section: inout DRBDSection, depth: Int) {
        var words: [Word] = []
        while place < tokens.count {
            let token = tokens[place]
            place += 1
            switch token.text {
            case ";":
                add(words, to: &section)
                words = []
            case "{":
                var inner = DRBDSection(words: words)
                words = []
                guard hasRoom(at: token.position, depth: depth) else { return }
                body(of: &inner, depth: depth + 1)
                section.sections.append(inner)
            case "}":
                if !words.isEmpty { noteMissingSemicolon(words, at: token) }
                add(words, to: &section)
                if depth == 0 {
                    list.error(.braces, at: token.position, "'}' closes nothing")
                    words = []
                    continue
                }
                return
            default: words.append(token)
            }
        }
        if !words.isEmpty, let last = words.last { noteMissingSemicolon(words, at: last) }
        add(words, to: &section)
        section.isClosed = depth == 0
    }

    private mutating func hasRoom(at position: Position, depth: Int) -> Bool {
        partCount += 1
        guard
            list.hasRoom(
                after: partCount,
                maximum: DRBDConfParser.partMaximum,
                of: "sections and statements",
                at: position
            )
        else { return false }
        guard depth < DRBDConfParser.depthMaximum else {
            list.error(
                .tooMany,
                at: position,
                "more than \(DRBDConfParser.depthMaximum) sections one in another"
            )
            place = tokens.count
            return false
        }
        return true
    }

    private mutating func add(_ words: [Word], to section: inout DRBDSection) {
        guard !words.isEmpty else { return }
        partCount += 1
        section.statements.append(DRBDStatement(words: words))
    }

    private mutating func noteMissingSemicolon(_ words: [Word], at token: Word) {
        list.error(
            .braces,
            at: token.position,
            "';' is missing behind \(quoted(words.map(\.text).joined(separator: " ")))"
        )
    }
}
