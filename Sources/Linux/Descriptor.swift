// One open file of the kernel, closed exactly once. Every descriptor made in this room is
// close-on-exec; the few that must survive an exec are released from that by name. Reading and
// writing here never wait when the descriptor is non-blocking, which all of the loop's are.

import CLinux

/// What a read of a non-blocking descriptor gave.
public enum ReadOutcome: Equatable, Sendable {
    /// At least one byte.
    case bytes([UInt8])
    /// Nothing now; wait until it is readable.
    case nothingYet
    /// The other end is closed and all is read.
    case endOfStream
}

/// An owned file descriptor.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, valid while this value lives; for the poller and for messages.
    public let number: Int32

    /// Takes over a number from elsewhere (inherited over exec, say); closes it at the end.
    public init(adopting number: Int32) {
        self.number = number
    }

    deinit {
        // The result is ignored: Linux has freed the number whatever close(2) says.
        _ = close(number)
    }

    /// Gives the number away without closing it.
    public consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// A second descriptor of the same open file (so it shares locks and offsets).
    public borrowing func duplicate() throws(SystemError) -> Descriptor {
        let number = number
        return Descriptor(
            adopting: try checked("dup", "\(number)") { baton_duplicate(number) }
        )
    }

    /// Whether an exec closes it (as all here are) or hands it to the next program.
    public borrowing func setCloseOnExec(_ closes: Bool) throws(SystemError) {
        let number = number
        try checked("fcntl", "\(number)") { baton_set_close_on_exec(number, closes) }
    }

    /// Whether reads and writes wait.
    public borrowing func setNonBlocking(_ isNonBlocking: Bool) throws(SystemError) {
        let number = number
        try checked("fcntl", "\(number)") { baton_set_nonblocking(number, isNonBlocking) }
    }

    /// One read(2) of at most `maximum` bytes.
    public borrowing func read(maximum: Int) throws(SystemError) -> ReadOutcome {
        try readBytes(number, maximum: maximum)
    }

    /// One write(2): the number of bytes taken, nil when it would block.
    ///
    /// A pipe or socket without reader gives EPIPE; SIGPIPE must be ignored (`Signal.ignore`).
    public borrowing func write(_ bytes: [UInt8]) throws(SystemError) -> Int? {
        try writeBytes(number, bytes[...])
    }
}

/// Two descriptors: bytes written to `writer` come out of `reader`.
@frozen
public struct Pipe: ~Copyable, Sendable {
    /// Where bytes come out.
    public let reader: Descriptor
    /// Where bytes go in.
    ///
    /// It waits when the pipe is full, as programs expect of their output.
    public let writer: Descriptor

    /// Makes a pipe, close-on-exec at both ends.
    public init(nonBlockingReader: Bool) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try checked("pipe2") {
            // Sound: the array has the two numbers that pipe2(2) fills.
            unsafe baton_pipe(&ends)
        }
        let reader = Descriptor(adopting: ends[0])
        let writer = Descriptor(adopting: ends[1])
        if nonBlockingReader { try reader.setNonBlocking(true) }
        self.reader = reader
        self.writer = writer
    }
}

/// One read(2); shared by all that hold descriptors.
func readBytes(_ number: Int32, maximum: Int) throws(SystemError) -> ReadOutcome {
    var failure: SystemError?
    var count: Int? = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: maximum) { room, filled in
        do throws(SystemError) {
            // Sound: the kernel writes at most `maximum` bytes into room for that many, and the
            // array is told how many of them it initialised.
            count = try attempted("read", "descriptor \(number)") {
                unsafe read(number, room.baseAddress, maximum)
            }
            filled = count ?? 0
        } catch {
            failure = error
            filled = 0
        }
    }
    if let failure { throw failure }
    guard let count else { return .nothingYet }
    return count == 0 ? .endOfStream : .bytes(bytes)
}

/// One write(2); nil when it would block.
func writeBytes(_ number: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int? {
    try attempted("write", "descriptor \(number)") {
        // Sound: the pointer is used only inside, with the count that belongs to it.
        unsafe bytes.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) }
    }
}
