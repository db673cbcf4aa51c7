// How a DRBD resource stands, whole: what drbd-overview showed, and the generations by which two copies are compared.
// The program of the resource prints it, the room Daemon reads it, perhaps of a newer program: words that are not known
// are passed over. Gathering it is in DRBDResource+View.swift.

/// What `view` prints of one DRBD resource.
public struct DRBDView: Hashable, Sendable {
    /// One volume of it.
    public struct Volume: Hashable, Sendable {
        /// Its number.
        public var number: Int
        /// `/dev/drbd0`; nil where drbdadm does not say.
        public var device: String?
        /// The disk's state here: `UpToDate`.
        public var disk: String
        /// The disk's state there; nil where it is not told.
        public var peerDisk: String?
        /// How much of a resynchronisation is done, in hundredths of a per cent; nil where there is none.
        public var done: Int?
        /// Where it is mounted; nil where it is not.
        public var mount: String?
        /// The filesystem's type; nil where it is not mounted.
        public var filesystem: String?
        /// The filesystem's size in bytes, and what of it is in use; nil where it is not mounted.
        public var size: Int64?
        /// See `size`.
        public var used: Int64?

        /// Makes a volume that is not mounted.
        public init(number: Int, device: String?, disk: String, peerDisk: String? = nil) {
            self.number = number
            self.device = device
            self.disk = disk
            self.peerDisk = peerDisk
        }
    }

    /// Its name.
    public var name: String
    /// The kernel's DRBD: `8.4.11`; nil where it does not say.
    public var version: String?
    /// This node's role: `Primary`.
    public var role: String
    /// The peer's; nil where it is not told.
    public var peerRole: String?
    /// The connection, or where there is one the replication: `Connected`, `SyncSource`.
    public var connection: String?
    /// The generations of the first volume (UUIDs): current, bitmap, and two of history.
    ///
    /// Without the lowest bit, which says who is primary; empty where they are not told.
    public var generations: [UInt64] = []
    /// Its volumes in the order of their numbers.
    public var volumes: [Volume] = []

    /// Makes one of which nothing more is known.
    public init(name: String, role: String) {
        self.name = name
        self.role = role
    }

    /// The most volumes of a resource.
    public static let volumesMaximum = 64
    /// The most resources of a text.
    public static let resourcesMaximum = 64

    // MARK: Text

    /// Lines, each ended by a newline; texts that are last on their line may hold blanks.
    ///
    /// ```text
    /// resource=r0 version=8.4.11 role=Primary peer-role=Secondary connection=SyncSource generations=A4:A2:0:0
    /// volume=0 disk=UpToDate peer-disk=Inconsistent done=714 device=/dev/drbd0
    /// mounted=ext3 size=264241152 used=1234944 directory=/mnt/drbd
    /// ```
    public var text: String {
        var words = ["resource=\(name)"]
        if let version { words.append("version=\(version)") }
        words.append("role=\(role)")
        if let peerRole { words.append("peer-role=\(peerRole)") }
        if let connection { words.append("connection=\(connection)") }
        if !generations.isEmpty {
            let text = generations.map { String($0, radix: 16, uppercase: true) }
            words.append("generations=\(text.joined(separator: ":"))")
        }
        var lines = [words.joined(separator: " ")]
        for volume in volumes {
            var words = ["volume=\(volume.number)", "disk=\(volume.disk)"]
            if let disk = volume.peerDisk { words.append("peer-disk=\(disk)") }
            if let done = volume.done { words.append("done=\(done)") }
            if let device = volume.device { words.append("device=\(device)") }
            lines.append(words.joined(separator: " "))
            guard let directory = volume.mount else { continue }
            words = ["mounted=\(volume.filesystem ?? "")"]
            if let size = volume.size { words.append("size=\(size)") }
            if let used = volume.used { words.append("used=\(used)") }
            let shown = directory.split(whereSeparator: \.isNewline).joined(separator: " ")
            lines.append((words + ["directory=\(shown)"]).joined(separator: " "))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads what `view` printed; what is no such line is passed over.
    ///
    /// - Parameter text: Lines of several resources, one after another.
    /// - Returns: The resources; at most `resourcesMaximum`, of at most `volumesMaximum` volumes each.
    public static func parse(_ text: String) -> [DRBDView] {
        var views: [DRBDView] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = Self.fields(line)
            switch fields.first?.key {
            case "resource" where views.count < resourcesMaximum:
                if let view = DRBDView(fields) { views.append(view) }
            case "volume":
                guard let last = views.indices.last, let volume = Volume(fields),
                    views[last].volumes.count < volumesMaximum
                else { continue }
                views[last].volumes.append(volume)
            case "mounted":
                guard let last = views.indices.last, let volume = views[last].volumes.indices.last
                else { continue }
                views[last].volumes[volume].note(mounted: fields)
            default: continue
            }
        }
        return views
    }

    /// `KEY=WORD KEY=WORD`; `device` and `directory` take the rest of the line.
    fileprivate static func fields(_ line: Substring) -> [(key: Substring, value: String)] {
        var fields: [(key: Substring, value: String)] = []
        var rest = line
        while let equals = rest.firstIndex(of: "=") {
            let key = rest[..<equals]
            let tail = rest[rest.index(after: equals)...]
            let isLast = key == "device" || key == "directory"
            let value = isLast ? tail : tail.prefix { $0 != " " }
            fields.append((key, String(value)))
            rest = tail.dropFirst(value.count).drop { $0 == " " }
        }
        return fields
    }

    private init?(_ fields: [(key: Substring, value: String)]) {
        self.init(name: "", role: "")
        for (key, value) in fields where !value.isEmpty {
            switch key {
            case "resource": name = value
            case "version": version = value
            case "role": role = value
            case "peer-role": peerRole = value
            case "connection": connection = value
            case "generations":
                let numbers = value.split(separator: ":").map { UInt64($0, radix: 16) }
                guard numbers.count <= 4, !numbers.contains(nil) else { return nil }
                generations = numbers.compactMap { $0.map { $0 & ~1 } }
            default: continue
            }
        }
        guard !name.isEmpty, !role.isEmpty else { return nil }
    }
}

extension DRBDView.Volume {
    fileprivate init?(_ fields: [(key: Substring, value: String)]) {
        self.init(number: -1, device: nil, disk: "")
        for (key, value) in fields where !value.isEmpty {
            switch key {
            case "volume": number = Int(value) ?? -1
            case "disk": disk = value
            case "peer-disk": peerDisk = value
            case "done": done = Int(value).flatMap { (0...10_000).contains($0) ? $0 : nil }
            case "device": device = value
            default: continue
            }
        }
        guard (0...65_535).contains(number), !disk.isEmpty else { return nil }
    }

    fileprivate mutating func note(mounted fields: [(key: Substring, value: String)]) {
        for (key, value) in fields where !value.isEmpty {
            switch key {
            case "mounted": filesystem = value
            case "size": size = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
            case "used": used = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
            case "directory": mount = value
            default: continue
            }
        }
    }
}
