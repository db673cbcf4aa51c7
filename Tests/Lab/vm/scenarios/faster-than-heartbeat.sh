# power-off to the first acknowledged row, against Debian's Heartbeat 3.0.6 with the same files, in turn, ROUNDS each
# One file more for Heartbeat, a stand-in of mon that does nothing: in Baton mon is built in.

# The article's files as Heartbeat can read them too: blanks, one preferred node, a key of a kind that both know.
use_common_files() {
    local node key
    sed 's/\xc2\xa0/ /g; s/\bl0\b/n1/; s/\bl1\b/n2/' "$seed/ha.cf" >"$LAB_WORK/ha.cf"
    sed 's/^l0/n1/' "$seed/haresources.node1" >"$LAB_WORK/haresources"
    key=$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')
    printf 'auth 1\n1 sha1 %s\n' "$key" >"$LAB_WORK/authkeys"
    printf '#!/bin/sh\n[ "$1" != status ] || echo running\nexit 0\n' >"$LAB_WORK/mon"
    for node in $nodes; do
        copy "$LAB_WORK/ha.cf" "$LAB_WORK/haresources" "$LAB_WORK/authkeys" "$node:/etc/ha.d/" &&
            copy "$LAB_WORK/mon" "$node:/etc/init.d/mon" || return
    done
    # Who starts what is the scenario's.
    on_both 'chmod 600 /etc/ha.d/authkeys; chmod 755 /etc/init.d/mon; systemctl daemon-reload
        systemctl disable batond.service heartbeat.service; systemctl enable drbd.service' >/dev/null 2>&1
}

# one_run UNIT: sets `took`, microseconds from power-off to the first acknowledged row.
one_run() {
    local unit=$1 killed dead acked
    took=-1
    on_both "rm -f /var/log/ha-log; systemctl start $unit" || return
    within 120 holds n1 && within 30 query 'select 1' || return
    start_clients 1 || return
    # Longer than deadtime: both have heard each other for a while.
    sleep 6
    killed=$(microseconds)
    power_off n1
    # A row may have been acknowledged while the power went.
    dead=$(microseconds)
    if within 120 is_served_since "$dead"; then
        acked=$(first_acked_since "$dead")
        took=$((acked - killed))
    fi
    stop_clients
    power_on n1 && within 180 in_sync n2 || return
    on n2 "systemctl stop $unit"
    within 60 rests n2
}
rests() {
    on "$1" '! ip -4 -o addr show dev eth1 | grep -q "192\.168\.1\.100/" && ! mountpoint -q /mnt/drbd &&
        drbdadm role r0 | grep -q ^Secondary'
}

run() {
    local round unit batons=() heartbeats=() ours theirs
    furnish && use_common_files || return 3
    for round in $(seq 1 "${ROUNDS:-5}"); do
        for unit in batond heartbeat; do
            one_run "$unit" || { show_nodes; return 3; }
            printf '   round %s: %-9s %s (fork and exec on n2 %s ms, load here %s)\n' "$round" "$unit" \
                "$(milliseconds "$took")" "$(fork_cost n2)" "$(cut -d ' ' -f 1 /proc/loadavg)"
            at_most "round $round: $unit, first row" "$took" 120000000
            if [ "$unit" = batond ]; then batons+=("$took"); else heartbeats+=("$took"); fi
        done
    done
    ours=$(median "${batons[@]}")
    theirs=$(median "${heartbeats[@]}")
    report 'Heartbeat 3.0.6: power-off to first row, median' "$(milliseconds "$theirs")"
    report 'Baton: power-off to first row, median' "$(milliseconds "$ours")"
    at_least 'times as fast as Heartbeat, in hundredths' "$((theirs * 100 / ours))" 150
    furnished=
}
