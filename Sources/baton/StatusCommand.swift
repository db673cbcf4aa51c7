// `baton status`: the one status value of the daemon, as text or as JSON.

import ArgumentParser
import Failover
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
        let look = OutputLook()
        let writer = StatusText(width: look.width, usesColor: look.usesColor)
        Output.write(writer.text(of: status))
    }
}
