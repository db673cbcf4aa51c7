// The other node's files as its daemon runs with them, fetched through this node's daemon for `check`. What
// differs is known to `Configuration`.

import Configuration
import Wire

/// What a running pair tells of the other node's files.
enum RunningPeer {
    /// No daemon runs here, so nobody can be asked.
    case nobodyToAsk
    /// There are no files, and why.
    case silent(String)
    /// The node that gave them, its files, its keys without secrets, and what it says of its machine.
    case files(node: String, ConfigurationFiles, PeerKeys?, MachineFacts?)

    /// Asks by the daemon of a run directory.
    init(_ client: ControlClient) {
        do {
            switch try client.peerFiles() {
            case .failure(let error): self = .silent(error.text)
            case .success(let files):
                self = .files(
                    node: files.node,
                    ConfigurationFiles(
                        haCf: Self.file(files.haCf, of: files.node),
                        haresources: Self.file(files.haresources, of: files.node),
                        monCf: Self.file(files.monCf, of: files.node),
                        // By their paths, which both nodes have in common.
                        lists: (files.lists ?? []).map {
                            ConfigurationFile(name: $0.name, bytes: $0.bytes)
                        }
                    ),
                    files.keys.map { Self.keys($0, of: files.node) },
                    files.machine.flatMap { MachineFacts(text: Array($0.utf8), node: files.node) }
                )
            }
        } catch let ending as Ending {
            self =
                ending.status == .noDaemon
                ? .nobodyToAsk
                : .silent(ending.text.replacing("baton: ", with: "", maxReplacements: 1))
        } catch {
            self = .silent("\(error)")
        }
    }

    /// One line about what was compared; nil where there is nothing to say.
    var line: String? {
        switch self {
        case .nobodyToAsk: nil
        case .silent(let why):
            "the other node's files were not compared: \(why); a copy of them is compared by: baton check --peer-config DIR"
        case .files(let node, _, _, _?): "compared with the files with which \(node) runs"
        case .files(let node, _, _, nil):
            "compared with the files with which \(node) runs; what its boot starts and mounts and its users were not: "
                + "it did not tell"
        }
    }

    private static func file(_ file: NodeFile?, of node: String) -> ConfigurationFile? {
        file.map { ConfigurationFile(name: "\(node):\($0.name)", bytes: $0.bytes) }
    }

    private static func keys(_ keys: NodeKeys, of node: String) -> PeerKeys {
        PeerKeys(
            file: "\(node):\(keys.name)",
            signingID: keys.signing,
            meanings: Dictionary(
                keys.keys.map { ($0.id, "\($0.method) \($0.digest)") },
                uniquingKeysWith: { first, _ in first }
            ),
            meaning: { "\($0.method.rawValue) \(ChannelKey.digest(ofKeyWith: $0.secret))" }
        )
    }
}
