// What this node says in its heartbeats: the whole small truth, each time (design section 4).

extension FailoverMachine {
    /// The content of a beat sent now.
    func beatContent() -> BeatContent {
        var reports: [GroupReport] = []
        reports.reserveCapacity(groups.count)
        // Not `map(report)`: that would copy the whole machine into its closure.
        for index in groups.indices { reports.append(report(index)) }
        return BeatContent(
            kind: .alive,
            isLeaving: isLeaving,
            deadtime: settings.timings.deadtime,
            earliestTake: ownEarliestTake,
            challenge: challenge,
            response: peer.challenge,
            addresses: ownAddresses,
            pingsAnswering: pingsTold,
            groups: reports
        )
    }

    /// What this node says of one group.
    func report(_ index: Int) -> GroupReport {
        let group = groups[index]
        let settings = settings.groups[index]
        var report = GroupReport(group: identities[index])
        // A claim that is not durable yet may still be declined: nobody is told of it (S3b).
        report.phase = group.phase == .claiming ? .standby : group.phase
        report.epoch = group.epoch
        report.isEpochDoubtful = isEpochDoubtful(index)
        if report.phase.holds {
            report.claim = group.claim
            // What is suspended yields like what was late (S9).
            report.isLate = group.isLate || group.phase == .suspended
            report.hasStartedStorage = group.hasStartedStorage
        }
        report.offer = group.phase == .offered ? group.claimEpoch : 0
        report.declined = group.declined
        report.fitness = fitness(index)
        report.request = group.request
        report.refusedRequest = group.refusedRequest
        report.refusal = group.refusal
        report.replication = replicationWord(index)
        report.generation =
            toldLog(index)?.generation ?? group.data.own?.generation ?? report.generation
        report.storageDigest = settings.storageDigest
        report.addressDigest = settings.addressDigest
        report.prefersSender = settings.preferred == .own
        report.health = healthWord(index)
        return report
    }
}
