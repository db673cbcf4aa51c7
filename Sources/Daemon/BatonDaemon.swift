// The beginning of the daemon: arguments, configuration, directories, lock, durable numbers, and then
// the first fork. After it this process is the keeper.

import Configuration
import Failover
import Linux
import Wire

/// The daemon as its executable starts it.
public enum BatonDaemon {
    /// The version, as `version` on the control socket says it.
    public static let version = "0.1.0"

    /// Runs the daemon in this process until it has ended.
    ///
    /// - Parameter arguments: the command line, the program's name first.
    /// - Returns: the exit code: 0 ended in order, 1 failed, 2 usage or configuration error.
    public static func run(_ arguments: [String]) -> Int32 {
        switch DaemonOptions.parse(Array(arguments.dropFirst())) {
        case .help(let text):
            StandardError.write(text)
            return 0
        case .usageError(let text):
            StandardError.write(text)
            return 2
        case .run(let options):
            do {
                return try begin(options, arguments)
            } catch {
                StandardError.write("batond: not started: \(error)\(remedy(error.errno))\n")
                return 1
            }
        }
    }

    /// What to do about an error that ends the daemon before it has begun; nothing where the error says it.
    private static func remedy(_ errno: Errno) -> String {
        switch errno {
        case .noSpace: "; make room on that disk (df -h), then: systemctl start batond"
        case .readOnly: "; see why that disk is read-only (dmesg), then: systemctl start batond"
        case .accessDenied, .notPermitted: "; batond is to run as root"
        default: ""
        }
    }

    private static func begin(
        _ options: DaemonOptions,
        _ arguments: [String]
    ) throws(SystemError) -> Int32 {
        // Some daemons reopen their logs at a user signal; here it must not end a process.
        for signal in [Signal.pipe, .user1, .user2] { try signal.ignore() }
        let paths = DaemonPaths(
            options,
            directory: ThisProcess.environment("PWD") ?? "/",
            exists: Files.exists
        )
        let node = try nodeName(options)
        guard let files = readConfiguration(paths, node: node) else { return 2 }
        try makeDirectories(paths)
        guard let lock = takeLock(paths) else { return 1 }
        let shared = try SharedState()
        guard shared.configuration.store(files) else {
            StandardError.write(
                "\(paths.configuration): error: \(ConfigurationStore.tooLarge)batond: not started\n"
            )
            return 2
        }
        try reserveIncarnations(paths, shared)
        try readRecord(paths, shared)
        if let memory = try? Files.read(paths.monitorMemory, maximum: MonitorMemory.countMaximum) {
            shared.monitors.store(memory)
        }
        guard let boot = BootID(bytes: try Machine.bootID()) else { return 1 }
        let strange = strangeAddresses(shared, node: node, boot: boot)
        guard strange.isEmpty else {
            StandardError.write(strange)
            return 2
        }
        // Read the time zone before any process is in a hurry.
        _ = LogLine.localTime(WallClock.now)
        let context = DaemonContext(
            arguments: arguments,
            options: options,
            paths: paths,
            node: node.lowercased(),
            boot: boot,
            shared: shared,
            lock: lock,
            manager: ServiceManager.ofThisProcess(),
            lastResetSecond: StateFile.number(paths.lastReset),
            isJournal: ThisProcess.environment("JOURNAL_STREAM") != nil
        )
        try lock.write(holder: .current)
        return Keeper.run(context, adopts: false)
    }

    private static func nodeName(_ options: DaemonOptions) throws(SystemError) -> String {
        if let name = options.node { return name }
        return try Machine.hostName()
    }

    /// Reads and checks the files; their bytes, or `nil` after all faults were printed.
    private static func readConfiguration(_ paths: DaemonPaths, node: String) -> [UInt8]? {
        let files: ConfigurationFiles
        switch ConfigurationStore.read(paths) {
        case .success(let found): files = found
        case .failure(let refusal):
            StandardError.write(refusal.text)
            return nil
        }
        let made = LoadedConfiguration.make(
            files,
            node: node,
            ownAddresses: MachineAddresses.read()
        )
        switch made {
        case .success((_, let diagnostics)):
            if !diagnostics.isEmpty { StandardError.write(Diagnostic.text(diagnostics)) }
            return ConfigurationStore.encode(files)
        case .failure(let refusal):
            StandardError.write(
                refusal.text
                    + "batond: not started: the files are those of \(paths.configuration)\n"
            )
            return nil
        }
    }

    /// What `OwnAddressGuard` says of the configuration and the record in the shared page.
    ///
    /// Nothing when something cannot be read: that is told elsewhere.
    static func strangeAddresses(
        _ shared: SharedState,
        candidate: [UInt8]? = nil,
        node: String,
        boot: BootID
    ) -> String {
        let ownAddresses = MachineAddresses.read()
        func made(_ bytes: [UInt8]?) -> LoadedConfiguration? {
            guard let files = bytes.flatMap(ConfigurationStore.decode) else { return nil }
            return try? LoadedConfiguration.make(files, node: node, ownAddresses: ownAddresses)
                .get().0
        }
        let running = made(shared.configuration.value)
        guard let loaded = candidate == nil ? running : made(candidate),
            let interfaces = try? Interfaces(),
            let view = try? NetworkView(reading: interfaces)
        else { return "" }
        let record = shared.record.value.flatMap { try? RecordCoding.decode($0) }
        return OwnAddressGuard.text(
            loaded,
            running: candidate == nil ? nil : running,
            view,
            record: record,
            boot: boot
        )
    }

    /// Makes what is missing: state for this user alone, run for readers too.
    private static func makeDirectories(_ paths: DaemonPaths) throws(SystemError) {
        try makeDirectory(paths.state, mode: 0o700)
        try makeDirectory(paths.run, mode: 0o755)
        try makeDirectory(paths.operations, mode: 0o700)
        try makeDirectory(paths.started, mode: 0o700)
    }

    /// Makes a directory and its parents.
    private static func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
        if Files.isDirectory(path) { return }
        if let end = path.lastIndex(of: "/"), end > path.startIndex {
            try makeDirectory(String(path[..<end]), mode: 0o755)
        }
        try Files.makeDirectory(path, mode: mode)
    }

    /// Takes the lock, waiting a moment for the last processes of an instance that was killed.
    private static func takeLock(_ paths: DaemonPaths) -> LockFile? {
        let deadline = BootClock.now + 5_000_000_000
        while true {
            do {
                return try LockFile(paths.lock)
            } catch {
                guard error.errno == .wouldBlock, BootClock.now < deadline else {
                    let holder = LockFile.holder(paths.lock).map { " (process \($0))" } ?? ""
                    StandardError.write(
                        error.errno == .wouldBlock
                            ? "batond: another batond\(holder) uses \(paths.state)\n"
                            : "batond: \(error)\n"
                    )
                    return nil
                }
                pause(milliseconds: 20)
            }
        }
    }

    private static func pause(milliseconds: Int64) {
        ignoring { () throws(SystemError) in
            let poller = try Poller()
            try poller.arm(at: BootClock.now + milliseconds * 1_000_000)
            _ = try poller.wait()
        }
    }

    /// Takes 64 incarnation counters for this daemon, durably before the first is used (S6), so that
    /// a loop that is replaced needs no disk.
    private static func reserveIncarnations(
        _ paths: DaemonPaths,
        _ shared: SharedState
    ) throws(SystemError) {
        let used = UInt64(max(0, StateFile.number(paths.incarnation) ?? 0))
        let reserved = used + 64
        try Files.replaceDurably(paths.incarnation, with: Array("\(reserved)\n".utf8))
        shared[.incarnationUsed] = used
        shared[.incarnationReserved] = reserved
    }

    /// Puts the record of the disk where the loop finds it without a disk.
    private static func readRecord(
        _ paths: DaemonPaths,
        _ shared: SharedState
    ) throws(SystemError) {
        do {
            let bytes = try Files.read(paths.record, maximum: RecordCoding.countMaximum)
            shared.record.store(bytes)
        } catch {
            if error.errno != .notFound { throw error }
        }
    }
}

extension BootID {
    /// The id of 16 bytes, most significant first; `nil` for another count.
    init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func half(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: half(bytes[..<8]), low: half(bytes[8...]))
    }
}
