# the active node's service LAN is lost while the replication link lives: handed over; no move when both lose it
run() {
    configure 1s 3s 'initdead 10' || return 3
    start_pair || return 3
    lost 'its carrier gone' 'unplug' 'plug' 500000 || return 3
    power_off_all
    start_pair || return 3
    lost 'silently' 'cut' 'heal' 3500000 || return 3
    power_off_all
    start_pair || return 3
    lost_for_both || return 3
}

# The port of the active node's service cable fails for ten seconds.
lost() {
    sleep 12 # every neighbour was asked, and the peer has been fit for fit_settle
    probe_start || return 3
    sleep 0.3
    $2 l0s
    sleep 10
    $3 l0s
    sleep 4
    probe_stop || return 3
    at_most "$1: outage" "$longest_gap" "$4" "$stall"
    never_two_owners "$1: "
    exactly "$1: who holds" "$(holders | tr '\n' ' ')" 'l1 '
}

# The switch is dead: nobody sees more than the other.
lost_for_both() {
    sleep 12
    unplug l0s l1s
    sleep 10
    exactly 'gone for both: who holds' "$(holders | tr '\n' ' ')" 'l0 '
    plug l0s l1s
    sleep 3
    exactly 'back for both: who holds' "$(holders | tr '\n' ' ')" 'l0 '
    settled l0 15 || return 3
}
