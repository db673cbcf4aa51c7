// Values to bytes, by the table in `Layout`. The buffer has its final length from the start, with
// room for the tag; each field is written at its place, what is not written is 0.

internal import Failover

extension [UInt8] {
    /// Writes `value`, most significant byte first, at `offset`.
    mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        let count = Value.bitWidth / 8
        for index in 0..<count {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - index)))
        }
    }

    /// Writes nanoseconds; a negative duration counts as 0.
    mutating func put(_ duration: Duration, at offset: Int) {
        put(Swift.max(0, duration.nanoseconds), at: offset)
    }

    /// Writes an echo's 24 bytes.
    mutating func put(_ echo: NonceEcho, at offset: Int) {
        put(echo.nonce, at: offset)
        put(echo.sequence, at: offset + 8)
        put(echo.age, at: offset + 16)
    }

    /// Writes the fixed part; `key` and the lengths too.
    mutating func put(_ envelope: Envelope, key: UInt8, tagLength: Int) {
        put(Layout.magic, at: 0)
        self[4] = Layout.major
        self[5] = Layout.minor
        self[Layout.keyID] = key
        self[Layout.tagLength] = UInt8(tagLength)
        put(UInt16(count - tagLength), at: Layout.signedLength)
        put(UInt16(Layout.fixedCount), at: Layout.fixedLength)
        self[Layout.kind] = envelope.kind.rawValue
        self[Layout.flags] = envelope.isLeaving ? Layout.leavingFlag : 0
        self[Layout.link] = UInt8(envelope.link)
        put(envelope.knownKeys, at: Layout.knownKeys)
        put(envelope.part, at: Layout.part)
        put(envelope.parts, at: Layout.parts)
        put(envelope.sequence, at: Layout.sequence)
        put(Swift.max(0, envelope.clock.nanoseconds), at: Layout.clock)
        put(envelope.incarnation.counter, at: Layout.counter)
        put(envelope.incarnation.nonce, at: Layout.nonce)
        put(envelope.bootID.high, at: Layout.bootID)
        put(envelope.bootID.low, at: Layout.bootID + 8)
        put(envelope.echo, at: Layout.echo)
        put(envelope.candidateEcho, at: Layout.candidateEcho)
        put(envelope.challenge, at: Layout.challenge)
        put(envelope.response, at: Layout.response)
        put(envelope.deadtime, at: Layout.deadtime)
        put(envelope.earliestTake, at: Layout.earliestTake)
        self[Layout.pingsAnswering] = envelope.pingsAnswering
    }

    /// Writes a section's header at `offset` and gives where its content begins.
    mutating func putSection(_ type: UInt8, count: Int, at offset: Int) -> Int {
        self[offset] = type
        put(UInt16(count), at: offset + 2)
        return offset + Layout.sectionHeader
    }

    /// Writes one address's 24 bytes.
    mutating func put(_ own: OwnAddress, at offset: Int) {
        self[offset] = own.address.isIPv6 ? 6 : 4
        put(UInt16(truncatingIfNeeded: own.mac.value >> 32), at: offset + 2)
        put(UInt32(truncatingIfNeeded: own.mac.value), at: offset + 4)
        put(own.address.high, at: offset + 8)
        put(own.address.low, at: offset + 16)
    }

    /// Writes what there is to say of the health of the group at `place`, and gives where it ends.
    mutating func put(_ word: HealthWord, place: Int, at offset: Int) -> Int {
        let moves = word.moves.suffix(HealthWord.movesMaximum)
        put(UInt16(place), at: offset)
        self[offset + 2] = UInt8(moves.count)
        var flags: UInt8 = 0
        if word.isFrozen { flags |= Layout.frozenFlag }
        if word.freezeRemaining == nil { flags |= Layout.endlessFlag }
        self[offset + 3] = flags
        put(word.freezeStamp, at: offset + 4)
        put(word.freezeRemaining ?? .zero, at: offset + 8)
        put(word.clearedThrough, at: offset + 16)
        var next = offset + Layout.healthCount
        for move in moves {
            put(move.epoch, at: next)
            put(UInt32(clamping: move.age.components.seconds), at: next + 8)
            self[next + 12] = move.isSenders ? Layout.sendersFlag : 0
            next += Layout.moveCount
        }
        return next
    }

    /// Writes one group's 80 bytes.
    mutating func put(_ report: GroupReport, at offset: Int) {
        put(report.group.value, at: offset)
        self[offset + 8] = report.phase.rawValue
        self[offset + 9] = report.claim.rawValue
        self[offset + 10] = report.fitness.rawValue
        self[offset + 11] = report.refusal.rawValue
        self[offset + 12] = report.replication.rawValue
        var flags: UInt8 = 0
        if report.isLate { flags |= Layout.lateFlag }
        if report.hasStartedStorage { flags |= Layout.storageFlag }
        if report.prefersSender { flags |= Layout.prefersFlag }
        if report.isEpochDoubtful { flags |= Layout.doubtfulFlag }
        self[offset + 13] = flags
        put(report.epoch, at: offset + 16)
        put(report.offer, at: offset + 24)
        put(report.declined, at: offset + 32)
        put(report.request, at: offset + 40)
        put(report.refusedRequest, at: offset + 44)
        put(report.generation.high, at: offset + 48)
        put(report.generation.low, at: offset + 56)
        put(report.storageDigest, at: offset + 64)
        put(report.addressDigest, at: offset + 72)
    }
}

extension HealthWord {
    /// The bytes it takes in a datagram: none when there is nothing to say.
    var encodedCount: Int {
        guard !isEmpty else { return 0 }
        return Layout.healthCount + min(moves.count, HealthWord.movesMaximum) * Layout.moveCount
    }
}
