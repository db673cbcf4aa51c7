// The datagram to the service manager (sd_notify(3)), and the sender of datagrams to a local address
// that it shares with the system log. Neither ever waits.

import CLinux

/// The service manager's ear (sd_notify(3)).
public final class ServiceManager {
    private let sender: DatagramSender

    /// The manager that started this process, nil when none asked to be told.
    ///
    /// Reads NOTIFY_SOCKET and removes it, so that no child speaks for this process.
    public static func ofThisProcess() -> ServiceManager? {
        guard let address = ThisProcess.environment("NOTIFY_SOCKET") else { return nil }
        ThisProcess.unsetEnvironment("NOTIFY_SOCKET")
        return ServiceManager(address: address)
    }

    /// A manager at a path, or at an abstract name written with `@` in front.
    public init(address: String) { sender = DatagramSender(address) }

    /// Sends assignments such as `READY=1`, `MAINPID=17`, `STATUS=text`, `WATCHDOG=1`; all of one
    /// call in one datagram.
    ///
    /// EAGAIN when the manager does not read.
    public func notify(_ assignments: String...) throws(SystemError) {
        try sender.send(Array(assignments.joined(separator: "\n").utf8))
    }
}

/// Datagrams to one local address, which need not exist yet.
///
/// Connected at the first send, and again after the listener was made anew.
final class DatagramSender {
    private let address: String
    private var socket: Descriptor?

    init(_ address: String) { self.address = address }

    func send(_ bytes: [UInt8]) throws(SystemError) {
        if socket != nil {
            do {
                try sendOnce(bytes)
                return
            } catch {
                // The listener went away: one new attempt, at its successor.
                guard error.errno == .connectionRefused || error.errno == .notConnected else {
                    throw error
                }
            }
        }
        try connect()
        try sendOnce(bytes)
    }

    private func connect() throws(SystemError) {
        socket = nil
        let opened = try openSocket(AF_UNIX, datagramSocket, 0, isNonBlocking: true, address)
        let number = opened.number
        try connectUnix(number, address)
        socket = consume opened
    }

    private func sendOnce(_ bytes: [UInt8]) throws(SystemError) {
        guard let number = socket?.number else {
            throw SystemError(call: "send", errno: .notConnected, object: address)
        }
        guard try sendBytes(number, bytes, address) != nil else {
            throw SystemError(call: "send", errno: .wouldBlock, object: address)
        }
    }
}
