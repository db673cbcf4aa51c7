// The typed result of reading one node's files: what `ha.cf`, `haresources`, `authkeys` and `mon.cf`
// mean together. Plain values, no text positions and no running state. The parsers that make them
// are `HaCfParser`, `HaresourcesParser`, `AuthkeysParser` and `MonCfParser`; the mapping to the
// core's tables is `ClusterConfiguration+Settings`.

public import Failover
public import Monitoring

/// What one node's files say, checked and complete.
///
/// Names are kept as the files spell them (node names in lower case, as Heartbeat compares them).
/// Two nodes with equal files have equal values but for `ownNode`.
public struct ClusterConfiguration: Equatable, Sendable {
    /// The directive `cluster`: beats of another cluster on the same wire are foreign.
    ///
    /// Default `linux-ha`.
    public var cluster: String
    /// The node these files are read for: `uname -n` or `--node`, in lower case.
    public var ownNode: String
    /// All nodes in the order of ha.cf's `node` lines; always two.
    ///
    /// The order breaks ties.
    public var nodes: [String]
    /// The times of the heartbeat, with the defaults of unset ones filled in.
    public var timings: Timings
    /// How silence is judged, besides the times: learnt paths, early verdicts, boot policy, ping nodes.
    public var evidence: EvidenceSettings
    /// Heartbeat links in the order of ha.cf; at least one.
    ///
    /// See `links(ownAddresses:)`.
    public var links: [HeartbeatLink]
    /// Resource groups in the order of haresources.
    public var groups: [ResourceGroup]
    /// The directive `auto_failback`.
    public var autoFailback: AutoFailback
    /// The directive `unproved_takeover`, default on: Heartbeat's rule where nothing can be proved.
    public var takesUnproved: Bool
    /// The directive `freezer`, default on: processes stand still when this node is cut off, where they can.
    public var usesFreezer: Bool
    /// The directive `cut_connections`, default on: an address takes its TCP connections along.
    public var cutsConnections: Bool
    /// The directive `address_last`, default off: clients reach an address only once its group is active.
    public var opensAddressesLast: Bool
    /// The directive `move_budget`: moves of a group on health grounds in an hour.
    public var moveBudget: Int
    /// The directive `restart_budget`: restarts of a group on this node in an hour.
    public var restartBudget: Int
    /// The lines `notify`, in their order: who is told of what happens.
    public var notifications: [NotificationTarget]
    /// The lines `notify_state`: programs that are run when a group's state changes here.
    public var stateHooks: [ProgramLine]
    /// The devices of `track_interface`.
    public var trackedDevices: [String]
    /// The lines `track_script`.
    public var trackedScripts: [TrackedScript]
    /// The directive `notify_rate`.
    public var notificationRate: NotificationRate
    /// Deadlines of operations: the built-in table with the directive `timeout` laid over it.
    public var timeouts: OperationTimeouts
    /// How often each resource is asked whether it serves: `monitor_interval` over the defaults of the types.
    public var intervals: MonitorIntervals
    /// The keys of authkeys.
    public var keys: AuthenticationKeys
    /// Where log lines go besides the journal.
    public var logging: LoggingTargets
    /// The directives `realtime` and `rtprio`.
    public var realTime: RealTimeRequest
    /// mon.cf, where there is one.
    public var monitors: MonitorConfiguration?

    /// The other node of the pair.
    public var peerNode: String {
        nodes.first { $0 != ownNode } ?? ownNode
    }

    /// The links this node uses, given the addresses of its own interfaces.
    ///
    /// A `ucast` line that names an own address is meant for the other node: so both nodes can have
    /// the same file (ha.cf(5), `ucast`).
    public func links(ownAddresses: [IPAddress]) -> [HeartbeatLink] {
        links.filter { link in
            guard case .unicast(let peer) = link.medium else { return true }
            return !ownAddresses.contains(peer)
        }
    }
}

/// One heartbeat path as ha.cf names it.
public struct HeartbeatLink: Hashable, Sendable {
    /// How packets travel on the link.
    public enum Medium: Hashable, Sendable {
        /// `bcast DEVICE`: UDP to the device's IPv4 broadcast address.
        case broadcast
        /// `ucast DEVICE ADDRESS` and `ucast6`: UDP to one address of the peer.
        case unicast(peer: IPAddress)
        /// `mcast DEVICE GROUP PORT TTL LOOP` and `mcast6`: UDP to a group that both nodes join.
        ///
        /// `hops` from 1; `loops`: whether this host hears its own.
        case multicast(group: IPAddress, hops: UInt8, loops: Bool)
    }

    /// How packets travel.
    public var medium: Medium
    /// The interface the socket is bound to, at most 15 bytes.
    public var device: String
    /// UDP port: that of a multicast line, else the `udpport` in force at the line, default 694.
    public var port: UInt16

    /// The group of a multicast link.
    var group: IPAddress? {
        if case .multicast(let group, _, _) = medium { return group }
        return nil
    }

    /// The name in status and logs: `bcast eth1`, `ucast eth1 192.168.2.2`, `mcast6 eth1 ff12::1`.
    public var name: String {
        switch medium {
        case .broadcast: "bcast \(device)"
        case .unicast(let peer): "ucast\(peer.isIPv6 ? "6" : "") \(device) \(peer)"
        case .multicast(let group, _, _): "mcast\(group.isIPv6 ? "6" : "") \(device) \(group)"
        }
    }
}

/// A program of the administrator's, by its absolute path, and what it is given.
public struct ProgramLine: Hashable, Sendable {
    /// The path.
    public var program: String
    /// The words behind it.
    public var arguments: [String]

    /// Makes it of its parts.
    public init(program: String, arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }
}

/// A program that says whether its node is fit.
public struct TrackedScript: Hashable, Sendable {
    /// What is run.
    public var line: ProgramLine
    /// From one run to the next, and how long one may take.
    public var interval: Duration
}

/// Where log lines go besides stderr or the journal.
public struct LoggingTargets: Equatable, Sendable {
    /// `logfile`: path of the file for ordinary lines.
    public var file: String?
    /// `debugfile`: path of the file for debug lines too.
    public var debugFile: String?
    /// `logfacility`: syslog facility by name; nil also for `none`.
    public var facility: String?
    /// `debug`: 0 quiet to 255; 0 by default.
    public var debugLevel: Int
}

/// The directives `realtime` and `rtprio`.
public struct RealTimeRequest: Equatable, Sendable {
    /// Whether the deciding loop asks for real-time scheduling and locked memory; default true.
    public var isWanted: Bool
    /// SCHED_FIFO priority 1...99; nil lets the daemon choose.
    public var priority: Int?
}
