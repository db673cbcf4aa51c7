// What `drbdsetup status` says of a resource, as values: role, connection and disk, of one volume or several, of 8.4
// and 9 alike. Words that are not known here are no answer. Asking is in DRBDResource.swift.

/// What a node is to a resource.
enum DRBDRole: String, Hashable {
    case primary = "Primary"
    case secondary = "Secondary"
    /// Of a peer that is not heard.
    case unknown = "Unknown"
    /// The resource is not up here.
    case unconfigured = "Unconfigured"
}

/// How the connection to the peer is.
enum DRBDConnection: String, Hashable, CaseIterable {
    case standAlone = "StandAlone"
    case disconnecting = "Disconnecting"
    case unconnected = "Unconnected"
    case timeout = "Timeout"
    case brokenPipe = "BrokenPipe"
    case networkFailure = "NetworkFailure"
    case protocolError = "ProtocolError"
    case tearDown = "TearDown"
    /// DRBD 8: nobody answers yet.
    case waitingForConnection = "WFConnection"
    case waitingForParameters = "WFReportParams"
    /// DRBD 9: nobody answers yet.
    case connecting = "Connecting"
    case connected = "Connected"
    case startingSyncSource = "StartingSyncS"
    case startingSyncTarget = "StartingSyncT"
    case waitingForBitmapSource = "WFBitMapS"
    case waitingForBitmapTarget = "WFBitMapT"
    case waitingForSyncUUID = "WFSyncUUID"
    case syncSource = "SyncSource"
    case syncTarget = "SyncTarget"
    case pausedSyncSource = "PausedSyncS"
    case pausedSyncTarget = "PausedSyncT"
    case verifySource = "VerifyS"
    case verifyTarget = "VerifyT"
    case ahead = "Ahead"
    case behind = "Behind"
    case unconfigured = "Unconfigured"

    /// Whether what is written here reaches the peer.
    var isConnected: Bool {
        switch self {
        case .connected, .startingSyncSource, .startingSyncTarget, .waitingForBitmapSource,
            .waitingForBitmapTarget, .waitingForSyncUUID, .syncSource, .syncTarget,
            .pausedSyncSource, .pausedSyncTarget, .verifySource, .verifyTarget, .ahead, .behind:
            true
        case .standAlone, .disconnecting, .unconnected, .timeout, .brokenPipe, .networkFailure,
            .protocolError, .tearDown, .waitingForConnection, .waitingForParameters, .connecting,
            .unconfigured:
            false
        }
    }
}

/// What a node's disk holds.
enum DRBDDisk: String, Hashable {
    case diskless = "Diskless"
    case attaching = "Attaching"
    case detaching = "Detaching"
    case failed = "Failed"
    case negotiating = "Negotiating"
    case inconsistent = "Inconsistent"
    case outdated = "Outdated"
    /// Of a peer that is not heard.
    case unknown = "DUnknown"
    case consistent = "Consistent"
    case upToDate = "UpToDate"
    case unconfigured = "Unconfigured"

    /// Whether it is on its way to another state by itself.
    var isOnItsWay: Bool { self == .attaching || self == .negotiating || self == .detaching }
}

/// A resource as one look shows it; every list has a place for each volume, or is empty.
struct DRBDState: Hashable {
    /// This node's role; the same for every volume.
    var role: DRBDRole
    /// The peer's, where it was told (8.4).
    var peerRole: DRBDRole?
    /// The connections.
    var connections: [DRBDConnection]
    /// This node's disks.
    var disks: [DRBDDisk]
    /// The peer's, where they were told.
    var peerDisks: [DRBDDisk]
    /// Somebody suspended its reads and writes (`drbdadm suspend-io`).
    var isSuspended = false
    /// The numbers of this node's volumes, where there are several.
    var numbers: [Int] = []
    /// How much of each resynchronisation is done, in hundredths of a per cent.
    var done: [Int] = []

    /// From what `drbdsetup status NAME` prints; nil where it is not told, or not understood.
    ///
    /// ```text
    /// r0 role:Primary
    ///   disk:UpToDate                                   volume:0 disk:UpToDate, where there are several
    ///   l1 role:Secondary                               or l1 connection:Connecting
    ///     replication:SyncSource peer-disk:Inconsistent done:7.14
    /// ```
    ///
    /// Of one that is StandAlone 8.4 tells no peer at all.
    init?(status text: String, of name: String) {
        var role: DRBDRole?
        var (peers, connections): ([DRBDRole], [DRBDConnection]) = ([], [])
        var (disks, peerDisks): ([DRBDDisk], [DRBDDisk]) = ([], [])
        var isMeant = false
        var isSuspended = false
        var isPeer = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            let isHead = line.first?.isWhitespace == false
            if isHead { isMeant = first == name && role == nil }
            guard isMeant else { continue }
            // Own volumes stand before the first peer.
            isPeer = isPeer || !isHead && !first.contains(":")
            for word in words {
                let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                switch parts[0] {
                case "role":
                    guard let known = DRBDRole(rawValue: parts[1]) else { return nil }
                    if isHead { role = known } else { peers.append(known) }
                // Also user,no-data.
                case "suspended" where isHead:
                    isSuspended = parts[1].split(separator: ",").contains("user")
                case "connection", "replication":
                    let word = parts[1] == "Established" ? "Connected" : parts[1]
                    guard let known = DRBDConnection(rawValue: word) else { return nil }
                    connections.append(known)
                case "disk":
                    guard !isPeer, let known = DRBDDisk(rawValue: parts[1]) else { return nil }
                    disks.append(known)
                case "peer-disk":
                    guard let known = DRBDDisk(rawValue: parts[1]) else { return nil }
                    peerDisks.append(known)
                case "volume" where !isPeer:
                    guard let number = Int(parts[1]) else { return nil }
                    numbers.append(number)
                case "done":
                    // `7.14`
                    let digits = parts[1].split(separator: ".").map(String.init)
                    guard digits.count == 2, digits[1].count == 2, let whole = Int(digits[0]),
                        let rest = Int(digits[1]), (0...100).contains(whole), rest >= 0
                    else { continue }
                    done.append(whole * 100 + rest)
                default: continue
                }
            }
        }
        guard let role else { return nil }
        self.role = role
        peerRole = peers.contains(.primary) ? .primary : peers.first
        self.connections = connections.isEmpty && peers.isEmpty ? [.standAlone] : connections
        self.disks = disks
        self.peerDisks = peerDisks
        self.isSuspended = isSuspended
    }

    /// Whether every write that is acknowledged here is on the peer too, and the other way about (S11).
    var isInSync: Bool {
        !peerDisks.isEmpty && (disks + peerDisks).allSatisfy { $0 == .upToDate } && !disks.isEmpty
            && connections.allSatisfy { [.connected, .verifySource, .verifyTarget].contains($0) }
    }

    /// Whether the disks here hold one state of the data, be it an old one.
    var isWhole: Bool {
        let whole: Set<DRBDDisk> = [.outdated, .consistent, .upToDate]
        return role != .unconfigured && !disks.isEmpty && disks.allSatisfy(whole.contains)
    }

    /// Whether nothing is wrong here but that nobody knows whether the data is current: DRBD asks by `fence-peer` when
    /// it is to become primary.
    var isInDoubt: Bool {
        role != .unconfigured && disks.contains(.consistent)
            && disks.allSatisfy { $0 == .consistent || $0 == .upToDate }
            && !connections.contains(.standAlone)
    }

    /// What the copies here are: old or worse only where each of them is; nil where a disk does not say.
    static func copy(_ states: [DRBDState]) -> ReplicatedData.Copy? {
        let disks = states.flatMap(\.disks)
        guard !disks.isEmpty, !states.contains(where: { $0.disks.isEmpty }) else { return nil }
        var worst = ReplicatedData.Copy.outdated
        for disk in disks {
            switch disk {
            case .outdated: continue
            case .inconsistent: worst = .inconsistent
            case .upToDate, .consistent: return .usable
            case .diskless, .attaching, .detaching, .failed, .negotiating, .unknown, .unconfigured:
                return nil
            }
        }
        return worst
    }

    /// What keeps this node from becoming primary, in words with the remedy; nil when nothing does.
    ///
    /// - Parameter name: The resource's name.
    /// - Returns: The obstacle, and whether it may pass by itself.
    func obstacle(_ name: String) -> (text: String, passes: Bool)? {
        if role == .unconfigured || disks.isEmpty {
            return ("\(name) is not up here: drbdadm up \(name)", false)
        }
        for disk in disks {
            switch disk {
            case .upToDate: continue
            case .attaching, .negotiating, .detaching:
                return ("the disk of \(name) is \(disk.rawValue)", true)
            case .inconsistent:
                let isTarget =
                    connections.contains(.syncTarget) || connections.contains(.pausedSyncTarget)
                return (
                    isTarget
                        ? "\(name) is being synchronised from the peer: wait until it is UpToDate"
                        : "the data of \(name) is Inconsistent here: connect it, so that the peer's data comes over",
                    false
                )
            case .outdated:
                return (
                    "the data of \(name) is Outdated here: the peer has newer data; connect it, so that it comes over",
                    false
                )
            case .diskless, .failed:
                return (
                    "\(name) has lost its disk here (\(disk.rawValue)): drbdadm attach \(name) once it is repaired",
                    false
                )
            case .consistent, .unknown, .unconfigured:
                return (
                    "nobody knows whether the data of \(name) is current here (\(disk.rawValue))",
                    true
                )
            }
        }
        if connections.contains(.standAlone) {
            return (
                "\(name) is StandAlone: the two sides may have diverged; baton drbd says which is newer and what to type",
                false
            )
        }
        return nil
    }

    /// A resource that is not up here.
    static let down = DRBDState(role: .unconfigured)

    private init(role: DRBDRole) {
        self.role = role
        (connections, disks, peerDisks) = ([], [], [])
    }

    /// The resources of `drbdsetup status`: the first words of the lines that are not indented.
    static func names(inStatus text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).filter { $0.first?.isWhitespace == false }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    /// Whether `drbdsetup show` has the option that lets both nodes be primary; it prints what differs from the standard.
    static func allowsTwoPrimaries(inShow text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            let words = line.split { $0.isWhitespace || $0 == ";" }
            return words.first == "allow-two-primaries" && words.dropFirst().first != "no"
        }
    }

    /// In one line, as drbd-overview had it: `Connected Primary/Secondary UpToDate/UpToDate`.
    var text: String {
        func joined(_ words: [String]) -> String {
            Array(Set(words)).sorted().joined(separator: ",")
        }
        let connection = joined(connections.map(\.rawValue))
        let roles = [role.rawValue, peerRole?.rawValue].compactMap(\.self).joined(separator: "/")
        let own = joined(disks.map(\.rawValue))
        let theirs = joined(peerDisks.map(\.rawValue))
        return "\(connection) \(roles) \(own)" + (theirs.isEmpty ? "" : "/\(theirs)")
    }
}
