// Carries beats between the two daemons as the real bytes of `Wire.Session`; with HMAC, or, to show that the HMAC
// matters and to measure what it costs, without.

import Failover
@_spi(Simulation) import Wire

/// How datagrams are protected.
public enum Codec: String, CaseIterable, Sendable {
    /// HMAC-SHA-256, as `baton keygen` sets it up.
    case wire
    /// No tag at all: whatever has the form of a datagram is believed.
    case identity
}

/// One datagram under way, with the truth about it.
struct Packet {
    /// Its bytes.
    var bytes: [UInt8]
    /// The machine that really sent it, or that it claims to be from.
    var sender: Int
    /// The run of the daemon that sent it.
    var run: Int
    /// Its true sequence.
    var sequence: UInt64
    /// When it was really sent.
    var sentAt: Int64
    /// The sender's place of the path it goes over.
    var link: Int
    /// The network that carries it.
    var network: Int
    /// How it was forged; `nil` when it is what the sender sent.
    var forgery: Forgery?
    /// The keeper sent it, for a daemon that was killed.
    var isOfKeeper = false
    /// The groups, as bits, in which it says that the sender has written alone.
    var alone: UInt64 = 0
}

private func authentication(_ codec: Codec) throws(WireError) -> Authentication {
    switch codec {
    case .identity: return .identity
    case .wire:
        let key = AuthenticationKey(id: 1, method: .sha256, secret: Array("a story".utf8))
        return .hmac(try Keyring(keys: [key], signing: 1))
    }
}

/// The session of a keeper that goes on for a daemon which was killed.
func makeSession(
    codec: Codec,
    continuing session: borrowing Session,
    settings: Settings
) throws(WireError) -> Session {
    try Session(
        continuing: session.continuation,
        cluster: settings.cluster,
        node: settings.node,
        peer: settings.peer,
        authentication: authentication(codec)
    )
}

/// The session of a daemon that has just started; `nil` when our names or keys are not to its liking.
func makeSession(codec: Codec, start: Start, settings: Settings) throws(WireError) -> Session {
    try Session(
        cluster: settings.cluster,
        node: settings.node,
        peer: settings.peer,
        bootID: start.bootID,
        incarnation: start.incarnation,
        authentication: authentication(codec)
    )
}
