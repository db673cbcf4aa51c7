// What the networks do to frames, and what the kernels answer: loss, delay, duplicates, cuts one way or both,
// ARP. A frozen or switched-off machine hears nothing.

import Failover
import Wire

/// The present state of one network.
struct NetworkState {
    /// How many cuts stop frames from machine 0, and from machine 1.
    var cuts = [0, 0]
    /// How many cuts took the carrier.
    var carrierCuts = 0
    /// Since when.
    var carrierCutSince: Int64 = 0
    /// How often the cable of machine 0, and of machine 1, is pulled.
    var pulled = [0, 0]
    /// Since when.
    var pulledSince: [Int64] = [0, 0]
    /// How many of these took the carrier there.
    var pulledCarriers = [0, 0]
    /// Frames lost in a thousand, by each loss under way.
    var losses: [Int] = []
    /// The most a frame is delayed, by each delay under way.
    var delays: [Int64] = []
    /// Frames doubled in a thousand, by each doubling under way.
    var doubles: [Int] = []
    /// When the last delay ended.
    var laggedUntil = Int64.min / 2
    /// When the last loss ended.
    var lossyUntil = Int64.min / 2
    /// Since when nothing has disturbed it.
    var cleanSince: Int64 = 0

    /// Whether nothing disturbs it.
    var isClean: Bool {
        cuts == [0, 0] && pulled == [0, 0] && losses.isEmpty && delays.isEmpty
    }
}

extension World {
    /// When a frame from `sender` over `network` arrives; `nil` when it is lost.
    func arrival(on network: Int, from sender: Int) -> Int64? {
        let line = lines[network]
        if line.cuts[sender] > 0 || line.pulled != [0, 0] { return nil }
        return travel(over: network)
    }

    /// When a frame that nothing cuts off arrives over `network`.
    private func travel(over network: Int) -> Int64? {
        let line = lines[network]
        for loss in line.losses where networkDice[network].perMille(loss) { return nil }
        var delay = networkDice[network].between(40_000, 300_000)
        for most in line.delays { delay += networkDice[network].between(0, most) }
        return now + delay
    }

    /// Whether a machine's device on a network has a carrier.
    func hasCarrier(_ machine: Machine, _ network: Int) -> Bool {
        lines[network].carrierCuts == 0 && lines[network].pulledCarriers[machine.index] == 0
    }

    /// The network of one of a machine's paths; `nil` for a place without one.
    func network(of link: Int, on machine: Machine) -> Int? {
        if link < networkOfLink.count { return networkOfLink[link] }
        return machine.paths[link].flatMap { path in
            networks.firstIndex { $0.device == path.device }
        }
    }

    /// The path by which a machine's daemon hears a network; `nil` when no socket of it does.
    private func link(from network: Int, on machine: Machine) -> Int? {
        if let link = networks[network].link { return link }
        let device = networks[network].device
        return machine.paths.keys.sorted().first { machine.paths[$0]?.device == device }
    }

    /// Puts a datagram on a network.
    func transmit(_ packet: Packet, on network: Int) {
        var copies = 1
        for double in lines[network].doubles where networkDice[network].perMille(double) {
            copies += 1
        }
        for _ in 0..<copies {
            guard let time = arrival(on: network, from: packet.sender) else { continue }
            queue.plan(.datagramArrived(packet: store(packet)), at: time)
        }
    }

    private func store(_ packet: Packet) -> Int {
        if let free = freePackets.popLast() {
            packets[free] = packet
            return free
        }
        packets.append(packet)
        return packets.count - 1
    }

    func datagramArrived(_ index: Int) {
        let machine = machines[1 - packets[index].sender]
        guard machine.power == .on, machine.daemon != .down else {
            freePackets.append(index)
            return
        }
        if machine.daemon == .paused {
            // A socket's buffer holds so many, then drops the newest.
            if machine.inboxDatagrams < 200 {
                machine.inboxDatagrams += 1
                machine.inbox.append(.datagram(index))
            } else {
                freePackets.append(index)
            }
            return
        }
        open(index, on: machine)
    }

    /// Lets the daemon's session judge a datagram, and the core hear what it accepts.
    func open(_ index: Int, on machine: Machine) {
        let packet = packets[index]
        freePackets.append(index)
        let local = machine.clock(at: now)
        guard let link = link(from: packet.network, on: machine),
            let verdict = machine.session?.open(packet.bytes, link: link, at: local)
        else { return }
        digest.add(UInt64(verdict.kind.rawValue))
        switch verdict {
        case .accepted(let beat):
            checkAccepted(packet, on: machine)
            turn(machine, .heartbeatReceived(beat, link: LinkIndex(link)))
        case .repeated:
            checkRepeated(packet, on: machine)
            turn(machine, .heartbeatRepeated(link: LinkIndex(link)))
        case .rolledBack:
            violate("S6", "the session says this node was rolled back; it was not", machine)
        case .candidate, .own, .malformed, .unknownKey, .badMAC, .foreign, .stale, .replayed:
            return
        }
    }

    // MARK: - ARP

    /// Asks on the network of `address` who has it.
    func probe(_ address: IPAddress, from machine: Machine) {
        guard let network = scenery.network(of: address) else { return }
        if network == Scenery.serviceNetwork,
            [0, 1].map(Scenery.neighbour(beside:)).contains(address)
        {
            return askNeighbour(address, from: machine, withEcho: false)
        }
        guard let time = arrival(on: network, from: machine.index) else { return }
        let asked = Happening.probeArrived(
            asker: machine.index,
            run: machine.run,
            network: network,
            address: address
        )
        queue.plan(asked, at: time)
    }

    /// Asks a host of the service network, with ARP or with an ICMP echo.
    func askNeighbour(_ address: IPAddress, from machine: Machine, withEcho: Bool) {
        guard scenery.hasHosts,
            let side = [0, 1].first(where: { Scenery.neighbour(beside: $0) == address })
        else { return }
        let line = lines[Scenery.serviceNetwork]
        // A cut runs between the machines; what is pulled is a machine's own cable.
        guard line.pulled[machine.index] == 0, line.carrierCuts == 0,
            side == machine.index || line.cuts == [0, 0],
            travel(over: Scenery.serviceNetwork) != nil,
            let time = travel(over: Scenery.serviceNetwork)
        else { return }
        let back = Happening.neighbourReturned(
            asker: machine.index,
            run: machine.run,
            side: side,
            isEcho: withEcho
        )
        queue.plan(back, at: time)
    }

    func neighbourReturned(asker: Int, run: Int, side: Int, isEcho: Bool) {
        let machine = machines[asker]
        guard machine.power == .on, machine.run == run else { return }
        if isEcho {
            return deliver(.pingAnswered(Scenery.neighbour(beside: side)), to: machine)
        }
        let answer = ProbeAnswer(
            address: Scenery.neighbour(beside: side),
            mac: Scenery.neighbourMAC(beside: side),
            device: networks[Scenery.serviceNetwork].device
        )
        if machine.daemon == .running { machine.knowsNeighbours = true }
        deliver(.probeAnswered(answer), to: machine)
    }

    func probeArrived(asker: Int, run: Int, network: Int, address: IPAddress) {
        let machine = machines[1 - asker]
        guard machine.power == .on else { return }
        let own = Scenery.ownAddress(of: machine.index, on: network)
        guard address == own || machine.hasAddress(address) else { return }
        guard let time = arrival(on: network, from: machine.index) else { return }
        let answer = Happening.probeReturned(
            asker: asker,
            run: run,
            network: network,
            address: address
        )
        queue.plan(answer, at: time)
    }

    func probeReturned(asker: Int, run: Int, network: Int, address: IPAddress) {
        let machine = machines[asker]
        guard machine.power == .on, machine.run == run else { return }
        let answer = ProbeAnswer(
            address: address,
            mac: Scenery.mac(of: 1 - asker, on: network),
            device: networks[network].device
        )
        deliver(.probeAnswered(answer), to: machine)
    }
}
