// The mistakes an administrator makes in mon.cf: each with its line, its column and a remedy; and what the whole
// says that its lines do not.

import Monitoring
import Testing

@testable import Configuration

@Suite struct MonCfMistakesTests {
    private let service = "hostgroup g a\nwatch g\nservice s\nmonitor_action notify\n"

    private func said(_ text: String) -> [String] {
        monCf(text).1.map {
            "\($0.line):\($0.column) \($0.severity.word): \($0.message)"
                + ($0.hint.map { " [\($0)]" } ?? "")
        }
    }

    @Test("An unknown hostgroup, with the nearest one")
    func hostgroup() {
        #expect(
            said("hostgroup servers a\nwatch servers\nwatch server\n") == [
                "3:7 warning: there is no hostgroup 'server': the host of that name is watched "
                    + "[did you mean 'servers'?]"
            ]
        )
    }

    @Test("alertafter x")
    func threshold() {
        #expect(
            said(service + "interval 1s\nmonitor m\nperiod\nalertafter x\n") == [
                "8:12 error: 'x' is neither a count of failures nor a time "
                    + "[alertafter COUNT, alertafter COUNT TIME, or alertafter TIME]"
            ]
        )
        #expect(
            said(service + "interval 1s\nmonitor m\nperiod\nalertafter 0\n") == [
                "8:12 error: '0' is no count of failures"
            ]
        )
        #expect(
            said(service + "interval 1s\nmonitor m\nperiod\nalertafter 2 x\n") == [
                "8:14 error: 'x' is no time [a number with s, m, h or d]"
            ]
        )
    }

    @Test("interval 0, with a unit or without", arguments: ["0", "0s"])
    func interval(text: String) {
        #expect(
            said(service + "interval \(text)\nmonitor m\n").last
                == "5:10 error: '\(text)' is out of range: above zero [a number with s, m, h or d, such as 10s]"
        )
    }

    @Test("A service twice")
    func twice() {
        #expect(
            said(
                service
                    + "interval 1s\nmonitor m\nservice s\ninterval 1s\nmonitor m\nmonitor_action notify\n"
            )
                == ["7:9 error: service 's' is given twice in this watch"]
        )
    }

    @Test("An unclosed brace")
    func brace() {
        #expect(
            said(service + "interval 1s\nmonitor m\nperiod wd {Mon-Fri\n") == [
                "7:11 error: the brace is not closed"
            ]
        )
    }

    @Test("A program that is nowhere, with where it was looked for")
    func programs() {
        var asked: [MonCfProgram] = []
        let text =
            "mondir = own:/opt/mon/\nbasedir = /srv/mon\n" + service
            + "interval 1s\nmonitor tcp.monitor -p 1\nperiod\nalert exit=1 there.alert x\n"
            + "upalert gone.alert\nalert gone.alert\nservice t\ninterval 1s\nmonitor mine.monitor\n"
            + "monitor_action notify\nperiod\nalert /opt/x.alert\n"
        let (_, list) = MonCfParser.parse(ConfigurationFile(name: "mon.cf", text: text)) {
            asked.append($0)
            return $0.name == "there.alert"
        }
        #expect(asked.map(\.name) == ["there.alert", "gone.alert", "mine.monitor", "/opt/x.alert"])
        #expect(asked[0].directories == ["/usr/local/lib/mon/alert.d", "/srv/mon/alert.d"])
        #expect(asked[2].directories == ["/srv/mon/own", "/opt/mon"])
        #expect(
            list.all.map { "\($0.line):\($0.column) \($0.severity.word): \($0.message)" } == [
                "11:9 warning: 'gone.alert' is in none of /usr/local/lib/mon/alert.d, /srv/mon/alert.d: "
                    + "it never runs",
                "15:9 warning: 'mine.monitor' is in none of /srv/mon/own, /opt/mon: it never runs",
                "18:7 warning: there is no program '/opt/x.alert': it never runs",
            ]
        )
        #expect(
            list.all.allSatisfy {
                $0.hint?.hasPrefix("put it there, executable, or give its path; ") == true
            }
        )
    }

    // MARK: Dependencies

    private func depend(_ expression: String) -> [String] {
        said(
            service
                + "interval 1s\nmonitor m\ndepend \(expression)\nservice ping\ninterval 1s\nmonitor m\n"
                + "monitor_action notify\n"
        )
    }

    @Test(
        "An expression that cannot be read says where",
        arguments: [
            ("SELF:ping &&", "19 error: a service is expected at the end"),
            ("SELF:ping || && g:s", "21 error: a service is expected before '&&'"),
            ("(SELF:ping", "8 error: the parenthesis is not closed"),
            ("SELF:ping g:s", "18 error: the expression ends before this"),
            ("SELF:ping & g:s", "18 error: '&' has no meaning here"),
            ("ping", "8 error: 'ping' is no service"),
            ("SELF:ping:x", "8 error: 'SELF:ping:x' is no service"),
            ("SELF:pin", "8 error: there is no service 'g:pin'"),
        ]
    )
    func unreadable(expression: String, expected: String) {
        let found = depend(expression)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("7:\(expected)") == true, "\(found)")
    }

    @Test("Too deep a nesting is an error and no crash")
    func deep() {
        let text = String(repeating: "(", count: 5_000) + "SELF:ping"
        #expect(depend(text).first?.hasSuffix("the expression is nested too deeply") == true)
        #expect(
            depend(String(repeating: "!", count: 5_000) + "SELF:ping").first?
                .hasSuffix("the expression is nested too deeply") == true
        )
    }

    @Test("The precedence is Perl's")
    func precedence() throws {
        func service(_ name: String) -> DependencyExpression {
            .service(ServiceName(group: "g", service: name))
        }
        let cases: [(String, DependencyExpression)] = [
            (
                "g:a || g:b && !g:c",
                .any([service("a"), .all([service("b"), .not(service("c"))])])
            ),
            (
                "not g:a || g:b and g:c",
                .all([.not(.any([service("a"), service("b")])), service("c")])
            ),
            ("(g:a or g:b) && 1", .all([.any([service("a"), service("b")]), .constant(true)])),
            ("SELF:a", service("a")),
        ]
        for (text, expected) in cases {
            let (result, _) = monCf("hostgroup g a\nwatch g\nservice s\ndepend \(text)\n")
            #expect(result.watches.first?.services.first?.dependency == expected, "\(text)")
        }
    }

    @Test("Services that depend on each other are told at each of them")
    func cycle() {
        let text = """
            monitor_action = notify
            hostgroup g a
            watch g
            service a
            depend SELF:b
            service b
            alertdepend SELF:a || SELF:c
            service c
            monitordepend SELF:a
            service d
            depend SELF:d

            """
        #expect(
            said(text).filter { $0.contains("error") } == [
                "5:8 error: 'g:a' depends on itself, by way of 'g:b' [leave one of the dependencies out]",
                "7:13 error: 'g:b' depends on itself, by way of 'g:a' [leave one of the dependencies out]",
                "11:8 error: 'g:d' depends on itself [leave one of the dependencies out]",
            ]
        )
    }

    // MARK: The whole

    @Test("A failure that moves nothing is noted, unless that is said to be meant")
    func unmoving() {
        let text = "hostgroup g a\nwatch g\nservice s\ninterval 1s\nmonitor m\n"
        let note =
            "3:1 note: the failure of s moves nothing: there is no monitor_action, and no alert that moves a "
            + "group [`monitor_action standby` moves it; `monitor_action notify` says that this is meant]"
        #expect(said(text) == [note])
        #expect(said(text + "period\nalert mail.alert\n") == [note])
        #expect(said(text + "monitor_action standby\n") == [])
        #expect(said(text + "monitor_action notify\n") == [])
        #expect(said("monitor_action = notify\n" + text) == [])
        #expect(said(text.replacing("monitor m", with: "monitor disk.monitor /srv ;;")) == [])
        #expect(
            !said(text + "period\nalert ha-down.alert\n").contains { $0.contains("moves nothing") }
        )
    }

    @Test("The globals mean something, and the last of a name counts")
    func settings() {
        let (result, diagnostics) = monCf(
            """
            randstart = 30s
            maxprocs = 7
            histlength = 12
            dep_behavior = hm
            dep_memory = 3m
            dep_recur_limit = 4
            exclude_period = hr {3}
            monitor_action = standby
            monitor_action = restart
            monitor_timeout = 20s
            alert_timeout = 30s
            start_grace = 0s

            """
        )
        #expect(diagnostics == [])
        var expected = MonitorSettings()
        expected.randomStart = .seconds(30)
        expected.processMaximum = 7
        expected.historyLength = 12
        expected.dependencyBehavior = .hosts
        expected.dependencyMemory = .seconds(180)
        expected.dependencyDepth = 4
        expected.excludePeriod = .anyOf([
            [.init(scale: .hour, ranges: [.init(from: 3, through: 3)])]
        ])
        expected.action = .restart
        expected.monitorTimeout = .seconds(20)
        expected.alertTimeout = .seconds(30)
        expected.startGrace = .zero
        #expect(result.settings == expected)
    }

    // MARK: haresources

    private func check(_ resource: String, _ monCf: String?) -> [Diagnostic] {
        ConfigurationCheck(
            ConfigurationFiles(
                haCf: ConfigurationFile(name: "ha.cf", text: goodHaCf),
                haresources: ConfigurationFile(
                    name: "haresources",
                    text: "l0 10.0.0.1/24/eth0 \(resource)\n"
                ),
                authkeys: goodKeys,
                monCf: monCf.map { ConfigurationFile(name: "mon.cf", text: $0) }
            )
        ).diagnostics.filter { $0.code != .oneNetwork }
    }

    private let two =
        "monitor_action = notify\nhostgroup web a\nhostgroup db b\nwatch web\nwatch db\n"

    @Test("The resource monitor names watches of mon.cf")
    func watches() {
        #expect(check("monitor", two) == [])
        #expect(check("mon", two) == [])
        #expect(check("monitor::web::db", two) == [])
        #expect(
            check("monitor::wep", two).map { "\($0.file):\($0.line):\($0.column) \($0.message)" }
                == [
                    "haresources:1:21 mon.cf has no watch 'wep'",
                    "mon.cf:0:0 no resource 'monitor' names the watch 'web': nothing runs it",
                    "mon.cf:0:0 no resource 'monitor' names the watch 'db': nothing runs it",
                ]
        )
        #expect(check("monitor::wep", two).first?.hint == "did you mean 'web'?")
        #expect(
            check("monitor::web", two).map(\.message) == [
                "no resource 'monitor' names the watch 'db': nothing runs it"
            ]
        )
    }

    @Test("Without mon.cf a resource mon is a script, and monitor is missing its file")
    func missing() {
        #expect(check("mon", nil) == [])
        #expect(check("monitor", nil).map(\.code) == [.missingFile])
    }
}
