// A beat's content to the datagrams of one link.

public import Failover

extension Session {
    /// Makes the datagrams of one beat for one link, in sending order.
    ///
    /// Most beats are one datagram. Groups that do not fit go into further ones, each whole in itself:
    /// own sequence, own tag, the same envelope and addresses. Seal anew for each link.
    ///
    /// - Parameters:
    ///   - content: what to say; addresses beyond `BeatContent.addressesMaximum` are left out.
    ///   - link: this node's ordinal of the link, 0..<`linkMaximum`.
    ///   - now: this node's boot-time clock.
    /// - Returns: one or more datagrams of at most `datagramMaximum` bytes.
    ///
    /// Cost: about 2 µs each, one allocation of its length.
    public mutating func seal(_ content: BeatContent, link: Int, at now: Instant) -> [[UInt8]] {
        precondition(link >= 0 && link < Self.linkMaximum, "link \(link) is not 0..<32")
        if let candidate, sealed - candidate.heardAtSeal > Self.candidatePatience {
            self.candidate = nil
        }
        sealed += 1
        let key = nextKey(link: link)
        let context = key.flatMap { authenticator.context($0) }
        precondition(context != nil || authenticator.keyring == nil, "no context for the key")
        let tagLength = context?.method.tagLength ?? 0

        let addresses = min(content.addresses.count, BeatContent.addressesMaximum)
        let base =
            Layout.fixedCount + Layout.sectionHeader + ownNames.count
            + (addresses > 0 ? Layout.sectionHeader + addresses * Layout.addressCount : 0)
        let groupsHeader = Layout.sectionHeader + Layout.groupsHeader
        let room = Self.datagramMaximum - tagLength - base - groupsHeader
        let groups = content.groups.count
        let parts = Session.parts(of: content.groups, room: room)

        var envelope = envelope(content, link: link, at: now)
        envelope.parts = UInt16(parts.count)
        var datagrams: [[UInt8]] = []
        datagrams.reserveCapacity(parts.count)
        for part in parts.indices {
            sequence += 1
            envelope.sequence = sequence
            envelope.part = UInt16(part)
            let range = parts[part].range
            let (first, count, healthCount) = (
                range.lowerBound, range.count, parts[part].healthCount
            )
            let length =
                base + (count > 0 ? groupsHeader + count * Layout.groupCount : 0)
                + (healthCount > 0 ? Layout.sectionHeader + healthCount : 0)
            var datagram = [UInt8](repeating: 0, count: length + tagLength)
            datagram.put(envelope, key: key ?? 0, tagLength: tagLength)
            var offset = datagram.putSection(
                Layout.namesSection,
                count: ownNames.count,
                at: Layout.fixedCount
            )
            for byte in ownNames {
                datagram[offset] = byte
                offset += 1
            }
            if addresses > 0 {
                offset = datagram.putSection(
                    Layout.addressesSection,
                    count: addresses * Layout.addressCount,
                    at: offset
                )
                for index in 0..<addresses {
                    datagram.put(content.addresses[index], at: offset)
                    offset += Layout.addressCount
                }
            }
            if count > 0 {
                offset = datagram.putSection(
                    Layout.groupsSection,
                    count: Layout.groupsHeader + count * Layout.groupCount,
                    at: offset
                )
                datagram.put(UInt16(Layout.groupCount), at: offset)
                datagram.put(UInt16(first), at: offset + 2)
                datagram.put(UInt16(groups), at: offset + 4)
                offset += Layout.groupsHeader
                for index in range {
                    datagram.put(content.groups[index], at: offset)
                    offset += Layout.groupCount
                }
            }
            if healthCount > 0 {
                offset = datagram.putSection(Layout.healthSection, count: healthCount, at: offset)
                for index in range where !content.groups[index].health.isEmpty {
                    let word = content.groups[index].health
                    offset = datagram.put(word, place: index - first, at: offset)
                }
            }
            if let context {
                // A node that cannot sign must not look alive to itself: its keeper takes over.
                precondition(context.sign(&datagram, length: length), "libcrypto cannot sign")
            }
            datagrams.append(datagram)
        }
        return datagrams
    }

    /// The groups of each datagram of a beat, at least one datagram, and the bytes of their health.
    private static func parts(
        of groups: [GroupReport],
        room: Int
    ) -> [(range: Range<Int>, healthCount: Int)] {
        var parts: [(range: Range<Int>, healthCount: Int)] = []
        var (first, used, health) = (0, 0, 0)
        for index in groups.indices {
            var word = groups[index].health.encodedCount
            if word > 0, health == 0 { word += Layout.sectionHeader }
            if used + Layout.groupCount + word > room {
                parts.append((first..<index, health))
                (first, used, health) = (index, 0, 0)
                word = groups[index].health.encodedCount
                if word > 0 { word += Layout.sectionHeader }
            }
            used += Layout.groupCount + word
            health += groups[index].health.encodedCount
        }
        parts.append((first..<groups.count, health))
        return parts
    }

    /// The envelope of the next datagrams.
    private func envelope(_ content: BeatContent, link: Int, at now: Instant) -> Envelope {
        var envelope = Envelope()
        envelope.kind = content.kind
        envelope.isLeaving = content.isLeaving
        envelope.link = link
        envelope.knownKeys = authenticator.mask
        envelope.clock = now
        envelope.incarnation = incarnation
        envelope.bootID = bootID
        if let current { envelope.echo = current.echo(at: now) }
        if let candidate { envelope.candidateEcho = candidate.echo(at: now) }
        envelope.challenge = content.challenge
        envelope.response = content.response
        envelope.deadtime = content.deadtime
        envelope.earliestTake = content.earliestTake
        envelope.pingsAnswering = UInt8(clamping: content.pingsAnswering)
        return envelope
    }
}

extension HeardIncarnation {
    /// What we tell of it at `now`.
    fileprivate func echo(at now: Instant) -> NonceEcho {
        NonceEcho(nonce: incarnation.nonce, sequence: highest, age: now - heardAt)
    }
}
