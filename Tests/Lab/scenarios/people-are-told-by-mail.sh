# a failed service, its move and its recovery are mailed through the local sendmail, once each
# The mailer is a stand-in that keeps what it is given; no mail leaves the laboratory.
. "$LAB_HERE/services.sh"
mailed() { cat "$LAB_WORK/mail/"* 2>/dev/null; }
count_mail() { mailed | grep -c "^Subject: $1"; }
run() {
    local node
    configure 200ms 1 'initdead 10' 'fit_settle 300ms' 'notify mail root anna@example.com' || return 3
    watched 'hostgroup own localhost' 'watch own' 'service answers' 'interval 100ms' \
        'monitor tcp.monitor -p 7100' 'monitor_action standby' 'period' 'alertafter 2' || return 3
    mkdir -p "$LAB_WORK/mail"
    boot l0 && boot l1 || return 3
    for node in l0 l1; do
        mkdir -p "$LAB_WORK/$node/layer/upper" "$LAB_WORK/$node/layer/work"
        printf '#!/bin/sh\n[ "$*" = "-t -i" ] || exit 1\nexec cat >"%s/mail/%s.$$"\n' "$LAB_WORK" "$node" \
            >"$LAB_WORK/$node/layer/upper/sendmail"
        chmod +x "$LAB_WORK/$node/layer/upper/sendmail"
        on "$node" mount -t overlay -o \
            "lowerdir=/usr/sbin,upperdir=$LAB_WORK/$node/layer/upper,workdir=$LAB_WORK/$node/layer/work" \
            overlay /usr/sbin || return 3
    done
    start_daemon l0
    start_daemon l1
    settled l0 || return 3
    open_port l0 7100 && open_port l1 7100 || return 3
    within 10 is_monitor l0 own/answers ok || return 3
    close_port l0 7100
    within 10 is_holder l1
    sleep 2
    exactly 'mails of the failed service' "$(count_mail '.*own/answers failed')" 1
    exactly 'mails of the move' "$(count_mail '.*given up for l1')" 1
    exactly 'mails without the addresses' "$(grep -L '^To: root,' "$LAB_WORK/mail/"* | wc -l)" 0
    crash l0 >/dev/null
    sleep 8
    exactly 'mails of the lost peer' "$(count_mail '.*l0 is silent')" 1
    power_on l0 && start_daemon l0 && within 20 hears_peer l1 || return 3
    sleep 7
    exactly 'mails of the peer that is back' "$(count_mail '.*Over:.*l0')" 1
    mailed | grep '^Subject:' | sort | uniq -c | sed 's/^/   /'
}
