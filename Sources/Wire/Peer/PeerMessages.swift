// What the two daemons say to each other over the peer channel: one JSON object per line each way, inside TLS.
// It never carries what safety depends on. The values are here, their bytes in `PeerCoding`, the keys in
// `ChannelKey`; who connects, and for how long, is the daemon's.

public import Failover

/// The first line of each side: who speaks, to whom.
///
/// ```text
/// {"cluster":"baton","from":"l0","protocol":1,"to":"l1"}
/// ```
///
/// The client speaks first; each side ends the connection when the other's hello is not the one it expects.
public struct PeerHello: Equatable, Sendable, Codable {
    /// The version of this conversation that is spoken here.
    public static let version = 1

    /// The highest version that the sender speaks; both go on with the lower one.
    public var `protocol`: Int
    /// The cluster's name in ha.cf.
    public var cluster: String
    /// The sender.
    public var from: String
    /// The node that is meant.
    public var to: String

    /// Makes the hello of a node.
    public init(cluster: String, from: String, to: String) {
        `protocol` = PeerHello.version
        self.cluster = cluster
        self.from = from
        self.to = to
    }

    /// Why `other`, which answers this hello or comes before it, is not from whom we mean; nil when it is.
    public func objection(to other: PeerHello) -> String? {
        guard other.protocol >= 1 else { return "speaks version \(other.protocol)" }
        guard other.cluster == cluster else {
            return "is of the cluster \"\(other.cluster)\", this node of \"\(cluster)\""
        }
        guard other.from == to, other.to == from else {
            return
                "is \"\(other.from)\" and means \"\(other.to)\"; this is \(from), whose peer is \(to)"
        }
        return nil
    }
}

/// One question of a daemon to the other; `outdate` alone changes something there.
///
/// | line | case | answer |
/// |-|-|-|
/// | `{"verb":"status"}` | `status` | `ControlResponse.status` |
/// | `{"verb":"files"}` | `files` | `ControlResponse.files` |
/// | `{"group":"10.0.0.9","verb":"explain"}` | `explain`; `group` may be absent | `ControlResponse.explanation` |
/// | `{"resource":"r0","verb":"replicas"}` | `replicas`; `resource` may be absent | `ControlResponse.replicas` |
/// | `{"resource":"r0","verb":"outdate"}` | `outdate` | `ControlResponse.fence` |
///
/// Whatever cannot be answered is answered by `ControlResponse.error`.
public enum PeerRequest: Equatable, Sendable {
    /// How do things stand, as you see them?
    case status
    /// With which files do you run?
    case files
    /// What did you decide, and why?
    case explain(GroupName?)
    /// How do your replicated resources stand, or the one of this name?
    case replicas(resource: String?)
    /// My DRBD goes on without yours: mark your copy of the resource as old, durably, and say what it is then (S11).
    ///
    /// It may be asked again; each answer says how it stands then.
    case outdate(resource: String)

    /// Whether a response is of the kind that answers this.
    public func isAnswered(by response: ControlResponse) -> Bool {
        switch (self, response) {
        case (.status, .status), (.files, .files), (.explain, .explanation),
            (.outdate, .fence), (.replicas, .replicas), (_, .error):
            true
        default: false
        }
    }
}

/// The configuration files with which a node runs.
///
/// authkeys is told without its secrets: which keys there are, and a digest of each by which who has the key
/// sees whether it is the same.
public struct NodeFiles: Equatable, Sendable, Codable {
    /// The node.
    public var node: String
    /// Its ha.cf.
    public var haCf: NodeFile?
    /// Its haresources.
    public var haresources: NodeFile?
    /// Its mon.cf; absent where there is none.
    public var monCf: NodeFile?
    /// Its keys; absent where authkeys cannot be read.
    public var keys: NodeKeys?
    /// The lists of addresses that its haresources names; absent from an older batond.
    public var lists: [NodeFile]?
    /// What its machine says about the groups, as Configuration's `MachineFacts.text` has it; absent where it could not
    /// be asked in time, and from an older batond.
    public var machine: String?

    /// Makes it of its parts.
    public init(
        node: String,
        haCf: NodeFile?,
        haresources: NodeFile?,
        monCf: NodeFile?,
        keys: NodeKeys?,
        lists: [NodeFile]? = nil,
        machine: String? = nil
    ) {
        self.node = node
        self.haCf = haCf
        self.haresources = haresources
        self.monCf = monCf
        self.keys = keys
        self.lists = lists
        self.machine = machine
    }
}

/// One file: `{"name":PATH,"text":TEXT}`, or `{"base64":BYTES,"name":PATH}` where it is no UTF-8.
public struct NodeFile: Equatable, Sendable {
    /// Its path on its node.
    public var name: String
    /// Its content.
    public var bytes: [UInt8]

    /// Makes it of its parts.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// What may be told of authkeys.
public struct NodeKeys: Equatable, Sendable, Codable {
    /// One key.
    public struct Key: Equatable, Sendable, Codable {
        /// Its number.
        public var id: UInt8
        /// Its method's word.
        public var method: String
        /// `ChannelKey.digest`; empty for `crc`, which has no secret.
        public var digest: String

        /// Makes it of its parts.
        public init(id: UInt8, method: String, digest: String) {
            self.id = id
            self.method = method
            self.digest = digest
        }
    }

    /// The file's path.
    public var name: String
    /// `auth N`.
    public var signing: UInt8
    /// The keys in ascending order of their numbers.
    public var keys: [Key]

    /// Makes it of its parts.
    public init(name: String, signing: UInt8, keys: [Key]) {
        self.name = name
        self.signing = signing
        self.keys = keys
    }
}
