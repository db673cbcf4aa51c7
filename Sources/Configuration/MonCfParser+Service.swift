// The lines of a watch: services, what belongs to a service, its periods, and what belongs to those.

extension MonCfParser {
    /// A word after shell-like quoting.
    struct ShellWord {
        var text: String
        var position: Position
    }

    /// Reads a line inside a watch.
    mutating func inWatch(_ name: Word, _ line: LogicalLine) {
        let words = line.words()
        let rest = Array(line.dropFirst(name.characters.count)).trimmed
        switch name.text {
        case "service": service(words)
        case "period": beginPeriod(name, rest)
        default:
            if let equals = name.characters.firstIndex(where: { $0.scalar == "=" }),
                isEnvironmentName(name.characters[..<equals])
            {
                environment(name, line, equals)
                return
            }
            guard let row = MonCfParser.table[name.text], row.section != .records else {
                list.error(
                    .unknownDirective,
                    at: name.position,
                    "unknown word \(quoted(name.text))",
                    hint: nearestWordHint(to: name.text, among: MonCfParser.table.keys.sorted())
                )
                return
            }
            switch (row.section, state) {
            case (.service, .service):
                if let value = checked(row, name, rest) { set(row, name, value) }
            case (.period, .period):
                if let value = checked(row, name, rest) { setPeriod(row, name, value) }
            case (_, .watch):
                misplaced(name, "stands before the first service", "service TAG")
            case (.service, _):
                misplaced(
                    name,
                    "belongs to the service, and a period has begun",
                    "move the line above `period`"
                )
            default:
                misplaced(name, "belongs to a period", "a `period` line comes before")
            }
        }
    }

    private mutating func misplaced(_ name: Word, _ message: String, _ hint: String) {
        list.error(.misplaced, at: name.position, "'\(name.text)' \(message)", hint: hint)
    }

    private func isEnvironmentName(_ characters: ArraySlice<SourceCharacter>) -> Bool {
        !characters.isEmpty
            && characters.allSatisfy { character in
                ("A"..."Z").contains(character.scalar) || ("0"..."9").contains(character.scalar)
                    || character.scalar == "_"
            }
    }

    private mutating func environment(_ name: Word, _ line: LogicalLine, _ equals: Int) {
        guard state == .service, let at = currentService else {
            misplaced(name, "is environment of a service", "put it between `service` and `period`")
            return
        }
        result.watches[at.watch].services[at.service].environment.append(
            MonitorConfiguration.Global(
                name: Array(line[..<equals]).text,
                value: Array(line[(equals + 1)...]).text
            )
        )
    }

    /// The service lines belong to now.
    var currentService: (watch: Int, service: Int)? {
        guard let watch = result.watches.indices.last,
            let service = result.watches[watch].services.indices.last
        else { return nil }
        return (watch, service)
    }

    // MARK: Service

    private mutating func service(_ words: [Word]) {
        guard words.count == 2 else {
            list.error(
                words.count < 2 ? .missingValue : .wrongValueCount,
                at: words.last?.position,
                "'service' takes one tag",
                hint: "service TAG"
            )
            return
        }
        guard isTag(words[1]), let watch = result.watches.indices.last else { return }
        if result.watches[watch].services.contains(where: { $0.name == words[1].text }) {
            list.error(
                .givenTwice,
                at: words[1].position,
                "service \(quoted(words[1].text)) is given twice in this watch"
            )
        }
        result.watches[watch].services.append(
            MonitoredService(name: words[1].text, line: words[1].position.line)
        )
        state = .service
    }

    private mutating func set(_ row: Directive, _ name: Word, _ value: LogicalLine) {
        guard let at = currentService else { return }
        var service = result.watches[at.watch].services[at.service]
        switch row.name {
        case "interval": service.interval = time(value)
        case "failure_interval": service.failureInterval = time(value)
        case "randskew": service.randomSkew = time(value)
        case "dep_memory": service.dependencyMemory = time(value)
        case "traptimeout": service.trapTimeout = time(value)
        case "trapduration": service.trapDuration = time(value)
        case "monitor": monitor(&service, name, value, at)
        case "allow_empty_group": service.allowsEmptyGroup = true
        case "exclude_hosts": service.excludedHosts += value.words().map(\.text)
        case "exclude_period": service.excludePeriod = period(value, at: name.position)
        case "description": service.summary = value.text
        case "depend": service.dependency = value.text
        case "alertdepend": service.alertDependency = value.text
        case "monitordepend": service.monitorDependency = value.text
        case "hostdepend": service.hostDependency = value.text
        case "dep_behavior":
            service.dependencyBehavior = MonitoredService.DependencyBehavior(
                rawValue: value.text.lowercased()
            )
        case "unack_summary":
            service.cancelsAcknowledgementOnSummary =
                value.isEmpty ? true : HaCfParser.boolean(value.text)
            if service.cancelsAcknowledgementOnSummary == nil, let first = value.first {
                list.error(
                    .invalidValue,
                    at: first.position,
                    "\(quoted(value.text)) is neither yes nor no"
                )
            }
        case "redistribute": service.redistribute = command(value)
        default: break
        }
        result.watches[at.watch].services[at.service] = service
    }

    private mutating func monitor(
        _ service: inout MonitoredService,
        _ name: Word,
        _ value: LogicalLine,
        _ at: (watch: Int, service: Int)
    ) {
        var value = value
        if value.count >= 2, value.suffix(2).allSatisfy({ $0.scalar == ";" }) {
            service.appendsHosts = false
            value = Array(value.dropLast(2)).trimmed
        }
        if service.monitor != nil {
            list.warning(
                .givenTwice,
                at: name.position,
                "'monitor' is given again; this line counts"
            )
        }
        service.monitor = command(value)
        guard let words = shellWords(value) else { return }
        for word in words where hasPassword(word.text) {
            list.warning(
                .passwordInFile,
                at: word.position,
                "a password stands in mon.cf and, while the monitor runs, in the process list",
                hint: "give a file: --password=/FILE, readable by root alone"
            )
        }
        let members = result.hostgroups.first { $0.tag == result.watches[at.watch].group }?.members
        if service.appendsHosts, let last = words.last, words.count > 1,
            members?.contains(last.text) == true
        {
            repeatedHosts.append(
                Place(
                    watch: at.watch,
                    service: at.service,
                    position: last.position,
                    text: last.text
                )
            )
        }
    }

    /// `…password=TEXT`; a path is a file to read it from.
    private func hasPassword(_ text: String) -> Bool {
        guard let equals = text.firstIndex(of: "=") else { return false }
        let name = text[..<equals].lowercased()
        let value = text[text.index(after: equals)...]
        return (name.hasSuffix("password") || name.hasSuffix("passwd")) && !value.isEmpty
            && !value.hasPrefix("/")
    }

    // MARK: Period

    private mutating func beginPeriod(_ name: Word, _ rest: LogicalLine) {
        guard state == .service || state == .period, let at = currentService else {
            misplaced(name, "stands before the first service", "service TAG")
            return
        }
        state = .period
        var text = rest
        var label: String?
        if let colon = rest.firstIndex(where: { $0.scalar == ":" }),
            let first = rest.first, !("0"..."9").contains(first.scalar),
            rest[..<colon].allSatisfy({ isLabelScalar($0.scalar) }), colon > 0
        {
            label = Array(rest[..<colon]).text
            text = Array(rest[(colon + 1)...]).trimmed
        }
        let period = period(text, at: name.position) ?? .always
        let existing = result.watches[at.watch].services[at.service].periods
        if existing.contains(where: { $0.label ?? $0.text == label ?? text.text }) {
            list.error(
                .givenTwice,
                at: name.position,
                "this period is given twice in the service",
                hint: "give one of them a label: period NAME: …"
            )
        }
        result.watches[at.watch].services[at.service].periods.append(
            AlertPeriod(label: label, text: text.text, period: period)
        )
    }

    private func isLabelScalar(_ scalar: Unicode.Scalar) -> Bool {
        ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            || scalar == "_"
    }

    /// Reads a period's text, or says what is wrong with it.
    mutating func period(_ text: LogicalLine, at position: Position) -> TimePeriod? {
        do {
            return try PeriodParser.parse(text, at: position)
        } catch {
            list.error(.invalidPeriod, at: error.position, error.message, hint: error.hint)
            return nil
        }
    }

    private mutating func setPeriod(_ row: Directive, _ name: Word, _ value: LogicalLine) {
        guard let at = currentService,
            let index = result.watches[at.watch].services[at.service].periods.indices.last
        else { return }
        var period = result.watches[at.watch].services[at.service].periods[index]
        switch row.name {
        case "alertevery": period.alertEvery = repetition(value)
        case "alertafter":
            period.alertAfter = threshold(
                value,
                interval: result.watches[at.watch].services[at.service].interval
            )
            thresholds.append(
                Place(
                    watch: at.watch,
                    service: at.service,
                    position: name.position,
                    text: value.text
                )
            )
        case "numalerts": period.alertMaximum = Int(value.text)
        case "no_comp_alerts": period.sendsUncompensatedUpalerts = true
        case "alertexitrange":
            period.exitCodes = exitCodes(value.text)
            if period.exitCodes == nil, let first = value.first {
                list.error(
                    .invalidValue,
                    at: first.position,
                    "\(quoted(value.text)) is no range of exit codes",
                    hint: row.grammar
                )
            }
        case "upalertafter": period.upalertAfter = time(value)
        case "alerts_dont_count": period.alertsDoNotCount = true
        default:
            if let kind = AlertPeriod.AlertKind(rawValue: row.name) {
                alert(&period, kind, name, value, at)
            }
        }
        result.watches[at.watch].services[at.service].periods[index] = period
    }

    private mutating func alert(
        _ period: inout AlertPeriod,
        _ kind: AlertPeriod.AlertKind,
        _ name: Word,
        _ value: LogicalLine,
        _ at: (watch: Int, service: Int)
    ) {
        var value = value
        var codes: ClosedRange<Int>?
        if let first = value.words().first, first.text.hasPrefix("exit=") {
            codes = exitCodes(String(first.text.dropFirst(5)))
            if codes == nil {
                list.error(
                    .invalidValue,
                    at: first.position,
                    "\(quoted(first.text)) is no range of exit codes",
                    hint: "exit=N or exit=N-M"
                )
            }
            value = Array(value.dropFirst(first.characters.count)).trimmed
        }
        guard let command = command(value) else {
            if value.isEmpty {
                list.error(.missingValue, at: name.position, "'\(name.text)' names no program")
            }
            return
        }
        period.alerts.append(AlertPeriod.Alert(kind: kind, exitCodes: codes, command: command))
        if kind == .failure, let first = value.first {
            alerts.append(
                Place(
                    watch: at.watch,
                    service: at.service,
                    position: first.position,
                    text: command.program
                )
            )
        }
    }

    private func exitCodes(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(parts.count), let low = parts[0], let high = parts[parts.count - 1],
            low >= 0, high <= 255, low <= high
        else { return nil }
        return low...high
    }

    private mutating func repetition(_ value: LogicalLine) -> AlertPeriod.Repetition? {
        let words = value.words()
        guard let gap = time(words[0].characters) else { return nil }
        var result = AlertPeriod.Repetition(gap: gap)
        guard words.count > 1 else { return result }
        switch words[1].text {
        case "observe_detail": result.observesDetail = true
        case "ignore_summary": result.ignoresSummary = true
        case "strict": result.isStrict = true
        default:
            list.error(
                .invalidValue,
                at: words[1].position,
                "\(quoted(words[1].text)) is none of observe_detail, ignore_summary, strict",
                hint: nearestWordHint(
                    to: words[1].text,
                    among: ["observe_detail", "ignore_summary", "strict"]
                )
            )
        }
        return result
    }

    private mutating func threshold(
        _ value: LogicalLine,
        interval: Duration?
    ) -> AlertPeriod.Threshold? {
        let words = value.words()
        let first = words[0]
        if let count = Int(first.text) {
            guard (1...1_000_000).contains(count) else {
                list.error(
                    .outOfRange,
                    at: first.position,
                    "\(quoted(first.text)) is no count of failures"
                )
                return nil
            }
            guard words.count > 1 else { return .failures(count) }
            guard let within = time(words[1].characters) else { return nil }
            if let interval, interval * (count - 1) >= within {
                list.error(
                    .timesConflict,
                    at: words[1].position,
                    "\(count) failures every \(interval.shortText) never fall within \(within.shortText)",
                    hint: "more than \((interval * (count - 1)).shortText)"
                )
                return nil
            }
            return .failuresWithin(count, within)
        }
        guard words.count == 1 else {
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(first.text)) is no count of failures",
                hint: "alertafter COUNT, alertafter COUNT TIME, or alertafter TIME"
            )
            return nil
        }
        return time(first.characters).map { .failingFor($0) }
    }

    // MARK: Values

    /// Checks the words after a name by the row's form; nil after an error.
    private mutating func checked(
        _ row: Directive,
        _ name: Word,
        _ value: LogicalLine
    ) -> LogicalLine? {
        let count = value.words().count
        if case .words(let counts) = row.form {
            guard counts.contains(count) else {
                list.error(
                    count < counts.lowerBound ? .missingValue : .wrongValueCount,
                    at: name.position,
                    count < counts.lowerBound
                        ? "'\(row.name)' has no value" : "'\(row.name)' has too many values",
                    hint: row.grammar
                )
                return nil
            }
            return value
        }
        guard count > 0 else {
            list.error(
                .missingValue,
                at: name.position,
                "'\(row.name)' has no value",
                hint: row.grammar
            )
            return nil
        }
        return check(row, value) ? value : nil
    }

    /// Checks a value by its row's form.
    mutating func check(_ row: Directive, _ value: LogicalLine) -> Bool {
        guard let first = value.first else { return false }
        switch row.form {
        case .monTime:
            return time(value) != nil
        case .integer(let range):
            if let number = Int(value.text), range.contains(number) { return true }
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(value.text)) is no value of '\(row.name)': it takes "
                    + "a number from \(range.lowerBound) to \(range.upperBound)"
            )
            return false
        case .boolean:
            if HaCfParser.boolean(value.text) != nil { return true }
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(value.text)) is no value of '\(row.name)': it takes yes or no"
            )
            return false
        case .choice(let words):
            if words.contains(value.text.lowercased()) { return true }
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(value.text)) is no value of '\(row.name)': it takes "
                    + words.joined(separator: ", ")
            )
            return false
        case .time, .list, .word, .words:
            return true
        }
    }

    /// mon's time above zero, or an error.
    mutating func time(_ value: LogicalLine) -> Duration? {
        guard let first = value.first else { return nil }
        let text = value.text
        do {
            let time = try DurationText.parse(text, units: DurationText.monUnits)
            guard time > .zero, time <= .seconds(100 * 366 * 86_400) else {
                list.error(
                    .outOfRange,
                    at: first.position,
                    "\(quoted(text)) is out of range: above zero"
                )
                return nil
            }
            return time
        } catch {
            list.error(
                .invalidTime,
                at: first.position,
                error == .missingUnit
                    ? "\(quoted(text)) has no unit" : "\(quoted(text)) is no time",
                hint: error == .missingUnit
                    ? "\(printable(text.unicodeScalars))s for seconds"
                    : "a number with s, m, h or d"
            )
            return nil
        }
    }

    /// A program and its arguments; nil after an error or when empty.
    private mutating func command(_ value: LogicalLine) -> MonitoredService.Command? {
        guard let words = shellWords(value), let program = words.first else {
            if let quote = value.first(where: { $0.scalar == "\"" || $0.scalar == "'" }) {
                list.error(.quoting, at: quote.position, "the quote is not closed")
            }
            return nil
        }
        return MonitoredService.Command(
            program: program.text,
            arguments: words.dropFirst().map(\.text)
        )
    }

    /// Splits like a shell: blanks, single and double quotes, backslash.
    ///
    /// Nil: a quote is not closed.
    private func shellWords(_ value: LogicalLine) -> [ShellWord]? {
        var words: [ShellWord] = []
        var current: ShellWord?
        var quote: Unicode.Scalar?
        var index = 0
        while index < value.count {
            let character = value[index]
            index += 1
            if quote == nil, isBlank(character.scalar) {
                if let word = current { words.append(word) }
                current = nil
                continue
            }
            var word = current ?? ShellWord(text: "", position: character.position)
            if character.scalar == quote {
                quote = nil
            } else if quote == nil, character.scalar == "\"" || character.scalar == "'" {
                quote = character.scalar
            } else if character.scalar == "\\", quote != "'", index < value.count {
                word.text.unicodeScalars.append(value[index].scalar)
                index += 1
            } else {
                word.text.unicodeScalars.append(character.scalar)
            }
            current = word
        }
        if let word = current { words.append(word) }
        return quote == nil ? words : nil
    }
}
