# all processes of the active batond frozen, killed 5 s later: no outage, one owner, the standby says what to type
# Never started again: for 60 s nothing happens, confirm-down is refused while the address answers, and
# works once the machine is off. Started again after 20 s: it adopts what runs.
. "$LAB_HERE/evidence.sh"

run() {
    learnt_pair || return 3
    frozen_and_killed || return 3
    sleep 55
    exactly 'never started: the standby has taken nothing' "$(status_of l1 groups.0.state)" standby
    exactly 'never started: who holds' "$(all_holders)" 'l0 '
    says_why
    refused 'never started: '
    sleep 1
    probe_stop || return 3
    no_outage '60 s: '
    never_two_owners '60 s: '
    owner_untouched l0 '60 s: '
    switched_off

    learnt_pair || return 3
    frozen_and_killed || return 3
    sleep 15
    start_daemon l0
    sleep 5
    rests 'started again: at rest' l0 15
    probe_stop || return 3
    no_outage 'started again: '
    never_two_owners 'started again: '
    owner_untouched l0 'started again: '
}

# The probe runs on; five of the seconds are over.
frozen_and_killed() {
    local pids
    probe_start || return 3
    sleep 0.3
    mapfile -t pids < <(daemon_pids l0)
    at_least 'processes of batond on l0' "${#pids[@]}" 2
    kill -STOP "${pids[@]}"
    sleep 5
    kill -KILL "${pids[@]}"
}

# Whether a person who looks at the standby learns why it waits, and what to do.
says_why() {
    local text
    baton_on l1 status >"$LAB_WORK/status.text"
    text=$(tr '\n' ' ' <"$LAB_WORK/status.text")
    sed 's/^/   | /' "$LAB_WORK/status.text"
    exactly 'its status says why' "$([ -n "$(status_of l1 reason)" ] && echo yes)" yes
    exactly 'nextStep says what to type' "$(status_of l1 nextStep)" 'baton confirm-down l0'
    exactly 'the text says what to type' "$(grep -c 'baton confirm-down l0' <<<"$text")" 1
}

refused() {
    baton_on l1 confirm-down l0 --yes l0 >"$LAB_WORK/refused" 2>&1
    exactly "${1}confirm-down while the address answers: exit" $? 1
    sed 's/^/   | /' "$LAB_WORK/refused"
    exactly "${1}it says what to do first" "$(grep -ci 'off' "$LAB_WORK/refused")" 1
    exactly "${1}who holds after it" "$(all_holders)" 'l0 '
}

switched_off() {
    local code
    probe_start || return 3
    sleep 0.3
    crash l0 >/dev/null || return 3
    # Typed by somebody who walks from the switch to the keyboard.
    sleep 1
    mark word
    baton_on l1 confirm-down l0 --yes l0 >"$LAB_WORK/confirmed" 2>&1
    code=$?
    sed 's/^/   | /' "$LAB_WORK/confirmed"
    within 5 is_holder l1
    sleep 0.5
    probe_stop || return 3
    exactly 'switched off, confirm-down: exit' "$code" 0
    exactly 'switched off: who holds' "$(all_holders)" 'l1 '
    at_most 'switched off: served again after the word' "$first_word" 5000000 "$stall"
    never_two_owners 'switched off: '
}
