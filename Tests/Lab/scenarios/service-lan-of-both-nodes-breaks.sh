# the service LAN dead for both nodes alike (no carrier; the switch forwards nothing): no move, and it comes back
. "$LAB_HERE/evidence.sh"

run() {
    learnt_pair || return 3
    both 'no carrier' unplug plug 'l0s l1s' || return 3
    both 'silently' cut heal 'l0s l1s' || return 3
    # The switch of the others is dead: the nodes still see each other, and both see nobody else.
    both 'everybody else gone' cut heal 'cls gws' || return 3
}

# both NAME CUT HEAL PORTS
both() {
    probe_start || return 3
    sleep 0.3
    $2 $4
    sleep 15
    mark back
    $3 $4
    sleep 6
    probe_stop || return 3
    owner_untouched l0 "$1: "
    owner_untouched l1 "$1: "
    never_two_owners "$1: "
    # The client asks for a lost Ethernet address once a second.
    at_most "$1: answers again after" "$first_back" 1500000 "$stall"
    rests "$1: at rest" l0 10
}
