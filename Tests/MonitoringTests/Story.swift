// A story that one mon.cf tells: monitors that take the time and end the way the story says, in virtual time. It
// writes a transcript which a reviewer reads without the code.

import Foundation
import Testing

@testable import Configuration
@testable import Monitoring

/// One machine and the programs it asks for.
final class Story {
    /// How a run goes: what it takes, and how it ends.
    struct Outcome {
        var took = Duration.milliseconds(20)
        var ending = RunEnding.exited(0, output: "")

        static let ok = Outcome()

        static func failed(_ output: String = "localhost\n", code: Int32 = 1) -> Outcome {
            Outcome(ending: .exited(code, output: output))
        }

        static func ending(_ ending: RunEnding, after took: Duration = .milliseconds(20)) -> Outcome
        {
            Outcome(took: took, ending: ending)
        }
    }

    var machine: MonitorMachine
    private(set) var now = Duration.zero
    private(set) var lines: [String] = []
    /// What came out since the story began.
    private(set) var runs: [(at: Duration, run: MonitorRun)] = []
    private(set) var alerts: [(at: Duration, alert: AlertRun)] = []
    private(set) var changes: [(at: Duration, change: ServiceChange)] = []
    /// How a service's next runs go; then `usual`, by `GROUP/SERVICE`; nothing said is well.
    var script: [String: [Outcome]] = [:]
    var usual: [String: Outcome] = [:]
    private var ends: [(at: Duration, order: Int, id: RunID, ending: RunEnding)] = []
    private var order = 0
    /// Monday, 5 January 2026, 08:59:00 UTC.
    private let start: Int64 = 1_767_603_540

    init(_ monCf: String, seed: UInt64 = 1, disabled: [String] = []) {
        let (configuration, diagnostics) = MonCfParser.parse(
            ConfigurationFile(name: "mon.cf", text: monCf)
        )
        #expect(diagnostics.all.filter { $0.severity == .error } == [])
        machine = MonitorMachine(configuration, seed: seed, disabled: disabled)
    }

    var transcript: String { lines.drop { $0.isEmpty }.map { $0 + "\n" }.joined() }

    // MARK: What the story says

    func say(_ text: String) {
        lines.append("")
        lines.append("# \(text)")
    }

    func watch(_ groups: String...) {
        write("watching \(groups.isEmpty ? "nothing" : groups.joined(separator: " "))")
        give(.watching(groups))
    }

    func order(_ event: MonitorEvent, _ text: String) {
        write(text)
        give(event)
    }

    func run(_ time: Duration) {
        let end = now + time
        while let next = [machine.nextDeadline, ends.first?.at].compactMap({ $0 }).min(),
            next <= end
        {
            now = max(now, next)
            if let first = ends.first, first.at <= now {
                ends.removeFirst()
                finish(first.id, first.ending)
            } else {
                give(.timeReached)
            }
        }
        now = end
    }

    func state(_ service: String) -> ServiceState? { report(service)?.state }

    func report(_ service: String) -> ServiceReport? {
        machine.reports(at: time).first { $0.service == service }
    }

    /// Writes what `baton monitors` would show.
    func show() {
        for report in machine.reports(at: time) {
            let next = report.nextRun.map { "next in \($0.plainText)" } ?? "no next run"
            write(
                "   \(report.service) \(report.state.rawValue), \(report.consecutiveFailures) failures, \(next): "
                    + (report.summary.isEmpty ? "-" : report.summary)
            )
        }
        for failure in machine.failures {
            write(
                "   failed: \(failure.service), incident \(failure.incident), \(failure.action.rawValue): "
                    + failure.summary
            )
        }
    }

    // MARK: Details

    var time: MonitorTime {
        let epoch = start + now.components.seconds
        return MonitorTime(elapsed: now, epoch: epoch, civil: civil(epoch: epoch))
    }

    private func write(_ text: String) {
        let milliseconds =
            now.components.seconds * 1_000 + now.components.attoseconds / 1_000_000_000_000_000
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        let stamp = "\(milliseconds / 1_000).\(fraction)"
        lines.append(String(repeating: " ", count: max(0, 9 - stamp.count)) + stamp + "  " + text)
    }

    private func finish(_ id: RunID, _ ending: RunEnding) {
        write("run \(id.number) \(Story.text(ending))")
        give(.finished(id, ending))
    }

    private func give(_ event: MonitorEvent) {
        let before = machine.services.map(\.state)
        let effects = machine.handle(event, at: time)
        for (index, state) in before.enumerated() where machine.services[index].state != state {
            let service = machine.services[index]
            write("   \(service.name) \(state.rawValue) -> \(service.state.rawValue)")
        }
        for effect in effects { carryOut(effect) }
        // What is due now has been asked for.
        if let deadline = machine.nextDeadline { #expect(deadline > now) }
    }

    private func carryOut(_ effect: MonitorEffect) {
        switch effect {
        case .run(let run):
            runs.append((now, run))
            let words = [run.program] + run.arguments + run.hosts
            write("   run \(run.id.number): \(run.service): \(words.joined(separator: " "))")
            var outcome = usual[run.service] ?? .ok
            if script[run.service]?.isEmpty == false, let next = script[run.service]?.removeFirst()
            {
                outcome = next
            }
            order += 1
            ends.append((now + outcome.took, order, run.id, outcome.ending))
            ends.sort { ($0.at, $0.order) < ($1.at, $1.order) }
        case .cancel(let id):
            write("   cancel run \(id.number)")
            guard let index = ends.firstIndex(where: { $0.id == id }) else { return }
            ends[index].at = now + .milliseconds(5)
            ends[index].ending = .killed(signal: "SIGTERM", output: "")
            ends.sort { ($0.at, $0.order) < ($1.at, $1.order) }
        case .alert(let alert):
            alerts.append((now, alert))
            write(
                "   \(alert.kind.rawValue): \(alert.program) \(alert.arguments.joined(separator: " "))"
            )
        case .changed(let change):
            changes.append((now, change))
            write(
                "   \(change.isPage ? "page" : "notice"): \(change.service) \(change.from.rawValue) -> "
                    + "\(change.to.rawValue): \(change.summary.isEmpty ? "-" : change.summary)"
            )
        }
    }

    private static func text(_ ending: RunEnding) -> String {
        switch ending {
        case .exited(let code, let output):
            "exits with \(code)"
                + (output.isEmpty
                    ? "" : ": \(output.split(separator: "\n").joined(separator: " / "))")
        case .killed(let signal, _): "killed by \(signal)"
        case .timedOut: "past its deadline"
        case .undecided(let output): "cannot tell: \(output)"
        case .notRun(let why): "not run: \(why)"
        case .lost: "lost"
        }
    }
}

/// Compares a transcript with the recorded one, or records it.
func compare(_ story: Story, _ name: String) {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Transcripts/\(name).txt")
    if ProcessInfo.processInfo.environment["BATON_RECORD"] != nil {
        #expect(throws: Never.self) {
            try story.transcript.write(to: file, atomically: true, encoding: .utf8)
        }
        return
    }
    let recorded = try? String(contentsOf: file, encoding: .utf8)
    #expect(recorded == story.transcript, "the story \(name) changed; read it, then BATON_RECORD=1")
}
