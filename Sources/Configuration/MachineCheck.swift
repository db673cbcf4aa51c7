// What a machine must not do beside Baton: start at the boot what a group runs, mount at the boot what a group mounts,
// keep a database's data beside the group's filesystem, give users other numbers than the other node. Pure: facts in,
// diagnostics out. Who gathers the facts is `MachineFacts+Gathering`.

/// Looks at the facts of one machine beside haresources.
struct MachineCheck {
    /// The machine.
    let facts: MachineFacts
    /// The groups of its haresources, and where their words stand.
    let groups: HaresourcesParser.Result
    /// What is found about resources.
    var list: DiagnosticList

    /// Judges one machine.
    ///
    /// - Parameters:
    ///   - facts: of the machine.
    ///   - reading: its files.
    /// - Returns: what is found, haresources before /etc/fstab.
    static func diagnostics(_ facts: MachineFacts, _ reading: Reading) -> [Diagnostic] {
        guard let source = reading.haresourcesList?.source else { return [] }
        var check = MachineCheck(
            facts: facts,
            groups: reading.groups,
            list: DiagnosticList(source: source)
        )
        for group in reading.groups.groups {
            check.judgeBoot(group)
            check.judgeData(group)
        }
        check.judgeKernel(reading.haCf)
        return check.list.all + check.judgeFstab()
    }

    /// "on NODE, " in front of what is said about the other node.
    private var place: String { facts.node.map { "on \(shown($0)), " } ?? "" }

    /// A command, with the node on which to type it.
    private func command(_ text: String) -> String {
        facts.node.map { "on \(shown($0)): \(text)" } ?? text
    }

    private func position(_ group: ResourceGroup, _ index: Int) -> Position? {
        guard let places = groups.words[group.name], places.indices.contains(index) else {
            return nil
        }
        return places[index]
    }

    // MARK: What the boot starts

    /// Suffixes of units that start the service of their name.
    private static let starters = [".socket", ".timer", ".path"]

    private mutating func judgeBoot(_ group: ResourceGroup) {
        for (index, resource) in group.resources.enumerated() {
            guard !resource.isOfAddresses, !resource.isMonitor else { continue }
            let names = services(of: resource)
            guard !names.isEmpty, let link = facts.links.first(where: { starts($0, names) }) else {
                continue
            }
            list.warning(
                .startedAtBoot,
                at: position(group, index),
                "\(place)the boot starts \(quoted(link.service)) too, by \(shown(link.path)): it runs whether or not "
                    + "this node holds the group",
                hint: command(end(of: link))
            )
        }
    }

    /// The services by which a resource could be started beside Baton, without suffix.
    private func services(of resource: Resource) -> [String] {
        let program = facts.programs.first { $0.type == resource.type }
        if let program, resource.arguments.isEmpty || program.kind == .initScript {
            return [program.name.withoutServiceSuffix]
        }
        // The server of a database that runs on a directory of the group needs no unit of its own.
        return resource.dataDirectory == nil ? [] : resource.database?.services ?? []
    }

    private func starts(_ link: MachineFacts.Link, _ services: [String]) -> Bool {
        guard link.isEnabling else { return false }
        let canonical = Set(services.map(canonical))
        if canonical.contains(where: isMasked) { return false }
        let name = link.service
        // PostgreSQL's clusters: postgresql@15-main.
        let template = name.firstIndex(of: "@").map { String(name[..<$0]) }
        return [name, link.target.lastPart.withoutServiceSuffix, template].compactMap(\.self)
            .contains { canonical.contains(self.canonical($0)) }
    }

    /// The name of the unit behind aliases: `mysql` is `mariadb` on Debian.
    private func canonical(_ service: String) -> String {
        var name = service
        // An alias of an alias is rare, a loop nobody's wish.
        for _ in 0..<4 {
            guard let alias = facts.links.first(where: { $0.isAlias(of: name) }) else { break }
            name = alias.target.lastPart.withoutServiceSuffix
        }
        return name
    }

    private func isMasked(_ service: String) -> Bool {
        facts.links.contains { link in
            !link.isEnabling && link.target == "/dev/null"
                && link.path.lastPart == service + ".service"
        }
    }

    /// The command after which the boot leaves it alone.
    private func end(of link: MachineFacts.Link) -> String {
        if link.isSystemV { return "update-rc.d \(shown(link.service)) disable" }
        let unit = link.path.lastPart
        let name = MachineCheck.starters.contains { unit.hasSuffix($0) } ? unit : link.service
        return "systemctl disable \(shown(canonical(name)))"
    }

    // MARK: What the boot mounts

    private func judgeFstab() -> [Diagnostic] {
        guard let file = facts.fstab else { return [] }
        let source = Fstab.source(file)
        var list = DiagnosticList(source: source)
        let resources = groups.groups.flatMap(\.resources).filter { $0.type == "Filesystem" }
        for entry in Fstab.parse(source) where entry.isAutomatic {
            let owned = resources.first { resource in
                guard resource.arguments.count > 1 else { return false }
                return names(ofDevice: resource.arguments[0]).contains(entry.source)
                    || directories(resource.arguments[1]).contains(entry.directory.plainPath)
            }
            guard let owned else { continue }
            let isWaiting = entry.options.contains("x-systemd.automount")
            let field = entry.positions.count > 3 ? entry.positions[3] : entry.positions[0]
            list.warning(
                .mountedAtBoot,
                at: field,
                "\(isWaiting ? "whoever enters the directory" : "the boot") mounts what \(quoted(owned.text)) of "
                    + "haresources mounts, whether or not this node holds the group",
                hint: command(
                    isWaiting
                        ? "remove x-systemd.automount, or the line"
                        : "add the option noauto, or remove the line"
                )
            )
        }
        return list.all
    }

    private func names(ofDevice device: String) -> Set<String> {
        Set([device] + facts.deviceNames.filter { $0.device == device }.map(\.name))
    }

    private func directories(_ directory: String) -> Set<String> {
        [directory.plainPath, facts.resolved(directory)]
    }

    // MARK: Where data lies

    private mutating func judgeData(_ group: ResourceGroup) {
        let filesystems = group.filesystemDirectories
        guard !filesystems.isEmpty else { return }
        for data in facts.dataPlaces(of: group) {
            let path = data.path
            guard facts.places.contains(where: { $0.path == path }) else { continue }
            let resolved = facts.resolved(path)
            let isLink = resolved != path.plainPath
            let isNamed = data.source != .custom
            // By custom alone nobody knows where the data is, unless a link says so.
            guard isNamed || isLink, !isInside(resolved, filesystems) else { continue }
            let directories = filesystems.map(shown).joined(separator: ", ")
            list.warning(
                .dataOutside,
                at: position(group, data.index),
                "\(place)the data directory \(told(data)) \(isLink ? "leads to \(shown(resolved)), which is" : "is") "
                    + "not on the group's filesystem \(directories): the data does not move with the group",
                hint: isNamed && !isLink
                    ? "a directory below \(directories), or a link there"
                    : command("ln -sfn \(directories)/\(shown(path.lastPart)) \(shown(path))")
            )
        }
    }

    /// Whether a path without links is on one of a group's filesystems.
    func isInside(_ path: String, _ filesystems: [String]) -> Bool {
        filesystems.contains { path.isInside($0.plainPath) || path.isInside(facts.resolved($0)) }
    }

    // MARK: What the kernel cannot do

    private mutating func judgeKernel(_ haCf: HaCf) {
        guard let group = groups.groups.first(where: { !$0.addresses.isEmpty }),
            let index = group.resources.firstIndex(where: \.isOfAddresses)
        else { return }
        if haCf.cutsConnections, facts.cutsConnections == false {
            list.note(
                .connectionsNotCut,
                at: position(group, index),
                "\(place)the kernel cannot cut connections (CONFIG_INET_DIAG_DESTROY): clients notice a move only when "
                    + "they send something",
                hint: "`cut_connections off` in ha.cf says that this is known"
            )
        }
        if haCf.opensAddressesLast, facts.filtersPackets == false {
            list.warning(
                .addressesNotClosed,
                at: position(group, index),
                "\(place)the kernel has no nf_tables, so that address_last is without effect: clients reach the address "
                    + "while the resources behind it still start",
                hint: "a kernel with nf_tables (CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET)"
            )
        }
    }
}

/// A text of a machine as it may be shown.
private func shown(_ text: String) -> String {
    let safe = printable(text.unicodeScalars)
    return safe.count <= 160 ? safe : "\(safe.prefix(159))…"
}

extension MachineFacts.Link {
    /// Whether it is in a directory of what the boot starts.
    var isEnabling: Bool { isSystemV || path.contains(".wants/") || path.contains(".requires/") }

    /// `/etc/rc2.d/S01NAME`.
    var isSystemV: Bool { path.hasPrefix("/etc/rc") }

    /// The service that it starts, without suffix.
    var service: String {
        let name = path.lastPart
        if isSystemV {
            let rest = name.dropFirst().drop { ("0"..."9").contains($0) }
            return String(rest)
        }
        for suffix in [".socket", ".timer", ".path"] where name.hasSuffix(suffix) {
            return String(name.dropLast(suffix.count))
        }
        return name.withoutServiceSuffix
    }

    /// Whether it gives a unit another name.
    func isAlias(of service: String) -> Bool {
        !isEnabling && target != "/dev/null" && path.lastPart == service + ".service"
            && target.lastPart != path.lastPart && target.hasSuffix(".service")
    }
}

extension String {
    fileprivate var withoutServiceSuffix: String {
        hasSuffix(".service") ? String(dropLast(8)) : self
    }
}

// MARK: Both machines

extension MachineCheck {
    /// What differs between two machines and must not, said about the other one's.
    ///
    /// - Parameters:
    ///   - own: this machine's facts.
    ///   - peer: the other one's.
    ///   - reading: this node's files.
    /// - Returns: what is found.
    static func compare(
        _ own: MachineFacts,
        _ peer: MachineFacts,
        _ reading: Reading
    ) -> [Diagnostic] {
        guard let source = reading.haresourcesList?.source else { return [] }
        var check = MachineCheck(
            facts: own,
            groups: reading.groups,
            list: DiagnosticList(source: source)
        )
        for group in reading.groups.groups {
            check.compareUsers(group, peer)
            check.compareData(group, peer)
            check.compareCronFiles(group, peer)
        }
        return check.list.all
    }

    /// Names of the same device on both machines: what is written on it is the same on both.
    static func share(_ own: MachineFacts, _ peer: MachineFacts) -> MachineFacts {
        var result = own
        result.deviceNames += peer.deviceNames.filter { name in
            name.name.contains("=") && !own.deviceNames.contains(name)
        }
        return result
    }

    /// What was edited on both is left by both.
    private mutating func compareCronFiles(_ group: ResourceGroup, _ peer: MachineFacts) {
        let there = shown(peer.node ?? "the other node")
        for (index, resource) in group.resources.enumerated() where resource.type == "cronfile" {
            let path = resource.arguments.first
            guard let own = facts.cronFiles.first(where: { $0.path == path }),
                let other = peer.cronFiles.first(where: { $0.path == path }),
                own.bytes != other.bytes, let position = position(group, index)
            else { continue }
            list.warning(
                .meaningDiffers,
                at: position,
                "the cron jobs of \(quoted(own.path)) differ on \(there)",
                hint:
                    "to take the holder's over, on the node that does not hold the group: baton sync cronfile"
            )
        }
    }

    private mutating func compareUsers(_ group: ResourceGroup, _ peer: MachineFacts) {
        let there = shown(peer.node ?? "the other node")
        var said: Set<String> = []
        for (index, resource) in group.resources.enumerated() where !resource.isOfAddresses {
            let owners = owners(of: resource, peer)
            for name in resource.namedUsers + owners where said.insert(name).inserted {
                let mine = facts.users.first { $0.name == name }
                let theirs = peer.users.first { $0.name == name }
                let place = position(group, index)
                if let mine, let theirs {
                    guard (mine.id, mine.group) != (theirs.id, theirs.group) else { continue }
                    list.warning(
                        .usersDiffer,
                        at: place,
                        "user \(quoted(name)) has the numbers \(theirs.id):\(theirs.group) on \(there) and "
                            + "\(mine.id):\(mine.group) here: what one node writes belongs to somebody else on the other",
                        hint:
                            "on one node, while it holds nothing: groupmod -g, usermod -u, then chown what it owned"
                    )
                } else if owners.contains(name), (mine == nil) != (theirs == nil) {
                    list.warning(
                        .usersDiffer,
                        at: place,
                        "the data belongs to the user \(quoted(name)), who is not on "
                            + (theirs == nil ? there : "this node"),
                        hint:
                            "install the same packages on both nodes, with the same numbers of users"
                    )
                }
            }
        }
    }

    /// Whose the data directory is, on the node that sees it.
    private func owners(of resource: Resource, _ peer: MachineFacts) -> [String] {
        guard let directory = resource.dataDirectory else { return [] }
        return [facts, peer].compactMap { machine in
            let owner = machine.places.first { $0.path == directory }?.owner
            return owner.flatMap { owner in machine.users.first { $0.id == owner }?.name }
        }
    }

    private func told(_ place: DataPlace) -> String {
        guard case .file(let file) = place.source else { return shown(place.path) }
        return "\(shown(place.path)) (datadir in \(shown(file)))"
    }

    /// A directory that haresources does not name is the same on both nodes where the group's filesystem has it.
    private mutating func compareData(_ group: ResourceGroup, _ peer: MachineFacts) {
        let filesystems = group.filesystemDirectories
        guard !filesystems.isEmpty else { return }
        let other = MachineCheck(facts: peer, groups: groups, list: list)
        for (own, others) in zip(facts.dataPlaces(of: group), peer.dataPlaces(of: group))
        where own.source != .arguments {
            let path = own.path
            guard facts.places.contains(where: { $0.path == path }),
                peer.places.contains(where: { $0.path == others.path })
            else { continue }
            let (mine, theirs) = (facts.resolved(path), peer.resolved(others.path))
            let isHere = isInside(mine, filesystems)
            let isThere = other.isInside(theirs, filesystems)
            let node = shown(peer.node ?? "the other node")
            if path != others.path, mine != theirs, isHere || isThere {
                list.warning(
                    .dataOutside,
                    at: position(group, own.index),
                    "the database keeps its data in \(told(own)) here and in \(told(others)) on \(node): after a move it "
                        + "would start on other data",
                    hint: "the same datadir in the option files of both nodes"
                )
                continue
            }
            guard isHere != isThere else { continue }
            let (good, bad) = isHere ? ("here", node) : ("on \(node)", "this node")
            list.warning(
                .dataOutside,
                at: position(group, own.index),
                "\(shown(path)) leads to the group's filesystem \(good), to \(shown(isHere ? mine : theirs)), and not on "
                    + "\(bad): there the database would start on other data",
                hint:
                    "on \(bad): mv \(shown(path)) \(shown(path)).old && ln -s \(shown(isHere ? mine : theirs)) \(shown(path))"
            )
        }
    }
}
