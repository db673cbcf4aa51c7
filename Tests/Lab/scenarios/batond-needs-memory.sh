# memory of all of batond's processes: PSS summed <= 20 MiB, VmRSS summed <= 40 MiB, one thread
run() {
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    # After some life: a move there and back, a minute's worth of beats at this keepalive.
    baton_on l0 standby >/dev/null && settled l1 && sleep 2.5 &&
        baton_on l1 standby >/dev/null && settled l0 || return 3
    sleep "${LAB_MEMORY_SECONDS:-10}"
    for node in l0 l1; do
        sum_memory "$node"
        kib_at_most "$node: PSS summed" "$pss" $((20 * 1024))
        kib_at_most "$node: VmRSS summed" "$rss" $((40 * 1024))
        exactly "$node: most threads of a process" "$threads" 1
    done
}
kib_at_most() {
    local verdict=holds
    [ "$2" -le "$3" ] && [ "$2" -gt 0 ] || verdict=BROKEN
    result "$1" "$2 KiB" "<= $3 KiB" "$verdict"
}
