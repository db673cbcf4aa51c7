// Replicated data as the loop looks at it (S11): from time to time, and when the core asks, the program of each
// resource that replicates is asked how its data stands. What follows from that is the core's.

import Configuration
import Failover
import Linux
import Resources

/// The groups whose data is replicated.
struct DataWatch {
    /// Time allowed for one look.
    static let timeout: Int64 = 5_000_000_000

    /// Its looks.
    var looks: ResourceLooks
    /// The groups whose data the core calls old here.
    private var stale: Set<Int> = []
    /// The groups whose log follows the peer's.
    private var following: Set<Int> = []
    /// The groups that may go on without the peer's word.
    private var alone: Set<Int> = []

    /// Those of a configuration.
    init(_ settings: Settings) {
        looks = ResourceLooks(
            settings.groups.indices.map { group in
                let resources = settings.groups[group].resources
                return (group, resources.indices.filter { resources[$0].isReplicated })
            },
            every: 1_000_000_000
        )
    }

    /// The core wants to know now.
    mutating func look(at group: Int) { looks.hasten(group) }

    /// The core calls the data old, or not any more.
    mutating func mark(_ group: Int, isStale: Bool) {
        if isStale { stale.insert(group) } else { stale.remove(group) }
        looks.hasten(group)
    }

    /// A copy that is kept by a log is to follow the peer's, or not any more.
    mutating func follow(_ group: Int, _ follows: Bool) {
        if follows { following.insert(group) } else { following.remove(group) }
        looks.hasten(group)
    }

    /// A primary may go on without the peer's word, or not any more.
    mutating func allowAlone(_ group: Int, _ isAlone: Bool) {
        if isAlone { alone.insert(group) } else { alone.remove(group) }
        looks.hasten(group)
    }

    /// What a resource of a group is asked: whether it is old where the core calls it so, else how it stands; one that
    /// is kept by a log also to follow, or that it may write alone.
    func question(of group: Int, hasLog: Bool) -> String {
        if hasLog {
            return following.contains(group) ? "follow" : alone.contains(group) ? "alone" : "data"
        }
        return stale.contains(group) ? "outdate" : "data"
    }

    /// A question was answered: what the core is told when it was the last of its look.
    ///
    /// - Returns: nil when the number is not of a question of ours; an empty list while others are on their way.
    mutating func take(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> [Event]? {
        looks.take(number, ending, output)?.map { look in
            // A script of the administrator's stands for a resource: it cannot be asked.
            let isClosed = look.answers.contains { answer in
                if case .notRun = answer?.ending { true } else { false }
            }
            let answers = zip(look.resources, look.answers).map { resource, answer in
                let isTold = answer?.ending == .exited(0)
                let data = isTold ? ReplicatedData(line: answer?.output ?? "") : nil
                return (resource: resource, data: data)
            }
            let seen = isClosed ? nil : DataWatch.sum(answers, begunAt: look.begunAt)
            return .dataObserved(group: look.group, seen)
        }
    }

    /// What the answers of a group's resources come to: the worst of each.
    static func sum(
        _ answers: [(resource: Int, data: ReplicatedData?)],
        begunAt: Int64
    ) -> DataObservation {
        let known = answers.compactMap(\.data)
        let logs = known.filter { $0.log != nil }
        // Of a log the core judges itself.
        let words = Set(known.filter { $0.log == nil }.map(\.replication))
        var seen = DataObservation(
            replication: .unknown,
            begunAt: Instant(nanoseconds: begunAt)
        )
        if words.contains(.detached) {
            seen.replication = .detached
        } else if known.count == answers.count, words == [.inSync] || words.isEmpty {
            seen.replication = .inSync
        }
        seen.log = logs.first.flatMap { one in
            one.log.map { LogObservation($0, isStreaming: one.replication == .inSync) }
        }
        if known.count == 1, let generation = known[0].generation {
            seen.generation = DataGeneration(high: generation, low: 0)
        }
        // What cannot be used at all stands before what is only old, and that before what may be old.
        let unfit = known.filter { $0.obstacle != nil }
        let worst =
            unfit.first { !$0.isAge } ?? unfit.first { !$0.isDoubt } ?? unfit.first
        if let worst, let text = worst.obstacle {
            seen.obstacle = DataObstacle(text: text, isAge: worst.isAge, isDoubt: worst.isDoubt)
        }
        for answer in answers {
            guard let copy = answer.data?.copy else { continue }
            seen.copies[answer.resource] =
                switch copy {
                case .usable: .usable
                case .outdated: .outdated
                case .inconsistent: .inconsistent
                }
        }
        return seen
    }
}

extension LogObservation {
    /// What a resource's program says.
    init(_ log: ReplicatedLog, isStreaming: Bool) {
        self.init(
            position: LogPosition(
                timeline: log.timeline,
                location: log.location,
                isPrimary: log.isPrimary,
                isOpen: log.isOpen
            ),
            isStreaming: isStreaming,
            fork: log.fork,
            received: log.received,
            streams: log.streams,
            behind: log.behind,
            lag: log.lag.map { .milliseconds(min(max($0, 0), 1 << 40)) },
            note: log.note
        )
    }
}

extension Loop {
    /// Asks what is due; called at each turn.
    func watchData() {
        guard hasBegun, exitCode == nil else { return }
        while let look = data.looks.begin(at: now) {
            for resource in look.resources {
                let hasLog = loaded.settings.groups[look.group].resources[resource].lagLimit != nil
                let question = data.question(of: look.group, hasLog: hasLog)
                data.looks.asked(look, ask(question, look.group, resource, DataWatch.timeout))
            }
        }
        // What runs here needs no leave to begin.
        while let look = readiness.looks.begin(at: now) {
            let isHeld = core.phases[look.group].holds
            for resource in look.resources where !isHeld {
                let number = ask("ready", look.group, resource, ReadinessWatch.timeout)
                readiness.looks.asked(look, number)
            }
        }
    }

    /// Asks the program of a resource; the question's number, or nil where there is no room for it.
    func ask(_ question: String, _ group: Int, _ resource: Int, _ timeout: Int64) -> UInt64? {
        let settings = loaded.cluster.groups[group].resources[resource]
        return try? checks.run(
            [],
            resourceType: settings.type,
            question: question,
            settings.arguments,
            // The program has its own time to begin and to say what it has found so far.
            environment: ["BATON_TIMEOUT=\(timeout / 1_000_000 * 3 / 4)"],
            input: [],
            timeout: timeout,
            isDetached: false
        )
    }

    /// Takes the answer to a question about a resource; `false` when it is none.
    func takeLook(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> Bool {
        if let events = data.take(number, ending, output) {
            queue += events
            return true
        }
        guard let found = readiness.take(number, ending, output) else { return false }
        for (group, missing) in found {
            prepared[group] = missing
            tellReadiness(group)
        }
        return true
    }
}
