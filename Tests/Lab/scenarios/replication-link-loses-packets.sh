# 20 % and 40 % loss on the replication link, both ways, at 1 s/3 s and 100 ms/300 ms: no failover, never two owners
# BATON_LOSS_SECONDS each (60; check-long 600).
. "$LAB_HERE/loss.sh"

run() {
    local loss
    for loss in ${LAB_LOSSES:-20 40}; do
        lossy 1s 3s "$loss" bad_link || return 3
        no_outage "1s/3s, $loss %: "
        lossy 100ms 300ms "$loss" bad_link || return 3
        no_outage "100ms/300ms, $loss %: "
    done
}
