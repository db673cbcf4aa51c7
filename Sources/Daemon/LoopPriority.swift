// How the loop and the keeper get their time and keep their memory. What is refused is said, and the
// daemon goes on without it.

import Configuration
import Linux

/// Real-time manners, as ha.cf wants them.
enum LoopPriority {
    /// The priority without `rtprio`: above ordinary real-time work, below the kernel's own.
    static let standard: Int32 = 50

    /// Takes real time, memory lock, CPU limit and OOM protection; what was refused.
    ///
    /// The deciding loop brings in and locks all of the program's code, which the keeper and the
    /// helpers share; they themselves hold only what they use.
    static func take(_ request: RealTimeRequest, isDeciding: Bool) -> [SystemError] {
        guard request.isWanted else { return [] }
        let priority = request.priority.map(Int32.init(clamping:)) ?? standard
        var refused: [SystemError] = []
        // Rare paths too: a takeover must not be the first to read its own code from a disk.
        attempt(&refused) { () throws(SystemError) in
            // First what only the beginning used.
            try ProgramText.letGo()
            if isDeciding { try ProgramText.bringIn() }
        }
        // Both processes have one priority and take turns: neither starves the other.
        attempt(&refused) { () throws(SystemError) in
            try RealTime.schedule(.roundRobin, priority: priority)
        }
        attempt(&refused) { () throws(SystemError) in try RealTime.lockMemoryOnFault() }
        attempt(&refused) { () throws(SystemError) in
            try RealTime.limitCPU(softMicroseconds: 1_000_000, hardMicroseconds: 1_500_000)
        }
        attempt(&refused) { () throws(SystemError) in try RealTime.setOOMScoreAdjustment(-1000) }
        return refused
    }

    private static func attempt(
        _ refused: inout [SystemError],
        _ step: () throws(SystemError) -> Void
    ) {
        do {
            try step()
        } catch {
            refused.append(error)
        }
    }
}
