// The real kernel in network namespaces of a thread's own: a veth pair between two of them. Both
// vanish with the thread. All of it takes root.

import Testing

@testable import Linux

/// Two namespaces with a veth pair: `here0` with 10.99.0.1/24 and 2001:db8:99::1/64 where the
/// body runs, `there0` with .2 and ::2 in the other one.
struct Laboratory {
    let here: NetworkNamespace
    let there: NetworkNamespace

    static func run(_ body: @escaping @Sendable (Laboratory) throws -> Void) throws {
        try onOwnThread {
            let there = try NetworkNamespace.enterNew()
            try ip("link set lo up")
            let here = try NetworkNamespace.enterNew()
            try ip("link set lo up")
            try ip("link add here0 type veth peer name there0 netns \(there.path)")
            try ip("address add 10.99.0.1/24 broadcast 10.99.0.255 dev here0")
            try ip("address add 2001:db8:99::1/64 dev here0 nodad")
            try ip("link set here0 up")
            try there.enter()
            try ip("address add 10.99.0.2/24 broadcast 10.99.0.255 dev there0")
            try ip("address add 2001:db8:99::2/64 dev there0 nodad")
            try ip("link set there0 up")
            try here.enter()
            try body(Laboratory(here: here, there: there))
        }
    }

    /// Runs the body in the other namespace.
    func onOtherSide<Answer>(_ body: () throws -> Answer) throws -> Answer {
        try there.enter()
        let answer = Result { try body() }
        try here.enter()
        return try answer.get()
    }
}

/// A device by its name, which must exist here.
func link(_ name: String) throws -> NetworkLink {
    let device = try #require(DeviceName(rawValue: name))
    return try #require(try Interfaces().link(device))
}

@Suite struct InterfaceTests {
    @Test func loopbackDeviceIsListed() throws {
        let links = try Interfaces().links()
        let loopback = try #require(links.first { $0.isLoopback })
        #expect(loopback.index == 1)
        #expect(loopback.name.rawValue == "lo")
        #expect(try Interfaces().link(loopback.name) == loopback)
        #expect(try Interfaces().link(#require(DeviceName(rawValue: "none-such0"))) == nil)
    }

    @Test(.needsRoot) func addressesAreAddedListedAndDeleted() throws {
        try Laboratory.run { _ in
            let interfaces = try Interfaces()
            let device = try link("here0")
            #expect(device.isUp && device.hasCarrier && device.mtu == 1500)
            let v4 = InterfaceAddress(
                index: device.index,
                address: .v4(IPv4Address(10, 99, 0, 50)),
                prefixLength: 24,
                label: "here0:0",
                broadcast: IPv4Address(10, 99, 0, 255)
            )
            var listed = v4
            listed.isSecondary = true
            try interfaces.add(v4)
            let found = try interfaces.addresses().filter { $0.address == v4.address }
            let first = try interfaces.addresses().first { $0.address == .v4(.init(10, 99, 0, 1)) }
            listed.created = try #require(found.first).created
            #expect(found == [listed])
            #expect(try listed.created >= #require(first).created)
            #expect(listed.created > 0)
            #expect(
                throws: SystemError(
                    call: "RTM_NEWADDR",
                    errno: .alreadyExists,
                    object: "10.99.0.50/24"
                )
            ) { try interfaces.add(v4) }
            try interfaces.delete(v4)
            expect(.addressNotAvailable) { () throws(SystemError) in try interfaces.delete(v4) }
            #expect(try interfaces.broadcast(index: device.index) == IPv4Address(10, 99, 0, 255))
            #expect(try interfaces.broadcast(index: 1) == nil)

            let v6 = InterfaceAddress(
                index: device.index,
                address: .v6(try #require(IPv6Address("2001:db8:99::50"))),
                prefixLength: 64
            )
            try interfaces.add(v6)
            let found6 = try interfaces.addresses().first { $0.address == v6.address }
            #expect(found6?.isTentative == false, "usable at once")
            try interfaces.delete(v6)
        }
    }

    @Test(.needsRoot) func manyChangesAreMadeInOneGo() throws {
        try Laboratory.run { _ in
            let interfaces = try Interfaces()
            let index = try link("here0").index
            let addresses = (0..<100).map {
                InterfaceAddress(
                    index: index,
                    address: .v4(IPv4Address(10, 98, 0, UInt8($0))),
                    prefixLength: 32
                )
            }
            var changes = addresses.map { AddressChange.add($0) }
            changes.insert(.add(addresses[0]), at: 50)
            let results = interfaces.apply(changes)
            #expect(results.count == 101)
            #expect(results.indices.filter { results[$0] != nil } == [50])
            #expect(results[50]?.errno == .alreadyExists)
            #expect(interfaces.apply(addresses.map { .delete($0) }).allSatisfy { $0 == nil })
            #expect(interfaces.apply([]).isEmpty)
        }
    }

    @Test(.needsRoot) func routesLeadToTheirDevice() throws {
        try Laboratory.run { _ in
            let interfaces = try Interfaces()
            let index = try link("here0").index
            let near = IPAddress.v4(IPv4Address(10, 99, 0, 77))
            #expect(
                try interfaces.route(to: near)
                    == RouteMatch(index: index, prefixLength: 24, gateway: nil, isLocal: false)
            )
            let own = try interfaces.route(to: .v4(IPv4Address(10, 99, 0, 1)))
            #expect(own?.isLocal == true)
            let far = IPAddress.v4(IPv4Address(192, 0, 2, 1))
            #expect(try interfaces.route(to: far) == nil)
            try ip("route add default via 10.99.0.2")
            #expect(
                try interfaces.route(to: far)
                    == RouteMatch(
                        index: index,
                        prefixLength: 0,
                        gateway: .v4(IPv4Address(10, 99, 0, 2)),
                        isLocal: false
                    )
            )
            let v6 = try #require(IPAddress("2001:db8:99::77"))
            #expect(
                try interfaces.route(to: v6)
                    == RouteMatch(index: index, prefixLength: 64, gateway: nil, isLocal: false)
            )
            let v6Far = try #require(IPAddress("2001:db8:1::1"))
            #expect(try interfaces.route(to: v6Far) == nil)
        }
    }

    @Test(.needsRoot) func changesAreTold() throws {
        try Laboratory.run { laboratory in
            let monitor = try InterfaceMonitor()
            let interfaces = try Interfaces()
            let device = try link("here0")
            let address = InterfaceAddress(
                index: device.index,
                address: .v4(IPv4Address(10, 97, 0, 1)),
                prefixLength: 24,
                label: "here0"
            )
            try interfaces.add(address)
            // A fresh namespace may tell of carriers and IPv6 addresses in between.
            var told: [InterfaceEvent] = []
            while told.count < 2 {
                if told.count == 1 { try interfaces.delete(address) }
                try #require(try waitUntilReadable(monitor.number))
                for event in try monitor.next() ?? [] {
                    // When it came is the kernel's to say.
                    switch event {
                    case .addressAdded(var found) where found.address == address.address:
                        found.created = 0
                        told.append(.addressAdded(found))
                    case .addressRemoved(var found) where found.address == address.address:
                        found.created = 0
                        told.append(.addressRemoved(found))
                    default: break
                    }
                }
            }
            #expect(told == [.addressAdded(address), .addressRemoved(address)])
            // The other end goes down: this end loses its carrier and stays up.
            try laboratory.onOtherSide { try ip("link set there0 down") }
            var last: NetworkLink?
            while last?.hasCarrier != false {
                try #require(try waitUntilReadable(monitor.number))
                for event in try monitor.next() ?? [] {
                    if case .linkChanged(let link) = event { last = link }
                }
            }
            #expect(last?.isUp == true)
            try interfaces.setUp(device, false)
            #expect(try !link("here0").isUp)
            try interfaces.setUp(device)
            #expect(try link("here0").isUp)
            expect(.noSuchDevice) { () throws(SystemError) in
                try interfaces.setUp(
                    NetworkLink(
                        index: 9999,
                        name: device.name,
                        isUp: false,
                        hasCarrier: false,
                        isLoopback: false,
                        hardwareAddress: nil,
                        mtu: 0
                    )
                )
            }
        }
    }
}

@Suite struct DeviceSocketTests {
    @Test(.needsRoot) func broadcastAndUnicastReachTheOtherSide() throws {
        try Laboratory.run { laboratory in
            let here = try opened("here0")
            let there = try laboratory.onOtherSide { try opened("there0") }
            try here.send([1], to: .broadcast)
            let first = try next(there)
            #expect(first.bytes == [1])
            #expect(first.source == .v4(IPv4Address(10, 99, 0, 1)))
            #expect(first.destination == .v4(IPv4Address(10, 99, 0, 255)))
            #expect(try next(here).bytes == [1], "own broadcast comes back")
            try there.send([2], to: .unicast(.v4(IPv4Address(10, 99, 0, 1))))
            #expect(try next(here).bytes == [2])
        }
    }

    @Test(.needsRoot) func broadcastNeedsNoAddressOfTheDevice() throws {
        try Laboratory.run { laboratory in
            try ip("address flush dev here0")
            try laboratory.onOtherSide { try ip("address flush dev there0") }
            let here = try opened("here0")
            let there = try laboratory.onOtherSide { try opened("there0") }
            try here.send([1], to: .broadcast)
            #expect(try next(there).destination == .v4(.limitedBroadcast))
        }
    }

    @Test(.needsRoot) func closedPortOfAnotherHostIsARefusal() throws {
        try Laboratory.run { _ in
            let here = try opened("here0")
            let number = try #require(here.number)
            let host = IPAddress.v4(IPv4Address(10, 99, 0, 2))
            try here.send([1], to: .unicast(host))
            try #require(try waitUntilReadable(number))
            let refusal = DeviceSocket.Refusal(
                destination: host,
                offender: host,
                errno: .connectionRefused
            )
            #expect(try here.receive() == .refused(refusal))
            #expect(try here.receive() == nil)
            // A refusal that nobody read does not stop the next datagram.
            try here.send([2], to: .unicast(host))
            try #require(try waitUntilReadable(number))
            try here.send([3], to: .broadcast)
            var bytes: [UInt8] = []
            while bytes.isEmpty {
                try #require(try waitUntilReadable(number))
                if case .datagram(let datagram) = try here.receive() { bytes = datagram.bytes }
            }
            #expect(bytes == [3])
        }
    }

    @Test(.needsRoot) func vanishedDeviceIsAnErrorAndComesBack() throws {
        try Laboratory.run { laboratory in
            let here = try opened("here0")
            #expect(try !here.reopenIfStale())
            try ip("link del here0")
            #expect(throws: SystemError.self) { try here.send([1], to: .broadcast) }
            expect(.noSuchDevice) { () throws(SystemError) in try here.reopenIfStale() }
            try ip("link add here0 type veth peer name there0 netns \(laboratory.there.path)")
            try ip("link set here0 up")
            let there = try laboratory.onOtherSide {
                try ip("link set there0 up")
                return try opened("there0")
            }
            #expect(try here.reopenIfStale())
            try here.send([4], to: .broadcast)
            #expect(try next(there).bytes == [4])
        }
    }

    private func opened(_ name: String) throws -> DeviceSocket {
        let socket = DeviceSocket(device: try #require(DeviceName(rawValue: name)), port: 694)
        try socket.reopen()
        return socket
    }

    private func next(_ socket: DeviceSocket) throws -> DeviceSocket.Datagram {
        while true {
            try #require(try waitUntilReadable(#require(socket.number)))
            if case .datagram(let datagram) = try socket.receive() { return datagram }
        }
    }
}

@Suite struct PacketTests {
    @Test(.needsRoot) func arpProbeIsAnsweredByTheOwnerOnly() throws {
        try Laboratory.run { laboratory in
            let socket = try PacketSocket(.arp, on: link("here0"))
            let other = try laboratory.onOtherSide { try link("there0") }
            let host = IPv4Address(10, 99, 0, 2)
            let frame = AddressProbe.frame(for: .v4(host), from: socket.hardwareAddress)
            let answer = try answer(to: frame, on: socket) { () throws(SystemError) in
                try socket.nextARP().flatMap { $0.operation == .reply ? $0 : nil }
            }
            #expect(answer?.sender == host)
            #expect(answer?.senderHardware == other.hardwareAddress)
            #expect(answer?.destination == socket.hardwareAddress)
            #expect(answer?.target == .unspecified)
        }
    }

    /// Sends a probe every 50 ms, as a prober does, until it is answered: the other side's kernel
    /// takes a moment after its device came up.
    private func answer<Frame>(
        to frame: [UInt8],
        on socket: PacketSocket,
        next: () throws(SystemError) -> Frame?
    ) throws -> Frame? {
        for _ in 0..<patienceMilliseconds / 50 {
            try socket.send(frame)
            while try waitUntilReadable(socket.number, milliseconds: 50) {
                if let answer = try next() { return answer }
            }
        }
        return nil
    }

    /// How often a socket says that there is nothing, although something waits, before it gives what was meant.
    private func pauses<Wanted>(_ next: () throws -> Wanted?) throws -> Int {
        for count in 0..<100 where try next() != nil { return count }
        return 100
    }

    @Test(.needsRoot) func framesThatAreNoneDoNotHoldWhoeverReads() throws {
        try Laboratory.run { laboratory in
            let socket = try PacketSocket(.arp, on: link("here0"))
            let ear = try laboratory.onOtherSide { try PacketSocket(.arp, on: link("there0")) }
            let frame = ARPFrame.probe(
                for: IPv4Address(10, 99, 0, 77),
                from: socket.hardwareAddress
            )
            var broken = frame.bytes
            broken[21] = 9
            for _ in 0..<3 * PacketSocket.skippedMaximum { try socket.send(broken) }
            try socket.send(frame.bytes)
            try #require(try waitUntilReadable(ear.number))
            #expect(try pauses { try ear.nextARP() == frame ? frame : nil } >= 3)
        }
    }

    @Test(.needsRoot) func echoesOfOthersDoNotHoldWhoeverReads() throws {
        try Laboratory.run { _ in
            let host = IPAddress.v4(IPv4Address(127, 0, 0, 1))
            let other = try EchoSocket(isIPv6: false)
            let own = try EchoSocket(isIPv6: false)
            for sequence in 0..<UInt16(3 * EchoSocket.skippedMaximum) {
                try other.ask(host, sequence: sequence)
            }
            try own.ask(host, sequence: 77)
            try #require(try waitUntilReadable(own.number))
            #expect(
                try pauses { try own.next() == .init(source: host, sequence: 77) ? () : nil } >= 3
            )
        }
    }

    @Test(.needsRoot) func announcementMovesTheOtherSidesCache() throws {
        try Laboratory.run { laboratory in
            let socket = try PacketSocket(.arp, on: link("here0"))
            let ear = try laboratory.onOtherSide {
                // Somebody else had the address, says the cache.
                try ip("neighbour add 10.99.0.50 lladdr 02:00:00:00:00:99 dev there0 nud stale")
                return try PacketSocket(.arp, on: link("there0"))
            }
            let address = IPv4Address(10, 99, 0, 50)
            let frames = AddressAnnouncement.frames(
                of: .v4(address),
                at: socket.hardwareAddress
            )
            for frame in frames { try socket.send(frame) }
            var heard: [ARPFrame] = []
            while heard.count < 2 {
                try #require(try waitUntilReadable(ear.number))
                if let frame = try ear.nextARP(), frame.sender == address { heard.append(frame) }
            }
            #expect(heard.map(\.operation) == [.request, .reply])
            #expect(heard.allSatisfy { $0.senderHardware == socket.hardwareAddress })
            let text = try laboratory.onOtherSide {
                try run("/bin/sh", ["-c", "ip neighbour show 10.99.0.50"]).text
            }
            #expect(text.contains(socket.hardwareAddress.description))
        }
    }

    @Test(.needsRoot, arguments: [false, true])
    func neighbourProbeIsAnswered(_ fromLinkLocal: Bool) throws {
        try Laboratory.run { laboratory in
            let device = try link("here0")
            let socket = try PacketSocket(.neighbourDiscovery, on: device)
            let other = try laboratory.onOtherSide { try link("there0") }
            let target = try #require(IPv6Address("2001:db8:99::2"))
            var source = IPv6Address.unspecified
            if fromLinkLocal {
                try ip("address add fe80::77/64 dev here0 nodad")
                source = try #require(IPv6Address("fe80::77"))
            }
            let frame = AddressProbe.frame(
                for: .v6(target),
                from: socket.hardwareAddress,
                source: source
            )
            let answer = try answer(to: frame, on: socket) { () throws(SystemError) in
                try socket.nextNeighbour().flatMap {
                    $0.target == target && $0.kind != .solicitation ? $0 : nil
                }
            }
            #expect(answer?.hardware == other.hardwareAddress)
            #expect(answer?.kind == .advertisement(isSolicited: fromLinkLocal, isOverride: true))
            #expect(answer?.destination == (fromLinkLocal ? source : .allHosts))
        }
    }

    @Test(.needsRoot) func unsolicitedAdvertisementIsHeard() throws {
        try Laboratory.run { laboratory in
            let socket = try PacketSocket(.neighbourDiscovery, on: link("here0"))
            let ear = try laboratory.onOtherSide {
                try PacketSocket(.neighbourDiscovery, on: link("there0"))
            }
            let address = try #require(IPv6Address("2001:db8:99::50"))
            let announcement = NeighbourFrame.announcement(of: address, at: socket.hardwareAddress)
            try socket.send(announcement.bytes)
            var heard: NeighbourFrame?
            while heard != announcement {
                try #require(try waitUntilReadable(ear.number))
                heard = try ear.nextNeighbour()
            }
        }
    }

    @Test(.needsRoot) func deviceThatIsDownOrWithoutHardwareIsAnError() throws {
        try Laboratory.run { _ in
            let device = try link("here0")
            let socket = try PacketSocket(.arp, on: device)
            try Interfaces().setUp(device, false)
            expect(.networkDown) { () throws(SystemError) in
                try socket.send([UInt8](repeating: 0, count: 42))
            }
            let gone = NetworkLink(
                index: 9999,
                name: device.name,
                isUp: true,
                hasCarrier: true,
                isLoopback: false,
                hardwareAddress: device.hardwareAddress,
                mtu: 1500
            )
            expect(.noSuchDevice) { () throws(SystemError) in try PacketSocket(.arp, on: gone) }
            let bare = NetworkLink(
                index: device.index,
                name: device.name,
                isUp: true,
                hasCarrier: true,
                isLoopback: false,
                hardwareAddress: nil,
                mtu: 1500
            )
            expect(.addressNotAvailable) { () throws(SystemError) in
                try PacketSocket(.arp, on: bare)
            }
        }
    }
}
