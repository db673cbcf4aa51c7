# both nodes, once in contact, power-cycled with the replication link cut: one owner; with both networks cut: as boot_policy says
# State is kept, as machines keep it. One owner within initdead + deadtime, and it stays the only one; the
# links healed, the pair settles around it.
. "$LAB_HERE/evidence.sh"

run() {
    replication_cut 'replication cut: ' 'l0 l1' || return 3
    replication_cut 'replication cut, l1 12 s later: ' 'l0 - l1' || return 3
    replication_cut 'replication cut, l0 12 s later: ' 'l1 - l0' || return 3
    all_cut wait '' || return 3
    all_cut last-owner 'l0 ' || return 3
}

# power_cycled [LINE…]: a pair that has met; both machines off and on, no daemon yet.
power_cycled() {
    local node
    learnt_pair "$@" || return
    : >"$LAB_WORK/marks"
    for node in l0 l1; do crash "$node" >/dev/null && within 5 is_off "$node" || return; done
    forget_logs
    for node in l0 l1; do power_on "$node" || return; done
}
one_owner() { [ "$(holders | wc -w)" = 1 ]; }

# replication_cut WHAT ORDER: the daemons started in this order, - is a pause.
replication_cut() {
    local step owner took=-1 started
    power_cycled || return 3
    cut l0r l1r
    probe_start || return 3
    for step in $2; do
        if [ "$step" = - ]; then sleep 12; else start_daemon "$step"; fi
    done
    started=${EPOCHREALTIME/[.,]/}
    within 25 one_owner && took=$((${EPOCHREALTIME/[.,]/} - started))
    # Long enough for another one to believe that it is alone.
    sleep 20
    probe_stop || return 3
    owner=$(holders)
    at_most "${1}one owner after" "$took" 13000000
    exactly "${1}owners in the end" "$(wc -w <<<"$owner")" 1
    never_two_owners "$1"
    exactly "${1}times the address moved on" "$((losses_l0 + losses_l1))" 0
    report "${1}owner" "$owner"

    probe_start || return 3
    heal l0r l1r
    sleep 5
    probe_stop || return 3
    [ "$(wc -w <<<"$owner")" = 1 ] || return 0
    rests "${1}healed, at rest" "$owner" 15
    owner_untouched "$owner" "${1}healed: "
    never_two_owners "${1}healed: "
}

# all_cut POLICY HOLDERS: nobody hears anybody; well beyond initdead and deadtime.
all_cut() {
    local what="all cut, boot_policy $1: "
    power_cycled "boot_policy $1" || { result "$what" 'no pair' 'a pair' BROKEN; return 0; }
    cut l0r l1r l0s l1s
    probe_start || return 3
    start_daemon l0
    start_daemon l1
    sleep 25
    probe_stop || return 3
    exactly "${what}who holds" "$(all_holders)" "$2"
    exactly "${what}two owners, µs" "$double_ownership" 0
    exactly "${what}l1 says what to type" "$([ -n "$(status_of l1 nextStep)" ] && echo yes)" yes

    probe_start || return 3
    heal l0r l1r l0s l1s
    sleep 8
    probe_stop || return 3
    rests "${what}healed, at rest" l0 20
    never_two_owners "${what}healed: "
    [ -z "$2" ] || owner_untouched l0 "${what}healed: "
}
