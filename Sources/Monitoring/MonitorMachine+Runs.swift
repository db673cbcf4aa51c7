// When a monitor runs, with which hosts and which environment.

extension MonitorMachine {
    /// Starts what is due, or says when it will be.
    mutating func runDue(_ now: MonitorTime, _ effects: inout [MonitorEffect]) {
        while !isFull, let (index, due) = schedule.first, due <= now.elapsed {
            schedule[index] = nil
            if let pause = exclusion(index, now) {
                schedule[index] = now.elapsed + pause
                continue
            }
            if !mayRun(index, now) {
                schedule[index] = now.elapsed + MonitorMachine.heldBackPause
                continue
            }
            let hosts = hosts(of: index, now)
            guard let monitor = services[index].settings.monitor else { continue }
            if services[index].settings.appendsHosts, hosts.isEmpty,
                !services[index].settings.allowsEmptyGroup
            {
                services[index].text = "not run: no host is left to check"
                schedule[index] = now.elapsed + services[index].interval
                continue
            }
            let id = nextRunID()
            services[index].run = id
            running[id] = Running(service: index, due: due, started: now.elapsed)
            effects.append(
                .run(
                    MonitorRun(
                        id: id,
                        service: services[index].name.description,
                        program: monitor.program,
                        arguments: monitor.arguments,
                        hosts: hosts,
                        environment: environment(ofRun: index),
                        timeout: services[index].monitorTimeout
                    )
                )
            )
        }
    }

    /// Sets when a service is due after a run, as mon counts: from when the run was due, unless it took so
    /// long that this has passed, or the interval has just changed; then from the end of the run.
    mutating func scheduleNext(
        _ index: Int,
        after run: Running,
        isNewInterval: Bool,
        _ now: Duration
    ) {
        let interval = services[index].interval
        if let skew = services[index].settings.randomSkew {
            let shift = chance.duration(below: skew)
            let isEarlier = Bool.random(using: &chance)
            schedule[index] = now + max(.zero, isEarlier ? interval - shift : interval + shift)
        } else if !isNewInterval, run.due + interval > now {
            schedule[index] = run.due + interval
        } else {
            schedule[index] = now + interval
        }
    }

    /// How long to wait because of an `exclude_period` that holds; nil: none does.
    private func exclusion(_ index: Int, _ now: MonitorTime) -> Duration? {
        let periods = [
            configuration.settings.excludePeriod, services[index].settings.excludePeriod,
        ]
        guard let period = periods.compactMap({ $0 }).first(where: { $0.holds(at: now.civil) })
        else { return nil }
        return .seconds(period.countsSeconds ? 1 : max(1, 60 - now.civil.second))
    }

    /// The hosts a monitor is given: those of the group, without excluded ones and without those that a
    /// failing dependency has named.
    private func hosts(of index: Int, _ now: MonitorTime) -> [String] {
        let service = services[index]
        guard service.settings.appendsHosts else { return [] }
        let named = summariesOfFailingDependencies(index, now)
        return service.hosts.filter { host in
            !service.settings.excludedHosts.contains(host)
                && !named.contains { $0.contains(host) }
        }
    }

    // MARK: Environment

    private func environment(ofRun index: Int) -> [String] {
        var result = commonEnvironment(index)
        if let dependsOK = services[index].dependsOK {
            result.append("MON_DEPEND_STATUS=\(dependsOK ? 1 : 0)")
        }
        return result
    }

    /// What monitors and alerts are told alike (mon(8), "Monitor programs" and "Alert programs").
    func commonEnvironment(_ index: Int) -> [String] {
        let service = services[index]
        var result = service.settings.environment.map { "\($0.name)=\($0.value)" }
        result.append("MON_GROUP=\(service.name.group)")
        result.append("MON_SERVICE=\(service.name.service)")
        if let summary = service.lastSummary { result.append("MON_LAST_SUMMARY=\(summary)") }
        if let output = service.lastOutput { result.append("MON_LAST_OUTPUT=\(output)") }
        result.append("MON_LAST_FAILURE=\(service.lastFailureEpoch)")
        if let first = service.firstFailureEpoch { result.append("MON_FIRST_FAILURE=\(first)") }
        result.append("MON_LAST_SUCCESS=\(service.lastSuccessEpoch)")
        if let first = service.firstSuccessEpoch { result.append("MON_FIRST_SUCCESS=\(first)") }
        if let summary = service.settings.summary { result.append("MON_DESCRIPTION=\(summary)") }
        result.append("MON_STATEDIR=\(configuration.directory("statedir", "/var/lib/mon"))")
        result.append("MON_LOGDIR=\(configuration.directory("logdir", "/var/log/mon"))")
        result.append("MON_CFBASEDIR=\(configuration.directory("cfbasedir", "/etc/mon"))")
        return result
    }
}

extension MonitorConfiguration {
    /// A directory that mon's programs are told of, as an absolute path.
    ///
    /// - Parameters:
    ///   - name: The global that names it; a relative path is one below `basedir`.
    ///   - standard: Where Debian's mon has it.
    /// - Returns: Without the closing slash.
    public func directory(_ name: String, _ standard: String) -> String {
        guard var path = global(name) else { return standard }
        if !path.hasPrefix("/") {
            path = "\(global("basedir") ?? "/usr/lib/mon")/\(path)"
        }
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
