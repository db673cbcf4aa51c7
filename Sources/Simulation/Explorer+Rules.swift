// The rules, checked while a quantum happens: those of the seeded world (`World+Rules`, `World+Sleep`) for one group
// in the small model. What is not promised to be prevented is an `Exception`, judged by the same facts; what is more
// than a safety rule (L1, every state can be left) is in `Explorer+Liveness`.

@_spi(Simulation) import Failover

extension Stepper {
    mutating func violate(_ rule: String, _ text: String, _ node: Int? = nil) {
        guard violation == nil else { return }
        let name = node.map { "\(Scenery.name(of: $0)): " } ?? ""
        violation = Violation(rule: rule, text: name + text, at: now)
        transcript?.world("BROKEN \(rule): \(name)\(text)", at: now)
    }

    // MARK: - Operations

    /// Checks that an operation may begin now (S3, S4, S14, S1, and the move's need).
    mutating func checkOperation(_ operation: Operation, _ node: Int) {
        let index = operation.resourceIndex
        let resources = state.nodes[node].resources
        let what = "\(operation.action.rawValue) of resource \(index)"
        if resources[index].isBusy {
            violate("S3", "\(what) while another operation on it runs", node)
        }
        guard operation.action != .status else { return }
        if resources.contains(where: { !$0.isProbed }) {
            violate("S14", "\(what) before all is probed", node)
        }
        switch operation.action {
        case .start, .resume: checkStart(index, what, node)
        case .stop, .abandon: checkStop(index, what, node)
        case .suspend: checkSuspend(what, node)
        case .status: break
        }
    }

    private mutating func checkStart(_ index: Int, _ what: String, _ node: Int) {
        let resources = state.nodes[node].resources
        checkLateStart(what, node)
        checkBootStart(what, node)
        for earlier in 0..<index
        where resources[earlier].truth != .running || resources[earlier].isBusy {
            violate("S3", "\(what) before resource \(earlier) runs", node)
        }
        if resources.contains(where: \.isStopUnconfirmed) {
            violate("S4", "\(what) over an unconfirmed stop", node)
        }
        if !resources[index].isStateless, state.nodes[1 - node].writers > 0 {
            judgeSplit("\(what) while the other node may be writing", node, isAddress: false)
        }
        if state.nodes[node].memory.acquiredAt == nil {
            state.nodes[node].memory.acquiredAt = now
            state.nodes[node].memory.checksEpoch = true
        }
    }

    /// Checks that no two nodes have the address.
    mutating func checkAddressAppears(_ index: Int, _ node: Int) {
        let peer = state.nodes[1 - node]
        guard peer.power != .off, peer.resources[index].mayRun else { return }
        guard peer.resources[index].truth == .running || peer.resources[index].isBusy else {
            return
        }
        judgeSplit("the address is on both nodes", node, isAddress: true)
    }

    private mutating func checkStop(_ index: Int, _ what: String, _ node: Int) {
        let machine = state.nodes[node]
        // A node that is cut off lets go of an address before what stands behind it (S12).
        let letsGo =
            machine.resources[index].isAddress
            && now - machine.memory.suspendedAt < Self.echoOfOrders
        for later in machine.resources.indices
        where later > index && machine.resources[later].isThere && !letsGo {
            violate("S3", "\(what) before resource \(later) is stopped", node)
        }
        guard machine.resources[index].truth == .running else { return }
        checkWhoYields(node)
        guard machine.runsWholly else { return }
        if state.split != nil {
            if state.nodes[1 - node].memory.yieldsInSplit, !machine.memory.hasFailedStart,
                !hasOrder
            {
                exceptions.append(.bothYielded)
            }
            state.nodes[node].memory.yieldsInSplit = true
            return
        }
        if !hasCauseToStop(node) {
            violate("needless move", "what runs well here is stopped for nothing", node)
        }
    }

    /// Only a node that is cut off suspends, and after every address (S12).
    private mutating func checkSuspend(_ what: String, _ node: Int) {
        let machine = state.nodes[node]
        if now - machine.memory.suspendedAt >= Self.echoOfOrders {
            violate("S12", "\(what) by who is not cut off", node)
        }
        if machine.resources.contains(where: { $0.isAddress && $0.isThere }) {
            violate("S12", "\(what) before every address is gone", node)
        }
    }

    /// How long an order, or a split, explains that something moves.
    static let echoOfOrders = 12 * ExplorerModel.quantum

    private var hasOrder: Bool { now - state.orderedAt < Self.echoOfOrders }

    /// Whether anything explains that a group which runs well is stopped.
    private func hasCauseToStop(_ node: Int) -> Bool {
        let machine = state.nodes[node]
        let peer = state.nodes[1 - node]
        if machine.isShuttingDown || hasOrder { return true }
        if now - machine.memory.actedAt < Self.echoOfOrders { return true }
        if machine.memory.hasFailedStart || machine.memory.wasFoundHalf { return true }
        // Who slept, and hears of a peer that began anew or used a higher epoch meanwhile, yields (S8, S14).
        let since = machine.memory.acquiredAt ?? now
        if machine.memory.lateAt > since {
            if peer.memory.startedAt > since || peer.memory.epoch > machine.memory.epoch {
                return true
            }
        }
        if model.plan.returnsGroups, node == 1 { return true }
        if peer.mayRun > 0 || now - state.splitEnd < Self.echoOfOrders { return true }
        return peer.report?.phase.holds ?? false
    }

    mutating func setMayRun(_ mayRun: Bool, _ node: Int, _ index: Int) {
        state.nodes[node].resources[index].mayRun = mayRun
        guard state.nodes[node].mayRun == 0 else { return }
        state.nodes[node].memory.acquiredAt = nil
        state.nodes[node].memory.hasFailedStart = false
        state.nodes[node].memory.wasFoundHalf = false
        state.nodes[node].memory.overtakenBy = nil
    }

    // MARK: - Splits

    /// Two holders: broken, unless no probe could tell and the configuration promises no more.
    private mutating func judgeSplit(_ text: String, _ node: Int, isAddress: Bool) {
        guard state.split == nil else { return }
        let claims = state.nodes.map { machine in
            machine.report?.phase.holds == true
                ? min(now, machine.core.claimedAt(0).nanoseconds) : now
        }
        // What could be known when the later of the two claims was made is what counts.
        let window = max(claims[0], claims[1]) - model.judging
        let peer = state.nodes[1 - node]
        let thawed = state.nodes.map(\.memory.frozeUntil).max() ?? now
        let networks = isAddress ? [ExplorerModel.service] : [0, 1]
        let couldTell = networks.contains {
            state.networks[$0].isClean && state.networks[$0].cleanSince <= window
        }
        let exception: Exception
        if peer.power == .frozen || thawed > window - ExplorerModel.quantum {
            exception = .frozenMachine
        } else if couldTell {
            return violate("S1", text, node)
        } else if (0...1).contains(where: { beginsWithoutContact($0) }) {
            exception = .bootPolicy
        } else if isAddress,
            (0...1).contains(where: { knowsItIsCutOff($0, since: window, isTaker: $0 == node) })
        {
            return violate("S12", "\(text), and one of them is cut off", node)
        } else {
            // No network of the model loses single answers: each was cut, or nobody was there to speak on it.
            exception = .allNetworksCut
        }
        state.split = exception
        exceptions.append(exception)
        transcript?.world("two holders: \(exception.rawValue)", at: now)
        for node in 0...1 { state.nodes[node].memory.yieldsInSplit = false }
    }

    /// Notes that a split has ended, when at most one node holds the group.
    mutating func noteSplitEnd() {
        guard state.split != nil else { return }
        if state.nodes[0].mayRun > 0, state.nodes[1].mayRun > 0 { return }
        state.split = nil
        state.splitEnd = now
    }

    /// Without contact since its boot a node starts what `boot_policy` allows: what it held last, if that is an address.
    private mutating func checkBootStart(_ what: String, _ node: Int) {
        let memory = state.nodes[node].memory
        guard memory.contactAt < memory.upSince, !hasOrder else { return }
        if model.plan.variant == .address, memory.wasOwner { return }
        violate("S1", "\(what) by who heard nobody since its boot", node)
    }

    /// Whether `boot_policy` may have let a node begin that never heard its peer since its boot.
    private func beginsWithoutContact(_ node: Int) -> Bool {
        let memory = state.nodes[node].memory
        return model.plan.variant == .address && memory.contactAt < memory.upSince
    }

    /// Whether nothing but pulled cables parts the nodes, and a node whose own is pulled could know since `time` (S12).
    private func knowsItIsCutOff(_ node: Int, since time: Int64, isTaker: Bool) -> Bool {
        let machine = state.nodes[node]
        let deadtime = model.settings[node].timings.deadtime.nanoseconds
        guard state.networks.allSatisfy({ $0.isCut == [false, false] }), machine.turns,
            now - machine.wentOnAt > deadtime
        else { return false }
        let cable = state.networks[ExplorerModel.service].cables[node]
        guard cable.isPulled, cable.pulledAt <= time else { return false }
        // A stop that hangs or failed is S4's.
        if machine.resources.contains(where: { $0.isStopUnconfirmed || $0.isBusy }) { return false }
        // A peer that was found dead or had left, and has only now begun again, is not known to live.
        let peer = state.nodes[1 - node].memory
        if !isTaker, machine.memory.contactAt < max(peer.upSince, peer.startedAt) { return false }
        return !cable.hasCarrier || isTaker
    }

    /// A node calls itself cut off only where something is wrong with its network, or only now was (S12).
    mutating func checkSuspension(_ node: Int) {
        let service = state.networks[ExplorerModel.service]
        let patience =
            model.settings[node].timings.deadtime.nanoseconds + ExplorerModel.quantum
        if service.isClean, now - service.cleanSince > patience {
            violate("S12", "the group is given up for a network that works", node)
        }
    }

    // MARK: - Sleep (S8)

    /// Follows whether any path of a node has a carrier.
    mutating func watchCarriers(_ node: Int) {
        let paths = (0...1).filter { path(over: $0, of: node) != nil }
        guard paths.allSatisfy({ !state.networks[$0].hasCarrier(node) }) else {
            guard let since = state.nodes[node].carrierLostAt else { return }
            state.nodes[node].carrierLostAt = nil
            guard state.nodes[node].turns else { return }
            if now - since >= earlyTake { state.nodes[node].memory.lateAt = now }
            return noteSleep(node, since: max(since, state.nodes[node].wentOnAt))
        }
        state.nodes[node].carrierLostAt = state.nodes[node].carrierLostAt ?? now
    }

    /// Who slept so long may call itself late, where an early verdict is possible.
    private var earlyTake: Int64 {
        model.settings[0].evidence.earlyFloor.nanoseconds - millisecond
    }

    /// A loop turns again which did not since `time`, or a node has a carrier again.
    mutating func noteSleep(_ node: Int, since time: Int64) {
        let earliest = model.settings[node].timings.deadtime.nanoseconds
        if now - time >= earlyTake { state.nodes[node].memory.lateAt = now }
        guard now - time >= earliest else { return }
        state.nodes[node].memory.wokeAt = now
        guard let held = state.nodes[node].memory.acquiredAt, held < time else { return }
        guard let taken = state.nodes[1 - node].memory.acquiredAt, taken > time else { return }
        state.nodes[node].memory.overtakenBy = taken
    }

    /// Whether the peer has held the group without a pause since it took it from a sleeping node.
    func isOvertaken(_ node: Int) -> Bool {
        guard let taken = state.nodes[node].memory.overtakenBy else { return false }
        return state.nodes[1 - node].memory.acquiredAt == taken
    }

    /// Who slept starts nothing of what the peer took meanwhile.
    private mutating func checkLateStart(_ what: String, _ node: Int) {
        guard isOvertaken(node) else { return }
        let woke = state.nodes[node].memory.wokeAt
        let peer = state.nodes[1 - node]
        if peer.power == .frozen || peer.memory.frozeUntil > woke { return }
        guard now == woke || isUndisturbed(since: woke) else { return }
        violate("S8", "\(what) by who slept while the peer took the group", node)
    }

    /// Who took a group from a peer that slept does not yield to it.
    private mutating func checkWhoYields(_ node: Int) {
        guard isOvertaken(1 - node), state.nodes[1 - node].turns else { return }
        let memory = state.nodes[node].memory
        guard let taken = memory.acquiredAt, memory.lateAt <= taken else { return }
        if memory.hasFailedStart || memory.wasFoundHalf || hasOrder { return }
        guard isUndisturbed(since: state.nodes[1 - node].memory.wokeAt) else { return }
        violate("S8", "the group is stopped for a peer that slept", node)
    }

    private func isUndisturbed(since time: Int64) -> Bool {
        state.networks.allSatisfy { $0.isClean && $0.cleanSince <= time }
            && state.messages.isEmpty
    }

    // MARK: - After each turn

    mutating func inspect(_ node: Int) {
        guard state.nodes[node].memory.checksEpoch else { return }
        state.nodes[node].memory.checksEpoch = false
        checkEpoch(node)
    }

    /// A grant's epoch is durable before it is used, and above every epoch used before (S5).
    private mutating func checkEpoch(_ node: Int) {
        let machine = state.nodes[node]
        guard let claim = machine.durable?.claims.first, claim.intent != .idle else {
            return violate("S5", "the group is started with no durable claim", node)
        }
        guard let report = machine.report, report.phase.holds else {
            return violate("S5", "the group is started, and no beat says so", node)
        }
        let epoch = report.epoch
        if max(claim.epoch, claim.reserved) < epoch {
            violate("S5", "started at an epoch that is not on disk", node)
        }
        // What goes on under the claim it had is no grant.
        state.nodes[node].memory.resumes = false
        if machine.memory.resumes { return }
        let own = machine.memory
        if epoch < own.epoch || epoch == own.epoch && own.epochRun == machine.run {
            violate("S5", "started at an epoch used here before", node)
        }
        let used = state.nodes[1 - node].memory
        let hasHeard = own.contactAt > max(used.epochAt, own.startedAt)
        if epoch <= used.epoch, hasHeard || epoch == used.epoch && report.claim.isProved {
            violate("S5", "started at an epoch that the peer used", node)
        }
        state.nodes[node].memory.epoch = epoch
        state.nodes[node].memory.epochRun = machine.run
        state.nodes[node].memory.epochAt = now
    }

    // MARK: - Beats

    /// A beat leaves in time (L3) and says the truth: what may run is neither called stopped nor on offer (S3, S4).
    mutating func checkBeat(_ content: BeatContent, _ node: Int) {
        if now - state.nodes[node].memory.sentAt > ExplorerModel.quantum + millisecond {
            violate("L3", "no heartbeat left for more than a keepalive", node)
        }
        state.nodes[node].memory.sentAt = now
        state.nodes[node].memory.report = content.groups.first
        if content.groups.first?.phase == .active { state.nodes[node].memory.wasOwner = true }
        guard state.nodes[node].isThere, let report = content.groups.first else { return }
        if report.phase == .offered || report.offer != 0 {
            violate("S4", "the group is offered while some of it may run", node)
        }
        if report.phase.isIdle {
            violate("S3", "a beat says \(report.phase), and some of the group may run", node)
        }
    }

    mutating func checkBeatsAreDue(at end: Int64) {
        for node in 0...1 where state.nodes[node].turns {
            let gap = end - state.nodes[node].memory.sentAt
            if gap > ExplorerModel.quantum + millisecond {
                violate("L3", "no heartbeat left for more than a keepalive", node)
            }
        }
    }

    mutating func noteAccepted(_ message: ModelMessage, _ node: Int) {
        guard message.content.kind == .alive else { return }
        state.nodes[node].memory.contactAt = message.sentAt
    }

    // MARK: - Daemons and commands

    /// A daemon begins: what is known of the resources is not known to it.
    mutating func noteStart(_ node: Int) {
        let machine = state.nodes[node]
        let truths = machine.resources.map(\.truth)
        let isWhole = truths.allSatisfy { $0 == .running }
        let isNothing = truths.allSatisfy { $0 == .stopped }
        let wasKept =
            switch machine.durable?.claims.first?.intent {
            case .active, .acquiring, .reserved: true
            case .idle, .releasing, nil: false
            }
        for index in machine.resources.indices {
            state.nodes[node].resources[index].isProbed = false
        }
        state.nodes[node].memory.wasFoundHalf = !isNothing && (!isWhole || !wasKept)
        state.nodes[node].memory.hasFailedStart = false
        state.nodes[node].memory.startedAt = now
        state.nodes[node].memory.sentAt = now
    }

    /// One final reply, to the command that is open (L2).
    mutating func checkReply(_ id: UInt64, _ node: Int) {
        guard state.nodes[node].openCommand == id else {
            return violate("L2", "a second reply to a command, or one to none", node)
        }
        state.nodes[node].openCommand = nil
    }

    /// A reset needs a stop that did not succeed, and an hour since the last (S4); no story here lasts an hour.
    mutating func checkReset(_ node: Int) {
        if !state.nodes[node].resources.contains(where: \.isStopUnconfirmed) {
            violate("S4", "the node resets itself for nothing", node)
        }
        if state.nodes[node].resetAt != nil {
            violate("S4", "the node resets itself twice within an hour", node)
        }
    }

    /// A daemon that ends by itself leaves nothing running.
    mutating func checkEnd(_ node: Int) {
        let machine = state.nodes[node]
        if !machine.isShuttingDown { violate("S3", "the daemon ends, and nobody told it to", node) }
        if machine.isThere, !machine.resources.contains(where: \.isStopUnconfirmed) {
            violate("S3", "the daemon ends, and some of the group may run", node)
        }
    }
}
