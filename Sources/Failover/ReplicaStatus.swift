// How a replicated resource stands on one node, as both nodes tell it each other and people: what its program says, and
// what this node's daemon knows besides (S11). Which of two copies is the newer one is in `ReplicaVerdict`.

/// One replicated resource on one node.
public struct ReplicaStatus: Equatable, Sendable, Codable {
    /// One volume of it.
    public struct Volume: Equatable, Sendable, Codable {
        /// Its number.
        public var number: Int
        /// `/dev/drbd0`.
        public var device: String?
        /// The disk's state here, in DRBD's word.
        public var disk: String
        /// The disk's state on the other node, as this one knows it.
        public var peerDisk: String?
        /// How much of a resynchronisation is done, in hundredths of a per cent; absent where there is none.
        public var done: Int?
        /// Where it is mounted; absent where it is not.
        public var mount: String?
        /// The filesystem's type.
        public var filesystem: String?
        /// The filesystem's size in bytes.
        public var size: Int64?
        /// What of it is in use, in bytes.
        public var used: Int64?

        /// Makes a volume that is not mounted.
        public init(number: Int, device: String?, disk: String, peerDisk: String? = nil) {
            self.number = number
            self.device = device
            self.disk = disk
            self.peerDisk = peerDisk
        }
    }

    /// The resource's name.
    public var name: String
    /// The node that tells.
    public var node: String
    /// The kernel's DRBD: `8.4.11`.
    public var version: String?
    /// The role here, in DRBD's word.
    public var role: String
    /// The other node's, as this one knows it.
    public var peerRole: String?
    /// The connection, or the replication over it, in DRBD's word.
    public var connection: String?
    /// The generations of the first volume, as hexadecimal numbers: current, bitmap, and two of history.
    public var generations: [String]
    /// The volumes in the order of their numbers.
    public var volumes: [Volume]
    /// The group that moves it.
    public var group: String
    /// How the group's data stands here (S11).
    public var data: DataStatus?
    /// Whether the group is active here.
    public var isActive: Bool

    /// Makes it of its parts.
    public init(
        name: String,
        node: String,
        version: String? = nil,
        role: String,
        peerRole: String? = nil,
        connection: String? = nil,
        generations: [String] = [],
        volumes: [Volume] = [],
        group: String,
        data: DataStatus? = nil,
        isActive: Bool = false
    ) {
        self.name = name
        self.node = node
        self.version = version
        self.role = role
        self.peerRole = peerRole
        self.connection = connection
        self.generations = generations
        self.volumes = volumes
        self.group = group
        self.data = data
        self.isActive = isActive
    }
}

/// What a node tells of its replicated resources.
public struct ReplicaReport: Equatable, Sendable, Codable {
    /// The node.
    public var node: String
    /// Those that could be asked.
    public var replicas: [ReplicaStatus]
    /// The others, a sentence each.
    public var faults: [String]

    /// Makes it of its parts.
    public init(node: String, replicas: [ReplicaStatus] = [], faults: [String] = []) {
        self.node = node
        self.replicas = replicas
        self.faults = faults
    }
}
