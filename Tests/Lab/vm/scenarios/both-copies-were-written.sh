# Examples/aggregate, rows that only n1 has, n1 dead, n2 told to serve all the same: n1 returns, DRBD calls it a split
# brain, and what baton drbd tells to type joins the copies again
. "$here/example.sh"

has_parted() { connection_of n1 | grep -q StandAlone || connection_of n2 | grep -q StandAlone; }
# The lines that baton drbd tells to type on a node.
lines_for() {
    awk -v node="$1" '
        /^  on / { own = ($2 == node ":"); next }
        !/^    / { own = 0 }
        own { print substr($0, 5) }' "$LAB_WORK/drbd.out"
}

run() {
    local node
    furnish && use_example && start_pair && under_clients 1 || return 3
    sleep 3
    "$LAB/link" cut replication n1
    within 30 is_cut
    sleep 10
    stop_clients
    power_off n1
    "$LAB/link" heal replication n1
    sleep 60
    exactly 'the standby does not serve stale data by itself' "$(holds n2 && echo serves)" ''
    on n2 'baton takeover --accept-data-loss' | sed 's/^/   /'
    exactly 'told to accept the loss, it serves' "$(within 120 holds n2 && echo yes)" yes
    start_clients 1 || return 3
    sleep 5
    stop_clients

    power_on n1 || return 3
    exactly 'n1 returns, and the copies have parted' "$(within 120 has_parted && echo yes)" yes
    exactly 'n2 serves on' "$(holds n2 && echo yes)" yes
    within 60 eval 'on n1 "baton status --local" >/dev/null 2>&1'
    on n2 'COLUMNS=400 baton drbd' >"$LAB_WORK/drbd.out" 2>&1
    exactly 'baton drbd ends with' "$?" 1
    sed 's/^/   /' "$LAB_WORK/drbd.out"
    exactly 'it sees both nodes, and that they have parted' \
        "$(grep -cE '^  n[12]  |The two have parted' "$LAB_WORK/drbd.out")" 3
    exactly 'it says that both were written' "$(grep -c 'both have been written since' "$LAB_WORK/drbd.out")" 1
    # The same on the node whose copy goes.
    on n1 'baton drbd' >"$LAB_WORK/drbd.n1" 2>&1
    exactly 'on n1 it ends with' "$?" 1
    # In the order in which they are told.
    for node in $(awk '/^  on n/ { sub(":", "", $2); print $2 }' "$LAB_WORK/drbd.out"); do
        lines_for "$node" >"$LAB_WORK/typed.$node"
        copy "$LAB_WORK/typed.$node" "$node:typed" && on "$node" 'bash -ex ~/typed' 2>&1 | sed "s/^/   $node: /"
    done
    exactly 'what was typed joins the copies, and n2 serves' "$(within 180 is_settled n2 && echo yes)" yes
    on n2 'baton drbd' >/dev/null
    exactly 'then baton drbd ends with' "$?" 0
    every_row_is_there 'since n2 serves: '
    end_background
    never_two_owners_here
}
