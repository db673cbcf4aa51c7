// Addresses as text, and ARP, neighbour discovery and netlink as bytes: commented images, each
// truncation, each wrong field.

import Testing

@testable import Linux

@Suite struct AddressText {
    @Test(arguments: ["0.0.0.0", "10.0.0.1", "255.255.255.255", "192.168.100.9"])
    func ipv4TextGoesThereAndBack(_ text: String) {
        #expect(IPv4Address(text)?.description == text)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1..2.3", "a.b.c.d", "1.2.3.4 ",
    ])
    func otherTextIsNoIPv4Address(_ text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("fe80:0:0:0:0:0:0:9", "fe80::9"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
        ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"), ("0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ])
    func ipv6TextIsShortenedAsRFC5952Asks(_ text: String, _ short: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == short)
        #expect(IPv6Address(short) == address)
        #expect(IPv6Address(bytes: address.bytes) == address)
    }

    @Test func ipv6PartsAreDerived() throws {
        let address = try #require(IPv6Address("fe80::1234:5678:9abc"))
        #expect(address.isLinkLocal)
        #expect(IPv6Address("fec0::1")?.isLinkLocal == false)
        #expect(address.solicitedHosts.description == "ff02::1:ff78:9abc")
        #expect(MACAddress.multicast(address.solicitedHosts).description == "33:33:ff:78:9a:bc")
        #expect(IPv6Address("1.2.3.4") == nil)
        #expect(IPv6Address(bytes: [1]) == nil)
        #expect(IPAddress("10.0.0.1") == .v4(IPv4Address(10, 0, 0, 1)))
        #expect(IPAddress("::1") == .v6(IPv6Address(high: 0, low: 1)))
        #expect(IPAddress("host") == nil)
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test func hardwareAndDeviceNames() {
        #expect(MACAddress(bytes: hex("02 00 00 00 00 0a"))?.description == "02:00:00:00:00:0a")
        #expect(MACAddress(bytes: [1, 2]) == nil)
        #expect(DeviceName(rawValue: "eth0.100")?.description == "eth0.100")
        for name in ["", ".", "..", "a/b", "a b", "a:b", "sixteen-letters-"] {
            #expect(DeviceName(rawValue: name) == nil, "\(name)")
        }
    }
}

@Suite struct ARPImages {
    let hardware = MACAddress(0x02_0000_00000a)

    @Test func probeClaimsNothing() {
        let image = hex(
            """
            ff ff ff ff ff ff  02 00 00 00 00 0a  08 06  # to everybody, from us, ARP
            00 01  08 00  06 04  00 01                   # Ethernet, IPv4, lengths, request
            02 00 00 00 00 0a  00 00 00 00               # sender: us, no address
            00 00 00 00 00 00  0a 00 00 01               # target: unknown, 10.0.0.1
            """
        )
        let frame = ARPFrame.probe(for: IPv4Address(10, 0, 0, 1), from: hardware)
        #expect(frame.bytes == image)
        #expect(ARPFrame(bytes: image) == frame)
    }

    @Test func announcementsAreARequestAndAReply() {
        let request = hex(
            """
            ff ff ff ff ff ff  02 00 00 00 00 0a  08 06
            00 01  08 00  06 04  00 01                   # request
            02 00 00 00 00 0a  0a 00 00 01               # sender: us, 10.0.0.1
            ff ff ff ff ff ff  0a 00 00 01               # target: the same address
            """
        )
        let reply = hex(
            """
            ff ff ff ff ff ff  02 00 00 00 00 0a  08 06
            00 01  08 00  06 04  00 02                   # reply
            02 00 00 00 00 0a  0a 00 00 01
            02 00 00 00 00 0a  0a 00 00 01
            """
        )
        let address = IPAddress.v4(IPv4Address(10, 0, 0, 1))
        #expect(AddressAnnouncement.frames(of: address, at: hardware) == [request, reply])
    }

    @Test func everyTruncationAndWrongFieldIsNothing() {
        let whole = ARPFrame.probe(for: IPv4Address(10, 0, 0, 1), from: hardware).bytes
        for length in 0..<whole.count { #expect(ARPFrame(bytes: Array(whole[..<length])) == nil) }
        #expect(ARPFrame(bytes: whole + [UInt8](repeating: 0, count: 18)) != nil, "padding")
        for offset in 12...21 {
            var wrong = whole
            wrong[offset] ^= 0x80
            #expect(ARPFrame(bytes: wrong) == nil, "offset \(offset)")
        }
    }
}

@Suite struct NeighbourImages {
    let hardware = MACAddress(0x02_0000_00000a)
    let target = IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x0000_0000_0012_3456)

    @Test func probeFromUnspecifiedHasNoOption() {
        let image = hex(
            """
            33 33 ff 12 34 56  02 00 00 00 00 0a  86 dd      # solicited-hosts group, from us, IPv6
            60 00 00 00  00 18  3a  ff                       # 24 bytes, ICMPv6, hop limit 255
            00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  # from ::
            ff 02 00 00 00 00 00 00 00 00 00 01 ff 12 34 56  # to ff02::1:ff12:3456
            87 00  e4 1e  00 00 00 00                        # solicitation, checksum, reserved
            20 01 0d b8 00 00 00 00 00 00 00 00 00 12 34 56  # who has 2001:db8::12:3456?
            """
        )
        let frame = NeighbourFrame.probe(for: target, from: hardware)
        #expect(frame.bytes == image)
        #expect(NeighbourFrame(bytes: image) == frame)
    }

    @Test func announcementOverridesAndNamesTheHardware() {
        let frame = NeighbourFrame.announcement(of: target, at: hardware)
        #expect(
            Array(frame.bytes[54..<56] + frame.bytes[58...])
                == hex(
                    """
                    88 00                                            # advertisement
                    20 00 00 00                                      # override
                    20 01 0d b8 00 00 00 00 00 00 00 00 00 12 34 56  # 2001:db8::12:3456
                    02 01  02 00 00 00 00 0a                         # is at 02:00:00:00:00:0a
                    """
                )
        )
        #expect(frame.destinationHardware.description == "33:33:00:00:00:01")
        #expect(NeighbourFrame(bytes: frame.bytes) == frame)
        #expect(AddressAnnouncement.frames(of: .v6(target), at: hardware) == [frame.bytes])
    }

    @Test func everyTruncationAndEveryFlippedByteOfTheMessageIsNothing() {
        let source = IPv6Address(high: 0xfe80_0000_0000_0000, low: 1)
        let whole = NeighbourFrame.probe(for: target, from: hardware, source: source).bytes
        #expect(whole.count == 86)
        for length in 0..<whole.count {
            #expect(NeighbourFrame(bytes: Array(whole[..<length])) == nil, "length \(length)")
        }
        // From the payload length on everything is checked, most of it by the checksum.
        for offset in [12, 13, 14] + Array(18..<whole.count) {
            var wrong = whole
            wrong[offset] ^= 0x01
            if offset == 14 { wrong[offset] = 0x40 }
            #expect(NeighbourFrame(bytes: wrong) == nil, "offset \(offset)")
        }
    }
}

@Suite struct NetlinkImages {
    // As `ip -d link` and `strace` show them on a little-endian machine.
    let address = hex(
        """
        44 00 00 00  14 00  02 00  07 00 00 00  00 00 00 00  # 68 bytes, RTM_NEWADDR, multi, 7
        02  18  80  00  05 00 00 00                          # IPv4, /24, permanent, global, index 5
        08 00  01 00  0a 00 00 01                            # IFA_ADDRESS 10.0.0.1
        08 00  02 00  0a 00 00 01                            # IFA_LOCAL 10.0.0.1
        08 00  04 00  0a 00 00 ff                            # IFA_BROADCAST 10.0.0.255
        0b 00  03 00  65 74 68 30 3a 30 00  00               # IFA_LABEL eth0:0, padded
        08 00  08 00  81 00 00 00                            # IFA_FLAGS permanent, secondary
        """
    )

    @Test func addressIsRead() throws {
        let message = try #require(NetlinkMessage.parse(address.span)?.first)
        var expected = InterfaceAddress(
            index: 5,
            address: .v4(IPv4Address(10, 0, 0, 1)),
            prefixLength: 24,
            label: "eth0:0",
            broadcast: IPv4Address(10, 0, 0, 255)
        )
        expected.isSecondary = true
        #expect(InterfaceAddress(message) == expected)
        #expect(InterfaceEvent(message) == .addressAdded(expected))
        #expect(NetworkLink(message) == nil)
    }

    @Test func everyTruncationOfAnAddressIsNothing() {
        for length in 1..<address.count {
            #expect(NetlinkMessage.parse(Array(address[..<length]).span) == nil, "\(length)")
        }
        #expect(NetlinkMessage.parse([UInt8]().span) == [])
        // A message whose length is right and whose attributes are cut.
        let body = Array(address[16...])
        // Cut after a whole attribute (43: before the padding) it is a shorter message, and whole.
        let whole = [16, 24, 32, 43, 44]
        for length in 0..<body.count {
            let message = NetlinkMessage(
                type: 20,
                flags: 0,
                sequence: 1,
                body: Array(body[..<length])
            )
            #expect((InterfaceAddress(message) != nil) == whole.contains(length), "\(length)")
        }
    }

    @Test func lengthsThatLieAreNothing() {
        for length: UInt8 in [0, 15, 69, 255] {
            var lying = address
            lying[0] = length
            #expect(NetlinkMessage.parse(lying.span) == nil, "\(length)")
        }
        #expect(NetlinkAttribute.parse(hex("03 00 01 00").span, from: 0) == nil)
        #expect(NetlinkAttribute.parse(hex("00 00 01 00").span, from: 0) == nil)
    }

    @Test func linkIsRead() throws {
        let image = hex(
            """
            40 00 00 00  10 00  00 00  01 00 00 00  00 00 00 00  # 64 bytes, RTM_NEWLINK
            00  00  01 00  02 00 00 00  43 10 01 00  00 00 00 00 # Ethernet, index 2, up, lower up
            09 00  03 00  65 74 68 30 00  00 00 00               # IFLA_IFNAME eth0
            0a 00  01 00  02 00 00 00 00 0a  00 00               # IFLA_ADDRESS
            08 00  04 00  dc 05 00 00                            # IFLA_MTU 1500
            """
        )
        let message = try #require(NetlinkMessage.parse(image.span)?.first)
        let link = try #require(NetworkLink(message))
        #expect(link.index == 2)
        #expect(link.name.rawValue == "eth0")
        #expect(link.isUp && link.hasCarrier && !link.isLoopback)
        #expect(link.hardwareAddress == MACAddress(0x02_0000_00000a))
        #expect(link.mtu == 1500)
        var gone = message
        gone.type = 17
        #expect(InterfaceEvent(gone) == .linkRemoved(link))
    }

    @Test func ipv6IsAddedWithoutDetectionOfDoubles() {
        let address = InterfaceAddress(
            index: 3,
            address: .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)),
            prefixLength: 64,
            label: "eth0:0",
            broadcast: .limitedBroadcast
        )
        #expect(
            address.body
                == hex(
                    """
                    0a  40  02  00  03 00 00 00                                   # /64, NODAD, 3
                    14 00 02 00  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01  # IFA_LOCAL
                    14 00 01 00  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01  # IFA_ADDRESS
                    """
                )
        )
    }

    @Test func whoBroughtAnAddressUpIsTold() throws {
        var address = InterfaceAddress(
            index: 3,
            address: .v4(IPv4Address(10, 0, 0, 1)),
            prefixLength: 24
        )
        #expect(!address.isOurs)
        address.origin = InterfaceAddress.ownOrigin
        #expect(address.isOurs)
        #expect(address.body.suffix(8) == hex("05 00 0b 00 ba 00 00 00"))  // IFA_PROTO
        let message = NetlinkMessage(type: 20, flags: 0, sequence: 1, body: address.body)
        #expect(InterfaceAddress(message) == address)
    }

    @Test func acknowledgementCarriesTheErrno() {
        let refusal = NetlinkMessage(type: 2, flags: 0, sequence: 1, body: hex("ef ff ff ff"))
        #expect(refusal.acknowledgement == Errno.alreadyExists.rawValue)
        #expect(NetlinkMessage(type: 2, flags: 0, sequence: 1, body: [0]).acknowledgement == nil)
        #expect(NetlinkMessage(type: 3, flags: 0, sequence: 1, body: []).acknowledgement == nil)
    }

    @Test func acknowledgementOfANumberWithoutOppositeIsOneToo() {
        let least = NetlinkMessage(type: 2, flags: 0, sequence: 1, body: hex("00 00 00 80"))
        #expect(least.acknowledgement == .min)
    }
}

@Suite struct EchoImages {
    let cookie = Array("sixteen of bytes".utf8)

    private func message(isIPv6: Bool, isRaw: Bool) -> EchoMessage {
        EchoMessage(isIPv6: isIPv6, isRaw: isRaw, identifier: 0xba70, cookie: cookie)
    }

    @Test func requestHasItsChecksum() {
        let request = message(isIPv6: false, isRaw: true).request(7)
        #expect(request == hex("08 00 0f 74  ba 70  00 07") + cookie)
        #expect(EchoMessage.checksum(request) == 0)
        #expect(
            message(isIPv6: true, isRaw: true).request(7) == hex("80 00 00 00  ba 70  00 07")
                + cookie
        )
    }

    @Test func answerIsFoundBehindAnIPHeaderOfAnyLength() {
        let raw = message(isIPv6: false, isRaw: true)
        let answer = hex("00 00 00 00  ba 70  00 07") + cookie
        for words in 5...15 {
            let header = [0x40 | UInt8(words)] + [UInt8](repeating: 0, count: 4 * words - 1)
            #expect(raw.sequence(answeredBy: header + answer) == 7)
            #expect(raw.sequence(answeredBy: header) == nil)
        }
        #expect(message(isIPv6: false, isRaw: false).sequence(answeredBy: answer) == 7)
        #expect(raw.sequence(answeredBy: []) == nil)
    }

    @Test func everyTruncationAndAnotherIdentifierTypeOrCookieIsNothing() {
        let raw = message(isIPv6: true, isRaw: true)
        let answer = hex("81 00 00 00  ba 70  00 07") + cookie
        #expect(raw.sequence(answeredBy: answer) == 7)
        for length in 0..<answer.count {
            #expect(raw.sequence(answeredBy: Array(answer[..<length])) == nil)
        }
        for offset in [0, 4, 5] + Array(8..<24) {
            var wrong = answer
            wrong[offset] ^= 1
            #expect(raw.sequence(answeredBy: wrong) == nil, "offset \(offset)")
        }
    }
}
