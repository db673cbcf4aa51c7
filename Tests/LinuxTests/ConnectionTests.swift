// Connections of an address are cut on the real kernel: a veth pair between two namespaces, the server here, the clients
// on the other side.

import Glibc
import Testing

@testable import Linux

/// Clients of a server on an address that `here0` has besides its own.
private final class Clients {
    let address: IPAddress
    let entry: InterfaceAddress
    private let listener: Descriptor
    private(set) var clients: [Int32] = []
    private var accepted: [Int32] = []

    init(_ text: String, of laboratory: Laboratory, count: Int, onBoth: Bool = false) throws {
        address = try #require(IPAddress(text))
        entry = InterfaceAddress(
            index: try link("here0").index,
            address: address,
            prefixLength: address.family == UInt8(AF_INET) ? 24 : 64
        )
        try Interfaces().add(entry)
        let family = onBoth ? AF_INET6 : Int32(address.family)
        listener = try openSocket(family, streamSocket, 0, isNonBlocking: false, "server")
        let number = listener.number
        try bindAddress(number, [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16), port: 77)
        try checked("listen") { listen(number, 128) }
        for _ in 0..<count {
            let client = try laboratory.onOtherSide {
                let family = Int32(address.family)
                let opened = try openSocket(family, streamSocket, 0, isNonBlocking: true, "client")
                return opened.release()
            }
            clients.append(client)
            try connect(client)
            accepted.append(try checked("accept") { Glibc.accept(number, nil, nil) })
        }
    }

    deinit { for number in clients + accepted { close(number) } }

    private func connect(_ number: Int32) throws {
        let bytes = address.bytes
        do {
            try checked("connect") {
                if bytes.count == 4 {
                    var name = sockaddr_in()
                    name.sin_family = sa_family_t(AF_INET)
                    name.sin_port = UInt16(77).bigEndian
                    name.sin_addr.s_addr = bytes.span.native32(at: 0) ?? 0
                    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                    return unsafe withUnsafePointer(to: &name) {
                        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            unsafe Glibc.connect(number, $0, length)
                        }
                    }
                }
                var name = sockaddr_in6()
                name.sin6_family = sa_family_t(AF_INET6)
                name.sin6_port = UInt16(77).bigEndian
                unsafe withUnsafeMutableBytes(of: &name.sin6_addr) {
                    unsafe $0.copyBytes(from: bytes)
                }
                let length = socklen_t(MemoryLayout<sockaddr_in6>.size)
                return unsafe withUnsafePointer(to: &name) {
                    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        unsafe Glibc.connect(number, $0, length)
                    }
                }
            }
        } catch {
            if error.errno.rawValue != EINPROGRESS { throw error }
        }
    }

    /// How many clients have seen a reset.
    var resetCount: Int {
        clients.count { client in
            var byte: UInt8 = 0
            let answer = unsafe recv(client, &byte, 1, Int32(MSG_DONTWAIT))
            return answer < 0 && errno == ECONNRESET
        }
    }
}

@Suite struct ConnectionCutTests {
    @Test(
        .needsRoot,
        arguments: [("10.99.0.50", false), ("10.99.0.50", true), ("2001:db8:99::50", false)]
    )
    func theOtherEndsAreReset(_ text: String, onBoth: Bool) throws {
        try Laboratory.run { laboratory in
            #expect(ConnectionCut.isSupported() == true)
            let clients = try Clients(text, of: laboratory, count: 100, onBoth: onBoth)
            #expect(clients.resetCount == 0)
            // Another address of the same machine is not concerned.
            let other = try ConnectionCut([.v4(IPv4Address(10, 99, 0, 1))])
            #expect(try other.advance(maximum: 1000) == .done)
            #expect(other.count == 0)
            let cut = try ConnectionCut([clients.address, .v4(IPv4Address(10, 99, 0, 2))])
            #expect(try cut.advance(maximum: 60) == .more)
            #expect(cut.count == 60)
            #expect(try cut.advance(maximum: 60) == .done)
            #expect(cut.count == 100)
            try Interfaces().delete(clients.entry)
            #expect(clients.resetCount == 100)
        }
    }

    @Test(.needsRoot) func withoutItClientsWait() throws {
        try Laboratory.run { laboratory in
            let clients = try Clients("10.99.0.50", of: laboratory, count: 3)
            try Interfaces().delete(clients.entry)
            #expect(clients.resetCount == 0)
            // Too late: no packet leaves from an address that is not here.
            let cut = try ConnectionCut([clients.address])
            #expect(try cut.advance(maximum: 1000) == .done)
            #expect(clients.resetCount == 0)
        }
    }

    @Test(.needsRoot) func fiveThousandAreCutInStepsThatAreShort() throws {
        var limits = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        limits.rlim_cur = min(limits.rlim_max, 20_000)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        try #require(limits.rlim_cur >= 12_000, "the machine allows few descriptors")
        try Laboratory.run { laboratory in
            let clients = try Clients("10.99.0.50", of: laboratory, count: 5000)
            let cut = try ConnectionCut([clients.address])
            let start = BootClock.now
            var longest: Int64 = 0
            var steps = 0
            while true {
                let before = BootClock.now
                let step = try cut.advance(maximum: 512)
                longest = max(longest, BootClock.now - before)
                steps += 1
                if step == .done { break }
            }
            let whole = (BootClock.now - start) / 1000
            #expect(cut.count == 5000)
            #expect(clients.resetCount == 5000)
            print("5000 connections: \(steps) steps, \(whole) µs, the longest \(longest / 1000) µs")
            // How long a step takes is the machine's; the figures are in ConnectionCut.swift.
            #expect(steps > 5000 / 512)
        }
    }
}
