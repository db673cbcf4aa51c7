// The rows of mon.cf: mon 1.3.6's records, globals, service lines and period lines (mon(8), mon.cf(5)).

extension Directive {
    /// mon.cf's rows.
    ///
    /// Examples of lines within a record carry the record they need.
    static let monCf: [Directive] = monRecords + monGlobals + monService + monPeriod

    private static let monRecords: [Directive] = [
        row(
            "hostgroup",
            .records,
            "hostgroup TAG [HOST...]",
            .words(1...1_000),
            "",
            .honoured,
            "Hosts that are watched together. Further lines of hosts may follow."
        ),
        row(
            "watch",
            .records,
            "watch TAG",
            .words(1...1),
            "",
            .honoured,
            "The services of a host group follow, each with `service`."
        ),
        row(
            "service",
            .records,
            "service TAG",
            .words(1...1),
            "watch g\n",
            .honoured,
            "A service of the watch; its lines follow, then its periods."
        ),
        row(
            "period",
            .records,
            "period [LABEL:] [SCALE {RANGE...}...]",
            .words(0...1_000),
            "watch g\nservice s\n",
            .honoured,
            "When the alert lines that follow hold, in local time: `wd {Mon-Fri} hr {9am-4pm}`. Scales: "
                + "year month week yday mday wday hour minute second. Empty is always, `none` never."
        ),
        row(
            "view",
            .records,
            "view TAG GROUP...",
            .words(1...1_000),
            "",
            .withoutEffect("`baton status` has no views", .note),
            "Groups shown together."
        ),
        row(
            "alias",
            .records,
            "alias TAG",
            .words(1...1_000),
            "",
            .withoutEffect("nothing asks for aliases", .note),
            "Other names of a host."
        ),
    ]

    private static let monServer = Standing.withoutEffect("there is no mon server", .note)
    private static let batonState = Standing.withoutEffect("batond has its own directories", .note)
    private static let monitorState = Standing.withoutEffect("mon kept it for its clients", .note)
    private static let acknowledgement = Standing.withoutEffect("nobody acknowledges here", .note)

    private static let monGlobals: [Directive] = [
        global(
            "alertdir",
            "PATH[:PATH...]",
            .word,
            .honoured,
            "Where alert programs are; relative to basedir.",
            standard: "/usr/local/lib/mon/alert.d:alert.d"
        ),
        global(
            "mondir",
            "PATH[:PATH...]",
            .word,
            .honoured,
            "Where monitor programs are; relative to basedir. A built-in monitor stands before a file of "
                + "its name there.",
            standard: "/usr/local/lib/mon/mon.d:mon.d"
        ),
        global(
            "basedir",
            "PATH",
            .word,
            .honoured,
            "The directory other paths are relative to.",
            standard: "/usr/lib/mon"
        ),
        global(
            "cfbasedir",
            "PATH",
            .word,
            .honoured,
            "The directory of mon's own files: programs are told of it in MON_CFBASEDIR.",
            standard: "/etc/mon"
        ),
        global(
            "statedir",
            "PATH",
            .word,
            .honoured,
            "A directory for programs, in MON_STATEDIR; batond keeps its own state elsewhere.",
            standard: "/var/lib/mon"
        ),
        global(
            "logdir",
            "PATH",
            .word,
            .honoured,
            "A directory for programs, in MON_LOGDIR; batond logs elsewhere.",
            standard: "/var/log/mon"
        ),
        global(
            "maxprocs",
            "NUMBER",
            .integer(0...100_000),
            .honoured,
            "Runs of monitors at the same time; 0 any.",
            standard: "0"
        ),
        global(
            "histlength",
            "NUMBER",
            .integer(0...1_000_000),
            .honoured,
            "Runs that are remembered of each service, at most 1000.",
            standard: "100"
        ),
        global("historicfile", "PATH", .word, monitorState, "The history's file."),
        global(
            "historictime",
            "TIME",
            .monTime,
            monitorState,
            "How much history is read at start."
        ),
        global(
            "randstart",
            "TIME",
            .monTime,
            .honoured,
            "The first run of each service falls anywhere within this time. Not given, the first runs are "
                + "spread over the interval, at most 5s."
        ),
        global("dtlogfile", "PATH", .word, downtimeLog, "The log of downtimes."),
        global(
            "dtlogging",
            "yes|no",
            .boolean,
            downtimeLog,
            "Whether downtimes are logged; off unless said."
        ),
        global("cltimeout", "TIME", .monTime, monServer, "When an idle client is left."),
        global("monerrfile", "PATH", .word, batonState, "Where standard error of mon went."),
        global("pidfile", "PATH", .word, batonState, "mon's pid file."),
        global("authfile", "PATH", .word, monServer, "Who may use which of mon's commands."),
        global("authtype", "TYPE...", .words(1...8), monServer, "How users of mon were known."),
        global("userfile", "PATH", .word, monServer, "mon's own users."),
        global("pamservice", "NAME", .word, monServer, "The PAM service of mon's users."),
        global("serverport", "PORT", .integer(1...65535), monServer, "The port of mon's commands."),
        global("serverbind", "ADDRESS", .word, monServer, "The address of mon's commands."),
        global("trapport", "PORT", .integer(1...65535), monServer, "The port of traps."),
        global("trapbind", "ADDRESS", .word, monServer, "The address of traps."),
        global("clientallow", "REGEX", .words(1...64), monServer, "Addresses that may use mon."),
        global("monremote", "PROGRAM", .words(1...64), monServer, "Told of clients' changes."),
        global("syslog_facility", "NAME", .word, batonState, "mon's syslog facility."),
        global("snmpport", "PORT", .integer(1...65535), monServer, "A port mon no longer opens."),
        global("snmp", "yes|no", .boolean, monServer, "What mon no longer does."),
        global(
            "startupalerts_on_reset",
            "yes|no",
            .boolean,
            .withoutEffect("startupalert is run when watching begins, and then alone", .note),
            "Whether a reset counts as a start."
        ),
        global(
            "dep_behavior",
            "a|m|hm",
            .choice(["a", "m", "hm"]),
            .honoured,
            dependencyMeaning,
            standard: "a"
        ),
        global("dep_memory", "TIME", .monTime, .honoured, memoryMeaning),
        global(
            "dep_recur_limit",
            "NUMBER",
            .integer(0...1_000),
            .honoured,
            "How many dependencies of dependencies are followed; beyond it they count as failing.",
            standard: "10"
        ),
        global(
            "unack_summary",
            "yes|no",
            .boolean,
            acknowledgement,
            "Whether a new summary cancels an ack."
        ),
        global(
            "exclude_period",
            "PERIOD",
            .words(1...1_000),
            .honoured,
            "When nothing is run at all."
        ),
        global(
            "monitor_action",
            actions.joined(separator: "|"),
            .choice(actions),
            .honoured,
            "The default of services that do not say theirs. Ours; mon does not know it.",
            standard: actionStandard
        ),
        global(
            "monitor_timeout",
            "TIME",
            .monTime,
            .honoured,
            "The default of services that do not say theirs. Ours.",
            standard: "90s"
        ),
        global(
            "alert_timeout",
            "TIME",
            .monTime,
            .honoured,
            "The default of services that do not say theirs. Ours.",
            standard: "60s"
        ),
        global(
            "start_grace",
            "TIME",
            .monTimeOrZero,
            .honoured,
            "The default of services that do not say theirs. Ours.",
            standard: "10m"
        ),
    ]

    private static let dependencyMeaning =
        "What a failing dependency holds back: a alerts, m the monitor, hm hosts named in the failure."

    private static let memoryMeaning =
        "How long after its last failure a service that is depended on still counts as failing."
    private static let actions = ["standby", "restart", "notify"]
    private static let actionStandard = "notify; standby for the program disk.monitor"
    private static let downtimeLog = Standing.withoutEffect(
        "the journal has each failure and recovery with its times",
        .note
    )

    private static let monService: [Directive] = [
        service("interval", "TIME", .monTime, "How often the monitor runs; without it never."),
        service("failure_interval", "TIME", .monTime, "How often while the service fails."),
        service("randskew", "TIME", .monTime, "The next run is up to this much earlier or later."),
        service(
            "monitor",
            "PROGRAM [ARGUMENT...] [;;]",
            .words(1...1_000),
            "The program that tells whether the service works: exit 0. Shell-like quoting. The group's "
                + "hosts follow the arguments unless the line ends with `;;`."
        ),
        service("allow_empty_group", "", .words(0...0), "Run it even with no hosts left."),
        service("exclude_hosts", "HOST...", .words(1...1_000), "Hosts left out of the group."),
        service("exclude_period", "PERIOD", .words(1...1_000), "When it is not run."),
        service("description", "TEXT", .words(1...1_000), "Text for people."),
        service(
            "depend",
            "EXPRESSION",
            .words(1...1_000),
            "Services that must work, else dep_behavior holds something back: GROUP:SERVICE or SELF:SERVICE "
                + "with && || ! (also and, or, not) and parentheses. A service that nothing is known of works."
        ),
        service("alertdepend", "EXPRESSION", .words(1...1_000), "As depend with dep_behavior a."),
        service("monitordepend", "EXPRESSION", .words(1...1_000), "As depend with dep_behavior m."),
        service("hostdepend", "EXPRESSION", .words(1...1_000), "As depend with dep_behavior hm."),
        service("dep_behavior", "a|m|hm", .choice(["a", "m", "hm"]), dependencyMeaning),
        service("dep_memory", "TIME", .monTime, memoryMeaning),
        service("traptimeout", "TIME", .monTime, "Traps are not received.", monServer),
        service("trapduration", "TIME", .monTime, "Traps are not received.", monServer),
        service(
            "unack_summary",
            "[yes|no]",
            .words(0...1),
            "Whether a new summary cancels an ack.",
            acknowledgement
        ),
        service(
            "redistribute",
            "PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "An alert program that is told of every failed and every successful run, whatever the periods say."
        ),
        service(
            "monitor_action",
            actions.joined(separator: "|"),
            .choice(actions),
            "What is done about a failed service besides its alerts. standby: the groups whose resource monitor "
                + "watches it move to the other node, when that is fit (rule S7). restart: the group is stopped "
                + "and started here while restart_budget of ha.cf allows, then as standby. notify: nothing moves. "
                + "Ours; mon does not know it.",
            standard: actionStandard
        ),
        service(
            "monitor_timeout",
            "TIME",
            .monTime,
            "The deadline of a run; one that takes longer is ended and tells nothing. Ours.",
            standard: "90s"
        ),
        service(
            "alert_timeout",
            "TIME",
            .monTime,
            "The deadline of an alert, which is then ended. Ours.",
            standard: "60s"
        ),
        service(
            "start_grace",
            "TIME",
            .monTimeOrZero,
            "How long a service that was not yet ok since its watching began may fail without counting: it is "
                + "starting. 0s: not at all. Ours.",
            standard: "10m"
        ),
    ]

    private static let monPeriod: [Directive] = [
        period(
            "alert",
            "[exit=N[-M]] PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "Run at each failed run that nothing holds back; with exit= only for these exit codes."
        ),
        period(
            "upalert",
            "[exit=N[-M]] PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "Run at the first successful run after an alert."
        ),
        period(
            "startupalert",
            "PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "Run when watching begins on this node. It begins the gap of alertevery."
        ),
        period(
            "ackalert",
            "PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "Run on acknowledgement.",
            acknowledgement
        ),
        period(
            "disablealert",
            "PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "Run by baton monitors disable."
        ),
        period(
            "alertevery",
            "TIME [observe_detail|ignore_summary|strict]",
            .words(1...2),
            "The least time between alerts; a changed summary overrides it unless told otherwise."
        ),
        period(
            "alertafter",
            "COUNT | COUNT TIME | TIME",
            .words(1...2),
            "The first alert at the COUNTth consecutive failure, at COUNT failures within TIME, or after "
                + "failing for TIME. It also says from when on the service is failed (STATES)."
        ),
        period("numalerts", "NUMBER", .integer(1...1_000_000), "At most so many until it works."),
        period("no_comp_alerts", "", .words(0...0), "upalert even when there was no alert."),
        period("alertexitrange", "N[-M]", .words(1...1), "Exit codes of the monitor that alert."),
        period(
            "upalertafter",
            "TIME",
            .monTime,
            "Meant: upalert only after so long.",
            .withoutEffect("mon reads it without effect, too", .note)
        ),
        period(
            "alerts_dont_count",
            "",
            .words(0...0),
            "Meant: alerts are not counted.",
            .withoutEffect("mon reads it without effect, too", .note)
        ),
    ]

    /// A value that the form of a row reads, for the examples.
    private static func sample(_ name: String, _ form: ValueForm) -> String {
        switch (name, form) {
        case ("alertafter", _): "2 10m"
        case ("alertevery", _): "1h strict"
        case ("alertexitrange", _): "1-255"
        case ("period", _): "wd {Mon-Fri} hr {9am-4pm}"
        case ("exclude_period", _): "hr {1-2}"
        case ("depend", _), ("alertdepend", _), ("monitordepend", _), ("hostdepend", _):
            "SELF:ping"
        case ("unack_summary", .words): "yes"
        case ("monitor", _): "tcp.monitor -p 80 ;;"
        case ("authtype", _): "pam"
        case (_, .monTime), (_, .monTimeOrZero): "30s"
        case (_, .integer): "20"
        case (_, .boolean): "yes"
        case (_, .choice(let words)): words[0]
        case (_, .words(0...0)): ""
        default: "name"
        }
    }

    private static func row(
        _ name: String,
        _ section: Section,
        _ grammar: String,
        _ form: ValueForm,
        _ before: String,
        _ standing: Standing,
        _ meaning: String
    ) -> Directive {
        Directive(
            name,
            .monCf,
            section,
            grammar: grammar,
            form,
            standing,
            examples: ["\(before)\(name) \(sample(name, form))"],
            meaning
        )
    }

    private static func global(
        _ name: String,
        _ value: String,
        _ form: ValueForm,
        _ standing: Standing,
        _ meaning: String,
        standard: String? = nil
    ) -> Directive {
        Directive(
            name,
            .monCf,
            .globals,
            grammar: "\(name) = \(value)",
            form,
            standard: standard,
            standing,
            examples: ["\(name) = \(sample(name, form))"],
            meaning
        )
    }

    private static func service(
        _ name: String,
        _ value: String,
        _ form: ValueForm,
        _ meaning: String,
        _ standing: Standing = .honoured,
        standard: String? = nil
    ) -> Directive {
        var row = row(
            name,
            .service,
            value.isEmpty ? name : "\(name) \(value)",
            form,
            "watch g\n\(name.hasSuffix("depend") ? "service ping\n" : "")service s\n",
            standing,
            meaning
        )
        row.standard = standard
        return row
    }

    private static func period(
        _ name: String,
        _ value: String,
        _ form: ValueForm,
        _ meaning: String,
        _ standing: Standing = .honoured
    ) -> Directive {
        row(
            name,
            .period,
            value.isEmpty ? name : "\(name) \(value)",
            form,
            "watch g\nservice s\nperiod\n",
            standing,
            meaning
        )
    }
}
