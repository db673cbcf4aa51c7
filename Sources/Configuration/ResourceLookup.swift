// Which program serves a resource: the order of the places, as a pure function over "is there an
// executable". Running the program is the daemon's; addresses never come here.

/// What kind of program serves a resource; their conventions differ.
public enum ProgramKind: UInt8, Equatable, Sendable, CaseIterable {
    /// A script of `resource.d`: Heartbeat looked at its words alone, ours give codes too.
    case resourceScript = 1
    /// A systemd unit, asked by `systemctl is-active`.
    case unit = 2
    /// An init script: LSB exit codes.
    case initScript = 3
    /// `baton-resource`: its exit codes alone.
    case builtIn = 4
    /// An OCF agent: parameters in its environment, exit codes of its own.
    case agent = 5
}

/// The program of one resource, ready to run but for the action.
public struct ResourceProgram: Equatable, Sendable {
    /// How its exit and words are read.
    public var kind: ProgramKind
    /// The file to execute.
    public var path: String
    /// The resource's arguments; of a unit, its name.
    public var arguments: [String]
    /// What it finds in its environment beyond what every program does; `NAME=value` each.
    public var environment: [String] = []

    /// The environment of one call that may take so many nanoseconds.
    ///
    /// An agent looks closer at what it is asked again and again than at what may not run at all, and tells the two by the
    /// interval.
    public func environment(timeout: Int64, isRecurring: Bool = false) -> [String] {
        guard kind == .agent else { return environment }
        return environment + [
            "OCF_RESKEY_CRM_meta_timeout=\(timeout / 1_000_000)",
            "OCF_RESKEY_CRM_meta_interval=\(isRecurring ? 10_000 : 0)",
        ]
    }

    /// The words after the program's name for one action: arguments first, action last, as
    /// Heartbeat calls its scripts.
    public func arguments(for action: String) -> [String] {
        switch kind {
        case .unit: [action == "status" ? "is-active" : action] + arguments
        case .agent: [action == "status" ? "monitor" : action]
        case .resourceScript, .initScript, .builtIn: arguments + [action]
        }
    }
}

/// Where programs of resources are looked for.
public struct ResourceLookup: Equatable, Sendable {
    /// Directories of scripts with Heartbeat's calling convention, first match wins.
    public var scriptDirectories: [String]
    /// Those of them whose scripts stand before a built-in type of their name: Baton's own, not Heartbeat's.
    public var ownScriptDirectories: [String]
    /// Directories of unit files.
    public var unitDirectories = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    ]
    /// Directories of init scripts.
    public var initDirectories = ["/etc/init.d"]
    /// There only where systemd is the running service manager (sd_booted(3)).
    public var systemdMark = "/run/systemd/system"
    /// The program that speaks with systemd.
    public var systemctl = "/usr/bin/systemctl"
    /// The program that serves the built-in types.
    public var builtInProgram: String

    /// The places for one instance: `CONFIG/resource.d`, then Heartbeat's.
    ///
    /// `programs` is where the daemon's own programs are.
    public init(configuration: String, programs: String = "/usr/sbin") {
        builtInProgram = programs + "/baton-resource"
        var directories = [configuration + "/resource.d"]
        for other in ["/etc/baton/resource.d", "/etc/ha.d/resource.d"]
        where !directories.contains(other) {
            // An instance with a directory of its own does not see the scripts of the default one.
            if other == "/etc/baton/resource.d" && configuration != "/etc/ha.d" { continue }
            directories.append(other)
        }
        scriptDirectories = directories
        ownScriptDirectories = directories.filter { !$0.hasPrefix("/etc/ha.d/") }
    }

    /// The type whose argument is a unit of systemd.
    static let unitType = "systemd"
    /// What the name of a unit may end in, of those that can be started and stopped (systemd.unit(5)).
    private static let unitSuffixes = [
        ".service", ".socket", ".mount", ".automount", ".timer", ".path", ".target", ".swap",
        ".slice", ".scope",
    ]

    /// The types that need no program: the watching of mon.cf is the loop's.
    public static let builtInTypes: Set<String> = ["monitor", "mon"]

    /// Whether a type is built in here, and no script of the instance's own stands before it.
    public func isBuiltIn(_ type: String, isExecutable: (String) -> Bool) -> Bool {
        ResourceLookup.builtInTypes.contains(type)
            && !ownScriptDirectories.contains { isExecutable($0 + "/" + type) }
    }

    /// The program of a resource type, `nil` when there is none anywhere.
    ///
    /// - Parameters:
    ///   - type: The resource's type, one word of haresources.
    ///   - arguments: What stands behind it.
    ///   - isExecutable: Whether a path leads to an executable file.
    ///   - exists: Whether a path leads to anything.
    /// - Returns: What to run; its file was there a moment ago.
    public func program(
        type: String,
        arguments: [String],
        isExecutable: (String) -> Bool,
        exists: (String) -> Bool
    ) -> ResourceProgram? {
        // A type is a file's name; anything that could lead out of the directories is no type.
        guard !type.isEmpty, !type.hasPrefix("."), !type.utf8.contains(UInt8(ascii: "/")) else {
            return nil
        }
        if let agent = OCFAgent(type: type) {
            guard isExecutable(agent.path) else { return nil }
            return ResourceProgram(
                kind: .agent,
                path: agent.path,
                arguments: [],
                environment: agent.environment(arguments)
            )
        }
        if type == ResourceLookup.unitType {
            guard arguments.count == 1, exists(systemdMark) else { return nil }
            // What systemd knows is more than what lies in these directories: templates, generators, mounts.
            let isWhole = ResourceLookup.unitSuffixes.contains { arguments[0].hasSuffix($0) }
            return ResourceProgram(
                kind: .unit,
                path: systemctl,
                arguments: [isWhole ? arguments[0] : arguments[0] + ".service"]
            )
        }
        let script = scriptDirectories.first { isExecutable($0 + "/" + type) }
        // What an instance has of its own stands before what is built in, and that before Heartbeat's.
        let isOwn = script.map(ownScriptDirectories.contains) ?? false
        if !isOwn, Directive.isProgram(type, arguments: arguments) {
            // Heartbeat's script of the same name says nothing of the data's age (S11): it is no substitute.
            guard isExecutable(builtInProgram) else { return nil }
            return ResourceProgram(
                kind: .builtIn,
                path: builtInProgram,
                arguments: [type] + arguments
            )
        }
        if let script {
            return ResourceProgram(
                kind: .resourceScript,
                path: script + "/" + type,
                arguments: arguments
            )
        }
        if let known = OCFAgent.script(type, arguments), isExecutable(known.agent.path) {
            return ResourceProgram(
                kind: .agent,
                path: known.agent.path,
                arguments: [],
                environment: known.agent.environment(known.parameters)
            )
        }
        // A unit takes no arguments, so a resource that has some cannot be one.
        if arguments.isEmpty, exists(systemdMark) {
            let unit = type.hasSuffix(".service") ? type : type + ".service"
            if unitDirectories.contains(where: { exists($0 + "/" + unit) }) {
                return ResourceProgram(kind: .unit, path: systemctl, arguments: [unit])
            }
        }
        for directory in initDirectories where isExecutable(directory + "/" + type) {
            return ResourceProgram(
                kind: .initScript,
                path: directory + "/" + type,
                arguments: arguments
            )
        }
        return nil
    }

    /// What is missing where a resource has no program.
    ///
    /// - Parameters:
    ///   - type: The resource's type, one word of haresources.
    ///   - arguments: What stands behind it.
    ///   - exists: Whether a path leads to anything.
    /// - Returns: A sentence with the remedy.
    public func lack(of type: String, arguments: [String], exists: (String) -> Bool) -> String {
        if Directive.isProgram(type, arguments: arguments) {
            return
                "\(builtInProgram), which serves \(type), is missing or not executable: install Baton again"
        }
        if type == ResourceLookup.unitType {
            return "systemd does not run on this machine (no \(systemdMark))"
        }
        if let agent = OCFAgent(type: type) {
            return exists(agent.path)
                ? "\(agent.path) is not executable: chmod +x it"
                : "there is no agent \(agent.path): apt install resource-agents, or correct its name"
        }
        if let script = scriptDirectories.lazy.map({ "\($0)/\(type)" }).first(where: exists) {
            return "\(script) is not executable: chmod +x it"
        }
        let places = scriptDirectories + initDirectories
        let package =
            OCFAgent.script(type, arguments) == nil ? "" : ": apt install resource-agents"
        return "no program \(type) in \(places.joined(separator: ", "))\(package)"
    }
}
