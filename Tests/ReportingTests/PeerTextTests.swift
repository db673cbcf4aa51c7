// The other node's own view below the status, and both nodes' decisions as `baton explain` shows them.

import Failover
import Reporting
import Testing

@Suite("Text about both nodes")
struct PeerTextTests {
    private let writer = StatusText(width: 100)

    @Test("The other node's own view stands below, and where it is not known, why")
    func peer() throws {
        try expectGolden(
            writer.text(ofPeer: Sample.standbySide, besides: Sample.healthy),
            "peer-healthy.txt"
        )
        // Seen from the standby node: the active one is in trouble of its own.
        try expectGolden(
            writer.text(ofPeer: Sample.failedStart, besides: Sample.standbySide),
            "peer-failed-start.txt"
        )
        try expectGolden(
            writer.text(
                ofUnknownPeer: "l1",
                because:
                    "l1 does not answer: 10.0.0.2 (no connection in time), 192.168.6.2 (Connection refused)"
            ),
            "peer-silent.txt"
        )
    }

    @Test("Of many groups the other node's are counted")
    func many() {
        let lines = writer.text(ofPeer: Sample.twelveGroups, besides: Sample.healthy)
            .split(separator: "\n")
        let groups = lines.filter { $0.hasPrefix("Groups:") }
        #expect(groups.count == 1)
        #expect(groups.first?.contains("active") == true)
        #expect(lines.count < 20)
    }

    @Test("What a node says cannot move the cursor")
    func controlCharacters() {
        var status = Sample.standbySide
        status.reason = "\u{1b}[2Jgone"
        status.node = "l\u{1b}1"
        let text = writer.text(ofPeer: status, besides: Sample.healthy)
        #expect(!text.unicodeScalars.contains("\u{1b}"))
    }
}

@Suite("Explanations")
struct ExplanationTextTests {
    private static func moment(_ agoMilliseconds: Int64) -> String {
        "03:12:\(agoMilliseconds >= 50_000 ? "0" : "")\((59_000 - agoMilliseconds) / 1000)"
    }

    private let writer = ExplanationText(width: 100, time: moment)

    private func decision(
        _ ago: Int64,
        _ severity: Severity,
        _ code: NoticeCode,
        _ text: String,
        _ reason: Reason?,
        group: String? = Sample.address
    ) -> Decision {
        Decision(
            agoMilliseconds: ago,
            notice: Notice(
                severity: severity,
                code: code,
                group: group.map(GroupName.init),
                text: text,
                reason: reason
            )
        )
    }

    private var own: Explanation {
        Explanation(
            of: Sample.takeoverHeld,
            decisions: [
                decision(
                    55_000,
                    .info,
                    .groupMoved,
                    "offered to l0 at epoch 4",
                    Reason(.S3b, "all resources are stopped")
                ),
                decision(
                    8_000,
                    .page,
                    .takeoverHeld,
                    "not started: its host still answers ARP on eth0",
                    Reason(.S1, "its host still answers ARP on eth0")
                ),
            ]
        )
    }

    private var peer: Explanation {
        Explanation(
            of: Sample.failedServiceStays,
            decisions: [
                decision(
                    54_000,
                    .info,
                    .groupMoved,
                    "standby -> claiming: right to hold proved",
                    Reason(.S3b, "l1 offered it at epoch 4")
                ),
                decision(
                    20_000,
                    .error,
                    .operationFailed,
                    "mount of /local failed",
                    nil
                ),
            ]
        )
    }

    @Test("Both nodes' reasons, what keeps the group, and the decisions of both in order of time")
    func both() throws {
        try expectGolden(writer.text(of: own, peer: .success(peer), count: 20), "explain.txt")
    }

    @Test("Without the other node's account the own one stands alone; only the last are shown")
    func alone() throws {
        let silence = PeerSilence(node: "l0", why: "l0 does not answer: 10.0.0.1 (no TLS in time)")
        try expectGolden(
            writer.text(of: own, peer: .failure(silence), count: 1),
            "explain-alone.txt"
        )
    }

    @Test("Where nothing was decided, that is said")
    func nothing() {
        let empty = Explanation(of: Sample.healthy, decisions: [])
        let text = writer.text(of: empty, peer: .success(empty), count: 20)
        #expect(text.hasSuffix("\n\nNo decision since the daemons started.\n"))
    }

    @Test(
        "About one group, the decisions about others are left out, those about both nodes are not"
    )
    func oneGroup() {
        let decisions = [
            decision(3, .info, .groupMoved, "a", Reason(.S1, ""), group: "10.0.0.1"),
            decision(2, .info, .groupMoved, "b", Reason(.S1, ""), group: "10.0.0.2"),
            decision(1, .page, .peerDead, "c", Reason(.S1, ""), group: nil),
        ]
        let one = Explanation(
            of: Sample.healthy,
            decisions: decisions,
            group: GroupName("10.0.0.2")
        )
        #expect(one.decisions.map(\.notice.text) == ["b", "c"])
        #expect(one.groups.isEmpty)
        let other = Explanation(
            of: Sample.healthy,
            decisions: decisions,
            group: GroupName(Sample.address)
        )
        #expect(other.groups.map(\.name) == [Sample.address])
        #expect(other.groups.allSatisfy { $0.resources.isEmpty })
    }
}
