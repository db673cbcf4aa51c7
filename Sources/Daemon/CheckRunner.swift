// The helper that runs monitors, alerts and notifications: apart from the helper of operations, so
// that a thousand checks, or one that prints a gigabyte, never stand in the way of a start or stop.
// What an ending means is the room Monitoring's; when something runs, the loop's.

import Configuration
import Linux

/// What the helper knows of its instance.
struct CheckSettings: Sendable {
    /// The directory whose `mon.d` stands before the built-in monitors.
    var configuration: String
    /// The environment of all children.
    var environment: [String]
}

/// The helper's life: run what it is told until the loop is gone.
final class CheckRunner {
    /// The beginning of a program's output that is kept.
    static let headMaximum = 4096
    /// A monitor that prints more is ended: nobody reads it, and it may never stop.
    static let outputMaximum = 1 << 20
    /// Programs at once; more wait.
    static let runningMaximum = 256
    /// A grace after TERM.
    private static let grace: Int64 = 500_000_000

    private final class Check {
        let request: CheckRequest
        let child: ChildProcess
        var deadline: Int64
        /// How the words of a resource's program are read; nil for any other program.
        var kind: ProgramKind?
        /// Its time is over, or it said too much.
        var isOverdue = false
        var isCancelled = false
        var outputCount = 0

        init(_ request: CheckRequest, _ child: ChildProcess, deadline: Int64) {
            self.request = request
            self.child = child
            self.deadline = deadline
        }
    }

    private let channel: HelperChannel
    private let settings: CheckSettings
    private let poller: Poller
    private let ownPrograms: String
    private let lookup: ResourceLookup
    /// By the token of their end, an even number; the token of their output is one less.
    private var running: [UInt64: Check] = [:]
    /// Killed, told of, and not ended yet: they hang in the kernel.
    private var stuck: [UInt64: Check] = [:]
    private var waiting: [CheckRequest] = []
    /// What programs that are still to be named read.
    private var inputs: [UInt64: [UInt8]] = [:]
    private var nextToken: UInt64 = 2
    private var thrift = HelperThrift()

    init(channel: HelperChannel, settings: CheckSettings) throws(SystemError) {
        self.channel = channel
        self.settings = settings
        ownPrograms = DaemonPaths.ownPrograms
        lookup = ResourceLookup(configuration: settings.configuration, programs: ownPrograms)
        poller = try Poller()
        try poller.add(channel.number, token: 0)
    }

    /// Runs until the loop closes its end.
    func run() throws(SystemError) {
        let own = (try? Files.list(settings.configuration + "/mon.d")) ?? []
        let scripts = ResourceLookup.builtInTypes.filter {
            !lookup.isBuiltIn($0, isExecutable: Files.isExecutable)
        }
        channel.sendWaiting(CheckReport.ready(monitors: own, scripts: scripts.sorted()).bytes)
        while true {
            let deadlines = running.values.map(\.deadline) + [thrift.deadline].compactMap(\.self)
            try poller.arm(at: deadlines.min())
            let wake = try poller.wait()
            if !running.isEmpty { thrift.noteWork(at: wake.now) }
            thrift.turn(at: wake.now)
            for readiness in wake.ready {
                if readiness.token == 0 {
                    guard drainChannel() else { return }
                } else {
                    serve(readiness.token)
                }
            }
            enforceDeadlines(at: wake.now)
            startWaiting()
        }
    }

    /// `false` when the loop is gone.
    private func drainChannel() -> Bool {
        channel.drain { bytes in
            switch CheckOrder(bytes) {
            case .run(var request):
                request.input = (inputs.removeValue(forKey: request.id) ?? []) + request.input
                waiting.append(request)
            case .input(let id, let part): inputs[id, default: []] += part
            case .cancel(let id): cancel(id)
            case nil: break  // both ends are one program: nothing else is ever sent
            }
        }
    }

    private func cancel(_ id: UInt64) {
        waiting.removeAll { $0.id == id }
        for check in running.values where check.request.id == id {
            check.isCancelled = true
            check.deadline = BootClock.now
        }
    }

    private func startWaiting() {
        // An alert or a message does not wait behind monitors: those that hang may be what it is about.
        waiting.sort { $0.isDetached && !$1.isDetached }
        while let next = waiting.first,
            next.isDetached || running.count < CheckRunner.runningMaximum
        {
            waiting.removeFirst()
            start(next)
        }
    }

    private func start(_ request: CheckRequest) {
        if let type = request.resourceType {
            ask(type, request)
            return
        }
        let places = request.places.map {
            CheckPlace(
                path: $0.path.hasPrefix("/") ? $0.path : ownPrograms + "/" + $0.path,
                monitor: $0.monitor
            )
        }
        guard let place = places.first(where: { Files.isExecutable($0.path) }) else {
            finish(request, .notRun(CheckRunner.explanation(places)), [])
            return
        }
        var (arguments, input) = (request.arguments, request.input)
        if let monitor = place.monitor {
            input = ([monitor] + arguments).flatMap { Array($0.utf8) + [0] }
            arguments = ["--stdin"]
        }
        run(request, place.path, arguments, input: input)
    }

    /// Asks a resource whether it serves, or what only a built-in type can be asked.
    private func ask(_ type: String, _ request: CheckRequest) {
        guard
            let program = lookup.program(
                type: type,
                arguments: request.arguments,
                isExecutable: Files.isExecutable,
                exists: Files.exists
            )
        else {
            finish(request, .notRun("there is no program for \(type)"), [])
            return
        }
        guard program.kind == .builtIn || request.question == CheckRequest.monitor else {
            finish(request, .notRun("\(program.path) stands for \(type)"), [])
            return
        }
        run(
            request,
            program.path,
            program.arguments(for: program.kind == .builtIn ? request.question : "status"),
            input: [],
            program: program
        )
    }

    private func run(
        _ request: CheckRequest,
        _ path: String,
        _ arguments: [String],
        input: [UInt8],
        program: ResourceProgram? = nil
    ) {
        do {
            let child = try ChildProcess(
                Command(
                    path,
                    arguments,
                    environment: settings.environment + request.environment
                        + (program?.environment(timeout: request.timeout, isRecurring: true) ?? [])
                ),
                input: input.isEmpty ? nil : input,
                endsWithParent: !request.isDetached,
                outputMaximum: 256,
                headMaximum: CheckRunner.headMaximum
            )
            if let output = child.outputNumber { try poller.add(output, token: nextToken - 1) }
            try poller.add(child.exitNumber, token: nextToken)
            try child.open()
            let check = Check(request, child, deadline: BootClock.now &+ request.timeout)
            check.kind = program?.kind
            running[nextToken] = check
            nextToken += 2
        } catch {
            finish(request, .notRun("cannot run: \(error)"), [])
        }
    }

    /// Why none of the places has a program that can be run.
    static func explanation(
        _ places: [CheckPlace],
        exists: (String) -> Bool = Files.exists
    ) -> String {
        if let found = places.first(where: { exists($0.path) }) {
            return "\(found.path) is not executable: chmod +x it"
        }
        return "there is no program " + places.map(\.path).joined(separator: " or ")
    }

    private func serve(_ token: UInt64) {
        if token % 2 == 1 {
            readOutput(token + 1)
            return
        }
        if let check = stuck[token] {
            if (try? check.child.ending()) != nil { forget(token, check) }
            return
        }
        guard let check = running[token] else { return }
        // A monitor leaves nothing behind; an alert may have started what goes on.
        if !check.request.isDetached || check.isOverdue { signal(check, .kill) }
        let ending: ProcessEnding
        do {
            guard let found = try check.child.ending() else { return }
            ending = found
        } catch {
            ending = .notExecuted(error)
        }
        // What an alert left behind may speak on.
        if check.request.isDetached, check.child.outputNumber != nil {
            OutputDrain.take(check.child)
        }
        forget(token, check)
        guard !check.isCancelled else { return }
        if check.isOverdue {
            finish(check.request, overdueEnding(check), check.child.head)
            return
        }
        switch ending {
        case .exited(let code):
            finish(check.request, self.ending(code, of: check), check.child.head)
        case .killed(let signal, _):
            finish(check.request, .killed("\(signal)"), check.child.head)
        case .notExecuted(let error): finish(check.request, .notRun("cannot run: \(error)"), [])
        }
    }

    /// What an exit says: of a resource's program that is none of ours, its words.
    private func ending(_ code: Int32, of check: Check) -> CheckEnding {
        guard let kind = check.kind else { return .exited(code) }
        if kind == .builtIn { return code == 4 ? .undecided : .exited(code) }
        // 1 and 9 (promoted) say that it runs and fails.
        if kind == .agent, code == 1 || code == 9 { return .exited(1) }
        let text = String(decoding: check.child.head, as: UTF8.self)
        return switch StatusVerdict.judge(kind, exitCode: code, text: text) {
        case .running: .exited(0)
        case .stopped: .exited(3)
        case .unknown: .undecided
        }
    }

    private func readOutput(_ token: UInt64) {
        guard let check = running[token] ?? stuck[token] else { return }
        let number = check.child.outputNumber
        // A pipe that cannot be read has no more to say.
        let bytes = (try? check.child.readOutput()) ?? nil
        if bytes == nil, let number {
            ignoring { () throws(SystemError) in try poller.remove(number) }
        }
        check.outputCount += bytes?.count ?? 0
        if check.outputCount > CheckRunner.outputMaximum, !check.request.isDetached,
            !check.isOverdue
        {
            check.deadline = BootClock.now
        }
    }

    private func overdueEnding(_ check: Check) -> CheckEnding {
        check.outputCount > CheckRunner.outputMaximum && !check.request.isDetached
            ? .notRun("it printed more than \(CheckRunner.outputMaximum >> 20) MiB and was ended")
            : .timedOut
    }

    private func forget(_ token: UInt64, _ check: Check) {
        ignoring { () throws(SystemError) in try poller.remove(check.child.exitNumber) }
        if let number = check.child.outputNumber {
            ignoring { () throws(SystemError) in try poller.remove(number) }
        }
        running[token] = nil
        stuck[token] = nil
    }

    /// TERM when its time is over; KILL, and the end of waiting for it, when that did not help.
    private func enforceDeadlines(at now: Int64) {
        for (token, check) in running where check.deadline <= now {
            guard check.isOverdue else {
                check.isOverdue = true
                check.deadline = now + CheckRunner.grace
                signal(check, .terminate)
                continue
            }
            signal(check, .kill)
            running[token] = nil
            stuck[token] = check
            if !check.isCancelled { finish(check.request, overdueEnding(check), check.child.head) }
        }
    }

    private func signal(_ check: Check, _ signal: Signal) {
        // It may have ended meanwhile, which is what the signal was for.
        ignoring { () throws(SystemError) in try check.child.sendToGroup(signal) }
    }

    private func finish(_ request: CheckRequest, _ ending: CheckEnding, _ output: [UInt8]) {
        channel.sendWaiting(CheckReport.finished(request.id, ending, output).bytes)
    }
}
