// Messages to people as the loop sends them: each is a program in the helper of checks, the administrator's
// own or the local mailer. What is told, and how often, is decided by `NotificationDesk`.

import Configuration
import Failover
import Linux
import Wire

extension Loop {
    /// How long a mailer or program may take.
    static let notificationTimeout: Int64 = 60_000_000_000

    /// Says a notice, the core's or the daemon's own, to all who listen.
    func say(_ notice: Notice) {
        log.note(notice)
        decisions.note(notice, at: now)
        guard !loaded.cluster.notifications.isEmpty else { return }
        for message in desk.take(notice, at: Instant(nanoseconds: now)) { send(message) }
    }

    /// Sends what has waited long enough.
    func notifyDue() {
        guard let due = desk.nextDeadline, due.nanoseconds <= now else { return }
        for message in desk.timeReached(at: Instant(nanoseconds: now)) { send(message) }
    }

    private func send(_ notification: Notification) {
        let message = NotificationMessage(
            notification,
            node: loaded.settings.node,
            date: LogLine.mailDate(WallClock.now / 1_000_000_000)
        )
        for target in loaded.cluster.notifications {
            let invocation = message.invocation(for: target)
            tell(
                ProgramLine(program: invocation.program, arguments: invocation.arguments),
                environment: invocation.environment,
                input: invocation.input,
                as: "the notification by \(invocation.program)"
            )
        }
    }

    /// Runs a program that is told something, and for which no decision waits; the log hears when it does not do its work.
    ///
    /// - Returns: its number among the programs of the helper; nil where that does not take it.
    @discardableResult
    func tell(
        _ program: ProgramLine,
        environment: [String],
        input: [UInt8],
        as what: String
    ) -> UInt64? {
        do {
            let number = try checks.run(
                [CheckPlace(path: program.program)],
                program.arguments,
                environment: environment,
                input: input,
                timeout: Loop.notificationTimeout,
                isDetached: true
            )
            alerts[number] = what
            return number
        } catch {
            log.say(.error, "\(what) was dropped: \(error.text)")
            return nil
        }
    }
}

extension LogLine {
    /// `Sat, 21 Nov 2026 03:12:07 +0100` (RFC 5322, 3.3).
    static func mailDate(_ second: Int64) -> String {
        let time = WallClock.localTime(atSecond: second)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = abs(time.offsetSeconds) / 60
        let zone = (time.offsetSeconds < 0 ? "-" : "+") + two(minutes / 60) + two(minutes % 60)
        return "\(days[time.weekday]), \(time.day) \(months[time.month - 1]) \(time.year) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) \(zone)"
    }
}
