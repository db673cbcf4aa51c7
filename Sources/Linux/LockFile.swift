// The lock that keeps a second instance out: flock(2) on a file that also names the holder. The
// lock belongs to the open file, so processes that inherit the descriptor keep it together.

import CLinux

/// An exclusive lock, held until the last process that has it open ends.
public final class LockFile {
    /// Where it is.
    public let path: String
    private let descriptor: Descriptor

    /// Takes the lock or throws EAGAIN at once; `holder` tells who has it.
    ///
    /// The file is made 0644 when absent and never removed: removing would let two hold it.
    public init(_ path: String) throws(SystemError) {
        let file = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
        let number = file.number
        try checked("flock", path) { flock(number, LOCK_EX | LOCK_NB) }
        self.path = path
        descriptor = file
    }

    /// Whether somebody holds it; `false` where there is no such file.
    public static func isHeld(_ path: String) -> Bool {
        guard Files.exists(path) else { return false }
        do throws(SystemError) {
            _ = try LockFile(path)
            return false
        } catch {
            return error.errno == .wouldBlock
        }
    }

    /// Takes the lock as soon as it is free: waits, as long as its holder lives.
    public init(waitingFor path: String) throws(SystemError) {
        let file = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
        let number = file.number
        try checked("flock", path) { flock(number, LOCK_EX) }
        self.path = path
        descriptor = file
    }

    /// Takes over a lock held by an inherited descriptor.
    public init(_ path: String, adopting descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// For handing the lock to the next program over exec.
    public var number: Int32 { descriptor.number }

    /// Whether an exec keeps the lock.
    public func setCloseOnExec(_ closes: Bool) throws(SystemError) {
        try descriptor.setCloseOnExec(closes)
    }

    /// Writes the holder's process id as text with a line's end; no wait for the disk, since the
    /// lock and not the text decides.
    public func write(holder: ProcessID) throws(SystemError) {
        let number = number
        try checked("ftruncate", path) { ftruncate(number, 0) }
        try checked("lseek", path) { lseek(number, 0, SEEK_SET) }
        try Files.writeWhole(number, Array("\(holder.rawValue)\n".utf8), path: path)
    }

    /// When the lock was taken last, nanoseconds since 1970, as `write(holder:)` set the file's time;
    /// nil without file.
    public static func since(_ path: String) -> Int64? { Files.changeTime(path) }

    /// Whom the file names, nil when it names nobody.
    public static func holder(_ path: String) -> ProcessID? {
        (try? Files.read(path, maximum: 32)).flatMap(holder(in:))
    }

    /// Whom the first line of these bytes names.
    static func holder(in bytes: [UInt8]) -> ProcessID? {
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return Int32(text).map(ProcessID.init(rawValue:))
    }
}
