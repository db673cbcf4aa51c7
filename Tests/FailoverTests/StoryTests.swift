// Stories with their transcripts (Transcripts/NAME.txt). `BATON_RECORD=1 swift test` rewrites them; the change
// is reviewed as a diff. Each story also asserts what must be true of it, so that a rewrite cannot hide a fault.

import Failover
import Foundation
import Testing

private func compare(_ story: Story, _ name: String) {
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

@Suite struct Stories {
    @Test func bothBootAndThePreferredNodeServes() {
        let story = pair()
        story.say("Both machines boot within a second of each other.")
        story.boot(0)
        story.run(.milliseconds(700))
        story.boot(1)
        story.run(.seconds(3))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        compare(story, "cold-start")
    }

    @Test func oneAloneAfterBootWaitsAndSaysWhatToType() {
        let story = pair()
        story.boot(0)
        story.run(.seconds(20))
        #expect(story.phase(0) == .standby)
        story.say("The administrator looks, finds l1 without power, and says so.")
        story.command(0, .confirmDown(NodeName("l1")))
        story.run(.seconds(2))
        #expect(story.phase(0) == .active)
        #expect(story.replies.last?.2.outcome == .done)
        compare(story, "alone-after-boot")
    }

    @Test func theActiveNodeDiesAndTheOtherServesAtDeadtime() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
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
        compare(story, "crash")
    }

    @Test func anOrderlyStandbyMovesTheGroupAndItStaysThere() {
        let story = pair(autoFailback: .on)
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        story.say("auto_failback is on, yet a group given away by an administrator does not come back by itself.")
        story.command(0, .standby(.all))
        story.run(.seconds(30))
        #expect(story.phase(1) == .active)
        #expect(story.phase(0) == .standby)
        #expect(story.replies.map(\.2.outcome) == [.done])
        story.say("takeover on l0 brings it home.")
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        compare(story, "standby-takeover")
    }

    @Test func aReturningPreferredNodeGetsItsGroupBackWhenAutoFailbackIsOn() {
        let story = pair(autoFailback: .on)
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        story.crash(0)
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        story.boot(0)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        compare(story, "failback")
    }

    @Test func aCutReplicationLinkMovesNothingWhileTheHostAnswers() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
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
        compare(story, "link-cut")
    }

    @Test func aFailedStartIsOfferedOnceAndThenSaidToRunNowhere() {
        let story = pair()
        let failure = OperationFailure(exitCode: 1, output: "r0: no UpToDate disk\n")
        story.outcomes["l0/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.outcomes["l1/drbddisk/start"] = (.milliseconds(50), .failed(failure))
        story.boot(0)
        story.boot(1)
        story.run(.seconds(10))
        #expect(story.phase(0) == .failed)
        #expect(story.phase(1) == .failed)
        #expect(story.nodes[0].machine.status(at: story.now).nextStep == "baton takeover 192.168.1.100")
        story.say("l1's disk is repaired.")
        story.outcomes["l1/drbddisk/start"] = nil
        story.command(1, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        compare(story, "failed-start")
    }

    @Test func aFailedStopResetsTheNode() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        let failure = OperationFailure(exitCode: 1, output: "r0: held open by process 4711\n")
        story.outcomes["l0/drbddisk/stop"] = (.milliseconds(50), .failed(failure))
        story.command(0, .standby(.all))
        story.run(.seconds(10))
        #expect(story.resets == [0])
        #expect(story.phase(1) == .active)
        compare(story, "failed-stop")
    }

    @Test func aSplitThatNothingPreventedEndsWithOneOwnerWhoIsNotRestarted() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
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
        compare(story, "split")
    }

    @Test func aSplitIsRefusedWhereUnprovedTakeoverIsOff() {
        let story = pair(unproved: false)
        story.boot(0)
        story.boot(1)
        story.run(.milliseconds(500))
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
        compare(story, "unproved-off")
    }

    @Test func aStalledActiveNodeYieldsToTheOneThatTook() {
        let story = pair(storage: false)
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
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
        compare(story, "stall")
    }

    @Test func aKilledDaemonAdoptsWhatRuns() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        story.killDaemon(0)
        story.run(.milliseconds(300))
        story.startDaemon(0)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        #expect(!story.transcript.contains("run stop"))
        compare(story, "adopt")
    }

    @Test func anEndingDaemonHandsOverFirst() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        story.shutDown(0)
        story.run(.seconds(1))
        #expect(!story.nodes[0].isRunning)
        #expect(story.phase(1) == .active)
        story.say("And comes back: nothing moves.")
        story.startDaemon(0)
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        compare(story, "shutdown")
    }

    @Test func standbyIntoTheVoidIsRefused() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        story.crash(1)
        story.run(.seconds(10))
        story.command(0, .standby(.all))
        story.run(.seconds(1))
        #expect(story.phase(0) == .active)
        #expect(story.replies.last?.2.outcome == .refused)
        #expect(story.replies.last?.2.text.hasPrefix("S7") == true)
        compare(story, "standby-refused")
    }

    @Test func aConfirmedDownNodeThatAnswersIsRefused() {
        let story = pair()
        story.boot(0)
        story.boot(1)
        story.run(.seconds(20))
        story.cut = [0]
        story.run(.seconds(10))
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(2))
        #expect(story.phase(1) == .standby)
        #expect(story.replies.last?.2.outcome == .refused)
        compare(story, "confirm-refused")
    }
}
