// Moves on health grounds, hold-downs, budgets, freezes and clears: what a failed service does to a group, and
// what administrators keep it from doing. Each test is named by what it keeps.

import Failover
import Testing

private let group = GroupName("192.168.1.100")

private func failed(
    _ action: HealthAction = .standby,
    incident: UInt64 = 1,
    name: String = "own/web"
) -> HealthFailure {
    HealthFailure(name: name, incident: incident, action: action, text: "port 80 is closed")
}

/// A pair that has lived for a while, its group on l0.
private func pair(
    autoFailback: AutoFailback = .off,
    restartBudget: Int = 0,
    moveBudget: Int = 3,
    andRun time: Duration = .seconds(10)
) -> Story {
    let settings = (0..<2).map { own in
        var settings = Story.settings(own: own, autoFailback: autoFailback)
        settings.restartBudget = restartBudget
        settings.moveBudget = moveBudget
        return settings
    }
    let story = Story(settings[0], settings[1])
    story.bootBoth(andRun: time)
    #expect(story.phase(0) == .active)
    return story
}

extension Story {
    fileprivate func status(_ index: Int) -> GroupStatus {
        nodes[index].machine.status(at: now).groups[0]
    }

    fileprivate func pages(_ code: NoticeCode) -> Int {
        notices.count { $0.1.code == code && $0.1.severity == .page }
    }

    fileprivate var active: [Int] {
        nodes.indices.filter { nodes[$0].isRunning && phase($0) == .active }
    }

    /// A service fails where the group runs, for as long as it stays there.
    fileprivate func failWhereActive(incident: UInt64) {
        for index in active { services(index, fail: [failed(incident: incident)]) }
    }

    fileprivate func lastReply() -> CommandReply? { replies.last?.2 }
}

@Suite("Moves on health grounds") struct HealthTests {
    @Test func `A failed service moves the group to a fit peer, and its node is held down`() {
        let story = pair()
        story.services(0, fail: [failed()])
        story.run(.seconds(3))
        #expect(story.active == [1])
        #expect(story.status(0).heldDownMilliseconds != nil)
        #expect(!story.status(0).fit)
        story.services(0, fail: [])
        story.run(.seconds(300))
        #expect(story.status(0).fit, "the hold-down ends after five minutes")
        #expect(story.status(0).heldDownMilliseconds == nil)
    }

    @Test
    func
        `Nothing moves before the peer has been fit for fit_settle, and then it does, with nothing else happening`()
    {
        let story = pair()
        story.killDaemon(1)
        story.run(.milliseconds(300))
        story.startDaemon(1)
        story.run(.milliseconds(300))
        story.services(0, fail: [failed()])
        story.run(.milliseconds(900))
        #expect(story.active == [0])
        #expect(story.pages(.healthHeld) == 0)
        story.run(.milliseconds(2500))
        #expect(story.active == [1])
    }

    @Test
    func
        `A service that only notifies moves nothing until its alert asks, and then the wish stands until the peer is fit`()
    {
        let story = pair()
        story.services(0, fail: [failed(.notify)])
        story.run(.seconds(20))
        #expect(story.active == [0])
        #expect(story.status(0).failures == ["own/web: port 80 is closed"])
        story.crash(1)
        story.run(.seconds(10))
        story.command(0, .standbyForHealth(.all, cause: "own/web"))
        #expect(story.lastReply()?.outcome == .refused)
        #expect(story.pages(.healthHeld) == 1)
        #expect(story.status(0).whyNotMoved != nil)
        // The alert asks again at each failing run; nobody is woken for it again.
        for _ in 0..<5 {
            story.run(.seconds(1))
            story.command(0, .standbyForHealth(.all, cause: "own/web"))
        }
        #expect(story.pages(.healthHeld) == 1)
        story.boot(1)
        story.run(.seconds(10))
        #expect(story.active == [1])
    }

    @Test
    func
        `A silent peer means no move, one page, the reason in the status, and a move when it is back`()
    {
        let story = pair()
        story.crash(1)
        story.run(.seconds(10))
        story.services(0, fail: [failed()])
        story.run(.seconds(60))
        #expect(story.active == [0])
        #expect(story.pages(.healthHeld) == 1)
        #expect(story.status(0).whyNotMoved?.contains("l1") == true)
        story.boot(1)
        story.run(.seconds(10))
        #expect(story.active == [1])
    }

    @Test func `A service that recovers before the peer is back moves nothing`() {
        let story = pair()
        story.crash(1)
        story.run(.seconds(10))
        story.services(0, fail: [failed()])
        story.run(.seconds(5))
        story.services(0, fail: [])
        #expect(story.status(0).whyNotMoved == nil)
        story.boot(1)
        story.run(.seconds(30))
        #expect(story.active == [0])
    }

    @Test func `A group that comes back is not given up again for the same incident`() {
        let story = pair()
        story.outcomes["l1/drbddisk/start"] = (
            .milliseconds(20), .failed(OperationFailure(exitCode: 1, output: "no"))
        )
        story.services(0, fail: [failed()])
        story.run(.seconds(20))
        #expect(story.active == [0])
        #expect(story.pages(.healthHeld) == 1)
        story.services(0, fail: [])
        story.services(0, fail: [failed(incident: 2)])
        story.run(.seconds(20))
        #expect(story.active == [0])
        #expect(story.notices.count { $0.1.code == .healthMove } == 1, "l1 is not fit any more")
        #expect(story.pages(.healthHeld) == 2)
    }

    @Test func `Two broken nodes play no ping-pong: move_budget moves, then frozen, and one page`()
    {
        let story = pair()
        for incident in 1...8 {
            story.failWhereActive(incident: UInt64(incident))
            story.run(.seconds(310))
            for index in [0, 1] where !story.active.contains(index) {
                story.services(index, fail: [])
            }
        }
        #expect(story.notices.count { $0.1.code == .healthMove } == 3)
        #expect(story.pages(.budgetUsed) == 1)
        #expect(story.active.count == 1)
        for index in [0, 1] { #expect(story.status(index).frozen?.by == "move_budget") }
        // A death is no move on health grounds.
        let owner = story.active[0]
        story.crash(owner)
        story.run(.seconds(10))
        #expect(story.active == [1 - owner])
    }

    @Test(arguments: [false, true])
    func `The budget outlives daemons and machines`(_ boots: Bool) {
        let story = pair()
        story.services(0, fail: [failed()])
        story.run(.seconds(310))
        story.services(1, fail: [failed()])
        story.run(.seconds(310))
        #expect(story.active == [0])
        if boots {
            story.crash(1)
            story.boot(1)
        } else {
            story.killDaemon(0)
            story.run(.milliseconds(100))
            story.startDaemon(0)
        }
        story.run(.seconds(10))
        story.services(0, fail: [failed(incident: 3)])
        story.run(.seconds(310))
        #expect(story.active == [1], "the third move")
        story.services(1, fail: [failed(incident: 4)])
        story.run(.seconds(310))
        #expect(story.active == [1])
        #expect(story.pages(.budgetUsed) == 1)
        story.run(.seconds(3600))
        #expect(story.active == [0], "an hour later there is one again")
    }

    @Test(arguments: [0, 1])
    func `clear on either node lifts the hold-down and refills the budget on both`(_ typedOn: Int) {
        let story = pair(moveBudget: 1)
        story.services(0, fail: [failed()])
        story.run(.seconds(3))
        #expect(story.active == [1])
        #expect(story.status(1).frozen?.by == "move_budget")
        story.services(0, fail: [])
        story.command(typedOn, .clear(.all))
        story.run(.seconds(1))
        #expect(story.lastReply()?.outcome == .done)
        for index in [0, 1] { #expect(story.status(index).frozen == nil) }
        #expect(story.status(0).fit)
        story.run(.seconds(3))
        story.services(1, fail: [failed(incident: 2)])
        story.run(.seconds(3))
        #expect(story.active == [0])
    }

    @Test func `A clear before the first move leaves no move uncounted`() {
        let story = pair(moveBudget: 1)
        story.command(0, .clear(.all))
        story.run(.seconds(1))
        story.services(0, fail: [failed()])
        story.run(.seconds(3))
        #expect(story.active == [1])
        #expect(story.status(1).frozen?.by == "move_budget")
        #expect(story.status(0).heldDownMilliseconds != nil)
    }

    @Test func `auto_failback waits for clear after a move on health grounds, however long`() {
        let story = pair(autoFailback: .on)
        story.services(0, fail: [failed()])
        story.run(.seconds(3))
        story.services(0, fail: [])
        story.killDaemon(0)
        story.run(.milliseconds(100))
        story.startDaemon(0)
        story.run(.seconds(8000))
        #expect(story.active == [1])
        story.command(1, .clear(.all))
        story.run(.seconds(10))
        #expect(story.active == [0])
    }

    @Test
    func `A held-down node takes when the other dies, or leaves, or an administrator says so`() {
        for way in 0..<3 {
            let story = pair()
            story.services(0, fail: [failed()])
            story.run(.seconds(3))
            story.services(0, fail: [])
            #expect(story.active == [1])
            switch way {
            case 0: story.crash(1)
            case 1: story.shutDown(1)
            default: story.command(0, .takeover(.all))
            }
            story.run(.seconds(10))
            #expect(story.active == [0], "way \(way)")
        }
    }

    @Test func `standby towards a held-down node is refused, and says what to type`() {
        let story = pair()
        story.services(0, fail: [failed()])
        story.run(.seconds(3))
        story.command(1, .standby(.all))
        #expect(story.lastReply()?.outcome == .refused)
        #expect(story.lastReply()?.text.contains("baton clear") == true)
    }

    @Test func `A held-down node that boots with a peer that cannot start serves`() {
        let story = pair()
        story.services(0, fail: [failed()])
        story.run(.seconds(3))
        story.outcomes["l1/drbddisk/start"] = (
            .milliseconds(20), .failed(OperationFailure(exitCode: 1, output: "no"))
        )
        story.crash(1)
        story.crash(0)
        story.bootBoth(andRun: .seconds(20))
        #expect(story.active == [0])
    }

    @Test func `A restart stays within its budget and its claim, and then the group moves`() {
        let story = pair(restartBudget: 1)
        let epoch = story.status(0).epoch
        story.services(0, fail: [failed(.restart)])
        // The monitors are stopped first, and begin anew with the group.
        story.services(0, fail: [])
        story.run(.seconds(3))
        #expect(story.active == [0])
        #expect(story.status(0).epoch == epoch)
        #expect(story.notices.count { $0.1.code == .restarted } == 1)
        story.services(0, fail: [failed(.restart, incident: 2)])
        story.run(.seconds(5))
        #expect(story.active == [1])
        #expect(story.notices.count { $0.1.code == .restarted } == 1)
    }

    @Test func `A restart during which the daemon is told to end hands over`() {
        let story = pair(restartBudget: 1)
        story.outcomes["l0/drbddisk/stop"] = (.seconds(1), .succeeded)
        story.services(0, fail: [failed(.restart)])
        story.run(.milliseconds(100))
        story.shutDown(0)
        story.run(.seconds(10))
        #expect(story.active == [1])
    }

    @Test func `A restart that fails to start gives the group to the peer`() {
        let story = pair(restartBudget: 1)
        story.outcomes["l0/drbddisk/start"] = (
            .milliseconds(20), .failed(OperationFailure(exitCode: 1, output: "no"))
        )
        story.services(0, fail: [failed(.restart)])
        story.run(.seconds(10))
        #expect(story.active == [1])
    }

    @Test func `An alert's standby is answered once each, and moves once`() {
        let story = pair()
        story.services(0, fail: [failed(.notify)])
        story.command(0, .standbyForHealth(.all, cause: "own/web"))
        story.command(0, .standbyForHealth(.all, cause: "own/web"))
        story.run(.seconds(3))
        story.command(0, .standbyForHealth(.all, cause: "own/web"))
        story.command(0, .standbyForHealth(.group(GroupName("no")), cause: "own/web"))
        #expect(story.active == [1])
        #expect(story.replies.count == 4)
        #expect(Set(story.replies.map(\.1)).count == 4)
        #expect(story.replies.map(\.2.outcome).filter { $0 == .done }.count == 3)
        #expect(story.notices.count { $0.1.code == .healthMove } == 1)
    }
}

@Suite("Freezes") struct FreezeTests {
    private func freeze(_ story: Story, _ index: Int, _ duration: Duration? = nil) {
        story.command(index, .freeze(.all, duration: duration, by: "anna", reason: "new disks"))
        story.run(.seconds(1))
        #expect(story.lastReply()?.outcome == .done)
    }

    @Test(arguments: [0, 1])
    func `A frozen group is not taken over after a death; one page; thaw on the other takes it`(
        _ typedOn: Int
    ) {
        let story = pair()
        freeze(story, typedOn)
        #expect(story.status(typedOn).frozen?.by == "anna")
        #expect(story.status(1 - typedOn).frozen != nil)
        story.crash(0)
        story.run(.seconds(60))
        #expect(story.active == [])
        #expect(story.pages(.takeoverHeld) == 1)
        let status = story.nodes[1].machine.status(at: story.now)
        #expect(status.nextStep == "baton thaw 192.168.1.100")
        #expect(story.status(1).frozen != nil)
        story.command(1, .thaw(.all))
        story.run(.seconds(5))
        #expect(story.active == [1])
    }

    @Test func `Commands move a frozen group: standby, takeover, and takeover after a death`() {
        let story = pair()
        freeze(story, 0)
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.active == [1])
        story.command(0, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.active == [0])
        story.crash(0)
        story.run(.seconds(10))
        #expect(story.active == [])
        story.command(1, .takeover(.all))
        story.run(.seconds(5))
        #expect(story.active == [1])
    }

    @Test func `confirm-down takes a frozen group`() {
        let story = pair()
        freeze(story, 0)
        story.crash(0)
        story.run(.seconds(10))
        story.command(1, .confirmDown(NodeName("l0")))
        story.run(.seconds(5))
        #expect(story.active == [1])
    }

    @Test
    func
        `A frozen group is neither failed back, nor moved by a service, nor started after both boot`()
    {
        let story = pair(autoFailback: .on)
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        freeze(story, 0)
        story.killDaemon(0)
        story.run(.milliseconds(100))
        story.startDaemon(0)
        story.run(.seconds(30))
        #expect(story.active == [1])
        story.services(1, fail: [failed()])
        story.run(.seconds(30))
        #expect(story.active == [1])
        #expect(story.pages(.healthHeld) == 1)
        story.crash(0)
        story.crash(1)
        story.bootBoth(andRun: .seconds(60))
        #expect(story.active == [])
        story.command(0, .thaw(.all))
        story.run(.seconds(10))
        #expect(story.active == [0])
    }

    @Test func `A freeze ends by itself, and what it held is done then`() {
        let story = pair()
        freeze(story, 0, .seconds(60))
        story.services(0, fail: [failed()])
        story.run(.seconds(50))
        #expect(story.active == [0])
        story.run(.seconds(20))
        #expect(story.active == [1])
        for index in [0, 1] { #expect(story.status(index).frozen == nil) }
    }

    @Test
    func
        `A freeze that was given while the peer was away is heeded when it is back; the later word counts`()
    {
        let story = pair()
        story.cut = [0]
        story.run(.milliseconds(500))
        story.command(0, .freeze(.all, duration: nil, by: "anna", reason: ""))
        story.run(.milliseconds(300))
        story.cut = []
        story.run(.seconds(5))
        #expect(story.status(1).frozen != nil)
        story.command(1, .thaw(.all))
        story.run(.seconds(5))
        for index in [0, 1] { #expect(story.status(index).frozen == nil) }
        // Both at one moment: the freeze counts.
        story.command(0, .freeze(.all, duration: nil, by: "anna", reason: ""))
        story.run(.seconds(1))
        story.cut = [0]
        story.command(0, .thaw(.all))
        story.command(1, .thaw(.all))
        story.command(1, .freeze(.all, duration: nil, by: "berta", reason: ""))
        story.cut = []
        story.run(.seconds(5))
        for index in [0, 1] { #expect(story.status(index).frozen != nil, "node \(index)") }
    }

    @Test(arguments: [false, true])
    func `A freeze outlives daemons and machines, with the time that was left`(_ boots: Bool) {
        let story = pair()
        freeze(story, 0, .seconds(100))
        story.run(.seconds(9))
        if boots {
            story.crash(0)
            story.crash(1)
            story.run(.seconds(30))
            story.bootBoth(andRun: .seconds(5))
            #expect(story.active == [])
        } else {
            for index in [0, 1] {
                story.killDaemon(index)
                story.run(.milliseconds(100))
                story.startDaemon(index)
            }
            story.run(.seconds(5))
            #expect(story.active == [0])
        }
        for index in [0, 1] { #expect(story.status(index).frozen != nil) }
        story.run(.seconds(100))
        for index in [0, 1] { #expect(story.status(index).frozen == nil) }
        #expect(story.active == [0])
    }

    @Test func `SIGTERM hands a frozen group over`() {
        let story = pair()
        freeze(story, 0)
        story.shutDown(0)
        story.run(.seconds(5))
        #expect(story.active == [1])
    }

    @Test
    func `Each word has one reply, also when the disk or the peer is slow, or the daemon ends`() {
        let story = pair()
        story.diskTime[0] = .seconds(30)
        story.command(0, .freeze(.all, duration: nil, by: "anna", reason: ""))
        story.run(.seconds(10))
        #expect(story.replies.map(\.2.outcome) == [.timedOut])
        story.command(0, .clear(.all))
        story.shutDown(0)
        story.run(.seconds(60))
        #expect(story.replies.count == 2)
        story.command(1, .thaw(.group(GroupName("no"))))
        #expect(story.lastReply()?.outcome == .refused)
    }
}
