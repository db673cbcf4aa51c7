// `completion`: the completion script that the argument definitions give.

import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script for a shell.",
        discussion: "For bash: baton completion bash > /etc/bash_completion.d/baton"
    )

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"))
    var shell: String

    @OptionGroup var global: GlobalOptions

    func run() throws {
        guard let known = CompletionShell(rawValue: shell) else {
            throw Ending(
                .usage,
                "baton: no completion for '\(shell)'; there are: "
                    + CompletionShell.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        Output.write(Baton.completionScript(for: known) + "\n")
    }
}
