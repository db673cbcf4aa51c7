// Two copies that no longer follow each other: which is the newer one, by what evidence, and what to type to make them
// one again. It only says so. What is discarded is lost, so that nothing is concluded where the evidence is none, or
// contradicts itself.

/// What the views of both nodes come to for one resource.
public struct ReplicaVerdict: Equatable, Sendable {
    /// How the two copies are to each other.
    public enum State: Equatable, Sendable {
        /// Connected, and the same, or becoming the same.
        case together
        /// Not connected, and they will connect by themselves.
        case apart
        /// They do not connect by themselves any more: somebody has to choose.
        case split
    }

    /// What one node has to do, in order; lines that begin with `#` are done by hand.
    public struct Steps: Equatable, Sendable {
        /// The node.
        public var node: String
        /// What is typed there.
        public var lines: [String]
    }

    /// How the two copies are to each other.
    public var state: State
    /// The node whose copy is the newer one; `nil` where that cannot be told, or both are newer than they were together.
    public var newer: String?
    /// The facts, the strongest first.
    public var evidence: [String]
    /// The node whose copy is kept by the steps: the newer one, else the one that serves; `nil` where somebody has to
    /// choose.
    public var kept: String?
    /// What to type; empty where nothing has to be, or nobody can choose.
    public var steps: [Steps]

    /// Judges one resource.
    ///
    /// - Parameters:
    ///   - own: This node's view.
    ///   - peer: The other's; `nil` where it does not tell.
    ///   - peerName: The other node.
    public init(own: ReplicaStatus, peer: ReplicaStatus?, peerName: String) {
        let both = [own, peer].compactMap(\.self)
        let isSplit = both.contains { $0.connection == "StandAlone" }
        let isConnected = own.isConnected
        state = isSplit ? .split : isConnected ? .together : .apart
        evidence = []
        steps = []
        guard !isConnected || isSplit else { return }
        let age = Self.age(own, peer)
        let active = both.filter { $0.isActive || $0.role == "Primary" }
        if let one = active.first, active.count == 1 {
            evidence.append("\(one.group) is active on \(one.node)")
        } else if active.count == 2 {
            evidence.append("\(own.group) is in use on both nodes")
        }
        for one in both {
            guard let data = one.data, data.state == .alone || data.state == .stale else {
                continue
            }
            let since = data.since.map { " since \(utcText($0))" } ?? ""
            evidence.append(
                data.state == .alone
                    ? "\(one.node) remembers that it wrote alone\(since)"
                    : "\(one.node) remembers that the other wrote alone\(since)"
            )
        }
        evidence.append(age.text)
        newer = Self.newer(own, peer, age)
        kept = newer
        // Both have written: what clients see now is kept, unless somebody chooses otherwise.
        if kept == nil, active.count == 1, peer != nil { kept = active.first?.node }
        guard isSplit else { return }
        guard let kept else {
            if peer == nil { evidence.append("\(peerName) does not tell how it stands there") }
            return
        }
        let loser = kept == own.node ? peer : own
        let winner = kept == own.node ? own : peer
        steps = [
            Self.discard(
                own.name,
                node: kept == own.node ? peerName : own.node,
                loser,
                keeping: kept
            ),
            Steps(node: kept, lines: Self.keep(own.name, winner)),
        ]
    }

    // MARK: Evidence

    private enum Age: Equatable {
        case same
        case ownNewer
        case peerNewer
        case parted
        case unrelated
        case unknown
    }

    /// Compares two histories of generations, as DRBD does when it connects: a copy whose present generation the other
    /// remembers is the older one.
    private static func age(_ own: ReplicaStatus, _ peer: ReplicaStatus?) -> (Age, text: String) {
        let (mine, theirs) = (own.generations, peer?.generations ?? [])
        guard mine.count == 4, theirs.count == 4, let peer else {
            return (.unknown, "the generations of the copies are not known on both nodes")
        }
        func past(_ list: [String]) -> Set<String> { Set(list.dropFirst().filter { $0 != "0" }) }
        let words = "generation \(mine[0]) on \(own.node), \(theirs[0]) on \(peer.node)"
        if mine[0] == theirs[0] { return (.same, "\(words): the same") }
        let (ownKnows, peerKnows) = (past(mine).contains(theirs[0]), past(theirs).contains(mine[0]))
        switch (ownKnows, peerKnows) {
        case (true, false): return (.ownNewer, "\(words): that of \(own.node) is made of it")
        case (false, true): return (.peerNewer, "\(words): that of \(peer.node) is made of it")
        default: break
        }
        guard !past(mine).isDisjoint(with: past(theirs)) else {
            return (.unrelated, "\(words): the two have nothing in common")
        }
        return (.parted, "\(words): both have been written since they were one")
    }

    /// The newer copy, where the marks, the disks and the generations do not contradict each other.
    private static func newer(
        _ own: ReplicaStatus,
        _ peer: ReplicaStatus?,
        _ age: (Age, text: String)
    ) -> String? {
        guard let peer else { return nil }
        func isOld(_ one: ReplicaStatus) -> Bool {
            one.data?.state == .stale
                || one.volumes.contains { ["Outdated", "Inconsistent"].contains($0.disk) }
        }
        func isAlone(_ one: ReplicaStatus) -> Bool { one.data?.state == .alone }
        var votes: Set<String> = []
        if isOld(own) || isAlone(peer) { votes.insert(peer.node) }
        if isOld(peer) || isAlone(own) { votes.insert(own.node) }
        switch age.0 {
        case .ownNewer: votes.insert(own.node)
        case .peerNewer: votes.insert(peer.node)
        case .parted, .unrelated: return nil
        case .same, .unknown: break
        }
        return votes.count == 1 ? votes.first : nil
    }

    // MARK: Steps

    /// On the node whose copy is discarded.
    private static func discard(
        _ name: String,
        node: String,
        _ status: ReplicaStatus?,
        keeping kept: String
    ) -> Steps {
        var lines: [String] = []
        if status?.isActive == true {
            lines.append(
                "# it is active here: stop what uses it, and keep batond from starting it again"
            )
            lines.append("systemctl stop batond.service")
        }
        for volume in status?.volumes ?? [] {
            guard let mount = volume.mount else { continue }
            lines.append("umount \(shellWord(mount))")
        }
        let device = status?.volumes.first?.device ?? "its disk"
        lines.append("drbdadm secondary \(name)")
        // One that has given the connection up has none to end: drbdadm would fail.
        if status?.connection != "StandAlone" { lines.append("drbdadm disconnect \(name)") }
        lines.append(
            "# what was written here alone is lost from here on: take a copy of the disk below \(device) first"
        )
        lines.append("drbdadm connect --discard-my-data \(name)")
        if status?.isActive == true { lines.append("systemctl start batond.service") }
        return Steps(node: node, lines: lines)
    }

    /// On the node whose copy is kept: where it waits for a connection already, nothing.
    private static func keep(_ name: String, _ status: ReplicaStatus?) -> [String] {
        guard status?.connection == "StandAlone" else { return [] }
        return ["drbdadm connect \(name)"]
    }

    /// A word as a shell takes it.
    private static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [43, 45, 46, 47, 95].contains(byte)
        }
        return isPlain
            ? text
            : "'"
                + text.split(separator: "'", omittingEmptySubsequences: false).joined(
                    separator: "'\\''"
                ) + "'"
    }
}

extension ReplicaStatus {
    /// Whether what is written here reaches the other node.
    fileprivate var isConnected: Bool {
        guard let connection else { return false }
        let apart: Set<String> = [
            "StandAlone", "Disconnecting", "Unconnected", "Timeout", "BrokenPipe", "NetworkFailure",
            "ProtocolError", "TearDown", "WFConnection", "WFReportParams", "Connecting",
            "Unconfigured",
        ]
        return !apart.contains(connection)
    }
}
