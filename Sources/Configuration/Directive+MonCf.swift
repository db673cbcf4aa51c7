// The rows of mon.cf: mon 1.3.6's records, globals, service lines and period lines (mon(8), mon.cf(5)).

extension Directive {
    /// mon.cf's rows.
    ///
    /// Examples of lines within a record carry the record they need.
    static let monCf: [Directive] = monRecords + monGlobals + monService + monPeriod

    /// The standing of what waits for the built-in monitor.
    static let notRun = Standing.withoutEffect(
        "the built-in monitor is not built yet; the resource 'mon' runs as a script",
        .note
    )

    private static let monRecords: [Directive] = [
        row(
            "hostgroup",
            .records,
            "hostgroup TAG [HOST...]",
            .words(1...1_000),
            "",
            notRun,
            "Hosts that are watched together. Further lines of hosts may follow."
        ),
        row(
            "watch",
            .records,
            "watch TAG",
            .words(1...1),
            "",
            notRun,
            "The services of a host group follow, each with `service`."
        ),
        row(
            "service",
            .records,
            "service TAG",
            .words(1...1),
            "watch g\n",
            notRun,
            "A service of the watch; its lines follow, then its periods."
        ),
        row(
            "period",
            .records,
            "period [LABEL:] [SCALE {RANGE...}...]",
            .words(0...1_000),
            "watch g\nservice s\n",
            notRun,
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

    private static let monGlobals: [Directive] = [
        global("alertdir", "PATH[:PATH...]", .word, notRun, "Where alert programs are."),
        global("mondir", "PATH[:PATH...]", .word, notRun, "Where monitor programs are."),
        global("basedir", "PATH", .word, notRun, "The directory other paths are relative to."),
        global("cfbasedir", "PATH", .word, notRun, "The directory of mon's own files."),
        global("statedir", "PATH", .word, batonState, "Where mon kept its state."),
        global("logdir", "PATH", .word, batonState, "Where mon kept its logs."),
        global(
            "maxprocs",
            "NUMBER",
            .integer(0...100_000),
            notRun,
            "Monitors at the same time; 0 any."
        ),
        global(
            "histlength",
            "NUMBER",
            .integer(0...1_000_000),
            monitorState,
            "Length of the history."
        ),
        global("historicfile", "PATH", .word, monitorState, "The history's file."),
        global(
            "historictime",
            "TIME",
            .monTime,
            monitorState,
            "How much history is read at start."
        ),
        global("randstart", "TIME", .monTime, notRun, "The first runs are spread over this time."),
        global("dtlogfile", "PATH", .word, notRun, "The log of downtimes, where dtlogging is on."),
        global(
            "dtlogging",
            "yes|no",
            .boolean,
            notRun,
            "Whether downtimes are logged; off unless said."
        ),
        global("cltimeout", "TIME", .monTime, monServer, "When an idle client is left."),
        global("monerrfile", "PATH", .word, notRun, "Where standard error of mon went."),
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
            notRun,
            "Whether a reset counts as a start."
        ),
        global("dep_behavior", "a|m|hm", .choice(["a", "m", "hm"]), notRun, dependencyMeaning),
        global(
            "dep_memory",
            "TIME",
            .monTime,
            notRun,
            "How long a dependency's failure is remembered."
        ),
        global("dep_recur_limit", "NUMBER", .integer(0...1_000), notRun, "Depth of dependencies."),
        global(
            "unack_summary",
            "yes|no",
            .boolean,
            notRun,
            "Whether a new summary cancels an ack."
        ),
        global(
            "exclude_period",
            "PERIOD",
            .words(1...1_000),
            notRun,
            "When nothing is run at all."
        ),
    ]

    private static let dependencyMeaning =
        "What a failing dependency holds back: a alerts, m the monitor, hm hosts named in the failure."

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
        service("depend", "EXPRESSION", .words(1...1_000), "What must work for this to be judged."),
        service("alertdepend", "EXPRESSION", .words(1...1_000), "The same, for alerts."),
        service("monitordepend", "EXPRESSION", .words(1...1_000), "The same, for runs."),
        service("hostdepend", "EXPRESSION", .words(1...1_000), "The same, for hosts."),
        service("dep_behavior", "a|m|hm", .choice(["a", "m", "hm"]), dependencyMeaning),
        service("dep_memory", "TIME", .monTime, "How long a dependency's failure is remembered."),
        service("traptimeout", "TIME", .monTime, "Traps are not received.", monServer),
        service("trapduration", "TIME", .monTime, "Traps are not received.", monServer),
        service(
            "unack_summary",
            "[yes|no]",
            .words(0...1),
            "Whether a new summary cancels an ack."
        ),
        service("redistribute", "PROGRAM [ARGUMENT...]", .words(1...1_000), "Told of every event."),
    ]

    private static let monPeriod: [Directive] = [
        period("alert", "[exit=N[-M]] PROGRAM [ARGUMENT...]", .words(1...1_000), "Run on failure."),
        period(
            "upalert",
            "[exit=N[-M]] PROGRAM [ARGUMENT...]",
            .words(1...1_000),
            "Run on recovery."
        ),
        period("startupalert", "PROGRAM [ARGUMENT...]", .words(1...1_000), "Run at mon's start."),
        period("ackalert", "PROGRAM [ARGUMENT...]", .words(1...1_000), "Run on acknowledgement."),
        period("disablealert", "PROGRAM [ARGUMENT...]", .words(1...1_000), "Run on disabling."),
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
                + "failing for TIME."
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
        case (_, .monTime): "30s"
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
        _ meaning: String
    ) -> Directive {
        Directive(
            name,
            .monCf,
            .globals,
            grammar: "\(name) = \(value)",
            form,
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
        _ standing: Standing = notRun
    ) -> Directive {
        row(
            name,
            .service,
            value.isEmpty ? name : "\(name) \(value)",
            form,
            "watch g\nservice s\n",
            standing,
            meaning
        )
    }

    private static func period(
        _ name: String,
        _ value: String,
        _ form: ValueForm,
        _ meaning: String,
        _ standing: Standing = notRun
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
