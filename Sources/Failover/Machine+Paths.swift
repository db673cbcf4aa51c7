// The heartbeat paths: those of ha.cf, and those that follow from both nodes' own addresses (design section 4,
// "learnt paths"). When each carries a beat, when a path counts as lost, and what the pattern of loss says.

/// One path as this node hears it.
struct LinkView: Sendable {
    /// The learnt path of this place; `nil` for those of ha.cf, and for a free place.
    var path: LearntPath?
    /// The socket works and the device is up.
    var isUp = true
    /// Since when it is not.
    var downSince: Instant?
    /// When the peer was last heard on it.
    var lastHeard: Instant?
    /// Times between two beats on it while it worked.
    var gaps = LatencyHistogram()
    /// As last noted.
    var state = LinkState.down
}

extension FailoverMachine {
    /// The places of learnt paths.
    var learntPlaces: Range<Int> { settings.links.count..<links.count }

    /// Whether a place holds a path.
    func isPath(_ place: Int) -> Bool {
        if place < settings.links.count { return true }
        return links[place].path != nil
    }

    /// A path's name in status and notices.
    func linkName(_ place: Int) -> String {
        place < settings.links.count ? settings.links[place].name : links[place].path?.name ?? ""
    }

    // MARK: Rhythm

    /// Time between two beats on a learnt path while ha.cf's links work.
    var learntInterval: Duration {
        max(settings.timings.keepalive, settings.timings.deadtime / 4)
    }

    /// Silence after which beats leave quickly: one is really missing.
    var quickDelay: Duration {
        min(settings.timings.keepalive * 3 / 2, settings.timings.deadtime / 2)
    }

    /// Time between two beats while the peer or this node misses some: a fortieth of `deadtime`, from 5 ms
    /// to 250 ms; slower with many groups, whose beats take many datagrams.
    var quickInterval: Duration {
        let quick = min(max(settings.timings.deadtime / 40, .milliseconds(5)), .milliseconds(250))
        return min(quick * (1 + groups.count / 32), settings.timings.keepalive)
    }

    /// Whether a beat more may keep a node from being taken for dead.
    var quickens: Bool {
        guard peer.standing == .present, let heard = peer.lastHeard else { return false }
        return now - heard >= quickDelay || peer.missesUs || probes.suspicionSince != nil
            || isOwnerCutOff
    }

    /// Whether a node that holds a group, this one or the peer, has lost the group's network: each must hear soon what
    /// the other sees, and that it lives.
    private var isOwnerCutOff: Bool {
        for index in groups.indices {
            if let report = peer.reports[index], report.phase.holds, report.fitness == .isolated {
                return true
            }
            if groups[index].phase.holds, networkProof(index) == .disproved { return true }
        }
        return false
    }

    /// Whether learnt paths carry every beat: a link of ha.cf does not.
    private var learntAreNeeded: Bool {
        quickens || !peer.isPresent
            || settings.links.indices.contains { linkState(links[$0]) != .up }
    }

    /// The paths that the beat of now leaves on.
    mutating func linksForBeat(isNews: Bool) -> LinkSet {
        var bits: UInt32 = 0
        // A beat that leaves now saves one of its own soon after.
        let slack = settings.timings.keepalive / 2
        let all = isNews || learntAreNeeded || nextLearntBeat.map { $0 - now <= slack } ?? true
        if all { nextLearntBeat = now + learntInterval }
        for place in links.indices where isPath(place) {
            if place < settings.links.count || all { bits |= 1 << UInt32(place) }
        }
        return LinkSet(bits: bits)
    }

    // MARK: Learning

    /// Finds the paths that both nodes' addresses allow: one for each device that ha.cf does not name.
    mutating func learnPaths() {
        guard settings.evidence.learnsPaths else { return }
        let known = Set(settings.links.map(\.device))
        let groupAddresses = Set(settings.groups.flatMap(\.resources).compactMap(\.address))
        var wanted: [LearntPath] = []
        for network in ownNetworks where !known.contains(network.device) {
            for own in network.addresses {
                let peers = peer.addresses.map(\.address).filter {
                    own.reaches($0) && $0 != own.address && !groupAddresses.contains($0)
                }
                guard let first = peers.first else { continue }
                wanted.append(LearntPath(device: network.device, peer: first))
                break
            }
        }
        wanted = Array(wanted.prefix(LinkIndex.learntMaximum))
        for place in learntPlaces {
            guard let path = links[place].path, !wanted.contains(path) else { continue }
            links[place] = LinkView()
            effects.append(.setPath(LinkIndex(place), nil))
        }
        for path in wanted where !links.contains(where: { $0.path == path }) {
            guard let free = learntPlaces.first(where: { links[$0].path == nil }) else { break }
            links[free] = LinkView(path: path)
            effects.append(.setPath(LinkIndex(free), path))
            beatIsDue = true
        }
        watchCarriers()
    }

    // MARK: State

    /// How a link stands now.
    func linkState(_ link: LinkView) -> LinkState {
        guard link.isUp, let heard = link.lastHeard else { return .down }
        let silence = now - heard
        let slack = link.path == nil ? .zero : learntInterval - settings.timings.keepalive
        if silence >= settings.timings.deadtime + slack { return .down }
        return silence >= suspicionDelay + slack ? .late : .up
    }

    /// The first path whose state is no longer what was noted.
    private func changedPath() -> (place: Int, state: LinkState)? {
        for place in links.indices where isPath(place) {
            let state = linkState(links[place])
            if state != links[place].state { return (place, state) }
        }
        return nil
    }

    /// Notes each path that changed its state.
    mutating func watchLinks() {
        while let (place, state) = changedPath() {
            let before = links[place].state
            links[place].state = state
            let name = linkName(place)
            switch state {
            case .up: note(.info, .linkUp, nil, "link \(name) is up", subject: name)
            case .late: note(.warning, .linkLate, nil, "link \(name) is late", subject: name)
            case .down:
                if before != .down {
                    note(.warning, .linkDown, nil, "link \(name) is down", subject: name)
                }
            }
        }
    }

    /// When a path next changes its state by silence, or the peer is missed.
    func pathDeadline(_ consider: (Instant) -> Void) {
        let timings = settings.timings
        let learnt = learntInterval
        let suspicion = suspicionDelay
        for place in links.indices where isPath(place) {
            guard let heard = links[place].lastHeard else { continue }
            let interval = place < settings.links.count ? timings.keepalive : learnt
            let slack = interval - timings.keepalive
            consider(heard + suspicion + slack)
            consider(heard + timings.deadtime + slack)
            consider(heard + interval * 3 / 2)
        }
        if peer.isPresent, let heard = peer.lastHeard { consider(heard + quickDelay) }
    }

    mutating func linkHeard(_ link: LinkIndex) {
        guard links.indices.contains(link.value), isPath(link.value) else { return }
        if let last = links[link.value].lastHeard, links[link.value].state != .down {
            links[link.value].gaps.add(now - last)
        }
        links[link.value].lastHeard = now
        if let device = device(ofPath: link.value) { networkCarries(device) }
    }

    /// The device that a path goes over.
    func device(ofPath place: Int) -> String? {
        place < settings.links.count ? settings.links[place].device : links[place].path?.device
    }

    mutating func linkChanged(_ link: LinkIndex, isUp: Bool) {
        guard links.indices.contains(link.value), links[link.value].isUp != isUp else { return }
        links[link.value].isUp = isUp
        links[link.value].downSince = isUp ? nil : now
        watchCarriers()
        // A path that came back is told to the peer at once; one that went is asked about at once.
        beatIsDue = true
        if !isUp, peer.isPresent, probes.suspicionSince == nil { suspect() }
    }

    /// Whoever had no carrier at all was the one cut off: what it held before may have been taken (S8).
    private mutating func watchCarriers() {
        let works = links.indices.contains { isPath($0) && links[$0].isUp }
        guard works else {
            carrierLostSince = carrierLostSince ?? now
            return
        }
        guard let since = carrierLostSince else { return }
        carrierLostSince = nil
        guard now - since >= earliestTake else { return }
        wasLate(
            because: "no link had a carrier for \((now - since).text)",
            since: since,
            claimedBefore: since
        )
    }

    // MARK: What the pattern of loss says

    /// Whether a path was known to be lost while another one still carried (design section 4, `jeopardy`).
    var wasPathLost: Bool {
        guard let last = peer.lastHeard else { return false }
        let patience = max(settings.timings.deadtime / 2, learntInterval * 2)
        return links.indices.contains { place in
            guard isPath(place), let heard = links[place].lastHeard else { return false }
            if last - heard >= patience { return true }
            guard let down = links[place].downSince else { return false }
            return last - down > quickInterval * 2
        }
    }

    /// Whether every link of ha.cf has lost its carrier.
    var haveLinksNoCarrier: Bool {
        settings.links.indices.allSatisfy { !links[$0].isUp }
    }

    // MARK: Early verdict

    /// Whether a verdict before `deadtime` is allowed for a group.
    func mayTakeEarly(_ index: Int) -> Bool {
        switch settings.evidence.earlyTakeover {
        case .on: true
        case .off: false
        case .auto: !settings.groups[index].holdsStorage
        }
    }

    /// The shortest silence after which this node may take, as its beats say.
    var ownEarliestTake: Duration {
        guard earlySince != nil else { return settings.timings.deadtime }
        return min(settings.evidence.earlyFloor, settings.timings.deadtime)
    }

    /// Notes whether an early verdict is possible: only then do beats say so, and only what they said is used.
    mutating func noteEarly() {
        let isPossible =
            peer.isPresent && groups.indices.contains(where: mayTakeEarly)
            && probes.targets[probes.groupTargetCount...].contains { target in
                target.marks.contains { mark in
                    !settings.links.contains { $0.device == mark.device }
                }
            }
        if !isPossible, peer.isPresent { earlySince = nil }
        if isPossible, earlySince == nil { earlySince = now }
    }

    /// Whether the probes of an early verdict are out.
    var isEarlyProbing: Bool {
        guard earlySince != nil, haveLinksNoCarrier, let since = probes.suspicionSince else {
            return false
        }
        return now - since <= settings.timings.deadtime
    }

    /// Whether the peer counts as silent before `deadtime` (`early_takeover`): the carrier of the links of ha.cf went,
    /// its host answers no calibrated probe on another network, and our own network is proved.
    func isEarlyDead(_ silence: Duration) -> Bool {
        guard isEarlyProbing, let armed = earlySince, let heardUs = peer.heardUsAt, heardUs > armed,
            let since = probes.suspicionSince, let last = peer.lastHeard
        else { return false }
        guard now - max(since, last) >= settings.evidence.earlyFloor,
            probes.rounds > settings.evidence.earlyProbes, !wasPathLost, !hostAnswers
        else { return false }
        return groups.indices.contains {
            mayTakeEarly($0) && groups[$0].phase.isIdle && networkProof($0) == .proved
        }
    }
}
