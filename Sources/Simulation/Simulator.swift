// The door to the simulated world: tell a story, tell many, shorten a bad one and write it down, measure speed.

public import Failover

/// Tells stories by their seeds.
public struct Simulator: Sendable {
    /// The topology of every story; `nil` for each its own.
    public var topology: Topology?
    /// The protection level of every story; `nil` for each its own.
    public var level: ProtectionLevel?
    /// How datagrams are protected.
    public var codec: Codec

    /// Makes a simulator.
    public init(
        topology: Topology? = nil,
        level: ProtectionLevel? = nil,
        codec: Codec = .wire
    ) {
        self.topology = topology
        self.level = level
        self.codec = codec
    }

    /// Tells the story of one seed.
    ///
    /// The same seed gives the same digest, on every machine and in every process.
    public func tell(seed: UInt64) -> Verdict {
        World(
            Story(seed: seed, topology: topology, level: level),
            codec: codec,
            writesTranscript: false
        ).tell()
    }

    /// Tells the stories `first`, `first + step`, … of `count` seeds, up to the first that breaks a rule.
    ///
    /// - Returns: the sum of the verdicts; `badSeed` names the story that broke a rule.
    public func tell(count: Int, from first: UInt64, step: Int = 1) -> Summary {
        var summary = Summary()
        var index = 0
        while index < count {
            let seed = first &+ UInt64(index)
            let verdict = tell(seed: seed)
            summary.add(verdict, seed: seed)
            if verdict.violation != nil { break }
            index += step
        }
        return summary
    }

    /// Tells `count` stories to the last and sorts the broken ones by what they broke: rule and words, and
    /// the seeds that did.
    public func survey(count: Int, from first: UInt64) -> [(complaint: String, seeds: [UInt64])] {
        var found: [(complaint: String, seeds: [UInt64])] = []
        for index in 0..<count {
            let seed = first &+ UInt64(index)
            guard let violation = tell(seed: seed).violation else { continue }
            // Epochs and times differ from story to story.
            let complaint = "\(violation.rule): \(violation.text.filter { !$0.isNumber })"
            if let place = found.firstIndex(where: { $0.complaint == complaint }) {
                found[place].seeds.append(seed)
            } else {
                found.append((complaint, [seed]))
            }
        }
        return found.sorted { $0.seeds.count > $1.seeds.count }
    }

    /// A story in words, from its first line to the broken rule or to its end.
    public func transcript(seed: UInt64) -> [String] {
        let world = World(
            Story(seed: seed, topology: topology, level: level),
            codec: codec,
            writesTranscript: true
        )
        _ = world.tell()
        return world.transcript?.lines ?? []
    }

    /// The shortest story found that breaks the same rule as the story of `seed`, in words; `nil` when that
    /// story breaks none.
    public func shortened(seed: UInt64) -> ShortStory? {
        let story = Story(seed: seed, topology: topology, level: level)
        guard let violation = World(story, codec: codec, writesTranscript: false).tell().violation
        else {
            return nil
        }
        var shrinker = Shrinker(story: story, violation: violation, codec: codec)
        let short = shrinker.shrink()
        let world = World(short, codec: codec, writesTranscript: true)
        let verdict = world.tell()
        return ShortStory(
            violation: verdict.violation ?? violation,
            deeds: short.deeds.map { $0.kind.words },
            deedsBefore: story.deeds.count,
            lines: short.preface + (world.transcript?.lines ?? []),
            tried: shrinker.tried
        )
    }

    /// Tells a story in which nothing happens, at keepalive 1 s.
    ///
    /// - Returns: simulated node-hours, and the digest so that nothing is optimised away.
    public func quiet(hours: Int, seed: UInt64) -> (nodeHours: Double, digest: UInt64) {
        let length = Int64(hours) * 3600 * second
        let world = World(
            Story(quietFor: length, seed: seed),
            codec: codec,
            writesTranscript: false
        )
        let verdict = world.tell()
        return (Double(verdict.length) / Double(3600 * second) * 2, verdict.digest)
    }
}

/// A bad story, shortened.
public struct ShortStory: Sendable {
    /// The rule it breaks.
    public var violation: Violation
    /// The deeds that are left, in words.
    public var deeds: [String]
    /// How many there were.
    public var deedsBefore: Int
    /// The transcript.
    public var lines: [String]
    /// How many stories were told to shorten it.
    public var tried: Int
}

/// What many stories came to.
public struct Summary: Sendable {
    /// How many were told.
    public var stories = 0
    /// The first that broke a rule.
    public var badSeed: UInt64?
    /// The rule it broke.
    public var violation: Violation?
    /// How often each exception was met, in the order of `Exception.allCases`.
    public var exceptions = [Int](repeating: 0, count: Exception.allCases.count)
    /// Stories, those among them with two holders, and how long there were two in nanoseconds, by scenery.
    public var sceneries: [String: (stories: Int, withTwo: Int, doubleTime: Int64)] = [:]
    /// Simulated time, in nanoseconds.
    public var length: Int64 = 0
    /// Events taken by cores.
    public var steps = 0
    /// A digest over the digests, in the order of the seeds told here.
    public var digest: UInt64 = 0
    /// What the stories did.
    public var tally = Tally()

    /// Nothing told yet.
    public init() {}

    /// Adds one story.
    public mutating func add(_ verdict: Verdict, seed: UInt64) {
        stories += 1
        if let found = verdict.violation, badSeed == nil {
            badSeed = seed
            violation = found
        }
        for index in exceptions.indices { exceptions[index] += verdict.exceptions[index] }
        add((1, verdict.doubleTime > 0 ? 1 : 0, verdict.doubleTime), to: verdict.scenery)
        length += verdict.length
        steps += verdict.steps
        digest ^= verdict.digest
        tally.add(verdict.tally)
    }

    private mutating func add(
        _ row: (stories: Int, withTwo: Int, doubleTime: Int64),
        to scenery: String
    ) {
        let sum = sceneries[scenery] ?? (0, 0, 0)
        sceneries[scenery] = (
            sum.stories + row.stories, sum.withTwo + row.withTwo, sum.doubleTime + row.doubleTime
        )
    }

    /// Adds what another worker came to; the earliest bad seed is kept.
    public mutating func add(_ other: Summary) {
        stories += other.stories
        if let seed = other.badSeed, seed < badSeed ?? UInt64.max {
            badSeed = seed
            violation = other.violation
        }
        for index in exceptions.indices { exceptions[index] += other.exceptions[index] }
        for (scenery, row) in other.sceneries { add(row, to: scenery) }
        length += other.length
        steps += other.steps
        digest ^= other.digest
        tally.add(other.tally)
    }
}
