// Everything that can happen to the core. Each comes with the time; the core has no other input.

/// One thing that happened.
public enum Event: Equatable, Sendable {
    /// The daemon begins; always the first event of a core.
    case started(Start)
    /// The session accepted a heartbeat with news (sequence above the highest applied).
    case heartbeatReceived(Beat, link: LinkIndex)
    /// The session accepted a heartbeat heard before on another path: the link lives, no news.
    case heartbeatRepeated(link: LinkIndex)
    /// The peer echoed a sequence we have not sent: this node was rolled back, and goes on as a new incarnation
    /// whose counter is durable (S6).
    case rolledBack(Incarnation)
    /// `FailoverMachine.nextDeadline` has passed.
    case timeReached
    /// The durable record `id` and all earlier ones are on disk.
    case persisted(PersistID)
    /// An operation ended; exactly once for each that was run.
    case operationFinished(OperationID, OperationOutcome)
    /// Somebody answered a probe (ARP reply, neighbour advertisement). Unauthenticated.
    case probeAnswered(ProbeAnswer)
    /// A link's socket works, or its device is gone or without carrier.
    case linkChanged(LinkIndex, isUp: Bool)
    /// This node's networks, group addresses left out; at most 8 of its addresses are told to the peer.
    case networksChanged([OwnNetwork])
    /// A host was heard on a device without being asked (ARP, neighbour discovery). Unauthenticated.
    case neighbourHeard(ProbeAnswer)
    /// A host answered an ICMP echo. Unauthenticated.
    case pingAnswered(IPAddress)
    /// The services of a group that have failed now; none is a healthy group.
    ///
    /// Told for groups whose monitors run here.
    case healthChanged(group: Int, [HealthFailure])
    /// A look at a group's replicated data ended; told also when nothing changed. `nil`: nobody can look, as where a
    /// script of the administrator's replicates it.
    case dataObserved(group: Int, DataObservation?)
    /// What a group's resources need was looked at (action `ready`): what is missing here, in words; `nil` for nothing.
    case readinessObserved(group: Int, missing: String?)
    /// This node's DRBD asks what the other copy is, before it goes on without it (`fence-peer`); a resource's place in
    /// its group.
    case fenceRequested(FenceID, group: Int, resource: Int)
    /// The other node answered `askPeerToOutdate`; `nil` when it did not in time. Exactly once for each.
    case peerFenceAnswered(FenceID, FenceReply?)
    /// The other node's DRBD goes on without this node: the copy here is to be marked as old.
    case outdateRequested(FenceID, group: Int, resource: Int)
    /// The loop could not run for this long (stall, suspended machine, stopped process). Given after the
    /// sockets were drained and before `timeReached` (S8).
    case loopLate(Duration)
    /// An administrator asks something.
    case commandReceived(CommandID, Command)
    /// SIGTERM: hand over, stop, end.
    case shutdownRequested
}

/// What a core is told when it begins.
public struct Start: Equatable, Sendable {
    /// The kernel's boot id.
    public var bootID: BootID
    /// This run, with its counter already durable.
    public var incarnation: Incarnation
    /// The durable record as found; `nil` when there was none or it could not be read (S6).
    public var record: DurableRecord?
    /// When the loop of an earlier daemon of this boot last turned; `nil` for the first (S8).
    public var lastTurn: Instant?
    /// How long ago this node last reset itself by S4, when that is known.
    public var lastReset: Duration?
    /// The time of day, in seconds since 1970: for people only.
    public var wallClock: Int64

    /// Makes a start of its parts.
    public init(
        bootID: BootID,
        incarnation: Incarnation,
        record: DurableRecord?,
        lastTurn: Instant? = nil,
        lastReset: Duration? = nil,
        wallClock: Int64 = 0
    ) {
        self.bootID = bootID
        self.incarnation = incarnation
        self.record = record
        self.lastTurn = lastTurn
        self.lastReset = lastReset
        self.wallClock = wallClock
    }
}

/// How an operation on a resource ended.
public enum OperationOutcome: Equatable, Sendable {
    /// Exit 0 of anything but `status`.
    case succeeded
    /// `status`: the resource runs.
    case running
    /// `status`: the resource is stopped.
    case stopped
    /// `status`: the resource was suspended, and writes nothing.
    case suspended
    /// `status`: the script cannot tell.
    case unknown(OperationFailure)
    /// The operation ran and failed.
    case failed(OperationFailure)
    /// The deadline passed; its process group was ended first by TERM, then by KILL.
    case timedOut(OperationFailure)
    /// Ended because the core cancelled it.
    case cancelled
    /// The helper that watched it was lost: the process group was ended, its result is not known.
    case interrupted
}

/// What is known of a failed operation, for people.
public struct OperationFailure: Equatable, Sendable, Codable {
    /// The exit code; `nil` after a signal or when the program could not be started.
    public var exitCode: Int32?
    /// The last lines of its output, or why it could not be run; at most 1,024 bytes.
    public var output: String

    /// Makes a failure of its parts.
    public init(exitCode: Int32?, output: String) {
        self.exitCode = exitCode
        self.output = output
    }
}

/// An answer to a probe.
public struct ProbeAnswer: Equatable, Sendable {
    /// The address asked for.
    public var address: IPAddress
    /// The Ethernet address that answered.
    public var mac: MACAddress
    /// The device the answer came in on.
    public var device: String

    /// Makes an answer of its parts.
    public init(address: IPAddress, mac: MACAddress, device: String) {
        self.address = address
        self.mac = mac
        self.device = device
    }
}

/// What administrators may ask of the core.
///
/// Reading status is not a command: see `FailoverMachine.status`.
public enum Command: Equatable, Sendable {
    /// Give groups to the other node.
    case standby(Scope)
    /// Take groups from the other node.
    case takeover(Scope)
    /// The same, with data that is old: what the other node wrote without this one is lost (S11).
    case takeoverAcceptingLoss(Scope)
    /// Send every group to its preferred node.
    case failback
    /// The administrator has made sure that the peer, named again, is off (design section 4).
    case confirmDown(NodeName)
    /// An alert of a monitor asks for a standby: on the terms of a move on health grounds (S7).
    case standbyForHealth(Scope, cause: String)
    /// What failed is repaired: hold-downs, budgets and failed starts are forgotten, on both nodes.
    case clear(Scope)
    /// Nothing of the groups moves by itself, on either node, until the time is over or for ever.
    case freeze(Scope, duration: Duration?, by: String, reason: String)
    /// A freeze ends.
    case thaw(Scope)
}

/// Which groups a command means, seen from the node it is given to.
public enum Scope: Equatable, Sendable {
    /// All groups.
    case all
    /// Groups that prefer this node.
    case local
    /// Groups that prefer the other node.
    case foreign
    /// Groups that are not on their preferred node.
    case failback
    /// One group.
    case group(GroupName)
}
