# The show of `make demo`, sourced inside a laboratory world (Tests/Lab/inside.sh): everything here
# happens in namespaces that vanish with it.

demo_port=7100
demo_started=${EPOCHREALTIME/[.,]/}

say() { printf '%s\n' "$*"; }
step() { printf '\n%s %s\n' "$1." "$2"; }
indented() { sed 's/^/     /'; }
shown() { printf '     $ %s\n' "$*"; }

# What the administrator would type on a node; --run only because both nodes share one machine here.
baton_typed() {
    local node=$1
    shift
    shown "baton $*      (on $node)"
    baton --run "/run/$node" "$@" 2>&1 | indented
}

demo() {
    say
    say 'Two nodes, l0 and l1, with a service LAN (192.168.1.0/24) and a replication link'
    say "(192.168.2.0/24). A client asks the service at $group_address every 5 ms."

    step 1 'The configuration (the same two files on both nodes, and a key)'
    configure 200ms 1 'stateless hello' || return 1
    local node
    for node in l0 l1; do
        cp "$LAB_ROOT/Examples/demo/hello" "$LAB_WORK/$node/etc/resource.d/hello"
        chmod +x "$LAB_WORK/$node/etc/resource.d/hello"
        echo "l0 IPaddr2::$group_address/24/eth1 hello::$demo_port" \
            >"$LAB_WORK/$node/etc/haresources"
    done
    { shown cat ha.cf; indented <"$LAB_WORK/l0/etc/ha.cf"
      shown cat haresources; indented <"$LAB_WORK/l0/etc/haresources"; } | sed 's/  *$//'

    step 2 'Both nodes start; they agree on who carries the service'
    service_port=$demo_port
    start_pair || return 1
    within 5 serves || { say 'the service does not answer'; return 1; }
    baton_typed l0 status

    probe_start --tcp || return 1
    sleep 1

    step 3 'An orderly move: the administrator sends l0 to standby'
    shown 'baton standby      (on l0)'
    mark 'baton standby typed on l0' baton --run /run/l0 standby 2>&1 | indented
    settled l1 || return 1
    sleep 1

    step 4 'l1, which carries the service now, loses its power'
    say '     (all its cables are cut and all its processes killed at one moment)'
    crash l1 'l1 loses its power' >/dev/null
    within 15 is_holder l0 && within 5 serves || { say 'nobody took over'; return 1; }
    sleep 0.5
    baton_typed l0 status
    probe_stop || return 1

    step 5 'What the client saw (time since it began to ask)'
    grep -v -e '-- off:' "$LAB_WORK/timeline" | indented
    say
    printf '   Orderly move: the client waited %s.\n' \
        "$(milliseconds "$gap_baton_standby_typed_on_l0")"
    printf '   Crash: it waited %s; deadtime, the time of silence that counts as death, is 1000 ms.\n' \
        "$(milliseconds "$gap_l1_loses_its_power")"
    say
    say "   Took $(((${EPOCHREALTIME/[.,]/} - demo_started) / 1000000)) s. Nothing of this is left on the machine."
    say '   Next: README.md, "Two nodes from nothing".'
}

serves() {
    nsenter --net=/run/netns/client timeout 0.3 bash -c \
        "exec 3<>/dev/tcp/$group_address/$demo_port && read -r -u 3 name && [ -n \"\$name\" ]" \
        2>/dev/null
}

demo
