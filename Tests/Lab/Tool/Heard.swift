// `baton-lab heard`: how long it takes until a list of addresses has been announced: from the first gratuitous ARP that
// this host hears to that of the last of so many addresses.

import CLab

/// `heard --device eth1 --count N [--seconds N] [--ready FILE]`: run in the client; prints `addresses=N span=µs`.
func heard(_ options: Options) throws(LabFailure) {
    let wanted = try options.number("count", default: 1)
    let end = Kernel.now + Int64(try options.number("seconds", default: 60)) * second
    let socket = try Kernel.packetSocket(
        device: try options.required("device"),
        ethertype: 0x806,
        promiscuous: false
    )
    if let path = options.text("ready") { try Kernel.append("ready\n", to: path) }
    var seen: Set<IPv4> = []
    var first: Nanoseconds?
    var last: Nanoseconds = 0
    while seen.count < wanted, Kernel.now < end, !Kernel.stopRequested {
        guard !Kernel.wait([socket], until: end).isEmpty else { continue }
        while let (bytes, isOutgoing) = Kernel.receiveFrame(on: socket) {
            guard !isOutgoing, let packet = ARP(frame: bytes), packet.sender == packet.target,
                seen.insert(packet.sender).inserted
            else { continue }
            last = Kernel.now
            first = first ?? last
        }
    }
    print("addresses=\(seen.count) span=\((last - (first ?? last)) / 1000)")
}
