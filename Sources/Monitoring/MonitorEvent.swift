// What `MonitorMachine` is told.

/// The number of one run of one monitor; unique within one machine.
public struct RunID: Hashable, Sendable {
    /// Counted from 1.
    public var number: UInt64

    /// Makes an id of its number.
    public init(_ number: UInt64) { self.number = number }
}

/// Something that happened.
public enum MonitorEvent: Equatable, Sendable {
    /// The host groups that are watched from now on, all of them (level-triggered).
    ///
    /// A group that was not watched before starts afresh; runs of one that is no longer are cancelled.
    case watching([String])
    /// A run has ended; exactly once for each, also after `cancel`.
    case finished(RunID, RunEnding)
    /// `GROUP/SERVICE` or `GROUP` is no longer run, by order.
    case disable(String)
    /// `GROUP/SERVICE` or `GROUP` is run again; it starts afresh.
    case enable(String)
    /// `baton clear`: counts, alert timers and incidents begin anew.
    case cleared
    /// `MonitorMachine.nextDeadline` has come.
    case timeReached
}

/// How a run ended.
///
/// Of an output the first `MonitorMachine.outputLimit` bytes are kept.
public enum RunEnding: Equatable, Sendable {
    /// By exit code, 0...255, with standard output and standard error.
    case exited(Int32, output: String)
    /// By a signal, by name (`SIGSEGV`).
    case killed(signal: String, output: String)
    /// It was ended because its deadline had passed.
    case timedOut(output: String)
    /// It exited, and says that it cannot tell.
    case undecided(output: String)
    /// It could not be started, and why.
    case notRun(String)
    /// Nobody knows: what runs monitors was itself replaced.
    ///
    /// Counts for nothing; the next run comes in its time.
    case lost
}
