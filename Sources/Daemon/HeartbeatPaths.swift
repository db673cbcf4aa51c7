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

    private let paths: [HeartbeatPath]
    private let sockets: [DeviceSocket]
    /// By link: which socket.
    private let socketOfLink: [Int]
    /// By link: whether it worked when last tried.
    private(set) var isUp: [Bool]
    /// By link: whether only a failed send speaks against it.
    private var hasFailedSend: [Bool]

    init(_ paths: [HeartbeatPath]) {
        var sockets: [DeviceSocket] = []
        var places: [Int] = []
        for path in paths {
            let shares = { (device: DeviceName, port: UInt16, family: DeviceSocket.Family) in
                device == path.device && port == path.port && family == path.destination.family
            }
            let known = sockets.firstIndex { shares($0.device, $0.port, $0.family) }
            if known == nil {
                let groups = paths.filter { shares($0.device, $0.port, $0.destination.family) }
                    .compactMap(\.group)
                sockets.append(
                    DeviceSocket(
                        device: path.device,
                        port: path.port,
                        family: path.destination.family,
                        groups: groups
                    )
                )
            }
            places.append(known ?? sockets.count - 1)
        }
        self.paths = paths
        self.sockets = sockets
        socketOfLink = places
        isUp = paths.map { _ in false }
        hasFailedSend = isUp
    }

    /// How many sockets there are; `numbers` has one place for each.
    var count: Int { sockets.count }

    /// The descriptors, `nil` for a socket that is not open.
    var numbers: [Int32?] { sockets.map(\.number) }

    /// Opens what is not open and what belongs to a device that is gone; the sockets with a new
    /// descriptor.
    func reopenStale() -> [Int] {
        var changed: [Int] = []
        for (place, socket) in sockets.enumerated() {
            // A device that is not there is tried again at the next change of devices.
            if (try? socket.reopenIfStale()) ?? false { changed.append(place) }
        }
        return changed
    }

    /// Marks links up whose device is there, up and has a carrier; the changes.
    func noteDevices(_ links: [NetworkLink]) -> [(link: LinkIndex, isUp: Bool)] {
        paths.indices.compactMap { place in
            let device = links.first { $0.name == paths[place].device }
            let works = device.map { $0.isUp && $0.hasCarrier } ?? false
            hasFailedSend[place] = false
            return note(place, isUp: works && sockets[socketOfLink[place]].number != nil)
        }
    }

    /// Sends datagrams on one link; the link's change when it just broke, or works again after a
    /// send that the kernel refused (a filter, say).
    ///
    /// That a device works again is told by `noteDevices`, since a send into a cable without a peer
    /// succeeds too.
    func send(_ datagrams: [[UInt8]], on link: Int) -> (link: LinkIndex, isUp: Bool)? {
        let socket = sockets[socketOfLink[link]]
        do {
            for datagram in datagrams {
                try socket.send(datagram, to: paths[link].destination)
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
        let socket = sockets[place]
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
                paths[place].group.map { $0 == datagram.destination } ?? false
            }
        let exact = candidates.first { candidate in
            switch paths[candidate].destination {
            case .unicast(let peer): peer == datagram.source && !isForAll
            case .broadcast: HeartbeatSockets.isBroadcast(datagram.destination)
            case .multicast(let group, _, _): group == datagram.destination
            }
        }
        // A peer with several addresses may answer from another one than is written.
        let unicast = candidates.first { candidate in
            if case .unicast = paths[candidate].destination { return !isForAll }
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
