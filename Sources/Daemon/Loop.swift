// The deciding loop: one thread, one wait, one total order of events. It carries out what the core
// asks, in order, and waits for nothing else: no disk, no fork of an operation, no name. What its
// effects do is in `Loop+Effects`, what comes in by descriptors in `Loop+Sources`, what people ask in
// `Loop+Control`, how services are watched in `Loop+Services`.

import Configuration
import Failover
import Linux
import Wire

/// One run of the deciding loop, from fork to end.
final class Loop {
    let context: DaemonContext
    let shared: SharedState
    let rhythm: Rhythm
    let poller: Poller
    let signals: SignalSource
    let monitor: InterfaceMonitor
    let addresses: AddressResources
    let sockets: HeartbeatSockets
    let packets: PacketSockets
    /// Asks ping nodes; `nil` where ha.cf names none.
    let echoes: EchoSockets?
    let helpers: HelperSet
    let recorder: RecorderClient
    let spawner: SpawnerClient
    let checks: CheckClient
    let connections: ConnectionChecks
    let log: LogSink
    let door: ControlDoor
    let machine: MachineReader
    let peerClient: PeerClient
    /// The connections of the address that leaves next.
    var cutting = ConnectionCutting()
    /// Which addresses are closed to clients.
    var gate = AddressGate()
    let reset: ResetAction

    var loaded: LoadedConfiguration
    var core: FailoverMachine
    var session: Session
    var view: NetworkView
    /// Events that effects brought about, handled before the loop waits again.
    var queue: [Event] = []
    /// Operations of addresses that are to be done here, in slices of a turn.
    var addressOperations: [(operation: Operation, work: AddressWork)] = []
    /// The edited lists of addresses that are being put in force.
    var listChanges: ListChanges?
    /// Whether somebody has what they add.
    var listQuestion: ListQuestion?
    /// Which connection waits for which command's reply.
    var callers: [CommandID: UInt64] = [:]
    var commandIssued: UInt64 = 0
    /// Questions about copies of replicated data, and who waits for their answers.
    var fences: [FenceID: FenceCaller] = [:]
    var fenceIssued: UInt64 = 0
    /// Questions how replicated resources stand, whose programs have not all answered.
    var replicaQuestions: [ReplicaQuestion] = []
    var reload: ReloadChecker?
    /// Helpers of reloads that were told to end, to be reaped.
    var endedCheckers: [ProcessID] = []
    var keeper: ProcessHandle?
    /// Whether the core has begun: before, nothing is known of operations left running (S14).
    var hasBegun = false
    /// The exit code, once the loop is to end.
    var exitCode: Int32?
    /// The services of mon.cf; `nil` where no group has a monitor.
    var services: ServiceWatch?
    /// The groups whose data is replicated.
    var data: DataWatch
    var readiness: ReadinessWatch
    /// By group: what its resources said last that they lack here.
    var prepared: [Int: String] = [:]
    /// What else this node must have to be fit.
    var tracked: TrackWatch
    /// By group: the failures that the core was told last.
    var toldHealth: [Int: [HealthFailure]] = [:]
    /// What the administrator's programs were told of states.
    var stateHooks = StateHooks()
    /// What outlives this loop of its service monitors.
    var memory: MonitorMemory
    /// Which notices become messages to people.
    var desk: NotificationDesk
    /// What was decided lately, and why.
    var decisions = DecisionRing()
    /// Alerts and messages on their way, by their number in the helper, in words.
    var alerts: [UInt64: String] = [:]
    /// The time of this turn.
    var now: Int64
    /// What the last beat said.
    var lastBeat: BeatContent?
    /// How late this loop was at each of its turns.
    var latenesses = LatencyHistogram()
    /// Processor time taken by others.
    var stolen = StolenTime()
    /// When a candidate was last answered.
    var lastCandidateAnswer: Int64 = 0
    /// When an address was last put back, and when to look again.
    var lastRepair: Int64?
    var repairAt: Int64?
    /// What is being put back.
    var repairs: [AddressRepair] = []
    /// By group: why some could not be put back, as told last.
    var repairShortcomings: [Int: String] = [:]
    /// Waits for nothing but its own time.
    private let pause: Poller
    /// When the loop last slept.
    private var lastRest: Int64
    private var sealTurn: UInt64 = 0
    private var previousTurn: Int64
    private var keeperTurnsOnTime = 0
    private var incarnationWanted = true

    enum Token {
        static let signals: UInt64 = 1
        static let monitor: UInt64 = 2
        static let keeper: UInt64 = 3
        static let echo: UInt64 = 4
        static let echo6: UInt64 = 5
        static let firstSocket: UInt64 = 100
        static let firstPacket: UInt64 = 1000
        /// Device numbers, twice, stay below.
        static let firstConnection: UInt64 = 1 << 33
    }

    /// Lateness below this is the machine's ordinary jitter.
    static let latenessNoted: Int64 = 20_000_000
    /// A wait of this length is a rest.
    static let restMinimum: Int64 = 100_000
    /// The longest without a rest.
    static let busyMaximum: Int64 = 200_000_000
    /// The longest that one turn works on what effects brought about.
    static let sliceMaximum: Int64 = 10_000_000
    /// Datagrams read of one socket in one turn.
    static let datagramsPerTurn = 256

    /// Runs in a freshly forked process until the daemon ends, or the loop is to be replaced.
    static func run(_ context: DaemonContext) -> Int32 {
        do {
            ignoring { () throws(SystemError) in try ThisProcess.setName("batond-loop") }
            switch context.configuration() {
            case .failure(let refusal):
                StandardError.write(refusal.text)
                return 1
            case .success(let loaded):
                let loop = try Loop(context, loaded)
                return try loop.turnUntilEnd()
            }
        } catch let error as SystemError {
            StandardError.write("batond: the loop failed: \(error)\n")
        } catch {
            StandardError.write("batond: the loop failed: \(error)\n")
        }
        return 1
    }

    private init(_ context: DaemonContext, _ loaded: LoadedConfiguration) throws {
        self.context = context
        self.loaded = loaded
        shared = context.shared
        rhythm = Rhythm(loaded.settings.timings)
        poller = try Poller()
        pause = try Poller()
        signals = try SignalSource([.terminate, .interrupt, .hangUp, .child])
        monitor = try InterfaceMonitor()
        addresses = AddressResources(interfaces: try Interfaces())
        view = try NetworkView(reading: addresses.interfaces)
        sockets = HeartbeatSockets(loaded.paths)
        packets = PacketSockets(poller: poller, firstToken: Token.firstPacket)
        echoes = try EchoSockets(loaded.settings.evidence.pingNodes, poller: poller)
        reset = ResetAction(command: context.options.resetCommand)
        core = FailoverMachine(settings: loaded.settings)
        shared[.incarnationUsed] += 1
        session = try Session(
            cluster: loaded.settings.cluster,
            node: loaded.settings.node,
            peer: loaded.settings.peer,
            bootID: context.boot,
            incarnation: Incarnation(
                counter: shared[.incarnationUsed],
                nonce: try Loop.freshNonce()
            ),
            authentication: loaded.authentication
        )
        // Helpers are forked before real time and locked memory, so that they need not give it back.
        helpers = try HelperSet(context, loaded, poller: poller)
        recorder = RecorderClient(helpers)
        spawner = SpawnerClient(helpers)
        checks = CheckClient { [helpers] in helpers.send($0, to: .checks) }
        connections = ConnectionChecks(poller: poller, firstToken: Token.firstConnection)
        desk = NotificationDesk(
            node: loaded.settings.node,
            rate: loaded.cluster.notificationRate
        )
        memory = MonitorMemory(shared.monitors.value ?? [])
        services = ServiceWatch(
            loaded,
            context.paths,
            seed: try Loop.freshNonce(),
            memory: memory
        )
        data = DataWatch(loaded.settings)
        readiness = ReadinessWatch(loaded.cluster)
        tracked = TrackWatch(loaded.cluster)
        log = LogSink(helpers, shared)
        door = try ControlDoor(context.paths, poller: poller)
        machine = MachineReader(poller: poller)
        peerClient = PeerClient(
            context,
            poller: poller,
            port: loaded.paths[0].port,
            rhythm: rhythm
        )
        now = BootClock.now
        previousTurn = now
        lastRest = now
        try poller.add(signals.number, token: Token.signals)
        try poller.add(monitor.number, token: Token.monitor)
        openSockets()
        watchKeeper()
        for refused in LoopPriority.take(loaded.cluster.realTime, isDeciding: true) {
            log.say(.warning, "goes on although the system refused: \(refused)")
        }
        if let shortcoming = reset.shortcoming {
            log.say(.warning, "a reset by S4 has only reboot(2): \(shortcoming)")
        }
    }

    static func freshNonce() throws(SystemError) -> UInt64 {
        while true {
            let nonce = try Machine.randomWord()
            if nonce != 0 { return nonce }
        }
    }

    // MARK: turning

    private func turnUntilEnd() throws -> Int32 {
        while exitCode == nil {
            try poller.arm(at: nextDeadline)
            let before = BootClock.now
            let wake = try poller.wait()
            if wake.now - before >= Loop.restMinimum { lastRest = wake.now }
            turn(wake)
            try restIfBusy()
        }
        door.end()
        helpers.end()
        return exitCode ?? 0
    }

    /// A loop that has had work without a pause for long takes a short one: the kernel ends a real-time
    /// process that never sleeps (`LoopPriority`), and much work is no reason to end.
    private func restIfBusy() throws {
        guard BootClock.now - lastRest >= Loop.busyMaximum else { return }
        try pause.arm(at: BootClock.now + 1_000_000)
        lastRest = try pause.wait().now
    }

    /// One turn: how late it is, what came in, what the core makes of it, what is due.
    private func turn(_ wake: Poller.Wake) {
        now = wake.now
        shared.setInstant(.loopTurn, now)
        let lateness = wake.lateness
        latenesses.add(.nanoseconds(max(0, lateness)))
        if lateness > Int64(bitPattern: shared[.latenessMaximum]) {
            shared[.latenessMaximum] = UInt64(lateness)
        }
        let isLate = lateness >= Loop.latenessNoted
        // After a stall everything is drained first, whatever was told to be ready (S8).
        var events = isLate && hasBegun ? drainSockets() : []
        for readiness in wake.ready { events += serve(readiness) }
        events += requests(door.moreRequests())
        // Beats come first: after a stall a little shorter than deadtime the core must not call a
        // peer silent whose beats were waiting here all the time.
        for event in events where event.isBeat { feed(event) }
        if isLate { feed(.loopLate(.nanoseconds(lateness))) }
        for event in events where !event.isBeat { feed(event) }
        beginIfReady()
        feedQueue()
        if let deadline = core.nextDeadline, hasBegun, deadline.nanoseconds <= now {
            feed(.timeReached)
            feedQueue()
        }
        repairAddresses()
        watchServices()
        watchData()
        watchTracked()
        feedQueue()
        tellStates()
        notifyDue()
        packets.sendDue(at: now, view)
        askForLists()
        stolen.look(at: now)
        recorder.push()
        spawner.push()
        checks.push()
        watchHelpers()
        watchPeer()
        feedQueue()
        endCutting()
        watchKeeperTurn()
        previousTurn = now
    }

    private var nextDeadline: Int64 {
        var next = previousTurn + rhythm.turn
        if hasBegun, let deadline = core.nextDeadline { next = min(next, deadline.nanoseconds) }
        if let announcement = packets.nextDeadline { next = min(next, announcement) }
        if let due = listQuestion?.due { next = min(next, due) }
        if hasRemainder { next = min(next, BootClock.now) }
        if let repairAt { next = min(next, repairAt) }
        if hasBegun, let due = servicesDeadline { next = min(next, due) }
        if hasBegun, let due = data.looks.nextLook { next = min(next, due) }
        if hasBegun, let due = readiness.looks.nextLook { next = min(next, due) }
        if hasBegun, let due = tracked.nextDeadline { next = min(next, due) }
        if let due = desk.nextDeadline { next = min(next, due.nanoseconds) }
        if let due = peerClient.nextDeadline { next = min(next, due) }
        if let due = machine.nextDeadline { next = min(next, due) }
        // A line behind a line is taken soon, but the loop sleeps between any two.
        if door.hasUnread { next = min(next, previousTurn + 1_000_000) }
        // What is wanted at once, whatever time that is written as, does not make the loop late since then (S8).
        return max(next, previousTurn)
    }

    /// Whether work was left for the next turn.
    private var hasRemainder: Bool {
        !queue.isEmpty || !addressOperations.isEmpty || connections.hasEnded
            || hasListWork || !repairs.isEmpty
    }

    /// Gives one event to the core and does what it asks.
    func feed(_ event: Event) {
        guard hasBegun, exitCode == nil else { return }
        let effects = core.handle(event, at: Instant(nanoseconds: now))
        shared.setInstant(.soundTurn, core.soundTurn?.nanoseconds ?? 0)
        gateAddresses()
        for effect in effects { carryOut(effect) }
        // A loop that gets through its events is not frozen, however many there are.
        shared.setInstant(.loopTurn, BootClock.now)
    }

    /// Handles what effects brought about.
    ///
    /// For a slice of time only: a hundred groups that start at once must hold up neither the beats nor
    /// the sign of life that the keeper looks for. The rest is done in the next turns.
    func feedQueue() {
        let start = BootClock.now
        while BootClock.now - start < Loop.sliceMaximum, exitCode == nil {
            if !queue.isEmpty {
                feed(queue.removeFirst())
            } else if let first = addressOperations.first {
                guard hasCutConnections(of: first.operation, first.work.wishes) else { return }
                runAddresses(until: start + Loop.sliceMaximum)
            } else if hasListWork {
                changeLists(until: start + Loop.sliceMaximum)
            } else if !repairs.isEmpty {
                repair(until: start + Loop.sliceMaximum)
            } else {
                return
            }
        }
    }

    // MARK: beginning

    /// Begins the core once nothing of an earlier daemon runs and the incarnation may be used.
    private func beginIfReady() {
        guard !hasBegun else { return }
        let used = shared[.incarnationUsed]
        if incarnationWanted, shared[.incarnationReserved] < used + 32 {
            recorder.reserve(used + 64)
        }
        incarnationWanted = false
        guard spawner.isCleared, used <= shared[.incarnationReserved] else { return }
        hasBegun = true
        shared[.isServing] = 1
        let start = Start(
            bootID: context.boot,
            incarnation: session.incarnation,
            record: record(),
            lastTurn: shared.instant(.lastTurnBefore).map(Instant.init(nanoseconds:)),
            lastReset: context.lastResetSecond.map {
                .seconds(max(0, WallClock.now / 1_000_000_000 - $0))
            },
            wallClock: WallClock.now / 1_000_000_000
        )
        feed(.started(start))
        // Read anew: datagrams of before are old, and devices may have changed since the fork.
        _ = drainRaw()
        feed(.networksChanged(ownNetworks))
        for change in sockets.noteDevices(view.links) {
            feed(.linkChanged(change.link, isUp: change.isUp))
        }
        for link in loaded.paths.indices where !sockets.isUp[link] {
            feed(.linkChanged(LinkIndex(link), isUp: false))
            let device = loaded.paths[link].device
            let isThere = view.links.contains { $0.name == device }
            let why = isThere ? "\(device) is down" : "this machine has no device \(device)"
            log.say(.warning, "link \(link + 1) of ha.cf carries nothing yet: \(why)")
        }
        if shared[.isShuttingDown] == 1 { feed(.shutdownRequested) }
        // What an earlier loop was in the middle of bringing up, or what went while there was none.
        considerRepair()
        context.tell("READY=1")
        sayReplacements()
    }

    /// The durable record as last written; why it cannot be read goes to the log, and counts as none.
    private func record() -> DurableRecord? {
        guard let bytes = shared.record.value, !bytes.isEmpty else { return nil }
        do {
            return try RecordCoding.decode(bytes)
        } catch {
            log.say(.error, "\(error); this node claims nothing before it hears its peer (S6)")
            return nil
        }
    }

    private func sayReplacements() {
        let count = shared[.loopReplacements]
        if count > 0 {
            log.say(.error, "the deciding loop was replaced (\(count) times since the start)")
        }
    }

    /// Leaves what the keeper needs to go on in this loop's place.
    func leaveContinuation() {
        sealTurn &+= 1
        shared.storeContinuation(session.continuation.words, turn: sealTurn)
    }

    // MARK: keeper

    /// Takes hold of the keeper that the shared page names.
    func watchKeeper() {
        keeperTurnsOnTime = 0
        guard let identity = shared.keeper, let handle = try? ProcessHandle(identity) else {
            keeper = nil
            return
        }
        keeper = handle
        ignoring { () throws(SystemError) in
            try poller.add(handle.number, token: Token.keeper)
        }
    }

    /// Replaces a keeper that has not turned although this loop did.
    private func watchKeeperTurn() {
        keeperTurnsOnTime = now - previousTurn > 3 * rhythm.turn ? 0 : keeperTurnsOnTime + 1
        guard keeperTurnsOnTime >= 4 else { return }
        guard let handle = keeper else {
            do {
                try forkKeeper("is gone")
            } catch {
                // A loop without a keeper goes on, and tries again.
                keeperTurnsOnTime = 0
                log.say(.error, "cannot start another keeper: \(error)")
            }
            return
        }
        let silence = now - (shared.instant(.keeperTurn) ?? now)
        guard silence > rhythm.freezeLimit else { return }
        // Its end comes by its descriptor.
        ignoring { () throws(SystemError) in try handle.send(.kill) }
    }

    /// The keeper has ended: another takes its place, unless all is over.
    func keeperEnded() {
        if let handle = keeper {
            ignoring { () throws(SystemError) in try poller.remove(handle.number) }
            ignoring { () throws(SystemError) in
                _ = try ThisProcess.ending(ofChild: handle.identity.id)
            }
        }
        keeper = nil
        do {
            try forkKeeper("ended")
        } catch {
            // Tried again at one of the next turns.
            log.say(.error, "cannot start another keeper: \(error)")
        }
    }

    private func forkKeeper(_ why: String) throws(SystemError) {
        shared.setInstant(.keeperTurn, BootClock.now)
        switch try ThisProcess.fork() {
        case .child:
            Inherited.closeAll(except: [context.lock.number])
            ThisProcess.exit(Keeper.run(context, adopts: true))
        case .parent(let id):
            shared.setProcess(.keeperProcess, .keeperStart, try ProcessIdentity(of: id))
            shared.count(.keeperReplacements)
            watchKeeper()
            log.say(.error, "the keeper \(why); process \(id) keeps now")
        }
    }
}

extension Event {
    /// Whether it is something the peer said.
    fileprivate var isBeat: Bool {
        switch self {
        case .heartbeatReceived, .heartbeatRepeated, .rolledBack: true
        default: false
        }
    }
}
