// `baton monitors`: how the watched services stand, one with its history, and the switch that turns their
// watching off and on. The text is Reporting's.

import ArgumentParser
import Failover
import Linux
import Reporting
import Wire

struct MonitorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitors",
        abstract:
            "Tell how the services that mon.cf watches stand; switch the watching off and on.",
        discussion: """
            A service is watched on the node that runs the group with the resource monitor. It goes by the name \
            HOSTGROUP/SERVICE; SERVICE alone is enough where one host group has it.
            """,
        subcommands: [
            MonitorsShowCommand.self, MonitorsDisableCommand.self, MonitorsEnableCommand.self,
        ],
        defaultSubcommand: MonitorsShowCommand.self
    )

    @OptionGroup var global: GlobalOptions
}

struct MonitorsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the services with their last and next run; one with its history."
    )

    @Argument(
        help: ArgumentHelp("A service, or a host group.", valueName: "name")
    )
    var name: String?

    @OptionGroup var global: GlobalOptions

    private struct Answer: Encodable {
        var schema: Int
        var node: String
        var monitors: [MonitorStatus]
    }

    func run() throws {
        let client = ControlClient(global)
        var status = try client.status(.monitors(nil))
        var service: MonitorStatus?
        switch try name.map({ try MonitorNames.one($0, in: status) }) {
        case nil: break
        case .hostGroup(let group): status.monitors.removeAll { !$0.name.hasPrefix(group + "/") }
        case .service(let name):
            status = try client.status(.monitors(name))
            status.monitors.removeAll { $0.name != name }
            service = status.monitors.first
        }
        if global.json {
            let answer = Answer(
                schema: status.schema,
                node: status.node,
                monitors: status.monitors
            )
            Output.write(try JSONText.of(answer) + "\n")
            return
        }
        let look = OutputLook()
        let writer = MonitorsText(width: look.width, usesColor: look.usesColor)
        Output.write(
            service.map { writer.history(of: $0, in: status) } ?? writer.table(of: status)
        )
    }
}

/// The argument of `monitors disable` and `monitors enable`.
struct ServicesArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("Services, host groups, or all.", valueName: "name"))
    var names: [String]

    /// The names as the daemon takes them.
    func resolved(by client: ControlClient) throws -> [String] {
        try MonitorNames.all(names, in: try client.status(.monitors(nil)))
    }
}

struct MonitorsDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Do not watch services any more, on this node, until they are enabled again.",
        discussion: "Also after a restart of the daemon. The other node has its own switch."
    )

    @OptionGroup var services: ServicesArgument
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        try client.perform(.monitorsDisable(try services.resolved(by: client)), waiting)
    }
}

struct MonitorsEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Watch services again that were disabled on this node."
    )

    @OptionGroup var services: ServicesArgument
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        try client.perform(.monitorsEnable(try services.resolved(by: client)), waiting)
    }
}

/// Names of services and host groups as they are typed.
private enum MonitorNames {
    enum Found {
        case service(String)
        case hostGroup(String)

        /// As the daemon takes it.
        var name: String {
            switch self {
            case .service(let name), .hostGroup(let name): name
            }
        }
    }

    static func one(_ typed: String, in status: Status) throws -> Found {
        switch MonitorLookup(typed, in: status) {
        case .service(let name): return .service(name)
        case .hostGroup(let name): return .hostGroup(name)
        case .unknown(let known) where known.isEmpty:
            throw Ending(.usage, "baton: no service is watched here; to see why, type: baton check")
        case .unknown(let known):
            let more = known.count > 20 ? " and \(known.count - 20) more" : ""
            let names = known.prefix(20).joined(separator: ", ")
            throw Ending(
                .usage,
                "baton: no service or host group is called '\(printable(typed))'; there are: \(names)\(more)"
            )
        case .ambiguous(let names):
            throw Ending(
                .usage,
                "baton: '\(printable(typed))' may be any of: \(names.joined(separator: ", "))"
            )
        }
    }

    /// Every name, in the order typed; `all` stands for every host group.
    static func all(_ typed: [String], in status: Status) throws -> [String] {
        var names: [String] = []
        for word in typed {
            let meant =
                word == "all"
                ? MonitorLookup.hostGroups(of: status) : [try one(word, in: status).name]
            for name in meant where !names.contains(name) { names.append(name) }
        }
        guard !names.isEmpty else {
            throw Ending(.usage, "baton: no service is watched here; to see why, type: baton check")
        }
        return names
    }
}
