// What the administrator's command and the daemon say to each other over `control.sock` and
// `status.sock`: one JSON object per line each way. The values are here, their bytes in `ControlCoding`.

public import Failover

/// One question or order to the daemon.
///
/// | line | case |
/// |-|-|
/// | `{"verb":"ping"}` | `ping` |
/// | `{"verb":"version"}` | `version` |
/// | `{"verb":"status"}` | `status` |
/// | `{"verb":"monitors","name":"servers/agg0"}` | `monitors`; `name` may be absent |
/// | `{"verb":"peer-status"}` | `peerStatus` |
/// | `{"verb":"peer-files"}` | `peerFiles` |
/// | `{"verb":"explain","group":"10.0.0.9"}` | `explain`; `group` may be absent |
/// | `{"verb":"peer-explain","group":"10.0.0.9"}` | `peerExplain`, likewise |
/// | `{"verb":"replicas","resource":"r0"}` | `replicas`; `resource` may be absent |
/// | `{"verb":"peer-replicas","resource":"r0"}` | `peerReplicas`, likewise |
/// | `{"verb":"outdate-peer","resource":"r0","peers":["l1"]}` | `outdatePeer`; `peers`, DRBD's names of the other side, may be absent |
/// | `{"verb":"standby","scope":"all"}` | `standby`; scopes `all local foreign failback`, or `group` with `"group":NAME`; `"cause":SERVICE` where an alert of a monitor asks |
/// | `{"verb":"takeover","scope":"group","group":"10.0.0.9"}` | `takeover`, likewise; with `"acceptsDataLoss":true` also with old data |
/// | `{"verb":"failback"}` | `failback` |
/// | `{"verb":"confirm-down","node":"l1","typed":"l1"}` | `confirmDown` |
/// | `{"verb":"clear","scope":"all"}` | `clear`, scopes as above |
/// | `{"verb":"freeze","scope":"all","seconds":7200,"by":"anna","reason":"new disks"}` | `freeze`; without `seconds` it has no end |
/// | `{"verb":"thaw","scope":"all"}` | `thaw` |
/// | `{"verb":"monitors-disable","names":["servers","db/mysql"]}` | `monitorsDisable`: host groups and services |
/// | `{"verb":"monitors-enable","names":["servers"]}` | `monitorsEnable`, likewise |
/// | `{"verb":"reload","exec":false}` | `reload`; `exec` may be absent |
public enum ControlRequest: Equatable, Sendable {
    /// Is somebody there? Answered by `reply` with outcome done.
    case ping
    /// Which version is it? Answered by `version`.
    case version
    /// How do things stand? Answered by `status`.
    case status
    /// How do the services stand?
    ///
    /// Answered by `status`; the monitor of this name, `HOSTGROUP/SERVICE`, has its history.
    case monitors(String?)
    /// How do things stand as the other node sees them?
    ///
    /// Answered by the other daemon's `status`, or by an `error` of the code `noAnswer` after two seconds or so.
    case peerStatus
    /// With which files does the other node run? Answered by its `files`, or as above.
    ///
    /// For administrators: mon.cf may hold passwords.
    case peerFiles
    /// What did this node decide, and why; about one group, or all? Answered by `explanation`.
    case explain(GroupName?)
    /// What did the other node decide, and why? Answered by its `explanation`, or as for `peerStatus`.
    case peerExplain(GroupName?)
    /// How do the replicated resources stand here, or the one of this name? Answered by `replicas` when they have been
    /// looked at, after four seconds at most.
    case replicas(String?)
    /// How do they stand on the other node? Answered by its `replicas`, or as for `peerStatus`.
    case peerReplicas(String?)
    /// This node's DRBD asks what the other node's copy of a resource is, before it goes on without it (`fence-peer`).
    ///
    /// Answered by `fence` at once or after the two seconds that the other node has; "pending" is to be asked again.
    /// `peers` are the hosts that DRBD names, none where it does not: the other node must be one of them.
    case outdatePeer(resource: String, peers: [String])
    /// Give groups to the other node.
    ///
    /// `cause` is the service, `HOSTGROUP/SERVICE`, whose alert asks for it: then the terms are those of a move on
    /// health grounds (S7).
    case standby(Scope, cause: String? = nil)
    /// Take groups from the other node; with old data too, where the administrator accepts that what the other node
    /// wrote alone is lost (S11).
    case takeover(Scope, acceptsDataLoss: Bool = false)
    /// Send every group to its preferred node.
    case failback
    /// `node` is off, says the administrator, who has typed its name as `typed`.
    case confirmDown(node: NodeName, typed: String)
    /// What failed is repaired: hold-downs, budgets and failed starts are forgotten, on both nodes.
    case clear(Scope)
    /// Nothing of the groups moves by itself for so many seconds (at most `freezeMaximum`), or without end.
    case freeze(Scope, seconds: Int64?, by: String, reason: String)
    /// A freeze ends.
    case thaw(Scope)
    /// Host groups or services, `HOSTGROUP/SERVICE`, that are not watched any more; at most `namesMaximum`.
    case monitorsDisable([String])
    /// They are again.
    case monitorsEnable([String])
    /// Read the configuration again; with `exec` start the new binary, which adopts everything.
    case reload(exec: Bool)

    /// Whether the status socket, which others than root may open, carries this verb too.
    public var isRead: Bool {
        switch self {
        case .ping, .version, .status, .monitors, .peerStatus, .explain, .peerExplain,
            .replicas, .peerReplicas:
            true
        case .peerFiles, .outdatePeer, .standby, .takeover, .failback, .confirmDown, .clear,
            .freeze, .thaw,
            .monitorsDisable, .monitorsEnable, .reload:
            false
        }
    }

    /// The longest freeze in seconds, 366 days.
    public static var freezeMaximum: Int64 { 366 * 86_400 }
    /// How many names one request may carry.
    public static var namesMaximum: Int { 1000 }

    /// The word on the line.
    public var verb: ControlVerb {
        switch self {
        case .ping: .ping
        case .version: .version
        case .status: .status
        case .monitors: .monitors
        case .peerStatus: .peerStatus
        case .peerFiles: .peerFiles
        case .explain: .explain
        case .peerExplain: .peerExplain
        case .replicas: .replicas
        case .peerReplicas: .peerReplicas
        case .outdatePeer: .outdatePeer
        case .clear: .clear
        case .freeze: .freeze
        case .thaw: .thaw
        case .monitorsDisable: .monitorsDisable
        case .monitorsEnable: .monitorsEnable
        case .standby: .standby
        case .takeover: .takeover
        case .failback: .failback
        case .confirmDown: .confirmDown
        case .reload: .reload
        }
    }
}

/// The words a request may begin with.
public enum ControlVerb: String, CaseIterable, Sendable, Codable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case ping, version, status, monitors, explain, standby, takeover, failback, clear, freeze, thaw,
        reload, replicas
    /// The other node's replicated resources, in `baton drbd`.
    case peerReplicas = "peer-replicas"
    /// The other node's view, in `baton status`.
    case peerStatus = "peer-status"
    /// The other node's files, in `baton check`.
    case peerFiles = "peer-files"
    /// The other node's account, in `baton explain`.
    case peerExplain = "peer-explain"
    /// `baton outdate-peer`, DRBD's `fence-peer` handler.
    case outdatePeer = "outdate-peer"
    /// `baton confirm-down NODE`.
    case confirmDown = "confirm-down"
    /// `baton monitors disable NAME`.
    case monitorsDisable = "monitors-disable"
    /// `baton monitors enable NAME`.
    case monitorsEnable = "monitors-enable"
}

/// One line from the daemon: any number of `progress`, then exactly one other.
///
/// | line | case |
/// |-|-|
/// | `{"type":"progress","text":TEXT}` | `progress` |
/// | `{"type":"reply","outcome":0,"text":TEXT}` | `reply`; the outcome is the exit code of `baton` |
/// | `{"type":"status","status":{…}}` | `status` |
/// | `{"type":"version","version":TEXT}` | `version` |
/// | `{"type":"files","files":{…}}` | `files` |
/// | `{"type":"explanation","explanation":{…}}` | `explanation` |
/// | `{"type":"replicas","replicas":{…}}` | `replicas` |
/// | `{"type":"fence","fence":{"text":TEXT,"verdict":VERDICT}}` | `fence`; the verdicts are those of `FenceVerdict` |
/// | `{"type":"error","code":CODE,"text":TEXT}` | `error`: the request was not understood or not allowed |
public enum ControlResponse: Equatable, Sendable {
    /// It goes on.
    case progress(String)
    /// How the command ended (L2).
    case reply(CommandReply)
    /// The status.
    case status(Status)
    /// The daemon's version.
    case version(String)
    /// The files with which a node runs.
    case files(NodeFiles)
    /// What a node decided, and why.
    case explanation(Explanation)
    /// How a node's replicated resources stand.
    case replicas(ReplicaReport)
    /// What the other node's copy of a replicated resource is.
    case fence(FenceReply)
    /// Nothing was done.
    case error(ControlError)

    /// Whether no line follows.
    public var isFinal: Bool {
        if case .progress = self { false } else { true }
    }
}

/// Why a request was not carried out at all.
public struct ControlError: Error, Equatable, Sendable, Codable, CustomStringConvertible {
    /// The kind.
    public var code: Code
    /// One sentence, naming what was wrong.
    public var text: String

    /// Makes an error of its parts.
    public init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    /// The sentence.
    public var description: String { text }

    /// The kinds of error; the raw value is on the line.
    public enum Code: String, CaseIterable, Sendable, Codable {
        /// A line is longer than `ControlCoding.lineMaximum`.
        case lineTooLong
        /// A line is not one JSON object.
        case notJSON
        /// There is no such verb (or type of response).
        case unknownVerb
        /// A field is absent or has a value that does not exist.
        case badField
        /// The verb does not belong on this socket, or this user may not use it.
        case notAllowed
        /// Too many commands are in progress.
        case busy
        /// The other node's daemon was asked, and did not answer in time.
        case noAnswer
    }
}
