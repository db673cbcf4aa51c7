// The parts of the world: its dice, its queue, its clocks; and that each rule can be broken at all.

import Failover
import Testing

@testable import Simulation

@Suite struct WorldTests {
    @Test func splitMixGivesItsPublishedNumbers() {
        // Reference: the authors' C code with seed 1234567.
        var mixer = SplitMix(state: 1_234_567)
        #expect(mixer.next() == 6_457_827_717_110_365_317)
        #expect(mixer.next() == 3_203_168_211_198_807_973)
    }

    @Test func diceStayWithinTheirBounds() {
        var dice = Dice(seed: 1)
        var seen = Set<Int>()
        for _ in 0..<200 { seen.insert(dice.below(6)) }
        #expect(seen == Set(0..<6))
        let between = (0..<100).map { _ in dice.between(3, 5) }
        #expect(Set(between) == [3, 4, 5])
        let single = dice.between(7, 7)
        #expect(single == 7)
        let chances = [dice.perMille(0), dice.perMille(1000)]
        #expect(chances == [false, true])
    }

    @Test func theQueueGivesTheEarliestFirstAndEqualTimesInOrder() {
        var queue = EventQueue()
        var dice = Dice(seed: 2)
        let times = (0..<500).map { _ in dice.between(0, 50) }
        for (index, time) in times.enumerated() { queue.plan(.deedBegins(index), at: time) }
        var order: [Int] = []
        while let what = queue.take() {
            if case .deedBegins(let index) = what { order.append(index) }
        }
        #expect(order == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
        #expect(queue.nextTime == Int64.max)
    }

    @Test(arguments: [-200, 0, 137] as [Int64])
    func aClockThatDriftsIsReadBackExactly(drift: Int64) {
        var scenery = Story(seed: 1, topology: .two).scenery
        scenery.clockDrift = [drift, 0]
        let machine = Machine(index: 0, scenery: scenery)
        machine.clockOrigin = 17
        for time: Int64 in [17, 1_000_017, 999_999_999, 3600 * second] {
            let shown = machine.clock(at: time)
            let back = machine.worldTime(of: shown)
            #expect(machine.clock(at: back) >= shown)
            #expect(abs(back - time) <= 2)
        }
    }

    /// A world of one group in which both daemons have just started.
    private func world(_ kind: GroupKind = .storage) -> World {
        var story = Story(seed: 1, topology: .two)
        story.scenery.groups = [GroupPlan(kind: kind, preferred: 0)]
        story.deeds = []
        let world = World(story, codec: .wire, writesTranscript: false)
        for machine in world.machines { world.bootMachine(machine) }
        return world
    }

    private func operation(_ action: OperationAction, _ resource: Int) -> Operation {
        Operation(
            id: OperationID(900),
            groupIndex: 0,
            resourceIndex: resource,
            action: action,
            timeout: .seconds(3)
        )
    }

    private func markProbed(_ machine: Machine) {
        for index in machine.resources[0].indices {
            machine.resources[0][index].isProbed = true
            machine.resources[0][index].isBusy = false
        }
    }

    private func markRunning(_ machine: Machine) {
        markProbed(machine)
        for index in machine.resources[0].indices {
            machine.resources[0][index].truth = .running
            machine.setMayRun(true, group: 0, resource: index)
        }
    }

    @Test func aStartBeforeTheProbesBreaksS14() {
        let world = world()
        world.machines[0].resources[0][0].isBusy = false
        world.carryOut(.runOperation(operation(.start, 0)), on: world.machines[0])
        #expect(world.violation?.rule == "S14")
    }

    @Test func aStartOutOfOrderBreaksS3() {
        let world = world()
        markProbed(world.machines[0])
        world.machines[0].contactAt = world.now
        world.carryOut(.runOperation(operation(.start, 1)), on: world.machines[0])
        #expect(world.violation?.rule == "S3")
    }

    @Test func aStopOutOfOrderBreaksS3() {
        let world = world()
        markRunning(world.machines[0])
        world.carryOut(.runOperation(operation(.stop, 0)), on: world.machines[0])
        #expect(world.violation?.rule == "S3")
    }

    @Test func aStartOverAnUnconfirmedStopBreaksS4() {
        let world = world()
        markProbed(world.machines[0])
        world.machines[0].resources[0][0].isStopUnconfirmed = true
        world.machines[0].contactAt = world.now
        world.carryOut(.runOperation(operation(.start, 0)), on: world.machines[0])
        #expect(world.violation?.rule == "S4")
    }

    @Test func twoWritersWithANetworkUpBreakS1() {
        let world = world()
        world.now = 100 * second
        markRunning(world.machines[1])
        markProbed(world.machines[0])
        world.carryOut(.runOperation(operation(.start, 0)), on: world.machines[0])
        #expect(world.violation?.rule == "S1")
        #expect(world.exceptions.allSatisfy { $0 == 0 })
    }

    @Test func oneAddressOnTwoNodesBreaksS1() {
        let world = world(.address)
        world.now = 100 * second
        markRunning(world.machines[1])
        markProbed(world.machines[0])
        world.carryOut(.runOperation(operation(.start, 0)), on: world.machines[0])
        #expect(world.violation?.rule == "S1")
    }

    @Test func aStopOfWhatRunsWellIsANeedlessMove() {
        let world = world()
        world.now = 100 * second
        world.machines[0].lateAt = 0
        markRunning(world.machines[0])
        world.machines[0].groups[0].wasFoundHalf = false
        world.carryOut(.runOperation(operation(.stop, 2)), on: world.machines[0])
        // With auto_failback a group away from home may move; here it is at home.
        #expect(world.violation?.rule == "needless move")
    }

    /// A world in which machine 0 slept for 20 s while machine 1 took its group.
    private func overslept() -> World {
        let world = world()
        markRunning(world.machines[0])
        world.machines[0].groups[0].acquiredAt = 10 * second
        markRunning(world.machines[1])
        world.machines[1].groups[0].acquiredAt = 30 * second
        world.now = 40 * second
        world.noteSleep(of: world.machines[0], since: 20 * second)
        return world
    }

    @Test func aStopForAPeerThatSleptBreaksS8() {
        let world = overslept()
        world.carryOut(.runOperation(operation(.stop, 2)), on: world.machines[1])
        #expect(world.violation?.rule == "S8")
    }

    @Test func aStopByWhoSleptBreaksNothing() {
        let world = overslept()
        world.carryOut(.runOperation(operation(.stop, 2)), on: world.machines[0])
        #expect(world.violation == nil)
    }

    @Test func aStartByWhoSleptBreaksS8() {
        let world = overslept()
        world.machines[0].resources[0][2].truth = .stopped
        world.carryOut(.runOperation(operation(.start, 2)), on: world.machines[0])
        #expect(world.violation?.rule == "S8")
    }

    @Test func aBeatThatCallsARunningGroupStoppedBreaksS3() {
        let world = world()
        markRunning(world.machines[0])
        var report = GroupReport(group: world.machines[0].settings.groups[0].name.identity)
        report.phase = .standby
        world.machines[0].reports = [report]
        world.checkBeatTellsTheTruth(world.machines[0])
        #expect(world.violation?.rule == "S3")
    }

    @Test func anOfferOfWhatMayRunBreaksS4() {
        let world = world()
        markRunning(world.machines[0])
        var report = GroupReport(group: world.machines[0].settings.groups[0].name.identity)
        report.phase = .offered
        report.offer = 2
        world.machines[0].reports = [report]
        world.checkBeatTellsTheTruth(world.machines[0])
        #expect(world.violation?.rule == "S4")
    }

    @Test func aSecondReplyBreaksL2() {
        let world = world()
        world.machines[0].commands = [OpenCommand(id: 4, command: .failback, at: 0)]
        let reply = CommandReply(outcome: .refused, text: "no")
        world.checkReply(4, reply, world.machines[0])
        #expect(world.violation == nil)
        world.checkReply(4, reply, world.machines[0])
        #expect(world.violation?.rule == "L2")
    }

    @Test func aDoneThatIsNotSoBreaksL2() {
        let world = world()
        markRunning(world.machines[0])
        world.lastCommandAt = 0
        world.commandBeforeAt = Int64.min / 2
        world.machines[0].commands = [OpenCommand(id: 4, command: .standby(.all), held: [0], at: 0)]
        world.checkReply(4, CommandReply(outcome: .done, text: "done"), world.machines[0])
        #expect(world.violation?.rule == "L2")
    }

    @Test func aBeatThatLeavesLateBreaksL3() {
        let world = world()
        let machine = world.machines[0]
        world.now = machine.sentAt + machine.settings.timings.keepalive.nanoseconds * 2
        world.checkBeatIsInTime(machine)
        #expect(world.violation?.rule == "L3")
    }

    @Test func aResetWithoutAFailedStopBreaksS4() {
        let world = world()
        world.checkReset(world.machines[0])
        #expect(world.violation?.rule == "S4")
    }

    @Test func aStaleDatagramThatIsAppliedBreaksS6() {
        let world = world()
        world.machines[0].appliedRun = 1
        world.machines[0].appliedSequence = 9
        let stale = Packet(
            bytes: [],
            sender: 1,
            run: 1,
            sequence: 9,
            sentAt: 5 * second,
            link: 0,
            network: 0,
            forgery: nil
        )
        world.checkAccepted(stale, on: world.machines[0])
        #expect(world.violation?.rule == "S6")
    }
}
