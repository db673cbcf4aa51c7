# Examples/aggregate, link cut, rows written, the active switched off: the standby refuses its stale data (S11)
. "$here/example.sh"

run() {
    furnish && use_example && start_pair && under_clients 1 || return 3
    sleep 3
    "$LAB/link" cut replication n1
    within 30 is_cut
    # Rows that only n1 has.
    sleep 10
    stop_clients
    at_least 'rows' "$(acked_rows)" 10
    power_off n1
    # Longer than jeopardy_time, which holds every takeover after a path was lost, and than a start.
    sleep 90
    exactly 'the standby does not serve stale data' "$(holds n2 && echo serves)" ''
    exactly 'nor is it DRBD primary' "$(on n2 'drbdadm role r0' | cut -d / -f 1)" Secondary
    on n2 'baton status --local' >"$LAB_WORK/status.out" 2>&1
    sed 's/^/   /' "$LAB_WORK/status.out"
    # Lines of a status are as wide as a screen.
    tr -s ' \n' ' ' <"$LAB_WORK/status.out" >"$LAB_WORK/status.line"
    exactly 'the status says since when' \
        "$(grep -c 'n1 has written without this node since 20' "$LAB_WORK/status.line")" 1
    exactly 'and what to type' "$(grep -c 'baton takeover --accept-data-loss' "$LAB_WORK/status.line")" 1
    "$LAB/link" heal replication n1
    power_on n1 || return 3
    watch_owners n1
    exactly 'the machine with the data returns and serves' "$(within 120 is_settled n1 && echo yes)" yes
    every_row_is_there
    end_background
    never_two_owners_here
}
