// The rows of ha.cf that concern Heartbeat's own wire format, clients and the Pacemaker mode: known,
// so that old files are read, and each with what became of it.

extension Directive {
    static let heartbeat: [Directive] =
        wireRows + clientRows + [
            Directive(
                "crm",
                .haCf,
                .heartbeat,
                grammar: "crm off",
                .choice(falseWords),
                standard: "off",
                .withoutEffect("groups are those of haresources", .note),
                examples: ["crm off"],
                "Whether Pacemaker decides. Any value but off is refused: such a configuration has no "
                    + "haresources."
            ),
            Directive(
                "pacemaker",
                .haCf,
                .heartbeat,
                grammar: "pacemaker off",
                .choice(falseWords),
                standard: "off",
                .withoutEffect("groups are those of haresources", .note),
                examples: ["pacemaker off"],
                "As crm."
            ),
            Directive(
                "autojoin",
                .haCf,
                .heartbeat,
                grammar: "autojoin none",
                .choice(["none"]),
                standard: "none",
                .withoutEffect("the two nodes are those of the node lines", .note),
                examples: ["autojoin none"],
                "Whether nodes join by themselves. other and any conflict with haresources, as in Heartbeat."
            ),
        ]
        + ["crm_daemon_dir", "quorum_server"].map { name in
            Directive(
                name,
                .haCf,
                .heartbeat,
                grammar: "\(name) VALUE",
                .word,
                name == "quorum_server"
                    ? .withoutEffect("the witness is not built yet", .warning)
                    : .withoutEffect("it is Pacemaker's", .note),
                examples: ["\(name) value"],
                name == "quorum_server" ? "A host that breaks ties." : "For Pacemaker."
            )
        }
        + [
            "crmd_spawns_pengine", "record_config_changes", "record_pengine_inputs",
            "enable_config_writes",
        ].map { name in
            Directive(
                name,
                .haCf,
                .heartbeat,
                grammar: "\(name) on|off",
                .boolean,
                .withoutEffect("it is Pacemaker's", .note),
                examples: ["\(name) on"],
                "For Pacemaker."
            )
        }

    private static let falseWords = ["off", "false", "no", "n", "0"]

    private static let wireRows: [Directive] = [
        Directive(
            "hopfudge",
            .haCf,
            .heartbeat,
            grammar: "hopfudge NUMBER",
            .integer(0...255),
            standard: "1",
            .withoutEffect("beats are not passed on from node to node", .note),
            examples: ["hopfudge 1"],
            "Hops of a packet beyond the number of nodes."
        ),
        Directive(
            "msgfmt",
            .haCf,
            .heartbeat,
            grammar: "msgfmt classic|netstring",
            .choice(["classic", "netstring"]),
            standard: "classic",
            .withoutEffect("the wire has one format", .note),
            examples: ["msgfmt classic"],
            "Heartbeat's wire text."
        ),
        Directive(
            "compression",
            .haCf,
            .heartbeat,
            grammar: "compression zlib|bz2",
            .choice(["zlib", "bz2"]),
            standard: "zlib",
            .withoutEffect("beats fit one packet", .note),
            examples: ["compression bz2"],
            "Compression of big messages."
        ),
        Directive(
            "compression_threshold",
            .haCf,
            .heartbeat,
            grammar: "compression_threshold KILOBYTES",
            .integer(1...1_000_000),
            standard: "2",
            .withoutEffect("beats fit one packet", .note),
            examples: ["compression_threshold 2"],
            "From which size messages were compressed."
        ),
        Directive(
            "traditional_compression",
            .haCf,
            .heartbeat,
            grammar: "traditional_compression on|off",
            .boolean,
            standard: "off",
            .withoutEffect("beats fit one packet", .note),
            examples: ["traditional_compression off"],
            "Which part of a message was compressed."
        ),
        Directive(
            "hbgenmethod",
            .haCf,
            .heartbeat,
            grammar: "hbgenmethod file|time",
            .choice(["file", "time"]),
            standard: "file",
            .withoutEffect("an incarnation is a durable counter and a nonce", .note),
            examples: ["hbgenmethod file"],
            "Where Heartbeat's generation came from."
        ),
        Directive(
            "uuidfrom",
            .haCf,
            .heartbeat,
            grammar: "uuidfrom file|nodename",
            .choice(["file", "nodename"]),
            standard: "file",
            .withoutEffect("nodes are known by name", .note),
            examples: ["uuidfrom nodename"],
            "Where Heartbeat's node id came from."
        ),
        Directive(
            "max_rexmit_delay",
            .haCf,
            .heartbeat,
            grammar: "max_rexmit_delay MILLISECONDS",
            .integer(1...86_400_000),
            standard: "250",
            .withoutEffect("each beat has the whole truth, nothing is sent again", .note),
            examples: ["max_rexmit_delay 250"],
            "The longest wait before asking for a lost packet."
        ),
        Directive(
            "normalpoll",
            .haCf,
            .heartbeat,
            grammar: "normalpoll on|off",
            .boolean,
            standard: "on",
            .withoutEffect("batond waits by epoll", .note),
            examples: ["normalpoll true"],
            "How Heartbeat waited."
        ),
    ]

    private static let clientRows: [Directive] = [
        Directive(
            "apiauth",
            .haCf,
            .heartbeat,
            grammar: "apiauth CLIENT [uid=...] [gid=...]",
            .words(1...64),
            .withoutEffect("there is no client API; the control socket is root's", .note),
            examples: ["apiauth ipfail uid=hacluster", "apiauth default gid=haclient"],
            "Who might use Heartbeat's client API."
        ),
        Directive(
            "use_apphbd",
            .haCf,
            .heartbeat,
            grammar: "use_apphbd on|off",
            .boolean,
            standard: "off",
            .withoutEffect("batond's processes watch each other", .note),
            examples: ["use_apphbd off"],
            "Heartbeat's application watcher."
        ),
    ]
}
