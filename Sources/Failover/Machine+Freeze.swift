// What administrators say of a group's automatic moves, and both nodes heed: freeze, thaw, clear. The later
// word counts, wherever it was given: freezes carry a stamp, a clear the epoch up to which it is meant.

/// A command that is done once it is on the disk here and known to the peer.
struct PendingWord: Sendable {
    /// Its number.
    var id: CommandID
    /// The groups it is about.
    var groups: [Int]
    /// The write that makes it durable.
    var writtenBy: PersistID
    /// What the reply says.
    var text: String
    /// When the reply no longer waits for the peer.
    var deadline: Instant
}

extension FailoverMachine {
    /// Whether nothing of the group happens by itself.
    func isFrozen(_ index: Int) -> Bool {
        let health = groups[index].health
        guard health.isFrozen else { return false }
        return health.frozenUntil.map { $0 > now } ?? true
    }

    /// Whether a frozen group stays where it is: an administrator's takeover moves it all the same.
    func isHeldByFreeze(_ index: Int) -> Bool {
        isFrozen(index) && groups[index].request == 0 && (peer.reports[index]?.request ?? 0) == 0
    }

    /// Who froze it and why, in words.
    func frozenText(_ index: Int) -> String {
        let health = groups[index].health
        let reason = health.frozenReason.isEmpty ? "" : " (\(health.frozenReason))"
        return "it is frozen by \(health.frozenBy)\(reason); to end that, type: baton thaw"
    }

    // MARK: Commands

    /// Freezes groups.
    mutating func freeze(
        _ id: CommandID,
        _ indices: [Int],
        _ duration: Duration?,
        _ by: String,
        _ reason: String
    ) {
        for index in indices {
            stampFreeze(index)
            groups[index].health.isFrozen = true
            groups[index].health.frozenUntil = duration.map { now + $0 }
            groups[index].health.frozenBy = String(by.prefix(64))
            groups[index].health.frozenReason = String(reason.prefix(200))
            let length = duration.map { " for \($0.spokenText)" } ?? ""
            note(.warning, .frozen, index, "frozen\(length) by \(by)", Reason(.command, reason))
        }
        awaitWord(id, indices, "frozen: \(names(indices)); to end that, type: baton thaw")
    }

    /// Ends freezes.
    mutating func thaw(_ id: CommandID, _ indices: [Int]) {
        let frozen = indices.filter { isFrozen($0) }
        guard !frozen.isEmpty else {
            let text = "nothing to thaw: \(names(indices)) not frozen"
            effects.append(.reply(id, CommandReply(outcome: .done, text: text)))
            return
        }
        for index in frozen {
            stampFreeze(index)
            endFreeze(index, "thawed by command")
        }
        awaitWord(id, frozen, "thawed: \(names(frozen))")
    }

    /// What failed is repaired.
    mutating func clear(_ id: CommandID, _ indices: [Int]) {
        for index in indices {
            let epoch = max(healthEpoch(index), groups[index].health.clearedThrough)
            clear(index, through: epoch, "cleared by command")
        }
        awaitWord(id, indices, "cleared: \(names(indices))")
    }

    private func names(_ indices: [Int]) -> String {
        indices.map { settings.groups[$0].name.text }.joined(separator: ", ")
    }

    private mutating func stampFreeze(_ index: Int) {
        let theirs = peer.health[index]?.freezeStamp ?? 0
        groups[index].health.freezeStamp = max(groups[index].health.freezeStamp, theirs) &+ 1
        recordIsDirty = true
        beatIsDue = true
        needsEvaluation = true
    }

    private mutating func endFreeze(_ index: Int, _ text: String) {
        groups[index].health.isFrozen = false
        groups[index].health.frozenUntil = nil
        groups[index].health.frozenBy = ""
        groups[index].health.frozenReason = ""
        recordIsDirty = true
        needsEvaluation = true
        // What a freeze held is judged, and said, anew.
        if groups[index].heldCause == .frozen {
            groups[index].heldCause = nil
            groups[index].heldReason = nil
        }
        note(.info, .thawed, index, text)
    }

    /// Forgets everything of an epoch and before that keeps the group from a node.
    mutating func clear(_ index: Int, through epoch: UInt64, _ text: String) {
        groups[index].health.clearedThrough = epoch
        groups[index].health.moves.removeAll { $0.epoch <= epoch }
        groups[index].health.tried = []
        groups[index].health.restarts = []
        groups[index].health.held = nil
        groups[index].health.heldText = nil
        if groups[index].startFailure != nil { clearFailure(index, Reason(.command, text)) }
        recordIsDirty = true
        beatIsDue = true
        needsEvaluation = true
        note(.info, .cleared, index, text)
    }

    // MARK: Between the nodes

    /// The peer's word on the freeze: the later one counts, and of two at once the freeze.
    mutating func heardFreeze(_ word: HealthWord, _ index: Int) {
        let own = groups[index].health
        let isLater =
            word.freezeStamp > own.freezeStamp
            || word.freezeStamp == own.freezeStamp && word.isFrozen && !own.isFrozen
                && own.freezeStamp > 0
        guard isLater else { return }
        groups[index].health.freezeStamp = word.freezeStamp
        beatIsDue = true
        guard word.isFrozen else {
            endFreeze(index, "thawed on \(settings.peer)")
            return
        }
        groups[index].health.isFrozen = true
        groups[index].health.frozenUntil = word.freezeRemaining.map {
            now + min(max(.zero, $0), .seconds(1 << 31))
        }
        groups[index].health.frozenBy = settings.peer.text
        groups[index].health.frozenReason = "see baton status there"
        recordIsDirty = true
        needsEvaluation = true
        // A detail of this node: who froze it is told there, and nobody twice.
        note(.info, .frozen, index, "frozen on \(settings.peer)")
    }

    /// Freezes whose time is over.
    mutating func considerFreezeEnd(_ index: Int) {
        guard groups[index].health.isFrozen, !isFrozen(index) else { return }
        endFreeze(index, "the time of the freeze is over")
    }

    // MARK: Replies

    /// A word that was given now: the reply waits for the disk, and for a peer that is there.
    private mutating func awaitWord(_ id: CommandID, _ indices: [Int], _ text: String) {
        needsEvaluation = true
        words.append(
            PendingWord(
                id: id,
                groups: indices,
                writtenBy: persist(),
                text: text,
                deadline: now + settings.timings.offerTimeout
            )
        )
    }

    /// Replies to what is known everywhere it must be (L2).
    mutating func considerWords() {
        guard !words.isEmpty else { return }
        var remaining: [PendingWord] = []
        for word in words {
            let isWritten = word.writtenBy <= persistDone
            let isKnown = !peer.isPresent || word.groups.allSatisfy { peerKnows($0) }
            let reply: CommandReply
            if isWritten, isKnown {
                let text =
                    peer.isPresent
                    ? word.text : "\(word.text); \(settings.peer) is told when it is heard"
                reply = CommandReply(outcome: .done, text: text)
            } else if word.deadline <= now {
                let missing =
                    isWritten ? "\(settings.peer) has not confirmed it" : "the disk is slow"
                reply = CommandReply(outcome: .timedOut, text: "\(word.text), but \(missing) yet")
            } else {
                remaining.append(word)
                continue
            }
            effects.append(.reply(word.id, reply))
            note(.info, .command, nil, "command \(word.id.value): \(reply.outcome): \(reply.text)")
        }
        words = remaining
    }

    /// Whether the peer said what this node says, or something later.
    private func peerKnows(_ index: Int) -> Bool {
        // A group that the peer does not have needs no word of it.
        guard let word = peer.health[index] else { return peer.reports[index] == nil }
        let own = groups[index].health
        return word.clearedThrough >= own.clearedThrough && word.freezeStamp >= own.freezeStamp
    }
}
