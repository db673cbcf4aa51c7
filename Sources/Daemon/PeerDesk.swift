// What the program `batond-peer` says, as the loop takes it: answers to this node's questions, questions of the
// other node, words for the log. The program has no rights and speaks with strangers, so that nothing it says is
// taken on trust: numbers, lengths and rates are bounded here. Pure; the program itself is `PeerClient`'s.

import Failover
import Wire

/// The questions of this node that have no answer yet, and the limits of what the program may say.
struct PeerDesk {
    /// Something the loop has to do.
    enum Arrival: Equatable {
        /// The other node's answer, a line of `ControlResponse` without newline.
        case answer(caller: UInt64, line: [UInt8])
        /// There is none, and why.
        case noAnswer(caller: UInt64, why: String)
        /// The other node asks; the answer takes the number back.
        case question(UInt64, [UInt8])
        /// For the log.
        case note(Severity, String)
    }

    /// What is to become of the program after a message.
    enum Wish: Equatable {
        /// Nothing.
        case goOn
        /// It is idle, and nobody here waits for it.
        case rest
        /// It is not itself.
        case end
    }

    /// How long the program may try to get an answer that the other node has at once.
    static let timeout: Int64 = 2_000_000_000
    /// How much longer the loop waits for the program.
    static let grace: Int64 = 500_000_000
    /// Questions of this node that have no answer yet.
    static let asksMaximum = 8
    /// Questions of the program in a second; it lets fewer through, so that one that asks more is not itself.
    static let questionsPerSecond = 32
    /// From one line in the log to the same again.
    static let noteInterval: Int64 = 60_000_000_000
    /// Lines in the log in that time, whatever the program says.
    static let notesMaximum = 8

    private struct Ask {
        var caller: UInt64
        var deadline: Int64
        var reply: [UInt8] = []
    }

    private var asks: [UInt64: Ask] = [:]
    private var issued: UInt64 = 0
    /// Why the program could not run.
    private var fault: String?
    /// What the log heard last, and when it hears the same again.
    private var lastNote: String?
    private var noteAt: Int64 = 0
    /// Since when lines are counted, and how many they were.
    private var notesSince: Int64?
    private var noteCount = 0
    /// The second of the last questions, and how many they were.
    private var questionsSince: Int64 = 0
    private var questionCount = 0

    /// Whether every question has had its answer.
    var isEmpty: Bool { asks.isEmpty }

    /// When the next question is given up; `nil` without one.
    var deadline: Int64? { asks.values.map(\.deadline).min() }

    /// Begins a question that the program tries for `timeout`; its number, or `nil` where too many are on their way.
    mutating func ask(
        _ caller: UInt64,
        timeout: Int64 = PeerDesk.timeout,
        at now: Int64
    ) -> UInt64? {
        guard asks.count < PeerDesk.asksMaximum else { return nil }
        issued += 1
        asks[issued] = Ask(caller: caller, deadline: now + timeout + PeerDesk.grace)
        return issued
    }

    /// Takes one message of the program; what is none says nothing.
    mutating func take(_ message: [UInt8], at now: Int64) -> (arrivals: [Arrival], wish: Wish) {
        switch PeerReport(message) {
        case .part(let id, let bytes, let isLast): return (take(id, bytes, isLast), .goOn)
        case .failed(0, let why):
            fault = why
            return (note(why, at: now), .goOn)
        case .failed(let id, let why):
            guard let ask = asks.removeValue(forKey: id) else { return ([], .goOn) }
            return ([.noAnswer(caller: ask.caller, why: why)], .goOn)
        case .question(let id, let line):
            guard isAllowed(at: now) else {
                let told = note("batond-peer asked far too much and was ended", at: now)
                return (fail("batond-peer ended") + told, .end)
            }
            return ([.question(id, line)], .goOn)
        case .idle: return ([], isEmpty ? .rest : .goOn)
        case .note(let text): return (note(text, at: now), .goOn)
        case .echo, nil: return ([], .goOn)
        }
    }

    /// Gives up what is overdue.
    mutating func expire(at now: Int64) -> [Arrival] {
        asks.filter { $0.value.deadline <= now }.keys.sorted().compactMap { id in
            asks.removeValue(forKey: id).map { ask in
                .noAnswer(caller: ask.caller, why: fault ?? "batond-peer does not answer")
            }
        }
    }

    /// All questions of this node are lost with the program.
    mutating func fail() -> [Arrival] { fail(fault ?? "batond-peer ended") }

    /// Another program begins.
    mutating func forgetFault() { fault = nil }

    /// Something for the log, the same at most once a minute.
    mutating func note(_ text: String, at now: Int64) -> [Arrival] {
        guard text != lastNote || noteAt <= now else { return [] }
        if notesSince.map({ now - $0 >= PeerDesk.noteInterval }) ?? true {
            notesSince = now
            noteCount = 0
        }
        noteCount += 1
        guard noteCount <= PeerDesk.notesMaximum else { return [] }
        lastNote = text
        noteAt = now + PeerDesk.noteInterval
        return [.note(.warning, text)]
    }

    // MARK: details

    private mutating func fail(_ why: String) -> [Arrival] {
        defer { asks = [:] }
        return asks.sorted { $0.key < $1.key }.map { _, ask in
            .noAnswer(caller: ask.caller, why: why)
        }
    }

    /// Whether one more question of the other node may cost this turn a status.
    private mutating func isAllowed(at now: Int64) -> Bool {
        if now - questionsSince >= 1_000_000_000 {
            questionsSince = now
            questionCount = 0
        }
        questionCount += 1
        return questionCount <= PeerDesk.questionsPerSecond
    }

    private mutating func take(_ id: UInt64, _ bytes: [UInt8], _ isLast: Bool) -> [Arrival] {
        // In its place: a copy for each of many small pieces would cost the turn its time.
        asks[id]?.reply += bytes
        // It may have been given up.
        guard let ask = asks[id] else { return [] }
        guard ask.reply.count <= PeerCoding.replyMaximum else {
            asks[id] = nil
            return [.noAnswer(caller: ask.caller, why: "its answer is too long")]
        }
        guard isLast else { return [] }
        asks[id] = nil
        // It goes to the caller as it is, who would take a second line for the answer to its next question.
        guard !ask.reply.contains(UInt8(ascii: "\n")) else {
            return [.noAnswer(caller: ask.caller, why: "its answer is not one line")]
        }
        return [.answer(caller: ask.caller, line: ask.reply)]
    }
}
