// The program on real sockets: what the other node's questions and answers go through, and what everybody else
// may do to it.

import Failover
import Linux
import TLS
import Testing
import Wire

@testable import PeerChannel

/// Any answer: the line itself, and what it is not.
private func refusal(_ text: String) -> [UInt8] {
    ControlCoding.encode(.error(ControlError(.busy, text))).dropLast()
}

@Suite("batond-peer")
struct PeerHelperTests {
    @Test(
        "A question goes to the other loop as it is, and its answer comes back whole",
        arguments: [10, 900_000]
    )
    func answered(_ size: Int) throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let l1 = try RunningHelper(settings("l1", peer: "l0"))
        try l0.ask(.explain(GroupName("10.0.0.9")), port: l1.port)
        guard case .question(let id, let line) = try l1.next() else {
            throw Impatience(description: "no question")
        }
        #expect(try PeerCoding.decodeRequest(line) == .explain(GroupName("10.0.0.9")))
        let answer = refusal(String(repeating: "x", count: size))
        try l1.reply(answer, to: id)
        #expect(try l0.answer().get() == answer)
    }

    @Test("The other key, another number, another cluster, another node: each is told")
    func refused() throws {
        let l0 = try RunningHelper(
            settings("l0", peer: "l1", keys: [channelKey(1, 9), channelKey(2), channelKey(3)])
        )
        let l1 = try RunningHelper(
            settings("l1", peer: "l0", keys: [channelKey(1), channelKey(2)])
        )
        func why(_ key: UInt8, to port: UInt16) throws -> String {
            try l0.ask(.status, port: port, key: key)
            guard case .failure(let why) = try l0.answer() else { return "answered" }
            return why.description
        }
        #expect(try why(1, to: l1.port).hasPrefix("127.0.0.1 (no TLS by this key: "))
        #expect(try why(3, to: l1.port).hasPrefix("127.0.0.1 (no TLS by this key: "))
        #expect(try why(4, to: l1.port) == "there is no key 4")
        // The log of the other node hears of it once.
        guard case .note(let note) = try l1.next() else {
            throw Impatience(description: "no note")
        }
        #expect(
            note.hasPrefix(
                "a connection to the peer channel came to nothing, the last from 127.0.0.1: "
            )
        )
        let foreign = try RunningHelper(
            settings("l1", peer: "l0", cluster: "other", keys: [channelKey(2)])
        )
        #expect(
            try why(2, to: foreign.port)
                == #"127.0.0.1 (it refuses: it is of the cluster "baton", this node of "other")"#
        )
        let another = try RunningHelper(settings("m1", peer: "m0", keys: [channelKey(2)]))
        #expect(
            try why(2, to: another.port)
                == #"127.0.0.1 (it refuses: it is "l0" and means "l1"; this is m1, whose peer is m0)"#
        )
    }

    @Test("A way that refuses is left for the next at once, one that is silent after a moment")
    func ways() throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let l1 = try RunningHelper(settings("l1", peer: "l0"))
        let both = [try address("::1"), try address("127.0.0.1")]
        try l0.ask(.status, port: l1.port, addresses: both)
        try l1.reply(refusal("by the second"))
        #expect(try l0.answer().get() == refusal("by the second"))
        // Now somebody listens at the first, and never says a word.
        let silent = try TCPListener(.v6, port: l1.port)
        try l0.ask(.status, id: 2, port: silent.port, addresses: both)
        try l1.reply(refusal("by the second again"))
        #expect(try l0.answer(2).get() == refusal("by the second again"))
        try l0.ask(.status, id: 3, port: silent.port, addresses: [both[0]], timeout: 50_000_000)
        guard case .failure(let why) = try l0.answer(3) else {
            throw Impatience(description: "an answer of nobody")
        }
        #expect(why.description == "::1 (no TLS in time)")
        try l0.ask(.status, id: 4, port: 1, addresses: [])
        guard case .failure(let none) = try l0.answer(4) else {
            throw Impatience(description: "an answer of nowhere")
        }
        #expect(none.description == "its address is not known")
    }

    @Test("A question without a time is given up like any other", arguments: [Int64.max, 0, -1])
    func endless(_ timeout: Int64) throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        try l0.ask(.status, port: 1, addresses: [], timeout: timeout)
        guard case .failure = try l0.answer() else {
            throw Impatience(description: "an answer of nowhere")
        }
        try l0.tell(.ping(5))
        #expect(try l0.next() == .echo(5))
    }

    @Test(
        "Whoever says nothing, or garbage, keeps nobody out",
        arguments: ["", "GET / HTTP/1.0\r\n\r\n"]
    )
    func strangers(_ text: String) throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let l1 = try RunningHelper(settings("l1", peer: "l0"))
        var strangers: [Stranger] = []
        for _ in 0..<40 {
            // Some are turned away while they still come in.
            guard let stranger = try? Stranger(l1.port) else { continue }
            if !text.isEmpty { _ = try? stranger.stream.send(Array(text.utf8)) }
            strangers.append(stranger)
        }
        // From an address like theirs it has to wait for its turn, as they have.
        let line = try soon("an answer among strangers") { () -> [UInt8]? in
            try l0.ask(.status, port: l1.port)
            while true {
                switch try l1.channel.receive(maximum: 200_000) {
                case .message(let bytes):
                    if case .question(let id, _)? = PeerReport(bytes) {
                        try l1.reply(refusal("yes"), to: id)
                    }
                case .closed: throw Impatience(description: "it ended")
                case nil: break
                }
                guard case .message(let bytes) = try l0.channel.receive(maximum: 200_000) else {
                    continue
                }
                if case .part(_, let line, _)? = PeerReport(bytes) { return line }
                return nil
            }
        }
        #expect(line == refusal("yes"))
        #expect(try strangers[0].isDropped())
    }

    @Test("From the other node's own address one gets in at once, however many strangers wait")
    func expected() throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let l1 = try RunningHelper(
            settings("l1", peer: "l0", addresses: [address("127.0.0.1")])
        )
        // Some of them are turned away while they still come in.
        let strangers = (0..<40).map { _ in try? Stranger(l1.port, from: "127.0.0.2") }
        try l0.ask(.status, port: l1.port)
        try l1.reply(refusal("yes"))
        #expect(try l0.answer().get() == refusal("yes"))
        #expect(strangers.count == 40)
    }

    @Test("Who does not show a key in time is dropped")
    func halfOpen() throws {
        var limits = ChannelLimits()
        limits.hello = 50_000_000
        let l0 = try RunningHelper(settings("l0", peer: "l1"), limits: limits)
        #expect(try Stranger(l0.port).isDropped())
    }

    @Test("A request beyond 4,096 bytes ends the connection, and the loop hears nothing of it")
    func oversize() throws {
        var limits = ChannelLimits()
        limits.idleAfter = 50_000_000
        let l0 = try RunningHelper(settings("l0", peer: "l1"), limits: limits)
        let client = try Stranger(l0.port)
        try client.greet()
        try client.introduce()
        try client.say([UInt8](repeating: UInt8(ascii: " "), count: PeerCoding.requestMaximum + 1))
        #expect(try client.line() == nil)
        guard case .note(let note) = try l0.next() else {
            throw Impatience(description: "no note")
        }
        #expect(note.hasSuffix("127.0.0.1: it says too much at once"))
        #expect(try l0.next() == .idle)
    }

    @Test("What is no question is answered as such, and the next one counts")
    func noQuestion() throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let client = try Stranger(l0.port)
        try client.greet()
        try client.introduce()
        try client.say(Array("{\"verb\":\"standby\"}\n{}\n{\"verb\":\"status\"}\n".utf8))
        let codes = try (0..<2).map { _ in
            guard case .error(let error) = try PeerCoding.decodeReply(try client.line() ?? [])
            else {
                throw Impatience(description: "no error")
            }
            return error.code
        }
        #expect(codes == [.unknownVerb, .badField])
        try l0.reply(refusal("yes"))
        #expect(try client.line() == refusal("yes"))
    }

    @Test("A first line that is no hello gets an error and no more")
    func noHello() throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let client = try Stranger(l0.port)
        try client.greet()
        try client.say(Array("{\"verb\":\"status\"}\n{\"verb\":\"status\"}\n".utf8))
        guard case .error(let error) = try PeerCoding.decodeReply(try client.line() ?? []) else {
            throw Impatience(description: "no error")
        }
        #expect(error.code == .badField)
        try l0.tell(.ping(5))
        #expect(try l0.next() == .echo(5))
    }

    @Test("Too many questions in a second are refused without the loop")
    func rate() throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        var busy = 0
        for _ in 0..<3 {
            let client = try Stranger(l0.port)
            try client.greet()
            try client.introduce()
            for _ in 0..<Visitor.questionsMaximum {
                try client.say(PeerCoding.encode(.status))
                try soon("an answer or a question") { () -> Void? in
                    if case .message(let bytes) = try l0.channel.receive(maximum: 200_000),
                        case .question(let id, _)? = PeerReport(bytes)
                    {
                        try l0.reply(refusal("answered"), to: id)
                    }
                    guard case .done(let bytes)? = try client.session?.receive() else { return nil }
                    if !String(decoding: bytes, as: UTF8.self).contains("answered") { busy += 1 }
                    return ()
                }
            }
            // One more than a connection may ask.
            try client.say(PeerCoding.encode(.status))
            #expect(try client.line() == nil)
        }
        #expect(busy > 0)
        #expect(busy < 48 - 19)
    }

    @Test("A reader that does not read is dropped, and only its own answer is lost")
    func slowReader() throws {
        var limits = ChannelLimits()
        limits.answer = 200_000_000
        let l0 = try RunningHelper(settings("l0", peer: "l1"), limits: limits)
        let slow = try Stranger(l0.port)
        try slow.greet()
        try slow.introduce()
        try slow.say(PeerCoding.encode(.status))
        // More than the sockets between them hold.
        try l0.reply(refusal(String(repeating: "x", count: 1_000_000)))
        let quick = try Stranger(l0.port)
        try quick.greet()
        try quick.introduce()
        try quick.say(PeerCoding.encode(.status))
        try l0.reply(refusal("yes"))
        #expect(try quick.line() == refusal("yes"))
        // It looks again only when it has been dropped: what follows what the kernel holds is missing.
        try l0.tell(.ping(1))
        #expect(try l0.next() == .echo(1))
        try soon("the drop") { () -> Void? in
            try l0.tell(.ping(2))
            return try dropped(slow) ? () : nil
        }
    }

    /// Whether the kernel says that the other end reset the connection, without reading from it.
    private func dropped(_ stranger: Stranger) throws -> Bool {
        let poller = try Poller()
        try poller.add(stranger.stream.number, token: 1, interest: [])
        return try poller.check().ready.contains { $0.hasEnded }
    }

    @Test("An answer beyond a megabyte is told as an error")
    func longAnswer() throws {
        let l0 = try RunningHelper(settings("l0", peer: "l1"))
        let l1 = try RunningHelper(settings("l1", peer: "l0"))
        try l0.ask(.files, port: l1.port)
        guard case .question(let id, _) = try l1.next() else {
            throw Impatience(description: "no question")
        }
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: PeerReport.partMaximum)
        for _ in 0...16 { try l1.tell(.answer(id, piece, isLast: false)) }
        guard case .error(let error) = try PeerCoding.decodeReply(try l0.answer().get()) else {
            throw Impatience(description: "no error")
        }
        #expect(error.code == .lineTooLong)
    }

    @Test("It says when it is idle, and ends with its loop, or when it does not understand it")
    func life() throws {
        var limits = ChannelLimits()
        limits.idleAfter = 20_000_000
        var helper: RunningHelper? = try RunningHelper(settings("l0", peer: "l1"), limits: limits)
        #expect(try helper?.next() == .idle)
        let other = try RunningHelper(nil)
        try soon("room") { try other.channel.send([1, 2, 3]) ? () : nil }
        #expect(other.waitForEnd())
        helper = nil
    }
}

@Suite("How often")
struct RateLimitTests {
    @Test("A burst, then evenly, and never more than the burst after a pause")
    func bucket() {
        var limit = RateLimit(burst: 3, perSecond: 2, at: 0)
        let second: Int64 = 1_000_000_000
        func taken(at now: Int64) -> Int { (0..<10).count { _ in limit.take(at: now) } }
        #expect(taken(at: 0) == 3)
        #expect(taken(at: second / 2 - 1) == 0)
        #expect(taken(at: second / 2) == 1)
        #expect(taken(at: second) == 1)
        #expect(taken(at: 100 * second) == 3)
        // A clock that goes back gives nothing.
        #expect(taken(at: 50 * second) == 0)
    }
}
