// `baton monitors` for people: how many services are watched and how they stand, one row each, and below it
// what to type; or one service with its history. Made of the one status value.

public import Failover

/// Writes the service monitors of a status as text.
public struct MonitorsText: Sendable {
    private let width: Int?
    private let usesColor: Bool

    /// A writer for lines of `width` characters, `nil` for output that is no terminal.
    public init(width: Int? = nil, usesColor: Bool = false) {
        self.width = width
        self.usesColor = usesColor
    }

    /// The table of all services of the status, each line ended by a newline.
    public func table(of status: Status) -> String {
        guard let summary = Self.summary(status) else {
            return
                "No service is watched on either node: mon.cf names none, or no group has the resource monitor.\n"
                + "To see which, type: baton check\n"
        }
        let monitors = status.monitors
        var lines = wrapped(printable(summary.capitalizedFirst) + ".", label: "", width: width)
        lines += [""] + rows(monitors).lines(indent: 0, width: width, usesColor: usesColor)
        for monitor in monitors where monitor.isOdd && !monitor.summary.isEmpty {
            let label = "\(printable(monitor.name)) says: "
            if lines.last?.hasPrefix(" ") != true { lines.append("") }
            lines += wrapped(printable(monitor.summary), label: "  " + label, width: width)
        }
        let steps = Self.steps(status)
        if !steps.isEmpty { lines.append("") }
        for step in steps { lines += wrapped(printable(step), label: "", width: width) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// One service with its history, the newest run last.
    public func history(of monitor: MonitorStatus, in status: Status) -> String {
        let name = printable(monitor.name)
        let state = monitor.state.emphasis.paint(monitor.state.rawValue, usesColor: usesColor)
        var lines = ["\(name): \(state)\(monitor.lengthText)"]
        func fact(_ name: String, _ text: String) {
            let label = name + ":" + String(repeating: " ", count: max(1, 14 - name.count))
            lines += wrapped(text, label: label, width: width)
        }
        if !monitor.summary.isEmpty { fact("Says", printable(monitor.summary)) }
        lines += detail(of: monitor)
        if monitor.consecutiveFailures > 0 {
            fact("Failed runs", "\(monitor.consecutiveFailures) since the last success")
        }
        fact("When it fails", monitor.action.meaning)
        fact(
            "Groups",
            monitor.groups.isEmpty
                ? "none" : monitor.groups.map { printable($0) }.joined(separator: ", ")
        )
        fact("Next run", monitor.nextText)
        if !monitor.history.isEmpty {
            var table = TextTable(columns: [
                TableColumn(title: "ENDED", alignsRight: true), TableColumn(title: "RESULT"),
                TableColumn(title: "TOOK", alignsRight: true), TableColumn(title: "SAID"),
            ])
            for run in monitor.history {
                table.rows.append([
                    TableCell(text: ageText(milliseconds: run.agoMilliseconds) + " ago"),
                    TableCell(text: run.result.rawValue, emphasis: run.result.emphasis),
                    TableCell(text: "\(run.tookMilliseconds) ms"),
                    TableCell(text: run.summary.isEmpty ? "-" : printable(run.summary)),
                ])
            }
            lines += [""] + table.lines(indent: 0, width: nil, usesColor: usesColor)
        }
        var one = status
        one.monitors = [monitor]
        let steps = Self.steps(one)
        if !steps.isEmpty { lines.append("") }
        for step in steps { lines += wrapped(printable(step), label: "", width: width) }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Parts

    /// As many lines of one run as anybody reads.
    private static let detailMaximum = 12

    /// What the last run said behind its first line: the reason of a failure is there.
    private func detail(of monitor: MonitorStatus) -> [String] {
        let all = (monitor.detail ?? "").split(whereSeparator: \.isNewline)
        let blank = String(repeating: " ", count: 15)
        var lines = all.prefix(Self.detailMaximum).flatMap {
            wrapped(printable(String($0)), label: blank, width: width)
        }
        let more = all.count - Self.detailMaximum
        if more > 0 { lines.append("\(blank)and \(counted(more, "line")) more") }
        return lines
    }

    /// `5 services are watched on l0: 4 ok, 1 failing`; `nil` when mon.cf names none.
    static func summary(_ status: Status) -> String? {
        let monitors = status.monitors
        guard !monitors.isEmpty else { return nil }
        let watched = monitors.filter { $0.state != .idle && $0.state != .disabled }
        let disabled = monitors.count { $0.state == .disabled }
        let off = disabled == 0 ? "" : ", \(disabled) disabled"
        guard disabled < monitors.count else {
            return
                "nothing is watched on \(status.node): all \(counted(disabled, "service")) of mon.cf are disabled"
        }
        guard !watched.isEmpty else {
            return "nothing is watched on \(status.node)\(off): " + elsewhere(status)
        }
        let counts = MonitorState.byUrgency.compactMap { state in
            let count = watched.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(state.rawValue)"
        }
        let verb = watched.count == 1 ? "is" : "are"
        return "\(counted(watched.count, "service")) \(verb) watched on \(status.node): "
            + counts.joined(separator: ", ") + off
    }

    /// Where the groups run whose services are not watched here.
    private static func elsewhere(_ status: Status) -> String {
        let names = Set(status.monitors.flatMap(\.groups))
        let groups = status.groups.filter { names.contains($0.name) }
        let there = groups.filter { $0.owner == status.peer.name }
        guard !groups.isEmpty else { return "no group has the resource monitor" }
        guard there.isEmpty else {
            let verb = there.count == 1 ? "runs" : "run"
            return "\(enumerated(there.map { printable($0.name) })) \(verb) on \(status.peer.name)"
                + " (type there: baton monitors)"
        }
        if groups.contains(where: { $0.state == .active || $0.state == .acquiring }) {
            return
                "the resource monitor of \(enumerated(groups.map { printable($0.name) })) does not run yet"
        }
        return
            "\(enumerated(groups.map { printable($0.name) })) \(groups.count == 1 ? "runs" : "run") nowhere"
    }

    private func rows(_ monitors: [MonitorStatus]) -> TextTable {
        var table = TextTable(columns: [
            TableColumn(title: "SERVICE"),
            TableColumn(title: "STATE"),
            TableColumn(title: "FOR", omissionRank: 3),
            TableColumn(title: "WHEN IT FAILS", omissionRank: 4),
            TableColumn(title: "LAST RUN", omissionRank: 1),
            TableColumn(title: "NEXT RUN", omissionRank: 2),
            TableColumn(title: "GROUPS", omissionRank: 5),
        ])
        for monitor in monitors {
            table.rows.append([
                TableCell(text: printable(monitor.name)),
                TableCell(text: monitor.state.rawValue, emphasis: monitor.state.emphasis),
                TableCell(text: ageText(milliseconds: monitor.sinceMilliseconds)),
                TableCell(text: monitor.action.rawValue),
                TableCell(text: monitor.lastText),
                TableCell(text: monitor.nextText),
                TableCell(text: monitor.groups.map { printable($0) }.joined(separator: ", ")),
            ])
        }
        return table
    }

    /// What to type, one sentence for each kind of trouble.
    private static func steps(_ status: Status) -> [String] {
        var steps: [String] = []
        let failed = status.monitors.filter { $0.state == .failed }
        let concerned = Set(failed.flatMap(\.groups))
        for group in status.groups where concerned.contains(group.name) {
            let name = printable(group.name)
            let why =
                group.whyNotMoved.map { " stays on \(status.node): \(printable($0))." }
                ?? " is on \(status.node)."
            steps.append("\(name)\(why) When the service is repaired, type: baton clear \(name)")
        }
        if let unknown = status.monitors.first(where: { $0.state == .unknown }) {
            let name = printable(unknown.name)
            steps.append(
                "The checker of \(name) cannot tell, so that a failure would not be seen. Its last runs: baton monitors \(name)"
            )
        }
        let disabled = status.monitors.filter { $0.state == .disabled }
        if !disabled.isEmpty {
            let names =
                disabled.count > 3
                ? "all" : disabled.map { printable($0.name) }.joined(separator: " ")
            steps.append("To watch what is disabled again, type: baton monitors enable \(names)")
        }
        return steps
    }
}

// MARK: Words

extension MonitorStatus {
    /// Whether somebody should look at it.
    var isOdd: Bool {
        switch state {
        case .starting, .failing, .failed, .unknown, .disabled: true
        case .idle, .untested, .ok: false
        }
    }

    /// ` for 2 min`.
    var lengthText: String { " for " + ageText(milliseconds: sinceMilliseconds) }

    /// `: connection refused`, or nothing.
    var saidText: String {
        summary.isEmpty || state == .disabled
            ? "" : ": " + printable(summary).trimmingTrailingBlanks
    }

    fileprivate var lastText: String {
        guard let ago = lastRunMilliseconds else { return isRunning ? "runs" : "none yet" }
        let result = lastRunResult.map { $0.rawValue + " " } ?? ""
        let took = lastRunTookMilliseconds.map { ", took \($0) ms" } ?? ""
        return result + ageText(milliseconds: ago) + " ago" + took
    }

    fileprivate var nextText: String {
        if isRunning { return "runs now" }
        return nextRunMilliseconds.map { "in " + ageText(milliseconds: $0) } ?? "none"
    }
}

extension HealthAction {
    /// What is done about a failed service, in words.
    fileprivate var meaning: String {
        switch self {
        case .standby: "standby: its groups go to the other node, if that is fit"
        case .restart: "restart: its groups are started anew here, else they go to the other node"
        case .notify: "notify: alerts and messages, nothing else"
        }
    }
}

extension MonitorState {
    /// The states of a watched service, the worst first.
    static let byUrgency: [MonitorState] = [.failed, .unknown, .failing, .starting, .untested, .ok]

    /// How it is shown.
    var emphasis: Emphasis {
        switch self {
        case .ok: .good
        case .idle, .untested: .plain
        case .starting, .failing, .disabled: .warning
        case .failed, .unknown: .bad
        }
    }
}

extension MonitorRunResult {
    fileprivate var emphasis: Emphasis {
        switch self {
        case .ok: .good
        case .failed: .bad
        case .unknown: .warning
        }
    }
}
