// A TCP port that accepts connections, on all addresses of one family. Who may say what over them, and how
// many there may be, is the caller's.

import CLinux

/// A listening socket, non-blocking and close-on-exec.
///
/// A fork keeps it; connections wait in the kernel (at most `backlog`) until one of the processes that have
/// it accepts them.
public final class TCPListener {
    /// Which addresses of this machine it listens on.
    public enum Family: Sendable, CaseIterable {
        /// All of IPv4.
        case v4
        /// All of IPv6, and those alone (IPV6_V6ONLY).
        case v6
    }

    /// On whose addresses it listens; nil for one taken over from another process.
    public let family: Family?
    /// The port, also where the kernel chose it.
    public let port: UInt16
    private let socket: Descriptor

    /// Listens.
    ///
    /// - Parameters:
    ///   - family: on whose addresses.
    ///   - port: 1...65535, or 0 for any that is free.
    ///   - backlog: connections that wait to be accepted.
    /// - Throws: `SystemError`: EADDRINUSE while another socket listens on the port, EACCES for a port below
    ///   1024 without the right to it, EAFNOSUPPORT where the machine has no IPv6.
    public init(_ family: Family, port: UInt16, backlog: Int32 = 16) throws(SystemError) {
        let opened = try openSocket(
            family == .v4 ? AF_INET : AF_INET6,
            streamSocket,
            0,
            isNonBlocking: true,
            "TCP port \(port)"
        )
        let number = opened.number
        // Connections of an earlier process that are still being closed do not matter.
        try setOption(number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
        if family == .v6 {
            try setOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1, "IPV6_V6ONLY")
        }
        try bindAddress(
            number,
            [UInt8](repeating: 0, count: family == .v4 ? 4 : 16),
            port: port
        )
        try checked("listen", "TCP port \(port)") { listen(number, backlog) }
        self.port = UInt16(
            truncatingIfNeeded: try checked("getsockname") { baton_bound_port(number) }
        )
        self.family = family
        socket = opened
    }

    /// Takes over a socket that listens, inherited over exec for instance.
    public init(adopting number: Int32) {
        family = nil
        socket = Descriptor(adopting: number)
        port = UInt16(truncatingIfNeeded: max(0, baton_bound_port(number)))
    }

    /// Whether an exec hands it to the next program.
    public func setCloseOnExec(_ closes: Bool) throws(SystemError) {
        try socket.setCloseOnExec(closes)
    }

    /// For the poller, and for a fork that keeps it.
    public var number: Int32 { socket.number }

    /// The next connection, nil when none waits.
    ///
    /// ECONNABORTED and the like for one that was gone again; EMFILE where there is no descriptor for it.
    public func accept() throws(SystemError) -> TCPStream? {
        let number = number
        let accepted = try attempted("accept4", "TCP port \(port)") { baton_accept(number) }
        guard let accepted else { return nil }
        return try TCPStream(accepted: Descriptor(adopting: accepted))
    }
}
