// One check of a TCP service, as a machine that a poller drives: connect, say something, wait for an
// answer. It never waits and keeps no clock: the deadline is the caller's, and dropping the value is
// how it is given up. Thousands of them may run on one loop.
//
//     connecting --> sending --> awaiting --> passed
//          |            |           |
//          +------------+-----------+-------> failed, with the words of mon's tcp.monitor

import CLinux

/// What is checked.
public struct TCPQuestion: Hashable, Sendable {
    /// Where.
    public var address: TCPAddress
    /// Said once the connection is there; empty for nothing.
    public var text: [UInt8]
    /// What must occur in the answer; empty for nothing.
    ///
    /// The answer is read until it does, to at most `TCPCheck.answerMaximum` bytes.
    public var expected: [UInt8]

    /// A question: whether it accepts, and answers a text with what is expected.
    public init(_ address: TCPAddress, text: [UInt8] = [], expected: [UInt8] = []) {
        self.address = address
        self.text = text
        self.expected = expected
    }
}

/// One check under way.
///
/// Order of use: make it, call `advance()` once, and while it answers `running` watch `number` for
/// `interest`, calling `advance()` at each wake. Take `number` out of the poller before dropping the
/// value, which closes it.
public final class TCPCheck {
    /// How far it is.
    public enum Progress: Hashable, Sendable {
        /// Wait for `interest`.
        case running
        /// The service did as asked.
        case passed
        /// It did not; one line, no full stop: `could not connect: Connection refused`.
        case failed(String)
    }

    /// The most bytes of an answer that are looked at.
    public static let answerMaximum = 16384
    /// Bytes read per wake, so that a flood does not hold the loop.
    private static let readMaximum = 4096

    private enum State {
        case connecting(TCPStream)
        case sending(TCPStream, rest: ArraySlice<UInt8>)
        case awaiting(TCPStream, answer: [UInt8])
        case ended(Progress)
    }

    /// What is checked.
    public let question: TCPQuestion
    private var state: State
    /// The stream, kept to the end so that the number stays this check's.
    private let stream: TCPStream?

    /// Sends the first packet.
    ///
    /// Throws when the check cannot be made at all, which says nothing of the service: no
    /// descriptor or local port is left, the source address is not ours, the address makes no sense.
    /// What the network says, also at once, is the first `advance()`.
    public init(_ question: TCPQuestion) throws(SystemError) {
        self.question = question
        do throws(SystemError) {
            let stream = try TCPStream(connectingTo: question.address)
            self.stream = stream
            state = .connecting(stream)
        } catch {
            let isOurs =
                error.call != "connect" || error.errno == .addressNotAvailable
                || error.errno == .invalidArgument
            if isOurs { throw error }
            stream = nil
            state = .ended(TCPCheck.notConnected(error))
        }
    }

    /// For the poller; nil when there is nothing to watch, for it failed at once.
    public var number: Int32? { stream?.number }

    /// What to watch the descriptor for while it runs.
    public var interest: Poller.Interest {
        switch state {
        case .connecting, .sending: .writable
        case .awaiting: .readable
        case .ended: []
        }
    }

    /// What to say when the caller's deadline comes first: mon's `timeout`, and what was missing.
    public var timeoutText: String {
        switch state {
        case .connecting, .ended: "timeout"
        case .sending: "timeout: connected, but it does not read"
        case .awaiting(_, let answer):
            answer.isEmpty
                ? "timeout: connected, but no answer"
                : "timeout: \(TCPCheck.missing(question.expected, in: answer))"
        }
    }

    /// Goes as far as it can without waiting.
    ///
    /// After its end it answers the same again.
    @discardableResult
    public func advance() -> Progress {
        while true {
            switch state {
            case .connecting(let stream):
                do throws(SystemError) {
                    guard try stream.finishConnecting() else { return .running }
                    state = .sending(stream, rest: question.text[...])
                } catch {
                    state = .ended(TCPCheck.notConnected(error))
                }
            case .sending(let stream, let rest):
                guard send(rest, to: stream) else { return .running }
            case .awaiting(let stream, let answer):
                guard readAnswer(from: stream, after: answer) else { return .running }
            case .ended(let progress):
                return progress
            }
        }
    }

    /// Whether the state changed, which is whether it is worth going on.
    private func send(_ rest: ArraySlice<UInt8>, to stream: TCPStream) -> Bool {
        guard !rest.isEmpty else {
            state = question.expected.isEmpty ? .ended(.passed) : .awaiting(stream, answer: [])
            return true
        }
        do throws(SystemError) {
            guard let count = try stream.send(Array(rest)) else { return false }
            state = .sending(stream, rest: rest.dropFirst(count))
        } catch {
            state = .ended(.failed("connection lost: \(error.errno.words)"))
        }
        return true
    }

    private func readAnswer(from stream: TCPStream, after answer: [UInt8]) -> Bool {
        let outcome: ReadOutcome
        do throws(SystemError) {
            outcome = try stream.receive(maximum: TCPCheck.readMaximum)
        } catch {
            state = .ended(.failed("connection lost: \(error.errno.words)"))
            return true
        }
        switch outcome {
        case .nothingYet:
            return false
        case .endOfStream:
            let missing = TCPCheck.missing(question.expected, in: answer)
            state = .ended(.failed("connection closed: \(missing)"))
        case .bytes(let bytes):
            // A match may begin in what came before, but not earlier than its own length.
            let start = max(0, answer.count - question.expected.count + 1)
            let answer = answer + bytes
            if contains(
                question.expected,
                in: answer[start...].prefix(TCPCheck.answerMaximum - start)
            ) {
                state = .ended(.passed)
            } else if answer.count >= TCPCheck.answerMaximum {
                let missing = TCPCheck.missing(question.expected, in: answer)
                state = .ended(.failed("\(missing) (\(TCPCheck.answerMaximum) bytes read)"))
            } else {
                state = .awaiting(stream, answer: answer)
            }
        }
        return true
    }

    private static func notConnected(_ error: SystemError) -> Progress {
        .failed("could not connect: \(error.errno.words)")
    }

    private static func missing(_ expected: [UInt8], in answer: [UInt8]) -> String {
        answer.isEmpty
            ? "no answer"
            : "\(quoted(expected)) is not in the answer \(quoted(answer))"
    }

    /// At most 60 bytes between quotes; what is not printable ASCII becomes `?`.
    private static func quoted(_ bytes: [UInt8]) -> String {
        let shown = bytes.prefix(60).map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: "?") }
        return "'\(String(decoding: shown, as: UTF8.self))\(bytes.count > 60 ? "..." : "")'"
    }
}

/// Whether bytes occur in others; empty ones do.
private func contains(_ part: [UInt8], in whole: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first else { return true }
    var rest = whole
    while let start = rest.firstIndex(of: first) {
        rest = rest[start...]
        if rest.starts(with: part) { return true }
        rest = rest.dropFirst()
    }
    return false
}
