// The search: every state of the small model that can be reached with so many faults, each taken once. States are
// told apart by the digest of their canonical form; each remembers what led to it, so that the way to a bad one can
// be told again, and what follows when nothing more goes wrong, by which `Explorer+Liveness` judges whether it can be
// left.

@_spi(Simulation) import Failover

/// Explores one plan.
public struct Explorer {
    let model: ExplorerModel
    var writer = CanonicalWriter()
    var table = StateTable()
    var report: ExplorationReport

    /// Makes an explorer of nothing yet.
    public init(_ plan: ExplorationPlan) {
        model = ExplorerModel(plan)
        report = ExplorationReport(plan: plan)
    }

    /// A state that waits to be left in every way.
    private struct Pending {
        var state: ModelState
        var index: Int32
        /// Faults that may still happen.
        var budget: Int
        var depth: Int
    }

    /// Explores until every state was seen, or the first rule is broken.
    public mutating func explore() -> ExplorationReport {
        var first = ModelState(model)
        for node in 0...1 { first.nodes[node].ends = FaultEnd(.quanta(0)) }
        let root = table.insert(
            digest(first),
            parent: -1,
            way: StepWay(),
            budget: model.plan.faults
        )
        var stack = [
            Pending(state: first, index: root, budget: model.plan.faults, depth: 0)
        ]
        while let pending = stack.popLast(), report.violation == nil {
            // Found again meanwhile with more faults left: that one is on the stack, or done.
            guard table.budgets[Int(pending.index)] == pending.budget else { continue }
            if let limit = model.plan.statesMaximum, table.count >= limit {
                report.isComplete = false
                break
            }
            report.depth = max(report.depth, pending.depth)
            leave(pending, &stack)
        }
        report.states = table.count
        if report.violation == nil, report.isComplete { judgeLiveness() }
        return report
    }

    /// Leaves a state in every way.
    private mutating func leave(_ pending: Pending, _ stack: inout [Pending]) {
        table.goals[Int(pending.index)] = isSettled(pending.state)
        var ways = [(way: StepWay(), cost: 0)]
        while let (way, cost) = ways.popLast() {
            var stepper = Stepper(model, pending.state, Choices(way.choices))
            stepper.step()
            report.transitions += 1
            report.events += stepper.events
            for exception in stepper.exceptions { note(exception, pending, way) }
            if let violation = stepper.violation {
                find(violation, pending.index, way)
                if report.violation != nil { return }
                continue
            }
            let left = pending.budget - cost
            add(stepper.state, pending, way, left, &stack)
            for point in way.end..<stepper.choices.points.count {
                let choice = stepper.choices.points[point]
                guard choice.cost <= left else { continue }
                for alternative in 1..<choice.count {
                    let next = way.adding(point, alternative)
                    ways.append((next, cost + choice.cost))
                }
            }
        }
    }

    /// Takes in a broken rule: the first ends the exploration, unless all are wanted.
    mutating func find(_ violation: Violation, _ index: Int32, _ way: StepWay) {
        let complaint = "\(violation.rule): \(violation.text)"
        if let place = report.findings.firstIndex(where: { $0.complaint == complaint }) {
            report.findings[place].count += 1
            return
        }
        // What never settles is shown for long enough to be seen.
        let quanta = violation.rule == "L1" ? 40 : 0
        let story = story(to: index, then: [way] + Array(repeating: StepWay(), count: quanta))
        report.findings.append(ExplorationFinding(complaint: complaint, count: 1, story: story))
        if !model.plan.isSurvey { report.violation = violation }
    }

    /// Takes in what one way leads to.
    private mutating func add(
        _ state: ModelState,
        _ from: Pending,
        _ way: StepWay,
        _ budget: Int,
        _ stack: inout [Pending]
    ) {
        let key = digest(state)
        var index = table.find(key)
        if let known = index {
            probe(state, known)
            if table.budgets[Int(known)] < budget {
                table.reach(known, parent: from.index, way: way, budget: budget)
                stack.append(
                    Pending(state: state, index: known, budget: budget, depth: from.depth + 1)
                )
            }
        } else {
            let new = table.insert(key, parent: from.index, way: way, budget: budget)
            index = new
            stack.append(Pending(state: state, index: new, budget: budget, depth: from.depth + 1))
        }
        if way.isEmpty, let index { table.successors[Int(from.index)] = index }
    }

    /// Now and then: whether what was taken for a known state goes on as that one did.
    private mutating func probe(_ state: ModelState, _ known: Int32) {
        let plan = model.plan
        guard plan.probation > 0, table.successors[Int(known)] >= 0 else { return }
        report.met += 1
        guard report.met % plan.probation == 0 else { return }
        report.probed += 1
        var stepper = Stepper(model, state)
        stepper.step()
        if table.find(digest(stepper.state)) != table.successors[Int(known)] {
            report.misjudged += 1
            if report.misjudged == 1 { explain(state, stepper.state, known) }
        }
    }

    /// Says where two states part that were taken for one.
    private mutating func explain(_ state: ModelState, _ after: ModelState, _ known: Int32) {
        let (twin, story) = replay(to: known)
        var stepper = Stepper(model, twin)
        stepper.step()
        encode(state)
        let here = writer.words
        encode(twin)
        let there = writer.words
        encode(after)
        let next = writer.words
        encode(stepper.state)
        let parting = zip(next, writer.words).enumerated().filter { $1.0 != $1.1 }.map {
            "number \($0): \(Int64(bitPattern: $1.0)) and \(Int64(bitPattern: $1.1))"
        }
        report.misjudgement = ["equal before: \(here == there)"] + parting + story.mischances
    }

    private mutating func note(_ exception: Exception, _ pending: Pending, _ way: StepWay) {
        guard let place = Exception.allCases.firstIndex(of: exception) else { return }
        report.exceptions[place] += 1
        guard report.examples[place] == nil else { return }
        report.examples[place] = story(to: pending.index, then: [way])
    }
}

/// What is prescribed for one quantum: at most four choices, which is more than any plan has faults.
struct StepWay: Sendable {
    private var packed: UInt64 = 0

    var isEmpty: Bool { packed == 0 }

    /// The places and what is chosen there, in order.
    var choices: [(point: Int, alternative: Int)] {
        var choices: [(point: Int, alternative: Int)] = []
        var rest = packed
        while rest != 0 {
            choices.append((Int(rest >> 6 & 0x3ff) - 1, Int(rest & 0x3f)))
            rest >>= 16
        }
        return choices
    }

    /// The first place after those that are prescribed.
    var end: Int { choices.last.map { $0.point + 1 } ?? 0 }

    func adding(_ point: Int, _ alternative: Int) -> StepWay {
        let count = choices.count
        precondition(count < 4 && point < 1023 && alternative < 64, "a way of too many choices")
        var way = self
        way.packed |= (UInt64(point + 1) << 6 | UInt64(alternative)) << UInt64(16 * count)
        return way
    }
}

/// Every state seen, by number.
struct StateTable: Sendable {
    private var numbers: [UInt64: Int32] = [:]
    /// From where each was first reached, and how.
    private(set) var parents: [Int32] = []
    private(set) var ways: [StepWay] = []
    /// The most faults that were left when it was reached.
    private(set) var budgets: [Int8] = []
    /// What follows when nothing goes wrong; -1 while that is not known.
    var successors: [Int32] = []
    /// Whether it is as it should be.
    var goals: [Bool] = []

    var count: Int { parents.count }

    func find(_ key: UInt64) -> Int32? { numbers[key] }

    mutating func insert(_ key: UInt64, parent: Int32, way: StepWay, budget: Int) -> Int32 {
        let index = Int32(parents.count)
        numbers[key] = index
        parents.append(parent)
        ways.append(way)
        budgets.append(Int8(budget))
        successors.append(-1)
        goals.append(false)
        return index
    }

    /// Notes that a state was reached with more faults left than before.
    ///
    /// The way back to the root stays free of circles: nothing that comes from a state has more left than it.
    mutating func reach(_ index: Int32, parent: Int32, way: StepWay, budget: Int) {
        parents[Int(index)] = parent
        ways[Int(index)] = way
        budgets[Int(index)] = Int8(budget)
    }
}
