// Puts the files of one node together: reads each, says what is missing, and looks for what only the
// whole shows (the traps of the published configurations). Comparing with the peer's files is
// `ConfigurationCheck+Peer`, the protection level in words `Protection`.

internal import Failover
internal import Monitoring

/// The result of reading and judging one node's files.
public struct ConfigurationCheck: Equatable, Sendable {
    /// What the files mean; nil where there is an error.
    public var configuration: ClusterConfiguration?
    /// Everything found, file by file in the order ha.cf, haresources, authkeys, mon.cf, lists, drbd.conf, the
    /// machine, peer.
    public var diagnostics: [Diagnostic]

    /// Whether the daemon refuses the files.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Reads the files of a node and judges them.
    ///
    /// - Parameters:
    ///   - files: What is there.
    ///   - node: The node's name (`uname -n` or `--node`); nil: the first node of ha.cf, for a check
    ///     on a machine that is neither.
    ///   - peer: The peer's files, to be compared; those that are nil are not.
    ///   - peerKeys: The peer's keys, where its authkeys is not among its files.
    ///   - isThere: Whether a program that mon.cf names can be run; nil: nobody looks.
    ///   - machine: This machine's facts about the groups of the files; nil: nobody looks.
    ///   - peerMachine: Those that the other node told.
    public init(
        _ files: ConfigurationFiles,
        node: String? = nil,
        peer: ConfigurationFiles? = nil,
        peerKeys: PeerKeys? = nil,
        isThere: ((MonCfProgram) -> Bool)? = nil,
        machine: (([ResourceGroup]) -> MachineFacts)? = nil,
        peerMachine: MachineFacts? = nil
    ) {
        var reading = Reading(files, node: node, isThere: isThere)
        reading.judge()
        configuration = reading.configuration
        diagnostics = reading.diagnostics
        let groups = reading.groups.groups
        if groups.contains(where: { $0.resources.contains { $0.type == "drbddisk" } }) {
            diagnostics += DRBDConfCheck.diagnostics(
                files.drbd,
                nodes: reading.haCf.nodes,
                groups: groups,
                deadtime: reading.haCf.deadtime
            )
        }
        let facts = machine?(groups)
        if let facts {
            let known = peerMachine.map { MachineCheck.share(facts, $0) } ?? facts
            diagnostics += MachineCheck.diagnostics(known, reading)
        }
        if let peer {
            diagnostics += ConfigurationCheck.compare(reading, files, with: peer, peerKeys)
        }
        if let peerMachine {
            let theirs = facts.map { MachineCheck.share(peerMachine, $0) } ?? peerMachine
            var other = Reading(peer ?? files, node: nil)
            // Groups that it did not tell are taken for ours, as the rest of the comparison does.
            if peer?.haresources == nil { other = reading }
            diagnostics += MachineCheck.diagnostics(theirs, other)
            if let facts { diagnostics += MachineCheck.compare(facts, peerMachine, reading) }
        }
    }
}

/// One node's files as read, with the places needed to speak about them.
struct Reading {
    var haCf = HaCf()
    var groups = HaresourcesParser.Result()
    var keys: AuthenticationKeys?
    var monitors: MonitorConfiguration?
    var node: String?
    var haCfList: DiagnosticList?
    var haresourcesList: DiagnosticList?
    private var authkeysList: DiagnosticList?
    private var monCfList: DiagnosticList?
    private var listDiagnostics: [Diagnostic] = []
    private var missing: [Diagnostic] = []
    private let scripts: Set<String>

    var diagnostics: [Diagnostic] {
        [haCfList, haresourcesList, authkeysList, monCfList].flatMap { $0?.all ?? [] }
            + listDiagnostics + missing
    }

    /// The whole, where nothing is an error.
    var configuration: ClusterConfiguration? {
        guard !diagnostics.contains(where: { $0.severity == .error }), let keys,
            let ownNode = node ?? haCf.nodes.first
        else { return nil }
        return ClusterConfiguration(
            cluster: haCf.cluster,
            ownNode: ownNode,
            nodes: haCf.nodes,
            timings: timings,
            evidence: haCf.evidence,
            links: haCf.links,
            groups: groups.groups,
            autoFailback: haCf.autoFailback ?? .off,
            takesUnproved: haCf.takesUnproved,
            usesFreezer: haCf.usesFreezer,
            cutsConnections: haCf.cutsConnections,
            opensAddressesLast: haCf.opensAddressesLast,
            moveBudget: haCf.moveBudget,
            restartBudget: haCf.restartBudget,
            notifications: haCf.notifications,
            stateHooks: haCf.stateHooks,
            trackedDevices: haCf.trackedDevices,
            trackedScripts: haCf.trackedScripts,
            notificationRate: haCf.notificationRate,
            timeouts: haCf.timeouts,
            intervals: haCf.intervals,
            keys: keys,
            logging: haCf.logging,
            realTime: haCf.realTime,
            monitors: monitors
        )
    }

    /// Those of ha.cf: a copy that was resynchronised only just now is not returned to, unless they say so.
    private var timings: Timings {
        var timings = haCf.timings
        let isReplicated = groups.groups.contains { $0.resources.contains(where: \.isReplicated) }
        if haCf.failbackSettle == nil, isReplicated {
            timings.failbackSettle = max(timings.fitSettle, .seconds(10))
        }
        return timings
    }

    init(
        _ files: ConfigurationFiles,
        node: String?,
        isThere: ((MonCfProgram) -> Bool)? = nil
    ) {
        self.node = node?.lowercased()
        scripts = files.scripts
        if let file = files.haCf {
            let (result, list) = HaCfParser.parse(file)
            haCf = result
            haCf.timeouts.advice = OCFMetaData.limits(in: files.agents)
            haCfList = list
        } else {
            missing.append(
                Diagnostic(
                    .error,
                    .missingFile,
                    file: "ha.cf",
                    "the file is missing",
                    hint: "Config/ha.cf is a commented sample"
                )
            )
        }
        if let file = files.haresources {
            let (result, list) = HaresourcesParser.parse(
                file,
                nodes: haCf.nodes,
                stateless: haCf.statelessTypes,
                lists: files.lists
            )
            groups = result
            haresourcesList = list
            listDiagnostics = result.lists.flatMap(\.all)
            for place in groups.groups.indices {
                groups.groups[place].putSideBySide(haCf.parallel)
            }
        } else {
            missing.append(
                Diagnostic(
                    .error,
                    .missingFile,
                    file: "haresources",
                    "the file is missing",
                    hint: "Config/haresources is a commented sample"
                )
            )
        }
        if let file = files.authkeys {
            (keys, authkeysList) = AuthkeysParser.parse(file)
        } else {
            missing.append(
                Diagnostic(
                    .error,
                    .missingFile,
                    file: "authkeys",
                    "the file is missing: beats cannot be signed",
                    hint: "`baton keygen` makes it; copy it to the other node, mode 0600"
                )
            )
        }
        if let file = files.monCf {
            (monitors, monCfList) = MonCfParser.parse(file, isThere: isThere)
        }
        checkOwnName()
    }

    private mutating func checkOwnName() {
        guard let node, !haCf.nodes.isEmpty, !haCf.nodes.contains(node) else { return }
        haCfList?.error(
            .unknownNode,
            at: haCf.positions["node"],
            "this machine is \(quoted(node)), which is none of the nodes \(haCf.nodes.joined(separator: " and "))",
            hint: nearestWordHint(to: node, among: haCf.nodes)
                ?? "`uname -n` must print a node's name, or give --node NAME"
        )
    }

    // MARK: Traps

    /// What only the whole shows.
    mutating func judge() {
        judgeFailback()
        judgePaths()
        judgeEvidence()
        for group in groups.groups {
            judgeOrder(group)
            judgeScripts(group)
            judgeSideBySide(group)
        }
        judgeMonitors()
        for subject in haCf.parallel { judgeParallel(subject) }
        for rule in haCf.timeouts.rules { judgeSubject(rule.subject, of: "timeout") }
        for rule in haCf.intervals.rules { judgeSubject(rule.subject, of: "monitor_interval") }
    }

    var storageGroups: [ResourceGroup] { groups.groups.filter(\.hasStorage) }

    private mutating func judgeFailback() {
        guard haCf.autoFailback?.returnsGroups == true, let group = storageGroups.first else {
            return
        }
        haCfList?.warning(
            .failbackWithStorage,
            at: haCf.positions["auto_failback"],
            "auto_failback is on and group \(quoted(group.name)) carries storage: each return of "
                + "\(quoted(group.preferredNode)) is a second outage, and data may still be resynchronising",
            hint: "`auto_failback off`, then `baton failback` when it suits"
        )
    }

    /// Whether the beats of all links and the groups' addresses share one device.
    var sharesOneNetwork: Bool {
        let devices = Set(haCf.links.map(\.device))
        let addressDevices = Set(groups.groups.flatMap(\.addresses).compactMap(\.device))
        return devices.count == 1 && addressDevices == devices
    }

    private mutating func judgePaths() {
        let witnesses = [
            "ping", "ping_group", "stonith", "stonith_host", "serial",
        ]
        guard sharesOneNetwork, let device = haCf.links.first?.device,
            witnesses.allSatisfy({ haCf.positions[$0] == nil })
        else { return }
        let replicates = groups.groups.flatMap(\.resources).contains { $0.type == "drbddisk" }
        let link = ["bcast", "ucast", "udp", "ucast6", "mcast", "mcast6"]
            .compactMap { haCf.positions[$0] }.first
        haCfList?.warning(
            .oneNetwork,
            at: link,
            "one network, \(device), carries heartbeats\(replicates ? ", replication" : "") and clients, "
                + "with no second path, ping node or fencing: when it is cut both nodes may hold a group",
            hint: "a second `bcast` or `ucast` on another network is the cheapest cure"
        )
    }

    /// Databases by the names their scripts and units have.
    private static let databases = ["mysql", "mariadb", "postgres", "pgsql", "db2", "oracle"]

    private mutating func judgeOrder(_ group: ResourceGroup) {
        guard !haCf.opensAddressesLast, let places = groups.words[group.name],
            let address = group.resources.firstIndex(where: \.isOfAddresses),
            let database = group.resources.firstIndex(where: { resource in
                Reading.databases.contains { resource.type.lowercased().contains($0) }
            }), address < database, places.indices.contains(address)
        else { return }
        haresourcesList?.warning(
            .addressFirst,
            at: places[address],
            "the address \(group.resources[address].address.map { "\($0.address)" } ?? "") comes up before "
                + "\(quoted(group.resources[database].type)): clients reach a node whose database does not answer yet",
            hint: "put the address last, or `address_last on` in ha.cf"
        )
    }

    /// A script of the administrator stands before a built-in type of its name (design, "Resource
    /// types"); nobody should find out at a takeover.
    private mutating func judgeScripts(_ group: ResourceGroup) {
        guard let places = groups.words[group.name] else { return }
        for (resource, place) in zip(group.resources, places)
        where scripts.contains(resource.type)
            && (resource.isOfAddresses
                || Directive.isProgram(resource.type, arguments: resource.arguments)
                || monitors != nil && resource.isMonitor)
        {
            haresourcesList?.note(
                .scriptBeforeBuiltIn,
                at: place,
                resource.isOfAddresses
                    ? "the script '\(resource.type)' in resource.d is not used: batond holds addresses itself"
                    : "the script '\(resource.type)' in resource.d stands before the built-in type"
            )
        }
    }

    private mutating func judgeMonitors() {
        let watching = groups.groups.flatMap(\.resources).filter(\.isMonitor)
        guard let monitors else {
            if watching.contains(where: { $0.type == "monitor" }) {
                missing.append(
                    Diagnostic(
                        .warning,
                        .missingFile,
                        file: "mon.cf",
                        "the file is missing, and haresources has the resource 'monitor'"
                    )
                )
            }
            return
        }
        for group in groups.groups
        where monitors.watches.contains(where: { $0.group == group.watchName })
            && group.resources.contains(where: { haCf.intervals.interval(for: $0) != nil })
        {
            monCfList?.warning(
                .withoutEffect,
                at: nil,
                "the watch \(quoted(group.watchName)) has the name of a group, whose resources are not watched therefore",
                hint: "give the host group another name"
            )
        }
        guard !watching.isEmpty else {
            monCfList?.note(
                .withoutEffect,
                at: nil,
                "no group has the resource 'monitor' (or 'mon'): nothing runs these monitors"
            )
            return
        }
        let watches = monitors.watches.map(\.group)
        for group in groups.groups { judgeWatches(of: group, among: watches) }
        let named = Set(watching.flatMap { $0.arguments.isEmpty ? watches : $0.arguments })
        for watch in watches where !named.contains(watch) {
            monCfList?.warning(
                .unwatched,
                at: nil,
                "no resource 'monitor' names the watch \(quoted(watch)): nothing runs it"
            )
        }
    }

    private mutating func judgeWatches(of group: ResourceGroup, among watches: [String]) {
        guard let places = groups.words[group.name] else { return }
        for (resource, place) in zip(group.resources, places) where resource.isMonitor {
            for name in resource.arguments where !watches.contains(name) {
                haresourcesList?.error(
                    .unknownHostgroup,
                    at: place,
                    "mon.cf has no watch \(quoted(name))",
                    hint: nearestWordHint(to: name, among: watches)
                )
            }
        }
    }

    private mutating func judgeSideBySide(_ group: ResourceGroup) {
        guard let found = group.dependentPlaces, let places = groups.words[group.name] else {
            return
        }
        let needed = group.resources[found.needed].arguments[1]
        haresourcesList?.error(
            .mountedInside,
            at: places[found.needing],
            "\(quoted(group.resources[found.needing].text)) needs what is mounted on \(quoted(needed)), and ha.cf has "
                + "both mounted at once (`parallel`)",
            hint:
                "name the others in `parallel` one by one, as haresources writes them, and leave this one out"
        )
    }

    private mutating func judgeParallel(_ subject: String) {
        guard judgeSubject(subject, of: "parallel") else { return }
        let isBeside = groups.groups.contains { group in
            zip(group.resources, group.resources.dropFirst()).contains {
                $1.isBesidePrevious && ($0.isNamed(subject) || $1.isNamed(subject))
            }
        }
        guard !isBeside else { return }
        haCfList?.warning(
            .withoutEffect,
            at: haCf.positions["parallel"],
            "\(quoted(subject)) has no neighbour of its type that `parallel` names too, addresses apart: it starts alone",
            hint: "in haresources, write what may start side by side next to each other"
        )
    }

    /// Says so when no resource is meant by `subject`; whether one is, or all are by `nil`.
    @discardableResult
    private mutating func judgeSubject(_ subject: String?, of directive: String) -> Bool {
        guard let subject else { return true }
        let resources = groups.groups.flatMap(\.resources)
        guard !resources.contains(where: { $0.isNamed(subject) }) else { return true }
        haCfList?.warning(
            .unknownResource,
            at: haCf.positions[directive],
            "no resource of haresources is \(quoted(subject)), so its \(directive) is without effect",
            hint: nearestWordHint(to: subject, among: resources.map(\.type))
        )
        return false
    }
}
