# a streaming pair of PostgreSQL under pgbench: switched, its primary killed, cut off and killed; nothing acknowledged is lost unsaid
# Two real clusters; a client that inserts by the group's address and remembers what was acknowledged.
. "$LAB_HERE/evidence.sh"

programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
# The same on both nodes, each its own: /run/db is a mount of the node's.
data=/run/db/main

run() {
    [ -n "$programs" ] || { result postgresql absent skipped skipped; return 0; }
    setpriv --reuid=postgres --regid=postgres --clear-groups true 2>/dev/null ||
        { result 'user postgres' 'none, or not root' skipped skipped; return 0; }
    chmod 711 "$LAB_WORK"
    make_clusters && begin || return 3
    switched_idle && switched_under_load && killed && cut_and_killed
}

as_owner() { local node=$1; shift; on "$node" setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }
sql() { local node=$1; shift; as_owner "$node" timeout 10 psql -h /run/db -XAtqc "$*" postgres 2>&1; }
client_sql() { in_net client env PGCONNECT_TIMEOUT=2 timeout 5 psql -h "$group_address" -U postgres -XAtqc "$*" postgres; }

mount_data() {
    mkdir -p "$LAB_WORK/$1/db" /run/db && chown postgres: "$LAB_WORK/$1/db" && chmod 755 "$LAB_WORK/$1" &&
        on "$1" mount --bind "$LAB_WORK/$1/db" /run/db
}

# The settings of a node's cluster: it follows the other over the replication link.
settings() {
    cat >"$LAB_WORK/$1/db/main/postgresql.conf" <<CONF
listen_addresses = '*'
unix_socket_directories = '/run/db'
shared_buffers = 32MB
# A machine without power is SIGKILL here: what was written is in the kernel.
fsync = off
wal_log_hints = on
wal_keep_size = 128MB
max_wal_size = 256MB
wal_receiver_timeout = 5s
wal_sender_timeout = 5s
wal_retrieve_retry_interval = 200ms
wal_receiver_status_interval = 1s
primary_conninfo = 'host=$(replication_of "$(other "$1")") user=postgres application_name=$1'
CONF
    printf '%s\n' 'local all all trust' 'host all all 192.168.0.0/16 trust' \
        'host replication all 192.168.2.0/24 trust' >"$LAB_WORK/$1/db/main/pg_hba.conf"
}

make_clusters() {
    power_off_all
    heal $(ports_of l0) $(ports_of l1)
    boot l0 && boot l1 && mount_data l0 && mount_data l1 || return
    as_owner l0 "$programs/initdb" -D $data --auth=trust --no-sync --no-instructions >"$LAB_WORK/initdb.log" 2>&1 || {
        cat "$LAB_WORK/initdb.log" >&2
        return 1
    }
    settings l0
    cp -a "$LAB_WORK/l0/db/main" "$LAB_WORK/l1/db/main" && settings l1
    as_owner l1 touch $data/standby.signal
}

begin() {
    local node
    configure 200ms 2 'initdead 10' 'fit_settle 500ms' 'failback_settle 500ms' 'jeopardy_time 5' || return
    for node in l0 l1; do
        echo "l0 postgres::$data::mode=replica IPaddr2::$group_address/24/eth1" >"$LAB_WORK/$node/etc/haresources"
    done
    forget_logs
    start_daemon l0
    start_daemon l1
    settled l0 60 || return
    within 10 streams l0 l1
    client_sql 'CREATE TABLE rows (n int)' || return
    in_net client "$programs/pgbench" -i -s 2 -q -h "$group_address" -U postgres postgres >"$LAB_WORK/pgbench.log" 2>&1 || {
        cat "$LAB_WORK/pgbench.log" >&2
        return 1
    }
    : >"$LAB_WORK/acknowledged"
}

# Whether the second node follows the first, by both nodes' words.
streams() {
    [ "$(status_of "$1" groups.0.data.state)" = in-sync ] && [ "$(status_of "$1" groups.0.data.log.streams)" = 1 ] &&
        [ "$(status_of "$2" groups.0.data.state)" = in-sync ]
}

# write_on: the client inserts a row after the other, a connection for each; what is acknowledged is kept with its time.
write_on() {
    nsenter --net=/run/netns/client bash -c '
        n=$((100000 * $3))
        while :; do
            n=$((n + 1))
            PGCONNECT_TIMEOUT=2 timeout 5 psql -h "$2" -U postgres -XAtqc "INSERT INTO rows VALUES ($n)" postgres \
                >/dev/null 2>&1 && echo "$n ${EPOCHREALTIME/[.,]/}" >>"$1"
        done' write "$LAB_WORK/acknowledged" "$group_address" "$1" &
    writer=$!
    sleep 1
}
write_off() { kill "$writer"; wait "$writer" 2>/dev/null; }
load_on() {
    nsenter --net=/run/netns/client bash -c 'while :; do "$1" -c 4 -T 600 -h "$2" -U postgres postgres; sleep 0.2; done' \
        load "$programs/pgbench" "$group_address" >"$LAB_WORK/load.log" 2>&1 &
    load=$!
}
# pgbench ends when its shell's group does: it is told by its own id.
load_off() {
    local pid
    kill "$load"
    wait "$load" 2>/dev/null
    for pid in $(printf '%s\n' /proc/[0-9]* | sed 's|/proc/||'); do
        [[ /proc/$pid/exe -ef $programs/pgbench ]] && kill "$pid" 2>/dev/null
    done
    return 0
}

# The longest time without an acknowledged row, µs, of the rows since line $1.
longest_wait() {
    tail -n "+$1" "$LAB_WORK/acknowledged" |
        awk 'NR > 1 && $2 - last > longest { longest = $2 - last } { last = $2 } END { print longest + 0 }'
}
# Acknowledged rows since line $1 that a node has not.
lost_rows() {
    tail -n "+$1" "$LAB_WORK/acknowledged" | awk '{ print $1 }' | sort >"$LAB_WORK/promised"
    sql "$2" 'SELECT n FROM rows' | sort >"$LAB_WORK/there"
    comm -23 "$LAB_WORK/promised" "$LAB_WORK/there" | wc -l
}
lines() { wc -l <"$LAB_WORK/acknowledged"; }

# Nodes whose server takes what is written, both asked at their own sockets.
writers() {
    local node
    for node in l0 l1; do
        [ -n "${power[$node]:-}" ] && [ "$(sql "$node" 'SELECT pg_is_in_recovery()')" = f ] && echo "$node"
    done
}
# Looks ten times a second at both servers; a moment in which both take writes is counted.
watch_on() {
    (
        while :; do
            [ "$(writers | wc -l)" -gt 1 ] && echo both
            sleep 0.1
        done
    ) >"$LAB_WORK/both" 2>/dev/null &
    watch=$!
}
watch_off() {
    kill "$watch"
    wait "$watch" 2>/dev/null
    exactly "$1: looks that found two primaries" "$(wc -l <"$LAB_WORK/both")" 0
}

# take NODE: the standby is told to take, and does.
take() { baton_on "$1" takeover >"$LAB_WORK/takeover.out" 2>&1; }

switched_idle() {
    local round owner=l0 first
    for round in $(seq "$(rounds 3)"); do
        first=$(($(lines) + 1))
        write_on "$((10 + round))"
        watch_on
        take "$(other $owner)" || cat "$LAB_WORK/takeover.out"
        owner=$(other $owner)
        within 10 has_state $owner active
        sleep 3
        write_off
        watch_off "switch $round"
        at_most "switch $round, idle: longest time without an acknowledged row" "$(longest_wait "$first")" 2000000
        at_least "switch $round, idle: acknowledged rows" "$(($(lines) - first))" 20
        exactly "switch $round, idle: acknowledged rows lost" "$(lost_rows "$first" $owner)" 0
        within 20 streams $owner "$(other $owner)"
        exactly "switch $round, idle: the old primary follows by itself" \
            "$(streams $owner "$(other $owner)" && echo yes || status_of "$(other $owner)" groups.0.data.text)" yes
        settled $owner || return 3
    done
    [ $owner = l0 ] || { take l0 && settled l0 && within 20 streams l0 l1; }
}

switched_under_load() {
    local first=$(($(lines) + 1))
    load_on
    write_on 2
    watch_on
    sleep 3
    take l1 || cat "$LAB_WORK/takeover.out"
    within 20 has_state l1 active
    sleep 4
    write_off
    load_off
    watch_off 'switch under load'
    report 'switch under load: longest time without an acknowledged row' "$(milliseconds "$(longest_wait "$first")")"
    at_least 'switch under load: acknowledged rows' "$(($(lines) - first))" 20
    exactly 'switch under load: acknowledged rows lost' "$(lost_rows "$first" l1)" 0
    within 20 streams l1 l0
    exactly 'switch under load: the old primary follows by itself' "$(streams l1 l0 && echo yes)" yes
    within 10 same_sums
    exactly 'switch under load: pgbench has the same sums on both nodes' "$(sums l0)" "$(sums l1)"
    settled l1
}
sums() { sql "$1" 'SELECT sum(abalance), count(*) FROM pgbench_accounts' | tr '\n' ' '; }
same_sums() { [ "$(sums l0)" = "$(sums l1)" ]; }

# What the owner's status says of the takeover.
receipt() { status_of "$1" groups.0.data.log.receipt; }
# Where the new timeline of a node began, by PostgreSQL's own history.
fork_of() { tail -n 1 "$(ls "$LAB_WORK/$1"/db/main/pg_wal/*.history | tail -n 1)" | awk '{ print $2 }'; }

# The node that serves loses its power, under load; it returns.
killed() {
    local first=$(($(lines) + 1))
    load_on
    write_on 3
    watch_on
    sleep 4
    crash l1 || return
    within 20 has_state l0 active
    sleep 3
    write_off
    load_off
    watch_off 'power-off'
    report 'power-off: longest time without an acknowledged row' "$(milliseconds "$(longest_wait "$first")")"
    report 'power-off: acknowledged rows lost (asynchronous)' "$(lost_rows "$first" l0)"
    within 5 has_receipt l0
    report 'power-off: the receipt' "$(receipt l0)"
    exactly 'power-off: the receipt has the place where the timeline began' \
        "$(receipt l0 | grep -c "at $(fork_of l0),")" 1
    returns l1 l0 'power-off'
}
has_receipt() { receipt "$1" | grep -q .; }

# returns OLD OWNER WHAT: the old primary's machine is switched on, and it follows by itself.
returns() {
    power_on "$1" && mount_data "$1" || return
    watch_on
    start_daemon "$1"
    within 60 streams "$2" "$1"
    exactly "$3: the old primary follows by itself" \
        "$(streams "$2" "$1" && echo yes || status_of "$1" groups.0.data.text)" yes
    watch_off "$3, return"
    local end
    end=$(receipt "$2" | sed -n 's/.*had written to \([0-9A-F/]*\): .*/\1/p')
    # The last record may go on behind the head of a page.
    exactly "$3: where the old log ended ($end), as pg_waldump finds it, in steps of 64 bytes" \
        "$((($(place "$end") - $(old_end "$1")) / 64))" 0
    report "$3: the receipt" "$(receipt "$2")"
    settled "$2"
}
# Where the log that the node kept (`TIMELINE END FORK`, then where) ends, but for the checkpoints of its recovery.
old_end() {
    local timeline end fork kept
    { read -r timeline end fork; read -r kept; } <"$LAB_WORK/$1/db/main.baton/parted"
    kept=$LAB_WORK/$1/db/${kept#/run/db/}
    "$programs/pg_waldump" -p "$kept" -t "$timeline" \
        -s "$(printf '%X/%X' $((fork >> 32)) $((fork & 0xFFFFFFFF)))" 2>/dev/null |
        grep -v 'desc: CHECKPOINT_' | sed -n 's|.*rec/tot): *[0-9]*/ *\([0-9]*\),.*lsn: \([0-9A-F/]*\),.*|\2 \1|p' |
        tail -n 1 >"$LAB_WORK/last-record"
    read -r end timeline <"$LAB_WORK/last-record" || { echo "$fork"; return; }
    echo $((($(place "$end") + timeline + 7) / 8 * 8))
}

# The replication link is cut, the primary goes on, and then loses its power: the standby refuses, with the figure.
cut_and_killed() {
    local first behind
    cut l0r l1r
    in_net client timeout 20 "$programs/pgbench" -i -s 3 -q -h "$group_address" -U postgres postgres >/dev/null 2>&1
    first=$(($(lines) + 1))
    write_on 4
    sleep 8
    write_off
    exactly 'cut: the primary says that it writes alone' "$(status_of l0 groups.0.data.state)" alone
    exactly 'cut: the standby says that it is old' "$(status_of l1 groups.0.data.state)" stale
    # What a server writes by itself since the last look is a few hundred bytes.
    behind=$(($(place "$(sql l0 'SELECT pg_current_wal_flush_lsn()')") - $(place "$(sql l1 'SELECT pg_last_wal_replay_lsn()')")))
    exactly "cut: of the $behind bytes behind, those that the standby does not know of" \
        "$(((behind - $(status_of l1 groups.0.data.log.behindBytes)) / 4096))" 0
    crash l0 || return
    sleep 10
    behind=$(status_of l1 groups.0.data.log.behindBytes)
    exactly 'cut and killed: it says so with the figure' \
        "$(status_of l1 groups.0.data.text | grep -c "$behind bytes")" 1
    exactly 'cut and killed: state of the group on the standby' "$(status_of l1 groups.0.state)" standby
    exactly 'cut and killed: primaries' "$(writers | wc -l)" 0
    report 'cut and killed: what the standby says' "$(status_of l1 groups.0.data.text)"
    report 'cut and killed: what to type' "$(status_of l1 groups.0.data.nextStep)"
    heal $(ports_of l1)
    within 20 accept_loss
    within 20 has_state l1 active
    within 5 has_receipt l1
    exactly 'cut and killed: the receipt after --accept-data-loss has that figure' \
        "$(receipt l1 | grep -c "$behind bytes")" 1
    returns l0 l1 'cut and killed'
}
accept_loss() { baton_on l1 takeover --accept-data-loss >"$LAB_WORK/accept.out" 2>&1; }
# 0/3000060 as a number.
place() { echo $((0x${1%/*} << 32 | 0x${1#*/})); }
