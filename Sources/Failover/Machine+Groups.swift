// The conversation about each group (S1, S3, S3b, S7–S9, S14). It is level-triggered: `consider` looks at
// where the group stands here and at what the peer last said, and does the one thing that follows. Nothing
// waits for a particular message.

extension FailoverMachine {
    /// Does what follows from the present state of one group and of the peer.
    mutating func consider(_ index: Int) {
        noteDifference(index)
        considerFreezeEnd(index)
        switch groups[index].phase {
        case .unknown: considerUnknown(index)
        case .standby, .failed: considerIdle(index)
        case .claiming: considerClaim(index)
        case .starting: considerStarting(index)
        case .active: considerActive(index)
        case .stopping: continueStopping(index)
        case .offered: considerOffer(index)
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
        if heldDownUntil(index) != nil { return .heldDown }
        return .fit
    }

    /// The node both agree to prefer: where their files differ, the order of `node` lines decides.
    func preferredSide(_ index: Int) -> Side {
        let own = settings.groups[index].preferred
        guard let report = peer.reports[index] else { return own }
        let theirs: Side = report.prefersSender ? .peer : .own
        if own == theirs { return own }
        return settings.isFirstNode ? .own : .peer
    }

    /// Whether the stateful resources mean something else on the peer.
    func differsInStorage(_ index: Int, _ report: GroupReport) -> Bool {
        report.storageDigest != settings.groups[index].storageDigest
    }

    /// Whether the group means something else on the peer; forbids moves that nobody is forced to.
    func differsInMeaning(_ index: Int, _ report: GroupReport) -> Bool {
        differsInStorage(index, report)
            || report.addressDigest != settings.groups[index].addressDigest
    }

    /// Whether the peer, present and fit, could be given the group; `settled` asks for `fit_settle` too (S7).
    func peerCanTake(_ index: Int, settled: Bool = false) -> Bool {
        guard peer.isPresent, !peer.isLeaving, let report = peer.reports[index] else {
            return false
        }
        guard report.fitness == .fit, !report.phase.holds else { return false }
        guard settled else { return true }
        guard !isDoubtful, let since = peer.fitSince[index] else { return false }
        return now - since >= settings.timings.fitSettle
    }

    /// Whether a peer that is fit, or only held down, could be given what must leave this node.
    func peerCanRun(_ index: Int) -> Bool {
        guard peer.isPresent, !peer.isLeaving, let report = peer.reports[index] else {
            return false
        }
        return (report.fitness == .fit || report.fitness == .heldDown) && !report.phase.holds
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

    // MARK: Idle

    private mutating func considerIdle(_ index: Int) {
        if let report = peer.reports[index] {
            groups[index].epoch = max(groups[index].epoch, report.epoch)
        }
        switch peer.standing {
        case .present: considerIdleWithPeer(index)
        case .silent where hasLetGo(index), .left: considerLeft(index)
        case .silent where isHeldByFreeze(index): holdFrozen(index)
        case .silent, .confirmedDown: considerSilence(index)
        case .neverHeard: break
        }
    }

    /// Nobody serves, and nothing happens by itself.
    private mutating func holdFrozen(_ index: Int) {
        hold(
            index,
            .frozen,
            Reason(.command, frozenText(index)),
            remedy: ", or take it with: baton takeover"
        )
    }

    /// Both talk: an offer, or the rule for a group that nobody holds (S3b).
    private mutating func considerIdleWithPeer(_ index: Int) {
        guard let report = peer.reports[index] else { return }
        if report.offer > max(groups[index].epoch, groups[index].declined) {
            answer(index, offer: report.offer)
            return
        }
        // What nobody offered begins by itself, which a frozen group does not.
        guard !isHeldByFreeze(index) else { return }
        // What the peer holds now may be ours next: the disk write is done long before it is needed (S5), so
        // that an orderly move does not wait for a disk either.
        if report.phase.holds { reserve(index) }
        // An old word is no word: under suspicion the peer may be taking the group by evidence already.
        // So may one that does not hear us, whatever it says.
        guard report.phase.isIdle, probes.suspicionSince == nil, hasFreshWord(index),
            peer.words[index]?.hearsUs == true
        else { return }
        let epoch = unheldEpoch(index, report)
        guard entitledToUnheld(index, report, epoch) == .own else { return }
        // Where both could begin, the preferred node's storage is the one meant; it does not move by itself.
        if preferredSide(index) == .peer || peer.isLeaving, holdsOtherStorage(index, report) {
            // Said, so that a preferred node whose disk was only slow is granted it again.
            if report.fitness == .fit, !peer.isLeaving { decline(index, epoch) }
            return
        }
        if fitness(index) == .fit {
            claim(
                index,
                epoch,
                .offer,
                Reason(.S3b, "neither node holds it; granted at epoch \(epoch)")
            )
        } else if report.fitness == .fit || report.fitness == .heldDown && !canRun(index) {
            decline(index, epoch)
        } else if canRun(index) {
            claim(
                index,
                epoch,
                .offer,
                Reason(.S3b, "held down here, and not fit on \(settings.peer)")
            )
        }
    }

    /// Whether the peer said last that it was leaving and had let go of the group.
    ///
    /// So it left in order. One that falls silent while it still stops the group is silent like any other.
    func hasLetGo(_ index: Int) -> Bool {
        guard peer.isLeaving, let report = peer.reports[index] else { return false }
        return report.fitness == .leaving && (report.phase.isIdle || report.phase == .offered)
    }

    /// The peer said last that it holds nothing and takes nothing: it left in order.
    private mutating func considerLeft(_ index: Int) {
        guard let report = peer.reports[index], canRun(index) else { return }
        if holdsOtherStorage(index, report) { return }
        if report.offer > max(groups[index].epoch, groups[index].declined) {
            answer(index, offer: report.offer)
        } else if isHeldByFreeze(index) {
            holdFrozen(index)
        } else {
            let epoch = highestEpoch(index) + 1
            claim(index, epoch, .offer, Reason(.S3b, "\(settings.peer) left without holding it"))
        }
    }

    /// The group's storage means something else on the peer: it does not come here unless somebody says so
    /// (design section 3).
    private mutating func holdsOtherStorage(_ index: Int, _ report: GroupReport) -> Bool {
        guard differsInStorage(index, report) else { return false }
        hold(
            index,
            .storageDiffers,
            Reason(
                .configuration,
                "the group's storage is configured differently on \(settings.peer)"
            )
        )
        return true
    }

    /// The epoch at which a group that nobody holds counts as offered (S3b): above all epochs of both, and
    /// above those that both have declined.
    private func unheldEpoch(_ index: Int, _ report: GroupReport) -> UInt64 {
        let group = groups[index]
        let epoch = max(group.epoch, report.epoch) + 1
        return max(epoch, min(group.declined, declined(index, report)) &+ 1)
    }

    /// To whom: to the preferred node, and once that has declined to the other.
    private func entitledToUnheld(_ index: Int, _ report: GroupReport, _ epoch: UInt64) -> Side? {
        let ownDeclined = groups[index].declined >= epoch
        let peerDeclined = declined(index, report) >= epoch
        switch preferredSide(index) {
        case .own: return ownDeclined ? (peerDeclined ? nil : .peer) : .own
        case .peer: return peerDeclined ? (ownDeclined ? nil : .own) : .peer
        }
    }

    /// What the peer declined; a node that leaves declines everything.
    private func declined(_ index: Int, _ report: GroupReport) -> UInt64 {
        peer.words[index]?.isLeaving == true ? UInt64.max - 1 : report.declined
    }

    /// Accepts or declines an offer (S3b).
    private mutating func answer(_ index: Int, offer epoch: UInt64) {
        let reason = Reason(.S3b, "\(settings.peer) offered it at epoch \(epoch)")
        // What is offered to a node that is held down has nowhere else to go.
        guard canRun(index) else {
            decline(index, epoch)
            return
        }
        claim(index, epoch, .offer, reason, isHandover: true)
    }

    private mutating func decline(_ index: Int, _ epoch: UInt64) {
        guard groups[index].declined < epoch else { return }
        groups[index].declined = epoch
        beatIsDue = true
        needsEvaluation = true
        note(
            .warning,
            .takeoverHeld,
            index,
            "declined at epoch \(epoch): \(fitness(index))",
            Reason(.S3b, "this node is not fit")
        )
    }

    /// The peer is silent: what the table says (S1).
    private mutating func considerSilence(_ index: Int) {
        switch silenceVerdict(index) {
        case .undecided:
            break
        case .hold(let cause, let reason):
            hold(index, cause, reason)
        case .take(let kind, let reason):
            guard canTryStart(index) else { return }
            var epoch = highestEpoch(index) + 1
            epoch = max(epoch, groups[index].reserved)
            // Not heard in this life, the peer may have used or reserved epochs that no record here knows.
            if peer.reports[index] == nil { epoch += Self.epochJump }
            claim(index, epoch, kind, reason)
        }
    }

    /// Whether a start may be tried: after a failed one, once for each time the peer dies.
    private func canTryStart(_ index: Int) -> Bool {
        switch fitness(index) {
        case .fit, .heldDown: true
        case .startFailed: !groups[index].retriedStart
        default: false
        }
    }

    /// A takeover does not happen: says so once for each cause, with what to do about it.
    mutating func hold(
        _ index: Int,
        _ cause: HoldCause,
        _ reason: Reason,
        remedy: String? = nil
    ) {
        guard groups[index].heldCause != cause else { return }
        groups[index].heldCause = cause
        groups[index].heldReason = reason
        note(
            .page,
            .takeoverHeld,
            index,
            "not taken over: \(reason.facts)"
                + (remedy
                    ?? ". When \(settings.peer) is surely off, type: baton confirm-down \(settings.peer)"),
            reason
        )
    }

    // MARK: Claims

    /// Reserves the next epoch durably, so that no disk write stands in a takeover's way (S5).
    mutating func reserve(_ index: Int) {
        let epoch = highestEpoch(index) + 1
        guard groups[index].phase.isIdle, groups[index].reserved < epoch else { return }
        groups[index].reserved = epoch
        groups[index].reservedBy = persist()
    }

    /// Epochs reserved at once after a decline.
    static let epochStretch: UInt64 = 16
    /// Epochs left out by a claim about a peer not heard in this life: more than a stretch.
    static let epochJump: UInt64 = 64

    /// A right to hold was found: make it durable, then start.
    private mutating func claim(
        _ index: Int,
        _ epoch: UInt64,
        _ kind: ClaimKind,
        _ reason: Reason,
        isHandover: Bool = false
    ) {
        if groups[index].startFailure != nil { groups[index].retriedStart = true }
        if kind == .evidence {
            challenge &+= 1
            if !hostAnswers { peer.isJudgedDead = true }
        }
        groups[index].claim = kind
        groups[index].claimedAt = now
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
        guard groups[index].claim == .evidence, case .hold(_, let reason) = silenceVerdict(index)
        else {
            return nil
        }
        return reason.facts
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
            } else if group.claim == .fencing, peer.standing != .confirmedDown {
                "\(settings.peer) is not down"
            } else if let deadline = group.claimDeadline, deadline <= now {
                "the claim could not be made durable in time"
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
        if group.claim == .evidence, silenceVerdict(index) == .undecided { return }
        groups[index].claimDeadline = nil
        groups[index].heldCause = nil
        groups[index].heldReason = nil
        groups[index].epoch = group.claimEpoch
        groups[index].doubtfulEpoch = 0
        // What is left of a stretch is given back with the next write.
        groups[index].reserved = group.claimEpoch
        groups[index].heldThisBoot = true
        groups[index].startFailure = nil
        groups[index].failedResource = nil
        groups[index].interruptions = 0
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
        let group = groups[index]
        guard group.phase == .claiming, group.claimDeadline == nil, group.heldCause == nil else {
            return nil
        }
        return group.since + settings.timings.offerTimeout
    }

    // MARK: Holding

    private mutating func considerStarting(_ index: Int) {
        if isLeaving {
            abandonStart(index, then: .offer, Reason(.shutdown, "this node is leaving"))
        } else if let reason = lostConflict(index) ?? overtaken(index) {
            abandonStart(index, then: .standby, reason)
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
        clearLateness(index)
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
        guard let report = peer.reports[index], !report.phase.holds else { return }
        guard report.epoch <= groups[index].epoch || report.isEpochDoubtful else { return }
        groups[index].isLate = false
        recordIsDirty = true
        beatIsDue = true
    }

    /// Both hold the group, which nothing prevented (S9): why this node is the one that yields, if it is.
    private mutating func lostConflict(_ index: Int) -> Reason? {
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
        if !group.conflictNoted {
            groups[index].conflictNoted = true
            note(.page, .conflict, index, "held by both nodes: \(facts)", Reason(.S9, facts))
        }
        // A peer that goes on not hearing us cannot yield: whoever hears the other does. One that has only now
        // come to hear us yields by the rank, and its beat of before may still be on the way.
        if let since = peer.deafSince, now - since >= deafnessPatience {
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
            let report = peer.reports[index], !report.phase.holds
        else { return }
        groups[index].announcesWhenAlone = false
        groups[index].conflictNoted = false
        // The epoch that yielded is used: were this node late later, it would be no news (S5, S8).
        if report.epoch > groups[index].epoch {
            groups[index].epoch = report.epoch
            recordIsDirty = true
            beatIsDue = true
        }
        guard groups[index].phase == .active else { return }
        effects.append(.announceAddresses(settings.groups[index].name))
        note(
            .info,
            .conflict,
            index,
            "held by this node alone again",
            Reason(.S9, "the peer yielded")
        )
    }

    /// The peer asks for the group by an administrator's `takeover`.
    private mutating func considerRequest(_ index: Int) {
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

    private mutating func considerFailback(_ index: Int) {
        guard wouldFailBack(index), peerCanTake(index, settled: true) else { return }
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
        if let report, report.epoch >= offer {
            groups[index].epoch = report.epoch
            groups[index].claim = .none
            move(index, to: groups[index].startFailure == nil ? .standby : .failed, .accepted, nil)
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
    private mutating func takeBack(_ index: Int, _ reason: Reason) {
        guard canRun(index) else {
            // Both have declined. While this node claims, the peer must not read that: the next epoch would be
            // the preferred node's, and both would claim it.
            groups[index].declined = max(groups[index].declined, groups[index].claimEpoch)
            groups[index].claim = .none
            move(index, to: .failed, .declined, reason)
            return
        }
        let refuser = peer.incarnation
        claim(index, highestEpoch(index) + 1, .offer, reason)
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
            consider(slowDiskDeadline(index))
            consider(groups[index].health.wakeAt)
            // An undecided status is asked for again when the others have ended.
            if groups[index].resources.allSatisfy({ $0.probe == nil }) {
                consider(groups[index].retryAt)
            }
            if let since = peer.fitSince[index], wouldFailBack(index) {
                consider(since + settings.timings.fitSettle)
            }
        }
        for command in commands { consider(command.deadline) }
        for word in words { consider(word.deadline) }
        consider(confirming?.until)
        consider(leavingDeadline)
        return next
    }
}
