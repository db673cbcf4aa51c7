// What the prober saw, and the figures made of it. Pure: times go in, numbers come out, so that the
// arithmetic of a bound can be read in one place.
//
// An outage is the time between two answers one after the other, from the arrival of the last one
// before the hole to the arrival of the first one after it; it includes the asking interval (5 ms).

struct Answer {
    let at: Nanoseconds
    let node: String
}

/// Somebody's kernel got or lost the group's address, or its node lost its power.
struct OwnershipChange {
    let at: Nanoseconds
    let node: String
    let owns: Bool
    var isPowerCut = false
}

/// A hole between two answers.
struct Outage {
    let from: Nanoseconds
    let to: Nanoseconds
    let before: String
    let after: String
    var duration: Nanoseconds { to - from }
}

struct Observation {
    var started: Nanoseconds = 0
    var ended: Nanoseconds = 0
    var interval: Nanoseconds = 5 * millisecond
    var asked = 0
    var answers: [Answer] = []
    var ownership: [OwnershipChange] = []
    /// How late each tick came, when later than a tenth of the interval.
    var lateness: [(at: Nanoseconds, by: Nanoseconds)] = []
    /// Questions "who has?" that two Ethernet addresses answered.
    var doubleARPReplies = 0
    var arpQuestions = 0
    var arpReplies = 0
    /// Who announced the address, unasked, in order.
    var announcements: [(at: Nanoseconds, by: MAC)] = []
    var marks: [Mark] = []

    /// The longest the prober itself was late; a bound of "+ 60 ms" is that plus this.
    var stall: Nanoseconds { lateness.map(\.by).max() ?? 0 }

    /// Holes longer than `threshold`, in order.
    ///
    /// A silence at the end counts as one without an end.
    func outages(longerThan threshold: Nanoseconds) -> [Outage] {
        var found: [Outage] = []
        for (before, after) in zip(answers, answers.dropFirst())
        where after.at - before.at > threshold {
            found.append(
                Outage(from: before.at, to: after.at, before: before.node, after: after.node)
            )
        }
        if let last = answers.last, ended - last.at > threshold + 2 * interval {
            found.append(Outage(from: last.at, to: ended, before: last.node, after: "nobody"))
        }
        return found
    }

    /// The longest time without an answer in this window.
    ///
    /// A crash falls between two answers: the hole it makes begins a little before its mark. A hole
    /// that is mostly inside the window counts whole, any other counts with its part inside.
    func longestGap(since moment: Nanoseconds, until end: Nanoseconds) -> Nanoseconds {
        let times = [started] + answers.map(\.at).filter { $0 < ended } + [ended]
        var longest: Nanoseconds = 0
        for (before, after) in zip(times, times.dropFirst()) {
            let inside = min(after, end) - max(before, moment)
            guard inside > 0 else { continue }
            longest = max(longest, 2 * inside >= after - before ? after - before : inside)
        }
        return longest
    }

    /// From a moment to the first answer of a node that did not answer before it; nil for never.
    func otherNodeAnswers(after moment: Nanoseconds) -> Nanoseconds? {
        let before = answers.last { $0.at <= moment }?.node
        return answers.first { $0.at > moment && $0.node != before }.map { $0.at - moment }
    }

    /// From a moment to the first answer after it; nil for never.
    func somebodyAnswers(after moment: Nanoseconds) -> Nanoseconds? {
        answers.first { $0.at > moment }.map { $0.at - moment }
    }

    /// How long two powered nodes had the address at the same time, and when that began first.
    var doubleOwnership: (total: Nanoseconds, since: Nanoseconds?) {
        var owners: Set<String> = []
        var doubleSince: Nanoseconds?
        var first: Nanoseconds?
        var total: Nanoseconds = 0
        for change in ownershipAndPower {
            if change.owns { owners.insert(change.node) } else { owners.remove(change.node) }
            if owners.count > 1, doubleSince == nil {
                doubleSince = change.at
                first = first ?? change.at
            } else if owners.count < 2, let since = doubleSince {
                total += change.at - since
                doubleSince = nil
            }
        }
        if let since = doubleSince { total += ended - since }
        return (total, first)
    }

    /// How often a node's kernel got the address, and how often it gave it up.
    ///
    /// What it had when the watch began (its first 100 ms) is no gain; losing power is no loss.
    func changes(of node: String) -> (gains: Int, losses: Int) {
        var owns = false
        var counts = (gains: 0, losses: 0)
        for change in ownershipAndPower where change.node == node && change.owns != owns {
            owns = change.owns
            if owns {
                if change.at > started + 100 * millisecond { counts.gains += 1 }
            } else if !change.isPowerCut {
                counts.losses += 1
            }
        }
        return counts
    }

    /// The least time from one node's end of having the address to another's beginning.
    ///
    /// nil where none took after another, -1 where one took while another had it.
    var handover: Nanoseconds? {
        var owners: Set<String> = []
        var lastEnd: OwnershipChange?
        var least: Nanoseconds?
        for change in ownershipAndPower {
            if !change.owns {
                if owners.remove(change.node) != nil { lastEnd = change }
                continue
            }
            if !owners.subtracting([change.node]).isEmpty { return -1 }
            if let end = lastEnd, end.node != change.node, owners.isEmpty {
                least = min(least ?? .max, change.at - end.at)
            }
            owners.insert(change.node)
        }
        return least
    }

    /// Changes in the kernels, and power cuts as the ends that they are, in order of time.
    private var ownershipAndPower: [OwnershipChange] {
        let powerCuts = marks.filter { $0.text.hasPrefix("off:") }.map { mark in
            OwnershipChange(
                at: mark.at,
                node: String(mark.text.dropFirst(4)),
                owns: false,
                isPowerCut: true
            )
        }
        return (ownership + powerCuts).sorted { $0.at < $1.at }
    }

    /// One node answering without a hole, then the next: the timeline's rows.
    var segments: [(node: String, from: Nanoseconds, to: Nanoseconds, answers: Int)] {
        var rows: [(node: String, from: Nanoseconds, to: Nanoseconds, answers: Int)] = []
        for answer in answers {
            if var row = rows.last, row.node == answer.node, answer.at - row.to <= 4 * interval {
                row.to = answer.at
                row.answers += 1
                rows[rows.count - 1] = row
            } else {
                rows.append((answer.node, answer.at, answer.at, 1))
            }
        }
        return rows
    }
}
