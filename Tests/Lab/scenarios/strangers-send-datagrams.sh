# 100,000 random, truncated, replayed and bit-flipped datagrams at 5,000/s: nothing changes
# They leave the switch's ports to both nodes with the Ethernet and IP addresses of real beats.
. "$LAB_HERE/hostile.sh"

run() {
    local before late count=${LAB_HOSTILE_COUNT:-100000}
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    sleep 1
    remember_states
    before=$(refusals_of l1)
    status_of l1 counters | tr ' ' '\n' >"$LAB_WORK/counters.before"
    probe_start || return 3
    in_net lan baton-lab hostile --device l0r --device l1r --port 694 --seed 1 \
        --count "$count" --rate 5000 >"$LAB_WORK/hostile.out" || return 3
    sed 's/^/   /' "$LAB_WORK/hostile.out"
    sleep 0.5
    probe_stop || return 3
    same_states
    status_of l1 counters | tr ' ' '\n' | diff "$LAB_WORK/counters.before" - | sed -n 's/^> /   l1: /p'
    # Each datagram is in a counter of refusals: half of them went to l1.
    at_least 'l1: refused, by its counters' "$(($(refusals_of l1) - before))" $((count / 2))
    late=$(sed -n 's/^stall=//p' "$LAB_WORK/hostile.out")
    [ "$late" -le "$stall" ] || stall=$late
    exactly 'nodes that sent beats' "$(grep -c '^beats' "$LAB_WORK/hostile.out")" 2
    beats_on_time 200000 '' "$LAB_WORK/hostile.out"
    no_outage
    never_two_owners
}
