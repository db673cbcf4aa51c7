// The conversation about each group (S1, S3, S3b, S7–S9, S14). It is level-triggered: `consider` looks at
// where the group stands here and at what the peer last said, and does the one thing that follows. Nothing
// waits for a particular message.

extension FailoverMachine {
    /// Does what follows from the present state of one group and of the peer.
    mutating func consider(_ index: Int) {
        noteDifference(index)
        considerData(index)
        considerFreezeEnd(index)
        switch groups[index].phase {
        case .unknown: considerUnknown(index)
        case .standby, .failed: considerIdle(index)
        case .claiming: considerClaim(index)
        case .starting: considerStarting(index)
        case .active: considerActive(index)
        case .stopping: continueStopping(index)
        case .offered: considerOffer(index)
        case .suspended: considerSuspended(index)
        case .unsafe:
            considerConflictEnd(index)
            considerRequest(index)
        }
        groups[index].health.wakeAt = healthDeadline(index)
    }

    // MARK: What this node could do

    /// Whether this node could run the group.
    func fitness(_ index: Int) -> Fitness {
        let group = groups[index]
        if group.phase == .unknown { return .unknown }
        if group.phase == .unsafe { return .stopFailed }
        if isLeaving { return .leaving }
        if group.startFailure != nil { return .startFailed }
        if let unfit = dataFitness(index) { return unfit }
        if heldDownUntil(index) != nil { return .heldDown }
        if networkProof(index) == .disproved { return .isolated }
        // What is only claimed is told to nobody.
        let isHeld = group.phase.holds && group.phase != .claiming
        return group.missing != nil && !isHeld ? .unprepared : .fit
    }

    /// What the group's resources need was looked at: what is missing, in words; `nil` when nothing is.
    mutating func prepared(_ index: Int, _ missing: String?) {
        guard groups.indices.contains(index), groups[index].missing != missing else { return }
        groups[index].missing = missing
        needsEvaluation = true
        guard !groups[index].phase.holds else { return }
        beatIsDue = true
        let facts = missing.map { "could not be started here: \($0)" }
        note(
            facts == nil ? .info : .warning,
            .notPrepared,
            index,
            facts ?? "what it needs is there",
            Reason(.S7, missing ?? "every resource is ready")
        )
    }

    /// How fit this node is, in words; what is missing where something is.
    func fitnessText(_ index: Int) -> String {
        let fitness = fitness(index)
        return fitness == .unprepared ? groups[index].missing ?? fitness.words : fitness.words
    }

    /// The node both agree to prefer: where their files differ, the order of `node` lines decides.
    func preferredSide(_ index: Int) -> Side {
        let own = settings.groups[index].preferred
        guard let report = peer.reports[index] else { return own }
        let theirs: Side = report.prefersSender ? .peer : .own
        if own == theirs { return own }
        return settings.isFirstNode ? .own : .peer
    }

    /// Whether the stateful resources mean something else on the peer, by what it last said of them.
    func differsInStorage(_ index: Int) -> Bool {
        guard let digest = peer.storageDigests[index] else { return false }
        return digest != settings.groups[index].storageDigest
    }

    /// Whether the group means something else on the peer; forbids moves that nobody is forced to.
    func differsInMeaning(_ index: Int, _ report: GroupReport) -> Bool {
        differsInStorage(index)
            || report.addressDigest != settings.groups[index].addressDigest
    }

    /// Whether the peer, present and fit, could be given the group, and has been for `settle` without a doubt (S7).
    func peerCanTake(_ index: Int, for settle: Duration = .zero) -> Bool {
        guard peer.isPresent, !peer.isLeaving, let report = peer.reports[index] else {
            return false
        }
        guard report.fitness == .fit, !report.phase.holds, isInStep(index) else { return false }
        guard settle > .zero else { return true }
        guard !isDoubtful, let since = peer.fitSince[index] else { return false }
        return now - since >= settle
    }

    /// Whether a peer that is fit, or only held down, could be given what must leave this node.
    func peerCanRun(_ index: Int) -> Bool {
        guard peer.isPresent, !peer.isLeaving, let report = peer.reports[index] else {
            return false
        }
        return report.fitness.canRun && !report.phase.holds && isNotAlone(index)
    }

    /// Whether the peer spoke of the group after our last question (S8).
    func hasFreshWord(_ index: Int) -> Bool { peer.words[index]?.response == challenge }

    /// Whether the peer is late, or does not hear this node: what is given to it now may lie about for long (S7).
    var isDoubtful: Bool { probes.suspicionSince != nil || !peer.hearsUs }

    /// The highest epoch either node has used, offered or declined, as far as is known here.
    func highestEpoch(_ index: Int) -> UInt64 {
        let group = groups[index]
        let report = peer.reports[index]
        var highest = max(group.epoch, group.declined, report?.epoch ?? 0, report?.offer ?? 0)
        if group.phase == .offered { highest = max(highest, group.claimEpoch) }
        return highest
    }

    // MARK: Claims

    /// Reserves the next epoch durably, so that no disk write stands in a takeover's way (S5).
    mutating func reserve(_ index: Int) {
        let epoch = evidenceEpoch(index)
        guard groups[index].phase.isIdle, groups[index].reserved < epoch else { return }
        groups[index].reserved = epoch
        groups[index].reservedBy = persist()
    }

    /// The epoch of a claim that nobody grants: not the one at which a peer that held nothing, when last heard, may
    /// count itself entitled to the group (S3b).
    ///
    /// Odd on the first node and even on the other: two that never heard each other use no epoch twice (S5).
    func evidenceEpoch(_ index: Int) -> UInt64 {
        let next = highestEpoch(index) + (peer.reports[index]?.phase.holds == false ? 2 : 1)
        let epoch = max(next, groups[index].reserved)
        return (epoch % 2 == 1) == settings.isFirstNode ? epoch : epoch + 1
    }

    /// Epochs reserved at once after a decline.
    static let epochStretch: UInt64 = 16
    /// Epochs left out by a claim about a peer not heard in this life: more than a stretch.
    static let epochJump: UInt64 = 64

    /// A right to hold was found: make it durable, then start.
    mutating func claim(
        _ index: Int,
        _ epoch: UInt64,
        _ kind: ClaimKind,
        _ reason: Reason,
        isHandover: Bool = false
    ) {
        if groups[index].startFailure != nil { groups[index].retriedStart = true }
        if kind == .evidence || kind == .boot {
            challenge &+= 1
            if !hostAnswers { peer.isJudgedDead = true }
        }
        groups[index].claim = kind
        groups[index].claimedAt = now
        groups[index].claimedOf = peer.incarnation
        groups[index].claimEpoch = epoch
        groups[index].isLate = false
        groups[index].hasStartedStorage = false
        groups[index].noFailbackTo = isHandover ? peer.incarnation : nil
        groups[index].heldReason = nil
        groups[index].heldCause = nil
        move(index, to: .claiming, .granted, reason)
        if groups[index].reserved >= epoch {
            groups[index].claimedBy = groups[index].reservedBy
        } else {
            // A disk too slow for the epoch before gets a stretch of them reserved by one write.
            let isSlow = groups[index].declined > 0 && groups[index].declined + 1 == epoch
            groups[index].reserved = isSlow ? epoch + Self.epochStretch : epoch
            groups[index].reservedBy = persist()
            groups[index].claimedBy = groups[index].reservedBy
        }
        groups[index].claimDeadline = kind == .offer ? now + settings.timings.offerTimeout : nil
    }

    /// Why the evidence a claim rests on does not hold any more: it is judged again until the first operation.
    private func staleEvidence(_ index: Int) -> String? {
        guard case .hold(_, let reason) = verdictOfClaim(index) else { return nil }
        return reason.facts
    }

    /// What the evidence that a claim rests on says now; `nil` for a claim of another kind.
    private func verdictOfClaim(_ index: Int) -> SilenceVerdict? {
        switch groups[index].claim {
        case .evidence: silenceVerdict(index)
        case .boot: bootVerdict(index)
        case .none, .offer, .lease, .fencing: nil
        }
    }

    /// Whether the claim is at an epoch that nobody offered: the rule for a group that neither node holds (S3b).
    private func isGrantedUnoffered(_ index: Int) -> Bool {
        groups[index].claim == .offer && peer.isPresent
            && peer.reports[index]?.offer != groups[index].claimEpoch
    }

    private mutating func considerClaim(_ index: Int) {
        let group = groups[index]
        let drop: String? =
            if isLeaving {
                "this node is leaving"
            } else if peer.isPresent, peer.reports[index]?.phase.holds == true {
                "\(settings.peer) holds it"
            } else if peer.isPresent, group.claim != .offer {
                "\(settings.peer) is back"
            } else if peer.isPresent, group.claimedOf != peer.incarnation {
                "\(settings.peer) began anew"
            } else if group.claim == .offer, peer.standing == .silent, !hasLetGo(index) {
                // It may take on evidence of its own by now, at the epoch it offered.
                "\(settings.peer) fell silent before the claim was durable"
            } else if isGrantedUnoffered(index), mayHaveTaken {
                "\(settings.peer) may have taken it before the claim was durable"
            } else if group.claim == .fencing, peer.standing != .confirmedDown {
                "\(settings.peer) is not down"
            } else if let deadline = group.claimDeadline, deadline <= now {
                "the claim could not be made durable in time"
            } else if let found = dataHold(index) {
                found.reason.facts
            } else {
                staleEvidence(index)
            }
        if let drop {
            groups[index].claimDeadline = nil
            if group.claim == .offer { decline(index, group.claimEpoch) }
            groups[index].claim = .none
            recordIsDirty = true
            move(index, to: .standby, .claimDropped, Reason(.S3b, drop))
            return
        }
        guard group.claimedBy <= persistDone else {
            noteSlowDisk(index)
            return
        }
        // While the disk was waited for the evidence may have become undecided: probes are out.
        if verdictOfClaim(index) == .undecided { return }
        groups[index].claimDeadline = nil
        groups[index].heldCause = nil
        groups[index].heldReason = nil
        groups[index].epoch = group.claimEpoch
        groups[index].doubtfulEpoch = 0
        // What is left of a stretch is given back with the next write.
        groups[index].reserved = group.claimEpoch
        groups[index].heldThisBoot = true
        beginReceipt(index)
        groups[index].startFailure = nil
        groups[index].failedResource = nil
        groups[index].forgetTries()
        groups[index].request = 0
        recordIsDirty = true
        move(index, to: .starting, .recorded, nil)
        continueStarting(index)
    }

    /// A claim that nobody offered waits for its write for as long as it takes (S5), but not in silence.
    private mutating func noteSlowDisk(_ index: Int) {
        guard let due = slowDiskDeadline(index), due <= now else { return }
        let reason = Reason(
            .S5,
            "the disk of \(settings.node) has not taken the claim's record yet"
        )
        groups[index].heldCause = .diskWaits
        groups[index].heldReason = reason
        note(.page, .takeoverHeld, index, "not started: \(reason.facts)", reason)
    }

    /// When a claim without an end has waited for its write so long that it should be said.
    private func slowDiskDeadline(_ index: Int) -> Instant? {
        guard groups[index].phase == .claiming, groups[index].claimDeadline == nil,
            groups[index].heldCause == nil
        else { return nil }
        return groups[index].since + settings.timings.offerTimeout
    }

    // MARK: Holding

    private mutating func considerStarting(_ index: Int) {
        if isLeaving {
            abandonStart(index, then: .offer, Reason(.shutdown, "this node is leaving"))
        } else if let reason = lostConflict(index) ?? overtaken(index) {
            abandonStart(index, then: .standby, reason)
        } else if let reason = cutOff(index) {
            suspend(index, reason)
        } else {
            continueStarting(index)
        }
    }

    private mutating func considerActive(_ index: Int) {
        if isLeaving {
            release(index, then: .offer, Reason(.shutdown, "this node is leaving"))
            return
        }
        if let reason = lostConflict(index) {
            release(index, then: .standby, reason)
            return
        }
        // A conflict that this node won has ended: the peer's epoch is known, and no news to a late claim.
        considerConflictEnd(index)
        if let reason = overtaken(index) {
            release(index, then: .standby, reason)
            return
        }
        if let reason = cutOff(index) {
            suspend(index, reason)
            return
        }
        clearLateness(index)
        considerNetwork(index)
        considerRequest(index)
        if groups[index].phase == .active { considerHealth(index) }
        if groups[index].phase == .active { considerFailback(index) }
    }

    /// A late claim that the peer, asked afresh, has overtaken and given up again: what runs here
    /// is not what the service became there (S8).
    ///
    /// The group is stopped and granted anew.
    func overtaken(_ index: Int) -> Reason? {
        guard groups[index].isLate, peer.isPresent, hasFreshWord(index) else { return nil }
        guard let report = peer.reports[index], !report.phase.holds else { return nil }
        guard report.epoch > groups[index].epoch, !report.isEpochDoubtful else { return nil }
        return Reason(
            .S8,
            "\(settings.peer) held it at epoch \(report.epoch) while this node was late"
        )
    }

    /// A fresh word of a peer that does not hold the group ends our doubt (S8).
    private mutating func clearLateness(_ index: Int) {
        guard groups[index].isLate, peer.isPresent, hasFreshWord(index) else { return }
        guard let report = peer.reports[index], report.phase.isFree else { return }
        guard report.epoch <= groups[index].epoch || report.isEpochDoubtful else { return }
        groups[index].isLate = false
        recordIsDirty = true
        beatIsDue = true
    }

    /// Both hold the group, which nothing prevented (S9): why this node is the one that yields, if it is.
    mutating func lostConflict(_ index: Int) -> Reason? {
        guard peer.isPresent, peer.words[index] != nil, let report = peer.reports[index] else {
            return nil
        }
        guard report.phase.holds else { return nil }
        groups[index].announcesWhenAlone = true
        // What is being stopped, or could not be, serves nobody: nothing is gained by stopping what does.
        guard report.phase != .stopping, report.phase != .unsafe else { return nil }
        let group = groups[index]
        let own = ClaimRank(
            isLate: group.isLate,
            isProved: group.claim.isProved,
            hasStartedStorage: group.hasStartedStorage,
            epoch: group.epoch,
            isFirstNode: settings.isFirstNode
        )
        let theirs = ClaimRank(
            isLate: report.isLate,
            isProved: report.claim.isProved,
            hasStartedStorage: report.hasStartedStorage,
            epoch: report.epoch,
            isFirstNode: !settings.isFirstNode
        )
        let facts = own.comparison(with: theirs, peer: settings.peer)
        // What is suspended serves nobody: no conflict that anybody sees.
        let isSeen = group.phase != .suspended && report.phase != .suspended
        if !group.conflictNoted, isSeen {
            groups[index].conflictNoted = true
            note(.page, .conflict, index, "held by both nodes: \(facts)", Reason(.S9, facts))
        }
        // A peer that goes on not hearing us cannot yield: whoever hears the other does. One that has only now
        // come to hear us yields by the rank, and its beat of before may still be on the way. One that is not heard any
        // more says nothing of what it hears now.
        // What is suspended serves nobody and may never learn that it could: for it nothing that serves is stopped.
        if report.phase != .suspended, let since = peer.deafSince, let last = peer.lastHeard,
            last - since >= deafnessPatience
        {
            return Reason(.S9, "\(settings.peer) does not hear this node and cannot yield")
        }
        // Who took by evidence yields to a word given after the peer knew of that: one of before may be from
        // a peer that, by now, yields itself.
        guard group.claim.isProved || hasFreshWord(index) else { return nil }
        return own < theirs ? Reason(.S9, facts) : nil
    }

    /// How long a deaf peer that holds the same group is given to hear us after all.
    var deafnessPatience: Duration {
        max(settings.timings.keepalive * 3, settings.timings.deadtime / 2)
    }

    /// The peer has let go: whoever stays tells the network again where the addresses are (S9).
    private mutating func considerConflictEnd(_ index: Int) {
        guard groups[index].announcesWhenAlone, peer.isPresent,
            let report = peer.reports[index], report.phase.isFree
        else { return }
        let wasSeen = groups[index].conflictNoted
        groups[index].announcesWhenAlone = false
        groups[index].conflictNoted = false
        // The epoch that yielded is used: were this node late later, it would be no news (S5, S8).
        if report.epoch > groups[index].epoch {
            groups[index].epoch = report.epoch
            groups[index].claimedBy = persist()
            beatIsDue = true
        }
        guard groups[index].phase == .active else { return }
        effects.append(.announceAddresses(settings.groups[index].name))
        guard wasSeen else { return }
        note(
            .info,
            .conflict,
            index,
            "held by this node alone again",
            Reason(.S9, "the peer yielded")
        )
    }

    /// The peer asks for the group by an administrator's `takeover`.
    mutating func considerRequest(_ index: Int) {
        guard peer.isPresent, let report = peer.reports[index], report.request != 0 else { return }
        guard report.request != groups[index].grantedRequest,
            report.request != groups[index].refusedRequest
        else { return }
        let refusal = refusalToGive(index)
        guard refusal == .none else {
            groups[index].refusedRequest = report.request
            groups[index].refusal = refusal
            beatIsDue = true
            return
        }
        groups[index].grantedRequest = report.request
        release(index, then: .offer, Reason(.command, "takeover on \(settings.peer)"))
    }

    /// Why the group may not be given to the peer by a command (S7, design section 3).
    func refusalToGive(_ index: Int) -> Refusal {
        guard groups[index].phase == .active else {
            return groups[index].phase.holds ? .busy : .notHeld
        }
        guard peerCanTake(index), !isDoubtful, let report = peer.reports[index] else {
            return .peerNotFit
        }
        return differsInMeaning(index, report) ? .meaningDiffers : .none
    }

    /// Whether the group would go home by itself, were the peer fit for long enough.
    private func wouldFailBack(_ index: Int) -> Bool {
        settings.autoFailback.returnsGroups && preferredSide(index) == .peer
            && groups[index].phase == .active && !groups[index].isLate
            && peer.incarnation != groups[index].noFailbackTo && peerCanTake(index) && !isDoubtful
            && !isFrozen(index) && !failbackWaitsForClear(index)
            && !isLeaving
            && peer.reports[index].map { !differsInMeaning(index, $0) } ?? false
    }

    /// Why a group that is to go home by itself does not, in words; `nil` where it is home, goes, or is not meant to.
    func whyNotBack(_ index: Int) -> String? {
        guard settings.autoFailback.returnsGroups, preferredSide(index) == .peer,
            groups[index].phase == .active, !isLeaving, peer.isPresent
        else { return nil }
        let name = settings.peer
        if isFrozen(index) { return frozenText(index) }
        if failbackWaitsForClear(index) {
            return "a service of it failed on \(name); when that is repaired, type: baton clear"
        }
        if peer.incarnation == groups[index].noFailbackTo {
            return "\(name) gave it away; to return it, type: baton failback"
        }
        if let report = peer.reports[index], differsInMeaning(index, report) {
            return "haresources describes it differently on \(name)"
        }
        guard peerCanTake(index) else { return peerUnfitText(index) }
        let settle = settings.timings.failbackSettle
        guard !peerCanTake(index, for: settle) else { return nil }
        return "it returns when \(name) has been fit for failback_settle"
    }

    private mutating func considerFailback(_ index: Int) {
        guard wouldFailBack(index), peerCanTake(index, for: settings.timings.failbackSettle) else {
            return
        }
        release(
            index,
            then: .offer,
            Reason(.autoFailback, "\(settings.peer) is preferred, and fit again")
        )
    }

    // MARK: Offered

    private mutating func considerOffer(_ index: Int) {
        let offer = groups[index].claimEpoch
        let report = peer.reports[index]
        // A daemon that does not know yet what runs there has accepted nothing (S14).
        if let report, report.epoch >= offer, report.phase != .unknown {
            groups[index].epoch = report.epoch
            groups[index].claim = .none
            groups[index].isLastOwner = false
            recordIsDirty = true
            move(index, to: groups[index].startFailure == nil ? .standby : .failed, .accepted, nil)
            return
        }
        if let report, peer.isPresent, report.offer > 0,
            report.offer > offer || report.offer == offer && !settings.isFirstNode
        {
            // Each offers it to the other, since one took what the other had offered unheard. While it offers, a node
            // accepts nothing: so the higher offer stands, of equal ones the first node's, and this one is void.
            let reason = Reason(.S3b, "\(settings.peer) offers it too, at epoch \(report.offer)")
            takeBack(index, at: report.offer, reason)
            return
        }
        switch peer.standing {
        case .present, .neverHeard:
            guard let report, report.declined >= offer else { return }
            takeBack(index, Reason(.S3b, "\(settings.peer) declined at epoch \(offer)"))
        case .silent where hasLetGo(index), .left:
            takeBack(index, Reason(.S3b, "\(settings.peer) left without taking it"))
        case .silent where mayBeTaken:
            break
        case .silent, .confirmedDown:
            considerSilence(index)
        }
    }

    /// Whether a silent peer whose host lives may be taking what was offered, and what it heard nothing of.
    ///
    /// The address is silent to it at the same time (the table's second row); where it takes, it answers soon.
    private var mayBeTaken: Bool {
        guard hostAnswers, let heard = peer.lastHeard else { return false }
        let deadtime = settings.timings.deadtime
        return now - heard < deadtime + max(deadtime, peer.earliestTake ?? deadtime)
    }

    /// The peer will not take what was offered: this node does, if it can.
    ///
    /// It is claimed at `epoch`, of an offer of the peer's, or at a new one.
    private mutating func takeBack(_ index: Int, at epoch: UInt64? = nil, _ reason: Reason) {
        guard canRun(index) else {
            // Both have declined. While this node claims, the peer must not read that: the next epoch would be
            // the preferred node's, and both would claim it.
            groups[index].declined = max(
                groups[index].declined,
                groups[index].claimEpoch,
                epoch ?? 0
            )
            groups[index].claim = .none
            move(index, to: .failed, .declined, reason)
            return
        }
        let refuser = peer.incarnation
        claim(index, epoch ?? highestEpoch(index) + 1, .offer, reason)
        groups[index].noFailbackTo = refuser
    }

    // MARK: Difference of the configurations

    private mutating func noteDifference(_ index: Int) {
        guard let report = peer.reports[index] else { return }
        let differs = differsInMeaning(index, report)
        let prefers = report.prefersSender == (settings.groups[index].preferred == .own)
        guard differs || prefers else {
            groups[index].differenceNoted = false
            return
        }
        guard !groups[index].differenceNoted else { return }
        groups[index].differenceNoted = true
        if differs {
            note(
                .warning,
                .configurationDiffers,
                index,
                "haresources means something else on \(settings.peer): it is not moved except after a death. "
                    + "Compare: baton check --peer-config DIR",
                Reason(.configuration, "digests differ")
            )
        } else {
            let chosen = preferredSide(index) == .own ? settings.node : settings.peer
            note(
                .info,
                .configurationDiffers,
                index,
                "the nodes' haresources prefer different nodes; the order of `node` lines chooses \(chosen)",
                Reason(.configuration, "preferred nodes differ")
            )
        }
    }

    // MARK: Time

    /// When a group or a command next wants to be looked at.
    var groupDeadline: Instant? {
        var next: Instant?
        func consider(_ deadline: Instant?) {
            guard let deadline else { return }
            if next.map({ deadline < $0 }) ?? true { next = deadline }
        }
        for index in groups.indices {
            consider(groups[index].claimDeadline)
            consider(suspendDeadline(index))
            consider(verdictDeadline(index))
            consider(networkDeadline(index))
            consider(slowDiskDeadline(index))
            consider(groups[index].health.wakeAt)
            consider(catchUpDeadline(index))
            // An undecided status is asked for again when the others have ended.
            if !groups[index].isBusy { consider(groups[index].retryAt) }
            if let since = peer.fitSince[index], wouldFailBack(index) {
                consider(since + settings.timings.failbackSettle)
            }
        }
        for command in commands { consider(command.deadline) }
        for word in words { consider(word.deadline) }
        consider(confirming?.until)
        consider(leavingDeadline)
        return next
    }
}
