# the replication link cut (with and without carrier, one way, bad) while the service LAN lives: no move
run() {
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    during 'cut, carrier kept' 'cut l0r l1r' 'heal l0r l1r'
    during 'cut, carrier lost at both' 'unplug l0r l1r' 'plug l0r l1r'
    during 'cut, carrier lost at the active' 'unplug l0r' 'plug l0r'
    during 'cut, carrier lost at the standby' 'unplug l1r' 'plug l1r'
    during 'one way: the standby is not heard' 'bad_replication --loss-ba 100' good_replication
    during 'one way: the active is not heard' 'bad_replication --loss-ab 100' good_replication
    during 'one in three lost, 20 ms, doubled' \
        'bad_replication --loss-ab 33 --loss-ba 33 --delay 20 --double 10' good_replication
}

# The fault for five deadtimes, then two without it.
during() {
    probe_start || return 3
    sleep 0.3
    $2
    sleep 5
    printf '   %s: l0 says %s, l1 says %s\n' "$1" "$(status_of l0 peer.state)" \
        "$(status_of l1 peer.state)"
    $3
    sleep 2
    probe_stop || return 3
    no_outage "$1: "
    never_two_owners "$1: "
    exactly "$1: who holds" "$(holders | tr '\n' ' ')" 'l0 '
    settled l0 15 || return 3
}
