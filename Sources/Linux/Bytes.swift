// Numbers in and out of bytes, every index checked: a short message gives nil, never a trap.
// Layouts of whole messages are in the files named after them.

extension Span where Element == UInt8 {
    /// The byte at an offset, nil beyond the end.
    func byte(at offset: Int) -> UInt8? {
        offset >= 0 && offset < count ? self[offset] : nil
    }

    /// Sixteen bits, most significant byte first (network order).
    func big16(at offset: Int) -> UInt16? {
        bigEndian(at: offset, width: 2).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// Thirty-two bits, most significant byte first (network order).
    func big32(at offset: Int) -> UInt32? {
        bigEndian(at: offset, width: 4).map { UInt32(truncatingIfNeeded: $0) }
    }

    /// Sixty-four bits, most significant byte first (network order).
    func big64(at offset: Int) -> UInt64? { bigEndian(at: offset, width: 8) }

    /// Sixteen bits in the machine's order, as netlink(7) writes them.
    func native16(at offset: Int) -> UInt16? { big16(at: offset).map(UInt16.init(bigEndian:)) }

    /// Thirty-two bits in the machine's order.
    func native32(at offset: Int) -> UInt32? { big32(at: offset).map(UInt32.init(bigEndian:)) }

    /// Sixty-four bits in the machine's order.
    func native64(at offset: Int) -> UInt64? { big64(at: offset).map(UInt64.init(bigEndian:)) }

    /// A copy of `length` bytes from an offset, nil when they are not all there.
    func bytes(at offset: Int, length: Int) -> [UInt8]? {
        guard offset >= 0, length >= 0, offset <= count - length else { return nil }
        var copy: [UInt8] = []
        copy.reserveCapacity(length)
        for index in offset..<offset + length { copy.append(self[index]) }
        return copy
    }

    private func bigEndian(at offset: Int, width: Int) -> UInt64? {
        guard offset >= 0, offset <= count - width else { return nil }
        var value: UInt64 = 0
        for index in offset..<offset + width { value = value << 8 | UInt64(self[index]) }
        return value
    }
}

/// The bytes of a number, most significant first (network order).
func bigBytes<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> [UInt8] {
    let width = Number.bitWidth / 8
    return (0..<width).map { UInt8(truncatingIfNeeded: number >> Number(8 * (width - 1 - $0))) }
}

/// The bytes of a number in the machine's order.
func nativeBytes<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> [UInt8] {
    bigBytes(number.bigEndian)
}
