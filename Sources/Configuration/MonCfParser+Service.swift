// The lines of a watch: services and what belongs to a service.

internal import Monitoring

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
                    hint: nearestWordHint(to: name.text, among: MonCfParser.words)
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

    mutating func misplaced(_ name: Word, _ message: String, _ hint: String) {
        list.error(.misplaced, at: name.position, "'\(name.text)' \(message)", hint: hint)
    }

    func isEnvironmentName(_ characters: ArraySlice<SourceCharacter>) -> Bool {
        !characters.isEmpty
            && characters.allSatisfy { character in
                ("A"..."Z").contains(character.scalar) || ("0"..."9").contains(character.scalar)
                    || character.scalar == "_"
            }
    }

    mutating func environment(_ name: Word, _ line: LogicalLine, _ equals: Int) {
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

    mutating func service(_ words: [Word]) {
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
        guard
            list.hasRoom(
                after: result.watches[watch].services.count,
                maximum: MonCfParser.serviceMaximum,
                of: "services in a watch",
                at: words[1].position
            )
        else { return }
        result.watches[watch].services.append(
            MonitoredService(name: words[1].text, line: words[1].position.line)
        )
        state = .service
    }

    mutating func set(_ row: Directive, _ name: Word, _ value: LogicalLine) {
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
        case "depend": service.dependency = dependency(value, name, at)
        case "alertdepend": service.alertDependency = dependency(value, name, at)
        case "monitordepend": service.monitorDependency = dependency(value, name, at)
        case "hostdepend": service.hostDependency = dependency(value, name, at)
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
        case "redistribute":
            service.redistribute = command(value)
            if let program = service.redistribute?.program, let first = value.first {
                use(.alert, program, at: first.position)
            }
        case "monitor_action": service.action = MonitorAction(rawValue: value.text.lowercased())
        case "monitor_timeout": service.monitorTimeout = time(value)
        case "alert_timeout": service.alertTimeout = time(value)
        case "start_grace": service.startGrace = time(value, allowsZero: true)
        default: break
        }
        result.watches[at.watch].services[at.service] = service
    }

    /// Reads what a service depends on, or says what is wrong with it.
    mutating func dependency(
        _ value: LogicalLine,
        _ name: Word,
        _ at: (watch: Int, service: Int)
    ) -> DependencyExpression? {
        do {
            let (expression, mentions) = try DependencyParser.parse(
                value,
                ownGroup: result.watches[at.watch].group,
                at: name.position
            )
            let watch = result.watches[at.watch]
            let own = ServiceName(group: watch.group, service: watch.services[at.service].name)
            self.mentions += mentions.map { (of: own, $0) }
            return expression
        } catch {
            list.error(.invalidValue, at: error.position, error.message, hint: error.hint)
            return nil
        }
    }

    mutating func monitor(
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
        if let program = service.monitor?.program, let first = value.first {
            use(.monitor, program, at: first.position)
        }
        guard let words = shellWords(value) else { return }
        let isBuiltIn = MonCfProgram.builtInMonitors.contains(service.monitor?.program ?? "")
        for word in words where hasPassword(word.text) {
            list.warning(
                .passwordInFile,
                at: word.position,
                "a password stands in mon.cf"
                    + (isBuiltIn ? "" : " and, while the monitor runs, in the process list"),
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
    func hasPassword(_ text: String) -> Bool {
        guard let equals = text.firstIndex(of: "=") else { return false }
        let name = text[..<equals].lowercased()
        let value = text[text.index(after: equals)...]
        return (name.hasSuffix("password") || name.hasSuffix("passwd")) && !value.isEmpty
            && !value.hasPrefix("/")
    }
}
