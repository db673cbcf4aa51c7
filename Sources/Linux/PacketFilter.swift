// Drops what comes from outside for some addresses of this machine, while the machine still has them and says so (ARP,
// ND, ICMP): a table of nf_tables that belongs to this program, so that it goes when the program ends, however it does.
// When that is right is the caller's.

import CLinux

/// The addresses that are closed.
public final class PacketFilter {
    /// The longest wait for an answer; far beyond what the kernel ever took.
    private static let answerMilliseconds = 200
    private static let receiveMaximum = 8192
    /// The module that does it.
    public static let module = "nf_tables"

    private let socket: Descriptor
    private let table: String
    private var sequence: UInt32 = 0

    /// Prepares it; nothing is dropped yet.
    ///
    /// - Parameter table: the table's name, of this program alone.
    /// - Throws: `SystemError`: EPROTONOSUPPORT where the kernel has no netfilter.
    public init(table: String) throws(SystemError) {
        self.table = table
        socket = try openSocket(
            AF_NETLINK,
            rawSocket,
            12,  // NETLINK_NETFILTER
            isNonBlocking: false,
            "nf_tables"
        )
        try setTimeout(socket.number, milliseconds: PacketFilter.answerMilliseconds)
    }

    /// Asks this kernel whether it can; it loads the module where that is missing.
    ///
    /// - Parameter table: a name of this program alone; such a table is made, empty, and removed.
    /// - Returns: whether it can; nil where that cannot be told.
    public static func isSupported(table: String) -> Bool? {
        do throws(SystemError) {
            try PacketFilter(table: table).close([])
            return true
        } catch {
            switch error.errno {
            case .notSupported, .protocolNotSupported, .notFound: return false
            default: return nil
            }
        }
    }

    /// From now on packets for these addresses are dropped, and for no others; all at once, or nothing of it.
    ///
    /// - Parameter addresses: those that are closed; none opens all.
    /// - Throws: `SystemError`: EOPNOTSUPP or ENOENT where the kernel lacks it, EPERM without the right.
    public func close(_ addresses: [IPAddress]) throws(SystemError) {
        let batch = FilterBatch(table: table, addresses: addresses)
        let messages = batch.messages(from: sequence &+ 1)
        let first = sequence &+ 1
        sequence &+= UInt32(messages.count)
        _ = try sendBytes(socket.number, messages.flatMap(\.bytes), "nf_tables")
        // The last message before the end is acknowledged; an error may come for any.
        let last = sequence &- 1
        while true {
            guard
                let bytes = try receiveBytes(
                    socket.number,
                    maximum: PacketFilter.receiveMaximum,
                    "nf_tables"
                )
            else { throw SystemError(call: "recv", errno: .timedOut, object: "nf_tables") }
            for message in NetlinkMessage.parse(bytes.span) ?? [] {
                guard message.sequence &- first < UInt32(messages.count),
                    let number = message.acknowledgement
                else { continue }
                if number != 0 {
                    throw SystemError(call: "nf_tables", errno: Errno(rawValue: number))
                }
                if message.sequence == last { return }
            }
        }
    }
}
