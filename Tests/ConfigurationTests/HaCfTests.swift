// ha.cf: values, limits, and diagnostics with their places.

import Failover
import Testing

@testable import Configuration

@Suite struct HaCfTests {
    @Test func aPlainFileIsReadWithoutAWord() {
        let (result, diagnostics) = haCf(goodHaCf)
        #expect(diagnostics == [])
        #expect(result.nodes == ["l0", "l1"])
        #expect(result.links == [HeartbeatLink(medium: .broadcast, device: "eth1", port: 694)])
        #expect(result.autoFailback == .off)
    }

    @Test func valuesStandBetweenBlanksOrCommasAndCommentsMayHoldAnything() {
        let (result, diagnostics) = haCf(
            "node L0,l1 # zwei Knöten, „gleich“\nbcast eth1, eth2\nauto_failback off\n"
                + "udpport 700\nucast eth0 192.168.1.3\nkeepalive 100ms\ndeadtime .5\n"
        )
        #expect(diagnostics == [])
        #expect(result.nodes == ["l0", "l1"])
        #expect(
            result.links.map(\.name) == ["bcast eth1", "bcast eth2", "ucast eth0 192.168.1.3"]
        )
        #expect(result.links.map(\.port) == [694, 694, 700])
        #expect(result.keepalive == .milliseconds(100))
        #expect(result.deadtime == .milliseconds(500))
    }

    @Test func noBreakSpacesMarksAndCarriageReturnsAreReadAsMeant() {
        let (result, diagnostics) = haCf(
            "\u{feff}node\u{a0}l0\u{a0} l1\r\nbcast eth1\r\nauto_failback off\r\n"
        )
        #expect(result.nodes == ["l0", "l1"])
        #expect(
            Diagnostic.text(diagnostics) == """
                ha.cf:1:5: note: no-break spaces (U+00A0) on 1 line, read as blanks; Heartbeat takes them \
                for part of a word
                    node l0  l1
                        ^
                    hint: the text was copied from a web page

                """
        )
    }

    @Test func everyProblemOfAFileIsSaidAtOnceWithItsPlace() {
        let (_, diagnostics) = haCf(
            """
            keepalve 1
            deadtime 3x
            \tudpport  70000
            node l0 l1 l2
            ucast eth1 peer
            bcast eth1/2
            auto_failback perhaps
            timeout mysqld strt 5
            timeout
            hbaping card

            """
        )
        #expect(
            Diagnostic.text(diagnostics) == """
                ha.cf:1:1: error: unknown directive 'keepalve'
                    keepalve 1
                    ^
                    hint: did you mean 'keepalive'?
                ha.cf:2:11: error: unknown unit in '3x'
                    deadtime 3x
                              ^
                    hint: a number of seconds, or a number with us, ms, s, m, h or d
                ha.cf:3:11: error: '70000' is no value of 'udpport': it takes a number from 1 to 65535
                     udpport  70000
                              ^
                ha.cf:4:12: error: 'l2' is one node too many: Baton works with two
                    node l0 l1 l2
                               ^
                ha.cf:5:12: error: 'peer' is no IPv4 address
                    ucast eth1 peer
                               ^
                    hint: names are not resolved here: write the address
                ha.cf:6:7: error: 'eth1/2' is no device name
                    bcast eth1/2
                          ^
                    hint: at most 15 characters, as `ip link` prints it
                ha.cf:7:15: error: 'perhaps' is no value of 'auto_failback': it takes one of on, off, legacy
                    auto_failback perhaps
                                  ^
                ha.cf:8:16: error: 'strt' is no operation: start, stop or status
                    timeout mysqld strt 5
                                   ^
                    hint: did you mean 'start'?
                ha.cf:9:1: warning: 'timeout' has no value and does nothing
                    timeout
                    ^
                    hint: timeout [TYPE|RESOURCE] start|stop|status TIME
                ha.cf:10:1: error: 'hbaping' is not supported
                    hbaping card
                    ^
                    hint: use ping
                ha.cf: note: auto_failback is not set and is off: a group stays where it is; in Heartbeat it \
                was legacy
                    hint: say `auto_failback off`, or `auto_failback on` for groups that go back

                """
        )
    }

    @Test func columnsCountCharactersAndTheCaretStandsBelowThem() {
        let (_, diagnostics) = haCf(goodHaCf + "logfile ä\u{308}öü é\n")
        // One value is taken; the second word begins at the 13th character, not the 14th scalar.
        #expect(diagnostics.map(\.column) == [13])
        #expect(diagnostics.map(\.caret) == [12])
    }

    @Test(arguments: [
        ("deadtime 49ms\nkeepalive 10ms", "'49ms' is out of range: 'deadtime' takes 50ms to 7d"),
        ("deadtime 2\nkeepalive 1", "deadtime 2s must be more than twice keepalive 1s"),
        ("deadtime 3\ninitdead 2", "initdead 2s is less than deadtime 3s"),
        ("deadping 2", "deadping 2s must be more than twice keepalive 1s"),
        ("deadtime 1000000000000", "'1000000000000' is out of range"),
        ("keepalive 0", "'0' is out of range: 'keepalive' takes 5ms to 7d"),
        ("keepalive -1", "'-1' is no time"),
        ("crm respawn", "'respawn' is no value of 'crm': it takes one of off, false, no, n, 0"),
        ("autojoin any", "'any' is no value of 'autojoin': it takes one of none"),
        ("node", nil), ("rtprio 0", "'0' is no value of 'rtprio': it takes a number from 1 to 99"),
        ("mcast eth1 225.0.0.1", "'mcast' takes 5 values, not 2"),
    ])
    func limitsAreErrors(text: String, message: String?) {
        let (_, diagnostics) = haCf(goodHaCf + text + "\n")
        #expect(
            diagnostics.filter { $0.severity == .error }.map(\.message)
                == [message].compactMap { $0 }
        )
    }

    @Test func initdeadFollowsHeartbeatsRule() {
        let times = ["3", "6", "10", "11"].map { text in
            haCf(goodHaCf + "deadtime \(text)\n").0.timings.initdead
        }
        #expect(times == [.seconds(12), .seconds(12), .seconds(20), .seconds(11)])
    }

    @Test func unsetFailbackIsOffAndSaidSo() {
        let (result, diagnostics) = haCf("node l0 l1\nbcast eth1\n")
        #expect(result.autoFailback == nil)
        #expect(diagnostics.map(\.code) == [.failbackUnset])
        #expect(diagnostics.map(\.severity) == [.note])
    }

    @Test(arguments: [("yes", AutoFailback.on), ("OFF", .off), ("legacy", .legacy)])
    func failbackTakesHeartbeatsWords(word: String, meaning: AutoFailback) {
        #expect(haCf("node l0 l1\nbcast eth1\nauto_failback \(word)\n").0.autoFailback == meaning)
    }

    @Test func whatIsMissingIsSaid() {
        let (_, diagnostics) = haCf("serial /dev/ttyS0\nauto_failback off\n")
        #expect(
            diagnostics.map(\.message) == [
                "'serial' is without effect: serial links are not supported; use a second network device",
                "no node is named",
                "none of the heartbeat links named can be used",
            ]
        )
    }

    @Test func theLastOfSeveralValuesCountsAndIsSaid() {
        let (result, diagnostics) = haCf(goodHaCf + "keepalive 1 2\nkeepalive 3\n")
        #expect(result.keepalive == .seconds(3))
        #expect(diagnostics.map(\.code) == [.severalValues, .givenTwice])
    }

    @Test func theMostParticularTimeoutCounts() {
        let (result, diagnostics) = haCf(
            goodHaCf
                + "timeout start 1m\ntimeout drbddisk start 2m\ntimeout drbddisk::r0 start 3m\n"
        )
        #expect(diagnostics == [])
        let resource = { (type: String, text: String) in
            Resource(type: type, arguments: [], text: text, addresses: nil, isStateless: false)
        }
        let limits = [
            result.timeouts.limit(for: resource("mysqld", "mysqld"), .start),
            result.timeouts.limit(for: resource("drbddisk", "drbddisk::r1"), .start),
            result.timeouts.limit(for: resource("drbddisk", "drbddisk::r0"), .start),
            result.timeouts.limit(for: resource("drbddisk", "drbddisk::r0"), .stop),
        ]
        #expect(limits == [.seconds(60), .seconds(120), .seconds(180), .seconds(30)])
    }

    @Test func theMostParticularMonitorIntervalCounts() {
        func resource(_ text: String) -> Resource {
            let words = text.split(separator: ":", omittingEmptySubsequences: true).map(String.init)
            return Resource(
                type: words[0],
                arguments: Array(words.dropFirst()),
                text: text,
                addresses: nil,
                isStateless: false
            )
        }
        func intervals(_ lines: String, _ texts: String...) -> [Duration?] {
            let (result, diagnostics) = haCf(goodHaCf + lines)
            #expect(diagnostics == [])
            return texts.map { result.intervals.interval(for: resource($0)) }
        }
        #expect(
            intervals("", "drbddisk::r0", "mysql::/data", "mysql", "linkserv", "monitor")
                == [.seconds(10), .seconds(10), nil, nil, nil]
        )
        #expect(
            intervals(
                "monitor_interval 30s\nmonitor_interval drbddisk off\nmonitor_interval drbddisk::r1 1s\n",
                "drbddisk::r0",
                "drbddisk::r1",
                "linkserv",
                "mon"
            ) == [nil, .seconds(1), .seconds(30), nil]
        )
        let (_, wrong) = haCf(goodHaCf + "monitor_interval 10ms\nmonitor_interval x never\n")
        #expect(wrong.map(\.code) == [.outOfRange, .invalidTime])
    }

    @Test func aFileBeyondTheLimitsIsRefusedNotRead() {
        let large = ConfigurationFile(
            name: "ha.cf",
            bytes: Array(repeating: 35, count: SourceText.byteMaximum + 1)
        )
        let (_, list) = HaCfParser.parse(large)
        #expect(list.all.contains { $0.code == .tooLarge && $0.severity == .error })
    }

    @Test func moreProblemsThanAnybodyReadsAreCounted() {
        let (_, diagnostics) = haCf(String(repeating: "nonsense\n", count: 1_000))
        #expect(diagnostics.count == DiagnosticList.maximum + 1)
        #expect(diagnostics.last?.code == .tooManyDiagnostics)
        #expect(diagnostics.last?.severity == .error)
        #expect(diagnostics.last?.message == "802 more like these")
    }

    @Test func theParametersOfAFencingDeviceAreNotRepeated() {
        let (_, diagnostics) = haCf(goodHaCf + "stonith_host * baytech 10.0.0.3 admin hunter2\n")
        #expect(diagnostics.map(\.excerpt) == ["stonith_host * baytech ***"])
    }

    @Test func controlCharactersNeverReachTheTerminal() {
        let (_, diagnostics) = haCf("\u{1b}[2J\u{202e}evil\u{7}\n")
        let text = Diagnostic.text(diagnostics)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" })
    }
}
