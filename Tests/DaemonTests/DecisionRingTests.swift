import Failover
import Testing

@testable import Daemon

@Suite("Decisions remembered")
struct DecisionRingTests {
    private func notice(_ number: Int, _ severity: Severity = .info, reason: Bool = true) -> Notice
    {
        Notice(
            severity: severity,
            code: .groupMoved,
            text: "\(number)",
            reason: reason ? Reason(.S1, "facts") : nil
        )
    }

    @Test("The last 200 with a reason, and failures, the newest last, with their age")
    func ring() {
        var ring = DecisionRing()
        #expect(ring.decisions(at: 0).isEmpty)
        for number in 0..<450 { ring.note(notice(number), at: Int64(number) * 1_000_000) }
        ring.note(notice(450, reason: false), at: 450_000_000)
        ring.note(notice(451, .error, reason: false), at: 451_000_000)
        let decisions = ring.decisions(at: 460_000_000)
        #expect(decisions.map(\.notice.text) == (251..<450).map(String.init) + ["451"])
        #expect(decisions.first?.agoMilliseconds == Int64(209))
        #expect(decisions.last?.agoMilliseconds == 9)
    }

    @Test("A long text is cut")
    func long() {
        var ring = DecisionRing()
        var entry = notice(1)
        entry.text = String(repeating: "ä", count: 100_000)
        entry.reason?.facts = entry.text
        ring.note(entry, at: 0)
        let kept = ring.decisions(at: 0)[0].notice
        #expect(kept.text.utf8.count < 1100)
        #expect((kept.reason?.facts.utf8.count ?? 0) < 1100)
    }
}
