// Carries beats between the two daemons: as the real bytes of `Wire.Session`, or, to show that this matters and
// to measure what it costs, as values nobody protects.

import Failover

/// What stands in for the bytes on the wire.
public enum Codec: String, CaseIterable, Sendable {
    /// `Wire.Session`, with its HMAC.
    case wire
    /// The values themselves: no authentication, no freshness but the sequence.
    case identity
}

/// One datagram under way, with the truth about it.
struct Packet {
    /// Its bytes; empty with the identity codec.
    var bytes: [UInt8]
    /// The beat itself; `nil` with the wire codec.
    var beat: Beat?
    /// The machine that really sent it, or that it claims to be from.
    var sender: Int
    /// The run of the daemon that sent it.
    var run: Int
    /// Its true sequence.
    var sequence: UInt64
    /// When it was really sent.
    var sentAt: Int64
    /// The link it goes over.
    var link: Int
    /// How it was forged; `nil` when it is what the sender sent.
    var forgery: Forgery?
}

/// What became of a datagram.
enum Opened {
    /// News.
    case news(Beat)
    /// Genuine, heard before.
    case repeated
    /// The peer has heard more than was sent.
    case rolledBack
    /// Counted and dropped.
    case dropped
}

/// One daemon's end of the conversation.
struct Courier {
    private var end: End

    private enum End {
        case identity(IdentityEnd)
    }

    /// The end of a daemon that has just started.
    init(codec: Codec, start: Start, settings: Settings) {
        end = .identity(IdentityEnd(bootID: start.bootID, incarnation: start.incarnation))
    }

    /// How many datagrams it has sealed.
    private(set) var sequence: UInt64 = 0

    /// Seals one beat: the same datagrams go over every link.
    mutating func seal(_ content: BeatContent, at now: Instant) -> [(bytes: [UInt8], beat: Beat?)] {
        sequence += 1
        switch end {
        case .identity(var identity):
            let beat = identity.seal(content, at: now)
            end = .identity(identity)
            return [([], beat)]
        }
    }

    /// Opens what came in.
    mutating func open(_ packet: Packet, at now: Instant) -> Opened {
        switch end {
        case .identity(var identity):
            guard let beat = packet.beat else { return .dropped }
            let opened = identity.open(beat, at: now)
            end = .identity(identity)
            return opened
        }
    }
}

/// An end that trusts what it reads.
struct IdentityEnd {
    let bootID: BootID
    let incarnation: Incarnation
    var sent: UInt64 = 0
    var heard: UInt64 = 0
    var heardAt = Instant(nanoseconds: 0)
    var peer: Incarnation?

    init(bootID: BootID, incarnation: Incarnation) {
        self.bootID = bootID
        self.incarnation = incarnation
    }

    mutating func seal(_ content: BeatContent, at now: Instant) -> Beat {
        sent += 1
        return Beat(
            content: content,
            bootID: bootID,
            incarnation: incarnation,
            sequence: sent,
            clock: now,
            echo: Echo(sequence: heard, age: heard == 0 ? .zero : now - heardAt)
        )
    }

    mutating func open(_ beat: Beat, at now: Instant) -> Opened {
        if beat.incarnation != peer {
            if let peer, beat.incarnation.counter <= peer.counter { return .dropped }
            peer = beat.incarnation
            heard = 0
        }
        guard beat.sequence > heard else { return .repeated }
        heard = beat.sequence
        heardAt = now
        return .news(beat)
    }
}
