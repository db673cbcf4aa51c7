# the laboratory itself: known holes, double owners, cut cables and crashes are measured as made
# not in the table: no batond runs here, addresses are moved by hand

own() {
    ip -n "$1" addr add "$group_address/24" dev eth1 &&
        in_net "$1" baton-lab announce --device eth1 --address "$group_address"
}
disown_address() { ip -n "$1" addr del "$group_address/24" dev eth1; }

# between WHAT MEASURED LOW HIGH: the instrument shows neither less nor much more than there was.
between() {
    local verdict=holds
    [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || verdict=BROKEN
    result "$1" "$(milliseconds "$2")" "$(milliseconds "$3") .. $(milliseconds "$4")" "$verdict"
}

run() {
    boot l0 && boot l1 && own l0 || return 3

    probe_start && sleep 0.5
    mark move ip -n l0 addr del "$group_address/24" dev eth1
    sleep 0.2
    own l1
    sleep 0.3
    probe_stop || return 3
    between 'hole of 200 ms' "$longest_gap" 195000 $((290000 + stall))
    exactly 'who answers then' "$last_node" l1
    between 'let go before taken' "$handover" 195000 $((290000 + stall))
    exactly 'got and given up by l0, by l1' "$gains_l0/$losses_l0 $gains_l1/$losses_l1" '0/1 1/0'
    never_two_owners 'moved in order: '

    probe_start && sleep 0.3
    own l0
    sleep 0.25
    disown_address l1
    sleep 0.2
    probe_stop || return 3
    between 'two owners for 250 ms' "$double_ownership" 245000 $((330000 + stall))
    exactly 'taken before let go: handover' "$handover" -1000
    exactly 'got and given up by l0, by l1 (both)' "$gains_l0/$losses_l0 $gains_l1/$losses_l1" '1/0 0/1'
    verdict=holds
    [ "$double_arp" -ge 1 ] || verdict=BROKEN
    result 'two owners seen by ARP' "$double_arp" '>= 1' "$verdict"

    probe_start --tcp && sleep 0.5
    crash l0
    exactly 'carrier at the crashed node' "$(in_net l0 cat /sys/class/net/eth1/carrier 2>/dev/null ||
        ip -n l0 -o link show eth1 | grep -c LOWER_UP)" 1
    exactly 'carrier at its peer' "$(ip -n l1 -o link show eth2 | grep -c LOWER_UP)" 1
    sleep 0.3
    own l1
    sleep 0.3
    probe_stop || return 3
    between 'crash and 300 ms (TCP client)' "$gap_crash" 295000 $((420000 + stall))
    never_two_owners 'crash: '

    power_on l0 || return 3
    exactly 'after the boot l0 owns' "$(holders)" l1
    exactly 'l0 reaches l1 again' "$(on l0 ping -c 1 -W 1 192.168.2.3 >/dev/null 2>&1 ||
        on l0 bash -c 'exec 3<>/dev/tcp/192.168.2.3/7000 && read -r -u 3 name && [ "$name" = l1 ]'
        echo $?)" 0
    exactly 'boot ids differ' "$(cmp -s <(on l0 cat /proc/sys/kernel/random/boot_id) \
        <(on l1 cat /proc/sys/kernel/random/boot_id) && echo same || echo differ)" differ

    exactly 'the gateway answers' "$(on l0 ping -c 1 -W 1 "$gateway_address" >/dev/null 2>&1 || hears_arp; echo $?)" 0
    probe_start || return 3
    crash l0 crash l1r
    sleep 0.2
    probe_stop || return 3
    exactly 'crash with the cable: carrier at l1' "$(ip -n l1 -o link show eth2 | grep -c LOWER_UP)" 0
    exactly 'crash with the cable: given up by l0' "$losses_l0" 0
    plug l1r
    power_on l0 || return 3
    within 2 hear l0 l1 192.168.2.3

    unplug l1r
    exactly 'unplugged: carrier at l1' "$(ip -n l1 -o link show eth2 | grep -c LOWER_UP)" 0
    plug l1r
    within 2 hear l0 l1 192.168.2.3
    exactly 'plugged: l0 hears l1' "$(hear l0 l1 192.168.2.3; echo $?)" 0
    cut l1r
    exactly 'cut: l0 does not hear l1' "$(hear l0 l1 192.168.2.3; echo $?)" 1
    heal l1r
    bad_replication --loss-ab 100
    exactly 'one-way cut: l0 not heard' "$(hear l0 l1 192.168.2.3; echo $?)" 1
    good_replication
    bad_replication --loss-ab 1 --delay 10
    within 2 hear l0 l1 192.168.2.3
    exactly 'bad cable: still heard' "$(hear l0 l1 192.168.2.3; echo $?)" 0
    good_replication
    within 2 hear l0 l1 192.168.2.3
    exactly 'healed' "$(hear l0 l1 192.168.2.3; echo $?)" 0
    return 0
}

# Without ping(8): who answers ARP is in the neighbour table.
hears_arp() {
    on l0 bash -c ": >/dev/udp/$gateway_address/9" 2>/dev/null
    within 2 grep -q "$gateway_address .* 0x2 " <(in_net l0 cat /proc/net/arp)
}

# hear FROM WHOM ADDRESS: a TCP question answered within 300 ms.
hear() {
    on "$1" timeout 0.3 bash -c "exec 3<>/dev/tcp/$3/7000 && read -r -u 3 name && [ \$name = $2 ]" \
        2>/dev/null || return 1
}
