// Programs that a resource type calls: found on the path, run to their end, bounded in time and in what is kept of
// their words. Which program is called and what its exit means is the type's.

import Linux

/// How a program ended.
public struct ToolResult: Hashable, Sendable {
    /// Its exit code; nil when a signal ended it, its time was over, or it could not be run.
    public var exit: Int32?
    /// The end of what it said on both streams, without blanks around it.
    public var text: String

    /// Whether it ended well.
    var isGood: Bool { exit == 0 }

    /// The last line that says something, for one sentence.
    var lastLine: String {
        let lines = text.split(whereSeparator: \.isNewline)
        return lines.last.map(String.init) ?? exit.map { "exit \($0)" } ?? "no word"
    }
}

/// A program by its name.
public struct Tool {
    /// Its name, or a path.
    var name: String

    /// By its name, or a path.
    public init(_ name: String) { self.name = name }

    /// The bytes of its words that are kept.
    static let outputMaximum = 65536
    /// How this program ends that was told to end: as by SIGTERM.
    static let orderedExit: Int32 = 143
    /// Where programs are looked for when PATH says nothing.
    static let pathStandard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// What programs find around them: the path, home (where clients look for a password), and words in English.
    static var environment: [String] {
        ["PATH=\(Environment.value("PATH") ?? Tool.pathStandard)", "LC_ALL=C"]
            + (Environment.value("HOME").map { ["HOME=\($0)"] } ?? [])
    }

    /// Another program of Baton's: beside this one, or on the path.
    static func sibling(_ name: String) -> String {
        let own = (try? Files.link("/proc/self/exe")) ?? ""
        let place = own.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        return Files.isExecutable("\(place)/\(name)") ? "\(place)/\(name)" : name
    }

    /// The file; nil when there is none on the path.
    var path: String? {
        if name.utf8.contains(UInt8(ascii: "/")) { return Files.isExecutable(name) ? name : nil }
        let directories = Environment.value("PATH") ?? Tool.pathStandard
        return directories.split(separator: ":").map { "\($0)/\(name)" }
            .first(where: Files.isExecutable)
    }

    /// Runs it to its end, TERM and a second later KILL when the deadline passes first.
    ///
    /// An order to end (SIGTERM) ends it in the same way, and then this process.
    ///
    /// - Parameters:
    ///   - arguments: What stands behind its name.
    ///   - deadline: Boot time in nanoseconds.
    ///   - report: Said once a second with what it has read and written so far, in bytes, while that grows; each time it
    ///     gets as long again as it had at first.
    /// - Returns: Its end; a program that is missing is one that could not be run.
    func run(
        _ arguments: [String],
        until deadline: Int64,
        whileItWorks report: ((UInt64) -> Void)? = nil
    ) -> ToolResult {
        call(arguments, until: deadline, isQuestion: false, report)
    }

    /// Runs it for what it says on standard output; where it fails, once more for what it says on standard error.
    func ask(_ arguments: [String], until deadline: Int64) -> ToolResult {
        let answer = call(arguments, until: deadline, isQuestion: true, nil)
        guard !answer.isGood, answer.exit != nil else { return answer }
        let words = call(arguments, until: deadline, isQuestion: false, nil)
        return ToolResult(exit: answer.exit, text: words.text)
    }

    /// Runs it once for what it says on standard output, whatever its exit.
    public func answer(
        _ arguments: [String],
        until deadline: Int64,
        environment: [String] = []
    ) -> ToolResult {
        call(arguments, until: deadline, isQuestion: true, nil, environment)
    }

    private func call(
        _ arguments: [String],
        until deadline: Int64,
        isQuestion: Bool,
        _ report: ((UInt64) -> Void)?,
        _ environment: [String] = []
    ) -> ToolResult {
        guard let path else { return ToolResult(exit: nil, text: "no program \(name) on the path") }
        let command = Command(
            path,
            arguments,
            environment: Tool.environment + environment,
            discardsErrors: isQuestion
        )
        do {
            return try run(command, until: deadline, report)
        } catch {
            return ToolResult(exit: nil, text: "cannot run \(path): \(error)")
        }
    }

    private func run(
        _ command: Command,
        until deadline: Int64,
        _ report: ((UInt64) -> Void)?
    ) throws(SystemError) -> ToolResult {
        let patience = deadline &- BootClock.now
        let child = try ChildProcess(
            command,
            endsWithParent: true,
            outputMaximum: Tool.outputMaximum
        )
        let poller = try Poller()
        try poller.add(child.exitNumber, token: 0)
        if let output = child.outputNumber { try poller.add(output, token: 1) }
        let order = try SignalSource([.terminate])
        try poller.add(order.number, token: 2)
        try child.open()
        var ends = deadline
        var isOver = false
        var isOrdered = false
        var worked: UInt64 = 0
        while true {
            let look = BootClock.now &+ 1_000_000_000
            try poller.arm(at: report == nil ? ends : min(ends, look))
            let wake = try poller.wait()
            for readiness in wake.ready where readiness.token == 1 {
                let number = child.outputNumber
                if try child.readOutput() == nil, let number { try poller.remove(number) }
            }
            if try order.next() != nil { isOrdered = true }
            if let ending = try child.ending() {
                if isOrdered { ThisProcess.exit(Tool.orderedExit) }
                return result(ending, child, isOver: isOver)
            }
            if let report, !isOver, let done = ProcessWork(of: child.identity.id)?.bytes,
                done > worked
            {
                worked = done
                report(done)
                ends = wake.now &+ patience
            }
            // Whoever ends this process finds nothing of it left: a mount that goes on would be there later.
            guard isOrdered && !isOver || wake.now >= ends else { continue }
            try child.sendToGroup(isOver ? .kill : .terminate)
            isOver = true
            ends = wake.now &+ 1_000_000_000
        }
    }

    private func result(
        _ ending: ProcessEnding,
        _ child: ChildProcess,
        isOver: Bool
    ) -> ToolResult {
        let said = child.output.text.trimmed
        if isOver {
            return ToolResult(exit: nil, text: "\(name) did not end in time. \(said)".trimmed)
        }
        switch ending {
        case .exited(let code): return ToolResult(exit: code, text: said)
        case .killed(let signal, _):
            return ToolResult(exit: nil, text: "\(name) was ended by \(signal). \(said)".trimmed)
        case .notExecuted(let error):
            return ToolResult(exit: nil, text: "cannot run \(name): \(error)")
        }
    }
}

/// What a process has done so far, of all its threads.
struct ProcessWork {
    /// Bytes read and written, by calls.
    var bytes: UInt64 = 0
    /// The same with what the disk moved for it, and with the calls: also what only touches files counts.
    var count: UInt64 = 0

    init() {}

    /// As /proc/PID/io counts it; nil when that cannot be seen.
    init?(of process: ProcessID) {
        guard let text = try? Files.read("/proc/\(process)/io", maximum: 4096) else { return nil }
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count == 2, let number = UInt64(words[1]) else { continue }
            switch words[0] {
            case "rchar:", "wchar:":
                bytes &+= number
                count &+= number
            case "syscr:", "syscw:", "read_bytes:", "write_bytes:": count &+= number
            default: continue
            }
        }
    }

    static func + (first: ProcessWork, second: ProcessWork) -> ProcessWork {
        var sum = first
        sum.bytes &+= second.bytes
        sum.count &+= second.count
        return sum
    }
}

extension String {
    /// Without blanks and line ends around it.
    var trimmed: String {
        let front = drop(while: \.isWhitespace)
        return String(front.reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// A wait between two tries.
enum Pause {
    /// Waits so many nanoseconds.
    static func wait(_ nanoseconds: Int64) {
        do throws(SystemError) {
            let poller = try Poller()
            let order = try SignalSource([.terminate])
            try poller.add(order.number, token: 0)
            try poller.arm(at: BootClock.now &+ nanoseconds)
            _ = try poller.wait()
            if try order.next() != nil { ThisProcess.exit(Tool.orderedExit) }
        } catch {
            // No descriptor left: the next try comes at once, and the deadline ends them all.
            return
        }
    }
}
