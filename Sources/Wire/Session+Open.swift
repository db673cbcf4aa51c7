// One datagram to one verdict. The header of `Session` argues why this is enough.

public import Failover

extension Session {
    /// Judges a datagram that came in on a link.
    ///
    /// - Parameters:
    ///   - datagram: any bytes at all.
    ///   - link: the link it came in on, for `linkCounters` only: which path it proves is in it.
    ///   - now: this node's boot-time clock.
    /// - Returns: what the datagram was.
    ///
    /// Cost: about 2 µs, and one allocation each for groups and addresses when accepted.
    public mutating func open(_ datagram: [UInt8], link: Int, at now: Instant) -> Verdict {
        open(datagram.span, link: link, at: now)
    }

    /// Judges a datagram that came in on a link; see `open(_:link:at:)` of an array.
    public mutating func open(_ datagram: Span<UInt8>, link: Int, at now: Instant) -> Verdict {
        let verdict = judge(datagram, at: now)
        counters[verdict.kind] &+= 1
        linkCounters[min(max(link, 0), Self.linkMaximum - 1)][verdict.kind] &+= 1
        return verdict
    }

    /// Asks whether it is authentic, and between which nodes.
    private mutating func judge(_ datagram: Span<UInt8>, at now: Instant) -> Verdict {
        guard let frame = Frame(datagram) else { return .malformed }
        if authenticator.keyring != nil {
            guard let context = authenticator.context(frame.keyID) else { return .unknownKey }
            guard context.verify(datagram, length: frame.signedLength) else { return .badMAC }
        } else if frame.tagLength != 0 {
            return .unknownKey
        }
        guard let envelope = Envelope(datagram, length: frame.signedLength) else {
            return .malformed
        }
        guard datagram.holds(peerNames, at: envelope.names) else {
            let isOwn =
                datagram.holds(ownNames, at: envelope.names)
                && envelope.incarnation.nonce == incarnation.nonce
            return isOwn ? .own : .foreign
        }
        return judge(envelope, datagram, at: now)
    }

    /// Asks of which incarnation of the peer it is, and whether it is fresh.
    private mutating func judge(
        _ envelope: Envelope,
        _ datagram: Span<UInt8>,
        at now: Instant
    ) -> Verdict {
        let isCurrent = envelope.incarnation == current?.incarnation
        guard let echo = envelope.echo(of: incarnation.nonce) else {
            if isCurrent { return .candidate }
            let isOlder = envelope.incarnation.counter < current?.incarnation.counter ?? 0
            noteCandidate(envelope, at: now)
            return isOlder ? .stale : .candidate
        }
        // Whoever made this had heard our present nonce with a sequence we have not reached.
        guard echo.sequence <= sequence else { return .rolledBack }
        if isCurrent {
            guard envelope.sequence > linkHighest[envelope.link] else { return .replayed }
            linkHighest[envelope.link] = envelope.sequence
            mark = sequence
            guard envelope.sequence > current?.highest ?? 0 else { return .repeated }
        } else {
            // With no present peer `mark` is 0 and the echo of our nonce alone is the proof.
            guard current == nil || echo.sequence > mark else {
                // A living successor whose proof was overtaken by its predecessor's last words must hear from us again.
                noteCandidate(envelope, at: now)
                return .stale
            }
            let known = candidate?.incarnation == envelope.incarnation ? candidate : nil
            guard envelope.sequence > known?.highest ?? 0 else { return .replayed }
            // What the candidate sent before this was heard, or is older: it proves no path any more.
            let floor = known?.highest ?? envelope.sequence - 1
            for index in linkHighest.indices { linkHighest[index] = floor }
            linkHighest[envelope.link] = envelope.sequence
            candidate = nil
            mark = sequence
        }
        current = HeardIncarnation(
            incarnation: envelope.incarnation,
            highest: envelope.sequence,
            heardAt: now,
            heardAtSeal: sealed,
            knownKeys: envelope.knownKeys
        )
        return .accepted(
            Beat(
                content: envelope.content(datagram),
                bootID: envelope.bootID,
                incarnation: envelope.incarnation,
                sequence: envelope.sequence,
                clock: envelope.clock,
                echo: Echo(sequence: echo.sequence, age: echo.age)
            )
        )
    }

    /// Remembers an incarnation that has not proved itself, if it may have the one place.
    private mutating func noteCandidate(_ envelope: Envelope, at now: Instant) {
        if let candidate, candidate.incarnation == envelope.incarnation {
            guard envelope.sequence > candidate.highest else { return }
        } else if let candidate {
            guard envelope.incarnation.counter > candidate.incarnation.counter else { return }
        }
        candidate = HeardIncarnation(
            incarnation: envelope.incarnation,
            highest: envelope.sequence,
            heardAt: now,
            heardAtSeal: sealed,
            knownKeys: envelope.knownKeys
        )
    }
}

extension Envelope {
    /// The echo, in either place, of an incarnation of the receiver.
    fileprivate func echo(of nonce: UInt64) -> NonceEcho? {
        if echo.nonce == nonce { return echo }
        return candidateEcho.nonce == nonce ? candidateEcho : nil
    }
}
