// Resources started in order and stopped in the reverse order (S3), one at a time but for those that the
// administrator wants side by side; what a failed start or stop leads to (S4); what runs when a daemon begins (S14, L4).

extension FailoverMachine {
    /// Failed attempts to stop a resource before S4; a stop that timed out is not tried again.
    static let stopAttemptsMaximum = 3
    /// Time between two attempts to stop.
    static var stopRetryInterval: Duration { .seconds(1) }
    /// Time before an undecided status is asked for again.
    static var statusRetryInterval: Duration { .seconds(5) }
    /// Times an operation is run again whose helper was lost.
    static let interruptionsMaximum = 3
    /// At most one reset of the own node in this time (S4).
    static var resetInterval: Duration { .seconds(3600) }

    // MARK: Running operations

    private mutating func run(_ index: Int, _ resource: Int, _ action: OperationAction) {
        operationIssued += 1
        let id = OperationID(operationIssued)
        let settings = settings.groups[index].resources[resource]
        let timeout =
            switch action {
            case .start, .resume: settings.startTimeout
            case .stop, .abandon: settings.stopTimeout
            case .status: settings.statusTimeout
            case .suspend: suspendTimeout(isOnly: settings.isBarrier)
            }
        groups[index].resources[resource].operation = id
        groups[index].resources[resource].action = action
        groups[index].resources[resource].operationSince = now
        effects.append(
            .runOperation(
                Operation(
                    id: id,
                    groupIndex: index,
                    resourceIndex: resource,
                    action: action,
                    timeout: timeout,
                    acceptsDataLoss: action == .start && groups[index].data.acceptsLoss,
                    isUrgent: groups[index].phase == .stopping
                        && groups[index].afterStop == .suspend
                )
            )
        )
    }

    /// The write `id` and all before it are on disk.
    mutating func persisted(_ id: PersistID) {
        persistDone = max(persistDone, id)
        needsEvaluation = true
    }

    /// An operation ended.
    mutating func finished(_ id: OperationID, _ outcome: OperationOutcome) {
        for index in groups.indices {
            for resource in groups[index].resources.indices
            where groups[index].resources[resource].operation == id {
                finished(index, resource, outcome)
                needsEvaluation = true
                return
            }
        }
    }

    private mutating func finished(_ index: Int, _ resource: Int, _ outcome: OperationOutcome) {
        let begun = groups[index].resources[resource].operationSince
        groups[index].resources[resource].operation = nil
        measure(index, resource)
        switch groups[index].resources[resource].action {
        case .start, .resume: finishedStart(index, resource, outcome)
        case .stop
        where groups[index].phase == .stopping && begun.map { $0 < groups[index].since } ?? false:
            finishedOldStop(index, resource, outcome)
        case .stop: finishedStop(index, resource, outcome)
        case .suspend: finishedSuspension(index, resource, outcome)
        case .abandon: finishedAbandonment(index, resource, outcome)
        case .status: finishedProbe(index, resource, outcome)
        }
    }

    /// Ends what is in progress; that it has ended is awaited still.
    mutating func cancelOperations(_ index: Int) {
        for resource in groups[index].resources {
            if let operation = resource.operation { effects.append(.cancelOperation(operation)) }
        }
    }

    /// Begins an operation of a group's sequence.
    private mutating func step(_ index: Int, _ resource: Int, _ action: OperationAction) {
        switch action {
        case .start, .resume: enter(index, resource, .starting)
        case .stop, .suspend, .abandon: enter(index, resource, .stopping)
        case .status: break
        }
        run(index, resource, action)
    }

    private mutating func measure(_ index: Int, _ resource: Int) {
        if let since = groups[index].resources[resource].operationSince {
            groups[index].resources[resource].lastOperation = now - since
        }
        groups[index].resources[resource].operationSince = nil
    }

    private mutating func enter(_ index: Int, _ resource: Int, _ state: ResourceState) {
        groups[index].resources[resource].enter(state, at: now)
    }

    /// Enters the state that an operation was to lead to, or found.
    private mutating func reach(_ index: Int, _ resource: Int, _ state: ResourceState) {
        enter(index, resource, state)
        groups[index].resources[resource].failure = nil
    }

    private func resourceName(_ index: Int, _ resource: Int) -> String {
        settings.groups[index].resources[resource].name
    }

    // MARK: Starting

    /// Starts the next resource, with those that start beside it, or finds that all run.
    mutating func continueStarting(_ index: Int) {
        guard groups[index].phase == .starting else { return }
        // A claim that may have been overtaken starts nothing (S8).
        guard !groups[index].isLate else {
            if !groups[index].isBusy { considerLateStart(index) }
            return
        }
        guard let next = groups[index].resources.firstIndex(where: { $0.state != .running }) else {
            groups[index].reason = groups[index].reason ?? Reason(.L1, "all resources run")
            recordIsDirty = true
            move(index, to: .active, .started, nil)
            return
        }
        for resource in settings.groups[index].sideBySide(with: next) {
            let state = groups[index].resources[resource].state
            guard groups[index].resources[resource].operation == nil, state != .running else {
                continue
            }
            if !settings.groups[index].resources[resource].isStateless {
                groups[index].hasStartedStorage = true
            }
            step(index, resource, state == .suspended ? .resume : .start)
            beatIsDue = true
        }
    }

    /// A start that was overslept goes on once the peer, asked afresh, does not hold the group, and has not held
    /// it meanwhile.
    private mutating func considerLateStart(_ index: Int) {
        if let reason = overtaken(index) {
            abandonStart(index, then: .standby, reason)
            return
        }
        guard peer.isPresent, hasFreshWord(index), let report = peer.reports[index],
            report.phase.isFree, report.epoch <= groups[index].epoch || report.isEpochDoubtful
        else {
            switch silenceVerdict(index) {
            case .take:
                goOnStarting(index)
            case .undecided where !peer.isPresent && hasLetGo(index):
                goOnStarting(index)
            case .hold(let cause, let reason):
                hold(index, cause, reason)
            case .undecided:
                break
            }
            return
        }
        goOnStarting(index)
    }

    private mutating func goOnStarting(_ index: Int) {
        groups[index].isLate = false
        recordIsDirty = true
        groups[index].heldCause = nil
        groups[index].heldReason = nil
        needsEvaluation = true
    }

    private mutating func finishedStart(
        _ index: Int,
        _ resource: Int,
        _ outcome: OperationOutcome
    ) {
        switch outcome {
        case .succeeded, .running:
            reach(index, resource, .running)
            groups[index].resources[resource].interruptions = 0
        case .interrupted
        where groups[index].phase == .starting
            && groups[index].resources[resource].interruptions < Self.interruptionsMaximum:
            groups[index].resources[resource].interruptions += 1
            let isResumed = groups[index].resources[resource].action == .resume
            enter(index, resource, isResumed ? .suspended : .unknown)
        case .failed(let failure), .timedOut(let failure), .unknown(let failure):
            startFailed(index, resource, failure, outcome)
        case .stopped, .suspended, .interrupted, .cancelled:
            let failure = OperationFailure(exitCode: nil, output: "start was \(outcome.word)")
            startFailed(index, resource, failure, outcome)
        }
    }

    private mutating func startFailed(
        _ index: Int,
        _ resource: Int,
        _ failure: OperationFailure,
        _ outcome: OperationOutcome
    ) {
        // What could not go on may wait still.
        let isBarrier = settings.groups[index].resources[resource].isBarrier
        let action = groups[index].resources[resource].action
        let mayWait = isBarrier && action == .resume
        enter(index, resource, mayWait ? .suspended : .failed)
        // Cut short by a decision of ours: the resource is stopped with the others, nothing failed.
        guard groups[index].phase == .starting else { return }
        groups[index].resources[resource].failure = failure
        groups[index].startFailure = failure
        groups[index].failedResource = resource
        let name = resourceName(index, resource)
        let facts = "\(action.rawValue) of \(name) \(outcome.word)\(failure.text)"
        note(.error, .operationFailed, index, facts)
        abandonStart(index, then: .failedStart, Reason(.S3, facts))
    }

    /// Ends a start: what was begun is stopped in the reverse order.
    mutating func abandonStart(_ index: Int, then after: AfterStop, _ reason: Reason) {
        cancelOperations(index)
        move(index, to: .stopping, .startAbandoned, reason)
        beginStopping(index, then: after)
    }

    // MARK: Stopping

    /// Gives a group that runs here up, in order.
    mutating func release(_ index: Int, then after: AfterStop, _ reason: Reason) {
        move(index, to: .stopping, .released, reason)
        beginStopping(index, then: after)
    }

    /// The administrator asks for a failed stop again (S4).
    mutating func retryStop(_ index: Int) {
        beginStopping(index, then: .offer)
    }

    mutating func beginStopping(_ index: Int, then after: AfterStop) {
        groups[index].afterStop = after
        groups[index].forgetTries()
        groups[index].retryAt = nil
        groups[index].data.asksSince = nil
        recordIsDirty = true
        continueStopping(index)
    }

    /// Stops the next resource, with those that stop beside it, or finds that all are stopped.
    mutating func continueStopping(_ index: Int) {
        guard !groups[index].isBusy else { return }
        if let retry = groups[index].retryAt, retry > now { return }
        groups[index].retryAt = nil
        guard let next = nextToStop(index) else {
            if mayGive(index), awaitsObservation(index) { return }
            allStopped(index)
            return
        }
        for resource in next.resources
        where groups[index].resources[resource].state != .stopped {
            step(index, resource, next.action)
        }
    }

    /// Whether a group that is stopped may be meant for the peer.
    private func mayGive(_ index: Int) -> Bool {
        switch groups[index].afterStop {
        case .offer, .failedStart: true
        // A daemon that is told to end meanwhile starts nothing again.
        case .restart: !startsAgain(index)
        case .standby, .suspend: false
        }
    }

    /// What is stopped next: the last that is not stopped.
    ///
    /// A node that is cut off lets go of addresses first, wherever they stand, and then of what writes, the last first:
    /// what runs whole is suspended where all of that can be, and else stopped (S12).
    private func nextToStop(_ index: Int) -> (resources: Range<Int>, action: OperationAction)? {
        let resources = groups[index].resources
        func last(_ isMeant: (ResourceSettings) -> Bool) -> Int? {
            resources.indices.last {
                resources[$0].state != .stopped && isMeant(settings.groups[index].resources[$0])
            }
        }
        let isSuspended = groups[index].afterStop == .suspend
        if isSuspended, let address = last({ $0.address != nil }) { return (.only(address), .stop) }
        guard isSuspended, keepsWithoutWriting(index) else {
            // A stop would wait for what does not go on: and it must not, for the peer may have taken.
            let barrier = resources.indices.first {
                resources[$0].state == .suspended && settings.groups[index].resources[$0].isBarrier
            }
            if let barrier { return (.only(barrier), .abandon) }
            return last { _ in true }.map { (settings.groups[index].sideBySide(with: $0), .stop) }
        }
        let writer = resources.indices.last {
            !settings.groups[index].resources[$0].isStateless
                && !settings.groups[index].resources[$0].isCovered
                && resources[$0].state != .stopped && resources[$0].state != .suspended
        }
        return writer.map { (.only($0), resources[$0].state == .running ? .suspend : .stop) }
    }

    /// Whether a node that is cut off keeps the claim: nothing of the group writes, although not all is ended.
    private func keepsWithoutWriting(_ index: Int) -> Bool {
        settings.groups[index].isSuspendable && !groups[index].mustStop
    }

    /// Time allowed to suspend a resource: what takes longer is stopped, and the peer may take soon.
    ///
    /// A barrier needs programs, and no other resource its time.
    private func suspendTimeout(isOnly: Bool) -> Duration {
        let deadtime = settings.timings.deadtime
        return isOnly
            ? min(max(deadtime / 6, .milliseconds(50)), .seconds(2))
            : min(max(deadtime / 8, .milliseconds(20)), .seconds(1))
    }

    private mutating func finishedSuspension(
        _ index: Int,
        _ resource: Int,
        _ outcome: OperationOutcome
    ) {
        switch outcome {
        case .succeeded, .suspended:
            reach(index, resource, .suspended)
            groups[index].resources[resource].interruptions = 0
        case .interrupted
        where groups[index].resources[resource].interruptions < Self.interruptionsMaximum:
            groups[index].resources[resource].interruptions += 1
            enter(index, resource, .running)
        case .failed, .timedOut, .unknown, .running, .stopped, .interrupted, .cancelled:
            // Of a barrier nobody knows now whether what writes through it waits.
            let isBarrier = settings.groups[index].resources[resource].isBarrier
            enter(index, resource, isBarrier ? .suspended : .failed)
            groups[index].mustStop = true
            let name = resourceName(index, resource)
            let facts = "suspend of \(name) \(outcome.word)\(outcome.failure?.text ?? "")"
            note(.warning, .operationFailed, index, "\(facts): stopping it", Reason(.S12, facts))
        }
    }

    /// What was suspended may be stopped now; if not, this is no better than a failed stop (S4).
    private mutating func finishedAbandonment(
        _ index: Int,
        _ resource: Int,
        _ outcome: OperationOutcome
    ) {
        switch outcome {
        case .succeeded:
            reach(index, resource, .running)
            groups[index].resources[resource].interruptions = 0
        case .interrupted
        where groups[index].resources[resource].interruptions < Self.interruptionsMaximum:
            groups[index].resources[resource].interruptions += 1
            enter(index, resource, .suspended)
        default:
            let failure = outcome.failure ?? OperationFailure(exitCode: nil, output: "")
            stopFailed(index, resource, failure, outcome)
        }
    }

    private mutating func finishedStop(
        _ index: Int,
        _ resource: Int,
        _ outcome: OperationOutcome
    ) {
        switch outcome {
        case .succeeded, .stopped:
            reach(index, resource, .stopped)
            groups[index].resources[resource].stopAttempts = 0
            groups[index].resources[resource].interruptions = 0
        case .interrupted
        where groups[index].phase == .stopping
            && groups[index].resources[resource].interruptions < Self.interruptionsMaximum:
            groups[index].resources[resource].interruptions += 1
        case .failed(let failure), .unknown(let failure):
            groups[index].resources[resource].stopAttempts += 1
            groups[index].resources[resource].failure = failure
            let attempts = groups[index].resources[resource].stopAttempts
            if attempts >= Self.stopAttemptsMaximum || groups[index].phase != .stopping {
                stopFailed(index, resource, failure, outcome)
            } else {
                groups[index].retryAt = now + Self.stopRetryInterval
            }
        case .timedOut(let failure):
            stopFailed(index, resource, failure, outcome)
        case .running, .suspended, .interrupted, .cancelled:
            let failure = OperationFailure(exitCode: nil, output: "")
            stopFailed(index, resource, failure, outcome)
        }
    }

    /// A stop ended that was begun before the administrator asked for it again: unless it succeeded, it is tried anew.
    private mutating func finishedOldStop(
        _ index: Int,
        _ resource: Int,
        _ outcome: OperationOutcome
    ) {
        switch outcome {
        case .succeeded, .stopped: finishedStop(index, resource, outcome)
        default: enter(index, resource, .failed)
        }
    }

    /// A stop that is not confirmed is never "stopped": the node resets itself, or says that it is unsafe (S4).
    private mutating func stopFailed(
        _ index: Int,
        _ resource: Int,
        _ failure: OperationFailure,
        _ outcome: OperationOutcome
    ) {
        enter(index, resource, .failed)
        groups[index].resources[resource].failure = failure
        let name = resourceName(index, resource)
        let action = groups[index].resources[resource].action.rawValue
        let facts = "\(action) of \(name) \(outcome.word)\(failure.text)"
        note(.page, .operationFailed, index, facts, Reason(.S4, facts))
        // One that was being stopped beside it has failed already: the node is unsafe.
        guard groups[index].phase == .stopping else { return }
        groups[index].failedResource = resource
        groups[index].retryAt = nil
        move(index, to: .unsafe, .stopFailed, Reason(.S4, facts))
        recordIsDirty = true
        guard groups[index].heldThisBoot, mayReset else { return }
        note(.page, .reset, index, "resetting this node: \(facts)", Reason(.S4, facts))
        effects.append(.resetNode(Reason(.S4, facts)))
    }

    /// Whether the last reset is long enough ago (S4).
    private var mayReset: Bool {
        guard let age = start?.lastReset else { return true }
        return age + (now - startedAt) >= Self.resetInterval
    }

    /// Every resource of the group is stopped.
    private mutating func allStopped(_ index: Int) {
        recordIsDirty = true
        if groups[index].afterStop == .suspend, keepsWithoutWriting(index) {
            move(index, to: .suspended, .suspended, nil)
            return
        }
        // A claim that may have been overtaken starts nothing again (S8).
        let wish = groups[index].afterStop
        let isDoubtful = groups[index].isLate || groups[index].claimedBy > persistDone
        let mayGoOn = wish != .suspend && !(wish == .restart && isDoubtful)
        let after: AfterStop = mayGoOn ? wish : .standby
        groups[index].isLate = false
        groups[index].announcesWhenAlone = false
        groups[index].conflictNoted = false
        if after == .restart, startsAgain(index) {
            groups[index].startFailure = nil
            groups[index].failedResource = nil
            groups[index].forgetTries()
            move(index, to: .starting, .restarted, nil)
            continueStarting(index)
            return
        }
        // What must leave goes to a node that is held down rather than to none.
        let isForced = isLeaving || groups[index].startFailure != nil
        let canGive = peerCanTake(index) || isForced && peerCanRun(index)
        if after != .standby, canGive, !differsInStorage(index) {
            let epoch = max(groups[index].epoch, peer.reports[index]?.epoch ?? 0) + 1
            groups[index].claimEpoch = epoch
            // What was offered may be used: after a crash nobody here claims at it (S5).
            if groups[index].reserved < epoch {
                groups[index].reserved = epoch
                groups[index].reservedBy = persist()
            }
            groups[index].claim = .none
            move(index, to: .offered, .offeredToPeer, nil)
            note(
                .info,
                .groupMoved,
                index,
                "offered to \(settings.peer) at epoch \(epoch)",
                Reason(.S3b, "all resources are stopped")
            )
            return
        }
        groups[index].claim = .none
        // While it was held here nobody asked for its addresses, nor for a peer that was proved dead.
        askAnew()
        if groups[index].startFailure != nil {
            move(index, to: .failed, .stoppedFailed, nil)
        } else {
            move(index, to: .standby, .stopped, nil)
        }
    }

    /// Whether a group that was stopped to be started again here may be: its claim is undisputed still.
    private func startsAgain(_ index: Int) -> Bool {
        guard !isLeaving, groups[index].claim != .none else { return false }
        return !peer.isPresent || peer.reports[index]?.phase.holds != true
    }

    // MARK: What runs when a daemon begins

    /// Asks every resource of a group whether it runs.
    mutating func probeResources(_ index: Int) {
        for resource in groups[index].resources.indices
        where groups[index].resources[resource].state == .unknown
            && groups[index].resources[resource].operation == nil
        {
            run(index, resource, .status)
        }
    }

    private mutating func finishedProbe(
        _ index: Int,
        _ resource: Int,
        _ outcome: OperationOutcome
    ) {
        switch outcome {
        case .running, .succeeded:
            reach(index, resource, .running)
        case .stopped:
            reach(index, resource, .stopped)
        case .suspended:
            reach(index, resource, .suspended)
        case .interrupted, .cancelled:
            groups[index].retryAt = now
        case .unknown(let failure), .failed(let failure), .timedOut(let failure):
            if groups[index].resources[resource].failure == nil {
                let name = resourceName(index, resource)
                note(
                    .error,
                    .operationFailed,
                    index,
                    "status of \(name) \(outcome.word)\(failure.text); asking again",
                    Reason(.S14, "neither released nor fit until probed")
                )
            }
            groups[index].resources[resource].failure = failure
            groups[index].retryAt = now + Self.statusRetryInterval
        }
    }

    /// Not all is known yet: probe again what is due; decide when all is (S14).
    mutating func considerUnknown(_ index: Int) {
        guard !groups[index].isBusy else { return }
        guard groups[index].resources.allSatisfy({ $0.state != .unknown }) else {
            // A probe whose helper was lost said nothing: it is asked again at once, also by a node that leaves.
            if let retry = groups[index].retryAt, retry <= now {
                groups[index].retryAt = nil
                probeResources(index)
            } else if isLeaving {
                stopUndecided(index, then: .standby, Reason(.shutdown, "this node is leaving"))
            }
            return
        }
        groups[index].retryAt = nil
        settleProbed(index)
    }

    /// Stops a group of which it cannot be told what runs.
    mutating func stopUndecided(_ index: Int, then after: AfterStop, _ reason: Reason) {
        move(index, to: .stopping, .probedAstray, reason)
        beginStopping(index, then: after)
    }

    /// The claim of an earlier daemon of this boot by which the group may run.
    private func claimToAdopt(_ index: Int) -> ClaimRecord? {
        guard start?.record?.bootID == start?.bootID, let record = recordedClaim(index),
            record.intent.meansRunning
        else { return nil }
        return record
    }

    /// Whether the group is still being probed, and goes on where it runs.
    func mayBeAdopted(_ index: Int) -> Bool {
        groups[index].phase == .unknown && claimToAdopt(index) != nil
    }

    /// All resources are probed: adopt what runs as recorded, stop what runs otherwise.
    private mutating func settleProbed(_ index: Int) {
        guard groups[index].resources.contains(where: { $0.state != .stopped }) else {
            groups[index].isLate = false
            recordIsDirty = true
            move(index, to: .standby, .probedStopped, nil)
            return
        }
        let runsWhole = groups[index].resources.allSatisfy { $0.state == .running }
        if runsWhole, let claim = claimToAdopt(index) {
            adopt(index, claim)
            return
        }
        let sameBoot = start?.record?.bootID == start?.bootID
        groups[index].heldThisBoot =
            groups[index].heldThisBoot || sameBoot && recordedClaim(index) != nil
        let facts =
            runsWhole
            ? "everything runs, but this node has no claim to it"
            : "part of it runs"
        note(.warning, .groupMoved, index, "\(facts): stopping it", Reason(.S14, facts))
        move(index, to: .stopping, .probedAstray, Reason(.S14, facts))
        beginStopping(index, then: .standby)
    }

    /// A restarted daemon goes on with what runs, without stopping it (L4).
    private mutating func adopt(_ index: Int, _ record: ClaimRecord) {
        groups[index].claim = record.kind == .none ? .evidence : record.kind
        groups[index].claimEpoch = record.highest
        groups[index].epoch = record.highest
        groups[index].doubtfulEpoch = 0
        groups[index].heldThisBoot = true
        groups[index].noFailbackTo = record.noFailbackTo
        groups[index].hasStartedStorage = settings.groups[index].holdsStorage
        // Absent for longer than the peer may have waited: it may have taken (S8, S9).
        if start?.lastTurn.map({ startedAt - $0 >= earliestTake }) ?? true {
            groups[index].isLate = true
            latenessIsFound(start?.lastTurn)
        }
        recordIsDirty = true
        move(index, to: .active, .adopted, Reason(.L4, "all resources run, as recorded"))
    }
}

extension Range<Int> {
    /// One place alone.
    fileprivate static func only(_ place: Int) -> Range<Int> { place..<(place + 1) }
}

extension ClaimRecord {
    /// The highest epoch the node may have used.
    var highest: UInt64 { max(epoch, reserved) }
}

extension ClaimIntent {
    /// Whether a group found running may be what this intent led to.
    var meansRunning: Bool {
        switch self {
        case .reserved, .acquiring, .active: true
        case .idle, .releasing: false
        }
    }
}

extension OperationOutcome {
    /// The outcome as a verb for notices: `start of X failed`.
    var word: String {
        switch self {
        case .succeeded: "succeeded"
        case .running: "left it running"
        case .stopped: "left it stopped"
        case .suspended: "left it suspended"
        case .unknown: "could not tell"
        case .failed: "failed"
        case .timedOut: "timed out"
        case .cancelled: "was cancelled"
        case .interrupted: "was interrupted"
        }
    }

    /// What is known of a failure.
    var failure: OperationFailure? {
        switch self {
        case .unknown(let failure), .failed(let failure), .timedOut(let failure): failure
        case .succeeded, .running, .stopped, .suspended, .cancelled, .interrupted: nil
        }
    }
}

extension OperationFailure {
    /// The exit code and the last line of output, for a notice.
    var text: String {
        let code = exitCode.map { " (exit \($0))" } ?? ""
        let last = output.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        return last.isEmpty ? code : "\(code): \(last)"
    }
}
