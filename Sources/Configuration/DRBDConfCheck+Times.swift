// When DRBD finds that the other node is gone, beside when batond does. A node that is cut off has its disk suspended
// before the other takes (S12); had DRBD begun a generation of its own before that, two would be there, and somebody
// would have to choose. Facts: drbd.conf(5) of 8.4 and 9 (`ping-int`, `ping-timeout`), and DRBD 8.4.11 cut off in two
// machines: it pings `ping-int` after the last answer, and waits `ping-timeout` for it.

extension DRBDConfCheck {
    /// Judges the times of one resource, or those of the sections `common`.
    mutating func judgeTimes(_ resource: DRBDResource) {
        guard isMoved(resource.name) else { return }
        let own = resource.section.sections("net")
        let shared = commons.flatMap { $0.sections("net") }
        func number(_ name: String, default usual: Int64) -> (value: Int64, position: Position?) {
            let statement =
                own.lazy.compactMap { $0.statement(name) }.first
                ?? shared.lazy.compactMap { $0.statement(name) }.first
            let value = statement?.values.first.flatMap { Int64($0) } ?? usual
            let isOwn = own.contains { $0.statement(name) != nil }
            // What drbdadm refuses is drbdadm's to say.
            return (
                (0...100_000).contains(value) ? value : usual, isOwn ? statement?.position : nil
            )
        }
        let interval = number("ping-int", default: 10)
        let answer = number("ping-timeout", default: 5)
        let found = Duration.seconds(interval.value) + .milliseconds(100 * answer.value)
        guard found < deadtime else { return }
        let (seconds, rest) = deadtime.components
        list.note(
            .replicationTimes,
            at: interval.position ?? resource.section.position,
            "DRBD finds a cut of its connection after \(found.shortText) (ping-int, ping-timeout), sooner than deadtime "
                + "(\(deadtime.shortText)): a node that is cut off has begun a generation of its own before its disk is "
                + "suspended, and when the other has taken, the two have parted",
            hint: "net { ping-int \(seconds + (rest > 0 ? 1 : 0)); }"
        )
    }
}
