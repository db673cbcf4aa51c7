// Any bytes on a packet socket or an ICMP socket: ARP, neighbour discovery, echo. What is read is written again and
// read as the same, whatever came around it.

@testable import Linux

private let echoes = [(false, true), (false, false), (true, true), (true, false)].map {
    isIPv6,
    isRaw in
    EchoMessage(
        isIPv6: isIPv6,
        isRaw: isRaw,
        identifier: 0xba70,
        cookie: Array("sixteen of bytes".utf8)
    )
}

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let bytes = input.remainder()
    if let frame = ARPFrame(bytes: bytes) {
        precondition(ARPFrame(bytes: frame.bytes) == frame, "an ARP frame changed on its way")
        precondition(
            frame.bytes == Array(bytes.prefix(ARPFrame.length)),
            "an ARP frame lost something"
        )
    }
    for frame in [bytes, summed(bytes)].compactMap({ NeighbourFrame(bytes: $0) }) {
        precondition(
            NeighbourFrame(bytes: frame.bytes) == frame,
            "a neighbour message changed on its way"
        )
    }
    for echo in echoes {
        if let sequence = echo.sequence(answeredBy: bytes) {
            precondition(bytes.count >= 24, "\(sequence) of too few bytes")
        }
    }
    return 0
}

/// The same frame with the checksum of ICMPv6 that belongs to it, which no fuzzer finds by chance.
private func summed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 58 else { return bytes }
    var bytes = bytes
    bytes[56] = 0
    bytes[57] = 0
    let length = min(Int(bytes[18]) << 8 | Int(bytes[19]), bytes.count - 54)
    let all =
        bytes[22..<54] + [UInt8(length >> 8), UInt8(length & 255), 58] + bytes[54..<54 + length]
    // The pseudo-header's zeros left out: two bytes of length, then 58 at an odd place.
    var sum = 0
    for (index, byte) in all.prefix(34).enumerated() {
        sum += Int(byte) << (index % 2 == 0 ? 8 : 0)
    }
    sum += 58
    for (index, byte) in all.dropFirst(35).enumerated() {
        sum += Int(byte) << (index % 2 == 0 ? 8 : 0)
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    bytes[56] = UInt8(~sum >> 8 & 255)
    bytes[57] = UInt8(~sum & 255)
    return bytes
}
