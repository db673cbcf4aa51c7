// `baton-lab cable A B`: a bad cable between two devices of the switch, for kernels without netem.
// It carries each frame from one to the other and loses, delays and doubles some of them, per
// direction: --loss-ab 10 (per cent), --loss-ba, --delay 5 (ms), --double 1 (per cent). Loss 100 in
// one direction is a one-way cut.

import CLab

func cable(_ options: Options) throws(LabFailure) {
    _ = lab_become_realtime(25)
    guard options.words.count == 2 else {
        throw LabFailure(text: "cable A B [--loss-ab P] [--loss-ba P] [--delay MS]", isUsage: true)
    }
    var random = SplitMix(state: UInt64(try options.number("seed", default: 1)))
    let loss = [
        try options.number("loss-ab", default: 0), try options.number("loss-ba", default: 0),
    ]
    let delay = Int64(try options.number("delay", default: 0)) * millisecond
    let double = try options.number("double", default: 0)
    var ends: [Int32] = []
    for device in options.words {
        let end = try Kernel.packetSocket(device: device, ethertype: 3, promiscuous: true)
        guard lab_keep_offload_notes(end) == 0 else { throw .call("offload notes of \(device)") }
        ends.append(end)
    }
    var onTheWay: [(due: Nanoseconds, to: Int32, frame: [UInt8])] = []
    var frames = 0
    var lost = 0
    if let file = options.text("ready") { try Kernel.append("ready\n", to: file) }
    while !Kernel.stopRequested {
        let deadline = onTheWay.first?.due ?? Kernel.now + second
        for end in Kernel.wait(ends, until: deadline) {
            let side = end == ends[0] ? 0 : 1
            while let (frame, isOutgoing) = Kernel.receiveFrame(
                on: end,
                maximum: Kernel.frameMaximum
            ) {
                guard !isOutgoing else { continue }
                frames += 1
                guard Int(random.next() % 100) >= loss[side] else {
                    lost += 1
                    continue
                }
                let copies = Int(random.next() % 100) < double ? 2 : 1
                for _ in 0..<copies {
                    onTheWay.append((Kernel.now + delay, ends[1 - side], frame))
                }
            }
        }
        while let next = onTheWay.first, next.due <= Kernel.now {
            _ = Kernel.send(next.frame, on: next.to)
            onTheWay.removeFirst()
        }
    }
    print("the cable lost \(lost) of \(frames) frames")
}
