// ICMP echoes to the ping nodes of ha.cf, in the loop. When to ask and what an answer means is the core's.

import Failover
import Linux

/// The echo sockets of the loop, one for each family that a ping node is of.
final class EchoSockets {
    private let socket: EchoSocket?
    private let socket6: EchoSocket?
    private var sequence: UInt16 = 0

    /// Opens what the nodes need; `nil` where there are none.
    ///
    /// - Throws: EPERM where neither raw nor ping sockets are allowed.
    init?(_ nodes: [PingNode], poller: Poller) throws(SystemError) {
        let hosts = nodes.flatMap(\.hosts)
        guard !hosts.isEmpty else { return nil }
        socket = hosts.contains { !$0.isIPv6 } ? try EchoSocket(isIPv6: false) : nil
        socket6 = hosts.contains(where: \.isIPv6) ? try EchoSocket(isIPv6: true) : nil
        if let socket { try poller.add(socket.number, token: Loop.Token.echo) }
        if let socket6 { try poller.add(socket6.number, token: Loop.Token.echo6) }
    }

    /// Asks a host once; what cannot be sent is a question without an answer.
    func ask(_ host: Failover.IPAddress) {
        sequence &+= 1
        let socket = host.isIPv6 ? socket6 : socket
        ignoring { () throws(SystemError) in
            try socket?.ask(Linux.IPAddress(host), sequence: sequence)
        }
    }

    /// Who answered, on a socket that is ready.
    func answers(_ token: UInt64) -> [Event] {
        guard let socket = token == Loop.Token.echo6 ? socket6 : socket else { return [] }
        var events: [Event] = []
        // Bounded; the rest comes next turn.
        for _ in 0..<64 {
            guard let answer = try? socket.next() else { break }
            if let host = Failover.IPAddress(bytes: answer.source.bytes) {
                events.append(.pingAnswered(host))
            }
        }
        return events
    }
}
