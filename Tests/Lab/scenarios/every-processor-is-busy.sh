# four CPU hogs for 60 s at deadtime 300 ms: no failover
run() {
    local hogs=() seconds=${LAB_HOG_SECONDS:-60} before after
    configure 50ms 300ms 'initdead 10' || return 3
    start_pair || return 3
    before=$(status_of l0 groups.0.epoch)
    probe_start || return 3
    for _ in 1 2 3 4; do
        bash -c 'while :; do :; done' &
        hogs+=($!)
    done
    sleep "$seconds"
    kill "${hogs[@]}"
    sleep 1
    probe_stop || return 3
    after=$(status_of l0 groups.0.epoch)
    no_outage
    never_two_owners
    exactly 'who holds' "$(holders | tr '\n' ' ')" 'l0 '
    exactly 'epoch' "$after" "$before"
    exactly 'nodes that answered' "$nodes" 1
    printf '   the probe itself was late by at most %s\n' "$(milliseconds "$stall")"
}
