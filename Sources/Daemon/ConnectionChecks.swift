// The TCP monitors that the loop runs itself: each is a handful of sockets in the loop's own poller, so
// a thousand of them cost no process. What the options mean is Configuration's, what an ending means
// Monitoring's; names are never resolved here.

import Configuration
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

    /// One run of one monitor: several connections, one verdict.
    private struct Run {
        var id: RunID
        var isOpen = 0
        var waiting: [Target]
        var failures: [(host: String, text: String)] = []
        var timeout: Int64
        /// Nothing can be said of the service, and why.
        var unknown: String?
    }

    /// One connection to make.
    struct Target: Equatable {
        /// The host as mon.cf names it.
        var host: String
        var question: TCPQuestion
    }

    private struct Connection {
        var run: UInt64
        var host: String
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

    /// When a connection's time is over, or at once when verdicts wait.
    var nextDeadline: Int64? {
        ended.isEmpty ? deadlines.first?.time : 0
    }

    /// Begins a run.
    ///
    /// - Parameters:
    ///   - id: the run.
    ///   - targets: what is asked; all must answer.
    ///   - timeout: for each connection, in nanoseconds.
    ///   - now: boot time.
    func begin(_ id: RunID, _ targets: [Target], timeout: Int64, at now: Int64) {
        runs[id.number] = Run(id: id, waiting: targets, timeout: timeout)
        queue.append(id.number)
        openWaiting(at: now)
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
            settle(connection.run, connection.host, connection.check.timeoutText)
        }
        openWaiting(at: now)
        defer { ended = [] }
        return ended
    }

    // MARK: details

    private func openWaiting(at now: Int64) {
        while connections.count < ConnectionChecks.openMaximum, let id = queue.first {
            guard let target = runs[id]?.waiting.popLast() else {
                queue.removeFirst()
                if runs[id]?.isOpen == 0 { finish(id) }
                continue
            }
            open(target, id, at: now)
        }
    }

    private func open(_ target: Target, _ id: UInt64, at now: Int64) {
        guard let timeout = runs[id]?.timeout else { return }
        runs[id]?.isOpen += 1
        do {
            let check = try TCPCheck(target.question)
            let token = nextToken
            nextToken += 1
            switch check.advance() {
            case .running: break
            case .passed: return settle(id, target.host, nil)
            case .failed(let text): return settle(id, target.host, text)
            }
            guard let number = check.number else { return settle(id, target.host, "not connected") }
            try poller.add(number, token: token, interest: check.interest)
            connections[token] = Connection(
                run: id,
                host: target.host,
                check: check,
                deadline: now + timeout,
                interest: check.interest
            )
            insertDeadline(now + timeout, token)
        } catch {
            // No descriptor, no such source address: that says nothing of the service.
            runs[id]?.unknown = "\(error)"
            settle(id, target.host, nil)
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
        switch connection.check.advance() {
        case .running:
            let interest = connection.check.interest
            guard interest != connection.interest, let number = connection.check.number else { return }
            connections[token]?.interest = interest
            ignoring { () throws(SystemError) in
                try poller.modify(number, token: token, interest: interest)
            }
        case .passed:
            close(token, connection)
            settle(connection.run, connection.host, nil)
        case .failed(let text):
            close(token, connection)
            settle(connection.run, connection.host, text)
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

    /// One connection of a run has its answer; `nil` for a good one.
    private func settle(_ id: UInt64, _ host: String, _ failure: String?) {
        runs[id]?.isOpen -= 1
        if let failure { runs[id]?.failures.append((host, failure)) }
        if let run = runs[id], run.isOpen == 0, run.waiting.isEmpty { finish(id) }
    }

    private func finish(_ id: UInt64) {
        guard let run = runs.removeValue(forKey: id) else { return }
        let failures = run.failures.sorted { $0.host < $1.host }
        let ending: RunEnding
        if let unknown = run.unknown, failures.isEmpty {
            ending = .notRun(unknown)
        } else {
            ending = .exited(failures.isEmpty ? 0 : 1, output: ConnectionChecks.output(failures))
        }
        ended.append(Ended(run: run.id, ending: ending))
    }

    /// As mon's tcp.monitor says it: the failed hosts, then a line for each.
    private static func output(_ failures: [(host: String, text: String)]) -> String {
        guard !failures.isEmpty else { return "" }
        return ([failures.map(\.host).joined(separator: " ")]
            + failures.map { "\($0.host) \($0.text)" }).map { $0 + "\n" }.joined()
    }
}
