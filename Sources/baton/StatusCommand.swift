// `baton status`: the one status value of the daemon, as text or as JSON.

import ArgumentParser
import Failover
import Linux
import Reporting
import Wire

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell whether the service is fine, where it runs, and what to type if it is not."
    )

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let status = try ControlClient(global).status()
        if global.json {
            Output.write(ControlCoding.text(status) + "\n")
            return
        }
        let isTerminal = Terminal.isTerminal(1)
        let refusesColor = Environment.value("NO_COLOR").map { !$0.isEmpty } ?? false
        let isDumb = Environment.value("TERM") == "dumb"
        let writer = StatusText(
            width: isTerminal ? Terminal.width(1) : nil,
            usesColor: isTerminal && !refusesColor && !isDumb
        )
        Output.write(writer.text(of: status))
    }
}
