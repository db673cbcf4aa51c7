// What an exploration came to, and the story that leads to a state: told again from the beginning by the choices that
// led there.

@_spi(Simulation) import Failover

/// What an exploration came to.
public struct ExplorationReport: Sendable {
    /// What was explored.
    public var plan: ExplorationPlan
    /// Different states seen.
    public var states = 0
    /// Quanta told: from each state one for each way to leave it.
    public var transitions = 0
    /// Events taken by both cores.
    public var events = 0
    /// The longest run, in quanta.
    public var depth = 0
    /// The longest time in which a state settles when nothing more goes wrong, in quanta.
    public var settled = 0
    /// How often each exception was met, in the order of `Exception.allCases`.
    public var exceptions = [Int](repeating: 0, count: Exception.allCases.count)
    /// How the first of each came about.
    public var examples = [ExplorationStory?](repeating: nil, count: Exception.allCases.count)
    /// The broken rule that ended the exploration; `nil` for none.
    public var violation: Violation?
    /// Every broken rule, each with the first way to it.
    public var findings: [ExplorationFinding] = []
    /// Whether everything was seen.
    public var isComplete = true
    /// States taken for known ones that were stepped on probation, and those that went on otherwise.
    public var probed = 0
    /// See `probed`.
    public var misjudged = 0
    /// Where the first of those parted, for whoever mends the canonical form.
    public var misjudgement: [String] = []
    var met = 0

    init(plan: ExplorationPlan) { self.plan = plan }
}

/// A broken rule.
public struct ExplorationFinding: Sendable {
    /// The rule and what happened.
    public var complaint: String
    /// In how many transitions, or states.
    public var count: Int
    /// How it came about the first time.
    public var story: ExplorationStory
}

/// How a state came about.
public struct ExplorationStory: Sendable {
    /// What went otherwise than it should, in order.
    public var mischances: [String] = []
    /// Everything that happened.
    public var lines: [String] = []
}

extension Explorer {
    /// How a state came about, and how it went on by `ways`.
    func story(to index: Int32, then ways: [StepWay]) -> ExplorationStory {
        replay(to: index, then: ways).story
    }

    /// Tells again what led to a state, then what follows by `rest`.
    func replay(
        to index: Int32,
        then rest: [StepWay] = []
    ) -> (state: ModelState, story: ExplorationStory) {
        var ways: [StepWay] = []
        var here = index
        // The root was reached by nothing.
        while table.parents[Int(here)] >= 0 {
            ways.append(table.ways[Int(here)])
            here = table.parents[Int(here)]
        }
        ways = ways.reversed() + rest
        var state = ModelState(model)
        for node in 0...1 { state.nodes[node].ends = FaultEnd(.quanta(0)) }
        var story = ExplorationStory()
        var transcript = ExplorerTranscript()
        for (quantum, way) in ways.enumerated() {
            var stepper = Stepper(model, state, Choices(way.choices))
            stepper.transcript = transcript
            stepper.step()
            for words in stepper.choices.words {
                story.mischances.append("quantum \(quantum): \(words)")
            }
            if let told = stepper.transcript { transcript = told }
            state = stepper.state
            if stepper.violation != nil { break }
        }
        story.lines = transcript.lines
        return (state, story)
    }
}
