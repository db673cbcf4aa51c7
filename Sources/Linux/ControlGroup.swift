// A control group whose processes can be made to stand still all together, go on, or end without
// having run again: the freezer of cgroup v2 (`cgroup.freeze`), else that of v1. Where groups can be
// made is in ControlGroup+Places.swift; who belongs in one, and why it should stand still, is the
// caller's. Sources: cgroups(7), the kernel's cgroup-v2.rst and freezer-subsystem.rst.

import CLinux

/// One control group, by the path of its directory.
///
/// Every call is short: what takes time (standing still, ending) is asked for and looked at again.
public struct ControlGroup: Equatable, Sendable {
    /// Which freezer it has.
    public enum Version: Int32, Sendable {
        /// The freezer of cgroup v1, a hierarchy of its own.
        case first = 1
        /// The one hierarchy of cgroup v2 (its freezer: Linux 5.2).
        case second = 2
    }

    /// Which freezer it has.
    public let version: Version
    /// Its directory.
    public let path: String

    /// At most so many groups below one are looked into.
    private static let childMaximum = 1000

    /// Names a group that exists or is to be made; nothing is looked at.
    public init(version: Version, path: String) {
        self.version = version
        self.path = path
    }

    /// Whether it is there.
    ///
    /// One that is gone had no process: a group with processes cannot be removed.
    public var exists: Bool { Files.isDirectory(path) }

    /// Moves a process into it, with all its threads; children that it forks later are in it too.
    public func add(_ process: ProcessID) throws(SystemError) {
        try write("cgroup.procs", "\(process)")
    }

    /// The processes in it and in groups below it, sorted.
    ///
    /// One that this process's namespace does not show has the number 0.
    public func processes() throws(SystemError) -> [ProcessID] {
        var found: Set<Int32> = []
        for group in try tree() {
            let bytes: [UInt8]
            do {
                bytes = try Files.read(group.path + "/cgroup.procs", maximum: 1 << 20)
            } catch {
                if error.errno == .notFound { continue }
                throw error
            }
            found.formUnion(ControlGroup.numbers(bytes))
        }
        return found.sorted().map(ProcessID.init(rawValue:))
    }

    /// Whether any process is in it or below it; one that has ended and was not reaped does not count.
    public func isPopulated() throws(SystemError) -> Bool {
        switch version {
        case .first: return try !processes().isEmpty
        case .second: return try event("populated")
        }
    }

    // MARK: standing still

    /// Asks that all stand still, now and until `thaw`; asking again helps a v1 that got stuck.
    public func freeze() throws(SystemError) {
        switch version {
        case .first: try write("freezer.state", "FROZEN")
        case .second: try write("cgroup.freeze", "1")
        }
    }

    /// Lets all go on.
    public func thaw() throws(SystemError) {
        switch version {
        case .first: try write("freezer.state", "THAWED")
        case .second: try write("cgroup.freeze", "0")
        }
    }

    /// Whether `freeze` was asked for and not taken back, by whomever, however far it is.
    public func isFreezeAsked() throws(SystemError) -> Bool {
        switch version {
        case .first: return try word("freezer.self_freezing") == "1"
        case .second: return try word("cgroup.freeze") == "1"
        }
    }

    /// Whether all stand still: none of them executes anything.
    public func isFrozen() throws(SystemError) -> Bool {
        switch version {
        case .first: return try word("freezer.state") == "FROZEN"
        case .second: return try event("frozen")
        }
    }

    /// Whether all may run.
    public func isThawed() throws(SystemError) -> Bool {
        switch version {
        case .first: return try word("freezer.state") == "THAWED"
        case .second:
            if try isFreezeAsked() { return false }
            return try !event("frozen")
        }
    }

    /// Ends every process of a group that stands still, so that none executes an instruction of its
    /// own program before; call it again until the group is not populated.
    ///
    /// A frozen process of v2 dies of SIGKILL where it stands. One of v1 keeps the signal until it is
    /// thawed and dies before it returns to its program; so all of them must be frozen first
    /// (otherwise this does nothing but ask for it again), all get the signal, and then all are
    /// thawed. A v2 group stays frozen and is thawed by the caller once it is empty.
    ///
    /// - Throws: `SystemError` when a process could not be signalled; v1 is then still frozen.
    public func killFrozen() throws(SystemError) {
        switch version {
        case .second where Files.exists(path + "/cgroup.kill"):
            try write("cgroup.kill", "1")
        case .second:
            // Linux before 5.14.
            try killEach()
        case .first:
            guard try isFrozen() else {
                // Thawed by the last call, or not yet still. The dying must not be held up again.
                if try isFreezeAsked() { try freeze() } else { try killEach() }
                return
            }
            try killEach()
            try thaw()
        }
    }

    private func killEach() throws(SystemError) {
        for process in try processes() {
            // To signal 0 would be to signal ourselves.
            guard process.rawValue > 1 else {
                throw SystemError(
                    call: "kill",
                    errno: .notPermitted,
                    object: "a process in \(path) that cannot be seen from here"
                )
            }
            do {
                try checked("kill", "process \(process)") { kill(process.rawValue, SIGKILL) }
            } catch {
                if error.errno != .noSuchProcess { throw error }
            }
        }
    }

    // MARK: its directory

    /// Removes it and the groups below it; EBUSY while a process is in one of them.
    ///
    /// One that is gone already is as good.
    public func remove() throws(SystemError) {
        for group in try tree().reversed() {
            do {
                // Sound: the string lives through the call.
                try checked("rmdir", group.path) { unsafe rmdir(group.path) }
            } catch {
                if error.errno != .notFound { throw error }
            }
        }
    }

    /// This group, then those below it, each after the one it is in.
    private func tree() throws(SystemError) -> [ControlGroup] {
        var found = [self]
        var next = 0
        while next < found.count {
            let parent = found[next].path
            next += 1
            let names: [String]
            do {
                names = try Files.list(parent)
            } catch {
                if error.errno == .notFound { continue }
                throw error
            }
            for name in names where Files.isDirectory("\(parent)/\(name)") {
                guard found.count < ControlGroup.childMaximum else {
                    throw SystemError(call: "readdir", errno: .tooLarge, object: path)
                }
                found.append(ControlGroup(version: version, path: "\(parent)/\(name)"))
            }
        }
        return found
    }

    private func write(_ file: String, _ text: String) throws(SystemError) {
        try Files.overwriteInPlace("\(path)/\(file)", with: Array(text.utf8))
    }

    private func word(_ file: String) throws(SystemError) -> String {
        let bytes = try Files.read("\(path)/\(file)", maximum: 4096)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private func event(_ name: String) throws(SystemError) -> Bool {
        let file = path + "/cgroup.events"
        let bytes = try Files.read(file, maximum: 4096)
        guard let value = ControlGroup.event(name, in: bytes) else {
            throw SystemError(call: "read", errno: .badMessage, object: "\(name) of \(file)")
        }
        return value
    }

    /// A row of cgroup.events, `NAME 0` or `NAME 1`; nil when there is none.
    static func event(_ name: String, in text: [UInt8]) -> Bool? {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count == 2, words[0].elementsEqual(name.utf8) else { continue }
            return words[1].elementsEqual("1".utf8)
                ? true : words[1].elementsEqual("0".utf8) ? false : nil
        }
        return nil
    }

    /// The numbers of cgroup.procs, one on a line.
    static func numbers(_ text: [UInt8]) -> [Int32] {
        text.split(separator: UInt8(ascii: "\n"))
            .compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }
}
