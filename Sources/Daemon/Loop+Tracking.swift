// What else a node must have to be fit: devices with a carrier (`track_interface`), and programs that say so
// (`track_script`). What is lost is told to the core, as a failure of the node for what runs here and as something that
// is missing for what does not; what follows from it is the core's.

import Configuration
import Failover
import Linux

/// What is tracked, and what of it is lost.
struct TrackWatch {
    /// One thing that is tracked.
    private struct Subject {
        let name: String
        /// Which of its failures the last one is.
        var incident: UInt64 = 0
        /// What is wrong; nil for nothing.
        var text: String?

        /// Takes a verdict; whether it is another than before.
        mutating func take(_ text: String?) -> Bool {
            guard text != self.text else { return false }
            if self.text == nil { incident += 1 }
            self.text = text
            return true
        }
    }

    private struct Script {
        let script: TrackedScript
        var subject: Subject
        var next: Int64 = 0
        var running: UInt64?
        var failuresInRow = 0
    }

    /// Failures in a row before a program is believed.
    private static let patience = 2

    private var devices: [Subject]
    private var scripts: [Script]
    /// Whether the core does not know the present state yet.
    var isStale = false

    init(_ cluster: ClusterConfiguration) {
        devices = cluster.trackedDevices.map { Subject(name: $0) }
        scripts = cluster.trackedScripts.map { script in
            let words = [script.line.program] + script.line.arguments
            return Script(script: script, subject: Subject(name: words.joined(separator: " ")))
        }
    }

    /// When a program is to be run next.
    var nextDeadline: Int64? { scripts.lazy.filter { $0.running == nil }.map(\.next).min() }

    /// What is lost now.
    var failures: [HealthFailure] {
        (devices + scripts.map(\.subject)).compactMap { subject in
            subject.text.map { text in
                HealthFailure(
                    name: "track \(subject.name)",
                    incident: subject.incident,
                    action: .standby,
                    text: text,
                    isOfNode: true
                )
            }
        }
    }

    /// The same in words, for a node that does not run a group.
    var missing: String? { failures.first.map { "\($0.name): \($0.text)" } }

    /// Takes the devices as they are.
    mutating func note(_ links: [NetworkLink]) {
        for place in devices.indices {
            let link = links.first { $0.name.rawValue == devices[place].name }
            let text: String? =
                switch link {
                case nil: "this machine has no such device"
                case let link? where !link.isUp: "it is down"
                case let link?: link.hasCarrier ? nil : "it has no carrier"
                }
            if devices[place].take(text) { isStale = true }
        }
    }

    /// The programs that are due, by their places.
    mutating func due(at now: Int64) -> [(place: Int, script: TrackedScript)] {
        scripts.indices.filter { scripts[$0].running == nil && scripts[$0].next <= now }
            .map { place in
                scripts[place].next = now + scripts[place].script.interval.nanoseconds
                return (place, scripts[place].script)
            }
    }

    /// A program is on its way.
    mutating func begin(_ place: Int, _ number: UInt64) { scripts[place].running = number }

    /// A program ended; whether it was one of these.
    mutating func take(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> Bool {
        guard let place = scripts.firstIndex(where: { $0.running == number }) else { return false }
        scripts[place].running = nil
        let line = output.split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
        let text: String
        switch ending {
        case .exited(0):
            scripts[place].failuresInRow = 0
            if scripts[place].subject.take(nil) { isStale = true }
            return true
        // Its helper was lost, which says nothing of the node.
        case .undecided: return true
        case .exited(let code): text = "exit \(code)\(line)"
        case .killed(let signal): text = "ended by \(signal)\(line)"
        case .timedOut: text = "no answer in \(scripts[place].script.interval.shortText)\(line)"
        case .notRun(let why): text = why
        }
        scripts[place].failuresInRow += 1
        guard scripts[place].failuresInRow >= TrackWatch.patience else { return true }
        // What it prints may be new each time: what failed first stands until it is well again.
        if scripts[place].subject.text == nil, scripts[place].subject.take(text) { isStale = true }
        return true
    }
}

extension Loop {
    /// Runs what is due and tells the core what is lost; called at each turn.
    func watchTracked() {
        guard hasBegun, exitCode == nil else { return }
        for (place, script) in tracked.due(at: now) {
            let number = try? checks.run(
                [CheckPlace(path: script.line.program)],
                script.line.arguments,
                environment: [],
                input: [],
                timeout: script.interval.nanoseconds,
                isDetached: false
            )
            if let number { tracked.begin(place, number) }
        }
        tracked.note(view.links)
        guard tracked.isStale else { return }
        tellHealth()
        for group in loaded.cluster.groups.indices { tellReadiness(group) }
        tracked.isStale = false
    }

    /// Tells the core what a group lacks here: what is tracked, or else what its resources say.
    func tellReadiness(_ group: Int) {
        let missing = tracked.missing ?? prepared[group]
        queue.append(.readinessObserved(group: group, missing: missing))
    }
}
