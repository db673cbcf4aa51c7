// The state of the core as numbers that are equal for states which behave alike from now on, so that an exhaustive
// exploration (room Simulation) comes to an end: times count from now, epochs from the highest one known, names
// (nonces, challenges, operations) by their first appearance. What only words a notice or the status is left out.
// A test lists every stored field of the core's types: who adds one decides here whether it counts.
//
// Ages saturate: what lies further back than every time the core compares with is "long ago". The one time this
// does not hold for is the hour of `move_budget` and of S4's second reset; explored stories are shorter. Both clocks
// run alike there, so that what the core knows of the peer's clock (S8) never counts.

/// Collects the canonical numbers of a state; one writer takes in both cores and what lies between them.
@_spi(Simulation) public struct CanonicalWriter: Sendable {
    /// The numbers so far.
    public private(set) var words: [UInt64] = []
    /// The time that counts as zero.
    public var now = Instant(nanoseconds: 0)
    /// The age from which all are equal, in nanoseconds.
    public var horizon: Int64 = 0
    /// The highest epoch of the whole state.
    public var highestEpoch: UInt64 = 0
    /// Whose operations and commands are named now: each node counts its own.
    public var node = 0
    private var names: [(kind: Name, node: Int, value: UInt64)] = []

    /// What is named, each kind by itself.
    public enum Name: UInt8, Sendable {
        /// A challenge (S8).
        case challenge
        /// An incarnation by its nonce.
        case incarnation
        /// An operation of the present node.
        case operation
        /// A command, or an incident, of the present node.
        case command
        /// A request, of which both nodes speak.
        case request

        fileprivate var isOfNode: Bool { self == .operation || self == .command }
    }

    /// An empty writer.
    public init() { words.reserveCapacity(512) }

    /// Forgets everything, to take in another state.
    public mutating func reset(now: Instant, horizon: Duration, highestEpoch: UInt64) {
        words.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        self.now = now
        self.horizon = horizon.nanoseconds
        self.highestEpoch = highestEpoch
    }

    /// A number that means itself.
    public mutating func add(_ number: Int) { words.append(UInt64(bitPattern: Int64(number))) }

    /// A number that means itself.
    public mutating func add(_ number: UInt64) { words.append(number) }

    /// Yes or no.
    public mutating func add(_ flag: Bool) { words.append(flag ? 1 : 0) }

    /// A point in time, relative to now; equal for all that are older than `limit` or the horizon, and for all that
    /// are further ahead than the horizon.
    public mutating func add(_ time: Instant?, within limit: Duration? = nil) {
        guard let time else { return add(UInt64.max) }
        let oldest = min(limit.map(\.nanoseconds) ?? horizon, horizon)
        add(UInt64(bitPattern: min(max((time - now).nanoseconds, -oldest), horizon)))
    }

    /// A length of time that means itself.
    public mutating func add(_ duration: Duration?) {
        add(duration.map { UInt64(bitPattern: $0.nanoseconds) } ?? UInt64.max)
    }

    /// An epoch: 0 for none, else how far below the highest it lies.
    public mutating func add(epoch: UInt64) {
        add(epoch == 0 ? UInt64.max : highestEpoch &- epoch)
    }

    /// Something that is only compared for equality: the place of its first appearance; 0 stays 0.
    public mutating func add(name value: UInt64, _ kind: Name) {
        if value == 0 { return add(UInt64(0)) }
        let node = kind.isOfNode ? node : -1
        let known = names.firstIndex { $0.value == value && $0.kind == kind && $0.node == node }
        if let known { return add(UInt64(known + 1)) }
        names.append((kind, node, value))
        add(UInt64(names.count))
    }

    /// A digest of the numbers, for a table of states seen: 64 bits, so that among ten million states two different
    /// ones are taken for one with a chance of one in 10^5.
    public var digest: UInt64 {
        var first: UInt64 = 0x9e37_79b9_7f4a_7c15
        for word in words {
            first = (first ^ word) &* 0xff51_afd7_ed55_8ccd
            first ^= first >> 32
        }
        first = (first ^ UInt64(words.count)) &* 0xc4ce_b9fe_1a85_ec53
        return first ^ first >> 29
    }
}

extension CanonicalWriter {
    /// What a node says of a group.
    public mutating func add(_ report: GroupReport) {
        add(Int(report.phase.rawValue))
        add(epoch: report.epoch)
        add(report.isEpochDoubtful)
        add(Int(report.claim.rawValue))
        add(report.isLate)
        add(report.hasStartedStorage)
        add(epoch: report.offer)
        // What was declined at or below the sender's own epoch is past.
        add(epoch: report.declined > report.epoch ? report.declined : 0)
        add(Int(report.fitness.rawValue))
        add(name: UInt64(report.request), .request)
        add(name: UInt64(report.refusedRequest), .request)
        add(Int(report.refusal.rawValue))
        add(Int(report.replication.rawValue))
        add(report.storageDigest)
        add(report.addressDigest)
        add(report.prefersSender)
        add(report.health)
    }

    /// What a node says of a group's health.
    public mutating func add(_ word: HealthWord) {
        add(epoch: word.clearedThrough)
        add(word.moves.count)
        for move in word.moves {
            add(epoch: move.epoch)
            add(move.isSenders)
            add(UInt64(bitPattern: min(move.age.nanoseconds, horizon)))
        }
        add(Int(word.freezeStamp))
        add(word.isFrozen)
        add(word.freezeRemaining)
    }

    /// Addresses and their order.
    public mutating func add(_ addresses: [OwnAddress]) {
        add(addresses.count)
        for own in addresses {
            add(own.address.low)
            add(own.mac.value)
        }
    }

    /// A run of a daemon; each has its own nonce.
    public mutating func add(_ incarnation: Incarnation?) {
        add(name: incarnation?.nonce ?? 0, .incarnation)
    }
}

extension FailoverMachine {
    /// The age from which nothing here tells two times apart.
    @_spi(Simulation) public var canonicalHorizon: Duration {
        let timings = settings.timings
        let judging = max(timings.deadtime * 4 + suspicionDelay, answerWindow * 2)
        let waiting = max(timings.initdead, timings.offerTimeout, timings.fitSettle)
        let held = max(timings.holdDown, settings.evidence.jeopardyTime)
        return max(judging, waiting, held, Self.calibrationInterval) + timings.keepalive
    }

    /// The highest epoch anywhere in the core.
    @_spi(Simulation) public var canonicalEpoch: UInt64 {
        var highest: UInt64 = 0
        for index in groups.indices {
            let group = groups[index]
            let own = max(group.epoch, group.reserved, group.claimEpoch, group.declined)
            let recorded = recordedClaim(index)?.highest ?? 0
            highest = max(highest, own, recorded)
            if let report = peer.reports[index] {
                highest = max(highest, report.epoch, report.offer, report.declined)
            }
        }
        return highest
    }

    /// When the group's present claim was made.
    @_spi(Simulation) public func claimedAt(_ group: Int) -> Instant { groups[group].claimedAt }

    /// Whether the peer left in order when it was last heard.
    @_spi(Simulation) public var peerHasLeft: Bool { peer.standing == .left }

    /// Whether this node says why it does not hold the group, and will not by itself: held, unsafe, failed, waiting.
    @_spi(Simulation) public func saysWhyNot(_ group: Int) -> Bool {
        if groups[group].heldCause != nil { return true }
        switch groups[group].phase {
        case .unsafe, .failed: return true
        default: return peer.standing == .neverHeard && waitingNoted
        }
    }

    /// Adds what decides the core's future.
    @_spi(Simulation) public func encode(into writer: inout CanonicalWriter) {
        encodeWhole(into: &writer)
        encodePeer(into: &writer)
        encodeEvidence(into: &writer)
        encodeNetworks(into: &writer)
        for index in groups.indices { encodeGroup(index, into: &writer) }
        encodeCommands(into: &writer)
    }

    private func encodeWhole(into writer: inout CanonicalWriter) {
        for question in fences.own + fences.peers {
            writer.add(question.group)
            writer.add(question.resource)
            writer.add(question.since)
        }
        writer.add(fences.own.count)
        writer.add(start != nil)
        // An hour is longer than any story explored: "lately" stays so.
        writer.add(start?.lastReset.map { $0 + (now - startedAt) < Self.resetInterval } ?? false)
        writer.add(peer.standing == .neverHeard ? startedAt : nil)
        writer.add(peer.standing == .neverHeard && start?.record != nil)
        writer.add(isBootDue)
        writer.add(start?.record?.neighbours?.count ?? 0)
        writer.add(absence.map { min($0, canonicalHorizon) })
        writer.add(carrierLostSince)
        writer.add(soundTurn)
        if case .writing(let id) = lateness { writer.add(waits(for: id)) } else { writer.add(0) }
        writer.add(isLeaving)
        writer.add(hasEnded)
        writer.add(leavingDeadline)
        writer.add(peerHeardThisBoot)
        writer.add(hasNoPast)
        writer.add(ownAddresses)
        writer.add(name: challenge, .challenge)
        writer.add(persistIssued.value - persistDone.value)
        writer.add(recordIsDirty)
        writer.add(beatIsDue)
        writer.add(nextBeat)
        writer.add(lastBeatAt, within: settings.timings.deadtime)
        writer.add(nextLearntBeat, within: .zero)
        writer.add(nextAnnouncement)
        writer.add(needsEvaluation)
        writer.add(waitingNoted)
    }

    private func encodePeer(into writer: inout CanonicalWriter) {
        let timings = settings.timings
        writer.add(peer.standing.code)
        writer.add(peer.incarnation)
        let judged = max(timings.deadtime * 3, settings.evidence.jeopardyTime)
        writer.add(peer.lastHeard, within: judged + timings.keepalive)
        writer.add(peer.heardUsAt, within: timings.deadtime)
        writer.add(earlySince != nil)
        writer.add(isArmed)
        writer.add(peer.isProvedDead)
        writer.add(peer.missesUs)
        writer.add(peer.pingsAnswering)
        writer.add(peer.lastDaemonDown, within: max(answerWindow, timings.deadtime))
        writer.add(peer.presentSince, within: timings.deadtime)
        writer.add(peer.earliestTake)
        writer.add(peer.deadtime)
        writer.add(peer.isLeaving)
        writer.add(peer.mayBeBack)
        writer.add(name: peer.challenge, .challenge)
        writer.add(name: peer.response, .challenge)
        writer.add(peer.hearsUs)
        let deafFor = peer.deafSince.flatMap { since in peer.lastHeard.map { $0 - since } }
        writer.add(deafFor.map { min($0, deafnessPatience) })
        writer.add(peer.addresses)
        for index in groups.indices {
            writer.add(peer.reports[index] != nil)
            writer.add(peer.storageDigests[index] ?? 0)
            if let report = peer.reports[index] { writer.add(report) }
            writer.add(peer.health[index] != nil)
            if let word = peer.health[index] { writer.add(word) }
            writer.add(name: peer.words[index]?.response ?? 0, .challenge)
            writer.add(peer.words[index]?.isLeaving ?? false)
            writer.add(peer.words[index]?.hearsUs ?? false)
            writer.add(peer.words[index] != nil)
            writer.add(peer.fitSince[index], within: timings.failbackSettle)
        }
        // The pattern of loss compares paths with one another, however long ago they were heard.
        writer.add(wasPathLost)
        for place in links.indices where isPath(place) {
            let link = links[place]
            writer.add(place)
            writer.add(link.isUp)
            writer.add(link.downSince, within: timings.deadtime * 2)
            writer.add(link.lastHeard, within: timings.deadtime * 2 + learntInterval)
            let since = peer.presentSince
            writer.add(link.lastHeard.map { heard in since.map { heard >= $0 } ?? false } ?? false)
        }
    }

    /// Whether the peer has said that it heard us since an early verdict was announced to it.
    private var isArmed: Bool {
        guard let armed = earlySince, let heard = peer.heardUsAt else { return false }
        return heard > armed
    }

    private func encodeNetworks(into writer: inout CanonicalWriter) {
        let timings = settings.timings
        let since = examination.since
        writer.add(since, within: timings.deadtime * 3 + timings.keepalive)
        writer.add(examination.nextRound)
        writer.add(examination.calibratedAt, within: Self.calibrationInterval)
        for (network, state) in zip(ownNetworks, networkStates) {
            writer.add(network.hasCarrier)
            writer.add(state.hasCarrier)
            writer.add(min(state.silentRounds, Self.silentRoundsMaximum))
            writer.add(state.goneSince, within: timings.deadtime)
            writer.add(state.returnedAt, within: settings.evidence.jeopardyTime)
        }
        for neighbour in neighbours {
            writer.add(neighbour.address.low)
            writer.add(neighbour.isCalibrated)
            writer.add(min(neighbour.missed, Neighbour.hurriedQuestions + 1))
            writer.add(neighbour.lastAnswer != nil)
            let answer = neighbour.lastAnswer
            writer.add(answer.map { answer in since.map { answer >= $0 } ?? false } ?? false)
        }
        for index in groups.indices {
            // S12 asks whether a network outlived the peer's word, however long ago.
            let patience = longestPatience
            writer.add(lostLater(index, patience: patience) != nil)
            writer.add(networkStates.allSatisfy { outlived($0, patience) })
            writer.add(networkOutlivesPeer(index))
        }
        for ping in pings { writer.add(ping, within: settings.evidence.deadping) }
        writer.add(nextPing)
        writer.add(pingsTold)
        writer.add(fewerPingsSince, within: settings.evidence.deadping)
    }

    /// Whether a network worked for longer than `patience` after the peer was last heard.
    private func outlived(_ state: NetworkState, _ patience: Duration) -> Bool {
        state.lastProof.map { $0 - heardAtBest >= patience } ?? false
    }

    private func encodeEvidence(into writer: inout CanonicalWriter) {
        let timings = settings.timings
        writer.add(probes.suspicionSince, within: timings.deadtime * 3 + timings.keepalive)
        writer.add(min(probes.rounds, ProbeTable.roundsMinimum))
        writer.add(probes.nextRound)
        writer.add(probes.targets.count)
        for target in probes.targets {
            writer.add(target.address.low)
            writer.add(target.marks.count)
            for mark in target.marks {
                writer.add(mark.mac.value)
                writer.add(fnv1a(mark.device))
            }
            writer.add(target.lastAnswer, within: answerWindow)
            writer.add(target.lastStranger, within: answerWindow)
            writer.add(target.stranger?.value ?? 0)
            writer.add(target.proxies.count)
            writer.add(min(target.missed, ProbeTable.missedMaximum + 1))
            writer.add(UInt64(target.answeredRounds & 0xf_ffff))
        }
        writer.add(confirming?.since)
        writer.add(confirming?.until)
        writer.add(name: confirming?.id.value ?? 0, .command)
    }

    private func encodeGroup(_ index: Int, into writer: inout CanonicalWriter) {
        let group = groups[index]
        writer.add(Int(group.phase.rawValue))
        writer.add(group.phase == .claiming ? group.since : nil)
        writer.add(epoch: group.epoch)
        let isReserved = group.reserved > group.epoch
        writer.add(epoch: isReserved ? group.reserved : 0)
        writer.add(isReserved && group.reservedBy > persistDone)
        writer.add(isReserved ? waits(for: group.reservedBy) : 0)
        writer.add(isEpochDoubtful(index))
        let counts = group.phase == .claiming || group.phase == .offered
        writer.add(epoch: counts ? group.claimEpoch : 0)
        writer.add(Int(group.claim.rawValue))
        // S8 asks which claims are as old as the start, or as the loss of every carrier.
        writer.add(group.phase.holds && group.claimedAt <= startedAt)
        writer.add(group.phase.holds && carrierLostSince.map { group.claimedAt <= $0 } ?? false)
        writer.add(group.phase == .claiming ? waits(for: group.claimedBy) : 0)
        writer.add(group.claimDeadline)
        writer.add(group.phase == .claiming && group.claimedOf == peer.incarnation)
        writer.add(group.isLate)
        writer.add(group.hasStartedStorage)
        writer.add(group.heldThisBoot)
        writer.add(epoch: group.declined > group.epoch ? group.declined : 0)
        writer.add(group.startFailure != nil)
        writer.add(group.afterStop.code)
        for resource in group.resources {
            writer.add(resource.state.code)
            writer.add(name: resource.operation?.value ?? 0, .operation)
            writer.add(resource.operation != nil && resource.action == .suspend)
            writer.add(resource.stopAttempts)
            writer.add(resource.interruptions)
            writer.add(resource.failure != nil)
        }
        writer.add(group.afterStop == .suspend && group.mustStop)
        writer.add(group.retryAt)
        writer.add(name: UInt64(group.request), .request)
        writer.add(name: UInt64(group.refusedRequest), .request)
        writer.add(name: UInt64(group.grantedRequest), .request)
        writer.add(Int(group.refusal.rawValue))
        writer.add(group.noFailbackTo)
        writer.add(group.heldCause.map(\.code) ?? 0)
        writer.add(group.retriedStart)
        writer.add(group.announcesWhenAlone)
        writer.add(group.isLastOwner)
        writer.add(group.missing != nil)
        writer.add(group.soundSince, within: settings.evidence.jeopardyTime)
        encodeData(index, into: &writer)
        encodeHealth(index, into: &writer)
        encodeRecord(index, into: &writer)
    }

    private func encodeData(_ index: Int, into writer: inout CanonicalWriter) {
        let data = groups[index].data
        writer.add(data.isWatched)
        writer.add(data.marks.aloneSince != nil)
        writer.add(data.marks.staleSince != nil)
        writer.add(waits(for: data.staleBy))
        writer.add(data.acceptsLoss)
        writer.add(data.hasRun)
        writer.add(data.writtenAt != nil)
        writer.add(data.asksSince, within: Self.observationPatience)
        writer.add(data.outdatedAt, within: Self.outdatingSettles)
        if settings.groups[index].lagLimit != nil { encodeLog(index, into: &writer) }
        writer.add(data.own != nil)
        guard let own = data.own else { return }
        writer.add(Int(own.replication.rawValue))
        writer.add(own.obstacle?.isAge == true)
        writer.add(own.obstacle?.isAge == false)
        writer.add(own.obstacle?.isDoubt == true)
        writer.add(own.begunAt > data.markedAt)
        writer.add(data.writtenAt.map { own.begunAt > $0 } ?? true)
        writer.add(data.asksSince.map { own.begunAt >= $0 } ?? false)
    }

    private func encodeLog(_ index: Int, into writer: inout CanonicalWriter) {
        let log = groups[index].data.log
        let seen = groups[index].data.own?.log
        for position in [log.told, seen?.position] {
            writer.add(Int(position?.timeline ?? 0))
            writer.add(Int(truncatingIfNeeded: position?.location ?? 0))
            writer.add(position?.isPrimary ?? false)
            writer.add(position?.isOpen ?? false)
        }
        writer.add(seen?.isStreaming ?? false)
        writer.add(Int(truncatingIfNeeded: seen?.behind ?? 0))
        writer.add(min(log.lagLooks, Self.lagLooks))
        writer.add(min(log.missedLooks, Self.lagLooks))
        writer.add(log.follows)
        writer.add(log.mayBeAlone)
        writer.add(log.aloneBy.map(waits) ?? -1)
        writer.add(log.catchesUpSince, within: .seconds(2))
        writer.add(log.lookedAfter == groups[index].data.own?.begunAt)
        writer.add(log.receipt?.newTimeline != nil)
        writer.add(log.receipt?.end != nil)
    }

    /// How many writes from now the one that is waited for lies; 0 when it is on disk.
    @_spi(Simulation) public func waits(for write: PersistID) -> Int {
        write > persistDone ? Int(write.value - persistDone.value) : 0
    }

    private func encodeHealth(_ index: Int, into writer: inout CanonicalWriter) {
        let health = groups[index].health
        writer.add(health.network != nil)
        writer.add(health.networkSince, within: settings.timings.keepalive)
        writer.add(health.failures.count)
        for failure in health.failures {
            writer.add(fnv1a(failure.name))
            writer.add(name: failure.incident, .command)
            writer.add(fnv1a(failure.action.rawValue))
        }
        writer.add(health.tried.count)
        for failure in health.failures { writer.add(health.tried.contains(failure.id)) }
        writer.add(health.wanted.count)
        writer.add(health.restarts.count)
        writer.add(health.held.map(\.code) ?? 0)
        writer.add(health.moves.count)
        for move in health.moves {
            writer.add(epoch: move.epoch)
            writer.add(move.isOwn)
            writer.add(move.at, within: settings.timings.holdDown)
        }
        writer.add(epoch: health.clearedThrough)
        writer.add(epoch: health.liftedThrough)
        writer.add(Int(health.freezeStamp))
        writer.add(health.isFrozen)
        writer.add(health.frozenUntil)
        writer.add(health.wakeAt)
    }

    /// What an earlier daemon recorded counts until the resources are probed.
    private func encodeRecord(_ index: Int, into writer: inout CanonicalWriter) {
        guard groups[index].phase == .unknown, let start, let claim = recordedClaim(index) else {
            writer.add(0)
            return
        }
        writer.add(1)
        writer.add(start.record?.bootID == start.bootID)
        writer.add(start.lastTurn.map { min(startedAt - $0, canonicalHorizon) })
        writer.add(epoch: claim.epoch)
        writer.add(epoch: claim.reserved > claim.epoch ? claim.reserved : 0)
        writer.add(claim.isDoubtful ?? false)
        writer.add(fnv1a(claim.intent.rawValue))
        writer.add(Int(claim.kind.rawValue))
        writer.add(claim.noFailbackTo)
    }

    private func encodeCommands(into writer: inout CanonicalWriter) {
        writer.add(commands.count)
        for command in commands {
            writer.add(name: command.id.value, .command)
            writer.add(command.deadline)
            for move in command.moves {
                writer.add(move.group)
                writer.add(Int(move.target.rawValue))
                writer.add(Int(move.told.rawValue))
                writer.add(name: UInt64(move.request), .request)
                writer.add(move.hasLeft)
            }
        }
        writer.add(words.count)
        for word in words {
            writer.add(name: word.id.value, .command)
            writer.add(waits(for: word.writtenBy))
            writer.add(word.deadline)
        }
    }
}

extension PeerStanding {
    fileprivate var code: Int {
        switch self {
        case .neverHeard: 0
        case .present: 1
        case .silent: 2
        case .left: 3
        case .confirmedDown: 4
        }
    }
}

extension HoldCause {
    fileprivate var code: Int {
        switch self {
        case .neverHeard: 1
        case .storageDiffers: 2
        case .addressAnswers: 3
        case .strangerAnswers: 4
        case .hostAnswers: 5
        case .noProbeTells: 6
        case .diskWaits: 7
        case .frozen: 8
        case .isolated: 9
        case .jeopardy: 10
        case .noRecord: 11
        case .dataIsStale: 12
        case .dataIsUnready: 13
        case .dataIsBehind: 14
        }
    }
}

extension HealthHold {
    fileprivate var code: Int {
        switch self {
        case .frozen: 1
        case .budget: 2
        case .peerUnfit: 3
        case .settling: 4
        case .tried: 5
        }
    }
}

extension AfterStop {
    fileprivate var code: Int {
        switch self {
        case .offer: 0
        case .standby: 1
        case .failedStart: 2
        case .restart: 3
        case .suspend: 4
        }
    }
}

extension ResourceState {
    fileprivate var code: UInt64 { fnv1a(rawValue) }
}
