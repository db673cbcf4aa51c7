// The other node's own view in the text of `baton status`: short, for what it agrees on stands above already.

public import Failover

extension StatusText {
    /// The section about the other node's own view, an empty line first.
    ///
    /// - Parameters:
    ///   - status: what the other node says of itself.
    ///   - own: what this node says.
    /// - Returns: lines as those of `text(of:)`.
    public func text(ofPeer status: Status, besides own: Status) -> String {
        let verdict = Verdict(status)
        var lines = ["", Emphasis.bold.paint(heading(status.node), usesColor: usesColor)]
        lines += wrapped(printable(verdict.sentence), label: label("Says"), width: width)
        lines += groups(status)
        lines += wrapped(peerText(status.peer), label: label("Peer"), width: width)
        for (index, link) in status.links.enumerated() {
            let state = link.state.emphasis.paint(link.state.rawValue, usesColor: usesColor)
            lines.append(
                label(index == 0 ? "Links" : "") + printable(link.name) + " " + state
                    + (link.kind == .learnt ? " (learnt)" : "")
            )
        }
        for group in status.groups where !group.fit {
            let why = printable(group.unfitReason ?? "the reason is not known yet")
            lines += wrapped(
                "\(printable(group.name)) cannot be taken by \(printable(status.node)): \(why)",
                label: label("Not fit"),
                width: width
            )
        }
        if !status.reason.isEmpty, status.reason != own.reason {
            lines += wrapped(printable(status.reason), label: label("Why"), width: width)
        }
        // What is to be typed there is of interest where nothing is to be typed here.
        if let next = verdict.nextStep, Verdict(own).nextStep == nil {
            lines += wrapped(
                printable(next),
                label: label("Type there"),
                width: width
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The section where the other node's own view is not known.
    ///
    /// - Parameters:
    ///   - peer: the other node's name.
    ///   - why: the reason, in words.
    /// - Returns: lines as those of `text(of:)`.
    public func text(ofUnknownPeer peer: String, because why: String) -> String {
        let lines =
            ["", Emphasis.bold.paint(heading(peer), usesColor: usesColor)]
            + wrapped(printable(why), label: label("Not known"), width: width)
        return lines.map { $0 + "\n" }.joined()
    }

    private func heading(_ node: String) -> String { "\(printable(node))'s own view" }

    /// Where each group stands there; of many, how many stand where.
    private func groups(_ status: Status) -> [String] {
        if status.groups.count > 8 {
            let states: [GroupState] = [
                .active, .standby, .acquiring, .releasing, .suspended, .failed, .unknown,
            ]
            let counts = states.compactMap { state -> String? in
                let count = status.groups.count { $0.state == state }
                return count == 0 ? nil : "\(count) \(state.rawValue)"
            }
            return [label("Groups") + counts.joined(separator: ", ")]
        }
        return status.groups.enumerated().map { index, group in
            label(index == 0 ? "Groups" : "") + printable(group.name) + " "
                + group.state.emphasis.paint(group.state.rawValue, usesColor: usesColor)
        }
    }
}
