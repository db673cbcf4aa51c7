# the replication link cut for 15 s, carrier lost or silently, then healed: no move, the client notices neither
. "$LAB_HERE/evidence.sh"

run() {
    learnt_pair || return 3
    several 'silent' cut heal || return 3
    [ -n "${BATON_LAB_QUICK:-}" ] || several 'carrier lost' unplug plug || return 3
}

# several NAME CUT HEAL
several() {
    local name=$1 count double=0 unmoved=0 rested=0
    count=$(rounds 5)
    for _ in $(seq "$count"); do
        probe_start || return 3
        sleep 0.3
        mark cut
        "$2" l0r l1r
        sleep 15
        mark heal
        "$3" l0r l1r
        sleep 5
        probe_stop || return 3
        tally "$name cut" "$gap_cut"
        tally "$name heal" "$gap_heal"
        double=$((double + double_ownership + double_arp))
        ! nobody_moved || unmoved=$((unmoved + 1))
        # A pair that is in disorder would spoil the next round.
        if within 10 at_rest l0; then rested=$((rested + 1)); else said; learnt_pair || return 3; fi
    done
    exactly "$name: rounds without a move" "$unmoved" "$count"
    exactly "$name: rounds after which the pair is at rest" "$rested" "$count"
    exactly "$name: two owners, µs" "$double" 0
    at_worst "$name cut" "$name: outage at the cut" 60000
    at_worst "$name heal" "$name: outage at the healing" 60000
}
