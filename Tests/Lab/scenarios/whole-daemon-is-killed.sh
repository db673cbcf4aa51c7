# every process of the active batond killed at once, the machine lives: no take, and it adopts
run() {
    local pids
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    probe_start || return 3
    sleep 0.3
    mapfile -t pids < <(daemon_pids l0)
    mark kill
    kill -KILL "${pids[@]}"
    sleep 4
    exactly 'the peer did not take' "$(status_of l1 groups.0.state)" standby
    exactly 'it says what to do next' "$([ -n "$(status_of l1 nextStep)" ] && echo yes)" yes
    [ -n "$(daemon_pids l0)" ] || start_daemon l0
    settled l0 20 || return 3
    sleep 1
    probe_stop || return 3
    no_outage
    never_two_owners
    exactly 'who holds after the restart' "$(holders | tr '\n' ' ')" 'l0 '
}
