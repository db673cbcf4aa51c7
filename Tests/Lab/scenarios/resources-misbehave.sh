# a script that hangs, ignores TERM, keeps the pipe, prints 1 GB, a full disk, a device that stands still: beats on time
# Beside each of them stands a group of an address, which serves without a gap. A reset is noted, not carried out.

# lay_script NODE LINES: the script of the bad group, which does LINES before it behaves; its action is $action.
lay_script() {
    local state=$LAB_WORK/$1/is-bad
    cat >"$LAB_WORK/$1/etc/resource.d/bad" <<SCRIPT
#!/bin/bash
for action; do :; done
[ "\$action" = status ] || echo "$1 \$action" >>"$LAB_WORK/asked"
spoilt() { [ -e "$LAB_WORK/spoilt" ]; }
hang() { trap '' TERM; while :; do sleep 1000; done; }
$2
case \$action in
    start) : >"$state" ;;
    stop) rm -f "$state" ;;
    status) if [ -e "$state" ]; then echo running; else echo stopped; exit 3; fi ;;
esac
exit 0
SCRIPT
    chmod +x "$LAB_WORK/$1/etc/resource.d/bad"
}

# bad_pair LINES [RESOURCES [LINE OF ha.cf]]: a pair with the address and the bad group on l0, where its script does
# LINES first.
bad_pair() {
    local node
    power_off_all
    configure 200ms 1 'initdead 6' 'fit_settle 300ms' 'monitor_interval 1s' "timeout bad start $start_timeout" \
        'timeout bad stop 1s' 'timeout bad status 1s' "${@:3}" || return
    for node in l0 l1; do
        echo "l0 ${2:-bad}" >>"$LAB_WORK/$node/etc/haresources"
        printf '#!/bin/sh\n: >%s/%s/reset-done\n' "$LAB_WORK" "$node" >"$LAB_WORK/$node/reset"
        chmod +x "$LAB_WORK/$node/reset"
        rm -f "$LAB_WORK/$node"/{batond.log,reset-done,is-bad}
    done
    lay_script l0 "$1"
    lay_script l1 ''
    rm -f "$LAB_WORK/asked" "$LAB_WORK/spoilt"
    daemon_options=(--reset-command "$LAB_WORK/NODE/reset")
    boot l0 && boot l1 && "${before_start[@]}" || return
    start_daemon l0
    start_daemon l1
    settled l0 && probe_start
}
before_start=(:)
start_timeout=20s
spoil() { : >"$LAB_WORK/spoilt"; }
bad_is() { [ "$(status_of "$1" groups.1.state)" = "$2" ]; }
bad_states() { echo "$(status_of l0 groups.1.state) $(status_of l1 groups.1.state)"; }
asked() { [ ! -e "$LAB_WORK/asked" ] || tr '\n' ' ' <"$LAB_WORK/asked"; }
was_reset() { [ -e "$LAB_WORK/$1/reset-done" ]; }
log_has() { grep -q -- "$2" "$LAB_WORK/$1/batond.log"; }
next_command() { baton_on "$1" status --local | sed -n 's/^Type next: *//p'; }

# judge NAME: what holds whatever a script does.
judge() {
    probe_stop || return 3
    exactly "$1: times the peer was called late" "$(cat "$LAB_WORK"/l?/batond.log | grep -c ': peerLate')" 0
    no_outage "$1: "
    never_two_owners "$1: "
    exactly "$1: who holds the address" "$(holders | tr '\n' ' ')" 'l0 '
}
run() {
    scripts && full_disk && full_at_the_start && standing_device
}

scripts() {
    local start_timeout=1s
    bad_pair '[ $action != start ] || hang' || return 3
    within 15 bad_is l1 active
    exactly 'hangs in start: states on l0 and l1' "$(bad_states)" 'failed active'
    exactly 'hangs in start: asked' "$(asked)" 'l0 start l0 stop l1 start '
    exactly 'hangs in start: what to type' "$(next_command l0)" \
        'repair that on l0, then there: baton takeover bad'
    judge 'hangs in start'

    start_timeout=20s
    bad_pair '[ $action != stop ] || hang' || return 3
    within 10 bad_is l0 active
    baton_on l0 standby bad >/dev/null 2>&1
    exactly 'hangs in stop: baton standby, exit code' $? 3
    within 5 was_reset l0
    exactly 'hangs in stop: the node is reset (S4)' "$(was_reset l0 && echo yes)" yes
    exactly 'hangs in stop: states on l0 and l1' "$(bad_states)" 'failed standby'
    exactly 'hangs in stop: asked' "$(asked)" 'l0 start l0 stop '
    judge 'hangs in stop'

    bad_pair '[ $action != status ] || ! spoilt || hang' || return 3
    within 10 bad_is l0 active
    spoil
    sleep 6
    exactly 'hangs in status: pages' "$(grep -c 'PAGE: monitorUnknown: bad/bad' "$LAB_WORK/l0/batond.log")" 1
    exactly 'hangs in status: states on l0 and l1' "$(bad_states)" 'active standby'
    exactly 'hangs in status: asked' "$(asked)" 'l0 start '
    judge 'hangs in status'

    bad_pair '[ $action != start ] || { sleep 1000 & }' || return 3
    within 10 bad_is l0 active
    exactly 'keeps the pipe: states on l0 and l1' "$(bad_states)" 'active standby'
    judge 'keeps the pipe'

    bad_pair '[ $action != start ] || head -c 1000000000 /dev/zero' || return 3
    within 20 bad_is l0 active
    exactly 'prints 1 GB: states on l0 and l1' "$(bad_states)" 'active standby'
    judge 'prints 1 GB'
}

# fill NODE, drain NODE: its disk of STATE has no byte left, and has some again.
fill() { head -c 4M /dev/zero >"$LAB_WORK/$1/state/filler" 2>/dev/null; [ -s "$LAB_WORK/$1/state/filler" ]; }
drain() { rm "$LAB_WORK/$1/state/filler"; }

full_disk() {
    local node
    for node in l0 l1; do
        mkdir -p "$LAB_WORK/$node/state"
        mount -t tmpfs -o size=1m tmpfs "$LAB_WORK/$node/state" || return 3
    done
    bad_pair '' || return 3
    within 10 bad_is l0 active
    fill l0 && fill l1 || return 3
    baton_on l0 standby bad >/dev/null 2>&1
    exactly 'full disk: baton standby, exit code' $? 0
    exactly 'full disk: states on l0 and l1' "$(bad_states)" 'standby active'
    for node in l0 l1; do
        within 5 says_full "$node"
        exactly "full disk: status of $node says so" "$(says_full "$node" && echo yes)" yes
        exactly "full disk: pages of $node" "$(grep -c 'PAGE: .*durable record' "$LAB_WORK/$node/batond.log")" 1
        drain "$node"
        within 5 log_has "$node" 'the durable record is written again'
        exactly "room again: status of $node says so" "$(says_full "$node" || echo no)" no
    done
    judge 'full disk'
}

# A daemon that cannot reserve its incarnation on the disk (S6) does not start, and says what to do.
full_at_the_start() {
    local pid
    bad_pair '' || return 3
    within 10 bad_is l0 active
    for pid in $(daemon_pids l1); do kill -KILL "$pid"; done
    fill l1 || return 3
    start_daemon l1
    within 5 log_has l1 'batond: not started: .*ENOSPC.*; make room on that disk (df -h), then: systemctl start batond'
    exactly 'full at the start: it says what to do' "$(grep -c 'not started: .*make room' "$LAB_WORK/l1/batond.log")" 1
    drain l1
    start_daemon l1
    settled l0 || return 3
    exactly 'full at the start: states then' "$(bad_states)" 'active standby'
    probe_stop || return 3
    no_outage 'full at the start: '
    never_two_owners 'full at the start: '
}
says_full() { baton_on "$1" status --local | grep -q "$1 cannot write its durable record: .*ENOSPC"; }

# A file system that stands still under a mount, as on a suspended device: who writes waits in the kernel, where no
# signal reaches.
standing_device() {
    local directory=$LAB_WORK/data before_start=(lay_devices) node device devices=()
    [ "$(id -u)" = 0 ] && losetup -f >/dev/null 2>&1 ||
        { result 'standing device' 'no loop devices' skipped skipped; return 0; }
    mkdir -p "$directory" && : >"$LAB_WORK/device"
    for node in l0 l1; do
        truncate -s 64M "$LAB_WORK/image-$node" && mkfs.ext4 -q "$LAB_WORK/image-$node" &&
            devices+=("$(losetup -f --show "$LAB_WORK/image-$node")") || return 3
    done
    device_stood_still
    local code=$?
    losetup -d "${devices[@]}"
    return "$code"
}
# A node's device, under the same name on both.
lay_devices() {
    on l0 mount --bind "${devices[0]}" "$LAB_WORK/device" && on l1 mount --bind "${devices[1]}" "$LAB_WORK/device"
}
device_stood_still() {
    bad_pair '' "Filesystem::$LAB_WORK/device::$directory::ext4 bad" 'timeout Filesystem stop 2s' || return 3
    within 10 bad_is l0 active
    on l0 bash -c "echo kept >$directory/acknowledged && sync $directory/acknowledged && fsfreeze -f $directory"
    on l0 bash -c "setsid bash -c 'date >$directory/waits' >/dev/null 2>&1 </dev/null &"
    baton_on l0 standby "$(status_of l0 groups.1.name)" >/dev/null 2>&1
    within 5 was_reset l0
    exactly 'standing device: the node is reset (S4)' "$(was_reset l0 && echo yes)" yes
    exactly 'standing device: states on l0 and l1' "$(bad_states)" 'failed standby'
    exactly 'standing device: asked' "$(asked)" 'l0 start l0 stop '
    exactly 'standing device: mounted on l1' "$(on l1 mountpoint -q "$directory" && echo yes)" ''
    on l0 fsfreeze -u "$directory"
    judge 'standing device' || return
    power_off_all
    mount "${devices[0]}" "$directory" || return 3
    exactly 'standing device: what was written before' "$(cat "$directory/acknowledged")" kept
    umount "$directory"
}
