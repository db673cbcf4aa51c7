# The world's parts and what can be done to them: networks, power, cables, daemons. Sourced by
# inside.sh and by `lab shell`; nothing here judges.
#
#   lan (the switch)      br1, the service LAN 192.168.1.0/24: ports l0s l1s cls gws
#                         br2, the replication link 192.168.2.0/24: ports l0r l1r
#   l0, l1 (nodes)        eth1 .2 / .3 on br1, eth2 .2 / .3 on br2; own mounts, processes, host name
#   client                eth1 192.168.1.50; asks for 192.168.1.100
#   gateway               eth1 192.168.1.254, where the nodes' default route leads; it only answers
#
# Where a scenario asks: `one_network` (no br2, no eth2), `add_node f0` (another machine on both
# networks: .12), `add_stranger` (a host on br1 that is nobody's: .66).
#
# A node is a network namespace with a plug: `boot` starts its first process in its own process
# namespace, with its own boot id over /proc/sys/kernel/random/boot_id; `crash` cuts its switch
# ports (carrier stays) and kills that first process, which for the kernel is killing all of them.

group_address=192.168.1.100
service_port=7000
gateway_address=192.168.1.254
# What ha.cf says of heartbeats, the same on both nodes.
heartbeat_line='bcast eth2'
declare -A power=()
# The last byte of a node's addresses, and the name in its ha.cf where that is not its own.
# More options for its daemon; NODE stands for its name.
daemon_options=()
declare -A host_of=([l0]=2 [l1]=3 [f0]=12 [f1]=13) called=()

address_of() { echo "192.168.1.${host_of[$1]}"; }
replication_of() { echo "192.168.2.${host_of[$1]}"; }
# Its Ethernet address on the service LAN (1) or the replication link (2).
mac_of() { printf '02:00:00:00:%02x:%02x' "${2:-1}" "${host_of[$1]}"; }
other() { case $1 in ?0) echo "${1%0}1" ;; ?1) echo "${1%1}0" ;; esac; }
# The switch's ports where a node is plugged in.
ports_of() {
    if [ -n "$has_replication" ]; then echo "${1}s ${1}r"; else echo "${1}s"; fi
}
has_replication=yes

in_net() { local net=$1; shift; nsenter --net="/run/netns/$net" "$@"; }

build_world() {
    mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p "$LAB_WORK/bin" || return
    # Copies: a build going on beside us must not change what runs here.
    local program
    for program in batond batond-peer baton baton-monitor baton-resource baton-lab; do
        [ -x "$LAB_BIN/$program" ] && cp "$LAB_BIN/$program" "$LAB_WORK/bin/"
    done
    PATH=$LAB_WORK/bin:/usr/local/sbin:/usr/sbin:/sbin:$PATH
    local net
    for net in lan client gateway; do
        ip netns add "$net" && ip -n "$net" link set lo up || return
    done
    ip -n lan -batch - <<'IP' || return
link add br1 type bridge stp_state 0 mcast_snooping 0
link add br2 type bridge stp_state 0 mcast_snooping 0
link set br1 up
link set br2 up
IP
    wire cls br1 client eth1 02:00:00:00:01:32 && wire gws br1 gateway eth1 02:00:00:00:01:fe || return
    ip -n client addr add 192.168.1.50/24 brd + dev eth1 &&
        ip -n gateway addr add "$gateway_address/24" brd + dev eth1 || return
    add_node l0 && add_node l1
}

# wire PORT BRIDGE NAMESPACE DEVICE MAC: a cable from the switch to a host.
wire() {
    ip -n lan link add "$1" address "${5/02:00:00:00/02:00:00:01}" type veth \
        peer name "$4" netns "$3" address "$5" &&
        ip -n lan link set "$1" master "$2" up && ip -n "$3" link set "$4" up
}

# A machine on both networks, without power.
add_node() {
    local node=$1
    ip netns add "$node" && ip -n "$node" link set lo up &&
        wire "${node}s" br1 "$node" eth1 "$(mac_of "$node" 1)" &&
        wire "${node}r" br2 "$node" eth2 "$(mac_of "$node" 2)" && lay_addresses "$node"
}

# Somebody on the service LAN, 192.168.1.66.
add_stranger() {
    ip netns add stranger && wire sts br1 stranger eth1 02:00:00:00:01:42 &&
        ip -n stranger addr add 192.168.1.66/24 brd + dev eth1
}

# The world with the service LAN alone, which carries the heartbeats too: before the first boot.
one_network() {
    has_replication=
    heartbeat_line='bcast eth1'
    ip -n lan link del l0r && ip -n lan link del l1r
}

# The node's own addresses and nothing else: what its machine has after its boot. The link-local ones of
# IPv6, which its kernel makes by itself, stay.
lay_addresses() {
    local node=$1
    ip -n "$node" addr flush dev eth1 scope global && ip -n "$node" -batch - <<IP || return
addr add $(address_of "$node")/24 brd + dev eth1
link set eth1 up
route replace default via $gateway_address dev eth1
neigh flush dev eth1
IP
    [ -n "$has_replication" ] || return 0
    ip -n "$node" addr flush dev eth2 scope global && ip -n "$node" -batch - <<IP
addr add $(replication_of "$node")/24 brd + dev eth2
link set eth2 up
neigh flush dev eth2
IP
}

# -- power --------------------------------------------------------------------------------------

boot() {
    local node=$1
    mkdir -p "$LAB_WORK/$node" "/run/$node"
    cat /proc/sys/kernel/random/uuid >"$LAB_WORK/$node/boot_id"
    rm -f "/run/$node/up"
    nsenter --net="/run/netns/$node" unshare -m -u -p -f --kill-child --mount-proc \
        bash -c '
            hostname "$1" && mount --bind "$2/boot_id" /proc/sys/kernel/random/boot_id || exit 1
            baton-lab serve --name "$1" --port "$3" &
            : >"/run/$1/up"
            while :; do sleep 3600 & wait $!; done
        ' "node-$node" "$node" "$LAB_WORK/$node" "$service_port" >>"$LAB_WORK/$node/boot.log" 2>&1 &
    local unshare_pid=$!
    disown "$unshare_pid"
    within 5 test -e "/run/$node/up" || { echo "lab: $node did not boot" >&2; return 1; }
    # The node's first process, as the world numbers it: the child of unshare.
    power[$node]=$(cat "/proc/$unshare_pid/task/$unshare_pid/children" | tr -d ' ')
    [ -n "${power[$node]}" ]
}

# crash NODE [TEXT [PORT]]: all links cut and all processes killed at one moment; the mark TEXT
# ("crash") goes to the probe's file. What is plugged in at PORT loses its carrier with it, as where a
# cable led from machine to machine.
crash() {
    local node=$1 ports
    ports=$(ports_of "$node")
    in_net lan baton-lab crash --node "$node" --pid "${power[$node]}" --ports "${ports// /,}" \
        ${3:+--unplug "$3"} --mark "$LAB_WORK/marks" --text "${2:-crash}" || return
    power[$node]=
    # A machine without power has no addresses either; nobody can see it, its ports are cut.
    ip -n "$node" addr flush dev eth1 scope global
}

# The plug back in: cables heal, the kernel's tables are those of a boot.
power_on() {
    local node=$1
    lay_addresses "$node" && heal $(ports_of "$node") && boot "$node"
}

# Both machines off, as a clean slate: no processes, no addresses but their own.
power_off_all() {
    local node
    for node in l0 l1; do
        [ -z "${power[$node]:-}" ] || kill -KILL "${power[$node]}"
        within 5 is_off "$node"
        power[$node]=
        rm -rf "/run/$node" "$LAB_WORK/$node/state"/*
        lay_addresses "$node"
    done
}
is_off() { [ -z "${power[$1]:-}" ] || [ ! -d "/proc/${power[$1]}" ]; }

# Runs something on a node, in all its namespaces.
on() {
    local node=$1
    shift
    nsenter -t "${power[$node]}" -m -u -p -n -- "$@"
}

# -- cables: a port is l0s l1s cls gws (service) l0r l1r (replication) --------------------------------

cut() { in_net lan baton-lab cut "$@"; }
heal() { in_net lan baton-lab heal "$@"; }
# With the loss of carrier at the node's end, as a pulled plug.
unplug() { local port; for port in "$@"; do ip -n lan link set "$port" down; done; }
plug() { local port; for port in "$@"; do ip -n lan link set "$port" up; done; }
# A bad replication cable: arguments of `baton-lab cable`, direction ab is l0 to l1.
bad_replication() {
    ip -n lan link set l0r nomaster
    ip -n lan link set l1r nomaster
    nsenter --net=/run/netns/lan baton-lab cable l0r l1r "$@" &
    cable_pid=$!
}
good_replication() {
    kill "$cable_pid" && wait "$cable_pid"
    ip -n lan link set l0r master br2
    ip -n lan link set l1r master br2
}

# -- daemons --------------------------------------------------------------------------------------

# configure KEEPALIVE DEADTIME [LINE…]: the same two-node configuration on both nodes.
configure() {
    local keepalive=$1 deadtime=$2 node
    shift 2
    for node in l0 l1; do
        mkdir -p "$LAB_WORK/$node/etc/resource.d" "$LAB_WORK/$node/state"
        {
            printf 'keepalive %s\ndeadtime %s\n' "$keepalive" "$deadtime"
            printf '%s\n' "$heartbeat_line" 'auto_failback off' 'node l0' 'node l1' "$@"
        } >"$LAB_WORK/$node/etc/ha.cf"
        echo "l0 IPaddr2::$group_address/24/eth1" >"$LAB_WORK/$node/etc/haresources"
    done
    make_keys
}

make_keys() {
    [ ! -e "$LAB_WORK/l0/etc/authkeys" ] || return 0
    baton keygen --config "$LAB_WORK/l0/etc" >"$LAB_WORK/keygen.log" 2>&1 || {
        cat "$LAB_WORK/keygen.log" >&2
        return 1
    }
    cp -p "$LAB_WORK/l0/etc/authkeys" "$LAB_WORK/l1/etc/authkeys"
}

start_daemon() {
    local node=$1
    # The shell ends at once, so the node's first process becomes the daemon's parent, as at a boot.
    on "$node" bash -c '
        work=$2 run=/run/$3
        setsid batond --node "$1" --config "$work/etc" --state "$work/state" --run "$run" "${@:4}" \
            >>"$work/batond.log" 2>&1 </dev/null &' \
        start "${called[$node]:-$node}" "$LAB_WORK/$node" "$node" "${daemon_options[@]//NODE/$node}"
}

# The pids (in the world's numbering) of the node's batond processes, parents first.
daemon_pids() {
    local node=$1 pid
    for pid in $(printf '%s\n' /proc/[0-9]* | sed 's|/proc/||' | sort -n); do
        [[ /proc/$pid/exe -ef $LAB_WORK/bin/batond || /proc/$pid/exe -ef $LAB_WORK/bin/batond-peer ]] &&
            [[ /proc/$pid/ns/pid -ef /proc/${power[$node]}/ns/pid ]] && echo "$pid"
    done
}

# What a process is for, as it names itself.
role_of() { [ ! -r "/proc/$1/comm" ] || cat "/proc/$1/comm" 2>/dev/null; }

baton_on() { local node=$1; shift; on "$node" baton --run "/run/$node" "$@"; }
status_of() { baton_on "$1" status --local --json 2>/dev/null | baton-lab pick "$2" 2>/dev/null; }

# Who has the group's address in its kernel, powered or not.
holders() {
    local node
    for node in l0 l1; do
        [ -z "${power[$node]:-}" ] ||
            [ -z "$(ip -n "$node" -o addr show to "$group_address")" ] || echo "$node"
    done
}
is_holder() { [ "$(holders)" = "$1" ]; }
has_state() { [ "$(status_of "$1" groups.0.state)" = "$2" ]; }
hears_peer() { [ "$(status_of "$1" peer.state)" = alive ]; }
is_fit() { [ "$(status_of "$1" groups.0.fit)" = true ]; }

# Both daemons started and settled: one owner, both hear each other, the other one fit.
start_pair() {
    boot l0 && boot l1 || return
    start_daemon l0
    start_daemon l1
    settled l0
}
settled() {
    local owner=$1
    within "${2:-30}" is_holder "$owner" && within 10 has_state "$owner" active &&
        within 10 has_state "$(other "$owner")" standby && within 10 is_fit "$(other "$owner")" &&
        within 10 hears_peer "$owner" && within 10 hears_peer "$(other "$owner")" && return
    printf 'lab: no settled pair (wanted %s active):\n' "$owner" >&2
    local node
    for node in l0 l1; do
        baton_on "$node" status --local >&2
        tail -n 15 "$LAB_WORK/$node/batond.log" >&2
    done
    return 1
}

# within SECONDS COMMAND…: until the command succeeds; looks fifty times a second.
within() {
    local seconds=$1 end
    shift
    end=$((${EPOCHREALTIME/[.,]/} + seconds * 1000000))
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
        sleep 0.02
    done
}
