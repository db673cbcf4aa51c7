// `baton status` for people: first whether the service is fine, then the groups, what is not plain about
// them, peer and links, the last move and why, and last what to type. It is made of the one status value;
// how that came to be known is none of its business.

public import Failover

/// Writes a status value as text.
public struct StatusText: Sendable {
    /// Characters of a terminal's line; `nil` for no limit.
    let width: Int?
    let usesColor: Bool

    /// A writer for lines of `width` characters, `nil` for output that is no terminal.
    public init(width: Int? = nil, usesColor: Bool = false) {
        self.width = width
        self.usesColor = usesColor
    }

    /// The whole text, each line ended by a newline, none with trailing blanks.
    public func text(of status: Status) -> String {
        let verdict = Verdict(status)
        var lines = wrapped(printable(verdict.sentence), label: "", width: width)
            .map { verdict.level.emphasis.paint($0, usesColor: usesColor) }
        if !status.groups.isEmpty {
            lines += [""] + groupTable(status).lines(indent: 0, width: width, usesColor: usesColor)
        }
        for group in status.groups where !group.isPlain {
            lines += [""] + particulars(of: group, on: printable(status.node))
        }
        lines += [""] + surroundings(status)
        if let next = verdict.nextStep {
            lines.append("")
            let step = wrapped(printable(next), label: label("Type next"), width: width)
            lines += step.map { Emphasis.bold.paint($0, usesColor: usesColor) }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Groups

    private func groupTable(_ status: Status) -> TextTable {
        var table = TextTable(columns: [
            TableColumn(title: "GROUP"),
            TableColumn(title: "ON " + printable(status.node).uppercased()),
            TableColumn(title: "OWNER"),
            TableColumn(title: "PREFERRED", omissionRank: 3),
            TableColumn(title: "EPOCH", alignsRight: true, omissionRank: 2),
            TableColumn(title: "SINCE", omissionRank: 1),
        ])
        for group in status.groups {
            table.rows.append([
                TableCell(text: printable(group.name)),
                TableCell(text: group.state.rawValue, emphasis: group.state.emphasis),
                TableCell(text: group.ownerText),
                TableCell(text: printable(group.preferred)),
                TableCell(text: String(group.epoch)),
                TableCell(text: group.since.map { ageText(milliseconds: $0) } ?? "-"),
            ])
        }
        return table
    }

    /// What is not plain about a group: why it does not move, and resources that are not as they should be.
    private func particulars(of group: GroupStatus, on node: String) -> [String] {
        var lines: [String] = []
        for sentence in group.particulars(on: node) {
            lines += wrapped(sentence, label: "", width: width)
        }
        for failure in group.failures {
            lines.append("      | " + printable(failure).trimmingTrailingBlanks)
        }
        if group.hasPlainResources { return lines }
        return lines + resources(of: group)
    }

    private func resources(of group: GroupStatus) -> [String] {
        var lines: [String] = []
        var table = TextTable(columns: [
            TableColumn(title: "RESOURCE"),
            TableColumn(title: "STATE"),
            TableColumn(title: "SINCE", omissionRank: 1),
            TableColumn(title: "LAST OPERATION TOOK", omissionRank: 2),
        ])
        for resource in group.resources {
            let took = resource.lastOperationMilliseconds.map { "\($0) ms" } ?? "-"
            table.rows.append([
                TableCell(text: printable(resource.name)),
                TableCell(text: resource.state.rawValue, emphasis: resource.state.emphasis),
                TableCell(text: ageText(milliseconds: resource.since)),
                TableCell(text: took),
            ])
        }
        lines.append("Resources of \(printable(group.name)) on this node, in starting order:")
        var rows = table.lines(indent: 2, width: width, usesColor: usesColor)
        lines.append(rows.removeFirst())
        for (resource, row) in zip(group.resources, rows) {
            lines.append(row)
            guard let failure = resource.failure else { continue }
            lines += failureLines(failure)
        }
        return lines
    }

    private func failureLines(_ failure: OperationFailure) -> [String] {
        let code = failure.exitCode.map { "exit code \($0)" } ?? "no exit code"
        let output = printable(failure.output, keepsLines: true)
            .split(separator: "\n", omittingEmptySubsequences: true)
            .map { $0.trimmingTrailingBlanks }
            .filter { !$0.isEmpty }
        if output.isEmpty { return ["      \(code), no output"] }
        return ["      \(code), its last output:"] + output.map { "      | " + $0 }
    }

    // MARK: Peer, links, reasons

    private func surroundings(_ status: Status) -> [String] {
        var lines = wrapped(peerText(status.peer), label: label("Peer"), width: width)
        for (index, link) in status.links.enumerated() {
            let state = link.state.emphasis.paint(link.state.rawValue, usesColor: usesColor)
            let kind = link.kind == .learnt ? " (learnt)" : ""
            lines.append(
                label(index == 0 ? "Links" : "") + printable(link.name) + " " + state + kind
            )
        }
        for group in status.groups where !group.fit {
            let why = printable(group.unfitReason ?? "the reason is not known yet")
            let text =
                "\(printable(group.name)) cannot be taken by \(printable(status.node)): \(why)"
            lines += wrapped(text, label: label("Not fit"), width: width)
        }
        lines += monitors(status)
        lines += logs(status)
        let lastMove = status.lastMove.map { printable($0) } ?? "none since this daemon started"
        lines += wrapped(lastMove, label: label("Last move"), width: width)
        if !status.reason.isEmpty {
            lines += wrapped(printable(status.reason), label: label("Why"), width: width)
        }
        if let timing = status.timing {
            lines += wrapped(Self.text(timing), label: label("Timing"), width: width)
        }
        lines.append(label("Protection") + status.protection.level.rawValue)
        for gap in status.protection.gaps {
            lines += wrapped(printable(gap), label: label("  not covered"), width: width)
        }
        return lines
    }

    /// How data stands that is kept by a log, and what the last takeover may have cost.
    private func logs(_ status: Status) -> [String] {
        status.groups.flatMap { group -> [String] in
            guard let data = group.data, let log = data.log else { return [] }
            let role = log.isPrimary ? "primary" : "standby"
            let text =
                "\(printable(group.name)): \(role), timeline \(log.timeline) at \(printable(log.location)); "
                + printable(data.text)
            let more = [log.note, log.receipt].compactMap(\.self)
            return wrapped(text, label: label("Data"), width: width)
                + more.flatMap { wrapped(printable($0), label: label(""), width: width) }
        }
    }

    private static func text(_ timing: TimingStatus) -> String {
        var parts = ["deadtime \(Duration.milliseconds(timing.deadtimeMilliseconds).text)"]
        if let lateness = timing.loopLateness {
            let worst = lateness.maximum.text
            parts.append(
                "loop late at most \(worst), 99.9 % below \(lateness.milliseconds(below: 0.999)) ms"
            )
        }
        if let steal = timing.stealPercent, steal > 0 {
            parts.append("\(steal) % of the processor stolen")
        }
        if let advice = timing.advice { parts.append(printable(advice)) }
        return parts.joined(separator: "; ")
    }

    /// How many services are watched, and those that are not as they should be; never a screen full.
    private func monitors(_ status: Status) -> [String] {
        guard let summary = MonitorsText.summary(status) else { return [] }
        var lines = wrapped(printable(summary), label: label("Monitors"), width: width)
        let odd = status.monitors.filter(\.isOdd)
        let shown = odd.count > 8 ? odd.prefix(7) : odd[...]
        for monitor in shown {
            let state = monitor.state.emphasis.paint(monitor.state.rawValue, usesColor: usesColor)
            let name = printable(monitor.name)
            lines.append(label("") + name + " " + state + monitor.lengthText + monitor.saidText)
        }
        if odd.count > shown.count {
            lines.append(label("") + "and \(odd.count - shown.count) more: baton monitors")
        }
        return lines
    }

    func peerText(_ peer: PeerStatus) -> String {
        let name = printable(peer.name)
        let heard =
            peer.lastHeardMilliseconds.map { ", heard \(ageText(milliseconds: $0)) ago" }
            ?? ", never heard"
        switch peer.state {
        case .unknown: return "\(name) unknown: not heard since this daemon started"
        case .alive, .late, .silent, .dead: return "\(name) \(peer.state.rawValue)\(heard)"
        }
    }

    func label(_ text: String) -> String {
        let name = text.isEmpty ? "" : text + ":"
        return name + String(repeating: " ", count: max(1, 15 - name.count))
    }
}

// MARK: What is plain, and what colour it has

extension GroupStatus {
    /// Whether nothing of the group needs more than its row of the table.
    fileprivate var isPlain: Bool {
        frozen == nil && failures.isEmpty && whyNotMoved == nil && heldDownMilliseconds == nil
            && data?.isOdd != true && hasPlainResources
    }

    /// Whether the resources are as the group's state says.
    fileprivate var hasPlainResources: Bool {
        switch state {
        case .active: resources.allSatisfy { $0.state == .running && $0.failure == nil }
        case .standby: resources.allSatisfy { $0.state == .stopped && $0.failure == nil }
        case .acquiring, .releasing, .suspended, .failed, .unknown: resources.isEmpty
        }
    }

    /// The owner, where one is known.
    fileprivate var ownerText: String {
        owner.map { printable($0) } ?? (state == .unknown ? "not known" : "nobody")
    }

    /// Milliseconds since the last of its resources changed its state: as long as the group is as it is.
    fileprivate var since: Int64? { resources.map(\.since).min() }
}

extension StringProtocol {
    var trimmingTrailingBlanks: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Verdict.Level {
    var emphasis: Emphasis {
        switch self {
        case .fine: .good
        case .impaired, .moving, .doubtful: .warning
        case .failing, .down, .endangered: .bad
        }
    }
}

extension GroupState {
    var emphasis: Emphasis {
        switch self {
        case .active: .good
        case .standby: .plain
        case .acquiring, .releasing, .unknown: .warning
        case .suspended, .failed: .bad
        }
    }
}

extension ResourceState {
    fileprivate var emphasis: Emphasis {
        switch self {
        case .running: .good
        case .stopped: .plain
        case .starting, .stopping, .suspended, .unknown: .warning
        case .failed: .bad
        }
    }
}

extension LinkState {
    var emphasis: Emphasis {
        switch self {
        case .up: .good
        case .late: .warning
        case .down: .bad
        }
    }
}
