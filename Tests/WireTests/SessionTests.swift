// The S6 stories: strangers meet, nodes restart, and somebody without a key replays what he kept.

import Failover
import Testing

@testable import Wire

@Suite("Session") struct SessionTests {
    @Test func `Two strangers prove themselves in three beats`() throws {
        var a = try Node(true, life: 1)
        var b = try Node(false, life: 1)
        #expect(b.hear(a.beat()) == .candidate)
        #expect(a.hear(b.beat()) == .accepted)
        #expect(a.session.peerIncarnation == b.session.incarnation)
        #expect(b.session.peerIncarnation == nil)
        #expect(b.hear(a.beat()) == .accepted)
        #expect(b.session.peerIncarnation == a.session.incarnation)
    }

    @Test func `The echo tells the highest sequence heard and how long ago`() throws {
        var (a, b) = try metPair()
        #expect(a.hear(b.beat(at: 0), at: 1000) == .accepted)
        let verdict = b.session.open(a.beat(at: 1400), link: 0, at: moment(90_000))
        guard case .accepted(let beat) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(beat.echo == Echo(sequence: b.session.lastSequence, age: .milliseconds(400)))
        #expect(beat.clock == moment(1400))
    }

    @Test func `The second path of a beat lives but brings no news, once`() throws {
        var (a, b) = try metPair()
        let first = a.beat(0)
        let second = a.beat(1)
        #expect(b.hear(second, 1) == .accepted)
        #expect(b.hear(first, 0) == .repeated)
        #expect(b.hear(first, 0) == .replayed)
        #expect(b.hear(second, 1) == .replayed)
    }

    @Test func `A datagram carried over to another path proves only one of them`() throws {
        var (a, b) = try metPair()
        let kept = a.beat(0)
        #expect(b.hear(kept, 0) == .accepted)
        // The other path is cut; somebody plays on it what he heard on the first.
        #expect(b.hear(kept, 1) == .replayed)
        #expect(b.session.linkCounters[1][.replayed] == 1)
        #expect(b.session.linkCounters[0][.replayed] == 0)
    }

    @Test func `A late packet on its path changes nothing`() throws {
        var (a, b) = try metPair()
        let early = a.beat()
        let late = a.beat()
        #expect(b.hear(late) == .accepted)
        #expect(b.hear(early) == .replayed)
    }

    @Test func `Our own broadcast is ours, our name in another's mouth is foreign`() throws {
        var (a, _) = try metPair()
        #expect(a.hear(a.beat()) == .own)
        var twin = try Node(true, life: 6)
        #expect(a.hear(twin.beat()) == .foreign)
        #expect(a.session.peerIncarnation?.nonce == 0xb005)
    }

    @Test func `Another cluster and other names are foreign under the same key`() throws {
        var (a, _) = try metPair()
        for (cluster, node, peer) in [
            ("other", "l1", "l0"), ("demo", "l2", "l0"), ("demo", "l1", "l2"),
        ] {
            var stranger = try Session(
                cluster: cluster,
                node: NodeName(node),
                peer: NodeName(peer),
                bootID: BootID(high: 0, low: 0),
                incarnation: Incarnation(counter: 9, nonce: 9),
                authentication: .hmac(try Keyring(keys: [secret], signing: 1))
            )
            let said = stranger.seal(content(), link: 0, at: moment(0))[0]
            #expect(a.hear(said) == .foreign, "\(cluster) \(node) \(peer)")
        }
    }

    @Test func `Another key id is unknown, the same id with another secret is a bad MAC`() throws {
        var (a, _) = try metPair()
        var other = try Node(false, life: 6, keyring: ring([2], signing: 2))
        #expect(a.hear(other.beat()) == .unknownKey)
        var wrong = try Node(false, life: 6, keyring: ring([1], signing: 1))
        #expect(a.hear(wrong.beat()) == .badMAC)
        var method = try Node(
            false,
            life: 6,
            keyring: Keyring(
                keys: [AuthenticationKey(id: 1, method: .md5, secret: secret.secret)],
                signing: 1
            )
        )
        #expect(a.hear(method.beat()) == .badMAC)
    }

    // MARK: Restarts

    @Test func `A restarted peer is believed after one exchange, its former life no more`() throws {
        var (a, old) = try metPair()
        let kept = old.beat()
        var new = try Node(false, life: 6)
        #expect(a.hear(new.beat()) == .candidate)
        #expect(a.session.peerIncarnation?.counter == 5)
        #expect(new.hear(a.beat()) == .accepted)
        #expect(a.hear(new.beat()) == .accepted)
        #expect(a.session.peerIncarnation?.counter == 6)
        // Not delivered before, of the life before: it echoes our nonce, but nothing we sent since.
        #expect(a.hear(kept) == .stale)
        #expect(a.session.peerIncarnation?.counter == 6)
        #expect(new.hear(a.beat()) == .accepted)
    }

    /// The predecessor's last words came late, so that what the successor has heard is older than they are; then nobody
    /// was heard for so long that the candidate was forgotten (story 310041779).
    @Test func `A successor whose proof was overtaken is echoed again`() throws {
        var (a, b) = try metPair()
        let late = b.beat()
        b = try Node(false, life: 6)
        #expect(a.hear(b.beat()) == .candidate)
        let echoed = a.beat()
        #expect(a.hear(late) == .accepted)
        #expect(b.hear(echoed) == .accepted)
        #expect(a.hear(b.beat()) == .stale)
        for _ in 0...Session.candidatePatience { _ = (a.beat(), b.beat()) }
        meet(&a, &b)
        meet(&a, &b)
        #expect(a.session.peerIncarnation == b.session.incarnation)
        #expect(b.session.peerIncarnation == a.session.incarnation)
    }

    @Test func `Both restart at once and meet again`() throws {
        var (a, b) = try metPair()
        let keptA = a.beat()
        let keptB = b.beat()
        a = try Node(true, life: 6)
        b = try Node(false, life: 6)
        #expect(a.hear(keptB) == .candidate)
        #expect(b.hear(keptA) == .candidate)
        #expect(b.hear(a.beat()) == .candidate)
        #expect(a.hear(b.beat()) == .accepted)
        #expect(b.hear(a.beat()) == .accepted)
        #expect(a.hear(keptB) == .stale)
        #expect(b.hear(keptA) == .stale)
    }

    @Test func `A peer that lost its durable counter is believed all the same`() throws {
        var (a, _) = try metPair()
        var poor = try Node(false, life: 1)
        #expect(a.hear(poor.beat()) == .stale)
        #expect(poor.hear(a.beat()) == .accepted)
        #expect(a.hear(poor.beat()) == .accepted)
        #expect(a.session.peerIncarnation?.counter == 1)
    }

    @Test func `After a peer lost its counter, recordings of its higher lives do not return`()
        throws
    {
        var (a, rich) = try metPair()
        let kept = (0..<20).map { _ in rich.beat() }
        var poor = try Node(false, life: 1)
        meet(&poor, &a)
        #expect(a.session.peerIncarnation?.counter == 1)
        for datagram in kept { #expect(a.hear(datagram) == .stale) }
        #expect(a.session.peerIncarnation?.counter == 1)
    }

    @Test func `A twin is not believed by what it said before the present peer was last heard`()
        throws
    {
        var (a, b) = try metPair()
        var twin = try Node(false, life: 6)
        #expect(twin.hear(a.beat()) == .candidate)
        let kept = twin.beat()
        #expect(a.hear(b.beat()) == .accepted)
        #expect(a.hear(kept) == .stale)
        #expect(a.session.peerIncarnation == b.session.incarnation)
    }

    // MARK: Replays

    @Test func `Nothing recorded before our start is applied, whatever and however often`() throws {
        // Four lives of both nodes, every datagram kept.
        var kept: [[UInt8]] = []
        for life in 1...4 {
            var a = try Node(true, life: UInt64(life))
            var b = try Node(false, life: UInt64(life))
            for _ in 0..<10 {
                let fromB = b.beat()
                let fromA = a.beat()
                kept.append(fromB)
                _ = a.hear(fromB)
                _ = b.hear(fromA)
            }
            #expect(a.session.peerIncarnation == b.session.incarnation)
        }
        var fresh = try Node(true, life: 5)
        for _ in 0..<3 {
            for datagram in kept {
                #expect(fresh.hear(datagram) == .candidate)
                _ = fresh.beat()
            }
        }
        #expect(fresh.session.peerIncarnation == nil)
    }

    @Test func `Replayed old lives do not stop the echo of the present peer`() throws {
        var (a, b) = try metPair()
        var older = try Node(false, life: 2)
        var newer = try Node(false, life: 9)
        for _ in 0..<50 {
            _ = a.hear(older.beat())
            _ = a.hear(newer.beat())
            #expect(b.hear(a.beat()) == .accepted)
            #expect(a.hear(b.beat()) == .accepted)
        }
    }

    @Test func `A flood of old lives does not keep out a living successor`() throws {
        var (a, _) = try metPair()
        var old = try (1...4).map { try Node(false, life: UInt64($0)) }
        func flood() {
            for _ in 0..<20 {
                for index in old.indices { _ = a.hear(old[index].beat()) }
            }
        }
        var successor = try Node(false, life: 6)
        flood()
        #expect(a.hear(successor.beat()) == .candidate)
        flood()
        #expect(successor.hear(a.beat()) == .accepted)
        flood()
        #expect(a.hear(successor.beat()) == .accepted)
        #expect(a.session.peerIncarnation?.counter == 6)
    }

    @Test func `Floods of old lives on both sides do not hold two starting nodes apart`() throws {
        var a = try Node(true, life: 6)
        var b = try Node(false, life: 6)
        var oldA = try (1...4).map { try Node(true, life: UInt64($0)) }
        var oldB = try (1...4).map { try Node(false, life: UInt64($0)) }
        func flood() {
            for index in oldA.indices {
                _ = b.hear(oldA[index].beat())
                _ = a.hear(oldB[index].beat())
            }
        }
        for _ in 0..<3 {
            flood()
            let saidA = a.beat()
            let saidB = b.beat()
            _ = a.hear(saidB)
            _ = b.hear(saidA)
        }
        #expect(a.session.peerIncarnation == b.session.incarnation)
        #expect(b.session.peerIncarnation == a.session.incarnation)
    }

    @Test func `A flood does not even keep out a peer that lost its counter`() throws {
        var (a, dead) = try metPair()
        let kept = (0..<100).map { _ in dead.beat() }
        a = try Node(true, life: 6)
        for datagram in kept[..<50] { #expect(a.hear(datagram) == .candidate) }
        var poor = try Node(false, life: 1)
        for datagram in kept[50...] { #expect(a.hear(datagram) == .candidate) }
        // a echoes the recordings, but poor hears a and echoes it: that is proof enough.
        #expect(poor.hear(a.beat()) == .candidate)
        #expect(a.hear(poor.beat()) == .accepted)
        #expect(poor.hear(a.beat()) == .accepted)
    }

    @Test
    func `When both lost their counters, recordings hold them apart no longer than they last`()
        throws
    {
        var (a, b) = try metPair()
        let fromA = a.beat()
        let fromB = b.beat()
        a = try Node(true, life: 1)
        b = try Node(false, life: 1)
        #expect(a.hear(fromB) == .candidate)
        #expect(b.hear(fromA) == .candidate)
        // One more beat than the patience, and one for the first to be heard.
        for _ in 0...Session.candidatePatience {
            #expect(a.session.peerIncarnation == nil)
            let saidA = a.beat()
            let saidB = b.beat()
            #expect(a.hear(saidB) == .candidate)
            #expect(b.hear(saidA) == .candidate)
        }
        meet(&a, &b)
        meet(&a, &b)
        #expect(a.session.peerIncarnation == b.session.incarnation)
        #expect(b.session.peerIncarnation == a.session.incarnation)
    }

    @Test func `What a candidate said before it was proved proves no path afterwards`() throws {
        var a = try Node(true, life: 1)
        var b = try Node(false, life: 1)
        let kept = [b.beat(0), b.beat(1)]
        for datagram in kept { #expect(a.hear(datagram) == .candidate) }
        #expect(b.hear(a.beat()) == .accepted)
        let withheld = b.beat(1)
        #expect(a.hear(b.beat(0)) == .accepted)
        for datagram in kept { #expect(a.hear(datagram) == .candidate) }
        #expect(a.hear(withheld) == .repeated)
        #expect(a.hear(withheld) == .replayed)
    }

    @Test func `What was withheld until after the proof proves no path either`() throws {
        var a = try Node(true, life: 1)
        var b = try Node(false, life: 1)
        #expect(b.hear(a.beat()) == .candidate)
        let withheld = b.beat(1)
        #expect(a.hear(b.beat(0)) == .accepted)
        #expect(a.hear(withheld) == .replayed)
    }

    @Test func `Under random replays from a whole history only the living are applied`() throws {
        var generator = SeededGenerator(state: 6)
        var a = try Node(true, life: 1)
        var b = try Node(false, life: 1)
        var lives: (a: UInt64, b: UInt64) = (1, 1)
        var kept: [[UInt8]] = []
        var applied: Set<[UInt8]> = []
        for round in 0..<1500 {
            for _ in 0..<4 where !kept.isEmpty {
                let replay = kept.randomElement(using: &generator) ?? []
                let isNews = a.hear(replay, at: Int64(round)) == .accepted
                #expect(!isNews || applied.insert(replay).inserted, "applied twice")
                #expect(a.session.peerIncarnation.map { $0.counter <= lives.b } ?? true)
                _ = b.hear(replay, at: Int64(round))
            }
            let fromA = a.beat()
            let fromB = b.beat()
            kept += [fromA, fromB]
            _ = b.hear(fromA)
            if a.hear(fromB) == .accepted { #expect(applied.insert(fromB).inserted) }
            switch Int.random(in: 0..<60, using: &generator) {
            case 0:
                lives.a += 1
                a = try Node(true, life: lives.a)
            case 1:
                lives.b += 1
                b = try Node(false, life: lives.b)
            default: break
            }
            // Within three undisturbed exchanges both know each other's present life.
            if round % 50 == 49 {
                for _ in 0..<3 { meet(&a, &b) }
                #expect(a.session.peerIncarnation == b.session.incarnation)
                #expect(b.session.peerIncarnation == a.session.incarnation)
            }
        }
        #expect(lives.a > 10 && lives.b > 10)
    }

    // MARK: Rolled back

    @Test func `A node set back to a snapshot learns it from the echo and begins anew`() throws {
        var (a, b) = try metPair()
        var snapshot = a
        for _ in 0..<5 {
            #expect(b.hear(a.beat()) == .accepted)
            #expect(a.hear(b.beat()) == .accepted)
        }
        #expect(b.hear(snapshot.beat()) == .replayed)
        #expect(snapshot.hear(b.beat()) == .rolledBack)
        snapshot.session.beginIncarnation(Incarnation(counter: 6, nonce: 0xa006))
        #expect(snapshot.session.peerIncarnation == nil)
        // The snapshot's memory of b is older than what b heard of its former future.
        #expect(b.hear(snapshot.beat()) == .stale)
        // Stale as it was, it is echoed.
        #expect(snapshot.hear(b.beat()) == .accepted)
        #expect(b.hear(snapshot.beat()) == .accepted)
        #expect(b.session.peerIncarnation == snapshot.session.incarnation)
    }

    @Test func `A node set back learns it from a peer that restarted meanwhile, too`() throws {
        var (a, _) = try metPair()
        var snapshot = a
        _ = a.beat()
        var new = try Node(false, life: 6)
        #expect(new.hear(a.beat()) == .candidate)
        #expect(snapshot.hear(new.beat()) == .rolledBack)
        #expect(snapshot.session.peerIncarnation?.counter == 5)
    }

    // MARK: Counters

    @Test func `Each verdict is counted under its name`() throws {
        var (a, b) = try metPair()
        #expect(a.session.counters[.accepted] == 1)
        #expect(a.hear([]) == .malformed)
        #expect(a.hear(b.beat()) == .accepted)
        let counts = VerdictKind.allCases.map { "\($0.name) \(a.session.counters[$0])" }
        #expect(
            counts == [
                "accepted 2", "repeated 0", "candidate 0", "own 0", "malformed 1", "unknownKey 0",
                "badMAC 0", "foreign 0", "stale 0", "replayed 0", "rolledBack 0",
            ]
        )
    }
}
