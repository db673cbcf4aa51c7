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
    /// What went wrong on the way to the first of each.
    public var examples = [[String]?](repeating: nil, count: Exception.allCases.count)
    /// The rule that was broken first; `nil` for none.
    public var violation: Violation?
    /// How it came about.
    public var story = ExplorationStory()
    /// Whether everything was seen.
    public var isComplete = true
    /// States taken for known ones that were stepped on probation, and those that went on otherwise.
    public var probed = 0
    /// See `probed`.
    public var misjudged = 0
    var met = 0

    init(plan: ExplorationPlan) { self.plan = plan }
}

/// How a state came about.
public struct ExplorationStory: Sendable {
    /// What went otherwise than it should, in order.
    public var mischances: [String] = []
    /// Everything that happened.
    public var lines: [String] = []
}

extension Explorer {
    /// The story to a state, then on by `way`, then `quietQuanta` in which nothing more goes wrong.
    func story(to index: Int32, then way: StepWay, quietQuanta: Int = 0) -> ExplorationStory {
        var ways = [way]
        var here = index
        while here >= 0 {
            ways.append(table.ways[Int(here)])
            here = table.parents[Int(here)]
        }
        // The root was reached by nothing.
        ways.removeLast()
        ways.reverse()
        ways += [StepWay](repeating: StepWay(), count: quietQuanta)
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
        return story
    }
}
