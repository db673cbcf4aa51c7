// ARP and neighbour discovery as the daemon uses them: announcing a group's addresses in rounds,
// asking who has an address, hearing the answers. When to ask and what an answer means is the core's.

import Failover
import Linux

/// The packet sockets of the loop, opened when first needed and dropped with their device.
final class PacketSockets {
    private struct Key: Hashable {
        var index: Int32
        var subject: PacketSocket.Subject
    }

    /// One address that is being announced.
    private struct Announcement {
        var address: Linux.IPAddress
        var index: Int32
        var roundsLeft: Int
        var next: Int64
    }

    /// As IPaddr2: five rounds, 200 ms apart.
    static let announcementRounds = 5
    static let announcementInterval: Int64 = 200_000_000
    /// The longest that one turn announces: a thousand addresses take some milliseconds.
    static let slice: Int64 = 5_000_000
    /// From one try to the next where the queue of a device is full.
    static let fullPause: Int64 = 5_000_000
    /// The longest that a round waits for room in a queue; then it counts as sent.
    static let fullMaximum: Int64 = 5_000_000_000
    /// How long after a question its answer counts.
    static let answerWindow: Int64 = 5_000_000_000

    private let poller: Poller
    private let firstToken: UInt64
    private var sockets: [Key: PacketSocket] = [:]
    private var keys: [UInt64: Key] = [:]
    private var announcements: [Announcement] = []
    /// When a device whose queue was full is tried again.
    private var pauses: [Int32: Int64] = [:]
    /// When a host that was not asked was last told of.
    private var lastStranger = Int64.min / 2
    /// Hosts that were not asked are told of no quicker: a storm of ARP is none of the core's business.
    static let strangerInterval: Int64 = 100_000_000
    /// When each address was last asked for.
    private var asked: [Linux.IPAddress: Int64] = [:]

    /// Uses tokens from `firstToken` on, two for each device by its number.
    init(poller: Poller, firstToken: UInt64) {
        self.poller = poller
        self.firstToken = firstToken
    }

    func owns(_ token: UInt64) -> Bool { keys[token] != nil }

    // MARK: announcing

    /// Begins to announce addresses on their devices, or begins again; the first round goes out now.
    func announce(_ entries: [InterfaceAddress], at now: Int64, _ view: NetworkView) {
        withdraw(Set(entries.map(\.address)))
        announcements += entries.map { entry in
            Announcement(
                address: entry.address,
                index: entry.index,
                roundsLeft: PacketSockets.announcementRounds,
                next: now
            )
        }
        sendDue(at: now, view)
    }

    /// Stops announcing addresses that are no longer here.
    func withdraw(_ addresses: Set<Linux.IPAddress>) {
        announcements.removeAll { addresses.contains($0.address) }
    }

    /// When the next round is due.
    var nextDeadline: Int64? {
        announcements.map { max($0.next, pauses[$0.index] ?? $0.next) }.min()
    }

    /// Sends the rounds that are due; what a slice of time or the queue of a device does not take is due soon after.
    func sendDue(at now: Int64, _ view: NetworkView) {
        let end = BootClock.now + PacketSockets.slice
        pauses = pauses.filter { $0.value > now }
        for place in announcements.indices where announcements[place].next <= now {
            guard BootClock.now < end else { break }
            let announcement = announcements[place]
            guard pauses[announcement.index] == nil else { continue }
            if let link = view.link(announcement.index), let hardware = link.hardwareAddress {
                let frames = AddressAnnouncement.frames(of: announcement.address, at: hardware)
                let isTaken = frames.allSatisfy { send($0, announcement.address, on: link) }
                guard isTaken || now - announcement.next > PacketSockets.fullMaximum else {
                    pauses[announcement.index] = now + PacketSockets.fullPause
                    continue
                }
            }
            announcements[place].roundsLeft -= 1
            announcements[place].next = announcement.next + PacketSockets.announcementInterval
        }
        announcements.removeAll { $0.roundsLeft <= 0 }
    }

    // MARK: asking

    /// Asks once who has an address, on each device whose network contains it.
    func ask(_ address: Linux.IPAddress, at now: Int64, _ view: NetworkView) {
        // The core asks for a fixed set of addresses; old entries go so that a peer's changing
        // addresses do not pile up.
        asked = asked.filter { now - $0.value < PacketSockets.answerWindow }
        for link in view.devices(containing: address) {
            ask(address, on: link, from: source(on: link, view), at: now)
        }
    }

    /// Asks once who has an address, on one device; false where its queue is full.
    @discardableResult
    func ask(
        _ address: Linux.IPAddress,
        on link: NetworkLink,
        from source: IPv6Address,
        at now: Int64
    ) -> Bool {
        asked[address] = now
        guard let hardware = link.hardwareAddress else { return true }
        let frame = AddressProbe.frame(for: address, from: hardware, source: source)
        return send(frame, address, on: link)
    }

    /// What was heard on a socket that is ready: answers to what was asked, and who else is there, of those few.
    func heard(_ token: UInt64, at now: Int64) -> (answers: [ProbeAnswer], others: [ProbeAnswer]) {
        guard let key = keys[token], let socket = sockets[key] else { return ([], []) }
        var answers: [ProbeAnswer] = []
        var others: [ProbeAnswer] = []
        do {
            // Bounded, so that a storm of ARP does not hold the loop; the rest comes next turn.
            for _ in 0..<64 {
                guard let heard = try PacketSockets.next(socket) else { break }
                guard let address = Failover.IPAddress(bytes: heard.address.bytes) else { continue }
                let answer = ProbeAnswer(
                    address: address,
                    mac: Failover.MACAddress(heard.hardware.number),
                    device: socket.link.name.rawValue
                )
                if let time = asked[heard.address], now - time < PacketSockets.answerWindow {
                    answers.append(answer)
                } else if now - lastStranger >= PacketSockets.strangerInterval, address.low != 0 {
                    lastStranger = now
                    others.append(answer)
                }
            }
        } catch {
            // The device went down or away; a new one gets a new socket.
            drop(key)
        }
        return (answers, others)
    }

    /// Drops the sockets of devices that are gone or down.
    func noteDevices(_ view: NetworkView) {
        for key in sockets.keys where !(view.link(key.index)?.isUp ?? false) { drop(key) }
        announcements.removeAll { view.link($0.index) == nil }
    }

    // MARK: details

    /// Who says that an address is theirs.
    private static func next(
        _ socket: PacketSocket
    ) throws(SystemError) -> (address: Linux.IPAddress, hardware: Linux.MACAddress)? {
        switch socket.subject {
        case .arp:
            guard let message = try socket.nextARP() else { return nil }
            return (.v4(message.sender), message.senderHardware)
        case .neighbourDiscovery:
            guard let message = try socket.nextNeighbour() else { return nil }
            switch message.kind {
            case .solicitation: return (.v6(message.source), message.sourceHardware)
            case .advertisement:
                return (.v6(message.target), message.hardware ?? message.sourceHardware)
            }
        }
    }

    /// A link-local address to ask from, so that the answer comes to this host alone.
    func source(on link: NetworkLink, _ view: NetworkView) -> IPv6Address {
        for entry in view.addresses where entry.index == link.index && !entry.isTentative {
            if case .v6(let address) = entry.address, address.isLinkLocal { return address }
        }
        return .unspecified
    }

    /// Sends a frame; false where the device's queue has no room for it now.
    private func send(_ frame: [UInt8], _ address: Linux.IPAddress, on link: NetworkLink) -> Bool {
        do {
            try socket(for: address, on: link).send(frame)
        } catch {
            if error.errno == .wouldBlock || error.errno == .noBufferSpace { return false }
            // A device that cannot send now is probed or told again in the next round.
            drop(key(for: address, on: link))
        }
        return true
    }

    private func key(for address: Linux.IPAddress, on link: NetworkLink) -> Key {
        switch address {
        case .v4: Key(index: link.index, subject: .arp)
        case .v6: Key(index: link.index, subject: .neighbourDiscovery)
        }
    }

    private func socket(
        for address: Linux.IPAddress,
        on link: NetworkLink
    ) throws(SystemError) -> PacketSocket {
        let key = key(for: address, on: link)
        if let socket = sockets[key] { return socket }
        let socket = try PacketSocket(key.subject, on: link)
        let token = token(key)
        try poller.add(socket.number, token: token)
        sockets[key] = socket
        keys[token] = key
        return socket
    }

    private func token(_ key: Key) -> UInt64 {
        firstToken + UInt64(UInt32(bitPattern: key.index)) * 2 + (key.subject == .arp ? 0 : 1)
    }

    private func drop(_ key: Key) {
        guard let socket = sockets[key] else { return }
        ignoring { () throws(SystemError) in try poller.remove(socket.number) }
        sockets[key] = nil
        keys[token(key)] = nil
    }
}
