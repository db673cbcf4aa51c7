// The keeper speaks on for a dead loop (S10): same incarnation, fresh sequences, and never "alive".

import Failover
import Testing

@testable import Wire

private func keeper(of node: Node) throws -> Session {
    try keeper(continuing: node.session.continuation)
}

private func keeper(continuing continuation: SessionContinuation) throws -> Session {
    try Session(
        continuing: continuation,
        cluster: "demo",
        node: NodeName("l0"),
        peer: NodeName("l1"),
        authentication: .hmac(Keyring(keys: [secret], signing: 1))
    )
}

@Suite("Keeper") struct SessionContinuationTests {
    @Test func `The keeper's beat is accepted, even after beats that the dead loop did not record`()
        throws
    {
        var (a, b) = try metPair()
        let continuation = a.session.continuation
        for _ in 0..<10 { #expect(b.hear(a.beat()) == .accepted) }
        var keeper = try keeper(continuing: continuation)
        let said = keeper.seal(content(groups: 0, kind: .daemonDown), link: 0, at: moment(0))[0]
        guard case .accepted(let beat) = b.session.open(said, link: 0, at: moment(0)) else {
            Issue.record("not accepted")
            return
        }
        #expect(beat.content.kind == .daemonDown)
        #expect(beat.incarnation == a.session.incarnation)
        #expect(beat.bootID == a.session.bootID)
        // A beat of the loop that was under way is no news any more.
        #expect(b.hear(a.beat()) == .replayed)
    }

    @Test func `A loop that was only frozen learns that it was overtaken`() throws {
        var (a, b) = try metPair()
        var keeper = try keeper(of: a)
        let said = keeper.seal(content(kind: .daemonDown), link: 0, at: moment(0))[0]
        #expect(b.hear(said) == .accepted)
        #expect(a.hear(b.beat()) == .rolledBack)
    }

    @Test func `The keeper hears, and echoes a peer that restarts while the loop is down`() throws {
        let (a, _) = try metPair()
        var keeper = try keeper(of: a)
        var new = try Node(false, life: 6)
        #expect(keeper.open(new.beat(), link: 0, at: moment(0)) == .candidate)
        let said = keeper.seal(content(kind: .daemonDown), link: 0, at: moment(0))[0]
        #expect(new.hear(said) == .accepted)
        #expect(keeper.open(new.beat(), link: 0, at: moment(0)).kind == .accepted)
    }

    @Test func `What the dead loop had heard is a replay to the keeper, on every path`() throws {
        var (a, b) = try metPair()
        let first = b.beat(0)
        let second = b.beat(1)
        #expect(a.hear(second, 1) == .accepted)
        #expect(a.hear(first, 0) == .repeated)
        var keeper = try keeper(of: a)
        #expect(keeper.open(first, link: 0, at: moment(0)) == .replayed)
        #expect(keeper.open(second, link: 1, at: moment(0)) == .replayed)
        #expect(keeper.open(b.beat(0), link: 0, at: moment(0)).kind == .accepted)
    }

    @Test func `A keeper's keeper is above the first`() throws {
        var (a, b) = try metPair()
        var first = try keeper(of: a)
        _ = a.beat()
        #expect(b.hear(first.seal(content(), link: 0, at: moment(0))[0]) == .accepted)
        var second = try keeper(continuing: first.continuation)
        #expect(b.hear(second.seal(content(), link: 0, at: moment(0))[0]) == .accepted)
        #expect(second.lastSequence > 2 * SessionContinuation.sequenceGap)
    }

    @Test func `Words that were cut while they were written are refused`() throws {
        var (a, b) = try metPair()
        #expect(a.hear(b.beat(), at: 5) == .accepted)
        let old = a.session.continuation
        _ = a.beat()
        #expect(a.hear(b.beat(), at: 9) == .accepted)
        let new = a.session.continuation
        for count in 1..<SessionContinuation.wordCount {
            var torn = old
            for index in 0..<count { torn.words[index] = new.words[index] }
            let isSame = (count..<SessionContinuation.wordCount).allSatisfy {
                old.words[$0] == new.words[$0]
            }
            let isOld = (0..<count).allSatisfy { old.words[$0] == new.words[$0] }
            guard !isSame, !isOld else { continue }
            #expect(throws: WireError.badContinuation, "\(count) words") {
                try keeper(continuing: torn)
            }
        }
        #expect(throws: WireError.badContinuation) {
            try keeper(continuing: SessionContinuation(words: InlineArray(repeating: 0)))
        }
        #expect(throws: Never.self) { try keeper(continuing: new) }
    }
}
