// What the end of a `status` means: one pure function over the kind of program, its exit and its
// words. Running the program is `Spawner`; what follows from the verdict is the core's.

import Configuration

/// What a `status` says.
enum StatusVerdict: Equatable, Sendable {
    /// The resource runs.
    case running
    /// It does not.
    case stopped
    /// The program cannot tell, or contradicts itself.
    case unknown

    /// Judges one `status` that ended by itself.
    ///
    /// Heartbeat's reading of words comes first where they are clear ("not running" and "stopped"
    /// say down, "running" and "OK" say up), because its scripts give any exit code. Where the
    /// words say nothing the code decides: 0 running, 3 stopped (LSB). Two rules keep to the safe
    /// side, where a thing that may run is not taken for stopped:
    ///
    /// | words | code | verdict | why |
    /// |-|-|-|-|
    /// | down | any but 4 | stopped | Heartbeat's rule |
    /// | up | any but 3, 4 | running | Heartbeat's rule |
    /// | up | 3 | unknown | "is not currently running" has both; nobody guesses |
    /// | any | 4 | unknown | the script says that it cannot tell (LSB) |
    /// | none | 0 | running | LSB; Heartbeat would say down and start it twice |
    /// | none | 3 | stopped | LSB |
    /// | none | 1, 2 | init script: stopped (dead, with a left-over file); else unknown | LSB |
    /// | none | other | unknown | |
    ///
    /// - Parameters:
    ///   - kind: Whose conventions hold.
    ///   - exitCode: 0...255.
    ///   - text: The end of its output.
    /// - Returns: The verdict of the table.
    static func judge(_ kind: ProgramKind, exitCode: Int32, text: String) -> StatusVerdict {
        if kind == .unit { return judgeUnit(exitCode: exitCode, text: text) }
        if kind == .builtIn {
            return exitCode == 0 ? .running : exitCode == 3 ? .stopped : .unknown
        }
        if kind == .agent { return judgeAgent(exitCode: exitCode) }
        if exitCode == 4 { return .unknown }
        switch words(text) {
        case .some(false): return .stopped
        case .some(true): return exitCode == 3 ? .unknown : .running
        case .none: break
        }
        switch exitCode {
        case 0: return .running
        case 3: return .stopped
        case 1, 2: return kind == .initScript ? .stopped : .unknown
        default: return .unknown
        }
    }

    /// OCF: 0 runs, 8 runs promoted, 7 does not run; what failed may run still.
    private static func judgeAgent(exitCode: Int32) -> StatusVerdict {
        switch exitCode {
        case 0, 8: .running
        case 7: .stopped
        default: .unknown
        }
    }

    /// `systemctl is-active` prints one word; a unit on its way is neither.
    private static func judgeUnit(exitCode: Int32, text: String) -> StatusVerdict {
        let word = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        switch word {
        case "active", "reloading", "refreshing": return .running
        case "inactive", "failed": return .stopped
        case "activating", "deactivating", "maintenance": return .unknown
        default: return exitCode == 0 ? .running : .unknown
        }
    }

    /// Whether the words say that it runs; `nil` when they say nothing.
    private static func words(_ text: String) -> Bool? {
        let bytes = Array(text.utf8)
        func has(_ pattern: String) -> Bool {
            contains(bytes, pattern)
        }
        // Heartbeat's patterns ignore the case of the initials alone: *[Nn]ot [Rr]unning*.
        let downs = ["not running", "Not running", "not Running", "Not Running", "NOT RUNNING"]
        if downs.contains(where: has) { return false }
        if has("running") || has("Running") || has("OK") { return true }
        if has("stopped") || has("Stopped") { return false }
        return nil
    }

    private static func contains(_ bytes: [UInt8], _ pattern: String) -> Bool {
        let wanted = Array(pattern.utf8)
        guard bytes.count >= wanted.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { start in
            bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }
}
