// Processor time that the hypervisor gave to others (proc_stat(5), "steal"): what makes a loop late that has done
// nothing wrong.

import Linux

/// The share of stolen time, looked at every ten seconds.
struct StolenTime {
    /// The share of the last ten seconds; `nil` before, and where the kernel does not tell.
    private(set) var percent: Int?
    private var last: (stolen: UInt64, all: UInt64)?
    private var lookedAt = Int64.min / 2

    private static let interval: Int64 = 10_000_000_000

    /// Looks, if it is time to; `/proc` waits for no disk.
    mutating func look(at now: Int64) {
        guard now - lookedAt >= Self.interval else { return }
        lookedAt = now
        guard let bytes = try? Files.read("/proc/stat", maximum: 1 << 20),
            let times = Self.times(String(decoding: bytes.prefix(512), as: UTF8.self))
        else { return }
        if let last { percent = Self.percent(times, since: last) ?? percent }
        last = times
    }

    /// The share between two looks; `nil` where no time has passed.
    static func percent(
        _ times: (stolen: UInt64, all: UInt64),
        since last: (stolen: UInt64, all: UInt64)
    ) -> Int? {
        guard times.all > last.all else { return nil }
        let all = times.all - last.all
        // A counter of the kernel may go back, and is a number like any other: no share is above the whole.
        let stolen = min(all, times.stolen >= last.stolen ? times.stolen - last.stolen : 0)
        return all < UInt64.max / 100 ? Int(stolen * 100 / all) : Int(stolen / (all / 100))
    }

    /// Stolen and all ticks of the first line: user nice system idle iowait irq softirq steal.
    static func times(_ text: String) -> (stolen: UInt64, all: UInt64)? {
        guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else {
            return nil
        }
        let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
        guard ticks.count == 8 else { return nil }
        return (ticks[7], ticks.reduce(0, &+))
    }
}
