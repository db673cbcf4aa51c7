// One connection that came in: a known key, a hello, then questions one after another. What answers them is the
// daemon's loop. It keeps no clock: `PeerHelper` asks for its deadline.
//
//     handshake --> hello --> listening <--> answering
//                     |           |             |
//                     +-----------+-------------+--> ended

import Linux
import TLS
import Wire

/// One client of this node.
final class Visitor {
    /// What one step brought.
    enum Step: Equatable {
        /// Wait for `interest`.
        case waiting
        /// It asks; the answer goes to `answer`.
        case question([UInt8])
        /// Drop it; nil where there is nothing to tell.
        case ended(String?)
    }

    private enum State {
        case hello
        case listening
        case answering
        /// The last word was said: only until it has gone.
        case leaving
    }

    /// Questions on one connection.
    static let questionsMaximum = 16

    let lines: SecureLines
    /// Whether it comes from an address of the other node.
    let isExpected: Bool
    /// When it is dropped.
    private(set) var deadline: Int64
    private let hello: PeerHello
    private let limits: ChannelLimits
    private var state = State.hello
    private var asked = 0

    init(
        _ stream: TCPStream,
        keys: [PresharedKey],
        hello: PeerHello,
        isExpected: Bool,
        limits: ChannelLimits,
        at now: Int64
    ) throws(TLSFault) {
        lines = SecureLines(
            stream,
            try TLSSession(stream, accepting: keys),
            lineMaximum: PeerCoding.requestMaximum
        )
        self.hello = hello
        self.isExpected = isExpected
        self.limits = limits
        deadline = now + limits.hello
    }

    /// Whether it has shown a key.
    var isBelieved: Bool { lines.hasGreeted }

    /// What to watch its connection for.
    var interest: Poller.Interest {
        switch state {
        case .hello, .listening: lines.interest(isListening: true)
        case .answering, .leaving: lines.interest(isListening: false)
        }
    }

    /// Goes as far as it can without waiting.
    func advance(at now: Int64) -> Step {
        do throws(SecureLines.Ending) {
            while true {
                switch state {
                case .hello:
                    guard let line = try lines.next() else { return .waiting }
                    greet(line, at: now)
                case .listening:
                    guard let line = try lines.next() else { return .waiting }
                    guard asked < Visitor.questionsMaximum else { return .ended(nil) }
                    asked += 1
                    state = .answering
                    deadline = now + limits.answer
                    return .question(line)
                case .answering:
                    try lines.push()
                    return .waiting
                case .leaving:
                    try lines.push()
                    // The other end closes when it has read; closing first could lose what it has not.
                    return .waiting
                }
            }
        } catch {
            return .ended(error == .closed && state != .hello ? nil : error.description)
        }
    }

    /// Sends the answer to its question, newline included.
    func answer(_ line: [UInt8], at now: Int64) {
        guard case .answering = state else { return }
        lines.say(line)
        state = .listening
        deadline = now + (lines.hasSentAll ? limits.idle : limits.answer)
    }

    private func greet(_ line: [UInt8], at now: Int64) {
        do throws(ControlError) {
            let other = try PeerCoding.decodeHello(line)
            if let objection = hello.objection(to: other) {
                throw ControlError(.notAllowed, "it \(objection)")
            }
            lines.say(PeerCoding.encode(hello))
            state = .listening
            deadline = now + limits.idle
        } catch {
            lines.say(ControlCoding.encode(.error(error)))
            state = .leaving
        }
    }
}
