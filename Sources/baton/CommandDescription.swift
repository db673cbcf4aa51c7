// The argument definitions as the argument parser describes them (its `--experimental-dump-help`), for the manual
// page. Only what the page prints is decoded.

import ArgumentParser
import FoundationEssentials

/// What the argument parser knows of a command.
struct CommandDescription: Decodable {
    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var subcommands: [CommandDescription]?
    var defaultSubcommand: String?
    var arguments: [ArgumentDescription]?

    /// The whole command with its subcommands.
    static func baton() throws -> CommandDescription {
        struct Dump: Decodable { var command: CommandDescription }
        let text = Baton._dumpHelp()
        return try JSONDecoder().decode(Dump.self, from: Data(text.utf8)).command
    }

    /// The command and its subcommands as they are typed, each once: the default one without its name.
    var flattened: [CommandDescription] {
        let own = (subcommands ?? []).filter { $0.commandName != "help" }
        guard !own.isEmpty else { return [self] }
        return own.map { one in
            var flat = one
            guard one.commandName == defaultSubcommand else {
                flat.commandName = "\(commandName) \(one.commandName)"
                return flat
            }
            flat.commandName = commandName
            flat.abstract = abstract
            flat.discussion = discussion
            return flat
        }
    }

    /// What follows the command's name in a synopsis, the options of every command left out.
    var synopsis: String {
        ownArguments.map { argument in
            let text = argument.title
            return argument.isOptional ? "[\(text)]" : text
        }.joined(separator: " ")
    }

    /// Arguments that not every command has.
    var ownArguments: [ArgumentDescription] {
        (arguments ?? []).filter { $0.shouldDisplay && !Self.common.contains($0.longName ?? "") }
    }

    /// The arguments of these long names.
    func arguments(named names: Set<String>) -> [ArgumentDescription] {
        (arguments ?? []).filter { $0.shouldDisplay && names.contains($0.longName ?? "") }
    }

    /// Long names of the options that every command has.
    static let common: Set<String> = ["run", "json", "version", "help"]
    /// Long names of the options that commands have which wait for a result.
    static let waiting: Set<String> = ["no-wait", "timeout"]
}

/// What the argument parser knows of an argument.
struct ArgumentDescription: Decodable {
    struct Name: Decodable {
        var kind: String
        var name: String
    }

    var kind: String
    var shouldDisplay: Bool
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var abstract: String?
    var discussion: String?

    /// `run` of `--run`.
    var longName: String? { names?.first { $0.kind == "long" }?.name }

    /// `--run <dir>`, `-h, --help`, `<node>`.
    var title: String {
        let value = "<\(valueName ?? "value")>"
        if kind == "positional" { return value + (isRepeating ? "..." : "") }
        let spelled = (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
        return spelled.joined(separator: ", ") + (kind == "option" ? " " + value : "")
    }

    /// Sentences about it, the default last.
    var sentences: String {
        var parts = [abstract, discussion].compactMap { $0 }
        if let defaultValue, kind != "flag" { parts.append("Default: \(defaultValue).") }
        return parts.joined(separator: " ")
    }
}
