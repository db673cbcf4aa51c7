// A datagram as a table for people: what it says field by field, right or wrong. For the dissector in
// Examples and for bug reports; nothing decides by it.

internal import Failover

/// Prints datagrams.
public enum Dissector {
    /// Each field of a datagram with its offset, one per line.
    ///
    /// - Parameters:
    ///   - datagram: any bytes at all.
    ///   - keyring: keys to check the tag with; without them it is only printed.
    /// - Returns: lines of text, each ended by a newline.
    public static func describe(_ datagram: [UInt8], keyring: Keyring? = nil) -> String {
        let bytes = datagram.span
        guard let frame = Frame(bytes) else {
            return table([
                (nil, "not a heartbeat", "\(datagram.count) bytes, not of version 1 or cut"),
                (0, "bytes", hex(datagram.prefix(64)) + (datagram.count > 64 ? "…" : "")),
            ])
        }
        var rows: [Row] = [
            (nil, "heartbeat", "\(datagram.count) bytes"),
            (4, "version", "\(datagram[4]).\(datagram[5])"),
            (Layout.keyID, "key", "\(frame.keyID)"),
            (Layout.signedLength, "signed", "\(frame.signedLength) bytes"),
        ]
        if let envelope = Envelope(bytes, length: frame.signedLength) {
            rows += fixedPart(envelope)
            rows += sections(envelope, bytes)
        } else {
            rows.append((nil, "content", "malformed: a field contradicts the layout"))
        }
        let tag = datagram[frame.signedLength...]
        let check = judgement(bytes, frame, keyring)
        rows.append((frame.signedLength, "tag", (tag.isEmpty ? "none" : hex(tag)) + check))
        return table(rows)
    }

    private typealias Row = (offset: Int?, field: String, value: String)

    private static func fixedPart(_ envelope: Envelope) -> [Row] {
        let known = (0..<16).filter { envelope.knownKeys & 1 << $0 != 0 }.map(String.init)
        return [
            (Layout.kind, "kind", "\(envelope.kind)" + (envelope.isLeaving ? ", leaving" : "")),
            (Layout.link, "link", "\(envelope.link)"),
            (Layout.knownKeys, "known keys", known.joined(separator: " ")),
            (Layout.part, "part", "\(envelope.part + 1) of \(envelope.parts)"),
            (Layout.sequence, "sequence", "\(envelope.sequence)"),
            (Layout.clock, "clock", nanoseconds(envelope.clock.nanoseconds)),
            (Layout.counter, "incarnation", "\(envelope.incarnation)"),
            (Layout.bootID, "boot id", hex(envelope.bootID.high) + hex(envelope.bootID.low)),
            (Layout.echo, "echo", text(envelope.echo)),
            (Layout.candidateEcho, "candidate echo", text(envelope.candidateEcho)),
            (Layout.challenge, "challenge", hex(envelope.challenge)),
            (Layout.response, "response", hex(envelope.response)),
            (Layout.deadtime, "deadtime", nanoseconds(envelope.deadtime.nanoseconds)),
            (Layout.earliestTake, "earliest take", nanoseconds(envelope.earliestTake.nanoseconds)),
            (Layout.pingsAnswering, "ping nodes", "\(envelope.pingsAnswering)"),
        ]
    }

    private static func sections(_ envelope: Envelope, _ bytes: Span<UInt8>) -> [Row] {
        var names: [String] = []
        var offset = envelope.names.lowerBound
        while offset < envelope.names.upperBound {
            let end = offset + 1 + Int(bytes[offset])
            names.append(String(decoding: (offset + 1..<end).map { bytes[$0] }, as: UTF8.self))
            offset = end
        }
        // Names come from whoever has the key; control characters stay out of the terminal.
        let safe = names.map {
            $0.unicodeScalars.map {
                $0.properties.generalCategory == .control ? "?" : "\($0)"
            }
        }
        .map { $0.joined() }
        var rows: [Row] = [
            (envelope.names.lowerBound, "cluster", safe[0]),
            (envelope.names.lowerBound, "from, to", "\(safe[1]) -> \(safe[2])"),
        ]
        let content = envelope.content(bytes)
        for (index, own) in content.addresses.enumerated() {
            let at = envelope.addresses.lowerBound + index * Layout.addressCount
            rows.append((at, "address", "\(own.address) \(own.mac)"))
        }
        guard !envelope.groups.isEmpty else { return rows }
        let begin = envelope.groups.lowerBound
        let first = bytes.number(UInt16.self, at: begin + 2)
        let total = bytes.number(UInt16.self, at: begin + 4)
        rows.append((begin, "groups", "\(content.groups.count) from \(first) of \(total)"))
        for (index, report) in content.groups.enumerated() {
            let at = begin + Layout.groupsHeader + index * envelope.groupCount
            rows.append((at, "group", text(report)))
        }
        return rows
    }

    private static func text(_ report: GroupReport) -> String {
        var words = ["\(hex(report.group.value)) \(report.phase) epoch \(report.epoch)"]
        words.append("claim \(report.claim), fitness \(report.fitness)")
        words.append("offer \(report.offer), declined \(report.declined)")
        words.append("request \(report.request)")
        words.append("refused \(report.refusedRequest) (\(report.refusal))")
        words.append("replication \(report.replication)")
        words.append("generation \(hex(report.generation.high))\(hex(report.generation.low))")
        words.append("digests \(hex(report.storageDigest)) \(hex(report.addressDigest))")
        if report.isLate { words.append("late") }
        if report.isEpochDoubtful { words.append("epoch doubtful") }
        if report.hasStartedStorage { words.append("has started storage") }
        if report.prefersSender { words.append("prefers sender") }
        if !report.health.isEmpty { words.append(text(report.health)) }
        return words.joined(separator: ", ")
    }

    private static func text(_ word: HealthWord) -> String {
        var words = ["cleared through \(word.clearedThrough)"]
        words += word.moves.map { move in
            "move at \(move.epoch) \(move.isSenders ? "by sender" : "by receiver") "
                + nanoseconds(move.age.nanoseconds) + " ago"
        }
        words.append("freeze \(word.freezeStamp)")
        if word.isFrozen {
            let length = word.freezeRemaining.map { nanoseconds($0.nanoseconds) } ?? "ever"
            words.append("frozen for \(length)")
        }
        return words.joined(separator: ", ")
    }

    private static func text(_ echo: NonceEcho) -> String {
        guard echo.nonce != 0 else { return "none" }
        let nonce = String(echo.nonce, radix: 16)
        return "\(nonce), sequence \(echo.sequence), \(nanoseconds(echo.age.nanoseconds)) ago"
    }

    private static func judgement(_ bytes: Span<UInt8>, _ frame: Frame, _ keyring: Keyring?)
        -> String
    {
        guard let keyring else { return "" }
        guard let key = keyring.keys.first(where: { $0.id == frame.keyID }) else {
            return " (no such key)"
        }
        do {
            let isRight = try MACContext(key).verify(bytes, length: frame.signedLength)
            return isRight ? " (right)" : " (wrong)"
        } catch {
            return " (\(error))"
        }
    }

    private static func nanoseconds(_ value: Int64) -> String { "\(value) ns" }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func table(_ rows: [Row]) -> String {
        rows.map { row in
            let offset = row.offset.map(String.init) ?? ""
            let left = String(repeating: " ", count: max(0, 6 - offset.count)) + offset
            let field = row.field + String(repeating: " ", count: max(0, 16 - row.field.count))
            return "\(left)  \(field) \(row.value)\n"
        }.joined()
    }
}
