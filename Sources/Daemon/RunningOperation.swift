// One operation on its way: its child, its record, its deadline and how it ends. The spawner holds a
// number of these and gives them what the poller says.

import Configuration
import Failover
import Linux

/// One child that serves an operation.
final class RunningOperation {
    /// What was asked.
    let request: OperationRequest
    private let program: ResourceProgram
    private let child: ChildProcess
    private let recordPath: String
    private let poller: Poller
    private let outputToken: UInt64
    private let exitToken: UInt64
    private var stage: Stage

    /// How far it is; each with the boot time of the next step.
    private enum Stage: Equatable {
        /// Within its time.
        case running(until: Int64)
        /// TERM was sent; KILL comes next.
        case terminating(killAt: Int64, isCancelled: Bool)
        /// KILL was sent; it ends when the kernel lets it, which may be never (a hung disk).
        case killed(reportAt: Int64, isCancelled: Bool)
        /// Its outcome was told, its process is still there.
        case stuck
    }

    /// How long the kernel has for a killed process before its operation counts as timed out.
    private static let killPatience: Int64 = 2_000_000_000

    /// Forks the child, records it, and lets it begin.
    ///
    /// Uses `token` for its output and `token + 1` for its end. With `controlGroup` it and what it leaves
    /// running are in that.
    init(
        request: OperationRequest,
        program: ResourceProgram,
        settings: SpawnerSettings,
        controlGroup: ControlGroup?,
        token: UInt64,
        poller: Poller
    ) throws(SystemError) {
        self.request = request
        self.program = program
        self.poller = poller
        outputToken = token
        exitToken = token + 1
        child = try ChildProcess(
            Command(
                program.path,
                program.arguments(for: request.action.rawValue),
                environment: settings.environment(for: request)
                    + program.environment(timeout: request.timeout)
            ),
            outputMaximum: Spawner.outputMaximum
        )
        let deadline = BootClock.now &+ request.timeout
        stage = .running(until: deadline)
        let identity = child.identity
        recordPath = "\(settings.paths.operations)/\(identity.id)-\(identity.startTicks)"
        let record = OperationRecord(
            boot: settings.boot,
            process: identity.id.rawValue,
            startTicks: identity.startTicks,
            group: request.group,
            resource: request.resource,
            action: request.action.rawValue,
            deadline: deadline
        )
        // The child waits at its gate: should one of these fail, it ends without having run.
        do {
            try RunningOperation.write(record, recordPath, settings.paths)
        } catch {
            // A full RUN must keep nothing from starting twice, but a stop that cannot even be tried
            // would reset this node.
            if request.action == .start { throw error }
        }
        if let controlGroup {
            // Outside of it the service runs as well; it cannot be suspended, and is stopped instead.
            ignoring { () throws(SystemError) in try controlGroup.add(identity.id) }
        }
        if let output = child.outputNumber { try poller.add(output, token: outputToken) }
        try poller.add(child.exitNumber, token: exitToken)
        try child.open()
    }

    /// When something is to be done about it, `nil` when it can only be waited for.
    var nextDeadline: Int64? {
        switch stage {
        case .running(let until): until
        case .terminating(let killAt, _): killAt
        case .killed(let reportAt, _): reportAt
        case .stuck: nil
        }
    }

    /// Whether its outcome was told although its process could not be ended.
    var isStuck: Bool { stage == .stuck }

    /// What still runs, in words.
    var remainder: String {
        "process \(child.identity.id), the \(request.action.rawValue) of \(request.resource),"
            + " does not end although it was killed"
    }

    func owns(_ token: UInt64) -> Bool { token == outputToken || token == exitToken }

    /// TERM when its time is over, KILL when that did not help, and its outcome when not even that
    /// did; it is stuck then.
    func enforceDeadline(at now: Int64) -> OperationOutcome? {
        guard let deadline = nextDeadline, deadline <= now else { return nil }
        switch stage {
        case .running: terminate(at: now, isCancelled: false)
        case .terminating(_, let isCancelled):
            signal(.kill)
            stage = .killed(
                reportAt: now &+ RunningOperation.killPatience,
                isCancelled: isCancelled
            )
        case .killed(_, let isCancelled):
            stage = .stuck
            return isCancelled
                ? .cancelled : .timedOut(OperationFailure(exitCode: nil, output: remainder))
        case .stuck: break
        }
        return nil
    }

    /// Ends it early.
    func cancel(at now: Int64) {
        guard case .running = stage else { return }
        terminate(at: now, isCancelled: true)
    }

    /// Reads what is ready; the outcome once it has ended.
    func serve(_ token: UInt64) -> OperationOutcome? {
        if token == outputToken {
            readOutput()
            return nil
        }
        // Whoever is left of a group that did not end in time ends with its leader; a service that
        // a start in good order left behind lives on.
        if stage != runningStage { signal(.kill) }
        let ending: ProcessEnding?
        do {
            ending = try child.ending()
        } catch {
            ending = .notExecuted(error)
        }
        guard let ending else { return nil }
        ignoring { () throws(SystemError) in try poller.remove(child.exitNumber) }
        stopReading()
        // The service that a start left behind may speak on.
        if child.outputNumber != nil { OutputDrain.take(child) }
        ignoring { () throws(SystemError) in try Files.remove(recordPath) }
        return outcome(ending)
    }

    /// Writes the record, making its directory again should somebody have cleared RUN.
    private static func write(
        _ record: OperationRecord,
        _ path: String,
        _ paths: DaemonPaths
    ) throws(SystemError) {
        do {
            try Files.writeNew(path, record.text)
        } catch {
            guard error.errno == .notFound else { throw error }
            try Files.makeDirectory(paths.run, mode: 0o755)
            try Files.makeDirectory(paths.operations, mode: 0o700)
            try Files.makeDirectory(paths.started, mode: 0o700)
            try Files.makeDirectory(paths.agents, mode: 0o755)
            try Files.writeNew(path, record.text)
        }
    }

    private var runningStage: Stage? {
        guard case .running = stage else { return nil }
        return stage
    }

    private func terminate(at now: Int64, isCancelled: Bool) {
        signal(.terminate)
        // A quarter of its time for an orderly end, but 5 s at most.
        let grace = min(5_000_000_000, max(100_000_000, request.timeout / 4))
        stage = .terminating(killAt: now &+ grace, isCancelled: isCancelled)
    }

    private func signal(_ signal: Signal) {
        // It may have ended meanwhile, which is what the signal was for.
        ignoring { () throws(SystemError) in try child.sendToGroup(signal) }
    }

    private func readOutput() {
        let number = child.outputNumber
        do {
            if let bytes = try child.readOutput() {
                noteProgress(bytes)
                return
            }
        } catch {
            // A pipe that cannot be read has no more to say.
        }
        if let number { ignoring { () throws(SystemError) in try poller.remove(number) } }
    }

    /// A start of a built-in type that says how far it is gets as long again as it had: a check of a filesystem, or
    /// the recovery of a database, may take hours, and what is ended in the middle begins anew.
    private func noteProgress(_ bytes: [UInt8]) {
        guard program.kind == .builtIn, request.action == .start, case .running(let until) = stage,
            bytes.starts(with: RunningOperation.progressWord)
                || bytes.split(separator: UInt8(ascii: "\n"))
                    .contains(where: { $0.starts(with: RunningOperation.progressWord) })
        else { return }
        stage = .running(until: max(until, BootClock.now &+ request.timeout))
    }

    /// How a line begins that tells of progress.
    private static let progressWord = Array("progress: ".utf8)

    private func stopReading() {
        guard let number = child.outputNumber else { return }
        ignoring { () throws(SystemError) in try poller.remove(number) }
    }

    private func outcome(_ ending: ProcessEnding) -> OperationOutcome {
        let text = child.output.text
        switch stage {
        case .running: break
        case .stuck: return .timedOut(OperationFailure(exitCode: nil, output: text))
        case .terminating(_, let isCancelled), .killed(_, let isCancelled):
            if isCancelled { return .cancelled }
            return .timedOut(OperationFailure(exitCode: nil, output: text))
        }
        switch ending {
        case .exited(let code): return outcome(exitCode: code, text: text)
        case .killed(let signal, _):
            let failure = OperationFailure(exitCode: nil, output: "ended by \(signal): \(text)")
            return request.action == .status ? .unknown(failure) : .failed(failure)
        case .notExecuted(let error):
            let failure = OperationFailure(exitCode: nil, output: "cannot run: \(error)")
            return request.action == .status ? .unknown(failure) : .failed(failure)
        }
    }

    private func outcome(exitCode: Int32, text: String) -> OperationOutcome {
        let failure = OperationFailure(exitCode: exitCode, output: told(exitCode, text))
        guard request.action == .status else {
            return exitCode == 0 ? .succeeded : .failed(failure)
        }
        // baton-resource alone knows of it (S12).
        if program.kind == .builtIn, exitCode == 5 { return .suspended }
        switch StatusVerdict.judge(program.kind, exitCode: exitCode, text: text) {
        case .running: return .running
        case .stopped: return .stopped
        case .unknown: return .unknown(failure)
        }
    }

    /// What a failure is called: of an agent its reason first, since its log lines follow.
    private func told(_ exitCode: Int32, _ text: String) -> String {
        guard program.kind == .agent, exitCode != 0 else { return text }
        return OCFAgentText.failure(exitCode: exitCode, output: text)
    }

    /// Whether it was an agent's look at something that is not installed here.
    func isOfMissing(_ outcome: OperationOutcome) -> Bool {
        guard case .unknown(let failure) = outcome else { return false }
        return program.kind == .agent && failure.exitCode == OCFAgentText.notInstalled
    }
}

extension Files {
    /// Makes a small file of RUN, which a reboot clears: no wait for a disk.
    static func writeNew(_ path: String, _ text: String) throws(SystemError) {
        try remove(path)
        let file = try openAppending(path, mode: 0o600)
        _ = try file.write(Array(text.utf8))
    }
}
