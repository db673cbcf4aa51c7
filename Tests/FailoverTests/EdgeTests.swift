// What random faults do not reach: two configurations that differ, numbers that a restart begins again, a beat
// in several datagrams, ways out that only an administrator takes. Each test is named by what it keeps.

import Testing

@testable import Failover

private let group = GroupName("192.168.1.100")
private let failure = OperationFailure(exitCode: 1, output: "no\n")

/// A machine alone, fed by hand; its peer is l1 in its first incarnation.
private struct Alone {
    var machine: FailoverMachine
    var now = Instant(nanoseconds: 1_000_000_000)
    var sequence: UInt64 = 0
    let nonce: UInt64 = 1001

    init(_ settings: Settings) {
        machine = FailoverMachine(settings: settings)
        let incarnation = Incarnation(counter: 1, nonce: nonce)
        let boot = BootID(high: 0, low: 1)
        _ = give(.started(Start(bootID: boot, incarnation: incarnation, record: nil)))
    }

    /// Gives an event; writes are durable and operations succeed at once.
    mutating func give(_ event: Event) -> [Effect] {
        var effects = machine.handle(event, at: now)
        var place = 0
        while place < effects.count {
            switch effects[place] {
            case .persist(let id, _): effects += machine.handle(.persisted(id), at: now)
            case .runOperation(let operation):
                let outcome: OperationOutcome = operation.action == .status ? .stopped : .succeeded
                effects += machine.handle(.operationFinished(operation.id, outcome), at: now)
            default: break
            }
            place += 1
        }
        return effects
    }

    /// A beat of the peer with these reports; `response` answers a challenge.
    mutating func hear(
        _ reports: [GroupReport],
        response: UInt64? = nil,
        isLeaving: Bool = false
    ) -> [Effect] {
        sequence += 1
        let content = BeatContent(
            kind: .alive,
            isLeaving: isLeaving,
            deadtime: .seconds(3),
            earliestTake: .seconds(3),
            challenge: 0,
            response: response ?? nonce,
            addresses: [],
            groups: reports
        )
        let beat = Beat(
            content: content,
            bootID: BootID(high: 1, low: 1),
            incarnation: Incarnation(counter: 1, nonce: 2001),
            sequence: sequence,
            clock: now,
            echo: Echo(sequence: 1, age: .milliseconds(10))
        )
        return give(.heartbeatReceived(beat, link: LinkIndex(0)))
    }
}

private func report(_ name: GroupName, _ phase: GroupPhase, epoch: UInt64, prefers: Bool)
    -> GroupReport
{
    var report = GroupReport(group: name.identity)
    report.phase = phase
    report.epoch = epoch
    report.fitness = .fit
    report.claim = phase.holds ? .offer : .none
    report.storageDigest = 7
    report.addressDigest = 9
    report.prefersSender = prefers
    return report
}

private func twoGroups() -> Settings {
    var settings = Story.settings(own: 0)
    var second = settings.groups[0]
    second.name = GroupName("second")
    second.resources = [ResourceSettings(name: "other", type: "other", isStateless: false)]
    settings.groups.append(second)
    return settings
}

private func starts(_ effects: [Effect]) -> Int {
    effects.count { effect in
        if case .runOperation(let operation) = effect { operation.action == .start } else { false }
    }
}

@Suite struct EdgeTests {
    /// What was granted to who then slept may have been overtaken (seed 535515).
    @Test func ofTwoLateClaimsTheLaterOneStays() {
        func rank(late: Bool, proved: Bool, epoch: UInt64) -> ClaimRank {
            ClaimRank(
                isLate: late,
                isProved: proved,
                hasStartedStorage: proved,
                epoch: epoch,
                isFirstNode: proved
            )
        }
        #expect(
            rank(late: true, proved: true, epoch: 1) < rank(late: true, proved: false, epoch: 68)
        )
        #expect(
            rank(late: false, proved: false, epoch: 68) < rank(late: false, proved: true, epoch: 1)
        )
        #expect(
            rank(late: true, proved: true, epoch: 68) < rank(late: false, proved: false, epoch: 1)
        )
        #expect(
            rank(late: true, proved: false, epoch: 1) < rank(late: true, proved: true, epoch: 1)
        )
    }

    /// Where no group has an address, every network tells whether this node is the one cut off (seed 70005335).
    @Test(arguments: [true, false]) func aGroupWithoutAnAddressIsNotTakenWithEveryCableOut(
        hasCarrier: Bool
    ) {
        var alone = Alone(Story.settings(own: 1))
        _ = alone.hear([report(group, .active, epoch: 1, prefers: true)])
        let network = OwnNetwork(
            device: "eth1",
            mac: MACAddress(0x0200_0000_0001),
            hasCarrier: hasCarrier,
            addresses: [NetworkAddress(IPAddress(ipv4: (192, 168, 1, 3)), 24)],
            gateways: [],
            groups: []
        )
        _ = alone.give(.networksChanged([network]))
        for _ in 0..<600 {
            alone.now = alone.now + .milliseconds(10)
            _ = alone.give(.timeReached)
        }
        #expect(alone.machine.phases == [hasCarrier ? .active : .standby])
    }

    /// A peer that does not know yet what runs may count itself entitled at the next epoch soon (seed 70005335).
    @Test func evidenceLeavesOutTheEpochOfAPeerThatProbes() {
        var alone = Alone(Story.settings(own: 0))
        _ = alone.hear([report(group, .unknown, epoch: 0, prefers: false)])
        for _ in 0..<600 {
            alone.now = alone.now + .milliseconds(10)
            _ = alone.give(.timeReached)
        }
        #expect(alone.machine.phases == [.active])
        #expect(alone.machine.status(at: alone.now).groups[0].epoch == 3)
    }

    /// One took on evidence what the other had offered it unheard, and gives it back (seed 344921).
    @Test(arguments: [0, 1]) func ofTwoOffersThatCrossTheFirstNodesStands(own: Int) {
        var alone = Alone(Story.settings(own: own))
        var theirs = report(group, .offered, epoch: 1, prefers: own == 1)
        theirs.offer = 2
        _ = alone.hear([theirs])
        #expect(alone.machine.phases == [.active])
        var idle = report(group, .standby, epoch: 2, prefers: own == 1)
        alone.now = alone.now + .seconds(1)
        _ = alone.hear([idle])
        alone.now = alone.now + .seconds(1)
        _ = alone.give(.commandReceived(CommandID(1), .standby(.all)))
        #expect(alone.machine.phases == [.offered])
        idle.phase = .offered
        idle.offer = 3
        let effects = alone.hear([idle])
        #expect(starts(effects) == (own == 0 ? 0 : 2))
        #expect(alone.machine.phases == [own == 0 ? .offered : .active])
    }

    @Test func anUndecidedStatusBesideALongOneDoesNotSpinTheLoop() {
        var machine = FailoverMachine(settings: Story.settings(own: 0))
        var now = Instant(nanoseconds: 0)
        let incarnation = Incarnation(counter: 1, nonce: 7)
        let boot = BootID(high: 0, low: 1)
        let begun = machine.handle(
            .started(Start(bootID: boot, incarnation: incarnation, record: nil)),
            at: now
        )
        let probes = begun.compactMap { effect -> OperationID? in
            if case .runOperation(let operation) = effect { operation.id } else { nil }
        }
        #expect(probes.count == 2)
        _ = machine.handle(.operationFinished(probes[0], .unknown(failure)), at: now)
        var turns = 0
        while now < Instant(nanoseconds: 10_000_000_000), turns < 1000 {
            guard let next = machine.nextDeadline else { break }
            now = next
            _ = machine.handle(.timeReached, at: now)
            turns += 1
        }
        #expect(turns < 30)
    }

    @Test func aNodeThatWasLateWhileItsPeerWasSilentStillSeesItDie() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(20))
        story.cut = [0]
        story.run(.seconds(10))
        #expect(story.phase(1) == .standby)
        story.pause(1, for: .seconds(5))
        story.run(.seconds(10))
        #expect(story.phase(1) == .standby)
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
    }

    @Test func aTakeoverIsHeardAfterTheAskingDaemonWasRestarted() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(5))
        story.command(1, .takeover(.all))
        story.run(.seconds(5))
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        story.killDaemon(1)
        story.startDaemon(1)
        story.run(.seconds(5))
        story.command(1, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        #expect(story.replies.map(\.2.outcome) == [.done, .done, .done])
    }

    @Test func whatIsTakenBackAfterADeclineIsNotTakenByTheDecliner() {
        let story = Story.pair(preferred: 1)
        story.boot(1)
        story.boot(0)
        story.run(.seconds(5))
        // What l1 reserves while l0 holds the group is not on its disk in time.
        story.diskTime[1] = .seconds(60)
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        story.command(0, .standby(.all))
        story.run(.milliseconds(50))
        story.run(.milliseconds(4_900))
        story.diskTime = [.microseconds(1_200), .milliseconds(1)]
        var both = false
        for _ in 0..<2000 {
            story.run(.microseconds(500))
            both = both || story.holders.count > 1
        }
        #expect(!both)
    }

    @Test func aNodeThatDiesWhileItLeavesIsTakenOver() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(20))
        story.outcomes["l0/drbddisk/stop"] = (.seconds(50), .succeeded)
        story.shutDown(0)
        story.run(.seconds(1))
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
    }

    @Test func aNodeThatStopsItsDaemonWithoutStoppingTheGroupIsNotTakenOverWhileItsHostAnswers() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(20))
        story.outcomes["l0/drbddisk/stop"] = (.seconds(50), .succeeded)
        story.shutDown(0)
        story.run(.seconds(1))
        story.killDaemon(0)
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
    }

    @Test func aGroupOfDifferentStorageIsNotTakenFromANodeThatLeaves() {
        var other = Story.settings(own: 1)
        other.groups[0].storageDigest = 8
        let story = Story(Story.settings(own: 0), other)
        story.bootBoth(andRun: .seconds(20))
        #expect(story.phase(0) == .active)
        story.shutDown(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .standby)
        #expect(story.holders == [])
        #expect(story.nodes[1].machine.status(at: story.now).reason.contains("differently"))
    }

    @Test func aGroupOfDifferentStorageThatCannotStartIsNotGrantedToTheOther() {
        var other = Story.settings(own: 1)
        other.groups[0].storageDigest = 8
        let story = Story(Story.settings(own: 0), other)
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.bootBoth(andRun: .seconds(20))
        #expect(story.phase(0) == .failed)
        #expect(story.phase(1) == .standby)
    }

    @Test(arguments: [UInt64.max, UInt64.max - 1, UInt64.max - 16, UInt64.max / 2 + 1] as [UInt64])
    func aMadEpochEndsNoDaemon(_ epoch: UInt64) {
        for phase in GroupPhase.allCases {
            var alone = Alone(Story.settings(own: 0))
            var mad = report(group, phase, epoch: epoch, prefers: true)
            mad.offer = phase == .offered ? epoch : 0
            mad.declined = epoch
            for _ in 0..<3 {
                _ = alone.hear([mad])
                alone.now = alone.now + .milliseconds(500)
                _ = alone.give(.timeReached)
            }
            for _ in 0..<40 {
                alone.now = alone.now + .milliseconds(500)
                _ = alone.give(.timeReached)
            }
            _ = alone.hear([report(group, .standby, epoch: 1, prefers: false)])
            _ = alone.give(.commandReceived(CommandID(1), .standby(.all)))
            _ = alone.hear([report(group, .active, epoch: 1_000, prefers: false)])
        }
    }

    @Test func anAnswerToAChallengeCountsOnlyForTheGroupsOfItsDatagram() {
        var alone = Alone(twoGroups())
        let first = report(group, .standby, epoch: 0, prefers: false)
        let second = report(GroupName("second"), .standby, epoch: 0, prefers: false)
        _ = alone.hear([first, second])
        #expect(alone.machine.phases == [.active, .active])
        alone.now = alone.now + .seconds(4)
        _ = alone.give(.loopLate(.seconds(4)))
        // The first datagram of the answer speaks of the first group alone; the second was taken meanwhile.
        _ = alone.hear([first], response: alone.nonce &+ 1)
        _ = alone.hear(
            [report(GroupName("second"), .active, epoch: 2, prefers: false)],
            response: alone.nonce &+ 1
        )
        #expect(alone.machine.phases == [.active, .standby])
    }

    @Test func aLeavingPeerDeclinesOnlyTheGroupsOfItsDatagram() {
        var settings = twoGroups()
        settings.groups[1].preferred = .peer
        var alone = Alone(settings)
        let first = report(group, .standby, epoch: 0, prefers: false)
        let second = report(GroupName("second"), .standby, epoch: 0, prefers: true)
        _ = alone.hear([first, second])
        #expect(alone.machine.phases == [.active, .standby])
        // That it has started the second group meanwhile is in the next datagram.
        let effects = alone.hear([first], isLeaving: true)
        #expect(starts(effects) == 0)
        #expect(alone.machine.phases == [.active, .standby])
    }

    @Test func aKeeperThatSpeaksKeepsStorageFromBeingTakenBetweenItsBeats() {
        let story = Story.pair()
        story.nodes[1].settings.timings.warntime = .milliseconds(2250)
        story.hasServiceNetwork = false
        story.bootBoth(andRun: .seconds(20))
        story.killDaemon(0)
        for _ in 0..<30 {
            story.keeperSpeaks(0)
            story.run(.seconds(1))
        }
        #expect(story.phase(1) == .standby)
        story.crash(0)
        story.run(.seconds(4))
        #expect(story.phase(1) == .active)
    }

    @Test func aSilenceDoesNotForgetForEverThatThePeerIsFit() {
        let story = Story.pair(autoFailback: .on)
        story.bootBoth(andRun: .seconds(20))
        story.crash(0)
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        story.boot(0)
        story.run(.seconds(1))
        story.cut = [0]
        story.run(.seconds(10))
        story.cut = []
        story.run(.seconds(10))
        #expect(story.phase(0) == .active)
    }

    @Test func nothingGoesHomeToAPeerThatIsLate() {
        let story = Story.pair(autoFailback: .on)
        story.bootBoth(andRun: .seconds(20))
        story.crash(0)
        story.run(.seconds(10))
        story.boot(0)
        story.run(.seconds(1))
        story.cut = [0]
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
    }

    @Test func standbyIsRefusedTowardsAPeerThatDoesNotHear() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(20))
        story.mute = [0]
        story.run(.milliseconds(2_500))
        story.command(0, .standby(.all))
        story.run(.seconds(1))
        #expect(story.phase(0) == .active)
        #expect(story.replies.map(\.2.outcome) == [.refused])
    }

    @Test func whatADaemonTookSinceItsAbsenceIsNotLateForThatAbsence() {
        let story = Story.pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
        story.killDaemon(1)
        story.run(.seconds(2))
        story.cut = [0]
        story.hasServiceNetwork = false
        story.linkChanges(0, isUp: false)
        story.run(.seconds(4))
        story.startDaemon(1)
        story.run(.seconds(30))
        #expect(story.phase(1) == .active)
        // l0 was cut off, and knows it; l1 took since it began.
        story.cut = []
        story.linkChanges(0, isUp: true)
        story.run(.seconds(10))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("l1 run stop") })
    }

    @Test func aLoopThatStandsStillWhileItProbesAdoptsNothingThatWasTakenMeanwhile() {
        let story = Story.pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
        #expect(story.phase(0) == .active)
        story.outcomes["l0/drbddisk/status"] = (.seconds(12), .succeeded)
        story.killDaemon(0)
        story.startDaemon(0)
        story.run(.seconds(1))
        #expect(story.phase(0) == .unknown)
        story.cut = [0]
        story.hasServiceNetwork = false
        story.pause(0, for: .seconds(10))
        story.run(.seconds(9))
        #expect(story.phase(1) == .active)
        story.cut = []
        story.hasServiceNetwork = true
        story.run(.seconds(20))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("l1 run stop") })
    }

    @Test func aDaemonKilledBeforeItsQuestionWasAnsweredLeavesItToTheNext() {
        let story = Story.pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
        story.cut = [0]
        story.hasServiceNetwork = false
        story.linkChanges(0, isUp: false)
        story.run(.seconds(20))
        #expect([story.phase(0), story.phase(1)] == [.active, .active])
        // l0 has its carrier back, and knows that it was cut off; nothing comes through yet.
        story.linkChanges(0, isUp: true)
        story.run(.milliseconds(100))
        story.killDaemon(0)
        story.startDaemon(0)
        story.run(.milliseconds(500))
        story.cut = []
        story.run(.seconds(10))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("l1 run stop") })
    }

    @Test func aDoubtfulEpochStaysDoubtfulOverARestartOfTheDaemon() {
        let story = Story.pair(storage: false)
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
        // l1 has reserved an epoch; its next boot cannot know whether it used it, nor can that boot's second daemon.
        story.crash(1)
        story.boot(1)
        story.run(.seconds(10))
        story.killDaemon(1)
        story.startDaemon(1)
        story.run(.seconds(10))
        let doubts = story.nodes[1].record?.claims.map(\.isDoubtful)
        #expect(doubts == [true])
        story.linkChanges(0, isUp: false)
        story.cut = [0]
        story.run(.seconds(5))
        story.cut = []
        story.linkChanges(0, isUp: true)
        story.run(.seconds(10))
        #expect([story.phase(0), story.phase(1)] == [.active, .standby])
        #expect(!story.lines.contains { $0.contains("l0 run stop") })
    }

    @Test func aPreferredNodeWithASlowDiskIsGrantedItsOwnStorageAgain() {
        var settings = [Story.settings(own: 0), Story.settings(own: 1)]
        settings[1].groups[0].storageDigest = 8
        let story = Story(settings[0], settings[1])
        story.diskTime[0] = .seconds(60)
        story.boot(0)
        story.boot(1)
        story.run(.seconds(8))
        #expect(story.lines.contains { $0.contains("l0") && $0.contains("declined at epoch 1") })
        story.diskTime[0] = .milliseconds(2)
        story.run(.seconds(120))
        #expect([story.phase(0), story.phase(1)] == [.active, .standby])
    }

    @Test func aGroupThatServesIsNotStoppedForOneThatCouldNotBeStopped() {
        let story = Story.pair()
        story.nodes[0].lastReset = .seconds(600)
        story.bootBoth(andRun: .seconds(20))
        story.outcomes["l0/IPaddr2/stop"] = (.milliseconds(20), .timedOut(failure))
        story.command(0, .standby(.all))
        story.run(.seconds(2))
        #expect(story.phase(0) == .unsafe)
        story.cut = [0]
        story.hasServiceNetwork = false
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
        story.cut = []
        story.hasServiceNetwork = true
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
    }

    @Test func whatIsProbedIsUnknownSinceTheDaemonBegan() {
        let story = Story(Story.settings(own: 0), Story.settings(own: 1))
        story.run(.seconds(100))
        story.outcomes["l0/drbddisk/status"] = (.seconds(12), .succeeded)
        story.boot(0)
        story.run(.seconds(2))
        let group = story.nodes[0].machine.status(at: story.now).groups[0]
        #expect(group.state == .unknown)
        #expect(group.resources.allSatisfy { $0.since <= 2000 })
    }

    @Test func standbyStopsAGroupWhoseStateCannotBeTold() {
        let story = Story.pair()
        story.outcomes["l0/drbddisk/status"] = (.milliseconds(20), .unknown(failure))
        story.bootBoth(andRun: .seconds(20))
        #expect(story.phase(0) == .unknown)
        let status = story.nodes[0].machine.status(at: story.now)
        #expect(status.nextStep == "baton standby 192.168.1.100")
        story.command(0, .standby(.group(group)))
        story.run(.seconds(10))
        #expect(story.phase(0) != .unknown)
        #expect([story.phase(0), story.phase(1)].filter { $0 == .active }.count == 1)
    }

    @Test func aTakeoverFromANodeThatCannotStopIsRefusedAndStatusSaysIt() {
        let story = Story.pair()
        story.nodes[0].lastReset = .seconds(600)
        story.bootBoth(andRun: .seconds(20))
        story.outcomes["l0/IPaddr2/stop"] = (.milliseconds(20), .timedOut(failure))
        story.command(0, .standby(.all))
        story.run(.seconds(2))
        #expect(story.phase(0) == .unsafe)
        story.command(1, .takeover(.all))
        story.run(.seconds(2))
        #expect(story.replies.map(\.2.outcome) == [.failed, .refused])
        #expect(
            story.nodes[1].machine.status(at: story.now).reason.contains("could not be stopped")
        )
    }

    @Test func aDaemonThatWasAwayLongerThanItsPeerWaitsAsksFirst() {
        let story = Story.pair(deadtimes: [.seconds(3), .milliseconds(300)])
        story.hasServiceNetwork = false
        story.bootBoth(andRun: .seconds(20))
        #expect(story.phase(0) == .active)
        story.killDaemon(0)
        story.run(.seconds(1))
        #expect(story.phase(1) == .active)
        story.startDaemon(0)
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        #expect(story.phase(0) == .standby)
    }

    @Test func aNodeWithoutAnyCarrierYieldsToTheOneThatTook() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(20))
        story.cut = [0]
        story.hasServiceNetwork = false
        story.linkChanges(0, isUp: false)
        story.run(.seconds(20))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .active)
        story.cut = []
        story.hasServiceNetwork = true
        story.linkChanges(0, isUp: true)
        story.run(.seconds(5))
        #expect(story.phase(0) == .standby)
        #expect(story.phase(1) == .active)
    }

    @Test func aNodeWithoutCarrierIsNotStoppedBecauseItsPeerBootedWithAReservation() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(20))
        story.say("l1 loses power, and with it the cable between the two its carrier.")
        story.crash(1)
        story.linkChanges(0, isUp: false)
        story.run(.seconds(10))
        story.boot(1)
        story.linkChanges(0, isUp: true)
        story.run(.seconds(10))
        #expect(story.phase(0) == .active)
        #expect(!story.transcript.contains("l0 run stop"))
    }

    @Test func aTakeoverThatWaitsForADiskSaysSo() {
        let story = Story.pair()
        story.boot(0)
        story.boot(1)
        story.diskTime[1] = .seconds(3600)
        story.run(.seconds(20))
        story.crash(0)
        story.run(.seconds(30))
        #expect(story.phase(1) == .claiming)
        #expect(story.nodes[1].machine.status(at: story.now).reason.contains("disk"))
        #expect(story.transcript.contains("page takeoverHeld"))
    }

    @Test func aKeeperThatSpeaksRevokesConfirmDown() {
        let story = Story.pair()
        story.hasServiceNetwork = false
        story.bootBoth(andRun: .seconds(20))
        story.killDaemon(0)
        story.run(.seconds(2))
        story.diskTime[1] = .seconds(60)
        story.cut = [0]
        story.run(.milliseconds(1_500))
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(2))
        story.cut = []
        story.keeperSpeaks(0)
        story.run(.milliseconds(10))
        #expect(story.nodes[1].machine.status(at: story.now).peer.state == .silent)
    }
}
