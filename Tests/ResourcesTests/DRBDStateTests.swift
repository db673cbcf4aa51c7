// What the words of `drbdsetup status` mean: of 8.4, as recorded on Debian 12's kernel with drbd-utils 9.22, and of 9.

import Testing

@testable import Resources

@Suite struct DRBDStateTests {
    private func state(_ role: String, _ connection: String, _ disk: String) throws -> DRBDState {
        let text = DRBDStandIn.status("r0", role, connection, disk)
        return try #require(DRBDState(status: text, of: "r0"))
    }

    @Test func whatDebian12PrintsIsRead() throws {
        let text = """
            r0 role:Primary
              disk:UpToDate
              peer role:Secondary
                replication:Established peer-disk:UpToDate

            """
        let state = try #require(DRBDState(status: text, of: "r0"))
        #expect(state.role == .primary)
        #expect(state.peerRole == .secondary)
        #expect(state.connections == [.connected])
        #expect((state.disks, state.peerDisks) == ([.upToDate], [.upToDate]))
        #expect(state.isInSync)
        #expect(state.obstacle("r0") == nil)
        #expect(state.text == "Connected Primary/Secondary UpToDate/UpToDate")
    }

    @Test func whatDebian12PrintsOfOneThatIsStandAloneIsRead() throws {
        let text = """
            r0 role:Primary suspended:no
                write-ordering:flush
              volume:0 minor:0 disk:UpToDate
                  size:262100 read:5296 written:25776 al-writes:10 bm-writes:0
                  upper-pending:0 lower-pending:0 al-suspended:no blocked:no

            """
        let state = try #require(DRBDState(status: text, of: "r0"))
        #expect(state.connections == [.standAlone])
        #expect(!state.isInSync)
        #expect(state.obstacle("r0")?.text.contains("is StandAlone") == true)
        // DRBD 9 names the peer all the same.
        let nine = try #require(DRBDState(status: text + "  l1 connection:StandAlone\n", of: "r0"))
        #expect(nine.connections == [.standAlone])
    }

    @Test func aResynchronisationIsNotInSync() throws {
        let text = """
            r0 role:Secondary
              disk:Inconsistent
              peer role:Primary
                replication:PausedSyncT peer-disk:UpToDate done:52.85
                    resync-suspended:user,peer
            """
        let state = try #require(DRBDState(status: text, of: "r0"))
        #expect(state.connections == [.pausedSyncTarget])
        #expect(!state.isInSync)
        #expect(state.obstacle("r0")?.text.contains("being synchronised") == true)
    }

    @Test func severalVolumesPeersAndResourcesAreRead() throws {
        let text = """
            r1 role:Primary
              disk:UpToDate
            r0 role:Secondary suspended:no
                write-ordering:flush
              volume:0 minor:0 disk:UpToDate
                  size:262100 read:0 written:0 al-writes:8 bm-writes:0 upper-pending:0
              volume:1 minor:1 disk:UpToDate
              l1 role:Secondary congested:no
                volume:0 replication:Established peer-disk:UpToDate
                volume:1 replication:Established peer-disk:Inconsistent
              l2 role:Primary
                volume:0 replication:Established peer-disk:UpToDate
            """
        let state = try #require(DRBDState(status: text, of: "r0"))
        #expect(state.role == .secondary)
        #expect(state.peerRole == .primary)
        #expect(state.disks == [.upToDate, .upToDate])
        #expect(state.peerDisks == [.upToDate, .inconsistent, .upToDate])
        #expect(!state.isInSync)
        #expect(try #require(DRBDState(status: text, of: "r1")).role == .primary)
        #expect(DRBDState.names(inStatus: text) == ["r1", "r0"])
    }

    @Test(arguments: [
        "", "# No currently configured DRBD found.\n", "r1 role:Primary\n  disk:UpToDate\n",
        "r0 role:primary\n", "r0 role:\n  disk:UpToDate\n", "r0 role:Primary\n  disk:Good\n",
        "r0 role:Primary\n  disk:UpToDate\n  peer connection:Fine\n", "  r0 role:Primary\n",
    ])
    func whatIsNoAnswerIsNotGuessed(text: String) {
        #expect(DRBDState(status: text, of: "r0") == nil)
    }

    @Test(
        arguments: [
            ("Outdated/DUnknown", "WFConnection", "Outdated", false),
            ("Inconsistent/UpToDate", "SyncTarget", "being synchronised", false),
            ("Inconsistent/DUnknown", "WFConnection", "Inconsistent", false),
            ("Diskless/UpToDate", "Connected", "lost its disk", false),
            ("Failed/UpToDate", "Connected", "lost its disk", false),
            ("Consistent/DUnknown", "WFConnection", "nobody knows", true),
            ("Negotiating/DUnknown", "WFConnection", "is Negotiating", true),
            ("UpToDate/DUnknown", "StandAlone", "StandAlone", false),
        ]
    )
    func whatStandsInTheWayIsNamed(disk: String, connection: String, word: String, passes: Bool)
        throws
    {
        let state = try state("Secondary/Unknown", connection, disk)
        let obstacle = try #require(state.obstacle("r0"))
        #expect(obstacle.text.contains(word))
        #expect(obstacle.passes == passes)
        #expect(!state.isInSync)
    }

    @Test func aPeerThatIsGoneIsNoObstacle() throws {
        let state = try state("Secondary/Unknown", "WFConnection", "UpToDate/DUnknown")
        #expect(state.obstacle("r0") == nil)
        #expect(!state.connections.contains { $0.isConnected })
        #expect(!state.isInSync)
    }
}
