# one network, an address and a script: cut off, its processes stand still before the other takes, and end unheard
# Put back before anybody took, they go on under the same number and nothing is started again.
. "$LAB_HERE/evidence.sh"

# A service of one process that writes `NODE PID NANOSECONDS` every ten milliseconds, and a script for it that
# notes what it was asked.
lay_script() {
    local node
    for node in l0 l1; do
        echo "l0 IPaddr2::$group_address/24/eth1 writer" >"$LAB_WORK/$node/etc/haresources"
        cat >"$LAB_WORK/$node/etc/resource.d/writer" <<SCRIPT
#!/bin/bash
# Arguments first, action last, as Heartbeat calls them.
for action; do :; done
runs() { [ -s "$LAB_WORK/$node/pid" ] && kill -0 "\$(cat "$LAB_WORK/$node/pid")" 2>/dev/null; }
[ "\$action" = status ] || echo "$node \$action" >>"$LAB_WORK/asked"
case \$action in
    start)
        runs && exit 0
        setsid bash -c '
            exec 9<> <(:)
            while :; do
                echo "$node \$\$ \${EPOCHREALTIME/[.,]/}" >>"$LAB_WORK/lines"
                read -r -t 0.01 -u 9
            done' </dev/null >/dev/null 2>&1 &
        echo \$! >"$LAB_WORK/$node/pid" ;;
    stop) runs && kill -KILL "\$(cat "$LAB_WORK/$node/pid")"; rm -f "$LAB_WORK/$node/pid" ;;
    status) if runs; then echo running; else echo stopped; exit 3; fi ;;
esac
exit 0
SCRIPT
        chmod +x "$LAB_WORK/$node/etc/resource.d/writer"
    done
}

# A settled pair with l0 active and writing, and nothing noted yet but that.
writing_pair() {
    power_off_all
    configure 200ms "${deadtime:-2}" 'initdead 6' || return
    lay_script
    plug l0s l1s
    forget_logs
    # Another boot has other processes under these numbers.
    rm -f "$LAB_WORK/asked" "$LAB_WORK/lines" "$LAB_WORK"/l?/pid
    start_pair && ripen && within 5 writes l0
}
writes() { tail -n 1 "$LAB_WORK/lines" 2>/dev/null | grep -q "^$1 "; }
asked() { tr '\n' ' ' <"$LAB_WORK/asked"; }
pids_of() { sed -n "s/^$1 \([0-9]*\) .*/\1/p" "$LAB_WORK/lines" | sort -u | wc -l; }
lines_of() { grep -c "^$1 " "$LAB_WORK/lines"; }
is_suspended() { has_state l0 suspended; }

run() {
    [ -n "$LAB_FREEZERS" ] || { result 'freezer cgroup' absent skipped skipped; return 0; }
    one_network || return 3
    taken || return 3
    [ -n "${BATON_LAB_QUICK:-}" ] || back_in_time || return 3
}

# The only cable of the active node is pulled, the other takes, the cable is put back.
taken() {
    local count before=0 silent=0 unheard=0 untouched=0 rested=0 alone=0 double=0 last first least='' written
    count=$(rounds 3)
    for _ in $(seq "$count"); do
        writing_pair || return 3
        probe_start || return 3
        sleep 0.3
        unplug l0s
        within 15 writes l1
        ! within 1 is_suspended || silent=$((silent + 1))
        sleep 2
        written=$(lines_of l0)
        plug l0s
        within 20 at_rest l1 && rested=$((rested + 1))
        sleep 1
        probe_stop || return 3
        double=$((double + double_ownership + double_arp))
        [ "$(lines_of l0)" != "$written" ] || unheard=$((unheard + 1))
        [ "$(asked)" != 'l0 start l1 start l0 stop ' ] || untouched=$((untouched + 1))
        [ "$(pids_of l0)/$(pids_of l1)" != 1/1 ] || alone=$((alone + 1))
        last=$(sed -n 's/^l0 [0-9]* //p' "$LAB_WORK/lines" | tail -n 1)
        first=$(sed -n 's/^l1 [0-9]* //p' "$LAB_WORK/lines" | head -n 1)
        [ "$last" -ge "${first:-0}" ] || before=$((before + 1))
        [ "${least:-$((first - last))}" -lt $((first - last)) ] || least=$((first - last))
    done
    exactly 'rounds: suspended, as the status has it' "$silent" "$count"
    exactly "rounds: its last line before the other's first" "$before" "$count"
    report "from the one's last line to the other's first, at least" "$(milliseconds "${least:-0}")"
    exactly 'two owners, µs' "$double" 0
    exactly 'cable back: rounds without one more line of it' "$unheard" "$count"
    exactly 'cable back: rounds with one start each, and one stop' "$untouched" "$count"
    exactly 'cable back: rounds with one process each' "$alone" "$count"
    exactly 'cable back: rounds that came to rest' "$rested" "$count"
}

# Both cables are pulled, so that nobody may take, and put back.
back_in_time() {
    local count went=0 silent=0 still=0 same=0 unasked=0 written
    count=$(rounds 3)
    for _ in $(seq "$count"); do
        writing_pair || return 3
        unplug l0s l1s
        ! within 10 is_suspended || silent=$((silent + 1))
        sleep 0.2
        written=$(lines_of l0)
        sleep 3
        [ "$(lines_of l0)" != "$written" ] || still=$((still + 1))
        plug l0s l1s
        within 20 at_rest l0 && within 2 writes l0 && went=$((went + 1))
        sleep 1
        [ "$(lines_of l0)" -gt "$written" ] && [ "$(pids_of l0)" = 1 ] && same=$((same + 1))
        [ "$(asked)" != 'l0 start ' ] || unasked=$((unasked + 1))
    done
    exactly 'both pulled: rounds in which it was suspended' "$silent" "$count"
    exactly 'both pulled: rounds without one more line' "$still" "$count"
    exactly 'both back: rounds in which it went on' "$went" "$count"
    exactly 'both back: rounds under the same number' "$same" "$count"
    exactly 'both back: rounds in which no script was asked' "$unasked" "$count"
}
