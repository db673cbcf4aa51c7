# another pair with its own key beats on both our networks, first by other names, then by our nodes' names: no harm to either
. "$LAB_HERE/hostile.sh"
. "$LAB_HERE/evidence.sh"

foreign_address=192.168.1.110

# foreign_pair NAME NAME: two more machines, whose ha.cf names them so.
foreign_pair() {
    local node
    called=([f0]=$1 [f1]=$2)
    for node in f0 f1; do
        mkdir -p "$LAB_WORK/$node/etc/resource.d" "$LAB_WORK/$node/state"
        printf '%s\n' 'keepalive 200ms' 'deadtime 1' 'initdead 10' "$heartbeat_line" 'auto_failback off' \
            "node $1" "node $2" >"$LAB_WORK/$node/etc/ha.cf"
        echo "$1 IPaddr2::$foreign_address/24/eth1" >"$LAB_WORK/$node/etc/haresources"
    done
    [ -e "$LAB_WORK/f0/etc/authkeys" ] || baton keygen --config "$LAB_WORK/f0/etc" >"$LAB_WORK/keygen.log" 2>&1 || return
    cp -p "$LAB_WORK/f0/etc/authkeys" "$LAB_WORK/f1/etc/authkeys"
    boot f0 && boot f1 && start_daemon f0 && start_daemon f1 || return
    within 20 has_state f0 active && within 10 has_state f1 standby
}
foreign_off() {
    local node
    for node in f0 f1; do
        kill -KILL "${power[$node]}"
        within 5 is_off "$node"
        power[$node]=
        rm -rf "/run/$node" "$LAB_WORK/$node/state"
        lay_addresses "$node"
    done
}
foreign_holders() {
    local node
    for node in f0 f1; do
        [ -z "$(ip -n "$node" -4 -o addr show to "$foreign_address")" ] || printf '%s ' "$node"
    done
}

run() {
    add_node f0 && add_node f1 || return 3
    configure 200ms 1 'initdead 10' || return 3
    start_pair && ripen || return 3
    beside 'names of its own: ' f0 f1 || return 3
    beside 'our names: ' l0 l1 || return 3

    # And our own pair goes on as ever.
    foreign_pair l0 l1 && ripen || return 3
    probe_start || return 3
    sleep 0.3
    crash l0 >/dev/null || return 3
    within 10 is_holder l1
    sleep 1
    probe_stop || return 3
    at_most 'crash beside it: outage (deadtime 1 s)' "$gap_crash" 1060000 "$stall"
    never_two_owners 'crash beside it: '
    exactly 'crash beside it: the other pair' "$(foreign_holders)" 'f0 '
}

# beside WHAT NAME NAME
beside() {
    local before
    remember_states
    before=$(refusals_of l1)
    probe_start && watch_beats 60 || return 3
    foreign_pair "$2" "$3" || { result "${1}the other pair" 'not settled' settled BROKEN; said; }
    sleep 8
    stop_watching_beats
    probe_stop || return 3
    exactly "${1}the other pair" "$(foreign_holders)" 'f0 '
    same_states "$1"
    at_least "${1}refused by l1" "$(($(refusals_of l1) - before))" 40
    beats_on_time 200000 "$1"
    no_outage "$1"
    never_two_owners "$1"
    report "${1}pages of l0, l1" "$(pages_of l0), $(pages_of l1)"
    foreign_off
    sleep 2
}
