// Stories with their transcripts (Transcripts/NAME.txt). `BATON_RECORD=1 swift test` rewrites them; the change
// is reviewed as a diff. Each story also asserts what must be true of it, so that a rewrite cannot hide a fault.

import Failover
import Foundation
import Testing

func compare(_ story: Story, _ name: String) {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("Transcripts/\(name).txt")
    if ProcessInfo.processInfo.environment["BATON_RECORD"] != nil {
        #expect(throws: Never.self) {
            try story.transcript.write(to: file, atomically: true, encoding: .utf8)
        }
        return
    }
    let recorded = try? String(contentsOf: file, encoding: .utf8)
    #expect(recorded == story.transcript, "the story \(name) changed; read it, then BATON_RECORD=1")
}

private func pair(
    deadtime: Duration = .seconds(3),
    autoFailback: AutoFailback = .off,
    unproved: Bool = true,
    storage: Bool = true
) -> Story {
    Story(
        Story.settings(
            own: 0,
            deadtime: deadtime,
            autoFailback: autoFailback,
            unproved: unproved,
            storage: storage
        ),
        Story.settings(
            own: 1,
            deadtime: deadtime,
            autoFailback: autoFailback,
            unproved: unproved,
            storage: storage
        )
    )
}

/// The stories; each asserts what must be true of it.
private enum Stories {
    static func bothBootAndThePreferredNodeServes() -> Story {
        let story = pair()
        story.say("Both machines boot within a second of each other.")
        story.boot(0)
        story.run(.milliseconds(700))
        story.boot(1)
        story.run(.seconds(3))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func oneAloneAfterBootWaitsAndSaysWhatToType() -> Story {
        let story = pair()
        story.boot(0)
        story.run(.seconds(20))
        #expect(story.phase(0) == .standby)
        story.say("The administrator looks, finds l1 without power, and says so.")
        story.command(0, .confirmDown(NodeName("l1")))
        story.run(.seconds(2))
        #expect(story.phase(0) == .active)
        #expect(story.replies.last?.2.outcome == .done)
        return story
    }

    static func theActiveNodeDiesAndTheOtherServesAtDeadtime() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(20))
        #expect(story.phase(0) == .active)
        story.say("l0 loses power.")
        let crashed = story.now
        story.crash(0)
        story.run(.seconds(3) + .milliseconds(45))
        #expect(story.phase(1) == .active)
        story.say("l0 returns; auto_failback is off.")
        story.boot(0)
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        #expect(story.phase(0) == .standby)
        #expect(story.now - crashed > .zero)
        return story
    }

    static func anOrderlyStandbyMovesTheGroupAndItStaysThere() -> Story {
        let story = pair(autoFailback: .on)
        story.bootBoth(andRun: .seconds(5))
        story.say(
            "auto_failback is on, yet a group given away by an administrator does not come back by itself."
        )
        story.command(0, .standby(.all))
        story.run(.seconds(30))
        #expect(story.phase(1) == .active)
        #expect(story.phase(0) == .standby)
        #expect(story.replies.map(\.2.outcome) == [.done])
        story.say("takeover on l0 brings it home.")
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        return story
    }

    static func aReturningPreferredNodeGetsItsGroupBackWhenAutoFailbackIsOn() -> Story {
        let story = pair(autoFailback: .on)
        story.bootBoth(andRun: .seconds(5))
        story.crash(0)
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        story.boot(0)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func aCutReplicationLinkMovesNothingWhileTheHostAnswers() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(20))
        story.say("The replication cable is pulled; the service network still carries ARP.")
        story.cut = [0]
        story.run(.seconds(60))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        story.say("The cable is back.")
        story.cut = []
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func aFailedStartIsOfferedOnceAndThenSaidToRunNowhere() -> Story {
        let story = pair()
        let failure = OperationFailure(exitCode: 1, output: "r0: no UpToDate disk\n")
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.outcomes["l1/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.bootBoth(andRun: .seconds(10))
        #expect(story.phase(0) == .failed)
        #expect(story.phase(1) == .failed)
        #expect(
            story.nodes[0].machine.status(at: story.now).nextStep == "baton takeover 192.168.1.100"
        )
        story.say("l1's disk is repaired.")
        story.outcomes["l1/drbddisk/start"] = nil
        story.command(1, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        return story
    }

    static func aFailedStopResetsTheNode() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        let failure = OperationFailure(exitCode: 1, output: "r0: held open by process 4711\n")
        story.outcomes["l0/drbddisk/stop"] = (.milliseconds(50), .failed(failure))
        story.command(0, .standby(.all))
        story.run(.seconds(10))
        #expect(story.resets == [0])
        #expect(story.phase(1) == .active)
        return story
    }

    static func aSplitThatNothingPreventedEndsWithOneOwnerWhoIsNotRestarted() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        story.say("Every network between the two fails, so no probe can tell.")
        story.cut = [0]
        story.hasServiceNetwork = false
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .active)
        story.say("All networks are back.")
        story.cut = []
        story.hasServiceNetwork = true
        story.run(.seconds(5))
        #expect([story.phase(0), story.phase(1)].filter { $0 == .active }.count == 1)
        return story
    }

    static func aSplitIsRefusedWhereUnprovedTakeoverIsOff() -> Story {
        let story = pair(unproved: false)
        story.bootBoth(andRun: .milliseconds(500))
        story.hasServiceNetwork = false
        story.nodes[1].machine = story.nodes[1].machine
        story.run(.seconds(60))
        story.cut = [0]
        story.run(.seconds(30))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        story.say("l0 is really off: the administrator says so on l1.")
        story.crash(0)
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(3))
        #expect(story.phase(1) == .active)
        return story
    }

    static func aStalledActiveNodeYieldsToTheOneThatTook() -> Story {
        let story = pair(storage: false)
        story.bootBoth(andRun: .seconds(5))
        story.say("l0 stands still with all its networks, as a paused virtual machine does.")
        story.pause(0, for: .seconds(10))
        story.cut = [0]
        story.hasServiceNetwork = false
        story.run(.milliseconds(9900))
        story.cut = []
        story.hasServiceNetwork = true
        story.run(.seconds(5))
        #expect(story.phase(0) == .standby)
        #expect(story.phase(1) == .active)
        return story
    }

    static func aKilledDaemonAdoptsWhatRuns() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        story.killDaemon(0)
        story.run(.milliseconds(300))
        story.startDaemon(0)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        #expect(!story.transcript.contains("run stop"))
        return story
    }

    static func anEndingDaemonHandsOverFirst() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        story.shutDown(0)
        story.run(.seconds(1))
        #expect(!story.nodes[0].isRunning)
        #expect(story.phase(1) == .active)
        story.say("And comes back: nothing moves.")
        story.startDaemon(0)
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        return story
    }

    static func standbyIntoTheVoidIsRefused() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(5))
        story.crash(1)
        story.run(.seconds(10))
        story.command(0, .standby(.all))
        story.run(.seconds(1))
        #expect(story.phase(0) == .active)
        #expect(story.replies.last?.2.outcome == .refused)
        #expect(story.replies.last?.2.text.hasPrefix("S7") == true)
        return story
    }

    static func aConfirmedDownNodeThatAnswersIsRefused() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(20))
        story.cut = [0]
        story.run(.seconds(10))
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(2))
        #expect(story.phase(1) == .standby)
        #expect(story.replies.last?.2.outcome == .refused)
        return story
    }
    static func aSlowDiskDeclinesAndTheGroupStaysWhereItWas() -> Story {
        let story = pair()
        story.say(
            "l1's disk takes twenty seconds for a write: it cannot promise to hold the group."
        )
        story.diskTime[1] = .seconds(20)
        story.bootBoth(andRun: .seconds(5))
        story.command(0, .standby(.all))
        story.run(.seconds(12))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        #expect(story.replies.map(\.2.outcome) == [.failed])
        return story
    }

    static func aFailedStartThatASlowDiskDeclinesIsGrantedAnew() -> Story {
        let story = pair()
        let failure = OperationFailure(exitCode: 5, output: "no such device\n")
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.boot(0)
        story.boot(1)
        story.diskTime[1] = .seconds(10)
        story.run(.seconds(7))
        #expect(story.phase(0) == .failed)
        #expect(story.phase(1) == .claiming)
        story.say(
            "l1 declined once, was granted the group anew, and serves when its disk has answered."
        )
        story.run(.seconds(15))
        #expect(story.phase(1) == .active)
        return story
    }

    static func aNodeThatFailedToStartTriesAgainWhenTheOtherDies() -> Story {
        let story = pair()
        let failure = OperationFailure(exitCode: 1, output: "out of memory\n")
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.bootBoth(andRun: .seconds(20))
        #expect(story.phase(1) == .active)
        story.outcomes["l0/drbddisk/start"] = nil
        story.crash(1)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        return story
    }

    static func evidenceIsJudgedAgainWhenTheDiskHasAnswered() -> Story {
        let story = pair(storage: false)
        story.bootBoth(andRun: .milliseconds(10))
        story.diskTime[1] = .seconds(20)
        story.run(.seconds(15))
        story.say("Everything between the two is cut, and l1's claim waits for its disk.")
        story.cut = [0]
        story.hasServiceNetwork = false
        story.run(.milliseconds(3500))
        #expect(story.phase(1) == .claiming)
        story.say("The service network is back before the disk answers: l0 lives and serves.")
        story.hasServiceNetwork = true
        story.run(.seconds(30))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func aRestartedDaemonRemembersThatTheAdministratorGaveTheGroupAway() -> Story {
        let story = pair(autoFailback: .on)
        story.bootBoth(andRun: .seconds(5))
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        story.say("baton reload, or a fault: l1's loop begins anew.")
        story.killDaemon(1)
        story.run(.milliseconds(50))
        story.startDaemon(1)
        story.run(.seconds(30))
        #expect(story.phase(1) == .active)
        return story
    }

    static func aSecondResetWithinTheHourIsNotMade() -> Story {
        let story = pair()
        story.nodes[0].lastReset = .seconds(600)
        story.bootBoth(andRun: .seconds(5))
        let failure = OperationFailure(exitCode: nil, output: "umount: /mnt: target is busy\n")
        story.outcomes["l0/drbddisk/stop"] = (.seconds(60), .timedOut(failure))
        story.command(0, .standby(.all))
        story.run(.seconds(70))
        #expect(story.resets == [])
        #expect(story.phase(0) == .unsafe)
        #expect(story.phase(1) == .standby)
        story.say("What held the device is gone; the administrator types what status says.")
        let next = story.nodes[0].machine.status(at: story.now).nextStep
        #expect(next == "baton standby 192.168.1.100")
        story.outcomes["l0/drbddisk/stop"] = nil
        story.command(0, .standby(.group(GroupName("192.168.1.100"))))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        return story
    }

    static func whatRunsWithoutAClaimIsStoppedBeforeAnythingElse() -> Story {
        let story = pair()
        story.boot(1)
        story.run(.seconds(1))
        story.say("The machine's boot has started what belongs to Baton.")
        story.nodes[0].isOn = true
        story.nodes[0].boot = 1
        story.nodes[0].running = ["drbddisk::r0"]
        story.startDaemon(0)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        return story
    }

    static func aNodeThatTheOtherCannotHearIsTheOneThatYields() -> Story {
        let story = pair(storage: false)
        story.bootBoth(andRun: .seconds(5))
        story.say("l0's beats and its answers to ARP get lost; l1's arrive.")
        story.mute = [0]
        story.hasServiceNetwork = false
        story.run(.seconds(10))
        #expect(story.phase(0) == .standby)
        #expect(story.phase(1) == .active)
        story.mute = []
        story.hasServiceNetwork = true
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        return story
    }

    static func anEndingDaemonCutsAStartShortAndStopsInOrder() -> Story {
        let story = pair()
        story.outcomes["l0/drbddisk/start"] = (.seconds(2), .cancelled)
        story.bootBoth(andRun: .seconds(1))
        story.shutDown(0)
        story.run(.seconds(5))
        #expect(!story.nodes[0].isRunning)
        #expect(story.phase(1) == .active)
        return story
    }

    static func twoNodesWithABrokenServicePlayNoPingPong() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(10))
        for round in 1...5 {
            let active = story.phase(0) == .active ? 0 : 1
            story.say("The service fails where the group runs, for the \(round). time.")
            let failure = HealthFailure(
                name: "servers/agg0",
                incident: UInt64(round),
                action: .standby,
                text: "localhost could not connect"
            )
            story.services(active, fail: [failure])
            story.run(.seconds(10))
            if story.phase(active) != .active { story.services(active, fail: []) }
            story.run(.seconds(300))
        }
        let moves = story.notices.count { $0.1.code == .healthMove }
        #expect(moves == 3)
        #expect(story.phase(1) == .active)
        story.say("It is repaired, and the administrator says so on the node that has nothing.")
        story.services(1, fail: [])
        story.command(0, .clear(.all))
        story.run(.seconds(5))
        #expect(story.replies.last?.2.outcome == .done)
        return story
    }

    static func aServiceIsMendedByARestartAndTheSecondTimeByAMove() -> Story {
        let settings = (0..<2).map { own in
            var settings = Story.settings(own: own)
            settings.restartBudget = 1
            return settings
        }
        let story = Story(settings[0], settings[1])
        story.bootBoth(andRun: .seconds(10))
        for round in 1...2 {
            let failure = HealthFailure(
                name: "servers/agg0",
                incident: UInt64(round),
                action: .restart,
                text: "localhost could not connect"
            )
            story.services(0, fail: [failure])
            story.services(0, fail: [])
            story.run(.seconds(10))
            #expect(story.phase(round - 1) == .active)
        }
        return story
    }

    static func aFrozenGroupStaysNowhereUntilItIsThawed() -> Story {
        let story = pair()
        story.bootBoth(andRun: .seconds(10))
        story.command(1, .freeze(.all, duration: .seconds(3600), by: "anna", reason: "new disks"))
        story.run(.seconds(5))
        story.say("The active node dies: nothing moves by itself, and somebody is woken.")
        story.crash(0)
        story.run(.seconds(10))
        #expect(story.phase(1) == .standby)
        story.command(1, .thaw(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        return story
    }
}

/// Every story, by the name of its transcript.
private let ownStories: [String: @Sendable () -> Story] = [
    "standby-remembered":
        Stories.aRestartedDaemonRemembersThatTheAdministratorGaveTheGroupAway,
    "cold-start-paths":
        Stories.bothBootAndThePreferredNodeServes,
    "alone-after-boot":
        Stories.oneAloneAfterBootWaitsAndSaysWhatToType,
    "crash":
        Stories.theActiveNodeDiesAndTheOtherServesAtDeadtime,
    "standby-takeover":
        Stories.anOrderlyStandbyMovesTheGroupAndItStaysThere,
    "failback":
        Stories.aReturningPreferredNodeGetsItsGroupBackWhenAutoFailbackIsOn,
    "link-cut":
        Stories.aCutReplicationLinkMovesNothingWhileTheHostAnswers,
    "failed-start":
        Stories.aFailedStartIsOfferedOnceAndThenSaidToRunNowhere,
    "failed-stop":
        Stories.aFailedStopResetsTheNode,
    "split":
        Stories.aSplitThatNothingPreventedEndsWithOneOwnerWhoIsNotRestarted,
    "unproved-off":
        Stories.aSplitIsRefusedWhereUnprovedTakeoverIsOff,
    "stall":
        Stories.aStalledActiveNodeYieldsToTheOneThatTook,
    "adopt":
        Stories.aKilledDaemonAdoptsWhatRuns,
    "shutdown":
        Stories.anEndingDaemonHandsOverFirst,
    "standby-refused":
        Stories.standbyIntoTheVoidIsRefused,
    "confirm-refused":
        Stories.aConfirmedDownNodeThatAnswersIsRefused,
    "slow-disk":
        Stories.aSlowDiskDeclinesAndTheGroupStaysWhereItWas,
    "failed-start-slow-disk":
        Stories.aFailedStartThatASlowDiskDeclinesIsGrantedAnew,
    "failed-start-tried-again":
        Stories.aNodeThatFailedToStartTriesAgainWhenTheOtherDies,
    "evidence-judged-again":
        Stories.evidenceIsJudgedAgainWhenTheDiskHasAnswered,
    "second-reset":
        Stories.aSecondResetWithinTheHourIsNotMade,
    "astray":
        Stories.whatRunsWithoutAClaimIsStoppedBeforeAnythingElse,
    "deaf-peer":
        Stories.aNodeThatTheOtherCannotHearIsTheOneThatYields,
    "shutdown-while-starting":
        Stories.anEndingDaemonCutsAStartShortAndStopsInOrder,
    "services-broken-on-both":
        Stories.twoNodesWithABrokenServicePlayNoPingPong,
    "service-restarted":
        Stories.aServiceIsMendedByARestartAndTheSecondTimeByAMove,
    "frozen":
        Stories.aFrozenGroupStaysNowhereUntilItIsThawed,
]

private let stories = ownStories.merging(isolationStories) { own, _ in own }
    .merging(sideBySideStories) { own, _ in own }

@Suite struct StoryTests {
    @Test(arguments: stories.keys.sorted())
    func theStoryIsToldAsBefore(name: String) throws {
        let tell = try #require(stories[name])
        compare(tell(), name)
    }

    @Test func everyRowOfTheTableIsTakenInSomeStory() {
        var taken: Set<Transition> = []
        for tell in stories.values {
            let story = tell()
            for node in story.nodes { taken.formUnion(node.machine.transitionsTaken) }
            taken.formUnion(story.takenBefore)
        }
        for row in Transitions.table {
            #expect(taken.contains(row), "\(row.from) -> \(row.to): \(row.cause.rawValue)")
        }
    }

    @Test func everyPhaseCanBeLeftAndLeadsToActiveAndToStandby() {
        for phase in GroupPhase.allCases {
            var reached: Set<GroupPhase> = [phase]
            var grew = true
            while grew {
                let next = Transitions.table.filter { reached.contains($0.from) }.map(\.to)
                let before = reached.count
                reached.formUnion(next)
                grew = reached.count > before
            }
            #expect(Transitions.table.contains { $0.from == phase }, "\(phase) cannot be left")
            #expect(reached.contains(.active), "\(phase) never leads to active")
            #expect(reached.contains(.standby), "\(phase) never leads to standby")
        }
    }
}
