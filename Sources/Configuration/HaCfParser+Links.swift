// The lines of ha.cf that name heartbeat links. What travels on them and how sockets are opened is the
// daemon's.

internal import Failover

extension HaCfParser {
    /// `bcast DEVICE...`, or by its old name `udp`.
    mutating func broadcast(_ row: Directive, _ name: Word, _ words: [Word]) {
        if row.name == "udp" {
            list.warning(.oldName, at: name.position, "'udp' is the old name of 'bcast'")
        }
        for word in words {
            if let device = device(word) { link(.broadcast, device, port, word) }
        }
    }

    /// `ucast DEVICE ADDRESS` and `ucast6`.
    mutating func unicast(_ row: Directive, _ words: [Word]) {
        guard let device = device(words[0]), let peer = address(row, words[1], of: device) else {
            return
        }
        guard peer.isOfHost else {
            list.error(
                .invalidAddress,
                at: words[1].position,
                "\(peer) is not the address of a host",
                hint: peer.isMulticast
                    ? "\(peer.isIPv6 ? "mcast6" : "mcast") \(device) \(peer) \(port) 1 0" : nil
            )
            return
        }
        link(.unicast(peer: peer), device, port, words[1])
    }

    /// `mcast DEVICE GROUP PORT TTL LOOP` and `mcast6 DEVICE GROUP PORT HOPS LOOP`.
    mutating func multicast(_ row: Directive, _ words: [Word]) {
        guard let device = device(words[0]), let group = address(row, words[1], of: device) else {
            return
        }
        guard group.isMulticast else {
            list.error(
                .invalidAddress,
                at: words[1].position,
                "\(group) is no multicast group",
                hint: group.isIPv6
                    ? "groups begin with ff, such as ff12::1:2:3:4"
                    : "groups are 224.0.0.0 to 239.255.255.255, such as 239.192.0.1"
            )
            return
        }
        // ff00::/16 is reserved, ff01::/16 stays within the host (RFC 4291 section 2.7).
        guard !group.isIPv6 || group.bytes[1] & 0xf > 1 else {
            list.error(
                .invalidAddress,
                at: words[1].position,
                "\(group) is a group that does not leave this host",
                hint: "ff12::1:2:3:4 is one of the link"
            )
            return
        }
        // Heartbeat reads 0 too, and then nobody hears anything.
        guard
            let port = number(row, words[2], "PORT", in: 1...65535),
            let hops = number(
                row,
                words[3],
                group.isIPv6 ? "HOPS" : "TTL",
                in: 1...(group.isIPv6 ? 4 : 255)
            ),
            let loops = number(row, words[4], "LOOP", in: 0...1)
        else { return }
        link(
            .multicast(group: group, hops: UInt8(hops), loops: loops == 1),
            device,
            UInt16(port),
            words[1]
        )
    }

    // MARK: Words of a link

    /// An address of the family that the row is about; `fe80::1%eth1` only with the line's device.
    private mutating func address(_ row: Directive, _ word: Word, of device: String) -> IPAddress? {
        let wantsIPv6 = row.name.hasSuffix("6")
        let parts = word.text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let text = wantsIPv6 ? String(parts[0]) : word.text
        guard let address = IPAddress(text), address.isIPv6 == wantsIPv6 else {
            let other = IPAddress(text) != nil
            list.error(
                .invalidAddress,
                at: word.position,
                "\(quoted(word.text)) is no \(wantsIPv6 ? "IPv6" : "IPv4") address",
                hint: other
                    ? "\(wantsIPv6 ? String(row.name.dropLast()) : row.name + "6") takes it"
                    : "names are not resolved here: write the address"
            )
            return nil
        }
        if wantsIPv6, parts.count == 2, parts[1] != device {
            list.error(
                .invalidAddress,
                at: word.position(at: parts[0].count + 1),
                "the address is of device \(quoted(String(parts[1]))), the line of \(quoted(device))",
                hint: "the device of the line is meant where the address names none"
            )
            return nil
        }
        return address
    }

    private mutating func number(
        _ row: Directive,
        _ word: Word,
        _ name: String,
        in range: ClosedRange<Int>
    ) -> Int? {
        if let number = Int(word.text), range.contains(number) { return number }
        list.error(
            .outOfRange,
            at: word.position,
            "\(quoted(word.text)) is no \(name) of '\(row.name)': it takes \(range.lowerBound) to "
                + "\(range.upperBound)",
            hint: row.grammar
        )
        return nil
    }

    private mutating func device(_ value: Word) -> String? {
        guard isDeviceName(value.text) else {
            list.error(
                .invalidName,
                at: value.position,
                "\(quoted(value.text)) is no device name",
                hint: "at most 15 characters, as `ip link` prints it"
            )
            return nil
        }
        return value.text
    }

    private mutating func link(
        _ medium: HeartbeatLink.Medium,
        _ device: String,
        _ port: UInt16,
        _ word: Word
    ) {
        let link = HeartbeatLink(medium: medium, device: device, port: port)
        if result.links.contains(where: { $0.name == link.name }) {
            list.warning(.givenTwice, at: word.position, "link '\(link.name)' is named twice")
        } else if list.hasRoom(
            after: result.links.count,
            maximum: LinkIndex.configuredMaximum,
            of: "heartbeat links",
            at: word.position
        ) {
            result.links.append(link)
        }
    }
}
