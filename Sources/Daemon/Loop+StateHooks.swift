// The administrator's programs that are told when a group becomes active, standby or failed here (`notify_state`).
// Nothing waits for them; what a state means, and when it comes, is the core's.

import Configuration
import Failover
import Linux

/// What the programs were told.
struct StateHooks {
    /// A group's state, as the programs get it.
    enum Word: String {
        case active
        case standby
        case failed

        /// Nil for a phase that leads from one to another, or of which nothing is known yet.
        init?(_ phase: GroupPhase) {
            switch phase {
            case .active: self = .active
            case .standby: self = .standby
            case .failed, .unsafe: self = .failed
            case .unknown, .claiming, .starting, .stopping, .offered, .suspended: return nil
            }
        }
    }

    /// By group: the last state.
    fileprivate var words: [Int: Word] = [:]
    /// By group: what the programs were told last.
    fileprivate var told: [Int: Word] = [:]
    /// The programs on their way: their group by their numbers.
    fileprivate var running: [UInt64: Int] = [:]

    /// The groups whose programs are to be run now; for one group they are run once at a time.
    mutating func note(_ phases: [GroupPhase]) -> [(group: Int, word: Word)] {
        for (group, phase) in phases.enumerated() {
            if let word = Word(phase) { words[group] = word }
        }
        let busy = Set(running.values)
        let due = words.filter { told[$0.key] != $0.value && !busy.contains($0.key) }
        for (group, word) in due { told[group] = word }
        return due.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A program began.
    mutating func begin(_ number: UInt64, for group: Int) { running[number] = group }

    /// A program ended, of these or any other.
    mutating func end(_ number: UInt64) { running[number] = nil }
}

extension Loop {
    /// Tells the programs what is new; called at each turn.
    func tellStates() {
        guard hasBegun, exitCode == nil, !loaded.cluster.stateHooks.isEmpty else { return }
        for (group, word) in stateHooks.note(core.phases) {
            for hook in loaded.cluster.stateHooks { run(hook, group, word) }
        }
    }

    private func run(_ hook: ProgramLine, _ group: Int, _ word: StateHooks.Word) {
        let name = loaded.cluster.groups[group].name
        let number = tell(
            ProgramLine(
                program: hook.program,
                arguments: hook.arguments + [name, word.rawValue]
            ),
            environment: [
                "BATON_GROUP=\(name)", "BATON_STATE=\(word.rawValue)",
                "BATON_NODE=\(loaded.settings.node)", "BATON_PEER=\(loaded.settings.peer)",
            ],
            input: [],
            as: "notify_state \(hook.program) for \(name) \(word.rawValue)"
        )
        if let number { stateHooks.begin(number, for: group) }
    }
}
