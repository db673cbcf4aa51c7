// The one place where the loop waits: epoll (level-triggered), with one timer on the boot clock.
// It tells what is ready and how late it woke; what a token means is the caller's.

import CLinux

/// epoll(7) and one timerfd.
///
/// Level-triggered: what was not read is told again. Close a descriptor only after `remove`,
/// or drop it at once after; the kernel forgets closed files by itself unless duplicated.
public final class Poller {
    /// What to be told about a descriptor.
    ///
    /// Errors and hang-ups are always told.
    public struct Interest: OptionSet, Sendable {
        /// The bits.
        public let rawValue: UInt8
        /// From bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Something to read, or the other end closed.
        public static let readable = Interest(rawValue: 1)
        /// Room to write.
        public static let writable = Interest(rawValue: 2)
        /// Priority events only, such as a change in /proc/mounts.
        public static let urgent = Interest(rawValue: 4)
    }

    /// One descriptor that is ready.
    public struct Readiness: Equatable, Sendable {
        /// What the caller gave with `add`.
        public let token: UInt64
        /// A read does not wait: bytes, an end, or an error.
        public let isReadable: Bool
        /// A write does not wait.
        public let isWritable: Bool
        /// The other end is gone, or the descriptor holds an error to be read.
        public let hasEnded: Bool
    }

    /// One return from waiting.
    public struct Wake: Equatable, Sendable {
        /// Boot time just after waking, nanoseconds.
        public let now: Int64
        /// Whether the armed deadline has passed; it is then disarmed.
        public let isDeadlineReached: Bool
        /// Nanoseconds between the armed deadline and this wake, when it was reached; else 0.
        ///
        /// This is how late the whole loop was: waking late and coming to wait late alike.
        public let lateness: Int64
        /// Ready descriptors, at most 64; the rest come with the next wait.
        public let ready: [Readiness]
    }

    private static let timerToken = UInt64.max
    private static let readyMaximum = 64

    private let poll: Descriptor
    private let timer: Descriptor

    /// The armed deadline, boot time in nanoseconds; nil when none.
    public private(set) var deadline: Int64?

    private var tokens = [UInt64](repeating: 0, count: Poller.readyMaximum)
    private var events = [UInt32](repeating: 0, count: Poller.readyMaximum)

    /// Makes the epoll instance and its timer.
    public init() throws(SystemError) {
        let poll = Descriptor(
            adopting: try checked("epoll_create1") { epoll_create1(Int32(O_CLOEXEC)) }
        )
        let timer = Descriptor(
            adopting: try checked("timerfd_create") {
                timerfd_create(CLOCK_BOOTTIME, Int32(O_CLOEXEC) | Int32(O_NONBLOCK))
            }
        )
        let number = poll.number
        let timerNumber = timer.number
        try checked("epoll_ctl", "timer") {
            baton_epoll_control(
                number,
                EPOLL_CTL_ADD,
                timerNumber,
                EPOLLIN.rawValue,
                Poller.timerToken
            )
        }
        self.poll = poll
        self.timer = timer
    }

    /// Watches a descriptor.
    ///
    /// `token` is any number but UInt64.max.
    public func add(
        _ number: Int32,
        token: UInt64,
        interest: Interest = .readable
    ) throws(SystemError) {
        try control(EPOLL_CTL_ADD, number, token, interest)
    }

    /// Changes what is told about a watched descriptor, and its token.
    public func modify(
        _ number: Int32,
        token: UInt64,
        interest: Interest
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, number, token, interest)
    }

    /// Stops watching.
    public func remove(_ number: Int32) throws(SystemError) {
        try control(EPOLL_CTL_DEL, number, 0, [])
    }

    /// Arms the one timer at an absolute boot time, or disarms it with nil.
    ///
    /// A time in the past fires at once. Costs a system call only when it changes.
    public func arm(at deadline: Int64?) throws(SystemError) {
        if deadline == self.deadline { return }
        // Zero would disarm; one nanosecond after boot has passed for sure.
        let time = deadline.map { max($0, 1) } ?? 0
        let number = timer.number
        try checked("timerfd_settime") { baton_timer_arm(number, time) }
        self.deadline = deadline
    }

    /// Waits until something is ready or the deadline is reached; this is where the loop sleeps.
    ///
    /// An interruption by a signal or a debugger is a wake with nothing ready.
    public func wait() throws(SystemError) -> Wake {
        try wait(milliseconds: -1)
    }

    /// Looks without waiting.
    public func check() throws(SystemError) -> Wake {
        try wait(milliseconds: 0)
    }

    private func wait(milliseconds: Int32) throws(SystemError) -> Wake {
        // Sound: both arrays have room for `readyMaximum`, which bounds what the shim writes.
        let count = unsafe baton_epoll_wait(
            poll.number,
            &tokens,
            &events,
            Int32(Poller.readyMaximum),
            milliseconds
        )
        if count < 0 {
            let error = lastError("epoll_wait", "")
            if error.errno.rawValue != EINTR { throw error }
        }
        let now = BootClock.now
        var ready: [Readiness] = []
        for index in 0..<max(0, Int(count)) where tokens[index] != Poller.timerToken {
            ready.append(Poller.readiness(token: tokens[index], events: events[index]))
        }
        guard let deadline, deadline <= now else {
            return Wake(now: now, isDeadlineReached: false, lateness: 0, ready: ready)
        }
        try arm(at: nil)  // also takes the expiry back, so the timer need not be read
        return Wake(now: now, isDeadlineReached: true, lateness: now - deadline, ready: ready)
    }

    private static func readiness(token: UInt64, events: UInt32) -> Readiness {
        let ended = events & (EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLRDHUP.rawValue) != 0
        return Readiness(
            token: token,
            isReadable: ended || events & (EPOLLIN.rawValue | EPOLLPRI.rawValue) != 0,
            isWritable: events & EPOLLOUT.rawValue != 0,
            hasEnded: ended
        )
    }

    private func control(
        _ operation: Int32,
        _ number: Int32,
        _ token: UInt64,
        _ interest: Interest
    ) throws(SystemError) {
        precondition(token != Poller.timerToken, "the token UInt64.max is the timer's")
        var events: UInt32 = 0
        if interest.contains(.readable) { events |= EPOLLIN.rawValue }
        if interest.contains(.writable) { events |= EPOLLOUT.rawValue }
        if interest.contains(.urgent) { events |= EPOLLPRI.rawValue }
        let poll = poll.number
        try checked("epoll_ctl", "descriptor \(number)") {
            baton_epoll_control(poll, operation, number, events, token)
        }
    }
}
