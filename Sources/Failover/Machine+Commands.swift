// What administrators ask: standby, takeover, failback, confirm-down, and the end of the daemon. Each command
// gets exactly one final reply (L2): done, refused with the rule and what to type, failed, or still going on.

/// A command without its final reply.
struct PendingCommand: Sendable {
    /// Its number.
    var id: CommandID
    /// The groups that move, and which way.
    var moves: [PendingMove]
    /// When the reply is "still going on".
    var deadline: Instant
}

/// One group that a command moves.
struct PendingMove: Sendable {
    /// The group.
    var group: Int
    /// Where to.
    var target: Side
    /// The phase last told as progress.
    var told: GroupPhase
    /// Our request to the peer; 0 where none is needed.
    var request: UInt32 = 0
    /// The group has left this node since the command.
    var hasLeft = false
}

/// A `confirm-down` whose probes are out.
struct Confirming: Sendable {
    /// The command.
    var id: CommandID
    /// Since when answers count.
    var since: Instant
    /// When the answers are judged.
    var until: Instant
}

extension FailoverMachine {
    /// How long probes are out before `confirm-down` is accepted.
    var confirmingTime: Duration {
        max(.milliseconds(500), quickProbeInterval * (ProbeTable.roundsMinimum + 2))
    }

    /// An administrator asks something.
    mutating func received(_ command: Command, _ id: CommandID) {
        needsEvaluation = true
        guard !isLeaving else {
            refuse(id, "the daemon on \(settings.node) is ending")
            return
        }
        guard commands.count + words.count < Self.commandsMaximum else {
            refuse(id, "\(commands.count) commands are in progress: wait for one to end")
            return
        }
        switch command {
        case .standby(let scope): standby(id, scope)
        case .takeover(let scope): takeover(id, scope)
        case .takeoverAcceptingLoss(let scope): takeover(id, scope, acceptsLoss: true)
        case .failback: failback(id)
        case .confirmDown(let name): confirmDown(id, name)
        case .standbyForHealth(let scope, let cause): standbyForHealth(id, scope, cause)
        case .clear(let scope): word(id, scope) { $0.clear(id, $1) }
        case .freeze(let scope, let duration, let by, let reason):
            word(id, scope) { $0.freeze(id, $1, duration, by, reason) }
        case .thaw(let scope): word(id, scope) { $0.thaw(id, $1) }
        }
    }

    /// Gives the administrator's word about the groups of a scope.
    private mutating func word(
        _ id: CommandID,
        _ scope: Scope,
        _ body: (inout FailoverMachine, [Int]) -> Void
    ) {
        switch groups(in: scope) {
        case .failure(let error): refuse(id, unknown(error))
        case .success(let chosen): body(&self, chosen)
        }
    }

    /// An alert asks for a standby (S7): what moves already, or has gone, is done.
    private mutating func standbyForHealth(_ id: CommandID, _ scope: Scope, _ cause: String) {
        guard case .success(let chosen) = groups(in: scope) else {
            refuse(id, "there is no such group")
            return
        }
        let giving = chosen.filter { groups[$0].phase == .active }
        guard !giving.isEmpty else {
            reply(id, .done, "nothing to move: it has gone, or is moving already")
            return
        }
        var refused: [String] = []
        var moves: [PendingMove] = []
        for index in giving {
            if let text = giveUpForHealth(index, cause) {
                refused.append("\(settings.groups[index].name) stays here: \(text)")
            } else {
                moves.append(PendingMove(group: index, target: .peer, told: groups[index].phase))
            }
        }
        guard refused.isEmpty || !moves.isEmpty else {
            refuse(id, refused.joined(separator: "\n"))
            return
        }
        let deadline = now + moves.map { movingTime($0.group) }.reduce(.zero, max)
        commands.append(PendingCommand(id: id, moves: moves, deadline: deadline))
    }

    private mutating func refuse(_ id: CommandID, _ text: String) {
        reply(id, .refused, text)
    }

    private mutating func reply(_ id: CommandID, _ outcome: CommandOutcome, _ text: String) {
        effects.append(.reply(id, CommandReply(outcome: outcome, text: text)))
        note(.info, .command, nil, "command \(id.value): \(outcome): \(text)", Reason(.L2, text))
    }

    /// The groups a scope names, or why it names none.
    private func groups(in scope: Scope) -> Result<[Int], UnknownGroup> {
        let all = Array(groups.indices)
        switch scope {
        case .all: return .success(all)
        case .local: return .success(all.filter { preferredSide($0) == .own })
        case .foreign: return .success(all.filter { preferredSide($0) == .peer })
        case .failback: return .success(all.filter { isAway($0) })
        case .group(let name):
            guard let index = groupIndex[name.identity], settings.groups[index].name == name else {
                return .failure(UnknownGroup(name: name))
            }
            return .success([index])
        }
    }

    /// Whether the group runs on the node that is not its preferred one.
    private func isAway(_ index: Int) -> Bool {
        switch preferredSide(index) {
        case .own: return peer.reports[index]?.phase == .active
        case .peer: return groups[index].phase == .active
        }
    }

    private func unknown(_ error: UnknownGroup) -> String {
        let names = settings.groups.map(\.name.text).joined(separator: ", ")
        return "no group is called \(error.name); the groups are: \(names)"
    }

    // MARK: standby

    private mutating func standby(_ id: CommandID, _ scope: Scope) {
        switch groups(in: scope) {
        case .failure(let error): refuse(id, unknown(error))
        case .success(let chosen):
            // What is not probed yet may run here: "nothing to move" would be a guess (S14).
            let giving = chosen.filter { groups[$0].phase.holds || groups[$0].phase == .unknown }
            move(id, give: giving, take: [])
        }
    }

    /// Every status was asked, and one cannot tell: only stopping makes the state known (S14).
    func isUndecided(_ index: Int) -> Bool {
        groups[index].phase == .unknown && groups[index].retryAt != nil && !groups[index].isBusy
    }

    /// Why the group cannot be given away now, with what to do; `nil` when it can.
    private func refusalToGiveText(_ index: Int) -> String? {
        let name = settings.groups[index].name
        if groups[index].phase == .unknown {
            return isUndecided(index) ? nil : "S14: \(name) is not probed yet on this node"
        }
        switch refusalToGive(index) {
        case .none: return nil
        case .busy, .frozen, .notHeld:
            return "\(name) is \(groups[index].phase) here; look at it with: baton status"
        case .meaningDiffers:
            return "haresources describes \(name) differently on \(settings.peer); compare with: "
                + "baton check --peer-config DIR"
        case .peerNotFit:
            return "S7: \(peerUnfitText(index)); \(name) stays here"
        }
    }

    /// Why the peer cannot take the group, in words.
    func peerUnfitText(_ index: Int) -> String {
        let name = settings.peer
        switch peer.standing {
        case .neverHeard: return "\(name) was never heard"
        case .silent: return "\(name) is silent"
        case .left: return "\(name) has left"
        case .confirmedDown: return "\(name) is down"
        case .present: break
        }
        guard let report = peer.reports[index] else {
            return "\(name) does not know the group: is it in haresources there?"
        }
        if peer.isLeaving { return "\(name) is leaving" }
        if probes.suspicionSince != nil { return "\(name) is late" }
        if !peer.hearsUs { return "\(name) does not hear this node" }
        if let text = outOfStepText(index) { return text }
        switch report.fitness {
        case .fit: return "\(name) holds it already"
        case .startFailed: return "a start failed on \(name) (there: baton takeover)"
        case .heldDown:
            return
                "\(name) is held down, for a service failed there; when that is repaired, type: baton clear"
        default: return "\(name) is not fit (\(report.fitness.words))"
        }
    }

    // MARK: takeover and failback

    private mutating func takeover(
        _ id: CommandID,
        _ scope: Scope,
        acceptsLoss: Bool = false
    ) {
        switch groups(in: scope) {
        case .failure(let error): refuse(id, unknown(error))
        case .success(let chosen):
            let taking = chosen.filter { groups[$0].phase != .active }
            if acceptsLoss {
                for index in taking {
                    guard let text = refusalOfLossText(index) else { continue }
                    refuse(id, text)
                    return
                }
                // Unless the command is refused for another reason: then it ends with this event (`considerData`).
                for index in taking { groups[index].data.acceptsLoss = true }
            }
            move(id, give: [], take: taking)
        }
    }

    /// Why the group is not taken with the data that is here, with what to do (S11).
    private func refusalText(_ index: Int, _ found: (cause: HoldCause, reason: Reason)) -> String {
        "S11: \(settings.groups[index].name) is not taken: \(found.reason.facts). To do: "
            + dataRemedy(index, found.cause)
    }

    /// Why nothing may be lost for the group, with what to type: who has the newer data is there (S11).
    private func refusalOfLossText(_ index: Int) -> String? {
        guard dataHold(index) != nil, peer.isPresent, let report = peer.reports[index],
            report.phase.holds || report.fitness.canRun
        else { return nil }
        let name = settings.groups[index].name
        let does = report.phase.holds ? "runs" : "can run"
        return
            "S11: \(settings.peer) \(does) \(name), with the newer data; there: baton takeover \(name)"
    }

    private mutating func failback(_ id: CommandID) {
        let away = groups.indices.filter { isAway($0) }
        move(
            id,
            give: away.filter { groups[$0].phase == .active },
            take: away.filter { groups[$0].phase != .active }
        )
    }

    /// Why the group cannot be taken now, with what to type; `nil` when it can be tried.
    private func refusalToTakeText(_ index: Int) -> String? {
        let name = settings.groups[index].name
        switch groups[index].phase {
        case .unknown:
            return "S14: \(name) is not probed yet on this node"
        case .stopping, .unsafe:
            return "\(name) is \(groups[index].phase) here; look at it with: baton status"
        case .suspended:
            if peer.isPresent { break }
            return
                "S12: \(name) is suspended here: this node is cut off. When \(settings.peer) is surely off, "
                + "type: baton confirm-down \(settings.peer)"
        case .standby, .failed, .claiming, .starting, .active, .offered:
            break
        }
        if let found = dataHold(index) {
            return refusalText(index, found)
        }
        switch peer.standing {
        case .present, .left, .confirmedDown:
            break
        case .neverHeard, .silent:
            var why = groups[index].heldReason?.facts ?? "nothing proves that it does not serve"
            switch silenceVerdict(index) {
            case .take: return nil
            case .hold(_, let reason): why = reason.facts
            case .undecided: break
            }
            return
                "S1: \(peerUnfitText(index)): \(why). When \(settings.peer) is surely off, type: "
                + "baton confirm-down \(settings.peer)"
        }
        guard let report = peer.reports[index] else {
            // One that was never heard since this machine booted, and is off by the administrator's word.
            return peer.standing == .confirmedDown ? nil : "S1: \(peerUnfitText(index))"
        }
        if report.phase == .unsafe, peer.standing != .confirmedDown {
            return
                "\(name) could not be stopped on \(settings.peer); type there: baton standby \(name). "
                + "When \(settings.peer) is surely off, type: baton confirm-down \(settings.peer)"
        }
        if peer.isPresent, report.phase.holds, differsInMeaning(index, report) {
            return "haresources describes \(name) differently on \(settings.peer); compare with: "
                + "baton check --peer-config DIR"
        }
        return nil
    }

    /// Moves groups by command: all or, when one may not move, none.
    private mutating func move(_ id: CommandID, give: [Int], take: [Int]) {
        // A stop that failed is tried again: that is what standby means there (S4).
        let stuck = give.filter { groups[$0].phase == .unsafe }
        let giving = give.filter { groups[$0].phase != .unsafe }
        for index in giving {
            if let text = refusalToGiveText(index) {
                refuse(id, text)
                return
            }
        }
        for index in take {
            if let text = refusalToTakeText(index) {
                refuse(id, text)
                return
            }
        }
        var moves: [PendingMove] = []
        for index in stuck {
            move(index, to: .stopping, .retried, Reason(.command, "standby on \(settings.node)"))
            retryStop(index)
            moves.append(PendingMove(group: index, target: .peer, told: .stopping))
        }
        for index in giving {
            let reason = Reason(.command, "standby on \(settings.node)")
            if groups[index].phase == .unknown {
                stopUndecided(index, then: .offer, reason)
            } else {
                release(index, then: .offer, reason)
            }
            moves.append(PendingMove(group: index, target: .peer, told: groups[index].phase))
        }
        for index in take { moves.append(beginTaking(index)) }
        guard !moves.isEmpty else {
            reply(id, .done, "nothing to move: every group meant is already there")
            return
        }
        let deadline = now + moves.map { movingTime($0.group) }.reduce(.zero, max)
        commands.append(PendingCommand(id: id, moves: moves, deadline: deadline))
    }

    /// How long a move may take at most: every stop, every start, and the conversation.
    private func movingTime(_ index: Int) -> Duration {
        let operations = settings.groups[index].resources
            .map { $0.startTimeout + $0.stopTimeout }
            .reduce(.zero, +)
        return operations + settings.timings.offerTimeout + settings.timings.deadtime
    }

    private mutating func beginTaking(_ index: Int) -> PendingMove {
        if groups[index].startFailure != nil { clearFailure(index, takeoverReason) }
        groups[index].health.liftedThrough = healthEpoch(index)
        var pending = PendingMove(group: index, target: .own, told: groups[index].phase)
        requestIssued &+= 1
        if requestIssued == 0 { requestIssued = 1 }
        pending.request = requestIssued
        groups[index].request = requestIssued
        beatIsDue = true
        return pending
    }

    private var takeoverReason: Reason { Reason(.command, "takeover on \(settings.node)") }

    /// The administrator wants the group tried here again.
    mutating func clearFailure(_ index: Int, _ reason: Reason) {
        groups[index].startFailure = nil
        groups[index].failedResource = nil
        beatIsDue = true
        if groups[index].phase == .failed {
            move(index, to: .standby, .cleared, reason)
        }
    }

    // MARK: confirm-down

    private mutating func confirmDown(_ id: CommandID, _ name: NodeName) {
        let own = settings.peer
        guard name == own else {
            refuse(id, "the other node is called \(own), not \(name)")
            return
        }
        guard confirming == nil else {
            refuse(id, "another confirm-down is being examined")
            return
        }
        guard !peer.isPresent else {
            refuse(id, "\(own) is alive: its heartbeats come in. Switch it off first")
            return
        }
        confirming = Confirming(id: id, since: now, until: now + confirmingTime)
        // The pace changes: what was heard at the old one says nothing about silence at the new one.
        probes.rounds = 0
        probes.nextRound = now
        probeIfDue()
        for index in groups.indices where groups[index].phase.isIdle { reserve(index) }
    }

    /// The probes of `confirm-down` have had their time: refused if anything answers.
    private mutating func considerConfirming() {
        guard let asked = confirming else { return }
        let isAsked = asked.until <= now && probes.rounds >= ProbeTable.roundsMinimum
        guard peer.isPresent || isAsked else { return }
        let name = settings.peer
        let answering = groups.indices.first {
            (!groups[$0].phase.holds || groups[$0].phase == .suspended)
                && (addressAnswers($0) || strangerAnswering($0) != nil)
        }
        let refusal: String? =
            if peer.isPresent {
                "\(name) is alive: its heartbeats come in. Switch it off first"
            } else if let answering {
                "a machine still answers for \(settings.groups[answering].name): switch \(name) off first"
            } else if hostAnswers {
                "the host of \(name) still answers: switch it off first"
            } else {
                nil
            }
        confirming = nil
        if let refusal {
            refuse(asked.id, refusal)
            return
        }
        peer.standing = .confirmedDown
        hasNoPast = false
        recordIsDirty = true
        probes.endSuspicion()
        probes.nextRound = nil
        needsEvaluation = true
        let facts = "the administrator confirmed that \(name) is down"
        note(.warning, .peerDead, nil, facts, Reason(.S1, facts))
        let taking = groups.indices.filter {
            groups[$0].phase.isIdle || groups[$0].phase == .offered
                || groups[$0].phase == .suspended
        }
        guard !taking.isEmpty else {
            reply(asked.id, .done, "\(name) counts as down; this node holds every group already")
            return
        }
        var moves: [PendingMove] = []
        for index in taking {
            if groups[index].startFailure != nil { clearFailure(index, takeoverReason) }
            moves.append(PendingMove(group: index, target: .own, told: groups[index].phase))
        }
        let deadline = now + taking.map(movingTime).reduce(.zero, max)
        commands.append(PendingCommand(id: asked.id, moves: moves, deadline: deadline))
    }

    // MARK: Progress and replies

    /// Tells progress, and replies to every command that has come to its end.
    mutating func considerCommands() {
        considerConfirming()
        considerWords()
        guard !commands.isEmpty else { return }
        var remaining: [PendingCommand] = []
        let pending = commands
        commands = []
        for var command in pending {
            var ends: [MoveEnd?] = []
            for index in command.moves.indices {
                tellProgress(command.id, &command.moves[index])
                ends.append(end(of: &command.moves[index]))
            }
            if let final = finalReply(command, ends) {
                for move in command.moves where groups[move.group].request == move.request {
                    groups[move.group].request = 0
                    beatIsDue = true
                }
                reply(command.id, final.outcome, final.text)
            } else {
                remaining.append(command)
            }
        }
        commands = remaining + commands
    }

    private mutating func tellProgress(_ id: CommandID, _ move: inout PendingMove) {
        let phase = groups[move.group].phase
        if phase != .active || move.target == .own {
            move.hasLeft = move.hasLeft || !phase.isRunning
        }
        guard phase != move.told else { return }
        move.told = phase
        effects.append(
            .progress(id, "\(settings.groups[move.group].name): \(phase) on \(settings.node)")
        )
    }

    /// How one move of a command ended; `nil` while it goes on.
    private func end(of move: inout PendingMove) -> MoveEnd? {
        let group = groups[move.group]
        let name = settings.groups[move.group].name
        let report = peer.reports[move.group]
        switch move.target {
        case .own:
            switch group.phase {
            case .active: return .done("\(name) runs on \(settings.node)")
            case .failed, .unsafe: return .failed("\(name): \(failureText(move.group))")
            case .standby, .offered:
                if group.startFailure != nil {
                    return .failed("\(name): \(failureText(move.group))")
                }
                if let report, move.request != 0, report.refusedRequest == move.request {
                    return .refused("\(settings.peer) keeps \(name): \(report.refusal.words)")
                }
                if let found = dataHold(move.group) {
                    return .refused(refusalText(move.group, found))
                }
                return nil
            case .unknown, .claiming, .starting, .stopping, .suspended: return nil
            }
        case .peer:
            switch group.phase {
            case .unsafe: return .failed("\(name): \(failureText(move.group))")
            case .active where move.hasLeft:
                return .failed(
                    "\(name) is back on \(settings.node): \(group.reason?.facts ?? "not taken")"
                )
            case .failed: return .failed("\(name) runs nowhere: \(settings.peer) declined it")
            case .standby:
                guard let report else { return nil }
                if report.phase == .active { return .done("\(name) runs on \(settings.peer)") }
                if report.phase == .failed || report.fitness == .startFailed {
                    return .failed("\(name) could not be started on \(settings.peer)")
                }
                return nil
            case .active, .unknown, .claiming, .starting, .stopping, .offered, .suspended:
                return nil
            }
        }
    }

    /// Why a group failed here, in words.
    func failureText(_ index: Int) -> String {
        groups[index].reason?.facts ?? "it failed"
    }

    private func finalReply(_ command: PendingCommand, _ ends: [MoveEnd?]) -> CommandReply? {
        let finished = ends.compactMap { $0 }
        let texts = finished.map(\.text).joined(separator: "\n")
        guard finished.count == ends.count else {
            guard command.deadline <= now else { return nil }
            let waiting = command.moves.map { settings.groups[$0.group].name.text }
            return CommandReply(
                outcome: .timedOut,
                text:
                    "still going on: \(waiting.joined(separator: ", ")); follow it with: baton status"
            )
        }
        let outcome = finished.map(\.outcome).max { $0.rawValue < $1.rawValue } ?? .done
        return CommandReply(outcome: outcome, text: texts)
    }

    // MARK: Shutdown

    /// SIGTERM: everything is handed over, or stopped in order; then the daemon ends.
    mutating func beginShutdown() {
        guard !isLeaving else { return }
        isLeaving = true
        beatIsDue = true
        needsEvaluation = true
        note(.info, .stopping, nil, "\(settings.node) is leaving", Reason(.shutdown, "told to end"))
    }

    /// Ends the daemon when nothing of any group runs here and every offer was answered, or nobody can answer.
    mutating func considerShutdown() {
        guard isLeaving, !hasEnded else { return }
        let settled = groups.allSatisfy { group in
            switch group.phase {
            case .standby, .failed, .unsafe, .offered: !group.isBusy
            case .unknown, .claiming, .starting, .active, .stopping, .suspended: false
            }
        }
        guard settled else { return }
        if leavingDeadline == nil { leavingDeadline = now + settings.timings.offerTimeout }
        let waits = groups.contains { $0.phase == .offered } && peer.isPresent
        let isWritten = !recordIsDirty && persistDone >= persistIssued
        let isOverdue = leavingDeadline.map { $0 <= now } ?? false
        guard isOverdue || !waits && isWritten else { return }
        for command in commands {
            reply(command.id, .failed, "the daemon ended before it was done")
        }
        commands = []
        for word in words { reply(word.id, .failed, "the daemon ended before it was done") }
        words = []
        if let asked = confirming { refuse(asked.id, "the daemon is ending") }
        confirming = nil
        leavingDeadline = nil
        effects.append(.sendHeartbeat(beatContent(), on: linksForBeat(isNews: true)))
        for index in groups.indices where groups[index].phase == .unsafe {
            let facts = "it may still run here: \(failureText(index))"
            note(.page, .stopping, index, "left unsafe: \(facts)", Reason(.S4, facts))
        }
        note(.info, .stopping, nil, "\(settings.node) ends", Reason(.shutdown, "told to end"))
        effects.append(.endDaemon)
        hasEnded = true
    }
}

/// A name that no group has.
struct UnknownGroup: Error {
    var name: GroupName
}

/// How one move of a command ended.
private enum MoveEnd {
    case done(String)
    case refused(String)
    case failed(String)

    var outcome: CommandOutcome {
        switch self {
        case .done: .done
        case .refused: .refused
        case .failed: .failed
        }
    }

    var text: String {
        switch self {
        case .done(let text), .refused(let text), .failed(let text): text
        }
    }
}

extension GroupPhase {
    /// Whether resources run or are being started.
    var isRunning: Bool { self == .active || self == .starting }
}

extension Fitness {
    /// For refusals and status.
    public var words: String {
        switch self {
        case .unknown: "not probed yet"
        case .fit: "fit"
        case .startFailed: "a start failed there"
        case .stopFailed: "a stop failed there"
        case .leaving: "leaving"
        case .meaningDiffers: "configured differently"
        case .notReady: "a resource is not ready"
        case .heldDown: "held down after a failure"
        case .isolated: "its own network is gone"
        case .stale: "its data is stale"
        case .unprepared: "what a resource needs is missing there"
        }
    }
}

extension Refusal {
    /// For the administrator whose request was refused.
    var words: String {
        switch self {
        case .none: "no reason given"
        case .peerNotFit: "S7: this node is not fit"
        case .meaningDiffers:
            "haresources differs between the nodes; type: baton check --peer-config DIR"
        case .busy: "an operation of the group is in progress there"
        case .frozen: "it is frozen there"
        case .notHeld: "it does not hold it"
        }
    }
}
