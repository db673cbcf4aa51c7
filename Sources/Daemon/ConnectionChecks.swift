// The TCP monitors that the loop runs itself: each is a handful of sockets in the loop's own poller, so
// a thousand of them cost no process. What the options mean is Configuration's, what an ending means
// Monitoring's; names are never resolved here.

import Configuration
import Failover
import Linux
import Monitoring

/// The TCP checks under way.
final class ConnectionChecks {
    /// Sockets at once; more wait, which their deadline does not count.
    static let openMaximum = 400

    /// A run that ended.
    struct Ended {
        var run: RunID
        var ending: RunEnding
    }

    /// One run of one monitor: several targets, one verdict.
    private struct Run {
        var id: RunID
        var options: TCPMonitorOptions
        var open = 0
        /// The targets that wait for room, by their places.
        var waiting: [Int]
        var failures: [(target: TCPMonitorOptions.Target, text: String)] = []
        /// Nothing can be said of the service, and why.
        var unknown: String?
    }

    /// One connection on its way.
    private struct Connection {
        var run: UInt64
        var target: Int
        /// Which of the target's addresses this is.
        var address: Int
        var check: TCPCheck
        var deadline: Int64
        var interest: Poller.Interest
    }

    private let poller: Poller
    private let firstToken: UInt64
    private var runs: [UInt64: Run] = [:]
    private var connections: [UInt64: Connection] = [:]
    /// Runs with targets that wait for room.
    private var queue: [UInt64] = []
    /// Verdicts not yet taken.
    private var ended: [Ended] = []
    private var nextToken: UInt64
    /// The deadlines in the order of their time; those of ended connections are passed over.
    private var deadlines: [(time: Int64, token: UInt64)] = []

    /// Uses the tokens from `firstToken` on.
    init(poller: Poller, firstToken: UInt64) {
        self.poller = poller
        self.firstToken = firstToken
        nextToken = firstToken
    }

    func owns(_ token: UInt64) -> Bool { token >= firstToken }

    /// When a connection's time is over.
    var nextDeadline: Int64? { deadlines.first?.time }

    /// Whether verdicts wait to be taken.
    var hasEnded: Bool { !ended.isEmpty }

    /// Begins a run; every target must answer.
    func begin(_ id: RunID, _ options: TCPMonitorOptions, at now: Int64) {
        runs[id.number] = Run(
            id: id,
            options: options,
            waiting: options.targets.indices.reversed()
        )
        queue.append(id.number)
        openWaiting(at: now)
    }

    /// A run that cannot be begun is told with the others.
    func refuse(_ id: RunID, _ why: String) {
        ended.append(Ended(run: id, ending: .notRun(why)))
    }

    /// Ends a run without a verdict.
    func cancel(_ id: RunID) {
        guard runs.removeValue(forKey: id.number) != nil else { return }
        for (token, connection) in connections where connection.run == id.number {
            close(token, connection)
        }
        queue.removeAll { $0 == id.number }
    }

    /// Goes on with a connection that is ready.
    func serve(_ token: UInt64, at now: Int64) {
        advance(token)
        openWaiting(at: now)
    }

    /// Gives up what is overdue; the verdicts since the last call.
    func take(at now: Int64) -> [Ended] {
        while let first = deadlines.first, first.time <= now {
            deadlines.removeFirst()
            guard let connection = connections[first.token] else { continue }
            close(first.token, connection)
            settle(connection.run, connection.target, connection.check.timeoutText)
        }
        openWaiting(at: now)
        defer { ended = [] }
        return ended
    }

    // MARK: details

    private func openWaiting(at now: Int64) {
        while connections.count < ConnectionChecks.openMaximum, let id = queue.first {
            guard let target = runs[id]?.waiting.popLast(), let timeout = runs[id]?.options.timeout
            else {
                queue.removeFirst()
                continue
            }
            runs[id]?.open += 1
            open(id, target, address: 0, deadline: now + timeout.nanoseconds)
        }
    }

    /// Connects to one address of a target, and to the next one where that fails at once.
    private func open(_ id: UInt64, _ place: Int, address: Int, deadline: Int64) {
        guard let options = runs[id]?.options else { return }
        let target = options.targets[place]
        do {
            guard let question = TCPQuestion(options, target, address: address) else {
                return settle(id, place, "has no address")
            }
            let check = try TCPCheck(question)
            let token = nextToken
            nextToken += 1
            connections[token] = Connection(
                run: id,
                target: place,
                address: address,
                check: check,
                deadline: deadline,
                interest: []
            )
            let progress = check.advance()
            guard progress == .running, let number = check.number else {
                return ended(token, progress)
            }
            connections[token]?.interest = check.interest
            try poller.add(number, token: token, interest: check.interest)
            insertDeadline(deadline, token)
        } catch {
            // No descriptor, no such source address: that says nothing of the service.
            runs[id]?.unknown = "\(error)"
            settle(id, place, nil)
        }
    }

    /// Keeps the deadlines in order; most monitors have the same timeout, so it is mostly an append.
    private func insertDeadline(_ time: Int64, _ token: UInt64) {
        var place = deadlines.count
        while place > 0, deadlines[place - 1].time > time { place -= 1 }
        deadlines.insert((time, token), at: place)
    }

    private func advance(_ token: UInt64) {
        guard let connection = connections[token] else { return }
        let progress = connection.check.advance()
        guard progress == .running else { return ended(token, progress) }
        let interest = connection.check.interest
        guard interest != connection.interest, let number = connection.check.number else { return }
        connections[token]?.interest = interest
        ignoring { () throws(SystemError) in
            try poller.modify(number, token: token, interest: interest)
        }
    }

    /// A connection has its answer; after a bad one the target's next address is tried.
    private func ended(_ token: UInt64, _ progress: TCPCheck.Progress) {
        guard let connection = connections[token] else { return }
        close(token, connection)
        guard case .failed(let text) = progress else {
            return settle(connection.run, connection.target, nil)
        }
        let target = runs[connection.run]?.options.targets[connection.target]
        if let target, connection.address + 1 < target.addresses.count {
            open(
                connection.run,
                connection.target,
                address: connection.address + 1,
                deadline: connection.deadline
            )
        } else {
            settle(connection.run, connection.target, text)
        }
    }

    private func close(_ token: UInt64, _ connection: Connection) {
        if let number = connection.check.number {
            ignoring { () throws(SystemError) in try poller.remove(number) }
        }
        connections[token] = nil
        // Without what has ended the list stays as short as the connections that are open.
        if deadlines.count > 2 * connections.count + 64 {
            deadlines.removeAll { connections[$0.token] == nil }
        }
    }

    /// One target of a run has its answer; `nil` for a good one.
    private func settle(_ id: UInt64, _ place: Int, _ failure: String?) {
        guard let target = runs[id]?.options.targets[place] else { return }
        runs[id]?.open -= 1
        if let failure { runs[id]?.failures.append((target, failure)) }
        if let run = runs[id], run.open == 0, run.waiting.isEmpty { finish(run) }
    }

    private func finish(_ run: Run) {
        runs[run.id.number] = nil
        if let unknown = run.unknown, run.failures.isEmpty {
            ended.append(Ended(run: run.id, ending: .notRun(unknown)))
            return
        }
        let output = TCPMonitorOptions.output(run.failures)
        let code: Int32 = run.failures.isEmpty ? 0 : 1
        ended.append(Ended(run: run.id, ending: .exited(code, output: output)))
    }
}

extension TCPQuestion {
    /// The question to one address of a target; `nil` when it has no such address.
    init?(_ options: TCPMonitorOptions, _ target: TCPMonitorOptions.Target, address: Int) {
        guard target.addresses.indices.contains(address),
            let place = Linux.IPAddress(bytes: target.addresses[address])
        else { return nil }
        self.init(
            TCPAddress(
                place,
                port: target.port,
                source: options.source.flatMap { Linux.IPAddress(bytes: $0) }
            ),
            text: options.text,
            expected: options.expected
        )
    }
}
