// Both ends of the peer channel against somebody who says anything: before the handshake, which strangers can, and behind
// it, which takes the key. A visitor asks no more than it may, and nothing before its hello; a question of ours has an
// answer that is one, or a reason why there is none.
//
// The first byte says which end, and whether behind the handshake; the second, in what pieces.

import Linux
import TLS
import Wire

@testable import PeerChannel

private let key: PresharedKey = {
    guard let key = PresharedKey(identity: "1", secret: Array(0..<32)) else { fatalError("no key") }
    return key
}()

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let word = input.byte()
    let pieceLength = 1 + Int(input.byte()) * 8
    let bytes = input.remainder()
    Loopback.sure { () throws(SystemError) in try Signal.pipe.ignore() }
    let pieces = stride(from: 0, to: bytes.count, by: pieceLength).map {
        Array(bytes[$0..<min($0 + pieceLength, bytes.count)])
    }
    do throws(TLSFault) {
        if word & 1 == 0 {
            try serve(pieces, isBehindHandshake: word & 2 != 0)
        } else {
            try ask(pieces, isBehindHandshake: word & 2 != 0)
        }
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// Somebody who speaks to an end, in the clear or behind the handshake, until it has had enough.
private final class Stranger {
    private var stream: TCPStream?
    private var session: TLSSession?
    private var input = LineBuffer(maximum: 2 * PeerCoding.replyMaximum)

    init(connectingBehindHandshake isBehindHandshake: Bool) throws(TLSFault) {
        let stream = Loopback.sure { () throws(SystemError) in
            try TCPStream(connectingTo: Loopback.address)
        }
        self.stream = stream
        session = isBehindHandshake ? try TLSSession(stream, connectingWith: key) : nil
    }

    init(acceptingBehindHandshake isBehindHandshake: Bool) throws(TLSFault) {
        let stream = Loopback.accepted()
        self.stream = stream
        session = isBehindHandshake ? try TLSSession(stream, accepting: [key]) : nil
    }

    /// Whether it is through with the handshake, or never meant to.
    func greet() -> Bool {
        guard let session else { return true }
        do throws(TLSFault) {
            return try session.greet() == nil
        } catch {
            preconditionFailure("the right key was not believed: \(error)")
        }
    }

    /// Says it, where the other end still listens.
    func say(_ bytes: [UInt8]) {
        do throws(TLSFault) {
            if let session {
                _ = try session.send(bytes)
            } else {
                do throws(SystemError) { _ = try stream?.send(bytes) } catch { return }
            }
        } catch {
            return
        }
    }

    /// A line of the other end behind the handshake; nil when there is none.
    func line() -> [UInt8]? {
        do throws(TLSFault) {
            while case .done(let bytes)? = try session?.receive(), !bytes.isEmpty {
                input.append(bytes)
            }
        } catch {
            return input.next()
        }
        return input.next()
    }

    func leave() {
        session = nil
        stream = nil
    }
}

private func serve(_ pieces: [[UInt8]], isBehindHandshake: Bool) throws(TLSFault) {
    let stranger = try Stranger(connectingBehindHandshake: isBehindHandshake)
    let visitor = try Visitor(
        Loopback.accepted(),
        keys: [key],
        hello: PeerHello(cluster: "baton", from: "l0", to: "l1"),
        isExpected: true,
        limits: ChannelLimits(),
        at: 0
    )
    var questions = 0
    var hasEnded = false
    func advance() {
        while !hasEnded {
            switch visitor.advance(at: 1) {
            case .waiting: return
            case .question(let line):
                questions += 1
                precondition(visitor.isBelieved, "a question of a stranger")
                precondition(line.count <= PeerCoding.requestMaximum, "a question too long")
                precondition(!line.contains(10), "a question is more than a line")
                visitor.answer(PeerCoding.encode(.status), at: 1)
            case .ended: hasEnded = true
            }
        }
    }
    if isBehindHandshake {
        Loopback.turn("no handshake") {
            advance()
            return stranger.greet() && (visitor.isBelieved || hasEnded)
        }
    }
    for piece in pieces {
        stranger.say(piece)
        advance()
        while let line = stranger.line() { check(line) }
    }
    stranger.leave()
    Loopback.turn("a visitor that left is still there") {
        advance()
        // Who listens for nothing more is told of the end by the poller.
        return hasEnded || visitor.interest == []
    }
    precondition(questions <= Visitor.questionsMaximum, "\(questions) questions")
}

/// What a visitor hears: a hello, an error, or the answer to its question.
private func check(_ line: [UInt8]) {
    if (try? PeerCoding.decodeHello(line)) != nil { return }
    if (try? PeerCoding.decodeRequest(line)) != nil { return }
    guard case .error? = try? PeerCoding.decodeReply(line) else {
        preconditionFailure("said \(String(decoding: line, as: UTF8.self))")
    }
}

private func ask(_ pieces: [[UInt8]], isBehindHandshake: Bool) throws(TLSFault) {
    let attempt = Loopback.sure { () throws(SystemError) in
        try Attempt(
            Loopback.address,
            key: key,
            hello: PeerHello(cluster: "baton", from: "l0", to: "l1"),
            request: PeerCoding.encode(.status).dropLast()
        )
    }
    let stranger = try Stranger(acceptingBehindHandshake: isBehindHandshake)
    var step = Attempt.Step.waiting
    func advance() { if step == .waiting { step = attempt.advance() } }
    if isBehindHandshake {
        Loopback.turn("no handshake") {
            advance()
            return stranger.greet() || step != .waiting
        }
    }
    for piece in pieces where step == .waiting {
        stranger.say(piece)
        advance()
    }
    stranger.leave()
    Loopback.turn("no end of a question") {
        advance()
        return step != .waiting
    }
    switch step {
    case .answered(let line):
        precondition(isBehindHandshake, "an answer of a stranger")
        precondition(line.count <= PeerCoding.replyMaximum && !line.contains(10), "no line")
        guard let response = try? PeerCoding.decodeReply(line),
            PeerRequest.status.isAnswered(by: response)
        else { preconditionFailure("something else for an answer") }
    case .failed(let words): precondition(!words.isEmpty && !attempt.timeoutText.isEmpty)
    case .waiting: preconditionFailure("it waits for nobody")
    }
}
