# What the scenarios of a bad cable share: some of all packets lost for BATON_LOSS_SECONDS (60; check-long
# asks for 600), judged by what moved.
. "$LAB_HERE/evidence.sh"

# lossy KEEPALIVE DEADTIME LOSS CABLE: CABLE is a function that makes the cable bad by the per cent given.
lossy() {
    local what="$1/$2, $3 %: " seconds=${BATON_LOSS_SECONDS:-60} before pages
    keepalive=$1 deadtime=$2
    learnt_pair || return 3
    before=$(epoch_of l0)
    pages=$(($(pages_of l0) + $(pages_of l1)))
    probe_start || return 3
    sleep 0.3
    "$4" "$3"
    sleep "$seconds"
    probe_stop || return 3
    printf '   %sl0 says %s, l1 says %s of the other\n' "$what" "$(status_of l0 peer.state)" \
        "$(status_of l1 peer.state)"
    good_cable
    "$judge" "${what}failovers in $seconds s" "$((gains_l0 + gains_l1))" 0
    "$judge" "${what}times given up" "$((losses_l0 + losses_l1))" 0
    "$judge" "${what}epoch" "$(epoch_of l0)" "$before"
    "$judge" "${what}two owners (kernels), µs" "$double_ownership" 0
    "$judge" "${what}two owners (ARP)" "$double_arp" 0
    report "${what}pages" "$(($(pages_of l0) + $(pages_of l1) - pages))"
}
judge=exactly
only_report() { report "$1" "$2"; }

# Both ways, on the link between the two.
bad_link() { bad_replication --loss-ab "$1" --loss-ba "$1"; }
good_cable() { good_replication; }
