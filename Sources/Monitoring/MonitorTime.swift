// The three readings of time that come with every event. Nothing here reads a clock.

/// When an event happened: what the schedule counts with, what alerts print, what periods ask.
public struct MonitorTime: Equatable, Sendable {
    /// Since the boot, suspended time included (`CLOCK_BOOTTIME`); never goes back.
    public var elapsed: Duration
    /// Seconds since 1970 (time(2)); may jump.
    public var epoch: Int64
    /// The wall clock on the server's wall.
    public var civil: CivilTime

    /// Makes a time of its readings.
    public init(elapsed: Duration, epoch: Int64, civil: CivilTime) {
        self.elapsed = elapsed
        self.epoch = epoch
        self.civil = civil
    }
}

/// Local time in parts (localtime(3)).
public struct CivilTime: Equatable, Sendable {
    /// With its century.
    public var year: Int
    /// 1...12.
    public var month: Int
    /// Day of the month, 1...31.
    public var day: Int
    /// 1...7; 1 is Sunday.
    public var weekday: Int
    /// Day of the year, 1...366.
    public var yearDay: Int
    /// 0...23.
    public var hour: Int
    /// 0...59.
    public var minute: Int
    /// 0...60.
    public var second: Int

    /// Makes a time of its parts.
    public init(
        year: Int,
        month: Int,
        day: Int,
        weekday: Int,
        yearDay: Int,
        hour: Int,
        minute: Int,
        second: Int
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.weekday = weekday
        self.yearDay = yearDay
        self.hour = hour
        self.minute = minute
        self.second = second
    }
}
