// Who comes in: how many, how often, and what becomes of their questions.

import Linux
import TLS
import Wire

extension PeerHelper {
    func accept(_ listener: TCPListener, at now: Int64) {
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
                limits: limits,
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

    func serveVisitor(_ token: UInt64, _ hasEnded: Bool, at now: Int64) {
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

    func answer(_ token: UInt64, _ bytes: [UInt8], isLast: Bool, at now: Int64) {
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

    func drop(_ token: UInt64, because why: String?) {
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

    func tellRefusals(at now: Int64) {
        guard refusals > 0, noteAt <= now else { return }
        noteAt = BootClock.now + limits.note
        let count = refusals == 1 ? "a connection" : "\(refusals) connections"
        tell(.note("\(count) to the peer channel came to nothing, the last from \(lastRefusal)"))
        refusals = 0
    }
}
