# The article's cluster on the two machines: Baton's programs, DRBD, MariaDB as the init script mysqld-max, a stand-in
# of the AggreGate server, and its files, pasted. What a scenario does with it is the scenario's.

# What a node needs of `make install`. Debian's Heartbeat, which is there too, keeps its own commands.
install_baton() {
    local tree=$LAB_WORK/tree node
    if [ ! -f "$LAB_WORK/baton.tar" ]; then
        make -s -C "$root" install DESTDIR="$tree" UNITDIR=/usr/lib/systemd/system BINARIES="$bin" >/dev/null || return
        rm -r "$tree/usr/share/heartbeat"
        strip "$tree"/usr/sbin/baton*
        tar -C "$tree" --owner=root --group=root -cf "$LAB_WORK/baton.tar" etc usr || return
    fi
    for node in $nodes; do
        copy "$LAB_WORK/baton.tar" "$node:" && on "$node" 'tar -C / -xf ~/baton.tar' || return
    done
}

# The article's file as `baton check` says: blanks, the brace, 8.4's words, the replication link; the lab's disk and names.
corrected_drbd_conf() {
    sed -e 's/\xc2\xa0/ /g; /^ *#/d; /^ *$/d' \
        -e '/^ *syncer *{ *$/,/}/d' \
        -e 's/syncer { rate 10M; }/disk { resync-rate 10M; }/' \
        -e 's/degr-wfc-timeout *120;/degr-wfc-timeout 120; outdated-wfc-timeout 60;/' \
        -e 's/on l0/on n1/; s/on l1/on n2/; s|/dev/sda7|/dev/vdb|' \
        -e 's/192\.168\.1\.2:/192.168.2.2:/; s/192\.168\.1\.3:/192.168.2.3:/' "$seed/drbd.conf"
    echo '}'
}

# DRBD, an ext3 and a database on it that belongs to the client, everything stopped.
make_storage() {
    corrected_drbd_conf >"$LAB_WORK/drbd.conf"
    local node
    for node in $nodes; do copy "$LAB_WORK/drbd.conf" "$node:/etc/drbd.conf" || return; done
    on_both 'rm -f /etc/drbd.d/r0.res; drbdadm down r0 2>/dev/null; drbdadm create-md --force r0 && drbdadm up r0 &&
        mkdir -p /mnt/drbd && systemctl disable --now mariadb.service && systemctl enable drbd.service' >/dev/null 2>&1 ||
        return
    # The first sync is not what is measured.
    on n1 'drbdadm primary --force r0 && drbdadm disk-options --resync-rate=200M --c-plan-ahead=0 r0 &&
        mkfs.ext3 -q -F /dev/drbd0 && mount -t ext3 /dev/drbd0 /mnt/drbd && cp -a /var/lib/mysql /mnt/drbd/' || return
    on_both '[ -L /var/lib/mysql ] || { mv /var/lib/mysql /var/lib/mysql.bak; ln -s /mnt/drbd/mysql /var/lib/mysql; }'
    within 120 in_sync n1
}
in_sync() {
    [ "$(on "$1" 'drbdadm cstate r0; drbdadm dstate r0' | tr '\n' ' ')" = 'Connected UpToDate/UpToDate ' ]
}

make_database() {
    on n1 '/etc/init.d/mysqld-max start && mkdir -p /mnt/drbd/linkserver && mariadb -e "
        create database lab; create user client@\"%\" identified by \"client\"; grant all on lab.* to client@\"%\";
        create database linkserv; create table linkserv.t (a int); create user linkserv@localhost identified by \"pass\";
        grant all on linkserv.* to linkserv@localhost" &&
        /etc/init.d/mysqld-max stop && umount /mnt/drbd && drbdadm secondary r0'
}

install_services() {
    local node
    for node in $nodes; do
        copy "$here/nodes/mysqld-max" "$here/nodes/linkserv" "$node:/etc/init.d/" || return
    done
    on_both 'chmod 755 /etc/init.d/mysqld-max /etc/init.d/linkserv; mkdir -p /etc/mon
        echo -ne "#!/bin/bash\n/usr/lib/heartbeat/hb_standby all\n" >/etc/mon/ha-down.alert
        chmod 0755 /etc/mon/ha-down.alert'
}

# The article's files, byte for byte but for the names of the nodes.
paste_files() {
    local node number=0
    for node in $nodes; do
        number=$((number + 1))
        sed 's/\bl0\b/n1/; s/\bl1\b/n2/' "$seed/ha.cf" >"$LAB_WORK/ha.cf"
        sed 's/^l0/n1/; s/^l1/n2/' "$seed/haresources.node$number" >"$LAB_WORK/haresources"
        on "$node" 'rm -rf /etc/baton; mkdir -p /etc/ha.d'
        copy "$LAB_WORK/ha.cf" "$LAB_WORK/haresources" "$node:/etc/ha.d/" && copy "$seed/mon.cf" "$node:/etc/mon/" ||
            return
    done
    copy_key
}
# One key, made on n1.
copy_key() {
    on n1 'rm -f /etc/ha.d/authkeys; baton keygen --config /etc/ha.d' >/dev/null &&
        copy n1:/etc/ha.d/authkeys "$LAB_WORK/authkeys" && copy "$LAB_WORK/authkeys" n2:/etc/ha.d/ &&
        on n2 'chmod 600 /etc/ha.d/authkeys'
}

# The machines with all of it, batond stopped; those of the scenario before, where they are in order.
furnished=${VM_FURNISHED:-}
furnish() {
    if [ -n "$furnished" ] && is_on n1 && is_on n2 && stop_batond && within 120 in_sync n1; then
        local node
        corrected_drbd_conf >"$LAB_WORK/drbd.conf"
        for node in $nodes; do copy "$LAB_WORK/drbd.conf" "$node:/etc/drbd.conf" || return; done
        on_both 'drbdadm down r0; drbdadm up r0
            rm -rf /var/lib/baton /etc/baton /var/log/ha-log /var/log/ha-debug' && paste_files && within 120 in_sync n1
        return
    fi
    furnished=
    [ -d "$seed" ] || { echo "   no seed files in $seed"; return 1; }
    fresh_pair && install_baton && install_services && make_storage && make_database && paste_files || return
    furnished=yes
}

# In an order in which nothing moves to the node that is stopped next.
stop_batond() {
    local first=n2
    holds n2 && first=n1
    on "$first" 'systemctl stop batond.service' && on "$(other "$first")" 'systemctl stop batond.service'
}
start_pair() {
    on_both 'systemctl daemon-reload; systemctl start drbd.service; systemctl enable --now batond.service' >/dev/null 2>&1
    within "${1:-90}" is_settled n1
}

# A node holds the whole group: address, mount, database.
holds() {
    on "$1" 'ip -4 -o addr show dev eth1 | grep -q "192\.168\.1\.100/" && mountpoint -q /mnt/drbd &&
        /etc/init.d/mysqld-max status >/dev/null'
}
says_fine() { on "$1" 'baton status --local' 2>/dev/null | head -n 1 | grep -q '^The service is fine'; }
# It holds the group, both nodes are content, and the disks are the same.
is_settled() { holds "$1" && says_fine n1 && says_fine n2 && in_sync "$1"; }
holder() { if holds n1; then echo n1; elif holds n2; then echo n2; fi; }
is_settled_somewhere() { local node; node=$(holder); [ -n "$node" ] && is_settled "$node"; }
# How many monitors are not ok; before its first good answer a service is given time to start, and nothing moves.
not_ok() { on "$1" 'baton monitors' | awk '/^[^ ]+\// && $2 != "ok"' | wc -l; }
is_watched() { [ "$(on "$1" 'baton monitors' | grep -c '^[^ ]*/.* ok ')" -ge 5 ] && [ "$(not_ok "$1")" = 0 ]; }
