// `address_last`: an address is held from its place in haresources on, and closed to other machines until everything of
// its group runs. It is derived from the phase that the core tells; what must not wait for a disk does not.

import Configuration
import Failover
import Linux

/// Which addresses are closed.
struct AddressGate {
    /// The closed ones.
    fileprivate var closed: Set<Linux.IPAddress> = []
    /// The groups they belong to.
    fileprivate var groups: Set<Int> = []
    fileprivate var filter: PacketFilter?
    fileprivate let module = KernelModule(PacketFilter.module)
    /// Whether the log has heard that this kernel cannot.
    fileprivate var hasToldLack = false

    /// The groups whose addresses are closed, after those that were.
    ///
    /// One that begins is closed until it is active or nothing of it runs; one whose daemon began anew is not closed: it
    /// may serve.
    static func closed(_ before: Set<Int>, _ phases: [GroupPhase]) -> Set<Int> {
        Set(
            phases.indices.filter { group in
                switch phases[group] {
                case .claiming, .starting: true
                case .stopping, .unsafe, .suspended: before.contains(group)
                case .unknown, .standby, .active, .offered, .failed: false
                }
            }
        )
    }
}

extension Loop {
    /// Closes and opens addresses as the phases of their groups say; before what the core asks for is done.
    func gateAddresses() {
        guard loaded.cluster.opensAddressesLast || !gate.groups.isEmpty else { return }
        let groups =
            loaded.cluster.opensAddressesLast
            ? AddressGate.closed(gate.groups, core.phases) : []
        guard groups != gate.groups else { return }
        gate.groups = groups
        let addresses = groups.flatMap { loaded.groupWishes[$0].map(\.address) }
        let opened = gate.closed.subtracting(addresses)
        gate.closed = Set(addresses)
        do throws(SystemError) {
            try gate.module.require()
            let filter: PacketFilter
            if let current = gate.filter {
                filter = current
            } else {
                filter = try PacketFilter(table: "baton-\(ProcessID.current)")
                gate.filter = filter
            }
            try filter.close(addresses)
            if !opened.isEmpty {
                let texts = opened.map { "\($0)" }.sorted().prefix(3).joined(separator: ", ")
                let rest = opened.count > 3 ? " and \(opened.count - 3) more" : ""
                log.say(.info, "address_last: \(texts)\(rest): open to clients")
            }
        } catch {
            // A filter that is in doubt is given up with all that it closed.
            gate.filter = nil
            tellLack(error)
        }
    }

    private func tellLack(_ error: SystemError) {
        guard !gate.hasToldLack else { return }
        gate.hasToldLack = true
        log.say(
            .warning,
            "address_last: addresses are open as soon as they are held: \(error). A kernel with nf_tables can, once this "
                + "is typed: modprobe nf_tables"
        )
    }
}
