# the pasted seed files, byte for byte: check, one owner, order of start and stop, crash, failback
# Skipped by name where ../shared is absent. Stand-in scripts write what they do to one log.

resources_in_order='drbddisk Filesystem mysqld-max linkserv mon'

# A resource.d script that remembers whether it runs and logs each start and stop.
stand_in() {
    cat >"$1/etc/resource.d/$2" <<SCRIPT
#!/bin/sh
# Arguments first, action last, as Heartbeat calls them.
for action; do :; done
state=$LAB_WORK/$3/run.$2
case \$action in
    start) : >"\$state"; echo "$3 start $2 \$*" >>"$LAB_WORK/order" ;;
    stop) [ -e "\$state" ] && echo "$3 stop $2 \$*" >>"$LAB_WORK/order"; rm -f "\$state" ;;
    status) if [ -e "\$state" ]; then echo running; else echo stopped; exit 3; fi ;;
esac
exit 0
SCRIPT
    chmod +x "$1/etc/resource.d/$2"
}

lay_out() {
    local node number=0 script
    for node in l0 l1; do
        number=$((number + 1))
        mkdir -p "$LAB_WORK/$node/etc/resource.d" "$LAB_WORK/$node/state"
        cp "$seed/ha.cf" "$seed/mon.cf" "$LAB_WORK/$node/etc/"
        cp "$seed/haresources.node$number" "$LAB_WORK/$node/etc/haresources"
        for script in $resources_in_order; do stand_in "$LAB_WORK/$node" "$script" "$node"; done
    done
    make_keys
}

# What happened on a node since the last look, as `start a b c` words.
happened() { sed -n "s/^$1 $2 \([^ ]*\) .*/\1/p" "$LAB_WORK/order" | tr '\n' ' '; }
reversed() { printf '%s\n' $resources_in_order | tac | tr '\n' ' '; }
runs_all() {
    local script
    for script in $resources_in_order; do [ -e "$LAB_WORK/$1/run.$script" ] || return 1; done
}

run() {
    seed=$LAB_ROOT/../shared/seeds/pasted
    [ -d "$seed" ] || seed=${BATON_SEEDS:-$seed}
    [ -d "$seed" ] || { result 'seed files' absent skipped skipped; return 0; }
    lay_out || return 3
    local forward code
    forward="$(printf '%s ' $resources_in_order)"

    baton check --config "$LAB_WORK/l0/etc" --peer-config "$LAB_WORK/l1/etc" \
        >"$LAB_WORK/check.out" 2>&1
    code=$?
    exactly 'baton check: exit code' "$code" 0
    exactly 'baton check: errors' "$(grep -c ' error: ' "$LAB_WORK/check.out")" 0
    exactly 'baton check: notes and warnings (some)' \
        "$(($(grep -cE ' (note|warning): ' "$LAB_WORK/check.out") >= 5))" 1

    : >"$LAB_WORK/order"
    start_pair || return 3
    exactly 'cold start: started on l0' "$(happened l0 start)" "$forward"
    exactly 'cold start: started on l1' "$(happened l1 start)" ''

    : >"$LAB_WORK/order"
    probe_start || return 3
    sleep 0.3
    baton --run /run/l0 standby >"$LAB_WORK/standby.out" 2>&1
    exactly 'standby: exit code' "$?" 0
    # auto_failback on: the preferred node gets the group back by itself only on its return, so
    # the administrator's standby stays.
    within 10 runs_all l1
    sleep 0.3
    probe_stop || return 3
    exactly 'standby: stopped on l0' "$(happened l0 stop)" "$(reversed)"
    exactly 'standby: started on l1' "$(happened l1 start)" "$forward"
    never_two_owners 'standby: '

    : >"$LAB_WORK/order"
    probe_start || return 3
    sleep 0.3
    # The dead machine's services die with it.
    crash l1 >/dev/null
    rm -f "$LAB_WORK"/l1/run.*
    within 10 runs_all l0
    sleep 0.3
    probe_stop || return 3
    at_most 'crash: outage (deadtime 3)' "$gap_crash" 3060000 "$stall"
    exactly 'crash: started on l0' "$(happened l0 start)" "$forward"
    never_two_owners 'crash: '

    power_on l1 && start_daemon l1 && settled l0 || return 3
    : >"$LAB_WORK/order"
    probe_start || return 3
    sleep 0.3
    crash l0 >/dev/null
    rm -f "$LAB_WORK"/l0/run.*
    within 10 runs_all l1
    sleep 0.3
    probe_stop || return 3
    at_most 'crash of the preferred: outage' "$gap_crash" 3060000 "$stall"
    exactly 'crash of the preferred: started on l1' "$(happened l1 start)" "$forward"
    : >"$LAB_WORK/order"
    probe_start || return 3
    power_on l0 && start_daemon l0 || return 3
    within 30 runs_all l0
    within 10 is_holder l0
    sleep 0.5
    probe_stop || return 3
    exactly 'auto_failback: who holds' "$(holders | tr '\n' ' ')" 'l0 '
    exactly 'auto_failback: stopped on l1' "$(happened l1 stop)" "$(reversed)"
    exactly 'auto_failback: started on l0' "$(happened l0 start)" "$forward"
    never_two_owners 'auto_failback: '
}
