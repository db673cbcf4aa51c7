// What a node does that did not know for a while what went on: it stood still, began anew, or lost its cable or its
// state. Each test is named by what it keeps; most were found by a seed of the simulator.

import Failover
import Testing

@Suite struct LatenessTests {
    @Test func whoLostItsStateWaitsForThePeerOverEveryDaemonAndBoot() {
        let settings = [0, 1].map { own in
            Story.settings(own: own, storage: false, evidence: { $0.bootPolicy = .any })
        }
        let story = Story(settings[0], settings[1])
        story.boot(0)
        story.run(.seconds(30))
        story.killDaemon(0)
        story.startDaemon(0)
        story.run(.seconds(30))
        story.crash(0)
        story.boot(0)
        story.run(.seconds(30))
        #expect(story.phase(0) == .standby)
        story.boot(1)
        story.run(.seconds(5))
        #expect([story.phase(0), story.phase(1)] == [.active, .standby])
        // Now it has a past.
        story.crash(0)
        story.crash(1)
        story.boot(0)
        story.run(.seconds(30))
        #expect(story.phase(0) == .active)
    }

    /// Whoever asked nobody heard no silence: the address still answers (seed 20000789).
    @Test(arguments: 0..<10) func aSilenceThatWasSleptThroughIsAskedAgain(tenth: Int) {
        let story = Story.pair(storage: false)
        story.bootBoth(andRun: .seconds(5))
        story.killDaemon(0)
        story.keeperSpeaks(0)
        story.run(.seconds(3) + .milliseconds(100) * tenth)
        story.keeperSpeaks(0)
        story.run(.milliseconds(50))
        #expect(story.holders == [0])
        story.pause(1, for: .milliseconds(1_600))
        story.run(.milliseconds(500))
        story.keeperSpeaks(0)
        story.run(.seconds(10))
        #expect(story.holders == [0])
    }

    /// Who loses its service LAN in silence while the peer's daemon stands still and its host answers hears that silence
    /// everywhere, not from the peer (seed 90141260).
    @Test(arguments: 0..<30) func whoIsCutOffBesideALivingHostTakesNothing(step: Int) {
        let settings = [0, 1].map { own in
            Story.settings(
                own: own,
                deadtime: .milliseconds(250),
                keepalive: .milliseconds(50),
                storage: false
            )
        }
        let story = Story(settings[0], settings[1])
        story.hasGateway = true
        story.linkHasAddresses = true
        story.bootBoth(andRun: .seconds(5))
        story.killDaemon(0)
        story.run(.seconds(1) + .milliseconds(1) * step)
        story.pull(1, losesCarrier: false)
        story.run(.seconds(10))
        #expect(story.holders == [0])
        #expect(!story.lines.contains { $0.contains("l1 run start") })
    }

    /// Nor does who asked nobody confirm that nobody answers.
    @Test func aConfirmationThatWasSleptThroughAsksAgain() {
        let story = Story.pair(storage: false)
        story.bootBoth(andRun: .seconds(5))
        story.killDaemon(0)
        story.run(.seconds(10))
        // Nobody answers until the machine stands still, and everybody once it goes on.
        story.hasServiceNetwork = false
        story.command(1, .confirmDown(story.nodes[0].settings.node))
        story.run(.milliseconds(50))
        story.pause(1, for: .milliseconds(1_900))
        story.hasServiceNetwork = true
        story.run(.seconds(10))
        #expect(story.replies.map(\.2.outcome) == [.refused])
        #expect(story.holders == [0])
    }

    /// A daemon that begins after the peer's has ended does not know what an operation does there (seed 20010290).
    @Test func aHostWhoseDaemonWasNeverHeardByThisOneMayBeStartingTheGroup() {
        let story = Story.pair(storage: false)
        story.bootBoth(andRun: .seconds(5))
        story.outcomes["l0/IPaddr2/start"] = (.seconds(60), .succeeded)
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect([story.phase(0), story.phase(1)] == [.starting, .standby])
        story.killDaemon(0)
        story.run(.seconds(1))
        story.killDaemon(1)
        story.startDaemon(1)
        story.run(.seconds(40))
        #expect(story.phase(1) == .standby)
        story.run(.seconds(60))
        #expect(story.holders == [0])
    }

    /// The peer counts from the last beat, which was sent before the machine stood still (seed 80044381).
    @Test func aStallCountsFromTheLastBeat() {
        var taken = 0
        for tenth in 0..<10 {
            let story = Story.pair(storage: false)
            story.bootBoth(andRun: .seconds(5) + .milliseconds(100) * tenth)
            story.freeze(0, for: .milliseconds(2_600))
            story.run(.seconds(10))
            let isTaken = story.phase(1) == .active
            taken += isTaken ? 1 : 0
            #expect(story.phase(0) == (isTaken ? .standby : .active))
            #expect(!story.lines.contains { $0.contains("l1 run stop") })
        }
        #expect((1...9).contains(taken))
    }

    /// What a peer said before this node stood still is no word that it is fit (seed 85031449).
    @Test func fitnessIsCountedFromTheFirstWordAfterAStall() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(5))
        story.pause(0, for: .seconds(4))
        story.cut = [0]
        story.run(.milliseconds(5_900))
        story.cut = []
        story.run(.milliseconds(1_200))
        story.command(0, .standbyForHealth(.all, cause: "own/web"))
        story.run(.milliseconds(100))
        #expect(story.phase(0) == .active)
    }

    /// A daemon that is killed before it knows what runs leaves the question to the next one (seed 60070668).
    @Test func twoDaemonsInARowKnowThatNoneRan() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(5))
        story.killDaemon(0)
        story.hasServiceNetwork = false
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        story.hasServiceNetwork = true
        story.startDaemon(0)
        story.run(.milliseconds(10))
        story.killDaemon(0)
        story.startDaemon(0)
        story.run(.seconds(10))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("l1 run stop") })
    }

    /// But nothing ran before the first daemon of a boot, so that a probe which hangs leaves no question (seed 100089789).
    @Test func theFirstDaemonOfABootHasSleptThroughNothing() throws {
        let story = Story.pair()
        story.outcomes["l0/IPaddr2/status"] = (.seconds(60), .succeeded)
        story.bootBoth(andRun: .seconds(5))
        #expect(story.phase(0) == .unknown)
        let known = try #require(story.nodes[0].machine.soundTurn)
        #expect(story.now - known <= .seconds(1))
    }

    /// Who last heard this node longer ago than its patience may hold by evidence what neither held: its word of then,
    /// young as it is, grants nothing, neither at once nor when the disk is slow (seed 610059712).
    @Test(arguments: [false, true]) func aYoungWordOfWhoHasNotHeardUsForLongGrantsNothing(
        isDiskSlow: Bool
    ) {
        var settings = Story.settings(own: 0)
        settings.timings.warntime = settings.timings.deadtime * 3 / 4
        var machine = FailoverMachine(settings: settings)
        let incarnation = Incarnation(counter: 1, nonce: 1)
        var challenge: UInt64 = 0
        var starts = 0
        var operations: [OperationID] = []
        var writes: [PersistID] = []
        func give(_ event: Event, at milliseconds: Int64) {
            for effect in machine.handle(event, at: Instant(nanoseconds: milliseconds * 1_000_000))
            {
                switch effect {
                case .sendHeartbeat(let content, _): challenge = content.challenge
                case .runOperation(let operation):
                    if operation.action == .start { starts += 1 }
                    operations.append(operation.id)
                case .persist(let id, _): writes.append(id)
                default: break
                }
            }
        }
        func hear(_ sequence: UInt64, echoAge: Duration, at milliseconds: Int64) {
            var report = GroupReport(group: settings.groups[0].name.identity)
            report.phase = .standby
            report.fitness = .fit
            report.storageDigest = 7
            report.addressDigest = 9
            let content = BeatContent(
                kind: .alive,
                isLeaving: false,
                deadtime: settings.timings.deadtime,
                earliestTake: settings.timings.deadtime,
                response: challenge,
                addresses: [],
                groups: [report]
            )
            let beat = Beat(
                content: content,
                bootID: BootID(high: 0, low: 2),
                incarnation: incarnation,
                sequence: sequence,
                clock: Instant(nanoseconds: milliseconds * 1_000_000),
                echo: Echo(sequence: 1, age: echoAge)
            )
            give(.heartbeatReceived(beat, link: LinkIndex(0)), at: milliseconds)
        }
        let start = Start(
            bootID: BootID(high: 0, low: 1),
            incarnation: Incarnation(counter: 1, nonce: 2),
            record: nil
        )
        give(.started(start), at: 1_000)
        let probes = operations
        func endProbes(at milliseconds: Int64) {
            for probe in probes { give(.operationFinished(probe, .stopped), at: milliseconds) }
        }
        if isDiskSlow { endProbes(at: 1_100) }
        hear(1, echoAge: .zero, at: 2_000)
        hear(2, echoAge: .milliseconds(2_200), at: 4_200)
        if !isDiskSlow { endProbes(at: 5_100) }
        for write in writes { give(.persisted(write), at: 5_200) }
        #expect(starts == 0)
        // Heard anew, it grants the group.
        hear(3, echoAge: .zero, at: 5_300)
        hear(4, echoAge: .zero, at: 5_400)
        let count = writes.count
        for write in writes { give(.persisted(write), at: 5_500) }
        for write in writes.dropFirst(count) { give(.persisted(write), at: 5_600) }
        // What was dropped was declined: it is the peer's now.
        #expect(starts == (isDiskSlow ? 0 : 1))
    }

    /// A peer that did not hear us when it was last heard, and is silent since, may have yielded (seed 640173307).
    @Test func nobodyYieldsToADeafPeerThatIsNotHeardAnyMore() {
        let settings = [0, 1].map { own in
            Story.settings(own: own, keepalive: .milliseconds(500), storage: false)
        }
        let story = Story(settings[0], settings[1])
        story.bootBoth(andRun: .seconds(5))
        #expect(story.holders == [0])
        story.hasServiceNetwork = false
        story.outcomes["l1/IPaddr2/start"] = (.seconds(60), .succeeded)
        story.mute = [0]
        while story.phase(1) != .starting { story.run(.milliseconds(10)) }
        story.run(.milliseconds(10))
        #expect(story.notices.contains { $0.0 == 0 && $0.1.code == .conflict })
        story.cut = [0]
        story.run(.milliseconds(2_900))
        #expect(story.phase(0) == .active)
    }

    /// A node that is cut off does not hear a peer that left and has begun anew (seed 640150815).
    @Test func whoIsCutOffDoesNotTakeFromAPeerThatHasLeft() {
        let settings = [0, 1].map { own in Story.settings(own: own, storage: false) }
        let story = Story(settings[0], settings[1])
        story.hasGateway = true
        story.bootBoth(andRun: .seconds(5))
        story.outcomes["l0/IPaddr2/stop"] = (.seconds(20), .succeeded)
        story.shutDown(1)
        story.run(.milliseconds(100))
        story.cut = [0]
        story.pull(0, losesCarrier: true)
        story.command(0, .standby(.all))
        story.run(.milliseconds(500))
        story.startDaemon(1)
        story.run(.seconds(60))
        #expect(story.holders == [1])
        story.plug(0)
        story.run(.seconds(1))
        story.cut = []
        story.run(.seconds(10))
        #expect(story.holders == [1])
        #expect(story.lines.count { $0.contains("l0 run start") } == 1)
    }

    /// What is configured differently stays so until the other node says that it is not (seed 210076426).
    @Test func anotherStorageIsNotForgottenBecauseTheNextDaemonWasHeardInPart() {
        var settings = [0, 1].map { Story.settings(own: $0) }
        settings[1].groups[0].storageDigest = 8
        let story = Story(settings[0], settings[1])
        story.bootBoth(andRun: .seconds(5))
        #expect(story.holders == [0])
        story.hasServiceNetwork = false
        story.killDaemon(0)
        story.run(.seconds(1))
        story.nextDaemonIsHeardInPart(0)
        story.run(.milliseconds(10))
        story.crash(0)
        story.run(.seconds(60))
        #expect(story.phase(1) == .standby)
        #expect(story.notices.contains { $0.1.text.contains("storage is configured differently") })
    }

    /// A peer that has left may begin anew, and take, while this machine stands still (seed 45008770).
    @Test func aPeerThatHasLeftMayBeBackAfterAStall() {
        let story = Story.pair()
        story.bootBoth(andRun: .seconds(5))
        story.outcomes["l1/drbddisk/start"] = (.seconds(50), .succeeded)
        story.shutDown(0)
        story.run(.seconds(10))
        #expect(story.phase(1) == .starting)
        story.freeze(1, for: .seconds(30)) { story.startDaemon(0) }
        #expect(story.phase(0) == .active)
        story.run(.seconds(30))
        #expect([story.phase(0), story.phase(1)] == [.active, .standby])
        #expect(story.lines.count { $0.contains("l0 run stop") } == 2)
    }

    /// Hosts that could not answer at the boot, for no cable was plugged in, are asked again once it is (seed 45016764).
    @Test func aNodeThatBootedWithItsCableOutLearnsItsNeighbours() {
        let settings = [0, 1].map { own in
            Story.settings(own: own, storage: false, learns: true, isOneNetwork: true)
        }
        let story = Story(settings[0], settings[1])
        story.hasGateway = true
        story.boot(1)
        story.pull(0, losesCarrier: true)
        story.boot(0)
        story.run(.seconds(5))
        story.plug(0)
        story.run(.seconds(10))
        #expect(story.phase(0) == .active)
        story.command(0, .standby(.all))
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        // Now l0 is cut off in silence, and knows it.
        story.pull(0, losesCarrier: false)
        story.run(.seconds(60))
        #expect(story.holders == [1])
    }

    @Test func thatALoopWasLateIsKnownToADaemonThatReplacesIt() {
        let story = Story.pair(storage: true)
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        // The machine of l0 stands still, and l1 takes; the disk of l0 is slow when it goes on.
        story.diskTime[0] = .seconds(60)
        story.freeze(0, for: .seconds(8), lastMoment: .milliseconds(100))
        story.run(.milliseconds(100))
        #expect([story.phase(0), story.phase(1)] == [.stopping, .active])
        story.killDaemon(0)
        story.startDaemon(0)
        story.run(.seconds(10))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("l1 run stop") })
    }

    @Test func aStartThatWasOversleptGoesOnWhenThePeerLeftMeanwhile() {
        let story = Story.pair()
        story.boot(0)
        story.boot(1)
        story.outcomes["l0/drbddisk/start"] = (.seconds(8), .succeeded)
        story.run(.seconds(2))
        #expect(story.phase(0) == .starting)
        story.pause(0, for: .seconds(4))
        story.run(.seconds(1))
        story.shutDown(1)
        story.run(.seconds(60))
        #expect(!story.nodes[1].isRunning)
        #expect(story.phase(0) == .active)
    }
}
