// The canonical form of a whole state: both cores by `FailoverMachine.encode`, and what lies between them by the same
// writer. Sequences count by rank, runs from the present one, times from now; of what the rules remember, the facts
// that a later judgement asks for.

@_spi(Simulation) import Failover

extension Explorer {
    /// The digest by which states are told apart.
    mutating func digest(_ state: ModelState) -> UInt64 {
        encode(state)
        return writer.digest
    }

    /// Leaves the canonical numbers of a state in `writer`.
    mutating func encode(_ state: ModelState) {
        var highest: UInt64 = 0
        for node in state.nodes {
            highest = max(highest, node.core.canonicalEpoch, node.memory.epoch)
            for record in [node.durable, node.writing?.record, node.waiting?.record] {
                for claim in record?.claims ?? [] {
                    highest = max(highest, claim.epoch, claim.reserved)
                }
            }
        }
        for message in state.messages {
            for report in message.content.groups {
                highest = max(highest, report.epoch, report.offer, report.declined)
            }
        }
        writer.reset(
            now: Instant(nanoseconds: state.now),
            horizon: state.nodes[0].core.canonicalHorizon,
            highestEpoch: highest
        )
        // Whose turn it is to use an epoch that nobody grants.
        writer.add(highest % 2)
        underWay = state.underWay
        for node in 0...1 {
            writer.node = node
            encodeMachine(node, state)
            encodeDaemon(node, state)
            encodeMemory(node, state)
        }
        encodeBetween(state)
    }

    private mutating func encodeMachine(_ node: Int, _ state: ModelState) {
        let machine = state.nodes[node]
        writer.add(machine.power.code)
        writer.add(machine.daemon.code)
        encode(machine.ends)
        writer.add(machine.resetAt != nil)
        for resource in machine.resources {
            writer.add(resource.truth.code)
            writer.add(resource.mayRun)
            writer.add(resource.isStopUnconfirmed)
            writer.add(resource.isProbed)
            writer.add(resource.isBusy)
        }
        encode(machine.durable, machine)
        writer.add(machine.writing.map { Instant(nanoseconds: $0.endsAt) })
        if let writing = machine.writing {
            writer.add(machine.core.waits(for: writing.id))
            encode(writing.record, machine)
        }
        writer.add(machine.waiting != nil)
        if let waiting = machine.waiting { encode(waiting.record, machine) }
    }

    private mutating func encode(_ record: DurableRecord?, _ machine: ModelNode) {
        guard let record else { return writer.add(0) }
        writer.add(record.bootID == machine.bootID ? 1 : 2)
        writer.add(record.peerHeardThisBoot)
        writer.add(record.peerAddresses.count)
        writer.add(record.calibrated.count)
        for mark in record.calibrated { writer.add(mark.mac.value ^ mark.address.low << 48) }
        for claim in record.claims {
            writer.add(epoch: claim.epoch)
            writer.add(epoch: claim.reserved > claim.epoch ? claim.reserved : 0)
            writer.add(claim.isDoubtful ?? false)
            writer.add(fnv1a(claim.intent.rawValue))
            writer.add(Int(claim.kind.rawValue))
            writer.add(claim.heldThisBoot)
            writer.add(claim.isLate ?? false)
            writer.add(claim.noFailbackTo)
        }
    }

    private mutating func encodeDaemon(_ node: Int, _ state: ModelState) {
        let machine = state.nodes[node]
        let isDown = machine.daemon == .down
        writer.add(isDown ? nil : machine.openCommand.map { _ in Duration.zero })
        writer.add(machine.isShuttingDown)
        writer.add(machine.keeperBeat.map { Instant(nanoseconds: $0) })
        // When the loop last turned counts once it does not.
        let standsStill = !machine.turns && machine.power != .off
        writer.add(standsStill ? machine.turnedAt.map { Instant(nanoseconds: $0) } : nil)
        writer.add(standsStill ? machine.soundTurn : nil)
        if standsStill, !isDown { writer.add(Instant(nanoseconds: machine.pausedAt)) }
        writer.add(machine.turns ? Instant(nanoseconds: machine.timerAt) : nil)
        if !isDown { machine.core.encode(into: &writer) }
        for running in machine.operations {
            let isOwn = running.run == machine.run
            writer.add(name: isOwn ? running.operation.id.value : 0, .operation)
            writer.add(running.operation.resourceIndex)
            writer.add(fnv1a(running.operation.action.rawValue))
            writer.add(running.ending.code)
            writer.add(running.isCancelled)
            writer.add(Instant(nanoseconds: running.endsAt))
        }
        encodeSession(node, state)
        writer.add(machine.inbox.count)
        for inbound in machine.inbox {
            switch inbound {
            case .beat(let message): encode(message, state)
            case .event(let event): writer.add(Stepper.mark(event))
            }
        }
    }

    private mutating func encodeSession(_ node: Int, _ state: ModelState) {
        let session = state.nodes[node].session
        for heard in [session.current, session.candidate] {
            guard let heard else {
                writer.add(0)
                continue
            }
            encode(run: heard.run, of: 1 - node, state)
            writer.add(rank(heard.highest, run: heard.run, of: 1 - node, state))
            writer.add(Instant(nanoseconds: heard.at))
        }
        for (network, highest) in session.pathHighest.enumerated() where session.current != nil {
            writer.add(network)
            writer.add(rank(highest, run: session.current?.run ?? 0, of: 1 - node, state))
        }
        writer.add(state.nodes[node].learntPath ?? -1)
        writer.add(rank(session.mark, run: state.nodes[node].speaks, of: node, state))
    }

    private mutating func encode(run: UInt64, of node: Int, _ state: ModelState) {
        writer.add(name: ModelNode.nonce(of: node, run: run), .incarnation)
        writer.add(run == state.nodes[node].speaks)
    }

    /// How many different sequences of a run that are still spoken of lie below one.
    private func rank(_ value: UInt64, run: UInt64, of node: Int, _ state: ModelState) -> Int {
        var below: [UInt64] = []
        func consider(_ other: UInt64, _ otherRun: UInt64?) {
            guard otherRun == run, other < value, !below.contains(other) else { return }
            below.append(other)
        }
        let speaks = state.nodes[node].speaks
        consider(state.nodes[node].session.sequence, speaks)
        consider(state.nodes[node].session.mark, speaks)
        let peer = state.nodes[1 - node].session
        consider(peer.current?.highest ?? 0, peer.current?.run)
        consider(peer.candidate?.highest ?? 0, peer.candidate?.run)
        for highest in peer.pathHighest { consider(highest, peer.current?.run) }
        for message in underWay {
            if message.sender == node {
                consider(message.sequence, message.run)
            } else {
                consider(message.echo?.sequence ?? 0, message.echo?.run)
                consider(message.candidateEcho?.sequence ?? 0, message.candidateEcho?.run)
            }
        }
        return below.count
    }

    private mutating func encode(_ message: ModelMessage, _ state: ModelState) {
        writer.add(message.sender)
        writer.add(message.network)
        encode(run: message.run, of: message.sender, state)
        writer.add(rank(message.sequence, run: message.run, of: message.sender, state))
        writer.add(Instant(nanoseconds: message.arrivesAt))
        for echo in [message.echo, message.candidateEcho] {
            guard let echo else {
                writer.add(0)
                continue
            }
            encode(run: echo.run, of: 1 - message.sender, state)
            writer.add(rank(echo.sequence, run: echo.run, of: 1 - message.sender, state))
            writer.add(min(Int(echo.age), Int(writer.horizon)))
        }
        let content = message.content
        writer.add(Int(content.kind.rawValue))
        writer.add(content.isLeaving)
        writer.add(content.earliestTake)
        writer.add(name: content.challenge, .challenge)
        writer.add(name: content.response, .challenge)
        writer.add(content.addresses.count)
        for report in content.groups { writer.add(report) }
    }

    /// The facts that rules ask for later.
    private mutating func encodeMemory(_ node: Int, _ state: ModelState) {
        let memory = state.nodes[node].memory
        let peer = state.nodes[1 - node]
        writer.add(memory.report.map { Int($0.phase.rawValue) + 1 } ?? 0)
        writer.add(Instant(nanoseconds: memory.sentAt), within: .nanoseconds(2 * millisecond))
        writer.add(epoch: memory.epoch)
        writer.add(memory.epochRun == state.nodes[node].run)
        writer.add(memory.contactAt > max(peer.memory.epochAt, memory.startedAt))
        writer.add(memory.hasFailedStart)
        writer.add(memory.wasFoundHalf)
        writer.add(memory.yieldsInSplit)
        let since = memory.acquiredAt
        writer.add(since != nil)
        writer.add(since.map { memory.lateAt > $0 } ?? false)
        writer.add(since.map { peer.memory.startedAt > $0 } ?? false)
        // Whether it was taken while the other stood still, when that does.
        let asleep = peer.daemon == .paused || peer.power == .frozen
        let still = asleep ? peer.pausedAt : peer.turnedAt ?? 0
        writer.add(!peer.turns && since.map { $0 > still } ?? false)
        let isOvertaken =
            memory.overtakenBy != nil && peer.memory.acquiredAt == memory.overtakenBy
        writer.add(isOvertaken)
        writer.add(isOvertaken ? Instant(nanoseconds: memory.wokeAt) : nil)
        let judged = Duration.nanoseconds(model.judging + 2 * ExplorerModel.quantum)
        writer.add(Instant(nanoseconds: memory.frozeUntil), within: judged)
        writer.add(memory.resumes)
        writer.add(memory.wasOwner)
        writer.add(memory.contactAt < memory.upSince)
        writer.add(memory.contactAt < max(peer.memory.upSince, peer.memory.startedAt))
        let orders = Duration.nanoseconds(Stepper.echoOfOrders)
        writer.add(Instant(nanoseconds: memory.suspendedAt), within: orders)
        writer.add(Instant(nanoseconds: memory.actedAt), within: orders)
        let deadtime = model.settings[0].timings.deadtime
        let machine = state.nodes[node]
        writer.add(machine.carrierLostAt != nil)
        let lostAt = machine.carrierLostAt.map { max($0, machine.wentOnAt) }
        writer.add(lostAt.map { Instant(nanoseconds: $0) }, within: deadtime)
        for network in state.networks where network.cables[node].isPulled {
            writer.add(Instant(nanoseconds: machine.wentOnAt), within: deadtime)
            let pulledAt = network.cables[node].pulledAt
            writer.add(Instant(nanoseconds: pulledAt), within: judged)
        }
    }

    private mutating func encodeBetween(_ state: ModelState) {
        let judged = Duration.nanoseconds(model.judging + ExplorerModel.quantum)
        for network in state.networks {
            writer.add(network.isCut[0])
            writer.add(network.isCut[1])
            writer.add(network.hasCarrier)
            encode(network.ends)
            writer.add(Instant(nanoseconds: network.cleanSince), within: judged)
            for cable in network.cables {
                writer.add(cable.isPulled)
                writer.add(cable.hasCarrier)
                encode(cable.ends)
            }
        }
        let orders = Duration.nanoseconds(Stepper.echoOfOrders)
        writer.add(Instant(nanoseconds: state.orderedAt), within: orders)
        writer.add(Instant(nanoseconds: state.splitEnd), within: orders)
        writer.add(state.split != nil)
        writer.add(state.messages.count)
        for message in state.messages { encode(message, state) }
    }

    private mutating func encode(_ end: FaultEnd?) {
        guard let end else { return writer.add(0) }
        if let left = end.left { return writer.add(1 + left) }
        writer.add(100 + end.passed)
    }
}

extension ModelState {
    /// Every beat that may still be heard.
    var underWay: [ModelMessage] {
        var all = messages
        for node in nodes {
            for case .beat(let message) in node.inbox { all.append(message) }
        }
        return all
    }
}

extension ModelNode {
    /// The run in whose name beats leave here.
    var speaks: UInt64 { keeperBeat == nil ? run : keeperRun }
}

extension Power {
    fileprivate var code: Int {
        switch self {
        case .off: 0
        case .on: 1
        case .frozen: 2
        }
    }
}

extension DaemonState {
    fileprivate var code: Int {
        switch self {
        case .down: 0
        case .running: 1
        case .paused: 2
        }
    }
}

extension ResourceTruth {
    fileprivate var code: Int {
        switch self {
        case .stopped: 0
        case .running: 1
        case .half: 2
        case .suspended: 3
        }
    }
}

extension Ending {
    fileprivate var code: Int {
        switch self {
        case .well: 0
        case .badly: 1
        case .byDeadline: 2
        }
    }
}
