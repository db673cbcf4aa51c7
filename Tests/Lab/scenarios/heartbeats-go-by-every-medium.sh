# each kind of heartbeat link alone, IPv4 and IPv6: it comes up, it goes down and up with its cable, and a crash is seen
# `auto_links off`, so that no learnt path stands in for it; both nodes have the same lines.
. "$LAB_HERE/evidence.sh"

link_state() { status_of "$1" links.0.state; }
is_link() { [ "$(link_state l0)" = "$1" ] && [ "$(link_state l1)" = "$1" ]; }

run() {
    local node
    for node in l0 l1; do
        # A machine's own setting; without it an address is not usable for a second after each boot.
        in_net "$node" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth2/accept_dad' 2>/dev/null
    done
    medium bcast 'bcast eth2' || return 3
    medium ucast 'ucast eth2 192.168.2.2' 'ucast eth2 192.168.2.3' || return 3
    medium mcast 'mcast eth2 239.0.0.42 694 1 0' || return 3
    medium ucast6 'ucast6 eth2 fd00:2::2' 'ucast6 eth2 fd00:2::3' || return 3
    medium mcast6 'mcast6 eth2 ff15::42 694 1 0' || return 3
}

# medium NAME LINE…
medium() {
    local name=$1 node
    shift
    heartbeat_line=$(printf '%s\n' "$@")
    power_off_all
    for node in l0 l1; do
        ip -n "$node" -6 addr replace "fd00:2::${host_of[$node]}/64" dev eth2 nodad || return 3
    done
    configure 200ms 1 'initdead 10' 'auto_links off' || return 3
    heal l0r l1r
    forget_logs
    start_pair || { result "$name: the pair" "$(said)" settled BROKEN; return 0; }
    exactly "$name: its links" "$(status_of l0 'links.*.kind' | sort -u | tr '\n' ' ')" 'configured '
    within 5 is_link up
    exactly "$name: l0, l1" "$(link_state l0) $(link_state l1)" 'up up'
    probe_start || return 3
    cut l0r l1r
    within 5 is_link down
    exactly "$name, cut: l0, l1" "$(link_state l0) $(link_state l1)" 'down down'
    heal l0r l1r
    within 5 is_link up
    exactly "$name, healed: l0, l1" "$(link_state l0) $(link_state l1)" 'up up'
    sleep 1
    probe_stop || return 3
    owner_untouched l0 "$name: "
    never_two_owners "$name: "
    ripen
    probe_start || return 3
    sleep 0.3
    crash l0 >/dev/null || return 3
    within 10 is_holder l1
    sleep 0.3
    probe_stop || return 3
    at_most "$name, crash: outage (deadtime 1 s)" "$gap_crash" 1060000 "$stall"
    lay_addresses l0
    heal l0s l0r
}
