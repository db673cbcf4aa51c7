// Everything the core can ask for. The daemon and the simulator carry effects out in the order given.

/// One thing to do.
public enum Effect: Equatable, Sendable {
    /// Seal this and send it on these links, now.
    case sendHeartbeat(BeatContent, on: LinkSet)
    /// The place of a learnt path holds another one from now on, or none: open its socket, or close it.
    case setPath(LinkIndex, LearntPath?)
    /// Make the record durable, then report `persisted`. A later record supersedes an earlier one that has
    /// not been written yet; its `persisted` then stands for both.
    case persist(PersistID, DurableRecord)
    /// Run one operation; report `operationFinished` exactly once.
    case runOperation(Operation)
    /// End an operation early: TERM, then KILL; it still reports `operationFinished`.
    case cancelOperation(OperationID)
    /// Ask once, now, who answers for an address (ARP or neighbour solicitation, RFC 5227 form), on each
    /// device whose network contains it.
    case probe(IPAddress)
    /// Ask a host for an ICMP echo, once, now.
    case ping(IPAddress)
    /// Announce the addresses of a group again (gratuitous ARP, unsolicited neighbour advertisement).
    case announceAddresses(GroupName)
    /// Let the copy of a group's log follow the peer's, or not any more: the group may be taken.
    case followPeer(group: Int, Bool)
    /// Let a primary go on without the peer's word, or not any more: the mark that says so is durable (S11).
    case writeAlone(group: Int, Bool)
    /// Look at a group's replicated data now, and report `dataObserved`.
    case observeData(group: Int)
    /// The group's data on this node is old, or is not any more: what replicates it should know too.
    case markData(group: Int, isStale: Bool)
    /// Ask the other node to mark its copy as old, and report `peerFenceAnswered`.
    case askPeerToOutdate(FenceID, group: Int, resource: Int)
    /// The one answer to `fenceRequested` or `outdateRequested`.
    case answerFence(FenceID, FenceReply)
    /// The one final reply to a command (L2).
    case reply(CommandID, CommandReply)
    /// A line of live progress for a command that goes on.
    case progress(CommandID, String)
    /// Something administrators should know.
    case note(Notice)
    /// Reset this machine now, without waiting for any write (S4).
    case resetNode(Reason)
    /// Shutdown is complete: end the daemon.
    case endDaemon
}

/// One operation of one resource.
public struct Operation: Equatable, Sendable {
    /// Its number.
    public var id: OperationID
    /// The group's place in `Settings.groups`.
    public var groupIndex: Int
    /// The resource's place in the group, in starting order.
    public var resourceIndex: Int
    /// What to do.
    public var action: OperationAction
    /// How long it may take before TERM, then KILL.
    public var timeout: Duration
    /// `start`: the administrator accepts the loss of what the other node wrote alone (S11).
    public var acceptsDataLoss: Bool
    /// The node is cut off, and the peer may take soon: nothing that only helps clients is done first (S12).
    public var isUrgent: Bool

    /// Makes an operation of its parts.
    public init(
        id: OperationID,
        groupIndex: Int,
        resourceIndex: Int,
        action: OperationAction,
        timeout: Duration,
        acceptsDataLoss: Bool = false,
        isUrgent: Bool = false
    ) {
        self.id = id
        self.groupIndex = groupIndex
        self.resourceIndex = resourceIndex
        self.action = action
        self.timeout = timeout
        self.acceptsDataLoss = acceptsDataLoss
        self.isUrgent = isUrgent
    }
}

/// The operations of a resource; the raw value of the first three is a script's last argument.
public enum OperationAction: String, Sendable, Codable {
    /// Make it run; exit 0 when it runs, also when it ran before.
    case start
    /// Make it stop; exit 0 when it is stopped, also when it was before.
    case stop
    /// Tell whether it runs.
    case status
    /// Let it write nothing from now on, without ending it (S12); done again it changes nothing.
    case suspend
    /// Let it go on.
    case resume
    /// End what waits for a suspended resource to go on, so that nothing it has waiting is written; then it can be
    /// stopped like any other (S12).
    case abandon

    /// Those that a script knows.
    public static let scripted: [OperationAction] = [.start, .stop, .status]
}

/// How a command ended.
public struct CommandReply: Equatable, Sendable, Codable {
    /// Done, refused, failed or still going on.
    public var outcome: CommandOutcome
    /// One or more lines for the administrator; a refusal says what to type instead.
    public var text: String

    /// Makes a reply of its parts.
    public init(outcome: CommandOutcome, text: String) {
        self.outcome = outcome
        self.text = text
    }
}

/// The kinds of final reply; the raw value is the exit code of `baton`.
public enum CommandOutcome: Int, Sendable, Codable {
    /// The asked-for state is reached.
    case done = 0
    /// A rule forbids it; nothing was changed.
    case refused = 1
    /// A resource failed on the way.
    case failed = 3
    /// Not finished in time; it goes on.
    case timedOut = 5
}
