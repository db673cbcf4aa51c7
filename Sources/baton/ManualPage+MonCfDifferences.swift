// Where Baton differs from mon on purpose: one table for mon.cf.5. The article `DifferencesFromMon` of Monitoring's
// catalog tells the same with the reasons; a test holds both together.

extension ManualPage {
    /// What differs, and how.
    static let monCfDifferenceTable: [(what: String, how: String)] = [
        (
            "Broken monitors",
            "A monitor that cannot run, is ended by a signal or exceeds its deadline is unknown. In mon the first and"
                + " the last are failures (the last for ever), and a signal is a success."
        ),
        (
            "Deadlines",
            "Monitors and alerts have one (monitor_timeout, alert_timeout). In mon a hung monitor is never run again."
        ),
        (
            "Start",
            "Failures count for nothing until start_grace is over or the service was ok once. In mon they count at"
                + " once."
        ),
        (
            "First run",
            "Without randstart the first runs are spread over the interval, at most 5 s; in mon the first run comes"
                + " after one interval."
        ),
        (
            "Time",
            "Intervals are kept to the millisecond and may be shorter than 1 s. mon looks once a second, so that"
                + " interval 1s is 2 s."
        ),
        (
            "After a long run",
            "A run that takes longer than the interval is followed by the next one after a whole interval, as in mon;"
                + " the runs after that keep to the interval again."
        ),
        (
            "Blank lines",
            "They do not end a record; and a word that nobody knows is always an error. mon ignores what follows"
                + " silently."
        ),
        (
            "Output",
            "The first 4096 bytes are kept and given to alerts."
        ),
        (
            "MON_FIRST_SUCCESS",
            "It is filled in. In mon it is always empty."
        ),
        (
            "alertdepend",
            "It is asked at each run. In mon a service with alertdepend alone never alerts."
        ),
        (
            "dep_memory",
            "It works, as mon's manual page says. In mon it does nothing."
        ),
        (
            "Dependencies",
            "A service that is not there, and a cycle, are errors."
        ),
        (
            "redistribute",
            "It may have arguments. mon looks for a program whose name includes them."
        ),
        (
            "disablealert",
            "It is run when a service is disabled. In mon the disabled service suppresses it."
        ),
        (
            "Disabling",
            "A disabled service is not run; enabled again, it starts afresh. In mon it is run and only its alerts are"
                + " held back."
        ),
        (
            "upalertafter, alerts_dont_count",
            "They are read without effect, as in mon."
        ),
        (
            "Not there",
            "Traps, the server for clients, its users, acknowledgements, the downtime log and m4."
        ),
    ]

    static let differences: [Block] = monCfDifferenceTable.map { .term($0.what, [$0.how]) }
}
