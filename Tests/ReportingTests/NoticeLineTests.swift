import Failover
import Reporting
import Testing

@Suite("Notice lines")
struct NoticeLineTests {
    @Test("A notice with everything")
    func whole() {
        let notice = Notice(
            severity: .page,
            code: .takeoverHeld,
            group: GroupName("192.168.6.100"),
            text: "not taken from l1",
            reason: Reason(.S1, "its host answers on eth0")
        )
        #expect(
            notice.line
                == "page takeoverHeld 192.168.6.100: not taken from l1 [S1: its host answers on eth0]"
        )
    }

    @Test("A notice stays one line whatever a script wrote into it")
    func oneLine() {
        let notice = Notice(
            severity: .error,
            code: .operationFailed,
            text: "exit 1:\nforged info line\u{1b}[2K"
        )
        #expect(notice.line == "error operationFailed: exit 1: forged info line [2K")
    }

    @Test(
        "Severity words",
        arguments: [
            (Severity.page, "page"), (.error, "error"), (.warning, "warning"), (.info, "info"),
            (.debug, "debug"),
        ]
    )
    func words(severity: Severity, word: String) {
        #expect(Notice(severity: severity, code: .late, text: "x").line == "\(word) late: x")
    }
}
