// How often each resource is asked whether it serves, and that question as a watch beside those of mon.cf: the same
// schedule, the same counts, the same words. What follows from a failure is the core's.

internal import Failover
public import Monitoring

/// The directive `monitor_interval` over the defaults of the types.
public struct MonitorIntervals: Equatable, Sendable {
    /// One line.
    public struct Rule: Equatable, Sendable {
        /// A type or the text of a resource; nil for all.
        public var subject: String?
        /// From one question to the next; nil: never.
        public var interval: Duration?
    }

    /// The lines of ha.cf, in order.
    public var rules: [Rule]

    /// Makes the table; without rules it has the built-in values alone.
    public init(rules: [Rule] = []) {
        self.rules = rules
    }

    /// Of the built-in types.
    static let standard = Duration.seconds(10)

    /// How often a resource is asked; nil: never.
    ///
    /// The most particular line counts: for the resource's text, then for its type, then for all; of two equal ones
    /// the later. Without a line the built-in types and units that are called so are asked every 10 s, others never: a script's `status` may say
    /// anything. Addresses and the watching of mon.cf are the daemon's own, and never asked.
    public func interval(for resource: Resource) -> Duration? {
        guard !resource.isOfAddresses, !resource.isMonitor else { return nil }
        let rule =
            rules.last { $0.subject == resource.text } ?? rules.last { $0.subject == resource.type }
            ?? rules.last { $0.subject == nil }
        if let rule { return rule.interval }
        return Directive.isProgram(resource.type, arguments: resource.arguments)
            || resource.type == ResourceLookup.unitType
            ? MonitorIntervals.standard : nil
    }
}

extension ClusterConfiguration {
    /// The program of a service that stands for a resource; its arguments are type and arguments of the resource.
    public static let resourceProgram = "resource"

    /// The resources of a group that are asked, as a watch; nil when none is.
    ///
    /// Its name is the group's (`ResourceGroup.watchName`). A failed DRBD resource moves the group, for nothing here mends a disk; for any other
    /// resource the group is started anew first.
    public func resourceWatch(_ group: ResourceGroup) -> MonitorConfiguration.Watch? {
        let services = group.resources.compactMap { resource -> MonitoredService? in
            guard let interval = intervals.interval(for: resource) else { return nil }
            var service = MonitoredService(name: resource.text)
            service.interval = interval
            service.monitor = .init(
                program: ClusterConfiguration.resourceProgram,
                arguments: [resource.type] + resource.arguments
            )
            service.appendsHosts = false
            service.action = resource.type == "drbddisk" ? .standby : .restart
            service.monitorTimeout = timeouts.limit(for: resource, .status)
            service.startGrace = .zero
            return service
        }
        guard !services.isEmpty else { return nil }
        return MonitorConfiguration.Watch(group: group.watchName, services: services)
    }

    /// Everything that is watched, of mon.cf and of the resources; nil when nothing is.
    ///
    /// A host group of mon.cf that has a group's name keeps it, and the group's resources are not watched: `check`
    /// says so.
    public var watched: MonitorConfiguration? {
        var result = monitors ?? MonitorConfiguration()
        var taken = Set(result.watches.map(\.group))
        for watch in groups.compactMap(resourceWatch) where taken.insert(watch.group).inserted {
            result.hostgroups.append(.init(tag: watch.group, members: []))
            result.watches.append(watch)
        }
        return result.watches.isEmpty ? nil : result
    }
}

extension ResourceGroup {
    /// The group as the name of a watch, in which a slash would begin the service's name.
    public var watchName: String { String(name.map { $0 == "/" ? "_" : $0 }) }
}

extension Resource {
    /// Whether the resource is the watching of mon.cf.
    public var isMonitor: Bool { type == "monitor" || type == "mon" }
}
