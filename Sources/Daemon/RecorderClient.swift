// The loop's side of the recorder: one record on its way, the newest waiting behind it. Which records
// are written is the core's; the file is the recorder's.

import Failover
import Linux
import Wire

/// What the loop has asked the recorder for.
final class RecorderClient {
    private let helpers: HelperSet
    private var inFlight: (id: UInt64, bytes: [UInt8])?
    /// Since when the disk owes the answer to a write; boot-time clock, nanoseconds.
    private var owedSince: Int64?
    private var failure: String?
    private var waiting: (id: UInt64, bytes: [UInt8])?
    private var unsent: [RecorderRequest] = []

    init(_ helpers: HelperSet) { self.helpers = helpers }

    /// Asks for a record to be made durable; it supersedes one that waits.
    func write(_ id: PersistID, _ record: DurableRecord) {
        waiting = (id.value, RecordCoding.encode(record))
        push()
    }

    /// Asks for incarnation counters up to `counter`.
    func reserve(_ counter: UInt64) {
        unsent.append(.reserve(counter))
        push()
    }

    /// Notes a reset of this node; nobody waits for it.
    func noteReset(second: Int64) {
        unsent.append(.noteReset(second))
        push()
    }

    /// Remembers something of the service monitors; nobody waits for it.
    func remember(_ memory: MonitorMemory) {
        unsent.removeAll { if case .rememberMonitors = $0 { true } else { false } }
        unsent.append(.rememberMonitors(memory.bytes))
        push()
    }

    /// Why the record cannot be written; `nil` when it can, or when it is too early to say so.
    func trouble(at now: Int64) -> String? {
        if let failure { return failure }
        guard let owedSince, now - owedSince >= RecorderClient.patience else { return nil }
        return "the disk of the record has not answered for \((now - owedSince) / 1_000_000_000) s"
    }

    /// How long a disk may take before it is said, in nanoseconds.
    static let patience: Int64 = 5_000_000_000

    /// What a message of the recorder means to the core, and what is new to say of it.
    func take(_ message: [UInt8]) -> (persisted: PersistID?, saying: (Severity, String)?) {
        switch RecorderReport(message) {
        case .written(let id):
            if inFlight?.id == id { (inFlight, owedSince) = (nil, nil) }
            push()
            guard failure != nil else { return (PersistID(id), nil) }
            failure = nil
            return (PersistID(id), (.info, "the durable record is written again"))
        case .failing(let text):
            // It is tried every second, and said when it begins or changes.
            guard failure != text else { return (nil, nil) }
            failure = text
            let saying =
                "the durable record cannot be written: \(text); tried every second. Until it is, no group is taken"
                + " here but at an epoch that was reserved before (S5)"
            return (nil, (.page, saying))
        case .lost(let text): return (nil, (.error, "not remembered: \(text)"))
        case nil: return (nil, nil)
        }
    }

    /// Says again to a new recorder what the old one had not done.
    func restart() {
        // What is owed stays owed: another recorder may wait for the same disk.
        if waiting == nil { waiting = inFlight }
        inFlight = nil
        push()
    }

    /// Sends what can be sent; called again at each turn.
    func push() {
        while let first = unsent.first, helpers.send(first.bytes, to: .recorder) {
            unsent.removeFirst()
        }
        guard inFlight == nil, let next = waiting else { return }
        guard helpers.send(RecorderRequest.write(next.id, next.bytes).bytes, to: .recorder) else {
            return
        }
        inFlight = next
        owedSince = owedSince ?? BootClock.now
        waiting = nil
    }
}
