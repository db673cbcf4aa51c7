// cronfile: cron jobs that belong to the node that holds the group ("Cron Jobs" of GreenArrow's administration page). There
// the file is where cron looks; on the other node its copy lies beside it under a name that no cron reads, and is kept the
// same. What was edited on both is shown, and nobody's text is overwritten.
//
//     holder   /etc/cron.d/NAME              what cron runs
//     other    /etc/cron.d/.NAME.standby     the copy: taken over by `ready`, unless it was edited here
//     both     /etc/cron.d/.NAME.agreed      what both had last: who changed is seen by it

import Linux

/// `cronfile::PATH`.
struct CronFile: ResourceType {
    /// What cron reads on the holder, absolute.
    let path: String

    /// Bytes of a file at most.
    static let sizeMaximum = 32768
    /// Between two questions to the other node, in nanoseconds: cron itself looks once a minute.
    private static let interval: Int64 = 30_000_000_000

    init(_ arguments: [String]) throws(ResourceUsageError) {
        guard arguments.count == 1, let path = arguments.first else {
            throw ResourceUsageError("it takes one PATH")
        }
        let name = path.split(separator: "/").last ?? ""
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !name.hasPrefix(".") else {
            throw ResourceUsageError("'\(path)' is no absolute path of a file that cron reads")
        }
        self.path = path
    }

    private func beside(_ end: String) -> String {
        let parts = path.split(separator: "/").map(String.init)
        return parts.dropLast().map { "/\($0)" }.joined() + "/.\(parts.last ?? "").\(end)"
    }

    private var copy: String { beside("standby") }
    private var agreed: String { beside("agreed") }

    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        do throws(SystemError) {
            switch action {
            case .start: return try start()
            case .stop: return try stop()
            case .status, .monitor:
                return Files.exists(path)
                    ? .running("cron reads \(path)") : .stopped("there is no \(path)")
            case .ready: return ready(until: deadline)
            case .suspend, .resume: return .failed("a file cannot be suspended")
            case .data, .outdate, .follow, .alone, .rejoin, .view: return .replicatesNothing
            case .abandon: return .bearsNothing
            }
        } catch {
            return .failed("\(error)")
        }
    }

    /// What was agreed stays what it was when this node took it: so it is seen later what was edited here.
    private func start() throws(SystemError) -> ResourceAnswer {
        guard let kept = read(copy) else {
            guard Files.exists(path) else {
                return .failed(
                    "there is neither \(path) nor \(copy): write the jobs into \(path); none are right too (touch)"
                )
            }
            return .done()
        }
        if let live = read(path), live != kept {
            // Somebody put it there: both texts stay.
            return .done(
                "\(path) was there already, and differs from what was kept for this node in \(copy): the first is in force"
            )
        }
        try put(kept, at: path)
        try Files.replaceDurably(agreed, with: kept, mode: 0o600)
        try Files.remove(copy)
        return .done()
    }

    private func stop() throws(SystemError) -> ResourceAnswer {
        guard let live = read(path) else {
            guard Files.exists(path) else { return .done() }
            return .failed(
                "\(path) cannot be read, or is longer than \(CronFile.sizeMaximum) bytes"
            )
        }
        if let kept = read(copy), kept != live {
            try Files.replaceDurably(beside("before-stop"), with: kept, mode: 0o600)
        }
        try Files.replaceDurably(
            copy,
            with: live,
            mode: Files.mode(path) ?? 0o644,
            ownedLike: path
        )
        try Files.remove(path)
        return .done()
    }

    private func put(_ bytes: [UInt8], at place: String) throws(SystemError) {
        // cron takes no file that others may write (cron(8)).
        let mode = (Files.mode(copy) ?? 0o644) & 0o755
        // Nothing that cron could read half of, or twice, appears on the way.
        let next = beside("next")
        try Files.replaceDurably(next, with: bytes, mode: mode, ownedLike: copy)
        let moved = Tool("mv").run(
            ["-f", "--", next, place],
            until: BootClock.now &+ 5_000_000_000
        )
        guard moved.isGood else {
            throw SystemError(call: "rename", errno: .notFound, object: place)
        }
    }

    private func read(_ path: String) -> [UInt8]? {
        try? Files.read(path, maximum: CronFile.sizeMaximum)
    }

    /// On the node that does not hold the group: its copy becomes as the holder's file is.
    private func ready(until deadline: Int64) -> ResourceAnswer {
        if Files.exists(path) {
            return .failed(
                "\(path) is there, and cron runs it, although the group is not held here: mv \(path) \(copy)"
            )
        }
        let isDue = Files.changeTime(agreed).map { age in
            (WallClock.now &- age).magnitude > UInt64(CronFile.interval)
        }
        guard isDue ?? true else { return .done() }
        let said = Tool(Tool.sibling("baton")).run(
            (Environment.value("BATON_RUN").map { ["--run", $0] } ?? [])
                + ["sync", "cronfile", "--unless-edited", path],
            until: deadline
        )
        // Refused: it was edited here. Who cannot be asked now is asked again.
        return said.exit == 1 ? .failed(said.lastLine) : .done()
    }
}
