# a new key in authkeys and `baton reload` on one node, then on the other, then the old key removed: no late beat
. "$LAB_HERE/hostile.sh"
. "$LAB_HERE/evidence.sh"

# lay_keys NODE LINE…
lay_keys() {
    local node=$1
    shift
    (umask 077 && printf '%s\n' "$@" >"$LAB_WORK/$node/etc/authkeys.new")
    mv "$LAB_WORK/$node/etc/authkeys.new" "$LAB_WORK/$node/etc/authkeys"
}
# reload NODE WHAT
reload() {
    baton_on "$1" reload >"$LAB_WORK/reload.out" 2>&1
    exactly "$2: baton reload on $1, exit" $? 0
    sed 's/^/   | /' "$LAB_WORK/reload.out"
}

run() {
    local old new number
    configure 200ms 1 'initdead 10' || return 3
    start_pair || return 3
    old=$(sed -n 's/^1 //p' "$LAB_WORK/l0/etc/authkeys")
    number=1
    [ -n "$old" ] || { cat "$LAB_WORK/l0/etc/authkeys" | cut -c 1-8; return 3; }
    new="sha256 $(head -c 32 /proc/sys/kernel/random/uuid)"
    probe_start && watch_beats 60 || return 3

    lay_keys l0 'auth 2' "1 $old" "2 $new"
    reload l0 'new key'
    sleep 3
    exactly 'one has the new key: l1 hears l0' "$(status_of l1 peer.state)" alive
    lay_keys l1 'auth 2' "1 $old" "2 $new"
    reload l1 'new key'
    sleep 3
    stop_watching_beats
    probe_stop || return 3
    exactly 'both have it: keys in use, l0 and l1' "$(key_of l0) $(key_of l1)" '2 2'
    beats_on_time 200000 'new key: '
    no_outage 'new key: '

    probe_start && watch_beats 60 || return 3
    for number in 0 1; do
        lay_keys "l$number" 'auth 2' "2 $new"
        reload "l$number" 'old key removed'
        sleep 2
    done
    stop_watching_beats
    probe_stop || return 3
    exactly 'old key removed: keys in use, l0 and l1' "$(key_of l0) $(key_of l1)" '2 2'
    beats_on_time 200000 'old key removed: '
    no_outage 'old key removed: '
    never_two_owners
    rests 'at rest' l0 5
    # Whoever was late in between has said so.
    exactly 'l0 or l1 called the other late' "$(cat "$LAB_WORK"/l?/batond.log | grep -c 'peer.*late')" 0
}
