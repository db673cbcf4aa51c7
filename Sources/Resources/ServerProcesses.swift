// A database server as the kernel shows it: the processes whose working directory is its data directory, by whichever
// path, so that no file has to remember them. What they are called and which signal ends them is the type's.

import Linux

/// The processes of a server that works in a directory.
struct ServerProcesses {
    /// The data directory, absolute.
    let directory: String
    /// How its programs may be called.
    let names: Set<String>

    /// Between two looks, in nanoseconds.
    static let lookInterval: Int64 = 200_000_000

    /// All that there are.
    var all: [ProcessIdentity] {
        ((try? Files.list("/proc", maximum: 1_000_000)) ?? []).compactMap { entry in
            // Whoever has ended meanwhile has no links.
            guard let number = Int32(entry), let exe = try? Files.link("/proc/\(entry)/exe"),
                let name = exe.withoutDeleted.split(separator: "/").last,
                names.contains(String(name)), Files.isSame("/proc/\(entry)/cwd", directory)
            else { return nil }
            return try? ProcessIdentity(of: ProcessID(rawValue: number))
        }
    }

    /// Those that none of the others has started.
    var leaders: [ProcessIdentity] {
        let all = all
        return all.filter { process in
            !all.contains { $0.id == process.id.parent }
        }
    }

    /// The bytes that all of them have read and written; nil when none can be seen.
    var moved: UInt64? {
        let each = all.compactMap { ProcessWork.bytes(of: $0.id) }
        return each.isEmpty ? nil : each.reduce(0, &+)
    }

    /// Stops the systemd units that run them, which would start them anew.
    func endUnits(until deadline: Int64) {
        for process in all {
            guard let unit = ServerProcesses.unit(of: "\(process.id)"),
                unit != ServerProcesses.unit(of: "self")
            else { continue }
            Progress.say("systemctl stop \(unit), which runs process \(process.id)")
            _ = Tool("systemctl").run(["stop", unit], until: deadline)
        }
    }

    /// The systemd unit that a process belongs to, by the last name of its control group (`/system.slice/mariadb.service`).
    private static func unit(of process: String) -> String? {
        guard let text = try? Files.read("/proc/\(process)/cgroup", maximum: 65536) else {
            return nil
        }
        return text.split(separator: UInt8(ascii: "\n")).lazy
            .map {
                String(decoding: $0, as: UTF8.self).split(separator: "/").last.map(String.init)
                    ?? ""
            }
            .first { $0.hasSuffix(".service") }
    }

    /// Sends signals until none of them is left.
    ///
    /// - Parameters:
    ///   - deadline: Boot time in nanoseconds.
    ///   - due: Which signal is due with so many nanoseconds left, and whether it is for the leaders alone.
    /// - Returns: Done, also by KILL, or who is left and why.
    func end(until deadline: Int64, due: (Int64) -> (signal: Signal, isForLeaders: Bool))
        -> ResourceAnswer
    {
        var signalled: [ProcessIdentity: Signal] = [:]
        var wasGone = false
        while true {
            let left = all
            if left.isEmpty {
                // Somebody may start it anew at once.
                if wasGone || signalled.isEmpty {
                    return signalled.values.contains(.kill)
                        ? .done(
                            "the server was killed; its next start recovers what it had promised"
                        )
                        : .done("no server works in \(directory)")
                }
                wasGone = true
                Pause.wait(ServerProcesses.lookInterval)
                continue
            }
            wasGone = false
            let now = BootClock.now
            guard now &+ ServerProcesses.lookInterval < deadline else {
                let isNew = left.contains { signalled[$0] != .kill }
                let names = left.map { "process \($0.id)" }.joined(separator: ", ")
                let parent = left.first?.id.parent.map { " by process \($0)" } ?? ""
                return .failed(
                    isNew
                        ? "the server is started anew again and again\(parent)"
                        : "\(names) did not end, not even by KILL: a disk that hangs holds it"
                )
            }
            let (signal, isForLeaders) = due(deadline &- now)
            for process in isForLeaders ? leaders : left where signalled[process] != signal {
                signalled[process] = signal
                do throws(SystemError) {
                    try ProcessHandle(process).send(signal)
                } catch {
                    // It has ended meanwhile.
                    continue
                }
            }
            Pause.wait(ServerProcesses.lookInterval)
        }
    }
}

/// Waiting for a server to serve.
struct ServerStart {
    /// Its processes.
    let processes: ServerProcesses
    /// Until when it must serve, unless it works; boot time in nanoseconds.
    let deadline: Int64
    /// Whether it was started here: what it reads and writes then gives it as long again.
    let isOurs: Bool

    /// Asks until the server serves.
    ///
    /// - Parameters:
    ///   - ask: The answer when it serves, else what it says instead; until a time at most.
    ///   - hasEnded: Why nothing will come of it; nil while something may.
    ///   - work: What it is at, for people.
    ///   - lastWords: What its log says.
    /// - Returns: Its answer, or why there is none.
    func wait(
        ask: (Int64) -> Result<ResourceAnswer, Unready>,
        hasEnded: () -> String?,
        work: () -> String? = { nil },
        lastWords: () -> String
    ) -> ResourceAnswer {
        var ends = deadline
        let patience = deadline &- BootClock.now
        var worked: UInt64 = 0
        var nextReport = BootClock.now &+ 1_000_000_000
        while true {
            if let ended = hasEnded() {
                return .failed("the server did not start: \(ended). \(lastWords())".trimmed)
            }
            let last: String
            switch ask(ends) {
            case .success(let answer): return answer
            case .failure(let unready): last = unready.text
            }
            let now = BootClock.now
            if isOurs, now >= nextReport {
                nextReport = now &+ 1_000_000_000
                if let done = processes.moved, done > worked {
                    worked = done
                    let at = work().map { ", \($0)," } ?? ""
                    Progress.say(
                        "the server\(at) has moved \(done >> 20) MB and does not answer yet"
                    )
                    ends = max(ends, now &+ patience)
                }
            }
            guard now &+ ServerProcesses.lookInterval < ends else {
                return .failed(
                    "the server does not answer in time: \(last). \(lastWords())".trimmed
                )
            }
            Pause.wait(ServerProcesses.lookInterval)
        }
    }

    /// How a server that was started here has ended, and what it said; nil while it runs.
    static func ending(of child: ChildProcess) -> String? {
        do throws(SystemError) {
            while let more = try child.readOutput(), !more.isEmpty {}
            guard let ending = try child.ending() else { return nil }
            let said = child.output.text.trimmed
            return "it has ended (\(ending))" + (said.isEmpty ? "" : ": \(said)")
        } catch {
            return "it cannot be watched: \(error)"
        }
    }

    /// The end of a log since it was so many bytes long, as lines.
    static func lines(of log: String, after size: Int64, until deadline: Int64) -> [String] {
        let tail = Tool("tail").ask(["-c", "+\(size + 1)", log], until: deadline)
        return tail.isGood ? tail.text.split(whereSeparator: \.isNewline).map(String.init) : []
    }
}

/// A server does not serve, or nothing can be said of it.
struct Unready: Error {
    /// Why, in one sentence.
    var text: String
}

/// Whose files a server's are.
struct DataOwner {
    /// By name, which is the same on both nodes where the numbers are.
    var name: String
    /// Their own group, by number.
    private var group: String

    /// The owner of a data directory.
    init(of directory: String, until deadline: Int64) throws(Unready) {
        let owner = Tool("stat").ask(["-L", "-c", "%U %u %g", directory], until: deadline)
        let words = owner.text.split(separator: " ").map(String.init)
        guard owner.isGood, words.count == 3 else {
            throw Unready(text: "stat: \(owner.lastLine)")
        }
        guard words[0] != "UNKNOWN" else {
            throw Unready(
                text:
                    "\(directory) belongs to user \(words[1]), who has no name on this node: give the user of the "
                    + "database the same number on both nodes"
            )
        }
        name = words[0]
        group = words[2]
    }

    /// How setpriv(1) makes a program theirs, without PAM, which would note each question in a log.
    var words: [String] {
        ["--reuid=\(name)", "--regid=\(group)", "--init-groups", "--"]
    }
}

extension String {
    /// A path of /proc without what the kernel appends to one that was removed.
    var withoutDeleted: String {
        hasSuffix(" (deleted)") ? String(dropLast(10)) : self
    }
}
