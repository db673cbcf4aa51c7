// What dependencies hold back: alerts, runs, hosts.

extension MonitorMachine {
    /// Whether a run may begin: what `monitordepend`, or `depend` with behaviour `m`, says.
    mutating func mayRun(_ index: Int, _ now: MonitorTime) -> Bool {
        guard let expression = expression(index, .monitor) else { return true }
        let holds = holds(expression, .monitor, memory: services[index].dependencyMemory, now)
        services[index].dependsOK = holds
        return holds
    }

    /// Asks what `alertdepend`, or `depend` with behaviour `a`, says of alerts.
    mutating func updateAlertDependency(_ index: Int, _ now: MonitorTime) {
        guard let expression = expression(index, .alerts) else { return }
        services[index].dependsOK = holds(
            expression,
            .alerts,
            memory: services[index].dependencyMemory,
            now
        )
    }

    /// Whether failing dependencies suppress the alerts of a service.
    func isSuppressed(_ index: Int) -> Bool {
        expression(index, .alerts) != nil && services[index].dependsOK == false
    }

    /// The summaries of failing services that `hostdepend`, or `depend` with behaviour `hm`, names; they
    /// are asked whatever the expression around them says.
    func summariesOfFailingDependencies(_ index: Int, _ now: MonitorTime) -> [String] {
        guard let expression = expression(index, .hosts) else { return [] }
        return expression.services.compactMap { name in
            guard let parent = indices[name],
                !isWorking(parent, memory: services[index].dependencyMemory, now)
            else { return nil }
            return services[parent].failureText
        }
    }

    private func expression(
        _ index: Int,
        _ behavior: MonitoredService.DependencyBehavior
    ) -> DependencyExpression? {
        let settings = services[index].settings
        if let expression = settings.dependency, self.behavior(settings) == behavior {
            return expression
        }
        return switch behavior {
        case .alerts: settings.alertDependency
        case .monitor: settings.monitorDependency
        case .hosts: settings.hostDependency
        }
    }

    private func behavior(_ settings: MonitoredService) -> MonitoredService.DependencyBehavior {
        settings.dependencyBehavior ?? configuration.settings.dependencyBehavior
    }

    /// Whether an expression holds, each service counting as working when it does and what it depends on
    /// itself holds.
    private func holds(
        _ expression: DependencyExpression,
        _ behavior: MonitoredService.DependencyBehavior,
        memory: Duration,
        depth: Int = 0,
        _ now: MonitorTime
    ) -> Bool {
        // mon gives up at this depth and holds back; `Configuration` has refused cycles before.
        guard depth <= configuration.settings.dependencyDepth else { return false }
        return expression.holds { name in
            guard let parent = indices[name], isWorking(parent, memory: memory, now) else {
                return false
            }
            guard let further = self.expression(parent, behavior) else { return true }
            return holds(further, behavior, memory: memory, depth: depth + 1, now)
        }
    }

    /// Whether a service works, as far as others depend on it: nothing known counts as working.
    private func isWorking(_ index: Int, memory: Duration, _ now: MonitorTime) -> Bool {
        guard services[index].isWatched else { return true }
        guard services[index].operational != .fail else { return false }
        guard memory > .zero, let last = services[index].lastFailed else { return true }
        return now.elapsed - last >= memory
    }
}
