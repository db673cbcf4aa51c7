// How `check` looks at a machine: this one, or one whose root directory was mounted somewhere. What is looked for is known
// to `Configuration`.

import Configuration
import Linux

extension MachineLook {
    /// A machine by its root directory; empty for this one.
    init(below root: String) {
        self.init(
            list: { (try? Files.list(root + $0)) ?? [] },
            link: { try? Files.link(root + $0) },
            read: { try? Files.read(root + $0, maximum: 1 << 20) },
            owner: { Files.owner(root + $0) },
            isExecutable: { Files.isExecutable(root + $0) },
            exists: { Files.exists(root + $0) },
            // The kernel is that of this machine.
            cutsConnections: root.isEmpty ? ConnectionCut.isSupported() : nil,
            filtersPackets: root.isEmpty ? PacketFilter.isSupported(table: "baton-check") : nil
        )
    }
}
