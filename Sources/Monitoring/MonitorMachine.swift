// The schedule of mon.cf as a pure machine: events and the time go in, runs, alerts and changes come out.
// It starts nothing, reads no clock and draws its chance from a seed. What runs a program, and which
// group a failed service moves, is the daemon's business.
//
//             began           a success              enough failures
//     idle ─────────> untested ────────> ok <──────────────── failed
//      ^              │      ^           │ ^     a success     ^
//      │ watched      v      │ failure   v │                   │ enough
//      │ no more   starting ─┘        failing ─────────────────┘
//      │           (failures within start_grace)
//
// From each of them but `failed`, as many runs in a row that tell nothing as `alertafter` counts lead to
// `unknown`, and the next run that tells something leads out of it. An order leads to `disabled`.

/// Runs the schedule of one mon.cf and says which services are failed.
///
/// **Cost** `handle` and `nextDeadline` do not grow with the number of services that are not due, but for
/// the events that name many of them.
public struct MonitorMachine: Sendable {
    /// Bytes of an output that are kept, and given to alerts.
    public static let outputLimit = 4_096
    /// Bytes of a summary in history and reports.
    public static let summaryLimit = 256
    /// Without `randstart` the first runs are spread over the shorter of this and the interval.
    public static let firstSpread = Duration.seconds(5)
    /// How often a run that a dependency holds back is thought of again.
    static let heldBackPause = Duration.seconds(1)

    /// One run that has not been reported as finished.
    struct Running: Sendable {
        /// Nil once it was cancelled.
        var service: Int?
        var due: Duration
        var started: Duration
    }

    /// What is watched, and how.
    public let configuration: MonitorConfiguration

    var services: [WatchedService] = []
    var schedule: Schedule
    var running: [RunID: Running] = [:]
    /// The services that are failed, in the order of mon.cf.
    var failed: [Int] = []
    let indices: [ServiceName: Int]
    /// The services that passed before this machine began, and were watched all the while.
    private var passedBefore: Set<String>
    private var lastRunNumber: UInt64 = 0
    private var lastIncident: UInt64 = 0
    var chance: Chance

    /// A machine that watches nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: mon.cf.
    ///   - seed: Where `randstart` and `randskew` draw their chance from.
    ///   - disabled: `GROUP/SERVICE` and `GROUP` that are disabled; unknown names are passed over.
    ///   - passed: `GROUP/SERVICE` that passed before, and are to be watched without a break: what this
    ///     machine first watches of them has no `start_grace`.
    public init(
        _ configuration: MonitorConfiguration,
        seed: UInt64,
        disabled: [String] = [],
        passed: [String] = []
    ) {
        self.configuration = configuration
        passedBefore = Set(passed)
        chance = Chance(seed: seed)
        var indices: [ServiceName: Int] = [:]
        for watch in configuration.watches {
            let hosts = configuration.hostgroups.last { $0.tag == watch.group }?.members
            for settings in watch.services {
                let service = WatchedService(
                    settings,
                    group: watch.group,
                    hosts: hosts ?? [watch.group],
                    configuration: configuration
                )
                indices[service.name] = services.count
                services.append(service)
            }
        }
        self.indices = indices
        schedule = Schedule(count: services.count)
        let disabledNames = Set(disabled)
        for index in services.indices where isNamed(index, in: disabledNames) {
            services[index].isDisabled = true
            services[index].state = .disabled
        }
    }

    /// Takes an event and returns what is to be done, in order.
    public mutating func handle(_ event: MonitorEvent, at now: MonitorTime) -> [MonitorEffect] {
        var effects: [MonitorEffect] = []
        switch event {
        case .watching(let groups): watch(Set(groups), now, &effects)
        case .finished(let id, let ending): finish(id, ending, now, &effects)
        case .disable(let name): disable(name, now, &effects)
        case .enable(let name): enable(name, now, &effects)
        case .cleared: clear(now, &effects)
        case .timeReached: break
        }
        runDue(now, &effects)
        return effects
    }

    /// The services that are disabled, as `GROUP/SERVICE`, in the order of mon.cf: what `init` takes again.
    public var disabledServices: [String] {
        services.filter(\.isDisabled).map(\.name.description)
    }

    /// The watched services that have passed since they are watched, as `GROUP/SERVICE`: what `init` takes
    /// again, when a machine goes on with the work of another.
    public var passedServices: [String] {
        services.filter { $0.isWatched && $0.hasPassed }.map(\.name.description)
    }

    /// What runs was started anew: that it passed before gives it no less grace.
    public mutating func forgetPassed() { passedBefore = [] }

    /// When to come back with `timeReached`, in time since the boot; nil: nothing is due.
    ///
    /// While `maxprocs` runs go on, the end of one of them is waited for instead.
    public var nextDeadline: Duration? { isFull ? nil : schedule.first?.due }

    /// Whether `maxprocs` runs go on.
    var isFull: Bool {
        let maximum = configuration.settings.processMaximum
        return maximum > 0 && running.count >= maximum
    }

    // MARK: What is watched

    private mutating func watch(
        _ groups: Set<String>,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        var begun: [Int] = []
        for index in services.indices {
            let isWanted = groups.contains(services[index].name.group)
            guard isWanted != services[index].isWatched else { continue }
            services[index].isWatched = isWanted
            if isWanted {
                services[index].startAfresh(at: now.elapsed)
                if passedBefore.remove(services[index].name.description) != nil {
                    services[index].hasPassed = true
                }
                guard !services[index].isDisabled else { continue }
                enter(.untested, index, now, &effects)
                begun.append(index)
            } else {
                stop(index, now, &effects)
                if !services[index].isDisabled { enter(.idle, index, now, &effects) }
            }
        }
        for index in begun { alert(.startup, index, output: "", exitCode: 0, now, &effects) }
        scheduleFirstRuns(begun, now)
    }

    /// Spreads the first runs so that a machine that has just taken over is not hit by all at once.
    private mutating func scheduleFirstRuns(_ begun: [Int], _ now: MonitorTime) {
        let polled = begun.filter { services[$0].isPolled }
        for (place, index) in polled.enumerated() {
            let delay: Duration
            if let randomStart = configuration.settings.randomStart {
                delay = chance.duration(below: randomStart)
            } else {
                let spread = min(services[index].interval, MonitorMachine.firstSpread)
                delay = spread * place / polled.count
            }
            schedule[index] = now.elapsed + delay
        }
    }

    /// Ends what a service has going; its state is the caller's.
    private mutating func stop(
        _ index: Int,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        schedule[index] = nil
        endIncident(index)
        if let id = services[index].run {
            services[index].run = nil
            running[id]?.service = nil
            effects.append(.cancel(id))
        }
    }

    // MARK: Orders

    private func isNamed(_ index: Int, in names: Set<String>) -> Bool {
        let name = services[index].name
        return names.contains(name.group) || names.contains(name.description)
    }

    private mutating func disable(
        _ name: String,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        for index in services.indices where isNamed(index, in: [name]) {
            guard !services[index].isDisabled else { continue }
            if services[index].isWatched {
                alert(.disabling, index, output: "", exitCode: nil, now, &effects)
            }
            services[index].isDisabled = true
            stop(index, now, &effects)
            enter(.disabled, index, now, &effects)
        }
    }

    private mutating func enable(
        _ name: String,
        _ now: MonitorTime,
        _ effects: inout [MonitorEffect]
    ) {
        var begun: [Int] = []
        for index in services.indices where isNamed(index, in: [name]) {
            guard services[index].isDisabled else { continue }
            services[index].isDisabled = false
            services[index].startAfresh(at: now.elapsed)
            enter(services[index].isWatched ? .untested : .idle, index, now, &effects)
            if services[index].isWatched { begun.append(index) }
        }
        scheduleFirstRuns(begun, now)
    }

    /// Everything that holds an alert or a move back is forgotten; what is known of the service is not.
    private mutating func clear(_ now: MonitorTime, _ effects: inout [MonitorEffect]) {
        for index in services.indices where services[index].isWatched {
            services[index].consecutiveFailures = 0
            services[index].failingSince = nil
            services[index].forgetUnknown()
            for period in services[index].periods.indices {
                // Whether a success has something to take back is no hold-up.
                let hasAlerted = services[index].periods[period].hasAlerted
                let isRecoveryTold = services[index].periods[period].isRecoveryTold
                services[index].periods[period] = WatchedService.PeriodMemory()
                services[index].periods[period].hasAlerted = hasAlerted
                services[index].periods[period].isRecoveryTold = isRecoveryTold
            }
            switch services[index].state {
            case .failed:
                endIncident(index)
                enter(.failing, index, now, &effects)
            case .unknown: enter(.untested, index, now, &effects)
            default: break
            }
        }
    }

    // MARK: States

    /// Changes a service's state and tells of it where people should hear.
    mutating func enter(
        _ state: ServiceState,
        _ index: Int,
        _ now: MonitorTime,
        detail: String? = nil,
        isPage: Bool = false,
        _ effects: inout [MonitorEffect]
    ) {
        let from = services[index].state
        guard from != state else { return }
        services[index].state = state
        services[index].stateSince = now.elapsed
        let told: Set<ServiceState> = [.failed, .unknown, .disabled]
        guard told.contains(from) || told.contains(state) else { return }
        effects.append(
            .changed(
                ServiceChange(
                    service: services[index].name.description,
                    from: from,
                    to: state,
                    summary: services[index].text,
                    detail: detail,
                    isPage: isPage
                )
            )
        )
    }

    mutating func beginIncident(_ index: Int) {
        guard services[index].incident == nil else { return }
        lastIncident += 1
        services[index].incident = lastIncident
        failed.insert(index, at: failed.firstIndex { $0 > index } ?? failed.count)
    }

    mutating func endIncident(_ index: Int) {
        guard services[index].incident != nil else { return }
        services[index].incident = nil
        failed.removeAll { $0 == index }
    }

    mutating func nextRunID() -> RunID {
        lastRunNumber += 1
        return RunID(lastRunNumber)
    }
}
