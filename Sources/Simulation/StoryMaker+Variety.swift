// What a share of the stories has besides: two configurations that differ, many groups, a keeper that speaks; and
// suites, deeds that follow each other so closely that one falls into what the other has not finished.

import Failover

extension Scenery {
    /// Makes some sceneries differ from the plain ones.
    mutating func vary(_ dice: inout Dice) {
        hasKeeper = dice.below(2) == 0
        // Beats in several datagrams cost time: few stories have so many groups.
        if dice.below(60) == 0 {
            let kinds: [GroupKind] = [.address, .address, .script, .storage]
            groups = (0..<Int(dice.between(20, 28))).map { _ in
                GroupPlan(kind: dice.pick(kinds), preferred: dice.below(2))
            }
        }
        guard dice.below(4) == 0 else { return }
        for _ in 0..<dice.pick([1, 1, 2]) {
            let group = dice.below(groups.count)
            switch dice.below(5) {
            case 0, 1: secondTimings = otherTimings(&dice)
            case 2:
                let difference: Difference = dice.pick([.storage, .storage, .address])
                // An address alone has no storage to differ in.
                groups[group].difference = groups[group].kind == .address ? .address : difference
            case 3: groups[group].isPreferredByEach = true
            default:
                if groups.count > 1 { groups[groups.count - 1].unknownTo = dice.below(2) }
            }
        }
    }

    /// Gives some groups several file systems, mounted side by side.
    mutating func mountSideBySide(_ dice: inout Dice) {
        for group in groups.indices where groups[group].kind == .storage {
            groups[group].mounts = Int(dice.between(1, 4))
        }
    }

    /// Times that go with those of the first machine: no keepalive is beyond half of the other's `deadtime`.
    private func otherTimings(_ dice: inout Dice) -> Timings {
        var other = timings
        let keepalive = timings.keepalive
        other.keepalive = dice.pick([keepalive / 2, keepalive, keepalive * 2])
        let dead = Int(dice.between(4, 12))
        other.deadtime = keepalive * dead
        other.warntime = keepalive * Int(dice.between(2, Int64(dead) - 1))
        other.initdead = other.deadtime * Int(dice.between(1, 3))
        return other
    }
}

extension DeedMaker {
    /// Deeds that belong together.
    mutating func suite() -> [Deed] {
        let dead = scenery.timings.deadtime.nanoseconds
        let at = dice.between(length / 10, length * 2 / 3)
        let node = dice.below(2)
        switch dice.below(8) {
        case 0:
            // Both daemons are killed, and somebody types meanwhile.
            let second = at + dice.between(0, dead)
            return [
                Deed(at: at, kind: .kill(node: node, restartAfter: restartDelay())),
                Deed(at: second, kind: .kill(node: 1 - node, restartAfter: restartDelay())),
            ] + commands(from: at, within: dead * 2)
        case 1:
            return crashLoop(node, from: at) + commands(from: at, within: 2 * second)
        case 2:
            // Both machines stand still.
            let lasts = dead + dice.between(0, dead * 2)
            let other = dead + dice.between(0, dead * 2)
            return [
                Deed(at: at, kind: .freeze(node: node, lasts: lasts)),
                Deed(at: at + dice.between(0, lasts), kind: .freeze(node: 1 - node, lasts: other)),
            ]
        case 3:
            // Both loops stand still.
            let other = at + dice.between(0, dead)
            return [
                Deed(at: at, kind: .pause(node: node, lasts: dead + silence(), keeperAfter: nil)),
                Deed(
                    at: other,
                    kind: .pause(node: 1 - node, lasts: dead + silence(), keeperAfter: nil)
                ),
            ] + commands(from: at, within: dead * 3)
        case 4:
            // One ends in order while the other is restarted.
            let other = at + dice.between(0, dead)
            return [
                Deed(at: at, kind: .shutdown(node: node, restartAfter: restartDelay())),
                Deed(at: other, kind: .kill(node: 1 - node, restartAfter: restartDelay())),
            ] + commands(from: at, within: dead)
        case 5:
            let other = at + dice.between(0, dead)
            return [
                Deed(at: at, kind: .shutdown(node: node, restartAfter: restartDelay())),
                Deed(at: other, kind: .shutdown(node: 1 - node, restartAfter: restartDelay())),
            ]
        case 6:
            // Both lose power; whoever is back first may be told that the other is off.
            let other = at + dice.between(0, dead * 2)
            let word = at + dice.between(dead, dead * 4)
            return [
                Deed(at: at, kind: .crash(node: node, offFor: silence(), losesDisk: false)),
                Deed(at: other, kind: .crash(node: 1 - node, offFor: silence(), losesDisk: false)),
                Deed(at: word, kind: .confirmDown(node: dice.below(2), lies: false)),
            ]
        default:
            // One sleeps while the other takes, and wakes into trouble.
            let lasts = dead + dice.between(0, dead * 2)
            let wakes = at + lasts + dice.between(-dead / 2, dead / 2)
            let trouble: DeedKind =
                dice.below(2) == 0
                ? cut(network: nil) : .kill(node: dice.below(2), restartAfter: restartDelay())
            return [
                Deed(at: at, kind: .freeze(node: node, lasts: lasts)),
                Deed(at: wakes, kind: trouble),
            ] + commands(from: at + lasts, within: dead)
        }
    }

    /// Several of the mounts of a group go wrong, in one start or stop of it or in several.
    mutating func spoiledMounts() -> [Deed] {
        let groups = scenery.groups.indices.filter { scenery.groups[$0].mounts > 1 }
        return (0..<dice.between(0, 4)).map { _ in
            let group = dice.pick(groups)
            let kind = DeedKind.spoil(
                node: dice.below(2),
                group: group,
                resource: 1 + dice.below(scenery.groups[group].mounts),
                action: dice.pick([.start, .stop, .stop]),
                how: dice.pick([.fails, .hangs, .lingers])
            )
            return Deed(at: dice.between(0, length / 2), kind: kind)
        }
    }

    private mutating func crashLoop(_ node: Int, from begin: Int64) -> [Deed] {
        let gap = dice.between(2, 400) * millisecond
        return (0..<dice.between(3, 8)).map { number in
            let after = dice.between(millisecond, gap)
            return Deed(at: begin + number * gap, kind: .kill(node: node, restartAfter: after))
        }
    }

    private mutating func commands(from begin: Int64, within span: Int64) -> [Deed] {
        (0..<dice.below(4)).map { _ in
            Deed(at: begin + dice.between(0, span), kind: command(node: dice.below(2)))
        }
    }
}
