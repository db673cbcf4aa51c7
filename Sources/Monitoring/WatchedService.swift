// What the machine remembers of one service: how its runs went, what its periods have sent. Plain state;
// what changes it is `MonitorMachine`.

/// One service while the machine lives.
struct WatchedService: Sendable {
    /// What mon calls the operational status, as far as monitors change it.
    enum OperationalStatus: Int, Sendable {
        /// The last run that told anything failed.
        case fail = 0
        /// It was a success.
        case ok = 1
        /// No run has told anything yet.
        case untested = 7
    }

    /// What one period remembers.
    struct PeriodMemory: Sendable {
        /// When an alert of the period was last run.
        var lastAlert: Duration?
        /// Alerts since the last success, for `numalerts`.
        var alertCount = 0
        /// Whether a success has something to take back.
        var hasAlerted = false
        /// `no_comp_alerts`: an upalert was sent, and no alert since.
        var isRecoveryTold = false
        /// `alertafter TIME` and `alertafter COUNT TIME`: when counting began.
        var firstFailure: Duration?
        /// `alertafter COUNT TIME`: failures since then.
        var failureCount = 0
        /// The same two, counted whether or not something holds alerts back: they say what is failed.
        var windowStart: Duration?
        var windowCount = 0
    }

    /// A run of the past.
    struct Past: Sendable {
        var ended: Duration
        var took: Duration
        var verdict: RunResult.Verdict
        var summary: String
    }

    let name: ServiceName
    let settings: MonitoredService
    let hosts: [String]
    let action: MonitorAction
    let monitorTimeout: Duration
    let alertTimeout: Duration
    let startGrace: Duration
    let dependencyMemory: Duration

    // MARK: Whether it is watched

    var isWatched = false
    var isDisabled = false
    /// It was ok since it is watched, as this machine or the one before it saw.
    var hasPassed = false
    var watchedSince = Duration.zero
    /// The present run.
    var run: RunID?

    // MARK: State

    var state = ServiceState.idle
    var stateSince = Duration.zero
    var incident: UInt64?
    /// Runs in a row that told nothing, and whether that has been told.
    private(set) var unknownCount = 0
    private(set) var isUnknownTold = false

    // MARK: What mon remembers

    var operational = OperationalStatus.untested
    var consecutiveFailures = 0
    /// Seconds since 1970; zero as long as it works.
    var lastFailureEpoch: Int64 = 0
    var firstFailureEpoch: Int64?
    var lastSuccessEpoch: Int64 = 0
    var firstSuccessEpoch: Int64?
    var lastSummary: String?
    var lastOutput: String?
    /// The output of the last failed run; empty after a success.
    var failureOutput = ""
    /// Whether `failure_interval` rules.
    var isHurried = false
    /// What the dependencies said last.
    var dependsOK: Bool?
    /// When the service's present failures began, and when the last one was, also long after it recovered.
    var failingSince: Duration?
    var lastFailed: Duration?
    var periods: [PeriodMemory]

    // MARK: What people see

    /// The first line of the last run, or why there was none.
    var text = ""
    /// The other lines of the last run, at most `MonitorMachine.outputLimit` bytes.
    var detail = ""
    var failureText = ""
    var history: [Past] = []

    init(
        _ settings: MonitoredService,
        group: String,
        hosts: [String],
        configuration: MonitorConfiguration
    ) {
        let defaults = configuration.settings
        name = ServiceName(group: group, service: settings.name)
        self.settings = settings
        self.hosts = hosts
        action = configuration.action(of: settings)
        monitorTimeout = settings.monitorTimeout ?? defaults.monitorTimeout
        alertTimeout = settings.alertTimeout ?? defaults.alertTimeout
        startGrace = settings.startGrace ?? defaults.startGrace
        dependencyMemory = settings.dependencyMemory ?? defaults.dependencyMemory
        periods = settings.periods.map { _ in PeriodMemory() }
    }

    /// Whether a run can be due at all.
    var isPolled: Bool { settings.monitor != nil && settings.interval != nil }

    /// The time between two runs now.
    var interval: Duration {
        let usual = settings.interval ?? .zero
        return max(isHurried ? settings.failureInterval ?? usual : usual, .milliseconds(1))
    }

    /// Counts a run that told nothing.
    ///
    /// - Parameter limit: How many in a row are worth telling.
    /// - Returns: Whether to tell it now: once in a row of them.
    mutating func countUnknown(limit: Int) -> Bool {
        unknownCount += 1
        guard unknownCount >= limit, !isUnknownTold else { return false }
        isUnknownTold = true
        return true
    }

    /// Ends a row of runs that told nothing.
    mutating func forgetUnknown() {
        unknownCount = 0
        isUnknownTold = false
    }

    /// Forgets everything but the history, as a machine that has just begun.
    mutating func startAfresh(at now: Duration) {
        operational = .untested
        hasPassed = false
        consecutiveFailures = 0
        lastFailureEpoch = 0
        firstFailureEpoch = nil
        lastSuccessEpoch = 0
        firstSuccessEpoch = nil
        lastSummary = nil
        lastOutput = nil
        failureOutput = ""
        isHurried = false
        dependsOK = nil
        failingSince = nil
        lastFailed = nil
        periods = settings.periods.map { _ in PeriodMemory() }
        incident = nil
        forgetUnknown()
        text = ""
        detail = ""
        failureText = ""
        watchedSince = now
    }

    /// Appends a run and drops what is beyond the limit.
    mutating func remember(_ past: Past, limit: Int) {
        guard limit > 0 else { return }
        // Dropping a quarter at once keeps the cost of a run small.
        if history.count >= limit + max(1, limit / 4) {
            history.removeFirst(history.count - limit + 1)
        }
        history.append(past)
    }
}
