// The state of the small model: values only, so that a state is copied by assignment. What a machine is in the
// seeded world (`Machine`) is here without luck, drift and bytes.
//
// Beats are passed as values. The session's rules (S6) are imitated by `ModelSession`: an incarnation is believed
// once it echoes ours, by a sequence above the mark; state comes only from a sequence above the highest; a late one
// on the same path is dropped. That is enough here because nobody forges in this model: what the real `Session` does
// with forged, replayed and foreign bytes is told by the seeded stories and by the tests of `Wire`.

import Failover

/// Everything there is at the beginning of a quantum.
struct ModelState: Sendable {
    /// The beginning of the present quantum, in nanoseconds; both machines' clocks show it.
    var now: Int64 = 0
    var nodes: [ModelNode]
    var networks = [ModelNetwork(), ModelNetwork()]
    /// Beats under way, which are late.
    var messages: [ModelMessage] = []
    /// Two holders that are not promised to be prevented, while they last.
    var split: Exception?
    /// When the last split ended.
    var splitEnd = Int64.min / 2
    /// When an administrator last ordered something.
    var orderedAt = Int64.min / 2

    init(_ model: ExplorerModel) {
        nodes = (0...1).map { ModelNode(index: $0, settings: model.settings[$0]) }
    }
}

/// One network.
struct ModelNetwork: Sendable {
    /// Whether frames from node 0, and from node 1, are lost.
    var isCut = [false, false]
    /// Whether its cut took the carrier.
    var hasCarrier = true
    /// When the cut ends.
    var ends: FaultEnd?
    /// Each node's own cable.
    var cables = [ModelCable(), ModelCable()]
    /// Since when nothing has disturbed it.
    var cleanSince: Int64 = .min / 2

    /// Whether nothing disturbs it.
    var isClean: Bool { !isCut[0] && !isCut[1] && !cables[0].isPulled && !cables[1].isPulled }

    /// Whether frames of a node reach the other.
    func carries(from node: Int) -> Bool {
        !isCut[node] && !cables[0].isPulled && !cables[1].isPulled
    }

    /// Whether the device of a node has a carrier.
    func hasCarrier(_ node: Int) -> Bool { hasCarrier && cables[node].hasCarrier }
}

/// A node's cable to a network.
struct ModelCable: Sendable {
    var isPulled = false
    var hasCarrier = true
    var pulledAt = Int64.min / 2
    /// When it is put back.
    var ends: FaultEnd?
}

/// When a fault that lasts ends.
struct FaultEnd: Sendable {
    /// Quanta left; `nil` until it is repaired.
    var left: Int?
    /// Quanta that have passed, at most `ExplorerModel.patience`.
    var passed = 0

    init(_ lasting: Lasting) {
        switch lasting {
        case .quanta(let count): left = count
        case .untilRepaired: left = nil
        }
    }
}

/// One machine and its daemon.
struct ModelNode: Sendable {
    let index: Int
    var power = Power.off
    var daemon = DaemonState.down
    /// When its crash, stall, freeze or the absence of its daemon ends.
    var ends: FaultEnd?
    var boots = 0
    /// The number of the present run of the daemon, which makes its incarnation.
    var run: UInt64 = 0
    var core: FailoverMachine
    var session = ModelSession()
    /// When the keeper of a killed daemon next speaks; `nil` without one.
    var keeperBeat: Int64?
    /// The run of the daemon for which it speaks.
    var keeperRun: UInt64 = 0
    var timerAt = Int64.max
    var inbox: [ModelInbound] = []
    /// Since when its loop has not turned.
    var pausedAt: Int64 = 0
    /// Since when none of its paths has had a carrier; `nil` while one has.
    var carrierLostAt: Int64?
    /// The place of its learnt path over the service network.
    var learntPath: Int?
    /// When it last went on, or its daemon began.
    var wentOnAt: Int64 = 0
    /// When its loop last turned in this boot.
    var turnedAt: Int64?
    /// When it last reset itself.
    var resetAt: Int64?
    var isShuttingDown = false
    /// The command without a reply.
    var openCommand: UInt64?

    // The disk.
    var durable: DurableRecord?
    var writing: ModelWrite?
    var waiting: (id: PersistID, record: DurableRecord)?

    // The resources.
    var resources: [Resource]
    var operations: [ModelOperation] = []

    // What the rules remember.
    var memory = ModelMemory()

    init(index: Int, settings: Settings) {
        self.index = index
        core = FailoverMachine(settings: settings)
        resources = settings.groups[0].resources.map {
            Resource(isAddress: $0.address != nil, isStateless: $0.isStateless)
        }
    }

    /// What a daemon of this boot leaves of its last turn to the next one (S8).
    var soundTurn: Instant? { turnedAt.flatMap { _ in core.soundTurn } }

    /// Whether its loop turns.
    var turns: Bool { power == .on && daemon == .running }

    /// Whether its daemon can hear: now, or when it goes on.
    var hears: Bool { power != .off && daemon != .down }

    /// The number of resources that may run.
    var mayRun: Int { resources.count { $0.mayRun } }

    /// Whether anything of the group is there, be it suspended.
    var isThere: Bool { resources.contains { $0.isThere } }

    /// The number of resources that hold state and may run.
    var writers: Int { resources.count { $0.mayRun && !$0.isStateless } }

    /// Whether every resource truly runs and no operation could change that.
    var runsWholly: Bool { resources.allSatisfy { $0.truth == .running && !$0.isBusy } }

    /// What its daemon said last of the group.
    var report: GroupReport? { memory.report }

    /// The identity of boot `boots`.
    var bootID: BootID { BootID(high: UInt64(index + 1), low: UInt64(boots)) }

    /// The incarnation of the present run.
    var incarnation: Incarnation {
        Incarnation(counter: run, nonce: Self.nonce(of: index, run: run))
    }

    /// The nonce of a run: the low halves differ too, because requests begin with them.
    static func nonce(of node: Int, run: UInt64) -> UInt64 {
        UInt64(node + 1) << 60 | run << 40 | run << 20 | 1
    }
}

/// A record on its way to the disk.
struct ModelWrite: Sendable {
    var id: PersistID
    var record: DurableRecord
    var endsAt: Int64
}

/// What waits for a loop that stands still.
enum ModelInbound: Sendable {
    case beat(ModelMessage)
    case event(Event)
}

/// An operation in progress.
struct ModelOperation: Sendable {
    var operation: Operation
    var run: UInt64
    var ending: Ending
    var endsAt: Int64
    var isCancelled = false
}

/// What the rules remember of a node and the group.
struct ModelMemory: Sendable {
    /// What its daemon said last of the group; `nil` before its first beat.
    var report: GroupReport?
    /// When its last beat left.
    var sentAt: Int64 = 0
    /// Since when resources may run here without a pause.
    var acquiredAt: Int64?
    /// The epoch at which something was last started here, and the run that did.
    var epoch: UInt64 = 0
    var epochRun: UInt64 = 0
    /// When.
    var epochAt = Int64.min / 2
    /// When the daemon began.
    var startedAt: Int64 = 0
    /// When the last beat that it applied was sent.
    var contactAt = Int64.min / 2
    var hasFailedStart = false
    var wasFoundHalf = false
    /// When it last found that it had slept for as long as the peer waits.
    var lateAt = Int64.min / 2
    var wokeAt = Int64.min / 2
    /// When the peer took the group while this node slept and held it.
    var overtakenBy: Int64?
    /// Until when the machine last stood still.
    var frozeUntil = Int64.min / 2
    var yieldsInSplit = false
    /// Something was started in this event: its epoch is judged at the end of it.
    var checksEpoch = false
    /// What is started next goes on after it was suspended (S12).
    var resumes = false
    /// When the machine booted.
    var upSince = Int64.min / 2
    /// Its beats have called the group active here.
    var wasOwner = false
    /// When the core last said that it lets go because it is cut off (S12).
    var suspendedAt = Int64.min / 2
    /// When it last said so, or gave the group up because its network was lost.
    var actedAt = Int64.min / 2
}

/// A beat under way.
struct ModelMessage: Sendable {
    var sender: Int
    var run: UInt64
    var sequence: UInt64
    /// The network that carries it.
    var network: Int
    var content: BeatContent
    /// What the sender last heard of the receiver, and of a candidate.
    var echo: ModelEcho?
    var candidateEcho: ModelEcho?
    var sentAt: Int64
    var arrivesAt: Int64
}

/// An acknowledgement (S6).
struct ModelEcho: Sendable {
    /// The receiver's run that was heard.
    var run: UInt64
    var sequence: UInt64
    var age: Int64
}

/// One node's side of the conversation (S6): the rules of `Wire.Session` for what nobody forged.
struct ModelSession: Sendable {
    /// A run of the peer, and the highest sequence heard of it.
    struct Heard: Sendable {
        var run: UInt64
        var highest: UInt64
        var at: Int64

        func echo(at now: Int64) -> ModelEcho {
            ModelEcho(run: run, sequence: highest, age: now - at)
        }
    }

    var sequence: UInt64 = 0
    var current: Heard?
    var candidate: Heard?
    /// `sequence` when `current` was last heard.
    var mark: UInt64 = 0
    /// By network: the highest sequence heard of `current`.
    var pathHighest: [UInt64] = [0, 0]

    /// What a beat is.
    enum Judgement {
        /// News, proved by this echo.
        case accepted(ModelEcho)
        /// Heard before on another path, which works.
        case repeated
        /// Nothing that is applied.
        case dropped
    }

    /// Judges a beat to a node whose run is `run`.
    mutating func judge(_ message: ModelMessage, run: UInt64, at now: Int64) -> Judgement {
        let isCurrent = message.run == current?.run
        let echoes = [message.echo, message.candidateEcho]
        guard let echo = echoes.compactMap(\.self).first(where: { $0.run == run }) else {
            if !isCurrent { noteCandidate(message, at: now) }
            return .dropped
        }
        if isCurrent {
            guard message.sequence > pathHighest[message.network] else { return .dropped }
            pathHighest[message.network] = message.sequence
            mark = sequence
            guard message.sequence > current?.highest ?? 0 else { return .repeated }
        } else {
            guard current == nil || echo.sequence > mark else { return .dropped }
            let known = candidate?.run == message.run ? candidate?.highest : nil
            guard message.sequence > known ?? 0 else { return .dropped }
            let floor = known ?? message.sequence - 1
            pathHighest = [floor, floor]
            pathHighest[message.network] = message.sequence
            candidate = nil
            mark = sequence
        }
        current = Heard(run: message.run, highest: message.sequence, at: now)
        return .accepted(echo)
    }

    /// Remembers a run that has not proved itself; one older than the present one is not worth the place here, where
    /// no disk is lost.
    private mutating func noteCandidate(_ message: ModelMessage, at now: Int64) {
        guard message.run >= current?.run ?? 0, message.run >= candidate?.run ?? 0 else { return }
        if message.run == candidate?.run, message.sequence <= candidate?.highest ?? 0 { return }
        candidate = Heard(run: message.run, highest: message.sequence, at: now)
    }
}
