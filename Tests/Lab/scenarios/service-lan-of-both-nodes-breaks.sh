# the service LAN dead for both nodes alike (no carrier; the switch forwards nothing): no move, and it comes back
. "$LAB_HERE/evidence.sh"

run() {
    local count
    count=$(rounds 3)
    both 'no carrier' unplug plug 'l0s l1s' || return 3
    # Three times, for which node notices first is chance.
    both 'silently' cut heal 'l0s l1s' || return 3
    # The others are gone: the nodes still see each other there, and both see nobody else.
    count=1
    both 'everybody else gone' cut heal 'cls gws' || return 3
}

# both NAME CUT HEAL PORTS
both() {
    local unmoved=0 rested=0 double=0
    for _ in $(seq "$count"); do
        learnt_pair || return 3
        probe_start || return 3
        sleep 0.3
        # shellcheck disable=SC2086
        "$2" $4
        sleep 15
        mark back
        # shellcheck disable=SC2086
        "$3" $4
        sleep 6
        probe_stop || return 3
        tally "$1" "$first_back"
        double=$((double + double_ownership + double_arp))
        if nobody_moved; then unmoved=$((unmoved + 1)); else grep -h 'healthMove' "$LAB_WORK"/l?/batond.log; fi
        if within 10 at_rest l0; then rested=$((rested + 1)); else printf '   %s\n' "$(said)"; fi
    done
    exactly "$1: rounds without a move" "$unmoved" "$count"
    exactly "$1: rounds after which the pair is at rest" "$rested" "$count"
    exactly "$1: two owners, µs" "$double" 0
    # The client asks for a lost Ethernet address once a second.
    at_worst "$1" "$1: answers again after" 1500000
}
