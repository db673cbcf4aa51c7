# the article's mon.cf, pasted, its ha-down.alert unchanged, a real MariaDB: each port's death moves the group
# Skipped by name where ../shared or mariadb-server is absent. About ten minutes: its intervals are 30 s.
. "$LAB_HERE/services.sh"

ports='6450 6460 6480 8443'

# What the article puts into /etc/mon and Heartbeat into /usr/lib/heartbeat, for one node alone.
lay_over() {
    local node=$1 place=$2 layer=$LAB_WORK/$1/layer${2//\//-}
    mkdir -p "$layer/upper" "$layer/work"
    on "$node" mount -t overlay -o "lowerdir=$place,upperdir=$layer/upper,workdir=$layer/work" overlay "$place"
}
furnish() {
    local node=$1
    lay_over "$node" /etc && lay_over "$node" /usr/lib || return
    on "$node" bash -c '
        mkdir -p /etc/mon /usr/lib/heartbeat
        echo -ne "#!/bin/bash\n/usr/lib/heartbeat/hb_standby all\n" >/etc/mon/ha-down.alert
        chmod 0755 /etc/mon/ha-down.alert
        ln -sf "$1/bin/baton" /usr/lib/heartbeat/hb_standby
        mount -t tmpfs tmpfs /run/mysqld 2>/dev/null || { mkdir -p /run/mysqld && mount -t tmpfs tmpfs /run/mysqld; }' \
        furnish "$LAB_WORK"
}
start_mariadb() {
    local node=$1 data=$LAB_WORK/$1/mysql
    if [ ! -d "$data" ]; then
        mariadb-install-db --user=root --datadir="$data" --auth-root-authentication-method=normal \
            >"$LAB_WORK/$node/mysql.log" 2>&1 || return
    fi
    on "$node" bash -c 'setsid mariadbd --no-defaults --user=root --datadir="$1" --port=3306 --bind-address=127.0.0.1 \
        --socket=/run/mysqld/mysqld.sock --pid-file=/run/mysqld/pid >>"$1/../mysql.log" 2>&1 </dev/null &' \
        mariadb "$data"
    within 30 on "$node" mariadb-admin --no-defaults --socket=/run/mysqld/mysqld.sock -u root ping \
        >/dev/null 2>&1 || return
    on "$node" mariadb --no-defaults --socket=/run/mysqld/mysqld.sock -u root -e "
        create database if not exists linkserv; create table if not exists linkserv.t (a int);
        create user if not exists linkserv@localhost identified by 'pass';
        create user if not exists linkserv@'127.0.0.1' identified by 'pass';
        grant all on linkserv.* to linkserv@localhost; grant all on linkserv.* to linkserv@'127.0.0.1'"
}
kill_mariadb() { on "$1" bash -c 'kill -KILL "$(cat /run/mysqld/pid)"'; }
all_ok() { [ "$(status_of "$1" 'monitors.*.state' | sort -u)" = ok ]; }

run() {
    local seed=$LAB_ROOT/../shared/seeds/pasted node port active index=0 service began took
    [ -d "$seed" ] || { result 'seed files' absent skipped skipped; return 0; }
    command -v mariadbd >/dev/null || { result mariadb-server absent skipped skipped; return 0; }
    configure 200ms 1 'initdead 10' || return 3
    for node in l0 l1; do
        cp "$seed/mon.cf" "$LAB_WORK/$node/etc/mon.cf"
        echo "l0 IPaddr2::$group_address/24/eth1 mon" >"$LAB_WORK/$node/etc/haresources"
    done
    boot l0 && boot l1 || return
    for node in l0 l1; do
        furnish "$node" && start_mariadb "$node" || return 3
        for port in $ports; do open_port "$node" "$port" || return 3; done
    done
    start_daemon l0
    start_daemon l1
    settled l0 || return 3
    began=$SECONDS
    within 100 all_ok l0
    result 'first runs all ok after' "$((SECONDS - began)) s" '<= 61 s (randstart 60s)' \
        "$([ $((SECONDS - began)) -le 61 ] && all_ok l0 && echo holds || echo BROKEN)"
    for service in $ports mysql; do
        active=$(holders)
        within 100 all_ok "$active" || { status_of "$active" 'monitors.*.state'; return 3; }
        began=${EPOCHREALTIME/[.,]/}
        if [ "$service" = mysql ]; then kill_mariadb "$active"; else close_port "$active" "$service"; fi
        within 130 is_holder "$(other "$active")"
        took=$((${EPOCHREALTIME/[.,]/} - began))
        at_most "$service dies: the other node has the group" "$took" 61000000
        exactly "$service: who holds" "$(holders)" "$(other "$active")"
        if [ "$service" = mysql ]; then start_mariadb "$active"; else open_port "$active" "$service"; fi
        baton_on "$active" clear >/dev/null
        exactly "$service: baton clear" $? 0
        settled "$(other "$active")" || return 3
    done
    # A wrong password is no dead database.
    active=$(holders)
    within 100 all_ok "$active" || return 3
    on "$active" mariadb --no-defaults --socket=/run/mysqld/mysqld.sock -u root -e "
        alter user linkserv@localhost identified by 'other'; alter user linkserv@'127.0.0.1' identified by 'other'"
    within 40 is_monitor "$active" servers/mysql unknown
    exactly 'wrong password: state' "$(monitor_state "$active" servers/mysql)" unknown
    sleep 25
    exactly 'wrong password: pages' "$(grep -c 'PAGE: .*servers/mysql' "$LAB_WORK/$active/batond.log")" 1
    exactly 'wrong password: who holds' "$(holders)" "$active"
}
