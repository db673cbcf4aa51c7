// What drbdadm says of a resource, as values: role, connection and disk, of one volume or several, in the forms of
// DRBD 8.4 (`Primary/Secondary`) and 9 (`Primary`). Warnings that stand among the answers are passed over. Asking is
// in DRBDResource.swift.

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

    /// From what `drbdadm role`, `cstate` and `dstate` print; nil when no role is among it.
    init?(role: String, connection: String, disk: String) {
        let roles = DRBDState.lines(role) { DRBDRole(rawValue: $0) }
        guard let first = roles.first else { return nil }
        // Whoever is primary of one volume is primary.
        let own = roles.map(\.own)
        self.role = own.contains(.primary) ? .primary : first.own
        let peers = roles.flatMap(\.peers)
        peerRole = peers.contains(.primary) ? .primary : peers.first
        connections = DRBDState.lines(connection) { DRBDConnection(rawValue: $0) }.map(\.own)
        let disks = DRBDState.lines(disk) { DRBDDisk(rawValue: $0) }
        self.disks = disks.map(\.own)
        peerDisks = disks.flatMap(\.peers)
    }

    /// The lines of known words with slashes between: this node's, then that of each peer.
    private static func lines<Word>(
        _ text: String,
        _ word: (String) -> Word?
    ) -> [(own: Word, peers: [Word])] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(separator: "/", omittingEmptySubsequences: false)
                .map { word(String($0).trimmed) }
            let known = words.compactMap(\.self)
            guard known.count == words.count, let own = known.first else { return nil }
            return (own, Array(known.dropFirst()))
        }
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

    /// The greatest role of a peer in `drbdsetup status`: `  l1 role:Secondary`; nil when none is told.
    static func peerRole(inStatus text: String) -> DRBDRole? {
        let roles = text.split(whereSeparator: \.isNewline).filter {
            $0.first?.isWhitespace == true
        }
        .flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("role:") }
        .compactMap { DRBDRole(rawValue: String($0.dropFirst(5))) }
        return roles.contains(.primary) ? .primary : roles.first
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
