# a third host says by ARP that the group's and the nodes' addresses are its own: never a takeover, at most a delay
# In normal running, with the replication link cut, and during a crash; by its own Ethernet address and by
# that of a node. The client is deceived too, which nobody can prevent: its outage is not judged meanwhile.
. "$LAB_HERE/evidence.sh"

start_spoof() {
    nsenter --net=/run/netns/stranger baton-lab spoof --device eth1 "$@" >"$LAB_WORK/spoof.out" &
    spoof_pid=$!
}
stop_spoof() {
    kill -TERM "$spoof_pid"
    wait "$spoof_pid"
    sed 's/^/   the stranger: /' "$LAB_WORK/spoof.out"
}
all_of_ours="--address $group_address --address 192.168.1.2 --address 192.168.1.3"
processes_of() { for node; do daemon_pids "$node"; done | tr '\n' ' '; }

run() {
    local mac how
    add_stranger || return 3
    learnt_pair || return 3
    for how in 'its own' 'of the standby'; do
        mac=
        [ "$how" = 'its own' ] || mac="--mac $(mac_of l1)"
        nothing_moves "normal running, MAC $how: " '' '' "$mac" || return 3
        nothing_moves "replication cut, MAC $how: " 'cut l0r l1r' 'heal l0r l1r' "$mac" || return 3
    done
    nothing_moves 'replication cut, MAC of the active: ' 'cut l0r l1r' 'heal l0r l1r' "--mac $(mac_of l0)" || return 3
    crashed 'crash, MAC its own: ' '' || return 3
    crashed 'crash, MAC of the dead node: ' "--mac $(mac_of l0)" || return 3
}

# nothing_moves WHAT FAULT REPAIR SPOOFING
nothing_moves() {
    local before
    before=$(processes_of l0 l1)
    probe_start || return 3
    sleep 0.3
    start_spoof $all_of_ours $4
    sleep 1
    $2
    sleep 12
    $3
    sleep 2
    stop_spoof
    sleep 3
    probe_stop || return 3
    owner_untouched l0 "$1"
    owner_untouched l1 "$1"
    exactly "${1}two owners (kernels), µs" "$double_ownership" 0
    exactly "${1}no process ended" "$([ "$(processes_of l0 l1)" = "$before" ] && echo yes)" yes
    report "${1}questions of the client answered" "$((answered * 100 / asked)) %"
    report "${1}pages of l0, l1" "$(pages_of l0), $(pages_of l1)"
    rests "${1}at rest" l0 15
    within 10 at_rest l0 || learnt_pair
}

# crashed WHAT SPOOFING: ten seconds of it, then the truth.
crashed() {
    local before
    learnt_pair || return 3
    probe_start || return 3
    sleep 0.3
    start_spoof $all_of_ours $2
    sleep 2
    before=$(processes_of l1)
    crash l0 >/dev/null || return 3
    sleep 10
    report "${1}held while it goes on by" "$(all_holders)"
    report "${1}pages of l1 while it goes on" "$(pages_of l1)"
    # An answer from an unknown Ethernet address holds the takeover and pages. One that answered beside the peer
    # while that lived is known for a proxy, and its answers say nothing: then l1 has taken the group.
    exactly "${1}l1 pages, or has taken it" "$([ "$(pages_of l1)" -ge 1 ] || is_holder l1 && echo yes)" yes
    printf '   l1 says: %s\n' "$(status_of l1 reason)"
    stop_spoof
    mark truth
    within 70 is_holder l1
    # Whoever believed the stranger asks anew in the end, or hears the owner's next announcement.
    within 70 client_is_served
    sleep 0.5
    probe_stop || return 3
    exactly "${1}who holds in the end" "$(all_holders)" 'l1 '
    # jeopardy_time (45 s) and announce_interval (60 s) are the longest that anything waits.
    at_most "${1}served again after its end" "$first_truth" 65000000 "$stall"
    exactly "${1}two owners (kernels), µs" "$double_ownership" 0
    exactly "${1}no process ended" "$([ "$(processes_of l1)" = "$before" ] && echo yes)" yes
}
