// The program's one loop: questions of the daemon go out, connections come in, and both are limited. It decides
// nothing, holds no state of the cluster, and may be ended at any moment.

import Linux
import TLS
import Wire

/// The life of `batond-peer`.
final class PeerHelper {
    /// Connections at once from addresses of the other node, and from any other.
    static let visitorsMaximum = 8
    /// Questions of the loop at once; one more fails.
    static let inquiriesMaximum = 8
    /// Without anything going on for so long it tells the loop that it is idle.
    static let idleAfter: Int64 = 5_000_000_000
    /// From one note about strangers to the next.
    static let noteInterval: Int64 = 60_000_000_000

    private let channel: MessageSocket
    private let listeners: [TCPListener]
    private let poller: Poller
    private var settings: PeerSettings?
    private var keys: [PresharedKey] = []
    private var visitors: [UInt64: Visitor] = [:]
    private var inquiries: [UInt64: Inquiry] = [:]
    /// The pieces of answers that are not whole yet, by the visitor's token.
    private var pieces: [UInt64: [UInt8]] = [:]
    private var interests: [UInt64: Poller.Interest] = [:]
    private var nextToken: UInt64 = 16
    private var expectedRate: RateLimit
    private var strangerRate: RateLimit
    private var questionRate: RateLimit
    private var lastWork: Int64
    private var hasToldIdle = false
    private var refusals = 0
    private var lastRefusal = ""
    private var noteAt: Int64 = 0

    init(channel: MessageSocket, listeners: [TCPListener]) throws(SystemError) {
        self.channel = channel
        self.listeners = listeners
        poller = try Poller()
        let now = BootClock.now
        lastWork = now
        expectedRate = RateLimit(burst: 32, perSecond: 16, at: now)
        strangerRate = RateLimit(burst: 8, perSecond: 4, at: now)
        questionRate = RateLimit(burst: 20, perSecond: 10, at: now)
        try poller.add(channel.number, token: 0)
    }

    /// Runs until the loop closes its end.
    func run() throws(SystemError) {
        while true {
            try poller.arm(at: nextDeadline)
            let wake = try poller.wait()
            for readiness in wake.ready {
                switch readiness.token {
                case 0: guard try drainChannel(at: wake.now) else { return }
                case 1...UInt64(max(1, listeners.count)):
                    accept(listeners[Int(readiness.token) - 1], at: wake.now)
                default: serve(readiness, at: wake.now)
                }
            }
            enforceDeadlines(at: wake.now)
            tellIdle(at: wake.now)
        }
    }

    private var nextDeadline: Int64? {
        var times = visitors.values.map(\.deadline) + inquiries.values.map(\.nextTurn)
        if !hasToldIdle { times.append(lastWork + PeerHelper.idleAfter) }
        return times.min()
    }

    // MARK: the loop

    /// `false` when the loop is gone.
    private func drainChannel(at now: Int64) throws(SystemError) -> Bool {
        while let arrival = try channel.receive(maximum: 200_000) {
            guard case .message(let bytes) = arrival else { return false }
            switch PeerOrder(bytes) {
            case .ping(let number): _ = try channel.send(PeerReport.echo(number).bytes)
            case .settings(let settings): try begin(settings)
            case .ask(let question): ask(question, at: now)
            case .answer(let token, let bytes, let isLast):
                answer(token, bytes, isLast: isLast, at: now)
            case nil:
                // An upgrade has changed one of the two files: the loop says so when this program ends.
                return false
            }
        }
        return true
    }

    private func begin(_ settings: PeerSettings) throws(SystemError) {
        guard self.settings == nil else { return }
        self.settings = settings
        keys = settings.keys.compactMap {
            PresharedKey(identity: ChannelKey.identity($0.id), secret: $0.preshared)
        }
        for (index, listener) in listeners.enumerated() {
            try poller.add(listener.number, token: UInt64(index + 1))
        }
    }

    /// Tells the loop, waiting until it reads; when it is gone the next `receive` says so.
    private func tell(_ report: PeerReport) {
        do throws(SystemError) {
            let bytes = report.bytes
            if try channel.send(bytes) { return }
            let poller = try Poller()
            try poller.add(channel.number, token: 0, interest: .writable)
            repeat { _ = try poller.wait() } while try !channel.send(bytes)
        } catch {
            return
        }
    }

    private func noteWork(at now: Int64) {
        lastWork = now
        hasToldIdle = false
    }

    private func tellIdle(at now: Int64) {
        guard !hasToldIdle, visitors.isEmpty, inquiries.isEmpty,
            now - lastWork >= PeerHelper.idleAfter
        else {
            if !visitors.isEmpty || !inquiries.isEmpty { noteWork(at: now) }
            return
        }
        hasToldIdle = true
        tellRefusals(at: Int64.max)
        tell(.idle)
    }

    // MARK: visitors

    private func accept(_ listener: TCPListener, at now: Int64) {
        // Bounded; what is left is told again.
        for _ in 0..<16 {
            do throws(SystemError) {
                guard let stream = try listener.accept() else { return }
                noteWork(at: now)
                admit(stream, at: now)
            } catch {
                // Gone before it was let in, or no descriptor for it.
                return
            }
        }
    }

    private func admit(_ stream: TCPStream, at now: Int64) {
        guard let settings else { return }
        let isExpected = settings.addresses.contains(stream.address.address.bytes)
        let isAllowed = isExpected ? expectedRate.take(at: now) : strangerRate.take(at: now)
        guard isAllowed, makeRoom(isExpected: isExpected) else {
            return refuse(stream.address, "too many connections")
        }
        do {
            let visitor = try Visitor(
                stream,
                keys: keys,
                hello: PeerHello(
                    cluster: settings.cluster,
                    from: settings.node,
                    to: settings.peer
                ),
                isExpected: isExpected,
                at: now
            )
            let token = takeToken()
            try poller.add(stream.number, token: token, interest: visitor.interest)
            interests[token] = visitor.interest
            visitors[token] = visitor
        } catch {
            refuse(stream.address, "\(error)")
        }
    }

    /// Whether one more may come in; for it the oldest that has shown no key has to go.
    private func makeRoom(isExpected: Bool) -> Bool {
        let inside = visitors.filter { $0.value.isExpected == isExpected }
        guard inside.count >= PeerHelper.visitorsMaximum else { return true }
        guard let oldest = inside.filter({ !$0.value.isBelieved }).keys.min() else { return false }
        drop(oldest, because: "it has shown no key, and another came")
        return true
    }

    private func serveVisitor(_ token: UInt64, _ hasEnded: Bool, at now: Int64) {
        guard let visitor = visitors[token] else { return }
        switch visitor.advance(at: now) {
        case .waiting:
            // Its end is told again and again; there is nobody to say anything to.
            if hasEnded { return drop(token, because: nil) }
            adjust(token, visitor.lines.stream.number, visitor.interest)
        case .question(let line):
            adjust(token, visitor.lines.stream.number, visitor.interest)
            question(token, line, at: now)
        case .ended(let why): drop(token, because: why)
        }
    }

    /// Hands a question to the loop, where it is one and not too soon.
    private func question(_ token: UInt64, _ line: [UInt8], at now: Int64) {
        do throws(ControlError) {
            _ = try PeerCoding.decodeRequest(line)
            guard questionRate.take(at: now) else {
                throw ControlError(.busy, "too many questions; ask again in a second")
            }
            tell(.question(token, line))
        } catch {
            visitors[token]?.answer(ControlCoding.encode(.error(error)), at: now)
            serveVisitor(token, false, at: now)
        }
    }

    private func answer(_ token: UInt64, _ bytes: [UInt8], isLast: Bool, at now: Int64) {
        // It may have gone meanwhile.
        guard let visitor = visitors[token] else { return }
        pieces[token, default: []] += bytes
        let isTooLong = pieces[token, default: []].count > PeerCoding.replyMaximum
        guard isLast || isTooLong else { return }
        let line = pieces.removeValue(forKey: token) ?? []
        if isTooLong {
            let error = ControlError(
                .lineTooLong,
                "the answer is longer than \(PeerCoding.replyMaximum) bytes"
            )
            visitor.answer(ControlCoding.encode(.error(error)), at: now)
        } else {
            visitor.answer(line + [UInt8(ascii: "\n")], at: now)
        }
        serveVisitor(token, false, at: now)
    }

    private func drop(_ token: UInt64, because why: String?) {
        guard let visitor = visitors.removeValue(forKey: token) else { return }
        pieces[token] = nil
        forget(token, visitor.lines.stream.number)
        if let why { refuse(visitor.lines.stream.address, why) }
    }

    /// Counts who was not let in or broke off; the log hears of it at most once a minute.
    private func refuse(_ address: TCPAddress, _ why: String) {
        refusals += 1
        lastRefusal = "\(address.address): \(why)"
        tellRefusals(at: BootClock.now)
    }

    private func tellRefusals(at now: Int64) {
        guard refusals > 0, noteAt <= now else { return }
        noteAt = BootClock.now + PeerHelper.noteInterval
        let count = refusals == 1 ? "a connection" : "\(refusals) connections"
        tell(.note("\(count) to the peer channel came to nothing, the last from \(lastRefusal)"))
        refusals = 0
    }

    // MARK: inquiries

    private func ask(_ question: PeerQuestion, at now: Int64) {
        noteWork(at: now)
        guard inquiries.count < PeerHelper.inquiriesMaximum else {
            return tell(.failed(question.id, "too many questions are on their way"))
        }
        inquiries[question.id] = Inquiry(question, at: now)
        go(question.id, at: now)
    }

    /// Starts what is due of an inquiry, and ends it where nothing is left to hope for.
    private func go(_ id: UInt64, at now: Int64) {
        guard let inquiry = inquiries[id], let settings else { return }
        let identity = ChannelKey.identity(inquiry.question.key)
        guard let key = keys.first(where: { $0.identity == identity }) else {
            return end(inquiry, .failed(id, "there is no key \(identity)"))
        }
        while let address = inquiry.nextAddress(at: now) {
            do throws(SystemError) {
                let attempt = try Attempt(
                    address,
                    key: key,
                    hello: PeerHello(
                        cluster: settings.cluster,
                        from: settings.node,
                        to: settings.peer
                    ),
                    request: inquiry.question.request
                )
                let token = takeToken()
                try poller.add(attempt.stream.number, token: token, interest: attempt.interest)
                interests[token] = attempt.interest
                inquiry.note(attempt, token)
            } catch {
                inquiry.noteFailure(address, error.errno.words)
            }
        }
        if let failure = inquiry.failure(at: now) { end(inquiry, .failed(id, failure)) }
    }

    private func serveAttempt(_ token: UInt64, at now: Int64) {
        guard let inquiry = inquiries.values.first(where: { $0.attempts[token] != nil }),
            let attempt = inquiry.attempts[token]
        else { return }
        noteWork(at: now)
        switch attempt.advance() {
        case .waiting: adjust(token, attempt.stream.number, attempt.interest)
        case .answered(let line): end(inquiry, line)
        case .failed(let words):
            forget(token, attempt.stream.number)
            inquiry.forget(token)
            inquiry.noteFailure(attempt.address, words)
            go(inquiry.question.id, at: now)
        }
    }

    private func end(_ inquiry: Inquiry, _ line: [UInt8]) {
        remove(inquiry)
        var rest = line[...]
        repeat {
            let piece = Array(rest.prefix(PeerReport.partMaximum))
            rest = rest.dropFirst(piece.count)
            tell(.part(inquiry.question.id, piece, isLast: rest.isEmpty))
        } while !rest.isEmpty
    }

    private func end(_ inquiry: Inquiry, _ report: PeerReport) {
        remove(inquiry)
        tell(report)
    }

    private func remove(_ inquiry: Inquiry) {
        for (token, attempt) in inquiry.attempts { forget(token, attempt.stream.number) }
        inquiries[inquiry.question.id] = nil
    }

    // MARK: details

    private func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    private func serve(_ readiness: Poller.Readiness, at now: Int64) {
        if visitors[readiness.token] != nil {
            serveVisitor(readiness.token, readiness.hasEnded, at: now)
        } else {
            serveAttempt(readiness.token, at: now)
        }
    }

    private func adjust(_ token: UInt64, _ number: Int32, _ interest: Poller.Interest) {
        guard interests[token] != interest else { return }
        interests[token] = interest
        // It is in the poller as long as it has a token.
        _ = try? poller.modify(number, token: token, interest: interest)
    }

    private func forget(_ token: UInt64, _ number: Int32) {
        interests[token] = nil
        _ = try? poller.remove(number)
    }

    private func enforceDeadlines(at now: Int64) {
        for (token, visitor) in visitors where visitor.deadline <= now {
            drop(token, because: visitor.isBelieved ? nil : "it has shown no key in time")
        }
        for id in inquiries.filter({ $0.value.nextTurn <= now }).keys.sorted() { go(id, at: now) }
    }
}
