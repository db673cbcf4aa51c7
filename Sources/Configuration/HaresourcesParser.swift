// Reads haresources: `NODE RESOURCE...` per logical line; a backslash at the end joins lines; `#`
// begins a comment on every physical line, not only on the first as in Heartbeat; no quoting. Node
// names are known from ha.cf. What the words of a line mean as resources is `HaresourcesParser+Resource`.

struct HaresourcesParser {
    /// What the core's tables take.
    static let groupMaximum = 1_000
    /// More resources than anybody starts in one group.
    static let resourceMaximum = 1_000

    let nodes: [String]
    let stateless: Set<String>
    /// The lists of addresses at hand; nil where nobody looked.
    let lists: [ConfigurationFile]?
    var list: DiagnosticList
    /// What was found in those that are used.
    var usedLists: [DiagnosticList] = []
    private var groups: [ResourceGroup] = []
    /// Every resource that could be read, also of a group that could not.
    private var named: [Resource] = []
    private var groupPositions: [String: Position] = [:]
    /// Where the text of each resource (an address: its bare text) stands, for duplicates.
    private var resourcePositions: [String: Position] = [:]
    private var continuationComments: [Position] = []
    private var gapsInContinuation: [Position] = []
    private var blanksAfterBackslash: [Position] = []

    /// The groups, and for each the places of its node name and resources.
    struct Result: Sendable {
        var groups: [ResourceGroup] = []
        /// By group name: the word of each resource.
        var words: [String: [Position]] = [:]
        /// What is wrong or odd in the lists of addresses that were used.
        var lists: [DiagnosticList] = []
    }

    private var words: [String: [Position]] = [:]

    /// Reads a file.
    ///
    /// `nodes` are ha.cf's, in lower case; with none any name is taken. `stateless` are types that
    /// ha.cf calls so besides the known ones; `lists` are the files of addresses at hand.
    static func parse(
        _ file: ConfigurationFile,
        nodes: [String],
        stateless: [String],
        lists: [ConfigurationFile] = []
    ) -> (Result, DiagnosticList) {
        var parser = HaresourcesParser(file, nodes: nodes, stateless: stateless, lists: lists)
        parser.parse()
        return (
            Result(groups: parser.groups, words: parser.words, lists: parser.usedLists), parser.list
        )
    }

    /// What a file names, before anybody has looked for the files and programs that it names in turn.
    static func resources(in file: ConfigurationFile) -> [Resource] {
        var parser = HaresourcesParser(file, nodes: [], stateless: [], lists: nil)
        parser.parse()
        return parser.named
    }

    private init(
        _ file: ConfigurationFile,
        nodes: [String],
        stateless: [String],
        lists: [ConfigurationFile]?
    ) {
        self.nodes = nodes
        self.stateless = Set(stateless + Directive.statelessTypes)
        self.lists = lists
        list = DiagnosticList(source: SourceText(file))
    }

    private mutating func parse() {
        list.noteOddities(excludingComments: true, carriageReturnsFail: true, program: "Heartbeat")
        var number = 1
        while number <= list.source.lines.count {
            let line = logicalLine(from: &number)
            let words = line.words()
            if !words.isEmpty { group(words) }
        }
        noteContinuations()
        if groups.isEmpty, list.kept.allSatisfy({ $0.severity != .error }) {
            list.warning(.noGroups, at: nil, "no group is named: there is nothing to keep up")
        }
    }

    // MARK: Logical lines

    /// Joins physical lines from `number` on and moves it behind them.
    private mutating func logicalLine(from number: inout Int) -> LogicalLine {
        var result: LogicalLine = []
        var isContinuation = false
        while number <= list.source.lines.count {
            let physical = list.source.characters(ofLine: number)
            let part = physical.withoutComment
            let end = part.trimmed.last
            let goesOn = end?.scalar == "\\"
            if isContinuation, physical.count > part.count {
                continuationComments.append(physical[part.count].position)
            }
            number += 1
            if goesOn, let end {
                if end.position != physical.last?.position {
                    blanksAfterBackslash.append(end.position)
                }
                result += part.prefix { $0.position < end.position }
                isContinuation = true
                skipGap(&number)
            } else {
                result += part
                return result
            }
        }
        return result
    }

    /// Skips blank and comment lines after a backslash, where what follows them goes on with the group.
    ///
    /// It goes on when its first word is no node of ha.cf; else the backslash was a leftover.
    private mutating func skipGap(_ number: inout Int) {
        var next = number
        while next <= list.source.lines.count {
            let physical = list.source.characters(ofLine: next)
            let words = physical.withoutComment.words()
            guard let first = words.first else {
                next += 1
                continue
            }
            guard next > number, !nodes.contains(first.text.lowercased()) else { return }
            gapsInContinuation.append(Position(line: number, offset: 0))
            for line in number..<next {
                let comment = list.source.characters(ofLine: line).trimmed
                if let first = comment.first { continuationComments.append(first.position) }
            }
            number = next
            return
        }
    }

    private mutating func noteContinuations() {
        noteAll(
            continuationComments,
            .continuationComment,
            "comments after continued lines are read as comments; Heartbeat takes their words for resources"
        )
        noteAll(
            gapsInContinuation,
            .continuationGap,
            "blank lines within a continued line are passed over; Heartbeat ends the group there"
        )
        noteAll(
            blanksAfterBackslash,
            .blankAfterBackslash,
            "blanks after the backslash: read as a continued line; Heartbeat does not join it"
        )
    }

    private mutating func noteAll(
        _ positions: [Position],
        _ code: Diagnostic.Code,
        _ message: String
    ) {
        guard let first = positions.first else { return }
        list.note(
            code,
            at: first,
            positions.count == 1 ? message : "\(message) (\(positions.count) times)"
        )
    }

    // MARK: A group

    private mutating func group(_ words: [Word]) {
        let nodeWord = words[0]
        let node = nodeWord.text.lowercased()
        if !nodes.isEmpty, !nodes.contains(node) {
            list.error(
                .unknownNode,
                at: nodeWord.position,
                "\(quoted(nodeWord.text)) is no node of ha.cf, which names \(nodes.joined(separator: " and "))",
                hint: nearestWordHint(to: node, among: nodes)
                    ?? "a line begins with the node that should hold the group"
            )
        }
        guard words.count > 1 else {
            list.warning(.emptyGroup, at: nodeWord.position, "no resource follows the node name")
            return
        }
        guard groups.count < HaresourcesParser.groupMaximum,
            words.count <= HaresourcesParser.resourceMaximum
        else {
            list.error(
                .tooMany,
                at: nodeWord.position,
                "more than \(HaresourcesParser.groupMaximum) groups, or "
                    + "\(HaresourcesParser.resourceMaximum) resources in one"
            )
            return
        }
        var resources: [Resource] = []
        var positions: [Position] = []
        for word in words.dropFirst() {
            guard let resource = resource(word) else { continue }
            resources.append(resource)
            named.append(resource)
            positions.append(word.position)
            checkDuplicate(resource, word)
        }
        guard resources.count == words.count - 1, let first = resources.first else { return }
        let logs = resources.indices.filter { resources[$0].lagLimit != nil }
        if logs.count > 1 {
            list.error(
                .duplicateResource,
                at: positions[logs[1]],
                "two resources of the group have mode=replica: which copy is behind would be told of one alone",
                hint: "make a group of each"
            )
            return
        }
        let name =
            first.list == nil ? first.address.map { "\($0.address)" } ?? first.text : first.text
        if let earlier = groupPositions[name] {
            // Equal addresses were reported as such already.
            if !first.isOfAddresses {
                list.error(
                    .duplicateGroup,
                    at: words[1].position,
                    "two groups begin with \(quoted(name)) (line \(earlier.line)) and would have one name",
                    hint: "put another resource first in one of them"
                )
            }
            return
        }
        groupPositions[name] = words[1].position
        self.words[name] = positions
        groups.append(
            ResourceGroup(
                name: name,
                preferredNode: node,
                resources: resources,
                line: nodeWord.position.line
            )
        )
    }

    /// An address or a storage resource stands in one place only; a helper such as MailTo may repeat.
    private mutating func checkDuplicate(_ resource: Resource, _ word: Word) {
        // By addresses and by name: two lists may hold one, and one list may be named twice.
        let addresses = (resource.addresses ?? []).map { "\($0.address)" }
        let isBare = resource.isOfAddresses && resource.list == nil
        let keys = addresses + (isBare ? [] : [resource.text])
        let found = keys.first { resourcePositions[$0] != nil }
        for key in keys where resourcePositions[key] == nil {
            resourcePositions[key] = word.position
        }
        guard let key = found, let earlier = resourcePositions[key] else { return }
        let text =
            "\(quoted(key)) stands twice: here and on line \(earlier.line), column \(list.source.column(of: earlier))"
        if resource.isStateless, !resource.isOfAddresses {
            if earlier.line == word.position.line {
                list.warning(.duplicateResource, at: word.position, text)
            }
        } else {
            list.error(.duplicateResource, at: word.position, text)
        }
    }
}
