// Connections of an address that leaves are cut while it is still here: only then does the reset reach the client, who
// would wait for an answer from a node that knows nothing of the connection. Some milliseconds in a turn, so that beats
// leave on time; when the address leaves, and why, is the core's.

import Configuration
import Failover
import Linux

/// Where the cutting of connections stands.
struct ConnectionCutting {
    /// For so long one turn does it; connections of one step are ended together.
    static let slice: Int64 = 4_000_000
    static let stepMaximum = 32
    /// The longest that addresses wait for it, however many leave together: an address that must go before the other
    /// node takes it (S12) does.
    static let budget: Int64 = 200_000_000

    let module = KernelModule(ConnectionCut.module)

    /// The addresses that leave next.
    fileprivate var current: ConnectionCut?
    /// The operation whose connections were cut last.
    fileprivate var done: OperationID?
    /// Since when addresses that leave together have waited; nil while none does.
    fileprivate var since: Int64?
    /// Whether the log has heard that this kernel cannot.
    fileprivate var hasToldLack = false
}

extension Loop {
    /// Whether an operation of addresses may go on: all but a stop at once, a stop when its connections are cut.
    ///
    /// The last look at the connections is in the turn in which the address leaves.
    func hasCutConnections(of operation: Operation, _ wishes: [AddressWish]) -> Bool {
        // Who is cut off reaches no client.
        guard operation.action == .stop, !operation.isUrgent, loaded.cluster.cutsConnections else {
            return true
        }
        let leaving = Set(wishes.map(\.address))
        if cutting.current?.addresses != leaving {
            // Half of them are gone already, and nothing is to do for those that are not here.
            guard cutting.done != operation.id, !view.places(ofAll: leaving).isEmpty else {
                return true
            }
            if let since = cutting.since, BootClock.now - since >= ConnectionCutting.budget {
                return true
            }
        }
        do throws(SystemError) {
            try cutting.module.require()
            let cut: ConnectionCut
            if let current = cutting.current {
                cut = current
            } else {
                cut = try ConnectionCut(leaving)
                cutting.current = cut
            }
            let since = cutting.since ?? BootClock.now
            cutting.since = since
            let turn = BootClock.now
            var step = ConnectionCut.Step.more
            while step == .more, BootClock.now - turn < ConnectionCutting.slice {
                step = try cut.advance(maximum: ConnectionCutting.stepMaximum)
            }
            if step == .more, BootClock.now - since < ConnectionCutting.budget { return false }
            if cut.count > 0 {
                let rest = step == .more ? "; there were more than could be cut in time" : ""
                let noun = cut.count == 1 ? "connection" : "connections"
                let name =
                    wishes.count == 1
                    ? "\(wishes[0].address), which leaves"
                    : "\(wishes.count) addresses, which leave"
                log.say(.info, "cut \(cut.count) \(noun) of \(name)\(rest)")
            }
        } catch {
            tellLack(error)
        }
        cutting.current = nil
        cutting.done = operation.id
        return true
    }

    /// No address is leaving any more: the next one has its whole time again.
    func endCutting() {
        if addressOperations.isEmpty { cutting.since = nil }
    }

    private func tellLack(_ error: SystemError) {
        guard !cutting.hasToldLack else { return }
        cutting.hasToldLack = true
        log.say(
            .warning,
            "cannot cut the connections of an address that leaves: \(error); clients notice only when they send "
                + "something. A kernel with CONFIG_INET_DIAG_DESTROY can, once this is typed: modprobe tcp_diag"
        )
    }
}
