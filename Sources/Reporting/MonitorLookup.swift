// Which services an administrator means: a service as status prints it, a host group, or a service's own
// name where only one host group has it.

public import Failover

/// What a typed name of a service or host group stands for.
public enum MonitorLookup: Equatable, Sendable {
    /// One service, `HOSTGROUP/SERVICE`.
    case service(String)
    /// All services of a host group.
    case hostGroup(String)
    /// None; these are known, in the order of mon.cf.
    case unknown(known: [String])
    /// Several.
    case ambiguous([String])

    /// Looks `typed` up: the whole name stands before a host group, that before a service's own name.
    public init(_ typed: String, in status: Status) {
        let names = status.monitors.map(\.name)
        if names.contains(typed) {
            self = .service(typed)
            return
        }
        if Self.hostGroups(of: status).contains(typed) {
            self = .hostGroup(typed)
            return
        }
        let sameService = names.filter { $0.hasSuffix("/" + typed) }
        switch sameService.count {
        case 0: self = .unknown(known: names)
        case 1: self = .service(sameService[0])
        default: self = .ambiguous(sameService)
        }
    }

    /// The host groups that are watched, in the order of mon.cf.
    public static func hostGroups(of status: Status) -> [String] {
        var found: [String] = []
        for monitor in status.monitors {
            let group = String(monitor.name.prefix { $0 != "/" })
            // Services of one host group stand together.
            if found.last != group { found.append(group) }
        }
        return found
    }
}
