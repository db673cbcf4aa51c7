// What a told story came to: the rule it broke, or the exceptions it met, and its digest.

public import Failover

/// A rule that a story broke.
public struct Violation: Error, Equatable, Sendable {
    /// The rule by its name: `S3`, `L2`.
    public var rule: String
    /// What happened, in words.
    public var text: String
    /// When, in nanoseconds since the world began.
    public var at: Int64
}

/// Two holders that the configuration does not promise to prevent (design section 4): counted apart, and
/// named by what it promises instead.
public enum Exception: String, CaseIterable, Sendable {
    /// Every network was cut with both machines alive, one network configured: the table's row 4,
    /// `unproved_takeover on`. Promised: after contact exactly one stays, not restarted (S9).
    case unprovedTakeover = "unproved_takeover (row 4): one stays, not restarted, after contact"
    /// Every network was cut with both machines alive, several networks: protection level `evidence`, the
    /// table's row 3. Promised: as above.
    case allNetworksCut = "evidence (row 3), every network cut at once: one stays after contact"
    /// Every network failed together for longer than `early_floor`, and the peer took before `deadtime`. Promised: as
    /// above.
    case earlyVerdict = "early_takeover, every network failed at once: one stays after contact"
    /// A machine stood still, kernel included, for longer than its peer waits. Promised: it yields (S8).
    case frozenMachine = "frozen machine: it yields when it goes on (S8)"
    /// The network of an address lost, delayed or cut frames while the host answered over another: its daemon did not,
    /// and an address was taken by the table's row 2. Promised: as above; no storage is touched.
    case addressUnheard =
        "address alone, its network fails while the host answers elsewhere (row 2): one stays"
    /// A node that never heard its peer since its boot began by `boot_policy` while every network was cut for it.
    /// Promised: as above; with `wait` never.
    case bootPolicy = "boot_policy last-owner or any, no contact after a boot: one stays"
    /// An administrator confirmed as down a peer that was not, and no probe could contradict.
    case lyingAdministrator = "confirm-down of a live peer that no probe could see: one stays (S9)"
    /// After a split the side that hears yielded to the deaf one (S9) in the very moment in which that came to
    /// hear, and yielded by rank. Promised: no second writer; one starts again within L1's bound. Rare, and
    /// bounded by `baton-simulate`.
    case bothYielded =
        "a one-way cut heals while the hearing side yields: both stop, one starts again"

    /// What `baton check` says of it; `nil` where nobody writes twice.
    public var gap: ProtectionGap? {
        switch self {
        case .unprovedTakeover, .allNetworksCut: .networksCut
        case .earlyVerdict: .earlyBlip
        case .frozenMachine: .machinePaused
        case .addressUnheard: .addressUnheard
        case .bootPolicy: .bootCutOff
        case .lyingAdministrator: .falseWord
        case .bothYielded: nil
        }
    }
}

/// How a story went.
public struct Verdict: Sendable {
    /// The rule it broke; `nil` for none.
    public var violation: Violation?
    /// How the machines were joined, and what stood behind their verdicts: `two, evidence`.
    public var scenery: String
    /// How often each exception was met, in the order of `Exception.allCases`.
    public var exceptions: [Int]
    /// Groups that had two holders, by their place.
    public var groupsWithTwo: Set<Int>
    /// Time during which two machines held one group, over all groups, in nanoseconds; each time an exception.
    public var doubleTime: Int64
    /// Equal for equal stories.
    public var digest: UInt64
    /// How long the world ran, in nanoseconds.
    public var length: Int64
    /// How many events both cores took.
    public var steps: Int
    /// What the story did, to see that stories are worth telling.
    public var tally = Tally()
}

/// What stories did.
public struct Tally: Sendable {
    /// How often each machine acquired a group.
    public var acquired = [0, 0]
    /// Operations run.
    public var operations = 0
    /// Commands given, and those answered "done".
    public var commands = 0
    /// Commands answered "done".
    public var commandsDone = 0
    /// Machines reset by S4.
    public var resets = 0
    /// Forged or stale datagrams sent.
    public var forged = 0
    /// Groups given up on health grounds, and started anew.
    public var healthMoves = 0
    /// Groups started anew for a failed service.
    public var restarts = 0
    /// Times in which L1 had nothing to judge, because no node was fit.
    public var unfitEnds = 0

    /// Adds the tally of another story.
    public mutating func add(_ other: Tally) {
        for machine in acquired.indices { acquired[machine] += other.acquired[machine] }
        operations += other.operations
        commands += other.commands
        commandsDone += other.commandsDone
        resets += other.resets
        forged += other.forged
        unfitEnds += other.unfitEnds
        healthMoves += other.healthMoves
        restarts += other.restarts
    }
}
