// Compares both nodes' files. They should be equal; what differs is judged by what it can do (design,
// section 3): another preferred node is settled by `node` order, another storage part is dangerous.

internal import Failover

extension ConfigurationCheck {
    /// What differs, said about the peer's files; the peer's own errors come first.
    ///
    /// A file the peer's set lacks is taken to be equal, and that is said.
    static func compare(
        _ own: Reading,
        _ ownFiles: ConfigurationFiles,
        with files: ConfigurationFiles,
        _ peerKeys: PeerKeys? = nil
    ) -> [Diagnostic] {
        var complete = files
        complete.haCf = files.haCf ?? ownFiles.haCf
        complete.haresources = files.haresources ?? ownFiles.haresources
        complete.authkeys = files.authkeys ?? ownFiles.authkeys
        complete.lists += ownFiles.lists.filter { list in
            !files.lists.contains { $0.name == list.name }
        }
        let given = [files.haCf, files.haresources, files.authkeys, files.monCf]
            .compactMap { $0?.name }
        let peer = Reading(complete, node: nil)
        var result = peer.diagnostics.filter { $0.severity == .error && given.contains($0.file) }
        for (file, name) in [
            (files.haCf, "ha.cf"), (files.haresources, "haresources"), (files.authkeys, "authkeys"),
        ] where file == nil && !(name == "authkeys" && peerKeys != nil) {
            result.append(
                Diagnostic(
                    .note,
                    .missingFile,
                    file: name,
                    "the peer's file is not there to compare"
                )
            )
        }
        compareHaCf(own, peer, files.haCf?.name ?? "ha.cf", &result)
        compareGroups(own, peer, files.haresources?.name ?? "haresources", &result)
        for list in files.lists { compareLists(list, ownFiles.lists, &result) }
        let known =
            peerKeys ?? peer.keys.map { PeerKeys($0, file: files.authkeys?.name ?? "authkeys") }
        if let mine = own.keys, let known { compareKeys(mine, known, &result) }
        return result
    }

    private static func compareHaCf(
        _ own: Reading,
        _ peer: Reading,
        _ file: String,
        _ result: inout [Diagnostic]
    ) {
        result.differ(
            file,
            .error,
            "node",
            own.haCf.nodes.joined(separator: " "),
            peer.haCf.nodes.joined(separator: " "),
            "their order breaks ties and must be the same"
        )
        result.differ(
            file,
            .error,
            "cluster",
            own.haCf.cluster,
            peer.haCf.cluster,
            "each takes the other for foreign"
        )
        let mine = own.haCf.timings
        let theirs = peer.haCf.timings
        result.differ(
            file,
            .warning,
            "keepalive",
            mine.keepalive.shortText,
            theirs.keepalive.shortText,
            "each node counts by its own"
        )
        result.differ(
            file,
            .warning,
            "deadtime",
            mine.deadtime.shortText,
            theirs.deadtime.shortText,
            "each node counts by its own"
        )
        result.differ(
            file,
            .warning,
            "auto_failback",
            (own.haCf.autoFailback ?? .off).rawValue,
            (peer.haCf.autoFailback ?? .off).rawValue,
            "what happens depends on who holds the group"
        )
        result.differ(
            file,
            .warning,
            "unproved_takeover",
            own.haCf.takesUnproved ? "on" : "off",
            peer.haCf.takesUnproved ? "on" : "off",
            "the nodes judge silence differently"
        )
        func listed(_ words: [String]) -> String {
            words.isEmpty ? "unset" : Set(words).sorted().joined(separator: ", ")
        }
        let ports = { (reading: Reading) in
            listed(reading.haCf.links.filter { $0.group == nil }.map { "\($0.port)" })
        }
        let groups = { (reading: Reading) in
            listed(
                reading.haCf.links.compactMap { link in link.group.map { "\($0) \(link.port)" } }
            )
        }
        result.differ(
            file,
            .error,
            "udpport",
            ports(own),
            ports(peer),
            "they do not hear each other"
        )
        result.differ(
            file,
            .error,
            "mcast",
            groups(own),
            groups(peer),
            "a node hears only the groups it has joined"
        )
        compareEvidence(own.haCf, peer.haCf, file, &result)
    }

    private static func compareEvidence(
        _ own: HaCf,
        _ peer: HaCf,
        _ file: String,
        _ result: inout [Diagnostic]
    ) {
        func time(_ time: Duration?) -> String { time?.shortText ?? "unset" }
        func hosts(_ file: HaCf) -> String {
            let nodes = file.pingNodes.map { node in
                node.name == "\(node.hosts[0])"
                    ? node.name
                    : "\(node.name) \(node.hosts.map { "\($0)" }.sorted().joined(separator: " "))"
            }
            return nodes.isEmpty ? "unset" : nodes.sorted().joined(separator: ", ")
        }
        let silence = "the nodes judge silence differently"
        let rows: [(name: String, mine: String, theirs: String, effect: String)] = [
            (
                "auto_links", own.learnsPaths ? "on" : "off", peer.learnsPaths ? "on" : "off",
                "no path is learnt unless both say on"
            ),
            ("jeopardy_time", time(own.jeopardyTime), time(peer.jeopardyTime), silence),
            ("early_takeover", own.earlyTakeover.rawValue, peer.earlyTakeover.rawValue, silence),
            ("early_floor", time(own.earlyFloor), time(peer.earlyFloor), silence),
            (
                "early_probes", "\(own.evidence.earlyProbes)", "\(peer.evidence.earlyProbes)",
                silence
            ),
            (
                "boot_policy", own.bootPolicy?.rawValue ?? "unset",
                peer.bootPolicy?.rawValue ?? "unset",
                "what a node that boots alone may hold depends on which one it is"
            ),
            ("ping", hosts(own), hosts(peer), "who sees more of the network cannot be compared"),
        ]
        for row in rows {
            result.differ(file, .warning, row.name, row.mine, row.theirs, row.effect)
        }
    }

    private static func compareGroups(
        _ own: Reading,
        _ peer: Reading,
        _ file: String,
        _ result: inout [Diagnostic]
    ) {
        func say(
            _ severity: Diagnostic.Severity,
            _ code: Diagnostic.Code,
            _ message: String,
            _ hint: String?
        ) {
            result.append(Diagnostic(severity, code, file: file, message, hint: hint))
        }
        for group in own.groups.groups {
            guard let other = peer.groups.groups.first(where: { $0.name == group.name }) else {
                say(
                    group.hasStorage ? .error : .warning,
                    .groupMissing,
                    "group \(quoted(group.name)) is here and not there: it cannot move",
                    nil
                )
                continue
            }
            if group.storageMeaning != other.storageMeaning {
                say(
                    .error,
                    .meaningDiffers,
                    "group \(quoted(group.name)) carries other storage there: "
                        + difference(group.storageMeaning, other.storageMeaning),
                    "moves of the group are refused until both files say the same"
                )
            }
            if group.addressMeaning != other.addressMeaning {
                say(
                    .warning,
                    .meaningDiffers,
                    "group \(quoted(group.name)) differs there: "
                        + difference(group.addressMeaning, other.addressMeaning),
                    "moves on command are refused until both files say the same"
                )
            }
            if group.preferredNode != other.preferredNode {
                let agreed = group.preferredNode(
                    ifPeerSays: other.preferredNode,
                    nodes: own.haCf.nodes
                )
                say(
                    .note,
                    .preferredNodeDiffers,
                    "group \(quoted(group.name)) prefers \(quoted(other.preferredNode)) there and "
                        + "\(quoted(group.preferredNode)) here; the order of `node` lines decides: "
                        + quoted(agreed),
                    "with Heartbeat both nodes would start it"
                )
            }
        }
        for group in peer.groups.groups
        where !own.groups.groups.contains(where: { $0.name == group.name }) {
            say(
                group.hasStorage ? .error : .warning,
                .groupMissing,
                "group \(quoted(group.name)) is there and not here: it cannot move",
                nil
            )
        }
    }

    /// The first line that differs, on both sides.
    private static func difference(_ mine: String, _ theirs: String) -> String {
        let left = mine.split(separator: "\n").map(String.init)
        let right = theirs.split(separator: "\n").map(String.init)
        for index in 0..<max(left.count, right.count) {
            let here = index < left.count ? left[index] : nil
            let there = index < right.count ? right[index] : nil
            guard here != there else { continue }
            return "\(there.map(shown) ?? "nothing") there, \(here.map(shown) ?? "nothing") here"
        }
        return "the order"
    }

    private static func shown(_ line: String) -> String {
        quoted(line.split(separator: "\t").joined(separator: " "))
    }

    /// What the other node's list of addresses has and ours lacks, and the other way round.
    private static func compareLists(
        _ theirs: ConfigurationFile,
        _ own: [ConfigurationFile],
        _ result: inout [Diagnostic]
    ) {
        guard let mine = own.first(where: { $0.name == theirs.name }) else { return }
        let change = AddressListChange(from: mine, to: theirs)
        guard !change.isEmpty else { return }
        result.append(
            Diagnostic(
                .warning,
                .peerDiffers,
                file: theirs.name,
                "the list there is another one: \(change.words(added: "has", removed: "lacks"))",
                hint: "on the node whose list is the old one: baton sync iplist"
            )
        )
    }

    private static func compareKeys(
        _ mine: AuthenticationKeys,
        _ theirs: PeerKeys,
        _ result: inout [Diagnostic]
    ) {
        for key in mine.keys {
            if let other = theirs.meanings[key.id], other != theirs.meaning(key) {
                result.append(
                    Diagnostic(
                        .error,
                        .keysDiffer,
                        file: theirs.file,
                        "key \(key.id) is another one there than here"
                    )
                )
            }
        }
        for (signing, isKnown, place) in [
            (mine.signingID, theirs.meanings[mine.signingID] != nil, "here and unknown there"),
            (theirs.signingID, mine.key(theirs.signingID) != nil, "there and unknown here"),
        ] where !isKnown {
            result.append(
                Diagnostic(
                    .error,
                    .keysDiffer,
                    file: theirs.file,
                    "key \(signing) signs \(place)",
                    hint: "copy authkeys from one node to the other"
                )
            )
        }
    }
}

extension [Diagnostic] {
    /// Says that a directive has another value on the other node.
    fileprivate mutating func differ(
        _ file: String,
        _ severity: Diagnostic.Severity,
        _ name: String,
        _ mine: String,
        _ theirs: String,
        _ effect: String
    ) {
        guard mine != theirs else { return }
        append(
            Diagnostic(
                severity,
                .peerDiffers,
                file: file,
                "'\(name)' is \(quoted(theirs)) there and \(quoted(mine)) here: \(effect)"
            )
        )
    }
}
