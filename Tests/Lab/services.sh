# What the scenarios of service monitors share: stand-ins that listen, and a group that is watched.

# watched ACTION-LINES…: mon.cf of these lines on both nodes, and a group with an address and a monitor.
watched() {
    local node
    for node in l0 l1; do
        printf '%s\n' "$@" >"$LAB_WORK/$node/etc/mon.cf"
        echo "l0 IPaddr2::$group_address/24/eth1 monitor" >"$LAB_WORK/$node/etc/haresources"
    done
}

# open_port NODE PORT: something on the node that accepts connections.
open_port() {
    on "$1" bash -c 'setsid baton-lab serve --name "$1" --port "$2" >/dev/null 2>&1 </dev/null &' \
        serve "$1" "$2"
    within 5 listens "$1" "$2"
}
listens() { [ -n "$(server_of "$1" "$2")" ] && on "$1" bash -c ": </dev/tcp/127.0.0.1/$2" 2>/dev/null; }

# The pid, in the world's numbering, of what open_port started.
server_of() {
    local pid
    for pid in $(printf '%s\n' /proc/[0-9]* | sed 's|/proc/||'); do
        [[ /proc/$pid/exe -ef $LAB_WORK/bin/baton-lab ]] &&
            [[ /proc/$pid/ns/pid -ef /proc/${power[$1]}/ns/pid ]] &&
            tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "--port $2 \$" &&
            echo "$pid"
    done
}
close_port() {
    local pid
    for pid in $(server_of "$1" "$2"); do kill -KILL "$pid"; done
}

# The state of a service as a node's status has it: monitor_state NODE HOSTGROUP/SERVICE.
monitor_state() {
    paste -d ' ' <(status_of "$1" 'monitors.*.name') <(status_of "$1" 'monitors.*.state') |
        sed -n "s|^$2 ||p"
}
is_monitor() { [ "$(monitor_state "$1" "$2")" = "$3" ]; }

# Lines of a node's log that page.
pages() { grep -c 'PAGE: ' "$LAB_WORK/$1/batond.log"; }
