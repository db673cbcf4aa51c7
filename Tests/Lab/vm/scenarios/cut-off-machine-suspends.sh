# Examples/aggregate, both cables of the active machine are pulled: its disk is suspended under the running database,
# the other takes; when the cables are back, nothing that waited has been written (S12)
. "$here/example.sh"

is_suspended() { on "$1" 'drbdsetup status r0' | grep -q 'suspended:user'; }
mysqld_of() { on "$1" 'pidof mariadbd mysqld'; }

run() {
    local began pid
    furnish && use_example || return 3
    # Time for two programs of an emulated machine before the other takes, and DRBD finds out later than that.
    on_both 'sed -i "s/^deadtime .*/deadtime 16/" /etc/ha.d/ha.cf'
    # From the first connection on: one under writes pings never, and goes by the times that it began with.
    on_both 'sed -i "s/protocol  *C;/& net { timeout 250; ping-int 30; connect-int 30; }/" /etc/drbd.conf
        drbdadm down r0; drbdadm up r0' || return 3
    start_pair && under_clients 1 || return 3
    exactly 'DRBD pings every' "$(on n1 'drbdsetup show r0' | awk '$1 == "ping-int" { print $2 + 0 }') s" '30 s'
    on_both 'dmesg -C' >/dev/null
    pid=$(mysqld_of n1)
    began=$(microseconds)
    "$LAB/link" cut both n1 --carrier
    exactly 'cut off: the disk is suspended' "$(within 40 is_suspended n1 && echo yes)" yes
    report 'from the cut to the suspension, at most' "$((($(microseconds) - began) / 1000)) ms"
    exactly 'the database was not stopped' "$(mysqld_of n1)" "$pid"
    within 90 is_served_since "$(microseconds)"
    exactly 'n2 holds the group' "$(holds n2 && echo yes)" yes
    report 'longest time without a row' "$(($(longest_outage_since "$began") / 1000)) ms"
    exactly 'n1 is suspended still' "$(is_suspended n1 && echo yes)" yes
    "$LAB/link" heal both n1
    exactly 'the cables are back: in sync, on n2' "$(within 120 in_sync n2 && echo yes)" yes
    exactly 'n1: neither mounted, nor primary, nor a database' \
        "$(within 60 is_given_up n1 && echo yes)" yes
    exactly 'split brains that the kernels saw' "$(split_brains)" 0
    stop_clients
    every_row_is_there
    end_background
    exactly 'time in which both had the address' "$(both_held 2)" 0
}

is_given_up() {
    [ -z "$(mysqld_of "$1")" ] && ! on "$1" 'grep -q " /mnt/drbd " /proc/mounts' &&
        on "$1" 'drbdadm role r0' | grep -q '^Secondary'
}
