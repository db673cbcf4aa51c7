import Foundation
import Testing

@Suite("Usage, help, keys, check")
struct UsageTests {
    @Test(
        "Wrong usage exits with 2 and says what is known",
        arguments: [
            "status --foo", "standby a b", "standby --timeout soon", "confirm-down", "keygen x",
            "manual nope.9", "completion ksh", "--run", "help nodx",
            "freeze --for 0", "freeze --for 400d", "freeze --for soon", "clear a b",
            "monitors disable",
            "monitors web --nothing", "check --config /nonexistent",
        ]
    )
    func wrongUsage(words: String) throws {
        let result = try run(Program.baton, words.split(separator: " ").map(String.init))
        #expect(result.code == 2)
        #expect(result.output == "")
        #expect(!result.errors.isEmpty)
    }

    @Test("A mistyped subcommand is named with the nearest one")
    func mistyped() throws {
        #expect(
            try baton("--json", "--run", "/x", "takover")
                == Run(
                    code: 2,
                    output: "",
                    errors:
                        "baton: there is no subcommand 'takover'; did you mean 'takeover'?\nType: baton help\n"
                )
        )
    }

    @Test("Help and version exit with 0, whatever they are asked with")
    func help() throws {
        for words in [
            ["--help"], ["help"], ["standby", "--help"], ["help", "standby"], ["--version"],
        ] {
            let result = try run(Program.baton, words)
            #expect(result.code == 0, "\(words)")
            #expect(result.errors == "")
        }
        try expectGolden(try baton("--help").output, "help.txt")
        #expect(try baton("help").output == baton("--help").output)
        #expect(try baton("help", "standby").output.contains("USAGE: baton standby"))
    }

    @Test("help tells grammar, unit, default, range and meaning of a directive")
    func directive() throws {
        let result = try baton("help", "keepalive")
        #expect(result.code == 0)
        for part in [
            "keepalive (ha.cf)", "keepalive TIME", "Unit: seconds", "Default: 1s", "Range: ",
        ] {
            #expect(result.output.contains(part), "\(part)")
        }
    }

    @Test("help nodx offers node")
    func nearest() throws {
        #expect(
            try baton("help", "nodx").errors
                == "baton: 'nodx' is neither a subcommand nor a word of the configuration; did you mean 'node'?\n"
        )
    }

    @Test("keygen writes a key only root can read, and never over another one unasked")
    func keygen() throws {
        let place = try Place()
        let first = try baton("keygen", "--config", place.path + "/")
        #expect(first.code == 0)
        #expect(first.output.contains("Copy it to the other node"))
        let text = try place.read("authkeys")
        #expect(text.wholeMatch(of: /auth 1\n1 sha256 [0-9a-f]{64}\n/) != nil)
        let path = place.path + "/authkeys"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let again = try baton("keygen", "--config", place.path)
        #expect(again.code == 1)
        #expect(again.errors.contains("type: baton keygen --config \(place.path) --force"))
        #expect(try place.read("authkeys") == text)
        #expect(try baton("keygen", "--config", place.path, "--force").code == 0)
        #expect(try place.read("authkeys") != text)
        #expect(try baton("keygen", "--config", place.path + "/no").code == 2)
    }

    @Test("check exits 0 for notes and warnings, 1 for warnings with --strict, 2 for errors")
    func check() throws {
        let place = try Place()
        try place.write(
            "keepalive 1\ndeadtime 10\nbcast eth1\nbcast eth2\nnode l0 l1\nauto_failback off\n",
            "ha.cf"
        )
        try place.write("l0 IPaddr2::10.0.0.1/24/eth0\n", "haresources")
        #expect(try baton("keygen", "--config", place.path).code == 0)
        let clean = try baton("check", "--config", place.path, "--strict")
        #expect(clean.code == 0, "\(clean.output)")
        try place.write("l0 10.0.0.1/24/eth0 drbddisk::r0 mysql\n", "haresources")
        let warned = try baton("check", "--config", place.path)
        #expect(warned.code == 0)
        #expect(warned.output.contains("\(place.path)/haresources:1:4: warning: "))
        #expect(try baton("check", "--config", place.path, "--strict").code == 1)
        // A script of the instance's own stands before what is built in, once it can be run.
        let directory = place.path + "/resource.d"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let note = "note: the script 'drbddisk' in resource.d stands before the built-in type"
        try place.write("#!/bin/sh\n", "resource.d/drbddisk")
        #expect(try !baton("check", "--config", place.path).output.contains(note))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: directory + "/drbddisk"
        )
        #expect(try baton("check", "--config", place.path).output.contains(note))
        try place.write("kepalive 1\ndeadtime 3\nbcast eth1\nnode l0 l1\n", "ha.cf")
        let wrong = try baton("check", "--config", place.path)
        #expect(wrong.code == 2)
        #expect(wrong.output.hasPrefix("\(place.path)/ha.cf:1:1: error: "))
        #expect(wrong.errors == "")
    }

    @Test("check --json counts and lists the same")
    func checkJSON() throws {
        struct Report: Decodable {
            struct Entry: Decodable {
                var severity: String
                var code: String
                var line: Int
            }
            var errors: Int
            var diagnostics: [Entry]
        }
        let place = try Place()
        try place.write("kepalive 1\n", "ha.cf")
        let result = try baton("check", "--json", "--config", place.path)
        #expect(result.code == 2)
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(report.errors == report.diagnostics.count { $0.severity == "error" })
        #expect(report.diagnostics.contains { $0.code == "unknown-directive" && $0.line == 1 })
    }

    @Test("check --peer-config compares with the other node's files")
    func checkPeer() throws {
        let own = try Place()
        let peer = try Place()
        for (place, preferred) in [(own, "l0"), (peer, "l1")] {
            try place.write("deadtime 10\nbcast eth1\nbcast eth2\nnode l0 l1\n", "ha.cf")
            try place.write("\(preferred) IPaddr2::10.0.0.1/24/eth0\n", "haresources")
        }
        #expect(try baton("keygen", "--config", own.path).code == 0)
        try FileManager.default.copyItem(
            atPath: own.path + "/authkeys",
            toPath: peer.path + "/authkeys"
        )
        let result = try baton("check", "--config", own.path, "--peer-config", peer.path)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("\(peer.path)/haresources: note: "))
    }

    @Test(
        "The published files pass with their notes and warnings once keygen has made a key",
        .enabled("the published files are beside the package") {
            FileManager.default.fileExists(atPath: Program.root + "/../shared/seeds/pasted/ha.cf")
        }
    )
    func published() throws {
        let place = try Place()
        let seeds = Program.root + "/../shared/seeds/pasted/"
        for (source, name) in [
            ("ha.cf", "ha.cf"), ("haresources.node1", "haresources"), ("mon.cf", "mon.cf"),
        ] {
            try FileManager.default.copyItem(
                atPath: seeds + source,
                toPath: place.path + "/" + name
            )
        }
        #expect(try baton("check", "--config", place.path).code == 2)
        #expect(try baton("keygen", "--config", place.path).code == 0)
        let result = try baton("check", "--config", place.path)
        #expect(result.code == 0, "\(result.output)")
        #expect(try baton("check", "--config", place.path, "--strict").code == 1)
    }
}
