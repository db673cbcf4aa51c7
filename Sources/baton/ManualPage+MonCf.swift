// What mon.cf.5 tells besides its words: how services come to be failed, how programs are called, the built-in
// monitors, and where Baton differs from mon on purpose.

extension ManualPage {
    static let monCfDescription = [
        "The file of mon, read as it stands: host groups, watches on them, the services of a watch, and the periods"
            + " of a service with their alerts. # begins a comment at the beginning of a line; a backslash at the"
            + " end of a line joins the next one to it; indentation means nothing.",
        "The services are watched on the node where the resource monitor of haresources runs (also called mon);"
            + " monitor::WATCH names watches, monitor alone means all of them. Without such a resource nothing is"
            + " watched.",
        "A time is a number with s, m, h or d (or ms) behind it. baton check tells every mistake at once, baton help"
            + " explains a word, baton monitors shows what goes on.",
    ]

    static let monCfSections: [(title: String, blocks: [Block])] = [
        ("STATES", states),
        ("MONITORS", monitors),
        ("BUILT-IN MONITORS", builtInMonitors),
        ("ALERTS", alerts),
        ("PERIODS", periods),
        ("DIFFERENCES FROM MON", differences),
        ("EXAMPLE", example),
    ]

    private static let states: [Block] = [
        .paragraph("A run of a monitor says one of three things of its service:"),
        .term("ok", ["The exit code is 0."]),
        .term("failed", ["The exit code is from 1 to 125."]),
        .term(
            "unknown",
            [
                "Nothing is known of the service: the monitor could not be run, was ended by a signal or by its"
                    + " deadline (monitor_timeout), exited with 126 or more, or printed a line that begins with BEGIN"
                    + " failed--compilation aborted, ModuleNotFoundError: or ImportError:. Such a run neither counts"
                    + " as a failure nor resets a count."
            ]
        ),
        .paragraph("From its runs a service has a state:"),
        .term("idle", ["It is not watched on this node."]),
        .term("untested", ["It is watched, and no run has ended."]),
        .term(
            "starting",
            [
                "It fails, was not ok since its watching began, and start_grace is not over. Its failures count for"
                    + " nothing: a server may take its time to come up."
            ]
        ),
        .term("ok", ["Its last run that told anything was ok."]),
        .term("failing", ["It fails, less often than alertafter asks for."]),
        .term(
            "failed",
            [
                "The failures reach alertafter of a period that holds now; without any period, the first failure is"
                    + " enough. Exit codes outside of the period's alertexitrange, and failures while a dependency"
                    + " holds alerts back, do not lead here. It stays failed until its next run that is ok: that"
                    + " time is one incident, and an incident moves a group at most once."
            ]
        ),
        .term(
            "unknown",
            [
                "As many runs in a row told nothing as alertafter counts (one, where it counts none). This pages"
                    + " somebody once; it moves nothing."
            ]
        ),
        .term("disabled", ["baton monitors disable was ordered; it is not run."]),
    ]

    private static let monitors: [Block] = [
        .paragraph(
            "A monitor is called with its arguments from mon.cf and then the hosts of its group, unless the line ends"
                + " with ;; or no host is left. Standard input is empty. Standard output and standard error are read"
                + " together; the first 4096 bytes are kept. The first line is the summary, by custom the names of the"
                + " hosts that failed; the others are detail."
        ),
        .paragraph(
            "A name without a slash is looked for in mon.d beside mon.cf, among the built-in monitors, then in mondir."
        ),
        .paragraph("In its environment, besides the NAME=VALUE lines of the service:"),
        .term("MON_GROUP, MON_SERVICE", ["The watch and the service."]),
        .term(
            "MON_LAST_SUMMARY, MON_LAST_OUTPUT",
            ["Of the run before, once there was one that told anything."]
        ),
        .term(
            "MON_FIRST_FAILURE, MON_LAST_FAILURE",
            ["Seconds since 1970, of the present failures; 0 while the service works."]
        ),
        .term(
            "MON_FIRST_SUCCESS, MON_LAST_SUCCESS",
            [
                "Seconds since 1970, of the last row of successful runs; MON_LAST_SUCCESS is 0 before the first one."
            ]
        ),
        .term("MON_DEPEND_STATUS", ["1 or 0: what the dependencies said last. Not for alerts."]),
        .term("MON_DESCRIPTION", ["description, where it is given."]),
        .term(
            "MON_STATEDIR, MON_LOGDIR, MON_CFBASEDIR",
            ["The globals statedir, logdir, cfbasedir."]
        ),
    ]

    private static let builtInMonitors: [Block] = [
        .paragraph(
            "These stand before a file of their name in mondir; one in mon.d beside mon.cf, or a path, stands before"
                + " them."
        ),
        .term(
            "tcp.monitor [-p PORT[,PORT...]] [-t SECONDS] [-s TEXT] [-e TEXT] [-S ADDRESS] HOST[:PORT]...",
            [
                "Connects to the port (23) of each host within the time (10); sends a text, and expects one, where"
                    + " they are given; from a source address, where it is given. With numeric hosts or localhost"
                    + " the daemon does this itself, without a process."
            ]
        ),
        .term(
            "msql-mysql.monitor [--mode mysql] [--username NAME] [--password /FILE|TEXT] [--database NAME]"
                + " [--port PORT] [--timeout SECONDS] HOST...",
            [
                "Logs in by the client of MySQL or MariaDB and lists the tables of the database; one without tables"
                    + " fails, as in mon. A wrong password or a missing client is unknown. The password should stand"
                    + " in a file that root alone reads."
            ]
        ),
        .term(
            "postgres.monitor [--port PORT] [--username NAME] [--password /FILE|TEXT] [--database NAME]"
                + " [--timeout SECONDS] [--role primary|standby] [--maxlag SECONDS] HOST|DIRECTORY...",
            ["Logs in, and asks for the role and the lag of replication where they are given."]
        ),
        .term(
            "http.monitor [-p PORT] [-t SECONDS] [-u PATH] [-a AGENT] [-m REGEX] HOST...",
            ["Asks for a page; fails for another status than a good one, or without a match."]
        ),
        .term(
            "fping.monitor [-a] [-r RETRIES] [-s MILLISECONDS] [-t MILLISECONDS] HOST...",
            ["Asks each host for an echo; with -a only all hosts together fail."]
        ),
        .term(
            "disk.monitor [-t SECONDS] DIRECTORY...",
            [
                "Writes to a file in the directory and waits until the disk has it; a disk that fails or takes longer"
                    + " is a failure. Its monitor_action is standby unless another is given. End its line with ;;."
            ]
        ),
        .paragraph(
            "baton-monitor NAME ARGUMENT... runs one by hand; baton-monitor --help has all options."
        ),
    ]

    private static let alerts: [Block] = [
        .paragraph("An alert is called as"),
        .example(["PROGRAM -s SERVICE -g GROUP -h \"HOST HOST...\" -t SECONDS [-u|-D] ARGUMENT..."]
        ),
        .paragraph(
            "where SECONDS is the time since 1970, -u says that the service works again (upalert) and -D that it was"
                + " disabled (disablealert). Standard input is the output of the monitor; for an upalert that of the"
                + " last failed run. Its exit code means nothing; after alert_timeout it is ended. A name without a"
                + " slash is looked for in alert.d beside mon.cf, then in alertdir."
        ),
        .paragraph("The environment is that of monitors, and"),
        .term("MON_ALERTTYPE", ["failure, up, startup or disable."]),
        .term("MON_RETVAL", ["The exit code of the monitor; 0 for upalert and startupalert."]),
        .term("MON_OPSTATUS", ["0 failed, 1 ok, 7 untested."]),
        .term(
            "BATON_RUN",
            ["The directory of this daemon's sockets, so that hb_standby finds it."]
        ),
        .paragraph(
            "Whether a failed run brings an alert is asked in this order: is the service disabled; do dependencies hold"
                + " alerts back; does the period hold; is the exit code in alertexitrange; is numalerts reached; is"
                + " alertevery over, or overridden by a changed output; is alertafter reached. Without alertevery and"
                + " numalerts every failed run from then on brings one."
        ),
        .paragraph(
            "An alert that calls hb_standby asks for a move on health grounds: the group moves only to a node that is"
                + " fit, and at most once for an incident (rule S7)."
        ),
    ]

    private static let periods: [Block] = [
        .paragraph(
            "A period is scales with their ranges in braces. All scales must hold; commas separate alternatives; a range"
                + " may wrap. Local time of the server. Without a text a period always holds; none never does."
        ),
        .term("year, yr", ["0 to 99 of this century, or 1970 and later."]),
        .term("month, mo", ["1 to 12, or jan to dec."]),
        .term(
            "week, wk",
            ["Of the month, 1 to 6; the second one begins with the first Sunday after the 1st."]
        ),
        .term("yday, yd", ["1 to 366."]),
        .term("mday, md", ["1 to 31."]),
        .term("wday, wd", ["1 (Sunday) to 7, or su to sa."]),
        .term(
            "hour, hr",
            ["0 to 23, or 12am, 1am to 12noon, 1pm to 11pm; hr {9am-4pm} ends at 16:59:59."]
        ),
        .term("minute, min; second, sec", ["0 to 59."]),
    ]

    private static let example: [Block] = [
        .example([
            "hostgroup servers localhost",
            "",
            "watch servers",
            "    service web",
            "        interval 1s",
            "        monitor tcp.monitor -p 8443",
            "        monitor_action standby",
            "        period wd {Sun-Sat}",
            "            alertafter 2",
            "            alert mail.alert root",
        ])
    ]
}
