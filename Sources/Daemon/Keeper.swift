// The process that keeps the deciding loop alive, and speaks for it while it is down (S10). It is the
// first process of the daemon; when it dies or freezes the loop forks another. It decides nothing
// about groups and waits for nothing but time.

import Configuration
import Failover
import Linux
import Wire

/// One keeper's life.
final class Keeper {
    private let context: DaemonContext
    private let shared: SharedState
    private let poller: Poller
    private let signals: SignalSource
    private var speaker: KeeperSpeaker?
    private var rhythm: Rhythm
    private var loop: ProcessHandle?
    private var previousTurn: Int64
    /// Turns of its own that were on time, one after another: a keeper that was late itself (a
    /// stalled machine, SIGSTOP to all) must not blame the loop.
    private var turnsOnTime = 0
    private var nextBeat: Int64 = 0
    private var configurationGeneration: UInt64 = 0
    private var hasServed = false
    /// Loops that ended before they served, one after another.
    private var failures = 0
    private var forkAt: Int64?
    /// To be taken once the first loop is forked: that begins as an ordinary process.
    private var realTime: RealTimeRequest?

    private static let loopToken: UInt64 = 1
    private static let signalToken: UInt64 = 2
    private static let turnsNeeded = 3

    /// Runs in the process that calls it, until the loop has ended in order; the exit code.
    ///
    /// - Parameters:
    ///   - context: what the processes have in common.
    ///   - adopts: whether a loop runs already (the keeper was forked by it).
    /// - Returns: 0 when the loop has ended in order, 1 when no loop could begin.
    static func run(_ context: DaemonContext, adopts: Bool) -> Int32 {
        do {
            let keeper = try Keeper(context)
            if adopts {
                keeper.hasServed = true
                context.tell("MAINPID=\(ProcessID.current)")
                try keeper.watchLoop()
            } else {
                try keeper.forkLoop()
            }
            return try keeper.turnUntilEnd()
        } catch {
            StandardError.write("batond: the keeper failed: \(error)\n")
            return 1
        }
    }

    private init(_ context: DaemonContext) throws(SystemError) {
        self.context = context
        shared = context.shared
        poller = try Poller()
        signals = try SignalSource([.terminate, .interrupt, .hangUp, .child])
        try poller.add(signals.number, token: Keeper.signalToken)
        rhythm = Rhythm(
            Timings(
                keepalive: .seconds(1),
                warntime: .seconds(1),
                deadtime: .seconds(1),
                initdead: .seconds(1)
            )
        )
        previousTurn = BootClock.now
        readConfiguration()
        let identity = try ProcessIdentity(of: .current)
        shared.setProcess(.keeperProcess, .keeperStart, identity)
        shared.setInstant(.keeperTurn, BootClock.now)
        ignoring { () throws(SystemError) in try ThisProcess.setName("batond-keeper") }
    }

    /// Takes over what the shared page says of the configuration.
    private func readConfiguration() {
        let generation = shared.configuration.generation
        guard generation != configurationGeneration else { return }
        configurationGeneration = generation
        // What the loop accepted is right; were it not, the old one would go on.
        guard case .success(let loaded) = context.configuration() else { return }
        rhythm = Rhythm(loaded.settings.timings)
        speaker = KeeperSpeaker(loaded, shared: shared)
        realTime = loaded.cluster.realTime
    }

    private func turnUntilEnd() throws(SystemError) -> Int32 {
        while true {
            takePriority()
            try poller.arm(at: nextDeadline)
            let wake = try poller.wait()
            noteTurn(at: wake.now)
            for readiness in wake.ready {
                if readiness.token == Keeper.signalToken {
                    try takeSignals()
                } else if let code = try loopEnded(at: wake.now) {
                    return code
                }
            }
            if let time = forkAt, time <= wake.now {
                forkAt = nil
                try forkLoop()
            }
            readConfiguration()
            try watch(at: wake.now)
        }
    }

    private func takePriority() {
        guard let request = realTime else { return }
        realTime = nil
        // What is refused here is refused to the loop too, which says so.
        _ = LoopPriority.take(request, isDeciding: false)
    }

    private var nextDeadline: Int64 {
        var next = previousTurn + rhythm.turn
        if let forkAt { next = min(next, forkAt) }
        if isLoopDown { next = min(next, max(nextBeat, previousTurn + 1)) }
        return next
    }

    private func noteTurn(at now: Int64) {
        turnsOnTime = now - previousTurn > 3 * rhythm.turn ? 0 : turnsOnTime + 1
        previousTurn = now
        shared.setInstant(.keeperTurn, now)
    }

    // MARK: the loop

    private func forkLoop() throws(SystemError) {
        let now = BootClock.now
        shared[.isServing] = 0
        shared.setInstant(.loopTurn, now)
        let side: ForkSide
        do {
            side = try ThisProcess.fork()
        } catch {
            // A machine without room for a process has it again: what served is never given up.
            if !hasServed { throw error }
            forkAt = now + 100_000_000
            return
        }
        switch side {
        case .child:
            Inherited.closeAll(except: [context.lock.number])
            ThisProcess.exit(Loop.run(context))
        case .parent(let id):
            shared.setProcess(.loopProcess, .loopStart, try ProcessIdentity(of: id))
            turnsOnTime = 0
            try watchLoop()
        }
    }

    private func watchLoop() throws(SystemError) {
        guard let identity = shared.loop else { return }
        do {
            let handle = try ProcessHandle(identity)
            try poller.add(handle.number, token: Keeper.loopToken)
            loop = handle
        } catch {
            // It ended before it could be held: replaced like any other.
            if error.errno != .noSuchProcess { throw error }
            forkAt = BootClock.now
        }
    }

    /// The loop is no more: what the daemon's exit code is, or `nil` after another was started.
    private func loopEnded(at now: Int64) throws(SystemError) -> Int32? {
        guard let ended = loop else { return nil }
        ignoring { () throws(SystemError) in try poller.remove(ended.number) }
        loop = nil
        reap(ended.identity.id)
        if shared[.hasEnded] == 1 { return 0 }
        if shared[.isServing] == 1 {
            hasServed = true
            failures = 0
        } else {
            failures += 1
        }
        shared[.lastTurnBefore] = shared[.soundTurn]
        if hasServed { speaker?.takeOver() }
        let wish = shared[.isReloading]
        shared[.isReloading] = 0
        if wish == 2 { executeAnew() }
        if wish == 0 {
            if !hasServed { return 1 }
            shared.count(.loopReplacements)
        }
        // A loop that cannot begin is tried ever more slowly; one that served is replaced at once.
        let delay =
            failures < 2 ? 0 : min(Int64(5_000_000_000), 50_000_000 << Int64(min(failures, 7)))
        if delay == 0 {
            try forkLoop()
        } else {
            shared[.isServing] = 0
            forkAt = now + delay
        }
        return nil
    }

    /// Becomes the program anew (`baton reload --exec`); returns when that is not possible.
    private func executeAnew() {
        // The new program begins as an ordinary process, with the environment of the first.
        _ = RealTime.becomeOrdinary()
        ignoring { () throws(SystemError) in
            let environment = try Files.read("/proc/self/environ", maximum: 1 << 20)
            try ThisProcess.execute(
                context.arguments[0],
                arguments: context.arguments,
                environment: environment.split(separator: 0).map {
                    String(decoding: $0, as: UTF8.self)
                }
            )
        }
        // It could not: the old one goes on, with its priority.
        configurationGeneration = 0
        readConfiguration()
    }

    private func reap(_ id: ProcessID) {
        // Not every loop is this keeper's child; init reaps the others.
        ignoring { () throws(SystemError) in _ = try ThisProcess.ending(ofChild: id) }
    }

    /// Replaces a frozen loop, and beats while none serves.
    private func watch(at now: Int64) throws(SystemError) {
        if shared[.isServing] == 1 { hasServed = true }
        if let loop, turnsOnTime >= Keeper.turnsNeeded, isSilent(at: now) {
            // Its end comes as an event, and a new one then.
            ignoring { () throws(SystemError) in try loop.send(.kill) }
        }
        guard isLoopDown, nextBeat <= now else { return }
        nextBeat = now + rhythm.keeperBeat
        speaker?.beat(at: now)
    }

    private func isSilent(at now: Int64) -> Bool {
        let silence = now - (shared.instant(.loopTurn) ?? now)
        // A loop that begins reads its configuration and forks its helpers first.
        let limit =
            shared[.isServing] == 1 ? rhythm.freezeLimit : rhythm.freezeLimit + 2_000_000_000
        return silence > limit
    }

    /// A loop that is only silent is ended first: two voices in one session would each look like a
    /// machine set back to an earlier state (S6).
    private var isLoopDown: Bool { loop == nil || shared[.isServing] == 0 }

    // MARK: signals

    private func takeSignals() throws(SystemError) {
        while let arrival = try signals.next() {
            switch arrival.signal {
            case .terminate, .interrupt:
                shared[.isShuttingDown] = 1
                context.tell("STOPPING=1")
                pass(.terminate)
            case .hangUp: pass(.hangUp)
            default: break  // a child's end comes by its descriptor too
            }
        }
    }

    private func pass(_ signal: Signal) {
        // A loop that is not there reads the shared word when it begins.
        ignoring { () throws(SystemError) in try loop?.send(signal) }
    }
}
