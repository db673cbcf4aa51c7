// One operation is one child: another program in a process group of its own, ordinary in every
// respect, with one pipe for all it says. It does not begin before the parent has recorded it
// (the gate), and it has ended when the process has ended, whoever still holds the pipe. Deadlines
// and what follows from an ending are the caller's. The path between fork and exec is C
// (CLinux/spawn_child.c).

import CLinux

/// What to run.
public struct Command: Hashable, Sendable {
    /// The program, by absolute path; no PATH is searched.
    public var path: String
    /// What follows the program's name.
    public var arguments: [String]
    /// The whole environment, `NAME=value` each.
    public var environment: [String]
    /// Where it runs.
    public var directory: String
    /// Whether what it says on standard error goes nowhere: of a program whose standard output is read as data.
    public var discardsErrors: Bool

    /// A program with its arguments, in `/`, with a plain PATH.
    public init(
        _ path: String,
        _ arguments: [String] = [],
        environment: [String] = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        ],
        directory: String = "/",
        discardsErrors: Bool = false
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.discardsErrors = discardsErrors
    }
}

/// A child that runs a command.
///
/// Order of use: make it, record `identity`, `open()` the gate, watch `outputNumber` and
/// `exitNumber` in the poller, `readOutput()` while readable, `ending()` when the exit number is
/// readable. A value dropped before the gate was opened ends its child unrun; a running child is
/// left running (and becomes a zombie of this process), which only a program about to exit may do.
public final class ChildProcess {
    /// The child: its number and start time, for the record.
    public let identity: ProcessIdentity
    /// What it runs.
    public let command: Command
    /// The end of all it and its descendants said, at most the capacity given.
    public private(set) var output: OutputTail
    /// The beginning of it, as long as was asked for.
    public private(set) var head: [UInt8] = []

    private let headMaximum: Int
    private let exit: Descriptor
    private let reader: Descriptor
    private let report: Descriptor
    private var gate: Pipe?
    private var isOutputOpen = true
    private var result: ProcessEnding?

    /// Forks the child, which then waits at the gate.
    ///
    /// Cost: one fork of this process; never from a real-time loop. May not fail for a missing
    /// program: that is known at exec and comes as the ending `notExecuted`.
    ///
    /// - Parameters:
    ///   - command: What to run.
    ///   - input: What it reads on its standard input; `nil` for /dev/null.
    ///   - endsWithParent: It is killed when this process ends (PR_SET_PDEATHSIG); its own children are not.
    ///   - outputMaximum: Bytes of the end of its output that are kept.
    ///   - headMaximum: Bytes of the beginning that are kept.
    /// - Throws: `SystemError` when there is no room for a process or a pipe.
    public init(
        _ command: Command,
        input: [UInt8]? = nil,
        endsWithParent: Bool = false,
        outputMaximum: Int = 16384,
        headMaximum: Int = 0
    ) throws(SystemError) {
        let output = try Pipe(nonBlockingReader: true)
        let report = try Pipe(nonBlockingReader: true)
        let gate = try Pipe(nonBlockingReader: false)
        let text: Int32 = if let input { try Descriptor.memory(input).release() } else { -1 }
        defer { if text >= 0 { _ = Descriptor(adopting: text) } }
        let id = try ChildProcess.fork(
            command,
            Inheritance(
                input: text,
                output: output.writer.number,
                gate: gate.reader.number,
                report: report.writer.number,
                endsWithParent: endsWithParent
            )
        )
        // From here on a failure must not leave the child behind; closing the gate ends it, and
        // it is reaped then.
        let exit: Descriptor
        do throws(SystemError) {
            identity = try ProcessIdentity(of: id)
            exit = Descriptor(
                adopting: try checked("pidfd_open", "process \(id)") {
                    baton_pidfd_open(id.rawValue)
                }
            )
        } catch {
            kill(id.rawValue, SIGKILL)
            // A SIGKILLed child that waits in a pipe ends within microseconds.
            baton_wait_for(id.rawValue)
            throw error
        }
        self.exit = exit
        self.command = command
        self.output = OutputTail(capacity: outputMaximum)
        self.headMaximum = headMaximum
        reader = output.reader
        self.report = report.reader
        // With its reading end: should the child be dead already, opening the gate then fails
        // nobody, neither by EPIPE nor by SIGPIPE.
        self.gate = consume gate
    }

    /// For the poller: readable when the child has ended.
    public var exitNumber: Int32 { exit.number }

    /// For the poller: readable when there is output or its end; nil once that end was read.
    public var outputNumber: Int32? { isOutputOpen ? reader.number : nil }

    /// Lets the child begin.
    ///
    /// Opening twice does nothing.
    public func open() throws(SystemError) {
        guard let gate = gate.take() else { return }
        _ = try gate.writer.write([1])
    }

    /// Reads what there is, at most 64 KiB so that a chatty child does not hold the loop.
    ///
    /// The answer is what was read now; the tail is kept in `output`. Nil when the stream has
    /// ended.
    @discardableResult
    public func readOutput() throws(SystemError) -> [UInt8]? {
        guard isOutputOpen else { return nil }
        switch try reader.read(maximum: 65536) {
        case .bytes(let bytes):
            output.append(bytes)
            if head.count < headMaximum { head += bytes.prefix(headMaximum - head.count) }
            return bytes
        case .nothingYet:
            return []
        case .endOfStream:
            isOutputOpen = false
            return nil
        }
    }

    /// How the child ended, nil while it runs; reaps it, and reads the output left in the pipe.
    ///
    /// A service left behind may go on writing to the pipe. Keep this value and go on reading while
    /// `outputNumber` is not nil; dropping it earlier ends such a service at its next line by
    /// SIGPIPE.
    ///
    /// A grandchild that keeps the pipe open delays nothing: what is there is read, the rest of
    /// its life is its own. To end the rest of the group too, signal it before this call.
    public func ending() throws(SystemError) -> ProcessEnding? {
        if let result { return result }
        guard let ending = try ThisProcess.ending(ofChild: identity.id) else { return nil }
        // What a pipe holds at most by default is 64 KiB; whoever goes on writing is not waited for.
        for _ in 0..<4 {
            guard let bytes = try readOutput(), !bytes.isEmpty else { break }
        }
        result = try failureToExecute() ?? ending
        return result
    }

    /// Sends a signal to the whole process group; ESRCH once the child is reaped, when its number
    /// may be somebody else's.
    public func sendToGroup(_ signal: Signal) throws(SystemError) {
        let id = identity.id
        guard result == nil else {
            throw SystemError(call: "kill", errno: .noSuchProcess, object: "process group \(id)")
        }
        try checked("kill", "process group \(id)") { kill(-id.rawValue, signal.rawValue) }
    }

    /// The errno of the failed exec, which the child left in the report pipe.
    private func failureToExecute() throws(SystemError) -> ProcessEnding? {
        guard case .bytes(let bytes) = try report.read(maximum: 4) else { return nil }
        guard let number = bytes.span.native32(at: 0) else { return nil }
        return .notExecuted(
            SystemError(
                call: "execve",
                errno: Errno(rawValue: Int32(bitPattern: number)),
                object: command.path
            )
        )
    }

    /// What the child has of this process.
    private struct Inheritance {
        var input: Int32
        var output: Int32
        var gate: Int32
        var report: Int32
        var endsWithParent: Bool
    }

    private static func fork(
        _ command: Command,
        _ inheritance: Inheritance
    ) throws(SystemError) -> ProcessID {
        let arguments = CStringArray([command.path] + command.arguments)
        let environment = CStringArray(command.environment)
        let id = try checked("fork", command.path) {
            // Sound: every string and array lives until the fork has copied them.
            unsafe command.path.withCString { path in
                unsafe command.directory.withCString { directory in
                    var request = unsafe baton_spawn_request(
                        path: path,
                        arguments: arguments.pointers,
                        environment: environment.pointers,
                        directory: directory,
                        output_fd: inheritance.output,
                        gate_fd: inheritance.gate,
                        report_fd: inheritance.report,
                        input_fd: inheritance.input,
                        ends_with_parent: inheritance.endsWithParent,
                        discards_errors: command.discardsErrors
                    )
                    return unsafe baton_spawn(&request)
                }
            }
        }
        return ProcessID(rawValue: id)
    }
}

extension Descriptor {
    /// Bytes as a file without a name, to be read from the beginning.
    fileprivate static func memory(_ bytes: [UInt8]) throws(SystemError) -> Descriptor {
        let file = Descriptor(
            adopting: try checked("memfd_create") {
                // Sound: the string lives through the call.
                unsafe baton_memory_file("baton input")
            }
        )
        let number = file.number
        // It may hold a password, and database clients refuse option files that anybody may write.
        try checked("fchmod", "memory") { fchmod(number, 0o600) }
        try Files.writeWhole(number, bytes, path: "memory")
        try checked("lseek", "memory") { lseek(number, 0, SEEK_SET) }
        return file
    }
}
