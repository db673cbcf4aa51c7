// Small files, whole: read with a bound, replaced durably, made and removed. Calls whose name says
// `durably` or `waiting` may wait for the disk and belong in a helper; the others touch what is in
// memory (/proc, tmpfs) or are made before real time begins.

import CLinux

/// Files by path.
public enum Files {
    /// The whole content, at most `maximum` bytes; EFBIG beyond that.
    public static func read(_ path: String, maximum: Int) throws(SystemError) -> [UInt8] {
        let file = try open(path, O_RDONLY | O_NONBLOCK)
        var content: [UInt8] = []
        while true {
            switch try about(
                path,
                { () throws(SystemError) in
                    try file.read(maximum: min(65536, maximum + 1 - content.count))
                }
            ) {
            case .bytes(let bytes):
                content += bytes
                if content.count > maximum {
                    throw SystemError(call: "read", errno: .tooLarge, object: path)
                }
            case .endOfStream:
                return content
            case .nothingYet:
                throw SystemError(call: "read", errno: .wouldBlock, object: path)
            }
        }
    }

    /// Replaces a file so that after a crash either the old or the new content is there, whole:
    /// temporary file, fsync, rename, fsync of the directory.
    ///
    /// Waits for the disk.
    ///
    /// The temporary name is `path.new`; a left-over of a crash is overwritten.
    ///
    /// - Parameters:
    ///   - path: the file; a symbolic link is replaced itself.
    ///   - bytes: the new content.
    ///   - mode: the permission bits.
    ///   - model: a file whose owner and group the new one has; nil for this process's.
    /// - Throws: the call that failed; the old file is there then, and no temporary one.
    public static func replaceDurably(
        _ path: String,
        with bytes: [UInt8],
        mode: UInt32 = 0o600,
        ownedLike model: String? = nil
    ) throws(SystemError) {
        let temporary = path + ".new"
        let owner = model.flatMap(status)
        let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
        let number = file.number
        do throws(SystemError) {
            try writeWhole(number, bytes, path: temporary)
            if let owner {
                try checked("fchown", temporary) { fchown(number, owner.st_uid, owner.st_gid) }
            }
            // The mode of a left-over file is not that of open(2), and fchown takes bits away.
            try checked("fchmod", temporary) { fchmod(number, mode) }
            try checked("fsync", temporary) { fsync(number) }
            try checked("rename", path) {
                // Sound: both strings live through the call.
                unsafe rename(temporary, path)
            }
        } catch {
            // Half a file is of no use; the error that made it is the one to tell.
            unsafe unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Appends to a file and waits until it is on the disk; makes the file when absent.
    public static func appendDurably(
        _ path: String,
        _ bytes: [UInt8],
        mode: UInt32 = 0o600
    ) throws(SystemError) {
        let file = try open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: mode)
        try writeWhole(file.number, bytes, path: path)
        let number = file.number
        try checked("fdatasync", path) { fdatasync(number) }
    }

    /// Writes into an existing file without waiting for a disk, for /proc and /sys.
    public static func overwriteInPlace(
        _ path: String,
        with bytes: [UInt8]
    ) throws(SystemError) {
        let file = try open(path, O_WRONLY)
        try writeWhole(file.number, bytes, path: path)
    }

    /// Opens a file for appending, as a log needs; made with `mode` when absent.
    ///
    /// Does not wait for the reader of a pipe: ENXIO when there is none, and what a full one does not
    /// take is not written.
    public static func openAppending(
        _ path: String,
        mode: UInt32 = 0o640
    ) throws(SystemError) -> Descriptor {
        try open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, mode: mode)
    }

    /// Makes a directory; one that is there already is left as it is.
    ///
    /// Its parent must exist.
    public static func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
        do {
            // Sound: the string lives through the call.
            try checked("mkdir", path) { unsafe mkdir(path, mode) }
        } catch {
            if error.errno != .alreadyExists || !isDirectory(path) { throw error }
        }
    }

    /// The names in a directory, sorted, without `.` and `..`; at most `maximum`, else EFBIG.
    public static func list(
        _ path: String,
        maximum: Int = 10_000
    ) throws(SystemError) -> [String] {
        // Sound: the stream is closed on every way out, and each entry is copied before the next
        // is read.
        guard let stream = unsafe opendir(path) else { throw lastError("opendir", path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe String(cString: baton_entry_name(entry))
            if name == "." || name == ".." { continue }
            if names.count == maximum {
                throw SystemError(call: "readdir", errno: .tooLarge, object: path)
            }
            names.append(name)
        }
        return names.sorted()
    }

    /// Removes a file; false when there was none.
    @discardableResult
    public static func remove(_ path: String) throws(SystemError) -> Bool {
        do {
            // Sound: the string lives through the call.
            try checked("unlink", path) { unsafe unlink(path) }
            return true
        } catch {
            if error.errno == .notFound { return false }
            throw error
        }
    }

    /// Where a symbolic link leads, as it is written there; at most 4095 bytes.
    public static func link(_ path: String) throws(SystemError) -> String {
        // Sound: the kernel writes at most what the buffer holds and tells how much that was.
        let bytes = try unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) {
            (buffer) throws(SystemError) -> [UInt8] in
            guard let start = buffer.baseAddress else { return [] }
            let count = unsafe readlink(path, start, 4096)
            guard count >= 0 else { throw lastError("readlink", path) }
            return unsafe buffer.prefix(count).map { UInt8(bitPattern: $0) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path without links, `.` and `..`, as the kernel tells it in its tables; every part of it must be there.
    public static func resolved(_ path: String) throws(SystemError) -> String {
        // Sound: the string is copied before the memory that realpath(3) gave is given back.
        guard let pointer = unsafe realpath(path, nil) else { throw lastError("realpath", path) }
        defer { unsafe free(pointer) }
        return unsafe String(cString: pointer)
    }

    /// The numbers of the block device at the path; nil when there is none.
    public static func blockDevice(_ path: String) -> DeviceNumber? {
        guard let status = status(path), status.st_mode & UInt32(S_IFMT) == UInt32(S_IFBLK) else {
            return nil
        }
        return DeviceNumber(
            major: baton_device_major(UInt64(status.st_rdev)),
            minor: baton_device_minor(UInt64(status.st_rdev))
        )
    }

    /// Whether somebody has the block device at the path for himself: a mounted filesystem, wherever it is shown, swap,
    /// a device that lies on it (EBUSY to O_EXCL, open(2)).
    ///
    /// False too where it cannot be opened at all, as the device of a DRBD resource that is secondary.
    public static func isClaimed(_ device: String) -> Bool {
        do {
            _ = try open(device, O_RDONLY | O_EXCL | O_NONBLOCK)
            return false
        } catch {
            return error.errno == .busy
        }
    }

    /// Whether the path leads to a directory.
    public static func isDirectory(_ path: String) -> Bool {
        status(path).map { $0.st_mode & UInt32(S_IFMT) == UInt32(S_IFDIR) } ?? false
    }

    /// Whether the path leads to a file that this process may execute.
    public static func isExecutable(_ path: String) -> Bool {
        guard let status = status(path), status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
            return false
        }
        // Sound: the string lives through the call.
        return unsafe access(path, X_OK) == 0
    }

    /// Whether two paths lead to one file, by whichever names and mounts; false when one is not there.
    public static func isSame(_ first: String, _ second: String) -> Bool {
        guard let one = status(first), let other = status(second) else { return false }
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }

    /// The bytes of a file; nil when there is none.
    public static func size(_ path: String) -> Int64? { status(path).map { Int64($0.st_size) } }

    /// Whether anything is at the path.
    public static func exists(_ path: String) -> Bool { status(path) != nil }

    /// The permission bits of what is at the path, such as 0o600; nil when nothing is.
    public static func mode(_ path: String) -> UInt32? { status(path).map { $0.st_mode & 0o7777 } }

    /// The number of the user whose it is; nil when nothing is at the path.
    public static func owner(_ path: String) -> UInt32? { status(path).map { $0.st_uid } }

    /// Sets the permission bits.
    public static func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        // Sound: the string lives through the call.
        try checked("chmod", path) { unsafe chmod(path, mode) }
    }

    /// Whether the path is a directory of this user into which nobody else may write.
    ///
    /// A link does not count.
    public static func isPrivateDirectory(_ path: String) -> Bool {
        var status = stat()
        // Sound: the kernel fills the structure on our stack; the string lives through the call.
        guard unsafe lstat(path, &status) == 0 else { return false }
        return status.st_mode & UInt32(S_IFMT) == UInt32(S_IFDIR) && status.st_mode & 0o022 == 0
            && status.st_uid == geteuid()
    }

    /// When the file was written last, nanoseconds since 1970; nil when there is none.
    public static func changeTime(_ path: String) -> Int64? {
        status(path).map { Int64($0.st_mtim.tv_sec) * 1_000_000_000 + Int64($0.st_mtim.tv_nsec) }
    }

    /// Writes a new file into a directory, waits until it is on the disk, and removes it: whether
    /// the directory can be written to at all.
    ///
    /// Waits for the disk, for ever if it hangs. The file is `.baton-probe`; one that a killed try left
    /// is replaced.
    public static func tryDurably(
        in directory: String,
        _ bytes: [UInt8]
    ) throws(SystemError) {
        let path = directory + "/.baton-probe"
        try remove(path)
        let file = try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        do throws(SystemError) {
            let number = file.number
            try writeWhole(number, bytes, path: path)
            try checked("fsync", path) { fsync(number) }
        } catch {
            // What cannot be written may yet be removed; the error of the write is the one to tell.
            unsafe unlink(path)
            throw error
        }
        try remove(path)
    }

    static func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0
    ) throws(SystemError) -> Descriptor {
        // Sound: the string lives through the call.
        Descriptor(
            adopting: try checked("open", path) { unsafe baton_open(path, flags | O_CLOEXEC, mode) }
        )
    }

    /// Writes all bytes to a descriptor that may wait.
    static func writeWhole(
        _ number: Int32,
        _ bytes: [UInt8],
        path: String
    ) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try about(path, { () throws(SystemError) in try writeBytes(number, rest) })
            guard let count else {
                throw SystemError(call: "write", errno: .wouldBlock, object: path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func syncDirectory(of path: String) throws(SystemError) {
        let end = path.lastIndex(of: "/")
        let parent = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = try open(parent, O_RDONLY | O_DIRECTORY)
        let number = directory.number
        try checked("fsync", parent) { fsync(number) }
    }

    static func status(_ path: String) -> stat? {
        var status = stat()
        // Sound: the kernel fills the structure on our stack; the string lives through the call.
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    /// Names the file instead of the descriptor in an error.
    private static func about<Answer>(
        _ path: String,
        _ body: () throws(SystemError) -> Answer
    ) throws(SystemError) -> Answer {
        do {
            return try body()
        } catch {
            throw SystemError(call: error.call, errno: error.errno, object: path)
        }
    }
}
