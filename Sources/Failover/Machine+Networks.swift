// Whether this node itself is the one cut off (design section 4, "own network"): carrier, neighbours that used to
// answer, ping nodes. Answers are unauthenticated: they say that a network works, never that the peer is dead.

/// A host on one of our networks, neither node nor group address.
struct Neighbour: Sendable {
    /// Its address.
    var address: IPAddress
    /// Where it is.
    var device: String
    /// It answered when asked, and has not missed five questions in a row since while nothing was suspected.
    var isCalibrated = false
    /// When it last answered.
    var lastAnswer: Instant?
    /// Questions without an answer since the last one, while nothing was suspected.
    var missed = 0

    /// How often a host that has not answered is asked each second, before it is asked slowly.
    static let hurriedQuestions = 30
}

/// One own network, as far as it was examined.
struct NetworkState: Sendable {
    /// The device.
    var device: String
    /// It has a carrier.
    var hasCarrier: Bool
    /// Rounds of questions that none of its neighbours answered, in a row.
    var silentRounds = 0
    /// When a neighbour last answered on it, or the peer was last heard over it.
    var lastProof: Instant?
    /// Since when it has no carrier, or its neighbours do not answer.
    var goneSince: Instant?
    /// Since when its carrier, or its neighbours, are back; `nil` once something was heard over it.
    var returnedAt: Instant?
}

/// What is known of the networks that carry a group's addresses.
enum NetworkProof: Equatable, Sendable {
    /// A neighbour other than the peer answered after the question came up.
    case proved
    /// No carrier, or neighbours that used to answer do not.
    case disproved
    /// Nobody to ask.
    case unknown
    /// The questions are out.
    case undecided
}

/// The questions about our own networks.
struct Examination: Sendable {
    /// When the question came up; `nil` while there is none.
    var since: Instant?
    /// Rounds since then.
    var rounds = 0
    /// When to ask next.
    var nextRound: Instant?
    /// When neighbours were last asked for calibration.
    var calibratedAt: Instant?
}

extension FailoverMachine {
    /// Hosts remembered on each device.
    static let neighboursMaximum = 8
    /// Rounds without any answer that disprove a network.
    static let silentRoundsMaximum = 10

    /// Time between two rounds of questions to neighbours: a hundredth of `deadtime`, from 2 ms to 250 ms;
    /// slower once the question grows old.
    var examinationInterval: Duration {
        let quick = min(max(settings.timings.deadtime / 100, .milliseconds(2)), .milliseconds(250))
        guard let since = examination.since, now - since > settings.timings.deadtime * 3 else {
            return quick
        }
        return max(quick, min(settings.timings.deadtime / 10, .milliseconds(500)))
    }

    // MARK: Devices

    /// Takes this node's networks as they are now.
    mutating func networksChanged(_ networks: [OwnNetwork]) {
        let before = ownNetworks
        // A device that is gone is one without a carrier.
        let gone = before.filter { old in
            !old.groups.isEmpty && !networks.contains { $0.device == old.device }
        }
        ownNetworks = Array((networks + gone.map(\.unplugged)).prefix(OwnNetwork.maximum))
        guard before != ownNetworks else { return }
        networkStates = ownNetworks.map { network in
            let known = networkStates.first { $0.device == network.device }
            var state =
                known ?? NetworkState(device: network.device, hasCarrier: network.hasCarrier)
            if network.hasCarrier, !state.hasCarrier {
                // Switch ports forward late: what is not heard through it now proves nothing yet.
                state.returnedAt = now
                state.silentRounds = 0
                askAnew()
                for place in neighbours.indices where neighbours[place].device == network.device {
                    neighbours[place].missed = 0
                    neighbours[place].lastAnswer = nil
                }
            }
            if !network.hasCarrier { state.goneSince = state.goneSince ?? now }
            if network.hasCarrier, state.silentRounds < Self.silentRoundsMaximum {
                state.goneSince = nil
            }
            state.hasCarrier = network.hasCarrier
            return state
        }
        let devices = Set(ownNetworks.map(\.device))
        neighbours.removeAll { !devices.contains($0.device) }
        for network in ownNetworks where !network.groups.isEmpty {
            for gateway in network.gateways { addNeighbour(gateway, on: network.device) }
            // A ping node that is no router's width away says the same, and is asked without ICMP's help.
            for host in settings.evidence.pingNodes.flatMap(\.hosts)
            where network.addresses.contains(where: { $0.reaches(host) }) {
                addNeighbour(host, on: network.device)
            }
            let remembered = start?.record?.neighbours?.filter { $0.device == network.device } ?? []
            for host in remembered
            where network.addresses.contains(where: { $0.reaches(host.address) }) {
                addNeighbour(host.address, on: network.device)
                // It answered an earlier daemon of this boot: its silence tells something.
                guard start?.record?.bootID == start?.bootID,
                    let place = neighbours.firstIndex(where: {
                        $0.address == host.address && $0.device == network.device
                    })
                else { continue }
                neighbours[place].isCalibrated = true
            }
            let known = before.first { $0.device == network.device }
            if known.map({ $0.hasCarrier != network.hasCarrier }) ?? false {
                examineNetworks()
                // A peer that lost as much must hear it before it gives its groups up for us.
                beatIsDue = true
            }
        }
        let told = Array(
            ownNetworks.flatMap { network in
                network.addresses.map { OwnAddress(address: $0.address, mac: network.mac) }
            }.sorted { !$0.address.isIPv6 && $1.address.isIPv6 }
                .prefix(BeatContent.addressesMaximum)
        )
        if told != ownAddresses {
            ownAddresses = told
            beatIsDue = true
        }
        learnPaths()
        needsEvaluation = true
    }

    /// Whether an Ethernet address is one of this node's.
    func isOwn(_ mac: MACAddress) -> Bool { ownNetworks.contains { $0.mac == mac } }

    // MARK: Neighbours

    /// A host was heard: if it is a neighbour and there is room, it is asked at once and then slowly.
    mutating func neighbourHeard(_ heard: ProbeAnswer) {
        guard let network = ownNetworks.first(where: { $0.device == heard.device }),
            !network.groups.isEmpty, !isOwn(heard.mac),
            !peer.addresses.contains(where: { $0.mac == heard.mac || $0.address == heard.address }),
            network.addresses.contains(where: { $0.reaches(heard.address) })
        else { return }
        addNeighbour(heard.address, on: heard.device)
    }

    private mutating func addNeighbour(_ address: IPAddress, on device: String) {
        guard !neighbours.contains(where: { $0.address == address && $0.device == device }),
            !probes.targets.contains(where: { $0.address == address }),
            !ownNetworks.contains(where: { $0.addresses.contains { $0.address == address } })
        else { return }
        let known = neighbours.indices.filter { neighbours[$0].device == device }
        if known.count >= Self.neighboursMaximum {
            // Whoever never answered makes room.
            guard let useless = known.first(where: { neighbours[$0].lastAnswer == nil }) else {
                return
            }
            neighbours.remove(at: useless)
        }
        neighbours.append(Neighbour(address: address, device: device))
        effects.append(.probe(address))
    }

    /// Somebody answered for an address: perhaps a neighbour.
    mutating func neighbourAnswered(_ answer: ProbeAnswer) {
        guard !isOwn(answer.mac), !peer.addresses.contains(where: { $0.mac == answer.mac }) else {
            return
        }
        for place in neighbours.indices
        where neighbours[place].address == answer.address
            && neighbours[place].device == answer.device
        {
            neighbours[place].lastAnswer = now
            neighbours[place].missed = 0
            if !neighbours[place].isCalibrated {
                neighbours[place].isCalibrated = true
                recordIsDirty = true
            }
            networkWorks(answer.device)
        }
    }

    /// Something was heard over a device.
    private mutating func networkWorks(_ device: String) {
        for place in networkStates.indices where networkStates[place].device == device {
            if networkStates[place].silentRounds >= Self.silentRoundsMaximum {
                networkStates[place].returnedAt = now
                askAnew()
            } else {
                networkCarries(device)
            }
            networkStates[place].silentRounds = 0
            networkStates[place].lastProof = now
            if networkStates[place].hasCarrier { networkStates[place].goneSince = nil }
        }
    }

    /// A beat came in over a device: where its carrier was back, the switch forwards again.
    mutating func networkCarries(_ device: String) {
        for place in networkStates.indices
        where networkStates[place].device == device
            && networkStates[place].returnedAt.map({ $0 < now }) ?? false
        {
            networkStates[place].returnedAt = nil
            needsEvaluation = true
        }
    }

    /// What was silent while our own network was gone proves nothing: everybody is asked afresh.
    mutating func askAnew() {
        needsEvaluation = true
        guard probes.suspicionSince != nil else { return }
        probes.rounds = 0
        probes.nextRound = now
    }

    // MARK: Examination

    /// The question whether this node is cut off comes up.
    mutating func examineNetworks() {
        guard examination.since == nil else { return }
        examination.since = now
        examination.rounds = 0
        examination.nextRound = now
        for place in networkStates.indices { networkStates[place].silentRounds = 0 }
        needsEvaluation = true
    }

    /// Whether something about a network that carries addresses is in doubt.
    private var networksAreDoubtful: Bool {
        if probes.suspicionSince != nil || confirming != nil { return true }
        guard peer.isPresent else { return peer.standing == .silent }
        if let heard = peer.lastHeard, now - heard >= quickDelay { return true }
        for network in ownNetworks where !network.groups.isEmpty {
            if !network.hasCarrier { return true }
            if let state = networkStates.first(where: { $0.device == network.device }),
                state.silentRounds >= Self.silentRoundsMaximum || state.returnedAt != nil
            {
                return true
            }
            // A path over it that was heard in this contact is late.
            for place in links.indices where isPath(place) {
                let interval =
                    place < settings.links.count ? settings.timings.keepalive : learntInterval
                guard device(ofPath: place) == network.device, let heard = links[place].lastHeard,
                    peer.presentSince.map({ heard >= $0 }) ?? false
                else { continue }
                if now - heard >= interval * 3 / 2 { return true }
            }
        }
        return false
    }

    /// Asks neighbours: quickly while the question stands, else to calibrate.
    mutating func examineIfDue() {
        if networksAreDoubtful {
            examineNetworks()
        } else if examination.since != nil {
            examination.since = nil
            examination.nextRound = nil
            needsEvaluation = true
        }
        guard examination.since != nil else {
            calibrateNeighbours { _ in true }
            return
        }
        guard let due = examination.nextRound, due <= now else { return }
        // Whoever was not there to answer yet may be by now, however long the question stands.
        calibrateNeighbours { !$0.isCalibrated }
        let asked = neighbours.indices.filter { neighbours[$0].isCalibrated }
        examination.rounds += 1
        for place in networkStates.indices {
            guard asked.contains(where: { neighbours[$0].device == networkStates[place].device })
            else { continue }
            networkStates[place].silentRounds += 1
            if networkStates[place].silentRounds == Self.silentRoundsMaximum {
                networkStates[place].goneSince = networkStates[place].goneSince ?? now
                needsEvaluation = true
                beatIsDue = true
            }
        }
        for place in asked { effects.append(.probe(neighbours[place].address)) }
        examination.nextRound = now + examinationInterval
    }

    private mutating func calibrateNeighbours(where isMeant: (Neighbour) -> Bool) {
        let due = examination.calibratedAt.map { now - $0 >= neighbourInterval } ?? true
        guard due, neighbours.contains(where: isMeant) else { return }
        examination.calibratedAt = now
        for place in neighbours.indices where isMeant(neighbours[place]) {
            neighbours[place].missed += 1
            if neighbours[place].missed > ProbeTable.missedMaximum {
                neighbours[place].isCalibrated = false
                neighbours[place].lastAnswer = nil
            }
            effects.append(.probe(neighbours[place].address))
        }
    }

    /// When the networks next want to be looked at.
    var examinationDeadline: Instant? {
        if examination.since != nil { return examination.nextRound }
        return neighbours.isEmpty
            ? nil : (examination.calibratedAt ?? now) + neighbourInterval
    }

    /// Time between two questions to neighbours while nothing is suspected: whoever has not answered yet is asked soon
    /// again, for a node that booted with its cable out would else not know for long that it is cut off anew.
    private var neighbourInterval: Duration {
        let isNew = neighbours.contains { host in
            host.lastAnswer == nil && host.missed <= Neighbour.hurriedQuestions
        }
        return isNew ? .seconds(1) : Self.calibrationInterval
    }

    // MARK: What it says

    /// Which networks count as a group's.
    private enum NetworkScope {
        /// Those with its addresses.
        case own
        /// It has no address: those of other groups.
        case anyGroup
        /// No group has one: all.
        case all
    }

    /// Asked for at every event, like the next one, so without an array on the way.
    private func scope(of group: Int) -> NetworkScope {
        var scope = NetworkScope.all
        for network in ownNetworks {
            if network.groups.contains(group) { return .own }
            if !network.groups.isEmpty { scope = .anyGroup }
        }
        return scope
    }

    /// Whether a network is one of a group's; `networkStates` has the order of `ownNetworks`.
    private func carries(_ place: Int, _ group: Int, _ scope: NetworkScope) -> Bool {
        let groups = ownNetworks[place].groups
        return switch scope {
        case .own: groups.contains(group)
        case .anyGroup: !groups.isEmpty
        case .all: true
        }
    }

    /// The states of the networks of a group.
    private func states(of group: Int) -> [NetworkState] {
        let scope = scope(of: group)
        return networkStates.indices.filter { carries($0, group, scope) }
            .map { networkStates[$0] }
    }

    /// Whether the networks of a group work for this node.
    func networkProof(_ group: Int) -> NetworkProof {
        var hasCarrier: Bool?
        var isAsked = false
        var isSilent = true
        let scope = scope(of: group)
        for place in networkStates.indices where carries(place, group, scope) {
            let works = networkStates[place].hasCarrier
            hasCarrier = works || hasCarrier == true
            let mayAnswer = works && networkStates[place].silentRounds < Self.silentRoundsMaximum
            for host in neighbours
            where host.isCalibrated && host.device == ownNetworks[place].device {
                isAsked = true
                guard mayAnswer else { continue }
                isSilent = false
                guard let since = examination.since, let answer = host.lastAnswer, answer >= since
                else { continue }
                return .proved
            }
        }
        guard let hasCarrier else { return .unknown }
        guard hasCarrier else { return .disproved }
        guard isAsked else { return .unknown }
        if examination.since == nil { return .proved }
        return isSilent ? .disproved : .undecided
    }

    /// Whether a neighbour on a network of a group answered after `time`.
    func neighbourHasAnswered(since time: Instant, for group: Int) -> Bool {
        let devices = states(of: group).map(\.device)
        return neighbours.contains { host in
            devices.contains(host.device) && host.lastAnswer.map { $0 > time } ?? false
        }
    }

    /// When the networks of a group were lost, where they had worked until then although the peer was silent for
    /// longer than `patience`.
    func lostLater(_ group: Int, patience: Duration) -> Instant? {
        guard !peer.isPresent else { return nil }
        let heard = heardAtBest
        let states = states(of: group)
        guard let gone = states.compactMap(\.goneSince).max(),
            states.allSatisfy({ $0.goneSince != nil })
        else { return nil }
        let worked = states.compactMap(\.lastProof).max() ?? gone
        return worked - heard >= patience ? gone : nil
    }

    /// The devices of a group, in words.
    func networkText(_ group: Int) -> String {
        let states = states(of: group)
        let devices = states.map(\.device)
        let names = devices.joined(separator: ", ")
        if states.allSatisfy({ !$0.hasCarrier }) { return "no carrier on \(names)" }
        let count = neighbours.count { $0.isCalibrated && devices.contains($0.device) }
        return "none of \(count) neighbours on \(names) answers"
    }

    /// Until when a verdict waits because of how the paths were lost; `nil` when it need not.
    func jeopardyUntil(_ group: Int) -> (until: Instant, why: String)? {
        guard let last = peer.lastHeard else { return nil }
        if wasPathLost {
            let until = last + settings.evidence.jeopardyTime
            return until > now ? (until, "a path was lost before the others") : nil
        }
        guard let returned = states(of: group).compactMap(\.returnedAt).max() else { return nil }
        let until = max(last, returned) + settings.evidence.jeopardyTime
        return until > now ? (until, "the network has only now come back") : nil
    }

    // MARK: Ping nodes

    /// How many ping nodes answer now.
    var pingsAnswering: Int {
        pings.count { $0.map { now - $0 < settings.evidence.deadping } ?? false }
    }

    /// Asks every host of every ping node, each second.
    mutating func pingIfDue() {
        guard !settings.evidence.pingNodes.isEmpty, (nextPing ?? now) <= now else { return }
        for node in settings.evidence.pingNodes {
            for host in node.hosts { effects.append(.ping(host)) }
        }
        nextPing = now + max(.milliseconds(100), min(.seconds(1), settings.evidence.deadping / 4))
        let counted = pingsAnswering
        if counted != pingsTold {
            pingsTold = counted
            beatIsDue = true
            needsEvaluation = true
        }
    }

    /// A host answered an echo.
    mutating func pingAnswered(_ address: IPAddress) {
        for (place, node) in settings.evidence.pingNodes.enumerated()
        where node.hosts.contains(address) {
            pings[place] = now
        }
    }
}
