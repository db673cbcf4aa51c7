// What the deeds of a story do to the world, how machines and daemons come and go, and how all faults end.

import Failover
import Wire

extension World {
    /// Does a deed.
    func begin(_ kind: DeedKind, _ index: Int) {
        transcript?.deed(kind, at: now)
        var lasts: Int64?
        switch kind {
        case .crash(let node, let offFor, let losesDisk):
            let machine = machines[node]
            guard machine.power != .off else { return }
            crash(machine, losesDisk: losesDisk)
            queue.plan(.powerOn(node: node, boot: machine.boots), at: now + offFor)
        case .kill(let node, let restartAfter):
            killDaemon(machines[node], restartAfter: restartAfter)
        case .pause(let node, let lasts, let keeperAfter):
            pause(machines[node], for: lasts, keeperAfter: keeperAfter)
        case .freeze(let node, let lasts):
            freeze(machines[node], for: lasts)
        case .cut(let network, let way, let duration, let losesCarrier):
            for line in affected(network) { cut(line, way, losesCarrier: losesCarrier, by: 1) }
            lasts = duration
        case .pull(let node, let network, let duration, let losesCarrier):
            for line in affected(network) { pull(line, node, losesCarrier, by: 1) }
            lasts = duration
        case .lose(let network, let perMille, let duration):
            lines[network].losses.append(perMille)
            lasts = duration
        case .delay(let network, let most, let duration):
            lines[network].delays.append(most)
            lasts = duration
        case .double(let network, let perMille, let duration):
            lines[network].doubles.append(perMille)
            lasts = duration
        case .hangDisk(let node, let duration):
            machines[node].diskHangs += 1
            lasts = duration
        case .spoil(let node, let group, let resource, let action, let how):
            machines[node].mishaps.append((group, resource, action, how))
        case .loseHelper(let node):
            loseHelper(machines[node])
        case .command(let node, let command):
            give(command, to: machines[node])
        case .breakService(let node, let group, let duration, let action):
            machines[node].services[group].broken.append(action)
            tellHealth(machines[node])
            lasts = duration
        case .unprepare(let node, let group, let duration):
            unprepare(machines[node], group, by: 1)
            lasts = duration
        case .confirmDown(let node, let lies):
            confirmDown(machines[node], lies: lies)
        case .shutdown(let node, let restartAfter):
            shutDown(machines[node], restartAfter: restartAfter)
        case .forge(let node, let how, let pick):
            forge(to: node, how, pick)
        }
        if let lasts { queue.plan(.deedEnds(index), at: now + lasts) }
    }

    /// Undoes a deed that lasts.
    func end(_ kind: DeedKind) {
        transcript?.deedEnds(kind, at: now)
        switch kind {
        case .cut(let network, let way, _, let losesCarrier):
            for line in affected(network) { cut(line, way, losesCarrier: losesCarrier, by: -1) }
        case .pull(let node, let network, _, let losesCarrier):
            for line in affected(network) { pull(line, node, losesCarrier, by: -1) }
        case .lose(let network, let perMille, _):
            remove(perMille, from: &lines[network].losses)
            lines[network].lossyUntil = now
            noteCleanliness(network)
        case .delay(let network, let most, _):
            remove(most, from: &lines[network].delays)
            lines[network].laggedUntil = now
            noteCleanliness(network)
        case .double(let network, let perMille, _):
            remove(perMille, from: &lines[network].doubles)
        case .hangDisk(let node, _):
            machines[node].diskHangs -= 1
            releaseDisk(machines[node])
        case .breakService(let node, let group, _, let action):
            remove(action, from: &machines[node].services[group].broken)
            tellHealth(machines[node])
        case .unprepare(let node, let group, _): unprepare(machines[node], group, by: -1)
        default: return
        }
    }

    private func remove<Value: Equatable>(_ value: Value, from values: inout [Value]) {
        if let index = values.firstIndex(of: value) { values.remove(at: index) }
    }

    private func affected(_ network: Int?) -> [Int] {
        guard let network else { return Array(networks.indices) }
        return [network]
    }

    private func cut(_ network: Int, _ way: Way, losesCarrier: Bool, by step: Int) {
        for sender in 0...1 where way.concerns(from: sender) { lines[network].cuts[sender] += step }
        noteCleanliness(network)
        guard losesCarrier, way == .both else { return }
        if lines[network].carrierCuts == 0 { lines[network].carrierCutSince = now }
        lines[network].carrierCuts += step
        let hasChanged = lines[network].carrierCuts == (step > 0 ? 1 : 0)
        if hasChanged { tellCarrier(of: network) }
    }

    private func pull(_ network: Int, _ node: Int, _ losesCarrier: Bool, by step: Int) {
        // Whoever began in peace has asked them by now, and knows them whether it did or not.
        let machine = machines[node]
        let peace = max(machine.startedAt, machine.lastPauseEnd, lines[network].cleanSince)
        if scenery.hasHosts, network == Scenery.serviceNetwork, lines[network].isClean,
            now - peace > 3 * second
        {
            machine.knowsNeighbours = true
        }
        if lines[network].pulled[node] == 0 { lines[network].pulledSince[node] = now }
        lines[network].pulled[node] += step
        noteCleanliness(network)
        guard losesCarrier else { return }
        lines[network].pulledCarriers[node] += step
        tellCarrier(of: network)
    }

    private func noteCleanliness(_ network: Int) {
        if lines[network].isClean { lines[network].cleanSince = now }
    }

    private func tellCarrier(of network: Int) {
        for machine in machines where machine.power != .off {
            watchCarriers(of: machine)
            let isUp = hasCarrier(machine, network)
            for link in paths(over: network, of: machine) {
                deliver(.linkChanged(LinkIndex(link), isUp: isUp), to: machine)
            }
            deliver(.networksChanged(ownNetworks(of: machine)), to: machine)
        }
    }

    /// The places of a machine's paths over a network.
    private func paths(over network: Int, of machine: Machine) -> [Int] {
        let learnt = machine.paths.keys.sorted()
        return (Array(networkOfLink.indices) + learnt).filter {
            self.network(of: $0, on: machine) == network
        }
    }

    private func ownNetworks(of machine: Machine) -> [OwnNetwork] {
        scenery.ownNetworks(of: machine.index) { hasCarrier(machine, $0) }
    }

    private func releaseDisk(_ machine: Machine) {
        guard machine.diskHangs == 0, machine.power != .off, let writing = machine.writing else {
            return
        }
        planWrite(machine, writing.serial)
    }

    // MARK: - Machines

    /// Takes a machine's power.
    func crash(_ machine: Machine, losesDisk: Bool) {
        transcript?.world("\(machine.settings.node) crashes", at: now)
        endRun(machine)
        endWrites(machine)
        forgetTold(machine, losesDisk: losesDisk)
        if losesDisk {
            machine.durable = nil
            machine.counter = 0
            // What only this disk knew of epochs, nobody knows now.
            for group in machine.groups.indices {
                machine.groups[group].epoch = 0
                machine.groups[group].wasOwner = false
            }
            machine.contactAt = Int64.min / 2
        }
        machine.power = .off
        machine.carrierLostSince = nil
        machine.boots += 1
        machine.turnedAt = nil
        machine.operations.removeAll(keepingCapacity: true)
        machine.clockStart = machine.clock(at: now).nanoseconds
        for group in machine.resources.indices {
            for index in machine.resources[group].indices {
                machine.resources[group][index].truth = .stopped
                machine.resources[group][index].isBusy = false
                machine.resources[group][index].isBlocked = false
                machine.resources[group][index].isStopUnconfirmed = false
                machine.setMayRun(false, group: group, resource: index)
            }
            noteSplitEnd(group)
        }
    }

    /// A machine's kernel comes up, and its daemon with it.
    func bootMachine(_ machine: Machine) {
        guard machine.power == .off else { return }
        machine.power = .on
        machine.upSince = now
        machine.bootID = BootID(high: identityDice.next(), low: identityDice.next())
        // The boot-time clock of a new boot begins near zero, far from the old one.
        machine.clockOrigin = now
        machine.clockStart = machine.boots == 0 ? machine.clockStart : 5 * second
        transcript?.world("\(machine.settings.node) boots", at: now)
        startDaemon(machine)
    }

    private func freeze(_ machine: Machine, for lasts: Int64) {
        guard machine.power == .on else { return }
        machine.power = .frozen
        machine.thawsAt = now + lasts
        if machine.daemon != .paused { machine.pausedAt = now }
        queue.plan(.machineThaws(node: machine.index, boot: machine.boots), at: now + lasts)
    }

    func thaw(_ machine: Machine) {
        guard machine.power == .frozen, machine.thawsAt <= now else { return }
        machine.power = .on
        machine.frozeUntil = now
        transcript?.world("\(machine.settings.node) goes on", at: now)
        if machine.daemon == .running { drain(machine) }
    }

    /// What the disk, or the helper that writes, makes of a write in progress when its asker is gone: it is done or
    /// it is not.
    ///
    /// What waited is forgotten.
    private func endWrites(_ machine: Machine) {
        if let writing = machine.writing, machine.diskHangs == 0,
            diskDice[machine.index].below(2) == 0
        {
            machine.durable = writing.record
        }
        machine.writing = nil
        machine.waiting = nil
    }

    // MARK: - Daemons

    /// A daemon's first turn.
    func startDaemon(_ machine: Machine) {
        guard machine.power == .on, machine.daemon == .down else { return }
        // S14's operation record: what an earlier daemon ran has ended, or is ended now.
        for running in machine.operations { _ = settle(running, on: machine, isInterrupted: true) }
        machine.operations.removeAll(keepingCapacity: true)
        machine.run += 1
        machine.keeper = nil
        machine.paths = [:]
        machine.counter += 1
        if let turned = machine.turnedAt { noteSleep(of: machine, since: turned) }
        noteQuestionLeft(by: machine)
        watchCarriers(of: machine)
        machine.startedAt = now
        machine.sentAt = now
        machine.lastPauseEnd = now
        machine.daemon = .running
        machine.knowsNeighbours = false
        machine.isShuttingDown = false
        machine.appliedRun = 0
        machine.appliedSequence = 0
        for group in machine.resources.indices { forgetProbes(machine, group) }
        var nonce = identityDice.next()
        if nonce == 0 { nonce = 1 }
        let start = Start(
            bootID: machine.bootID,
            incarnation: Incarnation(counter: machine.counter, nonce: nonce),
            record: machine.durable,
            lastTurn: machine.turnedAt.flatMap { _ in machine.core.soundTurn },
            lastReset: machine.resetAt.map { .nanoseconds(now - $0) }
        )
        machine.core = FailoverMachine(settings: machine.coreSettings)
        forgetHealth(machine)
        do throws(WireError) {
            machine.session = try makeSession(
                codec: codec,
                start: start,
                settings: machine.settings
            )
        } catch {
            return violate("S6", "no session: \(error)", machine)
        }
        let run = machine.run
        beginLooking(machine)
        beginAsking(machine)
        turn(machine, .started(start))
        if machine.run == run, machine.daemon == .running {
            turn(machine, .networksChanged(ownNetworks(of: machine)))
        }
        for link in networkOfLink.indices where machine.run == run && machine.daemon == .running {
            let isUp = hasCarrier(machine, networkOfLink[link])
            turn(machine, .linkChanged(LinkIndex(link), isUp: isUp))
        }
    }

    private func forgetProbes(_ machine: Machine, _ group: Int) {
        for index in machine.resources[group].indices {
            machine.resources[group][index].isProbed = false
        }
        let truths = machine.resources[group]
        let isWhole = truths.allSatisfy { $0.truth == .running }
        let isNothing = truths.allSatisfy { $0.truth == .stopped }
        // What an earlier daemon meant to stop is stopped by the next.
        let identity = machine.identities[group]
        let claim = machine.durable?.claims.first { $0.group == identity }
        let wasKept =
            claim?.intent == .active || claim?.intent == .acquiring || claim?.intent == .reserved
        machine.groups[group].wasFoundHalf = !isNothing && (!isWhole || !wasKept)
        machine.groups[group].hasFailedStart = false
    }

    /// Forgets everything that lived in the daemon.
    private func endRun(_ machine: Machine) {
        machine.daemon = .down
        machine.run += 1
        machine.session = nil
        machine.keeper = nil
        machine.armed = nil
        machine.timerAt = Int64.max
        machine.reports = []
        machine.commands.removeAll(keepingCapacity: true)
        for case .datagram(let index) in machine.inbox { freePackets.append(index) }
        machine.inbox.removeAll(keepingCapacity: true)
        machine.inboxDatagrams = 0
        machine.isShuttingDown = false
    }

    /// Kills a daemon; its keeper, or systemd, starts another.
    func killDaemon(_ machine: Machine, restartAfter: Int64) {
        guard machine.power == .on, machine.daemon != .down else { return }
        transcript?.world("the daemon of \(machine.settings.node) is killed", at: now)
        let keeper = scenery.hasKeeper ? makeKeeper(for: machine) : nil
        endRun(machine)
        endWrites(machine)
        forgetTold(machine, losesDisk: false)
        if let keeper {
            machine.keeper = keeper
            queue.plan(
                .keeperSpeaks(node: machine.index, run: machine.run),
                at: now + machine.settings.timings.keepalive.nanoseconds / 2
            )
        }
        queue.plan(
            .daemonStarts(node: machine.index, boot: machine.boots, run: machine.run),
            at: now + restartAfter
        )
    }

    /// The daemon has ended by itself after SIGTERM.
    func endDaemon(_ machine: Machine) {
        checkEnd(machine)
        endRun(machine)
        endWrites(machine)
        queue.plan(
            .daemonStarts(node: machine.index, boot: machine.boots, run: machine.run),
            at: now + machine.restartAfter
        )
    }

    private func pause(_ machine: Machine, for lasts: Int64, keeperAfter: Int64?) {
        guard machine.power == .on, machine.daemon == .running else { return }
        machine.daemon = .paused
        machine.pausedAt = now
        queue.plan(.daemonResumes(node: machine.index, run: machine.run), at: now + lasts)
        if let keeperAfter {
            queue.plan(.keeperActs(node: machine.index, run: machine.run), at: now + keeperAfter)
        }
    }

    func resume(_ machine: Machine) {
        guard machine.daemon == .paused else { return }
        if machine.power == .frozen {
            queue.plan(.daemonResumes(node: machine.index, run: machine.run), at: machine.thawsAt)
            return
        }
        transcript?.world("the daemon of \(machine.settings.node) goes on", at: now)
        machine.daemon = .running
        drain(machine)
    }

    /// What a loop does that comes back late: the beats that wait, then how late it is, then everything else (S8;
    /// `Loop.turn` of the daemon).
    private func drain(_ machine: Machine) {
        let run = machine.run
        noteSleep(of: machine, since: machine.pausedAt)
        let waiting = machine.inbox
        machine.inbox.removeAll(keepingCapacity: true)
        machine.inboxDatagrams = 0
        machine.lastPauseEnd = now
        machine.sentAt = now
        machine.isDraining = true
        defer { machine.isDraining = false }
        for case .datagram(let index) in waiting {
            guard machine.run == run, machine.daemon == .running else { return }
            open(index, on: machine)
        }
        guard machine.run == run, machine.daemon == .running else { return }
        let lateness = machine.clock(at: now) - machine.clock(at: machine.pausedAt)
        machine.isDraining = false
        turn(machine, .loopLate(lateness))
        for case .event(let event) in waiting {
            guard machine.run == run, machine.daemon == .running else { return }
            turn(machine, event)
        }
    }

    private func loseHelper(_ machine: Machine) {
        guard machine.power == .on else { return }
        let operations = machine.operations
        machine.operations.removeAll(keepingCapacity: true)
        for running in operations {
            if machine.resources[running.operation.groupIndex][running.operation.resourceIndex]
                .isAddress
            {
                machine.operations.append(running)
                continue
            }
            let outcome = settle(running, on: machine, isInterrupted: true)
            if running.run == machine.run {
                deliver(.operationFinished(running.operation.id, outcome), to: machine)
            }
        }
    }

    // MARK: - Administrators

    private func give(_ command: Command, to machine: Machine) {
        guard machine.power == .on, machine.daemon == .running else { return }
        commandNumber += 1
        tally.commands += 1
        lastCommandAt = now
        if command.mayMove { lastOrderAt = now }
        if case .freeze = command { lastFreezeAt = now }
        let held = machine.groups.indices.filter { machine.groups[$0].mayRun > 0 }
        machine.commands.append(
            OpenCommand(
                id: commandNumber,
                command: command,
                held: Set(held),
                doubtful: Set(held.filter { machine.report(of: $0)?.isLate == true }),
                at: now
            )
        )
        queue.plan(
            .replyDue(node: machine.index, run: machine.run, id: commandNumber),
            at: now + replyBound
        )
        turn(machine, .commandReceived(CommandID(commandNumber), command))
    }

    private func confirmDown(_ machine: Machine, lies: Bool) {
        let peer = other(than: machine)
        guard lies || peer.power == .off else { return }
        if peer.power != .off { lieAt[machine.index] = now }
        give(.confirmDown(peer.settings.node), to: machine)
    }

    private func shutDown(_ machine: Machine, restartAfter: Int64) {
        guard machine.power == .on, machine.daemon == .running, !machine.isShuttingDown else {
            return
        }
        machine.isShuttingDown = true
        lastOrderAt = now
        machine.restartAfter = restartAfter
        lastCommandAt = now
        machine.commands.append(OpenCommand(id: UInt64.max, command: nil, at: now))
        queue.plan(
            .replyDue(node: machine.index, run: machine.run, id: UInt64.max),
            at: now + replyBound
        )
        turn(machine, .shutdownRequested)
    }

    // MARK: - Forgers

    private func forge(to node: Int, _ how: Forgery, _ pick: UInt64) {
        let sender = 1 - node
        guard !history[sender].isEmpty else { return }
        var packet = history[sender][Int(pick % UInt64(history[sender].count))]
        packet.link = Int(pick >> 32 % UInt64(networkOfLink.count))
        packet.network = networkOfLink[packet.link]
        packet.forgery = how
        switch how {
        case .replayed: break
        case .flipped:
            let bit = Int(pick >> 8 % UInt64(packet.bytes.count * 8))
            packet.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        case .truncated:
            packet.bytes.removeLast(min(packet.bytes.count, 1 + Int(pick >> 8 % 40)))
        case .noise:
            for index in packet.bytes.indices {
                packet.bytes[index] = UInt8(truncatingIfNeeded: forgeryDice.next())
            }
        }
        tally.forged += 1
        transmit(packet, on: networkOfLink[packet.link])
    }

    // MARK: - The end of all faults

    /// Ends every fault; from here the world has `settleBound` to settle (L1).
    func beginQuiet() {
        isQuiet = true
        transcript?.world("all faults end", at: now)
        for network in lines.indices {
            let hadCarrier =
                lines[network].carrierCuts == 0 && lines[network].pulledCarriers == [0, 0]
            let wasClean = lines[network].isClean
            let since = lines[network].cleanSince
            let lagged = lines[network].delays.isEmpty ? lines[network].laggedUntil : now
            let lossy = lines[network].losses.isEmpty ? lines[network].lossyUntil : now
            lines[network] = NetworkState()
            lines[network].cleanSince = wasClean ? since : now
            lines[network].laggedUntil = lagged
            lines[network].lossyUntil = lossy
            if !hadCarrier { tellCarrier(of: network) }
        }
        for machine in machines {
            machine.mishaps.removeAll()
            for group in machine.services.indices { machine.services[group].broken = [] }
            endObstacles(machine)
            machine.diskHangs = 0
            releaseDisk(machine)
            if machine.power == .frozen {
                machine.thawsAt = now
                thaw(machine)
            }
            if machine.daemon == .paused { resume(machine) }
            if machine.power == .off { bootMachine(machine) }
            if machine.daemon == .down { startDaemon(machine) }
            tellHealth(machine)
        }
        endsAt = now + settleBound
        queue.plan(.look, at: now + second / 4)
    }
}
