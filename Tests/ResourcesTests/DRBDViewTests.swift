// What `view` prints of a DRBD resource comes back as it was, and what is no such text comes to nothing.

import Testing

@testable import Resources

@Suite struct DRBDViewTests {
    @Test func aViewComesBack() {
        var view = DRBDView(name: "r0", role: "Primary")
        view.version = "8.4.11"
        view.peerRole = "Secondary"
        view.connection = "SyncSource"
        view.generations = [0xEBA2_C269_E94D_0E08, 0, 0x6398_3F9E_81E9_95CE, 4]
        var volume = DRBDView.Volume(
            number: 0,
            device: "/dev/drbd0",
            disk: "UpToDate",
            peerDisk: "Inconsistent"
        )
        volume.done = 714
        volume.mount = "/mnt/a b=c"
        volume.filesystem = "ext3"
        volume.size = 245_238_784
        volume.used = 18_371_584
        view.volumes = [volume, DRBDView.Volume(number: 7, device: nil, disk: "Diskless")]
        #expect(DRBDView.parse(view.text) == [view])
        #expect(DRBDView.parse(view.text + view.text) == [view, view])
    }

    @Test(arguments: ["", "volume=0 disk=UpToDate\n", "resource=\n", "resource=r0\n", "=\n=="])
    func whatIsNoViewIsNothing(text: String) {
        #expect(DRBDView.parse(text) == [])
    }

    @Test func theProgramTellsIt() throws {
        let drbd = try DRBDStandIn(
            role: "Secondary/Primary",
            connection: "SyncTarget",
            disk: "Inconsistent/UpToDate"
        )
        try drbd.write("version", "8.4.11\n")
        let run = try drbd.act("view")
        #expect(run.exit == 0)
        let view = try #require(DRBDView.parse(run.output).first)
        #expect(view.name == "r0" && view.version == "8.4.11")
        #expect(view.role == "Secondary" && view.peerRole == "Primary")
        #expect(view.connection == "SyncTarget")
        #expect(view.generations.map { $0 % 2 } == [0, 0, 0, 0])
        #expect(view.volumes.map(\.device) == ["/dev/drbd0"])
        #expect(view.volumes.map(\.disk) == ["Inconsistent"])
    }

    @Test func afterASplitItSaysSo() throws {
        let drbd = try DRBDStandIn(
            role: "Primary/Unknown",
            connection: "StandAlone",
            disk: "UpToDate/DUnknown"
        )
        let view = try #require(DRBDView.parse(try drbd.act("view").output).first)
        #expect(view.connection == "StandAlone")
    }
}
