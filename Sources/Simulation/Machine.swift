// One simulated machine: its kernel (clock, addresses), its disk, its resources and operations, and the daemon
// that may run on it. What happens to it is decided in `World`; nothing here draws luck.

import Failover
import Wire

/// Whether a machine computes.
enum Power: Sendable {
    /// Switched off, or booting.
    case off
    /// The kernel runs.
    case on
    /// The kernel stands still.
    case frozen
}

/// Whether a daemon's loop turns.
enum DaemonState: Sendable {
    /// There is none.
    case down
    /// It turns.
    case running
    /// It stands still; what happens waits in `Machine.inbox`.
    case paused
}

/// The truth about one resource, which no script can change by lying about it.
struct Resource: Sendable {
    /// What it really does.
    var truth: ResourceTruth = .stopped
    /// Whether it may run or write: from the begin of a start until a stop succeeded, a status truly said
    /// "stopped", or the machine crashed.
    var mayRun = false
    /// Whether the last stop did not succeed (S3, S4).
    var isStopUnconfirmed = false
    /// Whether this run of the daemon has had a status of it (S14).
    var isProbed = false
    /// Whether an operation on it runs.
    var isBusy = false
    /// Whether it is an address.
    var isAddress: Bool
    /// Whether two of it destroy nothing.
    var isStateless: Bool
    /// It is there, and writes nothing: it waits for a suspended barrier, or was killed while it did.
    var isBlocked = false

    /// Whether anything of it is there, be it suspended.
    var isThere: Bool { mayRun || isBlocked || truth == .suspended }
}

/// What a resource really does.
enum ResourceTruth: Sendable {
    /// Nothing.
    case stopped
    /// All of it runs.
    case running
    /// An operation on it ended half-way.
    case half
    /// It is there, and does nothing until it is resumed.
    case suspended
}

/// An operation in progress; its process outlives the daemon.
struct RunningOperation: Sendable {
    /// Never used twice in the world.
    var serial: UInt64
    /// The run of the daemon that asked.
    var run: Int
    /// What was asked.
    var operation: Operation
    /// How it will end unless somebody ends it.
    var ending: Ending
    /// When.
    var endsAt: Int64
    /// Whether the core cancelled it.
    var isCancelled = false
}

/// How an operation will end.
enum Ending: Sendable {
    /// As it should.
    case well
    /// With exit code 1.
    case badly
    /// By its deadline.
    case byDeadline
}

/// What waits for a daemon that stands still.
enum Inbound {
    /// A datagram in a socket's buffer.
    case datagram(Int)
    /// Anything else, already an event.
    case event(Event)
}

/// A command, or a shutdown, that has not ended.
struct OpenCommand: Sendable {
    /// The number given to the core; `UInt64.max` for a shutdown.
    var id: UInt64
    /// The command; `nil` for a shutdown.
    var command: Command?
    /// Groups of which something might run here then.
    var held: Set<Int> = []
    /// Those of them whose claim may have been overtaken (S8).
    var doubtful: Set<Int> = []
    /// When it was given.
    var at: Int64
}

/// The keeper of a daemon that was killed.
struct Keeper {
    /// Goes on in the dead daemon's session.
    var session: Session
    /// The run of that daemon.
    var run: Int
}

/// What the world remembers of one group on one machine, for the rules.
struct GroupMemory: Sendable {
    /// Since when resources of it may run here without a pause; `nil` when none may.
    var acquiredAt: Int64?
    /// When the present claim was decided on.
    var claimedAt = Int64.min / 2
    /// Whether a start failed, or was ended, since it was acquired.
    var hasFailedStart = false
    /// Whether this run of the daemon found it half running.
    var wasFoundHalf = false
    /// The peer took the group while this machine slept and held it: when the peer did; `nil` once nothing of the
    /// group may run here (S8).
    var overtakenBy: Int64?
    /// Whether this machine has begun to stop it since the present split began.
    var yieldsInSplit = false
    /// How many of its resources may run here.
    var mayRun = 0
    /// How many of its resources that hold state may run here.
    var writers = 0
    /// Its beats have called it active here, and no disk was lost since.
    var wasOwner = false
    /// The epoch at which it last started something here.
    var epoch: UInt64 = 0
    /// The run of the daemon that did.
    var epochRun = 0
    /// When.
    var epochAt = Int64.min / 2
    /// When its beats last called it offered to the peer.
    var offeredAt = Int64.min / 2
}

/// One machine.
final class Machine {
    let index: Int
    /// With every group of the story, so that a group has one number in the world.
    let settings: Settings
    /// By which the groups are told in beats and records, in their order.
    let identities: [GroupIdentity]
    /// What its core is told.
    let coreSettings: Settings

    // The kernel.
    var power = Power.off
    var boots = 0
    var bootID = BootID(high: 0, low: 0)
    var clockOrigin: Int64 = 0
    var clockStart: Int64
    let drift: Int64
    var upSince: Int64 = 0
    var thawsAt: Int64 = 0
    /// When it last stood still, or its daemon did: until when.
    var frozeUntil = Int64.min / 2
    /// When this machine last reset itself.
    var lastReset: Int64?

    // The disk.
    var durable: DurableRecord?
    var counter: UInt64 = 0
    var writing: (id: PersistID, record: DurableRecord, serial: UInt64)?
    var waiting: (id: PersistID, record: DurableRecord)?
    var diskHangs = 0
    var resetAt: Int64?

    // Resources.
    var resources: [[Resource]]
    var groups: [GroupMemory]
    /// The services of the groups.
    var services: [ServiceMemory]
    var operations: [RunningOperation] = []
    var mishaps: [(group: Int, resource: Int, action: OperationAction, how: Mishap)] = []

    // The daemon.
    var daemon = DaemonState.down
    var run = 0
    var startedAt: Int64 = 0
    var core: FailoverMachine
    var session: Session?
    /// Speaks for a daemon that was killed, until another begins.
    var keeper: Keeper?
    /// A host of the service network has answered this daemon, or had ample time to.
    var knowsNeighbours = false
    /// The learnt paths of its daemon, by place.
    var paths: [Int: LearntPath] = [:]
    var pausedAt: Int64 = 0
    var lastPauseEnd: Int64 = 0
    /// When a daemon here last found that none had run for as long as the peer may have waited.
    var lateAt = Int64.min / 2
    /// When a loop last turned in this boot, by the world's clock.
    var turnedAt: Int64?
    /// Since when no link has had a carrier; `nil` while one has.
    var carrierLostSince: Int64?
    /// When this machine last found that it had slept, or was cut off, for so long.
    var wokeAt = Int64.min / 2
    var inbox: [Inbound] = []
    /// It is reading what waited for a loop that stood still.
    var isDraining = false
    var inboxDatagrams = 0
    var armed: Instant?
    var idleTurns = 0
    var timerAt = Int64.max
    var sentAt: Int64 = 0
    var reports: [GroupReport] = []
    var commands: [OpenCommand] = []
    var isShuttingDown = false
    var restartAfter: Int64 = 0

    // What it has truly applied, to judge what it accepts.
    var appliedRun = 0
    /// When the last applied beat was sent.
    var contactAt = Int64.min / 2
    var appliedSequence: UInt64 = 0

    init(index: Int, scenery: Scenery) {
        self.index = index
        settings = scenery.settings(of: index)
        identities = settings.groups.map(\.name.identity)
        coreSettings = scenery.coreSettings(of: index)
        core = FailoverMachine(settings: coreSettings)
        clockStart = scenery.clockOffset[index]
        drift = scenery.clockDrift[index]
        resources = settings.groups.map { group in
            group.resources.map {
                Resource(isAddress: $0.address != nil, isStateless: $0.isStateless)
            }
        }
        groups = settings.groups.map { _ in GroupMemory() }
        services = settings.groups.map { _ in ServiceMemory() }
    }

    /// What this machine's boot-time clock shows at world time `time`.
    func clock(at time: Int64) -> Instant {
        let elapsed = time - clockOrigin
        return Instant(nanoseconds: clockStart + elapsed + elapsed * drift / 1_000_000)
    }

    /// A world time at which the clock shows at least `instant`, at most two nanoseconds late.
    func worldTime(of instant: Instant) -> Int64 {
        let local = instant.nanoseconds - clockStart
        if local > Int64.max / 4 { return Int64.max }
        let millions = local / (1_000_000 + drift)
        let rest = local % (1_000_000 + drift)
        var time =
            clockOrigin + millions * 1_000_000 + rest * 1_000_000 / (1_000_000 + drift)
        while clock(at: time) < instant { time += 1 }
        return time
    }

    /// Whether its haresources names the group.
    func knows(_ group: Int) -> Bool { group < coreSettings.groups.count }

    /// Whether its kernel answers for an address of the group.
    func hasAddress(_ address: IPAddress) -> Bool {
        for (group, settings) in settings.groups.enumerated() {
            for (index, resource) in settings.resources.enumerated()
            where resource.address == address {
                return resources[group][index].truth == .running
            }
        }
        return false
    }

    /// Marks whether a resource may run, and counts.
    func setMayRun(_ mayRun: Bool, group: Int, resource: Int) {
        guard resources[group][resource].mayRun != mayRun else { return }
        resources[group][resource].mayRun = mayRun
        let step = mayRun ? 1 : -1
        groups[group].mayRun += step
        if !resources[group][resource].isStateless { groups[group].writers += step }
        if groups[group].mayRun == 0 {
            groups[group].acquiredAt = nil
            groups[group].hasFailedStart = false
            groups[group].wasFoundHalf = false
            groups[group].overtakenBy = nil
        }
    }

    /// A barrier is suspended, or goes on: what writes through it waits, or may write again.
    func block(_ isBlocked: Bool, group: Int, behind barrier: Int) {
        guard settings.groups[group].resources[barrier].isBarrier else { return }
        for index in resources[group].indices
        where settings.groups[group].resources[index].isCovered {
            let isThere = resources[group][index].isThere
            resources[group][index].isBlocked = isBlocked && isThere
            setMayRun(isThere && !isBlocked, group: group, resource: index)
        }
    }

    /// Whether anything of a group is there, be it suspended.
    func isThere(_ group: Int) -> Bool { resources[group].contains { $0.isThere } }

    /// Whether every resource of a group truly runs and none has an operation that could change that.
    func runsWholly(_ group: Int) -> Bool {
        resources[group].allSatisfy { $0.truth == .running && !$0.isBusy }
    }

    /// What the daemon last said of a group; `nil` before its first beat.
    func report(of group: Int) -> GroupReport? {
        let identity = identities[group]
        if group < reports.count, reports[group].group == identity { return reports[group] }
        return reports.first { $0.group == identity }
    }
}
