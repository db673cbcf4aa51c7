// `confirm-down`: the administrator's word that the other node is off. It permits what may destroy data if it is
// not true, so the name is typed twice.

import ArgumentParser
import Failover
import Linux
import Wire

struct ConfirmDownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm-down",
        abstract:
            "Give your word that the other node is switched off; its groups may then be taken.",
        discussion: """
            The word counts as confirmed fencing. If the other node still runs, both may write to the same data. \
            It is refused while the node's host or a group's address still answers.
            """
    )

    @Argument(help: ArgumentHelp("The node that is off.", valueName: "node"))
    var node: String

    @Option(
        name: .customLong("yes"),
        help: ArgumentHelp(
            "The node's name once more, where no terminal is there to type it back.",
            valueName: "name"
        )
    )
    var yes: String?

    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        if let yes {
            guard yes == node else {
                throw Ending(
                    .usage,
                    "baton: '--yes \(yes)' is not the name of the node, '\(node)'; nothing was done"
                )
            }
        } else {
            guard Terminal.isTerminal(0) else {
                throw Ending(
                    .usage,
                    "baton: there is no terminal to type the name back; if \(node) is switched off, type:"
                        + " baton confirm-down \(node) --yes \(node)"
                )
            }
        }
        let status = try client.status()
        guard node == status.peer.name else {
            throw Ending(
                .usage,
                "baton: the other node is called '\(status.peer.name)', not '\(node)'; nothing was done"
            )
        }
        if yes == nil { try askBack() }
        try client.perform(.confirmDown(node: NodeName(node), typed: node), waiting)
    }

    private func askBack() throws {
        Output.error(
            "If \(node) still runs, both nodes may write to the same data. Is it switched off, and does it stay off?"
        )
        Output.error("Type its name to say so:")
        guard let answer = readLine(), answer == node else {
            throw Ending(.refused, "baton: not confirmed; nothing was done")
        }
    }
}
