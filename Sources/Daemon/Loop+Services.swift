// The service monitors as the loop carries them out: what the room Monitoring asks to be run is run,
// what it finds failed is told to the core, group by group. When something is due and what counts as
// failed is Monitoring's; whether a group moves is the core's.

import Configuration
import Failover
import Linux
import Monitoring

/// A resource of a group while which runs something is watched: `monitor`, or the last of a group whose own resources are.
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
    /// The groups' monitor resources, and what stands for the watching of their own resources.
    let monitors: [GroupMonitor]
    /// The host groups that stand for the resources of a group.
    let resourceGroups: Set<String>
    /// Where programs are.
    let places: MonitorPlaces
    /// The host groups watched now.
    var watched: Set<String> = []
    /// Which monitor resources run, as last seen.
    var running: [Bool]
    /// Something happened since the core was last told.
    var isHealthStale = false
    /// Runs on their way in the helper, by its number.
    var runs: [UInt64: RunID] = [:]
    /// When to look again at what is remembered: a second is soon enough.
    var rememberAt: Int64 = 0

    /// What is watched by this configuration; `nil` when nothing is.
    init?(_ loaded: LoadedConfiguration, _ paths: DaemonPaths, seed: UInt64, memory: MonitorMemory)
    {
        guard let configuration = loaded.cluster.watched else { return nil }
        let cluster = loaded.cluster
        let all = Set((cluster.monitors?.watches ?? []).map(\.group))
        monitors = cluster.groups.enumerated().flatMap { place, group in
            var found = group.resources.enumerated().compactMap {
                index,
                resource -> GroupMonitor? in
                guard resource.isMonitor else { return nil }
                let named = Set(resource.arguments)
                return GroupMonitor(
                    group: place,
                    resource: index,
                    hostgroups: named.isEmpty ? all : named
                )
            }
            // The group's own resources are asked while the last of it runs.
            if !all.contains(group.watchName), cluster.resourceWatch(group) != nil {
                found.append(
                    GroupMonitor(
                        group: place,
                        resource: group.resources.count - 1,
                        hostgroups: [group.watchName]
                    )
                )
            }
            return found
        }
        resourceGroups = Set(cluster.groups.map(\.watchName)).subtracting(all)
        guard !monitors.isEmpty else { return nil }
        machine = MonitorMachine(
            configuration,
            seed: seed,
            disabled: memory.disabled.sorted(),
            passed: memory.passed.sorted()
        )
        running = monitors.map { _ in false }
        places = MonitorPlaces(configuration: paths.configuration, configuration)
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
            return HealthFailure(
                name: failure.service,
                incident: failure.incident,
                action: HealthAction(failure.action),
                text: failure.summary
            )
        }
    }

    /// Whether a service, `HOSTGROUP/SERVICE`, stands for a resource.
    func isResource(_ service: String) -> Bool {
        resourceGroups.contains(String(service.prefix { $0 != "/" }))
    }

    /// The names of the groups that watch a host group.
    func groups(watching hostgroup: String, _ loaded: LoadedConfiguration) -> [String] {
        monitors.filter { $0.hostgroups.contains(hostgroup) }
            .map { loaded.cluster.groups[$0.group].name }
    }
}

extension LoadedConfiguration {
    /// Whether the helper of checks has anything to do.
    var needsChecks: Bool {
        cluster.monitors != nil
            && cluster.groups.contains { $0.resources.contains(where: \.isMonitor) }
            || cluster.groups.contains { cluster.resourceWatch($0) != nil }
            || settings.groups.contains(where: \.isReplicated)
            || cluster.groups.contains { !$0.resourcesWithReadiness.isEmpty }
            || !cluster.notifications.isEmpty
            || cluster.groups.contains { $0.resources.contains { $0.list?.hook != nil } }
            || !cluster.stateHooks.isEmpty || !cluster.trackedScripts.isEmpty
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
        let due = services?.machine.nextDeadline.map(\.nanoseconds)
        return [due, connections.nextDeadline].compactMap(\.self).min()
    }

    /// Looks at what runs, what is due and what is overdue; called at each turn.
    func watchServices() {
        guard services != nil, hasBegun, exitCode == nil else { return }
        noteWhatRuns()
        if let due = services?.machine.nextDeadline, due.nanoseconds <= now {
            feedServices(.timeReached)
        }
        for ended in connections.take(at: now) { feedServices(.finished(ended.run, ended.ending)) }
        tellHealth()
        rememberPassed()
    }

    /// A daemon that goes on after this one gives no grace to what passed already; what a start of the group
    /// here makes run anew gets its own.
    private func rememberPassed() {
        guard let services, now >= services.rememberAt else { return }
        self.services?.rememberAt = now + 1_000_000_000
        let passed = Set(services.machine.passedServices)
        guard passed != memory.passed else { return }
        memory.passed = passed
        recorder.remember(memory)
    }

    /// Begins or ends the watching of host groups with the monitor resources that stand for them.
    private func noteWhatRuns() {
        guard let monitors = services?.monitors else { return }
        var wanted: Set<String> = []
        var hasChanged = false
        for place in monitors.indices {
            let monitor = monitors[place]
            let type = loaded.cluster.groups[monitor.group].resources[monitor.resource].type
            let runs =
                core.isRunning(resource: monitor.resource, of: monitor.group)
                && !checks.ownScripts.contains(type)
            guard runs != services?.running[place] else { continue }
            services?.running[place] = runs
            hasChanged = true
        }
        // Nearly every turn ends here.
        guard hasChanged, let running = services?.running else { return }
        services?.isHealthStale = true
        for (monitor, runs) in zip(monitors, running) where runs {
            wanted.formUnion(monitor.hostgroups)
        }
        guard wanted != services?.watched else { return }
        services?.watched = wanted
        feedServices(.watching(wanted.sorted()))
    }

    /// Gives one event to the schedule and does what it asks.
    func feedServices(_ event: MonitorEvent) {
        let time = monitorTime
        services?.isHealthStale = true
        for effect in services?.machine.handle(event, at: time) ?? [] {
            switch effect {
            case .run(let run): begin(run)
            case .cancel(let id): cancel(id)
            case .alert(let alert): begin(alert)
            case .changed(let change): tell(change)
            }
        }
    }

    /// Tells the core what failed, where that is news.
    func tellHealth() {
        guard tracked.isStale || services?.isHealthStale ?? false else { return }
        services?.isHealthStale = false
        let lost = tracked.failures
        for group in loaded.cluster.groups.indices {
            let failures = (services?.failures(of: group) ?? []) + lost
            guard failures != toldHealth[group] ?? [] else { continue }
            toldHealth[group] = failures
            queue.append(.healthChanged(group: group, failures))
        }
    }

    // MARK: running

    private func begin(_ run: MonitorRun) {
        // Not the whole of it: while a copy is held, each change of `runs` would copy them all.
        guard let places = services?.places else { return }
        // What cannot be read, or names a host to be looked up, is for the program, which says so or does so.
        if run.program == "tcp.monitor", checks.ownPrograms?.contains(run.program) != true,
            let options = try? TCPMonitorOptions(run.arguments + run.hosts), options.isNumeric
        {
            connections.begin(run.id, options, at: now)
            return
        }
        let isResource = services?.isResource(run.service) ?? false
        do {
            let number = try checks.run(
                isResource ? [] : places.monitor(run.program),
                resourceType: isResource ? run.arguments.first : nil,
                isResource ? Array(run.arguments.dropFirst()) : run.arguments + run.hosts,
                environment: run.environment,
                input: [],
                timeout: run.timeout.nanoseconds,
                isDetached: false
            )
            services?.runs[number] = run.id
        } catch {
            connections.refuse(run.id, error.text)
        }
    }

    private func cancel(_ id: RunID) {
        connections.cancel(id)
        guard let number = services?.runs.first(where: { $0.value == id })?.key else { return }
        services?.runs[number] = nil
        checks.cancel(number)
    }

    private func begin(_ alert: AlertRun) {
        guard let watch = services else { return }
        // By BATON_MONITOR the administrator's commands in it know that nobody typed them (S7).
        let what = "the alert \(alert.program) of \(alert.service)"
        do {
            let number = try checks.run(
                watch.places.alert(alert.program),
                alert.arguments,
                environment: alert.environment + ["BATON_MONITOR=\(alert.service)"],
                input: Array(alert.input.utf8),
                timeout: alert.timeout.nanoseconds,
                isDetached: true
            )
            alerts[number] = what
        } catch {
            log.say(.error, "\(what) was dropped: \(error.text)")
        }
    }

    /// A program of the helper of checks has ended.
    func takeCheck(_ message: [UInt8]) {
        guard let ended = checks.take(message) else { return }
        let output = String(decoding: ended.output, as: UTF8.self)
        if let run = services?.runs.removeValue(forKey: ended.id) {
            feedServices(.finished(run, RunEnding(ended.ending, output: output)))
            tellHealth()
        } else if takeLook(ended.id, ended.ending, output)
            || takeReplica(ended.id, ended.ending, output)
            || tracked.take(ended.id, ended.ending, output)
        {
            return
        } else if let what = alerts.removeValue(forKey: ended.id) {
            stateHooks.end(ended.id)
            listChanges?.end(ended.id)
            sayEnd(of: what, ended.ending, output)
        }
    }

    /// The helper of checks was replaced: what it ran is lost.
    func restartChecks() {
        for number in checks.restart() {
            if let run = services?.runs.removeValue(forKey: number) {
                feedServices(.finished(run, .lost))
            } else if takeLook(number, .undecided, "") || takeReplica(number, .undecided, "")
                || tracked.take(number, .undecided, "")
            {
                continue
            } else if let what = alerts.removeValue(forKey: number) {
                stateHooks.end(number)
                listChanges?.end(number)
                log.say(.error, "\(what) is on its own: the helper that ran it is gone")
            }
        }
        checks.push()
    }

    /// An alert or a message whose program did not do its work is said so; one that did is silent.
    private func sayEnd(of what: String, _ ending: CheckEnding, _ output: String) {
        let line = output.split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
        switch ending {
        case .exited(0), .undecided: break
        case .exited(let code): log.say(.warning, "\(what) ended with exit \(code)\(line)")
        case .killed(let signal): log.say(.warning, "\(what) was ended by \(signal)\(line)")
        case .timedOut: log.say(.warning, "\(what) took too long and was ended\(line)")
        case .notRun(let why): log.say(.error, "\(what) did not run: \(why)")
        }
    }

    private func tell(_ change: ServiceChange) {
        let text = change.summary.isEmpty ? "" : ": \(change.summary)"
        let (severity, code, words): (Severity, NoticeCode, String) =
            switch (change.from, change.to) {
            case (_, .failed): (change.isPage ? .page : .error, .monitorFailed, "failed")
            case (_, .unknown):
                (change.isPage ? .page : .warning, .monitorUnknown, "cannot be told")
            case (_, .disabled): (.info, .monitorDisabled, "is no longer watched")
            case (.disabled, _): (.info, .monitorEnabled, "is watched again")
            case (_, .ok): (.info, .monitorRecovered, "is ok again")
            case (.unknown, .failing), (.unknown, .starting):
                (.info, .monitorRecovered, "can be told again, and is \(change.to)")
            case (_, .idle): (.info, .monitorForgotten, "is not watched here any more")
            case (_, .untested), (_, .starting), (_, .failing):
                (.info, .monitorForgotten, "was cleared and is asked again")
            }
        say(
            Notice(
                severity: severity,
                code: code,
                subject: change.service,
                text: "\(change.service) \(words)\(text)"
            )
        )
    }
}

extension RunEnding {
    /// What the helper told, in the schedule's words.
    init(_ ending: CheckEnding, output: String) {
        switch ending {
        case .exited(let code): self = .exited(code, output: output)
        case .killed(let signal): self = .killed(signal: signal, output: output)
        case .undecided: self = .undecided(output: output)
        case .timedOut: self = .timedOut(output: output)
        case .notRun(let why): self = .notRun(why)
        }
    }
}
