// The bounded memory of what a child said: the last bytes, and how many were dropped before them.

/// The last `capacity` bytes of a stream.
public struct OutputTail: Hashable, Sendable {
    /// The most bytes kept.
    public let capacity: Int
    /// How many bytes came before those kept.
    public private(set) var droppedCount = 0
    // Up to twice the capacity between trims, so that each byte is moved once on average.
    private var stored: [UInt8] = []

    /// An empty tail.
    public init(capacity: Int) {
        precondition(capacity > 0, "a tail keeps at least one byte")
        self.capacity = capacity
    }

    /// The bytes kept, oldest first.
    public var bytes: [UInt8] { Array(stored.suffix(capacity)) }

    /// The bytes as text, with replacement characters for what is not UTF-8 (a cut at the front
    /// may split a character).
    public var text: String { String(decoding: stored.suffix(capacity), as: UTF8.self) }

    /// Adds bytes at the end and drops from the front.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        let before = min(stored.count, capacity)
        stored.append(contentsOf: bytes.suffix(capacity))
        droppedCount += max(0, before + bytes.count - capacity)
        if stored.count > 2 * capacity { stored.removeFirst(stored.count - capacity) }
    }

    /// Two tails are equal when they keep and dropped the same.
    public static func == (left: OutputTail, right: OutputTail) -> Bool {
        left.capacity == right.capacity && left.droppedCount == right.droppedCount
            && left.stored.suffix(left.capacity) == right.stored.suffix(right.capacity)
    }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(droppedCount)
        hasher.combine(bytes)
    }
}
