// A helper as the loop sees it: forked, pinged, and judged killed, frozen or well. What to do for it
// and when to start another is the loop's (`HelperSet`).

import Linux

/// The helpers by what they may wait for.
enum HelperRole: String {
    /// The disk, for the durable record.
    case recorder
    /// Files and the system log.
    case logWriter = "log"
    /// fork(2), for operations.
    case spawner
    /// Monitors, alerts and notifications; only where something of the kind is configured.
    case checks
    /// Configuration files, once, for a reload.
    case checker
    /// What the boot starts and mounts, and users, once, for the other node (`MachineReader`).
    case machine
    /// The other node's like; another program, and only while somebody wants to speak (`PeerClient`).
    case peer
}

/// One helper process.
final class Helper {
    let role: HelperRole
    let channel: HelperChannel
    let handle: ProcessHandle
    private var pingNumber: UInt64 = 0
    private var pingSent: Int64?

    private init(role: HelperRole, channel: HelperChannel, handle: ProcessHandle) {
        self.role = role
        self.channel = channel
        self.handle = handle
    }

    /// Forks a helper that runs `body` and ends when that returns.
    ///
    /// - Parameters:
    ///   - role: What it is for.
    ///   - kept: Descriptors it keeps besides the standard three and its channel.
    ///   - body: Its life; it has normal priority and no locked memory.
    /// - Returns: The helper as the loop sees it; the child never returns.
    /// - Throws: `SystemError` when there is no room for a process or a socket.
    static func launch(
        _ role: HelperRole,
        keeping kept: [Int32],
        _ body: (HelperChannel) throws(SystemError) -> Void
    ) throws(SystemError) -> Helper {
        let (ours, theirs) = try MessageSocket.pair()
        let parent = ProcessID.current
        switch try ThisProcess.fork() {
        case .child:
            Inherited.closeAll(except: kept + [theirs.number])
            do {
                // Also a stopped helper ends with its loop, so that it keeps no lock.
                try ThisProcess.signalAtParentDeath(.kill)
                guard ProcessID.parent == parent else { ThisProcess.exit(0) }
                try ThisProcess.setName("batond-\(role.rawValue)")
                // What could not be given back makes a helper quicker, never slower.
                _ = RealTime.becomeOrdinary()
                try body(HelperChannel(theirs))
                ThisProcess.exit(0)
            } catch {
                ThisProcess.exit(1)
            }
        case .parent(let id):
            let handle = try ProcessHandle(ProcessIdentity(of: id))
            return Helper(role: role, channel: HelperChannel(ours), handle: handle)
        }
    }

    /// Pings it when the last ping was answered.
    func ping(at now: Int64) {
        guard pingSent == nil else { return }
        pingNumber &+= 1
        // A full queue is an unanswered ping too: it does not read.
        _ = channel.send(HelperChannel.ping(pingNumber))
        pingSent = now
    }

    /// Takes the echo of a ping; `false` when the message is none.
    func takeEcho(_ bytes: [UInt8]) -> Bool {
        guard let number = HelperChannel.pingNumber(bytes) else { return false }
        if number == pingNumber { pingSent = nil }
        return true
    }

    /// Whether it must be replaced: stopped by a signal and silent for `limit`, or silent for
    /// `stuckLimit` whatever it does.
    ///
    /// A helper that waits for a disk is neither for long.
    func isFrozen(at now: Int64, limit: Int64, stuckLimit: Int64) -> Bool {
        guard let pingSent else { return false }
        let silence = now - pingSent
        if silence < limit { return false }
        return silence >= stuckLimit || handle.identity.id.isStopped
    }

    /// Ends it at once.
    func kill() {
        // It may have ended already.
        ignoring { () throws(SystemError) in try handle.send(.kill) }
    }
}

extension ProcessID {
    /// Whether a signal or a tracer stopped it: state T or t of proc(5).
    var isStopped: Bool {
        guard let stat = try? Files.read("/proc/\(self)/stat", maximum: 4096) else { return false }
        return ProcessID.isStopped(inStat: stat)
    }

    static func isStopped(inStat stat: [UInt8]) -> Bool {
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")), end + 2 < stat.count else {
            return false
        }
        return stat[end + 2] == UInt8(ascii: "T") || stat[end + 2] == UInt8(ascii: "t")
    }
}

/// What a forked process does not want of its parent.
enum Inherited {
    /// Closes every descriptor but the standard three and those named.
    ///
    /// Values of the parent that own the closed numbers are never used or destroyed in the child,
    /// which leaves by exit alone.
    static func closeAll(except kept: [Int32]) {
        // Without the list everything stays open, which costs a late end of file, no more.
        guard let names = try? Files.list("/proc/self/fd") else { return }
        for number in names.compactMap({ Int32($0) }) where number > 2 && !kept.contains(number) {
            _ = Descriptor(adopting: number)
        }
    }
}
