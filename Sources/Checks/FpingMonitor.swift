// fping.monitor: which hosts answer an ICMP echo, all asked at once, by this program itself.

import Configuration
import Linux

struct FpingMonitor: ServiceMonitor {
    static let options: [MonitorArguments.Option] = [
        .init("all", "a", takesValue: false), .init("retries", "r"), .init("slow", "s"),
        .init("timeout", "t"), .init("traceroute", "T", takesValue: false),
    ]
    static let hostsMaximum = 1000

    private let hosts: [String]
    private let isAnyEnough: Bool
    private let retries: Int
    private let slowNanoseconds: Int64?
    private let waitNanoseconds: Int64

    init(_ words: [String]) throws(MonitorUsageError) {
        let given = try MonitorArguments(words, options: FpingMonitor.options)
        guard given.values["traceroute"] == nil else {
            throw MonitorUsageError("-T is not known here: a check that may hang for long is none")
        }
        hosts = distinct(given.rest)
        guard !hosts.isEmpty, hosts.count <= FpingMonitor.hostsMaximum else {
            throw MonitorUsageError(hosts.isEmpty ? "no host to check" : "more than 1000 hosts")
        }
        isAnyEnough = given.values["all"] != nil
        retries = try given.number("retries", in: 0...20) ?? 3
        slowNanoseconds = try given.number("slow", in: 1...60_000).map { Int64($0) * 1_000_000 }
        waitNanoseconds = Int64(try given.number("timeout", in: 1...60_000) ?? 2000) * 1_000_000
    }

    var timeLimit: Duration { .nanoseconds(waitNanoseconds * Int64(retries + 1)) }

    func run() -> MonitorAnswer {
        var round = EchoRound(waitNanoseconds: waitNanoseconds)
        for host in hosts {
            switch addresses(of: host) {
            case .success(let addresses): round.add(host, addresses[0])
            case .failure(let failure): round.add(host, noAddress(host, failure))
            }
        }
        do throws(SystemError) {
            for _ in 0...retries where round.isOpen { try round.run() }
        } catch {
            return .unknown(
                "cannot ask by ICMP: \(error); root may, or see net.ipv4.ping_group_range"
            )
        }
        let verdicts = round.verdicts(slowNanoseconds: slowNanoseconds)
        // -a: only when nobody answers is it a failure.
        let isAnswered = verdicts.contains { $0.verdict == .passed }
        return MonitorAnswer(isAnyEnough && isAnswered ? [] : verdicts)
    }
}

/// Hosts, and what became of asking them.
struct EchoRound {
    private struct Host {
        var name: String
        var address: IPAddress?
        var verdict: Verdict?
        /// How long the answer took.
        var took: Int64?
        /// What the kernel said of the last request.
        var refusal: SystemError?
    }

    private let waitNanoseconds: Int64
    private var hosts: [Host] = []
    private var sockets: [Bool: EchoSocket] = [:]

    init(waitNanoseconds: Int64) { self.waitNanoseconds = waitNanoseconds }

    mutating func add(_ name: String, _ address: IPAddress) {
        hosts.append(Host(name: name, address: address))
    }

    mutating func add(_ name: String, _ verdict: Verdict) {
        hosts.append(Host(name: name, verdict: verdict))
    }

    /// Whether somebody has not answered yet.
    var isOpen: Bool { hosts.contains { $0.verdict == nil } }

    /// Asks everybody who has not answered, and waits for answers, at most as long as was told.
    mutating func run() throws(SystemError) {
        let poller = try Poller()
        let start = BootClock.now
        for index in hosts.indices where hosts[index].verdict == nil {
            guard let address = hosts[index].address else { continue }
            let socket = try socket(for: address, poller)
            hosts[index].refusal = nil
            do throws(SystemError) {
                try socket.ask(address, sequence: UInt16(index))
            } catch {
                hosts[index].refusal = error
            }
        }
        for (isIPv6, socket) in sockets { try poller.add(socket.number, token: isIPv6 ? 6 : 4) }
        try poller.arm(at: start + waitNanoseconds)
        while isOpen {
            let wake = try poller.wait()
            for socket in sockets.values {
                while let answer = try socket.next() { take(answer, wake.now - start) }
            }
            if wake.isDeadlineReached { return }
        }
    }

    func verdicts(slowNanoseconds: Int64?) -> [(name: String, verdict: Verdict)] {
        hosts.map { host in
            if let took = host.took, let slowNanoseconds, took > slowNanoseconds {
                let words = "answers after \(took / 1_000_000) ms, more than"
                return (host.name, .failed("\(words) \(slowNanoseconds / 1_000_000) ms"))
            }
            let why = host.refusal.map { "unreachable: \($0.errno.words)" }
            return (host.name, host.verdict ?? .failed(why ?? "unreachable: no answer"))
        }
    }

    private mutating func socket(
        for address: IPAddress,
        _ poller: Poller
    ) throws(SystemError) -> EchoSocket {
        let isIPv6 = address.bytes.count == 16
        if let socket = sockets[isIPv6] { return socket }
        let socket = try EchoSocket(isIPv6: isIPv6)
        sockets[isIPv6] = socket
        return socket
    }

    private mutating func take(_ answer: EchoSocket.Answer, _ took: Int64) {
        let index = Int(answer.sequence)
        // A name may have stood for several interfaces of one host: only the one asked counts.
        guard hosts.indices.contains(index), hosts[index].address == answer.source,
            hosts[index].verdict == nil
        else { return }
        hosts[index].verdict = .passed
        hosts[index].took = took
    }
}
