// Data that is kept by a log (S11): who lacks too much of it does not take, a switch loses nothing of it, and a takeover
// from the dead leaves a receipt.

import Testing

@testable import Failover

@Suite("Data kept by a log") struct LogTests {
    /// l0 serves and l1 streams from it; a standby may lack 100 bytes.
    private func pair(unproved: Bool = true) -> Story {
        let settings = [0, 1].map { own in
            var settings = Story.settings(own: own, unproved: unproved, replicates: true)
            settings.groups[0].resources[1].lagLimit = 100
            settings.groups[0].resources[1].isBarrier = false
            return settings
        }
        let story = Story(settings[0], settings[1])
        story.log = StoryLog()
        story.log?.copies[0].isPrimary = true
        story.log?.copies[1].runs = true
        story.looks()
        story.bootBoth(andRun: .seconds(10))
        return story
    }

    private func text(_ story: Story, _ code: NoticeCode) -> [String] {
        story.notices.filter { $0.1.code == code }.map(\.1.text)
    }

    private func status(_ story: Story, _ index: Int) -> DataStatus? {
        story.nodes[index].machine.status(at: story.now).groups[0].data
    }

    @Test func bothTellHowTheyStand() {
        let story = pair()
        #expect(story.phase(0) == .active)
        #expect(status(story, 0)?.text == "1 streaming, 0 bytes behind")
        #expect(
            status(story, 1)?.text == "streams from l1, 0 bytes behind"
                || status(story, 1)?.text == "streams from l0, 0 bytes behind"
        )
        #expect(status(story, 1)?.state == .inSync)
        #expect(status(story, 1)?.log?.location == "0/3E8")
    }

    @Test func aSwitchWaitsForTheLastByteAndTheOldOneFollows() {
        let story = pair()
        story.log?.write(500, on: 0)
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        let log = story.log
        #expect(log?.copies[1].timeline == 2)
        #expect(log?.copies[1].fork == 1501)
        #expect(log?.streams(0) == true)
        story.run(.seconds(5))
        #expect(status(story, 0)?.state == .inSync)
        #expect(status(story, 1)?.state == .inSync)
        #expect(text(story, .dataStale).isEmpty)
        #expect(text(story, .dataReceipt).isEmpty)
    }

    @Test func whoLacksAByteOfWhatWasHandedOverDeclines() {
        let story = pair()
        // The last bytes do not come over any more: the link breaks as the primary is stopped.
        story.command(0, .standby(.all))
        story.log?.isConnected = false
        story.log?.write(50, on: 0)
        story.run(.seconds(20))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        #expect(story.log?.copies[1].isPrimary == false)
    }

    @Test func whoLeavesWithMoreThanTheOtherHasLeavesAReceipt() throws {
        let story = pair()
        story.log?.connect(false)
        story.log?.write(50, on: 0)
        story.run(.seconds(2))
        story.shutDown(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .active)
        let receipt = try #require(text(story, .dataReceipt).last)
        #expect(receipt.contains("51 bytes are lost"), "\(receipt)")
    }

    @Test func theDeadNodesWordIsTheMeasure() throws {
        let story = pair()
        story.log?.write(700, on: 0)
        story.run(.seconds(3))
        // Cut, it goes on for a while, within what may be lost.
        story.log?.connect(false)
        story.log?.write(80, on: 0)
        story.run(.seconds(3))
        story.hasServiceNetwork = false
        story.log?.crash(0)
        story.crash(0)
        story.run(.seconds(15))
        #expect(story.phase(1) == .active)
        let receipt = try #require(text(story, .dataReceipt).last)
        #expect(receipt.contains("timeline 2 began at 0/6A4"))
        #expect(receipt.contains("l0 had said 0/6F4 last: 80 bytes may be lost"))
        // The old primary is back, tells where it ended, and follows.
        story.log?.write(300, on: 1)
        story.hasServiceNetwork = true
        story.log?.connect(true)
        story.boot(0)
        story.run(.seconds(20))
        #expect(story.holders == [1])
        #expect(text(story, .dataReceipt).last?.contains("80 bytes are lost") == true)
        #expect(story.log?.streams(0) == true)
        #expect(status(story, 0)?.state == .inSync)
        #expect(status(story, 1)?.log?.receipt?.contains("80 bytes are lost") == true)
    }

    @Test func aStandbyThatLacksTooMuchIsRefusedWithTheFigure() throws {
        let story = pair()
        story.log?.connect(false)
        story.log?.write(5000, on: 0)
        // One look alone is a spike.
        story.run(.milliseconds(1500))
        #expect(story.marked == [false, false])
        story.run(.seconds(6))
        #expect(story.marked == [false, true])
        story.hasServiceNetwork = false
        story.log?.crash(0)
        story.crash(0)
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
        #expect(text(story, .takeoverHeld).last?.contains("--accept-data-loss") == true)
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
        #expect(text(story, .dataReceipt).last?.contains("5000 bytes may be lost") == true)
    }

    @Test func aSpikeAtTheLastMomentIsMeasuredToo() {
        let story = pair()
        story.log?.connect(false)
        story.log?.write(5000, on: 0)
        story.run(.milliseconds(1200))
        story.hasServiceNetwork = false
        story.log?.crash(0)
        story.crash(0)
        story.run(.seconds(30))
        #expect(story.phase(1) == .standby)
        let held = text(story, .takeoverHeld).last ?? ""
        #expect(
            held.contains("5000 bytes more when it was heard last, and maxlag is 100 bytes"),
            "\(held)"
        )
    }

    @Test func whoWasNotToldHowFarThePeerWroteWaits() {
        let story = pair()
        story.log?.crash(0)
        story.crash(0)
        story.crash(1)
        story.log?.crash(1)
        story.hasServiceNetwork = false
        story.boot(1)
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(60))
        #expect(story.phase(1) == .standby)
        #expect(text(story, .takeoverHeld).last?.contains("has not said how far it wrote") == true)
    }

    @Test func theNewerCopyOfTwoThatBootIsTheOneThatServes() {
        let story = pair()
        // l1 has served on, and l0 has been away since.
        story.log?.crash(0)
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(15))
        #expect(story.phase(1) == .active)
        story.log?.write(5, on: 1)
        story.run(.seconds(5))
        story.log?.crash(1)
        story.crash(1)
        story.hasServiceNetwork = true
        // The preferred node has the old copy.
        story.bootBoth(andRun: .seconds(40))
        #expect(story.holders == [1])
        #expect(story.phase(1) == .active)
        #expect(story.log?.streams(0) == true)
    }
}
