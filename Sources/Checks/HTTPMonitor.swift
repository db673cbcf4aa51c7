// http.monitor: one request, HTTP/1.0 as mon's, over TCP or TLS; status and text are judged.

import Configuration
import Linux
import TLS

struct HTTPMonitor: ServiceMonitor {
    static let options: [MonitorArguments.Option] = [
        .init("port", "p"), .init("timeout", "t"), .init("path", "u"), .init("agent", "a"),
        .init("match", "m"), .init("omit", "o", takesValue: false), .init("header-host", "H"),
        .init("status"), .init("tls", takesValue: false), .init("insecure", takesValue: false),
    ]

    private let hosts: [String]
    private let port: UInt16
    private let timeout: Duration
    private let path: String
    private let agent: String
    private let name: String?
    private let tls: TLSSession.Demand?
    private let expectation: HTTPExpectation

    init(_ words: [String]) throws(MonitorUsageError) {
        let given = try MonitorArguments(words, options: HTTPMonitor.options)
        hosts = distinct(given.rest)
        guard !hosts.isEmpty else { throw MonitorUsageError("no host to check") }
        let isTLS = given.values["tls"] != nil || given.values["insecure"] != nil
        tls = isTLS ? (given.values["insecure"] != nil ? .anybody : .certificate) : nil
        port = UInt16(try given.number("port", in: 1...65535) ?? (isTLS ? 443 : 80))
        timeout = try given.seconds("timeout") ?? .seconds(30)
        path = try plain(given.values["path"] ?? "/", "-u")
        agent = try plain(given.values["agent"] ?? "mon.d/http.monitor", "-a")
        name = try given.values["header-host"].map { (text) throws(MonitorUsageError) in
            try plain(text, "-H")
        }
        guard !path.contains(" ") else { throw MonitorUsageError("-u has a blank") }
        expectation = try HTTPExpectation(
            match: given.values["match"],
            status: given.values["status"]
        )
    }

    var timeLimit: Duration { timeout }

    func run() -> MonitorAnswer { MonitorAnswer(hosts, within: timeout, ways: ways) }

    private func ways(to host: String) -> [any Conversation] {
        let name = name ?? (host.contains(":") ? "[\(host)]" : host)
        let request =
            "GET \(path) HTTP/1.0\r\nHost: \(name)\r\nUser-Agent: \(agent)\r\nConnection: close\r\n\r\n"
        switch addresses(of: host) {
        case .failure(let failure): return [EndedConversation(noAddress(host, failure))]
        case .success(let addresses):
            return addresses.map { address in
                HTTPConversation(
                    TCPAddress(address, port: port),
                    request: Array(request.utf8),
                    tls: tls.map { (demand: $0, name: self.name ?? host) },
                    expectation: expectation
                )
            }
        }
    }
}

/// What an answer must be.
struct HTTPExpectation {
    /// Nil for any of 2xx and 3xx, and 401, which mon holds for well too: who asks for a password serves.
    private var statuses: Set<Int>?
    /// Decides alone where given, as in mon, unless statuses are given too.
    private var match: Regex<AnyRegexOutput>?

    /// From the words of -m and --status.
    init(match: String?, status: String?) throws(MonitorUsageError) {
        if let status {
            var statuses: Set<Int> = []
            for part in status.split(separator: ",", omittingEmptySubsequences: false) {
                guard let code = Int(part), (100...599).contains(code) else {
                    throw MonitorUsageError(
                        "--status takes codes from 100 to 599 with commas between"
                    )
                }
                statuses.insert(code)
            }
            self.statuses = statuses
        }
        guard let match, !match.isEmpty else { return }
        do {
            // As Perl's /s: a dot matches the line's end too.
            self.match = try Regex(match).dotMatchesNewlines().matchingSemantics(.unicodeScalar)
        } catch {
            throw MonitorUsageError("-m is no regular expression: '\(match)'")
        }
    }

    /// Whether the head alone cannot decide.
    var needsBody: Bool { match != nil }

    /// The verdict on all that came: head and body.
    func verdict(_ answer: HTTPAnswer) -> Verdict {
        guard let status = answer.status else {
            return .failed("the answer is not HTTP: '\(answer.firstLine)'")
        }
        if let statuses, !statuses.contains(status) { return .failed("status \(answer.firstLine)") }
        if let match {
            do {
                if try match.firstMatch(in: answer.text) != nil { return .passed }
            } catch {
                return .unknown("-m cannot be matched")
            }
            return .failed("the answer does not match -m (status \(answer.firstLine))")
        }
        let isWell = statuses != nil || (200...399).contains(status) || status == 401
        return isWell ? .passed : .failed("status \(answer.firstLine)")
    }
}

/// What a web server sent so far.
struct HTTPAnswer {
    /// The most bytes looked at.
    static let maximum = 65536

    private(set) var bytes: [UInt8] = []
    private var bodyStart: Int?

    /// Adds bytes; what is beyond the maximum is dropped.
    mutating func append(_ more: [UInt8]) {
        let start = max(0, bytes.count - 3)
        bytes += more.prefix(HTTPAnswer.maximum - bytes.count)
        guard bodyStart == nil else { return }
        for index in start..<bytes.count where bytes[index] == 10 {
            // An empty line, with or without carriage returns.
            let next = bytes[(index + 1)...].prefix(2)
            if next.first == 10 { bodyStart = index + 2 }
            if next.elementsEqual([13, 10]) { bodyStart = index + 3 }
            if bodyStart != nil { return }
        }
    }

    /// Whether the head is complete.
    var hasHead: Bool { bodyStart != nil }

    /// Whether nothing more is expected: all that Content-Length tells of, or the maximum.
    var isComplete: Bool {
        if bytes.count >= HTTPAnswer.maximum { return true }
        guard let bodyStart else { return false }
        // By bytes: as a character a line's end may be one with a carriage return before it.
        for bytes in bytes[..<bodyStart].split(separator: 10) {
            let line = String(decoding: bytes, as: UTF8.self)
            guard line.lowercased().hasPrefix("content-length:") else { continue }
            let number = line.dropFirst("content-length:".count).filter { !$0.isWhitespace }
            if let length = Int(number), length >= 0 {
                return self.bytes.count - bodyStart >= length
            }
        }
        return false
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The first line without the protocol, at most 100 characters: `404 File not found`.
    var firstLine: String {
        let line = bytes.prefix(200).prefix { $0 != 10 && $0 != 13 }
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("HTTP/"), let blank = text.firstIndex(of: " ") else {
            return String(text.prefix(100))
        }
        return String(text[text.index(after: blank)...].prefix(100))
    }

    /// The status, nil while the first line is none of HTTP.
    var status: Int? {
        let line = String(decoding: bytes.prefix(64), as: UTF8.self)
        return line.prefixMatch(of: /HTTP\/\d(?:\.\d)? +(\d{3})(?:\s|$)/).flatMap { Int($0.1) }
    }
}
