// What a story has of evidence besides beats: learnt paths, neighbours, early verdicts, boot policies; and cables that
// are pulled.

import Failover

extension Scenery {
    /// Makes sceneries differ in what can be known of a silent peer.
    mutating func varyEvidence(_ dice: inout Dice) {
        learnsPaths = dice.below(4) > 0
        hasNeighbours = dice.below(4) > 0
        hasPingNodes = dice.below(4) == 0
        earlyTakeover = dice.pick([.auto, .auto, .on, .off])
        bootPolicy = dice.pick([nil, nil, .wait, .lastOwner, .any])
    }
}

extension DeedMaker {
    /// Two of three faults of a network are the switch's: they befall every network through it.
    static func shared(_ deeds: [Deed], _ dice: inout Dice) -> [Deed] {
        var all: [Deed] = []
        for deed in deeds {
            guard dice.below(3) > 0 else {
                all.append(deed)
                continue
            }
            func both(_ kind: (Int) -> DeedKind) {
                for network in 0...1 { all.append(Deed(at: deed.at, kind: kind(network))) }
            }
            switch deed.kind {
            case .cut(_, let way, let lasts, let losesCarrier):
                let kind = DeedKind.cut(
                    network: nil,
                    way: way,
                    lasts: lasts,
                    losesCarrier: losesCarrier
                )
                all.append(Deed(at: deed.at, kind: kind))
            case .lose(_, let perMille, let lasts):
                both { .lose(network: $0, perMille: perMille, lasts: lasts) }
            case .delay(_, let most, let lasts):
                both { .delay(network: $0, most: most, lasts: lasts) }
            case .double(_, let perMille, let lasts):
                both { .double(network: $0, perMille: perMille, lasts: lasts) }
            default: all.append(deed)
            }
        }
        return all
    }

    /// Pulled cables, alone or close to another fault.
    mutating func isolations() -> [Deed] {
        var deeds: [Deed] = []
        for _ in 0..<dice.pick([1, 1, 2, 3]) {
            let at = dice.between(length / 20, length - length / 10)
            let node = dice.below(2)
            let all = dice.below(3) == 0
            let network = all ? nil : dice.below(scenery.networks.count)
            let hasCarrier = dice.below(2) == 0
            deeds.append(
                Deed(
                    at: at,
                    kind: .pull(
                        node: node,
                        network: network,
                        lasts: silence(),
                        losesCarrier: hasCarrier
                    )
                )
            )
            let close = at + dice.between(0, scenery.timings.deadtime.nanoseconds * 2)
            switch dice.below(6) {
            case 0: deeds.append(Deed(at: close, kind: cut(network: nil)))
            case 1:
                let crash = DeedKind.crash(node: dice.below(2), offFor: silence(), losesDisk: false)
                deeds.append(Deed(at: close, kind: crash))
            case 2:
                deeds.append(
                    Deed(at: close, kind: cut(network: dice.below(scenery.networks.count)))
                )
            default: break
            }
        }
        if scenery.suspendsScripts, dice.below(2) == 0 { deeds.append(spoiledSuspension()) }
        return deeds
    }

    /// What a node that is cut off does to a script goes wrong, or what it does when it goes on.
    private mutating func spoiledSuspension() -> Deed {
        let node = dice.below(2)
        let group = dice.below(scenery.groups.count)
        let resources = scenery.settings(of: node).groups[group].resources.count
        let how: Mishap = dice.pick([.fails, .hangs, .lingers])
        let kind = DeedKind.spoil(
            node: node,
            group: group,
            resource: dice.below(resources),
            action: dice.pick([.suspend, .suspend, .resume]),
            how: how
        )
        return Deed(at: dice.between(0, length / 2), kind: kind)
    }
}
