// Bugs as people make them: a dropped check, a wrong comparison, a lost effect. They are planted in a copy of the
// core outside of the package, so that no production source knows of them; each is switched on by its number.

/// One bug, and where it is planted.
struct PlantedBug: Sendable {
    /// What switches it on.
    var number: Int
    /// What it does, in words.
    var name: String
    /// The file of the core.
    var file: String
    /// The text as it stands there, exactly once.
    var healthy: String
    /// The text in its place.
    var sick: String

    /// All of them.
    static let all: [PlantedBug] = [
        PlantedBug(
            number: 1,
            name: "S3: resources are stopped in starting order",
            file: "Machine+Operations.swift",
            healthy: "return last { _ in true }.map { (settings",
            sick: """
                let first = resources.firstIndex { $0.state != .stopped }
                            return (planted(1) ? first : last { _ in true }).map { (settings
                """
        ),
        PlantedBug(
            number: 2,
            name: "S4: a stop that timed out counts as stopped",
            file: "Machine+Operations.swift",
            healthy: """
                        case .timedOut(let failure):
                            stopFailed(index, resource, failure, outcome)
                """,
            sick: """
                        case .timedOut(let failure):
                            if planted(2) { enter(index, resource, .stopped); break }
                            stopFailed(index, resource, failure, outcome)
                """
        ),
        PlantedBug(
            number: 3,
            name: "S5: a claim does not wait for the disk",
            file: "Machine+Groups.swift",
            healthy: "guard group.claimedBy <= persistDone else {",
            sick: "guard planted(3) || group.claimedBy <= persistDone else {"
        ),
        PlantedBug(
            number: 4,
            name: "S5: a takeover uses an epoch again",
            file: "Machine+Idle.swift",
            healthy: "var epoch = evidenceEpoch(index)",
            sick: "var epoch = evidenceEpoch(index) - (planted(4) ? 1 : 0)"
        ),
        PlantedBug(
            number: 5,
            name: "S1: the host's answer is not asked for",
            file: "Evidence.swift",
            healthy: "        if hostAnswers {\n            guard !settings",
            sick: "        if hostAnswers, !planted(5) {\n            guard !settings"
        ),
        PlantedBug(
            number: 6,
            name: "S9: after a split nobody yields",
            file: "Machine+Groups.swift",
            healthy: "return own < theirs ? Reason(.S9, facts) : nil",
            sick: "return own < theirs && !planted(6) ? Reason(.S9, facts) : nil"
        ),
        PlantedBug(
            number: 7,
            name: "L2: the final reply gets lost when it says done",
            file: "Machine+Commands.swift",
            healthy: "effects.append(.reply(id, CommandReply(outcome: outcome, text: text)))",
            sick: """
                if !planted(7) || outcome != .done {
                    effects.append(.reply(id, CommandReply(outcome: outcome, text: text)))
                }
                """
        ),
        PlantedBug(
            number: 8,
            name: "L3: a beat is skipped when a record was written with it",
            file: "FailoverMachine.swift",
            healthy: "            effects.append(.sendHeartbeat(beatContent(), on: links))",
            sick: """
                            if !planted(8) || !effects.contains(where: { if case .persist = $0 { true } else { false } }) {
                                effects.append(.sendHeartbeat(beatContent(), on: links))
                            }
                """
        ),
        PlantedBug(
            number: 10,
            name: "S14: what is not known yet counts as stopped",
            file: "Machine+Operations.swift",
            healthy:
                "guard !groups[index].isBusy else { return }\n        guard groups[index].resources.allSatisfy",
            sick: """
                guard !groups[index].isBusy
                    || planted(10) && groups[index].resources.contains(where: { $0.state != .unknown })
                else { return }
                if planted(10) {
                    for resource in groups[index].resources.indices
                    where groups[index].resources[resource].state == .unknown {
                        enter(index, resource, .stopped)
                    }
                }
                guard groups[index].resources.allSatisfy
                """
        ),
        PlantedBug(
            number: 11,
            name: "S3b: an offer is taken back before it is declined",
            file: "Machine+Groups.swift",
            healthy: "guard let report, report.declined >= offer else { return }",
            sick:
                "guard let report, report.declined >= offer || planted(11) else { return }"
        ),
        PlantedBug(
            number: 12,
            name: "S8: a late loop believes what it knew",
            file: "Machine+Peer.swift",
            healthy: "            groups[index].isLate = true",
            sick: "            groups[index].isLate = !planted(12)"
        ),
        PlantedBug(
            number: 9,
            name: "L4: a restarted daemon stops what runs",
            file: "Machine+Operations.swift",
            healthy: "        if runsWhole, let claim = claimToAdopt(index) {",
            sick: "        if runsWhole, !planted(9), let claim = claimToAdopt(index) {"
        ),
        PlantedBug(
            number: 13,
            name: "S7: a health move does not wait for fit_settle",
            file: "Machine+Health.swift",
            healthy: "guard peerCanTake(index, for: settings.timings.fitSettle) else {",
            sick:
                "guard planted(13) || peerCanTake(index, for: settings.timings.fitSettle) else {"
        ),
        PlantedBug(
            number: 14,
            name: "S7: the peer's moves do not count against the budget",
            file: "Machine+Health.swift",
            healthy: "        for move in word.moves {",
            sick: "        for move in word.moves where !planted(14) {"
        ),
        PlantedBug(
            number: 15,
            name: "freeze: a frozen group that nobody holds is started",
            file: "Machine+Idle.swift",
            healthy: "guard !isHeldByFreeze(index) else { return }",
            sick: "guard planted(15) || !isHeldByFreeze(index) else { return }"
        ),
        PlantedBug(
            number: 16,
            name: "S7: who lost the group is not held down",
            file: "Machine+Health.swift",
            healthy: "guard !groups[index].phase.holds else { return nil }",
            sick: "guard !groups[index].phase.holds, !planted(16) else { return nil }"
        ),
        PlantedBug(
            number: 17,
            name: "S12: a node that is cut off holds on",
            file: "Machine+Isolation.swift",
            healthy: "guard let due = suspendDeadline(index), due <= now else { return nil }",
            sick:
                "guard !planted(17), let due = suspendDeadline(index), due <= now else { return nil }"
        ),
        PlantedBug(
            number: 18,
            name: "S1: neighbours that do not answer say nothing",
            file: "Machine+Networks.swift",
            healthy: "return isSilent ? .disproved : .undecided",
            sick: "return planted(18) ? .unknown : isSilent ? .disproved : .undecided"
        ),
        PlantedBug(
            number: 19,
            name: "S1: after a boot everybody was the last owner",
            file: "Evidence.swift",
            healthy: "policy == .lastOwner && groups[group].isLastOwner",
            sick: "policy == .lastOwner && (planted(19) || groups[group].isLastOwner)"
        ),
        PlantedBug(
            number: 20,
            name: "S7: a node whose network is gone calls itself fit",
            file: "Machine+Groups.swift",
            healthy: "if networkProof(index) == .disproved { return .isolated }",
            sick: "if networkProof(index) == .disproved, !planted(20) { return .isolated }"
        ),
        PlantedBug(
            number: 21,
            name: "S12: what is suspended counts as stopped",
            file: "Machine+Operations.swift",
            healthy: "                resources[$0].state != .stopped && isMeant(",
            sick:
                "                resources[$0].state != .stopped && !(planted(21) && resources[$0].state == .suspended) && isMeant("
        ),
        PlantedBug(
            number: 22,
            name: "S11: the mark that the data is old is forgotten with the daemon",
            file: "Machine+Data.swift",
            healthy: "groups[index].data.marks = record\n",
            sick: "groups[index].data.marks = planted(22) ? DataRecord() : record\n"
        ),
        PlantedBug(
            number: 23,
            name: "S11: what one node sees ends the mark",
            file: "Machine+Data.swift",
            healthy: "guard word == .inSync, let own = data.own, own.replication == .inSync,",
            sick: """
                guard planted(23) || word == .inSync, let own = data.own,
                            planted(23) || own.replication == .inSync,
                """
        ),
        PlantedBug(
            number: 24,
            name: "S11: a group is offered before its data is looked at",
            file: "Machine+Operations.swift",
            healthy: "if mayGive(index), awaitsObservation(index) { return }",
            sick: "if !planted(24), mayGive(index), awaitsObservation(index) { return }"
        ),
        PlantedBug(
            number: 25,
            name: "S11: old data is taken",
            file: "Machine+Data.swift",
            healthy: "if let since = data.marks.staleSince, !data.acceptsLoss {",
            sick: "if let since = data.marks.staleSince, !data.acceptsLoss, !planted(25) {"
        ),
        PlantedBug(
            number: 26,
            name: "S11: stale is said before it is durable",
            file: "Machine+Data.swift",
            healthy:
                "let isKnown = found.cause == .dataIsStale && groups[index].data.staleBy <= persistDone",
            sick: """
                let isWritten = groups[index].data.staleBy <= persistDone || planted(26)
                        let isKnown = found.cause == .dataIsStale && isWritten
                """
        ),
        PlantedBug(
            number: 27,
            name: "S7: a node on which no start succeeds calls itself fit",
            file: "Machine+Groups.swift",
            healthy: "return group.missing != nil && !isHeld ? .unprepared : .fit",
            sick: "return group.missing != nil && !isHeld && !planted(27) ? .unprepared : .fit"
        ),
        PlantedBug(
            number: 28,
            name: "S12: what waits for a suspended disk is let go before it is stopped",
            file: "Machine+Operations.swift",
            healthy: "if let barrier { return (.only(barrier), .abandon) }",
            sick: "if let barrier { return (.only(barrier), planted(28) ? .resume : .abandon) }"
        ),
        PlantedBug(
            number: 29,
            name: "S3: a start that failed is stopped while one beside it still starts",
            file: "Machine+Operations.swift",
            healthy: "guard !groups[index].isBusy else { return }\n        if let retry",
            sick: "guard planted(29) || !groups[index].isBusy else { return }\n        if let retry"
        ),
        PlantedBug(
            number: 30,
            name: "S3: what follows does not wait for all that start side by side",
            file: "Machine+Operations.swift",
            healthy: "        for resource in settings.groups[index].sideBySide(with: next) {",
            sick: """
                        let beside = settings.groups[index].sideBySide(with: next)
                        for resource in beside.lowerBound..<min(
                            beside.upperBound + (planted(30) && beside.count > 1 ? 1 : 0),
                            groups[index].resources.count
                        ) {
                """
        ),
        PlantedBug(
            number: 31,
            name: "L3: a wait that is over is waited for again and again",
            file: "Machine+Groups.swift",
            healthy: """
                            if let since = peer.fitSince[index], wouldFailBack(index) {
                                consider(since + settings.timings.failbackSettle)
                """,
            sick: """
                            if let since = peer.fitSince[index], planted(31) || wouldFailBack(index) {
                                let due = since + settings.timings.failbackSettle
                                consider(planted(31) ? max(due, now + .milliseconds(1)) : due)
                """
        ),
    ]
}
