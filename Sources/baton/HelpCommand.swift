// `help`: a subcommand's help from the argument definitions, or a word of the configuration from the directive
// table. A word that is both gets both.

import ArgumentParser
import Configuration

struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help",
        abstract: "Explain a subcommand, or a word of ha.cf, haresources, authkeys or mon.cf."
    )

    @Argument(help: ArgumentHelp("A subcommand or a word of the configuration.", valueName: "word"))
    var word: String?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        guard let word else {
            Output.write(Baton.helpMessage() + "\n")
            return
        }
        var texts: [String] = []
        let subcommands = Baton.configuration.subcommands
        if let command = subcommands.first(where: { $0.configuration.commandName == word }) {
            texts.append(Baton.helpMessage(for: command) + "\n")
        }
        texts += Directive.all.filter { $0.name == word }.map(DirectiveText.help)
        guard texts.isEmpty else {
            Output.write(texts.joined(separator: "\n"))
            return
        }
        let known =
            subcommands.compactMap { $0.configuration.commandName } + Directive.all.map(\.name)
        let near = nearestWord(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw Ending(
            .usage,
            "baton: '\(word)' is neither a subcommand nor a word of the configuration\(near)"
        )
    }
}
