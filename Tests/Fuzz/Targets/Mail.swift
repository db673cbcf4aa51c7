// What programs printed and people typed, on its way into a mail or a program of the administrator's: whatever the
// texts hold, no header ends early, no line is longer than RFC 5322 allows, no variable has a control character.

import Failover
import Wire

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let word = input.byte()
    let texts = input.parts(at: 0, most: 9)
        .map { String(decoding: $0, as: UTF8.self) }
    func text(_ index: Int) -> String { index < texts.count ? texts[index] : "" }
    let kinds = NotificationKind.allCases
    let notification = Notification(
        kind: kinds[Int(word) % kinds.count],
        severity: word & 64 == 0 ? .page : .info,
        group: text(1).isEmpty ? nil : GroupName(text(1)),
        about: text(2),
        subject: text(0),
        body: texts.dropFirst(4).map { $0 },
        recovers: word & 128 != 0
    )
    let message = NotificationMessage(notification, node: NodeName("l0"), date: text(3))
    let mail = message.invocation(for: .mail(addresses: ["root", text(1)]))
    check(mail.input)
    let run = message.invocation(for: .exec(program: "/bin/true", arguments: [text(2)]))
    for variable in run.environment { expectPrintable(variable, "a variable") }
    expectPrintable(String(decoding: run.input, as: UTF8.self), "what a program reads")
    return 0
}

private func check(_ mail: [UInt8]) {
    let lines = mail.split(separator: 10, omittingEmptySubsequences: false)
    var names: [String] = []
    for line in lines {
        precondition(line.count <= 998, "a line of \(line.count) bytes")
        precondition(!line.contains { $0 < 32 || $0 == 127 }, "a control character in a mail")
    }
    for line in lines.prefix(while: { !$0.isEmpty }) {
        precondition(line.allSatisfy { $0 < 128 }, "a header beyond ASCII")
        if line.first == 32 { continue }
        names.append(String(decoding: line.prefix { $0 != 58 }, as: UTF8.self))
    }
    precondition(
        names == [
            "To", "Subject", "Date", "Auto-Submitted", "X-Baton-Event", "MIME-Version",
            "Content-Type", "Content-Transfer-Encoding",
        ],
        "other headers: \(names)"
    )
}
