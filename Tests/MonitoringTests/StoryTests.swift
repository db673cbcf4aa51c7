// Stories with their transcripts (Transcripts/NAME.txt). `BATON_RECORD=1 swift test` rewrites them; the change is
// reviewed as a diff. Each story also asserts what must be true of it, so that a rewrite cannot hide a fault.

import Testing

@testable import Monitoring

/// The stories; each asserts what must be true of it.
private enum Stories {
    /// Five services as in the article, in short.
    static let article = """
        randstart = 60s
        hostgroup servers localhost
        watch servers
            service agg0
                interval 30s
                monitor tcp.monitor -p 6450 localhost
                period wd {Sun-Sat}
                alert ha-down.alert
                alertafter 2
            service mysql
                interval 10s
                monitor msql-mysql.monitor --mode mysql --database=linkserv
                period wd {Sun-Sat}
                alert ha-down.alert
                alertafter 2

        """

    static func aPortOfTheArticleDies() -> Story {
        let story = Story(article)
        story.say("The node has taken the group over; the first runs fall within a minute.")
        story.watch("servers")
        story.run(.seconds(95))
        #expect(story.runs.first { $0.run.service == "servers/agg0" }?.at ?? .zero < .seconds(60))
        #expect(story.state("servers/agg0") == .ok)
        story.say(
            "The port closes. The second failure in a row calls the alert, and each one after it."
        )
        story.usual["servers/agg0"] = .failed("localhost localhost\nconnection refused\n")
        story.run(.seconds(120))
        #expect(story.state("servers/agg0") == .failed)
        #expect(
            story.alerts.map(\.alert.program) == [
                "ha-down.alert", "ha-down.alert", "ha-down.alert",
            ]
        )
        #expect(story.machine.failures.map(\.incident) == [1])
        story.say("The port is back.")
        story.usual["servers/agg0"] = .ok
        story.run(.seconds(40))
        #expect(story.machine.failures == [])
        story.say("The group has moved: nothing is watched here any more.")
        story.watch()
        story.run(.seconds(60))
        #expect(story.machine.nextDeadline == nil)
        return story
    }

    static func aBrokenCheckerNeitherFailsNorSaves() -> Story {
        let story = Story(
            """
            start_grace = 0s
            hostgroup g localhost
            watch g
                service s
                    interval 1s
                    monitor_timeout 5s
                    monitor_action standby
                    monitor my.monitor
                    period
                    alertafter 3
                    alert mail.alert

            """
        )
        story.say("Three runs in a row tell nothing: one page.")
        story.script["g/s"] = [
            .ok,
            .ending(
                .exited(2, output: "Can't locate DBI.pm\nBEGIN failed--compilation aborted at x\n")
            ),
            .ending(.killed(signal: "SIGSEGV", output: "")),
            .ending(.timedOut(output: "half a li"), after: .seconds(5)),
            .ending(.notRun("no such file")),
            .ending(.exited(127, output: "")),
            .ok,
        ]
        story.watch("g")
        story.run(.milliseconds(13_500))
        #expect(story.changes.map(\.change.to) == [.unknown, .ok])
        #expect(story.changes.map(\.change.isPage) == [true, false])
        story.say("Between failures they count for nothing, neither way.")
        story.script["g/s"] = [
            .failed(), .ending(.killed(signal: "SIGKILL", output: "")), .failed(),
            .ending(.exited(126, output: "wrong password\n")), .failed(),
        ]
        story.run(.seconds(5))
        #expect(story.state("g/s") == .failed)
        #expect(story.report("g/s")?.consecutiveFailures == 3)
        story.say(
            "A failed service of which nothing is known any more stays failed, and is told once."
        )
        story.usual["g/s"] = .ending(.exited(127, output: "client missing\n"))
        story.run(.seconds(6))
        #expect(story.state("g/s") == .failed)
        #expect(story.changes.suffix(1).map(\.change.isPage) == [true])
        story.say("A run that was lost is none.")
        story.usual["g/s"] = .ending(.lost)
        story.run(.seconds(2))
        story.show()
        #expect(story.machine.failures.count == 1)
        return story
    }

    static func aSlowStartIsNotAFailure() -> Story {
        let story = Story(
            """
            hostgroup g localhost
            watch g
                service s
                    interval 10s
                    start_grace 1m
                    monitor tcp.monitor -p 8443
                    monitor_action standby
                    period
                    alertafter 2
                    alert mail.alert
                service quick
                    interval 20s
                    start_grace 1m
                    monitor tcp.monitor -p 443
                    monitor_action standby

            """
        )
        story.say("Neither port answers yet; within the grace that counts for nothing.")
        story.usual["g/s"] = .failed()
        story.script["g/quick"] = [.failed(), .failed(), .ok]
        story.watch("g")
        story.run(.seconds(55))
        #expect(story.state("g/s") == .starting)
        #expect(story.alerts.isEmpty && story.machine.failures.isEmpty)
        #expect(story.report("g/s")?.consecutiveFailures == 0)
        story.say(
            "One is up, and fails within its grace: that counts. Without a period once is enough."
        )
        story.usual["g/quick"] = .failed()
        story.run(.seconds(14))
        #expect(story.machine.failures.map(\.service) == ["g/quick"])
        story.say("The other one never came up. After the grace its failures begin to count.")
        story.run(.seconds(16))
        #expect(story.machine.failures.map(\.service) == ["g/s", "g/quick"])
        #expect(story.alerts.count == 2)
        return story
    }

    static func runsFallWhenTheyAreDue() -> Story {
        let story = Story(
            """
            monitor_action = notify
            start_grace = 0s
            maxprocs = 2
            hostgroup g localhost
            watch g
                service a
                    interval 4s
                    monitor a.monitor
                service b
                    interval 4s
                    failure_interval 1s
                    monitor b.monitor
                service c
                    interval 4s
                    monitor c.monitor
                service never
                    monitor never.monitor

            """
        )
        story.say("The first runs are spread over the interval; what is never polled is never run.")
        story.watch("g")
        story.run(.milliseconds(7_500))
        #expect(story.runs.count == 6)
        story.say(
            "A run that takes longer than the interval: the next one a whole interval after its end."
        )
        story.script["g/a"] = [Story.Outcome(took: .milliseconds(5_500))]
        story.run(.seconds(16))
        story.say("While it fails, b is run each second; then as before.")
        story.script["g/b"] = [.failed(), .failed(), .failed(), .ok]
        story.run(.seconds(12))
        story.say("Two long runs leave no room for a third: it begins when one of them ends.")
        story.script["g/a"] = [Story.Outcome(took: .seconds(6))]
        story.script["g/b"] = [Story.Outcome(took: .seconds(7))]
        story.run(.seconds(12))
        return story
    }

    static func dependenciesHoldBack() -> Story {
        let story = Story(
            """
            monitor_action = notify
            start_grace = 0s
            hostgroup lan gate
            hostgroup g host1 host2
            watch lan
                service gate
                    interval 4s
                    monitor fping.monitor
            watch g
                service ping
                    interval 4s
                    monitor fping.monitor
                    period
                    alert mail.alert
                service quiet
                    interval 4s
                    monitor quiet.monitor
                    depend SELF:ping && lan:gate
                    period
                    alert mail.alert
                service held
                    interval 4s
                    monitor held.monitor
                    monitordepend SELF:ping
                    dep_memory 6s
                service hosts
                    interval 4s
                    monitor hosts.monitor
                    hostdepend SELF:ping

            """
        )
        story.say("Everything works.")
        story.watch("lan", "g")
        story.run(.seconds(6))
        story.say(
            "host2 dies. quiet fails without an alert, held is not run, hosts is run without host2."
        )
        story.usual["g/ping"] = .failed("host2\n")
        story.usual["g/quiet"] = .failed("host2\n")
        story.run(.seconds(8))
        #expect(story.alerts.allSatisfy { $0.alert.service == "g/ping" })
        #expect(story.machine.failures.map(\.service) == ["g/ping"])
        #expect(story.runs.last { $0.run.service == "g/hosts" }?.run.hosts == ["host1"])
        story.say(
            "host2 is back; quiet fails by itself now. held is run when 6 s have passed since."
        )
        story.usual["g/ping"] = .ok
        story.run(.seconds(10))
        #expect(story.alerts.last?.alert.service == "g/quiet")
        #expect(story.machine.failures.map(\.service) == ["g/quiet"])
        return story
    }

    static func ordersAreObeyed() -> Story {
        let story = Story(
            """
            start_grace = 0s
            hostgroup g localhost
            watch g
                service s
                    interval 2s
                    monitor s.monitor
                    monitor_action standby
                    period
                    alertafter 2
                    numalerts 1
                    alert mail.alert
                    upalert mail.alert
                    disablealert mail.alert
                service t
                    interval 2s
                    monitor t.monitor
                    monitor_action notify

            """,
            disabled: ["g/t", "gone/x"]
        )
        story.say("t was disabled before this daemon began.")
        story.usual["g/s"] = .failed()
        story.watch("g")
        story.run(.seconds(5))
        #expect(story.machine.failures.map(\.incident) == [1])
        #expect(story.machine.disabledServices == ["g/t"])
        story.say("`baton clear`: counts and incidents begin anew, and so does numalerts.")
        story.order(.cleared, "cleared")
        #expect(story.machine.failures == [])
        story.run(.seconds(4))
        #expect(story.machine.failures.map(\.incident) == [2])
        #expect(story.alerts.count == 2)
        story.say("It works again: one upalert takes both back.")
        story.usual["g/s"] = .ok
        story.run(.seconds(2))
        #expect(story.alerts.last?.alert.kind == .recovery)
        story.say("The group is disabled in the midst of a run, and enabled again.")
        story.script["g/s"] = [Story.Outcome(took: .seconds(60))]
        story.run(.seconds(2))
        story.order(.disable("g"), "disable g")
        story.run(.seconds(5))
        #expect(story.machine.disabledServices == ["g/s", "g/t"])
        #expect(story.machine.nextDeadline == nil)
        story.order(.enable("g/t"), "enable g/t")
        story.order(.enable("g"), "enable g")
        story.run(.seconds(3))
        #expect(story.machine.disabledServices == [])
        story.say("The group moves while a run goes on, and comes back: everything begins afresh.")
        story.usual["g/s"] = .failed()
        story.run(.seconds(4))
        #expect(story.machine.failures.map(\.incident) == [3])
        story.watch()
        #expect(story.machine.failures == [])
        story.run(.seconds(3))
        story.watch("g")
        story.run(.seconds(1))
        story.show()
        #expect(story.state("g/s") == .failing)
        return story
    }

    static func periodsAndHostsAreLeftOut() -> Story {
        let story = Story(
            """
            monitor_action = notify
            start_grace = 0s
            hostgroup g host1 host2
            watch g
                service office
                    interval 30s
                    exclude_hosts host2
                    monitor office.monitor
                    period wd {Mon-Fri} hr {9am-4pm}
                    alert mail.alert
                service backup
                    interval 30s
                    exclude_period hr {8} min {59}
                    monitor backup.monitor
                service nobody
                    interval 30s
                    exclude_hosts host1 host2
                    monitor nobody.monitor

            """
        )
        story.say("It is 8:59 on a Monday: no alert yet, and backup is not run.")
        story.usual["g/office"] = .failed("host1\n")
        story.watch("g")
        story.run(.seconds(59))
        #expect(story.alerts.isEmpty && story.machine.failures.isEmpty)
        #expect(!story.runs.contains { $0.run.service == "g/backup" })
        story.say("Nine o'clock.")
        story.run(.seconds(61))
        #expect(!story.alerts.isEmpty)
        #expect(story.machine.failures.map(\.service) == ["g/office"])
        #expect(story.runs.contains { $0.run.service == "g/backup" && $0.at < .seconds(61) })
        #expect(!story.runs.contains { $0.run.service == "g/nobody" })
        story.show()
        return story
    }
}

private let stories: [String: @Sendable () -> Story] = [
    "article": Stories.aPortOfTheArticleDies,
    "broken-checker": Stories.aBrokenCheckerNeitherFailsNorSaves,
    "slow-start": Stories.aSlowStartIsNotAFailure,
    "schedule": Stories.runsFallWhenTheyAreDue,
    "dependencies": Stories.dependenciesHoldBack,
    "orders": Stories.ordersAreObeyed,
    "left-out": Stories.periodsAndHostsAreLeftOut,
]

@Suite struct StoryTests {
    @Test("The story is told as before", arguments: stories.keys.sorted())
    func told(name: String) throws {
        let tell = try #require(stories[name])
        compare(tell(), name)
    }
}
