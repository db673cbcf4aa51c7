# a watched port closes: the other node serves within 2 x interval + 150 ms (interval 100ms, alertafter 2)
. "$LAB_HERE/services.sh"
run() {
    local answers=() less_stall=() active double=0
    configure 200ms 1 'initdead 10' 'fit_settle 500ms' || return 3
    watched 'hostgroup own localhost' 'watch own' 'service answers' 'interval 100ms' \
        'monitor tcp.monitor -p 7000 -t 1' 'monitor_action standby' 'period' 'alertafter 2' || return 3
    start_pair || return 3
    for _ in 1 2 3 4 5; do
        active=$(holders)
        within 10 is_monitor "$active" own/answers ok || return 3
        sleep 1
        probe_start || return 3
        sleep 0.4
        mark closed
        close_port "$active" "$service_port"
        within 5 is_holder "$(other "$active")"
        sleep 0.4
        probe_stop || return 3
        answers+=("$other_closed")
        less_stall+=($((other_closed > stall ? other_closed - stall : other_closed)))
        double=$((double + double_ownership + double_arp))
        open_port "$active" "$service_port" || return 3
        baton_on "$active" clear >/dev/null || return 3
        settled "$(other "$active")" || return 3
    done
    local middle
    middle=$(median "${answers[@]}")
    at_most 'closed -> other node serves, median of 5' "$middle" 350000 \
        $((middle - $(median "${less_stall[@]}")))
    printf '   closed -> other node serves: %s µs\n' "${answers[*]}"
    exactly 'two owners, µs' "$double" 0
}
