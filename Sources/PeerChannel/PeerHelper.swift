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

    /// The longest order: a piece of an answer, and what stands around it.
    private static let orderMaximum = PeerReport.partMaximum + 1024

    private let channel: MessageSocket
    private let listeners: [TCPListener]
    let limits: ChannelLimits
    let poller: Poller
    var settings: PeerSettings?
    var keys: [PresharedKey] = []
    var visitors: [UInt64: Visitor] = [:]
    var inquiries: [UInt64: Inquiry] = [:]
    /// The pieces of answers that are not whole yet, by the visitor's token.
    var pieces: [UInt64: [UInt8]] = [:]
    var interests: [UInt64: Poller.Interest] = [:]
    private var nextToken: UInt64 = 16
    var expectedRate: RateLimit
    var strangerRate: RateLimit
    var questionRate: RateLimit
    private var lastWork: Int64
    private var hasToldIdle = false
    var refusals = 0
    var lastRefusal = ""
    var noteAt: Int64 = 0

    init(
        channel: MessageSocket,
        listeners: [TCPListener],
        limits: ChannelLimits = ChannelLimits()
    ) throws(SystemError) {
        self.limits = limits
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
        if !hasToldIdle { times.append(lastWork + limits.idleAfter) }
        return times.min()
    }

    // MARK: the loop

    /// `false` when the loop is gone.
    private func drainChannel(at now: Int64) throws(SystemError) -> Bool {
        while let bytes = nextOrder() {
            guard !bytes.isEmpty else { return false }
            switch PeerOrder(bytes) {
            case .ping(let number): tell(.echo(number))
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

    /// What the loop says next: nil for nothing yet, no bytes when it is gone, which a socket that broke is too.
    private func nextOrder() -> [UInt8]? {
        do throws(SystemError) {
            switch try channel.receive(maximum: PeerHelper.orderMaximum) {
            case .message(let bytes): return bytes
            case .closed: return []
            case nil: return nil
            }
        } catch {
            return []
        }
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
    func tell(_ report: PeerReport) {
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

    func noteWork(at now: Int64) {
        lastWork = now
        hasToldIdle = false
    }

    private func tellIdle(at now: Int64) {
        guard !hasToldIdle, visitors.isEmpty, inquiries.isEmpty,
            now - lastWork >= limits.idleAfter
        else {
            if !visitors.isEmpty || !inquiries.isEmpty { noteWork(at: now) }
            return
        }
        hasToldIdle = true
        tellRefusals(at: Int64.max)
        tell(.idle)
    }

    // MARK: details

    func takeToken() -> UInt64 {
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

    func adjust(_ token: UInt64, _ number: Int32, _ interest: Poller.Interest) {
        guard interests[token] != interest else { return }
        interests[token] = interest
        // It is in the poller as long as it has a token.
        _ = try? poller.modify(number, token: token, interest: interest)
    }

    func forget(_ token: UInt64, _ number: Int32) {
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
