// What `cl_status` of Heartbeat 3.0.6 prints and exits with, made of the one status value. Scripts written for
// Heartbeat read these words, so they are Heartbeat's to the letter; what they say is Baton's truth: resources
// count as held only while they run. How the arguments are read is the executable's business.

public import Failover

/// One answer of `cl_status`: what it prints and how it exits.
public struct HeartbeatAnswer: Equatable, Sendable {
    /// Lines for standard output, each ended by a newline.
    public var output: String
    /// Lines for standard error, each ended by a newline.
    public var errors: String
    /// The exit code: 0, 1 for the answer "no", 11 for bad arguments, 13 for anything else.
    public var exitCode: Int32

    /// An answer of its parts.
    public init(output: String = "", errors: String = "", exitCode: Int32 = 0) {
        self.output = output
        self.errors = errors
        self.exitCode = exitCode
    }

    /// A refusal of the arguments (exit 11).
    public static func parameterError(_ text: String) -> HeartbeatAnswer {
        HeartbeatAnswer(errors: text + "\n", exitCode: 11)
    }

    /// Anything that Heartbeat's library could not tell (exit 13).
    public static func failure(_ text: String, reason: String) -> HeartbeatAnswer {
        HeartbeatAnswer(
            errors: "cl_status: ERROR: \(text)\ncl_status: ERROR: REASON: \(reason)\n",
            exitCode: 13
        )
    }
}

/// Answers `cl_status`'s questions from a status value.
public struct HeartbeatQuestions: Sendable {
    private let status: Status
    /// `-m`: sentences instead of words.
    private let isForPeople: Bool

    /// Questions about `status`.
    public init(_ status: Status, isForPeople: Bool) {
        self.status = status
        self.isForPeople = isForPeople
    }

    /// `hbstatus`; with `-v` the details of `listnodes -v` follow.
    public func running(isVerbose: Bool) -> HeartbeatAnswer {
        let details = isVerbose ? "managed by:\t\"haresources\"\n" + verboseNodes : ""
        return HeartbeatAnswer(output: "Heartbeat is running on this machine.\n" + details)
    }

    /// `listnodes`: ping nodes are no part of the status value yet, so `-p` alone lists none.
    public func nodes(wantsPing: Bool, wantsNormal: Bool, isVerbose: Bool) -> HeartbeatAnswer {
        let heading = isForPeople ? "The nodes are as follow:\n" : ""
        if wantsPing, !wantsNormal { return HeartbeatAnswer(output: heading) }
        if isVerbose { return HeartbeatAnswer(output: heading + verboseNodes) }
        return HeartbeatAnswer(output: heading + nodeNames.map { $0 + "\n" }.joined())
    }

    /// `nodestatus`: `active` (0), `init` for a peer never heard (1), or `dead` (1).
    public func nodeStatus(_ node: String) -> HeartbeatAnswer {
        guard let word = stateWord(node) else { return unknownNode }
        let text = isForPeople ? "The cluster node \(node) is \(word)" : word
        return HeartbeatAnswer(output: text + "\n", exitCode: word == "active" ? 0 : 1)
    }

    /// `nodetype`: both nodes are `normal`.
    public func nodeType(_ node: String) -> HeartbeatAnswer {
        guard isKnown(node) else { return unknownNode }
        return HeartbeatAnswer(
            output: isForPeople ? "The node \(node)'s type: normal\n" : "normal\n"
        )
    }

    /// `nodeweight`: Heartbeat's default, 100; Baton weighs no nodes.
    public func nodeWeight(_ node: String) -> HeartbeatAnswer {
        guard isKnown(node) else {
            return .parameterError("Error. Maybe due to incorrect node name.")
        }
        let text = isForPeople ? "The weight of the cluster node \(node) is 100" : "100"
        return HeartbeatAnswer(output: text + "\n")
    }

    /// `nodesite`: an empty line, as with Heartbeat where no site was set: Baton knows no sites.
    public func nodeSite(_ node: String) -> HeartbeatAnswer {
        guard isKnown(node) else { return unknownNode }
        return HeartbeatAnswer(
            output: isForPeople ? "The site of the cluster node \(node) is \n" : "\n"
        )
    }

    /// `listhblinks`: the devices of the configured links.
    public func links(_ node: String, isVerbose: Bool) -> HeartbeatAnswer {
        guard isKnown(node) else {
            return .failure(
                "Cannot start heartbeat link interface walk.",
                reason: "\(node) is no node of this cluster"
            )
        }
        let heading = isForPeople ? "\tthis node has the following heartbeat links:\n" : ""
        return HeartbeatAnswer(output: heading + linkLines(isVerbose: isVerbose))
    }

    /// `hblinkstatus`: `up` (0) or `dead` (1).
    public func linkStatus(_ node: String, _ link: String) -> HeartbeatAnswer {
        guard isKnown(node), let isUp = devices.first(where: { $0.name == link })?.isUp else {
            return .failure(
                "Cannot get heartbeat link status",
                reason: "\(node) has no heartbeat link \(link)"
            )
        }
        let word = isUp ? "up" : "dead"
        let text = isForPeople ? "The node \(node)'s heartbeat link \(link) is \(word)" : word
        return HeartbeatAnswer(output: text + "\n", exitCode: isUp ? 0 : 1)
    }

    /// `clientstatus`: Baton has no clients of Heartbeat's kind, so each is `offline` (1).
    public func clientStatus(_ node: String, _ client: String) -> HeartbeatAnswer {
        guard isKnown(node) else {
            return .failure(
                "Cannot get heartbeat client \(client)'s status",
                reason: "No timely response."
            )
        }
        return HeartbeatAnswer(output: "offline\n", exitCode: 1)
    }

    /// `rscstatus`: which groups run here.
    ///
    /// `all` when every group does, which is what Heartbeat said on the holder after any move; else `local` (groups
    /// that prefer this node), `foreign`, `all` (some of both) or `none`; `transition` while one moves, is being
    /// probed or may still run after a failed stop.
    public var resourceStatus: HeartbeatAnswer {
        let word = resourceWord
        return HeartbeatAnswer(
            output: isForPeople ? "This node is holding \(word) resources.\n" : word + "\n"
        )
    }

    // MARK: Details

    private var nodeNames: [String] { [status.node, status.peer.name].sorted() }

    private func isKnown(_ node: String) -> Bool { nodeNames.contains(node) }

    private var unknownNode: HeartbeatAnswer {
        .parameterError("Error. May be due to incorrect node name")
    }

    private func stateWord(_ node: String) -> String? {
        if node == status.node { return "active" }
        guard node == status.peer.name else { return nil }
        switch status.peer.state {
        case .alive, .late: return "active"
        case .silent, .dead: return "dead"
        case .unknown: return "init"
        }
    }

    private var resourceWord: String {
        var holdsLocal = false
        var holdsForeign = false
        for group in status.groups {
            switch group.state {
            case .acquiring, .releasing, .unknown: return "transition"
            case .failed where group.owner == status.node: return "transition"
            case .active where group.preferred == status.node: holdsLocal = true
            case .active: holdsForeign = true
            case .standby, .suspended, .failed: break
            }
        }
        if !status.groups.isEmpty, status.groups.allSatisfy({ $0.state == .active }) {
            return "all"
        }
        switch (holdsLocal, holdsForeign) {
        case (true, true): return "all"
        case (true, false): return "local"
        case (false, true): return "foreign"
        case (false, false): return "none"
        }
    }

    /// Heartbeat names a link by its device; two links of one device are one here, up while either is.
    private var devices: [(name: String, isUp: Bool)] {
        var found: [(name: String, isUp: Bool)] = []
        for link in status.links where link.kind == .configured {
            let words = link.name.split(separator: " ")
            let name = words.count > 1 ? String(words[1]) : link.name
            let isUp = link.state != .down
            if let index = found.firstIndex(where: { $0.name == name }) {
                found[index].isUp = found[index].isUp || isUp
            } else {
                found.append((name, isUp))
            }
        }
        return found
    }

    private func linkLines(isVerbose: Bool) -> String {
        devices.map { device in
            isVerbose
                ? "\t\(device.name)\t\(device.isUp ? "up" : "dead")\n" : "\t\(device.name)\n"
        }.joined()
    }

    /// An empty line before each node.
    private var verboseNodes: String {
        nodeNames.map { node in
            "\n\(node)\t\(stateWord(node) ?? "dead")\t(nodetype: normal)\n"
                + linkLines(isVerbose: true)
        }.joined()
    }
}
