// disk.monitor: can this machine still write to its disks? Each directory is tried by a child of its own,
// for a disk that hangs takes whoever touches it along: such a child is left behind, and its lock tells the
// next run that one hangs there already.

import Configuration
import Linux

struct DiskMonitor: ServiceMonitor {
    private let directories: [String]
    private let timeout: Duration

    init(_ words: [String]) throws(MonitorUsageError) {
        let given = try MonitorArguments(words, options: [.init("timeout", "t")])
        directories = distinct(given.rest)
        guard !directories.isEmpty, directories.count <= 64 else {
            throw MonitorUsageError(
                directories.isEmpty
                    ? "no directory to check; end the line with ;;"
                    : "more than 64 directories"
            )
        }
        for directory in directories where !directory.hasPrefix("/") {
            throw MonitorUsageError("'\(directory)' is no absolute path")
        }
        timeout = try given.seconds("timeout") ?? .seconds(5)
    }

    var timeLimit: Duration { timeout }

    func run() -> MonitorAnswer {
        let deadline = BootClock.now + timeout.nanoseconds
        let locks: String
        do throws(SystemError) {
            locks = try DiskProbe.lockDirectory()
        } catch {
            return .unknown("cannot remember what hangs: \(error)")
        }
        var conversations = Conversations()
        for directory in directories {
            conversations.add(directory, [DiskConversation(directory, timeout, locks: locks)])
        }
        return MonitorAnswer(conversations.run(until: deadline))
    }
}

/// The child that tries one directory.
final class DiskConversation: Conversation {
    private let directory: String
    private let timeout: Duration
    private let child: Result<ChildProcess, SystemError>

    init(_ directory: String, _ timeout: Duration, locks: String) {
        self.directory = directory
        self.timeout = timeout
        do throws(SystemError) {
            let words = [
                DiskProbe.name, directory, DiskProbe.lock(of: directory, in: locks),
                "\(timeout.nanoseconds)",
            ]
            // This very program, also when its file has been replaced since.
            let child = try ChildProcess(Command("/proc/self/exe", words))
            try child.open()
            self.child = .success(child)
        } catch {
            child = .failure(error)
        }
    }

    var watched: [(number: Int32, interest: Poller.Interest)] {
        guard case .success(let child) = child else { return [] }
        return [(child.exitNumber, .readable)]
    }

    var timeoutText: String { "a write hangs, for more than \(timeout.shortText)" }

    func advance() -> Verdict? {
        do throws(SystemError) {
            let child = try self.child.get()
            guard let ending = try child.ending() else { return nil }
            let text = child.output.text.split(separator: "\n").first.map(String.init) ?? ""
            return switch ending {
            case .exited(0): .passed
            case .exited(1): .failed(text)
            case .exited(let code): .unknown(text.isEmpty ? "the probe exited with \(code)" : text)
            case .killed(let signal, _): .unknown("the probe was ended by \(signal)")
            case .notExecuted(let error): .unknown("the probe cannot run: \(error)")
            }
        } catch {
            return .unknown("the probe cannot run: \(error)")
        }
    }

    /// A child that hangs in the disk dies when the disk lets it go, and holds its lock until then.
    func giveUp() { child.killGroup() }
}
