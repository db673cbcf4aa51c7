// Reads ha.cf: line oriented, `#` begins a comment anywhere, no quoting, no continuation; the first
// word is a directive of the table, values stand between blanks or commas (Heartbeat's config.c).
// Values are checked alone and against each other here; what only the other files or the peer's can
// tell is in `ConfigurationCheck`.

internal import Failover

/// What ha.cf says, with the places needed to speak about it.
struct HaCf: Sendable {
    var cluster = "linux-ha"
    var nodes: [String] = []
    var keepalive = Duration.seconds(1)
    var warntime: Duration?
    var deadtime = Duration.seconds(30)
    var initdead: Duration?
    var deadping: Duration?
    var fitSettle = Duration.seconds(2)
    var offerTimeout = Duration.seconds(5)
    var links: [HeartbeatLink] = []
    var autoFailback: AutoFailback?
    var takesUnproved = true
    var statelessTypes: [String] = []
    var timeouts = OperationTimeouts()
    var logging = LoggingTargets(debugLevel: 0)
    var realTime = RealTimeRequest(isWanted: true)
    /// Where a directive was given last.
    var positions: [String: Position] = [:]

    var timings: Timings {
        Timings(
            keepalive: keepalive,
            warntime: warntime ?? deadtime / 2,
            deadtime: deadtime,
            initdead: initdead ?? HaCf.initdead(deadtime: deadtime),
            fitSettle: fitSettle,
            offerTimeout: offerTimeout
        )
    }

    /// Heartbeat's rule for an unset initdead.
    private static func initdead(deadtime: Duration) -> Duration {
        if deadtime > .seconds(10) { return deadtime }
        return deadtime >= .seconds(6) ? deadtime * 2 : .seconds(12)
    }
}

struct HaCfParser {
    private static let table = Directive.table(.haCf)
    /// As Heartbeat.
    private static let linkMaximum = 64

    private(set) var result = HaCf()
    private(set) var list: DiagnosticList
    private var port: UInt16 = 694
    private var hasUnsupportedLink = false

    /// Reads a file.
    static func parse(_ file: ConfigurationFile) -> (HaCf, DiagnosticList) {
        var parser = HaCfParser(list: DiagnosticList(source: SourceText(file)))
        parser.parse()
        return (parser.result, parser.list)
    }

    private init(list: DiagnosticList) {
        self.list = list
    }

    private mutating func parse() {
        let source = list.source
        list.noteOddities(
            excludingComments: true,
            carriageReturnsFail: false,
            program: "Heartbeat"
        )
        for number in source.lines.indices.map({ $0 + 1 }) {
            let line = source.characters(ofLine: number).withoutComment
            guard let name = line.words(separatedByCommas: true).first else { continue }
            directive(name, line)
        }
        checkTogether()
    }

    // MARK: A line

    private mutating func directive(_ name: Word, _ line: LogicalLine) {
        guard let row = HaCfParser.table[name.text] else {
            list.error(
                .unknownDirective,
                at: name.position,
                "unknown directive \(quoted(name.text))",
                hint: nearestWordHint(to: name.text, among: HaCfParser.table.keys.sorted())
            )
            return
        }
        if case .refused(let useInstead) = row.standing {
            list.error(
                .refusedDirective,
                at: name.position,
                "'\(row.name)' is not supported",
                hint: "use \(useInstead)"
            )
            return
        }
        // Commas separate where Heartbeat's own parser sees single values; lines that a plug-in or a
        // program of its own reads keep them (`apiauth ipfail uid=a,b`).
        let commas: Bool
        if case .words = row.form {
            commas = HaCfParser.linkNames.contains(row.name)
        } else {
            commas = true
        }
        let values = Array(line.words(separatedByCommas: commas).dropFirst())
        guard !values.isEmpty else {
            list.warning(
                .missingValue,
                at: name.position,
                "'\(row.name)' has no value and does nothing",
                hint: row.grammar
            )
            return
        }
        if case .withoutEffect(let why, let severity) = row.standing {
            list.add(
                severity,
                .withoutEffect,
                at: name.position,
                "'\(row.name)' is without effect: \(why)"
            )
            hasUnsupportedLink = hasUnsupportedLink || HaCfParser.linkNames.contains(row.name)
        }
        take(row, name, values)
        result.positions[row.name] = name.position
    }

    private static let linkNames: Set<String> = [
        "bcast", "udp", "ucast", "ucast6", "mcast", "mcast6", "serial",
    ]

    /// Checks values by the row's form and hands them to the setter of their kind.
    private mutating func take(_ row: Directive, _ name: Word, _ values: [Word]) {
        switch row.form {
        case .list:
            for value in values { set(row, listed: value) }
        case .words(let counts):
            guard counts.contains(values.count) else {
                let place = values.count > counts.upperBound ? values[counts.upperBound] : name
                list.error(
                    .wrongValueCount,
                    at: place.position,
                    "'\(row.name)' takes \(HaCfParser.count(counts)), not \(values.count)",
                    hint: row.grammar
                )
                return
            }
            set(row, name, words: values)
        default:
            single(row, name, values)
        }
    }

    private static func count(_ counts: ClosedRange<Int>) -> String {
        let words = counts.upperBound == 1 ? "value" : "values"
        return counts.count == 1
            ? "\(counts.lowerBound) \(words)"
            : "\(counts.lowerBound) to \(counts.upperBound) values"
    }

    /// One value; of several the last counts, as in Heartbeat, but not unsaid.
    private mutating func single(_ row: Directive, _ name: Word, _ values: [Word]) {
        guard let value = values.last else { return }
        if values.count > 1 {
            list.warning(
                .severalValues,
                at: values[1].position,
                "'\(row.name)' takes one value; the last, \(quoted(value.text)), counts",
                hint: row.grammar
            )
        } else if let earlier = result.positions[row.name], row.name != "udpport" {
            list.warning(
                .givenTwice,
                at: name.position,
                "'\(row.name)' is given again; this line counts, not line \(earlier.line)"
            )
        }
        switch row.form {
        case .time(let range):
            if let time = time(row, value, in: range) { set(row, time: time) }
        case .integer(let range):
            guard let number = Int(value.text), range.contains(number) else {
                invalid(row, value, "a number from \(range.lowerBound) to \(range.upperBound)")
                return
            }
            set(row, integer: number)
        case .boolean:
            guard let isOn = HaCfParser.boolean(value.text) else {
                invalid(row, value, "on or off")
                return
            }
            set(row, boolean: isOn)
        case .choice(let words):
            guard words.contains(value.text.lowercased()) else {
                let shown = words.filter { !Directive.booleanWords.contains($0) || words.count < 6 }
                invalid(row, value, "one of \(shown.joined(separator: ", "))", among: words)
                return
            }
            set(row, word: value.text.lowercased())
        case .word:
            set(row, word: value.text)
        case .list, .words, .monTime:
            break
        }
    }

    private mutating func invalid(
        _ row: Directive,
        _ value: Word,
        _ wanted: String,
        among words: [String] = []
    ) {
        var hint = nearestWordHint(to: value.text, among: words)
        if hint == nil, row.standing != .honoured { hint = row.meaning }
        list.error(
            .invalidValue,
            at: value.position,
            "\(quoted(value.text)) is no value of '\(row.name)': it takes \(wanted)",
            hint: hint
        )
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "on", "yes", "y", "1": true
        case "false", "off", "no", "n", "0": false
        default: nil
        }
    }

    private mutating func time(
        _ row: Directive,
        _ value: Word,
        in range: ClosedRange<Duration>
    ) -> Duration? {
        do {
            let time = try DurationText.parse(value.text, units: DurationText.heartbeatUnits)
            guard range.contains(time) else {
                list.error(
                    .outOfRange,
                    at: value.position,
                    "\(quoted(value.text)) is out of range: '\(row.name)' takes "
                        + "\(range.lowerBound.shortText) to \(range.upperBound.shortText)",
                    hint: time < range.lowerBound ? "a bare number counts seconds" : nil
                )
                return nil
            }
            return time
        } catch {
            let place: Position
            let message: String
            switch error {
            case .unknownUnit(let offset):
                place = value.position(at: offset)
                message = "unknown unit in \(quoted(value.text))"
            case .tooLong:
                place = value.position
                message = "\(quoted(value.text)) is out of range"
            case .noNumber, .missingUnit:
                place = value.position
                message = "\(quoted(value.text)) is no time"
            }
            list.error(
                .invalidTime,
                at: place,
                message,
                hint: "a number of seconds, or a number with us, ms, s, m, h or d"
            )
            return nil
        }
    }

    // MARK: Setters by kind

    private mutating func set(_ row: Directive, time: Duration) {
        switch row.name {
        case "keepalive": result.keepalive = time
        case "warntime": result.warntime = time
        case "deadtime": result.deadtime = time
        case "initdead": result.initdead = time
        case "deadping": result.deadping = time
        case "fit_settle": result.fitSettle = time
        case "offer_timeout": result.offerTimeout = time
        default: break  // without effect
        }
    }

    private mutating func set(_ row: Directive, integer: Int) {
        switch row.name {
        case "udpport": port = UInt16(truncatingIfNeeded: integer)
        case "debug": result.logging.debugLevel = integer
        case "rtprio": result.realTime.priority = integer
        default: break  // without effect
        }
    }

    private mutating func set(_ row: Directive, boolean: Bool) {
        switch row.name {
        case "unproved_takeover": result.takesUnproved = boolean
        case "realtime": result.realTime.isWanted = boolean
        default: break  // without effect
        }
    }

    private mutating func set(_ row: Directive, word: String) {
        switch row.name {
        case "cluster": result.cluster = word
        case "auto_failback":
            result.autoFailback =
                AutoFailback(rawValue: word) ?? (HaCfParser.boolean(word) == true ? .on : .off)
        case "logfile": result.logging.file = word
        case "debugfile": result.logging.debugFile = word
        case "logfacility": result.logging.facility = word == "none" ? nil : word
        default: break  // without effect
        }
    }

    private mutating func set(_ row: Directive, listed value: Word) {
        switch row.name {
        case "node": node(value)
        case "stateless": stateless(value)
        default: break
        }
    }

    private mutating func set(_ row: Directive, _ name: Word, words: [Word]) {
        switch row.name {
        case "bcast", "udp":
            if row.name == "udp" {
                list.warning(.oldName, at: name.position, "'udp' is the old name of 'bcast'")
            }
            for word in words {
                if let device = device(word) { link(.broadcast, device, word) }
            }
        case "ucast":
            guard let device = device(words[0]) else { return }
            guard let peer = IPAddress(words[1].text), peer.isIPv4 else {
                list.error(
                    .invalidAddress,
                    at: words[1].position,
                    "\(quoted(words[1].text)) is no IPv4 address",
                    hint: "names are not resolved here: write the address"
                )
                return
            }
            link(.unicast(peer: peer), device, words[1])
        case "timeout": timeout(words)
        default: break  // without effect
        }
    }

    // MARK: Particular directives

    private mutating func node(_ value: Word) {
        let name = value.text.lowercased()
        guard isNodeName(name) else {
            list.error(
                .invalidName,
                at: value.position,
                "\(quoted(value.text)) is no node name",
                hint: "letters, digits, '.', '-' and '_', at most 64: what `uname -n` prints"
            )
            return
        }
        if result.nodes.contains(name) {
            list.warning(.givenTwice, at: value.position, "node '\(name)' is named twice")
        } else if result.nodes.count == 2 {
            list.error(
                .wrongNodeCount,
                at: value.position,
                "\(quoted(name)) is one node too many: Baton works with two"
            )
        } else {
            result.nodes.append(name)
        }
    }

    private mutating func stateless(_ value: Word) {
        if ["drbddisk", "Filesystem", "LVM", "Raid1", "drbdupper"].contains(value.text) {
            list.warning(
                .storageCalledStateless,
                at: value.position,
                "'\(value.text)' is called stateless but carries data",
                hint: "two nodes may then write at the same time"
            )
        }
        if !result.statelessTypes.contains(value.text) { result.statelessTypes.append(value.text) }
    }

    private mutating func device(_ value: Word) -> String? {
        guard isDeviceName(value.text) else {
            list.error(
                .invalidName,
                at: value.position,
                "\(quoted(value.text)) is no device name",
                hint: "at most 15 characters, as `ip link` prints it"
            )
            return nil
        }
        return value.text
    }

    private mutating func link(_ medium: HeartbeatLink.Medium, _ device: String, _ word: Word) {
        let link = HeartbeatLink(medium: medium, device: device, port: port)
        if result.links.contains(where: { $0.medium == medium && $0.device == device }) {
            list.warning(.givenTwice, at: word.position, "link '\(link.name)' is named twice")
        } else if result.links.count == HaCfParser.linkMaximum {
            list.error(
                .tooMany,
                at: word.position,
                "more than \(HaCfParser.linkMaximum) heartbeat links"
            )
        } else {
            result.links.append(link)
        }
    }

    private mutating func timeout(_ words: [Word]) {
        let subject = words.count == 3 ? words[0].text : nil
        let operationWord = words[words.count - 2]
        guard let operation = OperationAction(rawValue: operationWord.text) else {
            let known = ["start", "stop", "status"]
            list.error(
                .invalidValue,
                at: operationWord.position,
                "\(quoted(operationWord.text)) is no operation: start, stop or status",
                hint: nearestWordHint(to: operationWord.text, among: known)
            )
            return
        }
        guard let row = HaCfParser.table["timeout"],
            let limit = time(
                row,
                words[words.count - 1],
                in: .milliseconds(100)...Directive.timeMaximum
            )
        else { return }
        result.timeouts.rules.append(
            OperationTimeouts.Rule(subject: subject, operation: operation, limit: limit)
        )
    }

    // MARK: Values against each other

    private mutating func checkTogether() {
        if result.nodes.isEmpty {
            list.error(.missingDirective, at: nil, "no node is named", hint: "node NAME NAME")
        } else if result.nodes.count == 1,
            !list.kept.contains(where: { $0.code == .wrongNodeCount })
        {
            list.error(
                .wrongNodeCount,
                at: result.positions["node"],
                "only one node is named: a pair has two",
                hint: "node \(result.nodes[0]) OTHER"
            )
        }
        if result.links.isEmpty,
            !list.kept.contains(where: { $0.severity == .error && $0.line > 0 })
        {
            list.error(
                .missingDirective,
                at: nil,
                hasUnsupportedLink
                    ? "none of the heartbeat links named can be used"
                    : "no heartbeat link is named",
                hint: "bcast DEVICE, or ucast DEVICE ADDRESS"
            )
        }
        checkTimes()
        switch result.autoFailback {
        case nil:
            list.note(
                .failbackUnset,
                at: nil,
                "auto_failback is not set and is off: a group stays where it is; in Heartbeat it was legacy",
                hint: "say `auto_failback off`, or `auto_failback on` for groups that go back"
            )
        case .legacy:
            list.note(
                .failbackLegacy,
                at: result.positions["auto_failback"],
                "auto_failback legacy is carried out as on: the group is asked for, not grabbed"
            )
        case .on, .off: break
        }
    }

    private mutating func checkTimes() {
        let times = result.timings
        let twice = times.keepalive * 2
        let place = result.positions["deadtime"] ?? result.positions["keepalive"]
        if times.deadtime <= twice {
            list.error(
                .timesConflict,
                at: place,
                "deadtime \(times.deadtime.shortText) must be more than twice keepalive "
                    + times.keepalive.shortText,
                hint: "deadtime \((times.keepalive * 3).shortText) is three keepalives"
            )
        }
        if let initdead = result.initdead, initdead < times.deadtime {
            list.error(
                .timesConflict,
                at: result.positions["initdead"],
                "initdead \(initdead.shortText) is less than deadtime \(times.deadtime.shortText)"
            )
        }
        if let deadping = result.deadping, deadping <= twice {
            list.error(
                .timesConflict,
                at: result.positions["deadping"],
                "deadping \(deadping.shortText) must be more than twice keepalive "
                    + times.keepalive.shortText
            )
        }
        guard let warntime = result.warntime else { return }
        if warntime >= times.deadtime {
            list.warning(
                .timesConflict,
                at: result.positions["warntime"],
                "warntime \(warntime.shortText) is not below deadtime \(times.deadtime.shortText): "
                    + "nothing is ever called late"
            )
        } else if warntime <= times.keepalive {
            list.warning(
                .timesConflict,
                at: result.positions["warntime"],
                "warntime \(warntime.shortText) is not above keepalive \(times.keepalive.shortText): "
                    + "every heartbeat is called late"
            )
        }
    }
}

/// What `uname -n` may print: letters, digits, `.`, `-`, `_`, at most 64 (HOST_NAME_MAX).
func isNodeName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46
                || byte == 95
        }
}

/// What the kernel takes for an interface: 1 to 15 bytes, no blank, `/`, `:` or control character.
func isDeviceName(_ text: String) -> Bool {
    (1...15).contains(text.utf8.count) && text != "." && text != ".."
        && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 47 && $0 != 58 }
}
