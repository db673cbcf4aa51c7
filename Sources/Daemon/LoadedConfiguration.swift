// The configuration as the daemon's processes use it: read from the disk once, kept as bytes in shared
// memory, and made of those bytes by each new loop or keeper, so that a restart never waits for a disk
// nor meets a half-edited file. What directives mean is the room Configuration's.

import Configuration
import Failover
import Linux
import Resources
import Wire

/// One configuration, ready for the loop.
struct LoadedConfiguration {
    /// What the files say.
    let cluster: ClusterConfiguration
    /// The core's tables.
    let settings: Settings
    /// The heartbeat paths, one for each of `settings.links`.
    let paths: [HeartbeatPath]
    /// By group and resource: the addresses, where it is some.
    var wishes: [[[AddressWish]?]]
    /// The keys.
    let keyring: Keyring
    /// By group: all its addresses.
    var groupWishes: [[AddressWish]] { wishes.map { $0.flatMap { $0 ?? [] } } }
    /// How datagrams are authenticated.
    var authentication: Authentication { .hmac(keyring) }

    /// Why files are no configuration, in words for the administrator.
    struct Refusal: Error, Equatable {
        var text: String
    }

    /// Makes the configuration of files.
    ///
    /// - Parameters:
    ///   - files: what is there.
    ///   - node: this node's name.
    ///   - ownAddresses: of this machine; `ucast` lines that name one are the peer's.
    /// - Returns: the configuration and what is worth saying about the files, line by line.
    static func make(
        _ files: ConfigurationFiles,
        node: String,
        ownAddresses: [Failover.IPAddress]
    ) -> Result<(LoadedConfiguration, [Diagnostic]), Refusal> {
        let check = ConfigurationCheck(files, node: node)
        guard let cluster = check.configuration else {
            return .failure(Refusal(text: Diagnostic.text(check.diagnostics)))
        }
        let links = cluster.links(ownAddresses: ownAddresses)
        guard !links.isEmpty else {
            return .failure(
                Refusal(text: "ha.cf: error: every ucast line names an address of this machine\n")
            )
        }
        do {
            let loaded = LoadedConfiguration(
                cluster: cluster,
                settings: cluster.settings(ownAddresses: ownAddresses),
                paths: try links.map(path),
                wishes: try cluster.groups.map { group throws(Refusal) in
                    try group.resources.map { resource throws(Refusal) in
                        try resource.addresses?.map(wish)
                    }
                },
                keyring: try keyring(cluster.keys)
            )
            return .success((loaded, check.diagnostics))
        } catch {
            return .failure(error)
        }
    }

    private static func path(_ link: HeartbeatLink) throws(Refusal) -> HeartbeatPath {
        let device = try device(link.device, "ha.cf")
        let destination: DeviceSocket.Destination =
            switch link.medium {
            case .broadcast: .broadcast
            case .unicast(let peer): .unicast(Linux.IPAddress(peer))
            case .multicast(let group, let hops, let loops):
                .multicast(Linux.IPAddress(group), hops: hops, loops: loops)
            }
        return HeartbeatPath(device: device, port: link.port, destination: destination)
    }

    private static func wish(_ wanted: AddressSpecification) throws(Refusal) -> AddressWish {
        var wish = AddressWish(address: Linux.IPAddress(wanted.address))
        wish.prefixLength = wanted.prefixLength.map(UInt8.init(clamping:))
        wish.label = wanted.label
        if let name = wanted.device { wish.device = try device(name, "haresources") }
        if let broadcast = wanted.broadcast, case .v4(let address) = Linux.IPAddress(broadcast) {
            wish.broadcast = address
        }
        return wish
    }

    private static func device(_ name: String, _ file: String) throws(Refusal) -> DeviceName {
        guard let device = DeviceName(rawValue: name) else {
            throw Refusal(text: "\(file): error: \(name) cannot be the name of a device\n")
        }
        return device
    }

    /// The keys that prove something; `crc` does not, so it is left out here as everywhere.
    private static func keyring(_ keys: AuthenticationKeys) throws(Refusal) -> Keyring {
        let usable = keys.keys.compactMap { key in
            Wire.AuthenticationMethod(rawValue: key.method.rawValue).map { method in
                Wire.AuthenticationKey(id: key.id, method: method, secret: key.secret)
            }
        }
        do {
            return try Keyring(keys: usable, signing: keys.signingID)
        } catch {
            throw Refusal(text: "authkeys: error: \(error)\n")
        }
    }
}

/// Configuration files between the disk and shared memory.
enum ConfigurationStore {
    /// The largest file that is read.
    static let fileMaximum = 200_000
    /// What is said of files that the shared memory has no room for.
    static let tooLarge =
        "the configuration is larger than 1 MiB: shorten the lists of addresses, their comments first\n"

    /// Reads the files of an instance; waits for the disk.
    ///
    /// A file that is there and cannot be read is a refusal, not a missing file.
    static func read(
        _ paths: DaemonPaths
    ) -> Result<ConfigurationFiles, LoadedConfiguration.Refusal> {
        do {
            let haresources = try read(paths.haresources)
            return .success(
                ConfigurationFiles(
                    haCf: try read(paths.haCf),
                    haresources: haresources,
                    authkeys: try read(paths.authkeys),
                    monCf: try read(paths.monitors),
                    agents: haresources.flatMap(advice),
                    lists: try haresources.map(lists) ?? []
                )
            )
        } catch {
            return .failure(LoadedConfiguration.Refusal(text: "\(error.object): error: \(error)\n"))
        }
    }

    private static func read(_ path: String) throws(SystemError) -> ConfigurationFile? {
        do {
            let bytes = try Files.read(path, maximum: fileMaximum)
            return ConfigurationFile(name: path, bytes: bytes, mode: Files.mode(path))
        } catch {
            if error.errno == .notFound { return nil }
            throw error
        }
    }

    private static func lists(
        _ haresources: ConfigurationFile
    ) throws(SystemError) -> [ConfigurationFile] {
        var found: [ConfigurationFile] = []
        for path in AddressList.paths(in: haresources) {
            if let file = try read(path) { found.append(file) }
        }
        return found
    }

    /// How long each agent is asked for its meta-data, in nanoseconds; one that says nothing is called as any script.
    private static let adviceLimit: Int64 = 5_000_000_000

    private static func advice(_ haresources: ConfigurationFile) -> ConfigurationFile? {
        let lines = OCFMetaData.types(in: haresources).map { type in
            guard let agent = OCFAgent(type: type) else { return "" }
            let answer = Tool("env").answer(
                ["OCF_ROOT=\(OCFAgent.root)", agent.path, "meta-data"],
                until: BootClock.now &+ adviceLimit
            )
            return OCFMetaData.advice(type: type, metaData: answer.text)
        }
        let text = lines.joined()
        return text.isEmpty ? nil : ConfigurationFile(name: "meta-data", text: text)
    }

    /// **Shape** for each file in turn, the lists last: 1 and name, mode + 1 (0 for unknown), bytes; or 0 for no file.
    static func encode(_ files: ConfigurationFiles) -> [UInt8] {
        var writer = MessageWriter()
        for file in [
            files.haCf, files.haresources, files.authkeys, files.monCf, files.agents,
        ] + files.lists {
            writer.put(UInt64(file == nil ? 0 : 1))
            guard let file else { continue }
            writer.put(file.name)
            writer.put(file.mode.map { UInt64($0) + 1 } ?? 0)
            writer.put(file.bytes)
        }
        return writer.bytes
    }

    /// The files of such bytes; `nil` when they are not whole.
    static func decode(_ bytes: [UInt8]) -> ConfigurationFiles? {
        var reader = MessageReader(bytes)
        var files: [ConfigurationFile?] = []
        while files.count < 5 || !reader.isAtEnd {
            guard let isThere = reader.number() else { return nil }
            guard isThere == 1 else {
                files.append(nil)
                continue
            }
            guard let name = reader.text(), let mode = reader.number(), let bytes = reader.data()
            else { return nil }
            files.append(
                ConfigurationFile(
                    name: name,
                    bytes: bytes,
                    mode: mode == 0 ? nil : UInt32(truncatingIfNeeded: mode - 1)
                )
            )
        }
        return ConfigurationFiles(
            haCf: files[0],
            haresources: files[1],
            authkeys: files[2],
            monCf: files[3],
            agents: files[4],
            lists: files.dropFirst(5).compactMap(\.self)
        )
    }
}
