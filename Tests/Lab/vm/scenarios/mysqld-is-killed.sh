# the article's cluster, mysqld killed ROUNDS times under inserts: mon.cf notices and its alert moves the group

kill_database() { on "$1" 'kill -KILL "$(cat /run/mysqld/mysqld.pid)"'; }

run() {
    local round active began
    furnish && start_pair && under_clients 1 || return 3
    stall=0
    active=$(holder)
    for round in $(seq 1 "${ROUNDS:-5}"); do
        # randstart of the article: the first checks are spread over a minute.
        within 120 is_watched "$active"
        began=$(microseconds)
        kill_database "$active"
        active=$(other "$active")
        within 90 is_served_since "$(($(microseconds) + 1000000))"
        tally killed "$(longest_outage_since "$began")"
        within 60 holds "$active"
        exactly "round $round: it runs whole on" "$(holds "$active" && echo "$active")" "$active"
        # auto_failback on: by this word the group may go home.
        on_both 'baton clear' >/dev/null 2>&1
        within 90 is_settled_somewhere
        exactly "round $round: after baton clear all is fine" "$(is_settled_somewhere && echo yes)" yes
        active=$(holder)
    done
    stop_clients
    every_row_is_there
    end_background
    at_worst killed 'mysqld killed: longest time without a row' 60000000
    never_two_owners_here
    report 'one fork and exec on a node' "$(fork_cost n1) ms"
}
