# What the scenarios of strangers share: a status that nothing may change, counters of refusals, and beats
# that leave on time whatever comes in.

# Everything in the status that a datagram could change, without counters and times.
state_of() {
    local path
    for path in groups.0.state groups.0.epoch groups.0.owner groups.0.fit peer.state \
        peer.incarnation incarnation lastMove 'links.*.state'; do
        printf '%s=%s\n' "$path" "$(status_of "$1" "$path" | tr '\n' ' ')"
    done
}
remember_states() {
    local node
    for node in l0 l1; do state_of "$node" >"$LAB_WORK/$node.before"; done
}
# same_states [WHAT]: both nodes are as remember_states saw them.
same_states() {
    local node
    for node in l0 l1; do
        state_of "$node" >"$LAB_WORK/$node.after"
        exactly "${1:-}$node: state" \
            "$(diff "$LAB_WORK/$node.before" "$LAB_WORK/$node.after" >&2 && echo same)" same
    done
}

# All datagrams that a node has refused so far, by its own counters.
refusals_of() {
    status_of "$1" counters | tr ' ' '\n' | sed -n 's/^datagrams_\([A-Za-z]*\)=\(.*\)/\1 \2/p' |
        awk '$1 != "accepted" && $1 != "own" && $1 != "repeated" { sum += $2 } END { print sum + 0 }'
}

# watch_beats SECONDS: looks at the replication link from now on; beats_on_time judges.
watch_beats() {
    rm -f "$LAB_WORK/beats.ready"
    nsenter --net=/run/netns/lan baton-lab beats --device l0r --device l1r --seconds "$1" \
        --ready "$LAB_WORK/beats.ready" >"$LAB_WORK/beats.out" &
    beats_pid=$!
    within 5 test -s "$LAB_WORK/beats.ready"
}
stop_watching_beats() { kill -TERM "$beats_pid" 2>/dev/null; wait "$beats_pid"; }

# beats_on_time KEEPALIVE-µs [WHAT [FILE]]: a missed keepalive would be a hole of two.
beats_on_time() {
    local keepalive_us=$1 what=${2:-} file=${3:-$LAB_WORK/beats.out} node longest
    for node in l0 l1; do
        longest=$(sed -n "s/^beats mac=$(mac_of "$node" 2) .*longest=//p" "$file")
        at_most "${what}longest time between beats, $node" "${longest:--1}" \
            $((keepalive_us * 3 / 2)) "$stall"
    done
}
# The key that signed the newest beat of a node.
key_of() { sed -n "s/^beats mac=$(mac_of "$1" 2) .* key=\([^ ]*\) .*/\1/p" "$LAB_WORK/beats.out"; }
