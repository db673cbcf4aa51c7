// What the globals of a mon.cf mean to the schedule, which services depend on which, and which programs are
// there: judged when all of the file is read.

internal import Monitoring

extension MonCfParser {
    /// The globals as values; the last of a name counts.
    ///
    /// Each was checked when it was read.
    func settings() -> MonitorSettings {
        var settings = MonitorSettings()
        func time(_ name: String) -> Duration? {
            result.global(name).flatMap { text in
                try? DurationText.parse(text == "0" ? "0s" : text, units: DurationText.monUnits)
            }
        }
        func number(_ name: String) -> Int? { result.global(name).flatMap { Int($0) } }
        settings.randomStart = time("randstart")
        settings.processMaximum = number("maxprocs") ?? settings.processMaximum
        settings.historyLength = number("histlength") ?? settings.historyLength
        settings.dependencyBehavior =
            result.global("dep_behavior").flatMap {
                MonitoredService.DependencyBehavior(rawValue: $0.lowercased())
            } ?? settings.dependencyBehavior
        settings.dependencyMemory = time("dep_memory") ?? settings.dependencyMemory
        settings.dependencyDepth = number("dep_recur_limit") ?? settings.dependencyDepth
        settings.excludePeriod = excludePeriod
        settings.action = result.global("monitor_action").flatMap {
            MonitorAction(rawValue: $0.lowercased())
        }
        settings.monitorTimeout = time("monitor_timeout") ?? settings.monitorTimeout
        settings.alertTimeout = time("alert_timeout") ?? settings.alertTimeout
        settings.startGrace = time("start_grace") ?? settings.startGrace
        return settings
    }

    // MARK: Dependencies

    /// Says which services that are depended on are not there, and which depend on themselves.
    mutating func judgeDependencies() {
        var known: Set<ServiceName> = []
        for watch in result.watches {
            for service in watch.services {
                known.insert(ServiceName(group: watch.group, service: service.name))
            }
        }
        let names = known.map { "\($0.group):\($0.service)" }.sorted()
        for (_, mention) in mentions where !known.contains(mention.name) {
            let text = "\(mention.name.group):\(mention.name.service)"
            list.error(
                .unknownService,
                at: mention.position,
                "there is no service \(quoted(text))",
                hint: nearestWordHint(to: text, among: names)
            )
        }
        for behavior in [MonitoredService.DependencyBehavior.alerts, .monitor] {
            judgeCycles(behavior)
        }
    }

    /// Cycles of dependencies that hold back the same thing; only such are followed.
    private mutating func judgeCycles(_ behavior: MonitoredService.DependencyBehavior) {
        var parents: [ServiceName: [ServiceName]] = [:]
        for watch in result.watches {
            for service in watch.services {
                let usual = service.dependencyBehavior ?? result.settings.dependencyBehavior
                let own = behavior == .alerts ? service.alertDependency : service.monitorDependency
                let expression = usual == behavior ? service.dependency ?? own : own
                let name = ServiceName(group: watch.group, service: service.name)
                parents[name] = expression?.services ?? []
            }
        }
        // Told where a service is mentioned that leads back to the one that mentions it.
        for (child, mention) in mentions
        where parents[child]?.contains(mention.name) == true
            && reaches(child, from: mention.name, parents)
        {
            let text = "\(child.group):\(child.service)"
            list.error(
                .dependencyCycle,
                at: mention.position,
                child == mention.name
                    ? "\(quoted(text)) depends on itself"
                    : "\(quoted(text)) depends on itself, by way of "
                        + quoted("\(mention.name.group):\(mention.name.service)"),
                hint: "leave one of the dependencies out"
            )
        }
    }

    private func reaches(
        _ goal: ServiceName,
        from start: ServiceName,
        _ parents: [ServiceName: [ServiceName]]
    ) -> Bool {
        var seen: Set<ServiceName> = [start]
        var open = [start]
        while let name = open.popLast() {
            if name == goal { return true }
            for parent in parents[name] ?? [] where seen.insert(parent).inserted {
                open.append(parent)
            }
        }
        return false
    }

    // MARK: Programs

    /// Remembers where a program is named first.
    mutating func use(_ kind: MonCfProgram.Kind, _ name: String, at position: Position) {
        guard !programs.contains(where: { $0.0.kind == kind && $0.0.name == name }) else { return }
        programs.append((MonCfProgram(kind: kind, name: name), position))
    }

    /// Says which programs are nowhere: mon only logs that, and never runs them.
    mutating func notePrograms(_ isThere: (MonCfProgram) -> Bool) {
        for (named, position) in programs {
            var program = named
            program.directories = result.directories(of: program.kind)
            guard !program.isBuiltIn, !isThere(program) else { continue }
            let isPath = program.name.contains("/")
            list.warning(
                .missingProgram,
                at: position,
                isPath
                    ? "there is no program \(quoted(program.name)): it never runs"
                    : "\(quoted(program.name)) is in none of "
                        + "\(program.directories.joined(separator: ", ")): it never runs",
                hint: "put it there, executable, or give its path; "
                    + "\(program.kind == .alert ? "alertdir" : "mondir") names the directories"
            )
        }
    }
}
