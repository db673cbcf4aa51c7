// The one status value, made from the core's state. It words what stands and what to type; it decides nothing.

extension FailoverMachine {
    /// The status at `now`; the daemon adds its counters.
    public func status(at time: Instant) -> Status {
        let now = max(now, time)
        return Status(
            node: settings.node.text,
            incarnation: start?.incarnation.description ?? "",
            peer: peerStatus(at: now),
            links: links.indices.filter(isPath).map { place in
                LinkStatus(
                    name: linkName(place),
                    kind: place < settings.links.count ? .configured : .learnt,
                    state: linkState(links[place]),
                    gaps: links[place].gaps
                )
            },
            groups: groups.indices.map { groupStatus($0, at: now) },
            protection: protection,
            timing: TimingStatus(
                deadtimeMilliseconds: settings.timings.deadtime.milliseconds,
                advice: deadtimeAdvice
            ),
            lastMove: lastMove,
            reason: statusReason,
            nextStep: nextStep
        )
    }

    private func peerStatus(at now: Instant) -> PeerStatus {
        let state: PeerState =
            switch peer.standing {
            case .neverHeard: .unknown
            case .present: probes.suspicionSince == nil ? .alive : .late
            case .silent: peer.isJudgedDead ? .dead : .silent
            case .left, .confirmedDown: .dead
            }
        return PeerStatus(
            name: settings.peer.text,
            state: state,
            lastHeardMilliseconds: peer.lastHeard.map { (now - $0).milliseconds },
            incarnation: peer.incarnation?.description
        )
    }

    private func groupStatus(_ index: Int, at now: Instant) -> GroupStatus {
        let group = groups[index]
        let settings = settings.groups[index]
        let fitness = fitness(index)
        return GroupStatus(
            name: settings.name.text,
            state: group.phase.state,
            owner: owner(index),
            epoch: group.epoch,
            preferred: preferredSide(index) == .own
                ? self.settings.node.text : self.settings.peer.text,
            fit: fitness == .fit,
            unfitReason: fitness == .fit ? nil : fitnessText(index),
            peerState: peer.isPresent ? peer.reports[index]?.phase.state : nil,
            peerUnfitReason: peer.isPresent ? peerUnfitReason(index) : nil,
            isContested: group.conflictNoted,
            frozen: frozenStatus(index),
            failures: group.health.failures.map { "\($0.name): \($0.text)" },
            whyNotMoved: group.phase == .active ? group.health.heldText ?? whyNotBack(index) : nil,
            heldDownMilliseconds: heldDownUntil(index).map { ($0 - now).milliseconds },
            data: dataStatus(index),
            resources: settings.resources.indices.map { place in
                let resource = group.resources[place]
                return ResourceStatus(
                    name: settings.resources[place].name,
                    type: settings.resources[place].type,
                    state: resource.state,
                    since: (now - resource.since).milliseconds,
                    lastOperationMilliseconds: resource.lastOperation?.milliseconds,
                    failure: resource.failure
                )
            }
        )
    }

    /// By whom nothing moves: an administrator, or the budget of moves on health grounds.
    private func frozenStatus(_ index: Int) -> FrozenStatus? {
        let health = groups[index].health
        if isFrozen(index) {
            return FrozenStatus(
                by: health.frozenBy,
                until: nil,
                remainingMilliseconds: health.frozenUntil.map { ($0 - now).milliseconds },
                reason: health.frozenReason
            )
        }
        guard settings.moveBudget > 0, let until = budgetUsedUntil(index) else { return nil }
        return FrozenStatus(
            by: "move_budget",
            until: nil,
            remainingMilliseconds: (until - now).milliseconds,
            reason:
                "\(settings.moveBudget) moves on health grounds within an hour; deaths and commands still move it"
        )
    }

    private func peerUnfitReason(_ index: Int) -> String? {
        guard let report = peer.reports[index] else { return "it does not speak of this group" }
        return report.fitness == .fit ? nil : report.fitness.words
    }

    /// The node that runs the group, as far as is known here.
    private func owner(_ index: Int) -> String? {
        if groups[index].phase.holds, groups[index].phase != .claiming { return settings.node.text }
        switch peer.standing {
        case .present, .silent:
            return peer.reports[index]?.phase.holds == true ? settings.peer.text : nil
        case .neverHeard, .left, .confirmedDown:
            return nil
        }
    }

    private var protection: ProtectionStatus {
        var gaps: [String] = []
        if !hostIsCalibrated, settings.unprovedTakeover {
            gaps.append(
                "no probe of \(settings.peer) on a network without heartbeats answers: when every link is cut "
                    + "while both nodes live, both may run the groups"
            )
        }
        if groups.indices.contains(where: { settings.groups[$0].holdsStorage }) {
            gaps.append(
                "no fencing: a node that stands still longer than deadtime, and then goes on, may write for a moment"
            )
        }
        return ProtectionStatus(level: settings.protectionLevel, gaps: gaps)
    }

    /// The most pressing of what is wrong: one sentence, and what to type.
    private var trouble: (reason: String, next: String?)? {
        let name = settings.peer.text
        for index in groups.indices {
            let group = groups[index]
            let label = settings.groups[index].name
            switch group.phase {
            case .unsafe:
                return (
                    "\(label) could not be stopped here: \(failureText(index))",
                    "baton standby \(label)"
                )
            case .failed:
                if peer.isPresent, peer.reports[index]?.phase.holds == true { continue }
                return (
                    "\(label) runs nowhere: \(failureText(index))",
                    "baton takeover \(label)"
                )
            default: break
            }
            if group.phase == .suspended {
                let why = group.heldReason ?? group.reason
                return (
                    "\(label) is suspended, for this node is cut off: \(why?.facts ?? "")",
                    "baton confirm-down \(name)"
                )
            }
            if let reason = group.heldReason, group.heldCause == .diskWaits {
                return ("\(label) is not started: \(reason.facts)", nil)
            }
            if let reason = group.heldReason, !group.phase.holds || group.phase == .starting {
                let next =
                    switch group.heldCause {
                    case .frozen: "baton thaw \(label)"
                    case .dataIsStale?: dataRemedy(index, .dataIsStale)
                    case .dataIsUnready?: dataRemedy(index, .dataIsUnready)
                    case .dataIsBehind?: dataRemedy(index, .dataIsBehind)
                    default: "baton confirm-down \(name)"
                    }
                return ("\(label) is not taken over: \(reason.facts)", next)
            }
            if !group.health.failures.isEmpty, let text = group.health.heldText,
                group.phase == .active
            {
                let failed = group.health.failures.map(\.name).joined(separator: ", ")
                let next = group.health.held == .frozen ? "baton thaw \(label)" : "baton monitors"
                return ("\(failed) of \(label) failed, and \(label) stays here: \(text)", next)
            }
            if group.conflictNoted {
                return ("\(label) is held by both nodes; one is giving it up", "baton status")
            }
            if group.phase == .unknown, group.retryAt != nil {
                return (
                    "\(label): the state of its resources cannot be told here, so that nobody may start it",
                    "baton standby \(label)"
                )
            }
        }
        switch peer.standing {
        case .neverHeard:
            let idle = groups.contains { !$0.phase.holds }
            guard idle else { return ("\(name) was not heard yet", nil) }
            return (
                "\(name) was not heard since this daemon started: waiting for it",
                waitingNoted ? "baton confirm-down \(name)" : nil
            )
        case .silent: return ("\(name) is silent", nil)
        case .left: return ("\(name) has left in order; nobody could take over from this node", nil)
        case .confirmedDown: return ("\(name) is confirmed down", nil)
        case .present: break
        }
        for index in groups.indices
        where !groups[index].phase.holds {
            let label = settings.groups[index].name
            guard let report = peer.reports[index] else {
                return (
                    "\(name) says nothing of \(label): is it in haresources there?",
                    "baton check --peer-config DIR"
                )
            }
            if report.phase == .unsafe {
                return (
                    "\(label) could not be stopped on \(name)",
                    "baton standby \(label) (on \(name))"
                )
            }
            if groups[index].phase == .offered {
                return ("\(label) is offered to \(name), which has not answered yet", nil)
            }
            if report.phase == .unknown {
                return ("\(label) runs nowhere yet: its state on \(name) is not known", nil)
            }
        }
        return nil
    }

    private var statusReason: String { trouble?.reason ?? "both nodes talk; nothing is wrong" }

    private var nextStep: String? { trouble?.next }
}

extension GroupPhase {
    /// The phase as people read it.
    public var state: GroupState {
        switch self {
        case .unknown: .unknown
        case .standby: .standby
        case .claiming, .starting: .acquiring
        case .active: .active
        case .suspended: .suspended
        case .stopping, .offered: .releasing
        case .failed, .unsafe: .failed
        }
    }
}

extension FailoverMachine {
    /// Whether this node runs the group and knows nothing that puts its right in doubt (S8, S9).
    ///
    /// Then an address of it that got lost may be brought up again.
    /// - Parameter index: the group's place in `Settings.groups`.
    /// - Returns: `false` for a place without a group, too.
    public func holdsUndisputed(_ index: Int) -> Bool {
        guard groups.indices.contains(index), groups[index].phase == .active else { return false }
        return !groups[index].isLate && peer.reports[index]?.phase.holds != true
    }

    /// Whether a resource of a group that runs here, or is being started, has been started itself.
    ///
    /// - Parameters:
    ///   - resource: its place in the group.
    ///   - index: the group's place in `Settings.groups`.
    /// - Returns: `false` for a place without a resource, too.
    public func isRunning(resource: Int, of index: Int) -> Bool {
        guard groups.indices.contains(index), groups[index].resources.indices.contains(resource)
        else { return false }
        return groups[index].phase.isRunning && groups[index].resources[resource].state == .running
    }

    /// Where each group stands on this node, in the order of `Settings.groups`.
    public var phases: [GroupPhase] { groups.map(\.phase) }

    /// The rows of the transition table that this core has taken so far, for tests of the table.
    public var transitionsTaken: Set<Transition> { coverage }
}
