// The loop's side of the log: a line is handed to the log writer or dropped and counted; the loop
// never waits for it.

import Failover
import Linux

/// Where the loop says things.
final class LogSink {
    private let helpers: HelperSet
    private let shared: SharedState
    private var droppedNow: UInt64 = 0

    init(_ helpers: HelperSet, _ shared: SharedState) {
        self.helpers = helpers
        self.shared = shared
    }

    /// Says what the core notes.
    func note(_ notice: Notice) { write(LogLine(notice, time: WallClock.now)) }

    /// Says something of the daemon's own.
    func say(_ severity: Severity, _ text: String) {
        write(LogLine(severity: severity, text: "daemon: \(text)", time: WallClock.now))
    }

    private func write(_ line: LogLine) {
        if droppedNow > 0 {
            let gap = LogLine(
                severity: .warning,
                text: "daemon: \(droppedNow) log lines dropped before this one",
                time: line.time
            )
            guard helpers.send(gap.bytes, to: .logWriter) else { return drop() }
            droppedNow = 0
        }
        if !helpers.send(line.bytes, to: .logWriter) { drop() }
    }

    private func drop() {
        droppedNow += 1
        shared.count(.droppedLines)
    }
}
