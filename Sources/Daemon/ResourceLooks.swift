// Questions to the programs of a group's resources, asked again and again: one look at a group is over when every one
// of its questions has its answer. What is asked, and what the answers mean, is its owner's.

import Linux

/// The looks at some groups.
struct ResourceLooks {
    /// A look that is over.
    struct Look {
        /// The group's place.
        var group: Int
        /// The places of its resources that were asked.
        var resources: [Int]
        /// When it began.
        var begunAt: Int64
        /// How each of its questions ended, in the order of the resources; nil where there was no room to ask.
        var answers: [Answer?]
    }

    /// How one question ended, and what was printed.
    struct Answer {
        var ending: CheckEnding
        var output: String
    }

    /// A group whose look is to begin.
    struct Beginning {
        fileprivate let place: Int
        /// The group's place.
        let group: Int
        /// The places of its resources that are asked.
        let resources: [Int]
    }

    private struct Entry {
        let group: Int
        let resources: [Int]
        /// When to look next.
        var nextLook: Int64 = 0
        /// When the look on its way began.
        var begunAt: Int64 = 0
        /// Its questions without an answer: the number in the helper, and which of `answers` it will be.
        var asked: [UInt64: Int] = [:]
        var answers: [Answer?] = []
        /// Another look is wanted when this one has ended.
        var looksAgain = false
    }

    private let interval: Int64
    private var entries: [Entry]

    /// Makes it for groups and the places of their resources; a group without any is not looked at.
    ///
    /// - Parameters:
    ///   - groups: each with the places of its resources that can be asked.
    ///   - interval: nanoseconds from the beginning of one look to the next.
    init(_ groups: [(group: Int, resources: [Int])], every interval: Int64) {
        self.interval = interval
        entries = groups.filter { !$0.resources.isEmpty }
            .map { Entry(group: $0.group, resources: $0.resources) }
    }

    /// When a group wants to be looked at.
    var nextLook: Int64? { entries.lazy.filter(\.asked.isEmpty).map(\.nextLook).min() }

    /// A look is wanted now.
    mutating func hasten(_ group: Int) {
        guard let place = entries.firstIndex(where: { $0.group == group }) else { return }
        entries[place].nextLook = 0
        entries[place].looksAgain = !entries[place].asked.isEmpty
    }

    /// The next group to be looked at; nil when none is due.
    mutating func begin(at now: Int64) -> Beginning? {
        guard let place = entries.firstIndex(where: { $0.asked.isEmpty && $0.nextLook <= now })
        else { return nil }
        entries[place].begunAt = now
        entries[place].nextLook = now &+ interval
        entries[place].answers = []
        let entry = entries[place]
        return Beginning(place: place, group: entry.group, resources: entry.resources)
    }

    /// A question of a look is on its way; nil where there is no room for it.
    mutating func asked(_ look: Beginning, _ number: UInt64?) {
        if let number { entries[look.place].asked[number] = entries[look.place].answers.count }
        entries[look.place].answers.append(nil)
    }

    /// Takes the end of a question.
    ///
    /// - Returns: nil when the number is not of a question of these; an empty list while others of its look are on
    ///   their way.
    mutating func take(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> [Look]? {
        guard let place = entries.firstIndex(where: { $0.asked[number] != nil }),
            let which = entries[place].asked.removeValue(forKey: number)
        else { return nil }
        entries[place].answers[which] = Answer(ending: ending, output: output)
        guard entries[place].asked.isEmpty else { return [] }
        if entries[place].looksAgain {
            entries[place].looksAgain = false
            entries[place].nextLook = 0
        }
        let entry = entries[place]
        return [
            Look(
                group: entry.group,
                resources: entry.resources,
                begunAt: entry.begunAt,
                answers: entry.answers
            )
        ]
    }
}
