// Would the simulator notice? A copy of the core with bugs planted in it is compiled outside of the package, and
// stories are told until each is found; those that the small model can show are looked for in it too.

import Foundation
import Testing

@Suite(.serialized) struct PlantedBugTests {
    @Test(.timeLimit(.minutes(25))) func eachPlantedBugIsFoundWithinTenThousandStories() throws {
        let garden = try Garden()
        defer { garden.remove() }
        let healthy = try garden.tell(bug: 0, stories: 300)
        #expect(healthy.isFound == false, "the healthy copy breaks a rule:\n\(healthy.output)")
        for bug in PlantedBug.all {
            let told = try garden.tell(bug: bug.number, stories: 10_000)
            print(
                "planted: \(bug.name): "
                    + (told.isFound ? "\(told.rule) in \(told.stories) stories" : "NOT FOUND")
            )
            #expect(told.isFound, "not found in \(told.stories) stories: \(bug.name)")
        }
        try explore(garden)
        try compareFaults(garden)
    }

    /// The list in the documentation is what is found; `BATON_RECORD=1` writes it anew.
    private func compareFaults(_ garden: Garden) throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Sources/Failover/Failover.docc/Faults.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- baton-simulate faults -->\n"))
        let end = try #require(text.range(of: "<!-- end -->"))
        let found = try garden.tellFaults()
        if ProcessInfo.processInfo.environment["BATON_RECORD"] != nil {
            let new = text.replacingCharacters(in: begin.upperBound..<end.lowerBound, with: found)
            try new.write(to: page, atomically: true, encoding: .utf8)
        } else {
            #expect(found == text[begin.upperBound..<end.lowerBound])
        }
    }

    /// At least twelve are found by exploring, each with as few faults as are needed.
    private func explore(_ garden: Garden) throws {
        let healthy = try garden.explore(bug: 0, Exploration())
        #expect(healthy.rule == nil, "the healthy copy breaks a rule:\n\(healthy.output)")
        var found = 0
        for bug in PlantedBug.all {
            guard let plan = bug.exploration else { continue }
            let (rule, output) = try garden.explore(bug: bug.number, plan)
            print("explored: \(bug.name): \(rule ?? "NOT FOUND") with \(plan.faults) faults")
            #expect(rule != nil, "not found with \(plan.faults) faults: \(bug.name)\n\(output)")
            if rule != nil { found += 1 }
        }
        #expect(found >= 12)
    }
}
