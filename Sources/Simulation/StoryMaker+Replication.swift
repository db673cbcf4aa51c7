// What stories with replicated disks have besides (S11): the replication is cut for long while the owner writes on, and
// then the owner dies, is told to give the group up, or both boot.

import Failover

extension Scenery {
    /// Makes the disks of some groups replicated; whether there is one.
    mutating func replicate(_ dice: inout Dice) -> Bool {
        // Beats of many groups come in several datagrams: what one of them said is not followed here.
        guard groups.count < 10 else { return false }
        for group in groups.indices where groups[group].kind == .storage {
            groups[group].isReplicated = dice.below(2) == 0
        }
        return groups.contains(where: \.isReplicated)
    }
}

extension DeedMaker {
    /// Deeds around a cut of the replication.
    mutating func partings() -> [Deed] {
        guard dice.below(2) == 0 else { return [] }
        let dead = scenery.timings.deadtime.nanoseconds
        let at = dice.between(length / 10, length / 2)
        let lasts = dice.between(dead, dead * 6 + 3 * second)
        let network = scenery.networks.count - 1
        var deeds = [
            Deed(
                at: at,
                kind: .cut(
                    network: network,
                    way: .both,
                    lasts: lasts,
                    losesCarrier: dice.below(3) == 0
                )
            )
        ]
        func moment() -> Int64 { at + dice.between(0, lasts * 3 / 2) }
        for _ in 0..<dice.between(1, 3) {
            let node = dice.below(2)
            switch dice.below(8) {
            case 0, 1, 2:
                deeds.append(
                    Deed(
                        at: moment(),
                        kind: .crash(node: node, offFor: silence(), losesDisk: false)
                    )
                )
            case 3:
                deeds.append(
                    Deed(at: moment(), kind: .kill(node: node, restartAfter: restartDelay()))
                )
            case 4: deeds.append(Deed(at: moment(), kind: command(node: node)))
            case 5:
                deeds.append(
                    Deed(at: moment(), kind: .shutdown(node: node, restartAfter: restartDelay()))
                )
            case 6:
                let scope: Scope = dice.pick([.all, .foreign, .local])
                deeds.append(
                    Deed(at: moment(), kind: .command(node: node, .takeoverAcceptingLoss(scope)))
                )
            default:
                let first = moment()
                deeds += [0, 1].map { each in
                    Deed(
                        at: first + dice.between(0, dead),
                        kind: .crash(node: each, offFor: silence(), losesDisk: false)
                    )
                }
            }
        }
        return deeds
    }
}
