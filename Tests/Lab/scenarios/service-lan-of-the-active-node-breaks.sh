# the active node's service LAN is lost while the replication link lives: handed over; it returns: nothing moves
# Its carrier gone: outage <= 500 ms. Silently (the switch's port stops forwarding): <= deadtime + 500 ms.
. "$LAB_HERE/evidence.sh"

run() {
    several 'carrier gone' unplug plug 500000 || return 3
    [ -n "${BATON_LAB_QUICK:-}" ] || several 'silently' cut heal 3500000 || return 3
}

# several NAME CUT HEAL BOUND
several() {
    local name=$1 count double=0 moved=0 kept=0
    count=$(rounds 3)
    for _ in $(seq "$count"); do
        learnt_pair || return 3
        probe_start || return 3
        sleep 0.3
        mark lost
        "$2" l0s
        ! within 10 is_holder l1 || moved=$((moved + 1))
        sleep 2
        probe_stop || return 3
        tally "$name" "$gap_lost"
        double=$((double + double_ownership + double_arp))
        [ "$(all_holders)" = 'l1 ' ] || printf '   held by: %s\n' "$(all_holders)"

        # The cable is put back: who took keeps, and is not touched.
        probe_start || return 3
        sleep 0.3
        "$3" l0s
        sleep 6
        probe_stop || return 3
        double=$((double + double_ownership + double_arp))
        tally "$name back" "$longest_gap"
        within 10 at_rest l1 && nobody_moved && kept=$((kept + 1))
    done
    exactly "$name: rounds handed over" "$moved" "$count"
    at_worst "$name" "$name: outage" "$4"
    exactly "$name: two owners, µs" "$double" 0
    exactly "$name, cable back: rounds where the owner kept" "$kept" "$count"
    at_worst "$name back" "$name, cable back: outage" 60000
}
