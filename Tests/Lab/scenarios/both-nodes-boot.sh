# both nodes cold-started: settled within 2 keepalives plus the longest status probe
# Counted from the second daemon's start command to the client's first answer.

run() {
    local keepalive times first middle double=0
    for first in l0 l1; do
        times=()
        for _ in 1 2 3; do
            rm -rf "$LAB_WORK/l0/state" "$LAB_WORK/l1/state"
            configure 1 3 'initdead 10' || return 3
            boot l0 && boot l1 || return 3
            start_daemon "$first"
            sleep 2
            exactly "$first alone after its boot holds" "$(holders | tr '\n' ' ')" ''
            probe_start || return 3
            mark cold
            start_daemon "$(other "$first")"
            within 20 is_holder l0
            sleep 0.3
            probe_stop || return 3
            times+=("$first_cold")
            double=$((double + double_ownership + double_arp))
            settled l0 || return 3
            power_off_all
        done
        middle=$(median "${times[@]}")
        at_most "settled, $first was first (keepalive 1 s)" "$middle" 2000000 "$stall"
        printf '   all: %s µs\n' "${times[*]}"
    done
    exactly 'two owners, µs' "$double" 0
}
