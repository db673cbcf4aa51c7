# DRBD's device is suspended under the database, then standby: what cannot be stopped resets its machine (S4), and the other takes
# Heartbeats go on all the time; nothing acknowledged is lost.

boot_of() { on "$1" 'cat /proc/sys/kernel/random/boot_id'; }
late_peers() { on "$1" 'cat /var/log/ha-log /var/log/ha-debug 2>/dev/null | grep -c ": peerLate"'; }
has_new_boot() { local boot; boot=$(boot_of n1 2>/dev/null) && [ -n "$boot" ] && [ "$boot" != "$first_boot" ]; }

run() {
    local first_boot began
    furnish || return 3
    on_both 'sed -i "s/^auto_failback.*/auto_failback off/" /etc/ha.d/ha.cf' || return 3
    # The default is what a large database needs to write itself out.
    on_both 'echo "timeout mysqld-max stop 20s" >>/etc/ha.d/ha.cf' || return 3
    start_pair && under_clients 1 || return 3
    first_boot=$(boot_of n1)
    began=$(microseconds)
    on n1 'drbdsetup suspend-io 0' || return 3
    # Much longer than deadtime: who writes waits in the kernel, where no signal reaches.
    sleep 20
    exactly 'suspended for 20 s: n1 holds the group' "$(holds n1 && echo yes)" yes
    exactly 'suspended for 20 s: boots of n1' "$(boot_of n1)" "$first_boot"
    exactly 'suspended for 20 s: times a peer was called late' "$(($(late_peers n1) + $(late_peers n2)))" 0
    on n1 'nohup baton standby >/dev/null 2>&1 &'
    within 90 is_served_since "$(microseconds)"
    exactly 'n2 holds the group' "$(holds n2 && echo yes)" yes
    within 90 has_new_boot
    exactly 'n1 has reset itself (S4)' "$(has_new_boot && echo yes)" yes
    at_most 'of the suspension and standby: longest time without a row' "$(longest_outage_since "$began")" 110000000
    within 120 in_sync n2
    watch_owners n1
    exactly 'n1 is back: in sync, the group runs on' "$(in_sync n2 && holder)" n2
    stop_clients
    every_row_is_there
    on_both 'baton clear' >/dev/null 2>&1
    exactly 'after baton clear all is fine' "$(within 90 is_settled_somewhere && echo yes)" yes
    end_background
    never_two_owners_here
}
