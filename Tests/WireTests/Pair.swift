// What the stories in this folder share: two nodes, their keys, and a beat to say.

import Failover
import Testing

@testable import Wire

let secret = AuthenticationKey(id: 1, method: .sha256, secret: Array("secret".utf8))

func ring(_ ids: [UInt8], signing: UInt8) throws -> Keyring {
    try Keyring(
        keys: ids.map {
            AuthenticationKey(id: $0, method: .sha256, secret: Array("secret \($0)".utf8))
        },
        signing: signing
    )
}

func moment(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

func content(groups: Int = 1, kind: BeatKind = .alive) -> BeatContent {
    BeatContent(
        kind: kind,
        isLeaving: false,
        deadtime: .seconds(3),
        earliestTake: .seconds(2),
        addresses: [
            OwnAddress(address: IPAddress(ipv4: (10, 0, 0, 1)), mac: MACAddress(0x0200_0000_0001))
        ],
        groups: (0..<groups).map { GroupReport(group: GroupIdentity(value: UInt64($0) + 1)) }
    )
}

/// A node that can be restarted: each life has a higher counter and another nonce.
struct Node {
    var session: Session
    private let isFirst: Bool

    init(_ isFirst: Bool, life: UInt64, keyring: Keyring? = nil) throws {
        self.isFirst = isFirst
        let keyring = try keyring ?? Keyring(keys: [secret], signing: 1)
        session = try Session(
            cluster: "demo",
            node: NodeName(isFirst ? "l0" : "l1"),
            peer: NodeName(isFirst ? "l1" : "l0"),
            bootID: BootID(high: isFirst ? 1 : 2, low: 0),
            incarnation: Incarnation(
                counter: life,
                nonce: (isFirst ? 0xa000 : 0xb000) + life
            ),
            authentication: .hmac(keyring)
        )
    }

    mutating func beat(_ link: Int = 0, at now: Int64 = 0) -> [UInt8] {
        session.seal(content(), link: link, at: moment(now))[0]
    }

    mutating func hear(_ datagram: [UInt8], _ link: Int = 0, at now: Int64 = 0) -> VerdictKind {
        session.open(datagram, link: link, at: moment(now)).kind
    }

}

/// Two nodes that have proved themselves to each other.
func metPair(_ keyring: Keyring? = nil) throws -> (a: Node, b: Node) {
    var a = try Node(true, life: 5, keyring: keyring)
    var b = try Node(false, life: 5, keyring: keyring)
    meet(&a, &b)
    try #require(a.session.peerIncarnation == b.session.incarnation)
    try #require(b.session.peerIncarnation == a.session.incarnation)
    return (a, b)
}

/// Three beats in turn: what it takes for two strangers that share a key.
func meet(_ a: inout Node, _ b: inout Node) {
    _ = b.hear(a.beat())
    _ = a.hear(b.beat())
    _ = b.hear(a.beat())
}

/// A number generator of one seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Bytes of commented hex: what follows `#` on a line, and spaces, do not count.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.split(separator: "\n").flatMap { line in
        line.prefix { $0 != "#" }.filter { $0 != " " }.compactMap(\.hexDigitValue)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}
