# the service is broken on both nodes: at most move_budget moves, then frozen, one page
. "$LAB_HERE/services.sh"
moves() { cat "$LAB_WORK"/l?/batond.log | grep -c 'healthMove: '; }
run() {
    configure 200ms 1 'initdead 10' 'fit_settle 300ms' 'hold_down 1' 'move_budget 3' || return 3
    watched 'start_grace = 1s' 'hostgroup own localhost' 'watch own' 'service answers' \
        'interval 100ms' 'monitor tcp.monitor -p 7100' 'monitor_action standby' 'period' \
        'alertafter 2' || return 3
    start_pair || return 3
    open_port l0 7100 || return 3
    within 10 is_monitor l0 own/answers ok || return 3
    probe_start || return 3
    sleep 0.3
    close_port l0 7100
    within 60 is_frozen || true
    sleep 10
    probe_stop || return 3
    exactly 'moves on health grounds' "$(moves)" 3
    exactly 'frozen by, on both' "$(status_of l0 groups.0.frozen.by) $(status_of l1 groups.0.frozen.by)" \
        'move_budget move_budget'
    exactly 'pages of the budget' "$(cat "$LAB_WORK"/l?/batond.log | grep -c 'PAGE: budgetUsed')" 1
    exactly 'owners' "$(holders | wc -l)" 1
    never_two_owners
    # The administrator repairs the service and says so.
    local owner
    owner=$(holders)
    open_port l0 7100 && open_port l1 7100 || return 3
    baton_on "$(other "$owner")" clear >/dev/null
    exactly 'baton clear on the other node: exit code' $? 0
    within 5 is_monitor "$owner" own/answers ok
    exactly 'frozen after clear' "$(status_of "$owner" groups.0.frozen.by)" ''
}
is_frozen() { [ -n "$(status_of "$(holders | head -1)" groups.0.frozen.by)" ]; }
