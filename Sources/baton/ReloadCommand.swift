// `reload`: the daemon reads its configuration anew and keeps what runs.

import ArgumentParser

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let the daemon read its configuration anew; everything that runs goes on.",
        discussion: "A configuration with errors is refused and the old one stays: see baton check."
    )

    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        try ControlClient(global).perform(.reload, waiting)
    }
}
