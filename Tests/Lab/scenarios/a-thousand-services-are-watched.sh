# 1,000 TCP monitors at 1 s: no late heartbeat; what it costs is printed
. "$LAB_HERE/services.sh"
run() {
    local lines=() number before after
    configure 200ms 1 'initdead 10' || return 3
    for number in $(seq 1000); do
        lines+=("service s$number" 'interval 1s' 'monitor tcp.monitor -p 7000' 'monitor_action standby'
            'period' 'alertafter 2')
    done
    watched 'hostgroup own localhost' 'watch own' "${lines[@]}" || return 3
    start_pair || return 3
    within 20 is_monitor l0 own/s1000 ok || return 3
    probe_start || return 3
    before=$(cpu_of l0)
    sleep 20
    after=$(cpu_of l0)
    baton_on l0 status --json >"$LAB_WORK/status.json" || return 3
    probe_stop || return 3
    exactly 'services that are ok' \
        "$(baton-lab pick 'monitors.*.state' <"$LAB_WORK/status.json" | grep -c '^ok$')" 1000
    result 'processor time of the daemon' "$(((after - before) / 20)) ms/s" printed holds
    local lateness
    lateness=$(status_of l0 counters.loop_lateness_maximum_microseconds)
    result 'greatest lateness of the loop' "$(milliseconds "$lateness")" printed holds
    exactly 'times the peer was called late' "$(cat "$LAB_WORK"/l?/batond.log | grep -c ': peerLate')" 0
    no_outage
    never_two_owners
    exactly 'who holds' "$(holders | tr '\n' ' ')" 'l0 '
}
# Milliseconds of processor time that a node's daemon has used.
cpu_of() {
    local pid sum=0
    for pid in $(daemon_pids "$1"); do
        sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat") * 1000 / $(getconf CLK_TCK)))
    done
    echo $sum
}
