// The deciding core: events and the time in, an ordered list of effects out. No clock, no randomness, no
// input or output. This file holds its state and the way an event takes through it; what is decided is in
// the extensions: Evidence (table), Machine+Peer (liveness), Machine+Groups (the conversation about each
// group), Machine+Operations (start and stop in order), Machine+Commands, Machine+Beats, Machine+Status.
//
// The phases of a group and every way between them: `Transitions.table`.

/// The pure machine that decides which node holds which group.
public struct FailoverMachine: Sendable {
    /// The tables it works from.
    public let settings: Settings

    /// Silence after which probing begins: `warntime`, but never before a beat is really missing.
    let suspicionDelay: Duration
    /// The greatest time seen; the core never goes back.
    var now = Instant(nanoseconds: 0)
    /// What this event asks for, so far.
    var effects: [Effect] = []
    /// What the daemon told at the start; `nil` before.
    var start: Start?
    /// When this incarnation began.
    var startedAt = Instant(nanoseconds: 0)
    /// The other node.
    var peer: PeerView
    /// The heartbeat paths: those of ha.cf, then the places of learnt ones.
    var links: [LinkView]
    /// When learnt paths carry a beat at the latest.
    var nextLearntBeat: Instant?
    /// When a beat last left.
    var lastBeatAt: Instant?
    /// This node's networks.
    var ownNetworks: [OwnNetwork] = []
    /// What is known of them, in the same order.
    var networkStates: [NetworkState] = []
    /// The hosts on them.
    var neighbours: [Neighbour] = []
    /// The questions about them.
    var examination = Examination()
    /// When each ping node last answered.
    var pings: [Instant?]
    /// When ping nodes are asked next.
    var nextPing: Instant?
    /// How many of them answered, as last told.
    var pingsTold = 0
    /// The longest delay that came near `deadtime`, and when that was last said.
    var worstDelay = Duration.zero
    var advisedAt: Instant?
    /// Since when the peer reaches more of them than this node.
    var fewerPingsSince: Instant?
    /// Numbers of failures of networks.
    var networkIncidents: UInt64 = 0
    /// Since when an early verdict is possible, and beats say so.
    var earlySince: Instant?
    /// When the addresses of what runs here are announced again.
    var nextAnnouncement: Instant?
    /// A peer never heard since this machine booted counts as silent: `initdead` has passed.
    var isBootDue = false
    /// The probes.
    var probes: ProbeTable
    /// The groups, as in `settings.groups`.
    var groups: [Group]
    /// Their identities: digests, made once.
    let identities: [GroupIdentity]
    /// Their places by identity.
    let groupIndex: [GroupIdentity: Int]
    /// Commands without a final reply yet.
    var commands: [PendingCommand] = []
    /// Freezes, thaws and clears without a final reply yet.
    var words: [PendingWord] = []
    /// Questions about copies of replicated data without an answer yet.
    var fences = FenceDesk()
    /// A `confirm-down` whose probes are out.
    var confirming: Confirming?
    /// SIGTERM was given.
    var isLeaving = false
    /// When a shutdown no longer waits for the peer's answer.
    var leavingDeadline: Instant?
    /// `endDaemon` was given.
    var hasEnded = false
    /// How long no daemon ran here before this one, until the peer's first beat tells whether it may have taken
    /// meanwhile (S8); `nil` once that is known.
    var absence: Duration?
    /// The last turn of which a daemon that follows may believe that this one knew all the time what went on: not one
    /// after it was late, while what that means for its claims is not on disk (S8); `nil` when no such turn is known.
    public internal(set) var soundTurn: Instant?
    /// How far the record is that says which claims are late.
    var lateness = Lateness.saved
    /// Since when no link has had a carrier.
    var carrierLostSince: Instant?
    /// The peer was heard since this machine booted, by this or an earlier daemon (S1).
    var peerHeardThisBoot = false
    /// No record was there when an earlier daemon, or this one, began, and neither peer nor administrator has spoken
    /// since (S6).
    var hasNoPast = false
    /// This node's own addresses.
    var ownAddresses: [OwnAddress] = []
    /// Our present challenge (S8).
    var challenge: UInt64 = 0
    /// The last operation number given out.
    var operationIssued: UInt64 = 0
    /// The last write asked for, and the last known to be on disk.
    var persistIssued = PersistID(0)
    /// The last write known to be on disk.
    var persistDone = PersistID(0)
    /// The last request number given out.
    var requestIssued: UInt32 = 0
    /// The record differs from the last one written.
    var recordIsDirty = false
    /// The beat differs from the last one sent, or is due at once.
    var beatIsDue = false
    /// When the next beat is due at the latest.
    var nextBeat: Instant?
    /// Something changed that the groups should look at.
    var needsEvaluation = false
    /// The last move, in words.
    var lastMove: String?
    /// Whether waiting for a peer never heard was noted.
    var waitingNoted = false
    /// The rows of the transition table taken so far, for tests.
    var coverage: Set<Transition> = []

    /// Limit of commands waiting for their reply; one more is refused.
    static let commandsMaximum = 64

    /// Makes the core of one node; its first event must be `started`.
    public init(settings: Settings) {
        precondition(!settings.links.isEmpty, "a pair needs a link")
        self.settings = settings
        let timings = settings.timings
        let floor = timings.keepalive * 3 / 2
        suspicionDelay = min(max(timings.warntime, floor), timings.deadtime * 3 / 4)
        peer = PeerView(groupCount: settings.groups.count)
        links = Array(
            repeating: LinkView(),
            count: settings.links.count + LinkIndex.learntMaximum
        )
        pings = settings.evidence.pingNodes.map { _ in nil }
        probes = ProbeTable(groups: settings.groups)
        groups = settings.groups.map(Group.init)
        identities = settings.groups.map(\.name.identity)
        var places: [GroupIdentity: Int] = [:]
        for (index, identity) in identities.enumerated() {
            let clash = places.updateValue(index, forKey: identity)
            precondition(clash == nil, "two groups of one identity")
        }
        groupIndex = places
    }

    /// Takes one event and says what to do, in order.
    ///
    /// Time that goes back counts as standing still. The first event must be `started`.
    public mutating func handle(_ event: Event, at time: Instant) -> [Effect] {
        now = max(now, time)
        effects.removeAll(keepingCapacity: true)
        switch event {
        case .started(let start): begin(start)
        case .heartbeatReceived(let beat, let link): heard(beat, on: link)
        case .heartbeatRepeated(let link): heardAgain(on: link)
        case .rolledBack(let incarnation):
            start?.incarnation = incarnation
            wasLate(because: "this node was rolled back", since: nil)
        case .timeReached: break
        case .persisted(let id): persisted(id)
        case .operationFinished(let id, let outcome): finished(id, outcome)
        case .probeAnswered(let answer): probeAnswered(answer)
        case .linkChanged(let link, let isUp): linkChanged(link, isUp: isUp)
        case .networksChanged(let networks): networksChanged(networks)
        case .neighbourHeard(let heard): neighbourHeard(heard)
        case .pingAnswered(let address): pingAnswered(address)
        case .healthChanged(let group, let failures): healthChanged(group, failures)
        case .dataObserved(let group, let observation): observed(group, observation)
        case .readinessObserved(let group, let missing): prepared(group, missing)
        case .fenceRequested(let id, let group, let resource): fenceRequested(id, group, resource)
        case .peerFenceAnswered(let id, let reply): peerFenceAnswered(id, reply)
        case .outdateRequested(let id, let group, let resource):
            outdateRequested(id, group, resource)
        case .loopLate(let lateness): loopLate(by: lateness)
        case .commandReceived(let id, let command): received(command, id)
        case .shutdownRequested: beginShutdown()
        }
        precondition(start != nil, "the first event must be `started`")
        discountSleep()
        watchPeer()
        watchLinks()
        examineIfDue()
        // Nor may it act: its own beat is long overdue, so this loop is late, and the next event tells it so.
        if isLateReader(event) { return effects }
        probeIfDue()
        pingIfDue()
        comparePings()
        evaluate()
        considerFences()
        announceIfDue()
        // What a late loop reads before it knows that it is late must not make it speak (S8): a beat that is
        // merely due waits for `timeReached`.
        switch event {
        case .heartbeatReceived, .heartbeatRepeated: flush(beatsWhenDue: false)
        default: flush(beatsWhenDue: true)
        }
        noteTurn()
        return effects
    }

    /// Whether this is a beat that waited for a loop which stood still: it is taken in, no more (S8).
    private func isLateReader(_ event: Event) -> Bool {
        guard let due = nextBeat, now - due >= settings.timings.keepalive else { return false }
        switch event {
        case .heartbeatReceived, .heartbeatRepeated: return true
        default: return false
        }
    }

    /// Lets every group look at what changed, until nothing changes any more.
    private mutating func evaluate() {
        // Time itself decides things: a deadline that has passed is a change like any other.
        if let due = groupDeadline, due <= now { needsEvaluation = true }
        var rounds = 0
        while needsEvaluation {
            needsEvaluation = false
            for index in groups.indices { consider(index) }
            considerCommands()
            considerShutdown()
            rounds += 1
            precondition(rounds < 64, "the groups do not settle")
        }
    }

    /// Puts what must be durable before what is said, and says it when it is new or due.
    private mutating func flush(beatsWhenDue: Bool) {
        if recordIsDirty {
            recordIsDirty = false
            persistIssued.value += 1
            effects.append(.persist(persistIssued, durableRecord))
        }
        guard !hasEnded else { return }
        noteEarly()
        if beatIsDue || beatsWhenDue && (beatDeadline.map { $0 <= now } ?? true) {
            let links = linksForBeat(isNews: beatIsDue)
            effects.append(.sendHeartbeat(beatContent(), on: links))
            lastBeatAt = now
            // A due beat keeps its rhythm (L3); one sent early for news starts it anew.
            let keepalive = settings.timings.keepalive
            if !beatIsDue, let due = nextBeat, due <= now, now < due + keepalive {
                nextBeat = due + keepalive
            } else {
                nextBeat = now + keepalive
            }
            beatIsDue = false
        }
    }

    /// When a beat is due: every `keepalive`, and quicker while one may be missed.
    private var beatDeadline: Instant? {
        guard quickens, let lastBeatAt, let nextBeat else { return nextBeat }
        return min(nextBeat, lastBeatAt + quickInterval)
    }

    /// When the core next wants `timeReached`; `nil` before `started` and after `endDaemon`.
    public var nextDeadline: Instant? {
        guard start != nil, !hasEnded else { return nil }
        var next = beatDeadline ?? now
        func consider(_ deadline: Instant?) {
            guard let deadline else { return }
            // What is still due was looked at in this event and left: a bound on how often, not a wait.
            let later = deadline > now ? deadline : now + .milliseconds(1)
            if later < next { next = later }
        }
        consider(peerDeadline)
        consider(probes.nextRound)
        consider(groupDeadline)
        consider(examinationDeadline)
        consider(nextPing)
        consider(nextAnnouncement)
        consider(fenceDeadline)
        return max(next, Instant(nanoseconds: now.nanoseconds &+ 1))
    }

    /// Asks for the durable record to be written at the end of this event; the number to wait for.
    mutating func persist() -> PersistID {
        recordIsDirty = true
        return PersistID(persistIssued.value + 1)
    }

    /// Says something to the administrators.
    mutating func note(
        _ severity: Severity,
        _ code: NoticeCode,
        _ group: Int?,
        _ text: String,
        _ reason: Reason? = nil,
        subject: String? = nil,
        cause: TransitionCause? = nil
    ) {
        effects.append(
            .note(
                Notice(
                    severity: severity,
                    code: code,
                    group: group.map { settings.groups[$0].name },
                    subject: subject,
                    cause: cause,
                    text: text,
                    reason: reason
                )
            )
        )
    }

    /// The record as it should be on disk now.
    var durableRecord: DurableRecord {
        let claims = groups.enumerated().map { index, group in
            let intent: ClaimIntent =
                switch group.phase {
                case .claiming, .starting: .acquiring
                case .active: .active
                case .suspended: .active
                case .stopping, .unsafe: .releasing
                case .unknown: recordedClaim(index)?.intent ?? .idle
                case .standby, .offered, .failed: group.reserved > group.epoch ? .reserved : .idle
                }
            return ClaimRecord(
                group: identities[index],
                epoch: group.epoch,
                reserved: group.reserved,
                isDoubtful: isEpochDoubtful(index) ? true : nil,
                intent: intent,
                kind: group.claim,
                heldThisBoot: group.heldThisBoot,
                isLate: group.isLate ? true : nil,
                isLastOwner: group.isLastOwner ? true : nil,
                noFailbackTo: group.phase == .active ? group.noFailbackTo : nil,
                health: healthRecord(index),
                data: dataRecord(index)
            )
        }
        let bootID = start?.bootID ?? BootID(high: 0, low: 0)
        return DurableRecord(
            bootID: bootID,
            incarnationCounter: start?.incarnation.counter ?? 0,
            peerHeardThisBoot: peerHeardThisBoot,
            hasNoPast: hasNoPast ? true : nil,
            peerAddresses: peer.addresses,
            calibrated: probes.marks,
            neighbours: neighbours.filter(\.isCalibrated).map {
                NeighbourRecord(address: $0.address, device: $0.device)
            },
            claims: claims
        )
    }

    /// Whether the group's epoch was reserved by an earlier boot, which may have used it, and by nobody else.
    func isEpochDoubtful(_ index: Int) -> Bool {
        groups[index].doubtfulEpoch != 0 && groups[index].doubtfulEpoch == groups[index].epoch
    }

    /// The claim on a group that the record held at the start.
    func recordedClaim(_ index: Int) -> ClaimRecord? {
        let identity = identities[index]
        return start?.record?.claims.first {
            $0.group == identity && $0.highest <= GroupReport.epochMaximum
        }
    }
}
