// What is to be mounted: the first argument of Filesystem as a value, and how a line of the mount table is known to
// show it. Mounting is in Filesystem.swift.

import Linux

/// What a Filesystem mounts.
enum FilesystemSource: Hashable {
    /// A block device by its path.
    case device(String)
    /// A block device by what is written on it: `LABEL`, `UUID`, `PARTLABEL` or `PARTUUID`, and its value.
    case tag(String, String)
    /// A directory that is shown at a second place.
    case directory(String)
    /// Another machine's: `HOST:/DIRECTORY` or `//HOST/SHARE`.
    case network(String)
    /// None: the type says it all (tmpfs).
    case nothing(String)

    /// Tags that mount(8) knows.
    static let tags = ["LABEL", "UUID", "PARTLABEL", "PARTUUID"]
    /// Types that come from another machine.
    static let networkTypes: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "glusterfs", "ceph", "fuse.sshfs", "9p",
    ]
    /// Types that lie on no device.
    static let memoryTypes: Set<String> = ["tmpfs", "ramfs"]

    /// From the words of haresources.
    init(_ text: String, type: String?, options: [String]) throws(ResourceUsageError) {
        if options.contains("bind") || options.contains("rbind") {
            self = .directory(text)
        } else if let type, FilesystemSource.memoryTypes.contains(type) {
            self = .nothing(text)
        } else if type.map(FilesystemSource.networkTypes.contains) ?? false || text.hasPrefix("//")
            || !text.hasPrefix("/") && text.contains(":/")
        {
            self = .network(text)
        } else if let equals = text.firstIndex(of: "="),
            FilesystemSource.tags.contains(String(text[..<equals]))
        {
            let value = text[text.index(after: equals)...]
            guard !value.isEmpty else {
                throw ResourceUsageError("'\(text)' names nothing: \(text)NAME")
            }
            self = .tag(String(text[..<equals]), String(value))
        } else if text.hasPrefix("/") {
            self = .device(text)
        } else {
            let tags = FilesystemSource.tags.map { "\($0)=…" }.joined(separator: ", ")
            throw ResourceUsageError(
                "'\(text)' is no device: /dev/…, \(tags), HOST:/DIRECTORY, or a directory with the option bind"
            )
        }
    }

    /// As mount(8) takes it.
    var text: String {
        switch self {
        case .device(let text), .directory(let text), .network(let text), .nothing(let text): text
        case .tag(let name, let value): "\(name)=\(value)"
        }
    }

    /// The device's path, looked for until the deadline where it is known by a tag; nil where there is no device.
    ///
    /// Of what is mounted at the mount point already, its own tag tells: a copy that appears later has the same.
    func devicePath(
        mountedAt here: Mount? = nil,
        until deadline: Int64
    ) throws(FilesystemFailure) -> String? {
        switch self {
        case .device(let path): return path
        case .tag(let name, let value):
            if let here, Files.blockDevice(here.source) != nil {
                let words = ["-p", "-o", "value", "-s", name, here.source]
                let own = Tool("blkid").ask(words, until: deadline)
                if own.isGood, own.text == value { return here.source }
            }
            let found = Tool("blkid").run(
                ["-c", "/dev/null", "-o", "device", "-t", "\(name)=\(value)"],
                until: deadline
            )
            let paths = found.text.split(whereSeparator: \.isNewline).map(String.init)
            guard found.isGood, let first = paths.first else {
                throw FilesystemFailure("no device has \(text)")
            }
            // What lies below a DRBD device shows the same name, and must never be mounted beside it.
            if paths.count == 1 { return first }
            let replicated = paths.filter { $0.hasPrefix("/dev/drbd") }
            guard replicated.count == 1 else {
                let all = paths.joined(separator: ", ")
                throw FilesystemFailure("\(text) is on \(all): name the device instead")
            }
            return replicated[0]
        case .directory, .network, .nothing: return nil
        }
    }

    /// Whether a mount shows it.
    ///
    /// `device` is its number where it is a device, `origin` the mount on which the directory lies where it is one.
    func isShown(by mount: Mount, device: DeviceNumber?, origin: BindOrigin?) -> Bool {
        switch self {
        case .device, .tag:
            guard let device else { return false }
            if mount.device == device { return true }
            // btrfs has a number of its own, and may lie on several devices.
            return mount.type == "btrfs" && Btrfs.isMember(device, of: mount.source)
        case .directory:
            guard let origin else { return false }
            return mount.device == origin.device && mount.root == origin.root
        case .network(let text): return mount.source.withoutSlash == text.withoutSlash
        case .nothing(let text): return mount.source == text
        }
    }
}

/// Filesystems that lie on several devices.
enum Btrfs {
    /// Whether a device belongs to the filesystem that was mounted by one of its devices, as /sys/fs/btrfs tells.
    static func isMember(_ device: DeviceNumber, of source: String) -> Bool {
        guard let mounted = Files.blockDevice(source) else { return false }
        if mounted == device { return true }
        let root = "/sys/fs/btrfs"
        for filesystem in (try? Files.list(root)) ?? [] {
            let members = (try? Files.list("\(root)/\(filesystem)/devices")) ?? []
            let numbers = members.compactMap { number("\(root)/\(filesystem)/devices/\($0)/dev") }
            if numbers.contains(mounted.description) {
                return numbers.contains(device.description)
            }
        }
        return false
    }

    private static func number(_ path: String) -> String? {
        (try? Files.read(path, maximum: 64)).map { String(decoding: $0, as: UTF8.self).trimmed }
    }
}

/// Where a bound directory truly lies.
struct BindOrigin: Hashable {
    /// The filesystem.
    var device: DeviceNumber
    /// The directory within it.
    var root: String

    /// From the mount that a directory lies on; nil when the table has none.
    init?(of directory: String, in table: MountTable) {
        let candidates = table.mounts.filter {
            directory == $0.directory || directory.hasPrefix($0.directory.asPrefix)
        }
        // The deepest, and of equal ones the last.
        var best: Mount?
        for mount in candidates
        where mount.directory.utf8.count >= best?.directory.utf8.count ?? 0 { best = mount }
        guard let best else { return nil }
        device = best.device
        let inside = directory.dropFirst(best.directory.asPrefix.count)
        root = inside.isEmpty ? best.root : best.root.asPrefix + inside
    }
}

extension String {
    /// Without a slash at its end, but for `/` itself.
    var withoutSlash: String {
        var text = self
        while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// A directory with one slash at its end.
    var asPrefix: String { self == "/" ? self : self + "/" }
}
