// Reads mon.cf into records: lines joined, comments gone, blank lines passed over where mon would end
// a record in silence. What stands in a service or period line is `MonCfParser+Service`, what the whole
// file amounts to `MonCfParser+Traps`.

internal import Monitoring

struct MonCfParser {
    static let table = rows(except: [.globals])
    static let globals = rows(except: [.records, .service, .period])
    static let words = table.keys.sorted()
    static let globalWords = globals.keys.sorted()

    /// The most watches, host groups, and hosts in one.
    static let recordMaximum = 1_000
    /// The most services in a watch.
    static let serviceMaximum = 5_000
    /// The most periods in a service.
    static let periodMaximum = 100

    /// Where a thing said in a service stands, for what is said about the file as a whole.
    struct Place {
        var watch: Int
        var service: Int
        var position: Position
        var text: String
    }

    var list: DiagnosticList
    var result = MonitorConfiguration()
    var state = State.outside
    var alerts: [Place] = []
    var repeatedHosts: [Place] = []
    var thresholds: [Place] = []
    /// Services named in dependencies, and in whose.
    var mentions: [(of: ServiceName, DependencyParser.Mention)] = []
    /// Programs as they are named, each once.
    var programs: [(MonCfProgram, Position)] = []
    /// The global `exclude_period`, the last one given.
    private(set) var excludePeriod: TimePeriod?
    private var watchPositions: [Position] = []
    private var globalPositions: [String: Position] = [:]
    private var hostgroupPositions: [Position] = []
    private var linesAfterGap: [Position] = []
    private var trailingComments: [Position] = []

    /// The record that the next line may belong to.
    enum State: Equatable {
        case outside
        case hostgroup
        case view
        case alias
        case watch
        case service
        case period
    }

    /// Reads a file; the result has what could be read, also beside errors.
    ///
    /// Where `isThere` is given, programs it does not know are told.
    static func parse(
        _ file: ConfigurationFile,
        isThere: ((MonCfProgram) -> Bool)? = nil
    ) -> (MonitorConfiguration, DiagnosticList) {
        var source = SourceText(file)
        source.mask = { maskingPasswords($0) }
        var parser = MonCfParser(list: DiagnosticList(source: source))
        parser.parse()
        if let isThere { parser.notePrograms(isThere) }
        return (parser.result, parser.list)
    }

    private init(list: DiagnosticList) {
        self.list = list
    }

    private static func rows(except sections: Set<Directive.Section>) -> [String: Directive] {
        let rows = Directive.monCf.filter { !sections.contains($0.section) }
        // `exclude_period` and `dep_…` are globals and service lines; each table sees its own.
        return Dictionary(rows.map { ($0.name, $0) }) { first, _ in first }
    }

    // MARK: Lines

    private mutating func parse() {
        list.noteOddities(excludingComments: false, carriageReturnsFail: false, program: "mon")
        if list.source.file.hasSuffix(".m4") {
            list.error(
                .macrosUnsupported,
                at: nil,
                "files for m4 are not read",
                hint: "run m4 and give its output the name mon.cf"
            )
        }
        let isDoubled = list.source.isDoubled
        var gap = 0
        var number = 1
        while number <= list.source.lines.count {
            let line = logicalLine(from: &number)
            guard let first = line.first else {
                gap += 1
                continue
            }
            guard first.scalar != "#" else { continue }
            record(line, gap: gap, isDoubled: isDoubled)
            gap = 0
        }
        finish()
    }

    /// Joins lines that end in a backslash; the next line's leading blanks go.
    private mutating func logicalLine(from number: inout Int) -> LogicalLine {
        var result: LogicalLine = []
        while number <= list.source.lines.count {
            var part = list.source.characters(ofLine: number).trimmed
            number += 1
            guard part.last?.scalar == "\\", result.isEmpty ? part.first?.scalar != "#" : true
            else {
                return result + part
            }
            part.removeLast()
            result += part
        }
        return result
    }

    private mutating func record(_ line: LogicalLine, gap: Int, isDoubled: Bool) {
        let words = line.words()
        let name = words[0].text
        if let (name, value) = global(line) {
            take(global: name, value)
            return
        }
        if isMacro(name) {
            list.error(
                .macrosUnsupported,
                at: words[0].position,
                "m4 macros are not read",
                hint: "run m4 and give its output the name mon.cf"
            )
            return
        }
        switch name {
        case "hostgroup", "view", "alias": tagged(name, words)
        case "watch": watch(words)
        case _ where state == .outside: unknown(words[0])
        case _ where state == .hostgroup || state == .view || state == .alias:
            // A single blank line ends the list, unless the copy has one after each line.
            if gap > (isDoubled ? 1 : 0) || isRecord(words, gap: gap) {
                state = .outside
                unknown(words[0])
            } else {
                noteGap(gap, words[0])
                member(words)
            }
        default:
            noteGap(gap, words[0])
            inWatch(words[0], withoutTrailingComment(line, name))
        }
    }

    /// `NAME = VALUE` where NAME is in lower case; `NAME=value` in a service is its environment.
    private func global(_ line: LogicalLine) -> (Word, LogicalLine)? {
        guard let equals = line.firstIndex(where: { $0.scalar == "=" }) else { return nil }
        let name = Array(line[..<equals]).trimmed
        guard !name.isEmpty, name.allSatisfy({ isGlobalScalar($0.scalar) }) else { return nil }
        return (Word(characters: name), Array(line[(equals + 1)...]).trimmed)
    }

    private func isGlobalScalar(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || scalar == "_" || ("0"..."9").contains(scalar)
    }

    private func isMacro(_ name: String) -> Bool {
        if name == "dnl" { return true }
        let word = name.prefix { $0 != "(" }
        return word.count < name.count
            && [
                "define", "include", "sinclude", "changequote", "ifdef", "ifelse", "divert",
                "undefine",
            ]
            .contains(String(word))
    }

    /// Whether a line in a list of hosts is a record with a mistyped word above it, or is one itself.
    ///
    /// mon takes both for hosts. Behind a blank line a word near `watch` is hardly a host; and a
    /// `service` with a tag, or an `interval` with a time, says that its `watch` was lost.
    private func isRecord(_ words: [Word], gap: Int) -> Bool {
        let name = words[0].text
        if words.count == 2, name == "service" || name == "interval" { return true }
        return gap > 0 && nearestWord(to: name, among: ["watch", "hostgroup", "service"]) != nil
    }

    private mutating func noteGap(_ gap: Int, _ word: Word) {
        if gap > 0 { linesAfterGap.append(word.position) }
    }

    private mutating func unknown(_ word: Word) {
        let isInner = MonCfParser.table[word.text] != nil
        list.error(
            isInner ? .misplaced : .unknownDirective,
            at: word.position,
            isInner
                ? "'\(word.text)' stands outside of a watch, where mon ignores it in silence"
                : "unknown word \(quoted(word.text)); mon ignores it in silence",
            hint: isInner
                ? "a `watch GROUP` line comes before"
                : nearestWordHint(
                    to: word.text,
                    among: ["hostgroup", "watch", "view", "alias"]
                        + MonCfParser.globalWords
                )
        )
    }

    /// Cuts ` # …` off where mon would have stumbled over it; program lines keep it.
    private mutating func withoutTrailingComment(_ line: LogicalLine, _ name: String) -> LogicalLine
    {
        let isFree =
            name == "monitor" || name == "redistribute" || name == "description"
            || AlertPeriod.AlertKind(rawValue: name) != nil
        guard
            let hash = line.indices.first(where: {
                line[$0].scalar == "#" && $0 > 0 && isBlank(line[$0 - 1].scalar)
            })
        else { return line }
        if isFree {
            if name != "description" {
                list.warning(
                    .trailingComment,
                    at: line[hash].position,
                    "mon.cf has no comments behind values: '#' and the words after it are arguments"
                )
            }
            return line
        }
        trailingComments.append(line[hash].position)
        return Array(line[..<hash]).trimmed
    }

    // MARK: Records

    private mutating func take(global name: Word, _ value: LogicalLine) {
        state = .outside
        guard let row = MonCfParser.globals[name.text] else {
            list.error(
                .unknownDirective,
                at: name.position,
                "unknown global \(quoted(name.text))",
                hint: nearestWordHint(to: name.text, among: MonCfParser.globalWords)
            )
            return
        }
        guard !value.isEmpty else {
            list.error(
                .missingValue,
                at: name.position,
                "'\(row.name)' has no value",
                hint: row.grammar
            )
            return
        }
        if globalPositions[row.name] == nil { globalPositions[row.name] = name.position }
        if row.name == "exclude_period" {
            guard let period = period(value, at: name.position) else { return }
            excludePeriod = period
        } else if !check(row, value) {
            return
        }
        result.globals.append(MonitorConfiguration.Global(name: row.name, value: value.text))
    }

    private mutating func tagged(_ name: String, _ words: [Word]) {
        state = name == "hostgroup" ? .hostgroup : name == "view" ? .view : .alias
        guard words.count > 1 else {
            list.error(
                .missingValue,
                at: words[0].position,
                "'\(name)' has no tag",
                hint: MonCfParser.table[name]?.grammar
            )
            state = .outside
            return
        }
        guard isTag(words[1]) else { return }
        let item = MonitorConfiguration.TaggedList(
            tag: words[1].text,
            members: words.dropFirst(2).map(\.text)
        )
        switch state {
        case .hostgroup:
            if result.hostgroups.contains(where: { $0.tag == item.tag }) {
                list.error(
                    .givenTwice,
                    at: words[1].position,
                    "hostgroup \(quoted(item.tag)) is given twice"
                )
            }
            guard
                list.hasRoom(
                    after: result.hostgroups.count,
                    maximum: MonCfParser.recordMaximum,
                    of: "host groups",
                    at: words[1].position
                )
            else { return }
            result.hostgroups.append(item)
            hostgroupPositions.append(words[1].position)
        case .view: result.views.append(item)
        default: break  // nothing asks for aliases
        }
    }

    private mutating func member(_ words: [Word]) {
        let count = result.hostgroups.last?.members.count ?? 0
        guard
            list.hasRoom(
                after: count + words.count - 1,
                maximum: MonCfParser.recordMaximum,
                of: "hosts in a group",
                at: words[0].position
            )
        else { return }
        switch state {
        case .hostgroup where !result.hostgroups.isEmpty:
            result.hostgroups[result.hostgroups.count - 1].members += words.map(\.text)
        case .view where !result.views.isEmpty:
            result.views[result.views.count - 1].members += words.map(\.text)
        default: break  // nothing asks for aliases
        }
    }

    /// Whether a word is a tag, `[A-Za-z0-9_.-]+`, or an error.
    mutating func isTag(_ word: Word) -> Bool {
        let isTag = word.text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == 45 || byte == 46 || byte == 95
        }
        if !isTag {
            list.error(
                .invalidName,
                at: word.position,
                "\(quoted(word.text)) is no tag",
                hint: "letters, digits, '.', '-' and '_'"
            )
        }
        return isTag
    }

    private mutating func watch(_ words: [Word]) {
        state = .watch
        if words.count != 2 {
            list.error(
                words.count < 2 ? .missingValue : .wrongValueCount,
                at: words.last?.position,
                "'watch' takes one host group",
                hint: "watch TAG"
            )
        }
        guard words.count > 1 else {
            state = .outside
            return
        }
        guard isTag(words[1]) else { return }
        let group = words[1].text
        if result.watches.contains(where: { $0.group == group }) {
            list.error(
                .givenTwice,
                at: words[1].position,
                "host group \(quoted(group)) is watched twice",
                hint: "put the services under one `watch`"
            )
        }
        guard
            list.hasRoom(
                after: result.watches.count,
                maximum: MonCfParser.recordMaximum,
                of: "watches",
                at: words[1].position
            )
        else { return }
        result.watches.append(MonitorConfiguration.Watch(group: group, services: []))
        watchPositions.append(words[1].position)
    }

    // MARK: The whole file

    private mutating func finish() {
        noteAll(
            linesAfterGap,
            .blankLinesInRecords,
            "behind blank lines within a record, read as part of it; mon ignores such lines in silence"
        )
        noteAll(
            trailingComments,
            .trailingComment,
            "with a comment behind the value, read as a comment; mon refuses it"
        )
        for (index, watch) in result.watches.enumerated()
        where !result.hostgroups.contains(where: { $0.tag == watch.group }) {
            list.warning(
                .unknownHostgroup,
                at: watchPositions[index],
                "there is no hostgroup \(quoted(watch.group)): the host of that name is watched",
                hint: nearestWordHint(to: watch.group, among: result.hostgroups.map(\.tag))
            )
            result.hostgroups.append(
                MonitorConfiguration.TaggedList(tag: watch.group, members: [watch.group])
            )
        }
        for (index, position) in hostgroupPositions.enumerated() {
            let tag = result.hostgroups[index].tag
            guard !result.watches.contains(where: { $0.group == tag }) else { continue }
            list.warning(
                .unwatched,
                at: position,
                "hostgroup \(quoted(tag)) has no watch assigned to it"
            )
        }
        result.settings = settings()
        judgeDependencies()
        noteGlobals(globalPositions)
        noteTraps()
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
            "\(positions.count == 1 ? "1 line" : "\(positions.count) lines") \(message)"
        )
    }
}

extension SourceText {
    /// Whether the text has an empty line after nearly every line, as copied from a web page.
    fileprivate var isDoubled: Bool {
        let isFull = lines.map { line in line.contains { !isBlank($0) } }
        let full = isFull.count { $0 }
        let followed = zip(isFull, isFull.dropFirst()).count { $0 && !$1 }
        return full > 3 && followed * 10 >= full * 9
    }
}

/// A line with the value after `password=` (also passwd, secret) replaced by three stars.
func maskingPasswords(_ line: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    let lowered = line.map { scalar -> Unicode.Scalar in
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }
    let keys = ["password", "passwd", "secret"].map { Array($0.unicodeScalars) }
    while index < line.count {
        guard let key = keys.first(where: { lowered[index...].starts(with: $0) }),
            index + key.count < line.count,
            line[index + key.count] == "=" || isBlank(line[index + key.count])
        else {
            result.append(line[index])
            index += 1
            continue
        }
        result += line[index...(index + key.count)]
        index += key.count + 1
        let value = line[index...].prefix { !isBlank($0) }
        if !value.isEmpty { result += "***".unicodeScalars }
        index += value.count
    }
    return result
}
