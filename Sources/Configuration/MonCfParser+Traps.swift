// What a mon.cf amounts to that its lines alone do not show: globals without effect, hosts checked
// twice, alerts that repeat, and how long a dead application goes unnoticed.

internal import Monitoring

extension MonCfParser {
    /// One note for all globals that are read and change nothing, with the reasons.
    mutating func noteGlobals(_ positions: [String: Position]) {
        var byReason: [(why: String, names: [String])] = []
        var first: Position?
        for (name, position) in positions.sorted(by: { $0.value < $1.value }) {
            guard let standing = MonCfParser.globals[name]?.standing,
                case .withoutEffect(let why, _) = standing
            else { continue }
            first = first ?? position
            if let index = byReason.firstIndex(where: { $0.why == why }) {
                byReason[index].names.append(name)
            } else {
                byReason.append((why, [name]))
            }
        }
        if let first {
            let parts = byReason.map { "\($0.names.joined(separator: ", ")) (\($0.why))" }
            list.note(
                .withoutEffect,
                at: first,
                "without effect: \(parts.joined(separator: "; "))"
            )
        }
        if positions["dtlogfile"] != nil,
            result.global("dtlogging").flatMap(HaCfParser.boolean) != true
        {
            list.note(
                .downtimeLogOff,
                at: positions["dtlogfile"],
                "dtlogfile without `dtlogging = yes` logs nothing, in mon too"
            )
        }
    }

    /// What to say about services as a whole.
    mutating func noteTraps() {
        if let first = repeatedHosts.first {
            list.note(
                .hostTwice,
                at: first.position,
                "\(quoted(first.text)) is a host of the group and is appended again, so it is checked twice"
                    + times(repeatedHosts.count, "service"),
                hint: "leave it out, or end the line with ;;"
            )
        }
        if let first = alerts.first(where: { movesGroup($0.text) }) {
            list.note(
                .blindAlert,
                at: first.position,
                "the alert \(quoted(first.text)) never asks whether the peer is fit; Baton does (rule S7), "
                    + "and moves a group at most once per incident",
                hint: "an order to a peer that is unfit is refused and said so"
            )
        }
        noteUnboundedAlerts()
        noteUnmoving()
        noteSilentServices()
        noteDetectionTime()
    }

    private func times(_ count: Int, _ noun: String) -> String {
        count == 1 ? "" : " (\(count) \(noun)s)"
    }

    /// A name that promises to touch the cluster; a mail alert does not.
    private func movesGroup(_ program: String) -> Bool {
        let name = program.split(separator: "/").last.map(String.init)?.lowercased() ?? ""
        return ["ha-", "ha_", "hb_", "hb-", "standby", "failover", "heartbeat"]
            .contains { name.contains($0) }
    }

    private mutating func noteUnboundedAlerts() {
        let unbounded = alerts.filter { place in
            let periods = result.watches[place.watch].services[place.service].periods
            return movesGroup(place.text)
                && periods.contains { $0.alertEvery == nil && $0.alertMaximum == nil }
        }
        guard let first = unbounded.first else { return }
        list.note(
            .repeatingAlert,
            at: first.position,
            "without alertevery or numalerts mon repeats the alert at every failing run"
                + times(unbounded.count, "service")
        )
    }

    /// Services whose failure only tells, where nobody has said that this is meant.
    private mutating func noteUnmoving() {
        guard result.settings.action == nil else { return }
        var found: [MonitoredService] = []
        for service in result.watches.flatMap(\.services)
        where service.monitor != nil && service.interval != nil && service.action == nil
            && result.action(of: service) == .notify
        {
            let alerts = service.periods.flatMap(\.alerts).filter { $0.kind == .failure }
            if !alerts.contains(where: { movesGroup($0.command.program) }) { found.append(service) }
        }
        guard let first = found.first else { return }
        let names = found.prefix(6).map(\.name).joined(separator: ", ")
        list.note(
            .movesNothing,
            at: Position(line: first.line, offset: 0),
            "the failure of \(names)\(found.count > 6 ? ", …" : "") moves nothing: there is no monitor_action, "
                + "and no alert that moves a group",
            hint:
                "`monitor_action standby` moves it; `monitor_action notify` says that this is meant"
        )
    }

    private mutating func noteSilentServices() {
        for watch in result.watches {
            for service in watch.services where service.monitor == nil || service.interval == nil {
                list.warning(
                    .unwatched,
                    at: Position(line: service.line, offset: 0),
                    "service \(quoted(service.name)) has no \(service.monitor == nil ? "monitor" : "interval"): "
                        + "nothing checks it"
                )
            }
        }
    }

    /// The slowest services, where the death of an application is noticed late.
    ///
    /// `alertafter N` at an interval T takes from (N-1) × T, when the first failing run comes right
    /// after the death, to N × T, plus what a run itself takes.
    private mutating func noteDetectionTime() {
        var slow: [(Place, interval: Duration, count: Int)] = []
        for place in thresholds {
            let service = result.watches[place.watch].services[place.service]
            guard let interval = service.interval,
                case .failures(let count) = service.periods.last?.alertAfter,
                interval * count > MonCfParser.detectionLimit
            else { continue }
            slow.append((place, interval, count))
        }
        guard let worst = slow.max(by: { $0.interval * $0.count < $1.interval * $1.count }) else {
            return
        }
        let names = slow.filter { $0.interval * $0.count == worst.interval * worst.count }
            .map { result.watches[$0.0.watch].services[$0.0.service].name }
        let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", …" : "")
        let least = worst.interval * (worst.count - 1)
        let most = worst.interval * worst.count
        list.warning(
            .slowDetection,
            at: worst.0.position,
            "a dead application is noticed after \(least.shortText) to \(most.shortText), plus one run of the "
                + "monitor: (\(worst.count) - 1) × \(worst.interval.shortText) to \(worst.count) × "
                + "\(worst.interval.shortText) (\(shown))",
            hint: "interval 1s with alertafter 2 notices within 1s to 2s"
        )
    }

    /// Beyond this a dead application deserves a word.
    private static let detectionLimit = Duration.seconds(20)
}
