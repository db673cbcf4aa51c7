// What `batond-peer` may tell the loop, were it taken over by a stranger: rows of messages, time between them, questions
// of this node. Each of those has one answer, in time; the answer is one line within its bound; the log and the loop
// are not flooded.
//
// The input is a row of acts: a message, a while, a question.

import Wire

@testable import Daemon

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    var desk = PeerDesk()
    var now: Int64 = 1_000_000_000
    var open: Set<UInt64> = []
    var caller: UInt64 = 0
    var (questions, notes) = (0, 0)
    func take(_ arrivals: [PeerDesk.Arrival]) {
        for arrival in arrivals {
            switch arrival {
            case .answer(let caller, let line):
                precondition(open.remove(caller) != nil, "a second answer")
                precondition(line.count <= PeerCoding.replyMaximum, "a line too long")
                precondition(!line.contains(10), "an answer is more than one line")
            case .noAnswer(let caller, _):
                precondition(open.remove(caller) != nil, "a second answer")
            case .question: questions += 1
            case .note: notes += 1
            }
        }
    }
    let begin = now
    while !input.isEmpty {
        switch input.byte() % 4 {
        case 0, 1:
            let taken = desk.take(input.piece(), at: now)
            take(taken.arrivals)
            precondition(taken.wish != .rest || open.isEmpty, "sent to rest while somebody waits")
        case 2:
            now += Int64(input.short()) * 100_000
            take(desk.expire(at: now))
            if let deadline = desk.deadline { precondition(deadline > now, "overdue") }
        default:
            caller += 1
            if desk.ask(caller, at: now) != nil { open.insert(caller) }
            precondition(open.count <= PeerDesk.asksMaximum, "more questions than allowed")
        }
    }
    let seconds = Int((now - begin) / 1_000_000_000) + 1
    precondition(questions <= seconds * PeerDesk.questionsPerSecond, "\(questions) questions")
    precondition(notes <= (seconds / 60 + 1) * PeerDesk.notesMaximum, "\(notes) lines for the log")
    take(desk.expire(at: now + PeerDesk.timeout + PeerDesk.grace))
    precondition(open.isEmpty && desk.isEmpty, "a question without an answer")
    return 0
}
