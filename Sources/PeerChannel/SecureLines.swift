// Lines over one TLS connection, both ways, with limits. What they say, and until when one waits, is known to
// `Visitor` and `Attempt`.

import Linux
import TLS

/// One connection from its handshake on; never waits.
final class SecureLines {
    /// Why it is over; the words have no full stop.
    enum Ending: Error, Equatable {
        /// The handshake did not succeed.
        case notBelieved(String)
        /// The other end closed, between two lines or within one.
        case closed
        /// The connection or the session broke.
        case broken(String)
        /// A line was longer than allowed.
        case lineTooLong
    }

    /// The number of bytes given to TLS at once.
    private static let pieceMaximum = 16384

    let stream: TCPStream
    private let session: TLSSession
    private var input: LineBuffer
    private var output: [UInt8] = []
    /// How much of `output` has gone.
    private var sent = 0
    private(set) var hasGreeted = false
    private var reading = Poller.Interest.readable
    private var writing: Poller.Interest = []

    init(_ stream: TCPStream, _ session: TLSSession, lineMaximum: Int) {
        self.stream = stream
        self.session = session
        input = LineBuffer(maximum: lineMaximum)
    }

    /// What to watch the connection for.
    ///
    /// - Parameter isListening: whether a line is wanted; else only what waits to be sent.
    /// - Returns: nothing to watch for where nothing is wanted.
    func interest(isListening: Bool) -> Poller.Interest {
        guard hasGreeted else { return reading }
        return (isListening ? reading : []).union(writing)
    }

    /// Whether all that was said has been taken by the kernel.
    var hasSentAll: Bool { output.isEmpty }

    /// Says a line, newline included; it goes as the other end reads.
    func say(_ line: [UInt8]) { output += line }

    /// Goes on with the handshake and with what is to be sent, as far as it can without waiting.
    func push() throws(Ending) {
        if !hasGreeted {
            do throws(TLSFault) {
                if let wanted = try session.greet() {
                    reading = wanted
                    return
                }
            } catch {
                throw .notBelieved(error.words)
            }
            hasGreeted = true
            reading = .readable
        }
        writing = []
        while sent < output.count {
            let piece = Array(output[sent..<min(output.count, sent + SecureLines.pieceMaximum)])
            switch try attempt({ () throws(TLSFault) in try session.send(piece) }) {
            case .done(let count): sent += count
            case .wait(let wanted):
                writing = wanted
                return
            }
        }
        output = []
        sent = 0
    }

    /// The next line; nil when there is none yet.
    func next() throws(Ending) -> [UInt8]? {
        try push()
        guard hasGreeted else { return nil }
        while true {
            if let line = input.next() { return line }
            if input.hasOverflowed { throw .lineTooLong }
            switch try attempt({ () throws(TLSFault) in try session.receive() }) {
            case .wait(let wanted):
                reading = wanted
                return nil
            case .done(let bytes):
                if bytes.isEmpty { throw .closed }
                input.append(bytes)
            }
        }
    }

    private func attempt<Outcome>(
        _ step: () throws(TLSFault) -> TLSStep<Outcome>
    ) throws(Ending) -> TLSStep<Outcome> {
        do throws(TLSFault) {
            return try step()
        } catch {
            throw .broken(error.words)
        }
    }
}

extension TLSFault {
    /// The words, of whatever kind the fault is.
    var words: String {
        switch self {
        case .unavailable(let words), .certificate(let words), .handshake(let words),
            .lost(let words):
            words
        }
    }
}

extension SecureLines.Ending: CustomStringConvertible {
    var description: String {
        switch self {
        case .notBelieved(let words): "no TLS by this key: \(words)"
        case .closed: "it closed the connection"
        case .broken(let words): "the connection broke: \(words)"
        case .lineTooLong: "it says too much at once"
        }
    }
}
