// A primary that has lost its DRBD connection asks before it goes on alone, and so does a node that becomes primary
// without one (`fence-peer`, as dopd of Heartbeat answered it): is the other copy known to be old? The other node is asked
// to mark it: durably here (S11), and in DRBD's metadata. Nothing waits for DRBD on the asking side, where it may stand
// still until the answer is there.
//
//     DRBD --fenceRequested--> core --askPeerToOutdate--> other core --markData--> its DRBD
//     DRBD <---answerFence---- core <--peerFenceAnswered- other core <-dataObserved-
//
// Two copies must never both be outdated: only a node whose copy is in use says so (`active`, by which the asking DRBD
// outdates itself); one that merely wants it, or has written alone, refuses, which changes nothing on either side.

extension FailoverMachine {
    /// How long the other node waits for its record and its DRBD before it answers "not yet".
    static var outdatingPatience: Duration { .milliseconds(1200) }

    /// For how long after a question the two nodes' word that all is in sync may be older than the cut: each looks once a
    /// second, and a look takes up to five.
    static var outdatingSettles: Duration { .seconds(6) }

    /// Whether something of the group's replicated storage may be in use here.
    private func mayUseStorage(_ index: Int) -> Bool {
        groups[index].phase.holds
            || zip(groups[index].resources, settings.groups[index].resources).contains {
                $1.isReplicated && $0.state != .stopped
            }
    }

    /// Whether there is such a replicated resource.
    private func isReplicated(_ index: Int, _ resource: Int) -> Bool {
        settings.groups.indices.contains(index)
            && settings.groups[index].resources.indices.contains(resource)
            && settings.groups[index].resources[resource].isReplicated
    }

    // MARK: This node's DRBD asks

    /// This node's DRBD wants to know what the other copy is, before it goes on without it.
    mutating func fenceRequested(_ id: FenceID, _ index: Int, _ resource: Int) {
        guard isReplicated(index, resource) else {
            return answer(id, .refused, "batond moves no such resource")
        }
        if let answered = ownAnswer(index) {
            noteAnswer(index, answered)
            return effects.append(.answerFence(id, answered))
        }
        guard fences.own.count < FenceDesk.maximum else {
            return answer(id, .pending, "too many questions are on their way")
        }
        fences.own.append(
            FenceDesk.Question(id: id, group: index, resource: resource, since: now)
        )
        effects.append(.askPeerToOutdate(id, group: index, resource: resource))
        // The kernel knows of the cut before this daemon has looked.
        effects.append(.observeData(group: index))
    }

    /// What can be answered without asking the other node.
    private func ownAnswer(_ index: Int) -> FenceReply? {
        let group = settings.groups[index].name
        guard groups[index].phase != .unknown else {
            return FenceReply(.pending, "batond does not know yet what of \(group) runs here")
        }
        guard mayUseStorage(index) else {
            return FenceReply(
                .refused,
                "this node neither holds nor takes \(group); type: baton takeover \(group)"
            )
        }
        guard !peer.isPresent else { return nil }
        if peer.standing == .neverHeard, groups[index].phase != .starting,
            now - startedAt < settings.timings.deadtime
        {
            return FenceReply(.pending, "batond has only begun, and not heard \(settings.peer) yet")
        }
        return goesOnAlone(index, peer.absenceText(settings.peer))
    }

    /// The other node is not there: that is the answer, unless this node is the one that is cut off.
    private func goesOnAlone(_ index: Int, _ facts: String) -> FenceReply {
        guard groups[index].phase != .starting, !peer.isProvedDead,
            networkProof(index) == .disproved
        else { return FenceReply(.unreachable, facts) }
        return FenceReply(.refused, "\(facts), and \(networkText(index)): this node may be cut off")
    }

    /// The other node answered; `nil` when it did not.
    mutating func peerFenceAnswered(_ id: FenceID, _ reply: FenceReply?) {
        guard let place = fences.own.firstIndex(where: { $0.id == id }) else { return }
        let question = fences.own.remove(at: place)
        let index = question.group
        // The claim may have ended meanwhile, and with it the right to go on alone.
        if let answered = ownAnswer(index) {
            noteAnswer(index, answered)
            return effects.append(.answerFence(id, answered))
        }
        var told = reply ?? silence(index)
        // Of itself nobody can say that.
        if reply?.verdict == .unreachable {
            told = FenceReply(.refused, "\(settings.peer) answers something else")
        }
        noteAnswer(index, told)
        effects.append(.answerFence(id, told))
    }

    /// The other node did not answer in time.
    ///
    /// One whose beats are heard is slow: it is asked again, but where it says that it knows its copy to be old, or where
    /// nothing is written here yet by a claim that is proved.
    private func silence(_ index: Int) -> FenceReply {
        let knows = peer.reports[index]?.fitness == .stale
        guard peer.isPresent, groups[index].phase != .starting, !knows else {
            return goesOnAlone(index, "\(settings.peer) does not answer")
        }
        return FenceReply(.pending, "\(settings.peer) is heard, and does not answer yet")
    }

    /// Says how it ended; whoever hears "not yet" asks again.
    private mutating func noteAnswer(_ index: Int, _ reply: FenceReply) {
        guard reply.verdict != .pending else { return }
        let facts =
            "DRBD asks for the copy of \(settings.peer), answer \(reply.verdict.rawValue): \(reply.text)"
        let isKnown = reply.verdict != .active && reply.verdict != .refused
        note(isKnown ? .info : .warning, .dataFenced, index, facts, Reason(.S11, facts))
    }

    // MARK: The other node asks

    /// The other node's DRBD is about to go on without this node: the copy here is to be marked as old.
    mutating func outdateRequested(_ id: FenceID, _ index: Int, _ resource: Int) {
        guard isReplicated(index, resource) else {
            return answer(id, .refused, "\(settings.node) moves no such resource")
        }
        if let objection = objection(index, resource) {
            return effects.append(.answerFence(id, objection))
        }
        guard fences.peers.count < FenceDesk.maximum else {
            return answer(id, .pending, "\(settings.node) has too many questions on their way")
        }
        fences.peers.append(
            FenceDesk.Question(id: id, group: index, resource: resource, since: now)
        )
        groups[index].data.outdatedAt = now
        groups[index].data.markedAt = now
        if groups[index].data.marks.staleSince == nil {
            groups[index].data.marks.staleSince = wallClock
            groups[index].data.staleBy = persist()
            beatIsDue = true
            let facts =
                "\(settings.peer) goes on without this node, says its DRBD: the data here is old from now on"
            note(.warning, .dataStale, index, facts, Reason(.S11, facts))
        }
        effects.append(.markData(group: index, isStale: true))
        needsEvaluation = true
    }

    /// Why the copy here is not to be marked; `nil` when it may be.
    private func objection(_ index: Int, _ resource: Int) -> FenceReply? {
        let (node, name) = (settings.node, settings.groups[index].name)
        let group = groups[index]
        guard group.data.isWatched else {
            return FenceReply(.refused, "what replicates \(name) on \(node) cannot be asked")
        }
        if group.phase == .unknown || group.data.own == nil && !mayUseStorage(index) {
            return FenceReply(.pending, "\(node) has not looked yet what of \(name) runs there")
        }
        if group.resources[resource].state == .running {
            return FenceReply(.active, "\(node) has it in use")
        }
        if mayUseStorage(index) {
            return FenceReply(.refused, "\(node) holds \(name), or is taking it")
        }
        if let since = group.data.marks.aloneSince {
            return FenceReply(
                .refused,
                "\(settings.peer) has not got what was written on \(node) since \(utcText(since))"
            )
        }
        if group.data.writtenAt != nil {
            return FenceReply(
                .refused,
                "\(settings.peer) may not have got what was written on \(node) last"
            )
        }
        return nil
    }

    /// Answers the other node's questions, as far as they can be answered; called at each event.
    mutating func considerFences() {
        for question in fences.peers {
            guard let reply = outcome(of: question) else { continue }
            fences.peers.removeAll { $0.id == question.id }
            effects.append(.answerFence(question.id, reply))
        }
    }

    private func outcome(of question: FenceDesk.Question) -> FenceReply? {
        let (node, data) = (settings.node, groups[question.group].data)
        if let objection = objection(question.group, question.resource) { return objection }
        let isRecorded = data.marks.staleSince != nil && data.staleBy <= persistDone
        if isRecorded, let own = data.own, own.begunAt >= question.since {
            switch own.copies[question.resource] {
            case .outdated: return FenceReply(.outdated, "the copy of \(node) is outdated")
            case .inconsistent: return FenceReply(.inconsistent, "the copy of \(node) is not whole")
            case .usable, nil: break
            }
            let why =
                own.replication == .inSync
                ? "its DRBD has not noticed yet that it is not connected"
                : "its DRBD does not say yet that its copy is old"
            return FenceReply(.pending, "\(node): \(why)")
        }
        guard now - question.since >= Self.outdatingPatience else { return nil }
        return FenceReply(
            .pending,
            isRecorded ? "the DRBD of \(node) is slow" : "the disk of \(node) is slow"
        )
    }

    /// When a question of the other node is answered at the latest.
    var fenceDeadline: Instant? {
        fences.peers.map { $0.since + Self.outdatingPatience }.min()
    }

    /// Whether the other node asked so lately for the mark that both nodes' looks may be older than the cut.
    func isOutdatedLately(_ index: Int) -> Bool {
        groups[index].data.outdatedAt.map { now - $0 < Self.outdatingSettles } ?? false
    }

    private mutating func answer(_ id: FenceID, _ verdict: FenceVerdict, _ text: String) {
        effects.append(.answerFence(id, FenceReply(verdict, text)))
    }
}

extension PeerView {
    /// Why the peer does not count, in words.
    fileprivate func absenceText(_ name: NodeName) -> String {
        switch standing {
        case .present: "\(name) is there"
        case .neverHeard: "\(name) was not heard yet"
        case .silent: isJudgedDead ? "\(name) is dead" : "\(name) is silent"
        case .left: "\(name) has left"
        case .confirmedDown: "\(name) is confirmed down"
        }
    }
}
