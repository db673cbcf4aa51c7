// Messages between processes that fork from one another: a pair of sockets that keeps messages
// whole and never waits.

import CLinux

/// One end of a pair of sockets that keeps messages whole (SOCK_SEQPACKET).
public final class MessageSocket {
    /// One step of reading.
    public enum Arrival: Equatable, Sendable {
        /// A message.
        case message([UInt8])
        /// The other end is closed, in every process that had it.
        case closed
    }

    private let socket: Descriptor

    /// Makes both ends.
    ///
    /// After a fork each side lets go of the other's.
    public static func pair() throws(SystemError) -> (MessageSocket, MessageSocket) {
        var ends: [Int32] = [-1, -1]
        try checked("socketpair") {
            // Sound: the array has the two numbers that socketpair(2) fills.
            unsafe socketpair(AF_UNIX, sequencedSocket | O_CLOEXEC | O_NONBLOCK, 0, &ends)
        }
        return (
            MessageSocket(Descriptor(adopting: ends[0])),
            MessageSocket(Descriptor(adopting: ends[1]))
        )
    }

    /// Takes over an end, inherited over exec for instance.
    public init(_ socket: consuming Descriptor) { self.socket = socket }

    /// For the poller.
    public var number: Int32 { socket.number }

    /// Whether an exec hands this end to the next program.
    public func setCloseOnExec(_ closes: Bool) throws(SystemError) {
        try socket.setCloseOnExec(closes)
    }

    /// Sends one message of at least one byte; false when the other side's queue is full.
    ///
    /// The queue holds about 200 KiB; EMSGSIZE for a message beyond that, EPIPE when the other
    /// end is closed.
    public func send(_ message: [UInt8]) throws(SystemError) -> Bool {
        precondition(!message.isEmpty, "an empty message cannot be told from a closed socket")
        return try sendBytes(number, message, "message socket") != nil
    }

    /// The next message, nil when there is none; EMSGSIZE for one beyond the maximum, which is
    /// lost.
    public func receive(maximum: Int = 65536) throws(SystemError) -> Arrival? {
        // One byte more than allowed tells a cut message from a whole one.
        guard let bytes = try receiveBytes(number, maximum: maximum + 1, "message socket") else {
            return nil
        }
        if bytes.count > maximum {
            throw SystemError(call: "recv", errno: .messageTooLong, object: "message socket")
        }
        return bytes.isEmpty ? .closed : .message(bytes)
    }
}
