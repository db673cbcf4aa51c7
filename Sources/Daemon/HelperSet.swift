// The loop's permanent helpers: started, pinged, and replaced when one is killed or frozen. What
// is said to them is in `LogSink`, `RecorderClient`, `SpawnerClient` and `CheckClient`.

import Configuration
import Failover
import Linux

/// The permanent helpers of one loop.
final class HelperSet {
    /// A helper that was started anew, for whoever has to say things again.
    struct Replacement: Equatable {
        var role: HelperRole
        /// Killed, frozen, or ended by itself.
        var why: String
    }

    private let context: DaemonContext
    private let loaded: LoadedConfiguration
    private let poller: Poller
    private let rhythm: Rhythm
    private var helpers: [HelperRole: Helper] = [:]
    /// When a helper that could not be forked is tried again.
    private var retryAt: [HelperRole: Int64] = [:]
    /// When each was last started.
    private var startedAt: [HelperRole: Int64] = [:]
    private var nextPing: Int64 = 0

    /// The shortest time between two starts of one helper.
    private static let lifeMinimum: Int64 = 200_000_000
    private let permanent: [HelperRole]
    private static let tokens: [HelperRole: (channel: UInt64, exit: UInt64)] = [
        .logWriter: (10, 11), .recorder: (12, 13), .spawner: (14, 15), .checks: (16, 17),
    ]

    /// Starts all that this configuration needs.
    init(
        _ context: DaemonContext,
        _ loaded: LoadedConfiguration,
        poller: Poller
    ) throws(SystemError) {
        self.context = context
        self.loaded = loaded
        self.poller = poller
        rhythm = Rhythm(loaded.settings.timings)
        permanent = [.logWriter, .recorder, .spawner] + (loaded.needsChecks ? [.checks] : [])
        for role in permanent { try start(role) }
    }

    /// Which helper a token belongs to.
    static func role(_ token: UInt64) -> HelperRole? {
        tokens.first { $0.value.channel == token || $0.value.exit == token }?.key
    }

    /// Sends to a helper; `false` when it does not read or is not there.
    func send(_ bytes: [UInt8], to role: HelperRole) -> Bool {
        helpers[role]?.channel.send(bytes) ?? false
    }

    /// Everything a helper has said, echoes of pings left out.
    func receive(from role: HelperRole) -> [[UInt8]] {
        guard let helper = helpers[role] else { return [] }
        var messages: [[UInt8]] = []
        while case .message(let bytes) = helper.channel.receive() {
            if !helper.takeEcho(bytes) { messages.append(bytes) }
        }
        return messages
    }

    /// Replaces a helper whose end came as an event.
    func noteEnd(_ token: UInt64, at now: Int64) -> Replacement? {
        guard let role = HelperSet.role(token), HelperSet.tokens[role]?.exit == token else {
            return nil
        }
        return replace(role, "ended", at: now)
    }

    /// Pings the helpers and replaces the frozen ones.
    func watch(at now: Int64) -> [Replacement] {
        var replaced: [Replacement] = []
        for role in permanent {
            if let time = retryAt[role], time <= now {
                if let replacement = replace(role, "could not be started", at: now) {
                    replaced.append(replacement)
                }
            }
            guard let helper = helpers[role] else { continue }
            let isFrozen = helper.isFrozen(
                at: now,
                limit: rhythm.helperLimit,
                stuckLimit: rhythm.helperStuckLimit
            )
            if isFrozen, let replacement = replace(role, "was frozen", at: now) {
                replaced.append(replacement)
            }
        }
        if nextPing <= now {
            nextPing = now + rhythm.helperLimit / 2
            for helper in helpers.values { helper.ping(at: now) }
        }
        return replaced
    }

    /// Lets the helpers end in order by closing their channels, and waits for them, half a second
    /// altogether: the recorder has the last record, the log writer the last words.
    func end() {
        let deadline = BootClock.now + 500_000_000
        let handles = [HelperRole.recorder, .logWriter].compactMap { helpers[$0]?.handle }
        helpers = [:]
        for handle in handles {
            ignoring { () throws(SystemError) in
                let poller = try Poller()
                try poller.add(handle.number, token: 0)
                try poller.arm(at: deadline)
                _ = try poller.wait()
            }
        }
    }

    // MARK: details

    private func replace(_ role: HelperRole, _ why: String, at now: Int64) -> Replacement? {
        if let helper = helpers[role] {
            helper.kill()
            // A killed process that hangs in the kernel ends later, and init reaps it then.
            ignoring { () throws(SystemError) in
                _ = try ThisProcess.ending(ofChild: helper.handle.identity.id)
            }
            ignoring { () throws(SystemError) in try poller.remove(helper.channel.number) }
            ignoring { () throws(SystemError) in try poller.remove(helper.handle.number) }
        }
        helpers[role] = nil
        context.shared.count(.helperReplacements)
        // One that ends as soon as it begins must not keep the loop forking.
        if let start = startedAt[role], now - start < HelperSet.lifeMinimum {
            retryAt[role] = start + HelperSet.lifeMinimum
            return nil
        }
        do {
            try start(role)
            retryAt[role] = nil
            return Replacement(role: role, why: why)
        } catch {
            // No memory for a fork, say: the loop goes on without it for a moment.
            retryAt[role] = now + 100_000_000
            return nil
        }
    }

    private func start(_ role: HelperRole) throws(SystemError) {
        guard let tokens = HelperSet.tokens[role] else { return }
        let helper = try launch(role)
        try poller.add(helper.channel.number, token: tokens.channel)
        try poller.add(helper.handle.number, token: tokens.exit)
        helpers[role] = helper
        startedAt[role] = BootClock.now
    }

    private func launch(_ role: HelperRole) throws(SystemError) -> Helper {
        let context = context
        let loaded = loaded
        return try Helper.launch(role, keeping: [context.lock.number]) {
            (channel) throws(SystemError) in
            switch role {
            case .logWriter:
                let targets = LogTargets(loaded, context)
                try LogWriter(channel: channel, targets: targets).run()
            case .recorder:
                try Recorder(channel: channel, paths: context.paths, shared: context.shared).run()
            case .spawner:
                try Spawner(channel: channel, settings: SpawnerSettings(loaded, context)).run()
            case .checks:
                try CheckRunner(channel: channel, settings: CheckSettings(loaded, context)).run()
            case .checker, .machine, .peer:
                break  // never permanent: see `ReloadChecker` and `PeerClient`
            }
        }
    }
}

extension LogTargets {
    /// What ha.cf says of logs.
    init(_ loaded: LoadedConfiguration, _ context: DaemonContext) {
        let logging = loaded.cluster.logging
        self.init(
            node: context.node,
            isJournal: context.isJournal,
            file: logging.file,
            debugFile: logging.debugFile,
            facility: logging.facility,
            showsDebug: logging.debugLevel > 0
        )
    }
}

extension SpawnerSettings {
    /// The environment of children: a plain PATH, and what Heartbeat's scripts and OCF agents look at.
    init(_ loaded: LoadedConfiguration, _ context: DaemonContext) {
        let logging = loaded.cluster.logging
        var environment = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C",
            "HA_CURHOST=\(context.node)",
            "HA_DIR=\(context.paths.configuration)",
            "BATON_CONFIG=\(context.paths.configuration)",
            "HA_RSCTMP=\(context.paths.agents)",
        ]
        if let file = logging.file { environment.append("HA_LOGFILE=\(file)") }
        if let file = logging.debugFile { environment.append("HA_DEBUGLOG=\(file)") }
        if let facility = logging.facility { environment.append("HA_LOGFACILITY=\(facility)") }
        self.init(paths: context.paths, boot: context.bootText, environment: environment)
    }
}

extension CheckSettings {
    /// The environment of monitors and alerts: that of operations, but for what names one.
    init(_ loaded: LoadedConfiguration, _ context: DaemonContext) {
        let operations = SpawnerSettings(loaded, context)
        self.init(
            configuration: context.paths.configuration,
            environment: operations.environment + ["BATON_RUN=\(context.paths.run)"]
        )
    }
}
