// What outlives a daemon of its service monitors: which the administrator switched off, and which had
// passed since their group was started. Nothing that safety depends on: a lost file costs a grace.

/// The memory of the service monitors.
///
/// **Shape** one line for each fact, `disabled NAME` or `passed NAME`; other lines are left out.
struct MonitorMemory: Equatable {
    /// The largest file that is read.
    static let countMaximum = 1 << 18

    /// The services that are switched off, `hostgroup/service`.
    var disabled: Set<String> = []
    /// The services that passed since their group was started here: no grace is theirs after a restart
    /// of the daemon.
    var passed: Set<String> = []

    init() {}

    /// What the bytes say; nothing of what cannot be read.
    init(_ bytes: [UInt8]) {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        for line in scalars.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { continue }
            switch String(words[0]) {
            case "disabled": disabled.insert(String(words[1]))
            case "passed": passed.insert(String(words[1]))
            default: break
            }
        }
    }

    /// The bytes of the file.
    var bytes: [UInt8] {
        let lines =
            disabled.sorted().map { "disabled \($0)\n" } + passed.sorted().map { "passed \($0)\n" }
        return Array(lines.joined().utf8)
    }
}
