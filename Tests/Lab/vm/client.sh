# The client on the service LAN: inserts row after row through the group's address and notes which were acknowledged.
# A new connection for each row, as short-lived clients do.

group_address=192.168.1.100
client_options=(--no-defaults --user=client --password=client --connect-timeout=2 --skip-ssl)
query() { in_client timeout 20 mariadb "${client_options[@]}" -h "$group_address" -N -B -e "$1" lab 2>/dev/null; }
# Somebody listens: a question to a machine without power must not take seconds.
listens_now() { in_client timeout 0.25 bash -c ": </dev/tcp/$group_address/3306" 2>/dev/null; }

# insert_rows NUMBER: one client of several, for ever. Lines of acked.NUMBER: ROW BEGAN ACKNOWLEDGED.
insert_rows() {
    local row=$(($1 * 1000000)) began was_acked=
    while :; do
        row=$((row + 1))
        began=$EPOCHREALTIME
        if { [ -n "$was_acked" ] || listens_now; } && query "insert into kept values ($row, repeat('x', 500))"; then
            echo "$row $began $EPOCHREALTIME" >>"$LAB_WORK/acked.$1"
            was_acked=yes
            sleep 0.03
        else
            was_acked=
            sleep 0.05
        fi
    done
}

make_table() {
    query 'drop table if exists kept; create table kept (id bigint primary key, filling varchar(600)) engine=InnoDB'
}
# start_clients COUNT
start_clients() {
    local number
    client_pids=()
    rm -f "$LAB_WORK"/acked.*
    # Nothing is measured yet: a machine that stands still for two seconds now is asked again.
    within 60 make_table || return
    for number in $(seq 1 "${1:-1}"); do
        : >"$LAB_WORK/acked.$number"
        insert_rows "$number" &
        client_pids+=($!)
        background+=($!)
    done
    within 20 test -s "$LAB_WORK/acked.1"
}
# under_clients COUNT: from now on both machines are watched, while clients insert.
under_clients() {
    forget_owners
    watch_owners n1 n2
    start_clients "$1"
}
stop_clients() {
    local pid
    for pid in "${client_pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
    client_pids=()
}

# is_served_since MICROSECONDS: a row that was begun after that is acknowledged.
is_served_since() { [ -n "$(first_acked_since "$1")" ]; }
first_acked_since() {
    awk -v since="$1" '{ gsub(/\./, "", $2); gsub(/\./, "", $3) } $2 + 0 > since + 0 { print $3; exit }' \
        "$LAB_WORK"/acked.1
}
# The longest time without an acknowledged row of client 1 since then, in microseconds.
longest_outage_since() {
    awk -v since="$1" '{ gsub(/\./, "", $3) } NR > 1 && $3 + 0 > since + 0 { gap = $3 - last; if (gap > most) most = gap }
        { last = $3 } END { printf "%d", most }' "$LAB_WORK"/acked.1
}
acked_rows() { cat "$LAB_WORK"/acked.* | wc -l; }

# Each acknowledged row is in the table, whoever serves now.
every_row_is_there() {
    local lost
    # In the middle of a move nobody answers, which is no loss.
    within 90 query 'select 1' >/dev/null 2>&1
    query 'select id from kept' | sort >"$LAB_WORK/present"
    lost=$(cut -d ' ' -f 1 "$LAB_WORK"/acked.* | sort | comm -23 - "$LAB_WORK/present" | wc -l)
    at_least "${1:-}acknowledged rows" "$(acked_rows)" 10
    exactly "${1:-}acknowledged rows that are lost" "$lost" 0
}
