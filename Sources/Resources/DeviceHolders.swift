// Who keeps a block device open, for the sentence about a device that cannot be let go of: mounts in any namespace,
// processes, swap, and devices that lie on it. Only /proc and /sys are read.

import Linux

/// Looks for holders of devices.
enum DeviceHolders {
    /// At most so many are named.
    static let countMaximum = 8

    /// Whether another device, or swap, lies on it.
    static func liesBelow(_ device: String) -> Bool {
        let resolved = (try? Files.resolved(device)) ?? device
        let name = resolved.split(separator: "/").last.map(String.init) ?? resolved
        let above = (try? Files.list("/sys/class/block/\(name)/holders")) ?? []
        let swaps = (try? Files.read("/proc/swaps", maximum: 65536)) ?? []
        return !above.isEmpty
            || swaps.split(separator: UInt8(ascii: "\n")).contains {
                $0.starts(with: (resolved + " ").utf8)
            }
    }

    /// In words: `mount /mnt/drbd`, `mysqld (4711)`, `swap`, `device dm-0`.
    static func find(_ devices: [String]) -> [String] {
        var found: [String] = []
        let numbers = devices.compactMap(Files.blockDevice)
        for device in devices {
            let name = device.split(separator: "/").last.map(String.init) ?? device
            let above = (try? Files.list("/sys/block/\(name)/holders")) ?? []
            found += above.map { "device \($0)" }
        }
        let swaps = (try? Files.read("/proc/swaps", maximum: 65536)) ?? []
        for line in swaps.split(separator: UInt8(ascii: "\n")) {
            let path = line.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            let text = String(decoding: path, as: UTF8.self)
            if let number = Files.blockDevice(text), numbers.contains(number) {
                found.append("swap \(text)")
            }
        }
        var namespaces: Set<String> = []
        for name in (try? Files.list("/proc", maximum: 1_000_000)) ?? [] {
            guard let number = Int32(name), found.count < countMaximum else { continue }
            let id = ProcessID(rawValue: number)
            if let namespace = try? Files.link("/proc/\(id)/ns/mnt"),
                namespaces.insert(namespace).inserted, let table = try? MountTable(of: id)
            {
                for mount in table.mounts where numbers.contains(mount.device) {
                    found.append("mount \(mount.directory) (seen by process \(id))")
                }
            }
            let files = (try? Files.list("/proc/\(id)/fd", maximum: 1_000_000)) ?? []
            for file in files {
                guard let path = try? Files.link("/proc/\(id)/fd/\(file)"), path.hasPrefix("/dev/"),
                    let device = Files.blockDevice(path), numbers.contains(device)
                else { continue }
                let comm = (try? Files.read("/proc/\(id)/comm", maximum: 64)) ?? []
                found.append("\(String(decoding: comm, as: UTF8.self).trimmed) (\(id))")
                break
            }
        }
        return Array(found.prefix(countMaximum))
    }
}
