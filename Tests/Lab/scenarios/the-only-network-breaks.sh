# one network for everything: the cable of the active node is pulled; it lets go before the other takes, and yields
run() {
    pulled 'carrier lost' unplug plug || return 3
    pulled 'silently' cut heal || return 3
}

pulled() {
    power_off_all
    configure 1s 3s 'initdead 10' || return 3
    sed -i 's/^bcast eth2/bcast eth1/' "$LAB_WORK"/l?/etc/ha.cf
    ip -n l0 link set eth2 down
    ip -n l1 link set eth2 down
    : >"$LAB_WORK/l1/batond.log"
    start_pair || return 3
    sleep 12
    probe_start || return 3
    sleep 0.3
    $2 l0s
    within 8 is_holder l1
    exactly "$1: the other took" "$(holders | tr '\n' ' ')" 'l1 '
    sleep 5
    $3 l0s
    sleep 5
    probe_stop || return 3
    never_two_owners "$1: "
    exactly "$1: who holds" "$(holders | tr '\n' ' ')" 'l1 '
    exactly "$1: the owner was started once" \
        "$(grep -c 'all started' "$LAB_WORK/l1/batond.log")" 1
    settled l1 15 || return 3
    ip -n l0 link set eth2 up
    ip -n l1 link set eth2 up
}
