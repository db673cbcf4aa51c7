// What groups need to be started, and have not got (design section 4, "Fit"): a quarter of the stories has machines on
// which no start of a group succeeds for a while. Their daemons learn it late.

import Failover

extension DeedMaker {
    /// Up to three obstacles.
    mutating func obstacles() -> [Deed] {
        (0..<dice.between(1, 3)).map { _ in
            Deed(
                at: dice.between(length / 20, length - length / 10),
                kind: .unprepare(
                    node: dice.below(2),
                    group: dice.below(scenery.groups.count),
                    lasts: silence() * dice.between(1, 4)
                )
            )
        }
    }
}

extension World {
    /// Until a daemon asks again.
    private var askingInterval: Int64 { second / 2 }

    /// Something is missing from now on, or no more.
    func unprepare(_ machine: Machine, _ group: Int, by step: Int) {
        machine.services[group].obstacles = max(0, machine.services[group].obstacles + step)
        planQuestion(machine, group)
    }

    /// Everything is there again.
    func endObstacles(_ machine: Machine) {
        for group in machine.services.indices where machine.services[group].obstacles > 0 {
            unprepare(machine, group, by: -machine.services[group].obstacles)
        }
    }

    /// A daemon begins: it asks.
    func beginAsking(_ machine: Machine) {
        for group in machine.services.indices where machine.services[group].obstacles > 0 {
            planQuestion(machine, group)
        }
    }

    private func planQuestion(_ machine: Machine, _ group: Int) {
        guard machine.knows(group) else { return }
        let at = now + 1 + Int64(now.magnitude % UInt64(askingInterval))
        queue.plan(.readinessDue(node: machine.index, run: machine.run, group: group), at: at)
    }

    /// A daemon learns how it stands.
    func readinessDue(_ machine: Machine, run: Int, _ group: Int) {
        guard machine.run == run, machine.daemon != .down else { return }
        let missing = machine.services[group].obstacles > 0 ? "a disk is missing" : nil
        // One that stands still is told later.
        let isTold = machine.daemon == .running && machine.power == .on
        machine.services[group].knowsObstacle = missing != nil && isTold
        deliver(.readinessObserved(group: group, missing: missing), to: machine)
    }
}
