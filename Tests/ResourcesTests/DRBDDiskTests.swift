// drbddisk beside a stand-in for drbdadm: what is called, how often, and what its exit codes come to.

import Testing

@Suite struct DRBDDiskTests {
    @Test(
        arguments: [
            ("Primary/Secondary", Int32(0), "running: r0 "),
            ("Secondary/Primary", 3, "stopped: r0 "),
            ("Unconfigured", 3, "stopped: r0 "), ("Secondary", 3, "stopped: r0 "),
            ("nonsense", 4, "unknown: drbdsetup says of r0: r0 role:nonsense"),
            ("Unknown", 4, "unknown: drbdsetup says of r0: r0 role:Unknown"),
        ]
    )
    func statusIsTheRole(role: String, exit: Int32, words: String) throws {
        let run = try DRBDStandIn(role: role).act("status")
        #expect(run.exit == exit)
        #expect(run.output.hasPrefix(words))
    }

    @Test func aPrimaryWithoutADiskDoesNotServe() throws {
        let drbd = try DRBDStandIn(role: "Primary/Secondary", disk: "Diskless/UpToDate")
        #expect(try drbd.act("status").exit == 0)
        let monitor = try drbd.act("monitor")
        #expect(monitor.exit == 1)
        #expect(monitor.output.contains("does not lie on a good disk"))
    }

    @Test func promotionWaitsForAPeerThatDemotesStill() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Secondary")
        try drbd.write("primary.exits", "11\n11\n0\n")
        let run = try drbd.act("start")
        #expect(run == Run(exit: 0, output: "r0 is primary\n"))
        #expect(
            drbd.calls.filter { $0.hasPrefix("primary") } == [
                "primary r0", "primary r0", "primary r0",
            ]
        )
    }

    @Test(arguments: ["Secondary/Primary", "Secondary"])
    func nobodyIsPromotedBesideAPrimary(role: String) throws {
        let drbd = try DRBDStandIn(role: role)
        try drbd.write("status.text", "r0 role:Secondary\n  disk:UpToDate\n  l1 role:Primary\n")
        try drbd.write("primary.exits", Array(repeating: "11\n", count: 100).joined())
        let run = try drbd.act("start", milliseconds: 5000)
        #expect(run.exit == 1)
        #expect(run.output.contains("the peer is primary of r0 still"))
        #expect(try drbd.act("ready").exit == 0)
    }

    @Test(arguments: ["Secondary/Primary", "Secondary"])
    func whereTwoPrimariesAreAllowedThePeerIsWaitedFor(role: String) throws {
        let drbd = try DRBDStandIn(role: role)
        try drbd.write("status.text", "r0 role:Secondary\n  disk:UpToDate\n  l1 role:Primary\n")
        // As drbdsetup-84 and drbdsetup 9 print it; an answer that fails is no permission either.
        for text in [
            "resource r0 {\n    net {\n        allow-two-primaries\tyes;\n    }\n}\n", nil,
        ] {
            if let text {
                try drbd.write("show.text", text)
            } else {
                try drbd.write("show.exits", Array(repeating: "20\n", count: 100).joined())
            }
            let run = try drbd.act("start", milliseconds: 5000)
            #expect(run.exit == 1)
            #expect(run.output.contains("the peer is primary of r0 still"))
            #expect(!drbd.calls.contains { $0.hasPrefix("primary") })
        }
    }

    /// Right after a power cut DRBD says Secondary/Primary still; only an attempt makes it ask the peer at once, and
    /// its own timeouts take ten seconds.
    @Test func aPeerThatHasNowDiedIsNotWaitedFor() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Primary")
        #expect(try drbd.act("start") == Run(exit: 0, output: "r0 is primary\n"))
        #expect(drbd.calls.count { $0.hasPrefix("primary") } == 1)
    }

    @Test func anAnswerThatFailsIsNone() throws {
        let drbd = try DRBDStandIn(role: "Secondary")
        try drbd.write("status.exits", "10\n10\n")
        #expect(try drbd.act("status").exit == 4)
        let blind = try DRBDStandIn(role: "Primary/Secondary", disk: "")
        #expect(try blind.act("monitor").exit == 4)
    }

    @Test func aResourceThatIsNotUpIsStopped() throws {
        let drbd = try DRBDStandIn(role: "Secondary")
        try drbd.write("status.text", "r1 role:Primary\n  disk:UpToDate\n")
        #expect(try drbd.act("status").exit == 3)
        #expect(try drbd.act("stop").exit == 0)
        #expect(try drbd.act("ready").output.contains("drbdadm up r0"))
    }

    @Test func promotionIsNeverForced() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Secondary")
        try drbd.write("primary.exits", Array(repeating: "11\n", count: 100).joined())
        let run = try drbd.act("start", milliseconds: 1500)
        #expect(run.exit == 1)
        #expect(run.output.contains("did not become primary in time"))
        #expect(drbd.calls.allSatisfy { !$0.contains("force") && !$0.contains("overwrite") })
    }

    @Test(arguments: [(17, "no up-to-date data"), (16, "no disk here")])
    func whatNoTryCanHelpIsSaidAtOnce(code: Int, word: String) throws {
        let drbd = try DRBDStandIn(role: "Secondary/Unknown", connection: "WFConnection")
        try drbd.write("primary.exits", "\(code)\n")
        let run = try drbd.act("start")
        #expect(run.exit == 1)
        #expect(run.output.contains(word))
        #expect(drbd.calls.count { $0 == "primary r0" } == 1)
    }

    @Test(
        arguments: [
            ("Outdated/DUnknown", "WFConnection"), ("Inconsistent/UpToDate", "SyncTarget"),
            ("Diskless/UpToDate", "Connected"), ("UpToDate/DUnknown", "StandAlone"),
        ]
    )
    func oldDataIsNotPromoted(disk: String, connection: String) throws {
        let drbd = try DRBDStandIn(role: "Secondary/Unknown", connection: connection, disk: disk)
        #expect(try drbd.act("ready").exit == 1)
        #expect(try drbd.act("start").exit == 1)
        #expect(!drbd.calls.contains { $0.hasPrefix("primary") })
    }

    @Test func aStandbyInOrderIsReady() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Primary")
        #expect(try drbd.act("ready") == Run(exit: 0, output: ""))
    }

    @Test func whatRunsIsNotStartedAndWhatDoesNotIsNotStopped() throws {
        let primary = try DRBDStandIn(role: "Primary/Secondary")
        #expect(try primary.act("start").exit == 0)
        #expect(!primary.calls.contains { $0.hasPrefix("primary") })
        let secondary = try DRBDStandIn(role: "Secondary/Primary")
        #expect(try secondary.act("stop").exit == 0)
        #expect(!secondary.calls.contains { $0.hasPrefix("secondary") })
    }

    /// As DRBD 8.4 answers in the laboratory: what waits fails when its disk is let go of, and only then it goes on.
    @Test func whatIsSuspendedIsGivenUpWithoutBeingWritten() throws {
        let drbd = try DRBDStandIn(role: "Primary", connection: "WFConnection")
        #expect(try drbd.act("suspend").exit == 0)
        #expect(try drbd.act("status").exit == 5)
        #expect(try drbd.act("abandon").exit == 0)
        let changes = ["disconnect r0", "detach --force r0", "resume-io r0"]
        #expect(drbd.calls.filter { !$0.hasPrefix("status") }.suffix(3) == changes[...])
        #expect(try drbd.act("status").exit == 0)
        #expect(try drbd.act("stop").output.contains("attached again"))
        #expect(drbd.calls.contains("adjust r0"))
        // Once: a disk that somebody detached later stays so.
        _ = try drbd.act("stop")
        #expect(drbd.calls.count { $0 == "adjust r0" } == 1)
    }

    @Test func whatCannotBeLetGoOfDoesNotGoOn() throws {
        let drbd = try DRBDStandIn(role: "Primary", connection: "WFConnection")
        _ = try drbd.act("suspend")
        try drbd.write("detach.exits", "20\n")
        let run = try drbd.act("abandon")
        #expect(run.exit == 1)
        #expect(run.output.contains("drbdadm detach --force r0"))
        #expect(!drbd.calls.contains { $0.hasPrefix("resume-io") })
        #expect(try drbd.act("status").exit == 5)
    }

    @Test func aSuspendedDiskGoesOn() throws {
        let drbd = try DRBDStandIn(role: "Primary", connection: "WFConnection")
        _ = try drbd.act("suspend")
        #expect(try drbd.act("resume").exit == 0)
        #expect(try drbd.act("status").exit == 0)
        #expect(!drbd.calls.contains { $0.hasPrefix("detach") })
    }

    @Test func aStopIsTriedUntilTheDeviceIsFree() throws {
        let drbd = try DRBDStandIn(role: "Primary/Secondary")
        try drbd.write("secondary.exits", "11\n11\n0\n")
        #expect(try drbd.act("stop").exit == 0)
        #expect(drbd.calls.count { $0 == "secondary r0" } == 3)
    }

    @Test func withoutAnArgumentItIsAllResources() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Secondary")
        // 8.4 names them on one line, 9 on a line each.
        for text in ["r0 r1\n", "r0\nr1\n"] {
            try drbd.write("sh-resources.text", text)
            _ = try drbd.act("status", nil)
            #expect(drbd.calls.suffix(2) == ["status r0", "status r1"])
        }
        #expect(try drbd.act("start", nil).exit == 0)
        #expect(drbd.calls.contains("primary r0"))
    }

    @Test(arguments: ["-r0", "r0;reboot", "$(id)", "a b"])
    func aNameThatIsNoneReachesNobody(name: String) throws {
        let drbd = try DRBDStandIn(role: "Secondary/Secondary")
        let run = try drbd.act("start", name)
        #expect(run.exit == 2)
        #expect(drbd.calls.isEmpty)
    }

    // MARK: Replicated data (S11)

    @Test(
        arguments: [
            ("Primary/Secondary", "Connected", "UpToDate/UpToDate", "replication=inSync"),
            ("Secondary/Primary", "Connected", "UpToDate/UpToDate", "replication=inSync"),
            ("Primary/Unknown", "WFConnection", "UpToDate/DUnknown", "replication=detached"),
            ("Primary/Secondary", "SyncSource", "UpToDate/Inconsistent", "replication=detached"),
            ("Primary/Unknown", "StandAlone", "UpToDate/DUnknown", "replication=detached"),
        ]
    )
    func whetherBothHaveEverythingIsTold(
        role: String,
        connection: String,
        disk: String,
        words: String
    ) throws {
        let drbd = try DRBDStandIn(role: role, connection: connection, disk: disk)
        let run = try drbd.act("data")
        #expect(run.exit == 0)
        // The lowest bit of a generation says who is primary, not what the data is.
        #expect(run.output == "\(words) generation=FA6DE0C931530076 copy=usable\n")
    }

    @Test(
        arguments: [
            ("Outdated/DUnknown", "WFConnection", "copy=outdated age=yes", "Outdated here"),
            ("Inconsistent/UpToDate", "SyncTarget", "copy=inconsistent age=no", "synchronised"),
            ("Diskless/UpToDate", "Connected", "age=no", "has lost its disk"),
            ("UpToDate/DUnknown", "StandAlone", "copy=usable age=yes", "is StandAlone"),
            (
                "Consistent/DUnknown", "WFConnection", "copy=usable doubt=yes age=yes",
                "nobody knows whether"
            ),
        ]
    )
    func dataThatCannotBeUsedIsNamed(disk: String, connection: String, words: String, word: String)
        throws
    {
        let drbd = try DRBDStandIn(role: "Secondary/Unknown", connection: connection, disk: disk)
        let run = try drbd.act("data")
        #expect(run.exit == 0)
        #expect(run.output.contains("replication=detached"))
        #expect(run.output.contains(" \(words) obstacle="))
        #expect(run.output.contains(word))
    }

    @Test func whoIsLeftBehindIsOutdatedAndNobodyElse() throws {
        let left = try DRBDStandIn(
            role: "Secondary/Unknown",
            connection: "WFConnection",
            disk: "UpToDate/DUnknown"
        )
        let run = try left.act("outdate")
        #expect(left.calls.contains("outdate r0"))
        #expect(run.output.contains("age=yes obstacle=the data of r0 is Outdated here"))
        for (role, connection) in [
            ("Secondary/Primary", "Connected"), ("Primary/Unknown", "WFConnection"),
        ] {
            let drbd = try DRBDStandIn(role: role, connection: connection)
            #expect(try drbd.act("outdate").exit == 0)
            #expect(!drbd.calls.contains { $0.hasPrefix("outdate") })
        }
    }

    @Test func whatCannotBeToldIsNot() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Primary")
        try drbd.write("status.exits", "20\n20\n")
        #expect(try drbd.act("data").exit == 4)
        #expect(try drbd.act("data", "r7").output.contains("r7 is not up here"))
        try drbd.write("get-gi.exits", "1\n")
        #expect(try drbd.act("data").output == "replication=inSync copy=usable\n")
    }

    /// DRBD does not know whether its data is current: `primary` makes it ask (`fence-peer`), once the peer had its time
    /// to connect.
    @Test func whatNobodyKnowsIsLeftToDRBD() throws {
        let drbd = try DRBDStandIn(
            role: "Secondary/Unknown",
            connection: "WFConnection",
            disk: "Consistent/DUnknown"
        )
        #expect(try drbd.act("ready") == Run(exit: 0, output: ""))
        #expect(try drbd.act("start", milliseconds: 20_000).exit == 0)
        #expect(drbd.calls.count { $0 == "status r0" } > 10)
        #expect(drbd.calls.contains("primary r0"))
        let refused = try DRBDStandIn(
            role: "Secondary/Unknown",
            connection: "StandAlone",
            disk: "Consistent/DUnknown"
        )
        #expect(try refused.act("ready").exit == 1)
    }

    @Test func ofSeveralDisksTheBetterOneCounts() throws {
        let drbd = try DRBDStandIn(role: "Secondary")
        for (disks, copy) in [
            (["Outdated", "Outdated"], "copy=outdated"),
            (["Outdated", "Inconsistent"], "copy=inconsistent"),
            (["Outdated", "UpToDate"], "copy=usable"), (["Outdated", "Diskless"], nil),
        ] {
            let lines = disks.enumerated().map { "  volume:\($0) disk:\($1)" }
            let text = ["r0 role:Secondary"] + lines + ["  peer connection:Connecting"]
            try drbd.write("status.text", text.joined(separator: "\n") + "\n")
            let output = try drbd.act("data").output
            #expect(output.contains("copy=") == (copy != nil), "\(output)")
            if let copy { #expect(output.contains(copy), "\(output)") }
        }
    }

    @Test func onlyAnAcceptedLossForcesAndOnlyWhatIsWhole() throws {
        let old = try DRBDStandIn(
            role: "Secondary/Unknown",
            connection: "WFConnection",
            disk: "Outdated/DUnknown"
        )
        #expect(try old.act("start").exit == 1)
        #expect(try old.act("start", acceptsLoss: true).exit == 0)
        #expect(old.calls.count { $0 == "primary --force r0" } == 1)
        let torn = try DRBDStandIn(
            role: "Secondary/Unknown",
            connection: "WFConnection",
            disk: "Inconsistent/DUnknown"
        )
        #expect(try torn.act("start", acceptsLoss: true).exit == 1)
        let served = try DRBDStandIn(role: "Secondary/Primary", disk: "Outdated/UpToDate")
        #expect(try served.act("start", milliseconds: 1500, acceptsLoss: true).exit == 1)
        #expect(!(torn.calls + served.calls).contains { $0.contains("force") })
    }
}
