// What this node knows and does about one resource group. Only `FailoverMachine.move` changes the phase.

/// One group on this node.
struct Group: Sendable {
    /// Where it stands.
    fileprivate(set) var phase = GroupPhase.unknown
    /// Since when.
    fileprivate(set) var since = Instant(nanoseconds: 0)
    /// The highest epoch used or heard used (S5).
    var epoch: UInt64 = 0
    /// An epoch above `epoch` that the record already reserves; 0 for none (S5).
    var reserved: UInt64 = 0
    /// What an earlier boot had reserved and may have used; 0 for none, and once an epoch is used here.
    var doubtfulEpoch: UInt64 = 0
    /// The write that makes `reserved` durable.
    var reservedBy = PersistID(0)
    /// The epoch of the present claim, of the offer while `offered`.
    var claimEpoch: UInt64 = 0
    /// What the present claim rests on.
    var claim = ClaimKind.none
    /// When the claim was made.
    var claimedAt = Instant(nanoseconds: 0)
    /// The peer's incarnation then.
    var claimedOf: Incarnation?
    /// The write that makes the claim durable.
    var claimedBy = PersistID(0)
    /// When a claim by offer that is not yet durable is given up (S3b).
    var claimDeadline: Instant?
    /// The claim may have been overtaken (S8).
    var isLate = false
    /// While suspended, since when this node's own network is not disproved (S12).
    var soundSince: Instant?
    /// This node ran it last, as far as it knows.
    var isLastOwner = false
    /// The claim has started a resource that holds state (S9).
    var hasStartedStorage = false
    /// This boot has started a resource of the group (S4).
    var heldThisBoot = false
    /// The highest epoch this node declined (S3b).
    var declined: UInt64 = 0
    /// The failure that keeps the group from starting here.
    var startFailure: OperationFailure?
    /// The resource that failed to start or stop.
    var failedResource: Int?
    /// Why the group is moving, or moved last.
    var reason: Reason?
    /// What comes after `stopping`.
    var afterStop = AfterStop.standby
    /// The resources in starting order.
    var resources: [Resource]
    /// Something of it could not be suspended: it is stopped, as what cannot be suspended at all (S12).
    var mustStop = false
    /// When to try a stop or an undecided status again.
    var retryAt: Instant?
    /// The number of our present request for the group; 0 for none.
    var request: UInt32 = 0
    /// The number of the peer's last request that was refused.
    var refusedRequest: UInt32 = 0
    /// Why it was refused.
    var refusal = Refusal.none
    /// The number of the peer's last request that was granted.
    var grantedRequest: UInt32 = 0
    /// The incarnation of the peer to which `auto_failback` does not return the group: it gave it away.
    var noFailbackTo: Incarnation?
    /// Why a takeover does not happen, as last noted.
    var heldCause: HoldCause?
    /// The same in words.
    var heldReason: Reason?
    /// A start that failed before was tried again since the peer was last heard.
    var retriedStart = false
    /// Both nodes held the group; its addresses are announced again when the peer has let go (S9).
    var announcesWhenAlone = false
    /// The conflict, as last noted.
    var conflictNoted = false
    /// The difference between the nodes' configurations, as last noted.
    var differenceNoted = false
    /// Its services, moves on health grounds, and freeze.
    var health = GroupHealth()
    /// Its replicated data.
    var data = GroupData()
    /// What its resources need and have not got here, as last looked; `nil` for nothing.
    var missing: String?

    init(_ settings: GroupSettings) {
        resources = settings.resources.map { _ in Resource() }
    }

    /// Whether an operation on one of its resources is in progress.
    var isBusy: Bool { resources.contains { $0.operation != nil } }

    /// Counts the tries of every resource anew.
    mutating func forgetTries() {
        for index in resources.indices {
            resources[index].stopAttempts = 0
            resources[index].interruptions = 0
        }
    }

    /// From now on this daemon knows of it, and nothing of its resources yet.
    mutating func begin(at now: Instant) {
        since = now
        for index in resources.indices { resources[index].since = now }
    }
}

/// One resource on this node.
struct Resource: Sendable {
    /// Its state.
    var state = ResourceState.unknown
    /// Since when.
    var since = Instant(nanoseconds: 0)
    /// The operation in progress.
    var operation: OperationID?
    /// What `operation` does, or the last one did.
    var action = OperationAction.status
    /// Failed attempts to stop it in a row.
    var stopAttempts = 0
    /// Times its operation was interrupted (helper lost) and run again.
    var interruptions = 0
    /// When its present operation began.
    var operationSince: Instant?
    /// How long its last operation took.
    var lastOperation: Duration?
    /// Its last failure, until an operation succeeds.
    var failure: OperationFailure?

    /// Enters a state.
    mutating func enter(_ state: ResourceState, at now: Instant) {
        if self.state != state { since = now }
        self.state = state
    }
}

/// What follows when every resource of a group is stopped.
enum AfterStop: Equatable, Sendable {
    /// Offer it to the peer (S3b).
    case offer
    /// Keep it stopped, ready to be granted again.
    case standby
    /// Offer it to the peer if that is fit, else keep it stopped as failed.
    case failedStart
    /// Start it again here, under the same claim.
    case restart
    /// Keep the claim, and serve nothing until the peer is heard or proved dead (S12).
    case suspend
}

extension FailoverMachine {
    /// The one place where a group changes its phase: by a row of the table or not at all.
    mutating func move(
        _ index: Int,
        to phase: GroupPhase,
        _ cause: TransitionCause,
        _ reason: Reason?
    ) {
        let from = groups[index].phase
        precondition(
            Transitions.allows(from, phase, cause),
            "no transition from \(from) to \(phase): \(cause.rawValue)"
        )
        groups[index].phase = phase
        groups[index].since = now
        if let reason { groups[index].reason = reason }
        if phase == .active, !groups[index].isLastOwner {
            groups[index].isLastOwner = true
            recordIsDirty = true
        }
        beatIsDue = true
        needsEvaluation = true
        coverage.insert(Transition(from: from, to: phase, cause: cause))
        let name = settings.groups[index].name
        if phase == .active || phase == .standby || phase == .offered {
            lastMove =
                "\(name): \(cause.rawValue), epoch \(groups[index].epoch)"
                + (groups[index].reason.map { " (\($0.rule.rawValue): \($0.facts))" } ?? "")
        }
        let severity: Severity =
            switch (phase, cause) {
            case (.unsafe, _), (.failed, .stoppedFailed), (.failed, .declined): .page
            case (.failed, _): .warning
            default: .info
            }
        let text = "\(from) -> \(phase): \(cause.rawValue)"
        note(severity, .groupMoved, index, text, reason, cause: cause)
    }
}
