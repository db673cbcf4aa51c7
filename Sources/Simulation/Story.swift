// A story: a scenery, a seed for the world's luck, and the deeds that are done to the world. Taking deeds out
// of a story leaves a story, which is how a bad one is shortened.

import Failover

/// What is done to the world, and when.
struct Story: Sendable {
    /// Seeds the luck of the world; also the name of the story.
    var seed: UInt64
    /// What does not change.
    var scenery: Scenery
    /// The deeds in order of time.
    var deeds: [Deed]
    /// When all faults end, in nanoseconds.
    var quietAt: Int64
}

/// One deed.
struct Deed: Sendable {
    /// When it begins, in nanoseconds since the world began.
    var at: Int64
    /// What is done.
    var kind: DeedKind
}

/// The deeds.
///
/// Durations are in nanoseconds.
enum DeedKind: Sendable {
    /// A machine loses power and is switched on again.
    case crash(node: Int, offFor: Int64, losesDisk: Bool)
    /// The daemon is killed; its keeper starts another.
    case kill(node: Int, restartAfter: Int64)
    /// The daemon's loop does not turn; a keeper may kill it meanwhile.
    case pause(node: Int, lasts: Int64, keeperAfter: Int64?)
    /// The whole machine stands still, kernel included.
    case freeze(node: Int, lasts: Int64)
    /// A network, or every one, carries nothing one way or both ways.
    case cut(network: Int?, way: Way, lasts: Int64, losesCarrier: Bool)
    /// A machine's own cable to a network, or to every one, is pulled.
    case pull(node: Int, network: Int?, lasts: Int64, losesCarrier: Bool)
    /// A network loses frames, so many in a thousand.
    case lose(network: Int, perMille: Int, lasts: Int64)
    /// A network delays each frame by up to `most`: frames overtake each other.
    case delay(network: Int, most: Int64, lasts: Int64)
    /// A network delivers frames twice, so many in a thousand.
    case double(network: Int, perMille: Int, lasts: Int64)
    /// The disk writes nothing.
    case hangDisk(node: Int, lasts: Int64)
    /// The next operation of this kind goes wrong.
    case spoil(node: Int, group: Int, resource: Int, action: OperationAction, how: Mishap)
    /// The helper that watches operations dies, and they with it.
    case loseHelper(node: Int)
    /// An administrator types a command.
    case command(node: Int, Command)
    /// A service of a group fails on a machine, for as long as it lasts, wherever the group runs then.
    case breakService(node: Int, group: Int, lasts: Int64, action: HealthAction)
    /// Something that a group's first resource needs is missing on a machine: no start succeeds there.
    case unprepare(node: Int, group: Int, lasts: Int64)
    /// An administrator confirms that the peer is down; a liar does it whether or not it is.
    case confirmDown(node: Int, lies: Bool)
    /// SIGTERM; the daemon is started again after its end.
    case shutdown(node: Int, restartAfter: Int64)
    /// Somebody sends a forged or stale datagram to a machine.
    case forge(to: Int, how: Forgery, pick: UInt64)
}

/// Which way a network is cut.
enum Way: Sendable {
    /// Both ways.
    case both
    /// From machine 0 to machine 1.
    case forth
    /// From machine 1 to machine 0.
    case back

    /// Whether frames from machine `sender` are cut.
    func concerns(from sender: Int) -> Bool {
        switch self {
        case .both: true
        case .forth: sender == 0
        case .back: sender == 1
        }
    }
}

/// How an operation goes wrong.
enum Mishap: Sendable {
    /// It runs and fails.
    case fails
    /// It never ends by itself.
    case hangs
    /// It takes long, and succeeds.
    case lingers
}

extension OperationAction {
    /// Whether the resource may run from its beginning on.
    var begins: Bool { self == .start || self == .resume }
}

/// How a datagram is forged.
enum Forgery: Sendable {
    /// An old one is sent again.
    case replayed
    /// One bit is changed.
    case flipped
    /// The end is missing.
    case truncated
    /// Nothing but noise.
    case noise
}
