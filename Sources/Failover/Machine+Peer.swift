// Liveness: when the peer was heard, when it is late, silent, back; the same for each link; and what this
// node's own lateness means (S8). Nothing here decides who holds a group.

extension FailoverMachine {
    /// The first event: who we are, and what an earlier daemon left behind (S14).
    mutating func begin(_ start: Start) {
        precondition(self.start == nil, "started twice")
        self.start = start
        startedAt = now
        absence = start.lastTurn.map { now - $0 }
        soundTurn = start.lastTurn
        hasNoPast = start.record.map { $0.hasNoPast == true } ?? true
        nextBeat = now
        // No answer to an earlier life's challenge may pass for one to ours.
        challenge = start.incarnation.nonce
        // Nor may a request pass for one that an earlier life made.
        requestIssued = UInt32(truncatingIfNeeded: start.incarnation.nonce)
        needsEvaluation = true
        if let record = start.record {
            for index in groups.indices {
                guard let claim = recordedClaim(index) else { continue }
                // What was reserved may have been used, and its record not have reached the disk: epochs go on above
                // it, yet nobody is stopped for it. What is in doubt stays so over every daemon that follows.
                groups[index].epoch = claim.highest
                groups[index].reserved = claim.reserved
                if let health = claim.health {
                    restoreHealth(health, index, isSameBoot: record.bootID == start.bootID)
                }
                restoreData(claim, index)
                let isDoubtful = claim.isDoubtful == true || claim.intent == .reserved
                if isDoubtful { groups[index].doubtfulEpoch = groups[index].epoch }
                groups[index].isLastOwner = claim.isLastOwner == true
                if record.bootID == start.bootID {
                    groups[index].heldThisBoot = claim.heldThisBoot
                    // A daemon killed before it had its answer leaves the question to the next (S8).
                    groups[index].isLate = claim.isLate == true
                }
            }
            // A cold start finds the paths of before, and whom to ask.
            peer.addresses = record.peerAddresses
            probes.setPeerAddresses(record.peerAddresses)
            if record.bootID == start.bootID {
                peerHeardThisBoot = record.peerHeardThisBoot
                probes.restore(record.calibrated)
            }
        }
        note(
            .info,
            .started,
            nil,
            "\(settings.node) began, incarnation \(start.incarnation)"
                + (start.record == nil ? ", without a durable record" : "")
        )
        for index in groups.indices {
            groups[index].begin(at: now)
            probeResources(index)
        }
    }

    /// An accepted beat with news.
    mutating func heard(_ beat: Beat, on link: LinkIndex) {
        guard beat.content.kind == .alive else {
            daemonDown(beat, on: link)
            return
        }
        let content = beat.content
        linkHeard(link)
        let mightHaveTaken = mayHaveTaken
        if peer.incarnation != beat.incarnation { newIncarnation(beat) }
        if peer.isPresent, let last = peer.lastHeard { noteGap(now - last) }
        peer.lastHeard = now
        peer.lastDaemonDown = nil
        // A peer that says less than any deadtime may be would make every stall one that matters.
        let earliestTake = max(content.earliestTake, Timings.deadtimeMinimum)
        peer.earliestTake = earliestTake
        let deadtime = max(content.deadtime, Timings.deadtimeMinimum)
        peer.deadtime = deadtime
        // The peer may wait for less than this node does. What this daemon claimed since it began knew of the absence.
        if let absence, absence >= earliestTake {
            wasLate(
                because: "no daemon ran for \(absence.text)",
                since: start?.lastTurn,
                claimedBefore: startedAt
            )
        }
        absence = nil
        // Who asks is answered at once (S8).
        if peer.challenge != content.challenge { beatIsDue = true }
        peer.challenge = content.challenge
        if peer.response != content.response { needsEvaluation = true }
        peer.response = content.response
        noteClock(beat)
        peer.missesUs = beat.echo.age >= quickDelay
        peer.heardUsAt = Instant(
            nanoseconds: now.nanoseconds - max(0, min(beat.echo.age.nanoseconds, 1 << 60))
        )
        if mightHaveTaken != mayHaveTaken { needsEvaluation = true }
        let hearsUs = beat.echo.age < suspicionDelay
        if hearsUs != peer.hearsUs {
            peer.hearsUs = hearsUs
            needsEvaluation = true
        }
        // Deaf is who has not heard us all the while that we heard it; not who has only just come back.
        let heardFor = peer.presentSince.map { now - $0 } ?? .zero
        let isDeaf = min(beat.echo.age, heardFor) >= deadtime
        if isDeaf != (peer.deafSince != nil) {
            peer.deafSince = isDeaf ? now : nil
        }
        if isDeaf { needsEvaluation = true }
        if peer.isLeaving != content.isLeaving {
            peer.isLeaving = content.isLeaving
            needsEvaluation = true
            if content.isLeaving { note(.info, .peerLeaving, nil, "\(settings.peer) is leaving") }
        }
        if peer.addresses != content.addresses {
            peer.addresses = content.addresses
            probes.setPeerAddresses(content.addresses)
            probes.nextRound = now
            recordIsDirty = true
            neighbours.removeAll { old in content.addresses.contains { $0.address == old.address } }
            learnPaths()
            noteEqualHardware()
        }
        peer.pingsAnswering = content.pingsAnswering
        if peer.standing != .present { contact() }
        endSuspicion()
        let word = Word(
            response: content.response,
            isLeaving: content.isLeaving,
            hearsUs: hearsUs
        )
        for report in content.groups { heard(report, word) }
        // Only a beat sent after we asked says anything about a claim that may have been overtaken (S8).
        if content.response == challenge, groups.contains(where: \.isLate) {
            needsEvaluation = true
        }
    }

    /// A heartbeat already heard on another path: this one works too.
    mutating func heardAgain(on link: LinkIndex) {
        linkHeard(link)
        guard peer.standing == .present else { return }
        peer.lastHeard = now
        endSuspicion()
    }

    /// The peer was only late: nothing is asked any more but for calibration.
    private mutating func endSuspicion() {
        guard probes.suspicionSince != nil else { return }
        probes.endSuspicion()
        probes.nextRound = now
        needsEvaluation = true
    }

    /// What the peer says of one group.
    private mutating func heard(_ report: GroupReport, _ word: Word) {
        guard let index = groupIndex[report.group] else { return }
        guard report.isSane else {
            peer.reports[index] = nil
            peer.health[index] = nil
            peer.words[index] = nil
            peer.fitSince[index] = nil
            needsEvaluation = true
            return
        }
        if peer.words[index] != word {
            peer.words[index] = word
            needsEvaluation = true
        }
        // Ages and remaining times differ from beat to beat: they are no news of their own.
        var report = report
        if peer.health[index] != report.health {
            peer.health[index] = report.health
            heardHealth(report.health, index)
            if !words.isEmpty { needsEvaluation = true }
        }
        report.health = HealthWord()
        let before = peer.reports[index]
        // Also when the report is as before: a silence in between has ended what was known.
        if report.fitness == .fit {
            if peer.fitSince[index] == nil { peer.fitSince[index] = now }
        } else {
            peer.fitSince[index] = nil
        }
        guard before != report else { return }
        peer.reports[index] = report
        peer.storageDigests[index] = report.storageDigest
        // Whoever holds a group and has lost its network waits for an answer: is it worse off than we are?
        if report.phase.holds, report.fitness == .isolated, before?.fitness != .isolated {
            beatIsDue = true
        }
        if report.epoch > groups[index].epoch, !groups[index].phase.holds {
            groups[index].epoch = report.epoch
            recordIsDirty = true
        }
        if report.phase == .active, groups[index].isLastOwner, !groups[index].phase.holds {
            groups[index].isLastOwner = false
            recordIsDirty = true
        }
        // After each move the group's address answers from a new place: calibrate at once.
        if report.phase == .active, before?.phase != .active { probes.nextRound = now }
        needsEvaluation = true
    }

    /// The peer is heard, for the first time or again.
    private mutating func contact() {
        let before = peer.standing
        peer.standing = .present
        peer.presentSince = now
        peer.isJudgedDead = false
        peer.isProvedDead = false
        peer.mayBeBack = false
        // What it says next may cross with what it does when it knows that we hear it again (S9).
        if before != .neverHeard { challenge &+= 1 }
        endSuspicion()
        probes.nextRound = now
        needsEvaluation = true
        waitingNoted = false
        beatIsDue = true
        if !peerHeardThisBoot || hasNoPast {
            peerHeardThisBoot = true
            hasNoPast = false
            recordIsDirty = true
        }
        for index in groups.indices {
            groups[index].heldReason = nil
            groups[index].heldCause = nil
            groups[index].retriedStart = false
        }
        let how = before == .neverHeard ? "heard" : "heard again"
        note(.info, .peerAlive, nil, "\(settings.peer) is \(how)")
    }

    /// The peer's daemon is a new one (S6, S14): what the old one said is void.
    private mutating func newIncarnation(_ beat: Beat) {
        if let old = peer.incarnation {
            let what = peer.bootID == beat.bootID ? "its daemon restarted" : "it booted"
            note(
                .info,
                .peerRestarted,
                nil,
                "\(settings.peer): \(what), incarnation \(old) is now \(beat.incarnation)"
            )
        }
        peer.incarnation = beat.incarnation
        peer.bootID = beat.bootID
        peer.clockLead = nil
        peer.clockLeadNow = nil
        peer.forgetReports()
        peer.isLeaving = false
        for index in groups.indices {
            groups[index].grantedRequest = 0
            groups[index].refusedRequest = 0
            groups[index].refusal = .none
        }
        needsEvaluation = true
        beatIsDue = true
    }

    /// The peer's keeper speaks: the host lives, the loop does not (S10).
    ///
    /// Never "alive".
    private mutating func daemonDown(_ beat: Beat, on link: LinkIndex) {
        if peer.lastDaemonDown == nil {
            note(
                .warning,
                .peerDaemonDown,
                nil,
                "the loop of \(settings.peer) is down, its keeper speaks"
            )
        }
        peer.lastDaemonDown = now
        peer.isJudgedDead = false
        peer.isProvedDead = false
        guard peer.standing == .confirmedDown else { return }
        peer.standing = .silent
        suspect()
        needsEvaluation = true
        let facts = "\(settings.peer) was confirmed down, but its keeper speaks"
        note(.page, .peerDaemonDown, nil, "\(facts): switch it off", Reason(.S1, facts))
    }

    /// Follows the peer into lateness and silence.
    mutating func watchPeer() {
        switch peer.standing {
        case .present:
            guard let heard = peer.lastHeard else { return }
            let silence = now - heard
            if silence >= suspicionDelay, probes.suspicionSince == nil { suspect() }
            if silence >= settings.timings.deadtime || isEarlyDead(silence) { fallSilent(silence) }
        case .neverHeard:
            guard now - startedAt >= settings.timings.initdead else { return }
            if !isBootDue {
                isBootDue = true
                if probes.suspicionSince == nil { suspect() }
            }
            needsEvaluation = true
            if peerHeardThisBoot {
                peer.standing = .silent
                if probes.suspicionSince == nil { suspect() }
                needsEvaluation = true
            } else if !waitingNoted, groups.indices.contains(where: { waitsAfterBoot($0) }) {
                waitingNoted = true
                note(
                    .page,
                    .waiting,
                    nil,
                    "\(settings.peer) was not heard since this machine booted. Waiting for it; if it is off, "
                        + "type: baton confirm-down \(settings.peer)",
                    Reason(.S1, "nothing proves that \(settings.peer) does not serve")
                )
            }
        case .silent:
            needsEvaluation = needsEvaluation || probes.suspicionSince != nil
            if !peer.isProvedDead, probes.rounds >= ProbeTable.roundsMinimum, hostIsCalibrated,
                !hostAnswers, groups.indices.contains(where: { networkProof($0) == .proved })
            {
                peer.isProvedDead = true
            }
        case .left:
            needsEvaluation = needsEvaluation || peer.mayBeBack && probes.suspicionSince != nil
        case .confirmedDown:
            return
        }
    }

    /// Suspicion begins: ask around, and reserve the next epoch (S5).
    mutating func suspect() {
        probes.suspicionSince = now
        probes.rounds = 0
        probes.nextRound = now
        for index in groups.indices where groups[index].phase.isIdle { reserve(index) }
        if peer.standing == .present, !peer.isLeaving {
            note(.warning, .peerLate, nil, "\(settings.peer) is late")
        }
    }

    private mutating func fallSilent(_ silence: Duration) {
        let hasLeft = peer.isLeaving && groups.indices.allSatisfy { hasLetGo($0) }
        peer.standing = hasLeft ? .left : .silent
        peer.presentSince = nil
        needsEvaluation = true
        if hasLeft {
            probes.endSuspicion()
            probes.nextRound = nil
            note(.info, .peerDead, nil, "\(settings.peer) has left in order")
        } else {
            let keeper = peer.lastDaemonDown != nil
            note(
                keeper ? .page : .warning,
                keeper ? .peerDaemonDown : .peerSilent,
                nil,
                keeper
                    ? "the daemon of \(settings.peer) is down for \(silence.text), its host answers"
                    : "\(settings.peer) is silent for \(silence.text)"
            )
        }
        for index in groups.indices {
            peer.words[index] = nil
            peer.fitSince[index] = nil
        }
    }

    /// When `watchPeer` or `watchLinks` next has something to say.
    var peerDeadline: Instant? {
        var next: Instant?
        let now = now
        func consider(_ deadline: Instant) {
            if deadline > now, next.map({ deadline < $0 }) ?? true { next = deadline }
        }
        let timings = settings.timings
        switch peer.standing {
        case .present:
            if let heard = peer.lastHeard {
                consider(heard + suspicionDelay)
                consider(heard + timings.deadtime)
            }
        case .neverHeard:
            consider(startedAt + timings.initdead)
        case .silent:
            if let heard = peer.lastHeard { consider(heard + timings.deadtime) }
        case .left, .confirmedDown:
            break
        }
        pathDeadline(consider)
        return next
    }

    // MARK: Own lateness (S8)

    /// The loop could not run.
    ///
    /// If the peer may have taken meanwhile, nothing known before counts.
    mutating func loopLate(by lateness: Duration) {
        noteLateness(lateness)
        // The peer counts from our last beat, which was sent before the loop stood still.
        let patience = min(peer.deadtime ?? settings.timings.deadtime, settings.timings.deadtime)
        let silence = lastBeatAt.map { now - $0 } ?? .zero
        guard lateness >= earliestTake || silence >= patience else { return }
        wasLate(because: "the loop stood still for \(lateness.text)", since: now - lateness)
    }

    /// Whether the group is held by a claim as old as `time`.
    ///
    /// What is still being probed may run by one of an earlier daemon (S14).
    private func hasClaim(_ index: Int, madeBy time: Instant?) -> Bool {
        if groups[index].phase == .unknown { return true }
        return groups[index].phase.holds && time.map { groups[index].claimedAt <= $0 } ?? true
    }

    /// The peer's clock against ours: if it ran on while ours stood still, this machine did (S8).
    ///
    /// A beat that was long on its way makes the lead look smaller, never greater.
    private mutating func noteClock(_ beat: Beat) {
        // What waited for a loop that stood still tells of that wait.
        guard nextBeat.map({ now - $0 < settings.timings.keepalive }) ?? false else { return }
        let lead = beat.clock.nanoseconds &- now.nanoseconds
        let known = peer.clockLead ?? lead
        let present = peer.clockLeadNow ?? (lead, now)
        peer.clockLeadNow = (max(present.greatest, lead), present.since)
        peer.clockLead = max(known, lead)
        // A peer whose clock stood still leads by less from then on.
        if now - present.since >= .seconds(60) {
            peer.clockLead = max(present.greatest, lead)
            peer.clockLeadNow = nil
        }
        let jump = Duration.nanoseconds(lead &- known)
        // Two clocks drift apart by less than a thousandth.
        let silence = peer.lastHeard.map { now - $0 } ?? .zero
        guard jump >= earliestTake, jump > silence / 500 else { return }
        wasLate(
            because: "the clock of \(settings.peer) went on by \(jump.text) while ours stood still",
            since: now - jump
        )
    }

    /// Two nodes with one Ethernet address: no answer tells which of them it came from.
    private mutating func noteEqualHardware() {
        guard let shared = peer.addresses.first(where: { isOwn($0.mac) }) else { return }
        note(
            .warning,
            .configurationDiffers,
            nil,
            "both nodes have the Ethernet address \(shared.mac) (\(shared.address) of \(settings.peer)): "
                + "answers from it prove nothing; give one of them another",
            Reason(.S1, "equal Ethernet addresses")
        )
    }

    /// This node did not know what went on since `time`.
    mutating func latenessIsFound(_ time: Instant?) {
        soundTurn = soundTurn.flatMap { known in time.map { min(known, $0) } }
        lateness = .unsaved
    }

    /// A turn is over.
    mutating func noteTurn() {
        if lateness == .unsaved { lateness = .writing(persistIssued) }
        if case .writing(let id) = lateness, id <= persistDone { lateness = .saved }
        // What may have run while no daemon did is not known to be late before it is probed.
        for index in groups.indices where mayBeAdopted(index) { return }
        if lateness == .saved || !groups.contains(where: \.isLate) {
            lateness = .saved
            soundTurn = now
        }
    }

    /// The silence after which the peer may have taken, as far as is known.
    var earliestTake: Duration {
        min(peer.earliestTake ?? settings.timings.deadtime, settings.timings.deadtime)
    }

    /// Nothing known before counts: ask first (S8).
    ///
    /// Claims made after `claimedBefore` knew of it. `since` is when this node last knew all, `nil` if nobody can tell.
    mutating func wasLate(because why: String, since: Instant?, claimedBefore: Instant? = nil) {
        latenessIsFound(since)
        challenge &+= 1
        beatIsDue = true
        needsEvaluation = true
        for index in groups.indices where hasClaim(index, madeBy: claimedBefore) {
            groups[index].isLate = true
            recordIsDirty = true
        }
        // What was fit when last heard may have ceased to be, and have become so again, unheard (S7).
        for index in groups.indices { peer.fitSince[index] = nil }
        // Silence that only we slept through is not the peer's silence: it gets a whole deadtime to speak.
        if peer.standing == .present { peer.lastHeard = now }
        // One that had left, or was off, may have begun anew, waited for us in vain, and taken.
        if since.map({ now - $0 >= settings.timings.initdead }) ?? true {
            if peer.standing == .left || peer.standing == .confirmedDown {
                peer.standing = .silent
                peer.lastHeard = now
            }
            peer.isLeaving = false
            peer.isProvedDead = false
        }
        probes.endSuspicion()
        // A silence of before goes on and is examined anew; nothing else would begin it again.
        if peer.standing == .silent { suspect() }
        note(.warning, .late, nil, "\(why): asking \(settings.peer) first", Reason(.S8, why))
    }
}

/// How far the record is that says which claims are late (S8).
enum Lateness: Equatable, Sendable {
    /// Nothing is to be said, or it is on disk.
    case saved
    /// It has not been asked for.
    case unsaved
    /// It will be on disk with this write.
    case writing(PersistID)
}
