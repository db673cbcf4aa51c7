// The rows of ha.cf about evidence: how the silence of the peer is judged besides the times of
// `Directive+HaCf`, and which hosts are asked. What the core does with them is its catalog's article on
// deadtime and evidence.

internal import Failover

extension Directive {
    static let evidence: [Directive] = [
        Directive(
            "jeopardy_time",
            .haCf,
            .safety,
            grammar: "jeopardy_time TIME",
            .time(.zero...timeMaximum),
            standard: "three times deadtime, but at least 45s",
            examples: ["jeopardy_time 45s", "jeopardy_time 0"],
            "How long the verdict about a silent peer waits when one path to it was lost before the others, or "
                + "this node's own carrier or all its neighbours have only just come back: both look like a network "
                + "that breaks piece by piece. 0: it does not wait. Ours."
        ),
        Directive(
            "early_takeover",
            .haCf,
            .safety,
            grammar: "early_takeover on|off|auto",
            .choice(EarlyTakeover.allCases.map(\.rawValue) + booleanWords),
            standard: "auto",
            examples: ["early_takeover auto", "early_takeover on", "early_takeover off"],
            "Whether a group may be taken before deadtime, when the carrier of the replication link is gone, the "
                + "peer's host is proved silent on another network and this node's own network is proved to work: "
                + "on for every group, off for none, auto for groups without storage. What is not survived then is a "
                + "break of both networks that is shorter than deadtime. Ours."
        ),
        Directive(
            "early_floor",
            .haCf,
            .safety,
            grammar: "early_floor TIME",
            .time(.milliseconds(50)...(.seconds(10))),
            standard: "250ms",
            examples: ["early_floor 250ms"],
            "The shortest silence after which early_takeover may decide. Less than deadtime. Ours."
        ),
        Directive(
            "early_probes",
            .haCf,
            .safety,
            grammar: "early_probes COUNT",
            .integer(3...100),
            standard: "10",
            examples: ["early_probes 10"],
            "How many questions in a row to the peer's host must stay without an answer before early_takeover may "
                + "decide. Ours."
        ),
        Directive(
            "ping",
            .haCf,
            .safety,
            grammar: "ping HOST...",
            .words(1...64),
            examples: ["ping 10.0.0.1", "ping 10.0.0.1 10.0.0.2", "ping fd00::1"],
            "Hosts that are always there, such as a router, by their addresses: a name is not looked up. Each is "
                + "asked by ICMP echo. A node that reaches fewer of them than a fit peer hands its groups over, and one "
                + "that reaches none does not take a silent peer for dead. Together with the groups of ping_group at "
                + "most \(PingNode.countMaximum)."
        ),
        Directive(
            "ping_group",
            .haCf,
            .safety,
            grammar: "ping_group NAME HOST...",
            .words(2...64),
            examples: ["ping_group routers 10.0.0.1 10.0.0.2"],
            "Hosts of which any one's answer counts, as one ping node of this name; at most "
                + "\(PingNode.hostMaximum)."
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
            examples: ["deadping 30"],
            "The silence after which a ping node is taken for gone. More than twice keepalive."
        ),
    ]
}
