// Which control group a resource was started in, remembered for whoever comes later: a small file
// beside the mark that it was started, because a daemon that is started by hand has another place
// among the groups. What is done to a group is `Suspension`.

import Failover
import Linux

/// The record of one resource's control group.
///
/// **Shape** of the file `RUN/started/HASH.group`: one `word value` per line, in the order below.
struct ServiceGroupRecord: Equatable, Sendable {
    /// The boot in which it was made; another boot's groups are gone.
    var boot: String
    /// The group.
    var group: ControlGroup

    /// The file's text.
    var text: String {
        "boot \(boot)\nfreezer \(group.version.rawValue)\npath \(group.path)\n"
    }

    init(boot: String, group: ControlGroup) {
        self.boot = boot
        self.group = group
    }

    /// Reads a file's text; `nil` when it is not whole: its writer was killed before anything ran.
    init?(text: String) {
        // By scalars: as a character a line's end may be one with a carriage return before it.
        let lines = text.unicodeScalars.split(
            separator: "\n",
            omittingEmptySubsequences: false
        ).map(String.init)
        guard lines.count == 4, lines[3].isEmpty, lines[0].hasPrefix("boot "),
            lines[1].hasPrefix("freezer "), lines[2].hasPrefix("path /"),
            let version = Int32(lines[1].dropFirst(8)).flatMap(ControlGroup.Version.init(rawValue:))
        else { return nil }
        boot = String(lines[0].dropFirst(5))
        group = ControlGroup(version: version, path: String(lines[2].dropFirst(5)))
    }
}

/// The control groups of the resources of one instance.
struct ServiceGroups {
    private let settings: SpawnerSettings

    init(_ settings: SpawnerSettings) { self.settings = settings }

    private func file(_ resource: String) -> String { settings.startedMark(resource) + ".group" }

    /// The group a resource was started in during this boot; `nil` when none is known or left.
    func find(_ resource: String) -> ControlGroup? {
        guard let bytes = try? Files.read(file(resource), maximum: 16384),
            let record = ServiceGroupRecord(text: String(decoding: bytes, as: UTF8.self)),
            record.boot == settings.boot, record.group.exists
        else { return nil }
        return record.group
    }

    /// A group for a resource that is about to start: the one it has, else a new one, written down before
    /// anything can be in it.
    ///
    /// - Throws: `SystemError` where none can be made; the resource can then not be suspended.
    func prepare(_ resource: String) throws(SystemError) -> ControlGroup {
        if let group = find(resource) { return group }
        // The number of a group tells it from those of other instances, which may see the same hierarchy.
        let name = String(fnv1a(settings.paths.run + " " + resource), radix: 16)
        let group = try ControlGroup.make("baton-" + name, settings.freezers)
        do throws(SystemError) {
            try Files.writeNew(
                file(resource),
                ServiceGroupRecord(boot: settings.boot, group: group).text
            )
        } catch {
            ignoring { () throws(SystemError) in try group.remove() }
            throw error
        }
        return group
    }

    /// The resource is stopped: its group is removed, unless something that outlived the stop is in it.
    func remove(_ resource: String) {
        if let group = find(resource) {
            do {
                try group.remove()
            } catch {
                // The next start is in the same one, and nothing is in it that could not be told.
                return
            }
        }
        ignoring { () throws(SystemError) in try Files.remove(file(resource)) }
    }
}
