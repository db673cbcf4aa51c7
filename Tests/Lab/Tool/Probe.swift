// `baton-lab probe`: the client. It asks the group's address every 5 ms, over UDP or by connecting
// over TCP, and watches from one thread and on one clock who answers, who has the address in which
// kernel (netlink in the nodes' namespaces), who answers and announces it by ARP, and how late its
// own ticks were.

import CLab

struct Probe {
    private let target: IPv4
    private let port: UInt16
    private let usesTCP: Bool
    private let end: Nanoseconds
    private let marksFile: String?
    private var observation = Observation()
    private let arpSocket: Int32?
    private var watches: [Int32: String] = [:]
    private var udpSocket: Int32 = -1
    /// TCP attempts under way, oldest first.
    ///
    /// Older than 250 ms they are given up: the client opens
    /// a new one every 5 ms anyway, as a fresh client would.
    private var attempts: [(descriptor: Int32, since: Nanoseconds, isConnected: Bool)] = []
    private var repliers: Set<MAC> = []
    private var nextQuestion: Nanoseconds = 0

    init(_ options: Options) throws(LabFailure) {
        target = try options.address("target")
        port = UInt16(try options.number("port", default: 7_000))
        usesTCP = options.has("tcp")
        marksFile = options.text("marks")
        let interval = try options.number("interval", default: 5)
        observation.interval = Int64(interval) * millisecond
        for watch in options.all("watch") {
            let parts = watch.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw LabFailure(text: "--watch NODE=NAMESPACE", isUsage: true)
            }
            watches[try Kernel.addressWatch(namespace: parts[1])] = parts[0]
        }
        if let device = options.text("device") {
            arpSocket = try Kernel.packetSocket(device: device, ethertype: 0x806, promiscuous: true)
        } else {
            arpSocket = nil
        }
        if !usesTCP {
            // Not connected: a node answers from its own address, as a UDP service bound to every
            // address does; who it is stands in the answer.
            udpSocket = try Kernel.checked(lab_udp_socket(0), "UDP socket")
        }
        observation.started = Kernel.now
        end = observation.started + Int64(try options.number("seconds", default: 3_600)) * second
    }

    /// Whose kernels are watched.
    var watchedNodes: [String] { watches.values.sorted() }

    mutating func run() -> Observation {
        var tick = observation.started
        while !Kernel.stopRequested, tick < end {
            ask(scheduled: tick)
            tick += observation.interval
            // After a stall of its own the prober goes on from now: missed ticks were not asked.
            let now = Kernel.now
            if now > tick { tick += (now - tick) / observation.interval * observation.interval }
            repeat { listen(until: tick) } while Kernel.now < tick && !Kernel.stopRequested
        }
        // Whatever was under way may still arrive, but what was not asked cannot be missed.
        observation.ended = min(tick, Kernel.now)
        let last = Kernel.now + 20 * millisecond
        repeat { listen(until: last) } while Kernel.now < last
        if let marksFile { observation.marks = readMarks(from: marksFile) }
        return observation
    }

    private mutating func ask(scheduled: Nanoseconds) {
        let now = Kernel.now
        let late = now - scheduled
        if late > observation.interval / 10 { observation.lateness.append((now, late)) }
        observation.asked += 1
        if usesTCP {
            let descriptor = lab_tcp_connect(target.bits, port)
            if descriptor >= 0 { attempts.append((descriptor, now, false)) }
        } else {
            // A refused or unreachable datagram is a question without an answer, nothing more.
            _ = Kernel.send(numbered(observation.asked), on: udpSocket, to: target, port: port)
        }
        if let arpSocket, now >= nextQuestion {
            if repliers.count > 1 { observation.doubleARPReplies += 1 }
            repliers = []
            observation.arpQuestions += 1
            _ = Kernel.send(ARP.probe(for: target).frame, on: arpSocket)
            nextQuestion = now + 100 * millisecond
        }
    }

    private mutating func listen(until deadline: Nanoseconds) {
        let writing = Set(attempts.lazy.filter { !$0.isConnected }.map(\.descriptor))
        var descriptors = Array(watches.keys) + attempts.map(\.descriptor)
        if udpSocket >= 0 { descriptors.append(udpSocket) }
        if let arpSocket { descriptors.append(arpSocket) }
        let ready = Kernel.wait(descriptors, writing: writing, until: deadline)
        let now = Kernel.now
        for descriptor in ready {
            if descriptor == udpSocket {
                while let bytes = Kernel.receive(on: udpSocket) {
                    guard bytes.count > 8 else { continue }
                    answered(by: String(decoding: bytes[8...], as: UTF8.self), at: now)
                }
            } else if descriptor == arpSocket {
                hearARP(on: descriptor, at: now)
            } else if let node = watches[descriptor] {
                while let event = Kernel.addressEvent(on: descriptor) {
                    guard event.address == target else { continue }
                    observation.ownership.append(
                        OwnershipChange(at: now, node: node, owns: event.added)
                    )
                }
            } else {
                advance(descriptor, at: now)
            }
        }
        while let oldest = attempts.first,
            now - oldest.since > 250 * millisecond || attempts.count > 400
        {
            lab_close(oldest.descriptor)
            attempts.removeFirst()
        }
    }

    private mutating func answered(by node: String, at now: Nanoseconds) {
        observation.answers.append(Answer(at: now, node: node))
    }

    /// A TCP attempt connected, or its answer came, or it failed.
    private mutating func advance(_ descriptor: Int32, at now: Nanoseconds) {
        guard let index = attempts.firstIndex(where: { $0.descriptor == descriptor }) else {
            return
        }
        if !attempts[index].isConnected {
            attempts[index].isConnected = true
            guard let bytes = Kernel.receive(on: descriptor), !bytes.isEmpty else { return }
            finish(index, bytes, at: now)
        } else {
            finish(index, Kernel.receive(on: descriptor) ?? [], at: now)
        }
    }

    private mutating func finish(_ index: Int, _ bytes: [UInt8], at now: Nanoseconds) {
        if let line = bytes.split(separator: 10).first {
            answered(by: String(decoding: line, as: UTF8.self), at: now)
        }
        lab_close(attempts[index].descriptor)
        attempts.remove(at: index)
    }

    private mutating func hearARP(on descriptor: Int32, at now: Nanoseconds) {
        while let (bytes, isOutgoing) = Kernel.receiveFrame(on: descriptor) {
            guard !isOutgoing, let packet = ARP(frame: bytes), packet.sender == target else {
                continue
            }
            if packet.isReply, packet.destination == .asker {
                observation.arpReplies += 1
                repliers.insert(packet.senderMAC)
            } else if packet.destination == .broadcast {
                observation.announcements.append((now, packet.senderMAC))
            }
        }
    }

    private func numbered(_ number: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}

func probe(_ options: Options) throws(LabFailure) {
    let isRealTime = lab_become_realtime(20) == 0
    var probe = try Probe(options)
    if let file = options.text("ready") { try Kernel.append("ready\n", to: file) }
    let report = ProbeReport(probe.run(), nodes: probe.watchedNodes, isRealTime: isRealTime)
    if let file = options.text("json") { try Kernel.append(try report.json(), to: file) }
    if let file = options.text("figures") { try Kernel.append(report.figures, to: file) }
    if !options.has("quiet") { print(report.text, terminator: "") }
}
