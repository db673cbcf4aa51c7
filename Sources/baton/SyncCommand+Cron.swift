// `sync cronfile`: the cron jobs of the node that holds the group become this node's copy. The other node is only read.

import Configuration
import Linux
import Wire

extension SyncCommand {
    /// Takes over the files of one path, or of all `cronfile` resources.
    ///
    /// With `unlessEdited` a copy that was edited here since both agreed is left, and that is refused.
    func syncCronFiles(unlessEdited: Bool) throws {
        let paths = try path.map { [$0] } ?? configuredCronFiles()
        let peer: NodeFiles
        switch try ControlClient(global).peerFiles() {
        case .success(let told): peer = told
        case .failure(let error):
            throw Ending(.timedOut, "baton: the other node's files are not known: \(error.text)")
        }
        let machine = peer.machine.flatMap { MachineFacts(text: Array($0.utf8), node: peer.node) }
        for path in paths {
            guard let theirs = machine?.cronFiles.first(where: { $0.path == path && $0.isLive })
            else {
                throw Ending(.failed, "baton: \(peer.node) has no \(path) that its cron reads")
            }
            try take(theirs, of: peer.node, unlessEdited: unlessEdited)
        }
    }

    private func configuredCronFiles() throws -> [String] {
        let files = try CheckCommand.files(in: place.directory)
        let paths = files.haresources.map(CronFileFact.paths) ?? []
        guard paths.isEmpty else { return paths }
        throw Ending(.usage, "baton: no group of \(place.directory)/haresources has a cronfile")
    }

    private func take(_ theirs: CronFileFact, of peer: String, unlessEdited: Bool) throws {
        let path = theirs.path
        let copy = CronFileFact.beside(path, "standby")
        let agreed = CronFileFact.beside(path, "agreed")
        func read(_ path: String) -> [UInt8]? {
            try? Files.read(path, maximum: CronFileFact.sizeMaximum)
        }
        guard !Files.exists(path) else {
            throw Ending(
                .failed,
                "baton: \(path) is there, and cron reads it: this node holds the group, or is to give it up first"
            )
        }
        let own = read(copy)
        let isEdited = own.map { $0 != read(agreed) } ?? false
        do {
            guard own != theirs.bytes else {
                Output.write("\(path): the same on both nodes\n")
                if !isDry {
                    try Files.replaceDurably(agreed, with: theirs.bytes, mode: 0o600)
                }
                return
            }
            guard !isEdited || !unlessEdited else {
                throw Ending(
                    .refused,
                    "baton: \(path) was edited here (\(copy)), and \(peer) runs another: to take that of \(peer), type: "
                        + "baton sync cronfile"
                )
            }
            let edited = isEdited ? ", and was edited here: kept as \(copy).before-sync" : ""
            Output.write("\(path): that of \(peer) differs\(edited)\n")
            guard !isDry else { return }
            if isEdited, let own {
                try Files.replaceDurably("\(copy).before-sync", with: own, mode: 0o600)
            }
            let mode = (Files.mode(copy) ?? 0o644) & 0o755
            try Files.replaceDurably(copy, with: theirs.bytes, mode: mode, ownedLike: copy)
            try Files.replaceDurably(agreed, with: theirs.bytes, mode: 0o600)
        } catch let error as SystemError {
            throw Ending(.failed, "baton: \(error)")
        }
    }
}
