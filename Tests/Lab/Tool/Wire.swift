// What is on the replication link, seen from the switch: `beats` measures that each node's
// heartbeats leave on time; `hostile` injects datagrams that must change nothing (random,
// truncated, replayed, bit-flipped), made of real ones it captured there.

import CLab

/// Times and images of the datagrams a node sends to a port, by the node's Ethernet address.
private struct Traffic {
    var times: [MAC: [Nanoseconds]] = [:]
    /// By the socket they came in on.
    var images: [Int32: [UDPFrame]] = [:]
    /// The key id of the newest datagram, by the node's Ethernet address.
    var keys: [MAC: UInt8] = [:]

    mutating func note(_ frame: [UInt8], from socket: Int32, port: Int, at now: Nanoseconds) {
        guard let datagram = UDPFrame(frame: frame), datagram.destinationPort == port else {
            return
        }
        times[datagram.sourceMAC, default: []].append(now)
        // The table of Sources/Wire/Layout.swift: magic, version, then the key id.
        if datagram.payload.count > 6, datagram.payload.starts(with: "BATN".utf8) {
            keys[datagram.sourceMAC] = datagram.payload[6]
        }
        if images[socket, default: []].count < 256 { images[socket, default: []].append(datagram) }
    }

    /// `MAC count newest-key longest-interval-µs` lines, the end of the watch counting as an arrival.
    func report(until end: Nanoseconds) -> [String] {
        times.sorted { "\($0.key)" < "\($1.key)" }.map { mac, moments in
            let gaps = zip(moments, moments.dropFirst() + [end]).map { $1 - $0 }
            return "beats mac=\(mac) count=\(moments.count) "
                + "key=\(keys[mac].map { "\($0)" } ?? "-") "
                + "longest=\(microseconds(gaps.max() ?? 0))"
        }
    }
}

/// `beats --device A --device B --port P --seconds N`: run in the switch's namespace.
func beats(_ options: Options) throws(LabFailure) {
    _ = lab_become_realtime(20)
    let port = try options.number("port", default: 694)
    var sockets: [Int32] = []
    for device in options.all("device") {
        // All ethertypes: a bridge takes a frame from its port before anyone who asked for one type.
        sockets.append(
            try Kernel.packetSocket(device: device, ethertype: 3, promiscuous: true)
        )
    }
    var traffic = Traffic()
    if let ready = options.text("ready") { try Kernel.append("ready\n", to: ready) }
    let end = Kernel.now + Int64(try options.number("seconds", default: 10)) * second
    while Kernel.now < end, !Kernel.stopRequested {
        collect(from: sockets, port: port, into: &traffic, until: end)
    }
    for line in traffic.report(until: Kernel.now) { print(line) }
}

/// `hostile --device A --device B --port P --count N --rate R --seed S`: attacks both nodes.
///
/// Half of the datagrams go out of each port. Prints how many of each kind, and the beats' longest interval meanwhile.
func hostile(_ options: Options) throws(LabFailure) {
    _ = lab_become_realtime(15)
    let port = try options.number("port", default: 694)
    let count = try options.number("count", default: 100_000)
    let rate = try options.number("rate", default: 5_000)
    var random = SplitMix(state: UInt64(try options.number("seed", default: 1)))
    var sockets: [Int32] = []
    for device in options.all("device") {
        // Whatever arrives at the port from its node; what we send out of it is marked outgoing.
        sockets.append(
            try Kernel.packetSocket(device: device, ethertype: 3, promiscuous: true)
        )
    }
    guard !sockets.isEmpty else { throw LabFailure(text: "--device is missing", isUsage: true) }
    var traffic = Traffic()
    let listening = Kernel.now + Int64(try options.number("listen", default: 3)) * second
    while Kernel.now < listening, !Kernel.stopRequested {
        collect(from: sockets, port: port, into: &traffic, until: listening)
    }
    // A node gets what came from the others: a kernel drops a datagram that claims to be from itself.
    let captured = sockets.map { own in
        traffic.images.filter { $0.key != own }.sorted { $0.key < $1.key }.flatMap(\.value)
    }
    guard captured.allSatisfy({ !$0.isEmpty }) else {
        throw LabFailure(text: "no datagram to port \(port) captured behind every port")
    }
    traffic = Traffic()

    let started = Kernel.now
    var sent = [String: Int]()
    var refused = 0
    var stall: Nanoseconds = 0
    for number in 0..<count {
        let due = started + Int64(number) * second / Int64(rate)
        while Kernel.now < due {
            collect(from: sockets, port: port, into: &traffic, until: due)
        }
        stall = max(stall, Kernel.now - due)
        if Kernel.stopRequested { break }
        let side = number / 4 % sockets.count
        let model = captured[side][Int(random.next() % UInt64(captured[side].count))]
        let (kind, frame) = attack(number % 4, on: model, &random)
        if Kernel.send(frame, on: sockets[side]) {
            sent[kind, default: 0] += 1
        } else {
            refused += 1
        }
    }
    let end = Kernel.now
    for (kind, number) in sent.sorted(by: { $0.key < $1.key }) { print("sent \(kind)=\(number)") }
    print("sent refused=\(refused) seconds=\(fixed(Double((end - started) / millisecond) / 1_000))")
    print("stall=\(microseconds(stall))")
    for line in traffic.report(until: end) { print(line) }
}

private func attack(
    _ number: Int,
    on model: UDPFrame,
    _ random: inout SplitMix
) -> (kind: String, frame: [UInt8]) {
    var payload = model.payload
    switch number {
    case 0:
        payload = (0..<Int(random.next() % 1_400)).map { _ in
            UInt8(truncatingIfNeeded: random.next())
        }
        return ("random", model.frame(withPayload: payload))
    case 1:
        let length = Int(random.next() % UInt64(max(1, payload.count)))
        return ("truncated", model.frame(withPayload: Array(payload.prefix(length))))
    case 2:
        return ("replayed", model.frame(withPayload: payload))
    default:
        for _ in 0...random.next() % 3 where !payload.isEmpty {
            let bit = Int(random.next() % UInt64(payload.count * 8))
            payload[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        return ("flipped", model.frame(withPayload: payload))
    }
}

private func collect(
    from sockets: [Int32],
    port: Int,
    into traffic: inout Traffic,
    until deadline: Nanoseconds
) {
    for socket in Kernel.wait(sockets, until: deadline) {
        while let (frame, isOutgoing) = Kernel.receiveFrame(on: socket) {
            if !isOutgoing { traffic.note(frame, from: socket, port: port, at: Kernel.now) }
        }
    }
}

/// SplitMix64: the same seed gives the same bytes.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
