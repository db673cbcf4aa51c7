// Why things are as they are, as `baton explain` shows it: the last decisions of one node with the facts they
// used, and how that node sees the groups now. Keeping the decisions is the daemon's.

/// One node's account of itself.
public struct Explanation: Equatable, Sendable, Codable {
    /// Version of this layout.
    public var schema: Int = 1
    /// The node that speaks.
    public var node: String
    /// Its `Status.reason`.
    public var reason: String
    /// Its `Status.nextStep`.
    public var nextStep: String?
    /// Its `Status.lastMove`.
    public var lastMove: String?
    /// The groups asked for, without their resources.
    public var groups: [GroupStatus]
    /// The last decisions about them and about both nodes, the newest last.
    public var decisions: [Decision]

    /// Makes it of what a node knows.
    ///
    /// - Parameters:
    ///   - status: the node's status of now.
    ///   - decisions: what it remembers, the newest last.
    ///   - group: the group that is asked about; nil for all.
    public init(of status: Status, decisions: [Decision], group: GroupName? = nil) {
        node = status.node
        reason = status.reason
        nextStep = status.nextStep
        lastMove = status.lastMove
        groups = status.groups.filter { group == nil || $0.name == group?.text }.map { entry in
            var short = entry
            short.resources = []
            return short
        }
        self.decisions = decisions.filter {
            $0.notice.group == nil || group == nil || $0.notice.group == group
        }
    }
}

/// One thing that was decided.
public struct Decision: Equatable, Sendable, Codable {
    /// Milliseconds since then, by the clock of the node that decided; the two nodes' clocks need not agree.
    public var agoMilliseconds: Int64
    /// What it said then, with its reason.
    public var notice: Notice

    /// Makes it of its parts.
    public init(agoMilliseconds: Int64, notice: Notice) {
        self.agoMilliseconds = agoMilliseconds
        self.notice = notice
    }
}

extension FailoverMachine {
    /// The other node's own addresses as its beats told them; none before the first beat of this incarnation.
    public var peerAddresses: [IPAddress] { peer.addresses.map(\.address) }
}
