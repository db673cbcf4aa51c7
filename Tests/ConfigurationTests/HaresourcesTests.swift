// haresources: groups, resources, addresses, and what goes wrong with them.

import Failover
import Testing

@testable import Configuration

@Suite struct HaresourcesTests {
    @Test func aGroupIsItsResourcesInOrder() throws {
        let (groups, diagnostics) = haresources(
            "L0 IPaddr2::192.168.1.100/24/eth1:0 drbddisk::r0 "
                + "Filesystem::/dev/drbd0::/mnt/drbd::ext3 mysqld-max mon\n"
        )
        #expect(diagnostics == [])
        let group = try #require(groups.first)
        #expect(group.name == "192.168.1.100")
        #expect(group.preferredNode == "l0")
        #expect(
            group.resources.map(\.type) == [
                "IPaddr2", "drbddisk", "Filesystem", "mysqld-max", "mon",
            ]
        )
        #expect(group.resources[2].arguments == ["/dev/drbd0", "/mnt/drbd", "ext3"])
        #expect(group.resources.map(\.isStateless) == [true, false, false, false, true])
        #expect(
            group.resources[0].address
                == AddressSpecification(
                    address: try #require(IPAddress("192.168.1.100")),
                    prefixLength: 24,
                    device: "eth1",
                    label: "eth1:0",
                    broadcast: nil
                )
        )
    }

    @Test(
        arguments: [
            ("10.0.0.1", "IPaddr", "10.0.0.1", nil, nil, nil),
            ("10.0.0.1/16/10.0.255.255", "IPaddr", "10.0.0.1", 16, nil, "10.0.255.255"),
            (
                "IPaddr::10.0.0.1/255.255.240.0/eth0/10.0.15.255", "IPaddr", "10.0.0.1", 20, "eth0",
                "10.0.15.255"
            ),
            ("IPaddr2::2001:db8::5/64/eth0", "IPaddr2", "2001:db8::5", 64, "eth0", nil),
            ("IPaddr2::::1:2/64", "IPaddr2", "::1:2", 64, nil, nil),
            ("2001:db8::5/64/eth0", "IPaddr", "2001:db8::5", 64, "eth0", nil),
            ("fd00::5", "IPaddr", "fd00::5", nil, nil, nil),
            ("IPv6addr::fe80::1/10/eth0", "IPv6addr", "fe80::1", 10, "eth0", nil),
        ] as [(String, String, String, Int?, String?, String?)]
    )
    func addressesAreReadInAllForms(
        text: String,
        type: String,
        address: String,
        prefix: Int?,
        device: String?,
        broadcast: String?
    ) throws {
        let (groups, diagnostics) = haresources("l0 \(text)\n")
        #expect(diagnostics == [])
        let resource = try #require(groups.first?.resources.first)
        #expect(resource.type == type)
        #expect(resource.address?.address.description == address)
        #expect(resource.address?.prefixLength == prefix)
        #expect(resource.address?.device == device)
        #expect(resource.address?.broadcast?.description == broadcast)
        #expect(groups.first?.name == address)
    }

    @Test func aScriptWithAHexadecimalNameIsNoAddress() {
        let (groups, _) = haresources("l0 db::1 cafe\n")
        #expect(groups.first?.resources.map(\.text) == ["db::1", "cafe"])
        #expect(groups.first?.name == "db::1")
    }

    @Test func mistakesInResourcesAreShownWhereTheyAre() {
        let (groups, diagnostics) = haresources(
            """
            l0 IPaddr2::192.168.1.300/24
            l2 10.0.0.1
            l0 IPaddr2::10.0.0.2/33/eth0
            l0 IPaddr2::10.0.0.3/24/eth0:averylonglabel
            l1 10.0.0.4/24/eth0/10.0.0.256
            l1 Filesystem:/dev/sda1::/mnt
            l1 Filesystem::/dev/sda1
            l0 IPaddr2
            l0 "MailTo::root" ../evil

            """
        )
        #expect(groups.map(\.name) == ["10.0.0.1"])
        #expect(
            Diagnostic.text(diagnostics) == """
                haresources:1:13: error: '192.168.1.300' is no IP address
                    l0 IPaddr2::192.168.1.300/24
                                ^
                    hint: IPaddr2::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]
                haresources:2:1: error: 'l2' is no node of ha.cf, which names l0 and l1
                    l2 10.0.0.1
                    ^
                    hint: did you mean 'l0'?
                haresources:3:22: error: '33' is no prefix length: 1 to 32
                    l0 IPaddr2::10.0.0.2/33/eth0
                                         ^
                    hint: 24, or a mask such as 255.255.255.0
                haresources:4:25: error: 'eth0:averylonglabel' is no label: DEVICE:TEXT, at most 15 characters \
                together
                    l0 IPaddr2::10.0.0.3/24/eth0:averylonglabel
                                            ^
                    hint: IPaddr2::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]
                haresources:5:21: error: '10.0.0.256' is no IPv4 broadcast address
                    l1 10.0.0.4/24/eth0/10.0.0.256
                                        ^
                    hint: IPaddr::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]
                haresources:6:14: error: 'Filesystem:/dev/sda1' is no resource type
                    l1 Filesystem:/dev/sda1::/mnt
                                 ^
                    hint: did you mean 'Filesystem::/dev/sda1'?
                haresources:7:4: error: 'Filesystem' has 1 argument
                    l1 Filesystem::/dev/sda1
                       ^
                    hint: Filesystem::DEVICE::DIRECTORY[::TYPE[::OPTIONS]]
                haresources:8:4: error: 'IPaddr2' has no address
                    l0 IPaddr2
                       ^
                    hint: IPaddr2::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]
                haresources:9:4: warning: haresources has no quoting: the quote is part of '"MailTo::root"'
                    l0 "MailTo::root" ../evil
                       ^
                haresources:9:4: error: '"MailTo' is no resource type
                    l0 "MailTo::root" ../evil
                       ^
                    hint: did you mean 'MailTo'?
                haresources:9:19: error: '../evil' is no resource type
                    l0 "MailTo::root" ../evil
                                      ^

                """
        )
    }

    @Test func continuedLinesMayHaveCommentsGapsAndBlanksAfterTheBackslash() {
        let (groups, diagnostics) = haresources(
            "l0 10.0.0.1 \\ \n\n  drbddisk::r0 \\  # the disk\n # the filesystem\n"
                + "  Filesystem::/dev/drbd0::/mnt # ext4\n\nl1 apache \\\n\nl0 squid\n"
        )
        #expect(
            groups.map { $0.resources.map(\.text) } == [
                ["10.0.0.1", "drbddisk::r0", "Filesystem::/dev/drbd0::/mnt"], ["apache"], ["squid"],
            ]
        )
        #expect(
            diagnostics.map { "\($0.line):\($0.column) \($0.severity.word) \($0.code.rawValue)" }
                == [
                    "1:13 note blank-after-backslash", "2:1 note continuation-gap",
                    "3:19 note continuation-comment",
                ]
        )
    }

    @Test func duplicatesAreErrors() {
        let (_, diagnostics) = haresources(
            "l0 10.0.0.1 MailTo::a\nl1 IPaddr2::10.0.0.1/24 MailTo::a\nl0 apache\nl1 apache x\n"
        )
        #expect(
            diagnostics.map { "\($0.line):\($0.column) \($0.severity.word) \($0.message)" } == [
                "2:4 error '10.0.0.1' stands twice: here and on line 1, column 4",
                "4:4 error 'apache' stands twice: here and on line 3, column 4",
                "4:4 error two groups begin with 'apache' (line 3) and would have one name",
            ]
        )
    }

    @Test func aLoneCarriageReturnBehindTheLastLineIsNoLine() {
        let (groups, diagnostics) = haresources("l0 10.0.0.1/24/eth0\n\r")
        #expect(groups.map(\.name) == ["10.0.0.1"])
        #expect(diagnostics.isEmpty)
    }

    @Test func carriageReturnsAreNoPartOfTheLastResource() {
        let (groups, diagnostics) = haresources("l0 10.0.0.1 mon\r\n")
        #expect(groups.first?.resources.map(\.text) == ["10.0.0.1", "mon"])
        #expect(diagnostics.map(\.code) == [.carriageReturns])
    }

    @Test func whatIsNoParameterOfAnAgentIsAnError() {
        let (groups, diagnostics) = haresources(
            "l0 ocf:heartbeat:pgsql::pgdata=/data::pgport=5433 ocf:heartbeat:Dummy\n"
        )
        #expect(groups.first?.resources.map(\.arguments) == [["pgdata=/data", "pgport=5433"], []])
        #expect(diagnostics.isEmpty)
        for word in ["/data", "=x", "1a=x", "a-b=x"] {
            let (groups, diagnostics) = haresources("l0 10.0.0.1 ocf:heartbeat:pgsql::\(word)\n")
            #expect(groups.isEmpty || groups.first?.resources.count == 1)
            #expect(diagnostics.map(\.code) == [.invalidName])
            #expect(
                diagnostics.first?.hint
                    == "ocf:heartbeat:pgsql::PARAMETER=VALUE, each behind two colons"
            )
        }
    }

    @Test func aMistypedTypeIsNamed() {
        let (groups, diagnostics) = haresources(
            "l0 drbdisk::r0 Filesytem::/a::/b ipaddr2::10.0.0.1 mon2\n"
        )
        #expect(groups.count == 1)
        #expect(
            diagnostics.map(\.code) == [.nearResourceType, .nearResourceType, .nearResourceType]
        )
        #expect(
            diagnostics.map(\.hint) == [
                "did you mean 'drbddisk'?", "did you mean 'Filesystem'?", "did you mean 'IPaddr2'?",
            ]
        )
    }

    @Test func meaningIsTextWithoutNodeAndDevice() throws {
        let left = try #require(
            haresources(
                "l0 IPaddr2::10.0.0.1/24/eth0 drbddisk::r0 Filesystem::/dev/drbd0::/mnt mon\n"
            ).0.first
        )
        let right = try #require(
            haresources("l1 10.0.0.1/24/eth1:7 mon drbddisk::r0 Filesystem::/dev/drbd0::/mnt\n").0
                .first
        )
        #expect(
            left.storageMeaning == "v1 storage\ndrbddisk\tr0\nFilesystem\t/dev/drbd0\t/mnt\n"
        )
        #expect(left.addressMeaning == "v1 address\naddress\t10.0.0.1\t24\nmon\n")
        #expect(left.storageMeaning == right.storageMeaning)
        #expect(left.addressMeaning == right.addressMeaning)
    }

    @Test func storageInAnotherOrderIsAnotherMeaning() throws {
        let left = try #require(haresources("l0 10.0.0.1 a b\n").0.first)
        let right = try #require(haresources("l0 10.0.0.1 b a\n").0.first)
        #expect(left.storageMeaning != right.storageMeaning)
        #expect(left.addressMeaning == right.addressMeaning)
    }

    @Test(
        arguments: [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("::ffff:1.2.3.4", "::ffff:102:304"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("0.0.0.0", "0.0.0.0"), ("1.2.3", nil),
            ("1.2.3.4.5", nil), ("01.2.3.4", nil), ("1.2.3.256", nil), (":", nil), (":::", nil),
            ("1::2::3", nil), ("12345::", nil), ("1:2:3:4:5:6:7:8:9", nil),
            ("1:2:3:4:5:6:7:8::", nil),
            ("1:", nil), (":1", nil), ("g::", nil), ("", nil), ("1.2.3.4::", nil), ("::1.2.3", nil),
        ] as [(String, String?)]
    )
    func addressTextIsReadByTheRule(text: String, canonical: String?) {
        #expect(IPAddress(text)?.description == canonical)
    }
}
