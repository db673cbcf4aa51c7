// One TCP connection that never waits: begin (or take over from `TCPListener`), see whether it is there,
// send, receive. What is said over it, and until when one waits, is the caller's; no name is resolved here.

import CLinux

/// Where a TCP connection goes, and from where.
public struct TCPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The host; IPv6 without zone, so no link-local one.
    public var address: IPAddress
    /// 1...65535.
    public var port: UInt16
    /// The own address to go out from; nil lets the kernel choose.
    ///
    /// Of the same family as `address`.
    public var source: IPAddress?

    /// An end to connect to.
    public init(_ address: IPAddress, port: UInt16, source: IPAddress? = nil) {
        self.address = address
        self.port = port
        self.source = source
    }

    /// `192.0.2.1:80`, `[2001:db8::1]:80`.
    public var description: String {
        switch address {
        case .v4(let address): "\(address):\(port)"
        case .v6(let address): "[\(address)]:\(port)"
        }
    }
}

/// bind(2) to an own address, 4 or 16 bytes; port 0 is chosen later.
func bindAddress(_ number: Int32, _ address: [UInt8], port: UInt16) throws(SystemError) {
    try checked("bind", IPAddress(bytes: address)?.description ?? "") {
        // Sound: the count is the array's, 4 or 16.
        unsafe baton_address_bind(number, address, address.count, port)
    }
}

/// A connection from its first packet on, non-blocking and close-on-exec.
///
/// Closing resets it (SO_LINGER 0), as load balancers end their checks: thousands of short
/// connections leave no TIME_WAIT behind here, and the other end learns at once that nobody is left.
public final class TCPStream {
    /// Where it goes.
    public let address: TCPAddress
    private let socket: Descriptor

    /// Sends the first packet of the connection.
    ///
    /// Throws what the own machine refuses at once: EMFILE, EADDRNOTAVAIL for a source that is not
    /// ours, ENETUNREACH without a route, and on the loopback device also ECONNREFUSED; `call` of
    /// the error is `connect` when it was the network's answer.
    public convenience init(connectingTo address: TCPAddress) throws(SystemError) {
        try self.init(connectingTo: address, sourcePort: 0)
    }

    /// Takes over a connection that `TCPListener` has accepted, which is there already.
    init(accepted socket: consuming Descriptor) throws(SystemError) {
        let number = socket.number
        var bytes = [UInt8](repeating: 0, count: 16)
        var port: UInt16 = 0
        let count = try checked("getpeername") {
            // Sound: the array has the room that the shim asks for.
            unsafe baton_address_of_peer(number, &bytes, &port)
        }
        guard let other = IPAddress(bytes: Array(bytes.prefix(Int(count)))) else {
            throw SystemError(call: "getpeername", errno: .invalidArgument, object: "")
        }
        try checked("setsockopt", "SO_LINGER") { baton_linger_not(number) }
        address = TCPAddress(other, port: port)
        self.socket = socket
    }

    init(connectingTo address: TCPAddress, sourcePort: UInt16) throws(SystemError) {
        self.address = address
        let family = Int32(address.address.family)
        let opened = try openSocket(family, streamSocket, 0, isNonBlocking: true, "\(address)")
        let number = opened.number
        try checked("setsockopt", "SO_LINGER") { baton_linger_not(number) }
        if address.source != nil || sourcePort != 0 {
            let source =
                address.source?.bytes ?? Array(repeating: 0, count: family == AF_INET ? 4 : 16)
            guard source.count == address.address.bytes.count else {
                throw SystemError(
                    call: "bind",
                    errno: .invalidArgument,
                    object: "\(address) from another family"
                )
            }
            try bindAddress(number, source, port: sourcePort)
        }
        let target = address.address.bytes
        do throws(SystemError) {
            try checked("connect", "\(address)") {
                // Sound: the count is the array's, 4 or 16.
                unsafe baton_address_connect(number, target, target.count, address.port)
            }
        } catch  where error.errno.rawValue == EINPROGRESS {
            // On its way, as nearly always.
        }
        socket = opened
    }

    /// For the poller: writable when `finishConnecting` has an answer.
    public var number: Int32 { socket.number }

    /// Whether the connection is there, false while it is on its way; throws why it will not be.
    ///
    /// ECONNREFUSED also where the socket met itself: a free port of the local range may be given to
    /// the connecting end, and TCP then connects it to itself.
    public func finishConnecting() throws(SystemError) -> Bool {
        let number = number
        var error: Int32 = 0
        try checked("getsockopt", "SO_ERROR") {
            var length = socklen_t(MemoryLayout<Int32>.size)
            // Sound: both live on our stack, and the length is the number's.
            return unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &length)
        }
        if error != 0 {
            throw SystemError(call: "connect", errno: Errno(rawValue: error), object: "\(address)")
        }
        guard isWritable else { return false }
        if baton_connected_to_itself(number) {
            throw SystemError(call: "connect", errno: .connectionRefused, object: "\(address)")
        }
        return true
    }

    /// Sends what the kernel takes now: the number of bytes, nil for none.
    public func send(_ bytes: [UInt8]) throws(SystemError) -> Int? {
        try sendBytes(number, bytes, "\(address)")
    }

    /// What has come, at most `maximum` bytes.
    public func receive(maximum: Int) throws(SystemError) -> ReadOutcome {
        guard let bytes = try receiveBytes(number, maximum: maximum, "\(address)") else {
            return .nothingYet
        }
        return bytes.isEmpty ? .endOfStream : .bytes(bytes)
    }

    /// Asked of the kernel, not of the caller's poller, so that a wake too many does no harm.
    private var isWritable: Bool {
        var entry = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        // Sound: one entry, on our stack, and the call does not wait.
        return unsafe poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLOUT) != 0
    }
}
