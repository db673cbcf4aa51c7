// Services of groups in the world: which are broken where, what the monitors there tell the core, and the rules
// on moves on health grounds (S7, move_budget) and on freezes.

import Failover

/// What the world knows of a group's services on one machine.
struct ServiceMemory: Sendable {
    /// Deeds that break a service now, by what is asked for.
    var broken: [HealthAction] = []
    /// What the core was told.
    var told: [HealthFailure] = []
    /// Since when its beats call this machine fit for the group; `nil` when the last one does not.
    var fitSince: Int64?
    /// When they last ceased to.
    var fitEnded = Int64.min / 2
    /// When the core last gave the group up, or started it anew, because of a service.
    var actedAt = Int64.min / 2
    /// When the group was last given up here on health grounds; no longer once that is cleared.
    var gaveUpAt = Int64.min / 2
    /// This daemon has said that the group is frozen, and has not said since that it is no more.
    var isFrozen = false
    /// When the core last said that it is cut off and lets go of the group (S12).
    var suspendedAt = Int64.min / 2
    /// Deeds that keep it from being started now.
    var obstacles = 0
    /// This daemon was told of them.
    var knowsObstacle = false
    /// A suspension was begun since a start last ended well.
    var hasTriedToSuspend = false
    /// A restart is on: the same epoch is used again.
    var isRestarting = false
}

/// A move on health grounds as the world saw it.
struct HealthMoveSeen: Sendable {
    /// When.
    var at: Int64
    /// The node that gave the group up.
    var node: Int
    /// The counter of its daemon.
    var counter: UInt64
    /// Its disk took what it knew.
    var hasDisk: Bool
}

extension World {
    /// Tells the core of a machine what its monitors see: they run while the group is active.
    func tellHealth(_ machine: Machine) {
        guard machine.daemon == .running, machine.power == .on else { return }
        guard machine.services.contains(where: { !$0.broken.isEmpty || !$0.told.isEmpty }) else {
            return
        }
        let phases = machine.core.phases
        for group in machine.services.indices where group < phases.count {
            let broken = phases[group] == .active ? machine.services[group].broken : []
            let told = machine.services[group].told
            guard broken.map(\.self) != told.map(\.action) else { continue }
            var failures: [HealthFailure] = []
            for action in broken {
                healthIncidents += 1
                let known = told.first { $0.action == action }
                failures.append(
                    known
                        ?? HealthFailure(
                            name: "own/web",
                            incident: healthIncidents,
                            action: action,
                            text: "closed"
                        )
                )
            }
            machine.services[group].told = failures
            turn(machine, .healthChanged(group: group, failures))
            guard violation == nil, machine.daemon == .running else { return }
        }
    }

    /// A new daemon has been told nothing.
    func forgetHealth(_ machine: Machine) {
        for group in machine.services.indices {
            machine.services[group].told = []
            machine.services[group].isRestarting = false
            machine.services[group].isFrozen = false
            machine.services[group].knowsObstacle = false
        }
    }

    /// Follows what a machine's beats say of its fitness.
    func noteFitness(_ reports: [GroupReport], _ machine: Machine) {
        for report in reports {
            let found = machine.identities.firstIndex(of: report.group)
            guard let group = found else { continue }
            if report.fitness == .fit {
                machine.services[group].fitSince = machine.services[group].fitSince ?? now
            } else if machine.services[group].fitSince != nil {
                machine.services[group].fitSince = nil
                machine.services[group].fitEnded = now
            }
        }
    }

    /// Judges what a core notes of health.
    func judge(_ notice: Notice, _ machine: Machine) {
        guard let name = notice.group,
            let group = machine.settings.groups.firstIndex(where: { $0.name == name })
        else { return }
        switch notice.code {
        case .healthMove:
            machine.services[group].actedAt = now
            tally.healthMoves += 1
            checkHealthMove(group, machine)
        case .restarted:
            machine.services[group].actedAt = now
            machine.services[group].isRestarting = true
            tally.restarts += 1
        case .isolated where notice.severity == .page:
            machine.services[group].actedAt = now
            machine.services[group].suspendedAt = now
            checkSuspension(group, machine)
        case .isolated: machine.services[group].isRestarting = true
        case .frozen: machine.services[group].isFrozen = true
        case .thawed: machine.services[group].isFrozen = false
        case .cleared:
            healthMoves[group] = []
            for machine in machines { machine.services[group].gaveUpAt = Int64.min / 2 }
        default: break
        }
    }

    /// Only towards a node that has said for `fit_settle` that it is fit (S7); only so many in an hour; and not
    /// while frozen.
    private func checkHealthMove(_ group: Int, _ machine: Machine) {
        let peer = other(than: machine)
        let word = peer.services[group]
        // What its beats said last may not have arrived: they are lost, late, or on the way.
        let patience = scenery.longest(\.deadtime).nanoseconds + 2 * second
        let settle = machine.settings.timings.fitSettle.nanoseconds
        if now - word.fitEnded > patience {
            guard let since = word.fitSince else {
                return violate(
                    "S7",
                    "\(groupName(group)) is given up, and the peer is not fit",
                    machine
                )
            }
            // The clocks of the two differ a little.
            if now - since < settle - settle / 1000 - millisecond {
                return violate(
                    "S7",
                    "\(groupName(group)) is given up before the peer was fit for fit_settle",
                    machine
                )
            }
        }
        if machine.services[group].broken.isEmpty, now - lastCommandAt > replyBound,
            lacksTheNetworkAsMuch(peer)
        {
            return violate(
                "S7",
                "\(groupName(group)) is given up for a network that the peer has lost too",
                machine
            )
        }
        let hold = scenery.holdDown.nanoseconds
        // A takeover lifts the hold-down, and a lost disk forgets it.
        let knows = word.gaveUpAt > lastCommandAt && !story.deeds.contains(where: \.losesDisk)
        if knows, now - word.gaveUpAt < hold - hold / 1000 - patience {
            violate("S7", "\(groupName(group)) is given up to a node that is held down", machine)
        }
        machine.services[group].gaveUpAt = now
        healthMoves[group].append(
            HealthMoveSeen(
                at: now,
                node: machine.index,
                counter: machine.counter,
                hasDisk: machine.diskHangs == 0
            )
        )
        // What a disk that hung did not take is gone with the daemon.
        let recent = healthMoves[group].filter {
            now - $0.at < 3590 * second
                && ($0.hasDisk || machines[$0.node].counter == $0.counter)
        }
        // A lost disk takes what it knew with it.
        if recent.count > scenery.moveBudget, !story.deeds.contains(where: \.losesDisk) {
            violate(
                "S7",
                "\(groupName(group)) is moved on health grounds \(recent.count) times in an hour",
                machine
            )
        }
        if machine.services[group].isFrozen {
            violate("freeze", "\(groupName(group)) is given up although it is frozen", machine)
        }
    }

    /// Whether the service network took both carriers, and the peer has had time to say so over another.
    private func lacksTheNetworkAsMuch(_ peer: Machine) -> Bool {
        let service = lines[Scenery.serviceNetwork]
        guard service.carrierCuts > 0, now - service.carrierCutSince > 20 * millisecond else {
            return false
        }
        let dead = scenery.longest(\.deadtime).nanoseconds
        guard peer.daemon == .running, peer.power == .on,
            now - max(peer.startedAt, peer.lastPauseEnd) > dead,
            // Whose file names no address at all does not look at the network of any.
            peer.coreSettings.groups.flatMap(\.resources).contains(where: { $0.address != nil })
        else { return false }
        // Of a beat in several datagrams one may overtake another and count alone, again and again.
        guard scenery.groups.count <= 12 else { return false }
        return networks.indices.contains { network in
            network != Scenery.serviceNetwork && networks[network].link != nil
                && lines[network].isClean && now - lines[network].cleanSince > dead
        }
    }

    /// A node calls itself cut off only where something is wrong with its network, or only now was (S12).
    private func checkSuspension(_ group: Int, _ machine: Machine) {
        let service = lines[Scenery.serviceNetwork]
        let patience = scenery.longest(\.deadtime).nanoseconds + second
        // Who stood still acts on what it knew before it is told what happened meanwhile; it owes the group anyway.
        if now - max(machine.frozeUntil, machine.lastPauseEnd) < patience { return }
        if service.isClean, now - service.cleanSince > patience {
            violate("S12", "\(groupName(group)) is suspended, and the network works", machine)
        }
    }

    /// A group that is frozen without an end, on both disks, begins nowhere by itself.
    func checkFrozenStart(_ group: Int, _ machine: Machine) {
        guard machines.allSatisfy({ $0.isFrozenForGood(group) }), splits[group] == nil else {
            return
        }
        // What was on its way when the freeze came arrives, or comes back.
        if machines.contains(where: { now - $0.groups[group].offeredAt < 2 * second }) { return }
        // A claim may have waited for its disk since before.
        guard now - lastFreezeAt > second, !story.deeds.contains(where: \.hangsDisk) else { return }
        // What was ordered, a command or an orderly end, is carried out and may come back.
        guard now - lastOrderAt > replyBound else { return }
        if machines.contains(where: \.isShuttingDown) || machine.services[group].isRestarting {
            return
        }
        violate("freeze", "\(groupName(group)) is started although it is frozen", machine)
    }
}

extension Machine {
    /// Whether the disk knows of a freeze of the group that does not end by itself.
    fileprivate func isFrozenForGood(_ group: Int) -> Bool {
        let identity = identities[group]
        let health = durable?.claims.first { $0.group == identity }?.health
        return health?.isFrozen == true && health?.frozenUntil == nil
    }
}

extension Command {
    /// Whether it may start a group that is frozen.
    var mayMove: Bool {
        switch self {
        case .freeze, .clear: false
        case .standby, .takeover, .takeoverAcceptingLoss, .failback, .confirmDown,
            .standbyForHealth, .thaw:
            true
        }
    }
}

extension Deed {
    /// Whether a disk stops writing.
    var hangsDisk: Bool {
        if case .hangDisk = kind { true } else { false }
    }

    /// Whether a machine comes back without its disk.
    var losesDisk: Bool {
        if case .crash(_, _, true) = kind { true } else { false }
    }
}
