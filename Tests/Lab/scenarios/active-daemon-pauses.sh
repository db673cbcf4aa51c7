# the whole active daemon SIGSTOPped for 0.9 x deadtime: no failover
run() {
    local deadtime_ms=1000 pids
    configure 200ms "${deadtime_ms}ms" 'initdead 10' || return 3
    start_pair || return 3
    for round in 1 2 3; do
        probe_start || return 3
        sleep 0.3
        mapfile -t pids < <(daemon_pids l0)
        mark pause
        kill -STOP "${pids[@]}"
        sleep 0.9
        kill -CONT "${pids[@]}"
        sleep 2
        probe_stop || return 3
        no_outage "round $round: "
        never_two_owners "round $round: "
        exactly "round $round: who holds" "$(holders | tr '\n' ' ')" 'l0 '
        settled l0 10 || return 3
    done
}
