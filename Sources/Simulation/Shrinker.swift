// Shortens a bad story: takes deeds out, first many at once, then one by one, then makes what is left shorter and
// simpler, as long as the same rule stays broken. Deterministic, and bounded.

import Failover

/// Shortens one story.
struct Shrinker {
    private var best: Story
    private let rule: String
    private let codec: Codec
    /// How many stories were told.
    private(set) var tried = 0

    /// How many stories are told at most.
    static let triesMaximum = 600

    init(story: Story, violation: Violation, codec: Codec) {
        best = story
        rule = violation.rule
        self.codec = codec
        // Nothing after the broken rule matters.
        best.deeds.removeAll { $0.at > violation.at }
    }

    /// The shortest story found.
    mutating func shrink() -> Story {
        var before = Int.max
        while best.deeds.count < before {
            before = best.deeds.count
            dropDeeds()
            dropGroups()
        }
        shortenDeeds()
        shortenStory()
        dropDeeds()
        return best
    }

    private mutating func keep(_ story: Story) -> Bool {
        guard tried < Self.triesMaximum else { return false }
        tried += 1
        guard let violation = World(story, codec: codec, writesTranscript: false).tell().violation,
            violation.rule == rule
        else { return false }
        best = story
        return true
    }

    private mutating func dropDeeds() {
        var size = max(1, best.deeds.count / 2)
        while true {
            var start = 0
            while start < best.deeds.count {
                var story = best
                story.deeds.removeSubrange(start..<min(start + size, best.deeds.count))
                if !keep(story) { start += size }
            }
            if size == 1 { return }
            size /= 2
        }
    }

    private mutating func dropGroups() {
        while best.scenery.groups.count > 1 {
            var story = best
            story.scenery.groups.removeLast()
            story.deeds.removeAll { !$0.kind.makesSense(groups: story.scenery.groups.count) }
            if !keep(story) { return }
        }
    }

    private mutating func shortenDeeds() {
        for index in best.deeds.indices {
            for _ in 0..<6 {
                guard let kind = best.deeds[index].kind.shorter else { break }
                var story = best
                story.deeds[index].kind = kind
                if !keep(story) { break }
            }
        }
    }

    private mutating func shortenStory() {
        for _ in 0..<6 {
            var story = best
            let last = best.deeds.last?.at ?? 0
            story.quietAt = max(last + millisecond, best.quietAt / 2)
            if story.quietAt >= best.quietAt || !keep(story) { break }
        }
        for _ in 0..<6 {
            // Move everything towards the beginning.
            guard let first = best.deeds.first?.at, first > second else { return }
            var story = best
            let step = first / 2
            for index in story.deeds.indices { story.deeds[index].at -= step }
            story.quietAt -= step
            if !keep(story) { return }
        }
    }
}

extension DeedKind {
    /// Whether the deed speaks of a group that exists.
    func makesSense(groups: Int) -> Bool {
        switch self {
        case .spoil(_, let group, _, _, _), .breakService(_, let group, _, _),
            .unprepare(_, let group, _):
            group < groups
        default: true
        }
    }

    /// The same deed, half as long; `nil` when it has no length or is short already.
    var shorter: DeedKind? {
        func half(_ time: Int64) -> Int64? { time > 2 * millisecond ? time / 2 : nil }
        switch self {
        case .crash(let node, let offFor, let losesDisk):
            return half(offFor).map { .crash(node: node, offFor: $0, losesDisk: losesDisk) }
        case .kill(let node, let after):
            return half(after).map { .kill(node: node, restartAfter: $0) }
        case .pause(let node, let lasts, let keeper):
            return half(lasts).map { .pause(node: node, lasts: $0, keeperAfter: keeper) }
        case .freeze(let node, let lasts): return half(lasts).map { .freeze(node: node, lasts: $0) }
        case .cut(let network, let way, let lasts, let carrier):
            return half(lasts).map {
                .cut(network: network, way: way, lasts: $0, losesCarrier: carrier)
            }
        case .pull(let node, let network, let lasts, let carrier):
            return half(lasts).map {
                .pull(node: node, network: network, lasts: $0, losesCarrier: carrier)
            }
        case .lose(let network, let share, let lasts):
            return half(lasts).map { .lose(network: network, perMille: share, lasts: $0) }
        case .delay(let network, let most, let lasts):
            return half(lasts).map { .delay(network: network, most: most, lasts: $0) }
        case .double(let network, let share, let lasts):
            return half(lasts).map { .double(network: network, perMille: share, lasts: $0) }
        case .hangDisk(let node, let lasts):
            return half(lasts).map { .hangDisk(node: node, lasts: $0) }
        case .breakService(let node, let group, let lasts, let action):
            return half(lasts).map {
                .breakService(node: node, group: group, lasts: $0, action: action)
            }
        case .unprepare(let node, let group, let lasts):
            return half(lasts).map { .unprepare(node: node, group: group, lasts: $0) }
        case .shutdown(let node, let after):
            return half(after).map { .shutdown(node: node, restartAfter: $0) }
        default: return nil
        }
    }
}

extension Story {
    /// The scenery in words, before the transcript.
    var preface: [String] {
        let times = scenery.timings
        var lines = [
            "story \(seed), topology \(scenery.topology.rawValue), auto_failback "
                + "\(scenery.autoFailback.rawValue), unproved_takeover \(scenery.unprovedTakeover ? "on" : "off")",
            "keepalive \(times.keepalive.text), warntime \(times.warntime.text), deadtime "
                + "\(times.deadtime.text), initdead \(times.initdead.text), fit_settle "
                + "\(times.fitSettle.text), offer_timeout \(times.offerTimeout.text)",
        ]
        if scenery.hasKeeper { lines.append("a keeper speaks for a daemon that was killed") }
        if let other = scenery.secondTimings {
            lines.append(
                "l1: keepalive \(other.keepalive.text), warntime \(other.warntime.text), deadtime "
                    + "\(other.deadtime.text), initdead \(other.initdead.text)"
            )
        }
        for (index, group) in scenery.settings(of: 0).groups.enumerated() {
            let names = group.resources.map { $0.name }.joined(separator: ", ")
            let plan = scenery.groups[index]
            var line = "group \(index): \(group.name), prefers \(Scenery.name(of: plan.home))"
            if plan.isPreferredByEach { line += " (each file its own node)" }
            if plan.difference != .none { line += ", \(plan.difference) differs" }
            if plan.isReplicated { line += ", replicated" }
            if let node = plan.unknownTo { line += ", unknown to \(Scenery.name(of: node))" }
            lines.append("\(line): \(names)")
        }
        return lines
    }
}
