# Examples/aggregate, three clients insert, the replication link is cut for 30 s: no move, no split brain, resync
. "$here/example.sh"

run() {
    local began
    furnish && use_example && start_pair && under_clients 3 || return 3
    on_both 'dmesg -C' >/dev/null
    sleep 3
    began=$(microseconds)
    "$LAB/link" cut replication n1
    sleep 15
    exactly 'the cut: both sides of DRBD wait for the other' "$(within 15 is_cut && echo yes)" yes
    exactly 'the cut: n1 holds the group, n2 nothing' "$(holds n1 && ! holds n2 && echo yes)" yes
    while [ $(($(microseconds) - began)) -lt 30000000 ]; do sleep 0.5; done
    exactly 'the end of the cut: n1 holds the group' "$(holds n1 && echo yes)" yes
    "$LAB/link" heal replication n1
    exactly 'healed: in sync again' "$(within 60 in_sync n1 && echo yes)" yes
    report 'from healing to in sync' "$((($(microseconds) - began - 30000000) / 1000000)) s"
    exactly 'both nodes say the service is fine' "$(within 30 is_settled n1 && echo yes)" yes
    exactly 'split brains that the kernels saw' "$(split_brains)" 0
    exactly 'moves' "$(on n1 'baton status --local' | sed -n 's/^Last move: *//p' | grep -c 'came to n2')" 0
    # DRBD itself holds writes back until it knows that the peer is away: ping-int and timeout of its configuration.
    at_most 'longest time without a row (DRBD finds out)' "$(longest_outage_since "$began")" 15000000
    stop_clients
    every_row_is_there
    end_background
    never_two_owners_here
}
