// Processes that are this program again (helpers), and what a process may do about itself: fork,
// exec, exit, its parent's death. Children that run another program are in ChildProcess.swift.

import CLinux

/// On which side of a fork one is.
public enum ForkSide: Equatable, Sendable {
    /// The new process.
    case child
    /// The old one, with the number of the new.
    case parent(ProcessID)
}

/// How a process ended.
public enum ProcessEnding: Hashable, Sendable {
    /// It exited with a status, 0...255.
    case exited(Int32)
    /// A signal ended it.
    case killed(Signal, dumpedCore: Bool)
    /// The program could not be executed; nothing of it ran.
    case notExecuted(SystemError)
}

/// This process.
public enum ThisProcess {
    /// fork(2).
    ///
    /// Only in a process of one thread, before anything that another thread could hold.
    ///
    /// The child inherits descriptors and memory, not the memory lock or real-time policy.
    public static func fork() throws(SystemError) -> ForkSide {
        let id = try checked("fork") { baton_fork() }
        return id == 0 ? .child : .parent(ProcessID(rawValue: id))
    }

    /// Gives up root for the user `nobody` (65534), for good; nothing where this is not root.
    ///
    /// EPERM or EINVAL in a user namespace that has no such user. The signal at the parent's death is forgotten
    /// with it: ask for that again.
    public static func becomeNobody() throws(SystemError) {
        guard isRoot else { return }
        try checked("setresuid", "nobody") { baton_become_user(65534) }
    }

    /// Ends at once, without exit handlers: how a forked helper leaves.
    public static func exit(_ status: Int32) -> Never { _exit(status) }

    /// Runs another program in this process; returns only by throwing.
    ///
    /// `arguments` includes the program's own name; `environment` nil keeps the present one.
    /// Descriptors stay open where `setCloseOnExec(false)` was called. May wait for the disk.
    public static func execute(
        _ path: String,
        arguments: [String],
        environment: [String]? = nil
    ) throws(SystemError) -> Never {
        let arguments = CStringArray(arguments)
        guard let environment else {
            // Sound: the arrays live through the call, and execve(2) copies what it needs.
            unsafe execve(path, arguments.pointers, baton_environment())
            throw lastError("execve", path)
        }
        let variables = CStringArray(environment)
        // Sound: as above.
        unsafe execve(path, arguments.pointers, variables.pointers)
        throw lastError("execve", path)
    }

    /// A variable of the environment, nil when unset.
    public static func environment(_ name: String) -> String? {
        // Sound: single-threaded, and the value is copied at once.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Removes a variable, so that no child sees it.
    public static func unsetEnvironment(_ name: String) {
        // Sound: single-threaded; the only failure is a name with `=` in it.
        _ = unsafe unsetenv(name)
    }

    /// The file this process executes, as proc(5) names it; what follows an upgrade has ` (deleted)` behind it.
    public static func programPath() throws(SystemError) -> String {
        var room = [CChar](repeating: 0, count: 4096)
        // Sound: the kernel writes at most as many bytes as there is room for.
        let count = unsafe readlink("/proc/self/exe", &room, room.count)
        guard count >= 0 else { throw lastError("readlink", "/proc/self/exe") }
        return String(decoding: room.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Ends this process by SIGALRM when this time has passed, whatever it then waits for.
    ///
    /// For a program of one purpose, whose children end with it (`endsWithParent`).
    public static func endByAlarm(afterNanoseconds time: Int64) throws(SystemError) {
        try Signal(rawValue: SIGALRM).restoreDefault()
        try checked("setitimer") { baton_alarm(max(time, 1_000_000)) }
    }

    /// The effective user's number.
    public static var user: UInt32 { geteuid() }

    /// Blots out an argument of this program from a byte on, so that `ps` shows it no longer.
    ///
    /// `index` counts from the program's own name, 0. Read `CommandLine.arguments` before: they may be
    /// read from /proc only when first asked for.
    public static func hideArgument(_ index: Int, from offset: Int) {
        baton_hide_argument(Int32(index), offset)
    }

    /// Whether this process has all privileges of root.
    public static var isRoot: Bool { geteuid() == 0 }

    /// Asks for a signal when the parent ends; nil takes that back.
    ///
    /// Check `ProcessID.parent` after it: the parent may have ended before.
    public static func signalAtParentDeath(_ signal: Signal?) throws(SystemError) {
        try checked("prctl", "PR_SET_PDEATHSIG") {
            baton_set_parent_death_signal(signal?.rawValue ?? 0)
        }
    }

    /// Whether orphans below this process become its children, so that it can reap them.
    public static func setSubreaper(_ isSubreaper: Bool) throws(SystemError) {
        try checked("prctl", "PR_SET_CHILD_SUBREAPER") { baton_set_child_subreaper(isSubreaper) }
    }

    /// The name that `ps -o comm` shows; cut after 15 bytes.
    public static func setName(_ name: String) throws(SystemError) {
        // Sound: the string lives through the call.
        try checked("prctl", "PR_SET_NAME") { unsafe baton_set_process_name(name) }
    }

    /// Begins a session of its own, away from any terminal.
    public static func startSession() throws(SystemError) {
        try checked("setsid") { setsid() }
    }

    /// Sends a signal to a process by number; only for one's own unreaped children, whose number
    /// cannot have been reused.
    ///
    /// For others take a `ProcessHandle`.
    public static func send(_ signal: Signal, toChild id: ProcessID) throws(SystemError) {
        precondition(id.rawValue > 0, "process \(id) would be a group or everybody")
        try checked("kill", "process \(id)") { kill(id.rawValue, signal.rawValue) }
    }

    /// The ending of a child if it has ended, nil while it runs.
    ///
    /// `reaping` false leaves it there to be looked at again.
    public static func ending(
        ofChild id: ProcessID,
        reaping: Bool = true
    ) throws(SystemError) -> ProcessEnding? {
        var ending = baton_ending()
        try checked("waitid", "process \(id)") {
            // Sound: the shim fills the structure on our stack.
            unsafe baton_wait_no_hang(id.rawValue, reaping, &ending)
        }
        guard ending.ended else { return nil }
        return ending.signalled
            ? .killed(Signal(rawValue: ending.code), dumpedCore: ending.dumped_core)
            : .exited(ending.code)
    }
}

/// Strings as exec(3) wants them: an array of C strings that ends with NULL.
///
/// A string with a NUL byte inside is cut there.
@safe
final class CStringArray {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        // Sound: one place more than strings, all initialised, freed in deinit only.
        unsafe pointers = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            unsafe (pointers + index).initialize(to: strdup(string))
        }
        unsafe (pointers + strings.count).initialize(to: nil)
    }

    deinit {
        // Sound: each was made by strdup in init.
        for index in 0..<count { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}
