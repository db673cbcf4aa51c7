// Who lacks what a group needs is not given it while somebody else runs it, and returns to it only when that has been
// there for a while (design section 4, "Fit"; S7).

import Testing

@testable import Failover

@Suite("Readiness and failback") struct ReadinessTests {
    private func pair(_ autoFailback: AutoFailback = .off, settle: Duration? = nil) -> Story {
        let settings = [0, 1].map {
            Story.settings(own: $0, autoFailback: autoFailback, failbackSettle: settle)
        }
        let story = Story(settings[0], settings[1])
        story.bootBoth(andRun: .seconds(10))
        #expect(story.holders == [0])
        return story
    }

    private func status(_ story: Story, _ index: Int) -> GroupStatus {
        story.nodes[index].machine.status(at: story.now).groups[0]
    }

    @Test func `A group is not given to a node that lacks something, and is when it is there`() {
        let story = pair()
        story.readiness(1, missing: "/dev/vdb is no block device here")
        story.run(.seconds(3))
        #expect(!status(story, 1).fit)
        #expect(status(story, 1).unfitReason == "/dev/vdb is no block device here")
        #expect(status(story, 0).peerUnfitReason == "what a resource needs is missing there")
        story.command(0, .standby(.all))
        story.run(.seconds(3))
        #expect(story.replies.last?.2.outcome == .refused)
        #expect(story.replies.last?.2.text.contains("what a resource needs is missing") == true)
        #expect(story.holders == [0])
        story.readiness(1, missing: nil)
        story.run(.seconds(3))
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.holders == [1])
        let told = story.notices.filter { $0.1.code == .notPrepared }.map(\.1.severity)
        #expect(told == [.warning, .info])
    }

    @Test func `Whoever runs it is not asked, and nothing moves for it`() {
        let story = pair()
        story.readiness(0, missing: "no program mount on the path")
        story.run(.seconds(10))
        #expect(story.holders == [0])
        #expect(status(story, 0).fit)
    }

    @Test func `When nobody else can, it is tried`() {
        let story = pair()
        story.readiness(1, missing: "no program mount on the path")
        story.run(.seconds(3))
        story.hasServiceNetwork = false
        story.crash(0)
        story.run(.seconds(10))
        #expect(story.phase(1) == .active)
    }

    @Test func `A group goes home when home has been fit for failback_settle, and not before`() {
        let story = pair(.on, settle: .seconds(20))
        story.crash(0)
        story.run(.seconds(70))
        #expect(story.phase(1) == .active)
        story.boot(0)
        story.run(.seconds(10))
        #expect(story.holders == [1])
        let why = "it returns when l0 has been fit for failback_settle"
        #expect(status(story, 1).whyNotMoved == why)
        // Something is missing for a moment: it counts anew.
        story.readiness(0, missing: "a disk is missing")
        story.run(.seconds(2))
        #expect(
            status(story, 1).whyNotMoved
                == "l0 is not fit (what a resource needs is missing there)"
        )
        story.readiness(0, missing: nil)
        story.run(.seconds(15))
        #expect(story.holders == [1])
        story.run(.seconds(15))
        #expect(story.holders == [0])
        #expect(status(story, 0).whyNotMoved == nil)
    }
}
