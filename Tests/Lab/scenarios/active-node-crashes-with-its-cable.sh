# crash of the active node, its end of a direct replication cable dead with it: outage <= 500 ms at deadtime 3 s
# The same with the carrier kept, as behind a switch: <= deadtime + 60 ms. Medians of five, each counted
# less the probe's own stall; the nodes in turn.
. "$LAB_HERE/evidence.sh"

run() {
    learnt_pair || return 3
    several 'carrier lost' yes 500000 || return 3
    several 'carrier kept' '' 3060000 || return 3
}

# several NAME UNPLUG BOUND
several() {
    local active standby double=0 strayed=0 count
    count=$(rounds 5)
    for _ in $(seq "$count"); do
        active=$(holders)
        standby=$(other "$active")
        probe_start || return 3
        sleep 0.3
        crash "$active" crash ${2:+"${standby}r"} >"$LAB_WORK/crash.out" || return 3
        within 8 is_holder "$standby"
        sleep 0.3
        probe_stop || return 3
        tally "$1" "$gap_crash"
        double=$((double + double_ownership + double_arp))
        [ "$last_node" = "$standby" ] || strayed=$((strayed + 1))
        plug "${standby}r"
        power_on "$active" && start_daemon "$active" && settled "$standby" 60 && ripen || return 3
    done
    sed 's/^/   the last crash: /' "$LAB_WORK/crash.out"
    at_median "$1" "$1: outage, median of $count" "$3"
    exactly "$1: two owners, µs" "$double" 0
    exactly "$1: crashes after which nobody served" "$strayed" 0
}
