// A group that this node does not hold: an offer, the rule for a group that nobody holds (S3b), a peer that left,
// a peer that is silent (S1), a boot without a peer (`boot_policy`). What a claim comes to is in `Machine+Groups`.

extension FailoverMachine {
    mutating func considerIdle(_ index: Int) {
        if let report = peer.reports[index] {
            groups[index].epoch = max(groups[index].epoch, report.epoch)
        }
        switch peer.standing {
        case .present: considerIdleWithPeer(index)
        case .silent where hasLetGo(index), .left: considerLeft(index)
        case .silent where isHeldByFreeze(index): holdFrozen(index)
        case .silent, .confirmedDown: considerSilence(index)
        case .neverHeard: if isBootDue { considerBoot(index) }
        }
    }

    /// Never heard since this machine booted: what `boot_policy` says.
    private mutating func considerBoot(_ index: Int) {
        // A daemon of this boot has heard it: the table decides, as soon as the peer counts as silent.
        guard !peerHeardThisBoot, !isHeldByFreeze(index) else { return }
        let verdict = bootVerdict(index)
        // That the node waits is said once for all groups (`watchPeer`).
        if case .hold(let cause, let reason) = verdict, cause == .neverHeard || cause == .noRecord {
            groups[index].heldCause = cause
            groups[index].heldReason = reason
            return
        }
        follow(index, verdict)
    }

    /// Whether a group waits for the peer or the administrator after a boot.
    func waitsAfterBoot(_ index: Int) -> Bool {
        guard groups[index].phase.isIdle else { return false }
        if case .hold = bootVerdict(index) { return true }
        return false
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
        guard let report = peer.reports[index], hasLooked(index) else { return }
        if report.offer > max(groups[index].epoch, groups[index].declined) {
            // Who was late may hear what was said long ago, by a daemon that has since begun anew (S8).
            if hasFreshWord(index) { answer(index, offer: report.offer) }
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
            peer.words[index]?.hearsUs == true, !mayHaveTaken, peerHasLooked(index)
        else { return }
        let epoch = unheldEpoch(index, report)
        guard entitledToUnheld(index, report, epoch) == .own else { return }
        // Where both could begin, the preferred node's storage is the one meant; it does not move by itself.
        if preferredSide(index) == .peer || peer.isLeaving, holdsOtherStorage(index) {
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
        } else if report.fitness == .fit || report.fitness.canRun && !canRun(index) {
            decline(index, epoch)
        } else if canRun(index) {
            claim(
                index,
                epoch,
                .offer,
                Reason(.S3b, "\(fitnessText(index)), and not fit on \(settings.peer)")
            )
        } else {
            _ = holdsForData(index)
        }
    }

    /// Whether the peer, which last heard us when it said so, may have taken by evidence since.
    ///
    /// Not by an early verdict: that asks for more than silence, and between two beats there is always time for its floor.
    var mayHaveTaken: Bool {
        guard let heardUs = peer.heardUsAt, let patience = peer.deadtime else { return true }
        return now - heardUs >= patience
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
        guard let report = peer.reports[index] else { return }
        if awaitsCatchUp(index) || holdsForData(index) { return }
        guard canRun(index) else { return }
        if holdsOtherStorage(index) || doubtsThatItIsGone(index) { return }
        if report.offer > max(groups[index].epoch, groups[index].declined) {
            answer(index, offer: report.offer)
        } else if isHeldByFreeze(index) {
            holdFrozen(index)
        } else {
            let epoch = highestEpoch(index) + 1
            claim(index, epoch, .offer, Reason(.S3b, "\(settings.peer) left without holding it"))
        }
    }

    /// A node that is cut off serves nobody, and does not hear a peer that has begun anew: what it said when it left is
    /// worth no more than any silence from then on.
    private mutating func doubtsThatItIsGone(_ index: Int) -> Bool {
        guard networkProof(index) != .disproved else {
            peer.mayBeBack = true
            let facts = "\(settings.peer) has left, and may be back: \(networkText(index))"
            hold(index, .isolated, Reason(.S12, facts))
            return true
        }
        guard peer.mayBeBack else { return false }
        if probes.suspicionSince == nil { suspect() }
        considerSilence(index)
        return true
    }

    /// The group's storage means something else on the peer: it does not come here unless somebody says so
    /// (design section 3).
    private mutating func holdsOtherStorage(_ index: Int) -> Bool {
        guard differsInStorage(index) else { return false }
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
        if awaitsCatchUp(index) { return }
        let reason = Reason(.S3b, "\(settings.peer) offered it at epoch \(epoch)")
        // What is offered to a node that is held down has nowhere else to go.
        guard canRun(index) else {
            decline(index, epoch)
            return
        }
        claim(index, epoch, .offer, reason, isHandover: true)
    }

    mutating func decline(_ index: Int, _ epoch: UInt64) {
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
    mutating func considerSilence(_ index: Int) { follow(index, silenceVerdict(index)) }

    /// Does what a verdict about a silent peer says.
    private mutating func follow(_ index: Int, _ verdict: SilenceVerdict) {
        switch verdict {
        case .undecided:
            break
        case .hold(let cause, let reason):
            hold(index, cause, reason)
        case .take(let kind, let reason):
            guard canTryStart(index), !awaitsCatchUp(index) else { return }
            var epoch = evidenceEpoch(index)
            // Not heard in this life, the peer may have used or reserved epochs that no record here knows.
            if peer.reports[index] == nil { epoch += Self.epochJump }
            claim(index, epoch, kind, reason)
        }
    }

    /// Whether a start may be tried: after a failed one, once for each time the peer dies.
    private func canTryStart(_ index: Int) -> Bool {
        switch fitness(index) {
        case .fit, .heldDown, .unprepared: true
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
        // Of what is suspended people know (S12).
        note(
            groups[index].phase == .suspended ? .warning : .page,
            .takeoverHeld,
            index,
            "not taken over: \(reason.facts)"
                + (remedy ?? self.remedy(index, cause)),
            reason
        )
    }

    /// What to do about a takeover that does not happen.
    private func remedy(_ index: Int, _ cause: HoldCause) -> String {
        switch cause {
        case .dataIsStale, .dataIsUnready, .dataIsBehind: ". To do: " + dataRemedy(index, cause)
        default:
            ". When \(settings.peer) is surely off, type: baton confirm-down \(settings.peer)"
        }
    }
}
