// `baton-lab record` keeps every heartbeat that nodes send, with its time; `baton-lab replay` sends them
// again to the other node, byte for byte but for the checksum that a veth leaves open. Run both in the
// switch's namespace.

import CLab

/// One heartbeat as it left a node.
private struct RecordedBeat {
    /// Since the first one.
    let offset: Nanoseconds
    /// The switch's port at which it came in.
    let port: String
    let frame: [UInt8]

    /// `offset-in-µs port hex`.
    var line: String {
        let hex = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(microseconds(offset)) \(port) \(hex)\n"
    }

    init(offset: Nanoseconds, port: String, frame: [UInt8]) {
        self.offset = offset
        self.port = port
        self.frame = frame
    }

    init?(line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, let offset = Int64(words[0]), words[2].utf8.count % 2 == 0 else {
            return nil
        }
        let digits = Array(words[2].utf8)
        var frame: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            frame.append(byte)
        }
        self.init(offset: offset * 1_000, port: words[1], frame: frame)
    }
}

/// `record --device l0r --device l1r --file F [--seconds N]`: until the time is over or SIGTERM comes.
func record(_ options: Options) throws(LabFailure) {
    _ = lab_become_realtime(20)
    let port = try options.number("port", default: 694)
    let file = try options.required("file")
    var names: [Int32: String] = [:]
    for device in options.all("device") {
        let socket = try Kernel.packetSocket(device: device, ethertype: 3, promiscuous: true)
        names[socket] = device
    }
    if let ready = options.text("ready") { try Kernel.append("ready\n", to: ready) }
    var beats: [RecordedBeat] = []
    var first: Nanoseconds?
    let end = Kernel.now + Int64(try options.number("seconds", default: 3_600)) * second
    while Kernel.now < end, !Kernel.stopRequested {
        let tick = min(end, Kernel.now + 100 * millisecond)
        for socket in Kernel.wait(Array(names.keys), until: tick) {
            while let (frame, isOutgoing) = Kernel.receiveFrame(on: socket) {
                guard !isOutgoing, let datagram = UDPFrame(frame: frame),
                    datagram.destinationPort == port, beats.count < 100_000
                else { continue }
                let now = Kernel.now
                first = first ?? now
                beats.append(
                    RecordedBeat(
                        offset: now - (first ?? now),
                        port: names[socket] ?? "?",
                        frame: datagram.frame(withPayload: datagram.payload)
                    )
                )
            }
        }
    }
    try Kernel.append(beats.map(\.line).joined(), to: file)
    print("recorded=\(beats.count)")
}

/// `replay --file F --pair l0r:l1r… [--pace 100] [--seconds N]`: what came in at the first port of a pair
/// goes out at the second, in order, at `--pace` per cent of the speed it had; again and again with
/// `--seconds`, else once.
func replay(_ options: Options) throws(LabFailure) {
    _ = lab_become_realtime(15)
    let pace = Int64(max(1, try options.number("pace", default: 100)))
    var ways: [String: Int32] = [:]
    for pair in options.all("pair") {
        let ports = pair.split(separator: ":").map(String.init)
        guard ports.count == 2 else { throw LabFailure(text: "--pair FROM:TO", isUsage: true) }
        ways[ports[0]] = try Kernel.packetSocket(device: ports[1], ethertype: 3, promiscuous: false)
    }
    let beats = linesOf(try options.required("file")).compactMap(RecordedBeat.init(line:))
        .filter { ways[$0.port] != nil }
    guard let last = beats.last else { throw LabFailure(text: "nothing recorded for these pairs") }
    let end = Kernel.now + Int64(try options.number("seconds", default: 0)) * second
    var sent = 0
    var stall: Nanoseconds = 0
    repeat {
        let started = Kernel.now
        for beat in beats where !Kernel.stopRequested {
            let due = started + beat.offset * 100 / pace
            while Kernel.now < due, !Kernel.stopRequested { _ = Kernel.wait([], until: due) }
            stall = max(stall, Kernel.now - due)
            if let way = ways[beat.port], Kernel.send(beat.frame, on: way) { sent += 1 }
        }
        // A recording of one moment must not become a loop without a pause.
        if last.offset == 0 { _ = Kernel.wait([], until: Kernel.now + millisecond) }
    } while Kernel.now < end && !Kernel.stopRequested
    print("recorded=\(beats.count) replayed=\(sent)")
    print("stall=\(microseconds(stall))")
}
