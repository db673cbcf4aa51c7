// What a machine is set up to do besides Baton, as far as it concerns the groups: what its boot starts and mounts, who
// its users are, where data directories lead. Values, and the text in which the other node tells its own. Who looks is
// `MachineFacts+Gathering`; what is wrong about it, `MachineCheck`.

/// The facts of one machine that haresources does not say.
public struct MachineFacts: Equatable, Sendable {
    /// A symbolic link.
    public struct Link: Equatable, Sendable {
        /// Where it is.
        public var path: String
        /// Where it leads, as it is written there.
        public var target: String
    }

    /// A path that haresources names, or a database has by custom.
    public struct Place: Equatable, Sendable {
        /// As it is named.
        public var path: String
        /// Without links, as far as there is something; what is not there stays as it is written.
        public var resolved: String
        /// Whose it is; nil where nothing is there now.
        public var owner: UInt32?
    }

    /// A user of /etc/passwd.
    public struct User: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The user's number.
        public var id: UInt32
        /// The number of the user's own group.
        public var group: UInt32
    }

    /// A resource type that the machine's service manager could start too.
    public struct Program: Equatable, Sendable {
        /// The type in haresources.
        public var type: String
        /// A unit, or an init script.
        public var kind: ProgramKind
        /// The unit with `.service`, the script without its directory.
        public var name: String
    }

    /// A name that a device of a Filesystem has besides.
    public struct DeviceName: Equatable, Sendable {
        /// The device as haresources names it.
        public var device: String
        /// A path, or `UUID=…` and the like.
        public var name: String
    }

    /// Where a database that haresources gives no directory is told to keep its data.
    public struct DataSetting: Equatable, Sendable {
        /// `mysql`.
        public var database: String
        /// The directory.
        public var path: String
        /// The file that says so.
        public var file: String
    }

    /// The node; nil: the one that checks.
    public var node: String?
    /// What the boot follows: `/etc/systemd/system/*.wants/*`, aliases of units, `/etc/rc?.d/S*`.
    public var links: [Link] = []
    /// Paths that are asked for, each once.
    public var places: [Place] = []
    /// What option files say of the data of databases, each database once.
    public var dataSettings: [DataSetting] = []
    /// Users that resources name or data belongs to, each once.
    public var users: [User] = []
    /// Types that are served by units and init scripts.
    public var programs: [Program] = []
    /// Other names of the groups' devices.
    public var deviceNames: [DeviceName] = []
    /// /etc/fstab; of the other node with its comments left out.
    public var fstab: ConfigurationFile?
    /// What `cronfile` resources have on it.
    public var cronFiles: [CronFileFact] = []
    /// Whether its kernel can cut connections (CONFIG_INET_DIAG_DESTROY); nil: nobody looked.
    public var cutsConnections: Bool?
    /// Whether its kernel can close addresses for others (nf_tables); nil: nobody looked.
    public var filtersPackets: Bool?

    /// Nothing is known.
    public init() {}
}

/// Cron jobs of a group, on one node.
public struct CronFileFact: Equatable, Sendable {
    /// The path that haresources names.
    public var path: String
    /// Whether it is there, where cron reads it; else it is the copy beside it.
    public var isLive: Bool
    /// What is in it.
    public var bytes: [UInt8]

    /// Bytes of a file at most.
    public static let sizeMaximum = 32768

    /// Makes it of its parts.
    public init(path: String, isLive: Bool, bytes: [UInt8]) {
        self.path = path
        self.isLive = isLive
        self.bytes = bytes
    }

    /// Beside `path`, under a name that no cron reads: `standby` is the copy of a node that does not hold the group,
    /// `agreed` what both nodes had last.
    public static func beside(_ path: String, _ end: String) -> String {
        let parts = path.split(separator: "/")
        return parts.dropLast().map { "/\($0)" }.joined() + "/.\(parts.last ?? "").\(end)"
    }

    /// The paths of the `cronfile` resources that a haresources names.
    public static func paths(in haresources: ConfigurationFile) -> [String] {
        HaresourcesParser.resources(in: haresources).filter { $0.type == "cronfile" }
            .compactMap(\.arguments.first)
    }

    /// As `MachineFacts.text` has it: path, `live` or `kept`, the bytes as hexadecimal numbers.
    fileprivate var words: [String] {
        let digits = Array("0123456789abcdef".utf8)
        let hex = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return ["cron", path, isLive ? "live" : "kept", String(decoding: hex, as: UTF8.self)]
    }

    fileprivate init?(_ words: [String]) {
        let hex = Array(words[3].utf8)
        guard hex.count.isMultiple(of: 2), hex.count <= 2 * Self.sizeMaximum,
            ["live", "kept"].contains(words[2])
        else { return nil }
        path = words[1]
        isLive = words[2] == "live"
        bytes = []
        for place in stride(from: 0, to: hex.count, by: 2) {
            let pair = String(decoding: hex[place...(place + 1)], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
    }
}

extension MachineFacts {
    /// More lines than any machine has to tell.
    static let lineMaximum = 20_000
    private static let title = "baton-machine 1"

    /// What the other node is told, as text.
    ///
    /// **Shape** `baton-machine 1`, then a line for each fact, its words separated by tabs:
    ///
    /// | word | then |
    /// |-|-|
    /// | `link` | path, target |
    /// | `place` | path, resolved path, owner's number or `-` |
    /// | `data` | database, its data directory, the file that says so |
    /// | `user` | name, number, group's number |
    /// | `program` | resource type, `ProgramKind` as a number, name |
    /// | `device` | device, another name of it |
    /// | `cron` | path of a `cronfile`, `live` or `kept`, its bytes as hexadecimal numbers |
    /// | `cut`, `filter` | `1` or `0` |
    /// | `fstab` | the next line of /etc/fstab; nothing for a comment; passwords as `***` |
    ///
    /// A fact with a tab or a line end in it is left out, an unknown word skipped.
    public var text: String {
        var lines = [MachineFacts.title]
        func put(_ words: String...) { put(all: words) }
        func put(all words: [String]) {
            let isWhole = !words.contains { word in
                word.unicodeScalars.contains { $0 == "\t" || $0 == "\n" || $0 == "\r" }
            }
            if isWhole { lines.append(words.joined(separator: "\t")) }
        }
        for link in links { put("link", link.path, link.target) }
        for place in places {
            put("place", place.path, place.resolved, place.owner.map(String.init) ?? "-")
        }
        for setting in dataSettings { put("data", setting.database, setting.path, setting.file) }
        for user in users { put("user", user.name, "\(user.id)", "\(user.group)") }
        for program in programs {
            put("program", program.type, "\(program.kind.rawValue)", program.name)
        }
        for device in deviceNames { put("device", device.device, device.name) }
        for file in cronFiles { put(all: file.words) }
        if let cutsConnections { put("cut", cutsConnections ? "1" : "0") }
        if let filtersPackets { put("filter", filtersPackets ? "1" : "0") }
        if let fstab {
            for line in Fstab.toldLines(fstab) { lines.append("fstab\t" + line) }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads what a node told; nil where it is nothing of the kind.
    ///
    /// - Parameters:
    ///   - bytes: as `text` has it; any are safe.
    ///   - node: who told it.
    public init?(text bytes: [UInt8], node: String) {
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", maxSplits: MachineFacts.lineMaximum)
        guard lines.first == Substring(MachineFacts.title) else { return nil }
        self.init()
        self.node = node
        var fstabLines: [Substring]?
        for line in lines.dropFirst().prefix(MachineFacts.lineMaximum - 1) {
            let words = line.split(separator: "\t", omittingEmptySubsequences: false)
            if words[0] == "fstab" {
                fstabLines = (fstabLines ?? []) + [line.dropFirst("fstab\t".count)]
            } else {
                take(words.map(String.init))
            }
        }
        fstab = fstabLines.map { lines in
            ConfigurationFile(
                name: "\(node):\(Fstab.path)",
                text: lines.map { $0 + "\n" }.joined()
            )
        }
    }

    private mutating func take(_ words: [String]) {
        switch (words[0], words.count) {
        case ("link", 3): links.append(Link(path: words[1], target: words[2]))
        case ("place", 4):
            places.append(
                Place(path: words[1], resolved: words[2], owner: UInt32(words[3]))
            )
        case ("data", 4):
            dataSettings.append(
                DataSetting(database: words[1], path: words[2], file: words[3])
            )
        case ("user", 4):
            guard let id = UInt32(words[2]), let group = UInt32(words[3]) else { return }
            users.append(User(name: words[1], id: id, group: group))
        case ("program", 4):
            guard let kind = UInt8(words[2]).flatMap(ProgramKind.init(rawValue:)) else { return }
            programs.append(Program(type: words[1], kind: kind, name: words[3]))
        case ("device", 3): deviceNames.append(DeviceName(device: words[1], name: words[2]))
        case ("cron", 4): if let file = CronFileFact(words) { cronFiles.append(file) }
        case ("cut", 2): cutsConnections = words[1] == "1"
        case ("filter", 2): filtersPackets = words[1] == "1"
        default: break
        }
    }

    /// Where a group's databases keep their data, in the order of its resources.
    func dataPlaces(of group: ResourceGroup) -> [DataPlace] {
        group.resources.enumerated().compactMap { index, resource in
            if let directory = resource.dataDirectory {
                return DataPlace(index: index, path: directory, source: .arguments)
            }
            guard let database = resource.database, resource.arguments.isEmpty else { return nil }
            if let setting = dataSettings.first(where: { $0.database == database.rawValue }) {
                return DataPlace(index: index, path: setting.path, source: .file(setting.file))
            }
            return DataPlace(index: index, path: database.directory, source: .custom)
        }
    }

    /// Where a path leads on this machine, as far as it is known.
    func resolved(_ path: String) -> String {
        places.first { $0.path == path }?.resolved ?? path.plainPath
    }
}

/// Where a database of a group keeps its data.
struct DataPlace {
    /// Who says so.
    enum Source: Equatable {
        /// haresources.
        case arguments
        /// An option file of the server.
        case file(String)
        /// Nobody: packages have it so.
        case custom
    }

    /// The resource's place in its group.
    var index: Int
    /// The directory, as it is named there.
    var path: String
    /// Who names it.
    var source: Source
}

extension String {
    /// An absolute path without empty parts, `.` and `..`, links left as they are; other text as it is.
    var plainPath: String {
        guard hasPrefix("/") else { return self }
        var parts: [Substring] = []
        for part in split(separator: "/") where part != "." {
            if part == ".." {
                _ = parts.popLast()
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// What stands behind the last slash.
    var lastPart: String { split(separator: "/").last.map(String.init) ?? self }

    /// Whether it is a directory or lies below it; both without links.
    func isInside(_ directory: String) -> Bool {
        self == directory || directory == "/" || hasPrefix(directory + "/")
    }
}
