// Whom to tell, and how often at most: plain values between ha.cf, which names them, and the daemon, which
// carries it out. What is told is decided by `NotificationDesk`.

/// One line `notify` of ha.cf.
public enum NotificationTarget: Hashable, Sendable {
    /// Run a program by its absolute path.
    case exec(program: String, arguments: [String])
    /// Mail to addresses or local users, at least one; none begins with `-` or has a comma, blank or control character.
    case mail(addresses: [String])
}

/// `notify_rate` of ha.cf: at most so many messages within a time.
public struct NotificationRate: Hashable, Sendable {
    /// Messages, at least 1; for pages as many again.
    public var count: Int
    /// The time.
    public var window: Duration

    /// Makes a rate; without arguments the default, 20 an hour.
    public init(count: Int = 20, window: Duration = .seconds(3600)) {
        self.count = max(1, count)
        self.window = window
    }
}
