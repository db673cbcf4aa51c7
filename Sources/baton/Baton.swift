// The command and the options that stand before or behind any subcommand. Help, completion and the manual page
// `baton.8` are all made of these definitions.

import ArgumentParser
import Linux

/// The administrator's command.
struct Baton: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baton",
        abstract: "Look after the service that two nodes share.",
        discussion: """
            Without a subcommand it prints the status. All times are those of ha.cf: 500ms, 3, 2m.
            """,
        version: Baton.versionText,
        subcommands: [
            StatusCommand.self, ExplainCommand.self, StandbyCommand.self, TakeoverCommand.self,
            FailbackCommand.self,
            ConfirmDownCommand.self, OutdatePeerCommand.self, DRBDCommand.self,
            MonitorsCommand.self,
            ClearCommand.self, FreezeCommand.self,
            ThawCommand.self, CheckCommand.self, HelpCommand.self, KeygenCommand.self,
            ReloadCommand.self, SyncCommand.self, ManualCommand.self, CompletionCommand.self,
        ],
        defaultSubcommand: StatusCommand.self
    )

    /// What `baton --version` prints.
    static let versionText = "0.1.0"

    @OptionGroup var global: GlobalOptions
}

/// Options that every subcommand has, and that may stand before it too.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The run directory of the daemon to talk to.",
            discussion: "Else $BATON_RUN, else /run/baton.",
            valueName: "dir"
        ),
        completion: .directory
    )
    var run: String?

    @Flag(name: .customLong("json"), help: "Answer with one JSON object.")
    var json = false

    /// The run directory that counts.
    var runDirectory: String {
        run ?? Self.standardRunDirectory
    }

    /// The run directory when none is given: `BATON_RUN`, which resource scripts inherit from their daemon.
    static var standardRunDirectory: String {
        if let run = Environment.value("BATON_RUN"), !run.isEmpty { return run }
        return "/run/baton"
    }
}

/// How long a command waits for its result.
struct WaitingOptions: ParsableArguments {
    @Flag(
        name: .customLong("no-wait"),
        help: "Return as soon as the daemon has accepted the command."
    )
    var noWait = false

    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp(
            "How long to wait for the result; what was asked for goes on after that (exit 5).",
            discussion: "0 waits without end.",
            valueName: "time"
        )
    )
    var timeout = WaitTime(milliseconds: standardTimeoutMilliseconds)

    /// Longer than the start of a group takes on any machine we know, short enough not to look hung.
    static let standardTimeoutMilliseconds: Int64 = 300_000
}

/// A time as ha.cf writes it.
struct WaitTime: ExpressibleByArgument {
    /// Milliseconds; 0 for no end.
    var milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Double)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
            ("", 1000),
        ]
        for unit in units where argument.hasSuffix(unit.suffix) {
            guard let number = Double(argument.dropLast(unit.suffix.count)), number >= 0,
                number * unit.milliseconds < 1e12
            else { return nil }
            milliseconds = Int64(number * unit.milliseconds)
            return
        }
        return nil
    }

    var defaultValueDescription: String { "\(milliseconds / 1000)" }
}
