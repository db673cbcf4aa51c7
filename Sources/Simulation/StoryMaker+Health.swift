// What a third of the stories has besides: services that fail and recover, their alerts, freezes, thaws and
// clears, with budgets and hold-downs short enough to matter in a story.

import Failover

extension Scenery {
    /// Makes hold-downs short and budgets small.
    mutating func varyHealth(_ dice: inout Dice) {
        moveBudget = dice.pick([0, 1, 2, 3, 3, 8])
        restartBudget = dice.pick([0, 0, 1, 2])
        holdDown = .milliseconds(dice.pick([10, 200, 1000, 5000, 300_000]))
    }
}

extension DeedMaker {
    /// Between two and ten such deeds.
    mutating func healthDeeds() -> [Deed] {
        if dice.below(8) == 0 { return frozenDarkness() }
        return (0..<dice.between(2, 10)).map { _ in
            let at = dice.between(length / 20, length - length / 10)
            return Deed(at: at, kind: healthDeed())
        }
    }

    /// Everything is frozen, and then both machines lose power.
    private mutating func frozenDarkness() -> [Deed] {
        let node = dice.below(2)
        let dark = dice.between(second, 5 * second)
        let order = Command.freeze(.all, duration: nil, by: "anna", reason: "")
        return [
            Deed(at: 4 * second, kind: .command(node: node, order)),
            Deed(at: 5 * second, kind: .crash(node: node, offFor: dark, losesDisk: false)),
            Deed(
                at: 5 * second + dice.between(0, second),
                kind: .crash(node: 1 - node, offFor: dark, losesDisk: false)
            ),
        ]
    }

    private mutating func healthDeed() -> DeedKind {
        let node = dice.below(2)
        let group = dice.below(scenery.groups.count)
        let name = scenery.settings(of: node).groups[group].name
        let scope: Scope = dice.pick([.all, .group(name)])
        switch dice.below(12) {
        case 0..<6:
            return .breakService(
                node: node,
                group: group,
                lasts: silence() * dice.between(1, 4),
                action: dice.pick([.standby, .standby, .restart, .notify])
            )
        case 6, 7: return .command(node: node, .standbyForHealth(scope, cause: "own/web"))
        case 8: return .command(node: node, .clear(scope))
        case 9, 10:
            let duration: Duration? =
                dice.below(2) == 0 ? nil : .nanoseconds(dice.between(millisecond, 8 * second))
            return .command(node: node, .freeze(scope, duration: duration, by: "anna", reason: ""))
        default: return .command(node: node, .thaw(scope))
        }
    }
}
