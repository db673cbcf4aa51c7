// `sync iplist`: the lists of addresses that the other node's daemon runs with become this node's. The other node is only
// read; who holds the addresses is asked for its list, and gives none up for another's.

import ArgumentParser
import Configuration
import Failover
import Linux
import Wire

struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract:
            "Take over the other node's lists of addresses (iplist), and reload; or its cron jobs (cronfile).",
        discussion: """
            Type it on the node whose list is the old one: what the other node's daemon runs with is written to the same \
            path here, and the file that was there is kept beside it as FILE.before-sync. Where the daemon refuses it, the \
            old one is put back. A node that holds the addresses refuses, unless --held says that the other node's list is \
            the right one: then what differs comes and goes here at once.

            The cron jobs of the node that holds the group are taken over by themselves, within a minute; what was edited \
            on this node's copy meanwhile is left, until this is typed: then it is kept beside it as .before-sync.
            """
    )

    /// What can be brought into step.
    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case iplist
        case cronfile
    }

    @Argument(help: ArgumentHelp("What: iplist or cronfile.", valueName: "what"))
    var subject: Subject

    @Argument(help: ArgumentHelp("The one cronfile that is meant; all without.", valueName: "path"))
    var path: String?

    @Flag(
        name: .customLong("unless-edited"),
        help: "Leave cron jobs that were edited here, and exit with 1."
    )
    var unlessEdited = false

    @Flag(name: .customLong("held"), help: "Also where this node holds the addresses.")
    var held = false

    @Flag(name: .customLong("dry-run"), help: "Only tell what differs.")
    var isDry = false

    @OptionGroup var place: ConfigurationOptions
    @OptionGroup var waiting: WaitingOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        if subject == .cronfile { return try syncCronFiles(unlessEdited: unlessEdited) }
        let client = ControlClient(global)
        let files = try CheckCommand.files(in: place.directory)
        let paths = files.haresources.map(AddressList.paths) ?? []
        guard !paths.isEmpty else {
            throw Ending(.usage, "baton: no group of \(place.directory)/haresources has an iplist")
        }
        let peer: NodeFiles
        switch try client.peerFiles() {
        case .success(let told): peer = told
        case .failure(let error):
            throw Ending(.timedOut, "baton: the other node's lists are not known: \(error.text)")
        }
        var changed: [(path: String, bytes: [UInt8], old: [UInt8]?)] = []
        for path in paths {
            guard let theirs = peer.lists?.first(where: { $0.name == path }) else {
                throw Ending(.failed, "baton: \(peer.node) runs with no list \(path)")
            }
            let own = files.lists.first { $0.name == path }
            guard own?.bytes != theirs.bytes else {
                Output.write("\(path): the same on both nodes\n")
                continue
            }
            Output.write("\(path): \(Self.words(own, theirs, of: peer.node))\n")
            changed.append((path, theirs.bytes, own?.bytes))
        }
        guard !isDry else { return }
        try refuseWhereHeld(changed.map(\.path), client, peer.node)
        var isWritten = false
        do {
            for (path, bytes, old) in changed {
                if let old { try write(path, keptAs: ".before-sync", old) }
                try write(path, bytes)
            }
            isWritten = true
            // Also where no file differs: the daemon may run with older ones.
            try client.perform(.reload(exec: false), waiting)
        } catch let ending as Ending
            where !isWritten || [.refused, .noDaemon].contains(ending.status)
        {
            // Otherwise the new lists are in force, or about to be.
            guard !changed.isEmpty else { throw ending }
            for (path, _, old) in changed { try putBack(path, old) }
            let paths = changed.map(\.path).joined(separator: ", ")
            let said = ending.text.isEmpty ? "" : ending.text + "\n"
            throw Ending(ending.status, "\(said)baton: put back as before: \(paths)")
        }
    }

    private static func words(
        _ own: ConfigurationFile?,
        _ theirs: NodeFile,
        of node: String
    ) -> String {
        guard let own else { return "is not here yet" }
        let change = AddressListChange(
            from: own,
            to: ConfigurationFile(name: theirs.name, bytes: theirs.bytes)
        )
        guard !change.isEmpty else { return "the same addresses in another text on \(node)" }
        return "the list of \(node) \(change.words(added: "has", removed: "lacks"))"
    }

    private func refuseWhereHeld(
        _ paths: [String],
        _ client: ControlClient,
        _ peer: String
    ) throws {
        guard !held else { return }
        // By what the daemon runs, whatever the files say by now.
        let group = try client.status().groups.first { group in
            group.state != .standby
                && group.resources.contains { resource in
                    paths.contains { path in
                        let name = "\(AddressList.type)::\(path)"
                        return resource.name == name || resource.name.hasPrefix(name + "::")
                    }
                }
        }
        guard let group else { return }
        throw Ending(
            .refused,
            "baton: this node holds \(group.name): its own list is in force. Type on \(peer): baton sync iplist; or here, "
                + "where the list of \(peer) is the right one: baton sync iplist --held"
        )
    }

    /// Writes a list with the owner and mode that it has, where a link to it leads; or its copy beside it.
    private func write(_ path: String, keptAs end: String = "", _ bytes: [UInt8]) throws {
        do throws(SystemError) {
            let isThere = Files.exists(path) || (try? Files.link(path)) != nil
            let place = isThere ? try Files.resolved(path) : path
            try Files.replaceDurably(
                place + end,
                with: bytes,
                mode: Files.mode(place) ?? 0o644,
                ownedLike: place
            )
        } catch {
            throw Ending(.failed, "baton: \(error)")
        }
    }

    private func putBack(_ path: String, _ old: [UInt8]?) throws {
        if let old { return try write(path, old) }
        do throws(SystemError) {
            try Files.remove(path)
        } catch {
            throw Ending(.failed, "baton: \(error)")
        }
    }
}
