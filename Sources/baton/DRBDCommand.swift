// `baton drbd`: the replicated resources of both nodes, and where they have parted, what to type. It changes nothing.

import ArgumentParser
import Failover
import Reporting
import Wire

struct DRBDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drbd",
        abstract:
            "Tell how DRBD stands on both nodes; after a split, which copy is newer and what to type.",
        discussion: """
            Role, connection, disk, mount, size and use of each resource that a group moves. Where the two sides do not \
            connect any more (StandAlone), it says by what evidence which copy is the newer one, and the commands for each \
            node; it types none of them. It exits with 1 where two copies have parted.
            """
    )

    @Argument(
        help: ArgumentHelp("One DRBD resource. Else all that groups move.", valueName: "resource")
    )
    var resource: String?

    @Flag(name: .customLong("local"), help: "Do not ask the other node.")
    var isLocal = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let client = ControlClient(global)
        let own = try client.replicas(resource)
        let peer = isLocal ? nil : try client.peerReplicas(resource)
        let there = try? peer?.get()
        let name = isLocal ? "" : try there?.node ?? client.status().peer.name
        let verdicts = own.replicas.map { one in
            ReplicaVerdict(
                own: one,
                peer: there?.replicas.first { $0.name == one.name },
                peerName: name
            )
        }
        if global.json {
            Output.write(try JSONText.of(Answer(own: own, peer: peer)) + "\n")
        } else {
            let silent = peer.map { result in
                result.mapError { PeerSilence(node: name, why: $0.text) }
            }
            Output.write(ReplicaText(width: OutputLook().width).text(of: own, peer: silent))
        }
        if own.replicas.isEmpty { throw Ending(.failed) }
        if verdicts.contains(where: { $0.state == .split }) { throw Ending(.refused) }
    }

    /// Both nodes' reports, or why the other's is absent.
    private struct Answer: Encodable {
        var own: ReplicaReport
        var peer: Result<ReplicaReport, ControlError>?

        private enum Key: String, CodingKey {
            case own
            case peer
            case peerReason
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: Key.self)
            try fields.encode(own, forKey: .own)
            switch peer {
            case .success(let report): try fields.encode(report, forKey: .peer)
            case .failure(let error): try fields.encode(error.text, forKey: .peerReason)
            case nil: break
            }
        }
    }
}
