# crash of the active node with the carrier of the direct replication cable: proved long before deadtime
# Seed timings (keepalive 2 s, deadtime 10 s), a group of one address; five crashes, the nodes in turn.

run() {
    local outages=() double=0
    configure 2s 10s 'warntime 5' 'initdead 20' || return 3
    start_pair || return 3
    for _ in 1 2 3 4 5; do crash_once || return 3; done
    at_most 'outage, median of 5' "$(median "${outages[@]}")" 500000
    printf '   all five: %s ms\n' "$(for o in "${outages[@]}"; do printf '%d ' $((o / 1000)); done)"
    exactly 'two owners, µs' "$double" 0
}

crash_once() {
    local active standby
    active=$(holders)
    standby=$(other "$active")
    sleep 25 # until probes and neighbours are calibrated, and a beat has said that early is possible
    probe_start || return 3
    sleep 0.3
    crash "$active" >/dev/null || return
    unplug "${standby}r"
    within 15 is_holder "$standby"
    sleep 0.5
    probe_stop || return
    outages+=("$gap_crash")
    double=$((double + double_ownership + double_arp))
    plug "${standby}r"
    power_on "$active" && start_daemon "$active" && settled "$standby" 60
}
