// Fit means fresh (S11): who is left behind by a cut replication does not take, who has written alone does not give,
// and only a resynchronisation or the administrator's word ends that.

import Testing

@testable import Failover

@Suite("Replicated data") struct DataTests {
    /// l0 runs the group, both copies are in step, and l1 hears l0.
    private func pair(
        autoFailback: AutoFailback = .off,
        preferred: Int = 0,
        restartBudget: Int = 0
    ) -> Story {
        let settings = [0, 1].map { own in
            var settings = Story.settings(
                own: own,
                autoFailback: autoFailback,
                replicates: true,
                preferred: preferred
            )
            settings.restartBudget = restartBudget
            return settings
        }
        let story = Story(settings[0], settings[1])
        story.looks()
        story.bootBoth(andRun: .seconds(5))
        return story
    }

    /// The replication is cut, while beats go on: l0 writes alone.
    private func part(_ story: Story) {
        story.views = [(.detached, nil), (.detached, nil)]
        story.run(.seconds(3))
    }

    private func text(_ story: Story, _ code: NoticeCode) -> [String] {
        story.notices.filter { $0.1.code == code }.map(\.1.text)
    }

    @Test func aCopyInStepIsTaken() {
        let story = pair()
        #expect(story.holders == [0])
        story.hasServiceNetwork = false
        story.crash(0)
        story.views[1].replication = .detached
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        #expect(story.marked == [false, false])
    }

    @Test func whoWasLeftBehindDoesNotTakeNorAfterItsReboot() throws {
        let story = pair()
        part(story)
        #expect(story.marked == [false, true])
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
        let held = try #require(text(story, .takeoverHeld).last)
        #expect(held.contains("l0 has written without this node since 1970-01-01 00:00:05 UTC"))
        #expect(held.contains("baton takeover --accept-data-loss 192.168.1.100"))
        story.killDaemon(1)
        story.startDaemon(1)
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
        story.crash(1)
        story.boot(1)
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(60))
        #expect(story.phase(1) == .standby)
        #expect(story.replies.last?.2.outcome == .refused)
    }

    @Test func onlyTheDurableMarkIsAcknowledged() {
        let story = pair()
        story.diskTime[1] = .seconds(20)
        part(story)
        let status = story.nodes[0].machine.status(at: story.now)
        #expect(status.groups[0].peerUnfitReason == "a resource is not ready")
        story.run(.seconds(30))
        let later = story.nodes[0].machine.status(at: story.now)
        #expect(later.groups[0].peerUnfitReason == "its data is stale")
    }

    @Test func bothMustSeeTheResynchronisation() {
        let story = pair()
        part(story)
        // The one that was left behind has not noticed the cut yet, and is asked.
        story.views[1].replication = .inSync
        story.run(.seconds(5))
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .standby)
        story.hasServiceNetwork = true
        story.boot(0)
        story.views = [(.inSync, nil), (.inSync, nil)]
        story.run(.seconds(20))
        #expect(story.marked == [false, false])
        #expect(story.holders.count == 1)
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
    }

    /// l1 takes while l0 is not heard, and is stopped while its disk is being promoted.
    @Test func whatWasOnlyBeingPromotedHasWrittenNothing() {
        let story = pair()
        story.outcomes["l1/drbddisk/start"] = (.seconds(4), .cancelled)
        story.hasServiceNetwork = false
        story.mute = [0]
        story.run(.seconds(1))
        story.views = [(.detached, nil), (.detached, nil)]
        story.run(.seconds(3))
        #expect(story.phase(1) == .starting)
        story.mute = []
        story.run(.seconds(10))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        let alone = story.notices.filter { $0.1.code == .dataDetached }
        #expect(alone.map(\.0) == [0])
        #expect(story.marked == [false, true])
    }

    @Test func theAdministratorMayAcceptTheLoss() {
        let story = pair()
        part(story)
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(5))
        #expect(story.replies.last?.2.outcome == .refused)
        #expect(story.replies.last?.2.text.contains("l0 runs 192.168.1.100") == true)
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        story.command(1, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.replies.last?.2.outcome == .refused)
        #expect(story.accepted.isEmpty)
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
        #expect(story.accepted == [1])
        // Now the other one's copy is the old one.
        story.hasServiceNetwork = true
        story.boot(0)
        story.run(.seconds(20))
        #expect(story.holders == [1])
        #expect(story.marked == [true, false])
    }

    @Test func anAcceptedLossIsForThatTakeoverAlone() {
        let story = pair()
        part(story)
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        story.views[1].obstacle = DataObstacle(text: "r0 is Inconsistent", isAge: false)
        story.run(.seconds(2))
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(5))
        #expect(story.replies.last?.2.outcome == .refused)
        story.views[1].obstacle = nil
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
    }

    @Test func whoHasWrittenAloneGivesNothing() {
        let story = pair()
        part(story)
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.replies.last?.2.outcome == .refused)
        #expect(story.replies.last?.2.text.contains("has not got what was written here") == true)
        #expect(story.holders == [0])
        story.shutDown(0)
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
    }

    /// The cut is seen only when the group is stopped already.
    @Test func whatWasWrittenLastIsLookedForBeforeTheOffer() {
        let story = pair()
        story.outcomes["l0/drbddisk/stop"] = (.milliseconds(400), .succeeded)
        story.run(.milliseconds(200))
        story.command(0, .standby(.all))
        story.run(.milliseconds(100))
        story.views = [(.detached, nil), (.detached, nil)]
        story.run(.seconds(20))
        #expect(story.holders == [0])
        #expect(!story.lines.contains { $0.contains("offered to l1") })
    }

    /// The same for a restart that becomes a move, since the daemon is told to end before all is stopped (seed 969889).
    @Test func whatARestartWroteLastIsLookedForBeforeTheOffer() {
        let story = pair(restartBudget: 1)
        story.outcomes["l0/drbddisk/stop"] = (.milliseconds(400), .succeeded)
        story.run(.milliseconds(200))
        let failure = HealthFailure(
            name: "own/web",
            incident: 1,
            action: .restart,
            text: "port 80 is closed"
        )
        story.services(0, fail: [failure])
        story.run(.milliseconds(100))
        story.views = [(.detached, nil), (.detached, nil)]
        story.shutDown(0)
        story.run(.seconds(20))
        #expect(!story.lines.contains { $0.contains("offered to l1") })
        #expect(story.phase(1) == .standby)
    }

    /// It was mounted while the copies were apart, and nobody looked meanwhile (seed 700004106).
    @Test func whatAFailedStartWroteAloneIsNotForgotten() {
        let story = pair()
        for index in 0...1 {
            story.nodes[index].settings.groups[0].resources.reverse()
            story.killDaemon(index)
            story.startDaemon(index)
        }
        story.run(.seconds(3))
        story.command(0, .standby(.all))
        story.run(.seconds(3))
        #expect(story.holders == [1])
        let failure = OperationFailure(exitCode: 1, output: "no")
        story.outcomes["l0/IPaddr2/start"] = (.milliseconds(10), .failed(failure))
        story.views[0].replication = .detached
        story.hasServiceNetwork = false
        story.crash(1)
        story.run(.seconds(20))
        #expect(story.phase(0) == .failed)
        #expect(story.nodes[0].record?.claims[0].data?.aloneSince != nil)
    }

    /// Its last second nobody has looked at: who ran it last has the newest data, until both are seen to have the same.
    @Test func whoRanItWhenBothLostPowerBegins() {
        let story = pair()
        story.crash(0)
        story.crash(1)
        story.views = [(.detached, nil), (.detached, nil)]
        story.nodes[0].settings.groups[0].preferred = .peer
        story.nodes[1].settings.groups[0].preferred = .own
        story.bootBoth(andRun: .seconds(30))
        #expect(story.holders == [0])
    }

    @Test func anOrderlyMoveWaitsForOneLook() {
        let story = pair()
        story.command(0, .standby(.all))
        story.run(.seconds(1))
        #expect(story.phase(1) == .active)
        #expect(story.replies.last?.2.outcome == .done)
    }

    @Test func ofTwoThatBootTheOneWithTheNewerDataBegins() {
        let story = pair(autoFailback: .on)
        part(story)
        // l0 has written alone; now l1 is the one that should run it, and both begin anew.
        story.crash(0)
        story.crash(1)
        story.nodes[0].settings.groups[0].preferred = .peer
        story.nodes[1].settings.groups[0].preferred = .own
        story.bootBoth(andRun: .seconds(30))
        #expect(story.holders == [0])
        story.views = [(.inSync, nil), (.inSync, nil)]
        story.run(.seconds(20))
        #expect(story.holders == [1])
    }

    @Test func ofTwoThatBothWroteAloneNeitherBegins() {
        let story = pair()
        part(story)
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(20))
        story.crash(1)
        story.hasServiceNetwork = true
        story.bootBoth(andRun: .seconds(30))
        #expect(story.holders.isEmpty)
        #expect(text(story, .takeoverHeld).contains { $0.contains("the two have parted") })
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(10))
        #expect(story.holders == [1])
    }

    @Test func aCopyThatCannotBeUsedIsNotStarted() {
        let story = pair()
        story.views[1].obstacle = DataObstacle(text: "r0 is Inconsistent here", isAge: false)
        story.run(.seconds(3))
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .standby)
        #expect(text(story, .takeoverHeld).contains { $0.contains("r0 is Inconsistent here") })
        story.views[1].obstacle = nil
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
    }

    @Test func timesOfDayAreWords() {
        #expect(utcText(0) == "1970-01-01 00:00:00 UTC")
        #expect(utcText(951_782_400) == "2000-02-29 00:00:00 UTC")
        #expect(utcText(1_795_298_003) == "2026-11-21 21:53:23 UTC")
        #expect(utcText(-1) == "1969-12-31 23:59:59 UTC")
        #expect(utcText(253_402_300_799) == "9999-12-31 23:59:59 UTC")
    }
}
