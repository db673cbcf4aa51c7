// The published files byte for byte, the repository's samples, and whole configurations.

import Failover
import Monitoring
import Testing

@testable import Configuration

@Suite struct WholeTests {
    private func sample(_ directory: String) -> ConfigurationFiles {
        let path = root + "/" + directory + "/"
        return ConfigurationFiles(
            haCf: file(path + "ha.cf"),
            haresources: file(path + "haresources"),
            authkeys: goodKeys,
            monCf: file(path + "mon.cf")
        )
    }

    @Test func theSampleFilesAreReadWithoutAWarning() throws {
        let check = ConfigurationCheck(sample("Config"), node: "l1")
        #expect(
            Diagnostic.text(check.diagnostics) == """
                mon.cf:15:19: note: the alert 'ha-down.alert' never asks whether the peer is fit; Baton does (rule \
                S7), and moves a group at most once per incident
                                alert ha-down.alert
                                      ^
                    hint: an order to a peer that is unfit is refused and said so
                mon.cf: note: no group has the resource 'monitor' (or 'mon'): \
                nothing runs these monitors

                """
        )
        let configuration = try #require(check.configuration)
        #expect(configuration.ownNode == "l1")
        #expect(configuration.peerNode == "l0")
        #expect(configuration.groups.map(\.name) == ["drbddisk::r0"])
    }

    @Test(arguments: ["Config", "Examples/aggregate"])
    func theExampleKeyIsReadAndNotToBeUsed(directory: String) throws {
        let example = try #require(file(root + "/" + directory + "/authkeys.example", mode: 0o600))
        let (keys, list) = AuthkeysParser.parse(example)
        #expect(keys?.signingID == 1)
        #expect(list.all.map(\.message) == ["key 1 is the published example: everybody has it"])
    }

    @Test func theArticlesTwinHasTheArticlesGroupAndOneOfItsWarnings() throws {
        let check = ConfigurationCheck(sample("Examples/aggregate"), node: "l0")
        #expect(
            check.diagnostics.filter { $0.severity > .note }.map(\.code) == [.addressFirst]
        )
        let group = try #require(check.configuration?.groups.first)
        #expect(
            group.resources.map(\.text) == [
                "IPaddr2::192.168.1.100/24/eth1:0", "drbddisk::r0",
                "Filesystem::/dev/drbd0::/mnt/drbd::ext3", "mysqld-max", "linkserv", "mon",
            ]
        )
        #expect(check.configuration?.monitors?.watches.first?.services.count == 5)
    }

    @Test(.enabled(if: hasSeeds, "no seed files beside the repository"))
    func thePastedSeedHasNoErrorAndItsTrapsAreNamed() throws {
        let files = ConfigurationFiles(
            haCf: file(seeds + "ha.cf"),
            haresources: file(seeds + "haresources.node1", as: "haresources"),
            authkeys: goodKeys,
            monCf: file(seeds + "mon.cf")
        )
        var peer = files
        peer.haresources = file(seeds + "haresources.node2", as: "l1/haresources")
        let check = ConfigurationCheck(files, node: "l0", peer: peer)
        #expect(
            check.diagnostics.map {
                "\($0.file):\($0.line):\($0.column) \($0.severity.word) \($0.code.rawValue)"
            } == [
                "ha.cf:3:10 note no-break-spaces",
                "ha.cf:15:1 note without-effect",
                "ha.cf:21:1 warning one-network",
                "ha.cf:23:1 warning failback-with-storage",
                "haresources:1:4 warning address-first",
                "mon.cf:11:10 note no-break-spaces",
                "mon.cf:13:1 note without-effect",
                "mon.cf:19:1 note downtime-log-off",
                "mon.cf:51:4 note blank-lines-in-records",
                "mon.cf:55:37 note host-twice",
                "mon.cf:59:12 note blind-alert",
                "mon.cf:59:12 note repeating-alert",
                "mon.cf:61:6 warning slow-detection",
                "mon.cf:103:69 warning password-in-file",
                "l1/haresources:0:0 note preferred-node-differs",
            ]
        )
        let configuration = try #require(check.configuration)
        #expect(configuration.nodes == ["l0", "l1"])
        #expect(configuration.timings.deadtime == .seconds(3))
        #expect(configuration.timings.initdead == .seconds(12))
        #expect(configuration.autoFailback == .on)
        #expect(configuration.groups.map(\.name) == ["192.168.1.100"])
        #expect(
            configuration.monitors?.watches.first?.services.map(\.name) == [
                "agg0", "agg1", "agg2", "agg3", "mysql",
            ]
        )
        #expect(configuration.logging.debugFile == "/var/log/ha-debug")
    }

    @Test(.enabled(if: hasSeeds, "no seed files beside the repository"))
    func thePastedSeedWithoutKeysNamesTheCommand() {
        let check = ConfigurationCheck(
            ConfigurationFiles(
                haCf: file(seeds + "ha.cf"),
                haresources: file(seeds + "haresources.node1")
            ),
            node: "l0"
        )
        #expect(check.configuration == nil)
        let errors = check.diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.file) == ["authkeys"])
        #expect(errors.first?.hint?.contains("baton keygen") == true)
    }

    @Test func aForeignMachineIsAnErrorAndNoNodeAtAllIsNot() {
        let check = ConfigurationCheck(files(), node: "l9")
        #expect(check.diagnostics.map(\.code) == [.unknownNode])
        #expect(
            check.diagnostics.first?.message
                == "this machine is 'l9', which is none of the nodes l0 and l1"
        )
        #expect(ConfigurationCheck(files()).configuration?.ownNode == "l0")
        #expect(ConfigurationCheck(files(), node: "L1").configuration?.ownNode == "l1")
    }

    @Test func whatTwoNodesMeanDifferentlyIsJudgedByWhatItCanDo() {
        let pairs: [(String, [String])] = [
            ("l1 10.0.0.1/24/eth0 drbddisk::r0\n", ["note preferred-node-differs"]),
            ("l0 10.0.0.1/24/eth3 drbddisk::r0\n", []),
            ("l0 10.0.0.1/16/eth0 drbddisk::r0\n", ["warning meaning-differs"]),
            ("l0 10.0.0.1/24/eth0 drbddisk::r1\n", ["error meaning-differs"]),
            ("l0 10.0.0.2/24/eth0 drbddisk::r0\n", ["error group-missing", "error group-missing"]),
        ]
        for (text, expected) in pairs {
            let check = ConfigurationCheck(files(), node: "l0", peer: files(goodHaCf, text))
            #expect(
                check.diagnostics.map { "\($0.severity.word) \($0.code.rawValue)" } == expected,
                "\(text)"
            )
        }
    }

    @Test func aFileThePeersSetLacksIsTakenToBeEqual() {
        let other = ConfigurationFiles(
            haresources: ConfigurationFile(
                name: "peer",
                text: "l1 10.0.0.1/24/eth0 drbddisk::r0\n"
            )
        )
        let check = ConfigurationCheck(files(), node: "l0", peer: other)
        #expect(
            check.diagnostics.map { "\($0.file) \($0.severity.word) \($0.code.rawValue)" } == [
                "ha.cf note missing-file", "authkeys note missing-file",
                "peer note preferred-node-differs",
            ]
        )
    }

    @Test func aScriptBeforeABuiltInTypeIsSaid() {
        var set = files()
        set.scripts = ["IPaddr", "drbddisk"]
        let check = ConfigurationCheck(set, node: "l0")
        #expect(check.diagnostics.map(\.code) == [.scriptBeforeBuiltIn, .scriptBeforeBuiltIn])
        #expect(check.diagnostics.first?.message.hasSuffix("batond holds addresses itself") == true)
    }

    @Test func aKeyThatIsPrintedKeepsItsSecret() throws {
        let configuration = try #require(ConfigurationCheck(files(), node: "l0").configuration)
        var text = ""
        dump(configuration, to: &text)
        print(configuration, to: &text)
        let secret = try #require(configuration.keys.key(1)?.secret)
        #expect(!text.contains(String(decoding: secret.prefix(8), as: UTF8.self)))
        #expect(text.contains("key 1 sha256"))
        #expect(!text.contains("\(secret[0]), \(secret[1])"))
    }

    @Test func nodesThatWouldNotKnowEachOtherAreErrors() {
        var peer = files(
            "node l1 l0\nbcast eth1\nauto_failback off\ncluster other\n"
        )
        peer.authkeys = ConfigurationFile(
            name: "authkeys",
            text: AuthenticationKeys.newFile(secret: Array(1..<33)),
            mode: 0o600
        )
        let check = ConfigurationCheck(files(), node: "l0", peer: peer)
        #expect(
            check.diagnostics.map(\.message) == [
                "'node' is 'l1 l0' there and 'l0 l1' here: their order breaks ties and must be the same",
                "'cluster' is 'other' there and 'linux-ha' here: each takes the other for foreign",
                "key 1 is another one there than here",
            ]
        )
    }

    @Test func settingsCarryWhatTheFilesSay() throws {
        let own = try #require(IPAddress("192.168.2.2"))
        let configuration = try #require(
            ConfigurationCheck(
                files(
                    "node l0 l1\nbcast eth1\nucast eth0 192.168.2.2\nucast eth0 192.168.2.3\n"
                        + "auto_failback off\ntimeout drbddisk stop 7s\nstateless squid\n",
                    "l1 10.0.0.1/24/eth0 drbddisk::r0\nl0 10.0.0.2 squid\n"
                ),
                node: "l1"
            ).configuration
        )
        let settings = configuration.settings(ownAddresses: [own])
        #expect(settings.node == NodeName("l1"))
        #expect(settings.peer == NodeName("l0"))
        #expect(!settings.isFirstNode)
        #expect(settings.links.map(\.name) == ["bcast eth1", "ucast eth0 192.168.2.3"])
        #expect(settings.groups.map(\.preferred) == [.own, .peer])
        #expect(settings.groups.map(\.holdsStorage) == [true, false])
        #expect(settings.groups[1].storageDigest == 0)
        #expect(settings.groups[0].storageDigest == fnv1a("v1 storage\ndrbddisk\tr0\n"))
        #expect(settings.groups[0].resources[1].stopTimeout == .seconds(7))
        #expect(settings.groups[0].resources[1].startTimeout == .seconds(30))
    }

    @Test func aGroupIsSuspendedWhereAllThatWritesIsAScriptsProcess() throws {
        func groups(_ haCf: String, _ lines: String) throws -> ([String], [Bool]) {
            let configuration = try #require(
                ConfigurationCheck(
                    files(goodHaCf + haCf, lines),
                    node: "l0"
                ).configuration
            )
            return (
                Protection(configuration).groups,
                configuration.settings().groups.map(\.isSuspendable)
            )
        }
        let lines = """
            l0 10.0.0.1 mysqld
            l0 10.0.0.2 mysqld2 Filesystem::/dev/sda1::/mnt
            l0 10.0.0.3 MailTo::root
            l0 10.0.0.4 ocf:heartbeat:LVM-activate
            l0 10.0.0.5 OCF::Filesystem::a
            l0 10.0.0.6 OCF::pgsql::a nfs-server.service
            l0 10.0.0.7 OCF::pgsql::b MailTo::admin

            """
        let (said, suspendable) = try groups("", lines)
        #expect(suspendable == [true, false, true, false, false, false, true])
        #expect(
            said[..<3] == [
                "10.0.0.1: storage, because of mysqld; cut off, it is suspended by the freezer (stopped where it "
                    + "is a unit of systemd)",
                "10.0.0.2: storage, because of mysqld2, Filesystem; cut off, it is stopped",
                "10.0.0.3: stateless",
            ]
        )
        let (off, none) = try groups("freezer off\n", lines)
        #expect(none == [false, false, true, false, false, false, false])
        #expect(off[0] == "10.0.0.1: storage, because of mysqld; cut off, it is stopped")
    }

    @Test func theProtectionSaysWhatCanGiveTwoHolders() throws {
        let configuration = try #require(ConfigurationCheck(files(), node: "l0").configuration)
        let on = Protection(configuration)
        #expect(on.level == .evidence)
        #expect(on.gaps.map(\.kind) == [.networksCut, .machinePaused, .falseWord])
        #expect(
            on.gaps.first?.text.hasPrefix("every network between the nodes is cut at once (eth1,")
                == true
        )
        #expect(on.gaps.first?.closedBy?.contains("unproved_takeover off") == true)
        #expect(
            on.groups == [
                "10.0.0.1: storage, because of drbddisk; cut off, it is suspended "
                    + "with its drbddisk (suspend-io)"
            ]
        )
        var other = configuration
        other.takesUnproved = false
        #expect(Protection(other).promises.count == on.promises.count + 1)
        #expect(Protection(other).gaps[0].closedBy?.contains("unproved_takeover off") == false)
        other.evidence.earlyTakeover = .on
        other.evidence.bootPolicy = .any
        #expect(
            Protection(other).gaps.map(\.kind) == [
                .networksCut, .machinePaused, .earlyBlip, .bootCutOff, .falseWord,
            ]
        )
    }
}
