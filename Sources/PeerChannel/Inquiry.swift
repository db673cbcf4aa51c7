// One question of the loop on its way to the other node: its addresses are tried one after another, each soon
// after the one before it, and the first answer counts. The time is the caller's.

import Linux
import TLS
import Wire

/// One question and the connections made for it.
final class Inquiry {
    /// No question takes longer, whatever it says.
    static let timeoutMaximum: Int64 = 60_000_000_000

    let question: PeerQuestion
    let deadline: Int64
    /// By token.
    private(set) var attempts: [UInt64: Attempt] = [:]
    private var waiting: [TCPAddress]
    private var nextStart: Int64
    private let stagger: Int64
    private var failures: [String] = []

    /// Begins; `stagger` is from one connection to the next, unless the first fails at once.
    init(_ question: PeerQuestion, stagger: Int64, at now: Int64) {
        self.stagger = stagger
        self.question = question
        deadline = now + min(max(0, question.timeout), Inquiry.timeoutMaximum)
        nextStart = now
        waiting = question.addresses.compactMap { bytes in
            IPAddress(bytes: bytes).map { TCPAddress($0, port: question.port) }
        }
    }

    /// When it wants to be asked again.
    var nextTurn: Int64 { waiting.isEmpty ? deadline : min(deadline, nextStart) }

    /// The address to be tried now; nil while there is none.
    func nextAddress(at now: Int64) -> TCPAddress? {
        guard !waiting.isEmpty, now < deadline, nextStart <= now || attempts.isEmpty else {
            return nil
        }
        nextStart = now + stagger
        return waiting.removeFirst()
    }

    func note(_ attempt: Attempt, _ token: UInt64) { attempts[token] = attempt }

    /// One way has failed.
    func noteFailure(_ address: TCPAddress, _ words: String) {
        failures.append("\(address.address) (\(words))")
    }

    func forget(_ token: UInt64) { attempts[token] = nil }

    /// Why there is no answer; nil while there may be one.
    func failure(at now: Int64) -> String? {
        if deadline <= now {
            for attempt in attempts.sorted(by: { $0.key < $1.key }).map(\.value) {
                noteFailure(attempt.address, attempt.timeoutText)
            }
        } else if !attempts.isEmpty || !waiting.isEmpty {
            return nil
        }
        return failures.isEmpty ? "its address is not known" : failures.joined(separator: ", ")
    }
}
