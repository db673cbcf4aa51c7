# The common part of the scenarios that strike one process of the active batond after the other:
# nothing may move, nobody may own twice, and the process is replaced before the peer may take.

# Processes that are neither frozen nor zombies, as a sorted list of roles.
living_roles() {
    local pid state
    for pid in $(daemon_pids "$1"); do
        state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null)
        case $state in T | t | Z | X | '') ;; *) role_of "$pid" ;; esac
    done | sort | tr '\n' ' '
}
roles_are_back() { [ "$(living_roles "$1")" = "$2" ]; }

# The first living process of a role.
with_role() {
    local pid
    for pid in $(daemon_pids "$1"); do
        [ "$(role_of "$pid")" != "$2" ] || { echo "$pid"; return; }
    done
}

strike_each() {
    local signal=$1 active=l0 deadtime_ms=1000 roles pid role replaced started
    configure 200ms "${deadtime_ms}ms" 'initdead 10' || return 3
    start_pair || return 3
    roles=$(living_roles $active)
    exactly 'processes found (at least 2)' "$(($(wc -w <<<"$roles") >= 2))" 1
    # By role, for each strike replaces processes and with them the numbers.
    for role in $(printf '%s\n' $roles | uniq); do
        pid=$(with_role $active "$role")
        [ -n "$pid" ] || { result "$signal $role" gone there BROKEN; continue; }
        probe_start || return 3
        sleep 0.3
        started=${EPOCHREALTIME/[.,]/}
        mark strike
        kill -"$signal" "$pid"
        replaced=-1
        within 4 roles_are_back $active "$roles" &&
            replaced=$((${EPOCHREALTIME/[.,]/} - started))
        # Long enough for a peer that was going to take.
        sleep 2.5
        probe_stop || return 3
        at_most "$signal $role: replaced" "$replaced" $((deadtime_ms * 1000))
        no_outage "$signal $role: "
        never_two_owners "$signal $role: "
        exactly "$signal $role: who holds" "$(holders | tr '\n' ' ')" "$active "
        exactly "$signal $role: the peer did nothing" \
            "$(status_of "$(other $active)" groups.0.state)" standby
        settled $active 10 || return 3
    done
}
