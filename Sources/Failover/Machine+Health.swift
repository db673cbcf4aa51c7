// Moves on health grounds: a service of a group failed, and the other node may do better. At most one for
// each incident, only towards a node that is fit (S7), and a bounded number in an hour, so that two nodes
// whose services are both broken do not play ping-pong. Which services failed is told by the monitors.

/// What a node knows of a group's services, moves on health grounds, and freeze.
struct GroupHealth: Sendable {
    /// One move on health grounds.
    struct Move: Equatable, Sendable {
        var epoch: UInt64
        /// This node gave the group up.
        var isOwn: Bool
        var at: Instant
    }

    /// One uninterrupted failure of a service.
    struct Incident: Hashable, Sendable {
        var name: String
        var number: UInt64
    }

    /// The services that have failed now, as the monitors tell.
    var reported: [HealthFailure] = []
    /// The failure of the networks that carry its addresses.
    var network: HealthFailure?
    /// Since when these are lost, were the peer's not.
    var networkSince: Instant?
    /// Everything that has failed now.
    var failures: [HealthFailure] { network.map { reported + [$0] } ?? reported }
    /// Incidents for which the group was moved, or given up, already.
    var tried: Set<Incident> = []
    /// Services whose alert asked for a standby while they fail.
    var wanted: Set<String> = []
    /// When the group was started anew for a failed service, within the hour.
    var restarts: [Instant] = []
    /// Why a failed service moves nothing, as last said.
    var held: HealthHold?
    /// The same in words; also what an alert was refused for.
    var heldText: String?
    /// The moves after `clearedThrough`, by epoch.
    var moves: [Move] = []
    /// See `HealthWord.clearedThrough`.
    var clearedThrough: UInt64 = 0
    /// A hold-down for moves of this epoch and before was lifted by a takeover.
    var liftedThrough: UInt64 = 0
    /// See `HealthWord.freezeStamp`.
    var freezeStamp: UInt32 = 0
    /// The later of freeze and thaw was a freeze.
    var isFrozen = false
    /// When it ends by itself.
    var frozenUntil: Instant?
    /// When time alone changes something here, as of the last look.
    var wakeAt: Instant?
    /// Who, and why.
    var frozenBy = ""
    var frozenReason = ""
}

/// What keeps a group whose service failed where it is.
enum HealthHold: Equatable, Sendable {
    /// Somebody froze it.
    case frozen
    /// The moves of this hour are used up.
    case budget
    /// The other node could not do better.
    case peerUnfit
    /// It could, but not for `fit_settle` yet, or it may be about to fall silent.
    case settling
    /// It was tried, and came back.
    case tried
}

extension FailoverMachine {
    /// The window of `move_budget` and `restart_budget`.
    static var budgetWindow: Duration { .seconds(3600) }

    /// The highest epoch that anything known of the group is about: what is cleared or lifted now is not above it.
    func healthEpoch(_ index: Int) -> UInt64 {
        max(highestEpoch(index), groups[index].health.moves.last?.epoch ?? 0)
    }

    // MARK: What is known

    /// The failed services of a group have changed.
    mutating func healthChanged(_ index: Int, _ failures: [HealthFailure]) {
        guard groups.indices.contains(index), groups[index].health.reported != failures else {
            return
        }
        groups[index].health.reported = failures
        failuresChanged(index)
    }

    /// What has failed is another than before.
    mutating func failuresChanged(_ index: Int) {
        let failures = groups[index].health.failures
        let present = Set(failures.map(\.id))
        groups[index].health.tried.formIntersection(present)
        let names = Set(failures.map(\.name))
        groups[index].health.wanted.formIntersection(names)
        if failures.isEmpty {
            // A group that leaves takes its monitors with it: that is no recovery.
            if groups[index].phase == .active, let held = groups[index].health.held,
                held != .settling
            {
                let code: NoticeCode = held == .budget ? .budgetUsed : .healthHeld
                let text =
                    "no service of it is known to fail any more; it stayed on \(settings.node)"
                note(.info, code, index, text)
            }
            groups[index].health.held = nil
            groups[index].health.heldText = nil
        }
        needsEvaluation = true
    }

    /// The failures that ask for something which was not tried yet.
    private func pendingFailures(_ index: Int) -> [HealthFailure] {
        let health = groups[index].health
        return health.failures.filter {
            ($0.action != .notify || health.wanted.contains($0.name))
                && !health.tried.contains($0.id)
        }
    }

    /// Until when this node is held down for the group; `nil` when it is not, and while it holds it.
    func heldDownUntil(_ index: Int) -> Instant? {
        let health = groups[index].health
        let floor = max(health.clearedThrough, health.liftedThrough)
        guard !groups[index].phase.holds else { return nil }
        let last = health.moves.filter { $0.isOwn && $0.epoch > floor }.map(\.at).max()
        return last.map { $0 + settings.timings.holdDown }.flatMap { $0 > now ? $0 : nil }
    }

    /// Whether this node could run the group when nobody could do better: fit, or held down.
    func canRun(_ index: Int) -> Bool {
        fitness(index).canRun
    }

    /// The moves that count against the budget, oldest first.
    private func countedMoves(_ index: Int) -> [GroupHealth.Move] {
        groups[index].health.moves.filter { now - $0.at < Self.budgetWindow }.sorted {
            $0.at < $1.at
        }
    }

    /// Until when no move on health grounds is left; `nil` when there is one.
    func budgetUsedUntil(_ index: Int) -> Instant? {
        let counted = countedMoves(index)
        guard counted.count >= settings.moveBudget else { return nil }
        // Where the budget is 0 there is no end.
        guard settings.moveBudget > 0 else { return now + Self.budgetWindow }
        return counted[counted.count - settings.moveBudget].at + Self.budgetWindow
    }

    /// Whether `auto_failback` must wait for `baton clear`: the peer lost the group on health grounds last.
    func failbackWaitsForClear(_ index: Int) -> Bool {
        groups[index].health.moves.last.map { !$0.isOwn } ?? false
    }

    // MARK: Deciding

    /// A group that runs here while a service of it has failed.
    mutating func considerHealth(_ index: Int) {
        guard groups[index].phase == .active, !groups[index].isLate, !isLeaving else { return }
        guard !groups[index].health.failures.isEmpty else { return }
        // While both hold the group, the conflict is decided first (S9): nothing is stopped for another reason.
        guard peer.reports[index]?.phase.holds != true || !peer.isPresent else { return }
        let pending = pendingFailures(index)
        guard !pending.isEmpty else {
            if !groups[index].health.tried.isEmpty {
                holdForHealth(index, .tried, "it was given up for this once, and came back")
            }
            return
        }
        let facts = pending.map { "\($0.name): \($0.text)" }.joined(separator: "; ")
        if isFrozen(index) {
            holdForHealth(index, .frozen, frozenText(index))
            return
        }
        let mayRestart =
            hasRestartLeft(index) && mayBeSilent
            && pending.contains { !$0.isOfNode }
        // A restart begins only when what the group is held by is on the disk (S5).
        if mayRestart, recordIsDirty || persistDone < persistIssued { return }
        if mayRestart, pending.contains(where: { $0.action == .restart }) {
            restart(index, facts)
            return
        }
        if let hold = healthHold(index) {
            if mayRestart, hold.cause == .peerUnfit || hold.cause == .budget {
                restart(index, facts)
            } else {
                holdForHealth(index, hold.cause, hold.text)
            }
            return
        }
        releaseForHealth(index, facts)
    }

    /// Why the group may not be given up on health grounds now (S7); `nil` when it may.
    private func healthHold(_ index: Int) -> (cause: HealthHold, text: String)? {
        if isFrozen(index) { return (.frozen, frozenText(index)) }
        if budgetUsedUntil(index) != nil {
            return (
                .budget,
                "move_budget allows \(settings.moveBudget) such moves in an hour; when it is repaired, type: "
                    + "baton clear"
            )
        }
        let name = settings.peer
        guard peer.isPresent else { return (.peerUnfit, peerUnfitText(index)) }
        // Late, or deaf for a moment: it is silent soon, or it is not.
        guard !isDoubtful else { return (.settling, peerUnfitText(index)) }
        guard peerCanTake(index), let report = peer.reports[index] else {
            return (.peerUnfit, peerUnfitText(index))
        }
        guard !differsInMeaning(index, report) else {
            return (.peerUnfit, "haresources describes it differently on \(name)")
        }
        guard peerCanTake(index, for: settings.timings.fitSettle) else {
            return (.settling, "\(name) has only now become fit")
        }
        return nil
    }

    /// An alert of a service asks that the group be given up; why it is not, or `nil` when it is.
    mutating func giveUpForHealth(_ index: Int, _ cause: String) -> String? {
        let known = groups[index].health.failures.first { $0.name == cause }
        // While that service fails the wish stands: the group goes when it may.
        if known != nil { groups[index].health.wanted.insert(cause) }
        if let known, groups[index].health.tried.contains(known.id) {
            return "it was given up for this once, and came back"
        }
        guard !groups[index].isLate else { return "S8: \(settings.peer) is asked first" }
        if let hold = healthHold(index) {
            if known != nil {
                needsEvaluation = true
            } else {
                holdForHealth(index, hold.cause, hold.text)
            }
            return "S7: \(hold.text)"
        }
        releaseForHealth(index, known.map { "\($0.name): \($0.text)" } ?? cause)
        return nil
    }

    private mutating func releaseForHealth(_ index: Int, _ facts: String) {
        groups[index].health.tried.formUnion(groups[index].health.failures.map(\.id))
        groups[index].health.held = nil
        groups[index].health.heldText = nil
        addMove(
            GroupHealth.Move(epoch: highestEpoch(index) + 1, isOwn: true, at: now),
            index
        )
        let left = settings.moveBudget - countedMoves(index).count
        note(
            .warning,
            .healthMove,
            index,
            "given up for \(settings.peer): \(facts); \(left) of \(settings.moveBudget) such moves left this hour",
            Reason(.S7, "\(settings.peer) is fit")
        )
        release(index, then: .offer, Reason(.S7, facts))
    }

    /// A failed service moves nothing: said once for each cause, and paged where nothing else will act.
    private mutating func holdForHealth(_ index: Int, _ cause: HealthHold, _ text: String) {
        groups[index].health.heldText = text
        let before = groups[index].health.held
        guard before != cause else { return }
        // What settles is no cause yet, and what was said of an earlier one stands.
        if cause == .settling {
            if before == nil { groups[index].health.held = cause }
            return
        }
        groups[index].health.held = cause
        let failures = groups[index].health.failures
        let facts = failures.map { "\($0.name): \($0.text)" }.joined(separator: "; ")
        note(
            .page,
            cause == .budget ? .budgetUsed : .healthHeld,
            index,
            "stays on \(settings.node) although it failed (\(facts)): \(text)",
            Reason(.S7, text)
        )
    }

    // MARK: Restart

    /// Whether the group's addresses may be gone for a moment: the peer is told why, or is not there.
    ///
    /// To a peer that is silent and alive they are the sign that this node serves (the table's second row).
    private var mayBeSilent: Bool {
        switch peer.standing {
        case .present: !isDoubtful
        case .silent: hostIsCalibrated && !hostAnswers
        case .left, .confirmedDown: true
        case .neverHeard: !peerHeardThisBoot
        }
    }

    /// Whether `restart_budget` has one left.
    private func hasRestartLeft(_ index: Int) -> Bool {
        let recent = groups[index].health.restarts.filter { now - $0 < Self.budgetWindow }
        return recent.count < settings.restartBudget
    }

    private mutating func restart(_ index: Int, _ facts: String) {
        groups[index].health.restarts.removeAll { now - $0 >= Self.budgetWindow }
        groups[index].health.restarts.append(now)
        groups[index].health.held = nil
        groups[index].health.heldText = nil
        let count = groups[index].health.restarts.count
        note(
            .warning,
            .restarted,
            index,
            "stopped, to be started again here: \(facts) (restart \(count) of \(settings.restartBudget) this hour)",
            Reason(.S7, facts)
        )
        release(index, then: .restart, Reason(.S7, facts))
    }

    // MARK: Moves

    /// Adds a move that was made here, or told; the older time is the truer one.
    mutating func addMove(_ move: GroupHealth.Move, _ index: Int) {
        guard move.epoch > groups[index].health.clearedThrough else { return }
        if let place = groups[index].health.moves.firstIndex(where: { $0.epoch == move.epoch }) {
            let known = groups[index].health.moves[place].at
            groups[index].health.moves[place].at = min(known, move.at)
            return
        }
        groups[index].health.moves.append(move)
        groups[index].health.moves.sort { $0.epoch < $1.epoch }
        let excess = groups[index].health.moves.count - HealthWord.movesMaximum
        if excess > 0 { groups[index].health.moves.removeFirst(excess) }
        recordIsDirty = true
        beatIsDue = true
        needsEvaluation = true
    }

    // MARK: Between the nodes

    /// What this node says of the group's health.
    func healthWord(_ index: Int) -> HealthWord {
        let health = groups[index].health
        var word = HealthWord()
        word.clearedThrough = health.clearedThrough
        word.moves = health.moves.map {
            HealthMove(epoch: $0.epoch, isSenders: $0.isOwn, age: max(.zero, now - $0.at))
        }
        word.freezeStamp = health.freezeStamp
        word.isFrozen = isFrozen(index)
        if word.isFrozen { word.freezeRemaining = health.frozenUntil.map { $0 - now } }
        return word
    }

    /// What the peer says of the group's health.
    mutating func heardHealth(_ word: HealthWord, _ index: Int) {
        if word.clearedThrough > groups[index].health.clearedThrough {
            clear(index, through: word.clearedThrough, "cleared on \(settings.peer)")
        }
        for move in word.moves {
            let age = min(max(.zero, move.age), .seconds(1 << 31))
            addMove(
                GroupHealth.Move(
                    epoch: move.epoch,
                    isOwn: !move.isSenders,
                    at: Instant(nanoseconds: now.nanoseconds - age.nanoseconds)
                ),
                index
            )
        }
        heardFreeze(word, index)
    }

    // MARK: Record

    /// What of it must outlive this daemon; `nil` when there is nothing.
    func healthRecord(_ index: Int) -> HealthRecord? {
        let health = groups[index].health
        guard health.clearedThrough > 0 || !health.moves.isEmpty || health.freezeStamp > 0 else {
            return nil
        }
        return HealthRecord(
            clearedThrough: health.clearedThrough,
            moves: health.moves.map { .init(epoch: $0.epoch, isOwn: $0.isOwn, at: $0.at) },
            freezeStamp: health.freezeStamp,
            isFrozen: health.isFrozen,
            frozenUntil: health.frozenUntil,
            frozenFor: health.frozenUntil.map { ($0 - now).nanoseconds },
            frozenBy: health.frozenBy,
            frozenReason: health.frozenReason
        )
    }

    /// Goes on with what an earlier daemon, or an earlier boot, remembered.
    mutating func restoreHealth(_ record: HealthRecord, _ index: Int, isSameBoot: Bool) {
        groups[index].health.clearedThrough = record.clearedThrough
        groups[index].health.moves = record.moves.prefix(HealthWord.movesMaximum).map {
            GroupHealth.Move(
                epoch: $0.epoch,
                isOwn: $0.isOwn,
                at: isSameBoot ? min($0.at, now) : now
            )
        }
        groups[index].health.freezeStamp = record.freezeStamp
        groups[index].health.isFrozen = record.isFrozen
        groups[index].health.frozenBy = record.frozenBy
        groups[index].health.frozenReason = record.frozenReason
        groups[index].health.frozenUntil =
            isSameBoot
            ? record.frozenUntil
            : record.frozenFor.map { now + .nanoseconds(min(max(0, $0), 1 << 60)) }
    }

    /// When the group's health next wants to be looked at: after now, for it has just been.
    func healthDeadline(_ index: Int) -> Instant? {
        var next: Instant?
        func consider(_ deadline: Instant?) {
            guard let deadline else { return }
            if next.map({ deadline < $0 }) ?? true { next = deadline }
        }
        consider(heldDownUntil(index))
        if isFrozen(index) { consider(groups[index].health.frozenUntil) }
        guard groups[index].phase == .active, !groups[index].health.failures.isEmpty else {
            return next
        }
        consider(budgetUsedUntil(index).flatMap { $0 > now ? $0 : nil })
        if let since = peer.fitSince[index], peerCanTake(index) {
            let settled = since + settings.timings.fitSettle
            if settled > now { consider(settled) }
        }
        return next
    }
}

extension HealthFailure {
    /// What tells this failure from others.
    var id: GroupHealth.Incident { GroupHealth.Incident(name: name, number: incident) }
}
