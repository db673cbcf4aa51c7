// What is mounted where, as the kernel tells it: /proc/PID/mountinfo as values. Mounting and unmounting are done by
// mount(8) and umount(8), which know what a filesystem needs.

/// One line of mountinfo.
public struct Mount: Hashable, Sendable {
    /// Its number, which `mnt_id` of an open file names.
    public let id: Int
    /// The number of the mount it lies on.
    public let parent: Int
    /// The device: major and minor number; of a filesystem without one, a number of the kernel's.
    public let device: DeviceNumber
    /// What of the filesystem it shows: `/`, or the directory that was bound.
    public let root: String
    /// Where it is.
    public let directory: String
    /// The options of the mount alone: `rw,relatime`.
    public let options: [String]
    /// The filesystem's type: `ext4`.
    public let type: String
    /// What was mounted, as it was called: `/dev/drbd0`.
    public let source: String
    /// The options of the filesystem, whichever mount shows it: `rw,errors=remount-ro`.
    public let filesystemOptions: [String]

    /// Whether nothing can be written through it.
    public var isReadOnly: Bool { options.contains("ro") || filesystemOptions.contains("ro") }

    /// `ID PARENT MAJOR:MINOR ROOT DIRECTORY OPTIONS [TAG...] - TYPE SOURCE OPTIONS` (proc(5)); nil for anything else.
    init?(_ line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "))
        guard fields.count > 6,
            let dash = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
            dash + 3 < fields.count,
            let id = Int(String(decoding: fields[0], as: UTF8.self)),
            let parent = Int(String(decoding: fields[1], as: UTF8.self)),
            let device = DeviceNumber(String(decoding: fields[2], as: UTF8.self)[...])
        else { return nil }
        func words(_ field: ArraySlice<UInt8>) -> [String] {
            field.split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
        }
        self.id = id
        self.parent = parent
        self.device = device
        root = Mount.unescaped(fields[3])
        directory = Mount.unescaped(fields[4])
        options = words(fields[5])
        type = Mount.unescaped(fields[dash + 1])
        source = Mount.unescaped(fields[dash + 2])
        filesystemOptions = words(fields[dash + 3])
    }

    /// A field, in which blanks, line ends and backslashes are written as `\` and three octal digits.
    static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3,
                digits.allSatisfy({ (48...55).contains($0) })
            else {
                bytes.append(byte)
                continue
            }
            let value = digits.reduce(0) { $0 * 8 + Int($1 - 48) }
            bytes.append(UInt8(truncatingIfNeeded: value))
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A device by its numbers.
public struct DeviceNumber: Hashable, Sendable, CustomStringConvertible {
    /// The driver's number.
    public let major: UInt32
    /// The number of the device among the driver's.
    public let minor: UInt32

    /// Puts together two numbers.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// `MAJOR:MINOR` in decimal.
    init?(_ text: Substring) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else {
            return nil
        }
        self.init(major: major, minor: minor)
    }

    /// `MAJOR:MINOR` in decimal.
    public var description: String { "\(major):\(minor)" }
}

/// What is mounted in one mount namespace, in the order in which it was.
public struct MountTable: Hashable, Sendable {
    /// The mounts; of two on one directory the later one is seen.
    public let mounts: [Mount]

    /// The greatest table that is read.
    static let bytesMaximum = 1 << 24

    /// From the text of mountinfo; a line that cannot be read is left out.
    public init(text: [UInt8]) {
        mounts = text.split(separator: UInt8(ascii: "\n")).compactMap { Mount($0) }
    }

    /// The table of this process, or of the namespace another one is in.
    public init(of process: ProcessID? = nil) throws(SystemError) {
        let name = process.map { "\($0)" } ?? "self"
        self.init(
            text: try Files.read("/proc/\(name)/mountinfo", maximum: MountTable.bytesMaximum)
        )
    }

    /// What is seen at a directory, written as the kernel has it (`Files.resolved`); nil when nothing is mounted there.
    public func mount(at directory: String) -> Mount? {
        // By bytes: two ways to write an ä are two directories.
        mounts.last { $0.directory.utf8.elementsEqual(directory.utf8) }
    }

    /// Everything mounted below a directory, the last mounted first: the order in which it can be unmounted.
    public func mounts(below directory: String) -> [Mount] {
        let prefix = directory == "/" ? "/" : directory + "/"
        return mounts.filter {
            $0.directory.utf8.count > prefix.utf8.count
                && $0.directory.utf8.starts(with: prefix.utf8)
        }
        .reversed()
    }

    /// Every mount that shows a device.
    public func mounts(of device: DeviceNumber) -> [Mount] {
        mounts.filter { $0.device == device }
    }
}
