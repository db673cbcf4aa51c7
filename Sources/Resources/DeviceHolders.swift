// Who keeps a block device open, for the sentence about a device that cannot be let go of: mounts in any namespace,
// processes, swap, and devices that lie on it. Only /proc and /sys are read.

import Linux

/// Looks for holders of devices.
enum DeviceHolders {
    /// At most so many are named.
    static let countMaximum = 8

    /// What else lies on a device, in words: `device dm-0`, `swap /dev/sda2`.
    static func above(_ device: String) -> [String] {
        let resolved = (try? Files.resolved(device)) ?? device
        let name = resolved.split(separator: "/").last.map(String.init) ?? resolved
        let devices = (try? Files.list("/sys/class/block/\(name)/holders")) ?? []
        let number = Files.blockDevice(device)
        let swaps = (try? Files.read("/proc/swaps", maximum: 65536)) ?? []
        let areas = swaps.split(separator: UInt8(ascii: "\n")).map { line in
            let path = line.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            return String(decoding: path, as: UTF8.self)
        }
        return devices.map { "device \($0)" }
            + areas.filter { number != nil && Files.blockDevice($0) == number }.map { "swap \($0)" }
    }

    /// In words: `mount /mnt/drbd`, `mysqld (4711)`, `swap /dev/sda2`, `device dm-0`.
    static func find(_ devices: [String]) -> [String] {
        var found = devices.flatMap(above)
        let numbers = devices.compactMap(Files.blockDevice)
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
                found.append("\(id.name) (\(id))")
                break
            }
        }
        return Array(found.prefix(countMaximum))
    }
}
