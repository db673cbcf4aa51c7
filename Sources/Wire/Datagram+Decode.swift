// Bytes to values, by the table in `Layout`. The bytes may be anything: each length is checked before
// what it covers is read, and what does not fit is no envelope.

internal import Failover

extension Span<UInt8> {
    /// The number at `offset`, most significant byte first; the caller has checked the bounds.
    func number<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, at offset: Int)
        -> Value
    {
        var value: Value = 0
        for index in 0..<(Value.bitWidth / 8) {
            value = value << 8 | Value(truncatingIfNeeded: self[offset + index])
        }
        return value
    }

    /// The nanoseconds at `offset`; `nil` from 2^63 on.
    func nanoseconds(at offset: Int) -> Int64? { Int64(exactly: number(UInt64.self, at: offset)) }

    /// The echo at `offset`; `nil` when its age is out of range.
    func echo(at offset: Int) -> NonceEcho? {
        guard let age = nanoseconds(at: offset + 16) else { return nil }
        return NonceEcho(
            nonce: number(UInt64.self, at: offset),
            sequence: number(UInt64.self, at: offset + 8),
            age: .nanoseconds(age)
        )
    }

    /// Whether the bytes of `range` are `bytes`.
    func holds(_ bytes: [UInt8], at range: Range<Int>) -> Bool {
        guard range.count == bytes.count else { return false }
        for index in 0..<bytes.count where self[range.lowerBound + index] != bytes[index] {
            return false
        }
        return true
    }
}

/// What can be said of a datagram before its tag is checked.
struct Frame {
    var keyID: UInt8
    var tagLength: Int
    /// The bytes under the tag.
    var signedLength: Int

    /// Reads the first 12 bytes; `nil` when they do not describe exactly this many bytes.
    init?(_ datagram: Span<UInt8>) {
        guard datagram.count >= Layout.fixedCount, datagram.count <= Session.datagramMaximum,
            datagram.number(UInt32.self, at: 0) == Layout.magic,
            datagram[4] == Layout.major
        else { return nil }
        keyID = datagram[Layout.keyID]
        tagLength = Int(datagram[Layout.tagLength])
        signedLength = Int(datagram.number(UInt16.self, at: Layout.signedLength))
        guard signedLength >= Layout.fixedCount, signedLength + tagLength == datagram.count else {
            return nil
        }
    }
}

extension Envelope {
    /// Reads the fixed part and finds the sections; `nil` when any of it contradicts the layout.
    ///
    /// `length` is the signed length, at least `Layout.fixedCount` and at most `datagram.count`.
    init?(_ datagram: Span<UInt8>, length: Int) {
        let fixed = Int(datagram.number(UInt16.self, at: Layout.fixedLength))
        guard fixed >= Layout.fixedCount, fixed <= length,
            let clock = datagram.nanoseconds(at: Layout.clock),
            let echo = datagram.echo(at: Layout.echo),
            let candidateEcho = datagram.echo(at: Layout.candidateEcho),
            let deadtime = datagram.nanoseconds(at: Layout.deadtime),
            let earliestTake = datagram.nanoseconds(at: Layout.earliestTake)
        else { return nil }
        kind = BeatKind(rawValue: datagram[Layout.kind]) ?? .daemonDown
        isLeaving = datagram[Layout.flags] & Layout.leavingFlag != 0
        link = Int(datagram[Layout.link])
        knownKeys = datagram.number(UInt16.self, at: Layout.knownKeys)
        part = datagram.number(UInt16.self, at: Layout.part)
        parts = datagram.number(UInt16.self, at: Layout.parts)
        sequence = datagram.number(UInt64.self, at: Layout.sequence)
        self.clock = Instant(nanoseconds: clock)
        incarnation = Incarnation(
            counter: datagram.number(UInt64.self, at: Layout.counter),
            nonce: datagram.number(UInt64.self, at: Layout.nonce)
        )
        bootID = BootID(
            high: datagram.number(UInt64.self, at: Layout.bootID),
            low: datagram.number(UInt64.self, at: Layout.bootID + 8)
        )
        self.echo = echo
        self.candidateEcho = candidateEcho
        challenge = datagram.number(UInt64.self, at: Layout.challenge)
        response = datagram.number(UInt64.self, at: Layout.response)
        self.deadtime = .nanoseconds(deadtime)
        self.earliestTake = .nanoseconds(earliestTake)
        pingsAnswering = datagram[Layout.pingsAnswering]
        guard sequence != 0, incarnation.nonce != 0, link < Session.linkMaximum, part < parts,
            findSections(datagram, fixed..<length)
        else { return nil }
    }

    /// Finds the sections in `range`; `false` when one is cut, doubled or of a wrong shape.
    private mutating func findSections(_ datagram: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard range.upperBound - offset >= Layout.sectionHeader else { return false }
            let type = datagram[offset]
            let count = Int(datagram.number(UInt16.self, at: offset + 2))
            let begin = offset + Layout.sectionHeader
            guard range.upperBound - begin >= count else { return false }
            let content = begin..<(begin + count)
            offset = content.upperBound
            switch type {
            case Layout.namesSection:
                guard names.isEmpty, Self.areNames(datagram, content) else { return false }
                names = content
            case Layout.addressesSection:
                guard addresses.isEmpty, Self.areAddresses(datagram, content) else { return false }
                addresses = content
            case Layout.groupsSection:
                guard groups.isEmpty, count >= Layout.groupsHeader else { return false }
                groupCount = Int(datagram.number(UInt16.self, at: begin))
                guard groupCount >= Layout.groupCount,
                    (count - Layout.groupsHeader) % groupCount == 0
                else { return false }
                groups = content
            case Layout.healthSection:
                guard health.isEmpty, Self.isHealth(datagram, content) else { return false }
                health = content
            default:
                break
            }
        }
        return !names.isEmpty
    }

    /// Whether `range` holds three names.
    private static func areNames(_ datagram: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        for _ in 0..<3 {
            guard offset < range.upperBound else { return false }
            let count = Int(datagram[offset])
            guard count > 0, count <= Layout.nameMaximum else { return false }
            offset += 1 + count
        }
        return offset == range.upperBound
    }

    /// Whether `range` holds 0 to 8 addresses.
    private static func areAddresses(_ datagram: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count % Layout.addressCount == 0,
            range.count / Layout.addressCount <= BeatContent.addressesMaximum
        else { return false }
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: Layout.addressCount)
        where datagram[offset] != 4 && datagram[offset] != 6 {
            return false
        }
        return true
    }

    /// Whether `range` holds whole records of health.
    private static func isHealth(_ datagram: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard range.upperBound - offset >= Layout.healthCount,
                datagram.nanoseconds(at: offset + 8) != nil
            else { return false }
            offset += Layout.healthCount + Int(datagram[offset + 2]) * Layout.moveCount
        }
        return offset == range.upperBound
    }

    /// Reads the records of health, and gives each to its group.
    private func readHealth(_ datagram: Span<UInt8>, _ groups: inout [GroupReport]) {
        var offset = health.lowerBound
        while offset < health.upperBound {
            let place = Int(datagram.number(UInt16.self, at: offset))
            let count = Int(datagram[offset + 2])
            // A place that is none of this datagram's groups says nothing.
            if groups.indices.contains(place) {
                groups[place].health = HealthWord(datagram, at: offset, count: count)
            }
            offset += Layout.healthCount + count * Layout.moveCount
        }
    }

    /// The content of the beat, with the groups of this datagram.
    func content(_ datagram: Span<UInt8>) -> BeatContent {
        var content = BeatContent(
            kind: kind,
            isLeaving: isLeaving,
            deadtime: deadtime,
            earliestTake: earliestTake,
            challenge: challenge,
            response: response,
            addresses: [],
            pingsAnswering: Int(pingsAnswering),
            groups: []
        )
        content.addresses.reserveCapacity(addresses.count / Layout.addressCount)
        for offset in stride(
            from: addresses.lowerBound,
            to: addresses.upperBound,
            by: Layout.addressCount
        ) {
            content.addresses.append(OwnAddress(datagram, at: offset))
        }
        guard !groups.isEmpty else { return content }
        let first = groups.lowerBound + Layout.groupsHeader
        content.groups.reserveCapacity((groups.upperBound - first) / groupCount)
        for offset in stride(from: first, to: groups.upperBound, by: groupCount) {
            content.groups.append(GroupReport(datagram, at: offset))
        }
        readHealth(datagram, &content.groups)
        return content
    }
}

extension OwnAddress {
    /// Reads the 24 bytes at `offset`, whose family was checked.
    init(_ datagram: Span<UInt8>, at offset: Int) {
        let low = datagram.number(UInt64.self, at: offset + 16)
        var address = IPAddress(
            ipv6High: datagram.number(UInt64.self, at: offset + 8),
            low: low
        )
        if datagram[offset] == 4 {
            address.isIPv6 = false
            address.high = 0
            address.low = low & 0xffff_ffff
        }
        let mac =
            UInt64(datagram.number(UInt16.self, at: offset + 2)) << 32
            | UInt64(datagram.number(UInt32.self, at: offset + 4))
        self.init(address: address, mac: MACAddress(mac))
    }
}

extension GroupReport {
    /// Reads the record at `offset`; an unknown value reads as the one that permits least.
    init(_ datagram: Span<UInt8>, at offset: Int) {
        self.init(group: GroupIdentity(value: datagram.number(UInt64.self, at: offset)))
        phase = GroupPhase(rawValue: datagram[offset + 8]) ?? .unknown
        claim = ClaimKind(rawValue: datagram[offset + 9]) ?? .evidence
        fitness = Fitness(rawValue: datagram[offset + 10]) ?? .unknown
        refusal = Refusal(rawValue: datagram[offset + 11]) ?? .busy
        replication = ReplicationState(rawValue: datagram[offset + 12]) ?? .unknown
        let flags = datagram[offset + 13]
        isLate = flags & Layout.lateFlag != 0
        hasStartedStorage = flags & Layout.storageFlag != 0
        prefersSender = flags & Layout.prefersFlag != 0
        isEpochDoubtful = flags & Layout.doubtfulFlag != 0
        epoch = datagram.number(UInt64.self, at: offset + 16)
        offer = datagram.number(UInt64.self, at: offset + 24)
        declined = datagram.number(UInt64.self, at: offset + 32)
        request = datagram.number(UInt32.self, at: offset + 40)
        refusedRequest = datagram.number(UInt32.self, at: offset + 44)
        generation = DataGeneration(
            high: datagram.number(UInt64.self, at: offset + 48),
            low: datagram.number(UInt64.self, at: offset + 56)
        )
        storageDigest = datagram.number(UInt64.self, at: offset + 64)
        addressDigest = datagram.number(UInt64.self, at: offset + 72)
    }
}

extension HealthWord {
    /// Reads the record at `offset`, whose bounds were checked; of too many moves the last ones.
    init(_ datagram: Span<UInt8>, at offset: Int, count: Int) {
        self.init()
        let flags = datagram[offset + 3]
        isFrozen = flags & Layout.frozenFlag != 0
        freezeStamp = datagram.number(UInt32.self, at: offset + 4)
        if flags & Layout.endlessFlag == 0 {
            freezeRemaining = .nanoseconds(datagram.nanoseconds(at: offset + 8) ?? 0)
        }
        clearedThrough = datagram.number(UInt64.self, at: offset + 16)
        for index in max(0, count - HealthWord.movesMaximum)..<count {
            let place = offset + Layout.healthCount + index * Layout.moveCount
            moves.append(
                HealthMove(
                    epoch: datagram.number(UInt64.self, at: place),
                    isSenders: datagram[place + 12] & Layout.sendersFlag != 0,
                    age: .seconds(Int64(datagram.number(UInt32.self, at: place + 8)))
                )
            )
        }
    }
}
