// Two ends of one session on the loopback device: who is believed, who is not, and that neither waits.

import Foundation
import Linux
import Testing

@testable import TLS

/// Both ends of a TCP connection.
private struct Ends {
    let client: TCPStream
    let server: TCPStream

    init() throws {
        try Signal.pipe.ignore()
        let listener = try TCPListener(.v4, port: 0)
        let loopback = try #require(IPAddress("127.0.0.1"))
        client = try TCPStream(connectingTo: TCPAddress(loopback, port: listener.port))
        server = try soon("a connection") { try listener.accept() }
        try soon("the connection's other end") { try client.finishConnecting() ? () : nil }
    }
}

/// Asks again until there is an answer, for at most ten seconds.
private func soon<Answer>(_ what: String, _ ask: () throws -> Answer?) throws -> Answer {
    let deadline = BootClock.now + 10_000_000_000
    let poller = try Poller()
    while BootClock.now < deadline {
        if let answer = try ask() { return answer }
        try poller.arm(at: BootClock.now + 1_000_000)
        _ = try poller.wait()
    }
    throw TLSFault.lost("waited in vain for \(what)")
}

private func key(_ identity: String, _ byte: UInt8) throws -> PresharedKey {
    try #require(PresharedKey(identity: identity, secret: [UInt8](repeating: byte, count: 32)))
}

/// How the two handshakes end: nil for a good one.
private func greet(
    _ client: TLSSession,
    _ server: TLSSession
) throws -> (client: TLSFault?, server: TLSFault?) {
    func step(_ session: TLSSession) -> Result<Bool, TLSFault> {
        do throws(TLSFault) {
            return .success(try session.greet() == nil)
        } catch {
            return .failure(error)
        }
    }
    var ends: (client: Result<Bool, TLSFault>, server: Result<Bool, TLSFault>) = (
        .success(false), .success(false)
    )
    return try soon("two handshakes") {
        if case .success(false) = ends.client { ends.client = step(client) }
        if case .success(false) = ends.server { ends.server = step(server) }
        func fault(_ end: Result<Bool, TLSFault>) -> TLSFault? {
            if case .failure(let fault) = end { fault } else { nil }
        }
        if case .success(false) = ends.client { return nil }
        if case .success(false) = ends.server { return nil }
        return (fault(ends.client), fault(ends.server))
    }
}

@Suite("TLS by a pre-shared key")
struct TLSSessionTests {
    @Test(
        "Who has the key is believed, whichever of several it is, and a megabyte comes through whole"
    )
    func believed() throws {
        let ends = try Ends()
        let client = try TLSSession(ends.client, connectingWith: key("7", 1))
        let server = try TLSSession(ends.server, accepting: [key("1", 9), key("7", 1)])
        let faults = try greet(client, server)
        #expect(faults.client == nil)
        #expect(faults.server == nil)
        let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        var gone = 0
        var arrived: [UInt8] = []
        try soon("a megabyte") {
            // Each piece is another array: a try that had to wait is repeated from another place.
            for _ in 0..<64 where gone < sent.count {
                let piece = Array(sent[gone..<min(sent.count, gone + 16384)])
                guard case .done(let count) = try server.send(piece) else { break }
                gone += count
            }
            while case .done(let bytes) = try client.receive() { arrived += bytes }
            return arrived.count >= sent.count ? () : nil
        }
        #expect(arrived == sent)
    }

    @Test("Another secret under the same number is not believed, by either end")
    func wrongSecret() throws {
        let ends = try Ends()
        let client = try TLSSession(ends.client, connectingWith: key("1", 1))
        let server = try TLSSession(ends.server, accepting: [key("1", 2)])
        let faults = try greet(client, server)
        guard case .handshake = faults.client, case .handshake = faults.server else {
            Issue.record("\(faults)")
            return
        }
    }

    @Test("A number that the server does not know is not believed")
    func unknownIdentity() throws {
        let ends = try Ends()
        let client = try TLSSession(ends.client, connectingWith: key("3", 1))
        let server = try TLSSession(ends.server, accepting: [key("1", 1), key("33", 1)])
        let faults = try greet(client, server)
        guard case .handshake = faults.client, case .handshake = faults.server else {
            Issue.record("\(faults)")
            return
        }
    }

    @Test("Who goes in the middle of a handshake has gone: no certificate is to blame")
    func goes() throws {
        var ends: Ends? = try Ends()
        let server = try TLSSession(try #require(ends).server, accepting: [key("1", 1)])
        var client: TLSSession? = try TLSSession(
            try #require(ends).client,
            connectingWith: key("1", 1)
        )
        #expect(try client?.greet() == .readable)
        // On loopback the server has read the key's name long before, and waits for the client's last word.
        var turns = 0
        try soon("the server's part") { () -> Void? in
            turns += 1
            return try server.greet() == .readable && turns == 50 ? () : nil
        }
        (client, ends) = (nil, nil)
        let fault = try soon("the end of the handshake") { () -> TLSFault? in
            do throws(TLSFault) {
                return try server.greet() == nil ? .lost("it was believed") : nil
            } catch {
                return error
            }
        }
        if case .certificate = fault { Issue.record("\(fault)") }
    }

    @Test("A client without any key is not believed")
    func noKey() throws {
        let ends = try Ends()
        let client = try TLSSession(ends.client, .anybody, name: "127.0.0.1")
        let server = try TLSSession(ends.server, accepting: [key("1", 1)])
        let faults = try greet(client, server)
        #expect(faults.client != nil)
        #expect(faults.server != nil)
    }

    @Test(
        "A server that has a certificate instead of the key is not believed",
        .enabled("openssl is installed") { Program.openssl != nil }
    )
    func certificate() throws {
        let listener = try TCPListener(.v4, port: 0)
        let port = listener.port
        _ = consume listener
        let server = try Program.serveCertificate(port: port)
        defer { server.terminate() }
        let loopback = try #require(IPAddress("127.0.0.1"))
        let client = try soon("the server") { () -> TLSSession? in
            let stream = try TCPStream(connectingTo: TCPAddress(loopback, port: port))
            do {
                try soon("a connection") { try stream.finishConnecting() ? () : nil }
            } catch {
                return nil
            }
            return try TLSSession(stream, connectingWith: key("1", 1))
        }
        let fault = try soon("the end of the handshake") { () -> TLSFault? in
            do throws(TLSFault) {
                if try client.greet() == nil { return .lost("it was believed") }
                return nil
            } catch {
                return error
            }
        }
        guard case .certificate = fault else {
            Issue.record("\(fault)")
            return
        }
    }

    @Test("Garbage instead of TLS ends the handshake")
    func garbage() throws {
        let ends = try Ends()
        let server = try TLSSession(ends.server, accepting: [key("1", 1)])
        #expect(try server.greet() == .readable)
        _ = try ends.client.send(Array("GET / HTTP/1.0\r\n\r\n".utf8))
        let fault = try soon("the end of the handshake") { () -> TLSFault? in
            do throws(TLSFault) {
                return try server.greet() == nil ? .lost("it was believed") : nil
            } catch {
                return error
            }
        }
        guard case .handshake = fault else {
            Issue.record("\(fault)")
            return
        }
    }

    @Test("Who connects and says nothing is waited for without waiting")
    func silence() throws {
        let ends = try Ends()
        let server = try TLSSession(ends.server, accepting: [key("1", 1)])
        for _ in 0..<3 { #expect(try server.greet() == .readable) }
    }

    @Test("Keys of a wrong length, without a name or with a long one are none")
    func malformed() {
        let secret = [UInt8](repeating: 1, count: 32)
        #expect(PresharedKey(identity: "1", secret: Array(secret.dropLast())) == nil)
        #expect(PresharedKey(identity: "", secret: secret) == nil)
        #expect(PresharedKey(identity: "123456789", secret: secret) == nil)
        #expect(PresharedKey(identity: "12345678", secret: secret)?.identity == "12345678")
        let text = PresharedKey(identity: "1", secret: secret).map {
            "\($0) \(String(reflecting: $0))"
        }
        #expect(text?.contains("[1, 1") == false)
    }
}

private enum Program {
    static let openssl = ["/usr/bin/openssl", "/bin/openssl"].first(where: Files.isExecutable)

    /// A TLS server with a certificate of its own making.
    static func serveCertificate(port: UInt16) throws -> Process {
        let directory = FileManager.default.temporaryDirectory.path + "/baton-tls-\(port)"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            "cd \(directory) && \(openssl ?? "openssl") req -x509 -newkey rsa:2048 -nodes -keyout key"
                + " -out cert -days 2 -subj /CN=test 2>/dev/null &&"
                + " exec \(openssl ?? "openssl") s_server -accept 127.0.0.1:\(port) -key key -cert cert"
                + " -tls1_3 -quiet",
        ]
        // Its end would end the server.
        process.standardInput = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { _ in
            // Only what this test made is in it; a leftover is only a file.
            _ = try? FileManager.default.removeItem(atPath: directory)
        }
        try process.run()
        return process
    }
}
