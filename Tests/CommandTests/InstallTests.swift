import Foundation
import Testing

@Suite("make install")
struct InstallTests {
    @Test(
        "Everything lands where it is looked for, and the links answer by their names",
        .enabled("make and the unit are here") {
            Program.find("/usr/bin/make") != nil
                && FileManager.default.fileExists(atPath: Program.root + "/Config/batond.service")
        }
    )
    func install() throws {
        let place = try Place()
        let binaries = URL(fileURLWithPath: Program.baton).deletingLastPathComponent().path
        let made = try run(
            "/usr/bin/make",
            ["-s", "-C", Program.root, "install", "DESTDIR=\(place.path)", "BINARIES=\(binaries)"]
        )
        #expect(made == Run(code: 0, output: made.output, errors: ""))
        for path in [
            "usr/sbin/batond", "usr/sbin/batond-peer", "usr/sbin/baton", "usr/sbin/baton-monitor",
            "usr/sbin/baton-resource",
            "usr/share/man/man8/baton.8",
            "usr/share/man/man8/batond.8",
            "usr/share/man/man5/ha.cf.5", "usr/share/man/man5/haresources.5",
            "usr/share/man/man5/authkeys.5", "usr/share/bash-completion/completions/baton",
            "lib/systemd/system/batond.service", "etc/baton",
        ] {
            #expect(FileManager.default.fileExists(atPath: place.path + "/" + path), "\(path)")
        }
        for directory in ["usr/bin", "usr/lib/heartbeat", "usr/share/heartbeat"] {
            let link = "\(place.path)/\(directory)/cl_status"
            let environment = ["BATON_RUN": place.path]
            #expect(
                try run(link, ["hbstatus"], environment: environment).output
                    == "Heartbeat is stopped on this machine.\n"
            )
        }
    }

    @Test(
        "make help lists every target that has a text",
        .enabled("make is here") { Program.find("/usr/bin/make") != nil }
    )
    func help() throws {
        let made = try run("/usr/bin/make", ["-s", "-C", Program.root, "help"])
        #expect(made.code == 0)
        for target in ["help", "install"] { #expect(made.output.contains("  make \(target) ")) }
    }
}
