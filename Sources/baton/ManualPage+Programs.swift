// The pages baton.8 and batond.8: the first from the argument definitions, the second from a short table of the
// daemon's options (design section 2) and both with the texts that no definition holds.

extension ManualPage {
    /// baton.8.
    static func baton() throws -> ManualPage {
        let command = try CommandDescription.baton()
        var page = ManualPage(
            name: "baton",
            section: 8,
            purpose: "look after the service that two nodes share"
        )
        // The argument parser describes its own `help` behind ours.
        var subcommands: [CommandDescription] = []
        for one in command.subcommands ?? []
        where !subcommands.contains(where: { $0.commandName == one.commandName }) {
            subcommands += one.flattened
        }
        page.sections.append(
            ("SYNOPSIS", subcommands.map { .synopsis("baton \($0.commandName)", $0.synopsis) })
        )
        page.sections.append(
            (
                "DESCRIPTION",
                [
                    .paragraph(
                        "baton talks to the daemon of this node, batond(8). Without a subcommand it prints the status: the"
                            + " first line says whether the service is fine, the last what to type if it is not."
                    ),
                    .paragraph(
                        "standby, takeover, failback, confirm-down, clear, freeze, thaw and reload wait for the result, show their progress on"
                            + " standard error and exit with what came of it. A refusal names its rule and what to type."
                    ),
                ]
            )
        )
        page.sections.append(("COMMANDS", subcommands.flatMap(Self.blocks)))
        let waiting = subcommands.first { !$0.arguments(named: CommandDescription.waiting).isEmpty }
        page.sections.append(
            (
                "OPTIONS OF COMMANDS THAT WAIT",
                terms(waiting?.arguments(named: CommandDescription.waiting) ?? [])
            )
        )
        page.sections.append(
            (
                "OPTIONS OF EVERY COMMAND",
                [.paragraph("They may stand before the subcommand or behind it.")]
                    + terms(subcommands.first?.arguments(named: CommandDescription.common) ?? [])
            )
        )
        page.sections.append(
            (
                "EXIT STATUS",
                ExitStatus.allCases.map { .term(String($0.rawValue), [$0.meaning + "."]) }
            )
        )
        page.sections += [
            ("HEARTBEAT'S COMMANDS", oldNames), ("ENVIRONMENT", environment),
            (
                "FILES",
                [
                    .term("/run/baton/control.sock", ["Every command; root only."]),
                    .term(
                        "/run/baton/status.sock",
                        [
                            "The status and the decisions of both nodes; root and the socket's group. The other node's"
                                + " files, which may hold passwords, come by control.sock alone."
                        ]
                    ),
                ]
            ),
            ("EXAMPLES", examples),
            ("SEE ALSO", [.paragraph("batond(8), ha.cf(5), haresources(5), authkeys(5)")]),
        ]
        return page
    }

    private static func blocks(of command: CommandDescription) -> [Block] {
        var blocks: [Block] = [.heading(command.commandName)]
        for text in [command.abstract, command.discussion].compactMap({ $0 }) where !text.isEmpty {
            blocks.append(.paragraph(text))
        }
        let own = command.ownArguments.filter {
            !CommandDescription.waiting.contains($0.longName ?? "")
        }
        return blocks + terms(own)
    }

    private static func terms(_ arguments: [ArgumentDescription]) -> [Block] {
        arguments.map { .term($0.title, [$0.sentences]) }
    }

    private static var oldNames: [Block] {
        [
            .paragraph(
                "Called by a name of Heartbeat's or GreenArrow's, baton takes the arguments of that command:"
            ),
            .term(
                "hb_standby [all|foreign|local|failback]",
                [
                    "As baton standby; failback means foreign. It waits, and exits with 0 only when it is done; Heartbeat"
                        + " exited with 0 when it had merely asked. Wrong arguments exit with 1."
                ]
            ),
            .term(
                "hb_takeover [all|foreign|local|failback]",
                [
                    "As baton takeover, with the same difference. failback takes home what is away from here."
                ]
            ),
            .term(
                "cl_status",
                [
                    "Heartbeat's words and exit codes: 0; 1 for the answer no, or when the daemon does not run; 11 for wrong"
                        + " arguments; 12 for no answer within 5 seconds; 13 for anything else. rscstatus counts a group as"
                        + " held only while it runs; clientstatus is always offline; hbparameter reads ha.cf."
                ]
            ),
            .term(
                "hvmail_make_primary, hvmail_make_secondary",
                [
                    "As baton takeover and baton standby for all groups, but that the first is refused while the other node has"
                        + " one: there hvmail_make_secondary comes first, as GreenArrow's pages say. Both wait, may be run again,"
                        + " and exit with 0 when this node has the role, also where it had it before."
                ]
            ),
        ]
    }

    private static var environment: [Block] {
        [
            .term(
                "BATON_RUN",
                ["The run directory when --run is not given; batond sets it for its scripts."]
            ),
            .term(
                "BATON_MONITOR",
                [
                    "The service whose alert is run; batond sets it for alerts. baton standby and hb_standby then ask for a"
                        + " move for a failed service: only towards a node that is fit, within move_budget, and not where"
                        + " the group is frozen."
                ]
            ),
            .term(
                "SUDO_USER, LOGNAME",
                ["By whom a group is frozen, for the others to read."]
            ),
            .term("NO_COLOR", ["No colours, also on a terminal."]),
        ]
    }

    private static var examples: [Block] {
        [
            .paragraph("Whether the service is fine:"), .example(["baton"]),
            .paragraph("Why the group went to the other node last night, and what both knew:"),
            .example(["baton explain 192.168.6.100"]),
            .paragraph(
                "Give everything to the other node before maintenance, and take home later what belongs here:"
            ),
            .example(["baton standby", "baton takeover local"]),
            .paragraph("New disks; nothing shall move meanwhile, however late it gets:"),
            .example([#"baton freeze --for 2h --reason "new disks""#, "baton thaw"]),
            .paragraph(
                "A port did not answer, and the group went to the other node. It is repaired:"
            ),
            .example(["baton monitors", "baton clear"]),
            .paragraph("The other node burnt down; it is certainly off:"),
            .example(["baton confirm-down l1"]),
        ]
    }

    /// batond.8.
    static var batond: ManualPage {
        var page = ManualPage(
            name: "batond",
            section: 8,
            purpose: "keep one service up on one of two nodes"
        )
        page.sections = [
            (
                "SYNOPSIS",
                [
                    .synopsis(
                        "batond",
                        "[--config <dir>] [--state <dir>] [--run <dir>] [--node <name>]"
                    )
                ]
            ),
            (
                "DESCRIPTION",
                [
                    .paragraph(
                        "batond runs on each of two nodes, exchanges heartbeats with the other and starts and stops the"
                            + " resource groups of haresources(5), so that each group runs on one of them. When a node dies"
                            + " the other takes its groups after deadtime, if nothing says that it still lives. What that cannot rule out, and the cheapest"
                            + " way to rule it out, baton check tells."
                    ),
                    .paragraph(
                        "It stays in the foreground and logs to standard error and to what ha.cf(5) names. It runs as a few"
                            + " processes: the loop that decides, a keeper that restarts it, and helpers for what may wait"
                            + " for a disk. A restarted batond adopts what runs."
                    ),
                ]
            ),
            (
                "OPTIONS",
                [
                    .term(
                        "--config <dir>",
                        [
                            "The directory of ha.cf, haresources, authkeys and resource.d. Default: /etc/baton, or /etc/ha.d"
                                + " where only that has an ha.cf."
                        ]
                    ),
                    .term(
                        "--state <dir>",
                        [
                            "What must survive a restart, and a lock that keeps a second daemon out. Default: /var/lib/baton."
                        ]
                    ),
                    .term("--run <dir>", ["The sockets for baton(8). Default: /run/baton."]),
                    .term("--node <name>", ["This node's name. Default: the host name."]),
                ]
            ),
            (
                "NETWORK",
                [
                    .paragraph(
                        "Heartbeats are UDP, on the links and the port of ha.cf(5). Besides, the daemons ask each other for"
                            + " what baton status, check and explain show of the other node: over TCP, on the udpport of the first"
                            + " link, on any address; TLS 1.3 by the keys of authkeys(5), without certificates. It"
                            + " only reads, and nothing that a move depends on goes that way. A program of its own, batond-peer,"
                            + " is started for it, runs as nobody, and is ended after five idle seconds. Firewalls between the two nodes should let"
                            + " both ports through, all others neither."
                    )
                ]
            ),
            (
                "SIGNALS",
                [
                    .term(
                        "SIGTERM",
                        [
                            "Hand every group to the other node if it is fit, else stop it in order; then end."
                        ]
                    ),
                    .term("SIGHUP", ["As baton reload."]),
                ]
            ),
            (
                "FILES",
                [
                    .term("/etc/baton/ha.cf", ["Nodes, links and times: ha.cf(5)."]),
                    .term("/etc/baton/haresources", ["The groups: haresources(5)."]),
                    .term(
                        "/etc/baton/authkeys",
                        ["The keys, mode 0600: authkeys(5); made by baton keygen."]
                    ),
                    .term("/etc/baton/resource.d", ["Own resource scripts."]),
                    .term(
                        "batond-peer",
                        ["Beside batond: speaks with the other node; only batond starts it."]
                    ),
                ]
            ),
            ("SEE ALSO", [.paragraph("baton(8), ha.cf(5), haresources(5), authkeys(5)")]),
        ]
        return page
    }
}
