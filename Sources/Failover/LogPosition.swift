// Data that one node keeps by writing a log which the other replays (PostgreSQL's write-ahead log): where a copy stands
// in it, as both nodes tell each other in their beats. What follows from that is in `Machine+Log`.

/// Where a copy stands in its log.
public struct LogPosition: Equatable, Sendable {
    /// The log's timeline: a promotion begins a new one, so that a higher one is of a later primary.
    public var timeline: UInt32
    /// Bytes since the log's beginning (PostgreSQL `pg_lsn`): written by a primary, replayed by a standby.
    public var location: UInt64
    /// The copy is a primary's, whether or not it runs.
    public var isPrimary: Bool
    /// A primary has written behind `location`, nobody knows how far: it runs, or ended without order.
    public var isOpen: Bool

    /// Makes a position of its parts.
    public init(timeline: UInt32, location: UInt64, isPrimary: Bool, isOpen: Bool = false) {
        self.timeline = timeline
        self.location = location
        self.isPrimary = isPrimary
        self.isOpen = isOpen
    }

    private static let openBit: UInt64 = 1 << 32
    private static let primaryBit: UInt64 = 1 << 33

    /// As a beat carries it; `nil` where it carries none.
    init?(_ generation: DataGeneration) {
        timeline = UInt32(truncatingIfNeeded: generation.high)
        location = generation.low
        isOpen = generation.high & Self.openBit != 0
        isPrimary = generation.high & Self.primaryBit != 0
        let known = UInt64(timeline) | (generation.high & (Self.openBit | Self.primaryBit))
        guard timeline > 0, generation.high == known else { return nil }
    }

    /// As a beat carries it: bytes 4–7 the timeline, bit 32 that it is open, bit 33 that it is a primary's; bytes 8–15
    /// the location.
    var generation: DataGeneration {
        let bits = (isOpen ? Self.openBit : 0) | (isPrimary ? Self.primaryBit : 0)
        return DataGeneration(high: UInt64(timeline) | bits, low: location)
    }
}

/// What a look at a copy that is kept by a log shows, besides what any replicated data does.
public struct LogObservation: Equatable, Sendable {
    /// Where it stands.
    public var position: LogPosition
    /// Another copy streams from this primary, or this standby streams.
    public var isStreaming: Bool
    /// Where the present timeline of a primary began; `nil` for the first one, and where nobody knows.
    public var fork: UInt64?
    /// What a standby has received, and may not have replayed yet.
    public var received: UInt64?
    /// How many standbys stream from a primary.
    public var streams: Int?
    /// By how many bytes the furthest of them is behind in replaying.
    public var behind: UInt64?
    /// How old what a standby replayed last is; zero where it has replayed all that it received.
    public var lag: Duration?
    /// What its program has to say besides, for people.
    public var note: String?

    /// Makes an observation of its parts.
    public init(
        position: LogPosition,
        isStreaming: Bool,
        fork: UInt64? = nil,
        received: UInt64? = nil,
        streams: Int? = nil,
        behind: UInt64? = nil,
        lag: Duration? = nil,
        note: String? = nil
    ) {
        self.position = position
        self.isStreaming = isStreaming
        self.fork = fork
        self.received = received
        self.streams = streams
        self.behind = behind
        self.lag = lag
        self.note = note
    }
}

/// What a takeover without a handover may have cost, of data that is kept by a log.
public struct DataReceipt: Equatable, Sendable, Codable {
    /// When it was, in seconds since 1970.
    public var at: Int64
    /// The timeline that both nodes were on.
    public var timeline: UInt32
    /// What had been received here, in bytes of the log.
    public var received: UInt64
    /// What the peer said last that it had written; absent where it had said nothing.
    public var told: UInt64?
    /// The timeline that began here; absent until it has.
    public var newTimeline: UInt32?
    /// Where it began.
    public var fork: UInt64?
    /// Where the peer's log really ended; absent until the peer is back and can tell.
    public var end: UInt64?

    /// Makes a receipt of what was known when the group was taken.
    public init(at: Int64, timeline: UInt32, received: UInt64, told: UInt64?) {
        self.at = at
        self.timeline = timeline
        self.received = received
        self.told = told
    }

    /// Bytes of the log that are lost: for certain where the peer has told its end, else as far as is known.
    public var lost: UInt64? {
        let kept = fork ?? received
        return (end ?? told).map { $0 > kept ? $0 - kept : 0 }
    }
}

/// What this node knows of a group's log.
struct GroupLog: Sendable {
    /// Where the peer said last that it stands.
    var told: LogPosition?
    /// How many looks in a row have found a copy too far behind.
    var lagLooks = 0
    /// How many looks in a row have shown nothing.
    var missedLooks = 0
    /// The program is asked to follow the peer.
    var follows = false
    /// The program may let a lone primary go on without the peer's word (synchronous replication).
    var mayBeAlone = false
    /// The write that makes the mark "alone" durable.
    var aloneBy: PersistID?
    /// Since when it is waited for that what was received is replayed.
    var catchesUpSince: Instant?
    /// The look after which another was asked for.
    var lookedAfter: Instant?
    /// What the last takeover may have cost.
    var receipt: DataReceipt?
}

/// A place in a log as PostgreSQL writes it: `0/3000060`.
func logText(_ location: UInt64) -> String {
    let (high, low) = (location >> 32, location & 0xFFFF_FFFF)
    return String(high, radix: 16, uppercase: true) + "/"
        + String(low, radix: 16, uppercase: true)
}

/// So many bytes in words: `52428800 bytes (50 MB)`.
func bytesText(_ count: UInt64) -> String {
    switch count {
    case 1: "1 byte"
    case ..<1_048_576: "\(count) bytes"
    default: "\(count) bytes (\(count >> 20) MB)"
    }
}
