// Any bytes where the room Linux reads text: /proc, a lock file, addresses; and what collects a stream, against what
// is plainly right.

@testable import Linux

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let pieceLength = 1 + Int(input.byte())
    let bytes = input.remainder()
    _ = ProcessIdentity.startTicks(inStat: bytes)
    _ = LockFile.holder(in: bytes)
    if let id = Machine.parseBootID(bytes) { precondition(id.count == 16) }
    for range in ProgramText.ranges(ofFilesIn: bytes, withTables: true) {
        precondition(range.lowerBound > 0, "the zero page is nobody's code")
    }
    // The same bytes are both files: a place needs a line of each.
    for place in ControlGroup.places(mounts: bytes, membership: bytes) {
        precondition(place.path.utf8.first == 47, "\(place.path) is from nowhere")
    }
    let table = MountTable(text: bytes)
    for mount in table.mounts {
        precondition(table.mounts(of: mount.device).contains(mount), "a mount shows its device")
        precondition(table.mount(at: mount.directory) != nil, "a mount is where it is")
    }
    _ = MountUse.mountID(inText: bytes)
    if ControlGroup.event("frozen", in: bytes) == true { precondition(bytes.contains(49)) }
    _ = ControlGroup.numbers(bytes)
    readAddresses(String(decoding: bytes, as: UTF8.self))
    collect(bytes, pieceLength)
    return 0
}

private func readAddresses(_ text: String) {
    if let address = IPAddress(text) {
        precondition(IPAddress(address.description) == address, "\(address) reads otherwise")
        precondition(IPAddress(bytes: address.bytes) == address, "\(address) has other bytes")
    }
    if let device = DeviceName(rawValue: text) {
        precondition((1...15).contains(device.rawValue.utf8.count))
    }
}

private func collect(_ bytes: [UInt8], _ pieceLength: Int) {
    var lines = LineBuffer(maximum: 64)
    var tail = OutputTail(capacity: 64)
    var found: [[UInt8]] = []
    for place in stride(from: 0, to: bytes.count, by: pieceLength) {
        let piece = Array(bytes[place..<min(place + pieceLength, bytes.count)])
        lines.append(piece)
        while let line = lines.next() { found.append(line) }
        tail.append(piece)
    }
    var right: [[UInt8]] = []
    var isTooLong = false
    let ends = bytes.count { $0 == 10 }
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
        if line.count > 64 {
            isTooLong = true
            break
        }
        let isWhole = index < ends
        if isWhole { right.append(Array(line.last == 13 ? line.dropLast() : line)) }
    }
    precondition(found == right && lines.hasOverflowed == isTooLong, "lines are cut otherwise")
    precondition(tail.bytes == Array(bytes.suffix(64)), "the tail is another")
    precondition(tail.droppedCount == max(0, bytes.count - 64), "what was dropped is miscounted")
}
