// `check`: reads the files of a node, and of its peer where they are at hand, and says everything that is wrong or
// odd about them. What is wrong or odd is known to `Configuration`; here files are opened and exits chosen.

import ArgumentParser
import Configuration
import Linux
import Reporting

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read the configuration and tell everything that is wrong or odd about it.",
        discussion:
            """
            Where a daemon runs, the files with which the other node's daemon runs are compared with these. What the \
            boot of both machines starts and mounts beside Baton, where data directories lead and which numbers users \
            have is looked at where these are the machine's own files, or the other node tells.
            """
                + " Exit 0: clean, or notes and warnings only; 2: errors; with --strict 1 for warnings."
    )

    @OptionGroup var place: ConfigurationOptions

    @Option(
        name: .customLong("peer-config"),
        help: ArgumentHelp(
            "A copy of the other node's directory, to be compared.",
            valueName: "dir"
        ),
        completion: .directory
    )
    var peerConfig: String?

    @Option(
        name: .customLong("node"),
        help: ArgumentHelp(
            "The node whose files these are.",
            discussion:
                "Else this host, where --config is not given; else the first node of ha.cf.",
            valueName: "name"
        )
    )
    var node: String?

    @Option(
        name: .customLong("root"),
        help: ArgumentHelp(
            "The root directory of the machine whose /etc/fstab, units and users are looked at, such as a mounted image.",
            valueName: "dir"
        ),
        completion: .directory
    )
    var root: String?

    @Flag(name: .customLong("local"), help: "Do not ask the other node.")
    var isLocal = false

    @Flag(name: .customLong("strict"), help: "Exit with 1 for warnings.")
    var strict = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        var peer = try peerConfig.map { try Self.files(in: $0) }
        var peerKeys: PeerKeys?
        var peerMachine: MachineFacts?
        var comparison: String?
        if peer == nil, asksPeer {
            let found = RunningPeer(ControlClient(global))
            comparison = found.line
            if case .files(_, let files, let keys, let machine) = found {
                (peer, peerKeys, peerMachine) = (files, keys, machine)
            }
        }
        let host = place.config == nil ? try? Machine.hostName() : nil
        var look: (([ResourceGroup]) -> MachineFacts)?
        if looksAtMachine(hasPeer: peerMachine != nil) { look = { facts(of: $0) } }
        let check = ConfigurationCheck(
            try Self.files(in: place.directory),
            node: node ?? host,
            peer: peer,
            peerKeys: peerKeys,
            isThere: { Self.isThere($0, besides: place.directory) },
            machine: look,
            peerMachine: peerMachine
        )
        if global.json {
            Output.write(try JSONText.of(Report(check, comparison)) + "\n")
        } else {
            let summary = Diagnostic.summary(check.diagnostics)
            let protection = check.configuration.map { "\n" + Protection($0).text } ?? ""
            Output.write(
                Diagnostic.text(check.diagnostics) + "\(place.directory): \(summary)\n"
                    + (comparison.map { printable($0) + "\n" } ?? "") + protection
            )
        }
        let worst = check.diagnostics.map(\.severity).max() ?? .note
        if worst == .error { throw Ending(.usage) }
        if worst == .warning, strict { throw Ending(.refused) }
    }

    /// Whether the daemon is asked for the other node's files: not about files that are none of its own, as far
    /// as one can tell.
    private var asksPeer: Bool {
        !isLocal
            && (place.config == nil || global.run != nil || Environment.value("BATON_RUN") != nil)
    }

    /// Whether the files are this machine's, as far as one can tell, or those of the one named.
    private func looksAtMachine(hasPeer: Bool) -> Bool {
        root != nil || hasPeer || Self.systemDirectories.contains(place.directory)
    }

    /// What the machine says about groups.
    private func facts(of groups: [ResourceGroup]) -> MachineFacts {
        MachineFacts(
            of: groups,
            ResourceLookup(configuration: place.directory),
            MachineLook(below: root ?? "")
        )
    }

    // MARK: Files

    /// More than any of the files ever holds.
    private static let sizeMaximum = 1 << 20

    static func files(in directory: String) throws -> ConfigurationFiles {
        guard Files.isDirectory(directory) else {
            throw Ending(.usage, "baton: there is no directory \(directory)")
        }
        let haresources = try file(directory + "/haresources")
        return ConfigurationFiles(
            haCf: try file(directory + "/ha.cf"),
            haresources: haresources,
            authkeys: try file(directory + "/authkeys"),
            monCf: try file(directory + "/mon.cf")
                ?? (directory == "/etc/ha.d" ? try file("/etc/mon/mon.cf") : nil),
            lists: try haresources.map(AddressList.paths)?.compactMap(file) ?? [],
            drbd: try drbdFiles(beside: directory),
            scripts: scripts(beside: directory)
        )
    }

    /// The scripts that stand before a built-in type of their name.
    private static func scripts(beside directory: String) -> Set<String> {
        let places = ResourceLookup(configuration: directory).ownScriptDirectories
        // A directory that is not there holds nothing.
        let paths = places.flatMap { place in
            ((try? Files.list(place, maximum: 10_000)) ?? []).map { (place: place, name: $0) }
        }
        return Set(paths.filter { Files.isExecutable("\($0.place)/\($0.name)") }.map(\.name))
    }

    /// The directories whose daemon uses the machine's own DRBD.
    private static let systemDirectories = ["/etc/baton", "/etc/ha.d"]

    /// A drbd.conf among the files, else the machine's where these are the machine's, and what it includes.
    private static func drbdFiles(beside directory: String) throws -> [ConfigurationFile] {
        let own = try file(directory + "/drbd.conf")
        let system = systemDirectories.contains(directory) ? try file("/etc/drbd.conf") : nil
        guard let main = own ?? system else { return [] }
        let home = main.name.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let paths = main.drbdIncludes.flatMap { matches($0.hasPrefix("/") ? $0 : "\(home)/\($0)") }
        return try [main] + paths.compactMap(file)
    }

    /// The paths that a path with one `*` in its last part stands for.
    private static func matches(_ pattern: String) -> [String] {
        guard let slash = pattern.lastIndex(of: "/"),
            let star = pattern.lastIndex(of: "*"), star > slash
        else { return [pattern] }
        let directory = String(pattern[..<slash])
        let (front, back) = (
            pattern[pattern.index(after: slash)..<star], pattern[pattern.index(after: star)...]
        )
        // A directory that is not there holds nothing.
        let names = (try? Files.list(directory, maximum: 10_000)) ?? []
        return names.sorted().filter {
            $0.hasPrefix(front) && $0.hasSuffix(back)
                && $0.utf8.count >= front.utf8.count + back.utf8.count
        }.map { "\(directory)/\($0)" }
    }

    /// Whether a program of mon.cf can be run: a path as it is, a name in `mon.d` or `alert.d` beside the
    /// files or in the directories that mon.cf names.
    private static func isThere(_ program: MonCfProgram, besides directory: String) -> Bool {
        if program.name.contains("/") { return Files.isExecutable(program.name) }
        let own = directory + (program.kind == .monitor ? "/mon.d" : "/alert.d")
        return ([own] + program.directories).contains {
            Files.isExecutable("\($0)/\(program.name)")
        }
    }

    private static func file(_ path: String) throws -> ConfigurationFile? {
        guard Files.exists(path) else { return nil }
        do {
            let bytes = try Files.read(path, maximum: sizeMaximum)
            return ConfigurationFile(name: path, bytes: bytes, mode: Files.mode(path))
        } catch {
            throw Ending(.usage, "baton: \(error)")
        }
    }

    // MARK: JSON

    private struct Report: Encodable {
        struct Entry: Encodable {
            var severity: String
            var code: String
            var file: String
            var line: Int
            var column: Int
            var message: String
            var hint: String?
        }

        var errors: Int
        var warnings: Int
        var notes: Int
        var diagnostics: [Entry]
        var protection: Protection?
        var comparison: String?

        init(_ check: ConfigurationCheck, _ comparison: String?) {
            self.comparison = comparison
            let found = check.diagnostics
            protection = check.configuration.map { Protection($0) }
            errors = found.count { $0.severity == .error }
            warnings = found.count { $0.severity == .warning }
            notes = found.count { $0.severity == .note }
            diagnostics = found.map {
                Entry(
                    severity: $0.severity.word,
                    code: $0.code.rawValue,
                    file: $0.file,
                    line: $0.line,
                    column: $0.column,
                    message: $0.message,
                    hint: $0.hint
                )
            }
        }
    }
}
