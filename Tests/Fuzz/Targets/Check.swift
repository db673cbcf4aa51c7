// What a TCP service may answer to tcp.monitor, in pieces of any length: the check passes where the expected text is in
// the first bytes, and fails with printable words where it is not.
//
// The first byte says how long the expected text is, which comes next; the second, in what pieces the answer comes.

@testable import Linux

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let expectedLength = Int(input.byte() % 16)
    let pieceLength = 1 + Int(input.byte()) * 8
    let expected = input.bytes(expectedLength)
    let answer = input.remainder()
    let check = Loopback.sure { () throws(SystemError) in
        try TCPCheck(TCPQuestion(Loopback.address, text: Array("hello\n".utf8), expected: expected))
    }
    var service: TCPStream? = Loopback.accepted()
    for place in stride(from: 0, to: answer.count, by: pieceLength) {
        guard check.advance() == .running else { break }
        let piece = Array(answer[place..<min(place + pieceLength, answer.count)])
        do throws(SystemError) { _ = try service?.send(piece) } catch { break }
        // The words for a deadline that comes now.
        expectPrintable(check.timeoutText, "a timeout")
    }
    var progress = TCPCheck.Progress.running
    if expected.isEmpty {
        Loopback.turn("a check without question waits") {
            progress = check.advance()
            return progress != .running
        }
        precondition(progress == .passed, "a port that accepts: \(progress)")
        return 0
    }
    // All that was said is there before the end is, as far as it is looked at.
    for _ in 0..<64 { progress = check.advance() }
    service = nil
    Loopback.turn("a check of nobody waits") {
        progress = check.advance()
        return progress != .running
    }
    switch progress {
    case .passed: precondition(holds(answer, expected), "passed without the text")
    case .failed(let words):
        expectPrintable(words, "a failure")
        precondition(!holds(answer, expected), "failed with the text: \(words)")
    case .running: preconditionFailure("it waits")
    }
    return 0
}

private func holds(_ answer: [UInt8], _ expected: [UInt8]) -> Bool {
    guard answer.count >= expected.count else { return false }
    return (0...answer.count - expected.count).contains { answer[$0...].starts(with: expected) }
}
