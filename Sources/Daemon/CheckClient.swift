// The loop's side of the helper of checks: what is on its way, and what is lost with the helper. What is
// run and what an ending means is known to whoever asked.

/// Why a program is not run.
struct CheckRefusal: Error, Equatable {
    var text: String
}

/// The programs that the loop has given to the helper of checks.
final class CheckClient {
    /// Requests that wait for room in the helper's queue.
    static let unsentMaximum = 4096
    /// The bytes of a program's input that go in one message.
    static let inputMaximum = 65_536

    /// Sends to the helper; false when it does not read.
    private let send: ([UInt8]) -> Bool
    private var running: Set<UInt64> = []
    private var unsent: [CheckOrder] = []
    /// Programs whose input was sent in part.
    private var begun: Set<UInt64> = []
    private var issued: UInt64 = 0
    /// The programs that `CONFIG/mon.d` has; `nil` until the helper has looked.
    private(set) var ownPrograms: Set<String>?
    /// The built-in resource types before which a script of the instance's own stands.
    private(set) var ownScripts: Set<String> = []

    init(send: @escaping ([UInt8]) -> Bool) { self.send = send }

    /// How many have not ended.
    var count: Int { running.count }

    /// Runs a program, or asks a resource of a type; its number.
    func run(
        _ places: [CheckPlace],
        resourceType: String? = nil,
        question: String = CheckRequest.monitor,
        _ arguments: [String],
        environment: [String],
        input: [UInt8],
        timeout: Int64,
        isDetached: Bool
    ) throws(CheckRefusal) -> UInt64 {
        guard unsent.count < CheckClient.unsentMaximum else {
            throw CheckRefusal(text: "too much waits for the helper of checks already")
        }
        let last = input.suffix(CheckClient.inputMaximum)
        let order = CheckOrder.run(
            CheckRequest(
                id: issued + 1,
                places: places,
                resourceType: resourceType,
                question: question,
                arguments: arguments,
                environment: environment,
                input: Array(last),
                timeout: timeout,
                isDetached: isDetached
            )
        )
        let count = order.bytes.count
        guard count <= HelperChannel.messageMaximum else {
            throw CheckRefusal(
                text: "its words are too long: \(count) bytes, where the helper of checks takes"
                    + " \(HelperChannel.messageMaximum)"
            )
        }
        issued += 1
        running.insert(issued)
        var rest = input.dropLast(last.count)
        while !rest.isEmpty {
            unsent.append(.input(issued, Array(rest.prefix(CheckClient.inputMaximum))))
            rest = rest.dropFirst(CheckClient.inputMaximum)
        }
        unsent.append(order)
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
        // What the old one had half of is lost with it.
        unsent.removeAll { begun.contains($0.id) }
        begun = []
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
        while let first = unsent.first, send(first.bytes) {
            unsent.removeFirst()
            switch first {
            case .input(let id, _): begun.insert(id)
            case .run(let request): begun.remove(request.id)
            case .cancel: break
            }
        }
    }
}
