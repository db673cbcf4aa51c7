// The desk at which notices become messages: stories of an administrator's night, each told as the messages
// that come of it. `BATON_RECORD=1 swift test` writes the texts anew.

import Failover
import Foundation
import Testing

/// Notices in, messages out, as text.
private struct Night {
    private var desk: NotificationDesk
    private(set) var text = ""
    private(set) var count = 0
    private var now = Instant(nanoseconds: 0)

    init(_ rate: NotificationRate = NotificationRate()) {
        desk = NotificationDesk(node: NodeName("l0"), rate: rate)
    }

    /// Lets the desk have its turns until `seconds`, then gives it a notice.
    mutating func at(_ seconds: Double, _ notice: Notice) {
        wait(until: seconds)
        print(desk.take(notice, at: now))
    }

    /// Lets the desk have every turn it asks for until then, and no other.
    mutating func wait(until seconds: Double) {
        let end = Instant(nanoseconds: Int64(seconds * 1_000_000_000))
        while let due = desk.nextDeadline, due <= end {
            now = max(now, due)
            let before = desk.nextDeadline
            print(desk.timeReached(at: now))
            #expect(desk.nextDeadline != before, "a turn that changes nothing would come for ever")
        }
        now = end
    }

    /// Nothing waits any more.
    mutating func end() { #expect(desk.nextDeadline == nil) }

    private mutating func print(_ messages: [Failover.Notification]) {
        for message in messages {
            count += 1
            let seconds = Double(now.nanoseconds / 100_000_000) / 10
            let about = [message.group?.text, message.about].compactMap(\.self)
            text += "\(seconds) s: \(message.recovers ? "over " : "")\(message.kind.rawValue)"
            text += " (severity \(message.severity)) \(about.joined(separator: " "))\n"
            text += "    \(message.subject)\n"
            // The last lines are those of every message.
            for line in message.body { text += "    | \(line)\n" }
        }
    }
}

private func notice(
    _ severity: Severity,
    _ code: NoticeCode,
    _ text: String,
    group: String? = nil,
    subject: String? = nil,
    cause: TransitionCause? = nil,
    why: Reason? = nil
) -> Notice {
    Notice(
        severity: severity,
        code: code,
        group: group.map { GroupName($0) },
        subject: subject,
        cause: cause,
        text: text,
        reason: why
    )
}

private func link(_ isUp: Bool, _ name: String = "bcast eth1") -> Notice {
    notice(
        isUp ? .info : .warning,
        isUp ? .linkUp : .linkDown,
        "link \(name) is \(isUp ? "up" : "down")",
        subject: name
    )
}

private func service(_ severity: Severity, _ code: NoticeCode, _ text: String) -> Notice {
    notice(severity, code, "servers/agg0 \(text)", subject: "servers/agg0")
}

private let peerAlive = notice(.info, .peerAlive, "l1 is heard again")
private let group = "10.0.0.9"

@Suite("Messages to people") struct NotificationDeskTests {
    private func expect(
        _ night: Night,
        _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Transcripts/notify-\(name).txt")
        if ProcessInfo.processInfo.environment["BATON_RECORD"] != nil {
            try Data(night.text.utf8).write(to: file)
            return
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(
            night.text == expected,
            "Transcripts/notify-\(name).txt differs",
            sourceLocation: sourceLocation
        )
    }

    @Test func `A service fails, the group moves, and all is well again`() throws {
        var night = Night()
        night.at(0, service(.error, .monitorFailed, "failed: localhost"))
        night.at(
            0.1,
            notice(
                .warning,
                .healthMove,
                "given up for l1: servers/agg0: localhost; 2 of 3 such moves left this hour",
                group: group,
                why: Reason(.S7, "l1 is fit")
            )
        )
        night.at(
            0.1,
            notice(
                .info,
                .groupMoved,
                "active -> stopping: release",
                group: group,
                cause: .released
            )
        )
        night.at(
            0.3,
            notice(
                .info,
                .groupMoved,
                "stopping -> offered: all stopped, peer fit",
                group: group,
                cause: .offeredToPeer
            )
        )
        night.at(
            0.4,
            notice(
                .info,
                .groupMoved,
                "offered -> standby: peer accepted",
                group: group,
                cause: .accepted
            )
        )
        // With the group its monitor has left: that is no recovery.
        night.at(0.4, service(.info, .monitorForgotten, "is not watched here any more"))
        night.at(600, service(.info, .monitorRecovered, "is ok again"))
        night.wait(until: 700)
        night.end()
        try expect(night, "service")
    }

    @Test func `The other node dies, its links with it, and comes back without one of them`() throws
    {
        var night = Night()
        night.at(10, link(false))
        night.at(10, link(false, "ucast eth0 10.0.0.2"))
        night.at(10, notice(.warning, .peerSilent, "l1 is silent for 3 s"))
        night.at(
            10,
            notice(
                .warning,
                .peerDead,
                "l1 was judged dead: nobody answers",
                why: Reason(.S1, "its host and its addresses are silent")
            )
        )
        night.at(
            10.5,
            notice(
                .info,
                .groupMoved,
                "starting -> active: all started",
                group: group,
                cause: .started,
                why: Reason(.S1, "l1 was judged dead")
            )
        )
        night.at(300, peerAlive)
        night.at(300, link(true))
        night.wait(until: 400)
        // The other link is a trouble of its own now.
        night.at(500, link(true, "ucast eth0 10.0.0.2"))
        night.wait(until: 600)
        night.end()
        try expect(night, "peer")
    }

    @Test func `A takeover is held and says what to type; what changes is said again`() throws {
        var night = Night()
        night.at(
            0,
            notice(.page, .peerDaemonDown, "the daemon of l1 is down for 3 s, its host answers")
        )
        let held = notice(
            .page,
            .takeoverHeld,
            "not taken over: its host answers. When l1 is surely off, type: baton confirm-down l1",
            group: group,
            why: Reason(.S1, "its host answers")
        )
        night.at(0, held)
        night.at(1, held)
        night.at(
            60,
            notice(
                .page,
                .takeoverHeld,
                "not taken over: somebody answers for 10.0.0.9",
                group: group
            )
        )
        night.at(120, peerAlive)
        night.wait(until: 200)
        night.end()
        try expect(night, "held")
    }

    @Test func `A link that flaps makes one message, not a storm`() throws {
        var night = Night()
        for flap in 0..<40 {
            night.at(Double(flap) * 2, link(false))
            night.at(Double(flap) * 2 + 1, link(true))
        }
        night.wait(until: 100)
        // Down to stay.
        night.at(100, link(false))
        night.at(110, link(true))
        night.at(112, link(false))
        night.at(300, link(true))
        night.wait(until: 900)
        night.end()
        try expect(night, "flap")
    }

    @Test func `A failed start becomes worse, is repaired and cleared`() throws {
        var night = Night()
        night.at(
            0,
            notice(
                .error,
                .operationFailed,
                "start of linkserv failed: exit 1: no license",
                group: group
            )
        )
        night.at(
            0,
            notice(
                .error,
                .operationFailed,
                "start of linkserv failed: exit 1: no license",
                group: group
            )
        )
        night.at(
            1,
            notice(
                .page,
                .groupMoved,
                "stopping -> failed: all stopped after a failed start",
                group: group,
                cause: .stoppedFailed
            )
        )
        night.at(50, notice(.info, .cleared, "cleared by command", group: group))
        night.at(
            50,
            notice(
                .info,
                .groupMoved,
                "failed -> claiming: right to hold proved",
                group: group,
                cause: .granted
            )
        )
        night.at(
            52,
            notice(
                .info,
                .groupMoved,
                "starting -> active: all started",
                group: group,
                cause: .started
            )
        )
        night.wait(until: 100)
        night.end()
        try expect(night, "operation")
    }

    @Test func `Both nodes fail, the budget is used, and somebody repairs it`() throws {
        var night = Night()
        night.at(
            0,
            notice(
                .page,
                .budgetUsed,
                "stays on l0 although it failed (servers/agg0: localhost): move_budget allows 3 such moves in an hour; when it is repaired, type: baton clear",
                group: group
            )
        )
        night.at(
            1,
            notice(
                .page,
                .healthHeld,
                "stays on l0 although it failed (servers/agg0: localhost): l1 is not fit",
                group: group
            )
        )
        night.at(
            30,
            notice(
                .info,
                .healthHeld,
                "no service of it is known to fail any more; it stayed on l0",
                group: group
            )
        )
        night.at(40, notice(.info, .cleared, "cleared by command", group: group))
        night.wait(until: 100)
        night.end()
        try expect(night, "budget")
    }

    @Test
    func `A group that stayed with a failed service and is given away is told anew next time`() {
        var night = Night()
        let held = notice(
            .page,
            .healthHeld,
            "stays on l0 although it failed (a/b: x): l1 is not fit",
            group: group
        )
        night.at(0, held)
        night.at(
            60,
            notice(
                .info,
                .groupMoved,
                "active -> stopping: release",
                group: group,
                cause: .released
            )
        )
        night.wait(until: 100)
        #expect(night.text.contains("65.0 s: over held (severity info) 10.0.0.9\n"))
        #expect(night.text.contains("\n    10.0.0.9: is leaving l0\n"))
        night.at(200, held)
        #expect(night.count == 3)
    }

    @Test func `A freeze is told where it was given, and its end`() throws {
        var night = Night()
        night.at(
            0,
            notice(
                .warning,
                .frozen,
                "frozen for 2 h by anna",
                group: group,
                why: Reason(.command, "new disks")
            )
        )
        night.at(0, notice(.info, .frozen, "frozen on l1", group: "10.0.0.10"))
        night.at(7200, notice(.info, .thawed, "the time of the freeze is over", group: group))
        night.at(7200, notice(.info, .thawed, "thawed on l1", group: "10.0.0.10"))
        night.wait(until: 7300)
        night.end()
        try expect(night, "frozen")
    }

    @Test func `Both nodes hold a group; a stop fails and the node resets itself`() throws {
        var night = Night()
        night.at(
            0,
            notice(
                .page,
                .conflict,
                "held by both nodes: l1 is yielding",
                group: group,
                why: Reason(.S9, "l1 is yielding")
            )
        )
        night.at(
            3,
            notice(
                .info,
                .conflict,
                "held by this node alone again",
                group: group,
                why: Reason(.S9, "the peer yielded")
            )
        )
        night.at(
            20,
            notice(
                .page,
                .operationFailed,
                "stop of linkserv timed out",
                group: group,
                why: Reason(.S4, "stop of linkserv timed out")
            )
        )
        night.at(
            20,
            notice(
                .page,
                .groupMoved,
                "stopping -> unsafe: stop failed",
                group: group,
                cause: .stopFailed
            )
        )
        night.at(
            20,
            notice(.page, .reset, "resetting this node: stop of linkserv timed out", group: group)
        )
        night.wait(until: 100)
        night.end()
        try expect(night, "conflict")
    }

    @Test func `Too many messages are held back, pages later, and one says how many`() throws {
        var night = Night(NotificationRate(count: 3, window: .seconds(600)))
        for number in 0..<8 {
            night.at(
                Double(number),
                notice(
                    .error,
                    .monitorFailed,
                    "servers/s\(number) failed",
                    subject: "servers/s\(number)"
                )
            )
        }
        for number in 0..<5 {
            night.at(
                10,
                notice(
                    .page,
                    .takeoverHeld,
                    "not taken over: its host answers",
                    group: "10.0.0.\(number)"
                )
            )
        }
        night.at(
            20,
            notice(.info, .monitorRecovered, "servers/s7 is ok again", subject: "servers/s7")
        )
        night.wait(until: 1300)
        // What only the summary told is told to be over.
        night.at(
            1300,
            notice(.info, .monitorRecovered, "servers/s6 is ok again", subject: "servers/s6")
        )
        night.wait(until: 2000)
        night.end()
        try expect(night, "rate")
    }

    @Test
    func
        `A service that cannot be told is worse than a failed one, and disabling it ends the matter`()
        throws
    {
        var night = Night()
        night.at(0, service(.error, .monitorFailed, "failed: localhost"))
        night.at(5, service(.page, .monitorUnknown, "cannot be told: no program"))
        night.at(6, service(.error, .monitorFailed, "failed: localhost"))
        night.at(10, service(.info, .monitorDisabled, "is no longer watched"))
        night.at(11, service(.info, .monitorEnabled, "is watched again"))
        night.at(20, service(.info, .monitorRecovered, "is ok again"))
        night.wait(until: 100)
        night.end()
        try expect(night, "unknown")
    }

    @Test func `What is well within seconds is told as over only once it stays so`() {
        var night = Night()
        night.at(0, service(.error, .monitorFailed, "failed"))
        #expect(night.count == 1)
        night.at(10, service(.info, .monitorRecovered, "is ok again"))
        night.at(14, service(.error, .monitorFailed, "failed"))
        night.wait(until: 30)
        #expect(night.count == 1)
        night.at(30, service(.info, .monitorRecovered, "is ok again"))
        night.wait(until: 34.9)
        #expect(night.count == 1)
        night.wait(until: 35)
        #expect(night.count == 2)
    }

    @Test(arguments: NoticeCode.allCases)
    func `A page is told whatever it is about`(code: NoticeCode) {
        var desk = NotificationDesk(node: NodeName("l0"))
        let now = Instant(nanoseconds: 1)
        let page = notice(.page, code, "somebody must act", group: group)
        let told = desk.take(page, at: now) + desk.timeReached(at: now + .seconds(5))
        let isGoodNews: Set<NoticeCode> = [
            .peerAlive, .linkUp, .dataInSync, .thawed, .cleared, .monitorRecovered,
            .monitorDisabled,
            .monitorForgotten,
        ]
        #expect(told.count == (isGoodNews.contains(code) ? 0 : 1))
        #expect(told.allSatisfy { $0.severity == .page && !$0.recovers })
    }

    @Test func `A detail of the night is told to nobody`() {
        var desk = NotificationDesk(node: NodeName("l0"))
        for code in NoticeCode.allCases
        where code != .healthMove && code != .restarted && code != .reset {
            var detail = notice(.info, code, "x", group: group)
            detail.cause = code == .groupMoved ? .released : nil
            #expect(
                desk.take(detail, at: Instant(nanoseconds: 1)) == [] || code.opensAtAnySeverity,
                "\(code)"
            )
        }
    }

    @Test func `Memory is bounded, whatever comes`() {
        var desk = NotificationDesk(node: NodeName("l0"))
        var sent = 0
        for number in 0..<5000 {
            let at = Instant(nanoseconds: Int64(number) * 1_000_000)
            let name = "a/b\(number)"
            sent +=
                desk.take(notice(.error, .monitorFailed, "\(name) failed", subject: name), at: at)
                .count
        }
        #expect(desk.episodeCount == NotificationDesk.episodesMaximum)
        #expect(sent == 20)
    }

    @Test func `A subject is one line of at most 120 characters`() {
        var desk = NotificationDesk(node: NodeName("l0"))
        let text = "stop failed\r\nBcc: all@example.com " + String(repeating: "é", count: 500)
        let told = desk.take(
            notice(.page, .operationFailed, text, group: group),
            at: Instant(nanoseconds: 0)
        )
        #expect(told.first?.subject.count == NotificationDesk.subjectLimit)
        #expect(
            told.first?.subject.hasPrefix("10.0.0.9: stop failed  Bcc: all@example.com é") == true
        )
        #expect(told.first?.body.allSatisfy { !$0.contains(where: \.isNewline) } == true)
    }
}

extension NoticeCode {
    /// Codes that are troubles however mildly they are said.
    fileprivate var opensAtAnySeverity: Bool {
        [.monitorFailed, .monitorUnknown, .operationFailed, .takeoverHeld].contains(self)
    }
}
