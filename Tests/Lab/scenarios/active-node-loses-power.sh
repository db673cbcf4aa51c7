# crash of the active node, all links cut and all processes killed at once: outage <= deadtime + 60 ms
# Five crashes for each deadtime, the two nodes in turn. The bound is strict for the median of the
# five, each counted less the stall that the probe measured of itself in that run.

crash_and_return() {
    local active standby
    active=$(holders)
    standby=$(other "$active")
    probe_start || return
    sleep 0.3
    crash "$active" >/dev/null || return
    within $((deadtime_ms / 1000 + 5)) is_holder "$standby"
    sleep 0.3
    probe_stop || return
    outages+=("$gap_crash")
    beyond_stall+=($((gap_crash > stall ? gap_crash - stall : 0)))
    [ "$stall" -le "$worst_stall" ] || worst_stall=$stall
    double=$((double + double_ownership + double_arp))
    [ "$last_node" = "$standby" ] || strayed=1
    power_on "$active" && start_daemon "$active" && settled "$standby"
}

run() {
    local pair keepalive deadtime_ms
    # Shortest last: it is the one that feels what else the machine does.
    for pair in 1:3000 200ms:1000 50ms:300; do
        keepalive=${pair%:*} deadtime_ms=${pair#*:}
        outages=() beyond_stall=() worst_stall=0 double=0 strayed=0
        configure "$keepalive" "${deadtime_ms}ms" 'initdead 10' || return 3
        start_pair || return 3
        for _ in 1 2 3 4 5; do crash_and_return || return 3; done
        local middle
        middle=$(median "${outages[@]}")
        at_most "deadtime $deadtime_ms ms: outage, median of 5" "$middle" \
            $((deadtime_ms * 1000 + 60000)) $((middle - $(median "${beyond_stall[@]}")))
        printf '   all five: %s ms; worst stall %s ms\n' \
            "$(for o in "${outages[@]}"; do printf '%d ' $((o / 1000)); done)" \
            $((worst_stall / 1000))
        exactly "deadtime $deadtime_ms ms: two owners, µs" "$double" 0
        exactly "deadtime $deadtime_ms ms: the other answered" "$strayed" 0
        power_off_all
    done
}
