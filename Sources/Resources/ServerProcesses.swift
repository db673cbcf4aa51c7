// A database server as the kernel shows it: the processes whose working directory is its data directory, by whichever
// path, or that are on their way there by the words they were called with, so that no file has to remember them. What
// they are called and which signal ends them is the type's.

import Linux

/// The processes of a server that works in a directory.
struct ServerProcesses {
    /// The data directory, absolute.
    let directory: String
    /// How its programs may be called.
    let names: Set<String>
    /// The words behind the program that name the directory, of a server that has not gone there yet.
    let words: [String]
    /// How the systemd units that run such servers begin.
    let units: [String]

    /// Between two looks, in nanoseconds.
    static let lookInterval: Int64 = 200_000_000

    /// All that there are.
    ///
    /// Throws when it cannot be seen: what is not seen is not stopped.
    var all: [ProcessIdentity] {
        get throws(Unready) {
            let entries: [String]
            do throws(SystemError) {
                entries = try Files.list("/proc", maximum: 1_000_000)
            } catch {
                throw Unready(text: "the processes cannot be seen: \(error)")
            }
            return entries.compactMap { entry in
                guard let number = Int32(entry), isOurs(entry) else { return nil }
                return try? ProcessIdentity(of: ProcessID(rawValue: number))
            }
        }
    }

    /// Whoever has ended meanwhile has no links and no words.
    private func isOurs(_ process: String) -> Bool {
        if let exe = try? Files.link("/proc/\(process)/exe"),
            let name = exe.withoutDeleted.split(separator: "/").last, names.contains(String(name))
        {
            if Files.isSame("/proc/\(process)/cwd", directory) { return true }
            // A filesystem that has failed, or is mounted over, gives nothing to compare but the name.
            let place = try? Files.link("/proc/\(process)/cwd").withoutDeleted
            if place == directory { return true }
        }
        guard let bytes = try? Files.read("/proc/\(process)/cmdline", maximum: 1 << 16) else {
            return false
        }
        let line = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard line.count > words.count else { return false }
        return (1...(line.count - words.count)).contains { start in
            let program = line[start - 1].split(separator: "/").last.map(String.init) ?? ""
            return names.contains(program) && line[start...].starts(with: words)
        }
    }

    /// Those that none of the others has started.
    var leaders: [ProcessIdentity] {
        get throws(Unready) { leaders(of: try all) }
    }

    private func leaders(of all: [ProcessIdentity]) -> [ProcessIdentity] {
        all.filter { process in
            !all.contains { $0.id == process.id.parent }
        }
    }

    /// What all of them have done; nil when none can be seen.
    var work: ProcessWork? {
        let each = ((try? all) ?? []).compactMap { ProcessWork(of: $0.id) }
        return each.isEmpty ? nil : each.reduce(ProcessWork(), +)
    }

    /// Stops the systemd units that run them, which would start them anew; what else they run in is not theirs.
    func endUnits(until deadline: Int64) {
        let found = ((try? all) ?? []).compactMap { ServerProcesses.unit(of: "\($0.id)") }
        for unit in Set(found).sorted() where units.contains(where: unit.hasPrefix) {
            Progress.say("systemctl stop \(unit), which runs the server")
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
            let left: [ProcessIdentity]
            do throws(Unready) {
                left = try all
            } catch {
                return .failed(error.text)
            }
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
            for process in isForLeaders ? leaders(of: left) : left
            where signalled[process] != signal {
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
    /// Whether what it reads and writes gives it as long again: while it may be recovering.
    let mayWork: () -> Bool
    /// What it is at, for people.
    var at: () -> String? = { nil }

    /// Asks until the server serves.
    ///
    /// - Parameters:
    ///   - ask: The answer when it serves, until a time at most; throws what it says instead.
    ///   - hasEnded: Why nothing will come of it; nil while something may.
    ///   - lastWords: What its log says.
    /// - Returns: Its answer, or why there is none.
    func wait(
        ask: (Int64) throws(Unready) -> ResourceAnswer,
        hasEnded: () -> String?,
        lastWords: () -> String
    ) -> ResourceAnswer {
        var ends = deadline
        let patience = deadline &- BootClock.now
        var done = ProcessWork()
        var nextReport = BootClock.now &+ 1_000_000_000
        while true {
            if let ended = hasEnded() {
                return .failed("the server did not start: \(ended). \(lastWords())".trimmed)
            }
            let last: String
            do throws(Unready) {
                return try ask(ends)
            } catch {
                last = error.text
            }
            let now = BootClock.now
            if now >= nextReport, mayWork() {
                nextReport = now &+ 1_000_000_000
                if let work = processes.work, work.count > done.count {
                    done = work
                    let at = self.at().map { ", \($0)," } ?? ""
                    Progress.say(
                        "the server\(at) has moved \(done.bytes >> 20) MB and does not answer yet"
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

/// Whose files a server's are, by passwd(5).
struct DataOwner {
    /// By name, which is the same on both nodes where the numbers are.
    var name: String
    /// The owner's first group, by number.
    private var group: String
    /// The owner's home directory.
    private var home: String

    /// The owner of a data directory.
    init(of directory: String, until deadline: Int64) throws(Unready) {
        guard let number = Files.owner(directory) else {
            throw Unready(text: "\(directory) cannot be looked at")
        }
        let entry = Tool("getent").ask(["passwd", "\(number)"], until: deadline)
        let words = entry.text.split(separator: ":", omittingEmptySubsequences: false)
        guard entry.exit == 0, words.count >= 6 else {
            // 2: the key was not found (getent(1)).
            guard entry.exit == 2 else { throw Unready(text: "getent passwd: \(entry.lastLine)") }
            throw Unready(
                text:
                    "\(directory) belongs to user \(number), who has no name on this node: give the user of the "
                    + "database the same number on both nodes"
            )
        }
        name = String(words[0])
        group = String(words[3])
        home = String(words[5])
    }

    /// How setpriv(1) makes a program theirs, without PAM, which would note each question in a log.
    var words: [String] {
        ["--reuid=\(name)", "--regid=\(group)", "--init-groups", "--"]
    }

    /// What a program finds around it when it is theirs.
    var environment: [String] { ["HOME=\(home)", "USER=\(name)", "LOGNAME=\(name)"] }
}

extension String {
    /// A path of /proc without what the kernel appends to one that was removed.
    var withoutDeleted: String {
        hasSuffix(" (deleted)") ? String(dropLast(10)) : self
    }
}
