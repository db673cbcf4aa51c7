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
        return try Self.group(scope, by: client)
    }

    /// One group by what was typed.
    static func group(_ typed: String, by client: ControlClient) throws -> Scope {
        try group(typed, in: try client.status())
    }

    /// One group of a status by what was typed.
    static func group(_ typed: String, in status: Status) throws -> Scope {
        switch GroupLookup(typed, in: status) {
        case .found(let name): return .group(GroupName(name))
        case .unknown(let known):
            throw Ending(
                .usage,
                "baton: no group is called '\(typed)'; there are: \(known.joined(separator: ", "))"
            )
        case .ambiguous(let names):
            throw Ending(
                .usage,
                "baton: '\(typed)' may be any of: \(names.joined(separator: ", "))"
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
        let scope = try scope.resolved(by: client)
        try client.perform(.standby(scope, cause: Caller.monitor), waiting)
    }
}

struct TakeoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "takeover",
        abstract: "Take groups from the other node to this one."
    )

    @OptionGroup var scope: ScopeArgument
    @Flag(
        help: """
            Take it also with old data: what the other node wrote without this one is lost. Only when the newer data \
            cannot come back.
            """
    )
    var acceptDataLoss = false
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        let scope = try scope.resolved(by: client)
        try client.perform(.takeover(scope, acceptsDataLoss: acceptDataLoss), waiting)
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
