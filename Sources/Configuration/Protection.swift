// Which faults can give two writers under a configuration, and which cannot, in words: what
// `baton check` prints and what status shows as `protection`. It speaks of what this version does, not
// of what the files ask for and do not get.

public import Failover

/// The protection of a configuration against two nodes that hold a group at once.
public struct Protection: Equatable, Sendable, Codable {
    /// `evidence` in this version, whatever the files name.
    public var level: ProtectionLevel
    /// Faults that cannot give two holders.
    public var promises: [String]
    /// Faults that can; empty where no group carries anything.
    public var gaps: [String]
    /// The cheapest additions that close gaps.
    public var additions: [String]
    /// Per group, why it counts as storage or not.
    public var groups: [String]

    /// Judges a configuration.
    public init(_ configuration: ClusterConfiguration) {
        level = .evidence
        groups = configuration.groups.map(Protection.describe)
        promises = [
            "a node crashes or loses its power: the other takes over after deadtime, and nothing of the "
                + "crashed node writes",
            "a process of batond is killed or frozen: its keeper or its host still answers, so the other "
                + "does not take storage, nor an address that still answers",
            "an operation fails or hangs: nothing starts elsewhere while its stop is unconfirmed",
        ]
        gaps = []
        additions = []
        let devices = Set(configuration.links.map(\.device)).sorted()
        let names = devices.joined(separator: " and ")
        if configuration.links.count > 1 {
            promises.append(
                "one of the \(configuration.links.count) heartbeat links is cut: the others carry on"
                    + (devices.count == 1
                        ? " (not so \(names) itself, which carries them all)" : "")
            )
        }
        promises.append(
            "the own cables of one node break, and it has lost its carrier or hears no neighbour any more: it lets go of "
                + "addresses, and stops storage, before the other takes; the other never takes while its own network is gone"
        )
        if configuration.evidence.learnsPaths {
            promises.append(
                "\(names) is cut while another network that both nodes are on works: beats go over that one by themselves "
                    + "(auto_links on)"
            )
        }
        let cut = "all heartbeat links are cut (\(names)) with both nodes alive"
        if configuration.takesUnproved {
            gaps.append(
                cut
                    + ", and no probe of the peer's host or of the group's address is answered: both "
                    + "hold the groups until the links are back"
            )
            additions.append(
                "`unproved_takeover off`: then a silent peer is never taken for dead without proof, at the "
                    + "price that the crash of a node may wait for `baton confirm-down`"
            )
        } else {
            promises.append(
                cut + ": the standby does not take without proof (unproved_takeover off)"
            )
        }
        if configuration.evidence.earlyTakeover != .off {
            let which =
                configuration.evidence.earlyTakeover == .on
                ? "every group" : "groups without storage"
            gaps.append(
                "both networks of a living node fail together for longer than early_floor "
                    + "\(configuration.evidence.earlyFloor.shortText) and shorter than deadtime: the other takes \(which) "
                    + "early (early_takeover)"
            )
            additions.append(
                "`early_takeover off`: such a moment is survived by waiting for deadtime"
            )
        }
        if devices.count == 1 {
            additions.append("a heartbeat link on a second network, beside \(names)")
        }
        gaps.append(
            "a machine, or the virtual machine around it, is paused for longer than deadtime and goes on: "
                + "until its loop runs again what it ran may write; only fencing protects from that"
        )
        if configuration.evidence.pingNodes.isEmpty {
            additions.append(
                "`ping` and the address of a router: a node that no longer reaches it knows that it is cut off "
                    + "itself"
            )
        }
        additions.append("fencing and a witness, which this version does not have")
    }

    /// The whole as text for a terminal, ending in a line feed.
    public var text: String {
        var result = "protection: \(level.rawValue)\n"
        func list(_ title: String, _ lines: [String]) {
            guard !lines.isEmpty else { return }
            result += "  \(title)\n"
            for line in lines {
                result += "    - " + wrapped(line, width: 72).joined(separator: "\n      ") + "\n"
            }
        }
        list("groups", groups)
        list("cannot give two holders", promises)
        list("can give two holders", gaps)
        list("what would close the gaps", additions)
        return result
    }

    private static func describe(_ group: ResourceGroup) -> String {
        let storage = group.resources.filter { !$0.isStateless }.map(\.type)
        guard !storage.isEmpty else { return "\(group.name): stateless" }
        var seen: Set<String> = []
        let names = storage.filter { seen.insert($0).inserted }
        return "\(group.name): storage, because of \(names.joined(separator: ", "))"
    }
}
