// The rows of ha.cf about nodes, links and times: Heartbeat 3.0.6's (ha.cf(5) and its config.c) and
// ours. The others are in `Directive+HaCfEvidence`, `+HaCfGroups`, `+HaCfProcess` and `+HaCfHeartbeatOnly`.

internal import Failover

extension Directive {
    /// The longest time any directive takes.
    static let timeMaximum = Duration.seconds(7 * 86_400)

    /// ha.cf's rows.
    static let haCf: [Directive] =
        nodes + timing + groups + evidence + safety + notifications + logging + process + heartbeat

    private static let nodes: [Directive] = [
        Directive(
            "node",
            .haCf,
            .nodes,
            grammar: "node NAME...",
            .list,
            examples: ["node l0 l1", "node l0,l1"],
            "The two nodes, by the names `uname -n` gives, in lower case. Their order breaks ties: "
                + "where the nodes' haresources prefer different nodes, the first named here is agreed on."
        ),
        Directive(
            "cluster",
            .haCf,
            .nodes,
            grammar: "cluster NAME",
            .word,
            standard: "linux-ha",
            examples: ["cluster linux-ha"],
            "The name of the pair. Beats of another cluster on the same wire are counted as foreign "
                + "and change nothing. Heartbeat took it for information only."
        ),
        Directive(
            "udpport",
            .haCf,
            .nodes,
            grammar: "udpport PORT",
            .integer(1...65535),
            standard: "694",
            examples: ["udpport 694"],
            "UDP port of the `bcast`, `ucast` and `ucast6` lines that follow. On the TCP port of that number, "
                + "the first link's, the two daemons ask each other for `baton status`, `check` and `explain`."
        ),
        Directive(
            "bcast",
            .haCf,
            .nodes,
            grammar: "bcast DEVICE...",
            .words(1...64),
            examples: ["bcast eth1", "bcast eth1 eth2"],
            "Heartbeats by UDP broadcast on each device. Several links may be named, also of other kinds, at "
                + "most \(LinkIndex.configuredMaximum); the peer is silent only when it is silent on all of them."
        ),
        Directive(
            "udp",
            .haCf,
            .nodes,
            grammar: "udp DEVICE...",
            .words(1...64),
            examples: ["udp eth1"],
            "The old name of `bcast`."
        ),
        Directive(
            "ucast",
            .haCf,
            .nodes,
            grammar: "ucast DEVICE ADDRESS",
            .words(2...2),
            examples: ["ucast eth1 192.168.2.3"],
            "Heartbeats by UDP to one IPv4 address of the peer. A line that names an own address is "
                + "left out, so that both nodes can have the same file."
        ),
        Directive(
            "ucast6",
            .haCf,
            .nodes,
            grammar: "ucast6 DEVICE ADDRESS",
            .words(2...2),
            examples: ["ucast6 eth1 fd00::3", "ucast6 eth1 fe80::5054:ff:fe29:3949"],
            "Heartbeats by UDP to one IPv6 address of the peer; a link-local one is of the device, whether or "
                + "not %DEVICE stands behind it. A line that names an own address is left out."
        ),
        Directive(
            "mcast",
            .haCf,
            .nodes,
            grammar: "mcast DEVICE GROUP PORT TTL LOOP",
            .words(5...5),
            examples: ["mcast eth1 239.192.0.1 694 1 0"],
            "Heartbeats by IPv4 multicast: to a group of 239.192.0.0/14, say, on a port of its own, through "
                + "routers when TTL (1 to 255) is more than 1. LOOP 1 lets this host hear itself; always write 0."
        ),
        Directive(
            "mcast6",
            .haCf,
            .nodes,
            grammar: "mcast6 DEVICE GROUP PORT HOPS LOOP",
            .words(5...5),
            examples: ["mcast6 eth1 ff12::1:2:3:4 694 1 0"],
            "Heartbeats by IPv6 multicast: to a group of ff12::/16, say, on a port of its own, through routers "
                + "when HOPS (1 to 4) is more than 1. LOOP as for mcast."
        ),
        Directive(
            "serial",
            .haCf,
            .nodes,
            grammar: "serial TTY...",
            .words(1...64),
            .withoutEffect("serial links are not supported; use a second network device", .warning),
            examples: ["serial /dev/ttyS0"],
            "Heartbeats over a serial line."
        ),
        Directive(
            "baud",
            .haCf,
            .nodes,
            grammar: "baud RATE",
            .choice([
                "9600", "19200", "38400", "57600", "115200", "230400", "460800",
            ]),
            standard: "19200",
            .withoutEffect("it belongs to serial links", .note),
            examples: ["baud 19200"],
            "Speed of serial lines."
        ),
        Directive(
            "auto_links",
            .haCf,
            .nodes,
            grammar: "auto_links on|off",
            .boolean,
            standard: "on",
            examples: ["auto_links on", "auto_links off"],
            "Whether the nodes beat at a low rate over every network they have in common, too, "
                + "without being told of it. A network counts once a beat has come back over it, and at most "
                + "\(LinkIndex.learntMaximum) are learnt. Both nodes must say on. Ours."
        ),
    ]

    private static let timing: [Directive] = [
        Directive(
            "keepalive",
            .haCf,
            .timing,
            grammar: "keepalive TIME",
            .time(.milliseconds(5)...timeMaximum),
            standard: "1s",
            examples: ["keepalive 1", "keepalive 100ms"],
            "The interval between heartbeats on every link."
        ),
        Directive(
            "warntime",
            .haCf,
            .timing,
            grammar: "warntime TIME",
            .time(.milliseconds(5)...timeMaximum),
            standard: "half of deadtime",
            examples: ["warntime 1500ms"],
            "The silence after which a heartbeat is called late and suspicion begins."
        ),
        Directive(
            "deadtime",
            .haCf,
            .timing,
            grammar: "deadtime TIME",
            .time(.milliseconds(50)...timeMaximum),
            standard: "30s",
            examples: ["deadtime 3", "deadtime 300ms"],
            "The silence on every link after which the peer's daemon is taken for dead, and the evidence "
                + "gathered meanwhile decides. It must be more than twice keepalive."
        ),
        Directive(
            "initdead",
            .haCf,
            .timing,
            grammar: "initdead TIME",
            .time(.milliseconds(50)...timeMaximum),
            standard: "deadtime above 10s, twice deadtime from 6s, else 12s",
            examples: ["initdead 30"],
            "How long a node that starts alone waits for the peer before it says so. At least deadtime. "
                + "With the peer there, nobody waits for it."
        ),
        Directive(
            "fit_settle",
            .haCf,
            .timing,
            grammar: "fit_settle TIME",
            .time(.milliseconds(1)...timeMaximum),
            standard: "2s",
            examples: ["fit_settle 2s"],
            "How long the peer must have been fit before a group is released towards it on health "
                + "grounds. Commands and shutdown do not wait for it. Ours."
        ),
        Directive(
            "failback_settle",
            .haCf,
            .timing,
            grammar: "failback_settle TIME",
            .time(.milliseconds(1)...timeMaximum),
            standard: "10s where data is replicated, else fit_settle",
            examples: ["failback_settle 1min"],
            "How long the preferred node must have been fit without interruption, its data in sync, before "
                + "auto_failback returns a group to it. Commands do not wait for it. Ours."
        ),
        Directive(
            "offer_timeout",
            .haCf,
            .timing,
            grammar: "offer_timeout TIME",
            .time(.milliseconds(100)...timeMaximum),
            standard: "5s",
            examples: ["offer_timeout 5s"],
            "How long a released group waits for the other node's accepted or declined before the status "
                + "says so. Ours."
        ),
        Directive(
            "timeout",
            .haCf,
            .timing,
            grammar: "timeout [TYPE|RESOURCE] start|stop|status TIME",
            .words(2...3),
            standard: "by type: addresses 10s (status 5s), drbddisk 30s (10s), "
                + "Filesystem start 5min stop 1min (10s), others start 5min stop 2min (15s)",
            examples: [
                "timeout start 10m", "timeout linkserv start 10m",
                "timeout drbddisk::r0 stop 60",
            ],
            "The deadline of an operation, of all resources, of a type, or of one resource as haresources "
                + "writes it; the most particular line counts. At the deadline the operation is ended, first "
                + "by TERM, then by KILL. From 100ms to 7d. Ours."
        ),
        Directive(
            "monitor_interval",
            .haCf,
            .timing,
            grammar: "monitor_interval [TYPE|RESOURCE] TIME|off",
            .words(1...2),
            standard: "10s for built-in types, off for others",
            examples: [
                "monitor_interval 30s", "monitor_interval mysqld-max 10s",
                "monitor_interval Filesystem off",
            ],
            "How often a running resource is asked whether it serves: all, those of a type, or one as haresources writes "
                + "it; the most particular line counts. A built-in type is asked for `monitor`, any other for `status`. A "
                + "DRBD resource that fails moves its group; any other has it started anew first, as often as "
                + "restart_budget allows. `baton monitors` shows them. From 1s to 1d. Ours."
        ),
    ]
}
