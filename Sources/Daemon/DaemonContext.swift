// What every process of one instance inherits from the first: where things are, who this is, the
// shared page, the lock. Made once, before the first fork.

import Failover
import Linux

/// What the processes of one instance have in common.
struct DaemonContext {
    /// The command line, for a restart as a new binary.
    let arguments: [String]
    let options: DaemonOptions
    let paths: DaemonPaths
    /// This node's name in ha.cf.
    let node: String
    /// The kernel's boot id.
    let boot: BootID
    let shared: SharedState
    /// Held by all processes together: while one of them lives, no second instance starts.
    let lock: LockFile
    /// The service manager, when one started the daemon.
    let manager: ServiceManager?
    /// When this node last reset itself (S4), seconds since 1970.
    let lastResetSecond: Int64?
    /// stderr is the journal.
    let isJournal: Bool

    /// The boot id in hexadecimal, for the operation record.
    var bootText: String { String(boot.high, radix: 16) + "-" + String(boot.low, radix: 16) }

    /// The configuration that the shared page holds, as this process sees the machine now.
    func configuration() -> Result<LoadedConfiguration, LoadedConfiguration.Refusal> {
        guard let bytes = shared.configuration.value,
            let files = ConfigurationStore.decode(bytes)
        else { return .failure(.init(text: "the shared configuration is not whole")) }
        return LoadedConfiguration.make(files, node: node, ownAddresses: MachineAddresses.read())
            .map { $0.0 }
    }

    /// Tells the service manager, if there is one; what it does not hear it asks for.
    func tell(_ assignments: String...) {
        for assignment in assignments {
            ignoring { () throws(SystemError) in try manager?.notify(assignment) }
        }
    }
}

/// The addresses of this machine, for `ucast` lines that both nodes share.
enum MachineAddresses {
    /// All of them; none when the kernel does not tell, which only makes a link too many.
    static func read() -> [Failover.IPAddress] {
        guard let interfaces = try? Interfaces(), let all = try? interfaces.addresses() else {
            return []
        }
        return all.compactMap { Failover.IPAddress(bytes: $0.address.bytes) }
    }
}

/// How often things are looked at, from the configured times.
struct Rhythm: Equatable, Sendable {
    /// No turn of the loop or keeper for this long: it is frozen.
    let freezeLimit: Int64
    /// The loop and the keeper turn at least this often.
    let turn: Int64
    /// Between two beats of the keeper for a loop that is down.
    let keeperBeat: Int64
    /// How long a stopped helper may stay so.
    let helperLimit: Int64
    /// How long a helper may be silent for any reason.
    let helperStuckLimit: Int64 = 10_000_000_000

    init(_ timings: Timings) {
        let deadtime = timings.deadtime.nanoseconds
        freezeLimit = max(50_000_000, min(deadtime / 4, 2_000_000_000))
        turn = max(10_000_000, min(freezeLimit / 4, 250_000_000))
        keeperBeat = max(5_000_000, timings.keepalive.nanoseconds / 2)
        helperLimit = max(100_000_000, min(deadtime / 3, 2_000_000_000))
    }
}
