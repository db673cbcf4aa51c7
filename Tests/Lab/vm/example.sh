# The cluster with the files of Examples/aggregate: heartbeats and replication on 192.168.2.0/24, clients on another
# network. What the scenarios about a cut replication link share.

use_example() {
    local node example=$root/Examples/aggregate
    sed 's/\bl0\b/n1/g; s/\bl1\b/n2/g' "$example/ha.cf" >"$LAB_WORK/ha.cf"
    sed 's/\bl0\b/n1/g; s/\bl1\b/n2/g' "$example/haresources" >"$LAB_WORK/haresources"
    echo pass >"$LAB_WORK/linkserv.secret"
    for node in $nodes; do
        copy "$LAB_WORK/ha.cf" "$LAB_WORK/haresources" "$node:/etc/ha.d/" &&
            copy "$example/mon.cf" "$LAB_WORK/linkserv.secret" "$node:/etc/mon/" || return
    done
}

# DRBD by the example's own file: it asks batond before a node goes on without the other.
use_handler() {
    local node
    sed 's/\bl0\b/n1/g; s/\bl1\b/n2/g; s|/dev/sda7|/dev/vdb|g' "$root/Examples/aggregate/drbd.conf" >"$LAB_WORK/asks.conf"
    for node in $nodes; do copy "$LAB_WORK/asks.conf" "$node:/etc/drbd.conf" || return; done
    # A connection keeps the times of pings with which it began.
    on_both 'drbdadm down r0; drbdadm up r0' && within 60 in_sync n1
}

connection_of() { on "$1" 'drbdadm cstate r0'; }
is_cut() { [ "$(connection_of n1)" = WFConnection ] && [ "$(connection_of n2)" = WFConnection ]; }
# What the kernel says when both sides have changed.
split_brains() { on_both 'dmesg | grep -ci "split-brain detected"' | awk '{ sum += $1 } END { print sum + 0 }'; }
