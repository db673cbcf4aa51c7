// Memory shared by the processes that fork from the one that made it: a few 64-bit words, each
// read and written whole. What a word means is the caller's.

import CLinux

/// A row of atomic 64-bit words in anonymous shared memory.
///
/// Every access is sequentially consistent. The memory lives until the last process has ended or
/// let go of it.
@safe
public final class SharedWords: @unchecked Sendable {
    // `@unchecked` is sound: the pointer is set once and every access to what it points to is
    // atomic.
    private let memory: UnsafeMutableRawPointer

    /// How many words.
    public let count: Int

    /// Makes `count` words, all zero.
    public init(count: Int) throws(SystemError) {
        precondition(count > 0, "shared words need at least one word")
        // Sound: a fresh mapping of our own, as long as the words need; unmapped in deinit.
        let mapped = unsafe mmap(
            nil,
            count * 8,
            PROT_READ | PROT_WRITE,
            MAP_SHARED | Int32(MAP_ANONYMOUS),
            -1,
            0
        )
        guard let mapped = unsafe mapped, unsafe mapped != baton_map_failed() else {
            throw lastError("mmap", "\(count) words")
        }
        unsafe memory = mapped
        self.count = count
    }

    deinit {
        // Sound: the mapping of init, of the same length, used by nobody after this.
        unsafe munmap(memory, count * 8)
    }

    /// The word at an index; setting stores it.
    public subscript(index: Int) -> UInt64 {
        get {
            check(index)
            // Sound: the index is inside the mapping, which is aligned to a page.
            return unsafe baton_word_load(memory, index)
        }
        set {
            check(index)
            // Sound: as above.
            unsafe baton_word_store(memory, index, newValue)
        }
    }

    /// Adds (wrapping) and gives the sum.
    @discardableResult
    public func add(_ value: UInt64, at index: Int) -> UInt64 {
        check(index)
        // Sound: as above.
        return unsafe baton_word_add(memory, index, value)
    }

    /// Stores `desired` if the word is `expected`; whether it did.
    public func exchange(at index: Int, expected: UInt64, desired: UInt64) -> Bool {
        check(index)
        // Sound: as above.
        return unsafe baton_word_exchange(memory, index, expected, desired)
    }

    private func check(_ index: Int) {
        precondition(index >= 0 && index < count, "word \(index) of \(count)")
    }
}
