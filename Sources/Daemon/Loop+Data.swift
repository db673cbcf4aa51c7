// Replicated data as the loop looks at it (S11): from time to time, and when the core asks, the program of each
// resource that replicates is asked how its data stands. What follows from that is the core's.

import Configuration
import Failover
import Linux
import Resources

/// The groups whose data is replicated.
struct DataWatch {
    /// One of them.
    private struct Entry {
        /// Its place.
        let group: Int
        /// The places of the resources that replicate.
        let resources: [Int]
        /// The core calls the data old here.
        var isStale = false
        /// When to look next.
        var nextLook: Int64 = 0
        /// When the look on its way began.
        var begunAt: Int64 = 0
        /// The resources whose questions have no answer yet, by the questions' numbers in the helper.
        var asked: [UInt64: Int] = [:]
        /// What was answered, by resource; nil for what nobody can tell.
        var answers: [(resource: Int, data: ReplicatedData?)] = []
        /// A script of the administrator's stands for a resource: it cannot be asked.
        var isClosed = false
        /// Another look is wanted when this one has ended.
        var looksAgain = false
    }

    /// Between two looks.
    static let interval: Int64 = 1_000_000_000
    /// Time allowed for one.
    static let timeout: Int64 = 5_000_000_000

    private var entries: [Entry]

    /// Those of a configuration.
    init(_ settings: Settings) {
        entries = settings.groups.indices.compactMap { group in
            let resources = settings.groups[group].resources
            let replicated = resources.indices.filter { resources[$0].isReplicated }
            return replicated.isEmpty ? nil : Entry(group: group, resources: replicated)
        }
    }

    /// When a group wants to be looked at.
    var nextLook: Int64? { entries.lazy.filter(\.asked.isEmpty).map(\.nextLook).min() }

    /// The core wants to know now.
    mutating func look(at group: Int) {
        guard let place = entries.firstIndex(where: { $0.group == group }) else { return }
        entries[place].nextLook = 0
        entries[place].looksAgain = !entries[place].asked.isEmpty
    }

    /// The core calls the data old, or not any more.
    mutating func mark(_ group: Int, isStale: Bool) {
        guard let place = entries.firstIndex(where: { $0.group == group }) else { return }
        entries[place].isStale = isStale
        entries[place].nextLook = 0
    }

    /// The next group to be asked, and which of its resources, and what; nil when none is due.
    mutating func begin(at now: Int64) -> (
        place: Int, group: Int, resources: [Int], question: String
    )? {
        guard let place = entries.firstIndex(where: { $0.asked.isEmpty && $0.nextLook <= now })
        else { return nil }
        entries[place].begunAt = now
        entries[place].nextLook = now + DataWatch.interval
        entries[place].answers = []
        entries[place].isClosed = false
        let entry = entries[place]
        return (place, entry.group, entry.resources, entry.isStale ? "outdate" : "data")
    }

    /// A question is on its way; nil where there is no room for it.
    mutating func asked(_ place: Int, _ resource: Int, _ number: UInt64?) {
        if let number {
            entries[place].asked[number] = resource
        } else {
            entries[place].answers.append((resource, nil))
        }
    }

    /// A question was answered: what the core is told when it was the last of its look.
    ///
    /// - Returns: nil when the number is not of a question of ours; an empty list while others are on their way.
    mutating func take(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> [Event]? {
        guard let place = entries.firstIndex(where: { $0.asked[number] != nil }),
            let resource = entries[place].asked.removeValue(forKey: number)
        else { return nil }
        switch ending {
        case .exited(0):
            entries[place].answers.append((resource, ReplicatedData(line: output)))
        case .notRun: entries[place].isClosed = true
        case .exited, .undecided, .killed, .timedOut:
            entries[place].answers.append((resource, nil))
        }
        guard entries[place].asked.isEmpty else { return [] }
        if entries[place].looksAgain {
            entries[place].looksAgain = false
            entries[place].nextLook = 0
        }
        let entry = entries[place]
        let seen = entry.isClosed ? nil : DataWatch.sum(entry.answers, begunAt: entry.begunAt)
        return [.dataObserved(group: entry.group, seen)]
    }

    /// What the answers of a group's resources come to: the worst of each.
    static func sum(
        _ answers: [(resource: Int, data: ReplicatedData?)],
        begunAt: Int64
    ) -> DataObservation {
        let known = answers.compactMap(\.data)
        let words = Set(known.map(\.replication))
        var seen = DataObservation(
            replication: .unknown,
            begunAt: Instant(nanoseconds: begunAt)
        )
        if words.contains(.detached) {
            seen.replication = .detached
        } else if known.count == answers.count, words == [.inSync] {
            seen.replication = .inSync
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

extension Loop {
    /// Asks what is due; called at each turn.
    func watchData() {
        guard hasBegun, exitCode == nil else { return }
        while let (place, group, resources, question) = data.begin(at: now) {
            for resource in resources {
                let settings = loaded.cluster.groups[group].resources[resource]
                let number = checks.run(
                    [],
                    resourceType: settings.type,
                    question: question,
                    settings.arguments,
                    environment: ["BATON_TIMEOUT=\(DataWatch.timeout / 1_000_000)"],
                    input: [],
                    timeout: DataWatch.timeout,
                    isDetached: false
                )
                data.asked(place, resource, number)
            }
        }
    }

    /// Takes the answer to a question about replicated data; `false` when it is none.
    func takeLook(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> Bool {
        guard let events = data.take(number, ending, output) else { return false }
        queue += events
        return true
    }
}
