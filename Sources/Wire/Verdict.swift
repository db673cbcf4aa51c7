// What a session says of one datagram, and the counters of what it said.

public import Failover

/// What a datagram was.
///
/// Only `accepted` may change what a node knows, only `accepted` and `repeated`
/// prove that a link works, and only `rolledBack` calls for an act; the rest is counted (S6).
public enum Verdict: Equatable, Sendable {
    /// Authentic, from the peer's present incarnation, echoing ours, newer than everything applied.
    ///
    /// The beat carries the groups of this one datagram; a beat of many groups is several datagrams, each
    /// accepted by itself. A group that a beat does not mention is one it says nothing about.
    case accepted(Beat)
    /// As `accepted`, but not newer than what came over another path: the link lives, no news.
    case repeated
    /// Authentic, of an incarnation of the peer that has not echoed ours: not applied. Our next beats
    /// echo it too, so that a living peer can prove itself.
    case candidate
    /// Our own broadcast came back.
    case own
    /// Not a datagram of this version, or its parts contradict each other.
    case malformed
    /// Signed with a key id we do not have.
    case unknownKey
    /// The tag is wrong.
    case badMAC
    /// Authentic, but of another cluster or between other nodes, or somebody else bears our name.
    case foreign
    /// Authentic, of an incarnation of the peer that another has replaced.
    case stale
    /// Authentic, and not newer than what came over the same path: a replay, a copy or a late packet.
    case replayed
    /// The peer has heard a sequence of this incarnation that we have not sent: this machine was set
    /// back to an earlier state (S6). Follow with `Session.beginIncarnation` and a fresh nonce.
    case rolledBack

    /// The verdict without its beat.
    public var kind: VerdictKind {
        switch self {
        case .accepted: .accepted
        case .repeated: .repeated
        case .candidate: .candidate
        case .own: .own
        case .malformed: .malformed
        case .unknownKey: .unknownKey
        case .badMAC: .badMAC
        case .foreign: .foreign
        case .stale: .stale
        case .replayed: .replayed
        case .rolledBack: .rolledBack
        }
    }
}

/// The verdicts by name; the cases are those of `Verdict`.
public enum VerdictKind: Int, CaseIterable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case accepted, repeated, candidate, own, malformed, unknownKey, badMAC, foreign, stale, replayed
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case rolledBack

    /// The name, as `Status.counters` and the metrics print it.
    public var name: String { "\(self)" }
}

/// How often each verdict was given.
public struct VerdictCounters: Equatable, Sendable {
    private var counts = [UInt64](repeating: 0, count: VerdictKind.allCases.count)

    /// All zero.
    public init() {}

    /// How often `kind` was given.
    public internal(set) subscript(kind: VerdictKind) -> UInt64 {
        get { counts[kind.rawValue] }
        set { counts[kind.rawValue] = newValue }
    }
}
