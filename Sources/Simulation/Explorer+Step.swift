// One quantum of the small model: faults begin and end, then everything that is due within it happens, in order of
// time. Whatever may go wrong on the way is asked of `choices`; the same state and the same choices give the same
// next state.

import Failover

/// Carries a state over one quantum.
struct Stepper {
    let model: ExplorerModel
    var state: ModelState
    var choices: Choices
    /// The first broken rule.
    var violation: Violation?
    /// Splits that are not promised to be prevented, which began in this quantum.
    var exceptions: [Exception] = []
    /// What happens, when somebody wants to read it.
    var transcript: ExplorerTranscript?
    var now: Int64
    /// What happens at this very time, in order.
    var ready: [Ready] = []
    var events = 0
    /// Beats sent in this quantum, by node and network.
    var beats = [[0, 0], [0, 0]]

    /// More events than this in one quantum are a loop that spins.
    static let eventsMaximum = 5_000

    /// What happens at the present time.
    enum Ready {
        case arrival(ModelMessage)
        case event(Event, node: Int, run: UInt64)
        case writeEnds(node: Int, PersistID)
        case operationEnds(node: Int, OperationID, run: UInt64)
    }

    init(_ model: ExplorerModel, _ state: ModelState, _ choices: Choices = Choices()) {
        self.model = model
        self.state = state
        self.choices = choices
        now = state.now
    }

    /// Does the quantum that begins with the state.
    mutating func step() {
        transcript?.quantum(now)
        endFaults()
        beginFaults()
        let end = state.now + ExplorerModel.quantum
        while violation == nil {
            happen()
            guard violation == nil, let due = nextTime, due < end else { break }
            now = due
            happenNext()
        }
        if violation == nil { checkBeatsAreDue(at: end) }
        state.now = end
        now = end
    }

    /// What is due now, until nothing is.
    private mutating func happen() {
        var index = 0
        while index < ready.count, violation == nil {
            switch ready[index] {
            case .arrival(let message): arrive(message)
            case .event(let event, let node, let run):
                if state.nodes[node].run == run { deliver(event, node) }
            case .writeEnds(let node, let id): writeEnds(node, id)
            case .operationEnds(let node, let id, let run): operationEnds(node, id, run)
            }
            index += 1
        }
        ready.removeAll(keepingCapacity: true)
    }

    /// When something is due next.
    private var nextTime: Int64? {
        var next = Int64.max
        for message in state.messages { next = min(next, message.arrivesAt) }
        for node in 0...1 {
            if state.nodes[node].turns { next = min(next, state.nodes[node].timerAt) }
            if let beat = state.nodes[node].keeperBeat, state.nodes[node].power == .on {
                next = min(next, beat)
            }
            guard state.nodes[node].power == .on else { continue }
            if let write = state.nodes[node].writing { next = min(next, write.endsAt) }
            for running in state.nodes[node].operations { next = min(next, running.endsAt) }
        }
        return next == Int64.max ? nil : max(next, now)
    }

    /// Does the first of what is due at `now`.
    private mutating func happenNext() {
        if let index = state.messages.firstIndex(where: { $0.arrivesAt <= now }) {
            let message = state.messages.remove(at: index)
            // A cut that began meanwhile stops what is still in a queue.
            if state.networks[message.network].carries(from: message.sender) { arrive(message) }
            return
        }
        for node in 0...1 where state.nodes[node].power == .on {
            if let write = state.nodes[node].writing, write.endsAt <= now {
                return writeEnds(node, write.id)
            }
            if let running = state.nodes[node].operations.first(where: { $0.endsAt <= now }) {
                return operationEnds(node, running.operation.id, running.run)
            }
            if let beat = state.nodes[node].keeperBeat, beat <= now { return keeperSpeaks(node) }
            if state.nodes[node].turns, state.nodes[node].timerAt <= now {
                return timeReached(node)
            }
        }
    }

    // MARK: - Faults

    /// Whether faults of a kind happen in this exploration.
    func may(_ kind: ExplorationKind) -> Bool { model.plan.kinds.contains(kind) }

    /// Ends what has lasted long enough; what waits for its repair may be repaired now, or not yet.
    private mutating func endFaults() {
        for network in 0...1 {
            if isOver(\.networks[network].ends, "eth\(network)") { heal(network) }
            for node in 0...1 {
                let name = "the cable of \(Scenery.name(of: node)) to eth\(network)"
                if isOver(\.networks[network].cables[node].ends, name) { plug(node, network) }
            }
        }
        for node in 0...1 where isOver(\.nodes[node].ends, Scenery.name(of: node).text) {
            goOn(node)
        }
    }

    /// Counts a quantum of a fault, and says whether it is over.
    private mutating func isOver(
        _ place: WritableKeyPath<ModelState, FaultEnd?>,
        _ name: String
    ) -> Bool {
        guard var end = state[keyPath: place] else { return false }
        var isOver = false
        if let left = end.left {
            isOver = left <= 0
            end.left = left - 1
        } else if end.passed >= ExplorerModel.patience {
            isOver = choices.choose(2, cost: 0) { _ in "\(name) is repaired" } == 1
        }
        end.passed = min(end.passed + 1, ExplorerModel.patience)
        state[keyPath: place] = isOver ? nil : end
        if isOver { transcript?.world("\(name) goes on", at: now) }
        return isOver
    }

    /// Begins at most as many faults as are allowed, those that are later in the list after those before.
    private mutating func beginFaults() {
        var from = 0
        while from < model.faults.count {
            let possible = model.faults[from...].filter { isPossible($0) }
            guard !possible.isEmpty else { return }
            let chosen = choices.choose(possible.count + 1) { "\(possible[$0 - 1])" }
            guard chosen > 0 else { return }
            let fault = possible[chosen - 1]
            transcript?.world("\(fault)", at: now)
            begin(fault)
            from = (model.faults.firstIndex(of: fault) ?? from) + 1
        }
    }

    /// Whether a fault would change anything now.
    private func isPossible(_ fault: ModelFault) -> Bool {
        switch fault {
        case .crash(let node, _): return state.nodes[node].power != .off
        case .kill(let node, _, _):
            return state.nodes[node].power == .on && state.nodes[node].daemon != .down
        case .stall(let node, _), .freeze(let node, _), .standby(let node), .shutdown(let node):
            return state.nodes[node].turns && !state.nodes[node].isShuttingDown
        case .cut(let network, _, _, _):
            return state.networks[network].ends == nil
        case .pull(let node, let network, _, _):
            return state.networks[network].cables[node].ends == nil
        }
    }

    private mutating func begin(_ fault: ModelFault) {
        switch fault {
        case .crash(let node, let lasting): crash(node, lasting)
        case .kill(let node, let hasKeeper, let lasting): kill(node, hasKeeper, lasting)
        case .stall(let node, let lasting):
            state.nodes[node].daemon = .paused
            state.nodes[node].pausedAt = now
            state.nodes[node].ends = FaultEnd(lasting)
        case .freeze(let node, let lasting):
            state.nodes[node].power = .frozen
            state.nodes[node].pausedAt = now
            state.nodes[node].ends = FaultEnd(lasting)
        case .cut(let network, let way, let losesCarrier, let lasting):
            for sender in 0...1 where way.concerns(from: sender) {
                state.networks[network].isCut[sender] = true
            }
            state.networks[network].ends = FaultEnd(lasting)
            guard losesCarrier else { return }
            state.networks[network].hasCarrier = false
            for node in 0...1 { tellCarrier(network, node) }
        case .pull(let node, let network, let losesCarrier, let lasting):
            state.networks[network].cables[node] = ModelCable(
                isPulled: true,
                hasCarrier: !losesCarrier,
                pulledAt: now,
                ends: FaultEnd(lasting)
            )
            if losesCarrier { tellCarrier(network, node) }
        case .standby(let node): orderStandby(node)
        case .shutdown(let node): orderShutdown(node)
        }
    }

    private mutating func heal(_ network: Int) {
        state.networks[network].isCut = [false, false]
        noteCleanliness(network)
        guard !state.networks[network].hasCarrier else { return }
        state.networks[network].hasCarrier = true
        for node in 0...1 { tellCarrier(network, node) }
    }

    private mutating func plug(_ node: Int, _ network: Int) {
        let hadCarrier = state.networks[network].cables[node].hasCarrier
        state.networks[network].cables[node] = ModelCable()
        noteCleanliness(network)
        if !hadCarrier { tellCarrier(network, node) }
    }

    private mutating func noteCleanliness(_ network: Int) {
        if state.networks[network].isClean { state.networks[network].cleanSince = now }
    }

    /// A machine, or its daemon, comes back from what has ended.
    private mutating func goOn(_ node: Int) {
        switch (state.nodes[node].power, state.nodes[node].daemon) {
        case (.off, _):
            state.nodes[node].power = .on
            state.nodes[node].boots += 1
            state.nodes[node].memory.upSince = now
            startDaemon(node)
        case (.frozen, _):
            state.nodes[node].power = .on
            state.nodes[node].memory.frozeUntil = now
            wake(node)
        case (.on, .paused):
            state.nodes[node].daemon = .running
            wake(node)
        case (.on, .down): startDaemon(node)
        case (.on, .running): break
        }
    }

    private mutating func wake(_ node: Int) {
        state.nodes[node].wentOnAt = now
        noteSleep(node, since: state.nodes[node].pausedAt)
        drain(node)
    }

    // MARK: - Machines and daemons

    /// Takes a machine's power.
    mutating func crash(_ node: Int, _ lasting: Lasting) {
        endRun(node)
        endWrites(node)
        state.nodes[node].power = .off
        state.nodes[node].ends = FaultEnd(lasting)
        state.nodes[node].turnedAt = nil
        state.nodes[node].carrierLostAt = nil
        state.nodes[node].operations = []
        for index in state.nodes[node].resources.indices {
            state.nodes[node].resources[index].truth = .stopped
            state.nodes[node].resources[index].isBusy = false
            state.nodes[node].resources[index].isStopUnconfirmed = false
            setMayRun(false, node, index)
        }
        noteSplitEnd()
    }

    private mutating func kill(_ node: Int, _ hasKeeper: Bool, _ lasting: Lasting) {
        let run = state.nodes[node].run
        let session = state.nodes[node].session
        endRun(node)
        endWrites(node)
        state.nodes[node].ends = FaultEnd(lasting)
        if lasting == .quanta(0) {
            state.nodes[node].ends = nil
            startDaemon(node)
        } else if hasKeeper {
            state.nodes[node].session = session
            state.nodes[node].keeperRun = run
            state.nodes[node].keeperBeat = now + ExplorerModel.quantum / 2
        }
    }

    /// Forgets everything that lived in the daemon.
    mutating func endRun(_ node: Int) {
        state.nodes[node].daemon = .down
        state.nodes[node].session = ModelSession()
        state.nodes[node].keeperBeat = nil
        state.nodes[node].timerAt = Int64.max
        state.nodes[node].inbox = []
        state.nodes[node].learntPath = nil
        state.nodes[node].memory.report = nil
        state.nodes[node].openCommand = nil
        state.nodes[node].isShuttingDown = false
        // What is still asked in the name of this run is for nobody.
        state.nodes[node].run += 1
    }

    /// A write in progress is done, or it is not; what waited is forgotten.
    mutating func endWrites(_ node: Int) {
        if let writing = state.nodes[node].writing {
            let isDone = choices.choose(2, cost: 0) { _ in "its last write was done" }
            if isDone == 1 { state.nodes[node].durable = writing.record }
        }
        state.nodes[node].writing = nil
        state.nodes[node].waiting = nil
    }

    /// A daemon's first turns.
    private mutating func startDaemon(_ node: Int) {
        // S14's operation record: what an earlier daemon ran is ended before another begins.
        for running in state.nodes[node].operations {
            _ = settle(running, node, isInterrupted: true)
        }
        state.nodes[node].operations = []
        state.nodes[node].run += 1
        state.nodes[node].keeperBeat = nil
        state.nodes[node].session = ModelSession()
        let lastTurn = state.nodes[node].soundTurn
        if let turned = state.nodes[node].turnedAt { noteSleep(node, since: turned) }
        watchCarriers(node)
        noteStart(node)
        state.nodes[node].wentOnAt = now
        state.nodes[node].daemon = .running
        begin(node, lastTurn: lastTurn)
    }

    // MARK: - The disk

    mutating func beginWrite(_ node: Int) {
        guard let next = state.nodes[node].waiting else { return }
        state.nodes[node].waiting = nil
        let late =
            !may(.write)
            ? 0
            : choices.choose(3) { alternative in
                "a write of \(Scenery.name(of: node)) is \(alternative == 1 ? "late" : "slow")"
            }
        let quanta = [0, 1, ExplorerModel.slowWrite][late]
        let endsAt = now + Int64(quanta) * ExplorerModel.quantum
        state.nodes[node].writing = ModelWrite(id: next.id, record: next.record, endsAt: endsAt)
        if late == 0 { ready.append(.writeEnds(node: node, next.id)) }
    }

    private mutating func writeEnds(_ node: Int, _ id: PersistID) {
        guard let writing = state.nodes[node].writing, writing.id == id else { return }
        state.nodes[node].durable = writing.record
        state.nodes[node].writing = nil
        beginWrite(node)
        written(node, id)
    }

    // MARK: - Operations

    /// An address comes and goes at once; anything else takes a quantum.
    mutating func run(_ operation: Operation, _ node: Int) {
        checkOperation(operation, node)
        guard violation == nil else { return }
        let index = operation.resourceIndex
        let resource = state.nodes[node].resources[index]
        if operation.action.begins { setMayRun(true, node, index) }
        state.nodes[node].resources[index].isBusy = true
        let ways = resource.isAddress ? 2 : 3
        let how =
            !may(.operation)
            ? 0
            : choices.choose(ways) { alternative in
                "\(operation.action.rawValue) of resource \(index) on \(Scenery.name(of: node)) "
                    + (alternative == 1 ? "fails" : "hangs")
            }
        let ending: Ending = [.well, .badly, .byDeadline][how]
        var endsAt = now + (resource.isAddress ? 0 : ExplorerModel.quantum)
        if ending == .byDeadline { endsAt = now + operation.timeout.nanoseconds }
        if resource.isAddress, ending == .well, operation.action == .start {
            checkAddressAppears(index, node)
        }
        let run = state.nodes[node].run
        state.nodes[node].operations.append(
            ModelOperation(operation: operation, run: run, ending: ending, endsAt: endsAt)
        )
        if endsAt == now { ready.append(.operationEnds(node: node, operation.id, run: run)) }
    }

    mutating func cancel(_ id: OperationID, _ node: Int) {
        let run = state.nodes[node].run
        let found = state.nodes[node].operations.firstIndex {
            $0.operation.id == id && $0.run == run
        }
        guard let found, state.nodes[node].operations[found].endsAt > now else { return }
        state.nodes[node].operations[found].isCancelled = true
        state.nodes[node].operations[found].endsAt = now
        ready.append(.operationEnds(node: node, id, run: run))
    }

    private mutating func operationEnds(_ node: Int, _ id: OperationID, _ run: UInt64) {
        guard state.nodes[node].power == .on else { return }
        let found = state.nodes[node].operations.firstIndex {
            $0.operation.id == id && $0.run == run
        }
        guard let found else { return }
        let running = state.nodes[node].operations.remove(at: found)
        finished(node, running, settle(running, node, isInterrupted: false))
    }

    /// Applies the end of an operation to the truth, the worst that it may have left where it did not end well.
    mutating func settle(
        _ running: ModelOperation,
        _ node: Int,
        isInterrupted: Bool
    ) -> OperationOutcome {
        let index = running.operation.resourceIndex
        state.nodes[node].resources[index].isBusy = false
        let isWell = !isInterrupted && !running.isCancelled && running.ending == .well
        let outcome = outcome(running, isInterrupted: isInterrupted)
        switch running.operation.action {
        case .start, .resume:
            state.nodes[node].resources[index].truth = isWell ? .running : .half
            guard !isWell else { return .succeeded }
            if running.run == state.nodes[node].run {
                state.nodes[node].memory.hasFailedStart = true
            }
        case .stop, .abandon:
            state.nodes[node].resources[index].isStopUnconfirmed = !isWell
            guard isWell else { return outcome }
            state.nodes[node].resources[index].truth = .stopped
            setMayRun(false, node, index)
            noteSplitEnd()
            return .succeeded
        case .suspend:
            guard isWell else { return outcome }
            state.nodes[node].resources[index].truth = .suspended
            setMayRun(false, node, index)
            noteSplitEnd()
            return .succeeded
        case .status: return settleStatus(running, node, isWell ? nil : outcome)
        }
        return outcome
    }

    private func outcome(_ running: ModelOperation, isInterrupted: Bool) -> OperationOutcome {
        if isInterrupted { return .interrupted }
        if running.isCancelled { return .cancelled }
        let failure = OperationFailure(exitCode: 1, output: "")
        return running.ending == .byDeadline ? .timedOut(failure) : .failed(failure)
    }

    private mutating func settleStatus(
        _ running: ModelOperation,
        _ node: Int,
        _ failure: OperationOutcome?
    ) -> OperationOutcome {
        let index = running.operation.resourceIndex
        if running.run == state.nodes[node].run, failure != .interrupted, failure != .cancelled {
            state.nodes[node].resources[index].isProbed = true
        }
        if let failure {
            if case .failed(let text) = failure { return .unknown(text) }
            return failure
        }
        switch state.nodes[node].resources[index].truth {
        case .running: return .running
        case .stopped:
            state.nodes[node].resources[index].isStopUnconfirmed = false
            setMayRun(false, node, index)
            noteSplitEnd()
            return .stopped
        case .suspended: return .suspended
        case .half:
            // It makes up its mind, and says so when it is asked again.
            state.nodes[node].resources[index].truth = .running
            return .unknown(OperationFailure(exitCode: 4, output: ""))
        }
    }
}
