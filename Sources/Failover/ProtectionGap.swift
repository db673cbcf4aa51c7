// What a configuration does not promise: the kinds of fault after which two nodes may hold a group. The one
// vocabulary of `baton check`, of the documentation, and of the simulator, which finds each kind or the test fails.

/// A kind of fault after which two nodes may hold a group for a time.
public enum ProtectionGap: String, CaseIterable, Sendable, Codable {
    /// Every network between the nodes is cut at once, both alive (design section 4, the table's third and fourth
    /// row).
    case networksCut = "networks cut"
    /// A machine stands still for longer than `deadtime`, and goes on.
    case machinePaused = "machine paused"
    /// Every network fails for longer than `early_floor` and shorter than `deadtime`.
    case earlyBlip = "early blip"
    /// A node that boots while it is cut off begins by `boot_policy`.
    case bootCutOff = "cut off at boot"
    /// The owner's daemon is gone and the network of its address fails, while its host answers elsewhere (the table's
    /// second row): a group without storage is taken.
    case addressUnheard = "address unheard"
    /// An administrator confirms as down a node that lives where no probe reaches.
    case falseWord = "false word"
}

extension Settings {
    /// The protection level: what stands behind a verdict.
    public var protectionLevel: ProtectionLevel {
        evidence.pingNodes.isEmpty ? .evidence : .ping
    }

    /// What these settings do not promise, in the order of `ProtectionGap.allCases`.
    public var protectionGaps: [ProtectionGap] {
        groups.isEmpty ? [] : ProtectionGap.allCases.filter(isOpen)
    }

    private func isOpen(_ gap: ProtectionGap) -> Bool {
        switch gap {
        // With `unproved_takeover off` still where a network without heartbeats is cut with those that carry them.
        case .networksCut, .machinePaused, .falseWord: true
        case .earlyBlip:
            switch evidence.earlyTakeover {
            case .on: true
            case .off: false
            case .auto: groups.contains { !$0.holdsStorage }
            }
        case .bootCutOff: groups.contains { bootPolicy(of: $0) != .wait }
        case .addressUnheard: groups.contains { !$0.holdsStorage }
        }
    }

    /// `boot_policy`, or what stands for it.
    public func bootPolicy(of group: GroupSettings) -> BootPolicy {
        evidence.bootPolicy ?? (group.holdsStorage ? .wait : .lastOwner)
    }
}
