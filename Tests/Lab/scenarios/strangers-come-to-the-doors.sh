# control.sock and status.sock as another user; 500 idle and 50 hostile callers of both: refused, and no beat is late
. "$LAB_HERE/hostile.sh"
. "$LAB_HERE/evidence.sh"

# as USER GROUP NODE baton's words…: exit code, what it said in said.text. The program lies where everybody may run it.
as() {
    local user=$1 group=$2 node=$3
    shift 3
    on "$node" setpriv --reuid "$user" --regid "$group" --clear-groups \
        timeout 10 /run/bin/baton --run "/run/$node" "$@" >"$LAB_WORK/said.text" 2>&1
    echo $?
}
# refused_as WHAT EXIT-CODE: neither done nor silent.
refused_as() {
    local verdict=holds
    [ "$2" != 0 ] && [ -s "$LAB_WORK/said.text" ] || verdict=BROKEN
    result "$1" "exit $2" 'not 0' "$verdict"
    sed 's/^/   | /' "$LAB_WORK/said.text"
}
mode_of() { stat -c '%a %u %g' "/run/l0/$1"; }

run() {
    configure 200ms 1 'initdead 10' || return 3
    start_pair && ripen || return 3
    mkdir -p /run/bin && cp "$LAB_WORK/bin/baton" /run/bin/ && chmod 755 /run/bin /run/bin/baton || return 3
    exactly 'control.sock: mode, owner' "$(mode_of control.sock)" '600 0 0'
    exactly 'status.sock: mode, owner' "$(mode_of status.sock)" '660 0 0'
    remember_states
    if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
        refused_as 'standby as another user' "$(as 65534 65534 l0 standby)"
        refused_as 'standby as another user of the group' "$(as 65534 0 l0 standby)"
        refused_as 'status as another user' "$(as 65534 65534 l0 status)"
        exactly 'status as another user of the group: exit' "$(as 65534 0 l0 status)" 0
    else
        result 'as another user' 'one user only' 'two users' skipped
    fi
    exactly 'nobody stood by' "$(all_holders)" 'l0 '
    exactly 'an order at status.sock' "$(ordered_at_status)" refused
    same_states 'as another user: '

    crowd 'at both: ' --socket /run/l0/control.sock --socket /run/l0/status.sock
    crowd 'at status.sock: ' --socket /run/l0/status.sock
}

ordered_at_status() {
    on l0 timeout 3 baton-lab ask --socket /run/l0/status.sock '{"verb":"standby","scope":"all"}' \
        >"$LAB_WORK/ordered" 2>&1
    sed 's/^/   | /' "$LAB_WORK/ordered" >&2
    if grep -q '"refused"\|notAllowed\|"error"' "$LAB_WORK/ordered"; then echo refused; else echo accepted; fi
}

# crowd WHAT SOCKETS…
crowd() {
    local what=$1 pid told=0 tries=0
    shift
    remember_states
    probe_start && watch_beats 60 || return 3
    on l0 baton-lab visitors "$@" --idle 500 --hostile 50 --seconds 20 >"$LAB_WORK/visitors.out" &
    pid=$!
    sleep 2
    # The administrator is not kept out.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        tries=$((tries + 1))
        on l0 timeout 2 baton --run /run/l0 status >"$LAB_WORK/status.text" 2>&1 && told=$((told + 1))
        sleep 0.5
    done
    on l0 timeout 5 baton --run /run/l0 freeze --reason crowd >"$LAB_WORK/frozen" 2>&1
    exactly "${what}an order of root among them: exit" $? 0
    wait "$pid"
    sed 's/^/   the crowd: /' "$LAB_WORK/visitors.out"
    stop_watching_beats
    probe_stop || return 3
    on l0 baton --run /run/l0 thaw >/dev/null 2>&1
    # A caller can be put out by the crowd behind it before it has spoken; asked again, it is answered.
    at_least "${what}baton status answered at once (of $tries)" "$told" 5
    beats_on_time 200000 "$what"
    same_states "$what"
    no_outage "$what"
    never_two_owners "$what"
}
