// What can be known of a silent peer without its word (design section 4): who still answers for its own
// addresses and for the groups' addresses. Answers are unauthenticated: they may hold a takeover or let the
// table decide, never more. A probe is worth something only when calibrated: it answered from the same
// device and Ethernet address while the peer was alive.

/// The probes of the peer's host and of the groups' addresses, and what they said.
struct ProbeTable: Sendable {
    /// One address that is asked for.
    struct Target: Sendable {
        /// The address.
        var address: IPAddress
        /// The group it belongs to; `nil` for an address of the peer's own.
        var group: Int?
        /// Where it answered while the peer was alive.
        var marks: [CalibratedProbe] = []
        /// When the peer last answered for it.
        var lastAnswer: Instant?
        /// When somebody last answered for it who is not the peer.
        var lastStranger: Instant?
        /// The Ethernet address of that somebody.
        var stranger: MACAddress?
        /// Who answers for it beside the peer that holds it: a proxy, whose answers say nothing.
        var proxies: [MACAddress] = []
        /// Questions without an answer since the last answer, while the peer was alive.
        var missed = 0
        /// Which of the last 32 rounds of this suspicion the peer answered; the present one in bit 0.
        var answeredRounds: UInt32 = 0
    }

    /// The targets: groups' addresses first (fixed), then the peer's own (at most 8).
    var targets: [Target]
    /// How many of them belong to groups.
    let groupTargetCount: Int
    /// When the present suspicion began; `nil` without one.
    var suspicionSince: Instant?
    /// Rounds of questions since then.
    var rounds = 0
    /// When to ask next.
    var nextRound: Instant?

    /// Unanswered questions after which a calibrated probe is no longer believed.
    static let missedMaximum = 4
    /// Devices remembered for each address.
    static let marksMaximum = 4
    /// Rounds needed before silence is believed.
    static let roundsMinimum = 10
    /// Of the last twenty rounds, about as many as fit between suspicion and verdict, how many a host must have
    /// answered before silence of the group's address, asked in the same rounds, is no accident: with such
    /// loss as lets 12 of 20 through, twenty answers in a row get lost once in 10^8.
    static let roundsSteady = 12

    init(groups: [GroupSettings]) {
        targets = []
        for (index, group) in groups.enumerated() {
            for resource in group.resources {
                if let address = resource.address {
                    targets.append(Target(address: address, group: index))
                }
            }
        }
        groupTargetCount = targets.count
    }

    /// Replaces the peer's own addresses, keeping what is known of those that stay.
    mutating func setPeerAddresses(_ addresses: [OwnAddress]) {
        let known = targets[groupTargetCount...]
        let wanted = addresses.prefix(BeatContent.addressesMaximum)
        let fresh = wanted.map { own in
            known.first { $0.address == own.address } ?? Target(address: own.address, group: nil)
        }
        targets.replaceSubrange(groupTargetCount..., with: fresh)
    }

    /// Forgets a suspicion.
    mutating func endSuspicion() {
        suspicionSince = nil
        rounds = 0
        for index in targets.indices { targets[index].answeredRounds = 0 }
    }

    /// Every calibration mark, for the durable record.
    var marks: [CalibratedProbe] { targets.flatMap(\.marks) }

    /// Takes back the marks of an earlier daemon of the same boot.
    mutating func restore(_ marks: [CalibratedProbe]) {
        for index in targets.indices {
            targets[index].marks = Array(
                marks.filter { $0.address == targets[index].address }.prefix(Self.marksMaximum)
            )
        }
    }
}

/// What the evidence says about one group of a silent peer.
enum SilenceVerdict: Equatable, Sendable {
    /// The peer's silence is not old enough, or the probes have not been asked often enough.
    case undecided
    /// The peer does not hold the group any more: take it.
    case take(ClaimKind, Reason)
    /// It may still hold it: do not.
    case hold(HoldCause, Reason)
}

/// Why a takeover does not happen; noted once for each cause.
enum HoldCause: Sendable {
    case neverHeard
    case storageDiffers
    case addressAnswers
    case strangerAnswers
    case hostAnswers
    case noProbeTells
    case diskWaits
    case frozen
    case isolated
    case jeopardy
    case noRecord
    case dataIsStale
    case dataIsUnready
    case dataIsBehind
}

extension FailoverMachine {
    /// How long an answer counts: as long as the probing lasts before `deadtime`.
    var answerWindow: Duration {
        let probing = settings.timings.deadtime - suspicionDelay
        return max(probing, probeInterval * ProbeTable.roundsMinimum)
    }

    /// Time between two questions to the same address under suspicion; slower once a silence grows old.
    var probeInterval: Duration {
        if isEarlyProbing {
            let early = settings.evidence.earlyFloor / (settings.evidence.earlyProbes + 4)
            return max(.milliseconds(1), min(early, quickProbeInterval))
        }
        guard confirming == nil, let since = probes.suspicionSince,
            now - since > settings.timings.deadtime * 3
        else { return quickProbeInterval }
        return max(quickProbeInterval, min(settings.timings.deadtime / 10, .milliseconds(500)))
    }

    /// A twentieth of the time between suspicion and verdict, from 1 ms to 250 ms.
    var quickProbeInterval: Duration {
        let probing = settings.timings.deadtime - suspicionDelay
        return min(max(probing / 20, .milliseconds(1)), .milliseconds(250))
    }

    /// Time between two questions to the same address for calibration only.
    static var calibrationInterval: Duration { .seconds(10) }

    /// Asks every target once, now.
    mutating func askTargets(where wanted: (ProbeTable.Target) -> Bool) {
        for index in probes.targets.indices where wanted(probes.targets[index]) {
            effects.append(.probe(probes.targets[index].address))
        }
    }

    /// Whether asking for a target could tell anything: the peer's own, or of a group it may hold.
    func isTelling(_ target: ProbeTable.Target) -> Bool {
        guard let group = target.group else { return true }
        return isOpen(group)
    }

    /// Whether evidence about the group still matters: nothing of it has been started here, or a start that was
    /// overslept waits for it (S8).
    private func isOpen(_ group: Int) -> Bool {
        switch groups[group].phase {
        case .claiming, .suspended: true
        case .starting: groups[group].isLate
        case let phase: !phase.holds
        }
    }

    /// Whether the answers matter: something is left that could be taken, or the peer may be found dead.
    var hasIdleGroup: Bool { !peer.isProvedDead || groups.indices.contains(where: isOpen) }

    /// Who asked nobody for a while heard no silence either: a loop that was late by half of what an answer counts
    /// asks anew before silence tells anything, also where it does not know yet that it was late (S8).
    mutating func discountSleep() {
        guard let due = probes.nextRound, now - due >= answerWindow / 2 else { return }
        probes.rounds = 0
    }

    /// Asks, if it is time to: quickly under suspicion, else to calibrate.
    mutating func probeIfDue() {
        guard let due = probes.nextRound, due <= now else { return }
        if probes.suspicionSince != nil || confirming != nil {
            guard hasIdleGroup || confirming != nil else {
                probes.nextRound = now + settings.timings.keepalive
                return
            }
            probes.rounds += 1
            for index in probes.targets.indices { probes.targets[index].answeredRounds <<= 1 }
            askTargets(where: isTelling)
            probes.nextRound = now + probeInterval
            return
        }
        guard peer.isPresent else {
            probes.nextRound = nil
            return
        }
        calibrate()
        probes.nextRound = now + Self.calibrationInterval
    }

    /// Asks for calibration: what did not answer the last questions loses its marks.
    mutating func calibrate() {
        for index in probes.targets.indices where canCalibrate(probes.targets[index]) {
            probes.targets[index].missed += 1
            if probes.targets[index].missed > ProbeTable.missedMaximum,
                !probes.targets[index].marks.isEmpty
            {
                probes.targets[index].marks.removeAll()
                recordIsDirty = true
            }
        }
        askTargets(where: canCalibrate)
    }

    /// Whether the peer must be the one that answers for the target now.
    func canCalibrate(_ target: ProbeTable.Target) -> Bool {
        guard peer.isPresent else { return false }
        guard let group = target.group else { return true }
        return peer.reports[group]?.phase == .active && !groups[group].phase.holds
    }

    /// Somebody answered for an address.
    mutating func probeAnswered(_ answer: ProbeAnswer) {
        // An answer with our own Ethernet address tells nothing of anybody.
        guard !isOwn(answer.mac) else { return }
        neighbourAnswered(answer)
        let isPeer = peer.addresses.contains { $0.mac == answer.mac }
        for index in probes.targets.indices where probes.targets[index].address == answer.address {
            guard isPeer else {
                guard !isProxy(answer.mac, index) else { continue }
                probes.targets[index].lastStranger = now
                probes.targets[index].stranger = answer.mac
                continue
            }
            probes.targets[index].lastAnswer = now
            probes.targets[index].answeredRounds |= 1
            guard canCalibrate(probes.targets[index]) else { continue }
            probes.targets[index].missed = 0
            let mark = CalibratedProbe(
                address: answer.address,
                device: answer.device,
                mac: answer.mac
            )
            let marks = probes.targets[index].marks
            if !marks.contains(mark), marks.count < ProbeTable.marksMaximum {
                probes.targets[index].marks.append(mark)
                recordIsDirty = true
            }
        }
        needsEvaluation = true
    }

    /// Whether somebody answers for a group's address beside the peer that holds it (proxy ARP, a double address).
    private mutating func isProxy(_ mac: MACAddress, _ index: Int) -> Bool {
        if probes.targets[index].proxies.contains(mac) { return true }
        guard probes.targets[index].group != nil, canCalibrate(probes.targets[index]),
            probes.suspicionSince == nil, probes.targets[index].lastAnswer != nil
        else { return false }
        guard probes.targets[index].proxies.count < ProbeTable.marksMaximum else { return true }
        probes.targets[index].proxies.append(mac)
        note(
            .warning,
            .configurationDiffers,
            probes.targets[index].group,
            "\(mac) answers for \(probes.targets[index].address) too, which \(settings.peer) holds: a proxy, or a "
                + "double address; its answers prove nothing from now on",
            Reason(.S1, "two answers for one address")
        )
        return true
    }

    /// Whether the peer answered for the target lately enough to count.
    func answersNow(_ target: ProbeTable.Target) -> Bool {
        guard let answer = target.lastAnswer else { return false }
        return now - answer < answerWindow && answer >= probingSince
    }

    /// When the present probing began.
    var probingSince: Instant {
        probes.suspicionSince ?? confirming?.since ?? now
    }

    /// Whether the peer's host answers: its kernel, or its keeper in authentic beats.
    var hostAnswers: Bool {
        // The keeper beats as slowly as the loop did: its silence is believed as late.
        if let beat = peer.lastDaemonDown, now - beat < max(answerWindow, settings.timings.deadtime)
        {
            return true
        }
        for target in probes.targets[probes.groupTargetCount...] where answersNow(target) {
            return true
        }
        return false
    }

    /// Whether the host has answered so many of the last rounds that silence of another address means something.
    var hostAnswersSteadily: Bool {
        probes.targets[probes.groupTargetCount...].contains { target in
            (target.answeredRounds & 0xf_ffff).nonzeroBitCount >= ProbeTable.roundsSteady
        }
    }

    /// Whether the peer answers for one of the group's addresses.
    func addressAnswers(_ group: Int) -> Bool {
        probes.targets[..<probes.groupTargetCount].contains { $0.group == group && answersNow($0) }
    }

    /// Somebody unknown who answers for one of the group's addresses.
    func strangerAnswering(_ group: Int) -> MACAddress? {
        for target in probes.targets[..<probes.groupTargetCount] where target.group == group {
            if let answer = target.lastStranger, answer >= probingSince,
                now - answer < answerWindow
            {
                return target.stranger
            }
        }
        return nil
    }

    /// Whether silence of the host's addresses proves something (table, row 3): calibrated on two networks, or
    /// on one that carries no configured link.
    var hostIsCalibrated: Bool {
        let marks = probes.targets[probes.groupTargetCount...].flatMap(\.marks)
        guard let first = marks.first else { return false }
        if marks.contains(where: { $0.device != first.device }) { return true }
        return !settings.links.contains { $0.device == first.device }
    }

    /// Whether silence of every address of the group proves that nobody serves them.
    func addressIsCalibrated(_ group: Int) -> Bool {
        let own = probes.targets[..<probes.groupTargetCount].filter { $0.group == group }
        return !own.isEmpty && own.allSatisfy { !$0.marks.isEmpty }
    }

    /// The table of design section 4 for one group of a peer that is silent (S1).
    func silenceVerdict(_ group: Int) -> SilenceVerdict {
        let peerName = settings.peer.text
        guard hasLooked(group) else { return .undecided }
        if peer.standing == .confirmedDown {
            if let found = dataHold(group) { return .hold(found.cause, found.reason) }
            return .take(
                .fencing,
                Reason(.S1, "the administrator confirmed that \(peerName) is down")
            )
        }
        guard peer.standing == .silent || peer.standing == .left && peer.mayBeBack else {
            return .undecided
        }
        if let heard = peer.lastHeard, now - heard < settings.timings.deadtime, !mayTakeEarly(group)
        {
            return .undecided
        }
        guard peer.lastHeard != nil || peerHeardThisBoot else {
            return .hold(
                .neverHeard,
                Reason(.S1, "\(peerName) was not heard since this machine booted")
            )
        }
        guard probes.rounds >= ProbeTable.roundsMinimum else { return .undecided }
        if let found = dataHold(group) { return .hold(found.cause, found.reason) }
        let silence =
            peer.lastHeard.map { "\(peerName) silent for \((now - $0).text)" }
            ?? "\(peerName) not heard since this daemon started"
        if differsInStorage(group) {
            return .hold(
                .storageDiffers,
                Reason(
                    .configuration,
                    "\(silence); the group's storage is configured differently there"
                )
            )
        }
        switch networkProof(group) {
        case .undecided: return .undecided
        case .disproved:
            return .hold(
                .isolated,
                Reason(
                    .S1,
                    "\(silence), but this node may be the one cut off: \(networkText(group))"
                )
            )
        case .proved, .unknown: break
        }
        if let answering = addressVerdict(group, silence) { return answering }
        let verdict = hostVerdict(group, silence)
        if case .take = verdict, !networkOutlivesPeer(group) { return .undecided }
        if case .take = verdict, let jeopardy = jeopardyUntil(group) {
            let wait = (jeopardy.until - now).spokenText
            let why = "\(silence), but \(jeopardy.why): waiting \(wait) more (jeopardy_time)"
            return .hold(.jeopardy, Reason(.S1, why))
        }
        return verdict
    }

    /// What a group may do whose node never heard its peer since the machine booted (`boot_policy`).
    func bootVerdict(_ group: Int) -> SilenceVerdict {
        let policy = bootPolicy(group)
        let never = "\(settings.peer) was not heard since this machine booted"
        guard !hasNoPast else {
            return .hold(
                .noRecord,
                Reason(.S6, "\(never), and this node has no record of what it held")
            )
        }
        guard policy == .any || policy == .lastOwner && groups[group].isLastOwner else {
            return .hold(.neverHeard, Reason(.S1, "\(never) (boot_policy \(policy.rawValue))"))
        }
        guard probes.rounds >= ProbeTable.roundsMinimum else { return .undecided }
        switch networkProof(group) {
        case .undecided: return .undecided
        case .disproved: return .hold(.isolated, Reason(.S1, "\(never); \(networkText(group))"))
        case .proved, .unknown: break
        }
        // Whoever has an address of any group is a peer that lives.
        for group in groups.indices {
            if let answering = addressVerdict(group, never) { return answering }
        }
        if hostAnswers {
            return .hold(.hostAnswers, Reason(.S1, "\(never), but its host answers"))
        }
        guard hasLooked(group) else { return .undecided }
        if let found = dataHold(group) { return .hold(found.cause, found.reason) }
        return .take(.boot, Reason(.S1, "\(never); boot_policy \(policy.rawValue)"))
    }

    /// `boot_policy`, or what stands for it.
    func bootPolicy(_ group: Int) -> BootPolicy {
        settings.bootPolicy(of: settings.groups[group])
    }

    /// Whether somebody answers for the group's address.
    private func addressVerdict(_ group: Int, _ silence: String) -> SilenceVerdict? {
        if addressAnswers(group) {
            return .hold(
                .addressAnswers,
                Reason(.S1, "\(silence), but it still answers for the group's address")
            )
        }
        if let stranger = strangerAnswering(group) {
            return .hold(
                .strangerAnswers,
                Reason(
                    .S1,
                    "\(silence); \(stranger), not \(settings.peer), answers for the group's address"
                )
            )
        }
        return nil
    }

    /// Whether the group's network was still seen to work when the peer had already failed to answer.
    ///
    /// What cuts this node off takes the peer's answers and the neighbours' at once, whichever were asked last; a host
    /// that answers elsewhere says nothing of that network.
    func networkOutlivesPeer(_ group: Int) -> Bool {
        guard networkProof(group) == .proved else { return true }
        let hostAnswers = hostAnswers
        let answers = probes.targets.lazy.filter { !hostAnswers || $0.group == group }
        guard let answer = answers.compactMap(\.lastAnswer).max() else { return true }
        return neighbourHasAnswered(since: answer + probeInterval, for: group)
    }

    /// The rows of the table that ask for the peer's host, the address being silent.
    private func hostVerdict(_ group: Int, _ silence: String) -> SilenceVerdict {
        if hostAnswers {
            guard !settings.groups[group].holdsStorage else {
                return .hold(
                    .hostAnswers,
                    Reason(.S1, "\(silence), but its host answers and the group holds storage")
                )
            }
            guard addressIsCalibrated(group) else {
                return .hold(
                    .hostAnswers,
                    Reason(
                        .S1,
                        "\(silence), but its host answers and no probe can tell of the group"
                    )
                )
            }
            // An address that is being stopped or started is silent on a node that goes on with it.
            let phase = peer.reports[group]?.phase
            if phase == nil || phase == .starting || phase == .stopping {
                let then = phase.map { "was \($0) there when it was last heard" }
                let doing = then ?? "may be starting there"
                return .hold(
                    .hostAnswers,
                    Reason(
                        .S1,
                        "\(silence), but its host answers, and the group \(doing)"
                    )
                )
            }
            // On a network that is back, or loses packets, the host's answer may come in and the address's not.
            guard hostAnswersSteadily else {
                return .hold(
                    .hostAnswers,
                    Reason(
                        .S1,
                        "\(silence), but its host answers, too seldom for the group's silence to count"
                    )
                )
            }
            return .take(
                .evidence,
                Reason(.S1, "\(silence); its host answers, nobody answers for the group's address")
            )
        }
        if hostIsCalibrated {
            return .take(
                .evidence,
                Reason(.S1, "\(silence); neither its host nor the group's address answers")
            )
        }
        guard settings.unprovedTakeover else {
            return .hold(
                .noProbeTells,
                Reason(
                    .S1,
                    "\(silence); no probe can tell whether it is dead (unproved_takeover off)"
                )
            )
        }
        return .take(
            .evidence,
            Reason(.S1, "\(silence); no probe could tell, unproved_takeover is on")
        )
    }
}
