// What a heartbeat says, as values. The core makes `BeatContent`; the session (room Wire) adds the
// envelope that proves who speaks and when (incarnation, sequence, echo) and hands a received `Beat` back.
// Each beat carries the whole small truth (design section 4, "level-triggered"): a lost one costs time only.

/// What one node tells the other in a heartbeat, apart from the envelope.
public struct BeatContent: Equatable, Sendable {
    /// Who speaks: the deciding loop, or the keeper for a loop that is down.
    public var kind: BeatKind
    /// The sender is shutting down in order: what it does not hold it will not take.
    public var isLeaving: Bool
    /// The sender's `deadtime`.
    public var deadtime: Duration
    /// The shortest silence after which the sender may take from a silent peer (S8, S12).
    public var earliestTake: Duration
    /// Grows each time the sender, having been late, asks for a fresh word (S8).
    public var challenge: UInt64
    /// The receiver's challenge that the sender last read: equal to the receiver's present one, the beat was
    /// sent after the receiver asked.
    public var response: UInt64
    /// The sender's own addresses, never a group's; at most 8.
    public var addresses: [OwnAddress]
    /// How many of the sender's ping nodes answer, at most 255; 0 where it has none.
    public var pingsAnswering: Int
    /// One report for each group the sender has configured.
    public var groups: [GroupReport]

    /// Makes the content of its parts.
    public init(
        kind: BeatKind,
        isLeaving: Bool,
        deadtime: Duration,
        earliestTake: Duration,
        challenge: UInt64 = 0,
        response: UInt64 = 0,
        addresses: [OwnAddress],
        pingsAnswering: Int = 0,
        groups: [GroupReport]
    ) {
        self.kind = kind
        self.isLeaving = isLeaving
        self.deadtime = deadtime
        self.earliestTake = earliestTake
        self.challenge = challenge
        self.response = response
        self.addresses = addresses
        self.pingsAnswering = pingsAnswering
        self.groups = groups
    }

    /// How many own addresses a beat carries at most.
    public static let addressesMaximum = 8
}

/// Who speaks in a heartbeat (S10).
public enum BeatKind: UInt8, Sendable, Codable {
    /// The deciding loop turns.
    case alive = 1
    /// The keeper speaks for a loop that is down: the host lives, its groups are unknown.
    case daemonDown = 2
}

/// A heartbeat that the session accepted: authentic, fresh, of the peer's present incarnation.
public struct Beat: Equatable, Sendable {
    /// What it says.
    public var content: BeatContent
    /// The kernel's boot id on the sender.
    public var bootID: BootID
    /// The sender's incarnation, proved by its echo of ours.
    public var incarnation: Incarnation
    /// Counts over all datagrams and links of the sender's incarnation.
    public var sequence: UInt64
    /// The sender's boot-time clock when it sent.
    public var clock: Instant
    /// What the sender last heard of our present incarnation.
    public var echo: Echo

    /// Makes a beat of its parts.
    public init(
        content: BeatContent,
        bootID: BootID,
        incarnation: Incarnation,
        sequence: UInt64,
        clock: Instant,
        echo: Echo
    ) {
        self.content = content
        self.bootID = bootID
        self.incarnation = incarnation
        self.sequence = sequence
        self.clock = clock
        self.echo = echo
    }
}

/// The sender's acknowledgement of what it heard of the receiver (S6).
public struct Echo: Equatable, Sendable {
    /// The highest of our sequences that the sender had heard.
    public var sequence: UInt64
    /// How long before sending it had heard that.
    public var age: Duration

    /// Makes an echo of its parts.
    public init(sequence: UInt64, age: Duration) {
        self.sequence = sequence
        self.age = age
    }
}

/// One address of the sender's own, with the Ethernet address that answers for it.
public struct OwnAddress: Hashable, Sendable, Codable {
    /// The IP address.
    public var address: IPAddress
    /// The device's Ethernet address.
    public var mac: MACAddress

    /// Pairs an address with its Ethernet address.
    public init(address: IPAddress, mac: MACAddress) {
        self.address = address
        self.mac = mac
    }
}

/// What a node says of one group.
public struct GroupReport: Equatable, Sendable {
    /// Which group.
    public var group: GroupIdentity
    /// Where the group stands on the sender.
    public var phase: GroupPhase
    /// The highest epoch the sender has used or reserved for itself or seen used; 0 for none yet.
    public var epoch: UInt64
    /// `epoch` was reserved by an earlier boot of the sender, which may have used it but for the moment before
    /// its crash: no grant may be at it, but it is no news that stops what serves (S5, S8).
    public var isEpochDoubtful: Bool
    /// The kind of the sender's claim; `none` unless `phase.holds`.
    public var claim: ClaimKind
    /// The sender's claim may have been overtaken while it was late or suspended (S8, S12, S9).
    public var isLate: Bool
    /// The sender's claim has started a resource that holds state (S9).
    public var hasStartedStorage: Bool
    /// The epoch the sender offers to the receiver (S3b); 0 for no offer.
    public var offer: UInt64
    /// The highest epoch the sender has declined, for ever (S3b); 0 for none.
    public var declined: UInt64
    /// Whether the sender could run the group.
    public var fitness: Fitness
    /// The number of the sender's request that the receiver hand the group over; 0 for none.
    public var request: UInt32
    /// The number of the receiver's last request that the sender refused; 0 for none.
    public var refusedRequest: UInt32
    /// Why it refused.
    public var refusal: Refusal
    /// Whether the sender's data is in step with the receiver's (S11); `unknown` without storage.
    public var replication: ReplicationState
    /// The data's generation (DRBD current UUID; PostgreSQL timeline and position): 16 bytes.
    public var generation: DataGeneration
    /// Digest of the meaning of the stateful resources.
    public var storageDigest: UInt64
    /// Digest of the meaning of the stateless resources.
    public var addressDigest: UInt64
    /// Whether the sender's files prefer the sender.
    public var prefersSender: Bool
    /// Moves on health grounds, and freezes.
    public var health: HealthWord

    /// The highest epoch that is believed: nobody counts that far, and so no sum of ours can overflow.
    public static let epochMaximum: UInt64 = 1 << 62

    /// Whether its numbers can be meant.
    ///
    /// A peer that has a key and says otherwise is out of its mind: it counts
    /// as saying nothing of the group.
    var isSane: Bool {
        max(epoch, offer, declined, health.clearedThrough) <= Self.epochMaximum
            && health.moves.allSatisfy { $0.epoch <= Self.epochMaximum }
    }

    /// Makes the report of a group of which nothing is known yet.
    public init(group: GroupIdentity) {
        self.group = group
        phase = .unknown
        epoch = 0
        isEpochDoubtful = false
        claim = .none
        isLate = false
        hasStartedStorage = false
        offer = 0
        declined = 0
        fitness = .unknown
        request = 0
        refusedRequest = 0
        refusal = .none
        replication = .unknown
        generation = DataGeneration(high: 0, low: 0)
        storageDigest = 0
        addressDigest = 0
        prefersSender = false
        health = HealthWord()
    }
}

/// Where a group stands on one node.
///
/// `Transitions` lists every way from one to another.
public enum GroupPhase: UInt8, CaseIterable, Sendable, Codable {
    /// Probes or operations of an earlier daemon have not ended (S14): neither released nor fit.
    case unknown = 0
    /// Nothing of the group runs here.
    case standby = 1
    /// A grant is being made durable; nothing has been started.
    case claiming = 2
    /// Resources are being started.
    case starting = 3
    /// All resources run.
    case active = 4
    /// Resources are being stopped.
    case stopping = 5
    /// All resources are stopped and the group is offered to the peer (S3b).
    case offered = 6
    /// All resources are stopped; a start failed and is not tried again by itself.
    case failed = 7
    /// A stop is unconfirmed (S4): the group may still write here.
    case unsafe = 8
    /// This node was cut off: nothing of the group serves, the claim stands (S12).
    case suspended = 9

    /// Whether something of the group runs, or is about to, by a claim: the other must not start it.
    public var holds: Bool {
        switch self {
        case .claiming, .starting, .active, .stopping, .unsafe, .suspended: true
        case .unknown, .standby, .offered, .failed: false
        }
    }

    /// Whether the node says that nothing of the group runs there; one that does not know yet does not (S14).
    public var isFree: Bool { !holds && self != .unknown }

    /// Whether the node neither holds the group nor has it on offer (S3b).
    public var isIdle: Bool { self == .standby || self == .failed }
}

/// What a claim rests on (S9): the proved kinds beat the others.
public enum ClaimKind: UInt8, Sendable, Codable {
    /// No claim.
    case none = 0
    /// The other node offered the group (S3b).
    case offer = 1
    /// A witness granted a lease (S2).
    case lease = 2
    /// The other node was fenced, or confirmed down by the administrator.
    case fencing = 3
    /// The table of design section 4 said take.
    case evidence = 4
    /// `boot_policy` said take; ranks with evidence.
    case boot = 5

    /// Whether the claim outranks one by evidence (S9).
    public var isProved: Bool {
        switch self {
        case .offer, .lease, .fencing: true
        case .none, .evidence, .boot: false
        }
    }
}

/// Whether a node could run a group, and if not why.
public enum Fitness: UInt8, Sendable, Codable {
    /// Not all resources have been probed.
    case unknown = 0
    /// It could.
    case fit = 1
    /// A start failed here.
    case startFailed = 2
    /// A stop failed here (S4).
    case stopFailed = 3
    /// The node is shutting down.
    case leaving = 4
    /// The node does not know the group, or its meaning differs.
    case meaningDiffers = 5
    /// A resource says it is not ready.
    case notReady = 6
    /// The node gave the group up on health grounds and is held down.
    case heldDown = 7
    /// The node's own network is disproved.
    case isolated = 8
    /// The node's data is stale (S11).
    case stale = 9
    /// What a resource needs is missing on the node: it is taken there only when nobody else can run it.
    case unprepared = 10
}

/// Why a node refuses a request to hand a group over.
public enum Refusal: UInt8, Sendable, Codable {
    /// It does not refuse.
    case none = 0
    /// The asking node is not fit (S7).
    case peerNotFit = 1
    /// The group's meaning differs between the nodes (design section 3).
    case meaningDiffers = 2
    /// An operation of the group is in progress or has failed.
    case busy = 3
    /// The group is frozen.
    case frozen = 4
    /// The refusing node does not hold the group.
    case notHeld = 5
}

/// Whether the sender's replicated data is in step with the peer's (S11).
public enum ReplicationState: UInt8, Sendable, Codable {
    /// Not known, or no replicated resource.
    case unknown = 0
    /// Every acknowledged write is on both sides.
    case inSync = 1
    /// The sender writes alone.
    case detached = 2
}

/// The generation of replicated data: compared for equality only.
public struct DataGeneration: Hashable, Sendable, Codable {
    /// Bytes 0–7.
    public var high: UInt64
    /// Bytes 8–15.
    public var low: UInt64
    /// Makes a generation of its halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
