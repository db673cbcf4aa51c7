// tcp.monitor as a program; its options and the text of its answer are in Configuration, the check is in
// Linux, and the daemon puts the same two together for hosts that need no name looked up.

import Configuration
import Linux

struct TCPMonitor: ServiceMonitor {
    private let options: TCPMonitorOptions

    init(_ words: [String]) throws(MonitorUsageError) { options = try TCPMonitorOptions(words) }

    var timeLimit: Duration { options.timeout }

    func run() -> MonitorAnswer {
        let deadline = BootClock.now + options.timeout.nanoseconds
        var conversations = Conversations()
        for target in options.targets { conversations.add(target.name, ways(to: target)) }
        let found = conversations.run(until: deadline)
        let answer = MonitorAnswer(found)
        guard answer.exit == 1 else { return answer }
        let failures = zip(options.targets, found).compactMap { target, host in
            if case .failed(let text) = host.verdict { (target, text) } else { nil }
        }
        // What could not be asked stands behind what mon's monitor would have said.
        let doubts = found.compactMap { host in
            if case .unknown(let text) = host.verdict { "\(host.name) \(text)" } else { nil }
        }
        return MonitorAnswer(
            exit: 1,
            output: TCPMonitorOptions.output(failures) + doubts.map(MonitorAnswer.line).joined()
        )
    }

    private func ways(to target: TCPMonitorOptions.Target) -> [any Conversation] {
        let found: [IPAddress]
        if target.addresses.isEmpty {
            switch addresses(of: target.host) {
            case .success(let addresses): found = addresses
            case .failure(let failure): return [EndedConversation(noAddress(target.host, failure))]
            }
        } else {
            found = target.addresses.compactMap(IPAddress.init(bytes:))
        }
        let source = options.source.flatMap(IPAddress.init(bytes:))
        let fitting = found.filter { source == nil || $0.bytes.count == source?.bytes.count }
        guard !fitting.isEmpty else {
            return [EndedConversation(.unknown("-S is of another family than its addresses"))]
        }
        return fitting.map { address in
            let end = TCPAddress(address, port: target.port, source: source)
            return TCPConversation(
                TCPQuestion(end, text: options.text, expected: options.expected)
            )
        }
    }
}

final class TCPConversation: Conversation {
    private let check: Result<TCPCheck, SystemError>

    init(_ question: TCPQuestion) {
        do throws(SystemError) {
            check = .success(try TCPCheck(question))
        } catch {
            check = .failure(error)
        }
    }

    var watched: [(number: Int32, interest: Poller.Interest)] {
        guard case .success(let check) = check, let number = check.number else { return [] }
        return [(number, check.interest)]
    }

    var timeoutText: String {
        guard case .success(let check) = check else { return "timeout" }
        return check.timeoutText
    }

    func advance() -> Verdict? {
        switch check {
        case .failure(let error): return .unknown("cannot check: \(error)")
        case .success(let check):
            switch check.advance() {
            case .running: return nil
            case .passed: return .passed
            case .failed(let text): return .failed(text)
            }
        }
    }
}
