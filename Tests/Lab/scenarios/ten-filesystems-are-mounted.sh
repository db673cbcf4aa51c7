# ten independent file systems and ten slow scripts move, one after the other and side by side (ha.cf `parallel`)
# The nodes share the devices, as they would a disk on a fibre: only one of them may have them mounted.

places=(0 1 2 3 4 5 6 7 8 9)

run() {
    local devices=() code
    [ "$(id -u)" = 0 ] && losetup -f >/dev/null 2>&1 ||
        { result 'ten file systems' 'no loop devices' skipped skipped; return 0; }
    lay_devices && moved 'one by one' && moved 'side by side' 'parallel Filesystem slow'
    code=$?
    power_off_all
    [ "${#devices[@]}" = 0 ] || losetup -d "${devices[@]}"
    [ "$code" = 0 ] || return "$code"
    # Ten starts of 500 ms and ten stops of 100 ms, and one of each.
    at_least 'one by one: ten scripts moved, µs' "$(cat "$LAB_WORK/took-one by one-slow")" 6000000
    at_most 'side by side: ten scripts moved' "$(cat "$LAB_WORK/took-side by side-slow")" 3000000
}

# File systems that are checked at their next mount, as after so many.
lay_devices() {
    local place
    for place in "${places[@]}"; do
        mkdir -p "$LAB_WORK/data$place" && truncate -s 128M "$LAB_WORK/image$place" &&
            mkfs.ext4 -q -E lazy_itable_init=0 -N 65536 "$LAB_WORK/image$place" &&
            tune2fs -c 1 -C 2 "$LAB_WORK/image$place" >/dev/null &&
            devices+=("$(losetup -f --show "$LAB_WORK/image$place")") || return 3
    done
}
mounts() {
    local place
    for place in "${places[@]}"; do printf ' Filesystem::%s::%s::ext4' "${devices[place]}" "$LAB_WORK/data$place"; done
}
scripts() { printf ' slow::%s' "${places[@]}"; }
mounted() { on "$1" grep -c " $LAB_WORK/data[0-9] ext4 " /proc/self/mounts; }
running() { ls "$LAB_WORK/$1" | grep -c '^slow-'; }
runs() { [ "$(status_of "$1" "groups.$2.state")" = active ]; }

# moved NAME [LINE OF ha.cf]: l0 starts ten mounts and ten scripts, gives them to l1, and how long each takes is told.
moved() {
    local name=$1 node what begun took group=0
    power_off_all
    configure 200ms 1 'initdead 6' 'fit_settle 300ms' "${@:2}" || return 3
    for node in l0 l1; do
        printf 'l0%s 192.168.1.%s\n' "$(mounts)" 101 "$(scripts)" 102 >>"$LAB_WORK/$node/etc/haresources"
        cat >"$LAB_WORK/$node/etc/resource.d/slow" <<SCRIPT
#!/bin/bash
mark=$LAB_WORK/$node/slow-\$1
case \$2 in
    start) sleep 0.5; : >"\$mark" ;;
    stop) sleep 0.1; rm -f "\$mark" ;;
    status) if [ -e "\$mark" ]; then echo running; else echo stopped; exit 3; fi ;;
esac
SCRIPT
        chmod +x "$LAB_WORK/$node/etc/resource.d/slow"
        rm -f "$LAB_WORK/$node"/{batond.log,slow-*}
    done
    start_pair || return 3
    within 60 runs l0 1 && within 60 runs l0 2 || return 3
    exactly "$name: mounted, and scripts that run, on l0" "$(mounted l0) $(running l0)" '10 10'
    for what in mounts slow; do
        group=$((group + 1))
        begun=$(date +%s%N)
        baton_on l0 standby "$(status_of l0 "groups.$group.name")" >/dev/null 2>&1
        exactly "$name: standby of the ten $what, exit code" $? 0
        within 60 runs l1 "$group"
        took=$((($(date +%s%N) - begun) / 1000))
        echo "$took" >"$LAB_WORK/took-$name-$what"
        report "$name: ten $what moved from l0 to l1, µs" "$took"
    done
    exactly "$name: mounted on l0 and l1" "$(mounted l0) $(mounted l1)" '0 10'
    exactly "$name: scripts that run on l0 and l1" "$(running l0) $(running l1)" '0 10'
    exactly "$name: errors and pages" "$(cat "$LAB_WORK"/l?/batond.log | grep -c 'ERROR\|PAGE')" 0
}
