// ha.cf: the lines that name heartbeat links, of every medium.

import Failover
import Testing

@testable import Configuration

@Suite struct LinkTests {
    @Test func everyMediumIsReadWithItsPortAndName() {
        let (result, diagnostics) = haCf(
            """
            node l0 l1
            auto_failback off
            udpport 700
            ucast6 eth1 fd00::3
            ucast6 eth1 fe80::5054:ff:fe29:3949%eth1
            mcast eth1 239.192.0.1 694 1 0
            mcast6 eth2, ff12:0::1:2:3:4 695 4 1
            bcast eth1

            """
        )
        #expect(diagnostics == [])
        #expect(
            result.links == [
                HeartbeatLink(
                    medium: .unicast(
                        peer: IPAddress(ipv6High: 0xfd00_0000_0000_0000, low: 3)
                    ),
                    device: "eth1",
                    port: 700
                ),
                HeartbeatLink(
                    medium: .unicast(
                        peer: IPAddress(
                            ipv6High: 0xfe80_0000_0000_0000,
                            low: 0x5054_00ff_fe29_3949
                        )
                    ),
                    device: "eth1",
                    port: 700
                ),
                HeartbeatLink(
                    medium: .multicast(
                        group: IPAddress(ipv4: (239, 192, 0, 1)),
                        hops: 1,
                        loops: false
                    ),
                    device: "eth1",
                    port: 694
                ),
                HeartbeatLink(
                    medium: .multicast(
                        group: IPAddress(
                            ipv6High: 0xff12_0000_0000_0000,
                            low: 0x0001_0002_0003_0004
                        ),
                        hops: 4,
                        loops: true
                    ),
                    device: "eth2",
                    port: 695
                ),
                HeartbeatLink(medium: .broadcast, device: "eth1", port: 700),
            ]
        )
        #expect(
            result.links.map(\.name) == [
                "ucast6 eth1 fd00::3", "ucast6 eth1 fe80::5054:ff:fe29:3949",
                "mcast eth1 239.192.0.1", "mcast6 eth2 ff12::1:2:3:4", "bcast eth1",
            ]
        )
    }

    @Test func whatIsWrongIsSaidWithItsPlace() {
        let (_, diagnostics) = haCf(
            """
            node l0 l1
            auto_failback off
            bcast eth0
            ucast6 eth1 10.0.0.3
            ucast eth1 fd00::3
            ucast6 eth1 fe80::3%eth2
            ucast eth1 239.192.0.1
            mcast eth1 10.0.0.3 694 1 0
            mcast eth1 239.192.0.1 0 1 0
            mcast eth1 239.192.0.1 694 0 0
            mcast6 eth1 ff01::1 694 1 0
            mcast6 eth1 ff12::1 694 5 0
            mcast6 eth1 ff12::1 694 1 2

            """
        )
        #expect(
            Diagnostic.text(diagnostics) == """
                ha.cf:4:13: error: '10.0.0.3' is no IPv6 address
                    ucast6 eth1 10.0.0.3
                                ^
                    hint: ucast takes it
                ha.cf:5:12: error: 'fd00::3' is no IPv4 address
                    ucast eth1 fd00::3
                               ^
                    hint: ucast6 takes it
                ha.cf:6:21: error: the address is of device 'eth2', the line of 'eth1'
                    ucast6 eth1 fe80::3%eth2
                                        ^
                    hint: the device of the line is meant where the address names none
                ha.cf:7:12: error: 239.192.0.1 is not the address of a host
                    ucast eth1 239.192.0.1
                               ^
                    hint: mcast eth1 239.192.0.1 694 1 0
                ha.cf:8:12: error: 10.0.0.3 is no multicast group
                    mcast eth1 10.0.0.3 694 1 0
                               ^
                    hint: groups are 224.0.0.0 to 239.255.255.255, such as 239.192.0.1
                ha.cf:9:24: error: '0' is no PORT of 'mcast': it takes 1 to 65535
                    mcast eth1 239.192.0.1 0 1 0
                                           ^
                    hint: mcast DEVICE GROUP PORT TTL LOOP
                ha.cf:10:28: error: '0' is no TTL of 'mcast': it takes 1 to 255
                    mcast eth1 239.192.0.1 694 0 0
                                               ^
                    hint: mcast DEVICE GROUP PORT TTL LOOP
                ha.cf:11:13: error: ff01::1 is a group that does not leave this host
                    mcast6 eth1 ff01::1 694 1 0
                                ^
                    hint: ff12::1:2:3:4 is one of the link
                ha.cf:12:25: error: '5' is no HOPS of 'mcast6': it takes 1 to 4
                    mcast6 eth1 ff12::1 694 5 0
                                            ^
                    hint: mcast6 DEVICE GROUP PORT HOPS LOOP
                ha.cf:13:27: error: '2' is no LOOP of 'mcast6': it takes 0 to 1
                    mcast6 eth1 ff12::1 694 1 2
                                              ^
                    hint: mcast6 DEVICE GROUP PORT HOPS LOOP

                """
        )
    }

    @Test func aLinkIsItselfWhateverItsHopsAndTwiceIsSaid() {
        let (result, diagnostics) = haCf(
            goodHaCf + "mcast eth1 239.192.0.1 694 1 0\nmcast eth1 239.192.0.1 694 2 0\n"
        )
        #expect(diagnostics.map(\.message) == ["link 'mcast eth1 239.192.0.1' is named twice"])
        #expect(result.links.count == 2)
    }

    @Test func aLineThatNamesAnOwnIPv6AddressIsThePeers() throws {
        let files = ConfigurationFiles(
            haCf: ConfigurationFile(
                name: "ha.cf",
                text: "node l0 l1\nauto_failback off\nucast6 eth1 fd00::2\nucast6 eth1 fd00::3\n"
                    + "mcast6 eth1 ff12::1 694 1 0\n"
            ),
            haresources: ConfigurationFile(name: "haresources", text: "l0 10.0.0.1/24/eth0\n"),
            authkeys: goodKeys
        )
        let check = ConfigurationCheck(files, node: "l0")
        #expect(check.diagnostics == [])
        let configuration = try #require(check.configuration)
        let own = IPAddress(ipv6High: 0xfd00_0000_0000_0000, low: 2)
        #expect(
            configuration.settings(ownAddresses: [own]).links.map(\.name)
                == ["ucast6 eth1 fd00::3", "mcast6 eth1 ff12::1"]
        )
        var peer = files
        peer.haCf = ConfigurationFile(
            name: "ha.cf",
            text: "node l0 l1\nauto_failback off\nucast6 eth1 fd00::2\nucast6 eth1 fd00::3\n"
                + "mcast6 eth1 ff12::2 694 1 0\n"
        )
        #expect(
            ConfigurationCheck(files, node: "l0", peer: peer).diagnostics.map(\.message) == [
                "'mcast' is 'ff12::2 694' there and 'ff12::1 694' here: a node hears only the groups it has "
                    + "joined"
            ]
        )
    }
}
