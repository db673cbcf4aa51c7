// Single properties of the machine that a story would hide.

import Testing

@testable import Monitoring

@Suite struct MachineTests {
    private func story(_ lines: String, global: String = "", seed: UInt64 = 1) -> Story {
        Story(
            "start_grace = 0s\nmonitor_action = standby\n\(global)\nhostgroup g h\nwatch g\n"
                + "service s\ninterval 1s\nmonitor m\n\(lines)\n",
            seed: seed
        )
    }

    /// The number of the run at which a service was failed first, when every run fails.
    private func failedAt(_ lines: String, codes: [Int32] = []) -> Int? {
        let story = story(lines)
        story.usual["g/s"] = .failed()
        story.script["g/s"] = codes.map { .failed(code: $0) }
        story.watch("g")
        for run in 1...20 {
            story.run(.milliseconds(run == 1 ? 500 : 1_000))
            if !story.machine.failures.isEmpty { return run }
        }
        return nil
    }

    @Test(
        "A service is failed when alertafter of a period that holds is reached",
        arguments: [
            ("", 1), ("period", 1), ("period\nalertafter 3", 3), ("period\nalertafter 3 10s", 3),
            ("period\nalertafter 4s", 6), ("period\nalertafter 5\nperiod hr {8}\nalertafter 2", 2),
            ("period\nalertafter 5\nperiod none\nalertafter 2", 5),
        ]
    )
    func thresholds(lines: String, run: Int) {
        #expect(failedAt(lines) == run)
    }

    @Test("What only holds alerts back does not hide a failure")
    func heldBack() {
        #expect(
            failedAt("period\nalertafter 2\nalertevery 1h\nnumalerts 1\nstartupalert a\nalert a")
                == 2
        )
    }

    @Test("No period that holds: no failure; an exit code outside of alertexitrange: none either")
    func noFailure() {
        #expect(failedAt("period none") == nil)
        #expect(failedAt("period\nalertexitrange 5-9") == nil)
        #expect(failedAt("period\nalertexitrange 5-9", codes: [1, 1, 7]) == 3)
    }

    @Test("Failures too far apart do not add up")
    func apart() {
        let story = story("period\nalertafter 3 4s")
        story.script["g/s"] = [
            .failed(), .ok, .failed(), .failed(), .ok, .failed(), .failed(), .failed(),
        ]
        story.watch("g")
        story.run(.milliseconds(6_500))
        #expect(story.machine.failures.isEmpty)
        story.run(.seconds(1))
        #expect(story.machine.failures.count == 1)
    }

    @Test(
        "An incident lasts to the next success, also beyond the period, and has a number of its own"
    )
    func incidents() {
        let story = story("period hr {8}\nalert a")
        story.usual["g/s"] = .failed()
        story.watch("g")
        story.run(.milliseconds(90_500))
        #expect(story.time.civil.hour == 9)
        #expect(story.machine.failures.map(\.incident) == [1])
        story.script["g/s"] = [.ok]
        story.run(.seconds(2))
        #expect(story.machine.failures.isEmpty)
        #expect(story.state("g/s") == .failing)
    }

    @Test("A failure pages where nothing moves, and the program disk.monitor moves by itself")
    func pages() {
        let text =
            "hostgroup g h\nwatch g\nservice a\ninterval 1s\nmonitor a.monitor\nservice d\ninterval 1s\n"
            + "monitor /opt/disk.monitor /srv ;;\nstart_grace 0s\n"
        let story = Story("start_grace = 0s\n" + text)
        story.usual = ["g/a": .failed(), "g/d": .failed()]
        story.watch("g")
        story.run(.seconds(1))
        #expect(story.machine.failures.map(\.action) == [.notify, .standby])
        #expect(story.changes.map(\.change.isPage) == [true, false])
    }

    // MARK: Schedule

    @Test("randstart spreads the first runs over its time, and the seed decides")
    func randomStart() {
        func first(_ seed: UInt64) -> Duration? {
            let story = story("", global: "randstart = 30s", seed: seed)
            story.watch("g")
            story.run(.seconds(30))
            return story.runs.first?.at
        }
        let times = (1...40).compactMap { first($0) }
        #expect(times.count == 40)
        #expect(Set(times).count == 40)
        #expect((times.min() ?? .zero) < .seconds(6) && (times.max() ?? .zero) > .seconds(24))
        #expect(first(7) == first(7))
    }

    @Test("randskew moves the next run both ways, by no more than it says")
    func randomSkew() {
        let story = story("randskew 300ms")
        story.watch("g")
        story.run(.seconds(60))
        let times = story.runs.map(\.at)
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 - .milliseconds(1_020) }
        #expect(gaps.count > 40)
        #expect(gaps.allSatisfy { abs($0 / .milliseconds(1)) <= 300 })
        #expect(
            gaps.contains { $0 < .milliseconds(-100) } && gaps.contains { $0 > .milliseconds(100) }
        )
    }

    @Test("The heap is a sorted list")
    func heap() {
        var schedule = Schedule(count: 50)
        var plain: [Int: Duration] = [:]
        var chance = Chance(seed: 3)
        for _ in 0..<5_000 {
            let service = Int.random(in: 0..<50, using: &chance)
            let due: Duration? =
                Bool.random(using: &chance)
                ? .milliseconds(Int.random(in: 0..<40, using: &chance)) : nil
            schedule[service] = due
            plain[service] = due
            let first = plain.min { ($0.value, $0.key) < ($1.value, $1.key) }
            #expect(schedule.first?.service == first?.key)
            #expect(schedule.first?.due == first?.value)
            #expect(schedule[service] == due)
        }
    }

    @Test("A thousand services at one second: each runs once a second")
    func many() {
        let services = (0..<1_000).map { "service s\($0)\ninterval 1s\nmonitor m\n" }.joined()
        let story = Story("monitor_action = notify\nhostgroup g h\nwatch g\n" + services)
        story.watch("g")
        story.run(.milliseconds(2_999))
        #expect(story.runs.count == 3_000)
        #expect(Set(story.runs.prefix(1_000).map(\.at)).count == 1_000)
    }

    @Test("A run that ended twice, or that nobody asked for, changes nothing")
    func strangers() {
        let story = story("")
        story.watch("g")
        story.run(.milliseconds(100))
        let before = story.machine.reports(at: story.time)
        let ending = RunEnding.exited(1, output: "x")
        #expect(story.machine.handle(.finished(RunID(1), ending), at: story.time) == [])
        #expect(story.machine.handle(.finished(RunID(99), ending), at: story.time) == [])
        #expect(story.machine.reports(at: story.time) == before)
    }

    // MARK: Output

    @Test("Of an output 4 KiB are kept, cut between two characters, without NUL")
    func output() {
        let text = String(repeating: "ä", count: 3_000)
        #expect(MonitorOutput.kept("a" + text).utf8.count == 4_095)
        #expect(MonitorOutput.kept(text).utf8.count == 4_096)
        #expect(MonitorOutput.kept("a\0b") == "ab")
        let story = story("period\nalert a")
        story.script["g/s"] = [.failed("first\n" + String(repeating: "x\n", count: 500_000))]
        story.watch("g")
        story.run(.milliseconds(1_100))
        #expect(story.alerts.first?.alert.input.utf8.count == 4_096)
        let environment = story.runs.last?.run.environment ?? []
        #expect(environment.contains("MON_LAST_SUMMARY=first"))
        #expect(environment.allSatisfy { $0.utf8.count < 4_200 })
    }

    @Test(
        "The summary is the first line, or mon's word",
        arguments: [
            ("", "(NO SUMMARY)"), ("\n", "(NO SUMMARY)"), (" \t\nx", "(NO SUMMARY)"), ("a", "a"),
            ("a\nb\n", "a"), ("a\r\nb", "a\r"),
        ]
    )
    func summary(output: String, expected: String) {
        #expect(MonitorOutput.summary(output) == expected)
    }

    @Test("The history has histlength runs, the newest last")
    func history() throws {
        let story = story("", global: "histlength = 5")
        story.script["g/s"] = (1...37).map { .failed("run \($0)\n") }
        story.watch("g")
        story.run(.milliseconds(36_500))
        let report = try #require(story.report("g/s"))
        #expect(report.history.map(\.summary) == (33...37).map { "run \($0)" })
        #expect(report.history.last?.ago == .milliseconds(480))
        #expect(report.lastRunTook == .milliseconds(20))
        #expect(report.nextRun == .milliseconds(500))
        #expect(story.machine.services[0].history.count <= 7)
    }
}
