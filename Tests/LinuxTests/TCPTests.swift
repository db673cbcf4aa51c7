// Checks of TCP services against real listeners on the loopback device.

import Glibc
import Testing

@testable import Linux

/// A listening socket and what it accepted.
final class TCPEar {
    let address: TCPAddress
    private let socket: Descriptor

    /// A backlog of nil takes the port and does not listen.
    init(_ host: String = "127.0.0.1", backlog: Int32? = 16) throws {
        let host = try #require(IPAddress(host))
        let opened = try openSocket(Int32(host.family), streamSocket, 0, isNonBlocking: true, "ear")
        socket = Descriptor(adopting: opened.release())
        let number = socket.number
        try bindAddress(number, host.bytes, port: 0)
        if let backlog { try checked("listen") { listen(number, backlog) } }
        // Family and port are the first four bytes of either kind of name.
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        try checked("getsockname") {
            unsafe withUnsafeMutablePointer(to: &name) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getsockname(number, $0, &length)
                }
            }
        }
        address = TCPAddress(host, port: UInt16(bigEndian: name.sin6_port))
    }

    func accept() throws -> Descriptor {
        try #require(try waitUntilReadable(socket.number))
        let number = socket.number
        return Descriptor(adopting: try checked("accept") { Glibc.accept(number, nil, nil) })
    }
}

/// Drives a check to its end, or to where it waits for something that does not come.
func drive(_ check: TCPCheck, milliseconds: Int = patienceMilliseconds) throws -> TCPCheck.Progress
{
    let poller = try Poller()
    try poller.arm(at: BootClock.now + Int64(milliseconds) * 1_000_000)
    while true {
        let progress = check.advance()
        guard progress == .running, let number = check.number else { return progress }
        try poller.add(number, token: 1, interest: check.interest)
        let wake = try poller.wait()
        try poller.remove(number)
        if wake.isDeadlineReached { return .running }
    }
}

@Suite struct TCPChecks {
    @Test(arguments: ["127.0.0.1", "::1"])
    func aListenerThatAcceptsPasses(_ host: String) throws {
        let ear = try TCPEar(host)
        let check = try TCPCheck(TCPQuestion(ear.address))
        #expect(try drive(check) == .passed)
        #expect(check.advance() == .passed)
        #expect(check.interest == [])
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func aPortWithoutListenerIsRefused(_ host: String) throws {
        let ear = try TCPEar(host, backlog: nil)
        let check = try TCPCheck(TCPQuestion(ear.address))
        #expect(try drive(check) == .failed("could not connect: Connection refused"))
    }

    @Test func aBlackHoleKeepsRunningAndTheDeadlineHasItsWords() throws {
        // One connection fills a backlog of zero; of those after it the kernel drops the first packet.
        let ear = try TCPEar(backlog: 0)
        let first = try TCPCheck(TCPQuestion(ear.address))
        #expect(try drive(first) == .passed)
        let check = try TCPCheck(TCPQuestion(ear.address))
        #expect(try drive(check, milliseconds: 50) == .running)
        #expect(check.interest == .writable)
        #expect(check.timeoutText == "timeout")
    }

    @Test(
        arguments: [
            ("200 OK", TCPCheck.Progress.passed),
            ("OK", .passed),
            ("HTTP/1.0 200 OK\r\n", .passed),
            ("404", .failed("connection closed: '404' is not in the answer 'HTTP/1.0 200 OK??'")),
        ]
    )
    func theAnswerDecides(_ expected: String, _ progress: TCPCheck.Progress) throws {
        let ear = try TCPEar()
        let question = TCPQuestion(
            ear.address,
            text: Array("GET / HTTP/1.0\r\n\r\n".utf8),
            expected: Array(expected.utf8)
        )
        let check = try TCPCheck(question)
        #expect(check.advance() == .running || check.interest == .readable)
        let peer = try ear.accept()
        #expect(check.advance() == .running)
        #expect(check.interest == .readable)
        #expect(check.timeoutText == "timeout: connected, but no answer")
        try #require(try waitUntilReadable(peer.number))
        #expect(try peer.read(maximum: 100) == .bytes(question.text))
        // In two pieces, so that a match spans them.
        _ = try peer.write(Array("HTTP/1.0 20".utf8))
        #expect(check.advance() == .running)
        _ = try peer.write(Array("0 OK\r\n".utf8))
        shutdown(peer.number, Int32(SHUT_WR))
        #expect(try drive(check) == progress)
    }

    @Test func aPeerThatClosesWithoutAWordFails() throws {
        let ear = try TCPEar()
        let check = try TCPCheck(TCPQuestion(ear.address, expected: Array("SSH-".utf8)))
        check.advance()
        _ = try ear.accept()
        #expect(try drive(check) == .failed("connection closed: no answer"))
    }

    @Test func anEndlessAnswerIsCut() throws {
        let ear = try TCPEar()
        let check = try TCPCheck(TCPQuestion(ear.address, expected: Array("done".utf8)))
        check.advance()
        let peer = try ear.accept()
        var written = 0
        while written < TCPCheck.answerMaximum {
            written += try peer.write([UInt8](repeating: 0x61, count: 4096)) ?? 0
            check.advance()
        }
        let shown = String(repeating: "a", count: 60)
        #expect(
            try drive(check)
                == .failed("'done' is not in the answer '\(shown)...' (16384 bytes read)")
        )
    }

    @Test func aMatchBeyondTheBoundDoesNotCount() throws {
        let ear = try TCPEar()
        let check = try TCPCheck(TCPQuestion(ear.address, expected: Array("done".utf8)))
        check.advance()
        let peer = try ear.accept()
        _ = try peer.write([UInt8](repeating: 0x61, count: TCPCheck.answerMaximum - 3))
        #expect(try drive(check, milliseconds: 20) == .running)
        #expect(check.timeoutText.hasPrefix("timeout: 'done' is not in the answer 'aaa"))
        _ = try peer.write(Array("done".utf8))
        guard case .failed = try drive(check) else {
            Issue.record("it looked beyond its bound")
            return
        }
    }

    @Test func theOwnAddressIsTheOneAskedFor() throws {
        let ear = try TCPEar()
        var address = ear.address
        address.source = .v4(IPv4Address(127, 9, 8, 7))
        let check = try TCPCheck(TCPQuestion(address))
        #expect(try drive(check) == .passed)
        let peer = try ear.accept()
        let number = peer.number
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try checked("getpeername") {
            unsafe withUnsafeMutablePointer(to: &name) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getpeername(number, $0, &length)
                }
            }
        }
        #expect(IPv4Address(UInt32(bigEndian: name.sin_addr.s_addr)) == IPv4Address(127, 9, 8, 7))
    }

    @Test func anAddressThatIsNotOursSaysNothingOfTheService() throws {
        var address = try TCPEar().address
        address.source = .v4(IPv4Address(192, 0, 2, 77))
        let question = TCPQuestion(address)
        expect(.addressNotAvailable) { () throws(SystemError) in try TCPCheck(question) }
        address.source = .v6(IPv6Address(high: 0, low: 1))
        let other = TCPQuestion(address)
        expect(.invalidArgument) { () throws(SystemError) in try TCPCheck(other) }
    }

    @Test func aConnectionWithItselfIsNoService() throws {
        // An address that no other test uses, so that the port is still free.
        let address = try TCPEar("127.44.33.22").address
        let stream = try TCPStream(connectingTo: address, sourcePort: address.port)
        expect(.connectionRefused) { () throws(SystemError) in
            // The kernel is through with it at once: both ends are here.
            while try !stream.finishConnecting() {}
        }
    }

    @Test func twoHundredChecksAtOnceLeaveNoTimeWait() throws {
        let ear = try TCPEar(backlog: 1024)
        let poller = try Poller()
        var checks: [TCPCheck] = []
        for _ in 0..<200 { checks.append(try TCPCheck(TCPQuestion(ear.address))) }
        for (token, check) in checks.enumerated() {
            let number = try #require(check.number)
            try poller.add(number, token: UInt64(token), interest: check.interest)
        }
        try poller.arm(at: BootClock.now + Int64(patienceMilliseconds) * 1_000_000)
        var passed = 0
        while passed < checks.count {
            let wake = try poller.wait()
            try #require(!wake.isDeadlineReached)
            for readiness in wake.ready {
                let check = checks[Int(readiness.token)]
                try #require(check.advance() == .passed)
                passed += 1
                if let number = check.number { try poller.remove(number) }
            }
        }
        checks = []
        let port = String(ear.address.port, radix: 16, uppercase: true)
        let table = String(
            decoding: try Files.read("/proc/net/tcp", maximum: 1 << 24),
            as: UTF8.self
        )
        let waiting = table.split(separator: "\n").map { $0.split(separator: " ") }.filter {
            $0.count > 3 && $0[3] == "06"
                && ($0[1].hasSuffix(":\(port)") || $0[2].hasSuffix(":\(port)"))
        }
        #expect(waiting.isEmpty)
    }
}
