# SIGTERM of the active daemon: handed over, outage <= 50 ms
# Five times, there and back; the stopped daemon is started again in between.

run() {
    configure 1 3 'initdead 10' || return 3
    start_pair || return 3
    local active first outages=() less_stall=() double=0 left=0 middle
    for _ in 1 2 3 4 5; do
        active=$(holders)
        first=$(daemon_pids "$active" | head -n 1)
        probe_start || return 3
        sleep 0.3
        mark term
        kill -TERM "$first"
        within 5 is_holder "$(other "$active")"
        within 5 no_daemon "$active" || left=$((left + 1))
        sleep 0.2
        probe_stop || return 3
        outages+=("$gap_term")
        less_stall+=($((gap_term > stall ? gap_term - stall : 0)))
        double=$((double + double_ownership + double_arp))
        [ "$last_node" = "$(other "$active")" ] || double=$((double + 1000000))
        start_daemon "$active" && settled "$(other "$active")" || return 3
    done
    middle=$(median "${outages[@]}")
    at_most 'outage, median of 5' "$middle" 50000 $((middle - $(median "${less_stall[@]}")))
    printf '   outages: %s µs\n' "${outages[*]}"
    exactly 'two owners, µs' "$double" 0
    exactly 'daemons with processes left over' "$left" 0
}
no_daemon() { [ -z "$(daemon_pids "$1")" ]; }
