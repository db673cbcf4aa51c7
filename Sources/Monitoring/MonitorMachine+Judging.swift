// What the end of a run says of its service: works, failed, or nothing.

extension MonitorMachine {
    mutating func finish(
        _ id: RunID,
        _ ending: RunEnding,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        guard let run = running.removeValue(forKey: id), let index = run.service else { return }
        services[index].run = nil
        let wasHurried = services[index].isHurried
        if ending != .lost {
            let judgement = Judgement(ending, timeout: services[index].monitorTimeout)
            services[index].text = judgement.text
            services[index].detail = judgement.detail ?? ""
            services[index].remember(
                WatchedService.Past(
                    ended: now.elapsed,
                    took: now.elapsed - run.started,
                    verdict: judgement.verdict,
                    summary: judgement.text
                ),
                limit: min(configuration.settings.historyLength, MonitorSettings.historyLimit)
            )
            switch judgement.verdict {
            case .ok: succeed(index, judgement, now, &effects)
            case .failed: fail(index, judgement, now, &effects)
            case .unknown: doubt(index, judgement, now, &effects)
            }
        }
        scheduleNext(
            index,
            after: run,
            isNewInterval: services[index].isHurried != wasHurried,
            now.elapsed
        )
    }

    private mutating func succeed(
        _ index: Int,
        _ judgement: Judgement,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        let wasFailing = services[index].operational == .fail
        updateAlertDependency(index, now)
        services[index].operational = .ok
        services[index].forgetUnknown()
        endIncident(index)
        enter(.ok, index, now, detail: judgement.detail, &effects)
        // As mon has it: a redistribution hears of every success, and the upalerts of such a service are
        // asked each time.
        let hasUpalert = services[index].settings.periods.contains { period in
            period.alerts.contains { $0.kind == .recovery }
        }
        if services[index].settings.redistribute != nil || wasFailing && hasUpalert {
            alert(
                .recovery,
                index,
                output: services[index].lastOutput ?? "",
                exitCode: 0,
                now,
                &effects
            )
        }
        services[index].firstFailureEpoch = 0
        services[index].lastFailureEpoch = 0
        services[index].consecutiveFailures = 0
        services[index].failingSince = nil
        services[index].failureOutput = ""
        services[index].isHurried = false
        for period in services[index].periods.indices {
            let isStrict = services[index].settings.periods[period].alertEvery?.isStrict == true
            if !isStrict { services[index].periods[period].lastAlert = nil }
            services[index].periods[period].firstFailure = nil
            services[index].periods[period].alertCount = 0
            services[index].periods[period].hasAlerted = false
            services[index].periods[period].windowStart = nil
            services[index].periods[period].windowCount = 0
        }
        if wasFailing || services[index].firstSuccessEpoch == nil {
            services[index].firstSuccessEpoch = now.epoch
        }
        services[index].lastSuccessEpoch = now.epoch
        services[index].hasPassed = true
        services[index].lastOutput = judgement.output
        services[index].lastSummary = MonitorOutput.parts(judgement.output).first
    }

    private mutating func fail(
        _ index: Int,
        _ judgement: Judgement,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        services[index].forgetUnknown()
        let isFirst = services[index].operational == .untested
        if isFirst, !services[index].hasPassed,
            now.elapsed - services[index].watchedSince < services[index].startGrace
        {
            services[index].lastOutput = judgement.output
            services[index].lastSummary = MonitorOutput.summary(judgement.output)
            enter(.starting, index, now, detail: judgement.detail, &effects)
            return
        }
        updateAlertDependency(index, now)
        services[index].consecutiveFailures += 1
        services[index].lastFailureEpoch = now.epoch
        services[index].lastFailed = now.elapsed
        services[index].failingSince = services[index].failingSince ?? now.elapsed
        if services[index].operational != .fail { services[index].firstFailureEpoch = now.epoch }
        services[index].operational = .fail
        services[index].failureText = judgement.text
        services[index].lastSummary = MonitorOutput.summary(judgement.output)
        if isEnough(index, exitCode: judgement.exitCode, now) {
            beginIncident(index)
            enter(
                .failed,
                index,
                now,
                detail: judgement.detail,
                isPage: services[index].action == .notify,
                &effects
            )
        } else if services[index].state != .failed {
            enter(.failing, index, now, detail: judgement.detail, &effects)
        }
        alert(
            .failure,
            index,
            output: judgement.output,
            exitCode: judgement.exitCode,
            now,
            &effects
        )
        services[index].failureOutput = judgement.output
        services[index].lastOutput = judgement.output
        if services[index].settings.failureInterval != nil { services[index].isHurried = true }
    }

    /// A run that tells nothing: it neither counts as a failure nor resets a count.
    private mutating func doubt(
        _ index: Int,
        _ judgement: Judgement,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        guard services[index].countUnknown(limit: unknownLimit(index, now)) else { return }
        if services[index].state == .failed {
            effects.append(
                .changed(
                    ServiceChange(
                        service: services[index].name.description,
                        from: .failed,
                        to: .failed,
                        summary: judgement.text,
                        detail: judgement.detail,
                        isPage: true
                    )
                )
            )
        } else {
            enter(.unknown, index, now, detail: judgement.detail, isPage: true, &effects)
        }
    }

    /// How many runs in a row that tell nothing are worth a page: the least `alertafter` of the periods that
    /// hold.
    private func unknownLimit(_ index: Int, _ now: MonitorTime) -> Int {
        let counts = services[index].settings.periods.filter { $0.period.holds(at: now.civil) }
            .map { period in
                switch period.alertAfter {
                case .failures(let count), .failuresWithin(let count, _): count
                case .failingFor, nil: 1
                }
            }
        return counts.min() ?? 1
    }

    /// Whether the failures so far make the service failed: `alertafter` of any period that holds.
    ///
    /// What only holds alerts back (`alertevery`, `numalerts`) does not matter. A failing dependency that
    /// suppresses alerts, and an exit code outside of `alertexitrange`, do: the failure is another's, or
    /// none that the period is about.
    private mutating func isEnough(_ index: Int, exitCode: Int, _ now: MonitorTime) -> Bool {
        let periods = services[index].settings.periods
        var result = periods.isEmpty
        for (place, period) in periods.enumerated() {
            if let codes = period.exitCodes, !codes.contains(exitCode) { continue }
            var isReached = true
            switch period.alertAfter {
            case nil: break
            case .failures(let count): isReached = services[index].consecutiveFailures >= count
            case .failingFor(let time):
                isReached = now.elapsed - (services[index].failingSince ?? now.elapsed) > time
            case .failuresWithin(let count, let time):
                isReached = countWindow(index, place, within: time, now) >= count
            }
            if isReached, period.period.holds(at: now.civil) { result = true }
        }
        return result && !isSuppressed(index) || services[index].incident != nil
    }

    /// Failures in the present window, this one included; a window is over when `time` has passed.
    private mutating func countWindow(
        _ index: Int,
        _ place: Int,
        within time: Duration,
        _ now: MonitorTime
    ) -> Int {
        var memory = services[index].periods[place]
        if let start = memory.windowStart, now.elapsed - start <= time {
            memory.windowCount += 1
        } else {
            memory.windowStart = now.elapsed
            memory.windowCount = 1
        }
        services[index].periods[place] = memory
        return memory.windowCount
    }
}

/// What an ending says.
struct Judgement {
    var verdict: RunResult.Verdict
    /// The first line, or why there is none; at most `MonitorMachine.summaryLimit` bytes.
    var text: String
    var detail: String?
    var output: String
    /// Of a run that exited; else 0.
    var exitCode = 0

    /// Exit codes from here on are the shell's and ours for "cannot be run".
    static let brokenExit: Int32 = 126

    init(_ ending: RunEnding, timeout: Duration) {
        var why: String?
        switch ending {
        case .exited(let code, let text):
            output = MonitorOutput.kept(text)
            exitCode = Int(code)
            if MonitorOutput.showsBrokenChecker(output) {
                verdict = .unknown
            } else if code >= Judgement.brokenExit || code < 0 {
                verdict = .unknown
                if output.isEmpty { why = "exit code \(code)" }
            } else {
                verdict = code == 0 ? .ok : .failed
            }
        case .killed(let signal, let text):
            output = MonitorOutput.kept(text)
            verdict = .unknown
            why = "killed by \(signal)"
        case .timedOut(let text):
            output = MonitorOutput.kept(text)
            verdict = .unknown
            why = "no result within \(timeout.plainText)"
        case .undecided(let text):
            output = MonitorOutput.kept(text)
            verdict = .unknown
            if output.isEmpty { why = "it cannot tell" }
        case .notRun(let reason):
            output = ""
            verdict = .unknown
            why = "cannot be run: \(reason)"
        case .lost:
            output = ""
            verdict = .unknown
            why = "the run was lost"
        }
        detail = why == nil ? MonitorOutput.detail(output) : output.isEmpty ? nil : output
        let first =
            verdict == .ok ? MonitorOutput.parts(output).first ?? "" : MonitorOutput.summary(output)
        text = MonitorOutput.kept(why ?? first, limit: MonitorMachine.summaryLimit)
    }
}

extension Duration {
    /// `90s`, `0.25s`: for people.
    var plainText: String {
        let milliseconds = components.attoseconds / 1_000_000_000_000_000
        guard milliseconds > 0 else { return "\(components.seconds)s" }
        var fraction = String(1_000 + milliseconds).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(components.seconds).\(fraction)s"
    }
}
