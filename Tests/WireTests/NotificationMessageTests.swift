// Messages as mail and as what a program is given: exact bytes, and nothing that could forge a header.

import Failover
import Testing
import Wire

private let date = "Sat, 21 Nov 2026 03:12:07 +0100"

private func message(
    _ subject: String = "link bcast eth1 is down",
    _ body: [String] = ["link bcast eth1 is down", "", "See: baton status"],
    severity: Severity = .warning,
    group: String? = nil,
    about: String? = "bcast eth1",
    kind: NotificationKind = .link,
    recovers: Bool = false
) -> NotificationMessage {
    NotificationMessage(
        Notification(
            kind: kind,
            severity: severity,
            group: group.map { GroupName($0) },
            about: about,
            subject: subject,
            body: body,
            recovers: recovers
        ),
        node: NodeName("l0"),
        date: date
    )
}

private func mail(_ message: NotificationMessage, _ addresses: [String] = ["root"]) -> String {
    String(decoding: message.invocation(for: .mail(addresses: addresses)).input, as: UTF8.self)
}

@Suite("Messages as bytes") struct NotificationMessageTests {
    @Test func `A mail has the headers that a mailer and a filter need`() {
        let invocation = message().invocation(for: .mail(addresses: ["root", "anna@example.com"]))
        #expect(invocation.program == "/usr/sbin/sendmail")
        #expect(invocation.arguments == ["-t", "-i"])
        #expect(invocation.environment == [])
        #expect(
            String(decoding: invocation.input, as: UTF8.self) == """
                To: root,
                 anna@example.com
                Subject: [baton l0] link bcast eth1 is down
                Date: Sat, 21 Nov 2026 03:12:07 +0100
                Auto-Submitted: auto-generated
                X-Baton-Event: link warning
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: 8bit

                link bcast eth1 is down

                See: baton status

                """
        )
    }

    @Test(
        "The subject begins with how urgent it is",
        arguments: [
            (Severity.page, false, NotificationKind.held, "[baton l0] PAGE: x"),
            (.error, false, .service, "[baton l0] x"),
            (.info, true, .service, "[baton l0] Over: x"),
            (.info, true, .move, "[baton l0] x"),
        ]
    )
    func heading(severity: Severity, recovers: Bool, kind: NotificationKind, heading: String) {
        #expect(message("x", severity: severity, kind: kind, recovers: recovers).heading == heading)
    }

    @Test func `No text forges a header or a recipient`() {
        let evil = "x\r\nBcc: all@example.com\n\n.\u{85}\u{2028}\u{0}y"
        let text = mail(
            message(evil, [evil], about: evil),
            [
                "root\nBcc: all@example.com", String(repeating: "x", count: 1000),
                "a,b@example.com", "\r\n",
            ]
        )
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.filter { $0.hasPrefix("Bcc") } == [])
        #expect(lines.count { $0.isEmpty } == 2)
        #expect(lines[0] == "To: rootBccall@example.com,")
        #expect(lines[1] == " ab@example.com")
        #expect(lines[2] == "Subject: [baton l0] x  Bcc: all@example.com  .   y")
        #expect(!text.contains("\r") && !text.contains("\u{0}"))
    }

    @Test func `A subject beyond ASCII is encoded words that decode to it`() throws {
        let subject = "Dienst »agg0« fällt aus — " + String(repeating: "ü€😀", count: 20)
        let text = mail(message(subject))
        let header = try #require(text.firstRange(of: "\nSubject: "))
        let rest = text[header.upperBound...]
        let end = try #require(rest.firstRange(of: "\nDate: "))
        let words = rest[..<end.lowerBound].split(separator: "\n ")
        var decoded: [UInt8] = []
        for word in words {
            #expect(word.utf8.count <= 75)
            #expect(word.hasPrefix("=?utf-8?B?") && word.hasSuffix("?="))
            let bytes = decodeBase64(word.dropFirst(10).dropLast(2))
            // A word ends where a character does.
            #expect(String(validating: bytes, as: UTF8.self) != nil)
            decoded += bytes
        }
        #expect(String(decoding: decoded, as: UTF8.self) == "[baton l0] " + subject)
        #expect(mail(message("=?utf-8?B?eA==?=")).contains("Subject: =?utf-8?B?W2JhdG9uIGwwXSA9"))
    }

    @Test func `A long line is broken, whole characters at a time`() {
        let text = mail(message("x", [String(repeating: "é", count: 2000)]))
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 900 })
        #expect(lines.filter { $0.hasPrefix("é") }.joined() == String(repeating: "é", count: 2000))
    }

    @Test func `A program is given the text, and the facts in its environment`() {
        let invocation = message(
            "10.0.0.9: runs\u{7}nowhere",
            ["10.0.0.9: runs nowhere", "", "See: baton status"],
            severity: .page,
            group: "10.0.0.9",
            about: nil,
            kind: .operation
        ).invocation(for: .exec(program: "/usr/local/sbin/sms", arguments: ["+49", "a b"]))
        #expect(
            invocation
                == NotificationInvocation(
                    program: "/usr/local/sbin/sms",
                    arguments: ["+49", "a b"],
                    environment: [
                        "BATON_EVENT=operation", "BATON_SEVERITY=page", "BATON_GROUP=10.0.0.9",
                        "BATON_ABOUT=", "BATON_SUBJECT=10.0.0.9: runs nowhere", "BATON_NODE=l0",
                        "BATON_RECOVERED=0",
                    ],
                    input: Array(
                        "[baton l0] PAGE: 10.0.0.9: runs nowhere\n\n10.0.0.9: runs nowhere\n\nSee: baton status\n"
                            .utf8
                    )
                )
        )
        let over = message(recovers: true).invocation(for: .exec(program: "/x", arguments: []))
        #expect(over.environment.suffix(1) == ["BATON_RECOVERED=1"])
    }

    private func decodeBase64(_ text: Substring) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        )
        var bits: UInt32 = 0
        var count = 0
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            guard let value = alphabet.firstIndex(of: byte) else { continue }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
