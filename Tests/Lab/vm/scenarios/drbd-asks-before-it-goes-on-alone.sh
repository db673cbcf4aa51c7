# Examples/aggregate with its drbd.conf: link cut under load, the standby is outdated; then ROUNDS power-offs, the standby is asked for
. "$here/example.sh"

disk_of() { on "$1" 'drbdadm dstate r0'; }
is_outdated() { [ "$(disk_of n1)" = UpToDate/Outdated ] && [ "$(disk_of n2)" = Outdated/DUnknown ]; }
# What the kernel has been answered since dmesg was cleared: EXIT and the handler's time in ms, a line each.
answers_on() {
    on "$1" 'dmesg' | awk '/helper command: .* fence-peer / {
            at = $0; sub(/^\[ */, "", at); at = at + 0
            if (match($0, /exit code [0-9]+/)) printf "%s %d\n", substr($0, RSTART + 10, RLENGTH - 10), (at - since) * 1000
            else since = at
        }'
}

run() {
    local round cut killed slowest=0 took program
    furnish && use_example && use_handler && start_pair 240 && under_clients 3 || return 3
    exactly 'baton check has nothing to say about the handler' \
        "$(on n1 'baton check --config /etc/ha.d' 2>&1 | grep -c fence-peer)" 0

    # The cut: DRBD on n1 notices it, and asks; n2 answers when its disk says so.
    on_both 'dmesg -C' >/dev/null
    sleep 3
    cut=$(microseconds)
    "$LAB/link" cut replication n1
    exactly 'the cut: n2 is outdated, and n1 knows it' "$(within 60 is_outdated && echo yes)" yes
    # DRBD's own finding of the cut, the handler, and each side's look, of which none is quick in an emulated machine.
    at_most 'the cut: until both disks say so' $(($(microseconds) - cut)) 60000000
    # 4 by the other batond's word; 5 where it is too slow for DRBD's patience, and says by its beats that its copy is old.
    exactly 'the cut: the kernel of n1 was answered 4 or 5' \
        "$(answers_on n1 | cut -d ' ' -f 1 | sort -u | tr 5 4 | sort -u | xargs)" 4
    report 'the cut: it was answered' "$(answers_on n1 | cut -d ' ' -f 1 | xargs)"
    report 'the cut: the handler took' "$(answers_on n1 | cut -d ' ' -f 2 | xargs) ms"
    exactly 'the cut: n1 holds the group' "$(holds n1 && echo yes)" yes
    # Nothing of it waits for a look of the daemon: who dies now is not replaced.
    stop_clients
    power_off n1
    sleep 60
    exactly 'the standby does not serve old data' "$(holds n2 && echo serves)" ''
    exactly 'nor is it DRBD primary' "$(on n2 'drbdadm role r0' | cut -d / -f 1)" Secondary
    # DRBD itself would not let it, whoever types it.
    exactly 'drbdadm primary there is refused' "$(on n2 'drbdadm primary r0 >/dev/null 2>&1 && echo primary')" ''
    "$LAB/link" heal replication n1
    power_on n1 || return 3
    exactly 'the machine with the data returns and serves' "$(within 120 is_settled n1 && echo yes)" yes
    every_row_is_there

    # The death: n2 promotes, its kernel asks, and is answered at once.
    for round in $(seq 1 "${ROUNDS:-5}"); do
        watch_owners n1
        start_clients 1 || return 3
        stall=0
        sleep 5
        on n2 'dmesg -C' >/dev/null
        killed=$(microseconds)
        power_off n1
        within 90 is_served_since "$(microseconds)"
        exactly "round $round: n2 holds the group" "$(holds n2 && echo yes)" yes
        tally power "$(longest_outage_since "$killed")"
        exactly "round $round: what the kernel of n2 was answered" "$(answers_on n2 | cut -d ' ' -f 1 | sort -u | xargs)" 5
        for took in $(answers_on n2 | cut -d ' ' -f 2); do
            [ "$took" -le "$slowest" ] || slowest=$took
        done
        stop_clients
        power_on n1 || return 3
        within 120 in_sync n2
        on n1 'baton failback' >/dev/null 2>&1
        exactly "round $round: in sync, and back on n1" "$(within 60 is_settled n1 && echo yes)" yes
        on_both 'baton clear' >/dev/null 2>&1
    done
    at_worst power 'power-off: longest time without a row' 60000000
    # Nothing is waited for there: the start of a program, beside all else that a takeover starts.
    program=$(program_cost n2)
    at_most 'power-off: the handler took at most' $((slowest * 1000)) $((1000000 + 2000 * program))
    report 'the start of baton on a node' "$program ms"
    end_background
    never_two_owners_here
    report 'one fork and exec on a node' "$(fork_cost n1) ms"
}
