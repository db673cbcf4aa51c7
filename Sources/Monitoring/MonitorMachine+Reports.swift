// What the machine tells: failed services for the core, everything for status.

extension MonitorMachine {
    /// The services that are failed now, in the order of mon.cf, whatever their action.
    ///
    /// Watched and not disabled ones only. **Cost** grows with the failed services alone.
    public var failures: [ServiceFailure] {
        failed.compactMap { index in
            let service = services[index]
            guard let incident = service.incident else { return nil }
            return ServiceFailure(
                service: service.name.description,
                hostgroup: service.name.group,
                incident: incident,
                action: service.action,
                summary: service.failureText
            )
        }
    }

    /// Everything known, in the order of mon.cf.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - name: the one service, `GROUP/SERVICE`, whose history is wanted; nil for that of each, which
    ///     is a hundred results for every service.
    /// - Returns: one report for each service.
    public func reports(at now: MonitorTime, history name: String? = nil) -> [ServiceReport] {
        let limit = min(configuration.settings.historyLength, MonitorSettings.historyLimit)
        return services.indices.map { index in
            let service = services[index]
            let isWanted = name == nil || name == service.name.description
            return ServiceReport(
                service: service.name.description,
                state: service.state,
                action: service.action,
                summary: service.isPolled ? service.text : "nothing checks it",
                detail: isWanted && service.isPolled ? service.detail : "",
                consecutiveFailures: service.consecutiveFailures,
                since: now.elapsed - service.stateSince,
                lastRun: service.history.last.map { now.elapsed - $0.ended },
                lastRunTook: service.history.last?.took,
                nextRun: schedule[index].map { max(.zero, $0 - now.elapsed) },
                incident: service.incident,
                isRunning: service.run != nil,
                history: service.history.suffix(isWanted ? limit : 0).map { past in
                    RunResult(
                        ago: now.elapsed - past.ended,
                        took: past.took,
                        result: past.verdict,
                        summary: past.summary
                    )
                }
            )
        }
    }
}
