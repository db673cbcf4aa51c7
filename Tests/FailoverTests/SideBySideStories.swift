// Resources that the administrator calls independent of each other start and stop side by side (ha.cf `parallel`): what
// stands before and behind them keeps its order, and each may fail or be lost without taking the others' end for its own.

import Failover
import Testing

/// A pair whose group is a disk, three file systems side by side, and an address.
private func pair() -> Story {
    let settings = (0..<2).map { own in
        var settings = Story.settings(own: own)
        let address = settings.groups[0].resources.removeFirst()
        for name in ["a", "b", "c"] {
            var mount = ResourceSettings(
                name: "\(name)::/srv/\(name)",
                type: "Filesystem",
                isStateless: false
            )
            mount.isBesidePrevious = name != "a"
            settings.groups[0].resources.append(mount)
        }
        settings.groups[0].resources.append(address)
        return settings
    }
    return Story(settings[0], settings[1])
}

private let busy = OperationOutcome.failed(
    OperationFailure(exitCode: 1, output: "/srv: target is busy\n")
)

extension Story {
    /// The operations of a node that begin and end from a line of the transcript on, in short: `start a`, `a: succeeded`.
    fileprivate func operations(_ node: String, from line: Int = 0) -> [String] {
        lines[line...].compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 3, words[1] == node else { return nil }
            if words[2] == "run", words[3] != "status" { return "\(words[3]) \(short(words[4]))" }
            guard ["start", "stop"].contains(words[2]) else { return nil }
            let outcome = words[4].prefix { $0 != "(" }
            return "\(short(words[3])): \(words[2]) \(outcome)"
        }
    }

    private func short(_ name: String) -> String { String(name.prefix { $0 != ":" }) }
}

private enum Stories {
    static func theyStartAndStopSideBySide() -> Story {
        let story = pair()
        story.outcomes["l0/b/start"] = (.milliseconds(300), .succeeded)
        story.outcomes["l0/b/stop"] = (.milliseconds(200), .succeeded)
        story.bootBoth(andRun: .seconds(5))
        #expect(
            story.operations("l0") == [
                "start drbddisk", "drbddisk: start succeeded", "start a", "start b", "start c",
                "a: start succeeded", "c: start succeeded", "b: start succeeded", "start IPaddr2",
                "IPaddr2: start succeeded",
            ]
        )
        #expect(story.phase(0) == .active)
        story.say("The group goes to l1: they stop side by side, too.")
        let line = story.lines.count
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(
            story.operations("l0", from: line) == [
                "stop IPaddr2", "IPaddr2: stop succeeded", "stop a", "stop b", "stop c",
                "a: stop succeeded", "c: stop succeeded", "b: stop succeeded", "stop drbddisk",
                "drbddisk: stop succeeded",
            ]
        )
        #expect(story.phase(1) == .active)
        return story
    }

    static func oneThatFailsToStartEndsTheOthers() -> Story {
        let story = pair()
        story.outcomes["l0/a/start"] = (.milliseconds(50), busy)
        story.outcomes["l0/b/start"] = (.milliseconds(300), .cancelled)
        story.bootBoth(andRun: .seconds(5))
        #expect(
            story.operations("l0") == [
                "start drbddisk", "drbddisk: start succeeded", "start a", "start b", "start c",
                "c: start succeeded", "a: start failed", "b: start cancelled",
                "stop a", "stop b", "stop c",
                "a: stop succeeded", "b: stop succeeded", "c: stop succeeded",
                "stop drbddisk", "drbddisk: stop succeeded",
            ]
        )
        #expect(story.phase(0) == .failed)
        #expect(story.phase(1) == .active)
        return story
    }

    static func twoThatDoNotStopAreStoppedWhenAskedAgain() -> Story {
        let story = pair()
        story.nodes[0].lastReset = .seconds(600)
        story.bootBoth(andRun: .seconds(5))
        story.outcomes["l0/a/stop"] = (.milliseconds(50), busy)
        let late = OperationFailure(exitCode: nil, output: "/srv/b: target is busy\n")
        story.outcomes["l0/b/stop"] = (.milliseconds(700), .timedOut(late))
        story.outcomes["l0/c/stop"] = (.seconds(1), busy)
        story.say("Two of three do not stop, and l0 has reset itself lately.")
        story.command(0, .standby(.all))
        story.run(.seconds(10))
        #expect(story.phase(0) == .unsafe)
        #expect(story.phase(1) == .standby)
        #expect(story.resets.isEmpty)
        // A stop that was to be tried again is not: nothing is due but the next beat.
        story.run(.milliseconds(500))
        let next = story.nodes[0].machine.nextDeadline ?? story.now
        #expect(next - story.now > .milliseconds(100))
        story.say("The administrator ends what held them, and asks again.")
        story.outcomes = [:]
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        return story
    }
}

let sideBySideStories: [String: @Sendable () -> Story] = [
    "side-by-side": Stories.theyStartAndStopSideBySide,
    "side-by-side-failed-start": Stories.oneThatFailsToStartEndsTheOthers,
    "side-by-side-failed-stop": Stories.twoThatDoNotStopAreStoppedWhenAskedAgain,
]

@Suite struct SideBySideTests {
    @Test func eachIsTriedAgainByItself() {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        story.outcomes["l0/a/stop"] = (.milliseconds(50), busy)
        story.outcomes["l0/b/stop"] = (.milliseconds(1500), .succeeded)
        let line = story.lines.count
        story.command(0, .standby(.all))
        story.run(.seconds(1) + .milliseconds(100))
        story.outcomes["l0/a/stop"] = nil
        story.run(.seconds(5))
        let stops = story.operations("l0", from: line).filter { $0.hasPrefix("stop") }
        #expect(stops == ["stop IPaddr2", "stop a", "stop b", "stop c", "stop a", "stop drbddisk"])
        #expect(story.phase(1) == .active)
    }

    @Test func whatStillStopsWhenItIsAskedAgainIsTriedAnew() {
        let story = pair()
        story.nodes[0].lastReset = .seconds(600)
        story.bootBoth(andRun: .seconds(5))
        let late = OperationFailure(exitCode: nil, output: "")
        story.outcomes["l0/b/stop"] = (.milliseconds(100), .timedOut(late))
        story.outcomes["l0/c/stop"] = (.seconds(8), .timedOut(late))
        story.command(0, .standby(.all))
        story.run(.seconds(2))
        #expect(story.phase(0) == .unsafe)
        story.outcomes = [:]
        let pages = story.lines.count { $0.contains("page") }
        story.command(0, .standby(.all))
        story.run(.seconds(3))
        #expect(story.phase(0) == .stopping, "what stops still is waited for")
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        #expect(story.lines.count { $0.contains("page") } == pages)
    }

    @Test func helpersLostBesideEachOtherAreNoFailure() {
        let story = pair()
        for name in ["a", "b", "c"] {
            story.outcomes["l0/\(name)/start"] = (.milliseconds(20), .interrupted)
        }
        story.boot(0)
        story.boot(1)
        // Each is lost twice: six in all, twice as many as one resource may be.
        story.run(.milliseconds(100))
        story.outcomes = [:]
        story.run(.seconds(5))
        let starts = story.operations("l0").count { $0 == "start b" }
        #expect((2...4).contains(starts))
        #expect(story.phase(0) == .active)
    }

    @Test func neighboursAreFoundFromEachOfThem() {
        let group = pair().nodes[0].settings.groups[0]
        #expect((0..<5).map(group.sideBySide) == [0..<1, 1..<4, 1..<4, 1..<4, 4..<5])
    }
}
