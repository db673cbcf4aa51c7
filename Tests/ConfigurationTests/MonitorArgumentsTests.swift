// The words behind a monitor's name: options as Perl's Getopt reads them, and what tcp.monitor takes.

import Testing

@testable import Configuration

@Suite struct MonitorArgumentsTests {
    static let options: [MonitorArguments.Option] = [
        .init("port"), .init("password"), .init("mode"), .init("all", "a", takesValue: false),
        .init("retries", "r"),
    ]

    @Test(
        arguments: [
            ["--port=80", "db1", "db2"], ["--port", "80", "db1", "db2"],
            ["db1", "-port", "80", "db2"],
            ["-po=80", "db1", "--", "db2"], ["--PORT", "80", "db1", "db2"],
            ["--port=9", "db1", "db2", "--port", "80"],
        ]
    )
    func getoptLong(words: [String]) throws {
        let read = try MonitorArguments(words, options: Self.options, style: .names)
        #expect(read.values == ["port": "80"])
        #expect(read.rest == ["db1", "db2"])
    }

    @Test(
        arguments: [
            ["-a", "-r", "3", "h"], ["-ar3", "h"], ["-ar", "3", "h"], ["h", "-a", "--retries=3"],
        ]
    )
    func getoptStd(words: [String]) throws {
        let read = try MonitorArguments(words, options: Self.options)
        #expect(read.values == ["all": "", "retries": "3"])
        #expect(read.rest == ["h"])
    }

    @Test func aValueMayLookLikeAnOptionOrHoldAnEqualsSign() throws {
        let read = try MonitorArguments(
            ["--password", "-x=y", "--mode=a=b"],
            options: Self.options,
            style: .names
        )
        #expect(read.values == ["password": "-x=y", "mode": "a=b"])
    }

    @Test(
        arguments: [
            (["--p=80"], "option --p may be --port, --password"),
            (["--prt=80"], "unknown option --prt"), (["-x"], "unknown option -x"),
            (["--password"], "option --password needs a value"),
            (["--all=1"], "option --all takes no value"),
            (["--password=geheim", "--prt=geheim"], "unknown option --prt"),
        ]
    )
    func anErrorNamesTheWordAndNoValue(words: [String], message: String) {
        #expect(throws: MonitorUsageError(message)) {
            try MonitorArguments(words, options: Self.options)
        }
    }

    @Test func numbersAndSecondsHaveTheirRange() throws {
        let read = try MonitorArguments(["--port=0", "-r", "1.5"], options: Self.options)
        #expect(throws: MonitorUsageError("--port takes a whole number, 1 to 65535")) {
            try read.number("port", in: 1...65535)
        }
        #expect(try read.seconds("retries") == .milliseconds(1500))
        #expect(try read.seconds("port") == nil, "0 is the default, as in mon")
        #expect(try read.seconds("mode") == nil)
    }
}

@Suite struct TCPMonitorOptionsTests {
    @Test func theSeedsLineWithItsHostsAppendedChecksOnce() throws {
        let read = try TCPMonitorOptions(["-p", "6450", "localhost", "localhost"])
        let loop6: [UInt8] = Array(repeating: 0, count: 15) + [1]
        #expect(
            read.targets == [
                .init(
                    name: "localhost",
                    host: "localhost",
                    port: 6450,
                    addresses: [[127, 0, 0, 1], loop6]
                )
            ]
        )
        #expect(read.timeout == .seconds(10))
        #expect(read.isNumeric)
    }

    @Test func mon23IsThePortWithoutAny() throws {
        #expect(try TCPMonitorOptions(["h"]).targets.map(\.port) == [23])
        #expect(try TCPMonitorOptions(["-t", "0", "h"]).timeout == .seconds(10))
    }

    @Test func severalPortsAndHostsWithTheirOwn() throws {
        let read = try TCPMonitorOptions([
            "-p80,443", "-t2.5", "192.0.2.1", "db:5432", "2001:db8::1", "[2001:db8::2]:8443",
        ])
        #expect(
            read.targets.map(\.name) == [
                "192.0.2.1:80", "192.0.2.1:443", "db:5432", "[2001:db8::1]:80", "[2001:db8::1]:443",
                "[2001:db8::2]:8443",
            ]
        )
        #expect(read.targets.map(\.addresses.count) == [1, 1, 0, 1, 1, 1])
        #expect(!read.isNumeric)
        #expect(read.timeout == .milliseconds(2500))
    }

    @Test func textsHaveEscapes() throws {
        let read = try TCPMonitorOptions([
            "-s", #"QUIT\r\n\x00\\"#, "-e", "221", "-S", "192.0.2.9", "192.0.2.1",
        ])
        #expect(read.text == Array("QUIT\r\n\0\\".utf8))
        #expect(read.expected == Array("221".utf8))
        #expect(read.source == [192, 0, 2, 9])
    }

    @Test(
        arguments: [
            (["-p", "80"], "no host to check"),
            (["-p", "0", "h"], "-p takes ports, 1 to 65535, separated by commas"),
            (["-p", "80,", "h"], "-p takes ports, 1 to 65535, separated by commas"),
            (["h:99999"], "'h:99999' has no port from 1 to 65535 behind its colon"),
            ([":80"], "':80' is no host"),
            (["[h]:80"], "'[h]:80' is no host: write [2001:db8::1]:80"),
            (["-t", "4000", "h"], "--timeout takes seconds, at most 3600"),
            (["-S", "eth0", "h"], "-S takes an address of this machine, not 'eth0'"),
            (["-S", "192.0.2.1", "::1"], "-S is of another family than a host"),
            (["-s", #"\q"#, "h"], #"-s knows \r \n \t \\ \xHH and no other escape"#),
            (["-s", #"\x1"#, "h"], #"-s: two digits must follow \x"#),
        ]
    )
    func whatIsWrongIsSaid(words: [String], message: String) {
        #expect(throws: MonitorUsageError(message)) { try TCPMonitorOptions(words) }
    }

    @Test func theAnswerIsThatOfMon() throws {
        let targets = try TCPMonitorOptions(["-p80", "b", "a", "c"]).targets
        #expect(
            TCPMonitorOptions.output([
                (targets[0], "could not connect: Connection refused"), (targets[1], "timeout"),
            ]) == "a b\n\nb could not connect: Connection refused\na timeout\n"
        )
        #expect(TCPMonitorOptions.output([]) == "")
    }
}
