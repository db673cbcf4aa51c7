// What a drbd.conf should not say where Baton moves its resources: hosts that are no nodes, replication over the wrong
// network, words of DRBD 8.3, and options by which DRBD itself would promote, or throw data away. drbdadm judges the
// rest. Facts: drbd.conf(5) of 8.3, 8.4 and 9, and what drbdadm 9.22 does with such files.

internal import Failover

/// Looks at a drbd.conf beside ha.cf and haresources.
struct DRBDConfCheck {
    /// The file.
    let conf: DRBDConf
    /// The resources of all the files.
    let resources: [DRBDResource]
    /// Their sections `common`.
    let commons: [DRBDSection]
    /// ha.cf's nodes, in lower case.
    let nodes: [String]
    /// The groups, for their DRBD resources, devices and addresses.
    let groups: [ResourceGroup]
    /// ha.cf's deadtime.
    let deadtime: Duration
    /// What is found.
    var list: DiagnosticList

    /// Reads drbd.conf and the files it includes, and judges them; what concerns none of them stands with the first.
    static func diagnostics(
        _ files: [ConfigurationFile],
        nodes: [String],
        groups: [ResourceGroup],
        deadtime: Duration
    ) -> [Diagnostic] {
        let parsed = files.map(DRBDConfParser.parse)
        let resources = parsed.flatMap(\.0.resources)
        let commons = parsed.flatMap { $0.0.root.sections("common") }
        return parsed.enumerated().flatMap { (place, file) in
            var check = DRBDConfCheck(
                conf: file.0,
                resources: resources,
                commons: commons,
                nodes: nodes,
                groups: groups,
                deadtime: deadtime,
                list: file.1
            )
            check.judge()
            if place == 0 { check.judgeGroups() }
            return check.list.all
        }
    }

    private mutating func judge() {
        judgeClosing(conf.root)
        for section in [conf.root] + conf.root.sections("common") { judgeOptions(section) }
        for resource in conf.resources {
            judgeOptions(resource.section)
            judgeHosts(resource)
            judgeProtocol(resource)
            judgeFencing(resource)
            judgeTimes(resource)
        }
    }

    // MARK: Form

    /// drbdadm takes the end of the file for the end of every section.
    private mutating func judgeClosing(_ section: DRBDSection) {
        for inner in section.sections {
            guard inner.isClosed else {
                let name = inner.words.map(\.text).joined(separator: " ")
                list.warning(
                    .braces,
                    at: inner.position,
                    "\(quoted(name)) is not closed: drbdadm reads on to the end of the file, so that whatever is added "
                        + "below becomes part of it",
                    hint: "a line with '}' at the end"
                )
                return
            }
            judgeClosing(inner)
        }
    }

    // MARK: Options

    /// Words of DRBD 8.3, with the section and word of 8.4.
    private static let renamed: [String: [String: String]] = [
        "syncer": [
            "rate": "disk { resync-rate VALUE; }", "after": "disk { resync-after VALUE; }",
            "al-extents": "disk { al-extents VALUE; }", "verify-alg": "net { verify-alg VALUE; }",
            "csums-alg": "net { csums-alg VALUE; }", "use-rle": "net { use-rle; }",
            "cpu-mask": "options { cpu-mask VALUE; }",
            "on-no-data-accessible": "options { on-no-data-accessible VALUE; }",
            "delay-probe-volume": "nothing", "delay-probe-interval": "nothing",
            "c-plan-ahead": "disk { c-plan-ahead VALUE; }",
            "c-delay-target": "disk { c-delay-target VALUE; }",
            "c-fill-target": "disk { c-fill-target VALUE; }",
            "c-max-rate": "disk { c-max-rate VALUE; }",
            "c-min-rate": "disk { c-min-rate VALUE; }",
        ],
        "disk": [
            "no-disk-barrier": "disk { disk-barrier no; }",
            "no-disk-flushes": "disk { disk-flushes no; }",
            "no-disk-drain": "disk { disk-drain no; }", "no-md-flushes": "disk { md-flushes no; }",
            "use-bmbv": "nothing",
        ],
        "net": ["no-tcp-cork": "net { tcp-cork no; }"],
        "handlers": ["outdate-peer": "handlers { fence-peer PROGRAM; }"],
    ]

    private mutating func judgeOptions(_ section: DRBDSection) {
        for inner in section.sections {
            for statement in inner.statements {
                judgeRenamed(statement, in: inner)
                judgeDanger(statement, in: inner)
            }
        }
        judgeWaiting(section)
    }

    private mutating func judgeRenamed(_ statement: DRBDStatement, in section: DRBDSection) {
        guard let form = DRBDConfCheck.renamed[section.kind]?[statement.name] else { return }
        let value = statement.values.joined(separator: " ")
        let written = form.split(separator: " ").map { word in
            switch word {
            case "VALUE;": "\(value);"
            case "PROGRAM;": "\"\(value)\";"
            default: String(word)
            }
        }
        .joined(separator: " ")
        list.warning(
            .oldName,
            at: statement.position,
            "'\(statement.name)' in '\(section.kind)' is of DRBD 8.3: DRBD 9's drbdadm refuses it, 8.4's still takes it",
            hint: written == "nothing" ? "remove the line" : "in 8.4 and 9: \(written)"
        )
    }

    private mutating func judgeDanger(_ statement: DRBDStatement, in section: DRBDSection) {
        let value = statement.values.first ?? ""
        switch (section.kind, statement.name) {
        case ("startup", "become-primary-on"):
            list.error(
                .dangerousOption,
                at: statement.position,
                "become-primary-on promotes at the boot, whoever holds the group",
                hint: "remove the line: Baton promotes"
            )
        case ("net", "allow-two-primaries") where value != "no":
            list.error(
                .dangerousOption,
                at: statement.position,
                "allow-two-primaries takes away DRBD's own protection against two writers",
                hint: "remove the line"
            )
        case ("net", "after-sb-0pri") where value.hasPrefix("discard"),
            ("net", "after-sb-1pri") where value != "disconnect" && value != "consensus",
            ("net", "after-sb-2pri") where value != "disconnect":
            list.warning(
                .dangerousOption,
                at: statement.position,
                "\(statement.name) \(value) throws away one side's writes after a split without asking",
                hint: "\(statement.name) disconnect; baton drbd then says which side is newer"
            )
        case ("disk", "on-io-error") where value != "detach":
            list.warning(
                .dangerousOption,
                at: statement.position,
                "on-io-error \(value) hands errors of the disk to the filesystem, although the peer has good data",
                hint: "on-io-error detach"
            )
        case ("options", "auto-promote") where value != "no":
            list.warning(
                .dangerousOption,
                at: statement.position,
                "auto-promote makes whoever opens the device primary, a mount by hand on the standby too",
                hint: "auto-promote no"
            )
        default: return
        }
    }

    /// Times to wait for the peer at the boot.
    private mutating func judgeWaiting(_ section: DRBDSection) {
        guard let startup = section.sections("startup").last else { return }
        func seconds(_ name: String) -> Int? {
            startup.statement(name)?.values.first.flatMap { Int($0) }
        }
        if let statement = startup.statement("wfc-timeout"), seconds("wfc-timeout") == 0 {
            list.note(
                .bootWaits,
                at: statement.position,
                "wfc-timeout 0: DRBD's own boot script waits for the peer for ever; Baton's unit does not wait for it, and "
                    + "holds what is not ready"
            )
        }
        if let statement = startup.statement("degr-wfc-timeout"),
            let degraded = seconds("degr-wfc-timeout"), degraded > 0,
            seconds("outdated-wfc-timeout").map({ $0 >= degraded }) ?? true
        {
            list.note(
                .bootWaits,
                at: statement.position,
                "degr-wfc-timeout \(degraded) without a smaller outdated-wfc-timeout: every call of drbdadm warns of it",
                hint: "outdated-wfc-timeout \(max(1, degraded / 2));"
            )
        }
    }

    // MARK: Resources

    private mutating func judgeHosts(_ resource: DRBDResource) {
        let name = resource.name
        if resource.hosts.isEmpty {
            if resource.section.sections("floating").isEmpty {
                list.warning(
                    .missingDirective,
                    at: resource.section.position,
                    "resource \(quoted(name)) names no hosts",
                    hint: nodes.map { "on \($0) { … }" }.joined(separator: " ")
                )
            }
            return
        }
        for host in resource.hosts where !nodes.isEmpty && !nodes.contains(host.name.lowercased()) {
            list.warning(
                .unknownNode,
                at: host.section.words.dropFirst().first?.position ?? host.section.position,
                "resource \(quoted(name)) is on \(quoted(host.name)), which is none of the nodes "
                    + nodes.joined(separator: " and "),
                hint: nearestWordHint(to: host.name, among: nodes)
                    ?? "DRBD goes by `uname -n`, as ha.cf does"
            )
        }
        for node in nodes where !resource.hosts.contains(where: { $0.name.lowercased() == node }) {
            list.warning(
                .unknownNode,
                at: resource.section.position,
                "resource \(quoted(name)) is not on node \(quoted(node))",
                hint: "on \(node) { … }"
            )
        }
        for host in resource.hosts { judgeAddress(host, resource) }
    }

    private mutating func judgeAddress(_ host: DRBDHost, _ resource: DRBDResource) {
        guard let statement = host.section.statement("address") else {
            list.warning(
                .missingDirective,
                at: host.section.position,
                "resource \(quoted(resource.name)) has no address on \(quoted(host.name))",
                hint: "address ADDRESS:PORT;"
            )
            return
        }
        guard let address = host.address else {
            list.warning(
                .invalidAddress,
                at: statement.position,
                "the address of \(quoted(host.name)) cannot be read",
                hint: "address 192.168.2.1:7791;"
            )
            return
        }
        for specification in groups.flatMap(\.addresses) {
            if specification.address == address {
                list.error(
                    .replicationPath,
                    at: statement.position,
                    "\(address) moves with a group: replication would move with it",
                    hint: "the node's own address on the replication link"
                )
            } else if let prefix = specification.prefixLength,
                NetworkAddress(specification.address, prefix).reaches(address)
            {
                list.warning(
                    .replicationPath,
                    at: statement.position,
                    "\(address) is in the network of the group's address \(specification.address)/\(prefix): data goes over "
                        + "the clients' LAN",
                    hint: "the node's address on the replication link"
                )
                return
            }
        }
    }

    private mutating func judgeProtocol(_ resource: DRBDResource) {
        let places = [resource.section] + commons
        let statement =
            places.compactMap {
                $0.statement("protocol") ?? $0.sections("net").last?.statement("protocol")
            }.first
        guard let statement, let value = statement.values.first, value.uppercased() != "C" else {
            return
        }
        list.warning(
            .dangerousOption,
            at: statement.position,
            "protocol \(value): what was acknowledged may be lost when the holder fails",
            hint: "protocol C"
        )
    }

    // MARK: Groups

    /// What haresources moves must be here, and the filesystem must lie on the device of the group's resource.
    private mutating func judgeGroups() {
        let known = resources
        for group in groups {
            let disks = group.resources.filter { $0.type == "drbddisk" }
            for disk in disks {
                guard let name = disk.arguments.first, name != "all",
                    !known.contains(where: { $0.name == name })
                else { continue }
                list.warning(
                    .unknownResource,
                    at: nil,
                    "haresources moves \(quoted(disk.text)), and no resource \(quoted(name)) is here",
                    hint: nearestWordHint(to: name, among: known.map(\.name))
                )
            }
            guard !disks.isEmpty else { continue }
            let below = known.flatMap(\.hosts).flatMap(\.disks)
            for resource in group.resources where resource.type == "Filesystem" {
                guard let device = resource.arguments.first, below.contains(device) else {
                    continue
                }
                list.error(
                    .replicationPath,
                    at: nil,
                    "\(quoted(resource.text)) mounts \(device), which lies below DRBD: nothing of it would be replicated",
                    hint: known.flatMap(\.hosts).first { $0.disks.contains(device) }?.devices.first
                )
            }
        }
    }
}
