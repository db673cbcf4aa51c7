// What the loop takes of batond-peer, also of one that a stranger has taken over.

import Failover
import Testing
import Wire

@testable import Daemon

/// A desk that expectations may change.
private final class Desk {
    private var desk = PeerDesk()

    var isEmpty: Bool { desk.isEmpty }
    var deadline: Int64? { desk.deadline }

    func ask(_ caller: UInt64, at now: Int64) -> UInt64? { desk.ask(caller, at: now) }

    func take(_ message: [UInt8], at now: Int64) -> (
        arrivals: [PeerDesk.Arrival], wish: PeerDesk.Wish
    ) {
        desk.take(message, at: now)
    }

    func expire(at now: Int64) -> [PeerDesk.Arrival] { desk.expire(at: now) }
}

@Suite("What batond-peer says to the loop")
struct PeerDeskTests {
    private let second: Int64 = 1_000_000_000
    private let desk = Desk()

    private func take(_ report: PeerReport, at now: Int64 = 1) -> [PeerDesk.Arrival] {
        desk.take(report.bytes, at: now).arrivals
    }

    @Test("An answer in pieces is one, given once")
    func pieces() throws {
        let id = try #require(desk.ask(7, at: 0))
        #expect(take(.part(id, [1, 2], isLast: false)) == [])
        #expect(take(.part(id + 1, [9], isLast: true)) == [])
        #expect(take(.part(id, [3], isLast: true)) == [.answer(caller: 7, line: [1, 2, 3])])
        #expect(take(.part(id, [3], isLast: true)) == [])
        #expect(take(.failed(id, "no")) == [])
        #expect(desk.isEmpty && desk.deadline == nil)
    }

    @Test(
        "What is more than one line is no answer: the caller would take the rest for the next one"
    )
    func lines() throws {
        let id = try #require(desk.ask(7, at: 0))
        let lines = ControlCoding.encode(.version("1")) + ControlCoding.encode(.version("2"))
        #expect(
            take(.part(id, lines, isLast: true))
                == [.noAnswer(caller: 7, why: "its answer is not one line")]
        )
    }

    @Test("An answer beyond a megabyte is none")
    func tooLong() throws {
        let id = try #require(desk.ask(7, at: 0))
        let piece = [UInt8](repeating: 120, count: PeerReport.partMaximum)
        for _ in 0..<16 { #expect(take(.part(id, piece, isLast: false)) == []) }
        #expect(
            take(.part(id, [120], isLast: true))
                == [.noAnswer(caller: 7, why: "its answer is too long")]
        )
    }

    @Test("Questions of this node are bounded, and each has its end")
    func bounds() throws {
        let ids = (0..<UInt64(PeerDesk.asksMaximum)).compactMap { desk.ask($0, at: 0) }
        #expect(ids.count == PeerDesk.asksMaximum)
        #expect(desk.ask(99, at: 0) == nil)
        #expect(take(.failed(0, "cannot run")) == [.note(.warning, "cannot run")])
        #expect(take(.failed(ids[0], "no")) == [.noAnswer(caller: 0, why: "no")])
        let deadline = try #require(desk.deadline)
        #expect(desk.expire(at: deadline - 1) == [])
        let rest = desk.expire(at: deadline)
        #expect(rest == (1..<8).map { .noAnswer(caller: $0, why: "cannot run") })
        #expect(desk.isEmpty)
    }

    @Test("Who asks far too much is ended, and whoever waits hears of it")
    func flood() {
        _ = desk.ask(7, at: 0)
        for index in 0..<UInt64(PeerDesk.questionsPerSecond) {
            #expect(take(.question(index, [7]), at: 3 * second) == [.question(index, [7])])
        }
        let end = desk.take(PeerReport.question(99, [7]).bytes, at: 3 * second)
        #expect(end.wish == .end)
        #expect(
            end.arrivals == [
                .noAnswer(caller: 7, why: "batond-peer ended"),
                .note(.warning, "batond-peer asked far too much and was ended"),
            ]
        )
        #expect(take(.question(1, [7]), at: 4 * second) == [.question(1, [7])])
    }

    @Test("The log hears the same once a minute, and of many things a few")
    func log() {
        #expect(take(.note("a"), at: second) == [.note(.warning, "a")])
        #expect(take(.note("a"), at: 60 * second) == [])
        #expect(take(.note("a"), at: 62 * second) == [.note(.warning, "a")])
        let told = (0..<100).map { take(.note("\($0 % 2)"), at: 63 * second).count }
        #expect(told.reduce(0, +) == PeerDesk.notesMaximum - 1)
        #expect(take(.note("b"), at: 123 * second) == [.note(.warning, "b")])
    }

    @Test("It may rest when nobody waits; what is no message says nothing")
    func rest() {
        #expect(desk.take(PeerReport.idle.bytes, at: 1).wish == .rest)
        let id = desk.ask(7, at: 0)
        #expect(desk.take(PeerReport.idle.bytes, at: 1).wish == .goOn)
        #expect(id != nil && desk.take([1, 2, 3], at: 1).arrivals == [])
    }
}
