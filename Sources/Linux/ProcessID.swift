// Who is who among processes: a number, and the start time that tells it from a later process
// with the same number. Starting and ending processes is in Fork.swift and ChildProcess.swift.

import CLinux

/// A process by number.
public struct ProcessID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number; positive for a process.
    public let rawValue: Int32

    /// Any number is taken as it is.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// This process.
    public static var current: ProcessID { ProcessID(rawValue: getpid()) }
    /// The parent of this process; 1 or a subreaper's when the parent has ended.
    public static var parent: ProcessID { ProcessID(rawValue: getppid()) }

    /// The parent of the process that has this number now, field 4 of /proc/PID/stat; nil when none has.
    public var parent: ProcessID? {
        guard let text = try? Files.read("/proc/\(self)/stat", maximum: 4096),
            let end = text.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let number = Int32(String(decoding: fields[1], as: UTF8.self))
        else {
            return nil
        }
        return ProcessID(rawValue: number)
    }

    /// Its program's name as the kernel knows it, at most 15 bytes; empty when no process has the number.
    public var name: String {
        let words = (try? Files.read("/proc/\(self)/comm", maximum: 64)) ?? []
        return String(decoding: words.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The number in decimal.
    public var description: String { "\(rawValue)" }
}

/// A process by number and start time: never mistaken for another of this boot.
public struct ProcessIdentity: Hashable, Sendable {
    /// The number.
    public let id: ProcessID
    /// When it started, in clock ticks (1/100 s) after boot: field 22 of /proc/PID/stat.
    public let startTicks: UInt64

    /// Puts together what was recorded.
    public init(id: ProcessID, startTicks: UInt64) {
        self.id = id
        self.startTicks = startTicks
    }

    /// The process that has this number now; ENOENT when none has.
    ///
    /// A zombie still has it.
    public init(of id: ProcessID) throws(SystemError) {
        let path = "/proc/\(id)/stat"
        let stat = try Files.read(path, maximum: 4096)
        guard let ticks = ProcessIdentity.startTicks(inStat: stat) else {
            throw SystemError(call: "read", errno: .badMessage, object: path)
        }
        self.init(id: id, startTicks: ticks)
    }

    /// Whether this very process still runs or awaits being reaped.
    public var isAlive: Bool {
        // Any failure to read its entry means that there is no such process.
        (try? ProcessIdentity(of: id)) == self
    }

    /// Field 22 of /proc/PID/stat (proc(5)); nil when there is none.
    ///
    /// Field 2 is the program's name in parentheses and may hold spaces and parentheses itself,
    /// so fields are counted from the last `)`.
    static func startTicks(inStat text: [UInt8]) -> UInt64? {
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19 else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }
}

/// A hold on one process that a reused number cannot deceive (pidfd_open(2)).
public final class ProcessHandle {
    /// The process held.
    public let identity: ProcessIdentity
    private let descriptor: Descriptor

    /// Takes hold of a process of ours or anybody's; ESRCH when that very one no longer runs.
    public init(_ identity: ProcessIdentity) throws(SystemError) {
        let id = identity.id
        let descriptor = Descriptor(
            adopting: try checked("pidfd_open", "process \(id)") { baton_pidfd_open(id.rawValue) }
        )
        // Looked at after the open: if it is the same now, the descriptor is of that one.
        guard identity.isAlive else {
            throw SystemError(call: "pidfd_open", errno: .noSuchProcess, object: "process \(id)")
        }
        self.identity = identity
        self.descriptor = descriptor
    }

    /// For the poller: readable when the process has ended.
    public var number: Int32 { descriptor.number }

    /// Sends a signal to the process; ESRCH when it has ended and is reaped.
    public func send(_ signal: Signal) throws(SystemError) {
        let number = number
        try checked("pidfd_send_signal", "process \(identity.id)") {
            baton_pidfd_send_signal(number, signal.rawValue)
        }
    }

    /// Sends a signal to the process group it leads, if it still leads one; false when not.
    ///
    /// The window between look and kill(2) cannot be closed for groups; as long as the leader
    /// lives or awaits reaping its number is not given out again, and that is looked at here.
    public func sendToGroup(_ signal: Signal) throws(SystemError) -> Bool {
        guard identity.isAlive, getpgid(identity.id.rawValue) == identity.id.rawValue else {
            return false
        }
        try checked("kill", "process group \(identity.id)") {
            kill(-identity.id.rawValue, signal.rawValue)
        }
        return true
    }
}
