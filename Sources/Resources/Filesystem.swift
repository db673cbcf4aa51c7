// Filesystem: a filesystem mounted on the holder. The mount table alone says whether it runs; mount(8) and umount(8)
// do the work. A stop ends whoever uses the mount, TERM and then KILL, and never hides a mount that is in use
// (`umount -l`): the device below would be let go of while somebody still writes.

import Linux

/// Why a mount is not, or is no longer, in one sentence.
struct FilesystemFailure: Error {
    /// The sentence.
    var text: String

    init(_ text: String) { self.text = text }
}

/// `Filesystem::DEVICE::DIRECTORY[::TYPE[::OPTIONS]]`.
struct Filesystem: ResourceType {
    /// What is mounted.
    let source: FilesystemSource
    /// Where: absolute, without a slash at its end.
    let directory: String
    /// Its type; nil when mount(8) is to find out.
    let type: String?
    /// The options for mount(8).
    let options: [String]

    /// Types whose journal makes a check at each mount needless, or that check themselves.
    static let journaledTypes: Set<String> = [
        "ext3", "ext4", "xfs", "btrfs", "jfs", "reiserfs", "f2fs", "zfs", "gfs2", "ocfs2",
    ]
    /// How long a device may take to appear.
    static let devicePatience: Int64 = 5_000_000_000
    /// Between TERM and KILL for those who use a mount that is to go.
    static let killDelay: Int64 = 3_000_000_000
    /// Between two tries to unmount.
    static let retryInterval: Int64 = 200_000_000

    init(_ arguments: [String]) throws(ResourceUsageError) {
        guard (2...4).contains(arguments.count) else {
            throw ResourceUsageError("it takes DEVICE DIRECTORY [TYPE [OPTIONS]]")
        }
        guard arguments[1].hasPrefix("/"), arguments[1].withoutSlash != "/" else {
            throw ResourceUsageError("'\(arguments[1])' is no mount point: /…")
        }
        directory = arguments[1].withoutSlash
        type = arguments.count > 2 && !["auto", "none"].contains(arguments[2]) ? arguments[2] : nil
        options =
            arguments.count > 3
            ? arguments[3].split(separator: ",").map(String.init) : []
        source = try FilesystemSource(arguments[0], type: type, options: options)
    }

    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        do throws(FilesystemFailure) {
            switch action {
            case .start: return try start(until: deadline)
            case .stop: return try stop(until: deadline)
            case .status: return try status(mustServe: false, until: deadline)
            case .monitor: return try status(mustServe: true, until: deadline)
            case .ready: return try ready(until: deadline)
            case .suspend: return try freeze("-f", until: deadline)
            case .resume: return try freeze("-u", until: deadline)
            }
        } catch {
            switch action {
            case .status, .monitor: return .unknown(error.text)
            case .start, .stop, .ready, .suspend, .resume: return .failed(error.text)
            }
        }
    }

    // MARK: What is there

    /// What the kernel shows now.
    private struct View {
        var table: MountTable
        /// The mount point as the table has it.
        var directory: String
        /// What is seen at the mount point.
        var here: Mount?
        /// Whether that is ours.
        var isOurs = false
        /// Where else what is ours is mounted.
        var elsewhere: [Mount] = []
    }

    private func look(until deadline: Int64) throws(FilesystemFailure) -> View {
        let table: MountTable
        do throws(SystemError) {
            table = try MountTable()
        } catch {
            throw FilesystemFailure("the mount table cannot be read: \(error)")
        }
        // A mount point that is in the table is not looked at: what is mounted there may hang.
        let isKnown = table.mount(at: directory) != nil
        let point = isKnown ? directory : (try? Files.resolved(directory)) ?? directory
        var view = View(table: table, directory: point, here: table.mount(at: point))
        let device: DeviceNumber?
        do throws(FilesystemFailure) {
            device = try source.devicePath(until: deadline).flatMap(Files.blockDevice)
        } catch {
            // A device that is not there is mounted nowhere; on the standby DRBD shows none.
            guard view.here != nil else { return view }
            throw error
        }
        var origin: BindOrigin?
        if case .directory(let path) = source {
            origin = BindOrigin(of: (try? Files.resolved(path)) ?? path, in: table)
        }
        let shown = table.mounts.filter {
            source.isShown(by: $0, device: device, origin: origin)
        }
        view.isOurs = view.here.map(shown.contains) ?? false
        if case .directory = source { return view }
        if case .nothing = source { return view }
        view.elsewhere = shown.filter { $0.directory != point }
        return view
    }

    private func status(
        mustServe: Bool,
        until deadline: Int64
    ) throws(FilesystemFailure) -> ResourceAnswer {
        let view = try look(until: deadline)
        guard let here = view.here, view.isOurs else {
            if let other = view.elsewhere.first {
                return .unknown(
                    "\(source.text) is mounted on \(other.directory), not on \(directory)"
                )
            }
            guard let here = view.here else {
                return .stopped("nothing is mounted on \(directory)")
            }
            return .stopped("\(here.source) is mounted on \(directory), not \(source.text)")
        }
        if mustServe, here.isReadOnly, !options.contains("ro") {
            return .failed(
                "\(directory) has become read-only, as the kernel does after an error of the device: dmesg tells which"
            )
        }
        return .running("\(source.text) is mounted on \(directory) (\(here.type))")
    }

    private func ready(until deadline: Int64) throws(FilesystemFailure) -> ResourceAnswer {
        let view = try look(until: deadline)
        if view.isOurs { return .done() }
        try refuseClash(view)
        if case .device(let path) = source, Files.blockDevice(path) == nil {
            return .failed("\(path) is no block device here")
        }
        if case .directory(let path) = source, !Files.exists(path) { return .done() }
        if !Files.exists(directory), Files.exists(parent), !Files.isDirectory(parent) {
            return .failed("\(parent) is no directory")
        }
        guard Tool("mount").path != nil else { return .failed("no program mount on the path") }
        return .done()
    }

    private var parent: String {
        let end = directory.lastIndex(of: "/") ?? directory.startIndex
        return end == directory.startIndex ? "/" : String(directory[..<end])
    }

    /// What stands in the way of a mount.
    private func refuseClash(_ view: View) throws(FilesystemFailure) {
        if let here = view.here, !view.isOurs {
            throw FilesystemFailure(
                "\(here.source) is mounted on \(directory) already: umount \(directory)"
            )
        }
        if let other = view.elsewhere.first {
            throw FilesystemFailure(
                "\(source.text) is mounted on \(other.directory) already: umount \(other.directory)"
            )
        }
        if let below = view.table.mounts(below: view.directory).first, view.here == nil {
            throw FilesystemFailure(
                "\(below.source) is mounted on \(below.directory), which \(directory) would hide: umount "
                    + below.directory
            )
        }
    }

    // MARK: Start

    private func start(until deadline: Int64) throws(FilesystemFailure) -> ResourceAnswer {
        let view = try look(until: deadline)
        if view.isOurs { return .done("\(source.text) is mounted on \(directory) already") }
        try refuseClash(view)
        let device = try awaitDevice(until: deadline)
        if !Files.exists(directory) { try makeDirectory(until: deadline) }
        guard Files.isDirectory(directory) || isFileBind else {
            throw FilesystemFailure("\(directory) is no directory")
        }
        if let device {
            try check(device, until: deadline)
            // What an earlier look left in memory may be older than what the other node wrote; a device that cannot
            // forget is mounted all the same.
            _ = Tool("blockdev").run(["--flushbufs", device], until: deadline)
        }
        var words: [String] = []
        if let type { words += ["-t", type] }
        let wanted = options.filter { !$0.hasPrefix("x-baton.") }
        if !wanted.isEmpty { words += ["-o", wanted.joined(separator: ",")] }
        let result = Tool("mount").run(words + [device ?? source.text, directory], until: deadline)
        // Whatever mount says, the table knows.
        guard try look(until: deadline).isOurs else {
            throw FilesystemFailure("mount: \(result.lastLine)")
        }
        return .done("\(source.text) is mounted on \(directory)")
    }

    private var isFileBind: Bool {
        if case .directory(let path) = source { return !Files.isDirectory(path) }
        return false
    }

    /// The device, which may be on its way to appear.
    private func awaitDevice(until deadline: Int64) throws(FilesystemFailure) -> String? {
        let patience = min(deadline, BootClock.now &+ Filesystem.devicePatience)
        while true {
            let failure: FilesystemFailure
            do throws(FilesystemFailure) {
                guard let path = try source.devicePath(until: deadline) else { return nil }
                if Files.blockDevice(path) != nil { return path }
                let word = Files.exists(path) ? "is no block device" : "is not there"
                failure = FilesystemFailure(
                    "\(path) \(word)"
                        + (Files.isDirectory(path) ? ": for a directory, the option bind" : "")
                )
            } catch {
                failure = error
            }
            guard BootClock.now < patience else { throw failure }
            Pause.wait(Filesystem.retryInterval)
        }
    }

    private func makeDirectory(until deadline: Int64) throws(FilesystemFailure) {
        let made = Tool("mkdir").run(["-p", "-m", "755", directory], until: deadline)
        guard made.isGood else { throw FilesystemFailure("mkdir: \(made.lastLine)") }
    }

    /// Repairs what can be repaired without asking (fsck -p), where the type has no journal; the mount option
    /// `x-baton.fsck=force` checks always, `x-baton.fsck=no` never.
    private func check(_ device: String, until deadline: Int64) throws(FilesystemFailure) {
        let policy = options.last { $0.hasPrefix("x-baton.fsck=") }.map { $0.dropFirst(13) }
        guard let type, policy != "no" else { return }
        guard policy == "force" || !Filesystem.journaledTypes.contains(type) else { return }
        let tool = Tool("fsck.\(type)")
        guard tool.path != nil else { return }
        let words = (policy == "force" && type.hasPrefix("ext") ? ["-f"] : []) + ["-p", device]
        let result = tool.run(words, until: deadline) { bytes in
            Progress.say("\(tool.name) has read \(bytes >> 20) MB of \(device)")
        }
        // 1: repaired, 2: repaired, and the system should be restarted if it was mounted (fsck(8)).
        guard let exit = result.exit, exit < 4 else {
            throw FilesystemFailure(
                "\(tool.name) cannot repair \(device) by itself (\(result.lastLine)): type \(tool.name) \(device)"
            )
        }
    }

    // MARK: Stop

    private func stop(until deadline: Int64) throws(FilesystemFailure) -> ResourceAnswer {
        var view = try look(until: deadline)
        guard view.isOurs else {
            if let other = view.elsewhere.first {
                throw FilesystemFailure(
                    "\(source.text) is mounted on \(other.directory), not on \(directory): umount \(other.directory)"
                )
            }
            return .done("nothing of \(source.text) is mounted on \(directory)")
        }
        // What is written out now need not be while everybody waits; umount does what is left.
        let third = (deadline &- BootClock.now) / 3
        _ = Tool("sync").run(["-f", directory], until: BootClock.now &+ third)
        let began = BootClock.now
        var signalled: [ProcessIdentity: Signal] = [:]
        var last = ""
        while true {
            // What is mounted on it, or several times on one place, goes first.
            for mount in view.table.mounts(below: view.directory) + [view.here].compactMap(\.self) {
                last = Tool("umount").run([mount.directory], until: deadline).lastLine
            }
            view = try look(until: deadline)
            guard view.isOurs, let here = view.here else {
                return .done("\(source.text) is unmounted")
            }
            let holders = try holders(of: here)
            guard BootClock.now &+ Filesystem.retryInterval < deadline else {
                throw FilesystemFailure(stuck(holders, last))
            }
            let signal = BootClock.now &- began < Filesystem.killDelay ? Signal.terminate : .kill
            for holder in holders where holder.hold != .namespace && mayEnd(holder) {
                guard signalled[holder.process] != signal else { continue }
                signalled[holder.process] = signal
                Progress.say("\(signal) to \(holder)")
                do throws(SystemError) {
                    try ProcessHandle(holder.process).send(signal)
                } catch {
                    // It has ended meanwhile, or will be named when it still stands in the way.
                    continue
                }
            }
            Pause.wait(Filesystem.retryInterval)
        }
    }

    private func holders(of mount: Mount) throws(FilesystemFailure) -> [MountHolder] {
        do throws(SystemError) {
            return try MountHolders.find(mount)
        } catch {
            throw FilesystemFailure("who uses \(directory) cannot be seen: \(error)")
        }
    }

    /// Nobody ends init, this program or what runs it.
    private func mayEnd(_ holder: MountHolder) -> Bool {
        let id = holder.process.id
        return id.rawValue > 1 && !Filesystem.ancestors.contains(id)
            && !["batond", "baton"].contains(holder.name)
    }

    /// This process and those above it.
    private static let ancestors: Set<ProcessID> = {
        var found: Set<ProcessID> = [.current]
        var next: ProcessID? = .parent
        while let id = next, id.rawValue > 1, found.insert(id).inserted { next = id.parent }
        return found
    }()

    private func stuck(_ holders: [MountHolder], _ last: String) -> String {
        guard !holders.isEmpty else {
            return
                "\(directory) cannot be unmounted (\(last)), and no process uses it: the kernel does (NFS export, loop "
                + "device, swap file)"
        }
        let names = holders.prefix(8).map(\.description).joined(separator: "; ")
        return "\(directory) is still in use: \(names)" + (holders.count > 8 ? "; …" : "")
    }

    // MARK: Suspend

    private func freeze(
        _ word: String,
        until deadline: Int64
    ) throws(FilesystemFailure) -> ResourceAnswer {
        guard try look(until: deadline).isOurs else {
            throw FilesystemFailure("\(source.text) is not mounted on \(directory)")
        }
        let result = Tool("fsfreeze").run([word, directory], until: deadline)
        // What stands still already, or goes on already, is as asked.
        let isSo = ["Device or resource busy", "Invalid argument"].contains {
            result.text.hasSuffix($0)
        }
        guard result.isGood || isSo else {
            throw FilesystemFailure("fsfreeze: \(result.lastLine)")
        }
        return .done()
    }
}

/// What is said while an operation works: each line gives it as long again as it had (`RunningOperation`).
enum Progress {
    /// Says one line.
    static func say(_ text: String) {
        do throws(SystemError) {
            try StandardStream.write(Array("progress: \(text)\n".utf8), to: 1)
        } catch {
            // Nobody listens.
            return
        }
    }
}
