// Is the service fine? One sentence and one level, made of the status value alone. The sentence is the first
// line of the status text; the level gives its colour. What to type next is the core's word (`nextStep`);
// where the core has none although something is wrong, this file has one.

public import Failover

/// The answer to "is the service fine?".
public struct Verdict: Equatable, Sendable {
    /// How good or bad the answer is, best first.
    public enum Level: Int, Sendable, Comparable {
        /// Every group runs and the other node stands by.
        case fine
        /// Every group runs, but something is not as it should be.
        case impaired
        /// A group is on its way.
        case moving
        /// Whether a group runs is not known.
        case doubtful
        /// A group runs, but a service of it has failed.
        case failing
        /// A group does not run.
        case down
        /// A group is neither stopped nor under control: it may still write.
        case endangered

        /// The better level is less.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// How good or bad it is.
    public let level: Level
    /// One sentence in words.
    public let sentence: String
    /// What to type next; `nil` when nothing is wrong.
    public let nextStep: String?

    /// Judges a status value.
    public init(_ status: Status) {
        let findings = status.groups.map { GroupFinding($0, in: status) }
        let worst = findings.map(\.level).max() ?? .fine
        var defects = Self.defects(status)
        if worst == .fine, defects.isEmpty, let step = status.nextStep {
            // The core sees something wrong that no field of the status tells: its sentence does.
            defects = [(printable(status.reason), step)]
        }
        if status.groups.isEmpty {
            level = .impaired
            sentence = "No group is configured: there is no service to keep up."
            nextStep = status.nextStep ?? "baton check"
        } else if worst == .fine, defects.isEmpty {
            level = .fine
            sentence =
                "The service is fine: " + Self.whereabouts(status) + Self.reserve(status) + "."
            nextStep = status.nextStep
        } else if worst == .fine {
            level = .impaired
            sentence =
                "The service runs, but " + defects.map(\.text).joined(separator: "; ") + ". "
                + Self.whereabouts(status).capitalizedFirst + "."
            nextStep = status.nextStep ?? defects.first?.nextStep
        } else {
            level = worst
            let concerned = findings.filter { $0.level == worst }
            sentence = Self.alarm(worst, concerned, groupCount: findings.count)
            nextStep = status.nextStep ?? concerned.first?.nextStep
        }
    }

    // MARK: The sentence's parts

    private static func alarm(
        _ level: Level,
        _ concerned: [GroupFinding],
        groupCount: Int
    ) -> String {
        let isAll = concerned.count == groupCount
        let opening =
            switch level {
            case .fine, .impaired: "The service runs"
            case .moving: isAll ? "The service is moving" : "A part of the service is moving"
            case .doubtful:
                isAll
                    ? "It is not known whether the service runs"
                    : "It is not known whether the whole service runs"
            case .failing: "A PART OF THE SERVICE FAILS"
            case .down: isAll ? "THE SERVICE IS DOWN" : "A PART OF THE SERVICE IS DOWN"
            case .endangered:
                isAll ? "THE SERVICE IS IN DANGER" : "A PART OF THE SERVICE IS IN DANGER"
            }
        var parts: [String] = []
        for finding in concerned where !parts.contains(finding.predicate) {
            parts.append(finding.predicate)
        }
        let clauses = parts.map { predicate in
            enumerated(concerned.filter { $0.predicate == predicate }.map(\.name)) + " " + predicate
        }
        return opening + ": " + clauses.joined(separator: "; ") + "."
    }

    private static func whereabouts(_ status: Status) -> String {
        let count = status.groups.count
        let here = status.groups.filter { $0.state == .active }.count
        let groups =
            switch count {
            case 1: "its group runs"
            case 2: "both groups run"
            default: "all \(count) groups run"
            }
        if here == count { return groups + " on \(status.node)" }
        if here == 0 { return groups + " on \(status.peer.name)" }
        return groups + ", \(here) on \(status.node) and \(count - here) on \(status.peer.name)"
    }

    private static func reserve(_ status: Status) -> String {
        let here = status.groups.filter { $0.state == .active }.count
        if here == status.groups.count { return ", and \(status.peer.name) stands by" }
        if here == 0 { return ", and \(status.node) could take over" }
        return ""
    }

    // MARK: What is wrong although everything runs

    private static func defects(_ status: Status) -> [(text: String, nextStep: String)] {
        let peer = status.peer.name
        var found: [(text: String, nextStep: String)] = []
        switch status.peer.state {
        case .alive: break
        case .late: found.append(("\(peer) answers late", "on \(peer): baton status"))
        case .silent:
            found.append(
                ("nobody could take over: \(peer) is silent", "on \(peer): systemctl status batond")
            )
        case .dead:
            found.append(
                ("nobody could take over: \(peer) is down", "on \(peer): systemctl start batond")
            )
        case .unknown:
            found.append(
                (
                    "nobody could take over: \(peer) was not heard since this daemon started",
                    "on \(peer): systemctl start batond"
                )
            )
        }
        if status.peer.state == .alive {
            let failing = status.links.filter { $0.state != .up && $0.kind == .configured }
            if let link = failing.first {
                let names = enumerated(failing.map { "\($0.name) is \($0.state.rawValue)" })
                found.append(("heartbeat link \(names)", "ip link show \(deviceName(link.name))"))
            }
        }
        if let trouble = status.recordTrouble {
            found.append(
                (
                    "\(status.node) cannot write its durable record: \(printable(trouble))",
                    "on \(status.node), see the disk of that: df -h; dmesg | tail"
                )
            )
        }
        for group in status.groups where group.state != .active && !group.fit {
            let name = printable(group.name)
            // Frozen or held down: said with the word that ends it.
            if group.heldDownMilliseconds != nil {
                found.append(
                    (
                        "\(status.node) could not take \(name), which it gave up because a service failed",
                        "repair that on \(status.node), then: baton clear \(name)"
                    )
                )
                continue
            }
            if group.state == .unknown {
                found.append(("\(status.node) still probes \(name)", "baton status"))
                continue
            }
            let why = group.unfitReason.map { ": " + printable($0) } ?? ""
            found.append(
                (
                    "\(status.node) could not take \(name)\(why)",
                    "repair that on \(status.node), then there: baton takeover \(name)"
                )
            )
        }
        for group in status.groups where group.data?.state == .alone {
            let name = printable(group.name)
            found.append(
                (
                    "\(name): \(printable(group.data?.text ?? ""))",
                    group.data?.log == nil
                        ? "see why the replication stands: baton status, and on both nodes: drbdadm status"
                        : "see why nothing streams from here: baton status on \(printable(status.peer.name))"
                )
            )
        }
        for group in status.groups where group.state == .active {
            for resource in group.resources where resource.state == .failed {
                found.append(
                    (
                        "\(printable(resource.name)) failed on \(status.node)",
                        "baton standby \(group.name)"
                    )
                )
            }
        }
        return found + restraints(status) + monitors(status)
    }

    /// Freezes and used budgets.
    private static func restraints(_ status: Status) -> [(text: String, nextStep: String)] {
        status.groups.compactMap { group in
            guard let frozen = group.frozen else { return nil }
            let name = printable(group.name)
            if frozen.isBudget {
                return (
                    "\(name) has used up its moves and stays where it is when a service fails\(frozen.endText)",
                    "repair what failed on both nodes, then: baton clear \(name)"
                )
            }
            return (
                "\(name) is frozen by \(printable(frozen.by))\(frozen.endText)\(frozen.reasonText) and would not move",
                "baton thaw \(name)"
            )
        }
    }

    /// Services that are not ok, apart from those that a group's finding names.
    private static func monitors(_ status: Status) -> [(text: String, nextStep: String)] {
        let told = Set(status.groups.flatMap(\.failedNames))
        let odd = status.monitors.filter {
            $0.isOdd && $0.state != .disabled && !told.contains(printable($0.name))
        }
        guard
            let worst = odd.first(where: { $0.state == .failed || $0.state == .unknown })
                ?? odd.first(where: { $0.state == .failing }) ?? odd.first
        else { return [] }
        let name = printable(worst.name)
        let text =
            switch worst.state {
            case .unknown: "nobody can tell whether \(name) works"
            // Its failures count for nothing until start_grace is over; that it serves would not be true.
            case .starting: "\(name) was started and has not passed its check yet\(worst.saidText)"
            default: "monitor \(name) is \(worst.state.rawValue)"
            }
        let others = odd.count == 1 ? "" : " (and \(odd.count - 1) more)"
        return [(text + others, "baton monitors \(printable(worst.name))")]
    }

    private static func deviceName(_ link: String) -> String {
        let words = link.split(separator: " ")
        return words.count > 1 ? String(words[1]) : link
    }
}

/// What is to say of one group.
private struct GroupFinding {
    let name: String
    let level: Verdict.Level
    /// What is so, to stand behind the group's name.
    let predicate: String
    let nextStep: String?

    init(_ group: GroupStatus, in status: Status) {
        name = printable(group.name)
        let node = status.node
        let peer = status.peer.name
        let isThere = group.owner == peer
        if let data = group.data, data.state == .stale || data.state == .unusable,
            group.state == .standby, !isThere || status.peer.state == .dead
        {
            level = .down
            predicate = "is not taken by \(node): \(printable(data.text))"
            nextStep = data.nextStep.map { printable($0) }
            return
        }
        switch (group.state, status.peer.state) {
        case (.active, _) where !group.failures.isEmpty:
            level = .failing
            let stays = group.whyNotMoved.map { ", and it stays: " + printable($0) } ?? ""
            predicate = "runs on \(node), where \(enumerated(group.failedNames)) failed\(stays)"
            nextStep = "baton monitors"
        case (.active, _):
            (level, predicate, nextStep) = (.fine, "runs on \(node)", nil)
        case (.suspended, _):
            level = .down
            predicate = "is suspended on \(node): addresses removed, writes held"
            nextStep = "see why the network of \(node) is cut: ip -s link"
        case (.acquiring, _):
            (level, predicate, nextStep) = (.moving, "is being started on \(node)", "baton status")
        case (.releasing, _):
            (level, predicate, nextStep) = (.moving, "is leaving \(node)", "baton status")
        case (.failed, _) where group.owner == node:
            level = .endangered
            predicate = "could not be stopped on \(node) and may still run there"
            nextStep = "baton standby \(group.name)"
        case (_, .alive) where isThere, (_, .late) where isThere:
            (level, predicate, nextStep) = (.fine, "runs on \(peer)", nil)
        case (_, .dead) where isThere:
            level = .down
            predicate = "was on \(peer), which is down"
            nextStep = "baton takeover \(group.name)"
        case (_, .silent) where isThere, (_, .unknown) where isThere:
            level = .doubtful
            predicate = "was last seen on \(peer), which is silent"
            nextStep = "switch \(peer) off, then: baton confirm-down \(peer)"
        case (.failed, _):
            level = .down
            predicate = "failed on \(node) and runs nowhere"
            nextStep = "repair what failed, then: baton takeover \(group.name)"
        case (.unknown, _):
            level = .doubtful
            predicate = "is being probed on \(node)"
            nextStep = "baton status"
        case (.standby, .unknown):
            level = .down
            predicate =
                "waits on \(node) for \(peer), which was not heard since this daemon started"
            nextStep =
                "start batond on \(peer), or make sure that \(peer) is off, then: baton confirm-down \(peer)"
        case (.standby, _):
            (level, predicate) = (.down, "runs nowhere")
            nextStep = "baton takeover \(group.name)"
        }
    }
}

extension String {
    /// The text with its first letter as a capital.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
