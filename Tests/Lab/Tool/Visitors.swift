// `baton-lab visitors`: many callers of a local socket who have nothing good in mind. Idle ones connect and
// stay; hostile ones send garbage, lines without an end, half requests, requests whose answers they
// never read, or leave at once. Whoever is put out comes again: idle ones once a second, hostile ones
// at once.

import CLab

/// What a caller does.
private enum Manner: Int, CaseIterable {
    case garbage
    case endlessLine
    case halfRequest
    case garbageLines
    case neverReads
    case leavesAtOnce
    case idle
}

private struct Caller {
    let path: String
    let manner: Manner
    var descriptor: Int32?
    var hasSpoken = false
}

/// `visitors --socket PATH… [--idle 500] [--hostile 50] [--seconds 10]`: at each socket in turn.
func visitors(_ options: Options) throws(LabFailure) {
    let sockets = options.all("socket")
    guard !sockets.isEmpty else { throw LabFailure(text: "--socket is missing", isUsage: true) }
    let idle = try options.number("idle", default: 500)
    let hostile = try options.number("hostile", default: 50)
    let end = Kernel.now + Int64(try options.number("seconds", default: 10)) * second
    var random = SplitMix(state: UInt64(try options.number("seed", default: 1)))
    var callers = (0..<idle).map { Caller(path: sockets[$0 % sockets.count], manner: .idle) }
    for number in 0..<hostile {
        let manner = Manner(rawValue: number / sockets.count % (Manner.allCases.count - 1))
        callers.append(Caller(path: sockets[number % sockets.count], manner: manner ?? .garbage))
    }
    var counts = (opened: 0, putOut: 0, refused: 0, sent: 0)
    var tick = 0
    var next = Kernel.now
    while next < end, !Kernel.stopRequested {
        for place in callers.indices {
            let isDue = callers[place].manner != .idle || place % 200 == tick % 200
            guard isDue else { continue }
            if callers[place].descriptor == nil {
                callers[place].descriptor = Kernel.connect(toSocket: callers[place].path)
                callers[place].hasSpoken = false
                let isIn = callers[place].descriptor != nil
                if isIn { counts.opened += 1 } else { counts.refused += 1 }
            }
            guard let descriptor = callers[place].descriptor else { continue }
            var isGone = false
            if let bytes = words(of: callers[place], &random) {
                callers[place].hasSpoken = true
                let count = Kernel.sendSome(bytes, on: descriptor)
                counts.sent += max(0, count)
                isGone = count < 0
            }
            // An end of the stream reads as no bytes, "no answer yet" as nil.
            if callers[place].manner != .neverReads {
                isGone = isGone || Kernel.receive(on: descriptor)?.isEmpty == true
            }
            if isGone { counts.putOut += 1 }
            isGone = isGone || callers[place].manner == .leavesAtOnce
            if isGone {
                lab_close(descriptor)
                callers[place].descriptor = nil
            }
        }
        tick += 1
        next = max(next + 5 * millisecond, Kernel.now)
        _ = Kernel.wait([], until: next)
    }
    let inside = callers.count { $0.descriptor != nil }
    print("opened=\(counts.opened) put_out=\(counts.putOut) refused=\(counts.refused)")
    print("sent_bytes=\(counts.sent) inside=\(inside)")
}

private func words(of caller: Caller, _ random: inout SplitMix) -> [UInt8]? {
    func noise(_ count: Int, _ range: ClosedRange<UInt8>) -> [UInt8] {
        (0..<count).map { _ in
            range.lowerBound + UInt8(random.next() % UInt64(range.upperBound - range.lowerBound))
        }
    }
    switch caller.manner {
    case .idle, .leavesAtOnce: return nil
    case .garbage: return noise(512, 0...255)
    case .endlessLine: return noise(512, 0x20...0x7e)
    case .halfRequest: return caller.hasSpoken ? nil : Array("{\"schema\":1,\"verb\":\"sta".utf8)
    case .garbageLines: return noise(60, 0x20...0x7e) + [10] + noise(200, 0...255) + [10]
    case .neverReads: return Array("{\"schema\":1,\"verb\":\"status\"}\n".utf8)
    }
}

/// `ask --socket PATH LINE`: says one line to a local socket and prints what comes back in two seconds.
func ask(_ options: Options) throws(LabFailure) {
    let path = try options.required("socket")
    guard let descriptor = Kernel.connect(toSocket: path) else { throw .call(path) }
    let line = Array((options.words.joined(separator: " ") + "\n").utf8)
    guard Kernel.sendSome(line, on: descriptor) == line.count else { throw .call(path) }
    let end = Kernel.now + 2 * second
    while Kernel.now < end, !Kernel.stopRequested {
        guard !Kernel.wait([descriptor], until: end).isEmpty else { break }
        guard let bytes = Kernel.receive(on: descriptor), !bytes.isEmpty else { break }
        print(String(decoding: bytes, as: UTF8.self), terminator: "")
        if bytes.last == 10 { break }
    }
    lab_close(descriptor)
}
