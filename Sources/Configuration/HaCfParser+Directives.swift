// What each directive of ha.cf sets: one setter per kind of value, then the directives whose values
// need more than their form.

internal import Failover

extension HaCfParser {
    // MARK: Setters by kind

    mutating func set(_ row: Directive, time: Duration) {
        switch row.name {
        case "keepalive": result.keepalive = time
        case "warntime": result.warntime = time
        case "deadtime": result.deadtime = time
        case "initdead": result.initdead = time
        case "deadping": result.deadping = time
        case "jeopardy_time": result.jeopardyTime = time
        case "early_floor": result.earlyFloor = time
        case "announce_interval": result.announceInterval = time
        case "fit_settle": result.fitSettle = time
        case "failback_settle": result.failbackSettle = time
        case "offer_timeout": result.offerTimeout = time
        case "hold_down": result.holdDown = time
        default: break  // without effect
        }
    }

    mutating func set(_ row: Directive, integer: Int) {
        switch row.name {
        case "udpport": port = UInt16(truncatingIfNeeded: integer)
        case "debug": result.logging.debugLevel = integer
        case "move_budget": result.moveBudget = integer
        case "restart_budget": result.restartBudget = integer
        case "early_probes": result.earlyProbes = integer
        case "rtprio": result.realTime.priority = integer
        default: break  // without effect
        }
    }

    mutating func set(_ row: Directive, boolean: Bool) {
        switch row.name {
        case "unproved_takeover": result.takesUnproved = boolean
        case "freezer": result.usesFreezer = boolean
        case "cut_connections": result.cutsConnections = boolean
        case "address_last": result.opensAddressesLast = boolean
        case "auto_links": result.learnsPaths = boolean
        case "announce_interval": if !boolean { result.announceInterval = nil }
        case "realtime": result.realTime.isWanted = boolean
        default: break  // without effect
        }
    }

    mutating func set(_ row: Directive, word: String) {
        switch row.name {
        case "cluster": result.cluster = word
        case "auto_failback":
            result.autoFailback =
                AutoFailback(rawValue: word) ?? (HaCfParser.boolean(word) == true ? .on : .off)
        case "early_takeover":
            result.earlyTakeover =
                EarlyTakeover(rawValue: word) ?? (HaCfParser.boolean(word) == true ? .on : .off)
        case "boot_policy": result.bootPolicy = BootPolicy(rawValue: word)
        case "logfile": result.logging.file = word
        case "debugfile": result.logging.debugFile = word
        case "logfacility": result.logging.facility = word == "none" ? nil : word
        default: break  // without effect
        }
    }

    mutating func set(_ row: Directive, listed value: Word) {
        switch row.name {
        case "node": node(value)
        case "stateless": stateless(value)
        default: break
        }
    }

    mutating func set(_ row: Directive, _ name: Word, words: [Word]) {
        switch row.name {
        case "bcast", "udp": broadcast(row, name, words)
        case "ucast", "ucast6": unicast(row, words)
        case "mcast", "mcast6": multicast(row, words)
        case "ping": ping(words)
        case "ping_group": pingGroup(words)
        case "parallel":
            for word in words { collect(word, in: \.parallel, of: "parallel resources") }
        case "timeout": timeout(words)
        case "monitor_interval": monitorInterval(row, words)
        case "notify": notify(words)
        case "notify_state": notifyState(words)
        case "track_interface": for word in words { trackInterface(word) }
        case "track_script": trackScript(row, words)
        case "notify_rate": notificationRate(row, words[0])
        default: break  // without effect
        }
    }

    // MARK: Particular directives

    mutating func node(_ value: Word) {
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

    mutating func stateless(_ value: Word) {
        if ["drbddisk", "Filesystem", "LVM", "Raid1", "drbdupper"].contains(value.text) {
            list.warning(
                .storageCalledStateless,
                at: value.position,
                "'\(value.text)' is called stateless but carries data",
                hint: "two nodes may then write at the same time"
            )
        }
        collect(value, in: \.statelessTypes, of: "stateless types")
    }

    /// Adds a word to those of earlier lines, once.
    private mutating func collect(
        _ value: Word,
        in words: WritableKeyPath<HaCf, [String]>,
        of things: String
    ) {
        let known = result[keyPath: words]
        guard list.hasRoom(after: known.count, maximum: 256, of: things, at: value.position),
            !known.contains(value.text)
        else { return }
        result[keyPath: words].append(value.text)
    }

    mutating func timeout(_ words: [Word]) {
        let subject = words.count == 3 ? words[0].text : nil
        let operationWord = words[words.count - 2]
        let known = OperationAction.scripted
        guard let operation = known.first(where: { $0.rawValue == operationWord.text }) else {
            list.error(
                .invalidValue,
                at: operationWord.position,
                "\(quoted(operationWord.text)) is no operation: start, stop or status",
                hint: nearestWordHint(to: operationWord.text, among: known.map(\.rawValue))
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
        guard
            list.hasRoom(
                after: result.timeouts.rules.count,
                maximum: 256,
                of: "timeouts",
                at: operationWord.position
            )
        else { return }
        result.timeouts.rules.append(
            OperationTimeouts.Rule(subject: subject, operation: operation, limit: limit)
        )
    }

    mutating func monitorInterval(_ row: Directive, _ words: [Word]) {
        guard let value = words.last else { return }
        let subject = words.count == 2 ? words[0].text : nil
        var interval: Duration?
        if value.text != "off" {
            guard let time = time(row, value, in: .seconds(1)...(.seconds(86_400))) else { return }
            interval = time
        }
        guard
            list.hasRoom(
                after: result.intervals.rules.count,
                maximum: 256,
                of: "monitor intervals",
                at: value.position
            )
        else { return }
        result.intervals.rules.append(.init(subject: subject, interval: interval))
    }
}
