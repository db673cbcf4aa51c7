// Which faults give two holders, and which two together: every fault of a topology and every pair of them is told,
// several times and at several distances. What is found is the list in the documentation, and its kinds are those that
// `baton check` prints.

public import Failover

/// A configuration whose faults are tried.
public struct FaultPlan: Sendable {
    /// How the machines are joined.
    public var topology: Topology
    /// What stands behind a verdict: `evidence` or `ping`.
    public var level: ProtectionLevel
    /// `unproved_takeover`.
    public var takesUnproved: Bool
    /// `early_takeover`.
    public var earlyTakeover: EarlyTakeover

    /// Makes a plan.
    public init(
        topology: Topology,
        level: ProtectionLevel = .evidence,
        takesUnproved: Bool = true,
        earlyTakeover: EarlyTakeover = .auto
    ) {
        self.topology = topology
        self.level = level
        self.takesUnproved = takesUnproved
        self.earlyTakeover = earlyTakeover
    }

    /// The plans of which the documentation speaks.
    public static let documented: [FaultPlan] = [Topology.one, .two, .shared].flatMap { topology in
        [
            FaultPlan(topology: topology), FaultPlan(topology: topology, level: .ping),
            FaultPlan(topology: topology, takesUnproved: false),
        ]
    }

    /// What distinguishes it from others of its topology, in words.
    public var columnText: String {
        takesUnproved ? "level \(level.rawValue)" : "`unproved_takeover off`"
    }

    /// The settings of the node that runs the groups, for which `baton check` would speak.
    public var settings: Settings { scenery(seed: 0).settings(of: 0) }

    /// A pair that settles within two seconds: a group of storage, one of an address, one that holds an address
    /// first, and one without an address, all on machine 0.
    func scenery(seed: UInt64) -> Scenery {
        var dice = Dice(seed: seed, stream: 1)
        var scenery = Scenery(topology: topology, dice: &dice)
        scenery.timings = Timings(
            keepalive: .milliseconds(100),
            warntime: .milliseconds(200),
            deadtime: .milliseconds(600),
            initdead: .milliseconds(900),
            fitSettle: .milliseconds(200),
            offerTimeout: .milliseconds(500)
        )
        scenery.autoFailback = .off
        scenery.unprovedTakeover = takesUnproved
        scenery.earlyTakeover = earlyTakeover
        scenery.hasPingNodes = level == .ping
        scenery.hasKeeper = true
        scenery.suspendsScripts = true
        scenery.powerOn = [0, 100 * millisecond]
        scenery.groups = [.address, .storage, .addressFirst, .script].map {
            GroupPlan(kind: $0, preferred: 0)
        }
        return scenery
    }
}

/// What the faults of one plan came to.
public struct FaultTable: Sendable {
    /// One fault, or two, that gave two holders.
    public struct Row: Sendable {
        /// The fault in words, or both in the order of `Fault.all`.
        public var faults: [String]
        /// Which kinds of gap it is.
        public var gaps: Set<ProtectionGap> = []
        /// A group without storage had two holders.
        public var ofAddresses = false
        /// One with storage had.
        public var ofStorage = false
    }

    /// The plan.
    public var plan: FaultPlan
    /// Single faults tried, and pairs.
    public var tried = (single: 0, double: 0)
    /// Stories told.
    public var stories = 0
    /// Single faults that gave two holders, then pairs of others that did.
    public var rows: [Row] = []
    /// The first rule that broke.
    public var violation: String?

    /// Everything found.
    public var gaps: Set<ProtectionGap> { rows.reduce(into: []) { $0.formUnion($1.gaps) } }

    /// How long after the first fault the second begins, in thousandths of `deadtime`.
    private static let distances: [Int64] = [0, 500, -500, 1_700, -1_700]
    /// When faults begin, and how long they last, in nanoseconds.
    private static let begins = 4 * second
    private static let lasts = 2_400 * millisecond

    /// Tells every fault of `plan`, `repetitions` times at each distance with other luck, and every pair.
    public init(_ plan: FaultPlan, repetitions: Int = 2) {
        self.plan = plan
        let faults = Fault.all(of: plan.topology)
        var harmless: [Fault] = []
        for fault in faults {
            tried.single += 1
            var row = Row(faults: [fault.text])
            for luck in 0..<(repetitions * 4) {
                tell(fault.deeds(Self.begins, Self.lasts), luck, &row)
            }
            if row.gaps.isEmpty { harmless.append(fault) } else { rows.append(row) }
        }
        let deadtime = plan.settings.timings.deadtime.nanoseconds
        for first in harmless.indices {
            for other in harmless.indices where other > first {
                tried.double += 1
                var row = Row(faults: [harmless[first].text, harmless[other].text])
                for distance in Self.distances {
                    let at = Self.begins + deadtime * distance / 1_000
                    let deeds = DeedMaker.inOrder(
                        harmless[first].deeds(Self.begins, Self.lasts)
                            + harmless[other].deeds(at, Self.lasts)
                    )
                    for luck in 0..<repetitions { tell(deeds, luck, &row) }
                }
                if !row.gaps.isEmpty { rows.append(row) }
            }
        }
    }

    private mutating func tell(_ deeds: [Deed], _ luck: Int, _ row: inout Row) {
        let verdict = plan.tell(deeds, luck, quietAt: Self.begins + Self.lasts * 2)
        stories += 1
        if let found = verdict.violation, violation == nil {
            violation = "\(found.rule): \(found.text) (\(row.faults.joined(separator: "; ")))"
        }
        for (exception, count) in zip(Exception.allCases, verdict.exceptions) where count > 0 {
            if let gap = exception.gap { row.gaps.insert(gap) }
        }
        let groups = plan.settings.groups
        for group in verdict.groupsWithTwo {
            if groups[group].holdsStorage { row.ofStorage = true } else { row.ofAddresses = true }
        }
    }
}

extension FaultPlan {
    /// Tells deeds, with the luck of one seed.
    fileprivate func tell(_ deeds: [Deed], _ luck: Int, quietAt: Int64) -> Verdict {
        let seed = UInt64(luck + 1)
        let story = Story(seed: seed, scenery: scenery(seed: seed), deeds: deeds, quietAt: quietAt)
        return World(story, codec: .wire, writesTranscript: false).tell()
    }
}

/// Which moments shorter than `deadtime`, in which networks fail and no node does, an early verdict takes for a death
/// (`early_takeover`).
public struct BlipTable: Sendable {
    /// One fault, or two at once, after which the other node took.
    public struct Row: Sendable {
        /// In words.
        public var faults: [String]
        /// The shortest that did, in hundredths of `deadtime`.
        public var shortest: Int64
        /// Two nodes held a group meanwhile.
        public var gaveTwo = false
    }

    /// What was tried.
    public let plan: FaultPlan
    /// Stories told.
    public var stories = 0
    /// What was misjudged.
    public var rows: [Row] = []

    /// Lengths in hundredths of `deadtime`: with one `keepalive` before them, a sixth, they stay below it.
    private static let lengths: [Int64] = [15, 30, 40, 50, 60, 70, 80]

    /// Tells every fault of the networks of `plan`, and every two at once, for each length.
    public init(_ plan: FaultPlan) {
        self.plan = plan
        let faults = Fault.networks(of: plan.topology)
        for first in faults.indices {
            for other in faults.indices where other >= first {
                let both = first == other ? [faults[first]] : [faults[first], faults[other]]
                tell(both, plan)
            }
        }
    }

    private mutating func tell(_ faults: [Fault], _ plan: FaultPlan) {
        let begins = 4 * second
        let deadtime = plan.settings.timings.deadtime.nanoseconds
        var row = Row(faults: faults.map(\.text), shortest: 0)
        for length in Self.lengths {
            let lasts = deadtime * length / 100
            let deeds = faults.flatMap { $0.deeds(begins, lasts) }
            for luck in 0..<2 {
                let verdict = plan.tell(deeds, luck, quietAt: begins + deadtime * 4)
                stories += 1
                // What the owner itself gives up, because it sees less (S7), nobody misjudged.
                guard verdict.tally.acquired[1] > verdict.tally.healthMoves else { continue }
                if row.shortest == 0 { row.shortest = length }
                if verdict.doubleTime > 0 { row.gaveTwo = true }
            }
        }
        if row.shortest > 0 { rows.append(row) }
    }
}
