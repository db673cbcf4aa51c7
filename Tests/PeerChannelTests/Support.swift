// `batond-peer` in a thread of the tests, which are its loop; and a stranger that speaks to it. Nothing here
// asserts.

import Foundation
import Linux
import TLS
import Wire

@testable import PeerChannel

/// A wait that took too long.
struct Impatience: Error, CustomStringConvertible {
    var description: String
}

/// Asks again until there is an answer, for at most ten seconds.
func soon<Answer>(_ what: String, _ ask: () throws -> Answer?) throws -> Answer {
    let deadline = BootClock.now + 10_000_000_000
    let poller = try Poller()
    while BootClock.now < deadline {
        if let answer = try ask() { return answer }
        try poller.arm(at: BootClock.now + 1_000_000)
        _ = try poller.wait()
    }
    throw Impatience(description: "waited in vain for \(what)")
}

/// An address of a text.
func address(_ text: String) throws -> [UInt8] {
    guard let address = IPAddress(text) else { throw Impatience(description: text) }
    return address.bytes
}

/// A key of authkeys that says nothing but this byte.
func channelKey(_ id: UInt8, _ byte: UInt8 = 1) throws -> PeerSettings.Key {
    .init(id: id, preshared: try ChannelKey.preshared([UInt8](repeating: byte, count: 16)))
}

func settings(
    _ node: String,
    peer: String,
    cluster: String = "baton",
    keys: [PeerSettings.Key]? = nil,
    addresses: [[UInt8]] = []
) throws -> PeerSettings {
    PeerSettings(
        cluster: cluster,
        node: node,
        peer: peer,
        keys: try keys ?? [channelKey(1)],
        addresses: addresses
    )
}

/// Hands a value over to a thread that alone uses it from then on.
private struct Handed<Value>: @unchecked Sendable {
    let value: Value
}

/// One program, seen from its loop.
final class RunningHelper {
    let channel: MessageSocket
    /// Where it listens, on 127.0.0.0/8.
    let port: UInt16
    private let ended = DispatchSemaphore(value: 0)

    init(_ settings: PeerSettings?, limits: ChannelLimits = ChannelLimits()) throws {
        try Signal.pipe.ignore()
        let (ours, theirs) = try MessageSocket.pair()
        let listener = try TCPListener(.v4, port: 0)
        channel = ours
        port = listener.port
        let handed = Handed(value: (theirs, listener))
        let ended = ended
        Thread {
            do {
                let helper = try PeerHelper(
                    channel: handed.value.0,
                    listeners: [handed.value.1],
                    limits: limits
                )
                try helper.run()
            } catch {
                fatalError("the helper failed: \(error)")
            }
            ended.signal()
        }.start()
        if let settings { try tell(.settings(settings)) }
    }

    func tell(_ order: PeerOrder) throws {
        try soon("room for an order") { () -> Void? in try channel.send(order.bytes) ? () : nil }
    }

    /// The next report.
    func next() throws -> PeerReport {
        try soon("a report") {
            guard case .message(let bytes) = try channel.receive(maximum: 200_000) else {
                return nil
            }
            return PeerReport(bytes)
        }
    }

    /// Whether the program has ended, in time.
    func waitForEnd() -> Bool { ended.wait(timeout: .now() + 10) == .success }

    /// Asks the other node.
    func ask(
        _ request: PeerRequest,
        id: UInt64 = 1,
        port: UInt16,
        addresses: [[UInt8]]? = nil,
        key: UInt8 = 1,
        timeout: Int64 = 5_000_000_000
    ) throws {
        try tell(
            .ask(
                PeerQuestion(
                    id: id,
                    request: Array(PeerCoding.encode(request).dropLast()),
                    key: key,
                    port: port,
                    timeout: timeout,
                    addresses: try addresses ?? [address("127.0.0.1")]
                )
            )
        )
    }

    /// The whole answer to a question, or why there is none.
    func answer(_ id: UInt64 = 1) throws -> Result<[UInt8], Impatience> {
        var line: [UInt8] = []
        while true {
            switch try next() {
            case .part(id, let bytes, let isLast):
                line += bytes
                if isLast { return .success(line) }
            case .failed(id, let why): return .failure(Impatience(description: why))
            case .note: continue
            case let other: throw Impatience(description: "\(other)")
            }
        }
    }

    /// Answers the next question with a line.
    func reply(_ line: [UInt8]) throws {
        while true {
            switch try next() {
            case .question(let id, _): return try reply(line, to: id)
            case .note: continue
            case let other: throw Impatience(description: "\(other)")
            }
        }
    }

    func reply(_ line: [UInt8], to id: UInt64) throws {
        var rest = line[...]
        repeat {
            let piece = Array(rest.prefix(PeerReport.partMaximum))
            rest = rest.dropFirst(piece.count)
            try tell(.answer(id, piece, isLast: rest.isEmpty))
        } while !rest.isEmpty
    }
}

/// Somebody who speaks to a program as a test wants.
final class Stranger {
    let stream: TCPStream
    private(set) var session: TLSSession?
    private var input = LineBuffer(maximum: 1 << 21)

    init(_ port: UInt16, from source: String? = nil) throws {
        guard let target = IPAddress("127.0.0.1") else {
            throw Impatience(description: "no loopback")
        }
        let stream = try TCPStream(
            connectingTo: TCPAddress(target, port: port, source: source.flatMap { IPAddress($0) })
        )
        self.stream = stream
        try soon("a connection") { try stream.finishConnecting() ? () : nil }
    }

    /// Shows a key.
    func greet(_ id: UInt8 = 1, _ byte: UInt8 = 1) throws {
        let secret = try channelKey(id, byte).preshared
        guard let key = PresharedKey(identity: "\(id)", secret: secret) else {
            throw Impatience(description: "no key")
        }
        let session = try TLSSession(stream, connectingWith: key)
        self.session = session
        try soon("the handshake") { try session.greet() == nil ? () : nil }
    }

    func say(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        try soon("room to speak") { () -> Void? in
            guard case .done(let count)? = try session?.send(Array(rest)) else { return nil }
            rest = rest.dropFirst(count)
            return rest.isEmpty ? () : nil
        }
    }

    /// Says hello as l1 to l0, and takes the hello back.
    func introduce() throws {
        try say(PeerCoding.encode(PeerHello(cluster: "baton", from: "l1", to: "l0")))
        _ = try PeerCoding.decodeHello(try line() ?? [])
    }

    /// The next line; nil when the other end has closed.
    func line() throws -> [UInt8]? {
        var hasEnded = false
        return try soon("a line") { () -> [[UInt8]]? in
            if let line = input.next() { return [line] }
            if hasEnded { return [] }
            while let session, case .done(let bytes) = try session.receive() {
                if bytes.isEmpty {
                    hasEnded = true
                    break
                }
                input.append(bytes)
            }
            return nil
        }.first
    }

    /// Whether the other end has closed, by now or soon.
    func isDropped() throws -> Bool {
        try soon("the end of the connection") { () -> Bool? in
            do {
                switch try stream.receive(maximum: 65536) {
                case .endOfStream: return true
                case .bytes, .nothingYet: return nil
                }
            } catch {
                return true
            }
        }
    }
}
