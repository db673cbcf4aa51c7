// The loop's side of the helper of checks: what is on its way, and what is lost with the helper. What is
// run and what an ending means is known to whoever asked.

/// The programs that the loop has given to the helper of checks.
final class CheckClient {
    /// Requests that wait for room in the helper's queue.
    static let unsentMaximum = 4096

    private let helpers: HelperSet
    private var running: Set<UInt64> = []
    private var unsent: [CheckOrder] = []
    private var issued: UInt64 = 0
    /// The programs that `CONFIG/mon.d` has; `nil` until the helper has looked.
    private(set) var ownPrograms: Set<String>?
    /// The built-in resource types before which a script of the instance's own stands.
    private(set) var ownScripts: Set<String> = []

    init(_ helpers: HelperSet) { self.helpers = helpers }

    /// How many have not ended.
    var count: Int { running.count }

    /// Runs a program, or asks a resource of a type; its number, or `nil` when far too many wait already.
    func run(
        _ places: [CheckPlace],
        resourceType: String? = nil,
        question: String = CheckRequest.monitor,
        _ arguments: [String],
        environment: [String],
        input: [UInt8],
        timeout: Int64,
        isDetached: Bool
    ) -> UInt64? {
        guard unsent.count < CheckClient.unsentMaximum else { return nil }
        issued += 1
        running.insert(issued)
        unsent.append(
            .run(
                CheckRequest(
                    id: issued,
                    places: places,
                    resourceType: resourceType,
                    question: question,
                    arguments: arguments,
                    environment: environment,
                    input: input,
                    timeout: timeout,
                    isDetached: isDetached
                )
            )
        )
        push()
        return issued
    }

    /// Ends a program; nothing is told of it any more.
    func cancel(_ id: UInt64) {
        guard running.remove(id) != nil else { return }
        unsent.append(.cancel(id))
        push()
    }

    /// What a message of the helper means: a program that ended, if one did.
    func take(_ message: [UInt8]) -> (id: UInt64, ending: CheckEnding, output: [UInt8])? {
        switch CheckReport(message) {
        case .ready(let monitors, let scripts):
            ownPrograms = Set(monitors)
            ownScripts = Set(scripts)
            push()
            return nil
        case .finished(let id, let ending, let output):
            // What was cancelled, or lost with an earlier helper, counts no more.
            guard running.remove(id) != nil else { return nil }
            return (id, ending, output)
        case nil: return nil
        }
    }

    /// A new helper has taken over: the numbers of what was lost with the old one.
    func restart() -> [UInt64] {
        let waiting = Set(
            unsent.compactMap { order -> UInt64? in
                if case .run(let request) = order { request.id } else { nil }
            }
        )
        let lost = running.subtracting(waiting).sorted()
        running = waiting
        return lost
    }

    /// Sends what can be sent; called again at each turn.
    func push() {
        guard ownPrograms != nil else { return }
        while let first = unsent.first, helpers.send(first.bytes, to: .checks) {
            unsent.removeFirst()
        }
    }
}
