// What DRBD's `fence-peer` is answered (S11): the other copy is marked as old before a node goes on without it, and never
// are both nodes fenced out, whoever asks whom and when.

import Testing

@testable import Failover

@Suite("Fencing of a copy") struct FencingTests {
    /// l0 runs the group, both copies are in step.
    private func pair(beside: Bool = true) -> Story {
        let settings = [0, 1].map { own in
            Story.settings(own: own, replicates: true, isOneNetwork: !beside)
        }
        let story = Story(settings[0], settings[1])
        story.looks()
        story.bootBoth(andRun: .seconds(5))
        return story
    }

    private func verdicts(_ story: Story) -> [FenceVerdict] { story.fenced.map(\.reply.verdict) }

    private func data(_ story: Story, _ index: Int) -> DataStatus? {
        story.nodes[index].machine.status(at: story.now).groups[0].data
    }

    @Test func theCopyThatIsLeftBehindIsMarkedBeforeTheOtherGoesOn() {
        let story = pair()
        story.say(
            "The replication is cut while beats go on; DRBD notices it before the daemons look."
        )
        story.fence(0)
        story.run(.milliseconds(100))
        #expect(verdicts(story) == [.outdated])
        #expect(story.marked == [false, true])
        #expect(story.nodes[1].record?.claims[0].data?.staleSince != nil)
        story.say("Both nodes' last looks are older than the cut: they end no mark.")
        story.run(.seconds(2))
        #expect(data(story, 1)?.state == .stale)
        story.views = [(.detached, nil), (.detached, nil)]
        story.run(.seconds(2))
        story.say("l0 loses power, and l1 does not take with the old copy.")
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .standby)
        compare(story, "outdated-by-drbd")
    }

    @Test func theMarkEndsWithTheResynchronisation() {
        let story = pair()
        story.fence(0)
        story.run(.seconds(1))
        // It was a moment only: they are connected again, and nothing ever said otherwise.
        story.copies[1] = .usable
        story.run(.seconds(4))
        #expect(data(story, 1)?.state == .stale)
        story.run(.seconds(3))
        #expect(data(story, 1)?.state == .inSync)
        #expect(story.marked == [false, false])
    }

    @Test func onlyAnOutdatedDiskIsCalledSo() {
        let story = pair()
        story.obeysMarks[1] = false
        story.fence(0)
        story.run(.milliseconds(100))
        #expect(verdicts(story) == [.pending])
        #expect(story.fenced.last?.reply.text.contains("has not noticed yet") == true)
        story.obeysMarks[1] = true
        story.fence(0)
        story.run(.milliseconds(100))
        #expect(verdicts(story) == [.pending, .outdated])
        story.copies[1] = .inconsistent
        story.obeysMarks[1] = false
        story.fence(0)
        story.run(.milliseconds(100))
        #expect(verdicts(story).last == .inconsistent)
    }

    @Test func theRecordComesFirst() {
        let story = pair()
        story.diskTime[1] = .seconds(3)
        story.fence(0)
        story.run(.seconds(2))
        #expect(verdicts(story) == [.pending])
        #expect(story.fenced.last?.reply.text.contains("the disk of l1 is slow") == true)
        story.run(.seconds(3))
        story.fence(0)
        story.run(.milliseconds(100))
        #expect(verdicts(story).last == .outdated)
    }

    /// The takeover after a death must not wait for anybody.
    @Test func aDeadPeerIsNotAsked() {
        let story = pair()
        story.hasServiceNetwork = false
        story.crash(0)
        story.outcomes["l1/drbddisk/start"] = (.seconds(1), .succeeded)
        while story.phase(1) != .starting { story.run(.milliseconds(100)) }
        story.run(.milliseconds(100))
        let asked = story.now
        story.fence(1)
        #expect(story.fenced.map(\.node) == [1])
        #expect(verdicts(story) == [.unreachable])
        #expect(story.fenced.last?.reply.text == "l0 is dead")
        #expect(story.now == asked)
        story.run(.seconds(3))
        #expect(story.phase(1) == .active)
    }

    @Test func aPeerThatLeftOrIsConfirmedDownIsNotAsked() {
        let story = pair()
        story.shutDown(1)
        story.run(.seconds(10))
        story.fence(0)
        #expect(story.fenced.last?.reply == FenceReply(.unreachable, "l1 has left"))
    }

    @Test func whoDoesNotAnswerIsNotThere() {
        let story = pair()
        story.hasPeerChannel = false
        story.fence(0)
        story.run(.milliseconds(1900))
        #expect(story.fenced.isEmpty)
        story.run(.milliseconds(200))
        // Its beats are heard: it is slow, and asked again.
        #expect(verdicts(story) == [.pending])
        #expect(story.marked == [false, false])
        // By its beats it says that it knows.
        story.views = [(.detached, nil), (.detached, nil)]
        story.run(.seconds(3))
        story.fence(0)
        story.run(.milliseconds(2100))
        #expect(story.fenced.last?.reply == FenceReply(.unreachable, "l1 does not answer"))
    }

    @Test func whoIsCutOffItselfGoesNowhere() {
        let story = pair()
        story.hasGateway = true
        story.run(.seconds(10))
        story.cut = [0]
        story.pull(0, losesCarrier: true)
        // Not before it has noticed, and it lets go by S12 soon after.
        while story.nodes[0].machine.status(at: story.now).peer.state != .silent {
            story.run(.milliseconds(50))
        }
        story.fence(0)
        #expect(story.fenced.last?.reply.verdict == .refused)
    }

    @Test func whoNeitherHoldsNorTakesItIsRefused() {
        let story = pair()
        story.fence(1)
        #expect(verdicts(story) == [.refused])
        #expect(story.fenced.last?.reply.text.contains("baton takeover 192.168.1.100") == true)
        #expect(story.marked == [false, false])
        story.killDaemon(0)
        story.outcomes["l0/drbddisk/status"] = (.seconds(1), .running)
        story.startDaemon(0)
        story.fence(0)
        #expect(verdicts(story) == [.refused, .pending])
    }

    // MARK: Who must not be outdated

    /// The only answer by which the asking DRBD outdates itself.
    @Test func aCopyInUseOutdatesWhoAsks() {
        let story = pair()
        // Somebody types `drbdadm primary` there; batond would have refused.
        story.ask(of: 0)
        #expect(story.fenced.last?.reply == FenceReply(.active, "l0 has it in use"))
        #expect(story.marked == [false, false])
    }

    @Test func twoThatTakeAtOnceDoNotOutdateEachOther() {
        let story = pair()
        // Between claim and promotion, by whatever led there.
        story.command(0, .standby(.all))
        story.outcomes["l1/drbddisk/start"] = (.seconds(2), .succeeded)
        while story.phase(1) != .starting { story.run(.milliseconds(20)) }
        story.run(.milliseconds(200))
        story.ask(of: 1)
        #expect(story.fenced.last?.reply.verdict == .refused)
        // The one that gave it is idle, and its copy may be left behind.
        story.ask(of: 0)
        story.run(.milliseconds(100))
        #expect(story.fenced.last?.reply.verdict == .outdated)
        #expect(story.marked == [true, false])
    }

    /// Both have; were they to outdate each other, nobody could go on.
    @Test func whoHasWrittenAloneIsNotOutdated() {
        let story = pair()
        story.views = [(.detached, nil), (.detached, nil)]
        story.run(.seconds(3))
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(20))
        story.command(1, .takeoverAcceptingLoss(.all))
        story.run(.seconds(20))
        story.crash(1)
        story.hasServiceNetwork = true
        story.bootBoth(andRun: .seconds(30))
        #expect(story.holders.isEmpty)
        for (node, other) in [("l0", "l1"), ("l1", "l0")] {
            story.ask(of: node == "l0" ? 0 : 1)
            #expect(story.fenced.last?.reply.verdict == .refused)
            let words = "\(other) has not got what was written on \(node) since"
            #expect(story.fenced.last?.reply.text.hasPrefix(words) == true)
        }
    }

    @Test func whatNobodyCanAskIsNotMarked() {
        let story = pair()
        story.tell(1, .dataObserved(group: 0, nil))
        story.ask(of: 1)
        #expect(story.fenced.last?.reply.verdict == .refused)
        // Nor what does not replicate, nor what is not there.
        for place in [(0, 0), (0, 7), (7, 0), (-1, -1)] {
            story.ask(of: 1, group: place.0, resource: place.1)
            #expect(story.fenced.last?.reply.verdict == .refused)
            story.tell(0, .fenceRequested(FenceID(900), group: place.0, resource: place.1))
        }
        #expect(story.marked == [false, false])
    }

    @Test func whatThePeerCannotKnowIsNoAnswer() {
        let story = pair()
        story.hasPeerChannel = false
        let id = story.fence(0)
        story.tell(0, .peerFenceAnswered(id, FenceReply(.unreachable, "I am not there")))
        #expect(verdicts(story) == [.refused])
        // What comes late, or twice, or unasked is nothing.
        story.tell(0, .peerFenceAnswered(id, FenceReply(.outdated, "again")))
        story.run(.seconds(3))
        #expect(verdicts(story) == [.refused])
    }

    @Test func questionsAreBounded() {
        let story = pair()
        story.hasPeerChannel = false
        for _ in 0..<FenceDesk.maximum { story.fence(0) }
        #expect(story.fenced.isEmpty)
        story.fence(0)
        #expect(verdicts(story) == [.pending])
        story.diskTime[1] = .seconds(10)
        for _ in 0..<FenceDesk.maximum { story.ask(of: 1) }
        story.ask(of: 1)
        #expect(verdicts(story) == [.pending, .pending])
        story.run(.seconds(3))
        #expect(story.fenced.count == 2 * FenceDesk.maximum + 2)
    }

    // MARK: A copy of which nobody knows

    /// With fencing, DRBD does not know after a boot without a connection whether its data is current.
    @Test func aCopyInDoubtIsTakenWhereThePeerCanTell() {
        let doubt = DataObstacle(text: "nobody knows", isAge: true, isDoubt: true)
        let story = pair()
        for index in 0...1 { story.crash(index) }
        story.views = [(.unknown, doubt), (.unknown, doubt)]
        story.bootBoth(andRun: .seconds(10))
        #expect(story.holders.count == 1)
        let alone = pair()
        for index in 0...1 { alone.crash(index) }
        alone.views = [(.unknown, doubt), (.unknown, doubt)]
        alone.boot(0)
        alone.run(.seconds(30))
        #expect(alone.holders == [])
        alone.command(0, .confirmDown(NodeName("l1")))
        alone.run(.seconds(5))
        #expect(alone.holders == [])
        let told = data(alone, 0)
        #expect(told?.nextStep?.contains("bring l1 back, it can tell") == true)
        alone.command(0, .takeoverAcceptingLoss(.all))
        alone.run(.seconds(20))
        #expect(alone.holders == [0], "\(alone.transcript.suffix(3000))")
    }
}
