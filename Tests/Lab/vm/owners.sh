# Who holds what, sampled on both machines all the time: the group's address, the DRBD role, the mount. The judge
# looks for a time at which both held the same.

# One line per change and twice a second: TIME ADDRESS PRIMARY MOUNTED. Builtins only: a fork on an emulated machine
# takes longer than the time between two looks.
sampler='
exec 9<> <(:)
last=
printed=0
while :; do
    read -r -d "" routes </proc/net/fib_trie
    read -r -d "" drbd </proc/drbd
    read -r -d "" mounts </proc/mounts
    a=0 p=0 m=0
    [[ $routes != *"-- 192.168.1.100"* ]] || a=1
    [[ $drbd != *"ro:Primary/"* ]] || p=1
    [[ $mounts != *" /mnt/drbd "* ]] || m=1
    now=$EPOCHREALTIME
    if [ "$a $p $m" != "$last" ] || [ "${now%.*}${now:11:1}" -ge "$((printed + 5))" ]; then
        # The end of what was held until now is the look before this one.
        [ -z "$last" ] || [ "$a $p $m" = "$last" ] || echo "$before $last"
        echo "$now $a $p $m"
        last="$a $p $m"
        printed=${now%.*}${now:11:1}
    fi
    before=$now
    read -r -t 0.05 -u 9
done'

# The clock of a machine less ours, in seconds: from the quickest of some questions.
clock_offset() {
    local try began said ended
    for try in {1..9}; do
        began=$EPOCHREALTIME
        # shellcheck disable=SC2016
        said=$(on "$1" 'echo $EPOCHREALTIME')
        ended=$EPOCHREALTIME
        echo "$began $said $ended"
    done | awk '{ took = $3 - $1; if (!best || took < best) { best = took; offset = $2 - ($1 + $3) / 2 } }
        END { printf "%.4f", offset }'
}

# watch_owners NODE…: from now on; again after each boot of a node.
watch_owners() {
    local node offset
    for node in "$@"; do
        offset=$(clock_offset "$node")
        : >>"$LAB_WORK/owners.$node"
        "$LAB/ssh" "$node" "bash -c '$sampler'" </dev/null 2>/dev/null |
            awk -v offset="$offset" '{ printf "%.4f %s %s %s\n", $1 - offset, $2, $3, $4; fflush() }' \
                >>"$LAB_WORK/owners.$node" &
        background+=($!)
    done
}
forget_owners() { rm -f "$LAB_WORK"/owners.*; }

# The time both held ADDRESS (2), PRIMARY (3) or MOUNT (4), in ms, beyond what the clocks may differ by.
both_held() {
    awk -v column="$1" '
        FNR == 1 { file++ }
        # A gap of two seconds is a machine without power.
        $column == 1 {
            if (on[file] && $1 - last[file] < 2) ends[file, count[file]] = $1
            else { count[file]++; begins[file, count[file]] = ends[file, count[file]] = $1 }
            last[file] = $1
        }
        { on[file] = $column }
        END {
            for (i = 1; i <= count[1]; i++) for (j = 1; j <= count[2]; j++) {
                from = begins[1, i] > begins[2, j] ? begins[1, i] : begins[2, j]
                to = ends[1, i] < ends[2, j] ? ends[1, i] : ends[2, j]
                if (to - from > 0.1) sum += to - from
            }
            printf "%d", sum * 1000
        }' "$LAB_WORK/owners.n1" "$LAB_WORK/owners.n2"
}
never_two_owners_here() {
    exactly "${1:-}both hold the address, ms" "$(both_held 2)" 0
    exactly "${1:-}both are DRBD primary, ms" "$(both_held 3)" 0
    exactly "${1:-}both have it mounted, ms" "$(both_held 4)" 0
    at_least "${1:-}looks at n1, n2 (the fewer)" \
        "$(wc -l "$LAB_WORK"/owners.n1 "$LAB_WORK"/owners.n2 | sort -n | awk 'NR == 1 { print $1 }')" 20
}
