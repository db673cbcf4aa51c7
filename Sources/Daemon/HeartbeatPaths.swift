// The sockets of the heartbeat links: opened, sent on, read, and opened anew when their device goes
// and comes back. What datagrams say is `Session`'s; what silence means is the core's.

import Failover
import Linux

/// One configured way of a heartbeat.
struct HeartbeatPath: Equatable, Sendable {
    /// The device.
    var device: DeviceName
    /// The UDP port, on both nodes.
    var port: UInt16
    /// To whom.
    var destination: DeviceSocket.Destination

    /// The multicast group of the path, where it is one.
    var group: Linux.IPAddress? {
        if case .multicast(let group, _, _) = destination { return group }
        return nil
    }

    /// Whether its datagrams can leave by a socket.
    func canShare(_ socket: DeviceSocket) -> Bool {
        socket.device == device && socket.port == port && socket.family == destination.family
    }

    /// A socket for it, not yet open, that joins these groups.
    func socket(groups: [Linux.IPAddress]) -> DeviceSocket {
        DeviceSocket(device: device, port: port, family: destination.family, groups: groups)
    }
}

/// All heartbeat sockets of one process.
///
/// Links that share device, port and family share a socket: two would take each other's unicast
/// datagrams.
final class HeartbeatSockets {
    /// What came in on a link.
    struct Arrival {
        var link: LinkIndex
        var bytes: [UInt8]
    }

    /// By link: those of ha.cf, then the places of learnt ones; `nil` for a free place.
    private var paths: [HeartbeatPath?]
    /// `nil` where a learnt path has gone and taken its socket with it.
    private var sockets: [DeviceSocket?]
    /// By link: which socket.
    private var socketOfLink: [Int?]
    /// By link: whether it worked when last tried.
    private(set) var isUp: [Bool]
    /// By link: whether only a failed send speaks against it.
    private var hasFailedSend: [Bool]

    init(_ paths: [HeartbeatPath]) {
        var sockets: [DeviceSocket] = []
        var places: [Int] = []
        for path in paths {
            let known = sockets.firstIndex(where: path.canShare)
            if known == nil {
                let socket = path.socket(groups: [])
                let groups = paths.filter { $0.canShare(socket) }.compactMap(\.group)
                sockets.append(path.socket(groups: groups))
            }
            places.append(known ?? sockets.count - 1)
        }
        let free = LinkIndex.learntMaximum
        self.paths = paths + Array(repeating: nil, count: free)
        self.sockets = sockets
        socketOfLink = places + Array(repeating: nil, count: free)
        isUp = self.paths.map { _ in false }
        hasFailedSend = isUp
    }

    /// Gives a place of learnt paths another path, to one host, or none.
    ///
    /// The socket is opened by `reopenStale`.
    func set(_ link: LinkIndex, _ path: HeartbeatPath?) {
        guard paths.indices.contains(link.value) else { return }
        let old = socketOfLink[link.value]
        paths[link.value] = nil
        socketOfLink[link.value] = nil
        isUp[link.value] = false
        hasFailedSend[link.value] = false
        if let old, !socketOfLink.contains(old) { sockets[old] = nil }
        guard let path else { return }
        paths[link.value] = path
        let known = sockets.firstIndex { $0.map(path.canShare) ?? false }
        let place = known ?? sockets.firstIndex { $0 == nil } ?? sockets.count
        if known == nil {
            let socket = path.socket(groups: [])
            if place < sockets.count { sockets[place] = socket } else { sockets.append(socket) }
        }
        socketOfLink[link.value] = place
    }

    /// How many sockets there are; `numbers` has one place for each.
    var count: Int { sockets.count }

    /// The descriptors, `nil` for a socket that is not open.
    var numbers: [Int32?] { sockets.map { $0?.number } }

    /// Opens what is not open and what belongs to a device that is gone; the sockets with a new
    /// descriptor.
    func reopenStale() -> [Int] {
        var changed: [Int] = []
        for (place, socket) in sockets.enumerated() {
            // A device that is not there is tried again at the next change of devices.
            if (try? socket?.reopenIfStale()) ?? false { changed.append(place) }
        }
        return changed
    }

    /// Marks links up whose device is there, up and has a carrier; the changes.
    func noteDevices(_ links: [NetworkLink]) -> [(link: LinkIndex, isUp: Bool)] {
        paths.indices.compactMap { place in
            guard let path = paths[place], let socket = socketOfLink[place] else { return nil }
            let device = links.first { $0.name == path.device }
            let works = device.map { $0.isUp && $0.hasCarrier } ?? false
            hasFailedSend[place] = false
            return note(place, isUp: works && sockets[socket]?.number != nil)
        }
    }

    /// Sends datagrams on one link; the link's change when it just broke, or works again after a
    /// send that the kernel refused (a filter, say).
    ///
    /// That a device works again is told by `noteDevices`, since a send into a cable without a peer
    /// succeeds too.
    func send(_ datagrams: [[UInt8]], on link: Int) -> (link: LinkIndex, isUp: Bool)? {
        guard let path = paths[link], let place = socketOfLink[link], let socket = sockets[place]
        else { return nil }
        do {
            for datagram in datagrams {
                try socket.send(datagram, to: path.destination)
            }
            guard hasFailedSend[link] else { return nil }
            hasFailedSend[link] = false
            return note(link, isUp: true)
        } catch {
            // A full queue passes by itself; the next beat is another try.
            if error.errno == .wouldBlock || error.errno == .noBufferSpace { return nil }
            if isUp[link] { hasFailedSend[link] = true }
            return note(link, isUp: false)
        }
    }

    /// Reads at most `maximum` datagrams of one socket.
    ///
    /// Refusals (ICMP) say nothing here.
    func receive(socket place: Int, maximum: Int) -> [Arrival] {
        guard let socket = sockets[place] else { return [] }
        var arrivals: [Arrival] = []
        for _ in 0..<maximum {
            do {
                guard let arrival = try socket.receive() else { break }
                guard case .datagram(let datagram) = arrival, !datagram.isTruncated else {
                    continue
                }
                arrivals.append(Arrival(link: link(of: datagram, place), bytes: datagram.bytes))
            } catch {
                // The device went down or away: `noteDevices` tells.
                break
            }
        }
        return arrivals
    }

    /// Which of the links of a socket brought a datagram: the group's or the broadcast when it was for
    /// all, else the one whose peer sent it.
    private func link(of datagram: DeviceSocket.Datagram, _ place: Int) -> LinkIndex {
        let candidates = socketOfLink.indices.filter { socketOfLink[$0] == place }
        let isForAll =
            HeartbeatSockets.isBroadcast(datagram.destination)
            || candidates.contains { place in
                paths[place]?.group.map { $0 == datagram.destination } ?? false
            }
        let exact = candidates.first { candidate in
            switch paths[candidate]?.destination {
            case .unicast(let peer): peer == datagram.source && !isForAll
            case .broadcast: HeartbeatSockets.isBroadcast(datagram.destination)
            case .multicast(let group, _, _): group == datagram.destination
            case nil: false
            }
        }
        // A peer with several addresses may answer from another one than is written.
        let unicast = candidates.first { candidate in
            if case .unicast = paths[candidate]?.destination { return !isForAll }
            return false
        }
        return LinkIndex(exact ?? unicast ?? candidates.first ?? 0)
    }

    /// A directed broadcast cannot be told from an address without its prefix; its last octet is
    /// 255 or the limited broadcast's in all but odd networks, where the first link of the socket
    /// is credited instead.
    private static func isBroadcast(_ address: Linux.IPAddress?) -> Bool {
        guard case .v4(let address) = address else { return false }
        return address.number & 0xff == 0xff && address.number >> 28 != 0xe
    }

    private func note(_ link: Int, isUp works: Bool) -> (link: LinkIndex, isUp: Bool)? {
        guard isUp[link] != works else { return nil }
        isUp[link] = works
        return (LinkIndex(link), works)
    }
}
