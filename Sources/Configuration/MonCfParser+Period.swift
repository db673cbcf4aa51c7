// The periods of a service and the lines that belong to them.

internal import Monitoring

extension MonCfParser {
    mutating func beginPeriod(_ name: Word, _ rest: LogicalLine) {
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
        guard
            list.hasRoom(
                after: existing.count,
                maximum: MonCfParser.periodMaximum,
                of: "periods in a service",
                at: name.position
            )
        else { return }
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

    func isLabelScalar(_ scalar: Unicode.Scalar) -> Bool {
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

    mutating func setPeriod(_ row: Directive, _ name: Word, _ value: LogicalLine) {
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

    mutating func alert(
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
        if let first = value.first { use(.alert, command.program, at: first.position) }
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

    func exitCodes(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(parts.count), let low = parts[0], let high = parts[parts.count - 1],
            low >= 0, high <= 255, low <= high
        else { return nil }
        return low...high
    }

    mutating func repetition(_ value: LogicalLine) -> AlertPeriod.Repetition? {
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

    mutating func threshold(
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
        guard ("0"..."9").contains(first.characters.first?.scalar ?? " ") else {
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(first.text)) is neither a count of failures nor a time",
                hint: "alertafter COUNT, alertafter COUNT TIME, or alertafter TIME"
            )
            return nil
        }
        return time(first.characters).map { .failingFor($0) }
    }
}
