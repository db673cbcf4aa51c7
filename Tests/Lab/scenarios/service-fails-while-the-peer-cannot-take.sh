# a monitor fails while the peer is silent, then while it is unfit: no move, one page, the reason in status
. "$LAB_HERE/services.sh"
held_pages() { grep -c 'PAGE: healthHeld' "$LAB_WORK/l0/batond.log"; }
says_why() { [ -n "$(status_of l0 groups.0.whyNotMoved)" ]; }
run() {
    local before
    configure 200ms 1 'initdead 10' 'fit_settle 300ms' || return 3
    watched 'hostgroup own localhost' 'watch own' 'service answers' 'interval 100ms' \
        'monitor tcp.monitor -p 7100' 'monitor_action standby' 'period' 'alertafter 2' || return 3
    start_pair || return 3
    open_port l0 7100 && open_port l1 7100 || return 3
    within 10 is_monitor l0 own/answers ok || return 3

    crash l1 >/dev/null
    sleep 3
    probe_start || return 3
    close_port l0 7100
    within 5 says_why
    sleep 3
    probe_stop || return 3
    exactly 'peer without power: who holds' "$(holders)" l0
    exactly 'peer without power: pages' "$(held_pages)" 1
    result 'peer without power: status says' "$(status_of l0 groups.0.whyNotMoved | head -c 40)" \
        'a reason' "$(says_why && echo holds || echo BROKEN)"
    no_outage
    never_two_owners

    # The service is repaired; the peer comes back, and is not fit: its start fails.
    open_port l0 7100 || return 3
    within 5 is_monitor l0 own/answers ok || return 3
    power_on l1 && start_daemon l1 && settled l0 || return 3
    echo "l0 IPaddr2::$group_address/24/eth1 monitor" >"$LAB_WORK/l0/etc/haresources"
    baton_on l1 status >/dev/null
    baton_on l0 freeze --reason test >/dev/null || return 3
    before=$(held_pages)
    close_port l0 7100
    within 5 is_monitor l0 own/answers failed
    sleep 2
    exactly 'frozen: who holds' "$(holders)" l0
    exactly 'frozen: pages' "$(($(held_pages) - before))" 1
    baton_on l1 thaw >/dev/null || return 3
    within 5 is_holder l1
    exactly 'thawed: who holds' "$(holders)" l1
}
