# What the scenarios of lost networks share: the pair of issue-style configuration (one `bcast` line,
# keepalive 1 s, deadtime 3 s, a group of one address) that has had the time to learn its surroundings.

# learnt_pair [LINE…]: a settled pair with l0 active; lines for ha.cf besides the usual.
learnt_pair() {
    power_off_all
    configure "${keepalive:-1}" "${deadtime:-3}" 'initdead 10' "$@" || return
    heal $(ports_of l0) $(ports_of l1)
    plug $(ports_of l0) $(ports_of l1)
    forget_logs
    start_pair && ripen
}
# Every neighbour has been asked, every path tried, and fit_settle (2 s) is over.
ripen() { sleep "${LAB_RIPE_SECONDS:-8}"; }
forget_logs() { rm -f "$LAB_WORK"/l?/batond.log; }

epoch_of() { status_of "$1" groups.0.epoch; }
all_holders() { holders | tr '\n' ' '; }
pages_of() { grep -hc 'PAGE: ' "$LAB_WORK/$1/batond.log" || :; }

# Which owner the probe's figures tell of: nobody got the address, nobody gave it up.
nobody_moved() { [ "$gains_l0$losses_l0$gains_l1$losses_l1" = 0000 ]; }
# Nothing was done to this node's address while the probe looked.
owner_untouched() {
    local gains=gains_$1 losses=losses_$1
    exactly "${2:-}$1 got the address (times)" "${!gains}" 0
    exactly "${2:-}$1 gave it up (times)" "${!losses}" 0
}

# The pair is one owner and one standby that hear each other; the standby need not be fit (hold-down).
at_rest() {
    is_holder "$1" && has_state "$1" active && has_state "$(other "$1")" standby &&
        hears_peer "$1" && hears_peer "$(other "$1")"
}
# rests WHAT OWNER SECONDS
rests() {
    within "$3" at_rest "$2"
    exactly "$1" "$(within 1 at_rest "$2" && echo "$2 active, $(other "$2") standby" || said)" \
        "$2 active, $(other "$2") standby"
}
said() {
    local node
    for node in l0 l1; do
        printf '%s:%s/%s ' "$node" "$(status_of "$node" groups.0.state)" "$(status_of "$node" peer.state)"
    done
}

# Quick runs (`lab quick`) take one round of the first kind only.
rounds() { if [ -n "${BATON_LAB_QUICK:-}" ]; then echo 1; else echo "${LAB_ROUNDS:-$1}"; fi; }
