// The last decisions of this loop, for `baton explain`: what the core noted with a reason, and
// the failures among it. Pure.

import Failover

/// The decisions remembered, the newest last; the oldest makes room for one more.
struct DecisionRing {
    /// How many are remembered.
    static let countMaximum = 200
    /// The longest text of one, in bytes; the log has it whole.
    static let textMaximum = 1024

    private var entries: [(time: Int64, notice: Notice)] = []
    /// Where the oldest is, once all places are taken.
    private var first = 0

    /// Remembers a notice that carries a reason, or tells of a failure that others follow from.
    mutating func note(_ notice: Notice, at now: Int64) {
        guard notice.reason != nil || notice.severity <= .error else { return }
        var entry = notice
        entry.text = DecisionRing.shortened(notice.text)
        entry.reason?.facts = DecisionRing.shortened(notice.reason?.facts ?? "")
        if entries.count < DecisionRing.countMaximum {
            entries.append((now, entry))
        } else {
            entries[first] = (now, entry)
            first = (first + 1) % DecisionRing.countMaximum
        }
    }

    /// All of them as seen at `now`, boot time in nanoseconds.
    func decisions(at now: Int64) -> [Decision] {
        (entries[first...] + entries[..<first]).map {
            Decision(agoMilliseconds: max(0, now - $0.time) / 1_000_000, notice: $0.notice)
        }
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > textMaximum else { return text }
        return String(decoding: text.utf8.prefix(textMaximum), as: UTF8.self) + "…"
    }
}
