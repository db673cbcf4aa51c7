// The loop's side of the peer channel: it listens, and starts the program that speaks with the other node when
// somebody wants to speak, the other node or a caller of this one. What is asked and answered is in `Loop+Peer`;
// TLS is in the program, which no process of the daemon waits for.
//
//     resting --(a question of ours, a connection)--> running --(idle, frozen, other keys)--> ending --> resting

import Failover
import Linux
import Wire

/// The peer channel as the loop has it.
final class PeerClient {
    typealias Arrival = PeerDesk.Arrival

    /// How long the program may try to get an answer, in nanoseconds.
    static func timeout(of request: PeerRequest) -> Int64 {
        switch request {
        case .status, .files, .explain: PeerDesk.timeout
        // Who asks waits for longer: a slow machine, which begins a program on either side, has time to connect.
        case .outdate: 2 * PeerDesk.timeout
        case .replicas: 2 * PeerDesk.timeout + Loop.replicaTimeout
        }
    }

    /// Bytes that wait for the program to read.
    private static let unsentMaximum = 4 * PeerCoding.replyMaximum
    /// Messages of the program that one turn reads.
    private static let messagesPerTurn = 16
    /// From one start of the program to the next.
    private static let startInterval: Int64 = 1_000_000_000
    /// From one try to listen to the next.
    private static let listenInterval: Int64 = 2_000_000_000

    static let channelToken: UInt64 = 22
    static let exitToken: UInt64 = 23
    private static let listenerTokens: [UInt64] = [24, 25]

    private enum Stage {
        case resting
        case running(Helper)
        case ending(ProcessHandle)
    }

    private let poller: Poller
    private let lock: Int32
    private let run: String
    private let port: UInt16
    private let rhythm: Rhythm
    private var stage = Stage.resting
    private var listeners: [TCPListener] = []
    /// Whether the poller watches them: while the program runs it does.
    private var isWatching = false
    private var listenAt: Int64? = 0
    private var hasToldFault = false
    private var startAt: Int64 = 0
    private var desk = PeerDesk()
    private var unsent: [[UInt8]] = []
    private var unsentCount = 0
    private var wantsToWrite = false
    private var nextPing: Int64 = 0

    /// Makes it; nothing is opened before `watch`.
    ///
    /// - Parameters:
    ///   - context: which instance this is.
    ///   - poller: the loop's.
    ///   - port: of TCP, on both nodes.
    ///   - rhythm: how soon a frozen program is noticed.
    init(_ context: DaemonContext, poller: Poller, port: UInt16, rhythm: Rhythm) {
        self.poller = poller
        self.lock = context.lock.number
        run = context.paths.run
        self.port = port
        self.rhythm = rhythm
    }

    func owns(_ token: UInt64) -> Bool {
        token >= PeerClient.channelToken && token <= PeerClient.listenerTokens[1]
    }

    /// Whether the program is there.
    var isRunning: Bool { if case .running = stage { true } else { false } }

    /// When `watch` wants to be called.
    var nextDeadline: Int64? {
        var times = [desk.deadline, listenAt].compactMap(\.self)
        if case .resting = stage, !desk.isEmpty || (!listeners.isEmpty && !isWatching) {
            times.append(startAt)
        }
        return times.min()
    }

    // MARK: asking and answering

    /// Asks the other node; its answer comes as an `Arrival`.
    ///
    /// - Parameters:
    ///   - request: what.
    ///   - caller: whom the answer is for.
    ///   - addresses: where the other node may be, the likeliest first.
    ///   - key: the number of the key to connect with.
    ///   - now: the time.
    /// - Returns: why it is not asked; nil when it is.
    func ask(
        _ request: PeerRequest,
        caller: UInt64,
        addresses: [[UInt8]],
        key: UInt8,
        at now: Int64
    ) -> String? {
        let timeout = PeerClient.timeout(of: request)
        guard let id = desk.ask(caller, timeout: timeout, at: now) else {
            return "too many questions to the other node are on their way; ask again in a second"
        }
        let order = PeerOrder.ask(
            PeerQuestion(
                id: id,
                request: Array(PeerCoding.encode(request).dropLast()),
                key: key,
                port: port,
                timeout: timeout,
                addresses: addresses
            )
        )
        enqueue(order)
        return nil
    }

    /// Sends the answer to the other node's question.
    ///
    /// - Parameters:
    ///   - id: the question's number.
    ///   - line: the answer, its newline left out.
    func answer(_ id: UInt64, _ line: [UInt8]) {
        var line = line
        if line.count > PeerCoding.replyMaximum
            || unsentCount + line.count > PeerClient.unsentMaximum
        {
            let text = "the answer is longer than \(PeerCoding.replyMaximum) bytes"
            line = ControlCoding.encode(.error(ControlError(.lineTooLong, text))).dropLast()
        }
        var rest = line[...]
        repeat {
            let piece = Array(rest.prefix(PeerReport.partMaximum))
            rest = rest.dropFirst(piece.count)
            enqueue(.answer(id, piece, isLast: rest.isEmpty))
        } while !rest.isEmpty
        push()
    }

    private func enqueue(_ order: PeerOrder) {
        // It asks and does not listen: it is ended, and asked anew by whoever wants to.
        guard unsentCount <= 2 * PeerClient.unsentMaximum else { return stop() }
        let bytes = order.bytes
        unsent.append(bytes)
        unsentCount += bytes.count
    }

    /// Sends what the program reads now.
    private func push() {
        guard case .running(let helper) = stage else { return }
        while let first = unsent.first, helper.channel.send(first) {
            unsent.removeFirst()
            unsentCount -= first.count
        }
        let wants = !unsent.isEmpty
        guard wants != wantsToWrite else { return }
        wantsToWrite = wants
        ignoring { () throws(SystemError) in
            try poller.modify(
                helper.channel.number,
                token: PeerClient.channelToken,
                interest: wants ? [.readable, .writable] : .readable
            )
        }
    }

    // MARK: events

    /// Takes what a ready descriptor brings.
    func serve(
        _ token: UInt64,
        at now: Int64,
        settings: () -> PeerSettings?
    ) -> [Arrival] {
        switch token {
        case PeerClient.channelToken:
            push()
            return receive(at: now)
        case PeerClient.exitToken: return noteEnd(at: now)
        default:
            // Somebody connects: whoever accepts it has to be there.
            return start(at: now, settings)
        }
    }

    /// Does what is due: listens, starts the program for questions that wait, ends a frozen one, gives up what is
    /// overdue.
    func watch(at now: Int64, settings: () -> PeerSettings?) -> [Arrival] {
        var arrivals = listenIfDue(at: now)
        if case .resting = stage {
            if !desk.isEmpty {
                arrivals += start(at: now, settings)
            } else if startAt <= now {
                watchListeners()
            }
        }
        push()
        arrivals += desk.expire(at: now)
        guard case .running(let helper) = stage else { return arrivals }
        let isFrozen = helper.isFrozen(
            at: now,
            limit: rhythm.helperLimit,
            stuckLimit: rhythm.helperStuckLimit
        )
        if isFrozen {
            stop()
            arrivals.append(.note(.error, "batond-peer was frozen and was ended"))
        } else if nextPing <= now {
            nextPing = now + rhythm.helperLimit / 2
            helper.ping(at: now)
        }
        return arrivals
    }

    /// Ends the program, which is started again when it is needed: what it knows has changed, or it is idle.
    func stop() {
        guard case .running(let helper) = stage else { return }
        ignoring { () throws(SystemError) in try poller.remove(helper.channel.number) }
        helper.kill()
        stage = .ending(helper.handle)
        unsent = []
        unsentCount = 0
        wantsToWrite = false
    }

    private func receive(at now: Int64) -> [Arrival] {
        guard case .running(let helper) = stage else { return [] }
        var arrivals: [Arrival] = []
        // Bounded, whatever the program does; what is left is told again.
        for _ in 0..<PeerClient.messagesPerTurn {
            let arrival = helper.channel.receive()
            if arrival == .closed {
                // Told again and again, and it has nothing more to say: whatever it does still, it ends.
                stop()
                return arrivals + desk.fail()
            }
            guard case .message(let bytes) = arrival else { break }
            if helper.takeEcho(bytes) { continue }
            let taken = desk.take(bytes, at: now)
            arrivals += taken.arrivals
            switch taken.wish {
            case .goOn: continue
            case .rest:
                guard unsent.isEmpty else { continue }
                stop()
                return arrivals
            case .end:
                stop()
                return arrivals
            }
        }
        return arrivals
    }

    /// The program has ended, by itself or as it was told.
    private func noteEnd(at now: Int64) -> [Arrival] {
        let handle: ProcessHandle
        var arrivals: [Arrival] = []
        switch stage {
        case .resting: return []
        case .ending(let ended): handle = ended
        case .running(let helper):
            // Its last words are still there.
            arrivals = receive(at: now)
            handle = helper.handle
            arrivals += desk.fail()
            stop()
        }
        ignoring { () throws(SystemError) in try poller.remove(handle.number) }
        ignoring { () throws(SystemError) in
            _ = try ThisProcess.ending(ofChild: handle.identity.id)
        }
        stage = .resting
        if startAt <= now { watchListeners() }
        return arrivals
    }

    // MARK: the program

    private func start(at now: Int64, _ settings: () -> PeerSettings?) -> [Arrival] {
        guard case .resting = stage else { return [] }
        // Else the poller would tell of a connection again and again; `watch` comes back to it.
        unwatchListeners()
        guard startAt <= now else { return [] }
        startAt = now + PeerClient.startInterval
        guard let settings = settings() else { return [] }
        desk.forgetFault()
        do {
            let helper = try launch()
            try poller.add(helper.channel.number, token: PeerClient.channelToken)
            try poller.add(helper.handle.number, token: PeerClient.exitToken)
            stage = .running(helper)
            nextPing = now + rhythm.helperLimit
            let order = PeerOrder.settings(settings).bytes
            unsent.insert(order, at: 0)
            unsentCount += order.count
            push()
            return []
        } catch {
            return desk.note("cannot start batond-peer: \(error)", at: now)
        }
    }

    private func launch() throws(SystemError) -> Helper {
        let listeners = listeners
        let run = run
        return try Helper.launch(.peer, keeping: [lock] + listeners.map(\.number)) {
            (channel) throws(SystemError) in
            do throws(SystemError) {
                try channel.setCloseOnExec(false)
                for listener in listeners { try listener.setCloseOnExec(false) }
                let own = try ThisProcess.programPath()
                let path = own.lastIndex(of: "/").map { String(own[...$0]) + "batond-peer" }
                try ThisProcess.execute(
                    path ?? "/usr/sbin/batond-peer",
                    arguments: ["batond-peer", run]
                        + ([channel.number] + listeners.map(\.number)).map(String.init),
                    environment: ["LANG=C"]
                )
            } catch {
                channel.sendWaiting(PeerReport.failed(0, "cannot run batond-peer: \(error)").bytes)
                throw error
            }
        }
    }

    // MARK: listening

    private func listenIfDue(at now: Int64) -> [Arrival] {
        guard let due = listenAt, due <= now else { return [] }
        listenAt = nil
        // A machine without IPv6 is none the worse for it.
        let missing = TCPListener.Family.allCases.filter { family in
            !listeners.contains { $0.family == family }
        }
        var arrivals: [Arrival] = []
        for family in missing {
            do {
                let listener = try TCPListener(family, port: port)
                listeners.append(listener)
                unwatchListeners()
            } catch {
                guard family == .v4 || error.errno == .addressInUse else { continue }
                // An earlier loop's program may hold it for a moment still.
                listenAt = now + PeerClient.listenInterval
                if due > 0, !hasToldFault {
                    hasToldFault = true
                    arrivals.append(
                        .note(
                            .warning,
                            "the peer channel does not listen, so the other node cannot ask this one: \(error)"
                        )
                    )
                }
            }
        }
        return arrivals
    }

    private func watchListeners() {
        guard !isWatching, !listeners.isEmpty else { return }
        isWatching = true
        for (listener, token) in zip(listeners, PeerClient.listenerTokens) {
            ignoring { () throws(SystemError) in try poller.add(listener.number, token: token) }
        }
    }

    private func unwatchListeners() {
        guard isWatching else { return }
        isWatching = false
        for listener in listeners {
            // One that was just opened is not in it.
            ignoring { () throws(SystemError) in try poller.remove(listener.number) }
        }
    }
}
