// `baton-simulate explore`: arguments and layout only; the search is in `Simulation`.

import Glibc
import Simulation

let exploreUsage = """
    usage: baton-simulate explore [--faults K] [--variant address|storage|script] [--failback on|off]
                                  [--palette lean|full] [--kinds K,K] [--limit STATES] [--brief]

      --faults K    how many faults one run may meet (default 1)
      --variant V   the group: an address, storage and an address, an address and a script (default: all)
      --failback F  auto_failback (default: both)
      --palette P   which faults: lean or full (default full)
      --kinds K,K   only faults of these kinds: crash kill stall freeze cut pull order beat write operation
      --limit N     give up after N states
      --probe N     of N states met again, see whether one goes on as before (default 1000)
      --jobs N      explorations at once (default 2)
      --survey      go on after a broken rule, to find every other
      --exceptions  print how the first exception of each class came about
      --brief       do not print how a broken rule came about
    exit: 0 no rule broken, 1 a rule broken, 2 usage
    """

/// What is to be explored.
struct ExploreOptions {
    var faults = 1
    var variants = ExplorationVariant.allCases
    var failbacks = [false, true]
    var palette = ExplorationPalette.full
    var kinds = Set(ExplorationKind.allCases)
    var limit: Int?
    var probation = 1000
    var jobs = 2
    var isBrief = false
    var isSurvey = false
    var tellsExceptions = false

    var plans: [ExplorationPlan] {
        variants.flatMap { variant in
            failbacks.map { returnsGroups in
                var plan = ExplorationPlan(
                    variant: variant,
                    returnsGroups: returnsGroups,
                    faults: faults,
                    palette: palette
                )
                plan.kinds = kinds
                plan.statesMaximum = limit
                plan.probation = probation
                plan.isSurvey = isSurvey
                return plan
            }
        }
    }
}

private func parseExplore(_ words: [String]) -> ExploreOptions {
    var options = ExploreOptions()
    var arguments = Arguments(words, of: "baton-simulate explore", usage: exploreUsage)
    while let word = arguments.word() {
        switch word {
        case "--faults":
            options.faults = arguments.value { text in
                Int(text).flatMap { (0...4).contains($0) ? $0 : nil }
            }
        case "--variant":
            options.variants = [arguments.value { ExplorationVariant(rawValue: $0) }]
        case "--failback":
            options.failbacks = [
                arguments.value { $0 == "on" ? true : $0 == "off" ? false : nil }
            ]
        case "--kinds":
            options.kinds = arguments.value { text in
                let words = text.split(separator: ",")
                let kinds = words.compactMap { ExplorationKind(rawValue: String($0)) }
                return kinds.count == words.count ? Set(kinds) : nil
            }
        case "--palette": options.palette = arguments.value { ExplorationPalette(rawValue: $0) }
        case "--limit": options.limit = arguments.value { Int($0) }
        case "--probe": options.probation = arguments.value { Int($0) }
        case "--jobs": options.jobs = max(1, min(64, arguments.value { Int($0) }))
        case "--brief": options.isBrief = true
        case "--exceptions": options.tellsExceptions = true
        case "--survey": options.isSurvey = true
        case "--help", "-h": arguments.help()
        default: arguments.refuseWord()
        }
    }
    return options
}

/// Explores what the arguments say and ends the program.
func explore(_ arguments: [String]) async -> Never {
    let options = parseExplore(arguments)
    let plans = options.plans
    let clock = ContinuousClock()
    let began = clock.now
    let isSound = await withTaskGroup(of: (ExplorationReport, Duration).self) { group in
        var next = 0
        func begin() {
            guard next < plans.count else { return }
            let plan = plans[next]
            next += 1
            group.addTask {
                let began = ContinuousClock().now
                var explorer = Explorer(plan)
                return (explorer.explore(), ContinuousClock().now - began)
            }
        }
        for _ in 0..<options.jobs { begin() }
        var isSound = true
        for await (report, took) in group {
            printExploration(report, took, options)
            if !report.findings.isEmpty || report.misjudged > 0 { isSound = false }
            begin()
        }
        return isSound
    }
    print("explored \(plans.count) models in \(rounded(seconds(clock.now - began))) s")
    exit(isSound ? 0 : 1)
}

private func printExploration(
    _ report: ExplorationReport,
    _ took: Duration,
    _ options: ExploreOptions
) {
    let plan = report.plan
    let failback = plan.returnsGroups ? "on" : "off"
    print(
        "\(plan.variant.rawValue), auto_failback \(failback), \(plan.faults) faults of \(plan.palette.rawValue): "
            + "\(report.states) states, \(report.transitions) transitions, \(report.events) events, "
            + "depth \(report.depth), \(rounded(seconds(took))) s\(report.isComplete ? "" : ", UNFINISHED")"
    )
    print(
        "  every state settles within \(report.settled) quanta; "
            + "\(report.misjudged) of \(report.probed) states on probation went on otherwise"
    )
    for line in report.misjudgement { print("    \(line)") }
    for (index, exception) in Exception.allCases.enumerated() where report.exceptions[index] > 0 {
        print("  \(report.exceptions[index])  \(exception.rawValue)")
        if options.tellsExceptions {
            for line in report.examples[index]?.lines ?? [] { print("      \(line)") }
        }
        for mischance in report.examples[index]?.mischances ?? [] { print("      \(mischance)") }
    }
    for finding in report.findings {
        if !options.isBrief { for line in finding.story.lines { print(line) } }
        print("broken: \(finding.complaint) (\(finding.count) times)")
        for mischance in finding.story.mischances { print("  \(mischance)") }
    }
}
