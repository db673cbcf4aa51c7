// ha.cf: the directives of evidence, their defaults, limits and places, and what only the whole shows.

import Failover
import Testing

@testable import Configuration

@Suite struct EvidenceTests {
    private func evidence(_ text: String) throws -> EvidenceSettings {
        let check = ConfigurationCheck(files(text), node: "l0")
        #expect(check.diagnostics == [])
        return try #require(check.configuration).settings().evidence
    }

    private func files(
        _ text: String,
        _ haresources: String = "l0 10.0.0.1/24/eth0 drbddisk::r0\n"
    ) -> ConfigurationFiles {
        ConfigurationFiles(
            haCf: ConfigurationFile(name: "ha.cf", text: goodHaCf + text),
            haresources: ConfigurationFile(name: "haresources", text: haresources),
            authkeys: goodKeys
        )
    }

    private func errors(_ text: String) -> [Diagnostic] {
        haCf(goodHaCf + text + "\n").1.filter { $0.severity == .error }
    }

    @Test func whatIsNotGivenHasTheDefaultThatGoesWithDeadtime() throws {
        #expect(try evidence("deadtime 3\n") == EvidenceSettings(deadtime: .seconds(3)))
        let slow = try evidence("deadtime 30\n")
        #expect(slow.jeopardyTime == .seconds(90))
        #expect(slow.deadping == .seconds(30))
        #expect(slow.announceInterval == .seconds(60))
        #expect(slow.bootPolicy == nil)
        let fast = try evidence("keepalive 100ms\ndeadtime 300ms\n")
        #expect(fast.jeopardyTime == .seconds(45))
        #expect(fast.earlyFloor == .milliseconds(250))
    }

    @Test func everyDirectiveReachesTheCore() throws {
        var wanted = EvidenceSettings(deadtime: .seconds(3))
        wanted.learnsPaths = false
        wanted.jeopardyTime = .zero
        wanted.earlyTakeover = .off
        wanted.earlyFloor = .milliseconds(500)
        wanted.earlyProbes = 5
        wanted.bootPolicy = .lastOwner
        wanted.announceInterval = nil
        wanted.deadping = .seconds(10)
        wanted.pingNodes = [
            PingNode(name: "10.0.0.254", hosts: [IPAddress(ipv4: (10, 0, 0, 254))]),
            PingNode(
                name: "fd00::1",
                hosts: [IPAddress(ipv6High: 0xfd00_0000_0000_0000, low: 1)]
            ),
            PingNode(
                name: "Routers",
                hosts: [IPAddress(ipv4: (10, 0, 1, 1)), IPAddress(ipv4: (10, 0, 1, 2))]
            ),
        ]
        let read = try evidence(
            """
            deadtime 3
            auto_links off
            jeopardy_time 0
            early_takeover off
            early_floor 500ms
            early_probes 5
            boot_policy last-owner
            announce_interval off
            deadping 10
            ping 10.0.0.254 fd00:0:0::1
            ping_group Routers 10.0.1.1, 10.0.1.2

            """
        )
        #expect(read == wanted)
    }

    @Test(arguments: [("AUTO", EarlyTakeover.auto), ("on", .on), ("no", .off), ("1", .on)])
    func earlyTakeoverTakesTheWordsOfASwitchToo(word: String, meaning: EarlyTakeover) {
        #expect(haCf(goodHaCf + "early_takeover \(word)\n").0.earlyTakeover == meaning)
    }

    @Test(arguments: [("1", Duration.seconds(1)), ("2m", .seconds(120)), ("0", nil), ("OFF", nil)])
    func announcementsComeInAnIntervalOrNever(word: String, interval: Duration?) {
        let (result, diagnostics) = haCf(goodHaCf + "announce_interval \(word)\n")
        #expect(result.evidence.announceInterval == interval)
        #expect(diagnostics == [])
    }

    @Test(arguments: [
        ("early_floor 49ms", "'49ms' is out of range: 'early_floor' takes 50ms to 10s"),
        ("early_floor 11", "'11' is out of range: 'early_floor' takes 50ms to 10s"),
        ("deadtime 3\nearly_floor 3", "early_floor 3s must be less than deadtime 3s"),
        ("early_probes 2", "'2' is no value of 'early_probes': it takes a number from 3 to 100"),
        (
            "early_probes 101",
            "'101' is no value of 'early_probes': it takes a number from 3 to 100"
        ),
        ("announce_interval 999ms", "'999ms' is out of range: 'announce_interval' takes 1s to 7d"),
        ("announce_interval never", "'never' is no time"),
        (
            "boot_policy last_owner",
            "'last_owner' is no value of 'boot_policy': it takes one of wait, last-owner, any"
        ),
        (
            "early_takeover maybe",
            "'maybe' is no value of 'early_takeover': it takes one of on, off, auto"
        ),
        ("ping 127.0.0.1", "127.0.0.1 is not the address of another host"),
        ("ping ::", ":: is not the address of another host"),
        ("ping 239.0.0.1", "239.0.0.1 is not the address of another host"),
        ("ping fe80::1", "fe80::1 is an address of one link, and a ping line names no device"),
        ("ping_group gate_way/1 10.0.0.9", "'gate_way/1' is no name of a ping group"),
        (
            "ping_group 10.0.0.8 10.0.0.9",
            "'10.0.0.8' is an address where the name of the group must be"
        ),
        ("ping_group routers", "'ping_group' takes 2 to 64 values, not 1"),
        (
            "ping_group a 10.0.0.8\nping_group a 10.0.0.9",
            "ping group 'a' is named twice with other hosts"
        ),
    ])
    func limitsAreErrors(text: String, message: String) {
        #expect(errors(text).map(\.message) == [message])
    }

    @Test func aNameIsNotLookedUpAndItsPlaceIsSaid() {
        let (result, diagnostics) = haCf(
            goodHaCf + "ping 10.0.0.254 gateway\nping_group routers r1 10.0.0.253\n"
        )
        #expect(
            Diagnostic.text(diagnostics) == """
                ha.cf:4:17: error: 'gateway' is no IP address
                    ping 10.0.0.254 gateway
                                    ^
                    hint: write the host's address: the daemon does not look up names
                ha.cf:5:20: error: 'r1' is no IP address
                    ping_group routers r1 10.0.0.253
                                       ^
                    hint: write the host's address: the daemon does not look up names

                """
        )
        #expect(result.pingNodes.map(\.name) == ["10.0.0.254", "routers"])
    }

    @Test func whatIsNamedTwiceIsSaidAndCountsOnce() {
        let (result, diagnostics) = haCf(
            goodHaCf + "ping 10.0.0.9\nping 10.0.0.9\nping_group a 10.0.0.8 10.0.0.8\n"
        )
        #expect(
            diagnostics.map(\.message) == [
                "ping node '10.0.0.9' is named twice", "10.0.0.8 is named twice",
            ]
        )
        #expect(result.pingNodes.map(\.hosts.count) == [1, 1])
        #expect(result.pingPlaces.map(\.place.line) == [4, 6])
    }

    @Test func countsAreBoundedAndSaidOnce() {
        let hosts = (1...18).map { "10.0.0.\($0)" }.joined(separator: " ")
        #expect(errors("ping \(hosts)").map(\.message) == ["more than 16 ping nodes"])
        #expect(
            errors("ping_group r \(hosts)").map(\.message) == [
                "more than 16 hosts in ping group 'r'"
            ]
        )
        #expect(haCf(goodHaCf + "ping \(hosts)\n").0.pingNodes.count == PingNode.countMaximum)
        let devices = (1...25).map { "x\($0)" }.joined(separator: " ")
        let (result, diagnostics) = haCf("node l0 l1\nauto_failback off\nbcast \(devices) x26\n")
        #expect(diagnostics.map(\.message) == ["more than 24 heartbeat links"])
        #expect(result.links.count == LinkIndex.configuredMaximum)
    }

    @Test func choicesThatStorageMakesDangerousAreNamed() {
        let text = "deadtime 3\nearly_takeover on\nboot_policy any\n"
        let storage = ConfigurationCheck(files(text), node: "l0")
        #expect(
            Diagnostic.text(storage.diagnostics) == """
                ha.cf:5:1: warning: early_takeover is on and group '10.0.0.1' carries storage: when both \
                networks of the active node break for longer than early_floor 250ms, the other takes it before deadtime
                    early_takeover on
                    ^
                    hint: `early_takeover auto` is early only for groups of addresses
                ha.cf:6:1: warning: boot_policy is any and group '10.0.0.1' carries storage: two nodes that \
                boot with all links cut both start it
                    boot_policy any
                    ^
                    hint: `boot_policy wait`, then `baton confirm-down` for a node that is off

                """
        )
        let address = ConfigurationCheck(files(text, "l0 10.0.0.1/24/eth0\n"), node: "l0")
        #expect(address.diagnostics == [])
    }

    @Test func aPingNodeThatBelongsToThePairProvesNothing() {
        let check = ConfigurationCheck(
            files("ucast eth2 10.9.0.3\nping 10.0.0.254 10.0.0.1 10.9.0.3\n"),
            node: "l0"
        )
        #expect(check.diagnostics.map(\.code) == [.pingOfPair, .pingOfPair])
        #expect(check.diagnostics.map(\.column) == [17, 26])
        #expect(check.configuration != nil)
    }

    @Test func onlyAConfigurationWithoutPingNodesIsTheAdviceForThem() throws {
        let without = try #require(ConfigurationCheck(files(""), node: "l0").configuration)
        let with = try #require(
            ConfigurationCheck(files("ping 10.0.0.254\n"), node: "l0").configuration
        )
        let advice = { (configuration: ClusterConfiguration) in
            Protection(configuration).gaps.count { $0.closedBy?.contains("`ping`") == true }
        }
        #expect(advice(without) == 1)
        #expect(advice(with) == 0)
    }

    @Test func whatTheNodesSayDifferentlyAboutEvidenceIsNamed() {
        let check = ConfigurationCheck(
            files("auto_links off\nearly_probes 10\nping 10.0.0.254\n"),
            node: "l0",
            peer: files(
                "early_floor 1\njeopardy_time 60\nboot_policy wait\nping_group r 10.0.0.254\n"
            )
        )
        #expect(
            check.diagnostics.map(\.message) == [
                "'auto_links' is 'on' there and 'off' here: no path is learnt unless both say on",
                "'jeopardy_time' is '60s' there and 'unset' here: the nodes judge silence differently",
                "'early_floor' is '1s' there and 'unset' here: the nodes judge silence differently",
                "'boot_policy' is 'wait' there and 'unset' here: what a node that boots alone may hold depends "
                    + "on which one it is",
                "'ping' is 'r 10.0.0.254' there and '10.0.0.254' here: who sees more of the network cannot be "
                    + "compared",
            ]
        )
        #expect(check.diagnostics.allSatisfy { $0.severity == .warning })
    }
}
