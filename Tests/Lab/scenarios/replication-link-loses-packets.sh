# 20 % and 40 % loss on the replication link, both ways, at 1 s/3 s and 100 ms/300 ms: no failover, never two owners
# BATON_LOSS_SECONDS each (60; check-long 600).
. "$LAB_HERE/loss.sh"

run() {
    local loss pair
    for loss in ${LAB_LOSSES:-20 40}; do
        for pair in ${LAB_TIMINGS:-1s/3s 100ms/300ms}; do
            lossy "${pair%/*}" "${pair#*/}" "$loss" bad_link || return 3
            report "$pair, $loss %: the client's longest wait" "$(milliseconds "$longest_gap")"
        done
    done
}
