// The rules, checked after every step. Each is named after the rule of the design that it watches; what the
// design's configurations do not promise is counted as an `Exception`, never skipped.

@_spi(Simulation) import Failover

extension World {
    /// Notes that a rule is broken; the first one ends the story.
    func violate(_ rule: String, _ text: String, _ machine: Machine? = nil) {
        guard violation == nil else { return }
        let name = machine.map { "\($0.settings.node): " } ?? ""
        violation = Violation(rule: rule, text: name + text, at: now)
        transcript?.violation(rule, name + text, at: now)
    }

    /// The name of a group, for words.
    func groupName(_ group: Int) -> String { machines[0].settings.groups[group].name.text }

    // MARK: - Operations

    /// Checks that an operation may begin now (S1, S3, S4, S14 and the move's need).
    func checkOperation(_ operation: Operation, on machine: Machine) {
        let group = operation.groupIndex
        let index = operation.resourceIndex
        let resource = machine.resources[group][index]
        let name = machine.settings.groups[group].resources[index].name
        if resource.isBusy {
            violate(
                "S3",
                "\(operation.action.rawValue) of \(name) while another operation on it runs",
                machine
            )
        }
        guard operation.action != .status else { return }
        if machine.resources[group].contains(where: { !$0.isProbed }) {
            violate(
                "S14",
                "\(operation.action.rawValue) of \(name) before \(groupName(group)) is probed",
                machine
            )
        }
        switch operation.action {
        case .start, .resume:
            checkStart(operation, name, on: machine)
            checkFresh(operation, on: machine)
        case .stop: checkStop(operation, name, on: machine)
        case .suspend: checkSuspend(operation, name, on: machine)
        case .abandon: checkAbandon(operation, name, on: machine)
        case .status: break
        }
    }

    private func checkStart(_ operation: Operation, _ name: String, on machine: Machine) {
        let group = operation.groupIndex
        let resources = machine.resources[group]
        checkLateStart(group, name, on: machine)
        checkBootStart(group, name, on: machine)
        for earlier in 0..<operation.resourceIndex
        where (resources[earlier].truth != .running || resources[earlier].isBusy)
            && !areBeside(earlier, operation.resourceIndex, group, machine)
        {
            violate("S3", "start of \(name) before resource \(earlier) runs", machine)
        }
        if resources.contains(where: { $0.isStopUnconfirmed }) {
            violate("S4", "start of \(name) over an unconfirmed stop", machine)
        }
        if !resources[operation.resourceIndex].isStateless,
            other(than: machine).groups[group].writers > 0
        {
            judgeSplit(
                group,
                "start of \(name) while the other node may be writing",
                machine,
                isAddress: false
            )
        }
        if machine.groups[group].acquiredAt == nil {
            machine.groups[group].acquiredAt = now
            tally.acquired[machine.index] += 1
            pendingEpochCheck = (machine.index, group)
            checkFrozenStart(group, machine)
        }
    }

    /// Whether the administrator wants everything from one resource to a later one side by side.
    private func areBeside(_ first: Int, _ last: Int, _ group: Int, _ machine: Machine) -> Bool {
        machine.settings.groups[group].resources[(first + 1)...last]
            .allSatisfy(\.isBesidePrevious)
    }

    /// Without contact since its boot a machine starts what `boot_policy` allows, or what somebody ordered (S1).
    private func checkBootStart(_ group: Int, _ name: String, on machine: Machine) {
        guard machine.contactAt < machine.upSince, lastCommandAt < machine.upSince else { return }
        switch bootPolicy(of: group, on: machine) {
        case .any: return
        case .lastOwner where machine.groups[group].wasOwner: return
        case .lastOwner, .wait:
            violate("S1", "start of \(name) by who heard nobody since its boot", machine)
        }
    }

    private func bootPolicy(of group: Int, on machine: Machine) -> BootPolicy {
        let isHolding = machine.settings.groups[group].holdsStorage
        return machine.settings.evidence.bootPolicy ?? (isHolding ? .wait : .lastOwner)
    }

    /// Checks that no two nodes have an address.
    func addressAppears(_ operation: Operation, on machine: Machine) {
        let group = operation.groupIndex
        let peer = other(than: machine)
        guard peer.power != .off else { return }
        for index in peer.resources[group].indices {
            let resource = peer.resources[group][index]
            guard resource.isAddress, index == operation.resourceIndex else { continue }
            guard resource.truth == .running || resource.isBusy, resource.mayRun else { continue }
            judgeSplit(
                group,
                "the address of \(groupName(group)) is on both nodes",
                machine,
                isAddress: true
            )
        }
    }

    private func checkStop(_ operation: Operation, _ name: String, on machine: Machine) {
        let group = operation.groupIndex
        let resources = machine.resources[group]
        for later
            in (operation.resourceIndex + 1)..<max(resources.count, operation.resourceIndex + 1)
        where resources[later].isThere && !letsGoOfAddress(operation, on: machine)
            && !areBeside(operation.resourceIndex, later, group, machine)
        {
            violate("S3", "stop of \(name) before resource \(later) is stopped", machine)
        }
        guard resources[operation.resourceIndex].truth == .running else { return }
        checkWhoYields(group, machine)
        guard machine.runsWholly(group) else { return }
        if splits[group] != nil {
            // Each may yield to a beat that the other sent before it yielded: not judged where beats lag.
            let isPrompt = networkOfLink.allSatisfy {
                lines[$0].delays.isEmpty && now - lines[$0].laggedUntil > 2 * second
            }
            // A start that fails after the other has yielded is an accident, not a judgement.
            if other(than: machine).groups[group].yieldsInSplit, isPrompt,
                !machine.groups[group].hasFailedStart, now - lastCommandAt > replyBound,
                machines.allSatisfy({ now - $0.services[group].actedAt > replyBound })
            {
                if let index = Exception.allCases.firstIndex(of: .bothYielded) {
                    exceptions[index] += 1
                }
                transcript?.world("both nodes stop \(groupName(group)) after the split", at: now)
            }
            machine.groups[group].yieldsInSplit = true
            return
        }
        if !hasCauseToStop(group, machine) {
            violate(
                "needless move",
                "\(groupName(group)) runs well here, and is stopped for nothing",
                machine
            )
        }
    }

    /// Only a node that is cut off suspends, what can be suspended, and after every address (S12).
    private func checkSuspend(_ operation: Operation, _ name: String, on machine: Machine) {
        let group = operation.groupIndex
        machine.services[group].hasTriedToSuspend = true
        if now - machine.services[group].suspendedAt >= replyBound {
            violate("S12", "suspend of \(name) by who is not cut off", machine)
        }
        if !machine.settings.groups[group].resources[operation.resourceIndex].isSuspendable {
            violate("S12", "suspend of \(name), which cannot be suspended", machine)
        }
        if machine.resources[group].contains(where: { $0.isAddress && $0.isThere }) {
            violate("S12", "suspend of \(name) before every address is gone", machine)
        }
    }

    /// Only what is suspended, or may be, is abandoned (S12).
    private func checkAbandon(_ operation: Operation, _ name: String, on machine: Machine) {
        let group = operation.groupIndex
        let resource = machine.resources[group][operation.resourceIndex]
        let mayBe = resource.truth != .running || machine.services[group].hasTriedToSuspend
        if !machine.settings.groups[group].resources[operation.resourceIndex].isBarrier || !mayBe {
            violate("S12", "abandon of \(name), which is not suspended", machine)
        }
    }

    /// Whether a node that is cut off lets go of an address before what stands behind it (S12).
    private func letsGoOfAddress(_ operation: Operation, on machine: Machine) -> Bool {
        machine.resources[operation.groupIndex][operation.resourceIndex].isAddress
            && now - machine.services[operation.groupIndex].suspendedAt < replyBound
    }

    /// Whether anything explains that a group which runs well is stopped.
    private func hasCauseToStop(_ group: Int, _ machine: Machine) -> Bool {
        // What the nodes describe differently moves by no command and does not go home (design section 3).
        let isAlike = scenery.groups[group].difference == .none
        if machine.isShuttingDown { return true }
        // Only stopping tells what a status cannot: an order may, whatever the other file says (S14).
        let isUndecided = machine.report(of: group)?.phase == .unknown
        if isAlike || isUndecided, now - lastCommandAt < replyBound { return true }
        let memory = machine.groups[group]
        if memory.hasFailedStart || memory.wasFoundHalf { return true }
        // A stop that failed is tried again.
        if machine.resources[group].contains(where: \.isStopUnconfirmed) { return true }
        if now - machine.services[group].actedAt < replyBound { return true }
        // Who slept, and hears of a peer that began anew meanwhile with a higher epoch reserved, yields (S8, S14).
        let since = memory.acquiredAt ?? now
        let rival = other(than: machine)
        if machine.lateAt > since, rival.startedAt > since { return true }
        // So does who slept while the peer used a higher epoch, whatever became of that.
        let used = max(rival.groups[group].epoch, rival.report(of: group)?.epoch ?? 0)
        if machine.lateAt > since, used > memory.epoch { return true }
        // A claim whose start failed was told by beats all the same; they may be on the way.
        let claim = rival.groups[group].claimedAt
        if now - claim < (rival.groups[group].hasFailedStart ? 10 : 2) * second { return true }
        let isAtHome = scenery.groups[group].home == machine.index
        if scenery.autoFailback.returnsGroups, !isAtHome, isAlike { return true }
        let peer = other(than: machine)
        if peer.groups[group].mayRun > 0 || now - lastSplitEnd[group] < 10 * second { return true }
        return peer.report(of: group)?.phase.holds ?? false
    }

    // MARK: - Splits

    /// Two holders: broken, unless no probe could tell and the configuration promises no more.
    func judgeSplit(_ group: Int, _ text: String, _ machine: Machine, isAddress: Bool) {
        if splits[group] != nil { return }
        let peer = other(than: machine)
        // Probing lasts from the first missing beat, at the latest three quarters of `deadtime`, to the verdict.
        // The later of the two claims is the one that should have known; one that no beat has told is of now.
        let claims = machines.map { holder in
            holder.report(of: group)?.phase.holds == true ? holder.groups[group].claimedAt : now
        }
        let claimed = min(now, max(claims[0], claims[1]))
        let later = claims[0] == claims[1] ? machine.index : claims[0] > claims[1] ? 0 : 1
        let timings = scenery.timings(of: later)
        let begin = min(max(timings.warntime, timings.keepalive * 3 / 2), timings.deadtime * 3 / 4)
        let window = claimed - (timings.deadtime - begin).nanoseconds
        let exception: Exception
        if peer.power == .frozen || max(peer.frozeUntil, machine.frozeUntil) > window - 2 * second {
            exception = .frozenMachine
        } else if machines[later].core.peerHasLeft, now - lastSplitEnd[group] < 10 * second {
            // It goes on: the peer, which took what it could not know of, began anew since it left, and was not heard.
            exception = .allNetworksCut
        } else if couldTell(isAddress: isAddress, since: window, by: machines[later]) {
            return violate("S1", text, machine)
        } else if max(lieAt[0], lieAt[1]) > now - replyBound {
            exception = .lyingAdministrator
        } else if machines.contains(where: { $0.contactAt < $0.upSince && begins(group, on: $0) }) {
            exception = .bootPolicy
        } else if isAddress,
            machines.contains(where: {
                knowsItIsCutOff($0, group, since: window, isTaker: $0 === machine)
            })
        {
            return violate("S12", text + ", and one of them is cut off", machine)
        } else if isAddress,
            couldTell(isAddress: false, since: window, by: machines[later])
                || lines[Scenery.serviceNetwork].cuts == [0, 0]
                    && lines[Scenery.serviceNetwork].pulled == [0, 0]
        {
            exception = .addressUnheard
        } else if claimed - machines[later].contactAt < timings.deadtime.nanoseconds * 9 / 10 {
            exception = .earlyVerdict
        } else if networks.count == 1 {
            guard scenery.unprovedTakeover else {
                return violate("S1", text + " (unproved_takeover off)", machine)
            }
            exception = .unprovedTakeover
        } else {
            exception = .allNetworksCut
        }
        splits[group] = exception
        splitSince[group] = now
        groupsWithTwo.insert(group)
        if let index = Exception.allCases.firstIndex(of: exception) { exceptions[index] += 1 }
        for machine in machines { machine.groups[group].yieldsInSplit = false }
        transcript?.world("two holders of \(groupName(group)): \(exception.rawValue)", at: now)
    }

    /// Whether nothing but pulled cables parts the nodes, and a machine whose own is pulled could know since `time`.
    private func knowsItIsCutOff(
        _ machine: Machine,
        _ group: Int,
        since time: Int64,
        isTaker: Bool
    ) -> Bool {
        guard lines.allSatisfy({ $0.cuts == [0, 0] && $0.losses.isEmpty && $0.delays.isEmpty }),
            lines.allSatisfy({ now - max($0.laggedUntil, $0.lossyUntil) > 2 * second }),
            machine.daemon == .running, machine.power == .on,
            now - max(machine.lastPauseEnd, machine.startedAt)
                > scenery.longest(\.deadtime).nanoseconds
        else { return false }
        let service = lines[Scenery.serviceNetwork]
        guard service.pulled[machine.index] > 0, service.pulledSince[machine.index] <= time else {
            return false
        }
        // A daemon that has not found out yet what runs cannot let go of it (S14).
        if !isTaker, machine.report(of: group)?.phase == .unknown { return false }
        // A stop that hangs or failed is S4's.
        let isHeldUp = machine.resources[group].contains { $0.isStopUnconfirmed || $0.isBusy }
        if !isTaker, isHeldUp { return false }
        // A peer that was found dead or had left, and has only now begun again, is not known to live (S12).
        let peer = other(than: machine)
        if !isTaker, machine.contactAt < max(peer.upSince, peer.startedAt) { return false }
        // So is one that was silent long before, while this node's networks worked: it was found dead.
        let dead = scenery.longest(\.deadtime).nanoseconds
        if !isTaker, service.pulledSince[machine.index] - machine.contactAt > dead { return false }
        // Without its carrier a node knows at once; else who takes has had time to ask around, if it knew whom.
        if service.pulledSince[machine.index] < machine.startedAt { return false }
        if service.pulledCarriers[machine.index] > 0 { return true }
        // A silence older than three times `deadtime` is asked about ten times in `deadtime` (`examinationInterval`).
        let own = scenery.timings(of: machine.index).deadtime.nanoseconds
        let isOld = service.pulledSince[machine.index] - machine.contactAt > 3 * own
        if isOld, now - service.pulledSince[machine.index] <= own { return false }
        return isTaker && machine.knowsNeighbours
    }

    /// Whether `boot_policy` may let a machine begin a group that never heard its peer since its boot.
    private func begins(_ group: Int, on machine: Machine) -> Bool {
        bootPolicy(of: group, on: machine) != .wait
    }

    /// Whether a probe over some network, undisturbed since `time`, would have been answered.
    private func couldTell(isAddress: Bool, since time: Int64, by taker: Machine) -> Bool {
        if isAddress {
            return lines[Scenery.serviceNetwork].isClean
                && lines[Scenery.serviceNetwork].cleanSince <= time
        }
        // Whoever never heard of the peer knows none of its addresses: it listens on the links of ha.cf for a daemon,
        // whose keeper it could not know for one.
        let knows = taker.durable?.peerAddresses.isEmpty == false
        let isSpokenTo = other(than: taker).daemon == .running
        return lines.indices.contains { network in
            lines[network].isClean && lines[network].cleanSince <= time
                && (knows || isSpokenTo && networks[network].link != nil)
        }
    }

    private var settings: Settings { machines[0].settings }

    /// Notes that a split has ended, when at most one node holds the group.
    func noteSplitEnd(_ group: Int) {
        guard splits[group] != nil else { return }
        if machines[0].groups[group].mayRun > 0, machines[1].groups[group].mayRun > 0 { return }
        splits[group] = nil
        doubleTime += now - splitSince[group]
        lastSplitEnd[group] = now
        transcript?.world("one holder of \(groupName(group)) is left", at: now)
    }

    // MARK: - After each turn

    /// What can only be judged once all effects of a turn are carried out.
    func inspect(_ machine: Machine) {
        if let pending = pendingEpochCheck {
            pendingEpochCheck = nil
            checkEpoch(machines[pending.node], pending.group)
        }
        for group in splits.indices where splits[group] != nil { noteSplitEnd(group) }
        // Monitors are heard after the loop has said how late it is.
        if !machine.isDraining { tellHealth(machine) }
    }

    /// A grant's epoch is durable before it is used, and above every epoch used before (S5).
    private func checkEpoch(_ machine: Machine, _ group: Int) {
        let identity = machine.identities[group]
        guard let claim = machine.durable?.claims.first(where: { $0.group == identity }) else {
            return violate("S5", "\(groupName(group)) is started with no durable claim", machine)
        }
        if claim.intent == .idle {
            return violate(
                "S5",
                "\(groupName(group)) is started on a durable claim that says idle",
                machine
            )
        }
        guard let report = machine.report(of: group), report.phase.holds else {
            return violate("S5", "\(groupName(group)) is started, and no beat says so", machine)
        }
        // A record may reserve epochs beyond the one in use.
        let epoch = report.epoch
        if max(claim.epoch, claim.reserved) < epoch {
            violate(
                "S5",
                "\(groupName(group)) is started at epoch \(epoch), on disk is \(claim.epoch)",
                machine
            )
        }
        // What is started again under the claim it had is no grant.
        if machine.services[group].isRestarting {
            machine.services[group].isRestarting = false
            return
        }
        checkDifference(report, group, machine)
        let peer = other(than: machine)
        let own = machine.groups[group]
        let isRetried = epoch == own.epoch && own.epochRun != machine.run
        if epoch < own.epoch || (epoch == own.epoch && !isRetried) {
            violate(
                "S5",
                "\(groupName(group)) is started at epoch \(epoch), used here before",
                machine
            )
        }
        let used = peer.groups[group].epoch
        // What an earlier life heard and had no time to write is not known.
        let hasHeard = machine.contactAt > max(peer.groups[group].epochAt, machine.startedAt)
        let isLie = max(lieAt[0], lieAt[1]) > now - replyBound
        if epoch <= used, hasHeard || (epoch == used && report.claim.isProved && !isLie) {
            violate(
                "S5",
                "\(groupName(group)) is started at epoch \(epoch), the peer used \(used)",
                machine
            )
        }
        machine.groups[group].epoch = epoch
        machine.groups[group].epochRun = machine.run
        machine.groups[group].epochAt = now
    }

    /// A group whose storage means something else on the other node goes nowhere by itself (design section 3).
    private func checkDifference(_ report: GroupReport, _ group: Int, _ machine: Machine) {
        let plan = scenery.groups[group]
        guard plan.difference == .storage, plan.unknownTo == nil else { return }
        // Of a peer that was never heard by this daemon, or that began anew, the other meaning is not known.
        guard machine.contactAt >= machine.startedAt else { return }
        switch report.claim {
        case .offer where plan.home == machine.index: return
        case .fencing: return
        default:
            violate(
                "configuration",
                "\(groupName(group)) is started by \(report.claim) with another storage",
                machine
            )
        }
    }

    // MARK: - Beats

    /// Heartbeats leave every keepalive (L3).
    func checkBeatIsInTime(_ machine: Machine) {
        let gap = now - machine.sentAt
        let keepalive = machine.settings.timings.keepalive.nanoseconds
        if gap > keepalive + keepalive / 1000 + millisecond {
            violate("L3", "no heartbeat left for \(Duration.nanoseconds(gap).text)", machine)
        }
    }

    /// What a beat says of a group is true: nothing that may run is called stopped or on offer (S3, S4).
    func checkBeatTellsTheTruth(_ machine: Machine) {
        for report in machine.reports {
            let found = machine.identities.firstIndex(of: report.group)
            guard let group = found else { continue }
            if report.fitness == .fit, !report.phase.holds, machine.services[group].knowsObstacle {
                violate(
                    "S7",
                    "a beat calls \(groupName(group)) fit, and no start succeeds",
                    machine
                )
            }
            guard machine.isThere(group) else { continue }
            if report.phase == .offered || report.offer != 0 {
                violate("S4", "\(groupName(group)) is offered while some of it may run", machine)
            }
            if report.phase.isIdle {
                violate(
                    "S3",
                    "a beat says \(report.phase) of \(groupName(group)), and some of it may run",
                    machine
                )
            }
        }
    }

    /// Only authentic, fresh datagrams are applied (S6).
    func checkAccepted(_ packet: Packet, on machine: Machine) {
        // The keeper knows nothing of groups.
        if !packet.isOfKeeper { machine.contactAt = packet.sentAt }
        noteTold(packet, machine)
        if let forgery = packet.forgery, forgery != .replayed {
            return violate("S6", "a forged datagram (\(forgery)) is applied", machine)
        }
        if packet.sentAt < machine.startedAt {
            return violate("S6", "a datagram from before this daemon began is applied", machine)
        }
        if packet.run < machine.appliedRun
            || (packet.run == machine.appliedRun && packet.sequence <= machine.appliedSequence)
        {
            return violate("S6", "a stale datagram is applied", machine)
        }
        machine.appliedRun = packet.run
        machine.appliedSequence = packet.sequence
    }

    /// A path is proved only by a genuine datagram (S6).
    func checkRepeated(_ packet: Packet, on machine: Machine) {
        if let forgery = packet.forgery, forgery != .replayed {
            violate("S6", "a forged datagram (\(forgery)) proves a path", machine)
        }
    }

    // MARK: - Commands

    /// One final reply, to a command that is open, and true (L2).
    func checkReply(_ id: UInt64, _ reply: CommandReply, _ machine: Machine) {
        guard let index = machine.commands.firstIndex(where: { $0.id == id }) else {
            return violate(
                "L2",
                "a second reply to command \(id), or one to none: \(reply.text)",
                machine
            )
        }
        let open = machine.commands.remove(at: index)
        guard reply.outcome == .done else { return }
        tally.commandsDone += 1
        // Another command, here or there, may have undone what this one reached.
        guard let command = open.command, lastCommandAt == open.at,
            open.at - commandBeforeAt > replyBound
        else { return }
        switch command {
        case .standby(let scope):
            for group in groups(of: scope, machine) where machine.groups[group].mayRun > 0 {
                // What came to it only later, as its home or from elsewhere, was not meant.
                if !open.held.contains(group) { continue }
                // What a split brought here after the command was given is not what it meant (S9).
                if splits[group] != nil || lastSplitEnd[group] >= open.at { continue }
                // Nor what a service has since driven away from the other node.
                if other(than: machine).services[group].actedAt >= open.at { continue }
                violate("L2", "\"done\" to standby, and \(groupName(group)) may run here", machine)
            }
        case .takeover(let scope):
            for group in groups(of: scope, machine) where !machine.runsWholly(group) {
                // Nor what was there, and is started anew for a failed service.
                if machine.services[group].actedAt >= open.at { continue }
                // Nor what ran here already when the command was given, and a split has taken since.
                if splits[group] != nil || lastSplitEnd[group] >= open.at { continue }
                // Nor what ran here by a claim in doubt, which the peer's answer has ended since (S8).
                if open.doubtful.contains(group) { continue }
                violate(
                    "L2",
                    "\"done\" to takeover, and \(groupName(group)) does not run here",
                    machine
                )
            }
        case .takeoverAcceptingLoss, .failback, .confirmDown, .standbyForHealth, .clear, .freeze,
            .thaw:
            break
        }
    }

    private func groups(of scope: Scope, _ machine: Machine) -> [Int] {
        machine.coreSettings.groups.indices.filter {
            switch scope {
            case .all: true
            case .group(let name): machine.settings.groups[$0].name == name
            case .local, .foreign, .failback: false
            }
        }
    }

    /// The bound of a command, or of a shutdown, has passed.
    func replyDue(_ machine: Machine, run: Int, id: UInt64) {
        guard machine.run == run, let open = machine.commands.first(where: { $0.id == id }) else {
            return
        }
        let paused = machine.daemon == .paused || machine.power == .frozen
        if paused || machine.lastPauseEnd > open.at {
            machine.commands.removeAll { $0.id == id }
            return
        }
        let what = open.command.map { "\($0)" } ?? "SIGTERM"
        violate("L2", "no reply to \(what) in \(Duration.nanoseconds(replyBound).text)", machine)
    }

    /// A daemon that ends by itself leaves nothing running.
    func checkEnd(_ machine: Machine) {
        if !machine.isShuttingDown {
            violate("S3", "the daemon ends, and nobody told it to", machine)
        }
        for group in machine.groups.indices where machine.isThere(group) {
            if machine.resources[group].contains(where: { $0.isStopUnconfirmed }) { continue }
            violate("S3", "the daemon ends, and some of \(groupName(group)) may run", machine)
        }
    }

    /// A reset needs a stop that did not succeed, and an hour since the last (S4).
    func checkReset(_ machine: Machine) {
        let hasCause = machine.resources.contains { $0.contains { $0.isStopUnconfirmed } }
        if !hasCause { violate("S4", "the node resets itself for nothing", machine) }
        if let last = machine.lastReset, now - last < 3600 * second {
            violate("S4", "the node resets itself twice within an hour", machine)
        }
        machine.lastReset = now
    }

    // MARK: - The end

    /// Looks whether the world has settled; at the bound it must have.
    func look() {
        let unsettled = settings.groups.indices.first { complaint(about: $0) != nil }
        // A command without its reply is waited for: at its bound it breaks L2.
        let hasOpenCommand = machines.contains { !$0.commands.isEmpty }
        if unsettled == nil, !hasOpenCommand {
            let since = settledSince ?? now
            settledSince = since
            let calm = scenery.longest(\.deadtime).nanoseconds * 2 + second
            if now - since >= calm { return finish() }
        } else {
            settledSince = nil
        }
        if now + second / 4 > endsAt {
            if let unsettled, let text = complaint(about: unsettled) { violate("L1", text) }
            return finish()
        }
        queue.plan(.look, at: now + second / 4)
    }

    private func finish() {
        for machine in machines where machine.daemon == .running { checkBeatIsInTime(machine) }
        for group in settings.groups.indices where !isJudged(group) { tally.unfitEnds += 1 }
        endsAt = now - 1
    }

    /// Whether some node says it is fit for the group, so that L1 has something to ask for.
    private func isJudged(_ group: Int) -> Bool {
        let reports = machines.map { $0.report(of: group) }
        if reports.contains(where: { $0?.phase == .unsafe }) { return false }
        let plan = scenery.groups[group]
        // One that a node does not name, and one whose storage the unfit preferred node describes differently, are
        // the administrator's.
        if plan.unknownTo != nil { return false }
        if plan.difference == .storage, reports[plan.home]?.fitness != .fit { return false }
        // What is frozen stays where it is, also nowhere.
        if reports.contains(where: { $0?.health.isFrozen == true }) { return false }
        return reports.contains { $0?.fitness == .fit || $0?.fitness == .heldDown }
    }

    /// What is not as it should be about a group at the end; `nil` when exactly one fit node is active.
    private func complaint(about group: Int) -> String? {
        let name = groupName(group)
        for machine in machines where machine.daemon != .running {
            return "the daemon of \(machine.settings.node) does not run"
        }
        let holders = machines.filter { $0.groups[group].mayRun > 0 }
        let isUnsafe = machines.contains { $0.report(of: group)?.phase == .unsafe }
        let isSuspended = machines.contains { machine in
            machine.resources[group].contains { $0.truth == .suspended }
        }
        if isSuspended, !isUnsafe { return "some of \(name) stays suspended" }
        // A stop that failed, and must not be repeated without end, is the administrator's (S4); the other may serve
        // by the exception that was counted when it began.
        if holders.count == 2, !isUnsafe { return "both nodes hold \(name)" }
        for machine in machines where machine.knows(group) {
            guard let report = machine.report(of: group) else { return "no beat names \(name)" }
            if report.phase == .unknown {
                return "\(machine.settings.node) never learns of \(name)"
            }
        }
        if let text = complaintAboutVolume(group) { return text }
        guard isJudged(group) else { return nil }
        guard let holder = holders.first else {
            return "a fit node is there and nobody runs \(name)"
        }
        if !holder.runsWholly(group) {
            return "\(name) does not run wholly on \(holder.settings.node)"
        }
        guard holder.report(of: group)?.phase == .active else {
            return "\(name) runs on \(holder.settings.node), whose beats do not say active"
        }
        return nil
    }
}
