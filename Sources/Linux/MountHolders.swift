// Who keeps a filesystem busy: the mounts that show it, in any mount namespace, and the processes with open files,
// working directories, programs or mapped files on one of them. What tells is the number of a mount, not a path: a
// directory that a mount hides has the same path. Only /proc is read, and links in it opened without touching what they
// lead to: what is asked about may be a filesystem that hangs.

import CLinux

/// A process that keeps a filesystem busy.
public struct MountHolder: Hashable, Sendable, CustomStringConvertible {
    /// What it holds of it.
    public enum Hold: String, Sendable {
        /// An open file.
        case file = "has a file open"
        /// Its working directory or root.
        case directory = "works in it"
        /// The program it runs, or a file mapped into its memory.
        case program = "runs a program of it"
    }

    /// The process.
    public let process: ProcessIdentity
    /// The program's name as the kernel knows it, at most 15 bytes.
    public let name: String
    /// What it holds; the first that was found.
    public let hold: Hold

    /// `mysqld (4711) has a file open`.
    public var description: String { "\(name) (\(process.id)) \(hold.rawValue)" }
}

/// A mount in a mount namespace that is not this process's.
public struct ForeignMount: Hashable, Sendable, CustomStringConvertible {
    /// A process in that namespace.
    public let process: ProcessID
    /// Its program's name.
    public let name: String
    /// The mount as that process sees it.
    public let mount: Mount

    /// `/data in the namespace of postgres (4711)`.
    public var description: String { "\(mount.directory) in the namespace of \(name) (\(process))" }
}

/// Everybody who uses a filesystem.
public struct MountUse: Hashable, Sendable {
    /// The processes; kernel threads and mounts on it are not among them.
    public var holders: [MountHolder] = []
    /// The mounts that other namespaces have of it, the last mounted first.
    public var foreign: [ForeignMount] = []

    /// Nobody.
    public init() {}

    /// Looks for all that show a device: `Mount.device` of one of its mounts.
    ///
    /// A process of which this one may see nothing is left out. Cost: a look at every open file of the machine,
    /// some 10 ms for 10,000.
    public init(of device: DeviceNumber) throws(SystemError) {
        let own = try? Files.link("/proc/self/ns/mnt")
        let processes = try Files.list("/proc", maximum: 1_000_000).compactMap { name in
            Int32(name).map { ProcessID(rawValue: $0) }
        }
        var namespaces: Set<String> = []
        var mounts: Set<Int> = []
        for id in processes {
            guard let namespace = try? Files.link("/proc/\(id)/ns/mnt"),
                !namespaces.contains(namespace), let table = try? MountTable(of: id)
            else { continue }
            namespaces.insert(namespace)
            let found = table.mounts(of: device)
            mounts.formUnion(found.map(\.id))
            guard namespace != own else { continue }
            let name = id.name
            foreign += found.reversed().map { ForeignMount(process: id, name: name, mount: $0) }
        }
        for id in processes {
            guard let identity = try? ProcessIdentity(of: id),
                let hold = MountUse.hold(of: id, on: mounts, device)
            else { continue }
            holders.append(MountHolder(process: identity, name: id.name, hold: hold))
        }
    }

    private static func hold(
        of id: ProcessID,
        on mounts: Set<Int>,
        _ device: DeviceNumber
    ) -> MountHolder.Hold? {
        for name in ["cwd", "root"] {
            if let mount = Files.mountID("/proc/\(id)/\(name)"), mounts.contains(mount) {
                return .directory
            }
        }
        if let mount = Files.mountID("/proc/\(id)/exe"), mounts.contains(mount) { return .program }
        for name in (try? Files.list("/proc/\(id)/fdinfo", maximum: 1_000_000)) ?? [] {
            // It may be closed meanwhile.
            if let text = try? Files.read("/proc/\(id)/fdinfo/\(name)", maximum: 1 << 20),
                let mount = mountID(inText: text), mounts.contains(mount)
            {
                return .file
            }
            // A mount that was taken away under its users (umount -l) is in no table. Where there is a disk, the inode
            // is in memory; another machine's might be asked.
            if device.major != 0, Files.device(ofOpenFile: "/proc/\(id)/fd/\(name)") == device {
                return .file
            }
        }
        guard let maps = try? Files.read("/proc/\(id)/maps", maximum: 1 << 24) else { return nil }
        let text = device.mapsText
        let isMapped = maps.split(separator: UInt8(ascii: "\n")).contains { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count == 6 && fields[3].elementsEqual(text.utf8)
        }
        return isMapped ? .program : nil
    }

    /// Whether a process works in a directory or has a file open there, by the paths that the kernel tells.
    public static func works(_ id: ProcessID, below directory: String) -> Bool {
        let files = (try? Files.list("/proc/\(id)/fd", maximum: 1_000_000)) ?? []
        let links = ["cwd", "root", "exe"] + files.map { "fd/\($0)" }
        let prefix = directory == "/" ? "/" : directory + "/"
        return links.contains { link in
            guard let path = try? Files.link("/proc/\(id)/\(link)") else { return false }
            return path == directory || path.hasPrefix(prefix)
        }
    }

    /// The line `mnt_id:` of fdinfo (proc(5)).
    static func mountID(inText text: [UInt8]) -> Int? {
        for line in text.split(separator: UInt8(ascii: "\n"))
        where line.starts(with: "mnt_id:".utf8) {
            let digits = line.dropFirst(7).drop { $0 == 9 || $0 == 32 }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }
}

extension Files {
    /// The number of the mount that a path lies on, found without touching the filesystem when the path is a link of
    /// /proc; nil when there is no such path.
    static func mountID(_ path: String) -> Int? {
        guard let file = try? open(path, baton_open_path_only),
            let text = try? read("/proc/self/fdinfo/\(file.number)", maximum: 4096)
        else { return nil }
        return MountUse.mountID(inText: text)
    }

    /// The filesystem that an open file, by its link of /proc, lies on; nil when it is closed.
    static func device(ofOpenFile path: String) -> DeviceNumber? {
        guard let status = status(path) else { return nil }
        return DeviceNumber(
            major: baton_device_major(UInt64(status.st_dev)),
            minor: baton_device_minor(UInt64(status.st_dev))
        )
    }
}

extension DeviceNumber {
    /// As /proc/PID/maps has it: hexadecimal, two digits at least.
    var mapsText: String {
        func digits(_ number: UInt32) -> String {
            let text = String(number, radix: 16)
            return text.utf8.count < 2 ? "0" + text : text
        }
        return "\(digits(major)):\(digits(minor))"
    }
}
