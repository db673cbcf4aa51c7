// The machine against the real mon: it is given the runs that mon had, at the times mon judged them, and must
// ask for the same alerts. `RealMon/record` makes the recordings; `BATON_REAL_MON=1 swift test` makes them anew.
//
// Left out of the comparison, because ours differs on purpose (Differences-from-mon.md): when a run is due;
// MON_FIRST_SUCCESS, which mon never fills in; directories. Alerts of one run are compared as a set: mon keeps
// periods in an order that changes from start to start.

import Foundation
import Testing

@testable import Configuration
@testable import Monitoring

@Suite struct RealMonTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("RealMon")

    static let cases = [
        "after-count", "after-count-time", "after-time", "depend", "environment", "every",
        "every-failure", "exits", "number", "periods",
    ]

    @Test("The alerts are those of the real mon", arguments: cases)
    func replay(name: String) throws {
        try compare(name, recordedIn: Self.folder)
    }

    static let recordsAnew =
        ProcessInfo.processInfo.environment["BATON_REAL_MON"] != nil
        && FileManager.default.isExecutableFile(atPath: "/usr/sbin/mon") && getuid() == 0

    @Test(
        "The alerts are those of the mon on this machine",
        .enabled(if: recordsAnew, "BATON_REAL_MON, the package mon and root are needed")
    )
    func record() throws {
        let fresh = FileManager.default.temporaryDirectory
            .appendingPathComponent("baton-real-mon-\(getpid())")
        try FileManager.default.createDirectory(at: fresh, withIntermediateDirectories: true)
        defer {
            #expect(throws: Never.self) { try FileManager.default.removeItem(at: fresh) }
        }
        let process = Process()
        process.executableURL = Self.folder.appendingPathComponent("record")
        process.arguments = ["--to", fresh.path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        for name in Self.cases { try compare(name, recordedIn: fresh) }
    }

    @Test("Every case of the directory is replayed")
    func complete() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let names = files.filter { $0.hasSuffix(".cf") }.map { String($0.dropLast(3)) }.sorted()
        #expect(names == Self.cases)
    }

    private func compare(_ name: String, recordedIn folder: URL) throws {
        let file = Self.folder.appendingPathComponent("\(name).cf")
        let bytes = [UInt8](try Data(contentsOf: file))
        let (read, diagnostics) = MonCfParser.parse(
            ConfigurationFile(name: "\(name).cf", bytes: bytes)
        )
        #expect(diagnostics.all.filter { $0.severity == .error } == [])
        let recording = try Recording(
            String(
                contentsOf: folder.appendingPathComponent("\(name).txt"),
                encoding: .utf8
            )
        )
        try #require(recording.runs.count > 5, "\(name): the recording is too short")
        var configuration = read
        // mon has no grace; and no run may be due but those of the recording.
        configuration.settings.startGrace = .zero
        configuration.settings.randomStart = .seconds(3_600)
        var replay = Replay(configuration, recording)
        try replay.tell(name)
    }
}

/// Gives a machine what mon had, and compares what it asks for.
private struct Replay {
    private enum Step {
        case begin(Int)
        case end(Int)
    }

    private var machine: MonitorMachine
    private let recording: Recording
    private var ids: [Int: RunID] = [:]

    init(_ configuration: MonitorConfiguration, _ recording: Recording) {
        machine = MonitorMachine(configuration, seed: 1)
        self.recording = recording
    }

    mutating func tell(_ name: String) throws {
        let groups = machine.configuration.watches.map(\.group)
        var effects = machine.handle(.watching(groups), at: time(recording.start))
        compare(effects, recording.startupAlerts, "\(name): start")
        var steps: [(at: Double, step: Step)] = []
        for (index, run) in recording.runs.enumerated() {
            steps.append((run.began, .begin(index)))
            steps.append((run.ended, .end(index)))
        }
        // Runs were written in the order mon judged them, which is kept for equal times.
        for (at, step) in steps.enumerated().sorted(by: {
            ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
        }).map(\.element) {
            switch step {
            case .begin(let index):
                effects = begin(index, at)
                try compareRun(effects, index, name)
            case .end(let index):
                let run = recording.runs[index]
                let id = try #require(ids[index])
                // The second in which mon called an alert is known better than when it judged.
                let told = run.alerts.first?.arguments.drop { $0 != "-t" }.dropFirst().first
                effects = machine.handle(
                    .finished(id, .exited(run.exit, output: run.output)),
                    at: time(told.flatMap { Double($0) } ?? at)
                )
                compare(effects, run.alerts, "\(name): \(run.service) at \(at)")
            }
        }
    }

    /// Makes one service due, and no other.
    private mutating func begin(_ index: Int, _ at: Double) -> [MonitorEffect] {
        for service in machine.services.indices {
            let name = machine.services[service].name.description
            machine.schedule[service] = name == recording.runs[index].service ? .zero : nil
        }
        return machine.handle(.timeReached, at: time(at))
    }

    private mutating func compareRun(
        _ effects: [MonitorEffect],
        _ index: Int,
        _ name: String
    ) throws {
        let run = recording.runs[index]
        let runs = effects.compactMap { effect in
            if case .run(let run) = effect { run } else { nil }
        }
        let ours = try #require(runs.first, "\(name): mon ran \(run.service) at \(run.began)")
        ids[index] = ours.id
        var given = Recording.Given()
        given.arguments = ours.arguments + ours.hosts
        given.environment = environment(ours.environment)
        #expect(
            isEqual(given, run.given),
            "\(name): \(run.service) at \(run.began):\n\(given)\n\(run.given)"
        )
    }

    private func compare(
        _ effects: [MonitorEffect],
        _ recorded: [Recording.Given],
        _ place: String
    ) {
        let alerts = effects.compactMap { effect -> Recording.Given? in
            guard case .alert(let run) = effect else { return nil }
            var given = Recording.Given()
            given.program = run.program
            given.arguments = run.arguments
            given.environment = environment(run.environment)
            given.input = run.input
            return given
        }
        var left = recorded
        for alert in alerts {
            guard let same = left.firstIndex(where: { isEqual(alert, $0) }) else {
                Issue.record("\(place): ours alone: \(alert)\nmon's: \(left)")
                continue
            }
            left.remove(at: same)
        }
        #expect(left.isEmpty, "\(place): mon's alone: \(left)")
    }

    // MARK: Details

    /// Whole seconds, as mon reads the time.
    private func time(_ at: Double) -> MonitorTime {
        MonitorTime(
            elapsed: .seconds(Int64(at)),
            epoch: Int64(at),
            civil: civil(epoch: Int64(at))
        )
    }

    private func environment(_ lines: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for line in lines {
            guard let equals = line.firstIndex(of: "=") else { continue }
            result[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        for name in ["MON_STATEDIR", "MON_LOGDIR", "MON_CFBASEDIR"] { result[name] = nil }
        return result
    }

    /// Equal but for what differs on purpose and for a second here or there: mon asks the time again.
    private func isEqual(_ ours: Recording.Given, _ mons: Recording.Given) -> Bool {
        guard ours.program == mons.program, ours.input == mons.input,
            ours.arguments.count == mons.arguments.count
        else { return false }
        for (index, (own, other)) in zip(ours.arguments, mons.arguments).enumerated()
        where own != other {
            guard index > 0, ours.arguments[index - 1] == "-t", isNear(own, other) else {
                return false
            }
        }
        let names = Set(ours.environment.keys).union(mons.environment.keys)
            .subtracting(["MON_FIRST_SUCCESS"])
        return names.allSatisfy { name in
            let (own, other) = (ours.environment[name], mons.environment[name])
            return own == other || isNear(own ?? "", other ?? "")
        }
    }

    private func isNear(_ a: String, _ b: String) -> Bool {
        guard let a = Int64(a), let b = Int64(b), a > 1_000_000_000 else { return false }
        return abs(a - b) <= 1
    }
}
