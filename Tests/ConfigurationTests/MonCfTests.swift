// mon.cf: records in all forms, periods, and what mon does in silence.

import Monitoring
import Testing

@testable import Configuration

@Suite struct MonCfTests {
    private let record =
        "hostgroup g a b\nwatch g\nservice s\ninterval 1s\nmonitor_action notify\nmonitor m ;;\nperiod\n"

    @Test func everyFormOfARecordIsRead() throws {
        let (result, diagnostics) = monCf(
            """
            maxprocs = 20
            randstart=60s
            monitor_action = notify

            hostgroup web www1 \\
                www2
               www3

            view all web
            watch web
                service http
                    COLOUR=dark blue
                    interval 1.5m
                    failure_interval 10s
                    randskew 2s
                    description the "web" # really
                    monitor http.monitor -p 80 -a "my agent" 'it''s' a\\ b ;;
                    depend SELF:ping && gate:ping
                    monitor_action restart
                    monitor_timeout 5s
                    alert_timeout 7s
                    start_grace 0s
                    dep_behavior hm
                    exclude_hosts www3
                    exclude_period wd {Sun}
                    redistribute r.alert x
                    allow_empty_group
                    period day: wd {Mon-Fri} hr {9am-4pm}, wd {sat}
                        alert exit=1-2 mail.alert root
                        alert exit=7 page.alert
                        upalert mail.alert root
                        alertevery 1h observe_detail
                        alertafter 2 10m
                        numalerts 3
                        no_comp_alerts
                        alertexitrange 1-9
                    period none
                        startupalert mail.alert
                        alertafter 30s
                service ping
                    interval 10s
                    monitor fping.monitor
                    period
                        alert mail.alert
            watch gate
                service ping
                    interval 10s
                    monitor fping.monitor
            hostgroup gate gate1

            """
        )
        #expect(diagnostics == [])
        #expect(result.globals.map(\.name) == ["maxprocs", "randstart", "monitor_action"])
        #expect(
            result.hostgroups == [
                .init(tag: "web", members: ["www1", "www2", "www3"]),
                .init(tag: "gate", members: ["gate1"]),
            ]
        )
        #expect(result.views == [.init(tag: "all", members: ["web"])])
        let service = try #require(result.watches.first?.services.first)
        #expect(service.environment == [.init(name: "COLOUR", value: "dark blue")])
        #expect(service.interval == .seconds(90))
        #expect(service.failureInterval == .seconds(10))
        #expect(service.summary == "the \"web\" # really")
        #expect(
            service.monitor
                == .init(
                    program: "http.monitor",
                    arguments: ["-p", "80", "-a", "my agent", "its", "a b"]
                )
        )
        #expect(!service.appendsHosts)
        #expect(service.action == .restart)
        #expect(service.monitorTimeout == .seconds(5))
        #expect(service.alertTimeout == .seconds(7))
        #expect(service.startGrace == .zero)
        #expect(
            service.dependency
                == .all([
                    .service(.init(group: "web", service: "ping")),
                    .service(.init(group: "gate", service: "ping")),
                ])
        )
        #expect(service.dependencyBehavior == .hosts)
        #expect(
            service.excludePeriod
                == .anyOf([[.init(scale: .weekDay, ranges: [.init(from: 1, through: 1)])]])
        )
        #expect(service.allowsEmptyGroup)
        let period = try #require(service.periods.first)
        #expect(period.label == "day")
        #expect(
            period.period
                == .anyOf([
                    [
                        .init(scale: .weekDay, ranges: [.init(from: 2, through: 6)]),
                        .init(scale: .hour, ranges: [.init(from: 9, through: 16)]),
                    ], [.init(scale: .weekDay, ranges: [.init(from: 7, through: 7)])],
                ])
        )
        #expect(
            period.alerts == [
                .init(
                    kind: .failure,
                    exitCodes: 1...2,
                    command: .init(program: "mail.alert", arguments: ["root"])
                ),
                .init(
                    kind: .failure,
                    exitCodes: 7...7,
                    command: .init(program: "page.alert", arguments: [])
                ),
                .init(
                    kind: .recovery,
                    exitCodes: nil,
                    command: .init(program: "mail.alert", arguments: ["root"])
                ),
            ]
        )
        #expect(period.alertEvery?.gap == .seconds(3600))
        #expect(period.alertEvery?.observesDetail == true)
        #expect(period.alertAfter == .failuresWithin(2, .seconds(600)))
        #expect(period.alertMaximum == 3)
        #expect(period.sendsUncompensatedUpalerts)
        #expect(period.exitCodes == 1...9)
        #expect(service.periods.last?.period == .never)
        #expect(service.periods.last?.alertAfter == .failingFor(.seconds(30)))
        #expect(result.watches.first?.services.last?.periods.first?.period == .always)
    }

    @Test func aCopyWithBlankLinesAndNoBreakSpacesIsReadAsMeant() {
        let plain = """
            maxprocs = 20
            hostgroup servers localhost
            otherhost
            watch servers
            service a
            interval 5s
            monitor_action notify
            monitor tcp.monitor -p 1
            period wd {Sun-Sat}
            alert mail.alert
            alertafter 2

            """
        let (meant, _) = monCf(plain)
        let (copied, diagnostics) = monCf(
            plain.split(separator: "\n").map { "\u{a0}\($0.replacingBlanks)\u{a0}\n \u{a0}\n" }
                .joined()
        )
        var moved = copied
        moved.watches[0].services[0].line = meant.watches[0].services[0].line
        #expect(moved == meant)
        #expect(diagnostics.map(\.code) == [.noBreakSpaces, .blankLinesInRecords])
        #expect(diagnostics.allSatisfy { $0.severity == .note })
    }

    @Test func mistakesAreNamedWithTheirPlace() {
        let (_, diagnostics) = monCf(
            """
            maxproc = 20
            hostgrup x
            interval 5s
            hostgroup g a
            watch g
            service s
            interval 5
            interval 0s
            monitr x
            alert early
            period wd {Mon-Xri}
            period hr {9am-4pm
            period wdy {1}
            interval 5s
            alertafter x y
            alertevery 1h now
            alert "open
            service s
            watch g
            define(`A')

            """
        )
        #expect(
            diagnostics.map { "\($0.line):\($0.column) \($0.severity.word): \($0.message)" } == [
                "1:1 error: unknown global 'maxproc'",
                "2:1 error: unknown word 'hostgrup'; mon ignores it in silence",
                "3:1 error: 'interval' stands outside of a watch, where mon ignores it in silence",
                "6:1 warning: service 's' has no monitor: nothing checks it",
                "7:10 error: '5' has no unit",
                "8:10 error: '0s' is out of range: above zero",
                "9:1 error: unknown word 'monitr'",
                "10:1 error: 'alert' belongs to a period",
                "11:16 error: 'Xri' is no value of 'wday'",
                "12:11 error: the brace is not closed",
                "13:8 error: 'wdy' is no scale of time",
                "14:1 error: 'interval' belongs to the service, and a period has begun",
                "15:12 error: 'x' is no count of failures",
                "16:15 error: 'now' is none of observe_detail, ignore_summary, strict",
                "17:7 error: the quote is not closed",
                "18:1 warning: service 's' has no monitor: nothing checks it",
                "18:9 error: service 's' is given twice in this watch",
                "19:7 error: host group 'g' is watched twice",
                "20:1 error: m4 macros are not read",
            ]
        )
        #expect(diagnostics[0].hint == "did you mean 'maxprocs'?")
        #expect(diagnostics[6].hint == "did you mean 'monitor'?")
    }

    @Test func aMistypedWatchDoesNotTurnItsServicesIntoHosts() {
        let (result, diagnostics) = monCf(
            "hostgroup g a\nwatcher\nwach g\nservice s\ninterval 1s\n"
        )
        #expect(result.hostgroups.map(\.members) == [["a", "watcher", "wach", "g"]])
        #expect(
            diagnostics.map { "\($0.line):\($0.column) \($0.code.rawValue)" } == [
                "1:11 unwatched", "4:1 misplaced", "5:1 misplaced",
            ]
        )
    }

    @Test func aThresholdThatCannotBeReachedIsAnError() {
        let (_, diagnostics) = monCf(
            record.replacingFirst("interval 1s", "interval 30s") + "alertafter 3 1m\n"
        )
        #expect(diagnostics.map(\.message) == ["3 failures every 30s never fall within 60s"])
    }

    @Test(arguments: [
        ("hr {10pm-6am}", TimePeriod.Scale.hour, 22, 6), ("hour{12am}", .hour, 0, 0),
        ("HR { 12noon - 11PM }", .hour, 12, 23), ("mo {jan-dec}", .month, 1, 12),
        ("wd {sat-tue}", .weekDay, 7, 3), ("yday {366}", .yearDay, 366, 366),
        ("min {0-59}", .minute, 0, 59), ("yr {2026}", .year, 2026, 2026), ("wk {1-6}", .week, 1, 6),
    ])
    func periodsAreReadInAllScales(
        text: String,
        scale: TimePeriod.Scale,
        from: Int,
        through: Int
    ) {
        let (result, diagnostics) = monCf(
            record.replacingFirst("period\n", "period \(text)\n")
        )
        #expect(diagnostics == [])
        #expect(
            result.watches.first?.services.first?.periods.first?.period
                == .anyOf([[.init(scale: scale, ranges: [.init(from: from, through: through)])]])
        )
    }

    @Test func aScaleNamedAgainExtends() {
        let (result, _) = monCf(record.replacingFirst("period\n", "period wd {Mon} wd {Wed}\n"))
        #expect(
            result.watches.first?.services.first?.periods.first?.period
                == .anyOf([
                    [
                        .init(
                            scale: .weekDay,
                            ranges: [.init(from: 2, through: 2), .init(from: 4, through: 4)]
                        )
                    ]
                ])
        )
    }

    @Test func aPasswordIsAWarningAndNotRepeated() {
        let (_, diagnostics) = monCf(
            record.replacingFirst("monitor m ;;", "monitor m --password=hunter2 --password=/f ;;")
        )
        #expect(diagnostics.map(\.code) == [.passwordInFile])
        #expect(diagnostics.first?.excerpt == "monitor m --password=*** --password=*** ;;")
        #expect(diagnostics.first?.caret == 10)
        #expect(!Diagnostic.text(diagnostics).contains("hunter2"))
    }

    @Test func theTimeUntilADeadApplicationIsNoticedIsReckoned() {
        let (_, diagnostics) = monCf(
            record.replacingFirst("interval 1s", "interval 30s") + "alertafter 2\n"
        )
        #expect(
            diagnostics.map(\.message) == [
                "a dead application is noticed after 30s to 60s, plus one run of the monitor: "
                    + "(2 - 1) × 30s to 2 × 30s (s)"
            ]
        )
    }

    @Test func commentsBehindValuesAreReadWhereMonRefusesThem() {
        let (result, diagnostics) = monCf(
            record.replacingFirst("interval 1s", "interval 1s # often")
        )
        #expect(result.watches.first?.services.first?.interval == .seconds(1))
        #expect(diagnostics.map(\.code) == [.trailingComment])
    }

    @Test func aWatchOnAnUnknownGroupWatchesTheHostOfThatName() {
        let (result, diagnostics) = monCf("hostgroup servers a\nwatch server\n")
        #expect(result.hostgroups.map(\.members) == [["a"], ["server"]])
        #expect(diagnostics.map(\.code) == [.unwatched, .unknownHostgroup])
        #expect(diagnostics.last?.hint == "did you mean 'servers'?")
    }
}

extension StringProtocol {
    fileprivate var replacingBlanks: String {
        String(map { $0 == " " ? "\u{a0}" : $0 })
    }
}

extension String {
    fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return replacingCharacters(in: range, new)
    }

    private func firstRange(of text: String) -> Range<String.Index>? {
        ranges(of: text).first
    }

    private func replacingCharacters(in range: Range<String.Index>, _ text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
