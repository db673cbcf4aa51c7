# a monitor that hangs, prints 1 GB, forks and keeps the pipe, dies by a signal, is missing: unknown, beats on time
. "$LAB_HERE/services.sh"
monitor() {
    local node
    for node in l0 l1; do
        mkdir -p "$LAB_WORK/$node/etc/mon.d"
        cat >"$LAB_WORK/$node/etc/mon.d/$1"
        chmod +x "$LAB_WORK/$node/etc/mon.d/$1"
    done
}
service() { printf '%s\n' "service $1" 'interval 500ms' "monitor $2 ;;" 'monitor_timeout 2s' 'monitor_action standby' 'period' 'alertafter 2'; }
run() {
    local name lines=('start_grace = 100ms' 'hostgroup own localhost' 'watch own')
    configure 200ms 1 'initdead 10' 'fit_settle 300ms' || return 3
    monitor hangs <<<$'#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1000; done'
    monitor prints <<<$'#!/bin/sh\nexec head -c 1000000000 /dev/zero'
    monitor forks <<<$'#!/bin/sh\n(sleep 1000) &\nexit 0'
    monitor dies <<<$'#!/bin/sh\nkill -SEGV $$'
    monitor perl <<<$'#!/usr/bin/perl\nuse No::Such::Module;'
    for name in hangs prints forks dies perl missing; do
        mapfile -t -O "${#lines[@]}" lines < <(service "$name" "$name")
    done
    watched "${lines[@]}" || return 3
    start_pair || return 3
    probe_start || return 3
    sleep 12
    for name in hangs prints dies perl missing; do
        exactly "$name" "$(monitor_state l0 own/$name)" unknown
        exactly "$name: pages" "$(grep -c "PAGE: .*own/$name" "$LAB_WORK/l0/batond.log")" 1
    done
    exactly 'forks and keeps the pipe, exit 0' "$(monitor_state l0 own/forks)" ok
    exactly 'left behind by monitors' "$(pgrep -fc 'sleep 1000' --ns "${power[l0]}" --nslist pid)" \
        "$(pgrep -fc 'hangs' --ns "${power[l0]}" --nslist pid)"
    baton_on l0 status >/dev/null
    probe_stop || return 3
    exactly 'times the peer was called late' "$(cat "$LAB_WORK"/l?/batond.log | grep -c ': peerLate')" 0
    no_outage
    never_two_owners
    exactly 'who holds' "$(holders | tr '\n' ' ')" 'l0 '
}
