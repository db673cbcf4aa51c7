// One node's conversation with its peer: what it seals and what it believes (S6). Pure: time, nonces
// and datagrams are arguments. No sockets, no decisions; daemon and simulator use the same type.
//
// The argument, in the words of S6. Everything below holds for whoever may read, keep, copy, delay and
// inject datagrams, but has no key.
//
// Forging. Every byte but the tag is under the tag, the sender's link ordinal and the names included.
//
// Replay of an earlier life. An incarnation is a durable counter and a random nonce. A datagram is
// applied only when it echoes the nonce of *this* incarnation of ours, which nobody could know before
// we started: recordings of the peer's earlier lives, made before that, prove nothing. They are
// candidates: we echo their nonce in a second place, beside the echo of the present peer, which they
// therefore cannot displace.
//
// Replay of an earlier life of the peer within our present life. Such a recording does echo our nonce.
// It must echo a sequence above `mark`, the last one that we had sent when we last heard the present
// peer; what the dead incarnation recorded was made before that, so it cannot. A living successor
// does as soon as it has heard one more beat, which echoes it as a candidate until then. The rule orders
// incarnations without their counters, so that a peer that lost its disk, and counts from 1 again, is not
// deaf for ever.
//
// Replay within the present life. State is applied only from a sequence above the highest applied, one
// counter over all paths. A datagram that is not above it still proves that its path works, once: its
// sequence must be above the highest that came from the same ordinal of the sender (`repeated`).
// A datagram that was carried from one path to another is therefore believed for at most one of the two.
// Late packets on one path count as replays: beats carry the whole truth, so nothing is lost by it.
//
// Flooding with candidates. There is one place for a candidate. The higher counter keeps it, so old
// recordings cannot drive out a living successor, whose counter is higher than all of them. A lower
// counter may have the place when it is free; its holder loses it when it brought nothing new during
// `candidatePatience` of our beats. It takes only one of the two nodes to echo the other for both to
// meet: a flood can hold apart only two nodes that have both lost their counters, while it lasts.
//
// Reflection. Names are ordered (cluster, sender, receiver), so our own datagrams are never the peer's.
//
// Rolling back. A machine set back to a snapshot goes on with an old sequence under the same nonce. The
// peer drops that as replayed, and its echo of a sequence we never sent tells us.
//
// What is left: whoever can withhold datagrams can deliver them late, in order, and so make a peer
// seem to live longer; he cannot make it say what it did not say.
//
// State is bounded: two incarnations of the peer, one number per link, counters.

public import Failover

/// The S6 state of one node towards its peer.
///
/// A copy shares the HMAC contexts with its original, so that both must stay on one thread (the type is
/// not `Sendable`).
public struct Session {
    /// Both nodes' cluster name (ha.cf `cluster`).
    public let cluster: String
    /// This node.
    public let node: NodeName
    /// The other node.
    public let peer: NodeName
    /// The kernel's boot id.
    public let bootID: BootID
    /// This run; a new one begins with `beginIncarnation`.
    public internal(set) var incarnation: Incarnation
    /// How often each verdict was given, over all links.
    public internal(set) var counters = VerdictCounters()
    /// How often each verdict was given, by the link given to `open`; `linkMaximum` places.
    public internal(set) var linkCounters: [VerdictCounters]

    var authenticator: MessageAuthenticator
    /// The names section of our datagrams, and of the peer's.
    let ownNames: [UInt8]
    let peerNames: [UInt8]
    /// The last sequence given to a datagram.
    var sequence: UInt64 = 0
    /// The peer's present incarnation, proved by its echo of ours.
    var current: HeardIncarnation?
    /// An incarnation of the peer that has not proved itself.
    var candidate: HeardIncarnation?
    /// By the sender's link ordinal: the highest sequence heard of `current`.
    var linkHighest: [UInt64]
    /// `sequence` when `current` was last heard.
    var mark: UInt64 = 0
    /// How many beats were sealed, over all links: by it a candidate ages.
    var sealed: UInt64 = 0
    /// By our link: how many beats were sealed; turns the choice among keys.
    var sealedByLink: [UInt64]
    /// The key that signed last by agreement with the peer.
    var agreedKey: UInt8?

    /// How many links a session tells apart; ordinals are below it.
    public static let linkMaximum = 32
    /// The longest datagram in bytes: fits an Ethernet frame under IPv6 with tunnels to spare.
    public static let datagramMaximum = 1400
    /// After how many sealed beats (one per link) a candidate that brings nothing new is forgotten.
    static let candidatePatience: UInt64 = 64

    /// Begins a conversation of which nothing has been heard.
    ///
    /// - Parameters:
    ///   - cluster: ha.cf `cluster`, 1...100 bytes.
    ///   - node: this node.
    ///   - peer: the other node.
    ///   - bootID: the kernel's boot id.
    ///   - incarnation: the durable counter and a fresh random nonce, not 0.
    ///   - authentication: the keys.
    /// - Throws: `WireError.badName`, `.methodUnavailable`.
    public init(
        cluster: String,
        node: NodeName,
        peer: NodeName,
        bootID: BootID,
        incarnation: Incarnation,
        authentication: Authentication
    ) throws(WireError) {
        for name in [cluster, node.text, peer.text]
        where name.isEmpty || name.utf8.count > Layout.nameMaximum {
            throw .badName(name)
        }
        precondition(incarnation.nonce != 0, "an incarnation's nonce is never 0")
        self.cluster = cluster
        self.node = node
        self.peer = peer
        self.bootID = bootID
        self.incarnation = incarnation
        authenticator = try MessageAuthenticator(authentication)
        ownNames = Layout.names(cluster: cluster, sender: node, receiver: peer)
        peerNames = Layout.names(cluster: cluster, sender: peer, receiver: node)
        linkHighest = [UInt64](repeating: 0, count: Self.linkMaximum)
        sealedByLink = [UInt64](repeating: 0, count: Self.linkMaximum)
        linkCounters = [VerdictCounters](repeating: VerdictCounters(), count: Self.linkMaximum)
    }

    /// The peer's incarnation as proved; `nil` until a datagram was accepted.
    public var peerIncarnation: Incarnation? { current?.incarnation }

    /// The last sequence that this incarnation has given to a datagram.
    public var lastSequence: UInt64 { sequence }

    /// Goes on as a new incarnation, after `rolledBack`.
    ///
    /// Nothing of the peer is believed any more until it has echoed the new nonce. Counters go on.
    public mutating func beginIncarnation(_ incarnation: Incarnation) {
        precondition(incarnation.nonce != 0 && incarnation.nonce != self.incarnation.nonce)
        self.incarnation = incarnation
        sequence = 0
        mark = 0
        // The peer lives and must hear an echo soon: its incarnation is the best candidate there is.
        if let current { candidate = current }
        candidate?.heardAtSeal = sealed
        current = nil
        for index in linkHighest.indices { linkHighest[index] = 0 }
    }
}

/// What is kept of an incarnation of the peer.
struct HeardIncarnation {
    var incarnation: Incarnation
    /// The highest sequence heard of it.
    var highest: UInt64
    /// When that was heard.
    var heardAt: Instant
    /// `Session.sealed` when that was heard.
    var heardAtSeal: UInt64
    /// The key ids it announced; bit n for key n.
    var knownKeys: UInt16
}
