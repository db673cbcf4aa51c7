// What the kernel knows of time and of this boot: the clock all deadlines live on, the wall clock
// for log lines, the boot id, random bytes, the host's name. Nothing here waits, with one noted
// exception.

import CLinux

/// The clock that all deadlines are given in: CLOCK_BOOTTIME.
///
/// It counts while the machine is suspended, so a deadline that passed asleep has passed; it is
/// never set by anybody and begins near 0 at boot.
public enum BootClock {
    /// Nanoseconds since boot.
    ///
    /// Cost: about 30 ns.
    public static var now: Int64 { readClock(CLOCK_BOOTTIME) }
}

/// The clock of calendars, for log lines and records only; it jumps.
public enum WallClock {
    /// Nanoseconds since 1970-01-01 UTC.
    public static var now: Int64 { readClock(CLOCK_REALTIME) }

    /// A point in local time, in the ranges a calendar shows.
    public struct LocalTime: Hashable, Sendable {
        /// The year, such as 2031.
        public let year: Int
        /// 1...12.
        public let month: Int
        /// 1...31.
        public let day: Int
        /// 0...23.
        public let hour: Int
        /// 0...59.
        public let minute: Int
        /// 0...60.
        public let second: Int
        /// 0...6, Sunday first.
        public let weekday: Int
        /// 1...366.
        public let yearDay: Int
        /// Seconds east of UTC.
        public let offsetSeconds: Int
    }

    /// The local time of a second since 1970.
    ///
    /// The first call reads the time zone file from disk; make one before real time begins.
    public static func localTime(atSecond second: Int64) -> LocalTime {
        var time = time_t(second)
        // Sound: both structures live on this stack and the call keeps neither; the zone's name,
        // a pointer inside `tm`, is not read.
        var parts = unsafe tm()
        _ = unsafe localtime_r(&time, &parts)
        return unsafe LocalTime(
            year: Int(parts.tm_year) + 1900,
            month: Int(parts.tm_mon) + 1,
            day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour),
            minute: Int(parts.tm_min),
            second: Int(parts.tm_sec),
            weekday: Int(parts.tm_wday),
            yearDay: Int(parts.tm_yday) + 1,
            offsetSeconds: Int(parts.tm_gmtoff)
        )
    }
}

private func readClock(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // Sound: the kernel fills the structure on our stack. Both clocks exist on every kernel since
    // 2.6.39, so the result is not looked at.
    _ = unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// What tells this machine, and this run of its kernel, from others.
public enum Machine {
    /// The kernel's boot id: 16 bytes, new at each boot (random(4)).
    public static func bootID() throws(SystemError) -> [UInt8] {
        let path = "/proc/sys/kernel/random/boot_id"
        let text = try Files.read(path, maximum: 64)
        guard let bytes = parseBootID(text) else {
            throw SystemError(call: "read", errno: .badMessage, object: path)
        }
        return bytes
    }

    /// The 16 bytes of a UUID as text, with or without the line's end; nil for anything else.
    static func parseBootID(_ text: [UInt8]) -> [UInt8]? {
        var digits: [UInt8] = []
        for byte in text where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "\n") {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            digits.append(UInt8(digit))
        }
        guard digits.count == 32 else { return nil }
        return (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }

    /// The name of this host as uname(2) gives it, up to 64 bytes.
    public static func hostName() throws(SystemError) -> String {
        var room = [CChar](repeating: 0, count: 65)
        // Sound: the count is the array's.
        try checked("gethostname") {
            unsafe gethostname(&room, room.count)
        }
        let name = room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: name, as: UTF8.self)
    }

    /// Random bytes of the kernel (getrandom(2)); `count` at most 256, so that none are missing.
    ///
    /// Waits only before the kernel's pool is first filled, early at boot.
    public static func randomBytes(_ count: Int) throws(SystemError) -> [UInt8] {
        precondition((0...256).contains(count), "getrandom gives at most 256 bytes at once")
        var bytes = [UInt8](repeating: 0, count: count)
        // Sound: the count is the array's; up to 256 bytes come whole.
        try checked("getrandom") {
            unsafe bytes.withUnsafeMutableBytes { unsafe getrandom($0.baseAddress, $0.count, 0) }
        }
        return bytes
    }

    /// 64 random bits of the kernel.
    public static func randomWord() throws(SystemError) -> UInt64 {
        try randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
