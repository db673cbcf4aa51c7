// The exhaustive exploration in small: every run with one fault. `make explore` and `make check-long` explore more.

import Testing

@testable import Simulation

@Suite struct ExplorerTests {
    @Test(arguments: ExplorationVariant.allCases)
    func noRunWithOneFaultBreaksARuleAndEveryStateCanBeLeft(variant: ExplorationVariant) {
        var plan = ExplorationPlan(variant: variant, faults: 1, palette: .lean)
        plan.probation = 1
        var explorer = Explorer(plan)
        let report = explorer.explore()
        #expect(report.findings.map(\.complaint) == [])
        #expect(report.isComplete)
        #expect(report.states > 1_000)
        #expect(report.transitions > report.states)
        // A state that was taken for a known one goes on as that one did.
        #expect(report.probed > 100)
        #expect(report.misjudged == 0, "\(report.misjudgement)")
        // Of single faults only a machine that stands still, kernel included, may give two holders.
        let met = Exception.allCases.indices.filter { report.exceptions[$0] > 0 }
        #expect(met.map { Exception.allCases[$0] } == [.frozenMachine])
        #expect((1...Explorer.settleBound).contains(report.settled))
    }

    @Test func withoutFaultsAPairServesAndStaysAsItIs() {
        var explorer = Explorer(ExplorationPlan(variant: .storage, returnsGroups: true, faults: 0))
        let report = explorer.explore()
        #expect(report.findings.isEmpty)
        #expect(report.states == report.transitions)
        #expect(report.states < 30)
        #expect(report.settled < 5)
    }

    @Test func equalPlansGiveEqualReports() {
        let reports = (0..<2).map { _ in
            var plan = ExplorationPlan(variant: .address, faults: 1, palette: .lean)
            plan.statesMaximum = 500
            var explorer = Explorer(plan)
            return explorer.explore()
        }
        #expect(reports[0].transitions == reports[1].transitions)
        #expect(reports[0].events == reports[1].events)
        #expect(!reports[0].isComplete && reports[0].states >= 500)
    }

    @Test func aStateComesOutTheSameWhenItsStoryIsToldAgain() {
        var plan = ExplorationPlan(variant: .storage, faults: 1, palette: .lean)
        plan.statesMaximum = 300
        var explorer = Explorer(plan)
        _ = explorer.explore()
        for index in stride(from: Int32(0), to: 300, by: 7) {
            let (state, _) = explorer.replay(to: index)
            let digest = explorer.digest(state)
            #expect(explorer.table.find(digest) == index)
        }
    }

    @Test func choicesOfOneQuantumArePackedAndUnpacked() {
        let way = StepWay().adding(0, 1).adding(17, 63).adding(1022, 2)
        #expect(way.choices.map(\.point) == [0, 17, 1022])
        #expect(way.choices.map(\.alternative) == [1, 63, 2])
        #expect(way.end == 1023)
        #expect(StepWay().isEmpty && StepWay().end == 0)
    }
}
