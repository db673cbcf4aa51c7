// What the daemon's processes share without asking one another: a page of words, and two texts that
// a new process needs without touching a disk. All of it is made before the first fork. Who may
// write a word stands beside it; what follows from a value is decided by the keeper and the loop.

import Linux

/// The shared page of one instance.
final class SharedState {
    /// The words by place; each has one writer at a time.
    enum Word: Int, CaseIterable {
        /// Loop: boot time at which it last turned.
        case loopTurn
        /// Whoever forks the loop: its process.
        case loopProcess
        /// Whoever forks the loop: that process's start time.
        case loopStart
        /// Keeper: boot time at which it last turned.
        case keeperTurn
        /// The keeper or whoever forks it.
        case keeperProcess
        /// The keeper or whoever forks it: that process's start time.
        case keeperStart
        /// Loop: 1 once its core has begun and beats by itself.
        case isServing
        /// Loop: 1 when it has ended in order and nothing is to be started again.
        case hasEnded
        /// Keeper or loop: 1 once SIGTERM came to either; a new loop goes on with it.
        case isShuttingDown
        /// Loop: 1 while it ends for a new configuration, 2 for a new binary; no failure either way.
        case isReloading
        /// Whoever forks the loop: the incarnation counter last given away.
        case incarnationUsed
        /// Recorder: the incarnation counter up to which the disk allows use.
        case incarnationReserved
        /// Keeper: how often it replaced a loop.
        case loopReplacements
        /// Loop: how often it replaced the keeper.
        case keeperReplacements
        /// Loop: how often it replaced a helper.
        case helperReplacements
        /// Keeper: beats it sent for a loop that was down.
        case keeperBeats
        /// Loop: log lines it dropped because the log writer was slow.
        case droppedLines
        /// Loop: the largest lateness in nanoseconds.
        case latenessMaximum
        /// Loop: the turn that a loop after it may take for the last one, for S8; 0 for none.
        case soundTurn
        /// Keeper: the same of the loop before the present one.
        case lastTurnBefore
    }

    /// Words of one continuation of the session, and how many copies there are.
    static let continuationCount = 20
    private static let copies = 2

    private let words: SharedWords
    /// The configuration files as last accepted.
    let configuration: SharedBytes
    /// Configuration files that a reload looks at.
    let candidate: SharedBytes
    /// The durable record as last written.
    let record: SharedBytes
    /// What is remembered of the service monitors (`MonitorMemory`), as last written.
    let monitors: SharedBytes

    init() throws(SystemError) {
        words = try SharedWords(
            count: Word.allCases.count + SharedState.copies * SharedState.continuationCount
        )
        configuration = try SharedBytes(capacity: 1 << 20)
        candidate = try SharedBytes(capacity: 1 << 20)
        record = try SharedBytes(capacity: 1 << 20)
        monitors = try SharedBytes(capacity: MonitorMemory.countMaximum)
    }

    /// The value of a word.
    subscript(word: Word) -> UInt64 {
        get { words[word.rawValue] }
        set { words[word.rawValue] = newValue }
    }

    /// What the loop left of its session, in both places; one may be half written.
    var continuations: [InlineArray<20, UInt64>] {
        (0..<SharedState.copies).map { copy in
            InlineArray { words[SharedState.place(copy, $0)] }
        }
    }

    /// Leaves the session's words; `turn` alternates the place, so that one is always whole.
    func storeContinuation(_ continuation: InlineArray<20, UInt64>, turn: UInt64) {
        let copy = Int(turn % UInt64(SharedState.copies))
        for index in 0..<SharedState.continuationCount {
            words[SharedState.place(copy, index)] = continuation[index]
        }
    }

    private static func place(_ copy: Int, _ index: Int) -> Int {
        Word.allCases.count + copy * continuationCount + index
    }

    /// Adds one to a counter.
    func count(_ word: Word) { words.add(1, at: word.rawValue) }

    /// A boot time that a word holds, `nil` when none was stored yet.
    func instant(_ word: Word) -> Int64? {
        let value = self[word]
        return value == 0 ? nil : Int64(bitPattern: value)
    }

    func setInstant(_ word: Word, _ nanoseconds: Int64) {
        self[word] = UInt64(bitPattern: nanoseconds)
    }

    /// The process that two words name, `nil` before there is one.
    func process(_ process: Word, _ start: Word) -> ProcessIdentity? {
        let number = self[process]
        guard number != 0 else { return nil }
        return ProcessIdentity(
            id: ProcessID(rawValue: Int32(truncatingIfNeeded: number)),
            startTicks: self[start]
        )
    }

    func setProcess(_ process: Word, _ start: Word, _ identity: ProcessIdentity) {
        self[process] = UInt64(identity.id.rawValue)
        self[start] = identity.startTicks
    }

    var loop: ProcessIdentity? { process(.loopProcess, .loopStart) }
    var keeper: ProcessIdentity? { process(.keeperProcess, .keeperStart) }
}

/// Bytes shared by forks: one writer at a time, any number of readers, never half a text.
///
/// **Shape** word 0 is the generation; its lowest bit chooses one of two slots, each its byte count
/// and then the bytes, eight to a word, first byte most significant. A writer fills the other slot
/// and then raises the generation, so a writer killed half-way changes nothing.
final class SharedBytes {
    /// The most bytes it holds.
    let capacity: Int
    private let words: SharedWords
    private var slotCount: Int { 1 + (capacity + 7) / 8 }

    init(capacity: Int) throws(SystemError) {
        self.capacity = capacity
        words = try SharedWords(count: 1 + 2 * (1 + (capacity + 7) / 8))
    }

    /// How often it was written.
    var generation: UInt64 { words[0] }

    /// The bytes last stored, `nil` before the first.
    var value: [UInt8]? {
        let generation = words[0]
        guard generation > 0 else { return nil }
        let slot = 1 + Int(generation & 1) * slotCount
        let count = min(Int(truncatingIfNeeded: words[slot]), capacity)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for place in 0..<count {
            let word = words[slot + 1 + place / 8]
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (place % 8))))
        }
        return bytes
    }

    /// Stores bytes; `false` when they are too many.
    @discardableResult
    func store(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= capacity else { return false }
        let generation = words[0] &+ 1
        let slot = 1 + Int(generation & 1) * slotCount
        words[slot] = UInt64(bytes.count)
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var word: UInt64 = 0
            for place in start..<start + 8 {
                word = word << 8 | (place < bytes.count ? UInt64(bytes[place]) : 0)
            }
            words[slot + 1 + start / 8] = word
        }
        words[0] = generation
        return true
    }
}
