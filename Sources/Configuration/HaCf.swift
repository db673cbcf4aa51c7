// What ha.cf says, before it is put together with the other files, and the rules for the names in it.
// Reading it is `HaCfParser`.

internal import Failover

/// What ha.cf says, with the places needed to speak about it.
struct HaCf: Sendable {
    var cluster = "linux-ha"
    var nodes: [String] = []
    var keepalive = Duration.seconds(1)
    var warntime: Duration?
    var deadtime = Duration.seconds(30)
    var initdead: Duration?
    var deadping: Duration?
    var jeopardyTime: Duration?
    var earlyTakeover = EarlyTakeover.auto
    var earlyFloor: Duration?
    var earlyProbes: Int?
    var learnsPaths = true
    var bootPolicy: BootPolicy?
    var announceInterval: Duration? = .seconds(60)
    var pingNodes: [PingNode] = []
    /// Each host of `pingNodes` and its place in the file.
    var pingPlaces: [(host: IPAddress, place: Position)] = []
    var fitSettle = Duration.seconds(2)
    var failbackSettle: Duration?
    var offerTimeout = Duration.seconds(5)
    var holdDown = Duration.seconds(300)
    var moveBudget = 3
    var restartBudget = 0
    var notifications: [NotificationTarget] = []
    var notificationRate = NotificationRate()
    var stateHooks: [ProgramLine] = []
    var trackedDevices: [String] = []
    var trackedScripts: [TrackedScript] = []
    var links: [HeartbeatLink] = []
    var autoFailback: AutoFailback?
    var takesUnproved = true
    var usesFreezer = true
    var cutsConnections = true
    var opensAddressesLast = false
    var statelessTypes: [String] = []
    var parallel: [String] = []
    var timeouts = OperationTimeouts()
    var intervals = MonitorIntervals()
    var logging = LoggingTargets(debugLevel: 0)
    var realTime = RealTimeRequest(isWanted: true)
    /// Where a directive was given last.
    var positions: [String: Position] = [:]

    var timings: Timings {
        Timings(
            keepalive: keepalive,
            warntime: warntime ?? deadtime / 2,
            deadtime: deadtime,
            initdead: initdead ?? HaCf.initdead(deadtime: deadtime),
            fitSettle: fitSettle,
            failbackSettle: failbackSettle,
            offerTimeout: offerTimeout,
            holdDown: holdDown
        )
    }

    /// What was given, over the defaults that go with deadtime.
    var evidence: EvidenceSettings {
        var evidence = EvidenceSettings(deadtime: deadtime)
        evidence.learnsPaths = learnsPaths
        evidence.jeopardyTime = jeopardyTime ?? evidence.jeopardyTime
        evidence.earlyTakeover = earlyTakeover
        evidence.earlyFloor = earlyFloor ?? evidence.earlyFloor
        evidence.earlyProbes = earlyProbes ?? evidence.earlyProbes
        evidence.bootPolicy = bootPolicy
        evidence.announceInterval = announceInterval
        evidence.pingNodes = pingNodes
        evidence.deadping = deadping ?? evidence.deadping
        return evidence
    }

    /// Heartbeat's rule for an unset initdead.
    private static func initdead(deadtime: Duration) -> Duration {
        if deadtime > .seconds(10) { return deadtime }
        return deadtime >= .seconds(6) ? deadtime * 2 : .seconds(12)
    }
}

/// What `uname -n` may print: letters, digits, `.`, `-`, `_`, at most 64 (HOST_NAME_MAX).
func isNodeName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46
                || byte == 95
        }
}

/// What the kernel takes for an interface: 1 to 15 bytes, no blank, `/`, `:` or control character.
func isDeviceName(_ text: String) -> Bool {
    (1...15).contains(text.utf8.count) && text != "." && text != ".."
        && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 47 && $0 != 58 }
}
