// What the keeper needs to go on speaking for a loop that is down (S10): the loop leaves it in memory
// they share, after each turn; the keeper makes a session of it.

public import Failover

/// A session as a row of numbers that another process can read.
///
/// The loop may be killed while it writes them, so that the last word is a digest of the others: write
/// to two places in turn, and take whichever is whole; being one turn old does not matter (`sequenceGap`).
public struct SessionContinuation: Sendable {
    /// How many words there are.
    public static let wordCount = 20

    /// How far above the last known sequence the keeper begins: 2^32.
    ///
    /// The dead loop may have sealed after it last wrote its words. It cannot have sealed 2^32 datagrams in
    /// one turn, so that each of the keeper's sequences is above all that the peer can have heard. The peer takes
    /// 2^32 such gaps before 64 bits end. A loop that was only frozen and wakes up reads its sequence echoed
    /// higher than it sent, which is the truth: it was overtaken (`Verdict.rolledBack`).
    public static let sequenceGap: UInt64 = 1 << 32

    /// | word | content |
    /// |-|-|
    /// | 0 | layout, 1 |
    /// | 1, 2 | incarnation: counter, nonce |
    /// | 3, 4 | boot id |
    /// | 5 | last sequence |
    /// | 6–10 | the peer's present incarnation: counter, nonce (0: none), highest, heard at (ns), keys |
    /// | 11–15 | the candidate, likewise |
    /// | 16 | agreed key + 1; 0 for none |
    /// | 17, 18 | reserved, 0 |
    /// | 19 | FNV-1a over the words before |
    public var words: InlineArray<20, UInt64>

    /// Wraps words read from shared memory; what they mean is checked by `Session(continuing:…)`.
    public init(words: InlineArray<20, UInt64>) { self.words = words }

    /// FNV-1a over all words but the last.
    var digest: UInt64 {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<(Self.wordCount - 1) {
            for shift in stride(from: 56, through: 0, by: -8) {
                let byte = words[index] >> UInt64(shift) & 0xff
                digest = (digest ^ byte) &* 0x0000_0100_0000_01b3
            }
        }
        return digest
    }
}

extension Session {
    /// What the keeper needs to go on; cheap, to be written after each turn of the loop.
    public var continuation: SessionContinuation {
        var words = InlineArray<20, UInt64>(repeating: 0)
        words[0] = 1
        words[1] = incarnation.counter
        words[2] = incarnation.nonce
        words[3] = bootID.high
        words[4] = bootID.low
        words[5] = sequence
        current?.write(to: &words, at: 6)
        candidate?.write(to: &words, at: 11)
        words[16] = agreedKey.map { UInt64($0) + 1 } ?? 0
        var continuation = SessionContinuation(words: words)
        continuation.words[19] = continuation.digest
        return continuation
    }

    /// Goes on in the place of a session that ended without a word: same incarnation, sequences above
    /// all that it can have used.
    ///
    /// - Throws: `WireError.badContinuation` when the words are not whole; else as the other initialiser.
    public init(
        continuing continuation: SessionContinuation,
        cluster: String,
        node: NodeName,
        peer: NodeName,
        authentication: Authentication
    ) throws(WireError) {
        let words = continuation.words
        let (begin, overflow) = words[5].addingReportingOverflow(SessionContinuation.sequenceGap)
        guard words[0] == 1, words[19] == continuation.digest, words[2] != 0, words[16] <= 16,
            !overflow
        else { throw .badContinuation }
        try self.init(
            cluster: cluster,
            node: node,
            peer: peer,
            bootID: BootID(high: words[3], low: words[4]),
            incarnation: Incarnation(counter: words[1], nonce: words[2]),
            authentication: authentication
        )
        sequence = begin
        mark = begin
        current = HeardIncarnation(words, at: 6)
        candidate = HeardIncarnation(words, at: 11)
        agreedKey = words[16] == 0 ? nil : UInt8(truncatingIfNeeded: words[16] - 1)
        // Which path brought what is not known any more: nothing older proves a path.
        for index in linkHighest.indices { linkHighest[index] = current?.highest ?? 0 }
    }
}

extension HeardIncarnation {
    fileprivate func write(to words: inout InlineArray<20, UInt64>, at index: Int) {
        words[index] = incarnation.counter
        words[index + 1] = incarnation.nonce
        words[index + 2] = highest
        words[index + 3] = UInt64(bitPattern: heardAt.nanoseconds)
        words[index + 4] = UInt64(knownKeys)
    }

    fileprivate init?(_ words: InlineArray<20, UInt64>, at index: Int) {
        guard words[index + 1] != 0 else { return nil }
        self.init(
            incarnation: Incarnation(counter: words[index], nonce: words[index + 1]),
            highest: words[index + 2],
            heardAt: Instant(nanoseconds: Int64(bitPattern: words[index + 3])),
            heardAtSeal: 0,
            knownKeys: UInt16(truncatingIfNeeded: words[index + 4])
        )
    }
}
