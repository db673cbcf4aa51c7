# one network for everything, a cable of the active node that loses 20 % both ways: what happens (reported only)
# not in the table
. "$LAB_HERE/loss.sh"

# l0's whole cable is bad: its port, as a cable between it and a new port of the switch.
bad_cable() {
    ip -n lan link add l0b type veth peer name l0bs
    ip -n lan link set l0bs master br1 up
    ip -n lan link set l0b up
    ip -n lan link set l0s nomaster
    nsenter --net=/run/netns/lan baton-lab cable l0s l0b --loss-ab "$1" --loss-ba "$1" &
    cable_pid=$!
}
good_cable() {
    kill "$cable_pid" && wait "$cable_pid"
    ip -n lan link del l0b
    ip -n lan link set l0s master br1
}

run() {
    one_network || return 3
    judge=only_report
    lossy 1s 3s 20 bad_cable || return 3
    lossy 100ms 300ms 20 bad_cable || return 3
}
