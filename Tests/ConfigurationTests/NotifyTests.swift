// ha.cf: moves on health grounds, and who is told.

import Failover
import Testing

@testable import Configuration

@Suite struct NotifyTests {
    @Test func unsetDirectivesHaveTheirDefaults() {
        let (result, diagnostics) = haCf(goodHaCf)
        #expect(diagnostics == [])
        #expect(result.timings.holdDown == .seconds(300))
        #expect(result.moveBudget == 3)
        #expect(result.restartBudget == 0)
        #expect(result.notifications == [])
        #expect(result.notificationRate == NotificationRate(count: 20, window: .seconds(3600)))
    }

    @Test func valuesReachTheCoresTables() throws {
        let check = ConfigurationCheck(
            ConfigurationFiles(
                haCf: ConfigurationFile(
                    name: "ha.cf",
                    text: goodHaCf
                        + """
                        hold_down 0
                        move_budget 8
                        restart_budget 2
                        notify mail root anna@example.com
                        notify exec /usr/local/sbin/sms +49 a,b
                        notify_rate 5/10m

                        """
                ),
                haresources: ConfigurationFile(
                    name: "haresources",
                    text: "l0 IPaddr2::10.0.0.1/24/eth0\n"
                ),
                authkeys: goodKeys
            ),
            node: "l0"
        )
        let configuration = try #require(check.configuration)
        #expect(
            configuration.notifications == [
                .mail(addresses: ["root", "anna@example.com"]),
                .exec(program: "/usr/local/sbin/sms", arguments: ["+49", "a,b"]),
            ]
        )
        #expect(configuration.notificationRate == NotificationRate(count: 5, window: .seconds(600)))
        let settings = configuration.settings()
        #expect(settings.timings.holdDown == .zero)
        #expect(settings.moveBudget == 8)
        #expect(settings.restartBudget == 2)
    }

    @Test func everyMistakeIsNamedWithItsPlaceAndRemedy() {
        let (result, diagnostics) = haCf(
            goodHaCf
                + """
                notify exec sms
                notify mail anna@example.com,bob@example.com
                notify mail anna@@example.com -oQ/tmp @host anna@ me@ho_st
                notify male root
                notify mail
                notify mail root root
                notify mail root
                notify_rate 20
                notify_rate 0/1h
                notify_rate 5/1s
                notify_rate 5/1x
                notify_rate 6/1h
                notify_rate 7/1h
                move_budget 9
                hold_down 8d
                restart_budget -1

                """
        )
        #expect(result.notifications == [.mail(addresses: ["root"])])
        #expect(result.notificationRate.count == 7)
        #expect(
            Diagnostic.text(diagnostics) == """
                """
        )
    }

    @Test func thereIsRoomForSixteenLines() {
        let lines = (1...17).map { "notify mail user\($0)\n" }.joined()
        let (result, diagnostics) = haCf(goodHaCf + lines)
        #expect(result.notifications.count == 16)
        #expect(diagnostics.map(\.code) == [.tooMany])
    }
}
