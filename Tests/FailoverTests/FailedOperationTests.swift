// The page WhenOperationsFail.md tells administrators in which state a failed operation ends, what status says and what to
// type. Each story of it is told here by two cores, and every state, text, number and word of it compared.

import Foundation
import Testing

@testable import Failover

private let group = GroupName("192.168.1.100")

private let page: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appendingPathComponent("Sources/Failover/Failover.docc/WhenOperationsFail.md")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
}()

/// The page as one line, so that a text may be wrapped in it.
private let flatPage = page.split(whereSeparator: \.isWhitespace).joined(separator: " ")

private func pair() -> Story { Story(Story.settings(own: 0), Story.settings(own: 1)) }

extension Story {
    fileprivate func status(_ index: Int) -> Status { nodes[index].machine.status(at: now) }
    fileprivate func state(_ index: Int) -> GroupState { status(index).groups[0].state }

    /// What the page has of a node's status: names as the page writes them.
    fileprivate func expectOnPage(
        _ index: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let status = status(index)
        for text in [status.reason, status.nextStep ?? ""] where !text.isEmpty {
            let told = text.replacingOccurrences(of: group.text, with: "GROUP")
                .replacingOccurrences(of: "drbddisk::r0", with: "RESOURCE")
            #expect(flatPage.contains("`\(told)`"), "\(told)", sourceLocation: sourceLocation)
        }
        let state = "`\(status.groups[0].state.rawValue)`"
        #expect(flatPage.contains(state), "\(state)", sourceLocation: sourceLocation)
    }
}

private let noDevice = OperationOutcome.failed(
    OperationFailure(exitCode: 1, output: "no such device\n")
)

@Suite("What the page says of operations that fail") struct FailedOperationTests {
    @Test(arguments: [
        noDevice, .timedOut(OperationFailure(exitCode: nil, output: "")),
        .unknown(OperationFailure(exitCode: 4, output: "")),
    ])
    func `A failed start is offered, and where the other node serves this one is no reserve`(
        outcome: OperationOutcome
    ) {
        let story = pair()
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), outcome)
        story.bootBoth(andRun: .seconds(30))
        #expect(story.state(0) == .failed)
        #expect(story.state(1) == .active)
        #expect(!story.status(0).groups[0].fit)
        #expect(flatPage.contains("`\(story.status(1).groups[0].peerUnfitReason ?? "")`"))
        // A clear makes it a reserve again, and moves nothing.
        story.command(0, .clear(.all))
        story.run(.seconds(5))
        #expect(story.status(0).groups[0].fit)
        #expect(story.state(1) == .active)
    }

    @Test func `A start that fails on both nodes ends in failed, and is tried by nobody again`() {
        let story = pair()
        for node in ["l0", "l1"] {
            story.outcomes["\(node)/drbddisk/start"] = (.milliseconds(50), noDevice)
        }
        story.bootBoth(andRun: .seconds(10))
        #expect([story.state(0), story.state(1)] == [.failed, .failed])
        let starts = story.lines.count { $0.contains("run start drbddisk") }
        #expect(starts == 2)
        story.run(.seconds(7200))
        #expect(story.lines.count { $0.contains("run start drbddisk") } == starts)
        story.expectOnPage(0)
        story.outcomes = [:]
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.state(0) == .active)
    }

    @Test func `A failed start is tried again once for each death of the other node`() {
        let story = pair()
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), noDevice)
        story.bootBoth(andRun: .seconds(20))
        #expect(story.state(1) == .active)
        story.crash(1)
        story.run(.seconds(600))
        #expect(story.state(0) == .failed)
        #expect(story.lines.count { $0.contains("l0 run start drbddisk") } == 2)
    }

    @Test func `A failed stop is tried three times and resets the node`() {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        story.outcomes["l0/drbddisk/stop"] = (.milliseconds(50), noDevice)
        story.command(0, .standby(.all))
        story.run(.seconds(10))
        let stops = story.lines.count { $0.contains("l0 run stop drbddisk") }
        #expect(stops == FailoverMachine.stopAttemptsMaximum)
        #expect(story.resets == [0])
        #expect(story.state(1) == .active)
    }

    @Test func `A stop that timed out on a node that may not reset itself stays as it is`() {
        let story = pair()
        story.nodes[0].lastReset = .seconds(600)
        story.bootBoth(andRun: .seconds(5))
        let busy = OperationFailure(exitCode: nil, output: "target is busy\n")
        story.outcomes["l0/drbddisk/stop"] = (.seconds(60), .timedOut(busy))
        story.command(0, .standby(.all))
        story.run(.seconds(3600))
        #expect(story.lines.count { $0.contains("l0 run stop drbddisk") } == 1)
        #expect(story.state(0) == .failed)
        #expect(story.state(1) == .standby)
        story.expectOnPage(0)
        let there = story.status(1).reason.replacingOccurrences(of: group.text, with: "GROUP")
        #expect(flatPage.contains("`\(there)`"), "\(there)")
    }

    @Test func `A failed check moves the group, or says why it stays`() {
        let story = pair()
        story.outcomes["l1/drbddisk/start"] = (.milliseconds(50), noDevice)
        story.bootBoth(andRun: .seconds(5))
        story.command(0, .standby(.all))
        story.run(.seconds(10))
        #expect([story.state(0), story.state(1)] == [.active, .failed])
        let failure = HealthFailure(name: "own/web", incident: 1, action: .standby, text: "closed")
        story.services(0, fail: [failure])
        story.run(.seconds(10))
        #expect(story.state(0) == .active)
        story.expectOnPage(0)
        story.command(1, .clear(.all))
        story.outcomes = [:]
        story.run(.seconds(10))
        #expect(story.state(1) == .active)
        let held = story.status(0).groups[0].unfitReason ?? ""
        #expect(flatPage.contains("`\(held)`"), "\(held)")
    }

    @Test func `A status that cannot tell keeps the group from both nodes and is asked again`() {
        let story = pair()
        let nobody = OperationFailure(exitCode: 4, output: "")
        story.outcomes["l0/drbddisk/status"] = (.milliseconds(20), .unknown(nobody))
        story.bootBoth(andRun: .seconds(60))
        #expect([story.state(0), story.state(1)] == [.unknown, .standby])
        let asked = story.lines.count { $0.contains("l0 run status drbddisk") }
        #expect((11...14).contains(asked), "every 5 s: \(asked)")
        story.expectOnPage(0)
        story.outcomes = [:]
        story.run(.seconds(10))
        #expect(story.state(0) == .active)
    }

    @Test func `The numbers of the page are the code's`() {
        func text(_ time: Duration) -> String {
            let seconds = time.components.seconds
            return seconds % 3600 == 0 ? "\(seconds / 3600) h" : "\(seconds) s"
        }
        let numbers = [
            ("stopAttemptsMaximum", "\(FailoverMachine.stopAttemptsMaximum)"),
            ("stopRetryInterval", text(FailoverMachine.stopRetryInterval)),
            ("interruptionsMaximum", "\(FailoverMachine.interruptionsMaximum)"),
            ("resetInterval", text(FailoverMachine.resetInterval)),
            ("statusRetryInterval", text(FailoverMachine.statusRetryInterval)),
            ("budgetWindow", text(FailoverMachine.budgetWindow)),
        ]
        for (name, value) in numbers {
            #expect(page.contains("| \(value) | `\(name)` |"), "\(name)")
        }
        let rows = page.matches(of: /\| `([a-z]+[A-Z]\w+)` \|\n/).map { String($0.1) }
        #expect(rows == numbers.map(\.0), "no other number")
        let settings = Story.settings(own: 0)
        #expect(
            flatPage.contains(
                "`restart_budget` times an hour, \(settings.restartBudget) by default"
            )
        )
        #expect(flatPage.contains("`move_budget` times an hour, \(settings.moveBudget) by default"))
        #expect(
            settings.timings.holdDown == .seconds(300) && flatPage.contains("`hold_down` (5 min)")
        )
    }

    @Test func `Every state, action and rule of the page exists`() {
        let states = Set(page.matches(of: /`(failed|active|unknown|standby)`/).map { String($0.1) })
        #expect(states.count == 4)
        #expect(states.allSatisfy { GroupState(rawValue: $0) != nil })
        for action in [HealthAction.restart, .standby, .notify] {
            #expect(page.contains("| `\(action.rawValue)`"))
        }
        for state in page.matches(of: /is \*(\w+)\*/).map({ String($0.1) }) {
            #expect(MonitorState(rawValue: state) != nil, "\(state)")
        }
        for rule in page.matches(of: /\((S\d+b?)\)/).map({ String($0.1) }) {
            #expect(Rule(rawValue: rule) != nil, "\(rule)")
        }
    }
}
