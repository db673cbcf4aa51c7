// The child of disk.monitor: takes the lock of its directory, writes a file there, waits for the disk,
// removes it. It may hang for ever, and its parent knows that.

import Linux

/// One try of one directory.
enum DiskProbe {
    /// The word by which baton-monitor runs it: no monitor's name.
    static let name = "disk-probe"
    /// A page, so that more than an inode has to be written.
    static let size = 4096

    /// DIRECTORY, LOCK, and the nanoseconds after which another probe counts as hanging.
    static func run(_ words: [String]) -> MonitorAnswer {
        guard words.count == 3, let patience = Int64(words[2]) else {
            return .unknown("this word is not for people")
        }
        let lock: LockFile
        do throws(SystemError) {
            if let hanging = try hangingSince(words[1], patience) {
                let text = "a write still hangs since \(hanging)"
                return MonitorAnswer(exit: 1, output: MonitorAnswer.line(text))
            }
            // Two runs at one time: the later one waits, and its parent's deadline bounds it.
            lock = try LockFile(waitingFor: words[1])
            try lock.write(holder: .current)
        } catch {
            return .unknown("cannot remember what hangs: \(error)")
        }
        do throws(SystemError) {
            try Files.tryDurably(in: words[0], [UInt8](repeating: 0x62, count: size))
        } catch {
            return isOurs(error.errno)
                ? .unknown("cannot try: \(error)")
                : MonitorAnswer(exit: 1, output: MonitorAnswer.line("\(error)"))
        }
        // The lock file lives to the end of the probe, and no longer.
        withExtendedLifetime(lock) {}
        return MonitorAnswer(exit: 0, output: "")
    }

    /// What says that this program may not, or that this machine has no descriptors left: nothing of
    /// the disk.
    private static func isOurs(_ errno: Errno) -> Bool {
        [.accessDenied, .notPermitted, .nameTooLong, .noDescriptors, .noDescriptorsAnywhere]
            .contains(errno)
    }

    /// The local time at which another probe began that has taken too long; nil when none has.
    private static func hangingSince(
        _ lock: String,
        _ patience: Int64
    ) throws(SystemError) -> String? {
        do throws(SystemError) {
            _ = try LockFile(lock)
            return nil
        } catch {
            guard error.errno == .wouldBlock else { throw error }
        }
        guard let since = LockFile.since(lock), WallClock.now - since >= patience else {
            return nil
        }
        let time = WallClock.localTime(atSecond: since / 1_000_000_000)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(time.year)-\(two(time.month))-\(two(time.day))"
        return "\(day) \(two(time.hour)):\(two(time.minute)):\(two(time.second))"
    }

    /// Where the locks are: in memory (/run), never on a disk that may be the one that hangs.
    ///
    /// Others than root have one of their own in /tmp.
    static func lockDirectory() throws(SystemError) -> String {
        let path =
            ThisProcess.isRoot ? "/run/baton-monitor" : "/tmp/baton-monitor-\(ThisProcess.user)"
        try Files.makeDirectory(path, mode: 0o700)
        guard Files.isPrivateDirectory(path) else {
            throw SystemError(call: "mkdir", errno: .notPermitted, object: path)
        }
        return path
    }

    /// The lock of a directory: its path, with what a file name may not have written as `%` and hex.
    static func lock(of directory: String, in place: String) -> String {
        var name = ""
        for byte in directory.utf8 {
            let character = Character(UnicodeScalar(byte))
            let isPlain =
                byte < 0x80 && (character.isLetter || character.isNumber || character == ".")
            name += isPlain ? String(character) : "%" + String(byte, radix: 16)
        }
        // Beyond what a name may have, the end tells directories apart.
        return "\(place)/disk-\(name.suffix(200))"
    }
}
