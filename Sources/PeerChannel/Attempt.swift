// One way to ask the other node one question: connect to one of its addresses, believe each other by the key,
// say hello, ask, read the answer. Which ways are tried when is known to `Inquiry`.

import Linux
import TLS
import Wire

/// One connection that goes out.
final class Attempt {
    /// What one step brought.
    enum Step: Equatable {
        /// Wait for `interest`.
        case waiting
        /// The answer's line, which was understood.
        case answered([UInt8])
        /// No answer comes this way; the words have no full stop.
        case failed(String)
    }

    private enum State {
        case connecting
        case hello(SecureLines)
        case reply(SecureLines)
    }

    let address: TCPAddress
    let stream: TCPStream
    private let key: PresharedKey
    private let hello: PeerHello
    private let request: [UInt8]
    private var state = State.connecting

    init(
        _ address: TCPAddress,
        key: PresharedKey,
        hello: PeerHello,
        request: [UInt8]
    ) throws(SystemError) {
        self.address = address
        self.key = key
        self.hello = hello
        self.request = request
        stream = try TCPStream(connectingTo: address)
    }

    /// What to watch the connection for.
    var interest: Poller.Interest {
        switch state {
        case .connecting: .writable
        case .hello(let lines), .reply(let lines): lines.interest(isListening: true)
        }
    }

    /// What was missing when the time was over.
    var timeoutText: String {
        switch state {
        case .connecting: "no connection in time"
        case .hello(let lines): lines.hasGreeted ? "no hello in time" : "no TLS in time"
        case .reply: "no answer in time"
        }
    }

    /// Goes as far as it can without waiting.
    func advance() -> Step {
        do throws(SecureLines.Ending) {
            while true {
                switch state {
                case .connecting:
                    guard try isConnected() else { return .waiting }
                    let lines = SecureLines(
                        stream,
                        try session(),
                        lineMaximum: PeerCoding.replyMaximum
                    )
                    lines.say(PeerCoding.encode(hello))
                    state = .hello(lines)
                case .hello(let lines):
                    guard let line = try lines.next() else { return .waiting }
                    if let fault = fault(ofHello: line) { return .failed(fault) }
                    lines.say(request + [UInt8(ascii: "\n")])
                    state = .reply(lines)
                case .reply(let lines):
                    guard let line = try lines.next() else { return .waiting }
                    return judged(line)
                }
            }
        } catch {
            return .failed(error.description)
        }
    }

    private func isConnected() throws(SecureLines.Ending) -> Bool {
        do throws(SystemError) {
            return try stream.finishConnecting()
        } catch {
            throw .broken(error.errno.words)
        }
    }

    private func session() throws(SecureLines.Ending) -> TLSSession {
        do throws(TLSFault) {
            return try TLSSession(stream, connectingWith: key)
        } catch {
            throw .broken(error.words)
        }
    }

    /// Why the first line is not the hello we expect; nil when it is.
    private func fault(ofHello line: [UInt8]) -> String? {
        if let other = try? PeerCoding.decodeHello(line) {
            return hello.objection(to: other).map { "it \($0)" }
        }
        if case .error(let error)? = try? PeerCoding.decodeReply(line) {
            return "it refuses: \(error.text)"
        }
        return "it says no hello"
    }

    private func judged(_ line: [UInt8]) -> Step {
        do throws(ControlError) {
            let request = try PeerCoding.decodeRequest(request)
            let response = try PeerCoding.decodeReply(line)
            guard request.isAnswered(by: response) else {
                return .failed("it answers something else")
            }
            return .answered(line)
        } catch {
            return .failed("its answer cannot be read: \(error.text)")
        }
    }
}
