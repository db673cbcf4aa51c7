// Sockets of the tests' own: a port that accepts, refuses or swallows.

import Glibc
import Testing

/// A port of all of 127.0.0.0/8.
final class TCPServer {
    let number: Int32
    let port: UInt16

    /// A backlog of nil takes the port and does not listen.
    init(backlog: Int32? = 16) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        try #require(number >= 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = number
        // Sound: the name lives through each call, with its own length.
        let taken = unsafe withUnsafeMutablePointer(to: &name) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(taken)
        port = UInt16(bigEndian: name.sin_port)
        if let backlog { try #require(listen(number, backlog) == 0) }
    }

    deinit { close(number) }
}

/// A connection that does nothing.
final class TCPClient {
    let number: Int32

    init(_ port: UInt16) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let descriptor = number
        // Sound: as above.
        let connected = unsafe withUnsafePointer(to: &name) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
    }

    deinit { close(number) }
}
