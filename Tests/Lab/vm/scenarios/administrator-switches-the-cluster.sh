# the article's cluster, `baton standby` ROUNDS times while a client inserts: no acknowledged row is lost

run() {
    local round active=n1 began
    furnish && start_pair && under_clients 1 || return 3
    stall=0
    for round in $(seq 1 "${ROUNDS:-5}"); do
        sleep 2
        began=$(microseconds)
        on "$active" 'baton standby' >"$LAB_WORK/standby.out" 2>&1
        exactly "round $round: baton standby, exit code" $? 0
        active=$(other "$active")
        within 60 is_served_since "$(microseconds)"
        tally switch "$(longest_outage_since "$began")"
        within 60 is_settled "$active"
        exactly "round $round: it runs whole on" "$(is_settled "$active" && echo "$active")" "$active"
        on_both 'baton clear' >/dev/null 2>&1
        within 60 is_settled_somewhere
        active=$(holder)
    done
    stop_clients
    every_row_is_there
    end_background
    at_worst switch 'an orderly switch: longest time without a row' 60000000
    never_two_owners_here
    report 'one fork and exec on a node' "$(fork_cost n1) ms"
}
