// Signals: their names, how this process treats them, and how the loop reads them as events
// (signalfd) in its one order. No handler of ours runs asynchronously.

import CLinux

/// A signal by number (signal(7)).
public struct Signal: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number, 1...64.
    public let rawValue: Int32

    /// Any number is taken as it is.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// SIGHUP.
    public static let hangUp = Signal(rawValue: SIGHUP)
    /// SIGINT.
    public static let interrupt = Signal(rawValue: SIGINT)
    /// SIGQUIT.
    public static let quit = Signal(rawValue: SIGQUIT)
    /// SIGABRT.
    public static let abort = Signal(rawValue: SIGABRT)
    /// SIGKILL.
    public static let kill = Signal(rawValue: SIGKILL)
    /// SIGUSR1.
    public static let user1 = Signal(rawValue: SIGUSR1)
    /// SIGUSR2.
    public static let user2 = Signal(rawValue: SIGUSR2)
    /// SIGPIPE.
    public static let pipe = Signal(rawValue: SIGPIPE)
    /// SIGTERM.
    public static let terminate = Signal(rawValue: SIGTERM)
    /// SIGCHLD.
    public static let child = Signal(rawValue: SIGCHLD)
    /// SIGCONT.
    public static let proceed = Signal(rawValue: SIGCONT)
    /// SIGSTOP.
    public static let stop = Signal(rawValue: SIGSTOP)
    /// SIGXCPU: what a spinning real-time thread gets at its CPU-time limit.
    public static let cpuTimeExceeded = Signal(rawValue: SIGXCPU)

    /// The symbol, such as `SIGTERM`.
    public var description: String {
        // Sound: a constant string or NULL.
        guard let name = unsafe baton_signal_name(rawValue) else { return "signal \(rawValue)" }
        return unsafe "SIG\(String(cString: name))"
    }

    /// Lets this process ignore the signal; children started by `ChildProcess` do not inherit it.
    public func ignore() throws(SystemError) {
        try checked("signal", description) { baton_signal_ignore(rawValue) }
    }

    /// Gives the signal its default effect again and lets it through, as a forked helper needs.
    public func restoreDefault() throws(SystemError) {
        try checked("signal", description) { baton_signal_default(rawValue) }
    }
}

/// Signals as something to read.
public final class SignalSource {
    /// One signal that came.
    public struct Arrival: Equatable, Sendable {
        /// Which.
        public let signal: Signal
        /// Who sent it; 0 when the kernel did.
        public let sender: ProcessID
    }

    private let descriptor: Descriptor

    /// Blocks these signals in this thread and reads them instead.
    ///
    /// Make it before any other thread exists; a thread with the signal open would get it.
    public init(_ signals: [Signal]) throws(SystemError) {
        let mask = SignalSource.mask(of: signals)
        descriptor = Descriptor(
            adopting: try checked("signalfd") { baton_signal_descriptor(mask) }
        )
    }

    /// For the poller.
    public var number: Int32 { descriptor.number }

    /// The next signal that came, nil when none is left.
    ///
    /// Equal ordinary signals merge into one.
    public func next() throws(SystemError) -> Arrival? {
        let number = number
        var sender: Int32 = 0
        let signal = try attempted("read", "signalfd") {
            // Sound: the shim writes one Int32.
            unsafe baton_signal_read(number, &sender)
        }
        guard let signal else { return nil }
        return Arrival(signal: Signal(rawValue: signal), sender: ProcessID(rawValue: sender))
    }

    private static func mask(of signals: [Signal]) -> UInt64 {
        signals.reduce(0) { $0 | 1 << UInt64($1.rawValue - 1) }
    }
}

/// A counter that another thread or process raises and a poller waits for (eventfd(2)).
///
/// It survives fork: parent and child then share it.
public final class EventCounter: Sendable {
    private let descriptor: Descriptor

    /// Starts at zero.
    public init() throws(SystemError) {
        descriptor = Descriptor(
            adopting: try checked("eventfd") {
                eventfd(0, Int32(O_CLOEXEC) | Int32(O_NONBLOCK))
            }
        )
    }

    /// For the poller.
    public var number: Int32 { descriptor.number }

    /// Adds one.
    ///
    /// Never waits: a counter at its ceiling is as awake as it can be.
    public func raise() throws(SystemError) {
        // The counter is eight bytes in the machine's order (eventfd(2)).
        _ = try writeBytes(number, nativeBytes(UInt64(1))[...])
    }

    /// How often it was raised since the last call; zero when not.
    public func take() throws(SystemError) -> UInt64 {
        guard case .bytes(let bytes) = try readBytes(number, maximum: 8) else { return 0 }
        return bytes.span.native64(at: 0) ?? 0
    }
}
