# every beat of an incarnation recorded and sent again, of this one and of an older one: nothing changes
# Nor while a daemon starts anew, nor does it make a dead node alive: the takeover is as quick as ever.
. "$LAB_HERE/hostile.sh"
. "$LAB_HERE/evidence.sh"

from_l0='--pair l0r:l1r --pair l0s:l1s'
to_both="$from_l0 --pair l1r:l0r --pair l1s:l0s"

start_recording() {
    rm -f "$LAB_WORK/record.ready" "$LAB_WORK/$1.beats"
    nsenter --net=/run/netns/lan baton-lab record --device l0r --device l1r --device l0s --device l1s \
        --file "$LAB_WORK/$1.beats" --ready "$LAB_WORK/record.ready" >"$LAB_WORK/record.out" &
    record_pid=$!
    within 5 test -s "$LAB_WORK/record.ready"
}
stop_recording() { kill -TERM "$record_pid" && wait "$record_pid" && sed 's/^/   /' "$LAB_WORK/record.out"; }

# start_replay FILE PAIRS PACE SECONDS
start_replay() {
    # shellcheck disable=SC2086
    nsenter --net=/run/netns/lan baton-lab replay --file "$LAB_WORK/$1.beats" $2 --pace "$3" --seconds "$4" \
        >"$LAB_WORK/replay.$1" &
    replay_pids+=($!)
}
end_replay() {
    kill -TERM "${replay_pids[@]}" 2>/dev/null
    wait "${replay_pids[@]}"
    replay_pids=()
}
replay_pids=()

restart_daemon() {
    local pids
    mapfile -t pids < <(daemon_pids "$1")
    kill -KILL "${pids[@]}"
    within 5 test -z "$(daemon_pids "$1")"
    start_daemon "$1"
}

run() {
    local node file before sent
    configure 200ms 1 'initdead 10' || return 3
    start_recording older
    start_pair || return 3
    sleep 3
    stop_recording || return 3
    : >"$LAB_WORK/marks"
    for node in l0 l1; do crash "$node" >/dev/null && within 5 is_off "$node" || return 3; done
    start_recording present
    for node in l0 l1; do power_on "$node" && start_daemon "$node" || return 3; done
    settled l0 && sleep 5 || return 3
    stop_recording || return 3

    for file in present older; do
        remember_states
        before=$(refusals_of l1)
        probe_start && watch_beats 60 || return 3
        start_replay "$file" "$to_both" 500 10
        wait "${replay_pids[@]}"
        replay_pids=()
        sleep 0.5
        stop_watching_beats
        probe_stop || return 3
        sed 's/^/   /' "$LAB_WORK/replay.$file"
        sent=$(sed -n 's/.* replayed=//p' "$LAB_WORK/replay.$file")
        same_states "$file: "
        at_least "$file: refused by l1 of $sent for both" "$(($(refusals_of l1) - before))" $((sent / 3))
        beats_on_time 200000 "$file: "
        no_outage "$file: "
        never_two_owners "$file: "
    done

    probe_start || return 3
    start_replay older "$to_both" 200 60
    start_replay present "$to_both" 200 60
    restart_daemon l1
    sleep 4
    rests 'standby started anew among old beats' l0 5
    start_recording newest
    restart_daemon l0
    sleep 4
    rests 'active started anew among old beats' l0 5
    end_replay
    probe_stop || return 3
    no_outage 'started anew among old beats: '
    never_two_owners 'started anew among old beats: '
    owner_untouched l0 'started anew among old beats: '
    settled l0 && ripen || return 3

    # Its beats go on, as recorded from its first to its last.
    probe_start || return 3
    sleep 0.3
    crash l0 >/dev/null || return 3
    stop_recording || return 3
    for file in newest present older; do start_replay "$file" "$from_l0" 300 20; done
    within 15 is_holder l1
    sleep 5
    probe_stop || return 3
    at_most 'crash among old beats: outage (deadtime 1 s)' "$gap_crash" 1060000 "$stall"
    never_two_owners 'crash among old beats: '
    exactly 'crash among old beats: who holds' "$(all_holders)" 'l1 '
    exactly 'crash among old beats: l0 is not called alive' \
        "$([ "$(status_of l1 peer.state)" != alive ] && echo yes)" yes
    end_replay
}
