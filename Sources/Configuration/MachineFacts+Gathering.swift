// Which facts of a machine the groups make interesting, asked of whoever can look: what a group runs, mounts and keeps
// its data in. Nothing is opened here; how a machine is looked at is `MachineLook`, which the caller fills.

/// How a machine is looked at; paths are absolute.
public struct MachineLook {
    /// The names in a directory; none where there is no directory.
    public var list: (String) -> [String]
    /// Where a symbolic link leads, as it is written there; nil for anything else.
    public var link: (String) -> String?
    /// A small file; nil where it cannot be read.
    public var read: (String) -> [UInt8]?
    /// The number of the user whose a path is; nil where nothing is.
    public var owner: (String) -> UInt32?
    /// Whether a path leads to an executable file.
    public var isExecutable: (String) -> Bool
    /// Whether a path leads to anything.
    public var exists: (String) -> Bool
    /// Whether the kernel can cut connections; nil: nobody can tell.
    public var cutsConnections: Bool?
    /// Whether the kernel can close addresses; nil: nobody can tell.
    public var filtersPackets: Bool?

    /// Puts together the ways to look.
    public init(
        list: @escaping (String) -> [String],
        link: @escaping (String) -> String?,
        read: @escaping (String) -> [UInt8]?,
        owner: @escaping (String) -> UInt32?,
        isExecutable: @escaping (String) -> Bool,
        exists: @escaping (String) -> Bool,
        cutsConnections: Bool? = nil,
        filtersPackets: Bool? = nil
    ) {
        self.list = list
        self.link = link
        self.read = read
        self.owner = owner
        self.isExecutable = isExecutable
        self.exists = exists
        self.cutsConnections = cutsConnections
        self.filtersPackets = filtersPackets
    }

    /// As many links one after the other as the kernel follows.
    private static let linkMaximum = 40

    /// A path without links, as far as there are any; a loop ends where it is found.
    func traced(_ path: String) -> String {
        var waiting = path.split(separator: "/").map(String.init)[...]
        var done: [String] = []
        var followed = 0
        while let part = waiting.popFirst() {
            if part == "." { continue }
            if part == ".." {
                _ = done.popLast()
                continue
            }
            let here = "/" + (done + [part]).joined(separator: "/")
            guard followed < MachineLook.linkMaximum, let target = link(here) else {
                done.append(part)
                continue
            }
            followed += 1
            if target.hasPrefix("/") { done = [] }
            waiting = (target.split(separator: "/").map(String.init) + waiting)[...]
        }
        return "/" + done.joined(separator: "/")
    }
}

extension MachineFacts {
    /// What a machine says about what groups own.
    ///
    /// Cost: some hundred system calls that may wait for a disk.
    ///
    /// - Parameters:
    ///   - groups: of haresources.
    ///   - lookup: where programs of resources are looked for.
    ///   - look: the machine.
    public init(of groups: [ResourceGroup], _ lookup: ResourceLookup, _ look: MachineLook) {
        self.init()
        let resources = groups.flatMap(\.resources).filter { !$0.isOfAddresses && !$0.isMonitor }
        cutsConnections = look.cutsConnections
        filtersPackets = look.filtersPackets
        guard !resources.isEmpty else { return }
        gatherPrograms(resources, lookup, look)
        gatherLinks(lookup, look)
        gatherSettings(resources, look)
        gatherPlaces(groups, look)
        gatherUsers(resources, look)
        gatherCronFiles(resources, look)
        let devices = resources.filter { $0.type == "Filesystem" }.compactMap(\.arguments.first)
        if !devices.isEmpty {
            gatherDeviceNames(devices, look)
            fstab = look.read(Fstab.path).map { ConfigurationFile(name: Fstab.path, bytes: $0) }
        }
    }

    private mutating func gatherPrograms(
        _ resources: [Resource],
        _ lookup: ResourceLookup,
        _ look: MachineLook
    ) {
        for resource in resources where !programs.contains(where: { $0.type == resource.type }) {
            let program = lookup.program(
                type: resource.type,
                arguments: resource.arguments,
                isExecutable: look.isExecutable,
                exists: look.exists
            )
            switch program?.kind {
            case .unit:
                guard let unit = program?.arguments.first else { continue }
                programs.append(Program(type: resource.type, kind: .unit, name: unit))
            case .initScript:
                programs.append(
                    Program(type: resource.type, kind: .initScript, name: resource.type)
                )
            case .resourceScript, .builtIn, .agent, nil: continue
            }
        }
    }

    /// The holder's file, or the copy beside it.
    private mutating func gatherCronFiles(_ resources: [Resource], _ look: MachineLook) {
        for path in resources.filter({ $0.type == "cronfile" }).compactMap(\.arguments.first) {
            let live = look.read(path)
            let bytes = live ?? look.read(CronFileFact.beside(path, "standby"))
            guard let bytes, bytes.count <= CronFileFact.sizeMaximum else { continue }
            cronFiles.append(CronFileFact(path: path, isLive: live != nil, bytes: bytes))
        }
    }

    /// What systemd keeps of `enable`, then System V's links.
    private mutating func gatherLinks(_ lookup: ResourceLookup, _ look: MachineLook) {
        func take(_ directory: String, where isWanted: (String) -> Bool) {
            for name in look.list(directory) where isWanted(name) {
                guard let target = look.link("\(directory)/\(name)") else { continue }
                links.append(Link(path: "\(directory)/\(name)", target: target))
            }
        }
        let systemd = "/etc/systemd/system"
        for directory in look.list(systemd)
        where directory.hasSuffix(".wants") || directory.hasSuffix(".requires") {
            take("\(systemd)/\(directory)") { _ in true }
        }
        // /lib is /usr/lib on a machine of today, and each alias would be there twice.
        for directory in lookup.unitDirectories where look.traced(directory) == directory {
            take(directory) { $0.hasSuffix(".service") }
        }
        for level in ["S", "2", "3", "4", "5"] {
            take("/etc/rc\(level).d") { $0.hasPrefix("S") }
        }
    }

    private mutating func gatherSettings(_ resources: [Resource], _ look: MachineLook) {
        guard resources.contains(where: { $0.database == .mysql && $0.arguments.isEmpty }),
            let found = MySQLOptionFiles.dataDirectory(look)
        else { return }
        dataSettings.append(
            DataSetting(database: Database.mysql.rawValue, path: found.path, file: found.file)
        )
    }

    private mutating func gatherPlaces(_ groups: [ResourceGroup], _ look: MachineLook) {
        for group in groups {
            for path in group.filesystemDirectories + dataPlaces(of: group).map(\.path)
            where !places.contains(where: { $0.path == path }) {
                let resolved = look.traced(path)
                places.append(Place(path: path, resolved: resolved, owner: look.owner(resolved)))
            }
        }
    }

    private mutating func gatherUsers(_ resources: [Resource], _ look: MachineLook) {
        guard let passwd = look.read("/etc/passwd") else { return }
        let data = Set(resources.compactMap(\.dataDirectory))
        let owners = Set(places.filter { data.contains($0.path) }.compactMap(\.owner))
        let named = Set(resources.flatMap(\.namedUsers))
        users = Passwd.parse(passwd).filter { named.contains($0.name) || owners.contains($0.id) }
    }

    /// Where udev and DRBD put names of devices, and which tag of mount(8) each stands for.
    private static let nameDirectories: [(path: String, tag: String?)] = [
        ("/dev/disk/by-uuid", "UUID="), ("/dev/disk/by-label", "LABEL="),
        ("/dev/disk/by-partuuid", "PARTUUID="), ("/dev/disk/by-partlabel", "PARTLABEL="),
        ("/dev/disk/by-id", nil), ("/dev/disk/by-path", nil), ("/dev/mapper", nil),
        ("/dev/drbd/by-disk", nil),
    ]

    private mutating func gatherDeviceNames(_ devices: [String], _ look: MachineLook) {
        var targets: [String: [String]] = [:]
        for device in devices {
            var path = device
            for (directory, tag) in MachineFacts.nameDirectories {
                if let tag, device.hasPrefix(tag) {
                    path = "\(directory)/\(device.dropFirst(tag.count))"
                }
            }
            guard path.hasPrefix("/dev/") else { continue }
            let real = look.traced(path)
            targets[real, default: []].append(device)
            if real != device, look.exists(real) {
                deviceNames.append(DeviceName(device: device, name: real))
            }
        }
        var directories = MachineFacts.nameDirectories
        directories += look.list("/dev/drbd/by-res").map { ("/dev/drbd/by-res/\($0)", nil) }
        for (directory, tag) in directories {
            for name in look.list(directory) {
                let path = "\(directory)/\(name)"
                for device in targets[look.traced(path)] ?? [] {
                    for other in [path, tag.map { $0 + Self.unescaped(name) }].compactMap(\.self)
                    where other != device {
                        deviceNames.append(DeviceName(device: device, name: other))
                    }
                }
            }
        }
    }

    /// udev writes `\x20` for a blank in a label.
    private static func unescaped(_ name: String) -> String {
        guard name.contains("\\x") else { return name }
        var result = ""
        var rest = name[...]
        while let character = rest.popFirst() {
            if character == "\\", rest.first == "x",
                let value = UInt8(rest.dropFirst().prefix(2), radix: 16), value < 0x80
            {
                result.unicodeScalars.append(Unicode.Scalar(value))
                rest = rest.dropFirst(3)
            } else {
                result.append(character)
            }
        }
        return result
    }
}

/// Reading /etc/passwd (passwd(5)).
enum Passwd {
    /// More users than a server has.
    static let userMaximum = 100_000

    /// The users; a line that is none is left out.
    static func parse(_ bytes: [UInt8]) -> [MachineFacts.User] {
        bytes.split(separator: UInt8(ascii: "\n"), maxSplits: userMaximum).prefix(userMaximum)
            .compactMap { line in
                let fields = line.split(
                    separator: UInt8(ascii: ":"),
                    maxSplits: 4,
                    omittingEmptySubsequences: false
                )
                guard fields.count == 5, let name = String(validating: fields[0], as: UTF8.self),
                    !name.isEmpty, let id = number(fields[2]), let group = number(fields[3])
                else { return nil }
                return MachineFacts.User(name: name, id: id, group: group)
            }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        UInt32(String(decoding: digits, as: UTF8.self))
    }
}

/// Databases by the names that their types, scripts and units have.
enum Database: String, CaseIterable {
    case mysql
    case postgres

    /// Which one a resource type serves.
    init?(type: String) {
        let name = type.hasSuffix(".service") ? String(type.dropLast(8)) : type
        switch name {
        case "mysql", "mysqld", "mariadb", "mariadbd", "mysqld-max", "mysqld_safe": self = .mysql
        case "postgres", "postgresql", "pgsql": self = .postgres
        default:
            guard name.hasPrefix("postgresql@") else { return nil }
            self = .postgres
        }
    }

    /// What packages call its units and init scripts.
    var services: [String] {
        switch self {
        case .mysql: ["mariadb", "mysql", "mysqld"]
        case .postgres: ["postgresql"]
        }
    }

    /// Who runs it.
    var user: String {
        switch self {
        case .mysql: "mysql"
        case .postgres: "postgres"
        }
    }

    /// Where packages keep its data.
    var directory: String {
        switch self {
        case .mysql: "/var/lib/mysql"
        case .postgres: "/var/lib/postgresql"
        }
    }
}

extension Resource {
    /// Which database it is.
    var database: Database? { Database(type: type) }

    /// The data directory that it names.
    var dataDirectory: String? {
        guard database != nil, let first = arguments.first, first.hasPrefix("/") else { return nil }
        return first
    }

    /// Names that may be users: of a database its own, then whole arguments and values of options.
    var namedUsers: [String] {
        let words = arguments.flatMap { argument in
            argument.split(separator: ",").map { word in
                word.firstIndex(of: "=").map { String(word[word.index(after: $0)...]) }
                    ?? String(word)
            }
        }
        return words + [database?.user].compactMap(\.self)
    }
}

extension ResourceGroup {
    /// Where its filesystems are mounted.
    var filesystemDirectories: [String] {
        resources.filter { $0.type == "Filesystem" && $0.arguments.count > 1 }
            .map { $0.arguments[1] }
    }
}
