// What a node does that is cut off itself while it holds a group: it lets go of what serves before the peer may
// take, and goes on when the peer says that it has not (S12); where only its service network is gone it hands
// the group to a peer that sees more (what `ipfail` did).

extension FailoverMachine {
    /// By when this node must have let go, were it cut off: three quarters of the peer's patience, counted from
    /// when the peer last heard us.
    ///
    /// A peer that was silent long before has done already what its silence allows: only its own network's return
    /// lets it take, which takes longer (`jeopardy_time`).
    private func suspendAt(_ index: Int) -> Instant? {
        let whole = wholePatience
        if let gone = lostLater(index, patience: longestPatience) { return gone + whole * 3 / 4 }
        guard let last = peer.lastHeard else {
            // This daemon is given time to be heard.
            return max(heardAtBest + whole * 3 / 4, startedAt + settings.timings.keepalive * 2)
        }
        let heardUs = peer.heardUsAt ?? last
        let patience = peer.earliestTake ?? settings.timings.deadtime
        let due = heardUs + patience * 3 / 4
        // A beat that is merely due is no silence: one must be missing, or a link have lost its carrier.
        let missing =
            probes.suspicionSince.map { $0 + min(quickInterval * 2, patience / 2) }
            ?? last + quickDelay
        return max(due, missing)
    }

    /// When the peer was last heard, by an earlier daemon here at best until that last turned.
    var heardAtBest: Instant { peer.lastHeard ?? start?.lastTurn ?? startedAt }

    /// After so much silence a peer may take, whichever of the two waits longer.
    private var wholePatience: Duration {
        max(peer.earliestTake ?? settings.timings.deadtime, settings.timings.deadtime)
    }

    /// After so much silence a peer has taken what its silence allows, also where it waited for its own network.
    var longestPatience: Duration { max(wholePatience, settings.evidence.jeopardyTime) }

    /// Why this node must let go of a group now (S12); `nil` when it need not.
    func cutOff(_ index: Int) -> Reason? {
        guard let due = suspendDeadline(index), due <= now else { return nil }
        return Reason(.S12, "no beat of \(settings.peer), and \(networkText(index))")
    }

    /// When this node must let go of a group that it holds while its network is disproved.
    func suspendDeadline(_ index: Int) -> Instant? {
        guard groups[index].phase.isRunning, mayBeTakenBySilentPeer(index) else { return nil }
        guard networkProof(index) == .disproved else { return nil }
        return suspendAt(index)
    }

    /// Whether a peer that is not heard may live and take the group.
    private func mayBeTakenBySilentPeer(_ index: Int) -> Bool {
        guard !peer.isProvedDead else { return false }
        switch peer.standing {
        case .present: return true
        case .silent: return !hasLetGo(index)
        // Heard by an earlier daemon here, it may live still.
        case .neverHeard: return peerHeardThisBoot || !peer.addresses.isEmpty
        case .left, .confirmedDown: return false
        }
    }

    /// Lets go of what serves, and keeps the claim.
    mutating func suspend(_ index: Int, _ reason: Reason) {
        challenge &+= 1
        groups[index].isLate = true
        groups[index].mustStop = false
        groups[index].soundSince = nil
        note(.page, .isolated, index, "suspended: \(reason.facts)", reason)
        cancelOperations(index)
        move(index, to: .stopping, .isolated, reason)
        beginStopping(index, then: .suspend)
    }

    /// The claim stands and nothing serves: whoever is heard first, or proved dead, ends it.
    mutating func considerSuspended(_ index: Int) {
        if isLeaving {
            release(index, then: .offer, Reason(.shutdown, "this node is leaving"))
            return
        }
        if let reason = lostConflict(index) ?? overtaken(index) {
            release(index, then: .standby, reason)
            return
        }
        considerRequest(index)
        guard groups[index].phase == .suspended else { return }
        guard !peer.isPresent else {
            // The epoch may be new since the last start, and is used by one (S5).
            guard peerHoldsNothing(index), groups[index].claimedBy <= persistDone else { return }
            // Of a group that was stopped the peer may have written alone meanwhile.
            if let found = dataHold(index) {
                release(index, then: .standby, found.reason)
                return
            }
            groups[index].isLate = false
            groups[index].heldCause = nil
            groups[index].heldReason = nil
            recordIsDirty = true
            note(.info, .isolated, index, "goes on", Reason(.S12, "\(settings.peer) holds nothing"))
            move(
                index,
                to: .starting,
                .resumed,
                Reason(.S12, "\(settings.peer) is heard, and has not taken it")
            )
            continueStarting(index)
            return
        }
        if peer.standing == .left || hasLetGo(index) {
            release(index, then: .standby, Reason(.S12, "\(settings.peer) left without taking it"))
            return
        }
        switch networkProof(index) {
        case .proved, .unknown: groups[index].soundSince = groups[index].soundSince ?? now
        case .disproved: groups[index].soundSince = nil
        case .undecided: break
        }
        let verdict: SilenceVerdict =
            if peer.standing == .neverHeard {
                isBootDue ? bootVerdict(index) : .undecided
            } else {
                silenceVerdict(index)
            }
        switch verdict {
        case .undecided: break
        case .hold(let cause, let reason): hold(index, cause, reason)
        case .take(let kind, let reason):
            guard kind == .fencing || resumeDeadline(index).map({ $0 <= now }) ?? false else {
                let why = "\(reason.facts), but this node was cut off: waiting for jeopardy_time"
                hold(index, .jeopardy, Reason(.S12, why))
                return
            }
            // A new grant needs a new epoch: the peer may have used one meanwhile, and died.
            release(index, then: .standby, reason)
        }
    }

    /// Whether a peer that is heard does not hold a group, nor was about to: asked since (S8), it said so, or its
    /// haresources does not name the group.
    private func peerHoldsNothing(_ index: Int) -> Bool {
        if let report = peer.reports[index] { return hasFreshWord(index) && report.phase.isFree }
        return silentOfGroup(index).map { $0 <= now } ?? false
    }

    /// When a peer that is heard, and says nothing of a group, counts as one that does not know it.
    private func silentOfGroup(_ index: Int) -> Instant? {
        guard groups[index].phase == .suspended, peer.reports[index] == nil else { return nil }
        return peer.presentSince.map { $0 + settings.timings.deadtime }
    }

    /// When a suspended group may be taken anew from a peer that stays silent.
    private func resumeDeadline(_ index: Int) -> Instant? {
        guard groups[index].phase == .suspended else { return nil }
        return groups[index].soundSince.map { $0 + settings.evidence.jeopardyTime }
    }

    // MARK: The peer sees more

    /// Takes a network that is gone for a failed service: the group goes to a peer that sees more, if there is one.
    mutating func considerNetwork(_ index: Int) {
        let text: String? =
            if networkProof(index) == .disproved {
                networkText(index)
            } else if pingsAreFewer {
                "\(pingsTold) of \(settings.evidence.pingNodes.count) ping nodes answer here, "
                    + "\(peer.pingsAnswering) on \(settings.peer)"
            } else {
                nil
            }
        guard let text else {
            groups[index].health.networkSince = nil
            guard groups[index].health.network != nil else { return }
            groups[index].health.network = nil
            failuresChanged(index)
            return
        }
        guard groups[index].health.network == nil else { return }
        guard let since = groups[index].health.networkSince else {
            groups[index].health.networkSince = now
            beatIsDue = true
            return
        }
        if now - since >= comparisonTime {
            networkIncidents += 1
            groups[index].health.network = HealthFailure(
                name: HealthFailure.networkName,
                incident: networkIncidents,
                action: .standby,
                text: text,
                isOfNode: true
            )
            failuresChanged(index)
        }
    }

    /// How long the peer is given to say that it sees as little: a switch takes both nodes' carriers, not at once.
    private var comparisonTime: Duration {
        min(max(settings.timings.deadtime / 10, .milliseconds(50)), .milliseconds(150))
    }

    /// When a lost network counts.
    func networkDeadline(_ index: Int) -> Instant? {
        guard groups[index].phase == .active, groups[index].health.network == nil else {
            return nil
        }
        return groups[index].health.networkSince.map { $0 + comparisonTime }
    }

    /// Whether the peer has reached more ping nodes than this node for `deadping`.
    private var pingsAreFewer: Bool {
        fewerPingsSince.map { now - $0 >= settings.evidence.deadping } ?? false
    }

    /// Compares both nodes' ping nodes.
    mutating func comparePings() {
        let isFewer = peer.isPresent && peer.pingsAnswering > pingsAnswering
        if isFewer == (fewerPingsSince != nil) { return }
        fewerPingsSince = isFewer ? now : nil
        needsEvaluation = true
    }

    // MARK: Waiting

    /// When a verdict that waits is due again.
    func verdictDeadline(_ index: Int) -> Instant? {
        if let due = silentOfGroup(index) { return due > now ? due : nil }
        return switch groups[index].heldCause {
        case .jeopardy:
            [resumeDeadline(index), jeopardyUntil(index)?.until].compactMap(\.self).max()
                .flatMap { $0 > now ? $0 : nil }
        default: nil
        }
    }

    /// Tells the network again where the addresses are, at the slow rate of `announce_interval` (S9).
    mutating func announceIfDue() {
        var isOwner = false
        for index in groups.indices where groups[index].phase == .active { isOwner = true }
        guard let interval = settings.evidence.announceInterval, isOwner else {
            nextAnnouncement = nil
            return
        }
        guard let due = nextAnnouncement else {
            nextAnnouncement = now + interval
            return
        }
        guard due <= now else { return }
        nextAnnouncement = now + interval
        for index in groups.indices where holdsUndisputed(index) {
            effects.append(.announceAddresses(settings.groups[index].name))
        }
    }
}

extension HealthFailure {
    /// The name of a failure that is a network's.
    static let networkName = "network"
}

extension Fitness {
    /// Whether the node may run the group when nobody could do better.
    var canRun: Bool {
        switch self {
        case .fit, .heldDown, .isolated, .unprepared: true
        default: false
        }
    }
}
