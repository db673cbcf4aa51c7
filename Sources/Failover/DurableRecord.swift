// What a node remembers across restarts of its daemon and of the machine (S5, S6, S14). The core says
// when to write it and waits for the write where a rule demands it; the daemon chooses the file.

/// The durable state of one node; written whole.
public struct DurableRecord: Equatable, Sendable, Codable {
    /// Version of this layout.
    public var version: Int = 1
    /// The boot in which the record was written.
    public var bootID: BootID
    /// The counter of the incarnation that wrote it (S6).
    public var incarnationCounter: UInt64
    /// Whether the peer was heard since `bootID` began (S1).
    public var peerHeardThisBoot: Bool
    /// It was begun where no record was, and nobody has told since what became of the groups (S6); true, or absent.
    public var hasNoPast: Bool?
    /// The peer's own addresses as it last told them, for probes after a restart.
    public var peerAddresses: [OwnAddress]
    /// Which of the probes had been seen to answer while the peer was alive.
    public var calibrated: [CalibratedProbe]
    /// Hosts that answered on this node's networks, to be asked after a restart; absent when there are none.
    public var neighbours: [NeighbourRecord]?
    /// The claims, one for each group.
    public var claims: [ClaimRecord]

    /// Makes a record of its parts.
    public init(
        bootID: BootID,
        incarnationCounter: UInt64,
        peerHeardThisBoot: Bool,
        hasNoPast: Bool? = nil,
        peerAddresses: [OwnAddress],
        calibrated: [CalibratedProbe],
        neighbours: [NeighbourRecord]? = nil,
        claims: [ClaimRecord]
    ) {
        self.bootID = bootID
        self.incarnationCounter = incarnationCounter
        self.peerHeardThisBoot = peerHeardThisBoot
        self.hasNoPast = hasNoPast
        self.peerAddresses = peerAddresses
        self.calibrated = calibrated
        self.neighbours = neighbours
        self.claims = claims
    }
}

/// The durable claim on one group.
public struct ClaimRecord: Equatable, Sendable, Codable {
    /// Which group.
    public var group: GroupIdentity
    /// The highest epoch used or seen used.
    public var epoch: UInt64
    /// The highest epoch reserved for this node (S5); at most `epoch` when nothing is reserved.
    public var reserved: UInt64
    /// `epoch` itself was only reserved by an earlier boot, which may have used it.
    public var isDoubtful: Bool?
    /// What this node meant to do at `epoch`.
    public var intent: ClaimIntent
    /// What the claim rested on.
    public var kind: ClaimKind
    /// Whether this boot has started a resource of the group (S4).
    public var heldThisBoot: Bool
    /// The claim may have been overtaken while the node was late (S8); true, or absent.
    public var isLate: Bool?
    /// This node ran the group last, as far as it knows (`boot_policy`); true, or absent.
    public var isLastOwner: Bool?
    /// The peer's incarnation that gave the group away, to which `auto_failback` does not return it.
    public var noFailbackTo: Incarnation?
    /// Moves on health grounds, clears and freezes; absent when there was none.
    public var health: HealthRecord?
    /// Which node has written without the other; absent when neither has, as far as is known (S11).
    public var data: DataRecord?

    /// Makes a claim of its parts.
    public init(
        group: GroupIdentity,
        epoch: UInt64,
        reserved: UInt64 = 0,
        isDoubtful: Bool? = nil,
        intent: ClaimIntent,
        kind: ClaimKind,
        heldThisBoot: Bool,
        isLate: Bool? = nil,
        isLastOwner: Bool? = nil,
        noFailbackTo: Incarnation? = nil,
        health: HealthRecord? = nil,
        data: DataRecord? = nil
    ) {
        self.group = group
        self.epoch = epoch
        self.reserved = reserved
        self.isDoubtful = isDoubtful
        self.intent = intent
        self.kind = kind
        self.heldThisBoot = heldThisBoot
        self.isLate = isLate
        self.isLastOwner = isLastOwner
        self.noFailbackTo = noFailbackTo
        self.health = health
        self.data = data
    }
}

/// What a node remembers of a group's moves on health grounds and of its freeze.
///
/// Instants are of the boot that wrote the record; another boot knows only that they are past, and counts
/// them from its own beginning.
public struct HealthRecord: Equatable, Sendable, Codable {
    /// One move.
    public struct Move: Equatable, Sendable, Codable {
        /// The epoch after that at which the group was given up.
        public var epoch: UInt64
        /// Whether this node gave it up.
        public var isOwn: Bool
        /// When, as far as is known.
        public var at: Instant

        /// Makes a move of its parts.
        public init(epoch: UInt64, isOwn: Bool, at: Instant) {
            self.epoch = epoch
            self.isOwn = isOwn
            self.at = at
        }
    }

    /// `HealthWord.clearedThrough`.
    public var clearedThrough: UInt64
    /// The moves after that.
    public var moves: [Move]
    /// `HealthWord.freezeStamp`.
    public var freezeStamp: UInt32
    /// Whether the group is frozen.
    public var isFrozen: Bool
    /// When the freeze ends by itself; absent for never.
    public var frozenUntil: Instant?
    /// How long that was from the writing of the record, in nanoseconds: all that another boot knows.
    public var frozenFor: Int64?
    /// Who froze it.
    public var frozenBy: String
    /// Why.
    public var frozenReason: String

    /// Makes a record of its parts.
    public init(
        clearedThrough: UInt64,
        moves: [Move],
        freezeStamp: UInt32,
        isFrozen: Bool,
        frozenUntil: Instant?,
        frozenFor: Int64?,
        frozenBy: String,
        frozenReason: String
    ) {
        self.clearedThrough = clearedThrough
        self.moves = moves
        self.freezeStamp = freezeStamp
        self.isFrozen = isFrozen
        self.frozenUntil = frozenUntil
        self.frozenFor = frozenFor
        self.frozenBy = frozenBy
        self.frozenReason = frozenReason
    }
}

/// A host on one of a node's networks.
public struct NeighbourRecord: Hashable, Sendable, Codable {
    /// Its address.
    public var address: IPAddress
    /// The device it was heard on.
    public var device: String

    /// Makes a record of its parts.
    public init(address: IPAddress, device: String) {
        self.address = address
        self.device = device
    }
}

/// What a node meant to do with a group when it wrote its record.
public enum ClaimIntent: String, Sendable, Codable {
    /// Nothing runs here.
    case idle
    /// An epoch is reserved for a takeover that may have happened (S5).
    case reserved
    /// Starting, or about to.
    case acquiring
    /// Running.
    case active
    /// Stopping.
    case releasing
}

/// A probe that answered while the peer was alive (design section 4, "Calibration").
public struct CalibratedProbe: Hashable, Sendable, Codable {
    /// The address that answered.
    public var address: IPAddress
    /// The device on which it answered.
    public var device: String
    /// The Ethernet address that answered.
    public var mac: MACAddress

    /// Makes a mark of its parts.
    public init(address: IPAddress, device: String, mac: MACAddress) {
        self.address = address
        self.device = device
        self.mac = mac
    }
}
