// What PostgreSQL has written about a data directory, read without a server: `global/pg_control`, whose beginning is the
// same from 12 to 17 (src/include/catalog/pg_control.h), and the names and numbers of its write-ahead log.

import Linux

/// The beginning of `global/pg_control`.
struct PostgresControl: Equatable {
    /// How the cluster was left, or what it does (`DBState`).
    enum State: UInt32 {
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        case startup, shutDown, shutDownInRecovery, shuttingDown, crashRecovery, archiveRecovery
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        case production
    }

    /// The cluster's own number, the same on both sides of a replication.
    var system: UInt64
    /// How it was left, or what it does.
    var state: State
    /// Where the last checkpoint's record begins, in bytes of the log.
    var checkpoint: UInt64
    /// The timeline of that checkpoint.
    var timeline: UInt32

    /// Reads it; nil where there is none, or none that is known.
    init?(of directory: String) {
        guard let bytes = try? Files.read("\(directory)/global/pg_control", maximum: 8192) else {
            return nil
        }
        self.init(bytes: bytes)
    }

    /// From the bytes of the file, in this machine's order: bytes 0–7 the cluster's number, 8–11 the layout's version,
    /// 16–19 the state, 32–39 the checkpoint, 48–51 its timeline.
    init?(bytes: [UInt8]) {
        guard bytes.count >= 64 else { return nil }
        func number(at offset: Int, _ count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        // 12 to 17: 1201, 1300, 1700.
        guard (1200..<1800).contains(number(at: 8, 4)),
            let state = State(rawValue: UInt32(number(at: 16, 4)))
        else { return nil }
        system = number(at: 0, 8)
        self.state = state
        checkpoint = number(at: 32, 8)
        timeline = UInt32(number(at: 48, 4))
    }
}

/// Places in the write-ahead log.
enum PostgresLog {
    /// `0/3000060` in bytes; nil for anything else.
    static func location(_ text: some StringProtocol) -> UInt64? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let high = UInt32(parts[0], radix: 16),
            let low = UInt32(parts[1], radix: 16)
        else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }

    /// Bytes as `0/3000060`.
    static func text(_ location: UInt64) -> String {
        String(location >> 32, radix: 16, uppercase: true) + "/"
            + String(location & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }

    /// The timeline of a segment's name, `000000010000000000000003`; nil for anything else.
    static func timeline(ofSegment name: some StringProtocol) -> UInt32? {
        guard name.utf8.count == 24, UInt64(name.dropFirst(8), radix: 16) != nil else { return nil }
        return UInt32(name.prefix(8), radix: 16)
    }

    /// One file of the log.
    struct Segment {
        /// What of the log it holds, in bytes.
        var range: Range<UInt64>

        /// From its name and size; nil for anything else.
        init?(_ name: String, size: Int64?) {
            guard PostgresLog.timeline(ofSegment: name) != nil, let size, size > 0,
                let high = UInt64(name.dropFirst(8).prefix(8), radix: 16),
                let low = UInt64(name.suffix(8), radix: 16)
            else { return nil }
            let (offset, isTooFar) = low.multipliedReportingOverflow(by: UInt64(size))
            guard !isTooFar, offset < 1 << 32 else { return nil }
            let begin = high << 32 + offset
            let (end, overflows) = begin.addingReportingOverflow(UInt64(size))
            guard !overflows else { return nil }
            range = begin..<end
        }
    }

    /// Where a timeline ended and the next began, by the text of a history (`TIMELINE_HISTORY`, or `0000000N.history`).
    ///
    /// Each line is `timeline location reason`; blanks of any kind part the words.
    static func end(of timeline: UInt32, in history: String) -> UInt64? {
        let words = history.split(whereSeparator: \.isWhitespace)
        return words.indices.dropLast().lazy.compactMap { index -> UInt64? in
            guard UInt32(words[index]) == timeline else { return nil }
            return location(words[index + 1])
        }.first
    }
}
