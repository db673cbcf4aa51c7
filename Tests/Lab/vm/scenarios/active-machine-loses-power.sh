# the article's cluster, the active machine switched off ROUNDS times under inserts; it returns and gets the group back

run() {
    local round killed returned
    furnish && start_pair && under_clients 1 || return 3
    stall=0
    for round in $(seq 1 "${ROUNDS:-5}"); do
        sleep 3
        killed=$(microseconds)
        power_off n1
        within 90 is_served_since "$(microseconds)"
        tally power "$(longest_outage_since "$killed")"
        exactly "round $round: n2 holds the group" "$(holds n2 && echo yes)" yes
        # auto_failback on, as the article has it: back to n1 once its data is the same.
        power_on n1 || return 3
        watch_owners n1
        returned=$(microseconds)
        within 120 in_sync n2
        within 60 is_settled n1
        exactly "round $round: in sync, and back on n1 by itself" "$(is_settled n1 && echo yes)" yes
        within 20 is_served_since "$(microseconds)"
        tally failback "$(longest_outage_since "$returned")"
        on_both 'baton clear' >/dev/null 2>&1
        # The next round begins on n1, whatever came of this one.
        is_settled n1 || on n1 'baton failback' >/dev/null 2>&1
        within 60 is_settled n1 || return 3
    done
    stop_clients
    every_row_is_there
    end_background
    at_worst power 'power-off: longest time without a row' 60000000
    at_worst failback 'failback: longest time without a row' 60000000
    never_two_owners_here
    report 'one fork and exec on a node' "$(fork_cost n1) ms"
}
