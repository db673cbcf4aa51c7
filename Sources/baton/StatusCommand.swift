// `baton status`: the one status value of the daemon, as text or as JSON, and beside it the other node's own.

import ArgumentParser
import Failover
import Reporting
import Wire

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell whether the service is fine, where it runs, and what to type if it is not.",
        discussion: """
            Below it stands the other node's own view, which this node's daemon asks for; where that does not \
            answer within two seconds or so, why. With --json it is under peerView, else there is peerViewReason.
            """
    )

    @Flag(name: .customLong("local"), help: "Do not ask the other node.")
    var isLocal = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        let status = try client.status()
        if global.json {
            let text =
                isLocal
                ? ControlCoding.text(status)
                : ControlCoding.text(status, peerView: try client.peerStatus())
            Output.write(text + "\n")
            return
        }
        let look = OutputLook()
        let writer = StatusText(width: look.width, usesColor: look.usesColor)
        // At once, for the other node may be what is wrong.
        Output.write(writer.text(of: status))
        guard !isLocal else { return }
        switch try client.peerStatus() {
        case .success(let peer): Output.write(writer.text(ofPeer: peer, besides: status))
        case .failure(let error):
            Output.write(writer.text(ofUnknownPeer: status.peer.name, because: error.text))
        }
    }
}
