// Rotations of keys, in every order in which two administrators' hands may do them.

import Failover
import Testing

@testable import Wire

/// One keepalive: each beats once and hears the other.
private func exchange(_ a: inout Node, _ b: inout Node) -> [VerdictKind] {
    let fromA = a.beat()
    let fromB = b.beat()
    return [b.hear(fromA), a.hear(fromB)]
}

private func keyID(_ datagram: [UInt8]) -> UInt8 { datagram[6] }

@Suite("Key rotation") struct KeyRotationTests {
    @Test func `A new signing key waits until the peer has announced it`() throws {
        var (a, b) = try metPair(ring([1], signing: 1))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        try a.session.replaceKeys(ring([1, 2], signing: 2))
        for _ in 0..<5 {
            #expect(exchange(&a, &b) == [.accepted, .accepted])
            #expect(a.session.signingKey == 1)
        }
        try b.session.replaceKeys(ring([1, 2], signing: 2))
        for _ in 0..<3 { #expect(exchange(&a, &b) == [.accepted, .accepted]) }
        #expect(a.session.signingKey == 2)
        #expect(b.session.signingKey == 2)
        // The old key goes, one node after the other.
        try b.session.replaceKeys(ring([2], signing: 2))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        try a.session.replaceKeys(ring([2], signing: 2))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
    }

    @Test func `Until then the key agreed before stays, not the first in the file`() throws {
        var (a, b) = try metPair(ring([0, 1], signing: 1))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        try a.session.replaceKeys(ring([0, 1, 2], signing: 2))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        #expect(a.session.signingKey == 1)
    }

    @Test func `While the peer's keys are unknown, beats on each link go through all keys`() throws
    {
        var a = try Node(true, life: 1, keyring: ring([0, 3, 7], signing: 3))
        let onFirst = (0..<5).map { _ in keyID(a.beat(0)) }
        let onSecond = (0..<4).map { _ in keyID(a.beat(1)) }
        #expect(onFirst == [3, 7, 0, 3, 7])
        #expect(onSecond == [3, 7, 0, 3])
    }

    @Test func `Strangers that share any one key find it`() throws {
        var a = try Node(true, life: 1, keyring: ring([0, 1, 2], signing: 0))
        var b = try Node(false, life: 1, keyring: ring([2, 3, 4], signing: 4))
        for _ in 0..<6 { _ = exchange(&a, &b) }
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        #expect(a.session.signingKey == 2)
        #expect(b.session.signingKey == 2)
    }

    @Test func `A restarted peer that has lost the agreed key is not deaf`() throws {
        var (a, b) = try metPair(ring([1, 2], signing: 1))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        b = try Node(false, life: 6, keyring: ring([2], signing: 2))
        for _ in 0..<3 { _ = exchange(&a, &b) }
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        #expect(a.session.peerIncarnation == b.session.incarnation)
        #expect(a.session.signingKey == 2)
    }

    @Test func `A restarted peer with none of its former keys is heard on every second beat`()
        throws
    {
        var (a, b) = try metPair(ring([1], signing: 1))
        try a.session.replaceKeys(ring([1, 2], signing: 2))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        b = try Node(false, life: 6, keyring: ring([2], signing: 2))
        #expect(a.hear(b.beat()) == .candidate)
        let keys = (0..<4).map { _ in keyID(a.beat()) }
        #expect(keys.sorted() == [1, 1, 2, 2])
        #expect(keys[0] != keys[1])
        for _ in 0..<4 { _ = exchange(&a, &b) }
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        #expect(a.session.signingKey == 2)
    }

    @Test func `A replayed candidate with other keys costs the present peer no beat`() throws {
        var before = try Node(false, life: 2, keyring: ring([1], signing: 1))
        var (a, b) = try metPair(ring([1, 2], signing: 2))
        for _ in 0..<20 {
            _ = a.hear(before.beat())
            #expect(exchange(&a, &b) == [.accepted, .accepted])
        }
        #expect(a.session.signingKey == 2)
    }

    @Test func `A key removed on one side alone leaves the common one in use`() throws {
        var (a, b) = try metPair(ring([1, 2], signing: 1))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        // b forgets the key in use; it knows that a knows 2.
        try b.session.replaceKeys(ring([2], signing: 2))
        _ = exchange(&a, &b)
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        #expect(a.session.signingKey == 2)
    }

    @Test(arguments: AuthenticationMethod.allCases)
    func `Every method carries a conversation`(_ method: AuthenticationMethod) throws {
        let key = AuthenticationKey(id: 4, method: method, secret: Array("x".utf8))
        var (a, b) = try metPair(Keyring(keys: [key], signing: 4))
        #expect(exchange(&a, &b) == [.accepted, .accepted])
        #expect(Int(a.beat()[7]) == method.tagLength)
    }
}
