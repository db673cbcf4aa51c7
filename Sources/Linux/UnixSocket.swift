// Local stream sockets (unix(7)): a listener with a mode, connections whose caller is known before
// a byte is read, lines in both directions with limits. What the lines say is not known here.

import CLinux

/// Who is at the other end, as the kernel recorded it at connect (SO_PEERCRED).
public struct Credentials: Hashable, Sendable {
    /// The process.
    public let process: ProcessID
    /// Its effective user.
    public let user: UInt32
    /// Its effective group.
    public let group: UInt32

    /// Of the other end of a connected socket; of a listener's, whoever made it listen.
    fileprivate init(of number: Int32) throws(SystemError) {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
        try checked("getsockopt", "SO_PEERCRED") {
            // Sound: the shim writes the three numbers on our stack.
            unsafe baton_unix_credentials(number, &process, &user, &group)
        }
        self.process = ProcessID(rawValue: process)
        (self.user, self.group) = (user, group)
    }
}

/// A socket file that accepts connections.
public final class UnixListener {
    /// Where the socket file is.
    public let path: String
    private let socket: Descriptor

    /// Makes the socket file with exactly this mode and listens.
    ///
    /// A left-over file is removed first: a lock, not the socket, keeps a second instance out. No
    /// connection is possible before the mode is set, for listening begins after it.
    public init(_ path: String, mode: UInt32, backlog: Int32 = 16) throws(SystemError) {
        try Files.remove(path)
        let opened = try openSocket(AF_UNIX, streamSocket, 0, isNonBlocking: true, path)
        let number = opened.number
        try bindUnix(number, path)
        try Files.setMode(path, mode)
        try checked("listen", path) { listen(number, backlog) }
        self.path = path
        socket = opened
    }

    /// For the poller.
    public var number: Int32 { socket.number }

    /// The next connection, nil when nobody waits.
    public func accept(
        lineMaximum: Int = 65536,
        outputMaximum: Int = 1 << 20
    ) throws(SystemError) -> UnixConnection? {
        let number = number
        let accepted = try attempted("accept4", path) {
            baton_accept(number)
        }
        guard let accepted else { return nil }
        return try UnixConnection(
            Descriptor(adopting: accepted),
            path: path,
            lineMaximum: lineMaximum,
            outputMaximum: outputMaximum
        )
    }

    /// Removes the socket file; the caller does so before it ends.
    public func removeFile() throws(SystemError) { try Files.remove(path) }
}

/// One connection, lines in and out.
///
/// Never waits.
public final class UnixConnection {
    /// One step of reading.
    public enum Arrival: Equatable, Sendable {
        /// A whole line, without its end.
        case line([UInt8])
        /// The other end is closed; an unfinished line before it is dropped.
        case closed
        /// A line beyond the maximum: close the connection.
        case lineTooLong
    }

    /// Who is at the other end.
    public let credentials: Credentials
    /// The most bytes that wait to be sent.
    public let outputMaximum: Int

    private let path: String
    private let socket: Descriptor
    private var input: LineBuffer
    private var output: [UInt8] = []
    private var isClosed = false

    init(
        _ socket: consuming Descriptor,
        path: String,
        lineMaximum: Int,
        outputMaximum: Int
    ) throws(SystemError) {
        credentials = try Credentials(of: socket.number)
        self.path = path
        self.outputMaximum = outputMaximum
        self.socket = socket
        input = LineBuffer(maximum: lineMaximum)
    }

    /// For the poller.
    public var number: Int32 { socket.number }

    /// Whether bytes wait to be sent: then ask the poller for `writable` and call `flush`.
    public var wantsToWrite: Bool { !output.isEmpty }

    /// The next line or end, nil when there is nothing yet.
    ///
    /// Read until nil.
    public func next() throws(SystemError) -> Arrival? {
        while true {
            if let line = input.next() { return .line(line) }
            if input.hasOverflowed { return .lineTooLong }
            if isClosed { return .closed }
            switch try readBytes(number, maximum: 16384) {
            case .bytes(let bytes): input.append(bytes)
            case .nothingYet: return nil
            case .endOfStream: isClosed = true
            }
        }
    }

    /// Sends a line, adding its end; what the kernel does not take now waits for `flush`.
    ///
    /// ENOBUFS when more than `outputMaximum` would wait: a reader that slow is dropped by the
    /// caller. EPIPE when nobody reads any more.
    public func send(line: [UInt8]) throws(SystemError) {
        guard output.count + line.count < outputMaximum else {
            throw SystemError(call: "send", errno: .noBufferSpace, object: path)
        }
        output += line
        output.append(UInt8(ascii: "\n"))
        try flush()
    }

    /// Sends what waits, as far as the kernel takes it.
    public func flush() throws(SystemError) {
        while !output.isEmpty {
            guard let count = try sendBytes(number, output, path) else { return }
            output.removeFirst(count)
        }
    }
}

/// The client's side of a connection: it waits, each time up to a limit.
public final class UnixClient {
    /// Who listens there.
    public let credentials: Credentials
    private let path: String
    private let socket: Descriptor
    private var input: LineBuffer

    /// Connects; waits up to the limit while the listener's queue is full.
    ///
    /// ENOENT or ECONNREFUSED when nobody listens.
    public init(
        _ path: String,
        waitingMilliseconds: Int,
        lineMaximum: Int = 1 << 20
    ) throws(SystemError) {
        let opened = try openSocket(AF_UNIX, streamSocket, 0, isNonBlocking: false, path)
        let number = opened.number
        // SO_SNDTIMEO bounds connect(2) too (unix(7)); its end comes as EAGAIN.
        try setTimeout(number, milliseconds: waitingMilliseconds)
        do {
            try connectUnix(number, path)
        } catch {
            guard error.errno == .wouldBlock else { throw error }
            throw SystemError(call: "connect", errno: .timedOut, object: path)
        }
        credentials = try Credentials(of: number)
        self.path = path
        socket = opened
        input = LineBuffer(maximum: lineMaximum)
    }

    /// What comes first, of a protocol that has no lines: up to 16 KiB; empty when the other end is closed, ETIMEDOUT
    /// beyond the limit.
    public func firstBytesWaiting(milliseconds: Int) throws(SystemError) -> [UInt8] {
        try setTimeout(socket.number, milliseconds: max(1, milliseconds))
        guard let bytes = try receiveBytes(socket.number, maximum: 16384, path) else {
            throw SystemError(call: "recv", errno: .timedOut, object: path)
        }
        return bytes
    }

    /// Sends a line, waiting up to the limit; ETIMEDOUT beyond it.
    public func sendWaiting(line: [UInt8], milliseconds: Int) throws(SystemError) {
        try setTimeout(socket.number, milliseconds: max(1, milliseconds))
        var rest = line + [UInt8(ascii: "\n")]
        while !rest.isEmpty {
            guard let count = try sendBytes(socket.number, rest, path) else {
                throw SystemError(call: "send", errno: .timedOut, object: path)
            }
            rest.removeFirst(count)
        }
    }

    /// The next line, nil when the other end is closed; ETIMEDOUT beyond the limit, after which it
    /// may be asked again.
    ///
    /// EFBIG for a line beyond the maximum.
    public func nextLineWaiting(milliseconds: Int) throws(SystemError) -> [UInt8]? {
        let deadline = BootClock.now + Int64(milliseconds) * 1_000_000
        while true {
            if let line = input.next() { return line }
            if input.hasOverflowed {
                throw SystemError(call: "recv", errno: .tooLarge, object: path)
            }
            let rest = (deadline - BootClock.now) / 1_000_000
            if rest < 0 { throw SystemError(call: "recv", errno: .timedOut, object: path) }
            // A timeout of zero would mean for ever.
            try setTimeout(socket.number, milliseconds: max(1, Int(rest)))
            guard let bytes = try receiveBytes(socket.number, maximum: 16384, path) else {
                continue
            }
            if bytes.isEmpty { return nil }
            input.append(bytes)
        }
    }
}
