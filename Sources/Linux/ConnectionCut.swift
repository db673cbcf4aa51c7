// Ends the TCP connections of an address with a reset, as `ss -K` does (SOCK_DESTROY, CONFIG_INET_DIAG_DESTROY), a
// bounded number at a time: the other end learns at once that nobody answers there any more. The bytes are in
// ConnectionMessages.swift; when it is done is the caller's.
//
// The answers come within the call that asks. A receive timeout bounds it should that ever not hold.

import CLinux

/// The connections of some addresses on their way to their end.
public final class ConnectionCut {
    /// What a step did.
    public enum Step: Hashable, Sendable {
        /// As many as were allowed; there may be more.
        case more
        /// None is left, or they come faster than they are ended.
        case done
    }

    /// The module that does it.
    public static let module = "tcp_diag"

    /// The longest wait for an answer; far beyond what the kernel ever took.
    private static let answerMilliseconds = 50
    /// How many go into one datagram: their answers must fit the receive queue.
    private static let batchMaximum = 32
    /// How often all connections are looked through: what comes anew, and what the kernel skipped when those beside it
    /// went.
    private static let passMaximum = 4
    /// Also how much of a dump comes at a time: some seventy connections.
    private static let receiveMaximum = 8192

    /// Whose connections end.
    public let addresses: Set<IPAddress>
    /// How many were ended.
    public private(set) var count = 0

    private let dump: Descriptor
    private let requests: Descriptor
    /// Of the last dump, and of the last request.
    private var dumpNumber: UInt32 = 0
    private var sequence: UInt32 = 0
    /// Families that this pass has not asked for yet, and the one whose answers come.
    private var families: [UInt8] = []
    private var family: UInt8 = 0
    /// Whether answers of a dump wait in its socket.
    private var isDumping = false
    private var found: [ConnectionIdentity] = []
    private var passes = 0
    private var foundInPass = 0

    /// Prepares it; nothing is ended before `advance`.
    public init(_ addresses: Set<IPAddress>) throws(SystemError) {
        self.addresses = addresses
        dump = try ConnectionCut.open()
        requests = try ConnectionCut.open()
    }

    /// Ends up to `maximum` connections.
    ///
    /// Cost, measured with 5,000 on a veth pair in a process of SCHED_FIFO: 8 µs for each, most of it the reset on its
    /// way; and for each pass, also where there is nothing to end, a look through the kernel's table for each family,
    /// 0.4 ms.
    ///
    /// - Throws: `SystemError`: EOPNOTSUPP or ENOENT where the kernel lacks it, EPERM without the right.
    public func advance(maximum: Int) throws(SystemError) -> Step {
        var left = maximum
        while left > 0 {
            if !found.isEmpty {
                let batch = Array(found.suffix(min(left, ConnectionCut.batchMaximum)))
                found.removeLast(batch.count)
                try destroy(batch)
                left -= batch.count
            } else if isDumping {
                try readDump()
            } else if let family = families.popLast() {
                try ask(family)
            } else if passes == ConnectionCut.passMaximum || passes > 0 && foundInPass == 0 {
                return .done
            } else {
                passes += 1
                foundInPass = 0
                // IPv4 clients of a server that listens on both families have IPv6 sockets here.
                families = hasIPv4 ? [UInt8(AF_INET6), UInt8(AF_INET)] : [UInt8(AF_INET6)]
            }
        }
        return .more
    }

    /// Whether this kernel can do it; nil where that cannot be told.
    public static func isSupported() -> Bool? {
        do throws(SystemError) {
            let probe = try ConnectionCut([.v4(IPv4Address(127, 255, 255, 254))])
            try probe.ask(UInt8(AF_INET))
            while probe.isDumping { try probe.readDump() }
            // Port 0 is nobody's, so there is nothing to end.
            let nobody =
                [UInt8](repeating: 0, count: ConnectionIdentity.length - 8)
                + [UInt8](repeating: 0xff, count: 8)
            try probe.destroy([ConnectionIdentity(family: UInt8(AF_INET), bytes: nobody)])
            return true
        } catch {
            return error.errno == .notSupported || error.errno == .notFound ? false : nil
        }
    }

    // MARK: details

    private var hasIPv4: Bool { addresses.contains { $0.family == UInt8(AF_INET) } }

    private static func open() throws(SystemError) -> Descriptor {
        let descriptor = try openSocket(
            AF_NETLINK,
            rawSocket,
            NETLINK_SOCK_DIAG,
            isNonBlocking: false,
            "sock_diag"
        )
        try setTimeout(descriptor.number, milliseconds: answerMilliseconds)
        return descriptor
    }

    private func ask(_ family: UInt8) throws(SystemError) {
        self.family = family
        dumpNumber &+= 1
        let message = NetlinkMessage(
            type: ConnectionRequest.dumpType,
            flags: UInt16(NLM_F_REQUEST) | 0x300,  // NLM_F_DUMP
            sequence: dumpNumber,
            // The kernel picks out those of one address; of many, who reads.
            body: ConnectionRequest.dump(
                family: family,
                of: addresses.count == 1 ? addresses.first : nil
            )
        )
        _ = try sendBytes(dump.number, message.bytes, "sock_diag")
        isDumping = true
    }

    /// One datagram of the dump.
    private func readDump() throws(SystemError) {
        for message in try receive(dump) where message.sequence == dumpNumber {
            if message.type == UInt16(NLMSG_DONE) {
                isDumping = false
            } else if let number = message.acknowledgement, number != 0 {
                isDumping = false
                let error = failure("SOCK_DIAG_BY_FAMILY", number)
                // A kernel without IPv6 has no sockets of it that an IPv4 client could have.
                let isForeign =
                    family == UInt8(AF_INET6) && hasIPv4 && error.errno == .notFound
                if !isForeign { throw error }
            } else if let connection = ConnectionIdentity(message),
                connection.address.map(addresses.contains) ?? false
            {
                found.append(connection)
                foundInPass += 1
            }
        }
    }

    private func destroy(_ connections: [ConnectionIdentity]) throws(SystemError) {
        let first = sequence &+ 1
        var bytes: [UInt8] = []
        for connection in connections {
            sequence &+= 1
            bytes +=
                NetlinkMessage(
                    type: ConnectionRequest.destroyType,
                    flags: UInt16(NLM_F_REQUEST | NLM_F_ACK),
                    sequence: sequence,
                    body: ConnectionRequest.destroy(connection)
                ).bytes
        }
        _ = try sendBytes(requests.number, bytes, "sock_diag")
        var waiting = connections.count
        while waiting > 0 {
            for message in try receive(requests) {
                guard Int(message.sequence &- first) < connections.count,
                    let number = message.acknowledgement
                else { continue }
                waiting -= 1
                switch Errno(rawValue: number) {
                case Errno(rawValue: 0): count += 1
                case .notFound: break  // It has ended by itself.
                default: throw failure("SOCK_DESTROY", number)
                }
            }
        }
    }

    private func receive(_ socket: borrowing Descriptor) throws(SystemError) -> [NetlinkMessage] {
        guard
            let bytes = try receiveBytes(
                socket.number,
                maximum: ConnectionCut.receiveMaximum,
                "sock_diag"
            )
        else {
            throw SystemError(call: "recv", errno: .timedOut, object: "sock_diag")
        }
        guard let messages = NetlinkMessage.parse(bytes.span) else {
            throw SystemError(call: "recv", errno: .badMessage, object: "sock_diag")
        }
        return messages
    }

    private func failure(_ call: String, _ number: Int32) -> SystemError {
        SystemError(
            call: call,
            errno: Errno(rawValue: number),
            object: addresses.first.map { "\($0)" } ?? ""
        )
    }
}
