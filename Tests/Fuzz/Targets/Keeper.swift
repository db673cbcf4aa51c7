// What a loop that was killed left to the keeper in shared memory: any words are refused or make a session that seals
// and judges on, above every sequence that the dead loop can have used.

import Failover

@_spi(Simulation) @testable import Wire

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let now = Instant(nanoseconds: Int64(bitPattern: input.number() & ~(1 << 63)))
    var words = InlineArray<20, UInt64>(repeating: 0)
    for index in 0..<SessionContinuation.wordCount { words[index] = input.number() }
    goOn(SessionContinuation(words: words), now, [])
    // The digest is right where the loop was not killed while it wrote.
    var whole = SessionContinuation(words: words)
    whole.words[19] = whole.digest
    goOn(whole, now, input.remainder())
    return 0
}

private func goOn(_ continuation: SessionContinuation, _ now: Instant, _ datagram: [UInt8]) {
    let content = BeatContent(
        kind: .daemonDown,
        isLeaving: false,
        deadtime: .seconds(3),
        earliestTake: .seconds(3),
        addresses: [],
        groups: []
    )
    do {
        var session = try Session(
            continuing: continuation,
            cluster: "demo",
            node: NodeName("l0"),
            peer: NodeName("l1"),
            authentication: .identity
        )
        for round in 0..<70 {
            // Longer than a candidate is remembered.
            for datagram in session.seal(content, link: round % 2, at: now) {
                precondition(
                    Envelope(datagram.span, length: datagram.count) != nil,
                    "sealed what is none"
                )
            }
        }
        precondition(session.lastSequence > continuation.words[5], "a sequence was used twice")
        _ = session.open(datagram, link: 0, at: now)
        let again = session.continuation
        precondition(again.words[19] == again.digest, "left half of its words")
    } catch {
        precondition("\(error)".isEmpty == false, "a refusal without words")
    }
}
