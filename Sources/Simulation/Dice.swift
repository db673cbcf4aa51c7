// The only source of chance in a simulated world: xoshiro256** seeded by SplitMix64, so that one number
// gives the same story on every machine and in every process. Each part of the world draws from a stream
// of its own: taking one fault out of a story does not change the luck of the others.

/// A seeded generator (Blackman and Vigna, xoshiro256**, 2018).
struct Dice: Sendable {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    /// A generator for `seed`; different `stream`s are independent.
    init(seed: UInt64, stream: UInt64 = 0) {
        var mixer = SplitMix(state: seed ^ (stream &* 0xd129_0db5_9a3c_71e5))
        a = mixer.next()
        b = mixer.next()
        c = mixer.next()
        d = mixer.next()
    }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        let product = b &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = d << 45 | d >> 19
        return result
    }

    /// A number from 0 up to, not including, `bound`; 0 when `bound` is less than 1.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number from `low` to `high`, both included.
    mutating func between(_ low: Int64, _ high: Int64) -> Int64 {
        guard high > low else { return low }
        let width = UInt64(high &- low) &+ 1
        return low &+ Int64(next().multipliedFullWidth(by: width).high)
    }

    /// True `chance` times in a thousand; draws nothing for 0.
    mutating func perMille(_ chance: Int) -> Bool {
        chance > 0 && below(1000) < chance
    }

    /// One of `values`, which must not be empty.
    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[below(values.count)]
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): spreads a seed over the state of `Dice`.
struct SplitMix: Sendable {
    /// The counter.
    var state: UInt64

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// A digest over everything that happens in a world; equal stories have equal digests.
struct Digest: Sendable {
    /// The digest so far.
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Takes in one number.
    mutating func add(_ number: UInt64) {
        value = (value ^ number) &* 0x9fb2_1c65_1e98_df25
        value ^= value >> 32
    }

    /// Takes in one number.
    mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }

    /// Takes in a datagram: its length and its last 32 bytes, which with HMAC depend on all the others.
    mutating func add(datagram bytes: [UInt8]) {
        var word = UInt64(bytes.count)
        for index in max(0, bytes.count - 32)..<bytes.count {
            word = (word << 7 | word >> 57) ^ UInt64(bytes[index])
        }
        add(word)
    }
}
