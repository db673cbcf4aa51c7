// How the loop gets its time slices and keeps its memory, and how helpers and children give that
// back. Each step reports its failure and stops nothing: an unprivileged run goes on without it,
// and the caller says so.

import CLinux

/// Real-time manners of one single-threaded process.
public enum RealTime {
    /// The policies a thread may run under (sched(7)).
    public enum Policy: Sendable {
        /// Ordinary time sharing.
        case normal
        /// Real time, in turns with others of the same priority.
        case roundRobin
        /// Real time until it waits.
        case firstInFirstOut
    }

    /// Keeps every page in memory once touched: mlockall(2) with MCL_ONFAULT, so that nothing
    /// untouched is pulled in.
    ///
    /// Children do not inherit it.
    public static func lockMemoryOnFault() throws(SystemError) {
        try checked("mlockall") { baton_lock_memory_on_fault() }
    }

    /// Lets go of all locked memory.
    public static func unlockMemory() throws(SystemError) {
        try checked("munlockall") { munlockall() }
    }

    /// Sets the policy of this thread; `priority` is 1...99 for real time, else 0.
    ///
    /// Real time is never inherited: SCHED_RESET_ON_FORK makes children ordinary at birth.
    public static func schedule(_ policy: Policy, priority: Int32) throws(SystemError) {
        switch policy {
        case .normal:
            try checked("sched_setscheduler", "normal") {
                baton_set_scheduler(SCHED_OTHER, 0, false)
            }
        case .roundRobin:
            try checked("sched_setscheduler", "round robin \(priority)") {
                baton_set_scheduler(SCHED_RR, priority, true)
            }
        case .firstInFirstOut:
            try checked("sched_setscheduler", "first in first out \(priority)") {
                baton_set_scheduler(SCHED_FIFO, priority, true)
            }
        }
    }

    /// Bounds CPU time between two waits of a real-time thread (RLIMIT_RTTIME): SIGXCPU at `soft`,
    /// SIGKILL at `hard`, both in microseconds.
    ///
    /// So a spinning loop ends, not the machine.
    public static func limitCPU(
        softMicroseconds soft: UInt64,
        hardMicroseconds hard: UInt64
    ) throws(SystemError) {
        try checked("setrlimit", "RLIMIT_RTTIME") { baton_limit_realtime_cpu(soft, hard) }
    }

    /// Takes that bound away; lifting the hard bound needs CAP_SYS_RESOURCE.
    public static func unlimitCPU() throws(SystemError) {
        try checked("setrlimit", "RLIMIT_RTTIME") { baton_unlimit_realtime_cpu() }
    }

    /// How willingly the kernel kills this process for memory: -1000 never … 1000 first.
    ///
    /// Lowering needs CAP_SYS_RESOURCE. Inherited by children; `ChildProcess` raises theirs to 0.
    public static func setOOMScoreAdjustment(_ score: Int) throws(SystemError) {
        try Files.overwriteInPlace("/proc/self/oom_score_adj", with: Array("\(score)".utf8))
    }

    /// Touches this much of the stack below the caller, so that it is locked before it is needed.
    public static func prefaultStack(bytes: Int) {
        _ = baton_prefault_stack(bytes)
    }

    /// Makes a forked helper ordinary: memory, policy, CPU-time bound, OOM protection.
    ///
    /// Every step is tried; the failures come back in order.
    public static func becomeOrdinary() -> [SystemError] {
        var failures: [SystemError] = []
        do throws(SystemError) { try unlockMemory() } catch { failures.append(error) }
        do throws(SystemError) { try schedule(.normal, priority: 0) } catch {
            failures.append(error)
        }
        do throws(SystemError) { try unlimitCPU() } catch { failures.append(error) }
        do throws(SystemError) {
            let path = "/proc/self/oom_score_adj"
            // A positive score was somebody's wish and stays.
            if try Files.read(path, maximum: 16).first == UInt8(ascii: "-") {
                try setOOMScoreAdjustment(0)
            }
        } catch { failures.append(error) }
        return failures
    }
}
