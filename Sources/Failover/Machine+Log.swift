// Data that is kept by a log (S11): a standby takes only with what the peer was last heard to have written, but for a
// limit (`maxlag`) where the peer is dead, and for nothing where it is there. What both have said is compared here; the
// marks "alone" and "stale" are those of all replicated data.

extension FailoverMachine {
    /// How many looks in a row must find a copy too far behind: backups and long queries make spikes.
    static var lagLooks: Int { 3 }
    /// How long a node waits for what it has received to be replayed, before it counts as missing.
    private var catchUpPatience: Duration { min(.seconds(2), settings.timings.offerTimeout / 2) }

    /// How far a copy here is behind what the peer has, by what the peer said last.
    private enum Lag: Equatable {
        /// The peer has said nothing.
        case unknown
        /// The peer is on a later timeline.
        case timeline(own: UInt32, peer: UInt32)
        /// So many bytes, and where the peer's log is open an unknown number more.
        case bytes(UInt64, isOpen: Bool)
    }

    private func lag(_ index: Int, of own: LogPosition) -> Lag {
        guard let told = groups[index].data.log.told else { return .unknown }
        if told.timeline > own.timeline {
            return .timeline(own: own.timeline, peer: told.timeline)
        }
        // Nobody has more of a timeline than who began it.
        guard told.timeline == own.timeline, !own.isPrimary else { return .bytes(0, isOpen: false) }
        let missing = told.location > own.location ? told.location - own.location : 0
        return .bytes(missing, isOpen: told.isOpen)
    }

    // MARK: Looks and words

    /// Takes what the peer says of its log.
    mutating func hearLog(_ index: Int) {
        guard settings.groups[index].lagLimit != nil, let report = peer.reports[index],
            var told = LogPosition(report.generation)
        else { return }
        if told.isOpen, let last = groups[index].data.log.told, last.timeline == told.timeline {
            told.location = max(told.location, last.location)
        }
        guard told != groups[index].data.log.told else { return }
        groups[index].data.log.told = told
        groups[index].data.log.catchesUpSince = nil
        // What was stopped here may be judged otherwise now.
        if groups[index].data.asksSince != nil { lookAgain(index) }
        completeReceipt(index)
    }

    /// Whether both have the same, by a look that ended now and by what the peer says.
    mutating func judgeLog(_ index: Int, _ seen: inout DataObservation) {
        guard let limit = settings.groups[index].lagLimit else { return }
        guard let log = seen.log else {
            // Where it stood is not forgotten at once: it has hardly gone back since.
            groups[index].data.log.missedLooks += 1
            seen.replication = .unknown
            if groups[index].data.log.missedLooks < Self.lagLooks {
                seen.log = groups[index].data.own?.log
            }
            return
        }
        groups[index].data.log.missedLooks = 0
        let told = groups[index].data.log.told
        let position = log.position
        let isBehind: Bool
        if !position.isPrimary {
            isBehind =
                switch lag(index, of: position) {
                case .unknown: false
                case .timeline: true
                case .bytes(let count, _): count > limit
                }
        } else if log.isStreaming {
            isBehind = log.behind ?? 0 > limit
        } else if let told, told.timeline == position.timeline {
            isBehind =
                position.location > told.location
                && position.location - told.location > limit
        } else {
            isBehind = true
        }
        groups[index].data.log.lagLooks = isBehind ? groups[index].data.log.lagLooks + 1 : 0
        let isFar = groups[index].data.log.lagLooks >= Self.lagLooks
        // No standby streams from a primary that was ended: the other has all of it, or has not.
        let isEnded =
            position.isPrimary && log.streams == nil && !position.isOpen
            && told.map { $0.timeline == position.timeline && $0.location >= position.location }
                ?? false
        let word: ReplicationState =
            isBehind
            ? (position.isPrimary && isFar ? .detached : .unknown)
            : log.isStreaming || isEnded ? .inSync : .unknown
        seen.replication =
            switch (seen.replication, word) {
            case (.detached, _), (_, .detached): .detached
            case (.inSync, .inSync): .inSync
            default: .unknown
            }
    }

    /// What a beat says of the log: a look that was taken while something may have written shows no end.
    func toldLog(_ index: Int) -> LogPosition? {
        guard let own = groups[index].data.own, var position = own.log?.position else { return nil }
        if position.isPrimary, let written = groups[index].data.writtenAt, own.begunAt <= written {
            position.isOpen = true
        }
        return position
    }

    // MARK: What follows

    /// Why this node's log keeps it from taking the group.
    func logHold(_ index: Int) -> Reason? {
        guard let limit = settings.groups[index].lagLimit, let own = groups[index].data.own,
            !groups[index].data.acceptsLoss
        else { return nil }
        guard let log = own.log else {
            return Reason(.S11, "it cannot be told how far the data here goes")
        }
        switch lag(index, of: log.position) {
        case .unknown:
            // A primary's own copy is the boot's policy to judge.
            guard !log.position.isPrimary, !peer.isPresent else { return nil }
            let facts =
                "\(settings.peer) has not said how far it wrote: the data here may be old"
            return Reason(.S11, facts)
        case .timeline(let own, let peer):
            let facts = "the data here is of timeline \(own), that of \(settings.peer) of \(peer)"
            return Reason(.S11, facts)
        case .bytes(let missing, let isOpen):
            let allowed = allowedLag(index, limit)
            guard let allowed, missing > allowed || isOpen && allowed == 0 else { return nil }
            let more = isOpen ? "at least " : ""
            let what =
                missing == 0 ? "\(settings.peer) may have" : "\(settings.peer) had \(more)"
            let facts =
                "the data here ends at \(logText(log.position.location)); \(what)"
                + (missing == 0 ? " more" : "\(bytesText(missing)) more")
                + (allowed == 0
                    ? ", and is there"
                    : " when it was heard last, and maxlag is \(bytesText(limit))")
            return Reason(.S11, facts)
        }
    }

    /// How many bytes may be missing here; `nil` while that says nothing.
    ///
    /// None that a peer which is there, holds nothing and could run the group has. While it holds the group they are on
    /// their way, and only what several looks find counts.
    private func allowedLag(_ index: Int, _ limit: UInt64) -> UInt64? {
        guard peer.isPresent, let report = peer.reports[index] else { return limit }
        if report.phase.holds {
            return groups[index].data.log.lagLooks >= Self.lagLooks ? limit : nil
        }
        return report.fitness.canRun ? 0 : limit
    }

    /// Whether what was received, and is not replayed yet, is waited for: a look a moment later may find nothing missing.
    mutating func awaitsCatchUp(_ index: Int) -> Bool {
        guard settings.groups[index].lagLimit != nil, let own = groups[index].data.own,
            let log = own.log, case .bytes(let missing, let isOpen) = lag(index, of: log.position),
            missing > 0, !isOpen, !groups[index].data.acceptsLoss
        else {
            groups[index].data.log.catchesUpSince = nil
            return false
        }
        let since = groups[index].data.log.catchesUpSince ?? now
        groups[index].data.log.catchesUpSince = since
        guard now < since + catchUpPatience else { return false }
        lookAgain(index)
        return true
    }

    /// Another look, one at a time.
    private mutating func lookAgain(_ index: Int) {
        let begun = groups[index].data.own?.begunAt
        guard groups[index].data.log.lookedAfter != begun else { return }
        groups[index].data.log.lookedAfter = begun
        effects.append(.observeData(group: index))
    }

    /// Whether the peer has said that it has all that was written here: a group that was stopped waits for that.
    func peerHasLog(_ index: Int) -> Bool {
        guard let own = groups[index].data.own?.log?.position, own.isPrimary else { return true }
        guard let told = groups[index].data.log.told, told.timeline == own.timeline else {
            return false
        }
        return told.location >= own.location && groups[index].data.own?.replication == .inSync
    }

    /// When what is not replayed yet counts as missing.
    func catchUpDeadline(_ index: Int) -> Instant? {
        guard let since = groups[index].data.log.catchesUpSince, now < since + catchUpPatience
        else { return nil }
        return since + catchUpPatience
    }

    /// Tells the program what it may do: follow the peer where this node does not hold the group, go on alone where it
    /// holds it, and the mark that says so is durable.
    mutating func considerLog(_ index: Int) {
        guard settings.groups[index].lagLimit != nil else { return }
        let follows = follows(index)
        if follows != groups[index].data.log.follows {
            groups[index].data.log.follows = follows
            effects.append(.followPeer(group: index, follows))
        }
        if groups[index].data.marks.aloneSince == nil {
            groups[index].data.log.aloneBy = nil
        } else if groups[index].data.log.aloneBy == nil {
            groups[index].data.log.aloneBy = persist()
        }
        let isAlone = groups[index].data.log.aloneBy.map { $0 <= persistDone } ?? false
        if isAlone != groups[index].data.log.mayBeAlone {
            groups[index].data.log.mayBeAlone = isAlone
            effects.append(.writeAlone(group: index, isAlone))
        }
        if !groups[index].phase.isIdle { groups[index].data.log.catchesUpSince = nil }
        // What the peer stops may be ours next: it waits to hear how far this node is.
        if groups[index].phase.isIdle, peer.isPresent, peer.reports[index]?.phase == .stopping {
            lookAgain(index)
        }
    }

    /// A standby's copy always follows; a primary's only once the peer serves, since it may be the newer one.
    private func follows(_ index: Int) -> Bool {
        guard groups[index].phase.isIdle, let log = groups[index].data.own?.log else {
            return false
        }
        if !log.position.isPrimary { return true }
        return peer.isPresent && peer.reports[index]?.phase == .active
    }

    // MARK: What people are told

    /// The log of a group for status; `nil` where none is known.
    func logStatus(_ index: Int) -> LogStatus? {
        guard let log = groups[index].data.own?.log else { return nil }
        var status = LogStatus(
            timeline: log.position.timeline,
            location: logText(log.position.location),
            isPrimary: log.position.isPrimary
        )
        status.streams = log.streams
        status.behindBytes = log.position.isPrimary ? log.behind : missing(index, log.position)
        status.lagMilliseconds = log.lag.map { $0.nanoseconds / 1_000_000 }
        status.note = log.note
        status.receipt = groups[index].data.log.receipt.map(receiptText)
        return status
    }

    /// `, 52428800 bytes (50 MB) more than is here`; `nil` where nobody knows.
    func missingText(_ index: Int) -> String? {
        guard let own = groups[index].data.own?.log?.position, let count = missing(index, own),
            count > 0
        else { return nil }
        return ", \(bytesText(count)) more than is here"
    }

    private func missing(_ index: Int, _ own: LogPosition) -> UInt64? {
        if case .bytes(let count, _) = lag(index, of: own) { count } else { nil }
    }

    /// How a copy that is kept by a log follows, or is followed, in words.
    func followingText(_ index: Int) -> String? {
        guard let log = groups[index].data.own?.log else { return nil }
        guard !log.position.isPrimary else {
            guard let streams = log.streams else {
                return "stopped; \(settings.peer) may follow it"
            }
            return streams == 0
                ? "nobody streams from it"
                : "\(streams) streaming, \(bytesText(log.behind ?? 0)) behind"
        }
        let behind = missing(index, log.position).map { ", \(bytesText($0)) behind" } ?? ""
        let age = log.lag.map { ", \($0.nanoseconds / 1_000_000) ms" } ?? ""
        return (log.isStreaming ? "streams from \(settings.peer)" : "does not stream") + behind
            + age
    }

    // MARK: The receipt

    /// A claim begins that the peer did not hand over, or with less than it had: what is known of its log is kept.
    mutating func beginReceipt(_ index: Int) {
        guard settings.groups[index].lagLimit != nil else { return }
        groups[index].data.log.receipt = nil
        guard let log = groups[index].data.own?.log, !log.position.isPrimary,
            groups[index].claim != .offer || missing(index, log.position) ?? 1 > 0
        else { return }
        let told = groups[index].data.log.told
        groups[index].data.log.receipt = DataReceipt(
            at: wallClock,
            timeline: log.position.timeline,
            received: max(log.received ?? 0, log.position.location),
            told: told.flatMap { $0.timeline == log.position.timeline ? $0.location : nil }
        )
    }

    /// What it cost is told once the new timeline has begun, and once more when the peer tells where its log ended.
    mutating func completeReceipt(_ index: Int) {
        guard var receipt = groups[index].data.log.receipt else { return }
        let own = groups[index].data.own?.log
        if receipt.newTimeline == nil, groups[index].phase == .active, let own,
            own.position.isPrimary, own.position.timeline > receipt.timeline
        {
            receipt.newTimeline = own.position.timeline
            receipt.fork = own.fork
        } else if receipt.newTimeline != nil, receipt.end == nil,
            let told = groups[index].data.log.told, told.isPrimary, !told.isOpen,
            told.timeline == receipt.timeline
        {
            receipt.end = told.location
        } else {
            return
        }
        groups[index].data.log.receipt = receipt
        recordIsDirty = true
        let facts = receiptText(receipt)
        note(.warning, .dataReceipt, index, facts, Reason(.S11, facts))
    }

    /// A receipt as a sentence.
    func receiptText(_ receipt: DataReceipt) -> String {
        let begun = receipt.newTimeline.map { "timeline \($0) began" } ?? "taken over"
        let place = logText(receipt.fork ?? receipt.received)
        let text = "\(begun) at \(place), \(utcText(receipt.at))"
        guard let lost = receipt.lost else {
            return "\(text); \(settings.peer) had not said how far it wrote"
        }
        if let end = receipt.end {
            return
                "\(text); \(settings.peer) had written to \(logText(end)): \(bytesText(lost)) are lost"
        }
        return "\(text); \(settings.peer) had said \(logText(receipt.told ?? 0)) last: "
            + (lost == 0 ? "nothing that it had told of is lost" : "\(bytesText(lost)) may be lost")
            + ", and what it wrote after that"
    }
}
