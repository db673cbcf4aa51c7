// The service monitors as the loop carries them out: what the room Monitoring asks to be run is run,
// what it finds failed is told to the core, group by group. When something is due and what counts as
// failed is Monitoring's; whether a group moves is the core's.

import Configuration
import Failover
import Linux
import Monitoring

/// A group's `monitor` resource: while it runs, its services are watched.
struct GroupMonitor: Equatable {
    /// The group's place.
    var group: Int
    /// The resource's place in it.
    var resource: Int
    /// The host groups it names; all of mon.cf's when it names none.
    var hostgroups: Set<String>
}

/// What the loop knows of the services it watches.
struct ServiceWatch {
    /// mon.cf's schedule and counts.
    var machine: MonitorMachine
    /// The groups' monitor resources.
    let monitors: [GroupMonitor]
    /// Where programs are.
    let places: MonitorPlaces
    /// The host groups watched now.
    var watched: Set<String> = []
    /// Which monitor resources run, as last seen.
    var running: [Bool]
    /// What the core was last told of each group.
    var told: [Int: [HealthFailure]] = [:]
    /// Runs on their way in the helper, by its number.
    var runs: [UInt64: RunID] = [:]

    /// What is watched by this configuration; `nil` when nothing is.
    init?(_ loaded: LoadedConfiguration, _ paths: DaemonPaths, seed: UInt64, disabled: [String]) {
        guard let configuration = loaded.cluster.monitors else { return nil }
        let all = Set(configuration.watches.map(\.group))
        monitors = loaded.cluster.groups.enumerated().flatMap { place, group in
            group.resources.enumerated().compactMap { index, resource in
                guard resource.isMonitor else { return nil }
                let named = Set(resource.arguments)
                return GroupMonitor(
                    group: place,
                    resource: index,
                    hostgroups: named.isEmpty ? all : named
                )
            }
        }
        guard !monitors.isEmpty else { return nil }
        machine = MonitorMachine(configuration, seed: seed, disabled: disabled)
        running = monitors.map { _ in false }
        places = MonitorPlaces(
            configuration: paths.configuration,
            mondir: configuration.global("mondir"),
            alertdir: configuration.global("alertdir")
        )
    }

    /// The failures that may move a group, for the core.
    func failures(of group: Int) -> [HealthFailure] {
        let hostgroups = monitors.indices.reduce(into: Set<String>()) { result, place in
            guard monitors[place].group == group, running[place] else { return }
            result.formUnion(monitors[place].hostgroups)
        }
        guard !hostgroups.isEmpty else { return [] }
        return machine.failures.compactMap { failure in
            guard hostgroups.contains(failure.hostgroup) else { return nil }
            let action: HealthAction
            switch failure.action {
            case .standby: action = .standby
            case .restart: action = .restart
            case .notify: return nil
            }
            return HealthFailure(
                name: failure.service,
                incident: failure.incident,
                action: action,
                text: failure.summary
            )
        }
    }

    /// The names of the groups that watch a host group.
    func groups(watching hostgroup: String, _ loaded: LoadedConfiguration) -> [String] {
        monitors.filter { $0.hostgroups.contains(hostgroup) }
            .map { loaded.cluster.groups[$0.group].name }
    }
}

extension Resource {
    /// Whether the resource is the watching of mon.cf.
    var isMonitor: Bool { type == "monitor" || type == "mon" }
}

extension LoadedConfiguration {
    /// Whether the helper of checks has anything to do.
    var needsChecks: Bool {
        cluster.monitors != nil && cluster.groups.contains { $0.resources.contains(where: \.isMonitor) }
            || !cluster.notifications.isEmpty
    }
}

extension Loop {
    /// The time as Monitoring wants it.
    var monitorTime: MonitorTime {
        let second = WallClock.now / 1_000_000_000
        let local = WallClock.localTime(atSecond: second)
        return MonitorTime(
            elapsed: .nanoseconds(now),
            epoch: second,
            civil: CivilTime(
                year: local.year,
                month: local.month,
                day: local.day,
                weekday: local.weekday + 1,
                yearDay: local.yearDay,
                hour: local.hour,
                minute: local.minute,
                second: local.second
            )
        )
    }

    /// When the services next want a turn.
    var servicesDeadline: Int64? {
        let machine = services?.machine.nextDeadline.map(\.nanoseconds)
        return [machine, connections.nextDeadline].compactMap(\.self).min()
    }

    /// Looks at what runs, what is due and what is overdue; called at each turn.
    func watchServices() {
        guard services != nil, hasBegun else { return }
        noteWhatRuns()
        for ended in connections.expire(at: now) { ended(run: ended.run, ended.ending) }
        if let due = services?.machine.nextDeadline, due.nanoseconds <= now { feedServices(.timeReached) }
    }
}
