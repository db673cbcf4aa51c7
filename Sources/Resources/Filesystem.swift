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
            case .data, .outdate, .follow, .alone, .rejoin, .view: return .replicatesNothing
            case .abandon: return .bearsNothing
            }
        } catch {
            switch action {
            case .status, .monitor: return .unknown(error.text)
            case .start, .stop, .ready, .suspend, .resume, .abandon, .data, .outdate, .follow,
                .alone, .rejoin, .view:
                return .failed(error.text)
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
        /// The path of the device, where there is one.
        var device: String?
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
        var origin: BindOrigin?
        switch source {
        case .device, .tag:
            do throws(FilesystemFailure) {
                view.device = try source.devicePath(mountedAt: view.here, until: deadline)
            } catch {
                // A device that is not there is mounted nowhere; on the standby DRBD shows none.
                guard view.here != nil else { return view }
                throw error
            }
            if view.here != nil, view.device.flatMap(Files.blockDevice) == nil {
                throw FilesystemFailure(
                    "something is mounted on \(point), and whether it is \(source.text) cannot be told: there is no such "
                        + "device any more"
                )
            }
        case .directory(let path):
            if view.here != nil, !Files.exists(path) {
                throw FilesystemFailure(
                    "something is mounted on \(point), and whether it is \(path) cannot be told: it is not there any more"
                )
            }
            origin = BindOrigin(of: (try? Files.resolved(path)) ?? path, in: table)
        case .network, .nothing: break
        }
        let device = view.device.flatMap(Files.blockDevice)
        let shown = table.mounts.filter {
            source.isShown(by: $0, device: device, origin: origin) && isWantedPart($0)
        }
        view.isOurs = view.here.map(shown.contains) ?? false
        switch source {
        case .directory, .nothing, .network: break
        case .device, .tag: view.elsewhere = shown.filter { $0 != view.here }
        }
        return view
    }

    /// Of a filesystem with subvolumes, whether it is the one that the options name.
    private func isWantedPart(_ mount: Mount) -> Bool {
        guard mount.type == "btrfs", let name = options.last(where: { $0.hasPrefix("subvol=") })
        else { return true }
        let path = name.dropFirst(7)
        return mount.root == (path.hasPrefix("/") ? String(path) : "/\(path)")
    }

    /// Whether a filesystem that is mounted nowhere to be seen is in use all the same: in another namespace, or under
    /// its users when somebody took the mount away (umount -l).
    ///
    /// What lies on the device instead (a volume, a RAID, swap) is none of it.
    private func isHidden(_ view: View) -> Bool {
        guard let device = view.device, view.elsewhere.isEmpty, Files.isClaimed(device) else {
            return false
        }
        let number = Files.blockDevice(device)
        return DeviceHolders.above(device).isEmpty
            && !view.table.mounts.contains {
                source.isShown(by: $0, device: number, origin: nil)
            }
    }

    /// Who has what is hidden, as far as can be seen.
    private func hiddenText(_ view: View) -> String {
        let device = view.device ?? source.text
        let holders = DeviceHolders.find([device])
        return "\(device) is in use although it is not mounted on \(directory)"
            + (holders.isEmpty
                ? ": a frozen or detached filesystem holds it"
                : ": \(holders.joined(separator: ", "))")
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
                        + (view.here == nil ? "" : ", or hidden by what is")
                )
            }
            if isHidden(view) { return .unknown(hiddenText(view)) }
            guard let here = view.here else {
                return .stopped("nothing is mounted on \(directory)")
            }
            return .stopped("\(here.source) is mounted on \(directory), not \(source.text)")
        }
        if mustServe, let fault = fault(of: here) { return .failed(fault) }
        return .running("\(source.text) is mounted on \(directory) (\(here.type))")
    }

    /// Why a filesystem that is mounted does not serve.
    private func fault(of mount: Mount) -> String? {
        let dead = ["emergency_ro", "shutdown"].first(where: mount.filesystemOptions.contains)
        if dead != nil || mount.isReadOnly && !options.contains("ro") {
            return
                "\(directory) \(dead == "shutdown" ? "is shut down" : "has become read-only"), as the kernel does after an "
                + "error of the device: dmesg tells which"
        }
        return nil
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
        if view.isOurs, let here = view.here {
            if let fault = fault(of: here) { throw FilesystemFailure(fault) }
            return .done("\(source.text) is mounted on \(directory) already")
        }
        try refuseClash(view)
        var deadline = deadline
        let device = try awaitDevice(until: deadline)
        if !Files.exists(directory) { try makeDirectory(until: deadline) }
        guard Files.isDirectory(directory) || isFileBind else {
            throw FilesystemFailure("\(directory) is no directory")
        }
        if let device {
            let patience = deadline &- BootClock.now
            try check(device, until: deadline)
            // A check that worked on has used none of the time for the rest.
            deadline = max(deadline, BootClock.now &+ patience)
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
        let after = try look(until: deadline)
        guard after.isOurs, let here = after.here else {
            if after.here != view.here { _ = Tool("umount").run([directory], until: deadline) }
            throw FilesystemFailure("mount: \(result.lastLine)")
        }
        if here.isReadOnly, !options.contains("ro") {
            _ = Tool("umount").run([directory], until: deadline)
            throw FilesystemFailure(
                "\(source.text) can be mounted read-only alone: is the device write-protected, or not primary?"
            )
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
        let wasOurs = view.isOurs
        guard wasOurs || !view.elsewhere.isEmpty || isHidden(view) else {
            return .done("nothing of \(source.text) is mounted on \(directory)")
        }
        let began = BootClock.now
        let third = (deadline &- began) / 3
        // What is written out now need not be while everybody waits; umount does what is left.
        if wasOurs { _ = Tool("sync").run(["-f", directory], until: began &+ third) }
        let killAt = began &+ min(Filesystem.killDelay, third)
        var signalled: [ProcessIdentity: Signal] = [:]
        var last = ""
        let mounted = (wasOurs ? view.here : nil) ?? view.elsewhere.first
        var number = mounted?.device ?? view.device.flatMap(Files.blockDevice)
        while true {
            // What is mounted on it, what shows it at another place, or several times on one, goes first.
            for mount in toUnmount(view) {
                number = mount.device
                last = Tool("umount").run([mount.directory], until: deadline).lastLine
            }
            view = try look(until: deadline)
            let use = try use(of: number, view)
            for foreign in use.foreign {
                // Not hidden from its users: a mount in use stays.
                let words = ["--namespace", "\(foreign.process)", foreign.mount.directory]
                last = Tool("umount").run(words, until: deadline).lastLine
            }
            let isHidden = isHidden(view)
            if toUnmount(view).isEmpty, use.foreign.isEmpty, !isHidden {
                return .done("\(source.text) is unmounted")
            }
            guard BootClock.now &+ Filesystem.retryInterval < deadline else {
                throw FilesystemFailure(stuck(use, isHidden ? hiddenText(view) : nil, last))
            }
            let signal = BootClock.now < killAt ? Signal.terminate : .kill
            for holder in use.holders where holder.mayBeEnded {
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

    /// The mounts of it that this namespace has, and those on them, in the order in which they can be unmounted.
    private func toUnmount(_ view: View) -> [Mount] {
        let ours = (view.isOurs ? [view.here].compactMap(\.self) : []) + view.elsewhere
        return ours.reversed().flatMap { view.table.mounts(below: $0.directory) + [$0] }
    }

    /// Who uses it; of a part of a filesystem, or one that is another machine's, only who does so through the mount point.
    private func use(of device: DeviceNumber?, _ view: View) throws(FilesystemFailure) -> MountUse {
        guard let device else { return MountUse() }
        do throws(SystemError) {
            var use = try MountUse(of: device)
            let isWhole =
                switch source {
                case .device, .tag: !options.contains { $0.hasPrefix("subvol") }
                case .network, .directory, .nothing: false
                }
            if !isWhole {
                use.foreign.removeAll { $0.mount.directory != view.directory }
                use.holders.removeAll { !MountUse.works($0.process.id, below: view.directory) }
            }
            return use
        } catch {
            throw FilesystemFailure("who uses \(directory) cannot be seen: \(error)")
        }
    }

    private func stuck(_ use: MountUse, _ hidden: String?, _ last: String) -> String {
        let names = use.holders.map(\.description) + use.foreign.map { "mounted on \($0)" }
        guard !names.isEmpty else {
            if let hidden { return hidden }
            return
                "\(directory) cannot be unmounted (\(last)), and no process uses it: the kernel does (a write that waits for "
                + "the device, a bound unix socket, NFS export, loop device, swap file)"
        }
        let text = names.prefix(8).joined(separator: "; ")
        return "\(directory) is still in use: \(text)" + (names.count > 8 ? "; …" : "")
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
