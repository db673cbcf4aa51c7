# both nodes, once in contact, cold-started with the replication link cut: one owner; with everything cut: as boot_policy says
run() {
    local policy
    once_in_contact '' || return 3
    cut l0r l1r
    probe_start || return 3
    boot l0 && boot l1 && start_daemon l0 && start_daemon l1 || return 3
    settled l0 20 || return 3
    sleep 5
    probe_stop || return 3
    never_two_owners 'replication link cut: '
    exactly 'replication link cut: who holds' "$(holders | tr '\n' ' ')" 'l0 '
    heal l0r l1r
    for policy in last-owner wait any; do
        once_in_contact "boot_policy $policy" || return 3
        cut l0r l1r l0s l1s
        boot l0 && boot l1 && start_daemon l0 && start_daemon l1 || return 3
        sleep 20
        case $policy in
            last-owner) exactly 'all cut, last-owner: who holds' "$(holders | tr '\n' ' ')" 'l0 ' ;;
            wait) exactly 'all cut, wait: who holds' "$(holders | tr '\n' ' ')" '' ;;
            any) printf '   all cut, any: held by %s\n' "$(holders | tr '\n' ' ')" ;;
        esac
        heal l0r l1r l0s l1s
        settled l0 30 || return 3
    done
}

# A pair that has met and whose machines lost their power; its state is kept.
once_in_contact() {
    power_off_all
    configure 1s 3s 'initdead 6' "$1" || return 3
    start_pair || return 3
    sleep 3
    local node
    for node in l0 l1; do
        crash "$node" >/dev/null || return 3
        within 5 is_off "$node"
        lay_addresses "$node"
        heal "${node}s" "${node}r"
    done
}
