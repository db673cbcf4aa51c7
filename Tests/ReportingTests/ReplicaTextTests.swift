// `baton drbd`: what two nodes' views come to, and what is typed after a split.

import Failover
import Testing

@testable import Reporting

@Suite struct ReplicaTextTests {
    private func replica(
        _ node: String,
        _ connection: String,
        _ generations: String,
        role: String = "Secondary",
        disk: String = "UpToDate",
        isActive: Bool = false,
        data: DataState? = nil
    ) -> ReplicaStatus {
        var volume = ReplicaStatus.Volume(number: 0, device: "/dev/drbd0", disk: disk)
        if role == "Primary" {
            volume.mount = "/mnt/drbd"
            volume.filesystem = "ext3"
            volume.size = 245_238_784
            volume.used = 18_371_584
        }
        return ReplicaStatus(
            name: "r0",
            node: node,
            version: "8.4.11",
            role: role,
            connection: connection,
            generations: generations.split(separator: ":").map(String.init),
            volumes: [volume],
            group: "192.168.1.100",
            data: data.map { DataStatus(state: $0, since: 1_795_298_003, text: "") },
            isActive: isActive
        )
    }

    private func text(_ own: ReplicaStatus, _ peer: ReplicaStatus) -> String {
        ReplicaText().text(
            of: ReplicaReport(node: own.node, replicas: [own]),
            peer: .success(ReplicaReport(node: peer.node, replicas: [peer]))
        )
    }

    @Test func whatIsConnectedIsALineForEachNode() {
        let told = text(
            replica("l0", "Connected", "A2:0:1:4", role: "Primary", isActive: true),
            replica("l1", "Connected", "A2:0:1:4")
        )
        #expect(
            told == """
                r0 of 192.168.1.100, DRBD 8.4.11
                  l0  Primary  Connected  UpToDate  /dev/drbd0 on /mnt/drbd (ext3), 17.5 of 233.8 MiB
                  l1  Secondary  Connected  UpToDate  /dev/drbd0

                """
        )
    }

    @Test func theCopyThatTheOtherRemembersIsTheOlderOne() {
        let own = replica("l0", "StandAlone", "B2:A2:1:4", role: "Primary", isActive: true)
        let peer = replica("l1", "WFConnection", "A2:0:1:4", disk: "Outdated", data: .stale)
        let verdict = ReplicaVerdict(own: own, peer: peer, peerName: "l1")
        #expect(verdict.state == .split)
        #expect(verdict.newer == "l0")
        #expect(verdict.steps.map(\.node) == ["l1", "l0"])
        #expect(
            verdict.steps[0].lines.filter { !$0.hasPrefix("#") } == [
                "drbdadm secondary r0", "drbdadm disconnect r0",
                "drbdadm connect --discard-my-data r0",
            ]
        )
        #expect(verdict.steps[1].lines == ["drbdadm connect r0"])
        // Seen from the other side it is the same.
        let other = ReplicaVerdict(own: peer, peer: own, peerName: "l0")
        #expect(other.newer == "l0" && other.steps == verdict.steps)
        #expect(text(own, peer).contains("Newer copy:    l0"))
        #expect(text(own, peer).contains("Nothing of it was done."))
    }

    @Test func ofTwoThatBothWroteTheOneThatServesIsKeptUnlessSomebodyChooses() {
        let own = replica("l0", "StandAlone", "B2:A2:1:4")
        let peer = replica("l1", "StandAlone", "C2:A2:1:4", role: "Primary", isActive: true)
        let verdict = ReplicaVerdict(own: own, peer: peer, peerName: "l1")
        // Neither has a connection to end: drbdadm would fail.
        #expect(!verdict.steps.flatMap(\.lines).contains("drbdadm disconnect r0"))
        #expect(verdict.newer == nil && verdict.kept == "l1")
        #expect(verdict.evidence.contains { $0.contains("both have been written since") })
        #expect(text(own, peer).contains("lose what the other wrote alone"))
        // Nobody serves: nobody chooses by itself.
        let idle = replica("l1", "StandAlone", "C2:A2:1:4")
        let open = ReplicaVerdict(own: own, peer: idle, peerName: "l1")
        #expect(open.kept == nil && open.steps.isEmpty)
        #expect(text(own, idle).contains("nobody can tell from here"))
    }

    @Test func evidenceThatContradictsItselfIsNone() {
        let own = replica("l0", "StandAlone", "B2:A2:1:4", data: .stale)
        let peer = replica("l1", "StandAlone", "A2:0:1:4")
        #expect(ReplicaVerdict(own: own, peer: peer, peerName: "l1").newer == nil)
        let blind = ReplicaVerdict(own: own, peer: nil, peerName: "l1")
        #expect(blind.newer == nil && blind.steps.isEmpty)
    }

    @Test func whoUsesTheCopyThatIsDiscardedStopsFirst() {
        let own = replica("l0", "StandAlone", "A2:0:1:4", role: "Primary", isActive: true)
        let peer = replica("l1", "StandAlone", "B2:A2:1:4", role: "Primary", isActive: true)
        let verdict = ReplicaVerdict(own: own, peer: peer, peerName: "l1")
        #expect(verdict.newer == "l1")
        let lines = verdict.steps.first { $0.node == "l0" }?.lines ?? []
        let stop = lines.firstIndex(of: "systemctl stop batond.service")
        let unmount = lines.firstIndex(of: "umount /mnt/drbd")
        let discard = lines.firstIndex(of: "drbdadm connect --discard-my-data r0")
        #expect(stop != nil && unmount != nil && discard != nil)
        if let stop, let unmount, let discard { #expect(stop < unmount && unmount < discard) }
    }
}
