// `manual`: a manual page in roff on standard output; `make install` writes them to where man(1) looks.

import ArgumentParser
import Configuration

struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print a manual page in roff; without a name, the names.",
        discussion: "To read one: baton manual ha.cf.5 | man -l -"
    )

    @Argument(
        help: ArgumentHelp(
            "baton.8, batond.8, ha.cf.5, haresources.5, authkeys.5 or mon.cf.5.",
            valueName: "page"
        )
    )
    var name: String?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let pages =
            try [ManualPage.baton(), .batond] + Directive.File.allCases.map(ManualPage.file)
        guard let name else {
            Output.write(pages.map { $0.fileName + "\n" }.joined())
            return
        }
        guard let page = pages.first(where: { $0.fileName == name }) else {
            throw Ending(
                .usage,
                "baton: there is no page '\(name)'; there are: \(pages.map(\.fileName).joined(separator: ", "))"
            )
        }
        Output.write(page.roff)
    }
}
