# 20 % and 40 % loss on the replication link, both ways: no failover, never two owners
# BATON_LOSS_SECONDS each (60; check-long 600), at keepalive 1 s, deadtime 3 s, and at 100 ms, 300 ms.

run() {
    local pair loss seconds=${BATON_LOSS_SECONDS:-60}
    for pair in 1s:3s 100ms:300ms; do
        configure "${pair%:*}" "${pair#*:}" 'initdead 10' || return 3
        start_pair || return 3
        for loss in 20 40; do
            bad_replication --loss-ab $loss --loss-ba $loss
            probe_start || return 3
            sleep "$seconds"
            probe_stop || return 3
            good_replication
            never_two_owners "$pair, $loss %, $seconds s: "
            exactly "$pair, $loss %: who holds" "$(holders | tr '\n' ' ')" 'l0 '
            exactly "$pair, $loss %: takeovers" "$(grep -c 'all started' "$LAB_WORK/l1/batond.log")" 0
            no_outage "$pair, $loss %: "
        done
        power_off_all
    done
}
