// What the effects of a core do to its machine: beats on the links, writes on the disk, operations on the
// resources, replies to administrators.

import Failover
import Wire

extension World {
    /// Carries out one effect.
    func carryOut(_ effect: Effect, on machine: Machine) {
        switch effect {
        case .sendHeartbeat(let content, let links): send(content, on: links, from: machine)
        case .setPath(let link, let path):
            machine.paths[link.value] = path
            watchCarriers(of: machine)
            guard path != nil, let network = network(of: link.value, on: machine) else { return }
            if !hasCarrier(machine, network) {
                queue.plan(
                    .carrierTold(node: machine.index, run: machine.run, link: link.value),
                    at: now
                )
            }
        case .ping(let address): askNeighbour(address, from: machine, withEcho: true)
        case .persist(let id, let record): persist(record, id, on: machine)
        case .runOperation(let operation): run(operation, on: machine)
        case .cancelOperation(let id): cancel(id, on: machine)
        case .probe(let address): probe(address, from: machine)
        case .reply(let id, let reply): checkReply(id.value, reply, machine)
        case .note(let notice): judge(notice, machine)
        case .observeData(let group): lookAtVolume(group, machine)
        case .markData(let group, let isStale): markVolume(group, isStale: isStale, on: machine)
        // Its volumes go on without asking, as DRBD does with `fencing dont-care`.
        case .announceAddresses, .progress, .askPeerToOutdate, .answerFence, .followPeer,
            .writeAlone:
            break
        case .resetNode:
            tally.resets += 1
            machine.resetAt = now
            checkReset(machine)
            crash(machine, losesDisk: false)
            watchVolumes()
            queue.plan(
                .powerOn(node: machine.index, boot: machine.boots),
                at: now + 2 * second
            )
        case .endDaemon: endDaemon(machine)
        }
    }

    private func send(_ content: BeatContent, on links: LinkSet, from machine: Machine) {
        checkBeatIsInTime(machine)
        machine.sentAt = now
        noteClaims(content.groups, machine)
        machine.reports = content.groups
        noteFitness(content.groups, machine)
        noteSaid(machine)
        checkBeatTellsTheTruth(machine)
        guard violation == nil else { return }
        let local = machine.clock(at: now)
        let alone = groupsAlone(in: content.groups, of: machine)
        for link in links.links.map(\.value) {
            guard let network = network(of: link, on: machine) else { continue }
            let sealed = machine.session?.seal(content, link: link, at: local) ?? []
            // A beat of many groups is several datagrams, numbered up to the session's last.
            var sequence = (machine.session?.lastSequence ?? 0) - UInt64(sealed.count)
            for bytes in sealed {
                sequence += 1
                digest.add(datagram: bytes)
                let packet = Packet(
                    bytes: bytes,
                    sender: machine.index,
                    run: machine.run,
                    sequence: sequence,
                    sentAt: now,
                    link: link,
                    network: network,
                    forgery: nil,
                    alone: alone
                )
                remember(packet)
                transmit(packet, on: network)
            }
        }
    }

    /// Remembers when a claim was decided on: what could be known then is what counts.
    private func noteClaims(_ reports: [GroupReport], _ machine: Machine) {
        for group in machine.groups.indices where group < reports.count {
            let before = group < machine.reports.count ? machine.reports[group].phase.holds : false
            if reports[group].phase == .active { machine.groups[group].wasOwner = true }
            if reports[group].phase == .offered { machine.groups[group].offeredAt = now }
            if reports[group].phase.holds, !before { machine.groups[group].claimedAt = now }
        }
    }

    /// Keeps some old datagrams for whoever wants to replay them.
    func remember(_ packet: Packet) {
        let count = history[packet.sender].count
        if count < 64 {
            history[packet.sender].append(packet)
        } else if packet.sequence % 8 == 0 {
            history[packet.sender][Int(packet.sequence / 8 % 64)] = packet
        }
    }

    // MARK: - The disk

    private func persist(_ record: DurableRecord, _ id: PersistID, on machine: Machine) {
        machine.waiting = (id, record)
        if machine.writing == nil { beginWrite(machine) }
    }

    func beginWrite(_ machine: Machine) {
        guard let next = machine.waiting else { return }
        machine.waiting = nil
        let serial = nextSerial()
        machine.writing = (next.id, next.record, serial)
        if machine.diskHangs == 0 { planWrite(machine, serial) }
    }

    func planWrite(_ machine: Machine, _ serial: UInt64) {
        let slow = diskDice[machine.index].below(50) == 0
        let most = slow ? 80 * millisecond : 3 * millisecond
        let time = now + diskDice[machine.index].between(100_000, most)
        queue.plan(.writeEnded(node: machine.index, serial: serial), at: time)
    }

    func writeEnded(_ machine: Machine, _ serial: UInt64) {
        guard let writing = machine.writing, writing.serial == serial else { return }
        if machine.power == .frozen {
            queue.plan(.writeEnded(node: machine.index, serial: serial), at: machine.thawsAt)
            return
        }
        if machine.diskHangs > 0 { return }
        machine.durable = writing.record
        machine.writing = nil
        beginWrite(machine)
        deliver(.persisted(writing.id), to: machine)
    }

    // MARK: - Operations

    private func run(_ operation: Operation, on machine: Machine) {
        let group = operation.groupIndex
        let index = operation.resourceIndex
        tally.operations += 1
        checkOperation(operation, on: machine)
        guard violation == nil else { return }
        if operation.action.begins { machine.setMayRun(true, group: group, resource: index) }
        if operation.action == .resume { machine.block(false, group: group, behind: index) }
        machine.resources[group][index].isBusy = true
        let serial = nextSerial()
        var ending = Ending.well
        var lasts =
            machine.resources[group][index].isAddress
            ? operationDice[machine.index].between(15_000, 100_000)
            : operationDice[machine.index].between(millisecond, 200 * millisecond)
        if operationDice[machine.index].below(40) == 0, !machine.resources[group][index].isAddress {
            lasts = operationDice[machine.index].between(200 * millisecond, 1200 * millisecond)
        }
        let timeout = operation.timeout.nanoseconds
        if volumeRefuses(operation, on: machine) { ending = .badly }
        if let how = takeMishap(operation, on: machine) {
            switch how {
            case .fails: ending = .badly
            case .hangs: ending = .byDeadline
            case .lingers: lasts = timeout / 2
            }
        }
        if lasts >= timeout || ending == .byDeadline {
            ending = .byDeadline
            lasts = timeout
        }
        if machine.resources[group][index].isAddress, ending == .well, operation.action == .start {
            addressAppears(operation, on: machine)
        }
        let running = RunningOperation(
            serial: serial,
            run: machine.run,
            operation: operation,
            ending: ending,
            endsAt: now + lasts
        )
        machine.operations.append(running)
        queue.plan(.operationEnded(node: machine.index, serial: serial), at: running.endsAt)
    }

    private func takeMishap(_ operation: Operation, on machine: Machine) -> Mishap? {
        let found = machine.mishaps.firstIndex {
            $0.group == operation.groupIndex && $0.resource == operation.resourceIndex
                && $0.action == operation.action
        }
        guard let found else {
            let isHindered =
                operation.action == .start && operation.resourceIndex == 0
                && machine.services[operation.groupIndex].obstacles > 0
            return isHindered ? .fails : nil
        }
        return machine.mishaps.remove(at: found).how
    }

    private func cancel(_ id: OperationID, on machine: Machine) {
        for index in machine.operations.indices
        where machine.operations[index].operation.id == id
            && machine.operations[index].run == machine.run
        {
            guard !machine.operations[index].isCancelled else { return }
            let ends = now + operationDice[machine.index].between(millisecond, 60 * millisecond)
            guard ends < machine.operations[index].endsAt else { return }
            machine.operations[index].isCancelled = true
            machine.operations[index].endsAt = ends
            let serial = machine.operations[index].serial
            queue.plan(.operationEnded(node: machine.index, serial: serial), at: ends)
            return
        }
    }

    func operationEnded(_ machine: Machine, _ serial: UInt64) {
        guard let index = machine.operations.firstIndex(where: { $0.serial == serial }) else {
            return
        }
        let running = machine.operations[index]
        if machine.power == .frozen {
            queue.plan(.operationEnded(node: machine.index, serial: serial), at: machine.thawsAt)
            return
        }
        guard running.endsAt <= now else { return }
        machine.operations.remove(at: index)
        let outcome = settle(running, on: machine, isInterrupted: false)
        if running.run == machine.run {
            deliver(.operationFinished(running.operation.id, outcome), to: machine)
        }
    }

    /// Applies the end of an operation to the truth, and says what the daemon is told.
    func settle(
        _ running: RunningOperation,
        on machine: Machine,
        isInterrupted: Bool
    ) -> OperationOutcome {
        let operation = running.operation
        let group = operation.groupIndex
        let index = operation.resourceIndex
        machine.resources[group][index].isBusy = false
        let failure = OperationFailure(exitCode: 1, output: "as the story wants it")
        let isWell = !isInterrupted && !running.isCancelled && running.ending == .well
        let told: OperationOutcome =
            isInterrupted
            ? .interrupted
            : running.isCancelled
                ? .cancelled
                : running.ending == .byDeadline ? .timedOut(failure) : .failed(failure)
        switch operation.action {
        case .start, .resume:
            if isWell {
                machine.resources[group][index].truth = .running
                volumeRuns(operation, on: machine)
                // It may be released in the same breath, so that no beat ever calls it active.
                if machine.resources[group].allSatisfy({ $0.truth == .running }) {
                    machine.groups[group].wasOwner = true
                    machine.services[group].hasTriedToSuspend = false
                    // An old copy runs only where somebody accepted that: what runs is the data from now on.
                    volumes[group]?.knows[machine.index] = false
                    volumes[group]?.hasSaid[machine.index] = false
                }
                return .succeeded
            }
            if running.run == machine.run { machine.groups[group].hasFailedStart = true }
            let before: ResourceTruth = operation.action == .start ? .stopped : .suspended
            machine.resources[group][index].truth = leftover(machine, from: before)
            return told
        case .suspend:
            if isWell {
                machine.resources[group][index].truth = .suspended
                machine.setMayRun(false, group: group, resource: index)
                machine.block(true, group: group, behind: index)
                noteSplitEnd(group)
                return .succeeded
            }
            return told
        case .abandon:
            if isWell {
                // What wrote through it is dead, and it fails whatever would still be written.
                machine.setMayRun(false, group: group, resource: index)
                machine.block(true, group: group, behind: index)
                machine.resources[group][index].truth = .running
                machine.resources[group][index].isBlocked = true
                return .succeeded
            }
            machine.resources[group][index].isStopUnconfirmed = true
            return told
        case .stop:
            if isWell {
                machine.resources[group][index].truth = .stopped
                machine.resources[group][index].isBlocked = false
                machine.resources[group][index].isStopUnconfirmed = false
                machine.setMayRun(false, group: group, resource: index)
                return .succeeded
            }
            machine.resources[group][index].isStopUnconfirmed = true
            // What was suspended is ended before anything else is done, or stays as it is.
            if machine.resources[group][index].truth != .suspended {
                machine.resources[group][index].truth = leftover(machine, from: .running)
            }
            return told
        case .status:
            return settleStatus(running, on: machine, isWell: isWell, told: told)
        }
    }

    private func settleStatus(
        _ running: RunningOperation,
        on machine: Machine,
        isWell: Bool,
        told: OperationOutcome
    ) -> OperationOutcome {
        let group = running.operation.groupIndex
        let index = running.operation.resourceIndex
        if running.run == machine.run, !running.isCancelled, told != .interrupted {
            machine.resources[group][index].isProbed = true
        }
        guard isWell else {
            if case .failed(let failure) = told { return .unknown(failure) }
            return told
        }
        switch machine.resources[group][index].truth {
        case .running: return .running
        case .stopped:
            machine.resources[group][index].isBlocked = false
            machine.resources[group][index].isStopUnconfirmed = false
            machine.setMayRun(false, group: group, resource: index)
            return .stopped
        case .suspended: return .suspended
        case .half:
            // It comes up after all, or somebody has to ask again when it has made up its mind.
            let comesUp = operationDice[machine.index].below(2) == 0
            if comesUp {
                machine.resources[group][index].truth = .running
                return .running
            }
            machine.resources[group][index].truth = operationDice[machine.index].pick([
                .stopped, .running,
            ])
            return .unknown(OperationFailure(exitCode: 4, output: "half of it runs"))
        }
    }

    /// What an operation that did not end well leaves of a resource.
    private func leftover(_ machine: Machine, from truth: ResourceTruth) -> ResourceTruth {
        operationDice[machine.index].pick([truth, .half, .half, .running])
    }
}
