// What carries beats besides IPv4 broadcast: unicast and multicast of both families, between two
// namespaces. All of it takes root.

import Glibc
import Testing

@testable import Linux

/// One way of a datagram between the two sides of the laboratory.
struct Medium: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What this side sends to, and the other.
    let here: DeviceSocket.Destination
    let there: DeviceSocket.Destination

    var groups: [IPAddress] {
        if case .multicast(let group, _, _) = here { return [group] }
        return []
    }

    private static func unicast(_ name: String, _ here: String, _ there: String) -> Medium? {
        guard let here = IPAddress(here), let there = IPAddress(there) else { return nil }
        return Medium(testDescription: name, here: .unicast(there), there: .unicast(here))
    }

    private static func multicast(_ name: String, _ group: String) -> Medium? {
        guard let group = IPAddress(group) else { return nil }
        let all = DeviceSocket.Destination.multicast(group, hops: 1, loops: false)
        return Medium(testDescription: name, here: all, there: all)
    }

    static let groups = [
        multicast("IPv4 multicast", "239.192.9.1"), multicast("IPv6 multicast", "ff12::9:1"),
    ].compactMap { $0 }

    static let all =
        [
            Medium(testDescription: "broadcast", here: .broadcast, there: .broadcast),
            unicast("IPv4 unicast", "10.99.0.1", "10.99.0.2"),
            unicast("IPv6 unicast", "2001:db8:99::1", "2001:db8:99::2"),
            unicast("link-local unicast", "fe80::99:1", "fe80::99:2"),
        ].compactMap { $0 } + groups
}

@Suite(.enabled(if: ThisProcess.isRoot, "needs root")) struct MediaTests {
    /// A socket on each side; link-local addresses of known numbers are there too.
    private func withSockets(
        _ medium: Medium,
        _ body: @escaping @Sendable (Laboratory, DeviceSocket, DeviceSocket) throws -> Void
    ) throws {
        try Laboratory.run { laboratory in
            try ip("address add fe80::99:1/64 dev here0 nodad")
            let here = try opened("here0", medium)
            let there = try laboratory.onOtherSide {
                try ip("address add fe80::99:2/64 dev there0 nodad")
                return try opened("there0", medium)
            }
            try body(laboratory, here, there)
        }
    }

    @Test("A datagram arrives, and is known by whom it was for", arguments: Medium.all)
    func arrives(_ medium: Medium) throws {
        #expect(Medium.all.count == 6)
        try withSockets(medium) { _, here, there in
            let first = try heard(from: here, medium.here, at: there)
            #expect(first.sourcePort == 694)
            switch medium.here {
            case .broadcast: #expect(first.destination == .v4(IPv4Address(10, 99, 0, 255)))
            case .unicast(let address): #expect(first.destination == address)
            case .multicast(let group, _, _): #expect(first.destination == group)
            }
            // By what the other answers, its peer is known.
            if case .unicast(let own) = medium.there { #expect(first.source == own) }
            _ = try heard(from: there, medium.there, at: here)
        }
    }

    @Test("A device that goes and comes back carries again", arguments: Medium.all)
    func comesBack(_ medium: Medium) throws {
        try withSockets(medium) { laboratory, here, there in
            _ = try heard(from: here, medium.here, at: there)
            try ip("link del here0")
            #expect(throws: SystemError.self) { try here.send([1], to: medium.here) }
            try ip("link add here0 type veth peer name there0 netns \(laboratory.there.path)")
            for address in ["10.99.0.1/24", "2001:db8:99::1/64 nodad", "fe80::99:1/64 nodad"] {
                try ip("address add \(address) dev here0")
            }
            try ip("link set here0 up")
            #expect(try here.reopenIfStale())
            try laboratory.onOtherSide {
                for address in ["10.99.0.2/24", "2001:db8:99::2/64 nodad", "fe80::99:2/64 nodad"] {
                    try ip("address add \(address) dev there0")
                }
                try ip("link set there0 up")
                #expect(try there.reopenIfStale())
            }
            _ = try heard(from: here, medium.here, at: there)
            _ = try heard(from: there, medium.there, at: here)
        }
    }

    @Test("A device that is down and up again carries without reopening", arguments: Medium.groups)
    func upAgain(_ medium: Medium) throws {
        try withSockets(medium) { _, here, there in
            _ = try heard(from: there, medium.there, at: here)
            try ip("link set here0 down")
            try ip("link set here0 up")
            #expect(try !here.reopenIfStale())
            _ = try heard(from: there, medium.there, at: here)
        }
    }

    @Test("A socket hears only the groups it has joined itself", arguments: Medium.groups)
    func ownGroups(_ medium: Medium) throws {
        try withSockets(medium) { laboratory, here, there in
            let otherGroup = try #require(
                IPAddress(here.family == .v4 ? "239.192.9.2" : "ff12::9:2")
            )
            // Another program on the other side has joined the other group.
            let program = try laboratory.onOtherSide {
                let socket = DeviceSocket(
                    device: there.device,
                    port: 694,
                    family: there.family,
                    groups: [otherGroup]
                )
                try socket.reopen()
                return socket
            }
            _ = try heard(from: here, medium.here, at: there)
            let other = DeviceSocket.Destination.multicast(otherGroup, hops: 1, loops: false)
            #expect(try heard(from: here, other, at: program).destination == otherGroup)
            try drain(there)
            // What is sent later arrives later: only the last of both is for this socket.
            try here.send([7], to: other)
            try here.send([8], to: medium.here)
            #expect(try next(there).bytes == [8])
        }
    }

    @Test("Hops and loop are those of each datagram", arguments: Medium.groups)
    func hopsAndLoop(_ medium: Medium) throws {
        try withSockets(medium) { _, here, there in
            let group = try #require(medium.groups.first)
            _ = try heard(from: here, medium.here, at: there)
            try drain(there)
            #expect(try here.receive() == nil, "without loop the sender hears nothing")
            try here.send([5], to: .multicast(group, hops: 3, loops: true))
            #expect(try next(here).bytes == [5])
            #expect(try next(there).bytes == [5])
            let number = try #require(here.number)
            let isV4 = here.family == .v4
            #expect(
                try option(
                    number,
                    isV4 ? Int32(IPPROTO_IP) : Int32(IPPROTO_IPV6),
                    isV4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS
                ) == 3
            )
            // No hop: it stays in this host.
            try here.send([6], to: .multicast(group, hops: 0, loops: true))
            try here.send([7], to: medium.here)
            #expect(try next(here).bytes == [6])
            #expect(try next(there).bytes == [7])
            #expect(try here.receive() == nil)
        }
    }

    @Test("A closed port of an IPv6 host is a refusal, and the next datagram leaves")
    func refusal() throws {
        let medium = try #require(Medium.all.first { $0.testDescription == "IPv6 unicast" })
        let host = try #require(IPAddress("2001:db8:99::2"))
        try Laboratory.run { laboratory in
            let here = try opened("here0", medium)
            let number = try #require(here.number)
            // The device is not ready at once, and a host refuses only so often in a second.
            let sendUntilRefused = {
                for _ in 0..<patienceMilliseconds / 50 {
                    _ = try? here.send([1], to: .unicast(host))
                    if try waitUntilReadable(number, milliseconds: 50) { return }
                }
                throw Impatience()
            }
            try sendUntilRefused()
            var arrival = try here.receive()
            let refusal = DeviceSocket.Refusal(
                destination: host,
                offender: host,
                errno: .connectionRefused
            )
            try #require(arrival != nil)
            // What waited for the device came back together.
            while let next = arrival {
                #expect(next == .refused(refusal))
                arrival = try here.receive()
            }
            try sendUntilRefused()
            let there = try laboratory.onOtherSide { try opened("there0", medium) }
            // The refusal that nobody read does not stop this one.
            try here.send([3], to: .unicast(host))
            #expect(try next(there).bytes == [3])
        }
    }

    @Test("Both families share a port, and an address of the other one is an error")
    func families() throws {
        let media = Medium.all.filter { $0.testDescription.hasSuffix("v4 unicast") }
        let medium = try #require(media.first)
        let wide = try #require(Medium.all.first { $0.testDescription == "IPv6 unicast" })
        try withSockets(medium) { laboratory, here, there in
            let hereWide = try opened("here0", wide)
            let thereWide = try laboratory.onOtherSide { try opened("there0", wide) }
            _ = try heard(from: here, medium.here, at: there)
            _ = try heard(from: hereWide, wide.here, at: thereWide)
            try drain(there)
            #expect(try there.receive() == nil)
            for (socket, destination) in [
                (here, wide.here), (hereWide, medium.here), (hereWide, .broadcast),
            ] {
                expect(Errno(rawValue: EAFNOSUPPORT)) { () throws(SystemError) in
                    try socket.send([1], to: destination)
                }
            }
            let mixed = DeviceSocket(
                device: here.device,
                port: 695,
                family: .v4,
                groups: [try #require(IPAddress("ff12::9:1"))]
            )
            expect(Errno(rawValue: EAFNOSUPPORT)) { () throws(SystemError) in
                try mixed.reopen()
            }
        }
    }

    // MARK: Steps

    private func opened(_ name: String, _ medium: Medium) throws -> DeviceSocket {
        let socket = DeviceSocket(
            device: try #require(DeviceName(rawValue: name)),
            port: 694,
            family: medium.here.family,
            groups: medium.groups
        )
        try socket.reopen()
        return socket
    }

    /// Sends until it is heard, as beats are: a device that has just come up loses what comes first,
    /// and its IPv6 addresses are not usable at once.
    private func heard(
        from sender: DeviceSocket,
        _ destination: DeviceSocket.Destination,
        at receiver: DeviceSocket
    ) throws -> DeviceSocket.Datagram {
        let word = Array("\(try Machine.randomWord())".utf8)
        let number = try #require(receiver.number)
        for _ in 0..<patienceMilliseconds / 50 {
            do {
                try sender.send(word, to: destination)
            } catch {
                try #require(
                    [.networkUnreachable, .addressNotAvailable, .hostUnreachable]
                        .contains(error.errno),
                    "\(error)"
                )
            }
            while try waitUntilReadable(number, milliseconds: 50) {
                guard case .datagram(let datagram) = try receiver.receive() else { continue }
                if datagram.bytes == word { return datagram }
            }
        }
        throw Impatience()
    }

    private func drain(_ socket: DeviceSocket) throws {
        while try socket.receive() != nil {}
    }

    private func next(_ socket: DeviceSocket) throws -> DeviceSocket.Datagram {
        while true {
            try #require(try waitUntilReadable(#require(socket.number)))
            if case .datagram(let datagram) = try socket.receive() { return datagram }
        }
    }

    /// A numeric option of a socket.
    private func option(_ number: Int32, _ level: Int32, _ option: Int32) throws -> Int32 {
        var value: Int32 = -1
        var size = socklen_t(MemoryLayout<Int32>.size)
        // Sound: the length is the value's.
        try #require(unsafe getsockopt(number, level, option, &value, &size) == 0)
        return value
    }
}
