# a group whose one address is IPv6: no take while the address answers by ND, a take once the machine is off
# The prober speaks IPv4, so who has the address is looked at in both kernels, every 20 ms.
. "$LAB_HERE/evidence.sh"

group_address=fd00:1::100

six_on() { ip -n "$1" -6 addr replace "fd00:1::$2/64" dev eth1 nodad; }

# watch_owners: notes how many nodes have the address at a time, and who.
watch_owners() {
    : >"$LAB_WORK/owners"
    while :; do
        all_holders >>"$LAB_WORK/owners"
        echo >>"$LAB_WORK/owners"
        sleep 0.02
    done &
    watch_pid=$!
}
# judge_owners WHAT WHO: nobody else was ever seen with it, nor two.
judge_owners() {
    kill "$watch_pid"
    wait "$watch_pid" 2>/dev/null
    at_least "${1}looks" "$(wc -l <"$LAB_WORK/owners")" 40
    exactly "${1}who had it" "$(sort -u "$LAB_WORK/owners" | tr '\n' ',')" "$2"
}

six_pair() {
    local node
    power_off_all
    heal $(ports_of l0) $(ports_of l1)
    six_on l0 2 && six_on l1 3 && six_on client 50 && six_on gateway fe || return
    configure 1 3 'initdead 10' || return
    for node in l0 l1; do echo "l0 IPaddr2::$group_address/64/eth1" >"$LAB_WORK/$node/etc/haresources"; done
    forget_logs
    start_pair && ripen
}

run() {
    local pids
    six_pair || return 3
    watch_owners
    cut l0r l1r
    sleep 12
    heal l0r l1r
    sleep 4
    judge_owners 'replication cut: ' 'l0 ,'
    rests 'replication cut, healed: at rest' l0 10

    # Nothing but its kernel's answers speaks for it.
    watch_owners
    mapfile -t pids < <(daemon_pids l0)
    kill -KILL "${pids[@]}"
    sleep 15
    judge_owners 'no managers on l0: ' 'l0 ,'
    exactly 'no managers on l0: l1' "$(status_of l1 groups.0.state)" standby
    exactly 'no managers on l0: what to type' "$(status_of l1 nextStep)" 'baton confirm-down l0'

    : >"$LAB_WORK/marks"
    crash l0 >/dev/null || return 3
    within 60 is_holder l1
    exactly 'l0 without power: who holds' "$(all_holders)" 'l1 '

    six_pair || return 3
    : >"$LAB_WORK/marks"
    watch_owners
    crash l0 >/dev/null || return 3
    within 5 is_holder l1
    sleep 1
    judge_owners 'crash (none while l1 decides): ' ',l0 ,l1 ,'
}
