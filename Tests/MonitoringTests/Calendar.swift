// Civil time for the tests, in UTC: the machine is given it and never makes it.

import Foundation
import Monitoring

/// A time in UTC, in parts.
func civil(epoch: Int64) -> CivilTime {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let date = Date(timeIntervalSince1970: TimeInterval(epoch))
    let parts = calendar.dateComponents(
        [.year, .month, .day, .weekday, .hour, .minute, .second],
        from: date
    )
    return CivilTime(
        year: parts.year ?? 0,
        month: parts.month ?? 0,
        day: parts.day ?? 0,
        weekday: parts.weekday ?? 0,
        yearDay: calendar.ordinality(of: .day, in: .year, for: date) ?? 0,
        hour: parts.hour ?? 0,
        minute: parts.minute ?? 0,
        second: parts.second ?? 0
    )
}
