// What drbdadm's words mean, in the forms of 8.4 and 9, with warnings among them.

import Testing

@testable import Resources

@Suite struct DRBDStateTests {
    @Test func theWordsOf84AreRead() throws {
        let state = try #require(
            DRBDState(
                role: "Primary/Secondary\n",
                connection: "Connected\n",
                disk: "UpToDate/UpToDate\n"
            )
        )
        #expect(state.role == .primary)
        #expect(state.peerRole == .secondary)
        #expect(state.connections == [.connected])
        #expect(state.disks == [.upToDate])
        #expect(state.obstacle("r0") == nil)
        #expect(state.text == "Connected Primary/Secondary UpToDate/UpToDate")
    }

    @Test func warningsAndVolumesAreNoObstacle() throws {
        let warning = "r0: the outdated-wfc-timeout should be below degr-wfc-timeout/2.\n"
        let state = try #require(
            DRBDState(
                role: warning + "Secondary\n",
                connection: warning + "Connecting\n",
                disk: warning + "UpToDate\nInconsistent\n"
            )
        )
        #expect(state.role == .secondary)
        #expect(state.connections == [.connecting])
        #expect(state.disks == [.upToDate, .inconsistent])
        #expect(state.obstacle("r0")?.passes == false)
    }

    @Test func severalPeersAreRead() throws {
        let state = try #require(
            DRBDState(
                role: "Secondary\n",
                connection: "Connected\nConnected\n",
                disk: "UpToDate/UpToDate/Inconsistent\n"
            )
        )
        #expect(state.disks == [.upToDate])
        #expect(state.peerDisks == [.upToDate, .inconsistent])
        let status =
            "r0 role:Secondary\n  disk:UpToDate\n  l1 role:Secondary\n    peer-disk:UpToDate\n  l2 role:Primary\n"
        #expect(DRBDState.peerRole(inStatus: status) == .primary)
        #expect(DRBDState.names(inStatus: status + "r1 role:Primary\n") == ["r0", "r1"])
    }

    @Test(arguments: [
        "", "no resources defined!\n", "Primary/Secondary/Third\n", "Primary/\n", "primary\n",
        "/\n",
    ])
    func whatIsNoRoleIsNotGuessed(text: String) {
        #expect(DRBDState(role: text, connection: "Connected", disk: "UpToDate/UpToDate") == nil)
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
        let state = try #require(
            DRBDState(role: "Secondary/Unknown", connection: connection, disk: disk)
        )
        let obstacle = try #require(state.obstacle("r0"))
        #expect(obstacle.text.contains(word))
        #expect(obstacle.passes == passes)
    }

    @Test func aPeerThatIsGoneIsNoObstacle() throws {
        let state = try #require(
            DRBDState(
                role: "Secondary/Unknown",
                connection: "WFConnection",
                disk: "UpToDate/DUnknown"
            )
        )
        #expect(state.obstacle("r0") == nil)
        #expect(!state.connections.contains { $0.isConnected })
    }
}
