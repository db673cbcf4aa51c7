// The loop's side of the recorder: one record on its way, the newest waiting behind it. Which records
// are written is the core's; the file is the recorder's.

import Failover
import Wire

/// What the loop has asked the recorder for.
final class RecorderClient {
    private let helpers: HelperSet
    private var inFlight: (id: UInt64, bytes: [UInt8])?
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

    /// What a message of the recorder means to the core; the text of a failure for the log.
    func take(_ message: [UInt8]) -> (persisted: PersistID?, failure: String?) {
        switch RecorderReport(message) {
        case .written(let id):
            if inFlight?.id == id { inFlight = nil }
            push()
            return (PersistID(id), nil)
        case .failing(let text): return (nil, text)
        case nil: return (nil, nil)
        }
    }

    /// Says again to a new recorder what the old one had not done.
    func restart() {
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
        waiting = nil
    }
}
