# one network for everything, the cable of the active node pulled: it lets go before the other takes, and yields
# With its carrier, and silently. The new owner is not touched when the cable is put back.
. "$LAB_HERE/evidence.sh"

run() {
    one_network || return 3
    several 'carrier lost' unplug plug || return 3
    [ -n "${BATON_LAB_QUICK:-}" ] || several 'silently' cut heal || return 3
}

# several NAME CUT HEAL
several() {
    local name=$1 count taken=0 first=0 kept=0 rested=0 double=0 least=''
    count=$(rounds 3)
    for _ in $(seq "$count"); do
        learnt_pair || return 3
        probe_start || return 3
        sleep 0.3
        mark pulled
        "$2" l0s
        ! within 15 is_holder l1 || taken=$((taken + 1))
        sleep 3
        mark back
        "$3" l0s
        sleep 6
        probe_stop || return 3
        tally "$name" "$gap_pulled"
        tally "$name back" "$gap_back"
        double=$((double + double_ownership + double_arp))
        # Empty where nobody took after another had it, negative where both had it.
        [ "${handover:--1}" -lt 0 ] || first=$((first + 1))
        [ -z "$handover" ] || [ "${least:-$handover}" -lt "$handover" ] || least=$handover
        [ "$gains_l1/$losses_l1" = 1/0 ] && kept=$((kept + 1))
        if within 10 at_rest l1; then rested=$((rested + 1)); else printf '   %s\n' "$(said)"; fi
    done
    exactly "$name: rounds in which the other took" "$taken" "$count"
    exactly "$name: rounds in which it was let go first" "$first" "$count"
    report "$name: let go before taken, at least" "$(milliseconds "${least:-0}")"
    exactly "$name: two owners, µs" "$double" 0
    report "$name: outages" "$(all_tallied "$name")"
    exactly "$name, cable back: rounds the owner was untouched" "$kept" "$count"
    exactly "$name, cable back: rounds that came to rest" "$rested" "$count"
    at_worst "$name back" "$name, cable back: outage" 60000
}
