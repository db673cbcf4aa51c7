# crash of the standby node: the client notices nothing, and its return changes nothing
run() {
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    probe_start || return 3
    sleep 0.3
    crash l1 >/dev/null
    sleep 2.5
    power_on l1 && start_daemon l1 && settled l0 || return 3
    sleep 1
    probe_stop || return 3
    no_outage
    never_two_owners
    exactly 'who holds' "$(holders | tr '\n' ' ')" 'l0 '
}
