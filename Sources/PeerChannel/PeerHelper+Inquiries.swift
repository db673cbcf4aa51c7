// The loop's questions on their way to the other node.

import Linux
import TLS
import Wire

extension PeerHelper {
    func ask(_ question: PeerQuestion, at now: Int64) {
        noteWork(at: now)
        guard inquiries.count < PeerHelper.inquiriesMaximum else {
            return tell(.failed(question.id, "too many questions are on their way"))
        }
        inquiries[question.id] = Inquiry(question, stagger: limits.stagger, at: now)
        go(question.id, at: now)
    }

    /// Starts what is due of an inquiry, and ends it where nothing is left to hope for.
    func go(_ id: UInt64, at now: Int64) {
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

    func serveAttempt(_ token: UInt64, at now: Int64) {
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
}
