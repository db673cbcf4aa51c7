// The prober's result in the three forms it is wanted in: a timeline for people, `name=value` lines
// for the scenarios' shell, JSON for anything else.

import FoundationEssentials

struct ProbeReport: Codable {
    /// Milliseconds with three decimals, counted from the prober's start where it is a moment.
    struct Segment: Codable {
        let node: String
        let fromMilliseconds: Double
        let toMilliseconds: Double
        let answers: Int
    }
    struct Hole: Codable {
        let fromMilliseconds: Double
        let lengthMilliseconds: Double
        let before: String
        let after: String
    }
    struct Marked: Codable {
        let text: String
        let atMilliseconds: Double
        let longestGapMilliseconds: Double
        let firstAnswerAfterMilliseconds: Double?
        let otherNodeAnsweredAfterMilliseconds: Double?
    }
    struct Owner: Codable {
        let node: String
        let atMilliseconds: Double
        let owns: Bool
    }
    struct Announcement: Codable {
        let mac: String
        let atMilliseconds: Double
    }

    let schema = 1
    let isRealTime: Bool
    let intervalMilliseconds: Double
    let seconds: Double
    let asked: Int
    let answered: Int
    let answeredByNode: [String: Int]
    let longestGapMilliseconds: Double
    let stallMilliseconds: Double
    let doubleOwnershipMilliseconds: Double
    let arpQuestions: Int
    let arpReplies: Int
    let doubleARPReplies: Int
    let marks: [Marked]
    let segments: [Segment]
    let holes: [Hole]
    let ownership: [Owner]
    let announcements: [Announcement]
    /// How often each watched node's kernel got and lost the address.
    let gains: [String: Int]
    let losses: [String: Int]
    /// From one node's letting go to another's taking: the least; -1 where one took too early, absent
    /// where nobody took after another.
    let handoverMilliseconds: Double?

    private enum CodingKeys: String, CodingKey {
        case schema
        case isRealTime
        case intervalMilliseconds
        case seconds
        case asked
        case answered
        case answeredByNode
        case longestGapMilliseconds
        case stallMilliseconds
        case doubleOwnershipMilliseconds
        case arpQuestions
        case arpReplies
        case doubleARPReplies
        case marks
        case segments
        case holes
        case ownership
        case announcements
        case gains
        case losses
        case handoverMilliseconds
    }

    init(_ seen: Observation, nodes: [String], isRealTime: Bool) {
        func since(_ moment: Nanoseconds) -> Double { milliseconds(moment - seen.started) }
        self.isRealTime = isRealTime
        intervalMilliseconds = milliseconds(seen.interval)
        seconds = milliseconds(seen.ended - seen.started) / 1_000
        asked = seen.asked
        answered = seen.answers.count
        answeredByNode = seen.answers.reduce(into: [:]) { $0[$1.node, default: 0] += 1 }
        longestGapMilliseconds = milliseconds(
            seen.longestGap(since: seen.started, until: seen.ended)
        )
        stallMilliseconds = milliseconds(seen.stall)
        doubleOwnershipMilliseconds = milliseconds(seen.doubleOwnership.total)
        arpQuestions = seen.arpQuestions
        arpReplies = seen.arpReplies
        doubleARPReplies = seen.doubleARPReplies
        let sorted = seen.marks.sorted { $0.at < $1.at }
        marks = sorted.indices.map { index in
            let mark = sorted[index]
            let next = sorted[(index + 1)...].first { !$0.text.hasPrefix("off:") }?.at
            return Marked(
                text: mark.text,
                atMilliseconds: since(mark.at),
                longestGapMilliseconds: milliseconds(
                    seen.longestGap(since: mark.at, until: next ?? seen.ended)
                ),
                firstAnswerAfterMilliseconds: seen.somebodyAnswers(after: mark.at).map(
                    milliseconds
                ),
                otherNodeAnsweredAfterMilliseconds: seen.otherNodeAnswers(after: mark.at).map(
                    milliseconds
                )
            )
        }
        segments = seen.segments.map {
            Segment(
                node: $0.node,
                fromMilliseconds: since($0.from),
                toMilliseconds: since($0.to),
                answers: $0.answers
            )
        }
        holes = seen.outages(longerThan: 4 * seen.interval).map {
            Hole(
                fromMilliseconds: since($0.from),
                lengthMilliseconds: milliseconds($0.duration),
                before: $0.before,
                after: $0.after
            )
        }
        ownership = seen.ownership.map {
            Owner(node: $0.node, atMilliseconds: since($0.at), owns: $0.owns)
        }
        announcements = seen.announcements.map {
            Announcement(mac: "\($0.by)", atMilliseconds: since($0.at))
        }
        let changes = nodes.map { ($0, seen.changes(of: $0)) }
        gains = changes.reduce(into: [:]) { $0[$1.0] = $1.1.gains }
        losses = changes.reduce(into: [:]) { $0[$1.0] = $1.1.losses }
        handoverMilliseconds = seen.handover.map { $0 < 0 ? -1 : milliseconds($0) }
    }

    func json() throws(LabFailure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw LabFailure(text: "JSON: \(error)")
        }
    }

    /// Shell-readable, durations as whole microseconds.
    ///
    /// A mark named `standby` gives
    /// `gap_standby`, `other_standby`
    /// and `first_standby` (-1 for never). `gains_l0` and `losses_l0` count what the kernel of l0 got
    /// and lost; `handover` is empty where nobody took after another.
    var figures: String {
        var lines = [
            "asked=\(asked)", "answered=\(answered)",
            "longest_gap=\(whole(longestGapMilliseconds))", "stall=\(whole(stallMilliseconds))",
            "double_ownership=\(whole(doubleOwnershipMilliseconds))",
            "double_arp=\(doubleARPReplies)", "holes=\(holes.count)",
            "nodes=\(answeredByNode.count)",
            "switches=\(zip(segments, segments.dropFirst()).count { $0.node != $1.node })",
            "last_node=\(segments.last?.node ?? "nobody")",
        ]
        lines.append("handover=\(handoverMilliseconds.map { "\(whole($0))" } ?? "")")
        for (node, count) in gains.sorted(by: { $0.key < $1.key }) {
            lines.append("gains_\(node)=\(count)")
            lines.append("losses_\(node)=\(losses[node] ?? 0)")
        }
        for mark in marks where !mark.text.hasPrefix("off:") {
            let name = String(mark.text.map { $0.isLetter || $0.isNumber ? $0 : "_" })
            lines.append("gap_\(name)=\(whole(mark.longestGapMilliseconds))")
            let other = mark.otherNodeAnsweredAfterMilliseconds.map(whole) ?? -1
            lines.append("other_\(name)=\(other)")
            let first = mark.firstAnswerAfterMilliseconds.map(whole) ?? -1
            lines.append("first_\(name)=\(first)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The timeline, one line per thing that happened, in order.
    var text: String {
        var rows: [(Double, String)] = []
        for segment in segments {
            rows.append(
                (segment.fromMilliseconds, "\(segment.node) answers (\(segment.answers) times)")
            )
        }
        for hole in holes {
            let line = "no answer for \(fixed(hole.lengthMilliseconds)) ms"
            rows.append((hole.fromMilliseconds, line))
        }
        for owner in ownership {
            let line = "\(owner.node)'s kernel \(owner.owns ? "has" : "no longer has") the address"
            rows.append((owner.atMilliseconds, line))
        }
        for mark in marks { rows.append((mark.atMilliseconds, "-- \(mark.text)")) }
        var lines = rows.enumerated().sorted { ($0.1.0, $0.0) < ($1.1.0, $1.0) }.map { _, row in
            padded(fixed(row.0), 12) + " ms  " + row.1
        }
        lines.append(
            "asked \(asked), answered \(answered); longest gap \(fixed(longestGapMilliseconds)) ms"
                + ", own stall \(fixed(stallMilliseconds)) ms\(isRealTime ? "" : " (not real-time)")"
        )
        lines.append(
            doubleOwnershipMilliseconds == 0 && doubleARPReplies == 0
                ? "never two owners (\(arpReplies) ARP answers to \(arpQuestions) questions)"
                : "TWO OWNERS for \(fixed(doubleOwnershipMilliseconds)) ms; "
                    + "\(doubleARPReplies) ARP questions answered by two"
        )
        return lines.joined(separator: "\n") + "\n"
    }
}

private func milliseconds(_ duration: Nanoseconds) -> Double {
    Double(duration / 1_000) / 1_000
}

private func whole(_ milliseconds: Double) -> Int { Int((milliseconds * 1_000).rounded()) }

/// One decimal, as people read it.
func fixed(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    return "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
