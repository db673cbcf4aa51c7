// Which faults can give two writers under a configuration, and which cannot, in words: what
// `baton check` prints and what status shows as `protection`. It speaks of what this version does, not
// of what the files ask for and do not get.

public import Failover

/// The protection of a configuration against two nodes that hold a group at once.
public struct Protection: Equatable, Sendable, Codable {
    /// A kind of fault that can give two holders.
    public struct Gap: Equatable, Sendable, Codable {
        /// The kind; the simulator finds exactly these (`Tests/SimulationTests/FaultTests.swift`).
        public var kind: ProtectionGap
        /// The fault in words, and what follows.
        public var text: String
        /// The cheapest addition that closes it; `nil` where only order among administrators does.
        public var closedBy: String?
    }

    /// `evidence` or `ping` in this version, whatever else the files name.
    public var level: ProtectionLevel
    /// Faults that cannot give two holders.
    public var promises: [String]
    /// Faults that can; empty where no group carries anything.
    public var gaps: [Gap]
    /// Per group, why it counts as storage or not.
    public var groups: [String]

    /// Judges a configuration.
    public init(_ configuration: ClusterConfiguration) {
        let settings = configuration.settings()
        level = settings.protectionLevel
        groups = zip(configuration.groups, settings.groups).map(Protection.describe)
        promises = Protection.promises(configuration)
        gaps = settings.protectionGaps.map { Protection.gap($0, configuration) }
    }

    private static func devices(_ configuration: ClusterConfiguration) -> [String] {
        Set(configuration.links.map(\.device)).sorted()
    }

    private static func promises(_ configuration: ClusterConfiguration) -> [String] {
        var promises = [
            "a node crashes or loses its power: the other takes over after deadtime, and nothing of the "
                + "crashed node writes",
            "a process of batond is killed or frozen: its keeper or its host still answers, so the other "
                + "does not take storage, nor an address that still answers",
            "an operation fails or hangs: nothing starts elsewhere while its stop is unconfirmed",
        ]
        let devices = devices(configuration)
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
                + "addresses before the other takes, and suspends or begins to stop storage; the other never takes while its own network is "
                + "gone"
                + (devices.count == 1 && configuration.takesUnproved
                    ? " (on one network the other may take while such a stop lasts)" : "")
        )
        if configuration.evidence.learnsPaths {
            promises.append(
                "\(names) is cut while another network that both nodes are on works: beats go over that one by themselves "
                    + "(auto_links on)"
            )
        }
        if !configuration.takesUnproved {
            promises.append(
                "\(names) is cut and nodes share no other network: the standby does not take without proof "
                    + "(unproved_takeover off)"
            )
        }
        return promises
    }

    private static func gap(
        _ kind: ProtectionGap,
        _ configuration: ClusterConfiguration
    ) -> Gap {
        let devices = devices(configuration)
        let names = devices.joined(separator: " and ")
        let early = configuration.evidence
        switch kind {
        case .networksCut:
            let isProved = !configuration.takesUnproved
            let ping =
                early.pingNodes.isEmpty
                ? "; `ping` and the address of a router on the network of the addresses, so that a node whose neighbours "
                    + "were never heard knows too that it is cut off" : ""
            let addition =
                devices.count == 1
                ? "a heartbeat link on a second network that shares neither switch nor cable with \(names), or a direct "
                    + "cable: then it takes two faults at once"
                : "networks that share neither switch nor cable; then it takes \(devices.count) faults at once"
            return Gap(
                kind: kind,
                text: "every network between the nodes is cut at once (\(names)"
                    + (isProved ? ", and one that carries no heartbeats" : ", and any other")
                    + "), both nodes alive, and neither knows that it is the one cut off: both hold the groups until "
                    + "one network is back; then one yields",
                closedBy: isProved
                    ? addition + ping
                    : addition + ping
                        + "; or `unproved_takeover off`, where no other network joins the nodes, at the price that the "
                        + "crash of a node waits for `baton confirm-down`"
            )
        case .machinePaused:
            return Gap(
                kind: kind,
                text:
                    "a machine, or the virtual machine around it, is paused for longer than deadtime and goes on: "
                    + "until its loop runs again what it ran may write",
                closedBy:
                    "fencing, which this version does not have; or no suspension, snapshot or migration of a "
                    + "node that holds a group"
            )
        case .earlyBlip:
            let which = early.earlyTakeover == .on ? "every group" : "groups without storage"
            return Gap(
                kind: kind,
                text: "every network of a living node fails for longer than early_floor "
                    + "\(early.earlyFloor.shortText) and shorter than deadtime, with the carrier of \(names): the other "
                    + "takes \(which) early (early_takeover)",
                closedBy: "`early_takeover off`: such a moment is survived by waiting for deadtime"
            )
        case .bootCutOff:
            return Gap(
                kind: kind,
                text:
                    "a node boots while every network between the nodes is cut, and begins what boot_policy lets it "
                    + "begin, while the other runs it",
                closedBy:
                    "`boot_policy wait`: after a boot nothing begins before the other node is heard, or "
                    + "`baton confirm-down` is typed"
            )
        case .addressUnheard:
            return Gap(
                kind: kind,
                text:
                    "the daemon of the owner is gone, or \(names) is cut, and the network of an address fails or loses so "
                    + "much that no probe of it is answered, while the owner's machine answers elsewhere: the other node "
                    + "takes groups without storage, whose addresses the owner still has, out of its reach",
                closedBy: "fencing, which this version does not have"
            )
        case .falseWord:
            return Gap(
                kind: kind,
                text:
                    "an administrator confirms as down a node that lives where no probe reaches it "
                    + "(`baton confirm-down`)",
                closedBy: nil
            )
        }
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
        list(
            "can give two holders, and what would close the gap",
            gaps.map { $0.text + ($0.closedBy.map { ". Closed by: \($0)" } ?? "") }
        )
        return result
    }

    private static func describe(_ group: ResourceGroup, _ settings: GroupSettings) -> String {
        let storage = group.resources.filter { !$0.isStateless }.map(\.type)
        guard !storage.isEmpty else { return "\(group.name): stateless" }
        var seen: Set<String> = []
        let names = storage.filter { seen.insert($0).inserted }
        return
            "\(group.name): storage, because of \(names.joined(separator: ", ")); cut off, it is "
            + (!settings.isSuspendable
                ? "stopped"
                : settings.resources.contains(where: \.isBarrier)
                    ? "suspended with its drbddisk (suspend-io)"
                    : "suspended by the freezer (stopped where it is a unit of systemd)")
    }
}
