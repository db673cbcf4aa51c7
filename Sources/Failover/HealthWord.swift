// What the core is told of the services of a group, and what two nodes tell each other of moves on health
// grounds and of freezes. Values only; what follows from them is in `Machine+Health` and `Machine+Freeze`.

/// A service of a group that has failed, as the monitors see it.
public struct HealthFailure: Equatable, Sendable {
    /// The service: `servers/agg0`.
    public var name: String
    /// Which uninterrupted failure of it this is; unique within one run of the daemon.
    public var incident: UInt64
    /// What its `monitor_action` asks for.
    public var action: HealthAction
    /// What the monitor said last, one line.
    public var text: String
    /// Whether it is the node's rather than the service's, such as a lost network: no restart here mends it.
    public var isOfNode: Bool

    /// Makes a failure of its parts.
    public init(
        name: String,
        incident: UInt64,
        action: HealthAction,
        text: String,
        isOfNode: Bool = false
    ) {
        self.name = name
        self.incident = incident
        self.action = action
        self.text = text
        self.isOfNode = isOfNode
    }
}

/// What is done about a failed service.
public enum HealthAction: String, Sendable, Codable {
    /// The group goes to the other node.
    case standby
    /// The group is stopped and started here; failing that, as `standby`.
    case restart
    /// Nothing by itself: an alert may ask for a standby.
    case notify
}

/// One move of a group on health grounds: it counts against `move_budget`.
public struct HealthMove: Hashable, Sendable {
    /// The epoch after that at which the group was given up: no earlier clear is meant for it.
    public var epoch: UInt64
    /// Whether the node that says this gave it up.
    public var isSenders: Bool
    /// How long ago; after a reboot of all that know of it, less than it was.
    public var age: Duration

    /// Makes a move of its parts.
    public init(epoch: UInt64, isSenders: Bool, age: Duration) {
        self.epoch = epoch
        self.isSenders = isSenders
        self.age = age
    }
}

/// What a node says of a group's moves on health grounds and of its freeze.
public struct HealthWord: Equatable, Sendable {
    /// The administrator has cleared everything of this epoch and before.
    public var clearedThrough: UInt64 = 0
    /// The moves after that, oldest first; at most `movesMaximum`.
    public var moves: [HealthMove] = []
    /// Counts the freezes and thaws of the group; the higher one is the later one.
    ///
    /// 0 for none yet.
    public var freezeStamp: UInt32 = 0
    /// Whether the later one was a freeze, and has not ended.
    public var isFrozen = false
    /// When it ends by itself; `nil` for never.
    public var freezeRemaining: Duration?

    /// How many moves are told and remembered: no budget is larger.
    public static let movesMaximum = 8

    /// Nothing to say.
    public init() {}

    /// Whether there is nothing to say.
    public var isEmpty: Bool { clearedThrough == 0 && moves.isEmpty && freezeStamp == 0 }
}
