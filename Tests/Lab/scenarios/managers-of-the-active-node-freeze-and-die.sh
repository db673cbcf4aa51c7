# all processes of the active batond frozen, then killed: no outage, one owner, and the standby says what to type
run() {
    frozen_and_killed || return 3
    started_again || return 3
    power_off_all
    frozen_and_killed || return 3
    never_started || return 3
}

frozen_and_killed() {
    local pids
    configure 1s 3s 'initdead 10' || return 3
    start_pair || return 3
    sleep 12
    probe_start || return 3
    sleep 0.3
    mapfile -t pids < <(daemon_pids l0)
    kill -STOP "${pids[@]}"
    sleep 5
    kill -KILL "${pids[@]}"
}

started_again() {
    sleep 15
    start_daemon l0
    settled l0 20 || return 3
    probe_stop || return 3
    no_outage 'started again: '
    never_two_owners 'started again: '
    exactly 'started again: who holds' "$(holders | tr '\n' ' ')" 'l0 '
}

never_started() {
    sleep 55
    probe_stop || return 3
    no_outage '60 s without managers: '
    never_two_owners '60 s without managers: '
    exactly 'the standby does not take' "$(status_of l1 groups.0.state)" standby
    printf '   it says: %s\n' "$(status_of l1 reason)"
    exactly 'and says what to type' "$(status_of l1 nextStep)" 'baton confirm-down l0'
    baton_on l1 confirm-down l0 --yes l0 >"$LAB_WORK/refused" 2>&1
    exactly 'confirm-down while the address answers: exit' $? 1
    sed 's/^/   /' "$LAB_WORK/refused"
    exactly 'and the address stays' "$(holders | tr '\n' ' ')" 'l0 '
    crash l0 >/dev/null || return 3
    within 10 baton_on l1 confirm-down l0 --yes l0 >"$LAB_WORK/confirmed" 2>&1
    within 5 is_holder l1
    exactly 'once it is off: who holds' "$(holders | tr '\n' ' ')" 'l1 '
}
