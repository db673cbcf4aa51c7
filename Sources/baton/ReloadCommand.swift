// `reload`: the daemon reads its configuration anew and keeps what runs.

import ArgumentParser
import Wire

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let the daemon read its configuration anew; everything that runs goes on.",
        discussion: "A configuration with errors is refused and the old one stays: see baton check."
    )

    @Flag(
        name: .customLong("exec"),
        help: "Start the installed program anew as well, after an upgrade; it adopts what runs."
    )
    var exec = false

    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        try ControlClient(global).perform(.reload(exec: exec), waiting)
    }
}
