// Where this process may make control groups with a freezer: below its own place, so that whoever
// manages the groups above it (systemd) is not interfered with. Read from /proc/self/mountinfo and
// /proc/self/cgroup (proc(5), cgroups(7)); what a group can do is in ControlGroup.swift.

import CLinux

extension ControlGroup {
    /// At most so many names are tried for one group.
    private static let nameMaximum = 1000

    /// Makes an empty group below this process's own place, with v2 where that has a freezer.
    ///
    /// Its name is `stem` and a number: a directory that is there already belongs to somebody else.
    ///
    /// - Parameters:
    ///   - stem: The beginning of its name, without `/`.
    ///   - versions: The freezers to try.
    /// - Returns: A new group that does not stand still.
    /// - Throws: `SystemError` where there is no freezer, or no permission to use it.
    public static func make(
        _ stem: String,
        _ versions: [Version] = [.second, .first]
    ) throws(SystemError) -> ControlGroup {
        var failure = SystemError(call: "cgroup", errno: .notFound, object: "no freezer is mounted")
        for place in try places() where versions.contains(place.version) {
            do {
                return try make(stem, in: place)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Moves a process to where this one is; one that is there already, or has ended, is left alone.
    public static func takeIntoOwn(_ process: ProcessID) throws(SystemError) {
        let own = try Files.read("/proc/self/cgroup", maximum: 1 << 16)
        guard let theirs = try? Files.read("/proc/\(process)/cgroup", maximum: 1 << 16),
            theirs != own
        else { return }
        for place in try places() {
            do {
                try place.add(process)
            } catch {
                if error.errno != .noSuchProcess { throw error }
            }
        }
    }

    /// The groups that this process is in, one for each freezer, v2 first.
    static func places() throws(SystemError) -> [ControlGroup] {
        places(
            mounts: try Files.read("/proc/self/mountinfo", maximum: 1 << 22),
            membership: try Files.read("/proc/self/cgroup", maximum: 1 << 16)
        )
    }

    /// Makes one below a given place.
    static func make(_ stem: String, in place: ControlGroup) throws(SystemError) -> ControlGroup {
        for number in 1...nameMaximum {
            let group = ControlGroup(
                version: place.version,
                path: "\(place.path)/\(stem)-\(number)"
            )
            do {
                // Sound: the string lives through the call.
                try checked("mkdir", group.path) { unsafe mkdir(group.path, 0o755) }
            } catch {
                if error.errno == .alreadyExists { continue }
                throw error
            }
            // Neither Linux before 5.2 nor the middle of somebody's threaded tree has what is needed.
            let files =
                switch place.version {
                case .first: ["cgroup.procs", "freezer.state", "freezer.self_freezing"]
                case .second: ["cgroup.procs", "cgroup.freeze", "cgroup.events"]
                }
            if let missing = files.first(where: { !Files.exists("\(group.path)/\($0)") }) {
                // It is empty and nobody knows it yet.
                try group.remove()
                throw SystemError(
                    call: "cgroup",
                    errno: .notFound,
                    object: "\(group.path)/\(missing)"
                )
            }
            return group
        }
        throw SystemError(call: "mkdir", errno: .alreadyExists, object: "\(place.path)/\(stem)")
    }

    /// The same from the texts of mountinfo and cgroup.
    ///
    /// A hierarchy that is mounted several times, or in part (in a container), counts by the first mount
    /// that shows this process's own place.
    static func places(mounts: [UInt8], membership: [UInt8]) -> [ControlGroup] {
        let mounts = MountTable(text: mounts).mounts
        var found: [ControlGroup] = []
        for version in [Version.second, .first] {
            guard let own = ownPath(version, in: membership) else { continue }
            for mount in mounts where hierarchy(mount) == version {
                guard let inside = relative(own, to: mount.root), isPlain(inside) else { continue }
                found.append(
                    ControlGroup(version: version, path: joined(mount.directory, inside))
                )
                break
            }
        }
        return found
    }

    /// A mount that shows a hierarchy with a freezer; what of it, and where.
    private static func hierarchy(_ mount: Mount) -> Version? {
        // A name of two lines could not be written down.
        guard mount.directory.utf8.first == UInt8(ascii: "/"),
            !mount.directory.utf8.contains(UInt8(ascii: "\n"))
        else { return nil }
        if mount.type == "cgroup2" { return .second }
        return mount.type == "cgroup" && mount.filesystemOptions.contains("freezer") ? .first : nil
    }

    /// This process's place in a hierarchy: the third part of `NUMBER:CONTROLLERS:PATH`.
    ///
    /// v2 is the line `0::PATH`.
    private static func ownPath(_ version: Version, in membership: [UInt8]) -> String? {
        for line in membership.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(
                separator: UInt8(ascii: ":"),
                maxSplits: 2,
                omittingEmptySubsequences: false
            )
            guard parts.count == 3, parts[2].first == UInt8(ascii: "/") else { continue }
            let isMeant =
                switch version {
                case .first:
                    parts[1].split(separator: UInt8(ascii: ","))
                        .contains { $0.elementsEqual("freezer".utf8) }
                case .second: parts[0].elementsEqual("0".utf8) && parts[1].isEmpty
                }
            if isMeant { return String(decoding: parts[2], as: UTF8.self) }
        }
        return nil
    }

    /// A path below `root` without it; nil when it is not below.
    private static func relative(_ path: String, to root: String) -> String? {
        if root == "/" { return path }
        if path == root { return "/" }
        guard path.utf8.starts(with: (root + "/").utf8) else { return nil }
        return String(path.utf8.dropFirst(root.utf8.count))
    }

    /// Outside of a namespace's root (`/..`) nothing can be reached.
    private static func isPlain(_ path: String) -> Bool {
        !path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
    }

    private static func joined(_ directory: String, _ inside: String) -> String {
        if inside == "/" { return directory }
        return directory == "/" ? inside : directory + inside
    }
}
