// Which alerts an event brings. The order of what holds them back is mon's: a disabled service, its
// dependencies, the period, alerts sent before, exit codes, `numalerts`, `alertevery`, `alertafter`.

extension MonitorMachine {
    /// Runs the alerts an event asks for, and remembers that they ran.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - index: The service.
    ///   - output: The alert's standard input.
    ///   - exitCode: The monitor's, for `exit=` and `MON_RETVAL`; nil: no monitor ran.
    ///   - now: The time.
    ///   - effects: Where the alerts are appended.
    mutating func alert(
        _ kind: AlertPeriod.AlertKind,
        _ index: Int,
        output: String,
        exitCode: Int?,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        let event = AlertEvent(kind: kind, output: output, exitCode: exitCode, now: now)
        if let command = services[index].settings.redistribute {
            effects.append(.alert(alertRun(command, event, index)))
        }
        guard !services[index].isDisabled else { return }
        if kind == .failure, isSuppressed(index) { return }
        for place in services[index].settings.periods.indices {
            let period = services[index].settings.periods[place]
            guard period.period.holds(at: now.civil), isAllowed(event, index, place) else {
                continue
            }
            var isRun = false
            for line in period.alerts where line.kind == kind {
                if let codes = line.exitCodes, !codes.contains(exitCode ?? 0) { continue }
                effects.append(.alert(alertRun(line.command, event, index)))
                isRun = true
            }
            if isRun { remember(event, period, &services[index].periods[place]) }
        }
    }

    /// What brought an alert.
    private struct AlertEvent {
        var kind: AlertPeriod.AlertKind
        var output: String
        var exitCode: Int?
        var now: MonitorTime
    }

    /// Whether a period that holds lets an event's alerts through.
    private mutating func isAllowed(_ event: AlertEvent, _ index: Int, _ place: Int) -> Bool {
        let period = services[index].settings.periods[place]
        let memory = services[index].periods[place]
        switch event.kind {
        case .recovery where period.sendsUncompensatedUpalerts: return !memory.isRecoveryTold
        case .recovery, .acknowledgement: return memory.hasAlerted
        case .startup, .disabling: return true
        case .failure: break
        }
        if let codes = period.exitCodes, !codes.contains(event.exitCode ?? 0) { return false }
        if let maximum = period.alertMaximum, memory.alertCount >= maximum { return false }
        if let repetition = period.alertEvery, let last = memory.lastAlert,
            event.now.elapsed - last < repetition.gap,
            !isOverridden(repetition, event.output, services[index].failureOutput)
        {
            return false
        }
        switch period.alertAfter {
        case nil: return true
        case .failures(let count): return services[index].consecutiveFailures >= count
        case .failingFor(let time):
            let first = memory.firstFailure ?? event.now.elapsed
            services[index].periods[place].firstFailure = first
            return event.now.elapsed - first > time
        case .failuresWithin(let count, let time):
            return isReached(count, within: time, event.now, &services[index].periods[place])
        }
    }

    /// Whether a changed output lets an alert through before `alertevery` is over.
    private func isOverridden(
        _ repetition: AlertPeriod.Repetition,
        _ output: String,
        _ previous: String
    ) -> Bool {
        if repetition.isStrict || repetition.ignoresSummary { return false }
        return repetition.observesDetail
            ? output != previous
            : MonitorOutput.summary(output) != MonitorOutput.summary(previous)
    }

    /// mon's count of failures within a time: a new one begins when the time is over, with this failure.
    private func isReached(
        _ count: Int,
        within time: Duration,
        _ now: MonitorTime,
        _ memory: inout WatchedService.PeriodMemory
    ) -> Bool {
        if let first = memory.firstFailure, now.elapsed - first <= time {
            memory.failureCount += 1
        } else {
            memory.failureCount = 1
        }
        if memory.failureCount == 1 { memory.firstFailure = now.elapsed }
        return memory.failureCount >= count
    }

    /// What a period remembers of alerts that were run.
    private func remember(
        _ event: AlertEvent,
        _ period: AlertPeriod,
        _ memory: inout WatchedService.PeriodMemory
    ) {
        if event.kind == .recovery {
            memory.alertCount = 0
            memory.hasAlerted = false
            // As mon has it, also with `strict`.
            memory.lastAlert = nil
            memory.isRecoveryTold = period.sendsUncompensatedUpalerts
        } else {
            memory.alertCount += 1
            memory.hasAlerted = true
            memory.lastAlert = event.now.elapsed
            memory.isRecoveryTold = false
        }
    }

    // MARK: The program

    private func alertRun(
        _ command: MonitoredService.Command,
        _ event: AlertEvent,
        _ index: Int
    ) -> AlertRun {
        let service = services[index]
        var arguments = [
            "-s", service.name.service, "-g", service.name.group,
            "-h", service.hosts.joined(separator: " "), "-t", "\(event.now.epoch)",
        ]
        if let flag = event.kind.flag { arguments.append(flag) }
        var environment = commonEnvironment(index)
        if let code = event.exitCode { environment.append("MON_RETVAL=\(code)") }
        environment.append("MON_OPSTATUS=\(service.operational.rawValue)")
        environment.append("MON_ALERTTYPE=\(event.kind.word)")
        return AlertRun(
            service: service.name.description,
            program: command.program,
            arguments: arguments + command.arguments,
            environment: environment,
            input: event.output,
            kind: event.kind,
            timeout: service.alertTimeout
        )
    }
}

extension AlertPeriod.AlertKind {
    /// What mon puts before the configured arguments.
    var flag: String? {
        switch self {
        case .failure, .startup: nil
        case .recovery: "-u"
        case .acknowledgement: "-a"
        case .disabling: "-D"
        }
    }

    /// `MON_ALERTTYPE`.
    var word: String {
        switch self {
        case .failure: "failure"
        case .recovery: "up"
        case .startup: "startup"
        case .acknowledgement: "ack"
        case .disabling: "disable"
        }
    }
}
