# a list of 1,000 addresses is taken over and announced within 300 ms of the loop's time, one of 5,000 shown; no beat late
# An orderly standby at keepalive 100 ms, and a crash; the probe asks for the first address of the list.
. "$LAB_HERE/evidence.sh"

run() { many 1000 && many 5000 || return 3; }

# The time that a node's deciding loop has had on a processor, µs.
loop_time() {
    local pid
    for pid in $(daemon_pids "$1"); do
        [ "$(role_of "$pid")" = batond-loop ] || continue
        awk '{ printf "%d", $1 / 1000 }' "/proc/$pid/schedstat"
    done
}
# How many of the list a node has.
count_of() { ip -n "$1" -o -4 addr show dev eth1 | grep -cE ' (10\.77\.|192\.168\.1\.100/)'; }
has_all() { [ "$(count_of "$1")" = "$2" ]; }

# listen COUNT: the client waits for the announcements of so many addresses.
listen() {
    rm -f "$LAB_WORK/heard" "$LAB_WORK/listening"
    in_net client baton-lab heard --device eth1 --count "$1" --seconds 30 --ready "$LAB_WORK/listening" \
        >"$LAB_WORK/heard" &
    listener=$!
    within 5 test -s "$LAB_WORK/listening"
}
# What it heard: sets addresses and span.
heard() {
    wait "$listener"
    eval "$(grep -E '^addresses=[0-9]+ span=[0-9]+$' "$LAB_WORK/heard")"
}

many() {
    local count=$1 node before
    power_off_all
    configure 100ms 1 'initdead 10' || return
    {
        echo "$group_address/24"
        awk -v n="$((count - 1))" 'BEGIN {
            for (i = 0; i < n; i++) printf "10.77.%d.%d/16\n", i / 200, i % 200 + 10 }'
    } >/run/addresses
    for node in l0 l1; do
        echo 'l0 iplist::/run/addresses::dev=eth1' >"$LAB_WORK/$node/etc/haresources"
    done
    heal $(ports_of l0) $(ports_of l1)
    forget_logs
    start_pair || return
    ripen
    exactly "$count: addresses on l0" "$(count_of l0)" "$count"

    listen "$count" && probe_start || return
    sleep 0.3
    before=$(loop_time l1)
    mark standby baton --run /run/l0 standby >"$LAB_WORK/standby.out" 2>&1
    heard
    within 10 has_all l1 "$count"
    sleep 0.5
    probe_stop || return
    exactly "$count, standby: addresses announced by l1" "$addresses" "$count"
    report "$count, standby: from the first announcement to the last" "$(milliseconds "$span")"
    report "$count, standby: the client's outage" "$(milliseconds "$gap_standby")"
    local spent=$(($(loop_time l1) - before))
    # All five rounds of announcements are in it, or most of them.
    if [ "$count" = 1000 ]; then
        at_most "$count, standby: time of the loop that takes" "$spent" 300000
    else
        report "$count, standby: time of the loop that takes" "$(milliseconds "$spent")"
    fi
    exactly "$count, standby: addresses left on l0" "$(count_of l0)" 0
    never_two_owners "$count, standby: "
    settled l1 || return

    listen "$count" && probe_start || return
    sleep 0.3
    crash l1 || return
    within 10 has_all l0 "$count"
    heard
    sleep 0.5
    probe_stop || return
    exactly "$count, crash: addresses announced by l0" "$addresses" "$count"
    report "$count, crash: from the first announcement to the last" "$(milliseconds "$span")"
    report "$count, crash: the client's outage" "$(milliseconds "$gap_crash")"
    never_two_owners "$count, crash: "
    report "$count: the latest turn of l0" \
        "$(milliseconds "$(status_of l0 counters.loop_lateness_maximum_microseconds)")"
    exactly "$count: times a living node was called silent" \
        "$(awk '/crash/ { exit } /peerSilent|peerDead|is silent/ { n++ } END { print n + 0 }' \
            "$LAB_WORK/l1/batond.log")" 0
}
