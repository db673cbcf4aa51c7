// The canonical form of a core is sound only while it takes in whatever decides the core's future. Every stored field
// is listed here: who adds one finds this test broken, decides in `Machine+Canonical.swift` whether it counts, and
// lists it.

import Testing

@_spi(Simulation) @testable import Failover

@Suite struct CanonicalTests {
    /// A type's fields: those that the canonical form takes in, and those that it leaves out.
    private struct Fields {
        var counted: String
        /// Numbers that are only ever new, settings, and what only notices and the status tell.
        var leftOut: String

        var all: Set<String> {
            Set((counted + " " + leftOut).split(separator: " ").map(String.init))
        }
    }

    private func fields(of value: Any) -> Set<String> {
        Set(Mirror(reflecting: value).children.compactMap(\.label))
    }

    @Test func everyFieldOfTheCoreIsCountedOrLeftOutOnPurpose() {
        let core = FailoverMachine(settings: Story.settings(own: 0))
        let whole = Fields(
            counted: """
                start startedAt peer links nextLearntBeat lastBeatAt ownNetworks networkStates neighbours examination \
                pings nextPing pingsTold fewerPingsSince earlySince nextAnnouncement isBootDue probes groups commands \
                words fences confirming isLeaving leavingDeadline hasEnded absence soundTurn lateness carrierLostSince peerHeardThisBoot hasNoPast \
                ownAddresses challenge persistIssued persistDone recordIsDirty beatIsDue nextBeat needsEvaluation \
                waitingNoted
                """,
            leftOut: """
                settings suspicionDelay identities groupIndex now effects networkIncidents operationIssued \
                requestIssued lastMove coverage worstDelay advisedAt
                """
        )
        #expect(fields(of: core) == whole.all)
        // Both clocks run alike where states are compared, so that the lead never counts.
        let peer = Fields(
            counted: """
                standing incarnation lastHeard lastDaemonDown presentSince earliestTake deadtime isProvedDead isLeaving mayBeBack \
                challenge response hearsUs missesUs heardUsAt deafSince pingsAnswering addresses reports words \
                storageDigests fitSince health
                """,
            leftOut: "bootID isJudgedDead clockLead clockLeadNow"
        )
        #expect(fields(of: core.peer) == peer.all)
        let word = Word(response: 0, isLeaving: false, hearsUs: false)
        #expect(fields(of: word) == ["response", "isLeaving", "hearsUs"])
    }

    @Test func everyFieldOfPathsAndNetworksIsCountedOrLeftOutOnPurpose() {
        let link = Fields(counted: "path isUp downSince lastHeard", leftOut: "state gaps")
        #expect(fields(of: LinkView()) == link.all)
        let network = Fields(
            counted: "hasCarrier silentRounds lastProof goneSince returnedAt",
            leftOut: "device"
        )
        #expect(fields(of: NetworkState(device: "", hasCarrier: true)) == network.all)
        let neighbour = Fields(
            counted: "address isCalibrated lastAnswer missed",
            leftOut: "device"
        )
        let address = IPAddress(ipv4: (192, 168, 1, 1))
        #expect(fields(of: Neighbour(address: address, device: "")) == neighbour.all)
        let examination = Fields(counted: "since nextRound calibratedAt", leftOut: "rounds")
        #expect(fields(of: Examination()) == examination.all)
        let probes = Fields(
            counted: "targets suspicionSince rounds nextRound",
            leftOut: "groupTargetCount"
        )
        #expect(fields(of: ProbeTable(groups: [])) == probes.all)
        let target = Fields(
            counted: "address marks lastAnswer lastStranger stranger proxies missed answeredRounds",
            leftOut: "group"
        )
        #expect(fields(of: ProbeTable.Target(address: address, group: nil)) == target.all)
    }

    @Test func everyFieldOfAGroupIsCountedOrLeftOutOnPurpose() {
        let group = Group(Story.settings(own: 0).groups[0])
        let counted = Fields(
            counted: """
                phase since epoch reserved doubtfulEpoch reservedBy claimEpoch claim claimedAt claimedOf claimedBy \
                claimDeadline isLate soundSince isLastOwner hasStartedStorage heldThisBoot declined startFailure \
                afterStop resources mustStop retryAt request refusedRequest \
                refusal grantedRequest noFailbackTo heldCause retriedStart announcesWhenAlone health data missing
                """,
            leftOut: "failedResource reason heldReason conflictNoted differenceNoted"
        )
        #expect(fields(of: group) == counted.all)
        let resource = Fields(
            counted: "state operation action stopAttempts interruptions failure",
            leftOut: "since operationSince lastOperation"
        )
        #expect(fields(of: Resource()) == resource.all)
        let health = Fields(
            counted: """
                reported network networkSince tried wanted restarts held moves clearedThrough liftedThrough \
                freezeStamp isFrozen frozenUntil wakeAt
                """,
            leftOut: "heldText frozenBy frozenReason"
        )
        #expect(fields(of: GroupHealth()) == health.all)
        #expect(
            fields(of: GroupData()) == [
                "isWatched", "own", "marks", "staleBy", "markedAt", "hasRun", "writtenAt",
                "acceptsLoss",
                "asksSince", "outdatedAt", "log",
            ]
        )
        let log = Fields(
            counted: """
                told lagLooks missedLooks follows mayBeAlone aloneBy catchesUpSince lookedAfter receipt
                """,
            leftOut: ""
        )
        #expect(fields(of: GroupLog()) == log.all)
        let command = PendingCommand(id: CommandID(1), moves: [], deadline: Instant(nanoseconds: 0))
        #expect(fields(of: command) == ["id", "moves", "deadline"])
        let move = PendingMove(group: 0, target: .own, told: .standby)
        #expect(fields(of: move) == ["group", "target", "told", "request", "hasLeft"])
    }

    /// The canonical numbers of a core that began at a time, by an incarnation.
    private func numbers(begunAt time: Int64, counter: UInt64) -> [UInt64] {
        var core = FailoverMachine(settings: Story.settings(own: 0))
        let boot = BootID(high: counter, low: 1)
        let incarnation = Incarnation(counter: counter, nonce: counter << 32)
        let start = Start(bootID: boot, incarnation: incarnation, record: nil)
        _ = core.handle(.started(start), at: Instant(nanoseconds: time))
        var writer = CanonicalWriter()
        writer.reset(
            now: Instant(nanoseconds: time),
            horizon: core.canonicalHorizon,
            highestEpoch: core.canonicalEpoch
        )
        core.encode(into: &writer)
        return writer.words
    }

    @Test func timesNoncesAndCountersAreNoDifference() {
        let numbers = numbers(begunAt: 1_000_000_000, counter: 1)
        #expect(numbers == self.numbers(begunAt: 77_000_000_000, counter: 9))
        #expect(numbers.count > 50)
    }

    @Test func whatHappenedIsADifference() {
        var core = FailoverMachine(settings: Story.settings(own: 0))
        let start = Start(
            bootID: BootID(high: 1, low: 1),
            incarnation: Incarnation(counter: 1, nonce: 1 << 32),
            record: nil
        )
        let time = Instant(nanoseconds: 1_000_000_000)
        _ = core.handle(.started(start), at: time)
        var digests: [UInt64] = []
        for outcome in [nil, OperationOutcome.stopped, .running] {
            var copy = core
            if let outcome {
                _ = copy.handle(.operationFinished(OperationID(1), outcome), at: time)
            }
            var writer = CanonicalWriter()
            writer.reset(now: time, horizon: copy.canonicalHorizon, highestEpoch: 0)
            copy.encode(into: &writer)
            digests.append(writer.digest)
        }
        #expect(Set(digests).count == 3)
    }
}
