// Addresses closed to other machines on the real kernel: a veth pair between two namespaces, the server here, the client
// on the other side.

import Glibc
import Testing

@testable import Linux

@Suite struct PacketFilterTests {
    /// Gives `here0` an address.
    private func address(_ text: String) throws -> IPAddress {
        let address = try #require(IPAddress(text))
        let entry = InterfaceAddress(
            index: try link("here0").index,
            address: address,
            prefixLength: address.family == UInt8(AF_INET) ? 24 : 64
        )
        try Interfaces().add(entry)
        return address
    }

    private func connect(
        _ ear: TCPEar,
        _ milliseconds: Int = patienceMilliseconds
    ) throws -> TCPCheck.Progress {
        try drive(try TCPCheck(TCPQuestion(ear.address)), milliseconds: milliseconds)
    }

    @Test(.needsRoot, arguments: ["10.99.0.50", "2001:db8:99::50"])
    func whatIsClosedIsReachedFromHereAlone(_ text: String) throws {
        try Laboratory.run { laboratory in
            let (own, other) = (try address(text), try address("10.99.0.51"))
            let (ear, open) = (try TCPEar(text), try TCPEar("10.99.0.51"))
            func reaches(_ ear: TCPEar, _ milliseconds: Int = patienceMilliseconds) throws -> Bool {
                let progress = try laboratory.onOtherSide { try connect(ear, milliseconds) }
                if progress == .running { return false }
                #expect(progress == .passed)
                return true
            }
            #expect(try reaches(ear))
            var filter: PacketFilter? = try PacketFilter(table: "baton-test")
            try filter?.close([own])
            #expect(try !reaches(ear, 300))
            // The database's own programs go by the group's address too.
            #expect(try connect(ear) == .passed)
            #expect(try reaches(open))
            // Whether it is held, anybody may ask.
            try laboratory.onOtherSide {
                let echo = try EchoSocket(isIPv6: own.family == UInt8(AF_INET6))
                try echo.ask(own, sequence: 77)
                try #require(try waitUntilReadable(echo.number))
            }
            // Both, then the other alone, then none: each time all at once.
            try filter?.close([own, other])
            #expect(try !reaches(open, 300))
            try filter?.close([other])
            #expect(try reaches(ear))
            #expect(try !reaches(open, 300))
            try filter?.close([])
            #expect(try reaches(open))
            // What closed ends with its program.
            try filter?.close([own])
            #expect(try !reaches(ear, 300))
            filter = nil
            #expect(try reaches(ear))
        }
    }

    @Test(.needsRoot) func manyAreClosedAtOnce() throws {
        try Laboratory.run { _ in
            let filter = try PacketFilter(table: "baton-test")
            let v4 = (0..<2500).map { IPv4Address(10, 98, UInt8($0 / 250), UInt8($0 % 250)) }
            let v6 = try (0..<2500).map { try #require(IPAddress("2001:db8::\($0)")) }
            let all = v4.map(IPAddress.v4) + v6
            let start = BootClock.now
            try filter.close(all)
            let closed = BootClock.now
            try filter.close([])
            print(
                "5000 addresses: closed in \((closed - start) / 1000) µs, opened in \((BootClock.now - closed) / 1000) µs"
            )
            // One that is there twice is there.
            try filter.close([all[0], all[0]])
        }
    }

    @Test(.needsRoot) func twoProgramsDoNotOpenWhatTheOtherCloses() throws {
        try Laboratory.run { laboratory in
            let own = try address("10.99.0.50")
            let ear = try TCPEar("10.99.0.50")
            let first = try PacketFilter(table: "baton-1")
            let second = try PacketFilter(table: "baton-2")
            try first.close([own])
            try second.close([own])
            try second.close([])
            #expect(try laboratory.onOtherSide { try connect(ear, 300) } == .running)
            // The table of one is not the other's.
            let thief = try PacketFilter(table: "baton-1")
            #expect(throws: SystemError.self) { try thief.close([]) }
            try first.close([])
            #expect(try laboratory.onOtherSide { try connect(ear) } == .passed)
        }
    }
}
