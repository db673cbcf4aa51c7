// Makes stories: one seed, one story. Faults come in the mix that found most; most stories are short and use
// quick timings, so that many are told in a second.

import Failover

/// One millisecond in nanoseconds.
let millisecond: Int64 = 1_000_000
/// One second in nanoseconds.
let second: Int64 = 1_000_000_000

extension Story {
    /// The story of `seed`, on `topology` and at `level`; where these are `nil`, on any.
    init(seed: UInt64, topology: Topology?, level: ProtectionLevel? = nil) {
        var dice = Dice(seed: seed, stream: 1)
        var scenery = Scenery(topology: topology, dice: &dice)
        // Chance of its own, so that a story without variety stays as it is told since the first simulator.
        var variety = Dice(seed: seed, stream: 8)
        scenery.vary(&variety)
        // And what starts side by side.
        var beside = Dice(seed: seed, stream: 44)
        if beside.below(6) == 0 { scenery.mountSideBySide(&beside) }
        let length = dice.between(4, 25) * second
        var maker = DeedMaker(scenery: scenery, length: length, dice: dice)
        var deeds = maker.deeds()
        if variety.below(5) == 0 {
            var other = DeedMaker(scenery: scenery, length: length, dice: variety)
            deeds = DeedMaker.inOrder(deeds + other.suite())
        }
        if scenery.groups.contains(where: { $0.mounts > 1 }) {
            var other = DeedMaker(scenery: scenery, length: length, dice: beside)
            deeds = DeedMaker.inOrder(deeds + other.spoiledMounts())
        }
        // So has what services and freezes bring.
        var health = Dice(seed: seed, stream: 9)
        if health.below(3) == 0 {
            scenery.varyHealth(&health)
            var other = DeedMaker(scenery: scenery, length: length, dice: health)
            deeds = DeedMaker.inOrder(deeds + other.healthDeeds())
        }
        // And what evidence and isolation bring.
        var isolation = Dice(seed: seed, stream: 40)
        scenery.varyEvidence(&isolation)
        var suspension = Dice(seed: seed, stream: 41)
        scenery.suspendsScripts = suspension.below(2) == 0
        if let level { scenery.hasPingNodes = level == .ping }
        if isolation.below(3) == 0 {
            var other = DeedMaker(scenery: scenery, length: length, dice: isolation)
            deeds = DeedMaker.inOrder(deeds + other.isolations())
        }
        // And what replicated disks bring.
        var replication = Dice(seed: seed, stream: 42)
        if scenery.replicate(&replication) {
            var other = DeedMaker(scenery: scenery, length: length, dice: replication)
            deeds = DeedMaker.inOrder(deeds + other.partings())
        }
        // And what is missing where a group could go.
        var readiness = Dice(seed: seed, stream: 43)
        if readiness.below(4) == 0 {
            scenery.timings.failbackSettle =
                scenery.timings.fitSettle * readiness.pick([1, 2, 10])
            var other = DeedMaker(scenery: scenery, length: length, dice: readiness)
            deeds = DeedMaker.inOrder(deeds + other.obstacles())
        }
        if scenery.topology == .shared { deeds = DeedMaker.shared(deeds, &isolation) }
        self.init(seed: seed, scenery: scenery, deeds: deeds, quietAt: length)
    }

    /// A story in which nothing happens for `length` nanoseconds at keepalive 1 s: measures speed.
    init(quietFor length: Int64, seed: UInt64) {
        var dice = Dice(seed: seed, stream: 1)
        var scenery = Scenery(topology: .two, dice: &dice)
        scenery.timings = Timings(
            keepalive: .seconds(1),
            warntime: .seconds(2),
            deadtime: .seconds(3),
            initdead: .seconds(10)
        )
        scenery.groups = [GroupPlan(kind: .storage, preferred: 0)]
        self.init(seed: seed, scenery: scenery, deeds: [], quietAt: length)
    }
}

extension Scenery {
    init(topology wanted: Topology?, dice: inout Dice) {
        let any = dice.pick(Topology.allCases)
        let kinds: [GroupKind] = [.storage, .address, .addressFirst, .script]
        var groups: [GroupPlan] = []
        for _ in 0..<dice.pick([1, 1, 1, 2, 2, 3]) {
            groups.append(GroupPlan(kind: dice.pick(kinds), preferred: dice.below(2)))
        }
        self.init(
            topology: wanted ?? any,
            timings: Scenery.timings(dice: &dice),
            autoFailback: dice.pick([.off, .off, .on, .legacy]),
            unprovedTakeover: dice.below(3) > 0,
            groups: groups,
            clockDrift: [dice.between(-200, 200), dice.between(-200, 200)],
            clockOffset: [
                dice.between(second, 900_000 * second), dice.between(second, 900_000 * second),
            ],
            powerOn: Scenery.powerOn(dice: &dice)
        )
    }

    private static func timings(dice: inout Dice) -> Timings {
        let unit: Int64 = dice.pick([20, 50, 100, 100, 100, 200, 1000])
        func times(_ factor: Int64) -> Duration { .milliseconds(unit * factor) }
        let dead = dice.between(4, 10)
        return Timings(
            keepalive: times(1),
            warntime: times(dice.between(2, dead - 1)),
            deadtime: times(dead),
            initdead: times(dead * dice.between(1, 3)),
            fitSettle: .milliseconds(dice.pick([100, 500, 2000])),
            offerTimeout: .milliseconds(dice.pick([500, 2000, 5000]))
        )
    }

    private static func powerOn(dice: inout Dice) -> [Int64] {
        let both = [dice.between(0, 500), dice.between(0, 500)]
        var times = both.map { $0 * millisecond }
        if dice.below(5) == 0 { times[dice.below(2)] = dice.between(1, 12) * second }
        return times
    }
}

/// Chooses the deeds of one story.
struct DeedMaker {
    let scenery: Scenery
    let length: Int64
    var dice: Dice

    /// The deeds in order of time.
    mutating func deeds() -> [Deed] {
        var deeds: [Deed] = []
        // A swarm: each story leaves most kinds of fault out, so that the others meet undisturbed.
        let palette = (0..<dice.pick([1, 2, 2, 3, 3, 4])).map { _ in dice.below(Self.kinds) }
        for _ in 0..<dice.pick([0, 1, 2, 3, 4, 6, 8, 12]) {
            let at = dice.between(length / 20, length - length / 10)
            deeds.append(Deed(at: at, kind: kind(dice.pick(palette))))
            if dice.below(6) == 0 {
                // Trouble comes in company: a second fault close to the first.
                let close = at + dice.between(0, scenery.timings.deadtime.nanoseconds * 2)
                deeds.append(Deed(at: min(close, length), kind: kind(dice.below(Self.kinds))))
            }
        }
        return Self.inOrder(deeds)
    }

    /// Sorted by time; `sort` is stable for equal keys only by this index.
    static func inOrder(_ deeds: [Deed]) -> [Deed] {
        let order = deeds.indices.sorted {
            deeds[$0].at < deeds[$1].at || (deeds[$0].at == deeds[$1].at && $0 < $1)
        }
        return order.map { deeds[$0] }
    }

    private static let kinds = 22

    private mutating func kind(_ number: Int) -> DeedKind {
        let node = dice.below(2)
        switch number {
        case 0, 1:
            return .crash(node: node, offFor: silence(), losesDisk: dice.below(12) == 0)
        case 2, 3: return .kill(node: node, restartAfter: restartDelay())
        case 4:
            let keeper = dice.below(3) > 0
            let after = scenery.timings.deadtime.nanoseconds / 3
            return .pause(node: node, lasts: silence(), keeperAfter: keeper ? after : nil)
        case 5: return .freeze(node: node, lasts: silence())
        case 6, 7, 8: return cut(network: dice.below(scenery.networks.count))
        case 9: return cut(network: nil)
        case 10:
            return .lose(
                network: dice.below(scenery.networks.count),
                perMille: dice.pick([50, 200, 500, 800]),
                lasts: silence() * 2
            )
        case 11:
            return .delay(
                network: dice.below(scenery.networks.count),
                most: scenery.timings.keepalive.nanoseconds * dice.between(1, 5) / 2,
                lasts: silence() * 2
            )
        case 12:
            return .double(
                network: dice.below(scenery.networks.count),
                perMille: 500,
                lasts: silence() * 2
            )
        case 13: return .hangDisk(node: node, lasts: silence())
        case 14, 15: return spoil(node: node)
        case 16: return .loseHelper(node: node)
        case 17, 18, 19: return command(node: node)
        case 20:
            return dice.below(3) == 0
                ? .shutdown(node: node, restartAfter: restartDelay())
                : .confirmDown(node: node, lies: dice.below(8) == 0)
        default:
            return .forge(
                to: node,
                how: dice.pick([.replayed, .replayed, .flipped, .truncated, .noise]),
                pick: dice.next()
            )
        }
    }

    /// A time around `deadtime`, where decisions are made.
    mutating func silence() -> Int64 {
        let dead = scenery.timings.deadtime.nanoseconds
        switch dice.below(4) {
        case 0: return dice.between(millisecond, dead / 2)
        case 1: return dice.between(dead / 2, dead * 3 / 2)
        case 2: return dice.between(dead, dead * 4)
        default: return dice.between(second, 8 * second)
        }
    }

    mutating func restartDelay() -> Int64 {
        switch dice.below(3) {
        case 0: dice.between(millisecond, 100 * millisecond)
        case 1: dice.between(millisecond, scenery.timings.deadtime.nanoseconds * 2)
        default: dice.between(100 * millisecond, 4 * second)
        }
    }

    mutating func cut(network: Int?) -> DeedKind {
        .cut(
            network: network,
            way: dice.pick([.both, .both, .forth, .back]),
            lasts: silence(),
            losesCarrier: dice.below(3) == 0
        )
    }

    private mutating func spoil(node: Int) -> DeedKind {
        let group = dice.below(scenery.groups.count)
        let resources = scenery.settings(of: node).groups[group].resources.count
        return .spoil(
            node: node,
            group: group,
            resource: dice.below(resources),
            action: dice.pick([.start, .start, .stop, .stop, .status]),
            how: dice.pick([.fails, .fails, .hangs, .lingers])
        )
    }

    mutating func command(node: Int) -> DeedKind {
        let group = dice.below(scenery.groups.count)
        let name = scenery.settings(of: node).groups[group].name
        let scope: Scope = dice.pick([
            .all, .local, .foreign, .failback, .group(name), .group(name),
        ])
        switch dice.below(7) {
        case 0, 1, 2: return .command(node: node, .standby(scope))
        case 3, 4, 5: return .command(node: node, .takeover(scope))
        default: return .command(node: node, .failback)
        }
    }
}
