// How fast a session is: printed, not asserted, because a shared machine proves nothing by it. And what
// its two kinds of authentication have to do with each other: nothing.

import Failover
import Testing

@_spi(Simulation) @testable import Wire

private func session(_ isFirst: Bool, _ authentication: Authentication) throws -> Session {
    try Session(
        cluster: "demo",
        node: NodeName(isFirst ? "l0" : "l1"),
        peer: NodeName(isFirst ? "l1" : "l0"),
        bootID: BootID(high: 1, low: 1),
        incarnation: Incarnation(counter: 1, nonce: isFirst ? 1 : 2),
        authentication: authentication
    )
}

@Suite("Throughput") struct ThroughputTests {
    @Test(arguments: [true, false])
    func `Seal and open, pairs per second (printed)`(_ isAuthenticated: Bool) throws {
        let authentication: Authentication =
            isAuthenticated ? .hmac(try Keyring(keys: [secret], signing: 1)) : .identity
        var a = try session(true, authentication)
        var b = try session(false, authentication)
        _ = b.open(a.seal(content(), link: 0, at: moment(0))[0], link: 0, at: moment(0))
        _ = a.open(b.seal(content(), link: 0, at: moment(0))[0], link: 0, at: moment(0))
        let said = content()
        let count = 5_000
        var accepted = 0
        let took = ContinuousClock().measure {
            for _ in 0..<count {
                let sealed = a.seal(said, link: 0, at: moment(0))[0]
                if case .accepted = b.open(sealed, link: 0, at: moment(0)) { accepted += 1 }
            }
        }
        #expect(accepted == count)
        let rate = Int64(count) * 1_000_000_000 / max(1, took.nanoseconds)
        print("seal + open \(isAuthenticated ? "with HMAC" : "without HMAC"): \(rate) pairs/s")
    }

    @Test func `A session without authentication and one with keys never believe each other`()
        throws
    {
        var bare = try session(true, .identity)
        var keyed = try session(false, .hmac(try Keyring(keys: [secret], signing: 1)))
        var fromBare = bare.seal(content(), link: 0, at: moment(0))[0]
        #expect(keyed.open(fromBare, link: 0, at: moment(0)) == .unknownKey)
        let fromKeyed = keyed.seal(content(), link: 0, at: moment(0))[0]
        #expect(bare.open(fromKeyed, link: 0, at: moment(0)) == .unknownKey)
        fromBare[Layout.keyID] = 1
        #expect(keyed.open(fromBare, link: 0, at: moment(0)) == .badMAC)
    }
}
