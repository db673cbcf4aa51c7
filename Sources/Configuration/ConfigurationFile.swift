// The files of one node as this room receives them: names and bytes. Whoever read them from a disk
// or from the peer gives them; nothing here opens a file.

/// One file's name and content.
public struct ConfigurationFile: Equatable, Sendable {
    /// What diagnostics call it: `ha.cf`, or a path.
    public var name: String
    /// The content; any bytes at all are safe.
    public var bytes: [UInt8]
    /// The permission bits, where the caller knows; only those of authkeys are looked at.
    public var mode: UInt32?

    /// Makes a file from its bytes.
    public init(name: String, bytes: [UInt8], mode: UInt32? = nil) {
        self.name = name
        self.bytes = bytes
        self.mode = mode
    }

    /// Makes a file from text.
    public init(name: String, text: String, mode: UInt32? = nil) {
        self.init(name: name, bytes: Array(text.utf8), mode: mode)
    }
}

/// The files of one node; nil for one that is not there.
public struct ConfigurationFiles: Equatable, Sendable {
    /// `ha.cf`: required.
    public var haCf: ConfigurationFile?
    /// `haresources`: required.
    public var haresources: ConfigurationFile?
    /// `authkeys`: required, mode 0600.
    public var authkeys: ConfigurationFile?
    /// `mon.cf`: optional.
    public var monCf: ConfigurationFile?
    /// What the agents that haresources names advise (`OCFMetaData`): no file, but as old as the others.
    public var agents: ConfigurationFile?
    /// The lists of addresses that haresources names (`AddressList.paths`), by their paths; one that cannot be read is
    /// left out.
    public var lists: [ConfigurationFile]
    /// drbd.conf and what it includes, in order: only looked at where a group moves DRBD resources.
    public var drbd: [ConfigurationFile]
    /// Names of the scripts in the configuration's own `resource.d`, as far as the caller knows.
    public var scripts: Set<String>

    /// Makes the set.
    public init(
        haCf: ConfigurationFile? = nil,
        haresources: ConfigurationFile? = nil,
        authkeys: ConfigurationFile? = nil,
        monCf: ConfigurationFile? = nil,
        agents: ConfigurationFile? = nil,
        lists: [ConfigurationFile] = [],
        drbd: [ConfigurationFile] = [],
        scripts: Set<String> = []
    ) {
        self.haCf = haCf
        self.haresources = haresources
        self.authkeys = authkeys
        self.monCf = monCf
        self.agents = agents
        self.lists = lists
        self.drbd = drbd
        self.scripts = scripts
    }
}
