# Measuring and judging: the prober around an event, medians, and the result lines that `lab`
# prints as its table. Durations are whole microseconds inside, milliseconds in the table.

broken=0

mark() { baton-lab mark "$LAB_WORK/marks" "$@"; }

# probe_start [probe's options]: the client begins to ask; returns when it does.
probe_start() {
    : >"$LAB_WORK/marks"
    rm -f "$LAB_WORK/figures" "$LAB_WORK/ready" "$LAB_WORK/probe.json"
    # Not through a function: the pid must be the prober's own, for the signal that ends it.
    nsenter --net=/run/netns/client baton-lab probe --target "$group_address" --port "$service_port" --device eth1 \
        --watch l0=/run/netns/l0 --watch l1=/run/netns/l1 --marks "$LAB_WORK/marks" \
        --figures "$LAB_WORK/figures" --json "$LAB_WORK/probe.json" --ready "$LAB_WORK/ready" \
        "$@" >"$LAB_WORK/timeline" &
    probe_pid=$!
    within 5 test -s "$LAB_WORK/ready"
}

# The client stops asking; its figures become shell variables (ProbeReport.swift names them).
probe_stop() {
    kill -TERM "$probe_pid" 2>/dev/null
    wait "$probe_pid" || return
    . "$LAB_WORK/figures"
    cat "$LAB_WORK/timeline" >>"$LAB_WORK/timelines"
    [ -z "${LAB_VERBOSE:-}" ] || cat "$LAB_WORK/timeline"
}

# One question over TCP, as the prober's with --tcp.
client_is_served() {
    in_net client timeout 0.5 bash -c \
        "exec 3<>/dev/tcp/$group_address/$service_port && read -r -u 3 name && [ -n \"\$name\" ]" 2>/dev/null
}

milliseconds() { printf '%d.%d ms' $(($1 / 1000)) $((($1 % 1000) / 100)); }

# The middle one of an odd number of figures.
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# result WHAT MEASURED BOUND VERDICT: one row of the table.
result() {
    # No field empty: the table is read back with tabs between.
    printf '%s\t%s\t%s\t%s\t%s\n' "$scenario" "$1" "${2:-nothing}" "${3:-nothing}" "$4" \
        >>"${LAB_RESULTS:-/dev/null}"
    printf '   %-54s %14s  (%s)  %s\n' "$1" "${2:-nothing}" "${3:-nothing}" "$4"
    [ "$4" != BROKEN ] || broken=1
}

# at_most WHAT MEASURED BOUND [STALL]: holds when measured ≤ bound + stall; -1 means "never". `lab quick`
# only shows what took longer: a machine that stood still does that, and nothing of ours.
at_most() {
    local what=$1 measured=$2 bound=$3 stall=${4:-0} verdict=holds text
    if [ "$measured" -lt 0 ]; then
        result "$what" never "<= $(milliseconds "$bound")" BROKEN
        return
    fi
    if [ "$measured" -gt "$((bound + stall))" ]; then
        verdict=BROKEN
        [ -z "${BATON_LAB_QUICK:-}" ] || verdict=slow
    fi
    text="<= $(milliseconds "$bound")"
    [ "$stall" = 0 ] || text="$text +$(milliseconds "$stall")"
    result "$what" "$(milliseconds "$measured")" "$text" "$verdict"
}

# report WHAT MEASURED: a figure without a bound.
report() { result "$1" "$2" - reported; }

# Figures of several rounds: tally NAME FIGURE notes one, with the stall of the probe that took it; each
# counts less its own stall. at_worst and at_median judge all of a name.
declare -A tallied=()
tally() { tallied[$1]+=" $2:$stall"; }
at_worst() {
    local name=$1 what=$2 bound=$3 pair worst='' allowed=0
    for pair in ${tallied[$name]:-}; do
        if [ -z "$worst" ] || [ $((${pair%:*} - ${pair#*:})) -gt $((worst - allowed)) ]; then
            worst=${pair%:*} allowed=${pair#*:}
        fi
    done
    at_most "$what" "${worst:--1}" "$bound" "$allowed"
    printf '   all: %s\n' "$(all_tallied "$name")"
}
report_worst() {
    local pair worst=-1
    for pair in ${tallied[$1]:-}; do [ "${pair%:*}" -le "$worst" ] || worst=${pair%:*}; done
    report "$2" "$(milliseconds "$worst")"
    printf '   all: %s\n' "$(all_tallied "$1")"
}
at_median() {
    local name=$1 what=$2 bound=$3 pair figures=() beyond=() middle
    for pair in ${tallied[$name]:-}; do
        figures+=("${pair%:*}") beyond+=($((${pair%:*} - ${pair#*:})))
    done
    [ "${#figures[@]}" -gt 0 ] || { at_most "$what" -1 "$bound"; return; }
    middle=$(median "${figures[@]}")
    at_most "$what" "$middle" "$bound" $((middle - $(median "${beyond[@]}")))
    printf '   all: %s\n' "$(all_tallied "$name")"
}
all_tallied() {
    local pair
    for pair in ${tallied[$1]:-}; do
        printf '%s (stall %s), ' "$(milliseconds "${pair%:*}")" "$(milliseconds "${pair#*:}")"
    done
}

# exactly WHAT MEASURED EXPECTED
exactly() {
    if [ "$2" = "$3" ]; then result "$1" "$2" "$3" holds; else result "$1" "$2" "$3" BROKEN; fi
}

# The two sentences every scenario ends with.
never_two_owners() {
    exactly "${1:-}two owners (kernels), µs" "$double_ownership" 0
    exactly "${1:-}two owners (ARP)" "$double_arp" 0
}
no_outage() { at_most "${1:-}longest gap (no outage)" "$longest_gap" 20000 "$stall"; }

# at_least WHAT MEASURED BOUND, bare numbers.
at_least() {
    local verdict=holds
    [ "${2:-0}" -ge "$3" ] || verdict=BROKEN
    result "$1" "$2" ">= $3" "$verdict"
}

# sum_memory NODE: sets pss and rss (KiB) and threads (highest of any process, and its role).
sum_memory() {
    local pid kib
    pss=0 rss=0 threads=0
    for pid in $(daemon_pids "$1"); do
        kib=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup") && pss=$((pss + kib))
        kib=$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status") && rss=$((rss + kib))
        printf '   %-7s %-20s PSS %6s KiB  VmRSS %6s KiB  threads %s\n' "$pid" "$(role_of "$pid")" \
            "$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")" "$kib" \
            "$(ls "/proc/$pid/task" | wc -l)"
        [ "$(ls "/proc/$pid/task" | wc -l)" -le "$threads" ] ||
            threads=$(ls "/proc/$pid/task" | wc -l)
    done
}

# Copies logs and probe records out of the world when asked for (BATON_LAB_KEEP) or on failure.
keep_records() {
    [ -n "${BATON_LAB_KEEP:-}" ] || {
        [ "$1" = 0 ] || for node in l0 l1; do
            [ -f "$LAB_WORK/$node/batond.log" ] &&
                { printf -- '-- %s, last lines of its log:\n' "$node"
                  tail -n 12 "$LAB_WORK/$node/batond.log"; }
        done
        return 0
    }
    local target=$BATON_LAB_KEEP/$scenario
    mkdir -p "$target"
    cp -r "$LAB_WORK"/. "$target"/
    rm -f "$target"/*/etc/authkeys
}
