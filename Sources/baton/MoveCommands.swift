// `standby`, `takeover` and `failback`: groups change nodes. Each waits for the daemon's final reply, shows its
// progress on standard error, and exits with what the reply says.

import ArgumentParser
import Failover
import Reporting
import Wire

/// The argument of `standby` and `takeover`.
struct ScopeArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Which groups: all, local (they prefer this node), foreign, failback (they are away from home), or one.",
            discussion: """
                A group goes by its name, its bare address, or as much of the name as no other group shares.
                """,
            valueName: "all|local|foreign|failback|group"
        )
    )
    var scope = "all"

    /// What the words mean; a group's name is looked up in the daemon's status.
    func resolved(by client: ControlClient) throws -> Scope {
        switch scope {
        case "all": return .all
        case "local": return .local
        case "foreign": return .foreign
        case "failback": return .failback
        default: break
        }
        switch GroupLookup(scope, in: try client.status()) {
        case .found(let name): return .group(GroupName(name))
        case .unknown(let known):
            throw Ending(
                .usage,
                "baton: no group is called '\(scope)'; there are: \(known.joined(separator: ", "))"
            )
        case .ambiguous(let names):
            throw Ending(
                .usage,
                "baton: '\(scope)' may be any of: \(names.joined(separator: ", "))"
            )
        }
    }
}

struct StandbyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standby",
        abstract: "Give groups that run on this node to the other node."
    )

    @OptionGroup var scope: ScopeArgument
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        try client.perform(.standby(try scope.resolved(by: client)), waiting)
    }
}

struct TakeoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "takeover",
        abstract: "Take groups from the other node to this one."
    )

    @OptionGroup var scope: ScopeArgument
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        try client.perform(.takeover(try scope.resolved(by: client)), waiting)
    }
}

struct FailbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failback",
        abstract: "Send every group to the node it prefers."
    )

    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        try ControlClient(global).perform(.failback, waiting)
    }
}
