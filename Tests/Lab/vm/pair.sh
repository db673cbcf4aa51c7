# The two machines of the laboratory: power, cables, commands, waiting. Nothing here knows what runs on them.
#
#   n1, n2     eth1 192.168.1.2 / .3 service LAN, eth2 192.168.2.2 / .3 replication link, /dev/vdb raw
#   client     192.168.1.50, a network namespace of this machine

nodes='n1 n2'
client_net=${LAB_NAME:-fol}-client
other() { case $1 in n1) echo n2 ;; n2) echo n1 ;; esac; }
replication_of() { case $1 in n1) echo 192.168.2.2 ;; n2) echo 192.168.2.3 ;; esac; }

# The packages that the machines have beyond those of the laboratory itself.
export LAB_EXTRA_PKGS=${LAB_EXTRA_PKGS:-mariadb-server,libssl3,netcat-openbsd}

# on NODE COMMAND: as root, by the shell there; `</dev/null`, or it would eat the caller's loop.
on() { local node=$1; shift; timeout "${on_seconds:-300}" "$LAB/ssh" "$node" "$@" </dev/null; }
on_both() {
    local node pids=() code=0
    for node in $nodes; do on "$node" "$@" & pids+=($!); done
    for node in "${pids[@]}"; do wait "$node" || code=1; done
    return "$code"
}
copy() { "$LAB/cp" "$@" </dev/null; }
in_client() { ip netns exec "$client_net" "$@"; }
is_on() { timeout 10 "$LAB/ssh" "$1" true </dev/null 2>/dev/null; }

# Fresh machines with empty disks.
fresh_pair() {
    "$LAB/down" >/dev/null 2>&1
    "$LAB/build" >"$LAB_WORK/build.log" 2>&1 || { tail -5 "$LAB_WORK/build.log"; return 1; }
    "$LAB/up" >"$LAB_WORK/up.log" 2>&1 || { tail -5 "$LAB_WORK/up.log"; return 1; }
}
power_off() { "$LAB/kill" "$1"; }
# An emulated machine now and then does not come up at all, which is nothing of ours: its switch is tried once more.
power_on() {
    "$LAB/boot" "$1" >/dev/null && return
    echo "   $1 was switched on and did not come up; once more"
    power_off "$1"
    "$LAB/boot" "$1" >/dev/null
}

microseconds() { local now=$EPOCHREALTIME; echo "${now/[.,]/}"; }

# within SECONDS COMMAND…: until it succeeds.
within() {
    local ends=$(($(microseconds) + $1 * 1000000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(microseconds)" -lt "$ends" ] || return 1
        sleep 0.2
    done
}

# What runs behind a scenario, by pid; ended with it.
background=()
end_background() {
    local pid
    for pid in "${background[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${background[@]}"; do wait "$pid" 2>/dev/null; done
    background=()
}

# The cost of one fork and exec on a node, in ms: what to compare figures by under emulation.
fork_cost() {
    # shellcheck disable=SC2016
    on "$1" 's=${EPOCHREALTIME/./}; for i in {1..50}; do /bin/true; done; e=${EPOCHREALTIME/./}; echo $(((e - s) / 50000))'
}

# The same of a whole program of ours, that does nothing, in ms.
program_cost() {
    # shellcheck disable=SC2016
    on "$1" 's=${EPOCHREALTIME/./}; for i in {1..5}; do baton --version >/dev/null; done; e=${EPOCHREALTIME/./}
        echo $(((e - s) / 5000))'
}

# For whoever asks why a bound is broken.
show_nodes() {
    local node
    for node in $nodes; do
        printf -- '-- %s:\n' "$node"
        on_seconds=20 on "$node" 'baton status --local 2>&1; grep -A1 "^ 0:" /proc/drbd; grep drbd0 /proc/mounts
            ip -br addr show eth1; journalctl -u batond -n 15 --no-pager -o short' 2>&1 | tail -45
    done
}
