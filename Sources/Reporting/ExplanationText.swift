// `baton explain` for people: how both nodes see things now, why each group stays where it is, and what they
// decided lately, in one order of time.

public import Failover

/// Writes both nodes' accounts as text.
public struct ExplanationText: Sendable {
    private let width: Int?
    private let usesColor: Bool
    private let time: @Sendable (_ agoMilliseconds: Int64) -> String

    /// A writer for lines of `width` characters.
    ///
    /// - Parameters:
    ///   - width: `nil` for output that is no terminal.
    ///   - usesColor: whether words are emphasised.
    ///   - time: how a moment so long ago is written.
    public init(
        width: Int? = nil,
        usesColor: Bool = false,
        time: @escaping @Sendable (_ agoMilliseconds: Int64) -> String
    ) {
        self.width = width
        self.usesColor = usesColor
        self.time = time
    }

    /// The whole text, each line ended by a newline.
    ///
    /// - Parameters:
    ///   - own: this node's account.
    ///   - peer: the other node's, or in words why there is none.
    ///   - count: how many decisions are shown, the last ones.
    /// - Returns: lines, as long as the width allows.
    public func text(
        of own: Explanation,
        peer: Result<Explanation, PeerSilence>,
        count: Int
    ) -> String {
        var lines = now(own)
        switch peer {
        case .success(let peer): lines += now(peer)
        case .failure(let silence):
            lines += wrapped(printable(silence.why), label: label(silence.node), width: width)
        }
        let other = try? peer.get()
        for group in own.groups {
            lines.append("")
            lines += facts(of: group, own, other)
        }
        lines += [""] + decisions(own, other, count)
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Now

    private func now(_ explanation: Explanation) -> [String] {
        let reason = explanation.reason.isEmpty ? "nothing to say" : explanation.reason
        var lines = wrapped(printable(reason), label: label(explanation.node), width: width)
        if let next = explanation.nextStep {
            lines += wrapped(printable(next), label: label("  type next"), width: width)
        }
        return lines
    }

    private func facts(
        of group: GroupStatus,
        _ own: Explanation,
        _ peer: Explanation?
    ) -> [String] {
        let sides =
            [(own.node, group)]
            + (peer.flatMap { peer in
                peer.groups.first { $0.name == group.name }.map { [(peer.node, $0)] }
            } ?? [])
        let states = sides.map { node, entry in
            "\(entry.state.rawValue) on \(printable(node))"
        }
        let owner =
            group.owner.map { "runs on \(printable($0))" } ?? "is held by nobody as far as is known"
        var lines = wrapped(
            "\(printable(group.name)) \(owner) (\(states.joined(separator: ", "))),"
                + " prefers \(printable(group.preferred)), epoch \(group.epoch)",
            label: "",
            width: width
        )
        for (node, entry) in sides {
            if !entry.fit {
                let why = printable(entry.unfitReason ?? "the reason is not known yet")
                lines += wrapped(
                    "\(printable(node)) cannot take it: \(why)",
                    label: "  ",
                    width: width
                )
            }
            for sentence in entry.particulars(on: printable(node)) {
                lines += wrapped(sentence, label: "  ", width: width)
            }
        }
        return lines
    }

    // MARK: Decisions

    private func decisions(_ own: Explanation, _ peer: Explanation?, _ count: Int) -> [String] {
        let mine = own.decisions.map { (own.node, $0) }
        let theirs = (peer?.decisions ?? []).map { (peer?.node ?? "", $0) }
        // A stable order: the oldest first, of one moment this node's first, each node's in its own order.
        let all = (mine + theirs).enumerated().sorted {
            $0.element.1.agoMilliseconds != $1.element.1.agoMilliseconds
                ? $0.element.1.agoMilliseconds > $1.element.1.agoMilliseconds
                : $0.offset < $1.offset
        }.map(\.element)
        guard !all.isEmpty else { return ["No decision since the daemons started."] }
        let shown = all.suffix(count)
        var lines = [
            shown.count == all.count
                ? "Decisions, the newest last:"
                : "The last \(shown.count) of \(all.count) decisions, the newest last:"
        ]
        for (node, decision) in shown { lines += self.lines(of: decision, node) }
        return lines
    }

    private func lines(of decision: Decision, _ node: String) -> [String] {
        let notice = decision.notice
        let rule = notice.reason?.rule.rawValue ?? "-"
        var text = notice.group.map { printable($0.text) + ": " } ?? ""
        text += printable(notice.text)
        let head = "\(time(decision.agoMilliseconds)) \(printable(node)) \(rule) "
        var lines = wrapped(text, label: "", width: width.map { max(20, $0 - head.count) })
        lines[0] =
            head
            + (notice.severity <= .error
                ? Emphasis.bad.paint(lines[0], usesColor: usesColor) : lines[0])
        for index in lines.indices.dropFirst() { lines[index] = "    " + lines[index] }
        // Many notices end with their facts.
        if let facts = notice.reason?.facts, !facts.isEmpty, !notice.text.contains(facts) {
            lines += wrapped("because " + printable(facts), label: "    ", width: width)
        }
        return lines
    }

    private func label(_ text: String) -> String {
        let name = printable(text) + ":"
        return name + String(repeating: " ", count: max(1, 15 - name.count))
    }
}

/// That the other node did not give its account.
public struct PeerSilence: Error, Equatable, Sendable {
    /// The other node.
    public var node: String
    /// Why, in words.
    public var why: String

    /// Makes it of its parts.
    public init(node: String, why: String) {
        self.node = node
        self.why = why
    }
}
