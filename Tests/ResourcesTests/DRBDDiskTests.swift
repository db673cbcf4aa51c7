// drbddisk beside a stand-in for drbdadm: what is called, how often, and what its exit codes come to.

import Testing

@Suite struct DRBDDiskTests {
    @Test(
        arguments: [
            ("Primary/Secondary", Int32(0), "running: r0 "),
            ("Secondary/Primary", 3, "stopped: r0 "),
            ("Unconfigured", 3, "stopped: r0 "), ("Secondary", 3, "stopped: r0 "),
            ("nonsense", 4, "unknown: drbdadm role r0"),
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
        let drbd = try DRBDStandIn(role: "Secondary/Primary")
        try drbd.write("primary.exits", "11\n11\n0\n")
        let run = try drbd.act("start")
        #expect(run == Run(exit: 0, output: "r0 is primary\n"))
        #expect(
            drbd.calls.filter { $0.hasPrefix("primary") } == [
                "primary r0", "primary r0", "primary r0",
            ]
        )
    }

    @Test func promotionIsNeverForced() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Primary")
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

    @Test func aStopIsTriedUntilTheDeviceIsFree() throws {
        let drbd = try DRBDStandIn(role: "Primary/Secondary")
        try drbd.write("secondary.exits", "11\n11\n0\n")
        #expect(try drbd.act("stop").exit == 0)
        #expect(drbd.calls.count { $0 == "secondary r0" } == 3)
    }

    @Test func withoutAnArgumentItIsAllResources() throws {
        let drbd = try DRBDStandIn(role: "Secondary/Secondary")
        try drbd.write("sh-resources.text", "r0 r1\n")
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
}
