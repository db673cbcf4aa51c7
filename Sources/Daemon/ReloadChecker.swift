// `baton reload`: a helper reads the files, because reading may wait for a disk; the loop judges what
// they would change. Nothing changes before all of it was found right.

import Configuration
import Failover
import Linux
import Wire

/// A reload on its way: the helper that reads, and who asked.
final class ReloadChecker {
    /// The connection to answer; `nil` for SIGHUP.
    let connection: UInt64?
    /// Start the binary anew too.
    let exec: Bool
    private let helper: Helper
    private let poller: Poller

    static let channelToken: UInt64 = 18
    /// The longest text of diagnostics that is handed back.
    private static let textMaximum = 60_000

    init(
        _ context: DaemonContext,
        poller: Poller,
        connection: UInt64?,
        exec: Bool
    ) throws(SystemError) {
        self.connection = connection
        self.exec = exec
        self.poller = poller
        helper = try Helper.launch(.checker, keeping: [context.lock.number]) {
            (channel) throws(SystemError) in
            channel.sendWaiting(ReloadChecker.check(context))
        }
        try poller.add(helper.channel.number, token: ReloadChecker.channelToken)
    }

    /// What the helper found; `nil` when there is nothing yet.
    ///
    /// An empty text is a right configuration, which is then in `shared.candidate`.
    func result() -> String? {
        switch helper.channel.receive() {
        case .nothingYet: return nil
        case .closed: return "the files could not be read: the helper that reads them ended\n"
        case .message(let bytes):
            var reader = MessageReader(bytes)
            return reader.text() ?? "the answer of the helper could not be read\n"
        }
    }

    /// Ends the helper, also one that hangs on its disk.
    func end() {
        ignoring { () throws(SystemError) in try poller.remove(helper.channel.number) }
        helper.kill()
    }

    /// The process to reap.
    var process: ProcessID { helper.handle.identity.id }

    /// Runs in the helper.
    private static func check(_ context: DaemonContext) -> [UInt8] {
        var writer = MessageWriter()
        switch ConfigurationStore.read(context.paths) {
        case .failure(let refusal): writer.put(refusal.text)
        case .success(let files):
            let made = LoadedConfiguration.make(
                files,
                node: context.node,
                ownAddresses: MachineAddresses.read()
            )
            let bytes = ConfigurationStore.encode(files)
            let strange = BatonDaemon.strangeAddresses(
                context.shared,
                candidate: bytes,
                node: context.node,
                boot: context.boot
            )
            if case .failure(let refusal) = made {
                writer.put(String(refusal.text.prefix(textMaximum)))
            } else if !strange.isEmpty {
                writer.put(strange)
            } else if context.shared.candidate.store(bytes) {
                writer.put("")
            } else {
                writer.put(ConfigurationStore.tooLarge)
            }
        }
        return writer.bytes
    }

    /// What a new configuration would do to this node.
    enum Consequence: Equatable {
        /// Nothing differs.
        case none
        /// Only keys differ: they are replaced while everything goes on.
        case keys
        /// The loop begins anew and adopts what runs.
        case restart
        /// Groups held here would change under it.
        case refused([String])
    }

    /// Whether other keys would make the two nodes deaf to each other.
    ///
    /// - Parameters:
    ///   - old: the keys this node runs with.
    ///   - new: those it would run with.
    ///   - peerKeys: the ids that the peer, who is heard now, knows.
    /// - Returns: why they would, and the order that does not; `nil` when they would not.
    static func deafness(old: Keyring, new: Keyring, peerKeys: [UInt8]) -> String? {
        for key in new.keys where peerKeys.contains(key.id) {
            if let before = old.keys.first(where: { $0.id == key.id }), before != key {
                return "key \(key.id) is in use and would be another one: give the new key a number"
                    + " of its own, and remove the old one when both nodes have the new"
            }
        }
        if new.keys.contains(where: { peerKeys.contains($0.id) }) { return nil }
        let known = peerKeys.map(String.init).joined(separator: ", ")
        return "the peer knows none of these keys, only \(known): keep that one beside the new in"
            + " authkeys, `baton reload` on both nodes, then remove it"
    }

    /// Compares two configurations.
    ///
    /// - Parameters:
    ///   - old: what this node runs with.
    ///   - new: what it would run with.
    ///   - held: the groups of which something may run here.
    /// - Returns: what the new one would do; a refusal before anything else.
    static func consequence(
        old: ClusterConfiguration,
        new: ClusterConfiguration,
        held: Set<String>
    ) -> Consequence {
        if old == new { return .none }
        // What a list of addresses holds is put in force while its group runs.
        let changed = held.filter { name in
            let before = old.groups.first { $0.name == name }?.resourcesButLists
            return before != new.groups.first { $0.name == name }?.resourcesButLists
        }
        if !changed.isEmpty { return .refused(changed.sorted()) }
        var withNewKeys = old
        withNewKeys.keys = new.keys
        return withNewKeys == new ? .keys : .restart
    }
}
