// The rows of ha.cf about groups, what resets a node, and who is told of what happens to them. How silence
// is judged is `Directive+HaCfEvidence`.

internal import Failover

extension Directive {
    static let groups: [Directive] = [
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
        Directive(
            "parallel",
            .haCf,
            .groups,
            grammar: "parallel TYPE|RESOURCE...",
            .words(1...64),
            examples: [
                "parallel Filesystem",
                "parallel Filesystem::/dev/vg/a::/a Filesystem::/dev/vg/b::/b",
            ],
            "Resources that do not depend on each other. Neighbours of one type in a group, all named here, are "
                + "started side by side and stopped side by side; what stands before them runs first, and what "
                + "stands behind them waits for all. Without it each waits for the one before it. Addresses "
                + "come and go at once and one by one. Ours."
        ),
        Directive(
            "freezer",
            .haCf,
            .groups,
            grammar: "freezer on|off",
            .boolean,
            standard: "on",
            examples: ["freezer on", "freezer off"],
            "What a node does with the scripts of a group with storage when it is cut off: on lets the processes that "
                + "they started stand still, in control groups, until the node is heard again, if that can be done with "
                + "the whole group; off stops the group. What keeps its state in the kernel or in a unit of systemd is "
                + "stopped either way. Off is right for a script that lets another service or the kernel write for it. "
                + "Ours."
        ),
        Directive(
            "address_last",
            .haCf,
            .groups,
            grammar: "address_last on|off",
            .boolean,
            standard: "off",
            examples: ["address_last on", "address_last off"],
            "Whether clients reach the address of a group only once everything of the group runs, wherever haresources names "
                + "it: the address is held from its place on, so that the other node sees it, and what comes to it from "
                + "other machines is dropped, but for ICMP, until the group is active. A client that connects "
                + "meanwhile waits and is served, where it would be refused. It takes the kernel's nf_tables. Ours."
        ),
        Directive(
            "cut_connections",
            .haCf,
            .groups,
            grammar: "cut_connections on|off",
            .boolean,
            standard: "on",
            examples: ["cut_connections on", "cut_connections off"],
            "Whether the TCP connections of a group's address are ended with a reset just before the address leaves this "
                + "node, so that clients connect anew at once instead of waiting for an answer that never comes. It "
                + "takes a kernel with CONFIG_INET_DIAG_DESTROY; baton check says where it is missing. Ours."
        ),
        Directive(
            "hold_down",
            .haCf,
            .groups,
            grammar: "hold_down TIME",
            .time(.zero...timeMaximum),
            standard: "5min",
            examples: ["hold_down 10m", "hold_down 0"],
            "How long a node that gave a group up because a service of it failed does not take that group back, "
                + "except after the other node's death; baton clear ends it at once. auto_failback waits for baton "
                + "clear, however long. Ours."
        ),
        Directive(
            "move_budget",
            .haCf,
            .groups,
            grammar: "move_budget COUNT",
            .integer(0...HealthWord.movesMaximum),
            standard: "3",
            examples: ["move_budget 3", "move_budget 0"],
            "How often in an hour a group may move because a service of it failed, both nodes' moves together. Then "
                + "it stays where it is, which is told once, until the oldest of them is an hour old or "
                + "somebody types baton clear; deaths and commands still move it. 0: it never moves for a "
                + "failed service. Ours."
        ),
        Directive(
            "restart_budget",
            .haCf,
            .groups,
            grammar: "restart_budget COUNT",
            .integer(0...100),
            standard: "0",
            examples: ["restart_budget 1"],
            "How often in an hour a node may stop a group and start it again in place, for a failed service whose "
                + "monitor_action is restart, before the group moves. Ours."
        ),
        Directive(
            "boot_policy",
            .haCf,
            .groups,
            grammar: "boot_policy wait|last-owner|any",
            .choice(BootPolicy.allCases.map(\.rawValue)),
            standard: "wait for groups with storage, last-owner for others",
            examples: ["boot_policy wait", "boot_policy last-owner", "boot_policy any"],
            "What a node that has booted and does not hear the other may hold after initdead: wait, nothing, until "
                + "the other is heard or somebody types baton confirm-down; last-owner, the groups it held last as "
                + "far as it knows; any, every group, so that two nodes that boot with their links cut both hold it. Ours."
        ),
        Directive(
            "track_interface",
            .haCf,
            .groups,
            grammar: "track_interface DEVICE...",
            .words(1...64),
            examples: ["track_interface eth2", "track_interface eth2 bond0"],
            "Devices besides those of the groups' addresses that this node must have, up and with a carrier, to be fit: "
                + "where one is lost, the groups that run here go to the other node if that is fit, and none comes while "
                + "the other can run it. The lines of both nodes may differ. Ours."
        ),
        Directive(
            "track_script",
            .haCf,
            .groups,
            grammar: "track_script INTERVAL PROGRAM [ARGUMENT...]",
            .words(2...64),
            examples: ["track_script 5 /usr/local/sbin/check-uplink eth2"],
            "A program, named by its absolute path, that is run every INTERVAL (1s to 1h) on both nodes, and says by exit 0 "
                + "that its node is fit. Where it says otherwise, or takes longer than INTERVAL, twice in a row, it is as with "
                + "track_interface, until it exits with 0. The line may be given several times. Ours."
        ),
        Directive(
            "announce_interval",
            .haCf,
            .groups,
            grammar: "announce_interval TIME|off",
            .timeOrOff(.seconds(1)...timeMaximum),
            standard: "60s",
            examples: ["announce_interval 60s", "announce_interval off"],
            "How often the addresses of the groups that run here are announced again (gratuitous ARP, unsolicited "
                + "neighbour advertisement), besides the announcements of a takeover. Ours."
        ),
    ]

    static let notifications: [Directive] = [
        Directive(
            "notify",
            .haCf,
            .notifications,
            grammar: "notify exec PROGRAM [ARGUMENT...] | notify mail ADDRESS...",
            .words(2...64),
            examples: [
                "notify mail root", "notify mail anna@example.com ops@example.com",
                "notify exec /usr/local/sbin/send-sms +4912345",
            ],
            "Who is told of moves, refused moves, failed operations, services that fail and recover, the other node "
                + "or a link lost and back, both nodes holding a group, resets, freezes and a used budget: once each, and "
                + "once more when it is over. mail goes through the local /usr/sbin/sendmail. exec runs a program, "
                + "named by its absolute path, with the text on its standard input and BATON_EVENT, BATON_SEVERITY, "
                + "BATON_GROUP, BATON_ABOUT (a link or a service), BATON_SUBJECT, BATON_NODE and BATON_RECOVERED (0 or 1) in "
                + "its environment. BATON_EVENT is "
                + NotificationKind.allCases.map(\.rawValue).joined(separator: ", ")
                + ". The line may be given "
                + "several times. Ours."
        ),
        Directive(
            "notify_state",
            .haCf,
            .notifications,
            grammar: "notify_state PROGRAM [ARGUMENT...]",
            .words(1...64),
            examples: ["notify_state /usr/local/sbin/on-state"],
            "A program, named by its absolute path, that is run when a group becomes active, standby or failed on this node, "
                + "also when the daemon begins, with the group and that word behind its arguments, and as BATON_GROUP and "
                + "BATON_STATE in its environment, beside BATON_NODE and BATON_PEER. For one group it is run once at a time; "
                + "what changes meanwhile is told when it has ended (60 s at most), the last alone. Nothing waits for it: "
                + "what must be done before a group is active is a resource. The line may be given several times. Ours."
        ),
        Directive(
            "notify_rate",
            .haCf,
            .notifications,
            grammar: "notify_rate COUNT/TIME",
            .words(1...1),
            standard: "20/1h",
            examples: ["notify_rate 20/1h", "notify_rate 5/10m"],
            "At most how many messages are sent within a time. What is beyond is held back and counted in one message "
                + "when the time is over; for pages there is as much room again. COUNT from 1 to 1000, TIME from 1min "
                + "to 7d. Ours."
        ),
    ]

    static let safety: [Directive] = [
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
}
