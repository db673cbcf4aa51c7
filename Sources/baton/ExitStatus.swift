// How `baton` ends: the exit codes that its manual page promises (design section 2), and the one way in
// which a command that did not reach its aim says so.

import ArgumentParser

/// The exit codes.
enum ExitStatus: Int32, CaseIterable {
    /// Done, clean.
    case done = 0
    /// Refused, with the rule; or the answer is no.
    case refused = 1
    /// Usage or configuration error.
    case usage = 2
    /// A resource or a file failed on the way.
    case failed = 3
    /// No daemon answers.
    case noDaemon = 4
    /// Timed out; what was asked goes on.
    case timedOut = 5

    /// What the manual page says.
    var meaning: String {
        switch self {
        case .done: "done, or clean"
        case .refused: "refused (the rule is named), or the answer is no"
        case .usage: "error of usage or configuration"
        case .failed: "failed (the resource, its exit code and last output are named)"
        case .noDaemon: "no daemon answers"
        case .timedOut: "not finished in time; what was asked for goes on"
        }
    }
}

/// The end of a command that did not reach its aim.
struct Ending: Error {
    /// How to exit.
    var status: ExitStatus
    /// For standard error, whole lines without the last newline; empty when all has been said.
    var text: String

    init(_ status: ExitStatus, _ text: String = "") {
        self.status = status
        self.text = text
    }

    /// The exit code of something that is done under another name than `baton`; what it failed of is said.
    static func code(calledAs name: String, _ deed: () throws -> Void) -> Int32 {
        do {
            try deed()
            return ExitStatus.done.rawValue
        } catch let ending as Ending {
            if !ending.text.isEmpty { Output.error(ending.text) }
            return ending.status.rawValue
        } catch {
            Output.error("\(name): \(error)")
            return ExitStatus.failed.rawValue
        }
    }
}
