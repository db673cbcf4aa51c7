// Who keeps a mount busy: open files, working directories, programs, mapped files, and other mount namespaces that
// show the same filesystem. Only links and texts of /proc are read, which wait for no disk: what is asked about may
// be a filesystem that hangs.

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
        /// Its mount namespace shows the filesystem too: it stays busy when it is unmounted here.
        case namespace = "has it mounted in a namespace of its own"
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

/// Looks for holders.
public enum MountHolders {
    /// Every process that keeps a mount busy; kernel threads and mounts on it are not among them.
    ///
    /// A process of which this one may see nothing is left out. Cost: a look at every open file of the machine,
    /// some 10 ms for 10,000.
    public static func find(_ mount: Mount) throws(SystemError) -> [MountHolder] {
        var namespaces: [String: Bool] = [:]
        var holders: [MountHolder] = []
        let own = link("/proc/self/ns/mnt")
        for name in try Files.list("/proc", maximum: 1_000_000) {
            guard let number = Int32(name) else { continue }
            let id = ProcessID(rawValue: number)
            guard let identity = try? ProcessIdentity(of: id) else { continue }
            let namespace = link("/proc/\(id)/ns/mnt")
            let hold: MountHolder.Hold?
            if namespace == own || namespace == nil {
                hold = find(mount, id)
            } else {
                hold = shows(mount, id, namespace ?? "", &namespaces) ? .namespace : nil
            }
            guard let hold else { continue }
            let words = (try? Files.read("/proc/\(id)/comm", maximum: 64)) ?? []
            let known = String(decoding: words.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            holders.append(MountHolder(process: identity, name: known, hold: hold))
        }
        return holders
    }

    /// Whether another namespace shows the filesystem; each is asked once.
    private static func shows(
        _ mount: Mount,
        _ id: ProcessID,
        _ namespace: String,
        _ known: inout [String: Bool]
    ) -> Bool {
        if let answer = known[namespace] { return answer }
        guard let table = try? MountTable(of: id) else { return false }
        let answer = !table.mounts(of: mount.device).isEmpty
        known[namespace] = answer
        return answer
    }

    private static func find(_ mount: Mount, _ id: ProcessID) -> MountHolder.Hold? {
        for name in ["cwd", "root"] {
            if let path = link("/proc/\(id)/\(name)"), isInside(path, mount.directory) {
                return .directory
            }
        }
        if let path = link("/proc/\(id)/exe"), isInside(path, mount.directory) { return .program }
        for name in (try? Files.list("/proc/\(id)/fdinfo", maximum: 1_000_000)) ?? [] {
            // It may be closed meanwhile.
            guard let text = try? Files.read("/proc/\(id)/fdinfo/\(name)", maximum: 1 << 20) else {
                continue
            }
            if mountID(inText: text) == mount.id { return .file }
        }
        guard let maps = try? Files.read("/proc/\(id)/maps", maximum: 1 << 24) else { return nil }
        let device = mount.device.mapsText
        let isMapped = maps.split(separator: UInt8(ascii: "\n")).contains { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count == 6 && fields[3].elementsEqual(device.utf8)
        }
        return isMapped ? .program : nil
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

    /// Whether a path is a directory or lies in it; a removed file has ` (deleted)` behind its name.
    private static func isInside(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory == "/" ? "/" : directory + "/")
    }

    /// Where a link of /proc leads, in the kernel's words; nil when it cannot be seen.
    private static func link(_ path: String) -> String? { try? Files.link(path) }
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
