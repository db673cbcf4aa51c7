// The helper that starts operations: it may wait for a fork or a small file, the loop may not. Each
// operation is a child in a process group of its own, recorded in RUN/operations before its gate
// opens (S14), ended by TERM and then KILL when its time is over. What an operation means is the
// core's; which program it is, `ResourceLookup`'s; how `status` is read, `StatusVerdict`'s; what can be
// suspended, and how, is in Spawner+Suspension.swift.

import Configuration
import Failover
import Linux

/// What the spawner knows of its instance.
struct SpawnerSettings: Sendable {
    /// Where the records are.
    var paths: DaemonPaths
    /// The kernel's boot id in hexadecimal.
    var boot: String
    /// The environment of children, but for the operation's own words.
    var environment: [String]
    /// The freezers to try.
    var freezers: [ControlGroup.Version] = [.second, .first]

    /// The environment of one operation.
    func environment(for request: OperationRequest) -> [String] {
        environment + [
            "BATON_RUN=\(paths.run)", "BATON_GROUP=\(request.group)",
            "BATON_RESOURCE=\(request.resource)", "BATON_TIMEOUT=\(request.timeout / 1_000_000)",
        ] + (request.acceptsDataLoss ? ["BATON_ACCEPT_DATA_LOSS=1"] : [])
    }

    /// The mark that a scripted resource was started in this boot and not stopped since.
    func startedMark(_ resource: String) -> String {
        "\(paths.started)/\(String(fnv1a(resource), radix: 16))"
    }
}

/// The spawner's life: clear up, then run what it is told until the loop is gone.
final class Spawner {
    /// The output kept for people.
    static let outputMaximum = 1024
    /// Operations at once: the groups at work, and what of a group starts or stops side by side.
    static let runningMaximum = 1024

    let settings: SpawnerSettings
    let groups: ServiceGroups
    /// Suspensions on their way, by the operation's number.
    var suspensions: [UInt64: Suspension] = [:]
    private let channel: HelperChannel
    private let lookup: ResourceLookup
    private let poller: Poller
    private var running: [UInt64: RunningOperation] = [:]
    /// Operations whose outcome was told although their process could not be ended.
    private var stuck: [RunningOperation] = []
    private var leftOvers: [UInt64: LeftOver] = [:]
    private var killed: [String] = []
    private var isCleared = false
    private var nextToken: UInt64 = 1
    private var thrift = HelperThrift()

    /// An operation that an earlier spawner left running.
    private struct LeftOver {
        var handle: ProcessHandle
        var file: String
    }

    init(channel: HelperChannel, settings: SpawnerSettings) throws(SystemError) {
        self.channel = channel
        self.settings = settings
        groups = ServiceGroups(settings)
        lookup = ResourceLookup(
            configuration: settings.paths.configuration,
            programs: DaemonPaths.ownPrograms
        )
        poller = try Poller()
        try poller.add(channel.number, token: 0)
    }

    /// Runs until the loop closes its end.
    func run() throws(SystemError) {
        try findLeftOvers()
        while try turn() {}
    }

    /// Waits until there is something to do, and does it; `false` when the loop is gone.
    func turn() throws(SystemError) -> Bool {
        reportWhenCleared()
        let deadlines =
            running.values.compactMap(\.nextDeadline) + suspensions.values.map(\.nextLook)
        try poller.arm(at: (deadlines + [thrift.deadline].compactMap(\.self)).min())
        let wake = try poller.wait()
        if !running.isEmpty || !suspensions.isEmpty { thrift.noteWork(at: wake.now) }
        thrift.turn(at: wake.now)
        for readiness in wake.ready {
            if readiness.token == 0 {
                guard drainChannel() else { return false }
            } else {
                serve(readiness.token)
            }
        }
        for id in running.keys.sorted() {
            guard let operation = running[id],
                let outcome = operation.enforceDeadline(at: wake.now)
            else { continue }
            // Its end is still waited for, and its record stays (S14).
            running[id] = nil
            stuck.append(operation)
            finish(operation.request, outcome)
        }
        lookAtSuspensions(at: wake.now)
        return true
    }

    /// `false` when the loop is gone.
    private func drainChannel() -> Bool {
        channel.drain { bytes in
            switch SpawnerRequest(bytes) {
            case .run(let request): start(request)
            case .cancel(let id):
                running[id]?.cancel(at: BootClock.now)
                cancelSuspension(id)
            case nil: break  // both ends are one program: nothing else is ever sent
            }
        }
    }

    private func start(_ request: OperationRequest) {
        guard running.count + suspensions.count < Spawner.runningMaximum else {
            finish(request, .failed(OperationFailure(exitCode: nil, output: "too many at once")))
            return
        }
        // What is still at work on the resource may finish at any time: nothing is true of it, and a
        // stop beside it confirms nothing (S4).
        if let other = stuck.first(where: { $0.request.resource == request.resource }) {
            let failure = OperationFailure(exitCode: nil, output: other.remainder)
            finish(request, request.action == .status ? .unknown(failure) : .failed(failure))
            return
        }
        // Of what stands still no script knows, and none may touch it.
        if !beginsSuspension(request) { runProgram(request) }
    }

    /// Runs the program that serves a resource.
    func runProgram(_ request: OperationRequest) {
        if lookup.isBuiltIn(request.type, isExecutable: Files.isExecutable) {
            finish(request, outcomeOfBuiltIn(request))
            return
        }
        let program = lookup.program(
            type: request.type,
            arguments: request.arguments,
            isExecutable: Files.isExecutable,
            exists: Files.exists
        )
        guard let program else {
            finish(request, outcomeWithoutProgram(request))
            return
        }
        guard program.kind == .builtIn || OperationAction.scripted.contains(request.action) else {
            // What could not be suspended has nothing that waits.
            let failure = OperationFailure(
                exitCode: nil,
                output:
                    "\(program.path) stands for \(request.type), and is no program that suspends"
            )
            finish(request, request.action == .abandon ? .succeeded : .failed(failure))
            return
        }
        do {
            let operation = try RunningOperation(
                request: request,
                program: program,
                settings: settings,
                controlGroup: controlGroup(for: request, program.kind),
                token: nextToken,
                poller: poller
            )
            nextToken += 2
            running[request.id] = operation
        } catch {
            finish(
                request,
                .failed(OperationFailure(exitCode: nil, output: "cannot run: \(error)"))
            )
        }
    }

    /// What an operation comes to when no program serves the resource.
    ///
    /// A start fails. `status` and `stop` look at the mark that a start of this boot left: without
    /// it nothing can run here, so the resource is stopped (a script that is missing on the standby
    /// node must not keep the other from the service); with it the truth cannot be known, so status
    /// is unknown and the stop is unconfirmed (S4).
    private func outcomeWithoutProgram(_ request: OperationRequest) -> OperationOutcome {
        let failure = OperationFailure(
            exitCode: nil,
            output: lookup.lack(
                of: request.type,
                arguments: request.arguments,
                exists: Files.exists
            )
        )
        let wasStarted = Files.exists(settings.startedMark(request.resource))
        switch request.action {
        case .start, .suspend, .resume, .abandon: return .failed(failure)
        case .status: return wasStarted ? .unknown(failure) : .stopped
        case .stop: return wasStarted ? .failed(failure) : .succeeded
        }
    }

    /// A built-in type runs when its mark says so: the loop acts on what the core makes of the answer.
    private func outcomeOfBuiltIn(_ request: OperationRequest) -> OperationOutcome {
        guard request.action == .status else {
            mark(request, .succeeded)
            return .succeeded
        }
        return Files.exists(settings.startedMark(request.resource)) ? .running : .stopped
    }

    /// Something of an operation or a left-over is ready.
    private func serve(_ token: UInt64) {
        if let leftOver = leftOvers[token] {
            // Readable: that process has ended.
            ignoring { () throws(SystemError) in try poller.remove(leftOver.handle.number) }
            leftOvers[token] = nil
            remove(leftOver.file)
            return
        }
        if let place = stuck.firstIndex(where: { $0.owns(token) }) {
            if stuck[place].serve(token) != nil { stuck.remove(at: place) }
            return
        }
        guard let id = running.first(where: { $0.value.owns(token) })?.key,
            let operation = running[id]
        else { return }
        guard var outcome = operation.serve(token) else { return }
        running[id] = nil
        // As without a program: what is not installed and was not started in this boot cannot run.
        if operation.isOfMissing(outcome),
            !Files.exists(settings.startedMark(operation.request.resource))
        {
            outcome = .stopped
        }
        mark(operation.request, outcome)
        finish(operation.request, outcome)
    }

    /// Keeps the mark of a started scripted resource true.
    private func mark(_ request: OperationRequest, _ outcome: OperationOutcome) {
        let path = settings.startedMark(request.resource)
        switch request.action {
        case .start where outcome == .succeeded:
            ignoring { () throws(SystemError) in _ = try Files.openAppending(path, mode: 0o600) }
        case .stop where outcome == .succeeded:
            remove(path)
            groups.remove(request.resource)
        default: break
        }
    }

    func finish(_ request: OperationRequest, _ outcome: OperationOutcome) {
        channel.sendWaiting(SpawnerReport.finished(request.id, outcome).bytes)
    }

    // MARK: what earlier spawners left

    /// Kills the recorded operations of this boot that still run.
    func findLeftOvers() throws(SystemError) {
        // RUN may have been cleared since.
        try Files.makeDirectory(settings.paths.run, mode: 0o755)
        try Files.makeDirectory(settings.paths.operations, mode: 0o700)
        try Files.makeDirectory(settings.paths.started, mode: 0o700)
        try Files.makeDirectory(settings.paths.agents, mode: 0o755)
        for name in try Files.list(settings.paths.operations) {
            let path = "\(settings.paths.operations)/\(name)"
            guard let bytes = try? Files.read(path, maximum: 16384),
                let record = OperationRecord(text: String(decoding: bytes, as: UTF8.self)),
                record.boot == settings.boot,
                let handle = try? ProcessHandle(
                    ProcessIdentity(
                        id: ProcessID(rawValue: record.process),
                        startTicks: record.startTicks
                    )
                )
            else {
                // Another boot's, half written, or ended: nothing of it runs.
                remove(path)
                continue
            }
            killed.append("\(record.action) of \(record.resource) (process \(record.process))")
            // It may end between the look and the signal, which is as good.
            ignoring { () throws(SystemError) in _ = try handle.sendToGroup(.kill) }
            try poller.add(handle.number, token: nextToken)
            leftOvers[nextToken] = LeftOver(handle: handle, file: path)
            nextToken += 2
        }
    }

    private func reportWhenCleared() {
        guard !isCleared, leftOvers.isEmpty else { return }
        isCleared = true
        channel.sendWaiting(SpawnerReport.cleared(killed).bytes)
    }

    private func remove(_ path: String) {
        ignoring { () throws(SystemError) in try Files.remove(path) }
    }
}

/// Runs what may fail without consequence: a file in RUN that could not be removed is looked at
/// again at the next start, and a process that is gone needs no signal.
func ignoring(_ body: () throws(SystemError) -> Void) {
    do {
        try body()
    } catch {
        // See above: the callers are those for which a failure changes nothing.
        return
    }
}
