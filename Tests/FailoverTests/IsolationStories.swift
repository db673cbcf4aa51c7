// Stories of what is known of a silent peer besides silence: learnt paths, own networks, early verdicts, jeopardy,
// what a boot allows. Their transcripts are compared by `StoryTests`.

import Failover
import Testing

/// A pair on two networks that finds its second path by itself, with a gateway on the service LAN.
private func learning(
    deadtime: Duration = .seconds(3),
    storage: Bool = false,
    script: Bool = false,
    isBarrier: Bool = false,
    isOneNetwork: Bool = false,
    evidence: (inout EvidenceSettings) -> Void = { _ in }
) -> Story {
    let settings = [0, 1].map { own in
        var settings = Story.settings(
            own: own,
            deadtime: deadtime,
            storage: storage || script || isBarrier,
            script: script,
            learns: true,
            isOneNetwork: isOneNetwork,
            evidence: evidence
        )
        guard isBarrier else { return settings }
        settings.groups[0].resources[1].isSuspendable = true
        settings.groups[0].resources[1].isBarrier = true
        for name in ["Filesystem::/dev/drbd0::/srv", "mysqld-max"] {
            settings.groups[0].resources.append(
                ResourceSettings(name: name, type: name, isStateless: false, isCovered: true)
            )
        }
        return settings
    }
    let story = Story(settings[0], settings[1])
    story.hasGateway = true
    return story
}

/// The stories; each asserts what must be true of it.
private enum Stories {
    static func aCutReplicationLinkMovesNothing() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(5))
        #expect(story.phase(0) == .active)
        story.say("The replication link is cut for a minute; beats go over the service LAN.")
        story.cut = [0]
        story.run(.seconds(60))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        #expect(story.nodes[1].machine.status(at: story.now).peer.state == .alive)
        story.say("The cable is back.")
        story.cut = []
        story.run(.seconds(5))
        #expect(story.notices.allSatisfy { $0.1.code != .peerSilent })
        return story
    }

    static func aNodeWithoutCarrierHandsOverToThePeerThatSeesMore() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(5))
        story.say("The service LAN's cable is pulled at l0.")
        let before = story.now
        story.pull(0, losesCarrier: true)
        story.run(.milliseconds(300))
        #expect(story.phase(1) == .active)
        #expect(story.now - before <= .milliseconds(300))
        story.run(.seconds(10))
        #expect(story.phase(0) == .standby)
        return story
    }

    static func aSuspendedNodeThatHearsNobodyStopsNothing() -> Story {
        let story = learning(isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("The only cable of l0 is pulled: l1 takes.")
        story.pull(0, losesCarrier: true)
        story.run(.seconds(10))
        #expect(story.phase(0) == .suspended)
        #expect(story.phase(1) == .active)
        story.say("It is back, and l1's beats get lost.")
        story.mute = [1]
        story.plug(0)
        story.run(.seconds(20))
        #expect(story.phase(0) == .suspended)
        #expect(story.phase(1) == .active)
        story.say("They arrive again.")
        story.mute = []
        story.run(.seconds(5))
        #expect(story.phase(0) == .standby)
        #expect(story.phase(1) == .active)
        return story
    }

    static func aNodeThatHearsNoNeighbourHandsOver() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(5))
        story.say(
            "A switch port stops forwarding: l0 hears nobody on the service LAN, with its carrier."
        )
        story.pull(0, losesCarrier: false)
        story.run(.seconds(3))
        #expect(story.phase(0) == .standby)
        #expect(story.phase(1) == .active)
        return story
    }

    static func aServiceLANThatIsGoneForBothMovesNothing() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(5))
        story.say("The switch of the service LAN dies.")
        story.pull(0, losesCarrier: true)
        story.pull(1, losesCarrier: true)
        story.run(.seconds(60))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        #expect(story.notices.allSatisfy { $0.1.code != .healthMove })
        return story
    }

    static func aNodeThatIsCutOffLetsGoBeforeTheOtherTakes() -> Story {
        let story = learning(isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("The only cable of the active node is pulled.")
        story.pull(0, losesCarrier: true)
        story.run(.milliseconds(1_950))
        #expect(story.phase(0) == .suspended)
        #expect(story.phase(1) == .standby)
        #expect(story.nodes[0].running.isEmpty)
        story.run(.seconds(3))
        #expect(story.phase(1) == .active)
        story.say("The cable is back: the one that was cut off yields.")
        story.plug(0)
        story.run(.seconds(6))
        #expect(story.phase(0) == .standby)
        #expect(story.phase(1) == .active)
        #expect(story.notices.contains { $0.1.code == .isolated })
        return story
    }

    static func aNodeThatWasCutOffGoesOnWhenNobodyTook() -> Story {
        goingOn(learning(isOneNetwork: true))
    }

    /// Both nodes are cut off, and l0, which holds the group, goes on.
    private static func goingOn(_ story: Story) -> Story {
        story.bootBoth(andRun: .seconds(5))
        story.say("Both nodes' cables are pulled: neither may take.")
        story.pull(1, losesCarrier: true)
        story.pull(0, losesCarrier: true)
        story.run(.seconds(20))
        #expect(story.phase(0) == .suspended)
        #expect(story.phase(1) == .standby)
        story.say("Both are back.")
        story.plug(0)
        story.plug(1)
        story.run(.seconds(4))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func aNodeThatIsCutOffStopsStorageInOrder() -> Story {
        let story = learning(storage: true, isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("The only cable of the active node is pulled; the group holds storage.")
        story.pull(0, losesCarrier: true)
        story.run(.seconds(10))
        #expect(story.phase(0) == .standby)
        #expect(story.nodes[0].running.isEmpty)
        return story
    }

    static func aNodeThatIsCutOffSuspendsAScript() -> Story {
        let story = learning(script: true, isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("The only cable of the active node is pulled; its script can be suspended.")
        story.pull(0, losesCarrier: true)
        story.run(.milliseconds(1_950))
        #expect([story.phase(0), story.phase(1)] == [.suspended, .standby])
        #expect(story.nodes[0].running.isEmpty)
        story.run(.seconds(3))
        #expect(story.phase(1) == .active)
        story.say("The cable is back: what was suspended is ended, not resumed.")
        story.plug(0)
        story.run(.seconds(6))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("run resume") })
        return story
    }

    static func aSuspendedScriptGoesOnWhenNobodyTook() -> Story {
        let story = goingOn(learning(script: true, isOneNetwork: true))
        #expect(story.lines.count { $0.contains("run start mailer") } == 1)
        return story
    }

    static func aNodeThatIsCutOffSuspendsTheDiskUnderAService() -> Story {
        let story = learning(isBarrier: true, isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say(
            "The only cable of the active node is pulled; its disk is suspended, and all that writes through it."
        )
        story.pull(0, losesCarrier: true)
        story.run(.milliseconds(1_950))
        #expect([story.phase(0), story.phase(1)] == [.suspended, .standby])
        #expect(story.nodes[0].running.isEmpty)
        #expect(!story.lines.contains { $0.contains("run stop mysqld-max") })
        story.run(.seconds(3))
        #expect(story.phase(1) == .active)
        story.say("The cable is back: what waits is given up before anything is stopped.")
        story.plug(0)
        story.run(.seconds(6))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        #expect(!story.lines.contains { $0.contains("run resume") })
        let runs = story.lines.filter { $0.contains("l0 run ") }.suffix(4)
        #expect(runs.map { $0.contains("abandon") } == [true, false, false, false])
        return story
    }

    static func aSuspendedDiskGoesOnWhenNobodyTook() -> Story {
        let story = goingOn(learning(isBarrier: true, isOneNetwork: true))
        #expect(story.lines.count { $0.contains("l0 run start mysqld-max") } == 1)
        #expect(!story.lines.contains { $0.contains("abandon") })
        return story
    }

    static func aDiskOfWhichNobodyKnowsWhetherItIsSuspendedIsGivenUp() -> Story {
        let story = learning(isBarrier: true, isOneNetwork: true)
        let failure = OperationFailure(exitCode: nil, output: "it took too long")
        story.outcomes["l0/drbddisk/suspend"] = (.milliseconds(300), .timedOut(failure))
        story.bootBoth(andRun: .seconds(5))
        story.pull(0, losesCarrier: true)
        story.run(.seconds(4))
        #expect(story.phase(0) == .standby)
        #expect(story.nodes[0].running.isEmpty)
        #expect(story.lines.contains { $0.contains("l0 run abandon") })
        return story
    }

    static func whatCannotBeGivenUpEndsInAReset() -> Story {
        let story = learning(isBarrier: true, isOneNetwork: true)
        let failure = OperationFailure(exitCode: 1, output: "a process does not end")
        story.outcomes["l0/drbddisk/abandon"] = (.milliseconds(300), .failed(failure))
        story.bootBoth(andRun: .seconds(5))
        story.pull(0, losesCarrier: true)
        story.run(.seconds(5))
        story.plug(0)
        story.run(.seconds(3))
        #expect(story.notices.contains { $0.1.code == .reset })
        #expect(story.lines.allSatisfy { !$0.contains("l0 run stop mysqld-max") })
        return story
    }

    static func aScriptThatCannotBeSuspendedIsStopped() -> Story {
        let story = learning(script: true, isOneNetwork: true)
        let failure = OperationFailure(exitCode: nil, output: "nothing to freeze")
        story.outcomes["l0/mailer/suspend"] = (.milliseconds(20), .failed(failure))
        story.bootBoth(andRun: .seconds(5))
        story.pull(0, losesCarrier: true)
        story.run(.milliseconds(2_000))
        #expect(story.phase(0) == .standby)
        #expect(story.nodes[0].running.isEmpty)
        story.run(.seconds(3))
        #expect(story.phase(1) == .active)
        story.plug(0)
        story.run(.seconds(6))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        return story
    }

    static func theSurvivorOfACutOffPairAsksTheTableAfresh() -> Story {
        let story = learning(isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("The active node is cut off, and the other loses power before it has taken.")
        story.pull(0, losesCarrier: true)
        story.run(.milliseconds(1_900))
        story.crash(1)
        story.run(.seconds(5))
        #expect(story.phase(0) == .suspended)
        story.say("Its cable is back, and nobody is there: it takes when jeopardy_time is over.")
        story.plug(0)
        story.run(.seconds(30))
        #expect(story.phase(0) == .suspended)
        story.run(.seconds(25))
        #expect(story.phase(0) == .active)
        return story
    }

    static func aCrashWithTheCarrierIsProvedEarly() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(15))
        story.say("l0 loses power; the cable between the nodes loses its carrier with it.")
        let before = story.now
        story.crash(0)
        story.linkChanges(1, isUp: false)
        story.run(.milliseconds(450))
        #expect(story.phase(1) == .active)
        #expect(story.now - before <= .milliseconds(450))
        return story
    }

    static func aPathLostBeforeTheOthersIsJeopardy() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(15))
        story.say("The replication link is cut; long after, l0 loses power.")
        story.cut = [0]
        story.run(.seconds(60))
        story.crash(0)
        story.run(.seconds(20))
        #expect(story.phase(1) == .standby)
        #expect(story.nodes[1].machine.status(at: story.now).reason.contains("jeopardy_time"))
        story.run(.seconds(30))
        #expect(story.phase(1) == .active)
        return story
    }

    static func theLastOwnerAloneGoesOnAfterABoot() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(5))
        story.say("Both lose power; every cable is cut when they boot.")
        story.crash(0)
        story.crash(1)
        story.cut = [0, 1]
        story.hasServiceNetwork = false
        story.run(.seconds(1))
        story.boot(0)
        story.boot(1)
        story.run(.seconds(40))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func aColdStartFindsThePathsOfBefore() -> Story {
        let story = learning(storage: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("Both lose power; the replication link is cut when they boot.")
        story.crash(0)
        story.crash(1)
        story.cut = [0]
        story.run(.seconds(1))
        story.boot(0)
        story.boot(1)
        story.run(.seconds(5))
        #expect(story.phase(0) == .active)
        #expect(story.phase(1) == .standby)
        return story
    }

    static func aCutOffNodeCutsAStartShort() -> Story {
        let story = learning(isOneNetwork: true)
        story.outcomes["l0/IPaddr2/start"] = (.seconds(30), .succeeded)
        story.bootBoth(andRun: .seconds(2))
        #expect(story.phase(0) == .starting)
        story.say("The cable of the node that starts is pulled.")
        story.pull(0, losesCarrier: true)
        story.run(.seconds(50))
        #expect(story.phase(0) == .suspended)
        #expect(story.phase(1) == .active)
        return story
    }

    static func aDaemonThatNeverHeardItsPeerLetsGoToo() -> Story {
        let story = learning(isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("l1 is cut off, and the daemon of l0 begins anew meanwhile.")
        story.pull(1, losesCarrier: false)
        story.killDaemon(0)
        story.startDaemon(0)
        story.run(.milliseconds(1_500))
        story.say("Now the cable of l0 is pulled, and l1 is back: it takes what l0 has let go of.")
        story.pull(0, losesCarrier: true)
        story.run(.seconds(1))
        #expect(story.phase(0) == .suspended)
        #expect(story.nodes[0].running.isEmpty)
        story.plug(1)
        story.run(.seconds(60))
        #expect(story.phase(1) == .active)
        story.plug(0)
        story.run(.seconds(6))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        return story
    }

    static func aSuspendedScriptWaitsForAPeerThatDoesNotKnowYet() -> Story {
        let story = learning(script: true, isOneNetwork: true)
        story.bootBoth(andRun: .seconds(5))
        story.say("Both are cut off; l1's daemon begins anew, and a status there takes long.")
        story.pull(1, losesCarrier: true)
        story.pull(0, losesCarrier: true)
        story.run(.seconds(20))
        #expect(story.phase(0) == .suspended)
        story.outcomes["l1/mailer/status"] = (.seconds(8), .succeeded)
        story.killDaemon(1)
        story.startDaemon(1)
        story.plug(0)
        story.plug(1)
        story.run(.seconds(6))
        #expect([story.phase(0), story.phase(1)] == [.suspended, .unknown])
        story.say("Now it knows that nothing runs there.")
        story.run(.seconds(6))
        #expect([story.phase(0), story.phase(1)] == [.active, .standby])
        return story
    }

    static func anOfferWhoseClaimIsNotDurableEndsWithTheSilence() -> Story {
        let story = learning(isOneNetwork: true)
        story.say("The disk of l1 is slow: what it writes is durable after 4.5 s.")
        story.diskTime[1] = .milliseconds(4_500)
        story.bootBoth(andRun: .milliseconds(500))
        story.say("l1 accepts the group, and its cable is pulled.")
        story.command(0, .standby(.all))
        story.run(.milliseconds(100))
        #expect([story.phase(0), story.phase(1)] == [.offered, .claiming])
        story.pull(1, losesCarrier: true)
        story.run(.seconds(4))
        #expect(story.phase(0) == .active)
        story.say("Now its claim would be durable.")
        story.run(.seconds(10))
        #expect([story.phase(0), story.phase(1)] == [.active, .standby])
        #expect(story.nodes[1].running.isEmpty)
        return story
    }

    static func anOfferThatWasOversleptIsNotAccepted() -> Story {
        let story = learning()
        story.bootBoth(andRun: .seconds(5))
        story.command(0, .standby(.all))
        story.run(.seconds(5))
        #expect(story.phase(1) == .active)
        story.say("l0's machine stands still; l1 ends, offers the group, and is started again.")
        story.freeze(0, for: .seconds(40), lastMoment: .milliseconds(800)) {
            story.run(.milliseconds(200))
            story.shutDown(1)
            story.run(.seconds(2))
            story.killDaemon(1)
            story.startDaemon(1)
        }
        story.run(.seconds(23))
        #expect([story.phase(0), story.phase(1)] == [.standby, .active])
        return story
    }

    static func aStartThatWasOversleptGoesOnByFreshEvidence() -> Story {
        let story = learning(storage: true)
        story.outcomes["l1/drbddisk/start"] = (.seconds(12), .succeeded)
        story.bootBoth(andRun: .seconds(5))
        story.say("l0 dies; l1 takes, and stands still in the middle of its start.")
        story.crash(0)
        story.run(.seconds(4))
        #expect(story.phase(1) == .starting)
        story.pause(1, for: .seconds(8))
        story.run(.seconds(30))
        #expect(story.phase(1) == .active)
        return story
    }
}

/// The stories by the names of their transcripts.
let isolationStories: [String: @Sendable () -> Story] = [
    "learnt-path":
        Stories.aCutReplicationLinkMovesNothing,
    "service-carrier-lost":
        Stories.aNodeWithoutCarrierHandsOverToThePeerThatSeesMore,
    "service-silent":
        Stories.aNodeThatHearsNoNeighbourHandsOver,
    "service-gone-for-both":
        Stories.aServiceLANThatIsGoneForBothMovesNothing,
    "cut-off":
        Stories.aNodeThatIsCutOffLetsGoBeforeTheOtherTakes,
    "cut-off-and-back":
        Stories.aNodeThatWasCutOffGoesOnWhenNobodyTook,
    "cut-off-with-storage":
        Stories.aNodeThatIsCutOffStopsStorageInOrder,
    "cut-off-with-a-script":
        Stories.aNodeThatIsCutOffSuspendsAScript,
    "cut-off-with-a-script-and-back":
        Stories.aSuspendedScriptGoesOnWhenNobodyTook,
    "cut-off-with-a-disk":
        Stories.aNodeThatIsCutOffSuspendsTheDiskUnderAService,
    "cut-off-with-a-disk-and-back":
        Stories.aSuspendedDiskGoesOnWhenNobodyTook,
    "cut-off-with-a-slow-disk":
        Stories.aDiskOfWhichNobodyKnowsWhetherItIsSuspendedIsGivenUp,
    "cut-off-and-not-given-up":
        Stories.whatCannotBeGivenUpEndsInAReset,
    "cut-off-and-not-known":
        Stories.aSuspendedScriptWaitsForAPeerThatDoesNotKnowYet,
    "cut-off-and-not-suspendable":
        Stories.aScriptThatCannotBeSuspendedIsStopped,
    "suspended-and-deaf":
        Stories.aSuspendedNodeThatHearsNobodyStopsNothing,
    "cut-off-and-alone":
        Stories.theSurvivorOfACutOffPairAsksTheTableAfresh,
    "cut-off-while-starting":
        Stories.aCutOffNodeCutsAStartShort,
    "cut-off-and-never-heard":
        Stories.aDaemonThatNeverHeardItsPeerLetsGoToo,
    "offer-and-silence":
        Stories.anOfferWhoseClaimIsNotDurableEndsWithTheSilence,
    "overslept-offer":
        Stories.anOfferThatWasOversleptIsNotAccepted,
    "overslept-start":
        Stories.aStartThatWasOversleptGoesOnByFreshEvidence,
    "early":
        Stories.aCrashWithTheCarrierIsProvedEarly,
    "jeopardy":
        Stories.aPathLostBeforeTheOthersIsJeopardy,
    "last-owner":
        Stories.theLastOwnerAloneGoesOnAfterABoot,
    "cold-start":
        Stories.aColdStartFindsThePathsOfBefore,
]
