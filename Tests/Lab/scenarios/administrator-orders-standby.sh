# an orderly standby of a group with one address: outage <= 20 ms, the other node answers <= 50 ms
# Five moves, there and back; medians are strict, and the worst is shown.

run() {
    configure 1 3 'initdead 10' || return 3
    start_pair || return 3
    local active answers=() outages=() codes='' double=0 less_stall=() less_stall_answers=()
    # The first command loads its pages from disk; the administrator's second one does not.
    baton_on l0 status >/dev/null
    for _ in 1 2 3 4 5; do
        active=$(holders)
        probe_start || return 3
        sleep 0.4
        mark standby baton --run "/run/$active" standby >"$LAB_WORK/standby.out" 2>&1
        codes="$codes$?"
        sleep 0.4
        probe_stop || return 3
        outages+=("$gap_standby")
        answers+=("$other_standby")
        less_stall+=($((gap_standby > stall ? gap_standby - stall : 0)))
        less_stall_answers+=($((other_standby > stall ? other_standby - stall : other_standby)))
        double=$((double + double_ownership + double_arp))
        settled "$(other "$active")" || return 3
        sleep 1
    done
    local middle
    middle=$(median "${outages[@]}")
    at_most 'outage, median of 5' "$middle" 20000 $((middle - $(median "${less_stall[@]}")))
    middle=$(median "${answers[@]}")
    at_most 'command -> other answers, median of 5' "$middle" 50000 \
        $((middle - $(median "${less_stall_answers[@]}")))
    printf '   outages: %s µs; command -> other answers: %s µs\n' "${outages[*]}" "${answers[*]}"
    exactly 'exit codes of baton standby' "$codes" 00000
    exactly 'two owners, µs' "$double" 0
}
