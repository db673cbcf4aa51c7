// Why a group does not move, in sentences that end with what to type: freezes, used budgets, hold-downs and
// failed services. The facts are the core's.

internal import Failover

extension GroupStatus {
    /// Sentences about what keeps the group where it is; none when nothing does.
    func particulars(on node: String) -> [String] {
        let name = printable(self.name)
        var found: [String] = []
        if let frozen {
            found.append(
                frozen.isBudget
                    ? "\(name) does not move for failed services\(frozen.endText): \(printable(frozen.reason))."
                        + " When they are repaired, type: baton clear \(name)"
                    : "\(name) is frozen by \(printable(frozen.by))\(frozen.endText)\(frozen.reasonText): nothing of it"
                        + " starts, stops or moves by itself. To end that, type: baton thaw \(name)"
            )
        }
        if let heldDownMilliseconds {
            found.append(
                "\(name) was given up by \(node) because a service failed; \(node) does not take it for"
                    + " \(ageText(milliseconds: heldDownMilliseconds)) more. When that is repaired, type: baton clear \(name)"
            )
        }
        if let data, data.isOdd {
            let remedy = data.nextStep.map { ". To do: \(printable($0))" } ?? ""
            found.append("\(name): \(printable(data.text))\(remedy)")
        }
        if !failures.isEmpty {
            let stays = whyNotMoved.map { ", and it stays on \(node): \(printable($0))" } ?? ""
            let count = failures.count == 1 ? "a service has" : "\(failures.count) services have"
            found.append("\(name): \(count) failed\(stays)")
        } else if let whyNotMoved {
            found.append("\(name) stays on \(node): \(printable(whyNotMoved))")
        }
        return found
    }

    /// The names of the services that failed.
    var failedNames: [String] {
        failures.map { failure in
            printable(
                failure.firstRange(of: ": ").map { String(failure[..<$0.lowerBound]) } ?? failure
            )
        }
    }
}

extension DataStatus {
    /// Whether it is worth a sentence.
    var isOdd: Bool { state != .inSync }
}

extension FrozenStatus {
    /// Whether the moves on health grounds are used up, rather than somebody having frozen the group.
    var isBudget: Bool { by == "move_budget" }

    /// ` until 06:00`, ` for 12 min more`, or nothing when it has no end.
    var endText: String {
        if let until { return " until " + printable(until) }
        return remainingMilliseconds.map { " for \(ageText(milliseconds: $0)) more" } ?? ""
    }

    /// ` (backup runs)`, or nothing.
    var reasonText: String { reason.isEmpty ? "" : " (\(printable(reason)))" }
}
