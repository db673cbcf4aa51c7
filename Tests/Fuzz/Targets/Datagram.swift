// Any bytes as a heartbeat. A session with keys never believes them: nobody makes a tag by chance. The
// same bytes go to a session without authentication, which reads on to the content, and to the
// dissector.

import Failover
@_spi(Simulation) import Wire

private func session(_ authentication: Authentication) -> Session {
    do {
        return try Session(
            cluster: "demo",
            node: NodeName("l0"),
            peer: NodeName("l1"),
            bootID: BootID(high: 1, low: 0),
            incarnation: Incarnation(counter: 5, nonce: 0xa005),
            authentication: authentication
        )
    } catch {
        fatalError("\(error)")
    }
}

private let keyring: Keyring = {
    // Not the key that signed the image in the corpus.
    let key = AuthenticationKey(id: 1, method: .sha256, secret: Array("unknown to all".utf8))
    do { return try Keyring(keys: [key], signing: 1) } catch { fatalError("\(error)") }
}()

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    var guarded = session(.hmac(keyring))
    switch guarded.open(bytes, link: 0, at: Instant(nanoseconds: 1)).kind {
    case .malformed, .unknownKey, .badMAC: break
    case let verdict: preconditionFailure("a tag by chance: \(verdict)")
    }
    precondition(guarded.peerIncarnation == nil, "it left a trace")
    var open = session(.identity)
    for time in 1...2 { _ = open.open(bytes, link: 0, at: Instant(nanoseconds: Int64(time))) }
    _ = Dissector.describe(bytes)
    _ = Dissector.describe(bytes, keyring: keyring)
    return 0
}
