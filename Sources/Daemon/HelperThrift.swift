// How a helper gives back memory: its beginning and its work touch much of the program's code, and
// between two pieces of work it needs next to none.

import Linux

/// Lets go of code once when a helper has had nothing to do but answer pings for a while.
struct HelperThrift {
    /// How long a helper is idle before it lets go.
    static let patience: Int64 = 2_000_000_000

    private var lastWork = BootClock.now
    private var hasLetGo = false

    /// When it wants to be asked again; `nil` once it has let go.
    var deadline: Int64? { hasLetGo ? nil : lastWork + HelperThrift.patience }

    /// The helper did something.
    mutating func noteWork(at now: Int64) {
        lastWork = now
        hasLetGo = false
    }

    /// The helper has turned: lets go when it is time.
    mutating func turn(at now: Int64) {
        guard let deadline, deadline <= now else { return }
        hasLetGo = true
        // Memory that cannot be given back is only memory.
        ignoring { () throws(SystemError) in try ProgramText.letGo() }
    }
}
