// Whether what a group needs is there on a node that does not run it (action `ready`, design section 4, "Fit"): asked
// from time to time, so that a node on which a start would fail is known before it is needed.

import Configuration
import Failover
import Linux

/// The groups with resources that can tell.
struct ReadinessWatch {
    /// Time allowed for one look.
    static let timeout: Int64 = 5_000_000_000
    /// Between two looks at a group at least.
    private static let interval: Int64 = 10_000_000_000
    /// Programs in a second at most, over all groups.
    private static let rate: Int64 = 4

    /// Its looks.
    var looks: ResourceLooks

    /// Those of a configuration.
    init(_ cluster: ClusterConfiguration) {
        let groups = cluster.groups.indices.map { group in
            (group: group, resources: cluster.groups[group].resourcesWithReadiness)
        }
        let count = Int64(groups.reduce(0) { $0 + $1.resources.count })
        looks = ResourceLooks(
            groups,
            every: max(ReadinessWatch.interval, count * 1_000_000_000 / ReadinessWatch.rate)
        )
    }

    /// A question was answered: what each group lacks, when it was the last of its look.
    ///
    /// Only "not fit" says that something is missing; what cannot be told says nothing.
    /// - Returns: nil when the number is not of a question of ours; an empty list while others are on their way.
    mutating func take(
        _ number: UInt64,
        _ ending: CheckEnding,
        _ output: String
    ) -> [(group: Int, missing: String?)]? {
        looks.take(number, ending, output)?.map { look in
            let missing = look.answers.lazy.compactMap { answer -> String? in
                guard let answer, answer.ending == .exited(1) else { return nil }
                let line = answer.output.split(whereSeparator: \.isNewline).first
                return line.map(String.init) ?? "a resource says that it is not ready"
            }
            return (look.group, missing.first)
        }
    }
}

extension ResourceGroup {
    /// The places of the resources whose program answers `ready`; a disk that is replicated says
    /// it with its data (S11).
    var resourcesWithReadiness: [Int] {
        resources.indices.filter {
            !(resources[$0].isReplicated && resources[$0].lagLimit == nil)
                && Directive.isProgram(resources[$0].type, arguments: resources[$0].arguments)
        }
    }
}
