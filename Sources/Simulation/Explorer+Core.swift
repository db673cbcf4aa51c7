// Where the small model touches the core: every event it gives and every effect it carries out is named in this file
// and in no other of the explorer's.

import Failover

extension Stepper {
    // MARK: - Events

    /// Gives one event to a core and carries out what it asks for.
    mutating func turn(_ node: Int, _ event: Event) {
        guard violation == nil, state.nodes[node].turns else { return }
        events += 1
        guard events < Self.eventsMaximum else {
            return violate("L3", "more than \(Self.eventsMaximum) events in a quantum", node)
        }
        tell(node, event)
        let run = state.nodes[node].run
        let effects = state.nodes[node].core.handle(event, at: Instant(nanoseconds: now))
        state.nodes[node].turnedAt = now
        for effect in effects {
            tell(node, effect)
            carryOut(effect, node)
            guard violation == nil, state.nodes[node].run == run, state.nodes[node].turns else {
                return
            }
        }
        let deadline = state.nodes[node].core.deadlineHere()
        state.nodes[node].timerAt = deadline.map { max(now, $0.nanoseconds) } ?? Int64.max
        inspect(node)
    }

    /// Gives an event to a daemon, or keeps it until the daemon goes on.
    mutating func deliver(_ event: Event, _ node: Int) {
        if state.nodes[node].turns {
            turn(node, event)
        } else if state.nodes[node].hears {
            state.nodes[node].inbox.append(.event(event))
        }
    }

    /// The first turns of a daemon.
    mutating func begin(_ node: Int, lastTurn: Instant?) {
        let machine = state.nodes[node]
        let start = Start(
            bootID: machine.bootID,
            incarnation: machine.incarnation,
            record: machine.durable,
            lastTurn: lastTurn,
            lastReset: machine.resetAt.map { .nanoseconds(now - $0) }
        )
        state.nodes[node].core = FailoverMachine(settings: model.settings[node])
        turn(node, .started(start))
        turn(node, networksEvent(node))
        tellLink(ExplorerModel.replication, node)
    }

    /// A node's networks: the service network carries the group's address, and the node's router is there.
    private func networksEvent(_ node: Int) -> Event {
        .networksChanged(
            [ExplorerModel.service, ExplorerModel.replication].map { network in
                let isService = network == ExplorerModel.service
                return OwnNetwork(
                    device: ExplorerModel.device(network),
                    mac: Scenery.mac(of: node, on: network),
                    hasCarrier: state.networks[network].hasCarrier(node),
                    addresses: [NetworkAddress(Scenery.ownAddress(of: node, on: network), 24)],
                    gateways: isService ? [Scenery.neighbour(beside: node)] : [],
                    groups: isService ? [0] : []
                )
            }
        )
    }

    /// The place of a node's path over a network; `nil` when no socket of it is open there.
    func path(over network: Int, of node: Int) -> Int? {
        network == ExplorerModel.replication ? 0 : state.nodes[node].learntPath
    }

    /// Tells a node how its path over a network stands.
    private mutating func tellLink(_ network: Int, _ node: Int) {
        guard let path = path(over: network, of: node) else { return }
        let isUp = state.networks[network].hasCarrier(node)
        deliver(.linkChanged(LinkIndex(path), isUp: isUp), node)
    }

    /// A network's carrier came or went for a node.
    mutating func tellCarrier(_ network: Int, _ node: Int) {
        guard state.nodes[node].power != .off else { return }
        watchCarriers(node)
        tellLink(network, node)
        deliver(networksEvent(node), node)
    }

    /// A beat reaches a node whose daemon may be standing still.
    mutating func arrive(_ message: ModelMessage) {
        let node = 1 - message.sender
        guard state.nodes[node].hears else { return }
        guard state.nodes[node].turns else {
            state.nodes[node].inbox.append(.beat(message))
            return
        }
        guard let path = path(over: message.network, of: node) else { return }
        let run = state.nodes[node].run
        let echo: ModelEcho
        switch state.nodes[node].session.judge(message, run: run, at: now) {
        case .accepted(let proof): echo = proof
        case .repeated: return turn(node, .heartbeatRepeated(link: LinkIndex(path)))
        case .dropped: return
        }
        noteAccepted(message, node)
        let sender = state.nodes[message.sender]
        let incarnation = Incarnation(
            counter: message.run,
            nonce: ModelNode.nonce(of: message.sender, run: message.run)
        )
        let beat = Beat(
            content: message.content,
            bootID: sender.bootID,
            incarnation: incarnation,
            sequence: message.sequence,
            clock: Instant(nanoseconds: message.sentAt),
            echo: Echo(sequence: echo.sequence, age: .nanoseconds(echo.age))
        )
        turn(node, .heartbeatReceived(beat, link: LinkIndex(path)))
    }

    /// What a loop does that comes back late: the beats that wait, how late it is, then everything else (S8).
    mutating func drain(_ node: Int) {
        let waiting = state.nodes[node].inbox
        let run = state.nodes[node].run
        state.nodes[node].inbox = []
        state.nodes[node].memory.sentAt = now
        for case .beat(let message) in waiting where state.nodes[node].run == run {
            arrive(message)
        }
        let lateness = Duration.nanoseconds(now - state.nodes[node].pausedAt)
        if state.nodes[node].run == run { turn(node, .loopLate(lateness)) }
        for case .event(let event) in waiting where state.nodes[node].run == run {
            turn(node, event)
        }
    }

    /// Something else than a beat or an operation that is due on a node.
    mutating func timeReached(_ node: Int) {
        state.nodes[node].timerAt = Int64.max
        turn(node, .timeReached)
    }

    mutating func written(_ node: Int, _ id: PersistID) { deliver(.persisted(id), node) }

    mutating func finished(_ node: Int, _ running: ModelOperation, _ outcome: OperationOutcome) {
        guard running.run == state.nodes[node].run else { return }
        deliver(.operationFinished(running.operation.id, outcome), node)
    }

    /// An administrator types `standby all`.
    mutating func orderStandby(_ node: Int) {
        guard state.nodes[node].turns, state.nodes[node].openCommand == nil else { return }
        state.orderedAt = now
        // Never used twice in a run.
        let id = UInt64(now / ExplorerModel.quantum) + 1
        state.nodes[node].openCommand = id
        turn(node, .commandReceived(CommandID(id), .standby(.all)))
    }

    /// SIGTERM.
    mutating func orderShutdown(_ node: Int) {
        guard state.nodes[node].turns, !state.nodes[node].isShuttingDown else { return }
        state.orderedAt = now
        state.nodes[node].isShuttingDown = true
        turn(node, .shutdownRequested)
    }

    // MARK: - Effects

    private mutating func carryOut(_ effect: Effect, _ node: Int) {
        switch effect {
        case .sendHeartbeat(let content, let links): send(content, on: links, node)
        case .setPath(let link, let path):
            state.nodes[node].learntPath = path == nil ? nil : link.value
            watchCarriers(node)
            let network = ExplorerModel.service
            guard path != nil, !state.networks[network].hasCarrier(node) else { return }
            let down = Event.linkChanged(link, isUp: false)
            ready.append(.event(down, node: node, run: state.nodes[node].run))
        case .persist(let id, let record):
            state.nodes[node].waiting = (id, record)
            if state.nodes[node].writing == nil { beginWrite(node) }
        case .runOperation(let operation): run(operation, node)
        case .cancelOperation(let id): cancel(id, node)
        case .probe(let address): probe(address, node)
        case .reply(let id, _): checkReply(id.value, node)
        case .resetNode:
            checkReset(node)
            state.nodes[node].resetAt = now
            crash(node, .quanta(2))
        case .endDaemon:
            checkEnd(node)
            endRun(node)
            endWrites(node)
            state.nodes[node].ends = FaultEnd(.quanta(1))
        case .note(let notice): judge(notice, node)
        // No group of the model is replicated.
        case .announceAddresses, .progress, .ping, .observeData, .markData, .followPeer,
            .writeAlone, .askPeerToOutdate, .answerFence:
            break
        }
    }

    /// What a core says of being cut off, and of what it gives up for that (S12).
    private mutating func judge(_ notice: Notice, _ node: Int) {
        switch notice.code {
        case .isolated where notice.severity == .page:
            checkSuspension(node)
            state.nodes[node].memory.suspendedAt = now
            state.nodes[node].memory.actedAt = now
        case .isolated:
            // What goes on after it was suspended goes on under the claim it had.
            state.nodes[node].memory.resumes = true
        case .healthMove:
            checkSuspension(node)
            state.nodes[node].memory.actedAt = now
        default: break
        }
    }

    private mutating func send(_ content: BeatContent, on links: LinkSet, _ node: Int) {
        checkBeat(content, node)
        guard violation == nil else { return }
        for network in [ExplorerModel.replication, ExplorerModel.service] {
            guard let path = path(over: network, of: node), links.contains(LinkIndex(path)) else {
                continue
            }
            transmit(content, over: network, node)
        }
    }

    /// Puts a beat of a daemon, or of the keeper in its place, on a network.
    mutating func transmit(_ content: BeatContent, over network: Int, _ node: Int) {
        state.nodes[node].session.sequence += 1
        let session = state.nodes[node].session
        var message = ModelMessage(
            sender: node,
            run: state.nodes[node].keeperBeat == nil
                ? state.nodes[node].run : state.nodes[node].keeperRun,
            sequence: session.sequence,
            network: network,
            content: content,
            echo: session.current?.echo(at: now),
            candidateEcho: session.candidate?.echo(at: now),
            sentAt: now,
            arrivesAt: now
        )
        guard state.networks[network].carries(from: node) else { return }
        guard state.nodes[1 - node].hears else { return }
        switch fate(of: node, over: network) {
        case 0: ready.append(.arrival(message))
        case 1: break
        default:
            message.arrivesAt = now + ExplorerModel.quantum
            state.messages.append(message)
        }
    }

    /// Whether a beat comes in (0), is lost (1) or late (2).
    private mutating func fate(of node: Int, over network: Int) -> Int {
        beats[node][network] += 1
        guard beats[node][network] <= ExplorerModel.beatsInDoubt, may(.beat) else { return 0 }
        return choices.choose(3) { alternative in
            let how = alternative == 1 ? "lost" : "late"
            return "a beat of \(Scenery.name(of: node)) over eth\(network) is \(how)"
        }
    }

    /// The keeper says that the host lives and its daemon does not (S10).
    mutating func keeperSpeaks(_ node: Int) {
        let timings = model.settings[node].timings
        transmit(
            BeatContent(
                kind: .daemonDown,
                isLeaving: false,
                deadtime: timings.deadtime,
                earliestTake: timings.deadtime,
                addresses: [],
                groups: []
            ),
            over: ExplorerModel.replication,
            node
        )
        state.nodes[node].keeperBeat = now + ExplorerModel.quantum
    }

    /// Asks who has an address; the answer comes at once.
    private mutating func probe(_ address: IPAddress, _ node: Int) {
        let network = ExplorerModel.network(of: address)
        let peer = 1 - node
        if address == Scenery.neighbour(beside: node) { return askRouter(node) }
        guard state.networks[network].carries(from: 0), state.networks[network].carries(from: 1)
        else { return }
        guard state.nodes[peer].power == .on else { return }
        let isOwn = address == Scenery.ownAddress(of: peer, on: network)
        let isGroups =
            address == ExplorerModel.groupAddress
            && state.nodes[peer].resources.contains { $0.isAddress && $0.truth == .running }
        guard isOwn || isGroups else { return }
        let answer = ProbeAnswer(
            address: address,
            mac: Scenery.mac(of: peer, on: network),
            device: ExplorerModel.device(network)
        )
        ready.append(.event(.probeAnswered(answer), node: node, run: state.nodes[node].run))
    }

    /// The router beside a node answers unless its cable is pulled.
    private mutating func askRouter(_ node: Int) {
        guard !state.networks[ExplorerModel.service].cables[node].isPulled else { return }
        let answer = ProbeAnswer(
            address: Scenery.neighbour(beside: node),
            mac: Scenery.neighbourMAC(beside: node),
            device: ExplorerModel.device(ExplorerModel.service)
        )
        ready.append(.event(.probeAnswered(answer), node: node, run: state.nodes[node].run))
    }

    /// A number for an event that waits for a loop which stands still.
    static func mark(_ event: Event) -> UInt64 {
        guard case .networksChanged(let networks) = event else { return event.mark }
        return networks.reduce(event.mark) { $0 << 1 | ($1.hasCarrier ? 1 : 0) }
    }
}

extension FailoverMachine {
    /// `nextDeadline`, read where the core lies: a plain read out of an array copies all of it.
    fileprivate mutating func deadlineHere() -> Instant? { nextDeadline }
}
