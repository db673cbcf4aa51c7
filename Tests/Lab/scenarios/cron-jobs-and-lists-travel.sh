# cron jobs of the holder and a list of addresses, each node's own files: what is edited on one reaches the other, or is shown
# The standby's copy follows within a minute; what was edited on both is left until `baton sync` is typed.
. "$LAB_HERE/evidence.sh"

files() { echo "$LAB_WORK/$1/files"; }
jobs_of() { cat "$(files "$1")/$2" 2>/dev/null; }
has_jobs() { [ "$(jobs_of "$1" "$2")" = "$3" ]; }
unfit_for() { status_of "$1" groups.0.unfitReason | grep -q "$2"; }
sync_on() { baton_on "$1" sync "$2" --config "$LAB_WORK/$1/etc" >"$LAB_WORK/sync.out" 2>&1; }
has_address() { ip -n "$1" -o addr show dev eth1 | grep -q " $2/"; }

run() {
    local node
    power_off_all
    heal $(ports_of l0) $(ports_of l1)
    boot l0 && boot l1 || return 3
    configure 200ms 2 'initdead 10' 'fit_settle 500ms' || return 3
    mkdir -p /run/files
    for node in l0 l1; do
        mkdir -p "$(files $node)"
        on $node mount --bind "$(files $node)" /run/files || return 3
        echo 'l0 IPaddr2::192.168.1.100/24/eth1 iplist::/run/files/ips::dev=eth1 cronfile::/run/files/jobs' \
            >"$LAB_WORK/$node/etc/haresources"
        echo 192.168.1.101/24 >"$(files $node)/ips"
    done
    echo '* * * * * root first' >"$(files l0)/jobs"
    forget_logs
    start_daemon l0
    start_daemon l1
    settled l0 || return 3
    within 20 has_jobs l1 .jobs.standby '* * * * * root first'
    exactly 'the copy of the node that does not hold it' "$(jobs_of l1 .jobs.standby)" '* * * * * root first'

    echo '* * * * * root second' >"$(files l0)/jobs"
    within 60 has_jobs l1 .jobs.standby '* * * * * root second'
    exactly 'after an edit on the holder: the copy' "$(jobs_of l1 .jobs.standby)" '* * * * * root second'
    baton_on l1 takeover >"$LAB_WORK/takeover.out" 2>&1
    settled l1 || return 3
    exactly 'after a switch: what cron reads on l0 and l1' "$(jobs_of l0 jobs) $(jobs_of l1 jobs)" ' * * * * * root second'

    echo '* * * * * root there' >"$(files l1)/jobs"
    echo '* * * * * root here' >"$(files l0)/.jobs.standby"
    within 60 unfit_for l0 'was edited here'
    exactly 'edited on both: l0 is not fit, and says why' "$(unfit_for l0 'was edited here' && echo yes)" yes
    exactly 'edited on both: nothing was overwritten' "$(jobs_of l0 .jobs.standby), $(jobs_of l1 jobs)" \
        '* * * * * root here, * * * * * root there'
    exactly 'baton check names the difference' \
        "$(baton_on l0 check --config "$LAB_WORK/l0/etc" 2>&1 | grep -c 'cron jobs of')" 1
    sync_on l0 cronfile
    exactly 'baton sync cronfile: exit code, copy, what was kept' \
        "$? $(jobs_of l0 .jobs.standby), $(jobs_of l0 .jobs.standby.before-sync)" \
        '0 * * * * * root there, * * * * * root here'
    within 30 is_fit l0
    exactly 'then l0 is fit again' "$(is_fit l0 && echo yes)" yes

    printf '192.168.1.101/24\n192.168.1.102/24\n' >"$(files l1)/ips"
    baton_on l1 reload >"$LAB_WORK/reload.out" 2>&1
    exactly 'a list edited on the holder and reloaded: exit code' $? 0
    within 5 has_address l1 192.168.1.102
    exactly 'its new address' "$(has_address l1 192.168.1.102 && echo there)" there
    sync_on l0 iplist
    exactly 'baton sync iplist on the other: exit code, and the list' "$? $(tr '\n' ' ' <"$(files l0)/ips")" \
        '0 192.168.1.101/24 192.168.1.102/24 '
    within 10 settled l1
    baton_on l0 takeover >"$LAB_WORK/takeover.out" 2>&1
    settled l0 || return 3
    exactly 'after a switch: addresses of the list on l0, on l1' \
        "$(ip -n l0 -o addr show dev eth1 | grep -cE ' 192.168.1.10[12]/') $(ip -n l1 -o addr show dev eth1 | grep -cE ' 192.168.1.10[12]/')" \
        '2 0'
}
