// Conversations with services, several at once under one deadline: each is a small machine that says
// what it waits for, and one poller drives them all.

import Linux

/// One way to ask one service.
protocol Conversation: AnyObject {
    /// What it waits for now; numbers may change with each step.
    var watched: [(number: Int32, interest: Poller.Interest)] { get }
    /// Goes as far as it can without waiting; nil while it has to wait.
    func advance() -> Verdict?
    /// What to say when the deadline comes first.
    var timeoutText: String { get }
    /// Ends whatever it left running.
    func giveUp()
}

extension Conversation {
    func giveUp() {}
}

/// A conversation over before it began.
final class EndedConversation: Conversation {
    let verdict: Verdict

    init(_ verdict: Verdict) { self.verdict = verdict }

    var watched: [(number: Int32, interest: Poller.Interest)] { [] }
    var timeoutText: String { "timeout" }
    func advance() -> Verdict? { verdict }
}

/// Hosts, each with the conversations of which one must pass.
struct Conversations {
    private var hosts: [(name: String, ways: [any Conversation])] = []

    /// Adds a host with the ways to it.
    mutating func add(_ name: String, _ ways: [any Conversation]) { hosts.append((name, ways)) }

    /// Drives all of them to their ends, or to the deadline; an answer for each host.
    func run(until deadline: Int64) -> [(name: String, verdict: Verdict)] {
        do throws(SystemError) {
            return try drive(until: deadline)
        } catch {
            return hosts.map { ($0.name, .unknown("cannot wait: \(error)")) }
        }
    }

    private func drive(
        until deadline: Int64
    ) throws(SystemError) -> [(name: String, verdict: Verdict)] {
        let poller = try Poller()
        var open: [UInt64: (host: Int, way: any Conversation, watched: [Int32])] = [:]
        var verdicts = hosts.map { _ in [Verdict]() }
        var token: UInt64 = 0
        for (host, entry) in hosts.enumerated() {
            for way in entry.ways {
                open[token] = (host, way, [])
                token += 1
            }
        }
        var awake = open.keys.sorted()
        while true {
            for token in awake {
                guard let (host, way, before) = open[token] else { continue }
                for number in before { forget(number, poller) }
                // The other ways to a host that has passed are of no interest.
                let verdict = verdicts[host].contains(.passed) ? Verdict.passed : way.advance()
                guard let verdict else {
                    let watched = way.watched
                    for (number, interest) in watched {
                        try poller.add(number, token: token, interest: interest)
                    }
                    open[token] = (host, way, watched.map(\.number))
                    continue
                }
                verdicts[host].append(verdict)
                open[token] = nil
            }
            let waiting = open.values.contains { !verdicts[$0.host].contains(.passed) }
            guard waiting, BootClock.now < deadline else { break }
            try poller.arm(at: deadline)
            awake = try poller.wait().ready.map(\.token)
        }
        for (_, entry) in open.sorted(by: { $0.key < $1.key }) {
            verdicts[entry.host].append(.failed(entry.way.timeoutText))
            entry.way.giveUp()
        }
        return zip(hosts, verdicts).map { ($0.name, Verdict.best($1)) }
    }

    /// A number that was closed since, by a library say, is forgotten already.
    private func forget(_ number: Int32, _ poller: Poller) {
        do throws(SystemError) {
            try poller.remove(number)
        } catch {
            return
        }
    }
}

/// The addresses of a host, or why there are none.
func addresses(of host: String) -> Result<[IPAddress], HostNames.Failure> {
    do throws(HostNames.Failure) {
        return .success(try HostNames.lookUpWaiting(host))
    } catch {
        return .failure(error)
    }
}

/// What to say of a name that leads nowhere: whoever keeps the names is at fault, not the service.
func noAddress(_ host: String, _ failure: HostNames.Failure) -> Verdict {
    .unknown("cannot find the address of '\(host)': \(failure)")
}

extension Result where Success == ChildProcess {
    /// Ends the child, where there is one, with all its group.
    func killGroup() {
        guard case .success(let child) = self else { return }
        do throws(SystemError) {
            try child.sendToGroup(.kill)
        } catch {
            return  // It ended in between.
        }
    }
}

extension MonitorAnswer {
    /// What hosts answer within a time, each asked in all its ways at once.
    init(
        _ hosts: [String],
        within timeout: Duration,
        ways: (String) -> [any Conversation]
    ) {
        let deadline = BootClock.now + timeout.nanoseconds
        var conversations = Conversations()
        for host in hosts { conversations.add(host, ways(host)) }
        self.init(conversations.run(until: deadline))
    }
}
