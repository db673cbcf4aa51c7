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
                ha.cf:4:13: error: 'sms' is no absolute path of a program
                    notify exec sms
                                ^
                    hint: notify exec /usr/local/sbin/sms
                ha.cf:5:13: error: 'anna@example.com,bob@example.com' is no mail address: it has a comma
                    notify mail anna@example.com,bob@example.com
                                ^
                    hint: blanks stand between addresses
                ha.cf:6:13: error: 'anna@@example.com' is no mail address: more than one @
                    notify mail anna@@example.com -oQ/tmp @host anna@ me@ho_st
                                ^
                    hint: USER@HOST, or a user of this machine
                ha.cf:6:31: error: '-oQ/tmp' is no mail address: it begins with -
                    notify mail anna@@example.com -oQ/tmp @host anna@ me@ho_st
                                                  ^
                    hint: USER@HOST, or a user of this machine
                ha.cf:6:39: error: '@host' is no mail address: no user stands before the @
                    notify mail anna@@example.com -oQ/tmp @host anna@ me@ho_st
                                                          ^
                    hint: USER@HOST, or a user of this machine
                ha.cf:6:45: error: 'anna@' is no mail address: what stands behind the @ is no host
                    notify mail anna@@example.com -oQ/tmp @host anna@ me@ho_st
                                                                ^
                    hint: USER@HOST, or a user of this machine
                ha.cf:6:51: error: 'me@ho_st' is no mail address: what stands behind the @ is no host
                    notify mail anna@@example.com -oQ/tmp @host anna@ me@ho_st
                                                                      ^
                    hint: USER@HOST, or a user of this machine
                ha.cf:7:8: error: 'male' is no way to tell: exec or mail
                    notify male root
                           ^
                    hint: notify mail root
                ha.cf:8:1: error: 'notify' takes 2 to 64 values, not 1
                    notify mail
                    ^
                    hint: notify exec PROGRAM [ARGUMENT...] | notify mail ADDRESS...
                ha.cf:9:18: warning: address 'root' is named twice
                    notify mail root root
                                     ^
                ha.cf:10:8: warning: the same 'notify' is given again
                    notify mail root
                           ^
                ha.cf:11:13: error: '20' is no value of 'notify_rate': it takes COUNT/TIME
                    notify_rate 20
                                ^
                    hint: notify_rate 20/1h
                ha.cf:12:13: error: '0/1h' is out of range: 'notify_rate' takes 1 to 1000 messages
                    notify_rate 0/1h
                                ^
                    hint: to be told nothing, leave 'notify' out
                ha.cf:13:15: error: '1s' is out of range: 'notify_rate' takes 60s to 7d
                    notify_rate 5/1s
                                  ^
                    hint: a bare number counts seconds
                ha.cf:14:16: error: unknown unit in '1x'
                    notify_rate 5/1x
                                   ^
                    hint: a number of seconds, or a number with us, ms, s, m, h or d
                ha.cf:15:13: warning: 'notify_rate' is given again; this line counts, not line 14
                    notify_rate 6/1h
                                ^
                ha.cf:16:13: warning: 'notify_rate' is given again; this line counts, not line 15
                    notify_rate 7/1h
                                ^
                ha.cf:17:13: error: '9' is no value of 'move_budget': it takes a number from 0 to 8
                    move_budget 9
                                ^
                ha.cf:18:11: error: '8d' is out of range: 'hold_down' takes 0s to 7d
                    hold_down 8d
                              ^
                ha.cf:19:16: error: '-1' is no value of 'restart_budget': it takes a number from 0 to 100
                    restart_budget -1
                                   ^

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
