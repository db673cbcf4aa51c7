// What tcp.monitor is asked, and how its answer reads. The daemon runs such checks in its own loop and
// baton-monitor runs them as a program: both read the same words here and give the same text back.

import Failover

/// The words of tcp.monitor: `-p PORT[,PORT...] -t SECONDS -s TEXT -e TEXT -S ADDRESS HOST...`.
///
/// -p and -t are mon's, with its defaults (23, 10); -s, -e, -S and the forms `HOST:PORT` and
/// `[V6]:PORT` are ours. In TEXT `\r \n \t \\` and `\xHH` are the bytes they name.
public struct TCPMonitorOptions: Hashable, Sendable {
    /// One port of one host.
    public struct Target: Hashable, Sendable {
        /// As it stands in the answer: the host as written, with the port when there are several.
        public var name: String
        /// The host alone, for looking it up.
        public var host: String
        /// 1...65535.
        public var port: UInt16
        /// Where to connect, 4 or 16 bytes each in network order: the number itself, both addresses
        /// of `localhost`, none for a name that must be looked up.
        ///
        /// The service is there when one of them accepts.
        public var addresses: [[UInt8]]
    }

    /// What to check, each once, in the order of the hosts.
    public var targets: [Target]
    /// For each target, from its first packet to its end; default 10 s.
    public var timeout: Duration
    /// Sent once connected; empty for nothing.
    public var text: [UInt8]
    /// Looked for in the answer; empty for nothing.
    public var expected: [UInt8]
    /// The own address to go out from, 4 or 16 bytes; nil when the kernel may choose.
    public var source: [UInt8]?

    /// Whether each host is a number or `localhost`, so that nothing has to be looked up.
    public var isNumeric: Bool { targets.allSatisfy { !$0.addresses.isEmpty } }

    static let options: [MonitorArguments.Option] = [
        .init("port", "p"), .init("timeout", "t"), .init("send", "s"), .init("expect", "e"),
        .init("source", "S"),
    ]

    /// Reads the words behind `tcp.monitor`: configured arguments, then the hosts of the group.
    ///
    /// A host given twice is checked once: mon.cf's of old name it in the line and have it appended.
    public init(_ words: [String]) throws(MonitorUsageError) {
        let given = try MonitorArguments(words, options: TCPMonitorOptions.options)
        let ports = try TCPMonitorOptions.ports(given.values["port"] ?? "23")
        timeout = try given.seconds("timeout") ?? .seconds(10)
        text = try TCPMonitorOptions.bytes(given.values["send"] ?? "", option: "-s")
        expected = try TCPMonitorOptions.bytes(given.values["expect"] ?? "", option: "-e")
        source = nil
        if let address = given.values["source"] {
            guard let bytes = TCPMonitorOptions.number(address) else {
                throw MonitorUsageError("-S takes an address of this machine, not '\(address)'")
            }
            source = bytes
        }
        targets = []
        for word in given.rest {
            let (host, port) = try TCPMonitorOptions.host(word)
            for port in port.map({ [$0] }) ?? ports {
                let target = Target(
                    name: ports.count > 1 || port != ports[0] ? "\(written(host)):\(port)" : host,
                    host: host,
                    port: port,
                    addresses: TCPMonitorOptions.addresses(of: host)
                )
                if !targets.contains(target) { targets.append(target) }
            }
        }
        if targets.isEmpty { throw MonitorUsageError("no host to check") }
        if let source,
            targets.contains(where: {
                $0.addresses.allSatisfy { $0.count != source.count } && !$0.addresses.isEmpty
            })
        {
            throw MonitorUsageError("-S is of another family than a host")
        }
    }

    /// The answer as mon's tcp.monitor prints it: the failed ones, sorted; an empty line; a line each.
    ///
    /// Empty when nothing failed. `failures` are the words of each, without its name.
    public static func output(_ failures: [(target: Target, text: String)]) -> String {
        guard !failures.isEmpty else { return "" }
        let names = failures.map(\.target.name).sorted().joined(separator: " ")
        let lines = failures.map { "\($0.target.name) \($0.text)" }.joined(separator: "\n")
        return "\(names)\n\n\(lines)\n"
    }

    private static func ports(_ text: String) throws(MonitorUsageError) -> [UInt16] {
        var ports: [UInt16] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let port = UInt16(part), port > 0 else {
                throw MonitorUsageError("-p takes ports, 1 to 65535, separated by commas")
            }
            if !ports.contains(port) { ports.append(port) }
        }
        return ports
    }

    /// `HOST`, `HOST:PORT`, `V6`, `[V6]`, `[V6]:PORT`.
    private static func host(_ word: String) throws(MonitorUsageError) -> (String, UInt16?) {
        var host = word[...]
        var port: Substring?
        if word.hasPrefix("["), let end = word.firstIndex(of: "]") {
            host = word[word.index(after: word.startIndex)..<end]
            let rest = word[word.index(after: end)...]
            guard number(String(host))?.count == 16, rest.isEmpty || rest.hasPrefix(":") else {
                throw MonitorUsageError("'\(word)' is no host: write [2001:db8::1]:80")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if word.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1,
            let colon = word.firstIndex(of: ":")
        {
            host = word[..<colon]
            port = word[word.index(after: colon)...]
        }
        guard !host.isEmpty else { throw MonitorUsageError("'\(word)' is no host") }
        guard let port else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0 else {
            throw MonitorUsageError("'\(word)' has no port from 1 to 65535 behind its colon")
        }
        return (String(host), number)
    }

    private static func number(_ text: String) -> [UInt8]? { IPAddress(text)?.bytes }

    private static func addresses(of host: String) -> [[UInt8]] {
        if host.lowercased() == "localhost" {
            return [[127, 0, 0, 1], Array(repeating: 0, count: 15) + [1]]
        }
        return number(host).map { [$0] } ?? []
    }

    /// A text with its escapes.
    private static func bytes(
        _ text: String,
        option: String
    ) throws(MonitorUsageError) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                    throw MonitorUsageError("\(option): two digits must follow \\x")
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default:
                throw MonitorUsageError(
                    "\(option) knows \\r \\n \\t \\\\ \\xHH and no other escape"
                )
            }
        }
        return bytes
    }
}

/// A host in front of a colon.
private func written(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
