// drbd.conf: read as drbdadm 9.22 and its 8.4 form read it, and judged for what surprises later.

import Failover
import Testing

@testable import Configuration

/// What is found in a drbd.conf beside the article's group.
private func found(
    _ text: String,
    haresources line: String = article,
    deadtime: Duration = .seconds(10)
) -> [Diagnostic] {
    judged([ConfigurationFile(name: "drbd.conf", text: text)], haresources: line, deadtime)
}

private func judged(
    _ files: [ConfigurationFile],
    haresources line: String = article,
    _ deadtime: Duration = .seconds(10)
) -> [Diagnostic] {
    let (groups, _) = haresources(line)
    return DRBDConfCheck.diagnostics(
        files,
        nodes: ["l0", "l1"],
        groups: groups,
        deadtime: deadtime
    )
}

private let article =
    "l0 IPaddr2::192.168.1.100/24/eth1:0 drbddisk::r0 Filesystem::/dev/drbd0::/mnt/drbd::ext3 mysqld-max\n"

/// A file without a fault: DRBD 8.4's words, the replication link.
private let sound = """
    global { usage-count no; }
    common {
      net { protocol C; }
      disk { resync-rate 10M; on-io-error detach; fencing resource-only; }
      handlers { fence-peer "/usr/sbin/baton outdate-peer"; }
    }
    resource r0 {
      startup { wfc-timeout 60; degr-wfc-timeout 60; outdated-wfc-timeout 30; }
      on l0 { device /dev/drbd0; disk /dev/sda7; address 192.168.2.2:7791; meta-disk internal; }
      on l1 { device /dev/drbd0; disk /dev/sda7; address 192.168.2.3:7791; meta-disk internal; }
    }

    """

@Suite struct DRBDConfTests {
    @Test func aSoundFileHasNothingToSay() {
        #expect(found(sound) == [])
    }

    @Test func sectionsStatementsAndStringsAreRead() throws {
        let text = """
            resource "r 0" { # a comment { with ; braces
              volume 0 { device minor 0; disk "/dev/sd#7"; }
              on l0 { address ipv6 [fd00::1]:7788;
                volume 1 { device /dev/drbd1 minor 1; } }
              handlers { fence-peer "/usr/sbin/baton outdate-peer"; }
            }
            """
        let (conf, list) = DRBDConfParser.parse(ConfigurationFile(name: "drbd.conf", text: text))
        #expect(list.all == [])
        let resource = try #require(conf.resources.first)
        #expect(resource.name == "r 0")
        #expect(resource.hosts.map(\.name) == ["l0"])
        #expect(resource.hosts[0].address == IPAddress("fd00::1"))
        #expect(resource.hosts[0].devices == ["/dev/drbd1"])
        let handler = resource.section.sections("handlers").first?.statement("fence-peer")
        #expect(handler?.values == ["/usr/sbin/baton outdate-peer"])
    }

    @Test(
        arguments: [
            ("resource r0 {\n net { protocol C; }\n", 1, "is not closed"),
            ("global { usage-count no }\n", 1, "';' is missing behind 'usage-count no'"),
            ("global { usage-count no; } }\n", 1, "'}' closes nothing"),
            ("common { handlers { fence-peer \"x; } }\n", 1, "quote is not closed"),
        ]
    )
    func formIsJudged(text: String, line: Int, message: String) {
        let found = found(text, haresources: "l0 10.0.0.1\n")
        #expect(found.contains { $0.line == line && $0.message.contains(message) })
    }

    @Test(
        arguments: [
            ("rate 10M", "disk { resync-rate 10M; }"),
            ("verify-alg sha1", "net { verify-alg sha1; }"),
            ("al-extents 257", "disk { al-extents 257; }"),
            ("after r1", "disk { resync-after r1; }"),
        ]
    )
    func wordsOfDRBD83HaveTheir84Form(old: String, new: String) {
        let found = found(sound + "common { syncer { \(old); } }\n")
        #expect(found.map(\.code) == [.oldName])
        #expect(found.first?.hint == "in 8.4 and 9: \(new)")
    }

    @Test(
        arguments: [
            ("startup { become-primary-on both; }", Diagnostic.Severity.error),
            ("net { allow-two-primaries; }", .error), ("net { allow-two-primaries yes; }", .error),
            ("net { after-sb-0pri discard-zero-changes; }", .warning),
            ("net { after-sb-1pri discard-secondary; }", .warning),
            ("disk { on-io-error pass_on; }", .warning),
            ("options { auto-promote yes; }", .warning),
            ("net { protocol A; }", .warning),
        ]
    )
    func whatDRBDWouldDoByItselfIsNamed(option: String, severity: Diagnostic.Severity) {
        let text = sound.replacing("resource r0 {", with: "resource r0 {\n  \(option)")
        let found = found(text)
        #expect(found.map(\.code) == [.dangerousOption])
        #expect(found.first?.severity == severity)
        #expect(found.first?.line == 8)
    }

    @Test func whatDoesNotGoByItselfIsNotNamed() {
        let harmless = [
            "net { allow-two-primaries no; }", "net { after-sb-0pri disconnect; }",
            "net { after-sb-1pri consensus; }", "options { auto-promote no; }",
        ]
        for option in harmless {
            let text = sound.replacing("resource r0 {", with: "resource r0 {\n  \(option)")
            #expect(found(text) == [], "\(option)")
        }
    }

    @Test func hostsAreTheNodes() {
        let found = found(sound.replacing("on l1", with: "on li"))
        #expect(found.map(\.code) == [.unknownNode, .unknownNode])
        #expect(found[0].message == "resource 'r0' is not on node 'l1'")
        #expect(found[1].hint == "did you mean 'l0'?")
    }

    @Test func replicationStaysOffTheClientsNetwork() {
        let lan = found(sound.replacing("192.168.2.2", with: "192.168.1.2"))
        #expect(lan.map(\.code) == [.replicationPath])
        #expect(lan.first?.message.contains("192.168.1.100/24") == true)
        let group = found(sound.replacing("192.168.2.2", with: "192.168.1.100"))
        #expect(group.map(\.severity) == [.error])
        let unreadable = found(sound.replacing("192.168.2.2:7791", with: "here"))
        #expect(unreadable.map(\.code) == [.invalidAddress])
    }

    @Test func whatHaresourcesMovesIsThere() {
        let other = article.replacing("drbddisk::r0", with: "drbddisk::r1")
        #expect(found(sound, haresources: other).map(\.code) == [.unknownResource])
        let below = article.replacing("/dev/drbd0", with: "/dev/sda7")
        let found = found(sound, haresources: below)
        #expect(found.map(\.code) == [.replicationPath])
        #expect(found.first?.hint == "/dev/drbd0")
    }

    /// Debian's drbd.conf has nothing but what it includes.
    @Test func resourcesInFilesOfTheirOwnAreOneConfiguration() throws {
        let main = ConfigurationFile(
            name: "drbd.conf",
            text: "include \"drbd.d/global_common.conf\";\ninclude \"drbd.d/*.res\";\n"
        )
        #expect(main.drbdIncludes == ["drbd.d/global_common.conf", "drbd.d/*.res"])
        let common = ConfigurationFile(
            name: "global_common.conf",
            text: """
                common { net { protocol A; } disk { fencing resource-only; }
                  handlers { fence-peer "baton outdate-peer"; } }
                """
        )
        let end = try #require(sound.firstRange(of: "\nresource"))
        let resource = ConfigurationFile(name: "r0.res", text: String(sound[end.lowerBound...]))
        let found = judged([main, common, resource])
        #expect(found.map(\.code) == [.dangerousOption])
        let none = judged([main, common])
        #expect(none.map(\.code) == [.unknownResource])
        #expect(none.first?.file == "drbd.conf")
    }

    @Test func theCheckOfTheFilesReadsItWhereAGroupMovesDRBD() throws {
        func codes(_ haresources: String) -> [Diagnostic.Code] {
            let files = ConfigurationFiles(
                haCf: ConfigurationFile(name: "ha.cf", text: "bcast eth2\nnode l0 l1\n"),
                haresources: ConfigurationFile(name: "haresources", text: haresources),
                drbd: [
                    ConfigurationFile(name: "drbd.conf", text: sound.replacing("r0", with: "r1"))
                ]
            )
            return ConfigurationCheck(files, node: "l0").diagnostics.filter {
                $0.file == "drbd.conf"
            }
            .map(\.code)
        }
        #expect(codes(article) == [.unknownResource])
        #expect(codes("l0 IPaddr2::192.168.1.100/24/eth1:0\n") == [])
    }

    @Test(
        arguments: [
            ("", "", Diagnostic.Severity.note, "lacks it"),
            ("", "/usr/sbin/baton outdate-peer", .note, "is never called"),
            ("disk { fencing resource-only; }", "", .warning, "without a handler"),
            ("net { fencing resource-only; }", "", .warning, "without a handler"),
            ("disk { fencing resource-only; }", "/usr/lib/drbd/own.sh", .warning, "not ask batond"),
            (
                "disk { fencing resource-only; }", "/usr/lib/heartbeat/drbd-peer-outdater -t 5",
                .warning, "dopd"
            ),
            (
                "disk { fencing resource-and-stonith; }", "/usr/sbin/baton outdate-peer", .note,
                "stand still"
            ),
        ]
    )
    func whatDRBDDoesWithoutAskingIsSaid(
        policy: String,
        handler: String,
        severity: Diagnostic.Severity,
        words: String
    ) {
        let bare = sound.replacing(" fencing resource-only;", with: "")
            .replacing("  handlers { fence-peer \"/usr/sbin/baton outdate-peer\"; }\n", with: "")
        let own = handler.isEmpty ? "" : "handlers { fence-peer \"\(handler)\"; }"
        let text = bare.replacing("resource r0 {", with: "resource r0 {\n  \(policy) \(own)")
        let told = found(text)
        #expect(told.map(\.code) == [.fencePeer])
        #expect(told.first?.severity == severity)
        #expect(told.first?.message.contains(words) == true)
        // What no group moves is nobody's here.
        #expect(found(text, haresources: "l0 10.0.0.1\n").map(\.code) == [])
    }

    @Test func waitingAtTheBootIsSaid() {
        let text = sound.replacing(
            "wfc-timeout 60; degr-wfc-timeout 60; outdated-wfc-timeout 30;",
            with: "wfc-timeout 0; degr-wfc-timeout 120;"
        )
        #expect(found(text).map(\.code) == [.bootWaits, .bootWaits])
    }

    @Test(
        arguments: [
            ("", "", 10, nil), ("", "", 11, "ping-int 11"), ("ping-int 30;", "", 30, nil),
            ("ping-int 30;", "", 31, "ping-int 31"), ("", "ping-int 12; ping-timeout 30;", 14, nil),
            ("ping-int 5;", "ping-int 60;", 10, "ping-int 10"), ("ping-int many;", "", 10, nil),
        ] as [(String, String, Int, String?)]
    )
    func whatDRBDFindsBeforeTheDiskIsSuspendedIsSaid(
        own: String,
        common: String,
        deadtime: Int,
        hint: String?
    ) {
        let text = sound.replacing("net { protocol C; }", with: "net { protocol C; \(common) }")
            .replacing("resource r0 {", with: "resource r0 {\n  net { \(own) }")
        let told = found(text, deadtime: .seconds(deadtime))
        #expect(told.map(\.code) == (hint == nil ? [] : [.replicationTimes]))
        if let hint { #expect(told.first?.hint?.contains(hint) == true) }
        // What no group moves is nobody's here.
        #expect(found(text, haresources: "l0 10.0.0.1\n", deadtime: .seconds(60)).isEmpty)
    }

    /// The article's own file, with the no-break spaces of the page, without its last brace.
    @Test(.enabled(if: hasSeeds, "no seed files beside the repository"))
    func thePastedFileIsCorrected() throws {
        let pasted = try #require(file(seeds + "drbd.conf"))
        let found = judged([pasted])
        let codes = found.map(\.code)
        for code in [
            Diagnostic.Code.noBreakSpaces, .braces, .oldName, .bootWaits, .replicationPath,
        ] {
            #expect(codes.contains(code), "\(code)")
        }
        #expect(!codes.contains(.unknownNode))
        #expect(found.allSatisfy { $0.severity != .error })
    }
}
