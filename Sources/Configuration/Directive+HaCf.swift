// The rows of ha.cf: Heartbeat 3.0.6's directives (ha.cf(5) and its config.c) and ours.

extension Directive {
    /// The longest time any directive takes.
    static let timeMaximum = Duration.seconds(7 * 86_400)

    /// ha.cf's rows.
    static let haCf: [Directive] = nodes + timing + groups + safety + logging + process + heartbeat

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
            "UDP port of the `bcast` and `ucast` lines that follow."
        ),
        Directive(
            "bcast",
            .haCf,
            .nodes,
            grammar: "bcast DEVICE...",
            .words(1...64),
            examples: ["bcast eth1", "bcast eth1 eth2"],
            "Heartbeats by UDP broadcast on each device. Several links may be named, also of other kinds; "
                + "the peer is silent only when it is silent on all of them."
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
            .withoutEffect("IPv6 links are not built yet; use bcast or ucast", .warning),
            examples: ["ucast6 eth1 fd00::3"],
            "Heartbeats by UDP to one IPv6 address of the peer."
        ),
        Directive(
            "mcast",
            .haCf,
            .nodes,
            grammar: "mcast DEVICE GROUP PORT TTL LOOP",
            .words(5...5),
            .withoutEffect("multicast links are not built yet; use bcast or ucast", .warning),
            examples: ["mcast eth1 239.0.0.1 694 1 0"],
            "Heartbeats by IPv4 multicast."
        ),
        Directive(
            "mcast6",
            .haCf,
            .nodes,
            grammar: "mcast6 DEVICE GROUP PORT HOPS LOOP",
            .words(5...5),
            .withoutEffect("multicast links are not built yet; use bcast or ucast", .warning),
            examples: ["mcast6 eth1 ff05::1 694 1 0"],
            "Heartbeats by IPv6 multicast."
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
            .withoutEffect("learning further paths to the peer is not built yet", .note),
            examples: ["auto_links on"],
            "Whether the nodes beat at a low rate over every network they have in common, too, "
                + "without being told of it."
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
            .time(.zero...timeMaximum),
            standard: "2s",
            examples: ["fit_settle 2s"],
            "How long the peer must have been fit before a group is released towards it on health "
                + "grounds. Commands and shutdown do not wait for it. Ours."
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
    ]

    private static let groups: [Directive] = [
        Directive(
            "auto_failback",
            .haCf,
            .groups,
            grammar: "auto_failback on|off|legacy",
            .choice(["on", "off", "legacy"] + booleanWords),
            standard: "off",
            examples: ["auto_failback off", "auto_failback on", "auto_failback legacy"],
            "Whether a group goes back when its preferred node returns and is fit. Heartbeat's default was "
                + "legacy, which grabbed groups at start; here legacy is carried out as on."
        ),
        Directive(
            "nice_failback",
            .haCf,
            .groups,
            grammar: "nice_failback on|off",
            .boolean,
            .withoutEffect("it was replaced in Heartbeat 2; write auto_failback on|off", .warning),
            examples: ["nice_failback on"],
            "The old opposite of auto_failback."
        ),
        Directive(
            "unproved_takeover",
            .haCf,
            .groups,
            grammar: "unproved_takeover on|off",
            .boolean,
            standard: "on",
            examples: ["unproved_takeover on", "unproved_takeover off"],
            "What to do when the peer has been silent for deadtime and no probe of its host or of the "
                + "group's address can tell death from a cut cable: on takes the group, as Heartbeat does; "
                + "off leaves it and says so. Ours."
        ),
        Directive(
            "stateless",
            .haCf,
            .groups,
            grammar: "stateless NAME...",
            .list,
            examples: ["stateless apache squid"],
            "Resource types that keep no data two writers could spoil. Without it any script, unit or agent "
                + "counts as storage. Known as stateless are: "
                + Directive.statelessTypes.joined(separator: " ") + ". Ours."
        ),
    ]

    private static let safety: [Directive] = [
        Directive(
            "ping",
            .haCf,
            .safety,
            grammar: "ping HOST...",
            .words(1...64),
            .withoutEffect("ping nodes are not asked yet", .warning),
            examples: ["ping 10.0.0.1"],
            "Hosts whose answers tell which node is cut off."
        ),
        Directive(
            "ping_group",
            .haCf,
            .safety,
            grammar: "ping_group NAME HOST...",
            .words(2...64),
            .withoutEffect("ping nodes are not asked yet", .warning),
            examples: ["ping_group routers 10.0.0.1 10.0.0.2"],
            "Hosts of which any one's answer counts."
        ),
        Directive(
            "hbaping",
            .haCf,
            .safety,
            grammar: "hbaping HBA...",
            .words(1...64),
            .refused(useInstead: "ping"),
            examples: [],
            "A fibre channel adapter's view of the peer. Heartbeat itself mostly lacks its plug-in."
        ),
        Directive(
            "deadping",
            .haCf,
            .safety,
            grammar: "deadping TIME",
            .time(.milliseconds(50)...timeMaximum),
            standard: "deadtime",
            .withoutEffect("ping nodes are not asked yet", .note),
            examples: ["deadping 30"],
            "The silence after which a ping node is taken for dead. More than twice keepalive."
        ),
        Directive(
            "watchdog",
            .haCf,
            .safety,
            grammar: "watchdog DEVICE",
            .word,
            .withoutEffect("the watchdog is not opened yet", .warning),
            examples: ["watchdog /dev/watchdog"],
            "The device that resets a node whose daemon is silent."
        ),
        Directive(
            "stonith",
            .haCf,
            .safety,
            grammar: "stonith TYPE FILE",
            .words(1...64),
            .withoutEffect("fencing is not built yet: nobody is shot", .warning),
            examples: ["stonith baytech /etc/ha.d/conf/stonith.baytech"],
            "A fencing device, its parameters in a file."
        ),
        Directive(
            "stonith_host",
            .haCf,
            .safety,
            grammar: "stonith_host NODE|* TYPE PARAMETER...",
            .words(2...64),
            .withoutEffect("fencing is not built yet: nobody is shot", .warning),
            examples: ["stonith_host * baytech 10.0.0.3 mylogin mysecret"],
            "A fencing device, its parameters on the line."
        ),
        Directive(
            "respawn",
            .haCf,
            .safety,
            grammar: "respawn USER PATH [ARGUMENT...]",
            .words(2...64),
            .withoutEffect("start the program by an own unit of systemd", .warning),
            examples: ["respawn hacluster /usr/lib/heartbeat/ipfail"],
            "A program Heartbeat kept running: ipfail and dopd, whose work is Baton's own."
        ),
        Directive(
            "failfast",
            .haCf,
            .safety,
            grammar: "failfast USER PATH [ARGUMENT...]",
            .words(2...64),
            .withoutEffect("start the program by an own unit of systemd", .warning),
            examples: ["failfast root /usr/local/sbin/vital"],
            "As respawn, but its failure resets the node."
        ),
    ]

    private static let logging: [Directive] = [
        Directive(
            "logfile",
            .haCf,
            .logging,
            grammar: "logfile PATH",
            .word,
            examples: ["logfile /var/log/ha-log"],
            "A file for log lines, besides stderr or the journal. Lines that it takes too slowly are "
                + "dropped and counted."
        ),
        Directive(
            "debugfile",
            .haCf,
            .logging,
            grammar: "debugfile PATH",
            .word,
            examples: ["debugfile /var/log/ha-debug"],
            "A file for all lines, those for debugging too."
        ),
        Directive(
            "logfacility",
            .haCf,
            .logging,
            grammar: "logfacility FACILITY|none",
            .choice(syslogFacilities + ["none"]),
            examples: ["logfacility local0"],
            "The syslog facility log lines are sent to."
        ),
        Directive(
            "debug",
            .haCf,
            .logging,
            grammar: "debug LEVEL",
            .integer(0...255),
            standard: "0",
            examples: ["debug 1"],
            "How much is said for debugging; 0 nothing."
        ),
        Directive(
            "use_logd",
            .haCf,
            .logging,
            grammar: "use_logd on|off",
            .boolean,
            .withoutEffect("batond writes logs by a helper of its own", .note),
            examples: ["use_logd yes"],
            "Heartbeat's separate log daemon."
        ),
        Directive(
            "conn_logd_time",
            .haCf,
            .logging,
            grammar: "conn_logd_time TIME",
            .time(.zero...timeMaximum),
            standard: "60s",
            .withoutEffect("batond writes logs by a helper of its own", .note),
            examples: ["conn_logd_time 60"],
            "When Heartbeat tried the log daemon again."
        ),
        Directive(
            "syslogmsgfmt",
            .haCf,
            .logging,
            grammar: "syslogmsgfmt on|off",
            .boolean,
            standard: "on",
            .withoutEffect("lines have one format", .note),
            examples: ["syslogmsgfmt true"],
            "The format of lines in log files."
        ),
        Directive(
            "log_badpack",
            .haCf,
            .logging,
            grammar: "log_badpack on|off",
            .boolean,
            standard: "on",
            .withoutEffect("bad packets are counted; see status", .note),
            examples: ["log_badpack true"],
            "Whether Heartbeat logged packets it could not use."
        ),
    ]

    private static let process: [Directive] = [
        Directive(
            "realtime",
            .haCf,
            .process,
            grammar: "realtime on|off",
            .boolean,
            standard: "on",
            examples: ["realtime on"],
            "Whether the deciding loop runs with real-time priority and locked memory."
        ),
        Directive(
            "rtprio",
            .haCf,
            .process,
            grammar: "rtprio PRIORITY",
            .integer(1...99),
            examples: ["rtprio 5"],
            "The loop's SCHED_FIFO priority; unset, the daemon chooses."
        ),
        Directive(
            "memreserve",
            .haCf,
            .process,
            grammar: "memreserve KILOBYTES",
            .integer(1...1_000_000),
            standard: "6500",
            .withoutEffect("memory is locked as it is used", .note),
            examples: ["memreserve 6500"],
            "Memory Heartbeat took in advance."
        ),
        Directive(
            "coredumps",
            .haCf,
            .process,
            grammar: "coredumps on|off",
            .boolean,
            .withoutEffect("say LimitCORE in the unit", .note),
            examples: ["coredumps true"],
            "Whether a crash left a core file."
        ),
        Directive(
            "coreroot",
            .haCf,
            .process,
            grammar: "coreroot DIRECTORY",
            .word,
            .withoutEffect("say LimitCORE in the unit", .note),
            examples: ["coreroot /var/lib/heartbeat/cores"],
            "Where core files went."
        ),
        Directive(
            "env",
            .haCf,
            .process,
            grammar: "env NAME=VALUE",
            .words(1...64),
            .withoutEffect("scripts do not get HA_NAME; set it in batond's unit", .warning),
            examples: ["env COLOUR=blue"],
            "A variable Heartbeat gave to scripts as HA_NAME."
        ),
    ]

    static let booleanWords = ["true", "yes", "y", "1", "false", "no", "n", "0"]

    static let syslogFacilities = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
        "authpriv", "ftp", "security", "local0", "local1", "local2", "local3", "local4", "local5",
        "local6", "local7",
    ]
}
