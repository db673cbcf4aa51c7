// The loop's side of the spawner: which operations are on their way, and what becomes of them when the
// spawner is lost. Running them is the spawner's.

import Failover

/// The operations that the loop has given to the spawner.
final class SpawnerClient {
    private let helpers: HelperSet
    /// Given to the present spawner and not ended.
    private var running: Set<UInt64> = []
    /// Given to a lost spawner: reported once its successor has ended them.
    private var lost: Set<UInt64> = []
    private var unsent: [SpawnerRequest] = []
    /// Whether no operation of an earlier daemon runs any more (S14).
    private(set) var isCleared = false

    init(_ helpers: HelperSet) { self.helpers = helpers }

    /// How many operations have not ended.
    var count: Int { running.count + lost.count }

    /// Runs an operation once the spawner has cleared up.
    func run(_ request: OperationRequest) {
        running.insert(request.id)
        unsent.append(.run(request))
        push()
    }

    /// Ends an operation early.
    func cancel(_ id: OperationID) {
        guard running.contains(id.value) else { return }
        unsent.append(.cancel(id.value))
        push()
    }

    /// What a message of the spawner means: operations that ended, and what had to be killed first.
    func take(_ message: [UInt8]) -> (ended: [(OperationID, OperationOutcome)], killed: [String]) {
        switch SpawnerReport(message) {
        case .cleared(let killed):
            isCleared = true
            let interrupted = lost.sorted().map { (OperationID($0), OperationOutcome.interrupted) }
            lost = []
            push()
            return (interrupted, killed)
        case .finished(let id, let outcome):
            // Exactly one completion for each: what a lost spawner still said counts no more.
            guard running.remove(id) != nil else { return ([], []) }
            return ([(OperationID(id), outcome)], [])
        case nil: return ([], [])
        }
    }

    /// A new spawner has taken over: what the old one ran is ended by the new one first.
    func restart() {
        let waiting = Set(
            unsent.compactMap { request -> UInt64? in
                if case .run(let operation) = request { operation.id } else { nil }
            }
        )
        lost.formUnion(running.subtracting(waiting))
        running = waiting
        isCleared = false
    }

    /// Sends what can be sent; called again at each turn.
    func push() {
        guard isCleared else { return }
        while let first = unsent.first, helpers.send(first.bytes, to: .spawner) {
            unsent.removeFirst()
        }
    }
}
