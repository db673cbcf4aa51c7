// "Every state can be left" (L1): from each state seen, when nothing more goes wrong, the model comes within a bound
// to where exactly one node serves, or where the core says why none does, and stays there. When nothing goes wrong
// each state has one successor, so that all of them together are looked at in one pass.

@_spi(Simulation) import Failover

extension Explorer {
    /// Quanta within which the model settles: a fault that is under way ends, the longest boot, both waits of an offer
    /// and every operation of both nodes by its deadline.
    static let settleBound = 60

    /// Finds how long each state needs to settle; the first that does not breaks L1.
    mutating func judgeLiveness() {
        let needed = settlingTimes()
        for index in needed.indices {
            let quanta = needed[index]
            if quanta != Int32.max, quanta <= Self.settleBound {
                report.settled = max(report.settled, Int(quanta))
                continue
            }
            let how = quanta == Int32.max ? "never" : "after \(quanta) quanta"
            find(
                Violation(
                    rule: "L1",
                    text:
                        "when nothing more goes wrong, one owner or a reason why not comes \(how)",
                    at: 0
                ),
                Int32(index),
                StepWay()
            )
            if report.violation != nil { return }
        }
    }

    /// For each state the quanta until it is as it should be for good; `Int32.max` for never.
    private func settlingTimes() -> [Int32] {
        let count = table.count
        let unseen: Int32 = -1
        let onPath: Int32 = -2
        var needed = [Int32](repeating: unseen, count: count)
        for start in 0..<count where needed[start] == unseen && table.successors[start] >= 0 {
            var path: [Int] = []
            var here = start
            while needed[here] == unseen, table.successors[here] >= 0 {
                needed[here] = onPath
                path.append(here)
                here = Int(table.successors[here])
            }
            // What follows broke a rule, which is told by itself.
            if needed[here] == unseen { needed[here] = 0 }
            if needed[here] == onPath {
                // A circle that nothing but a fault or a repair leaves: good when all of it is.
                let begin = path.firstIndex(of: here) ?? 0
                let isGood = path[begin...].allSatisfy { table.goals[$0] }
                for state in path[begin...] { needed[state] = isGood ? 0 : Int32.max }
                path.removeSubrange(begin...)
            }
            for state in path.reversed() {
                let after = needed[Int(table.successors[state])]
                let isGood = after == 0 && table.goals[state]
                needed[state] = after == Int32.max ? after : isGood ? 0 : after + 1
            }
        }
        return needed
    }

    /// Whether exactly one node serves, or the core says why none does.
    func isSettled(_ state: ModelState) -> Bool {
        let running = state.nodes.filter(\.turns)
        if running.contains(where: { $0.openCommand != nil || $0.report == nil }) { return false }
        if running.contains(where: { $0.report?.phase == .unknown }) { return false }
        let isLeftSuspended = running.contains { node in
            node.report?.phase != .suspended && node.report?.phase != .unsafe
                && node.resources.contains { $0.truth == .suspended }
        }
        if isLeftSuspended { return false }
        let holders = state.nodes.filter { $0.mayRun > 0 }
        // A stop that failed, and must not be repeated without end, is the administrator's (S4).
        if running.contains(where: { $0.report?.phase == .unsafe }) { return true }
        switch holders.count {
        case 2:
            // Not promised while no beat can be heard, and counted when it began.
            let isDeaf = state.networks.allSatisfy { !$0.isClean }
            return state.split != nil && (isDeaf || running.count < 2)
        case 1:
            let holder = holders[0]
            if holder.daemon == .down {
                // Nobody watches what runs there: the other says so, when it is there.
                return running.allSatisfy { $0.core.saysWhyNot(0) }
            }
            return holder.turns && holder.runsWholly && holder.report?.phase == .active
        default:
            return running.allSatisfy { node in
                // What is suspended says so, and goes on when its network does (S12).
                if node.report?.phase == .suspended {
                    return !state.networks[ExplorerModel.service].isClean
                }
                let isFit = node.report?.fitness == .fit || node.report?.fitness == .heldDown
                return !isFit || node.core.saysWhyNot(0)
            }
        }
    }
}
