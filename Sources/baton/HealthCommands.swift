// `clear`, `freeze` and `thaw`: the administrator's word about the automatic moves of groups. Each waits for the
// daemon's final reply, as the moves do.

import ArgumentParser
import Failover
import Reporting
import Wire

/// The argument of `clear`, `freeze` and `thaw`.
struct GroupArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Which group, or all.",
            discussion:
                "A group goes by its name, its bare address, or as much of the name as no other group shares.",
            valueName: "group|all"
        )
    )
    var group = "all"

    /// What the word means; a group's name is looked up in the daemon's status.
    func resolved(by client: ControlClient) throws -> Scope {
        group == "all" ? .all : try ScopeArgument.group(group, by: client)
    }
}

struct ClearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Say that what failed is repaired: groups may move again.",
        discussion: """
            On both nodes hold-downs end, the budget of moves for failed services is full again, failed starts are \
            forgotten, and what waited for this word goes home if auto_failback says so.
            """
    )

    @OptionGroup var group: GroupArgument
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        try client.perform(.clear(try group.resolved(by: client)), waiting)
    }
}

struct FreezeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Let nothing of a group start, stop or move by itself, on either node.",
        discussion: """
            Not after a death either: the service is then down until somebody acts, which is told at once. \
            Commands still move the group; heartbeats, status and monitors go on.
            """
    )

    @OptionGroup var group: GroupArgument

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "How long, 1s to 366d; then it ends by itself. Without it, baton thaw ends it.",
            valueName: "time"
        )
    )
    var length: WaitTime?

    @Option(
        name: .customLong("reason"),
        help: ArgumentHelp("Why, for the others; at most 200 characters.", valueName: "text")
    )
    var reason = ""

    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let length {
            let seconds = length.milliseconds / 1000
            guard (1...ControlRequest.freezeMaximum).contains(seconds) else {
                throw ValidationError(
                    "A freeze lasts 1s to 366d; leave --for out for one without an end."
                )
            }
        }
        guard reason.count <= 200 else {
            throw ValidationError(
                "The reason has \(reason.count) characters; there is room for 200."
            )
        }
    }

    func run() throws {
        let client = ControlClient(global)
        let request = ControlRequest.freeze(
            try group.resolved(by: client),
            seconds: length.map { $0.milliseconds / 1000 },
            by: Caller.name,
            reason: printable(reason)
        )
        try client.perform(request, waiting)
    }
}

struct ThawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw",
        abstract: "End a freeze."
    )

    @OptionGroup var group: GroupArgument
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        try client.perform(.thaw(try group.resolved(by: client)), waiting)
    }
}
