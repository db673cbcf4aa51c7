// The rows of ha.cf about logging and the daemon's process.

extension Directive {
    static let logging: [Directive] = [
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
            "The syslog facility log lines are sent to. Where systemd's journal keeps the system log, lines go there with "
                + "this facility and not a second time by stderr."
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

    static let process: [Directive] = [
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
