// S11, fit means fresh: what this node's own replicated data is, what the peer says of its own, and which of the
// two is old. A mark "alone" says that this node has written what the peer has not got; a mark "stale" says that
// the peer has. Both are durable, and only a resynchronisation, or the administrator's word, ends them.

/// What the resources of a group say of its replicated data on this node, looked up there.
public struct DataObservation: Equatable, Sendable {
    /// `inSync`: connected, and every acknowledged write is on both sides; `detached`: not so; `unknown`: it cannot
    /// be told.
    public var replication: ReplicationState
    /// The data's generation.
    public var generation: DataGeneration
    /// Why the data cannot be used here; `nil` when it can.
    public var obstacle: DataObstacle?
    /// What is known of each copy, by its resource's place in the group; one that could not be asked is not in it.
    public var copies: [Int: CopyState]
    /// What a copy that is kept by a log shows; `nil` where none is.
    ///
    /// `replication` then tells of the others alone.
    public var log: LogObservation?
    /// When the look began: nothing is known of what happened after.
    public var begunAt: Instant

    /// Makes an observation of its parts.
    public init(
        replication: ReplicationState,
        generation: DataGeneration = DataGeneration(high: 0, low: 0),
        obstacle: DataObstacle? = nil,
        copies: [Int: CopyState] = [:],
        log: LogObservation? = nil,
        begunAt: Instant
    ) {
        self.replication = replication
        self.generation = generation
        self.obstacle = obstacle
        self.copies = copies
        self.log = log
        self.begunAt = begunAt
    }
}

/// Why a node's copy of replicated data cannot be used.
public struct DataObstacle: Equatable, Sendable {
    /// For people: `r0 is Inconsistent`.
    public var text: String
    /// The copy is whole and only old: who accepts the loss may use it.
    public var isAge: Bool
    /// Nobody knows whether it is old: a peer that is there can tell, when the copy is about to be used.
    public var isDoubt: Bool

    /// Makes an obstacle of its parts.
    public init(text: String, isAge: Bool, isDoubt: Bool = false) {
        self.text = text
        self.isAge = isAge
        self.isDoubt = isDoubt
    }
}

/// The marks of a group's replicated data that outlive daemon and machine (S11).
public struct DataRecord: Equatable, Sendable, Codable {
    /// Since when this node has written what the peer has not got, in seconds since 1970; absent when it has not.
    public var aloneSince: Int64?
    /// Since when the peer has written what this node has not got; absent when it has not.
    public var staleSince: Int64?
    /// What the last takeover without a handover may have cost; absent where it was none.
    public var receipt: DataReceipt?

    /// Makes a record of its parts.
    public init(aloneSince: Int64? = nil, staleSince: Int64? = nil, receipt: DataReceipt? = nil) {
        self.aloneSince = aloneSince
        self.staleSince = staleSince
        self.receipt = receipt
    }
}

/// What this node knows of a group's replicated data.
struct GroupData: Sendable {
    /// Somebody can look at it.
    var isWatched = true
    /// The last look at it.
    var own: DataObservation?
    /// The durable marks.
    var marks = DataRecord()
    /// The write that makes the mark "stale" durable.
    var staleBy = PersistID(0)
    /// When that mark was made, or found in the record.
    var markedAt = Instant(nanoseconds: 0)
    /// Whether what replicates it has run since it was stopped last, or may have: nothing writes before.
    var hasRun = true
    /// When something may have written here last; `nil` once an observation of later says that the peer has it.
    var writtenAt: Instant?
    /// The administrator accepts that what the peer wrote alone is lost, for the takeover in progress.
    var acceptsLoss = false
    /// Since when an observation is waited for before the group is offered.
    var asksSince: Instant?
    /// When the peer's DRBD last asked for the mark "stale".
    var outdatedAt: Instant?
    /// Of data that is kept by a log.
    var log = GroupLog()
}

extension FailoverMachine {
    /// How long a node that has stopped a group waits to learn whether the peer has all that was written.
    static var observationPatience: Duration { .seconds(2) }

    /// Whether the group's data is on both nodes, kept in step by a resource of it that can be asked.
    private func isReplicated(_ index: Int) -> Bool {
        settings.groups[index].isReplicated && groups[index].data.isWatched
    }

    /// Whether this node has begun to start the group's storage, or runs it.
    ///
    /// A suspended group of which nothing is left but the claim does not: going on is a start.
    private func isServing(_ index: Int) -> Bool {
        guard groups[index].phase.holds, groups[index].hasStartedStorage else { return false }
        return groups[index].phase != .suspended || !isStopped(index)
    }

    /// Whether what replicates the group's data is stopped.
    private func isStopped(_ index: Int) -> Bool {
        zip(groups[index].resources, settings.groups[index].resources).allSatisfy {
            !$1.isReplicated || $0.state == .stopped
        }
    }

    /// Whether something may have written to the group's replicated data: what is only being promoted, or is stopped
    /// before it was, had no writer.
    private func hasWriter(_ index: Int) -> Bool {
        guard isServing(index), groups[index].phase != .suspended else { return false }
        let hasRun = groups[index].phase != .starting && groups[index].data.hasRun
        return zip(groups[index].resources, settings.groups[index].resources).contains {
            $1.isReplicated && ($0.state == .running || hasRun && $0.state != .stopped)
        }
    }

    /// Whether this node has looked at its copy since its daemon began: before, it neither takes nor declines.
    func hasLooked(_ index: Int) -> Bool {
        !isReplicated(index) || groups[index].data.own != nil || isServing(index)
    }

    /// Whether the peer has, so that it would have said by now that it has written alone.
    func peerHasLooked(_ index: Int) -> Bool {
        !isReplicated(index) || peer.reports[index]?.fitness != .unknown
    }

    /// A look at the data ended, or nobody can look.
    mutating func observed(_ index: Int, _ observation: DataObservation?) {
        guard groups.indices.contains(index) else { return }
        groups[index].data.isWatched = observation != nil
        guard let observation else {
            groups[index].data.own = nil
            if groups[index].data.asksSince != nil { groups[index].retryAt = nil }
            needsEvaluation = true
            return
        }
        if let last = groups[index].data.own, observation.begunAt < last.begunAt { return }
        var seen = observation
        judgeLog(index, &seen)
        groups[index].data.own = seen
        completeReceipt(index)
        if groups[index].data.asksSince != nil { groups[index].retryAt = nil }
        needsEvaluation = true
    }

    /// Sets and ends the marks.
    mutating func considerData(_ index: Int) {
        guard isReplicated(index), groups[index].phase != .unknown else { return }
        hearLog(index)
        considerAcceptance(index)
        considerAlone(index)
        considerStale(index)
        considerLog(index)
    }

    /// What is written here while the other side does not follow is here alone.
    private mutating func considerAlone(_ index: Int) {
        let own = groups[index].data.own?.replication
        if isStopped(index) { groups[index].data.hasRun = false }
        if hasWriter(index) {
            groups[index].data.hasRun = true
            groups[index].data.writtenAt = now
        } else if own == .inSync, let seen = groups[index].data.own?.begunAt,
            let written = groups[index].data.writtenAt, seen > written
        {
            groups[index].data.writtenAt = nil
        }
        switch groups[index].data.marks.aloneSince {
        case nil:
            guard own == .detached, groups[index].data.writtenAt != nil else { return }
            groups[index].data.marks.aloneSince = wallClock
            let facts = "\(settings.peer) does not get what is written here from now on"
            note(.warning, .dataDetached, index, facts, Reason(.S11, facts))
        case .some:
            guard own == .inSync else { return }
            groups[index].data.marks.aloneSince = nil
            let facts = "\(settings.peer) has everything that was written here"
            note(.info, .dataInSync, index, facts, Reason(.S11, facts))
        }
        recordIsDirty = true
        beatIsDue = true
    }

    /// What the peer has written alone is missing here, until both say that it is not.
    private mutating func considerStale(_ index: Int) {
        let word = peer.reports[index]?.replication
        let data = groups[index].data
        guard data.marks.staleSince != nil else {
            guard word == .detached, !isServing(index) else { return }
            groups[index].data.marks.staleSince = wallClock
            groups[index].data.markedAt = now
            groups[index].data.staleBy = persist()
            beatIsDue = true
            effects.append(.markData(group: index, isStale: true))
            let facts =
                "\(settings.peer) writes without this node: the data here is old from now on"
            note(.warning, .dataStale, index, facts, Reason(.S11, facts))
            return
        }
        // The peer's word alone may be older than a cut that this node has not noticed yet, and the other way about.
        guard word == .inSync, let own = data.own, own.replication == .inSync,
            own.begunAt > data.markedAt, !isOutdatedLately(index)
        else { return }
        endStaleness(index)
        let facts = "the data here is as on \(settings.peer) again"
        note(.info, .dataInSync, index, facts, Reason(.S11, facts))
    }

    private mutating func endStaleness(_ index: Int) {
        groups[index].data.marks.staleSince = nil
        recordIsDirty = true
        beatIsDue = true
        needsEvaluation = true
        effects.append(.markData(group: index, isStale: false))
    }

    /// The administrator's word holds for one takeover; once the group runs, what runs is the data.
    private mutating func considerAcceptance(_ index: Int) {
        guard groups[index].data.acceptsLoss else { return }
        if groups[index].phase == .active {
            groups[index].data.acceptsLoss = false
            if groups[index].data.marks.staleSince != nil { endStaleness(index) }
        } else if !commands.contains(where: { command in
            command.moves.contains { $0.group == index && $0.target == .own }
        }) {
            groups[index].data.acceptsLoss = false
        }
    }

    // MARK: What follows

    /// Why this node's data keeps it from taking the group; `nil` when it does not.
    func dataHold(_ index: Int) -> (cause: HoldCause, reason: Reason)? {
        guard isReplicated(index), !isServing(index) else { return nil }
        let data = groups[index].data
        if let since = data.marks.staleSince, !data.acceptsLoss {
            let alone = data.marks.aloneSince.map {
                "; this node wrote alone since \(utcText($0)): the two have parted"
            }
            let facts =
                "the data here is old: \(settings.peer) has written without this node since \(utcText(since))"
                + (missingText(index) ?? "") + (alone ?? "")
            return (.dataIsStale, Reason(.S11, facts))
        }
        if let obstacle = data.own?.obstacle, !(data.acceptsLoss && obstacle.isAge),
            !(obstacle.isDoubt && peer.isPresent)
        {
            let facts = "the data here cannot be used: \(obstacle.text)"
            return (.dataIsUnready, Reason(.S11, facts))
        }
        return logHold(index).map { (.dataIsBehind, $0) }
    }

    /// What to do about data that keeps a group from being taken.
    func dataRemedy(_ index: Int, _ cause: HoldCause) -> String {
        let name = settings.groups[index].name
        let isAge =
            cause == .dataIsStale || cause == .dataIsBehind
            || groups[index].data.own?.obstacle?.isAge == true
        guard isAge else { return "repair that, and look again: baton status" }
        if cause == .dataIsUnready, groups[index].data.own?.obstacle?.isDoubt == true {
            return
                "bring \(settings.peer) back, it can tell; to go on with the data here and lose what \(settings.peer) "
                + "may have written since, type: baton takeover --accept-data-loss \(name)"
        }
        return
            "bring \(settings.peer) back, it has the newer data; to go on with the old data and lose what "
            + "\(settings.peer) wrote, type: baton takeover --accept-data-loss \(name)"
    }

    /// Says that the group is not taken for its data's sake, when that is so.
    mutating func holdsForData(_ index: Int) -> Bool {
        guard let found = dataHold(index) else { return false }
        hold(index, found.cause, found.reason)
        return true
    }

    /// How fit this node is by its data; `nil` when nothing is wrong with it.
    ///
    /// `stale` is the acknowledgement of the peer's word, so that it is not said before the mark is durable.
    func dataFitness(_ index: Int) -> Fitness? {
        guard hasLooked(index) else { return .unknown }
        guard let found = dataHold(index) else { return nil }
        let isKnown = found.cause == .dataIsStale && groups[index].data.staleBy <= persistDone
        return isKnown ? .stale : .notReady
    }

    /// Whether the peer has all that was written here, as far as is known.
    func isNotAlone(_ index: Int) -> Bool {
        !isReplicated(index) || groups[index].data.marks.aloneSince == nil
    }

    /// Whether this node sees that both have the same data: nothing moves by itself or by a command without.
    func isInStep(_ index: Int) -> Bool {
        guard isReplicated(index) else { return true }
        return isNotAlone(index) && peer.reports[index]?.replication != .detached
            && groups[index].data.own?.replication == .inSync
    }

    /// Why the peer cannot be given the group for its data's sake, in words; `nil` when it can.
    func outOfStepText(_ index: Int) -> String? {
        guard !isInStep(index) else { return nil }
        if let since = groups[index].data.marks.aloneSince { return aloneText(since) }
        return "it cannot be told whether \(settings.peer) has everything that was written here"
    }

    private func aloneText(_ since: Int64) -> String {
        "\(settings.peer) has not got what was written here since \(utcText(since))"
    }

    /// Whether a group that is stopped, and to be offered, waits for a look at its data: what was written last may
    /// not have reached the peer.
    mutating func awaitsObservation(_ index: Int) -> Bool {
        guard isReplicated(index), peer.isPresent else { return false }
        guard let since = groups[index].data.asksSince else {
            groups[index].data.asksSince = now
            groups[index].retryAt = now + Self.observationPatience
            effects.append(.observeData(group: index))
            return true
        }
        let isSeen = groups[index].data.own.map { $0.begunAt >= since } ?? false
        guard isSeen && peerHasLog(index) || now - since >= Self.observationPatience else {
            groups[index].retryAt = since + Self.observationPatience
            return true
        }
        groups[index].data.asksSince = nil
        return false
    }

    /// What the peer is told of the data.
    func replicationWord(_ index: Int) -> ReplicationState {
        guard isReplicated(index) else { return .unknown }
        if groups[index].data.marks.aloneSince != nil { return .detached }
        return groups[index].data.own?.replication == .inSync ? .inSync : .unknown
    }

    /// How the data stands, for people; `nil` for a group without replicated data.
    func dataStatus(_ index: Int) -> DataStatus? {
        guard settings.groups[index].isReplicated else { return nil }
        let data = groups[index].data
        guard data.isWatched else {
            return DataStatus(
                state: .unknown,
                text:
                    "what replicates it cannot be asked: which copy is the newer one is not watched"
            )
        }
        var status = dataState(index)
        status.log = logStatus(index)
        return status
    }

    private func dataState(_ index: Int) -> DataStatus {
        let data = groups[index].data
        if let found = dataHold(index) {
            let state: DataState =
                switch found.cause {
                case .dataIsStale: .stale
                case .dataIsBehind: .behind
                default: .unusable
                }
            return DataStatus(
                state: state,
                since: found.cause == .dataIsStale ? data.marks.staleSince : nil,
                text: found.reason.facts,
                nextStep: dataRemedy(index, found.cause)
            )
        }
        if let since = data.marks.aloneSince {
            return DataStatus(state: .alone, since: since, text: aloneText(since))
        }
        switch data.own?.replication {
        case .inSync:
            return DataStatus(
                state: .inSync,
                text: followingText(index) ?? "the same on both nodes"
            )
        case .detached: return DataStatus(state: .apart, text: "not connected to \(settings.peer)")
        case .unknown, nil:
            let text = followingText(index) ?? "it cannot be told how it stands"
            return DataStatus(state: .unknown, text: text)
        }
    }

    /// The marks for the durable record; `nil` when there are none.
    func dataRecord(_ index: Int) -> DataRecord? {
        var marks = groups[index].data.marks
        marks.receipt = groups[index].data.log.receipt
        return marks == DataRecord() ? nil : marks
    }

    /// Goes on with what an earlier daemon left behind, of whichever boot.
    mutating func restoreData(_ claim: ClaimRecord, _ index: Int) {
        // What it wrote in its last second nobody has looked at.
        if claim.intent != .idle, claim.intent != .reserved { groups[index].data.writtenAt = now }
        guard let record = claim.data else { return }
        groups[index].data.marks = record
        groups[index].data.marks.receipt = nil
        groups[index].data.log.receipt = record.receipt
        groups[index].data.markedAt = now
        guard isReplicated(index), record.staleSince != nil else { return }
        effects.append(.markData(group: index, isStale: true))
    }

    // MARK: Times

    /// The time of day, in seconds since 1970: for people.
    var wallClock: Int64 {
        (start?.wallClock ?? 0) + (now - startedAt).nanoseconds / 1_000_000_000
    }
}

/// A time of day in words, `2026-11-21 22:13:23 UTC`, by the proleptic Gregorian calendar.
func utcText(_ seconds: Int64) -> String {
    func pad(_ value: Int64, _ width: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let inDay = ((seconds % 86_400) + 86_400) % 86_400
    // Days since 0000-03-01: a year that begins in March has its leap day last.
    let days = (seconds - inDay) / 86_400 + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(pad(year, 4))-\(pad(month))-\(pad(day)) "
        + "\(pad(inDay / 3600)):\(pad(inDay / 60 % 60)):\(pad(inDay % 60)) UTC"
}
