# two bare machines become the running cluster by the commands of Examples/aggregate/SETUP.md
. "$here/guide.sh"

serves() {
    on "$1" 'ip -4 -o addr show dev eth1 | grep -q "192\.168\.1\.100/" && mountpoint -q /mnt/drbd &&
        systemctl is-active -q mysqld-max.service && /etc/init.d/linkserv status'
}
rests() {
    on "$1" '! ip -4 -o addr show dev eth1 | grep -q "192\.168\.1\.100/" && ! mountpoint -q /mnt/drbd &&
        ! systemctl is-active -q mysqld-max.service && drbdadm role r0 | grep -q ^Secondary'
}
is_content() { serves "$1" && rests "$(other "$1")" && says_fine n1 && says_fine n2; }

run() {
    local began section
    furnished=
    fresh_pair && make_bare || return 3
    began=$SECONDS
    for section in 1 2 3 4 5; do guide_section "$section" || return 0; done
    within 90 is_content n1
    exactly 'the group runs on the first node, the other rests' "$(serves n1 >/dev/null && rests n2 && echo yes)" yes
    report 'from bare machines to a running cluster' "$((SECONDS - began)) s"
    watch_owners n1 n2
    guide_section 6 || return 0
    exactly 'both nodes say' "$(on_both 'baton status --local | head -n 1 | cut -d : -f 1' | sort -u)" 'The service is fine'
    exactly '/proc/drbd as the guide says' "$(on n1 'grep -o "cs:.* C " /proc/drbd')" \
        'cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C '
    within 120 is_watched n1
    exactly 'monitors that are not ok' "$(not_ok n1)" 0
    guide_section 7 || return 0
    exactly 'after the switch there and back it runs on the first' "$(serves n1 >/dev/null && rests n2 && echo yes)" yes

    # Section 8: the plug.
    on n1 'mariadb -e "create table linkserv.kept (a int); insert into linkserv.kept values (4711)"'
    power_off n1
    began=$SECONDS
    within 60 serves n2
    at_most 'power-off: all of the group runs on the other' $(((SECONDS - began) * 1000000)) 60000000
    exactly 'what was committed before' "$(on n2 'mariadb -N -e "select a from linkserv.kept"')" 4711
    power_on n1 && watch_owners n1
    within 120 in_sync n2
    sleep 5
    exactly 'auto_failback off: it stays' "$(serves n2 >/dev/null && rests n1 && echo yes)" yes
    on n1 'baton failback' >/dev/null 2>&1
    exactly 'baton failback: exit code' $? 0
    within 30 is_content n1
    exactly 'baton failback: it runs on the first' "$(serves n1 >/dev/null && rests n2 && echo yes)" yes
    end_background
    never_two_owners_here
}
