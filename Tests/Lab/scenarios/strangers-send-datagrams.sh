# 100,000 random, truncated, replayed and bit-flipped datagrams at 5,000/s: nothing changes
# They leave the switch's ports to both nodes with the Ethernet and IP addresses of real beats.

# Everything in the status that a datagram could change, without counters and times.
state_of() {
    local path
    for path in groups.0.state groups.0.epoch groups.0.owner groups.0.fit peer.state \
        peer.incarnation incarnation lastMove 'links.*.state'; do
        printf '%s=%s\n' "$path" "$(status_of "$1" "$path" | tr '\n' ' ')"
    done
}

refusals() {
    sed -n 's/^datagrams_\([A-Za-z]*\)=\(.*\)/\1 \2/p' "$LAB_WORK/counters.$1" |
        awk '$1 != "accepted" && $1 != "own" { sum += $2 } END { print sum + 0 }'
}
at_least() {
    local verdict=holds
    [ "$2" -ge "$3" ] || verdict=BROKEN
    result "$1" "$2" ">= $3" "$verdict"
}

run() {
    local keepalive_us=200000 node line longest count
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    sleep 1
    for node in l0 l1; do state_of "$node" >"$LAB_WORK/$node.before"; done
    status_of l1 counters | tr ' ' '\n' >"$LAB_WORK/counters.before"
    probe_start || return 3
    in_net lan baton-lab hostile --device l0r --device l1r --port 694 --seed 1 \
        --count "${LAB_HOSTILE_COUNT:-100000}" --rate 5000 >"$LAB_WORK/hostile.out" || return 3
    sed 's/^/   /' "$LAB_WORK/hostile.out"
    sleep 0.5
    probe_stop || return 3
    for node in l0 l1; do
        state_of "$node" >"$LAB_WORK/$node.after"
        exactly "$node: state" \
            "$(diff "$LAB_WORK/$node.before" "$LAB_WORK/$node.after" >&2 && echo same)" same
    done
    status_of l1 counters | tr ' ' '\n' >"$LAB_WORK/counters.after"
    diff "$LAB_WORK/counters.before" "$LAB_WORK/counters.after" | sed -n 's/^> /   l1: /p'
    # Each datagram is in a counter of refusals: half of them went to l1.
    count=$(($(refusals after) - $(refusals before)))
    at_least 'l1: refused, by its counters' "$count" $((${LAB_HOSTILE_COUNT:-100000} / 2))
    local late
    late=$(sed -n 's/^stall=//p' "$LAB_WORK/hostile.out")
    [ "$late" -le "$stall" ] || stall=$late
    exactly 'nodes that sent beats' "$(grep -c '^beats' "$LAB_WORK/hostile.out")" 2
    for line in $(sed -n 's/^beats mac=\([^ ]*\) .*longest=/\1=/p' "$LAB_WORK/hostile.out"); do
        longest=${line#*=}
        # A missed keepalive would be a hole of two.
        at_most "longest time between beats, ${line%=*}" "$longest" $((keepalive_us * 3 / 2)) \
            "$stall"
    done
    no_outage
    never_two_owners
}
