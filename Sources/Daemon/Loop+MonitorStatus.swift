// What people see of the watched services and change about them: the status of each, and switching them
// off and on. What is failed is Monitoring's.

import Failover
import Linux
import Monitoring
import Wire

extension Loop {
    /// The monitors of the status, in the order of mon.cf.
    ///
    /// - Parameter name: the service, `HOSTGROUP/SERVICE`, whose history is wanted; a thousand histories
    ///   would hold up the loop.
    /// - Returns: none where nothing is watched.
    func monitorStatuses(history name: String? = nil) -> [MonitorStatus] {
        guard let services else { return [] }
        return services.machine.reports(at: monitorTime, history: name ?? "").map { report in
            let hostgroup = report.service.split(separator: "/").first.map(String.init) ?? ""
            return MonitorStatus(
                name: report.service,
                state: MonitorState(report.state),
                action: HealthAction(report.action),
                summary: report.summary,
                detail: report.detail.isEmpty || report.service != name ? nil : report.detail,
                consecutiveFailures: report.consecutiveFailures,
                sinceMilliseconds: report.since.milliseconds,
                lastRunMilliseconds: report.lastRun?.milliseconds,
                lastRunTookMilliseconds: report.lastRunTook?.milliseconds,
                lastRunResult: report.history.last.flatMap {
                    MonitorRunResult(rawValue: $0.result.rawValue)
                },
                nextRunMilliseconds: report.nextRun?.milliseconds,
                isRunning: report.isRunning,
                groups: services.groups(watching: hostgroup, loaded),
                history: report.service == name ? report.history.map(MonitorRunStatus.init) : []
            )
        }
    }

    /// Switches services off or on, durably; the reply says what they were.
    func switchMonitors(_ names: [String], off isOff: Bool, _ caller: UInt64) {
        guard let known = services?.machine.configuration.watches else {
            refuse(caller, "no group of this node has a monitor resource, so nothing is watched")
            return
        }
        var chosen: [String] = []
        for name in names {
            let matching = known.flatMap { watch in
                watch.services.map { "\(watch.group)/\($0.name)" }.filter {
                    name == "all" || name == watch.group || name == $0
                }
            }
            guard !matching.isEmpty else {
                refuse(
                    caller,
                    "there is no service \(name); the names are those of: baton monitors"
                )
                return
            }
            chosen += matching
        }
        for name in chosen {
            if isOff { memory.disabled.insert(name) } else { memory.disabled.remove(name) }
            feedServices(isOff ? .disable(name) : .enable(name))
        }
        recorder.remember(memory)
        tellHealth()
        let list = chosen.count > 8 ? "\(chosen.count) services" : chosen.joined(separator: ", ")
        let text =
            isOff
            ? "not watched any more on this node: \(list); to watch again, type: baton monitors enable \(chosen.count > 3 ? "all" : chosen.joined(separator: " "))"
            : "watched again: \(list)"
        door.send(.reply(CommandReply(outcome: .done, text: text)), to: caller)
    }
}

extension MonitorState {
    init(_ state: ServiceState) {
        switch state {
        case .idle: self = .idle
        case .untested: self = .untested
        case .starting: self = .starting
        case .ok: self = .ok
        case .failing: self = .failing
        case .failed: self = .failed
        case .unknown: self = .unknown
        case .disabled: self = .disabled
        }
    }
}

extension HealthAction {
    init(_ action: MonitorAction) {
        switch action {
        case .standby: self = .standby
        case .restart: self = .restart
        case .notify: self = .notify
        }
    }
}

extension MonitorRunStatus {
    init(_ result: RunResult) {
        self.init(
            agoMilliseconds: result.ago.milliseconds,
            tookMilliseconds: result.took.milliseconds,
            result: MonitorRunResult(rawValue: result.result.rawValue) ?? .unknown,
            summary: result.summary
        )
    }
}
