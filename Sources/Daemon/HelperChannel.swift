// The socket between the loop and one helper: whole messages, and the ping by which the loop sees
// that a helper turns. What the messages say is known to the two ends.

import Linux
import Wire

/// One end of the socket between the loop and a helper.
final class HelperChannel {
    /// One step of reading.
    enum Arrival: Equatable {
        case message([UInt8])
        case nothingYet
        /// The other end is gone.
        case closed
    }

    /// The largest message: a record of 1,000 groups.
    static let messageMaximum = 180_000

    private let socket: MessageSocket

    init(_ socket: MessageSocket) { self.socket = socket }

    /// For the poller.
    var number: Int32 { socket.number }

    /// Whether an exec hands this end to the next program.
    func setCloseOnExec(_ closes: Bool) throws(SystemError) {
        try socket.setCloseOnExec(closes)
    }

    /// The next message.
    ///
    /// An error of the socket counts as its end.
    func receive() -> Arrival {
        do {
            switch try socket.receive(maximum: HelperChannel.messageMaximum) {
            case .message(let bytes): return .message(bytes)
            case .closed: return .closed
            case nil: return .nothingYet
            }
        } catch {
            return .closed
        }
    }

    /// Gives all that has come to `take`, pings answered and left out; `false` when the other end is gone.
    func drain(_ take: ([UInt8]) -> Void) -> Bool {
        while true {
            switch receive() {
            case .nothingYet: return true
            case .closed: return false
            case .message(let bytes): if !answerPing(bytes) { take(bytes) }
            }
        }
    }

    /// Sends without waiting; `false` when the other end does not read or is gone.
    func send(_ bytes: [UInt8]) -> Bool {
        // What failed is told by the result: the caller keeps or drops the message.
        (try? socket.send(bytes)) ?? false
    }

    /// A helper's way of sending: waits for the loop to read.
    ///
    /// When the loop is gone the message is lost, which `receive` tells next.
    func sendWaiting(_ bytes: [UInt8]) {
        do {
            if try socket.send(bytes) { return }
            let poller = try Poller()
            try poller.add(number, token: 0, interest: .writable)
            repeat { _ = try poller.wait() } while try !socket.send(bytes)
        } catch {
            // The loop is gone: see above.
            return
        }
    }

    // MARK: ping

    /// The bytes of a ping: kind 0, which no message has, and a number.
    static func ping(_ number: UInt64) -> [UInt8] {
        var writer = MessageWriter()
        writer.put(UInt64(0))
        writer.put(number)
        return writer.bytes
    }

    /// The number of a ping or of its echo, `nil` for another message.
    static func pingNumber(_ bytes: [UInt8]) -> UInt64? {
        var reader = MessageReader(bytes)
        guard bytes.count == 16, reader.number() == 0 else { return nil }
        return reader.number()
    }

    /// Echoes a ping; `false` when the message is none.
    func answerPing(_ bytes: [UInt8]) -> Bool {
        guard HelperChannel.pingNumber(bytes) != nil else { return false }
        // A full queue means that the loop has echoes enough to read.
        _ = send(bytes)
        return true
    }
}
