// The wait between two questions to a daemon whose answer is not there yet.

import Linux

enum Pause {
    /// Waits so many nanoseconds.
    static func wait(_ nanoseconds: Int64) {
        do {
            let poller = try Poller()
            try poller.arm(at: BootClock.now + nanoseconds)
            _ = try poller.wait()
        } catch {
            // No descriptor left: the next try comes at once, and the limits end them all.
            return
        }
    }
}
